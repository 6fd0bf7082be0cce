//! Whom a line names, looked up once, and what was wrong with it.
//!
//! *Spec*: `formats/map.md`, "Naming a contact".
//!
//! *Invariants*: a key that names nobody, or several, links nobody and is reported.

use super::contact_index::{ContactIndex, Found, TargetId};
use super::contact_key::ContactKey;
use crate::finding::{Effect, Findings};

/// Whom a line names.
#[derive(Debug, Clone, Default)]
pub(super) struct Resolved {
    /// Contacts found.
    pub(super) targets: Vec<TargetId>,
    /// Keys that wait for what the star stands for.
    pub(super) stars: Vec<ContactKey>,
    /// Keys that name nobody.
    pub(super) unknown: Vec<String>,
    /// Keys that name several.
    pub(super) ambiguous: Vec<String>,
}

/// Looks up the keys of a line; `place` is the line in words.
pub(super) fn resolve(
    index: &mut ContactIndex,
    keys: &[ContactKey],
    checks: &[ContactKey],
    place: &str,
    findings: &mut Findings,
) -> Resolved {
    let mut resolved = Resolved::default();
    for key in keys {
        if key.is_star() {
            resolved.stars.push(key.clone());
            continue;
        }
        match key.find(index) {
            Found::One(target) => {
                check(index, target, checks, place, findings);
                resolved.targets.push(target);
            }
            Found::Several(all) => {
                let detail = several(index, key, &all);
                findings.add(
                    "link.contact.ambiguous",
                    Effect::Noted,
                    place.to_owned(),
                    detail,
                );
                resolved.ambiguous.push(key.to_string());
            }
            Found::Nobody => match adopt(index, key, checks) {
                Some(target) => {
                    findings.add(
                        "link.contact.unchecked",
                        Effect::Noted,
                        place.to_owned(),
                        format!("{key} is taken at its word: no contacts of BigContacts were given to check it"),
                    );
                    resolved.targets.push(target);
                }
                None => {
                    findings.add(
                        "link.contact.unknown",
                        Effect::Noted,
                        place.to_owned(),
                        format!(
                            "{key} names no contact of the sources or of the contacts file, so it links \
                             nothing; correct it, or add the contact"
                        ),
                    );
                    resolved.unknown.push(key.to_string());
                }
            },
        }
    }
    resolved
}

/// The words for a key that names several contacts.
pub(super) fn several(index: &ContactIndex, key: &ContactKey, all: &[TargetId]) -> String {
    let shown: Vec<String> = all
        .iter()
        .take(5)
        .map(|id| index.contact(*id).to_string())
        .collect();
    format!(
        "{key} names {} contacts ({}), so it links none of them; write the id or the address \
         instead",
        all.len(),
        shown.join(", ")
    )
}

/// A BigContacts id, when there is nothing to check it against.
fn adopt(index: &mut ContactIndex, key: &ContactKey, checks: &[ContactKey]) -> Option<TargetId> {
    let ContactKey::Id(id) = key else {
        return None;
    };
    if index.has_crm_contacts() || id.starts_with("ab-") {
        return None;
    }
    let name = checks.iter().find_map(|check| match check {
        ContactKey::Name(name) => Some(name.as_str()),
        _ => None,
    });
    index.adopt(id, name.unwrap_or_default())
}

/// Reports what the line says of the contact beside its key and is not so.
fn check(
    index: &ContactIndex,
    target: TargetId,
    checks: &[ContactKey],
    place: &str,
    findings: &mut Findings,
) {
    for other in checks.iter().filter(|key| !key.is_star()) {
        let all = other.find(index).all();
        let same = all
            .iter()
            .any(|id| *id == target || index.same_name_on_other_side(*id) == Some(target));
        if !same {
            findings.add(
                "link.contact.contradiction",
                Effect::Noted,
                place.to_owned(),
                format!(
                    "the line also says {other}, which is not so of {}; the stronger of the two was used, \
                     correct the other",
                    index.contact(target)
                ),
            );
        }
    }
}
