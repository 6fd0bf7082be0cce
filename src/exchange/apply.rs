//! Applying on the Outlook side: a bundle is merged into the ledger, and what Outlook is to import
//! or to delete is planned.
//!
//! *Spec*: `formats/exchange.md`, sections 2, 5 and 6.
//!
//! *Invariants*: items wait in an unnamed file, one line each, so memory holds only the contacts
//! that others link to and the lists for people. Nothing is changed until the round is kept.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::home::Config;
use super::ledger::Round;
use super::receive::{Came, Merged, Receipt, Receive, ReceiveError};
use crate::bundle::{Bundle, Verified};
use crate::content::ContentRef;
use crate::finding::{Effect, Findings};
use crate::item::{BlobRef, Content, Item};
use crate::mapping::Blobs;
use crate::mapping::mapi::search_key_of;

/// An item that Outlook is to import.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Planned {
    /// The item, with links to the contacts that come with it.
    pub item: Item,
    /// Whether Outlook has another version of it, and the fields that are new.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// The contacts that it belongs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<LinkedContact>,
}

/// A contact that an item belongs to, as records say it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct LinkedContact {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    name: String,
}

/// Something that a person must do in Outlook by hand.
#[derive(Debug, Clone, Serialize)]
pub struct ByHand {
    /// `delete`, or `replace`: delete the one that is there, and import the new one.
    pub act: &'static str,
    /// The kind of the item.
    pub kind: &'static str,
    /// What a person calls it.
    pub title: String,
    /// Its date, RFC 3339; empty when it has none.
    pub date: String,
    /// Where it was last seen: the folder, from the top down, joined by `/`.
    pub folder: String,
    /// The bridge id.
    pub id: String,
    /// The fields that are new, joined by spaces.
    pub fields: String,
}

impl ByHand {
    fn new(act: &'static str, item: &Item, fields: &[String]) -> Self {
        let place = item.provenance.first();
        Self {
            act,
            kind: item.kind().name(),
            title: item.title().to_owned(),
            date: item.date().map(|date| date.to_string()).unwrap_or_default(),
            folder: place
                .map(|place| place.folder.join("/"))
                .unwrap_or_default(),
            id: item.id.0.clone(),
            fields: fields.join(" "),
        }
    }
}

/// What is to be done in Outlook.
#[derive(Debug)]
pub struct Plan {
    /// What the merge came to.
    pub receipt: Receipt,
    /// What a person must do by hand.
    pub by_hand: Vec<ByHand>,
    /// Items to import.
    pub items: u64,
    /// What of the bundle the items do not have.
    pub findings: Findings,
    spool: File,
    contacts: HashMap<String, Known>,
}

/// A contact among the items, as Outlook's own links need it.
#[derive(Debug, Clone)]
struct Known {
    search_key: String,
    name: String,
}

/// A bundle, and the side that applies it.
#[derive(Debug, Clone, Copy)]
pub struct Apply<'a> {
    /// Who we are.
    pub config: &'a Config,
    /// The bundle, verified against the ledger.
    pub bundle: &'a Verified<Bundle>,
    /// The time to note.
    pub now: Timestamp,
    /// However much is deleted, it is meant so.
    pub allow_deletions: bool,
}

impl Apply<'_> {
    /// Merges the bundle in the transaction of `round`, and plans what Outlook is to do. `scratch`
    /// is an empty file.
    ///
    /// # Errors
    /// When it cannot be applied; then the round is to be dropped.
    pub fn plan(
        &self,
        round: &Round<'_>,
        scratch: File,
        mut check: impl FnMut() -> anyhow::Result<()>,
    ) -> Result<Plan, ReceiveError> {
        let mut spool = BufWriter::new(scratch);
        let mut by_hand = Vec::new();
        let mut contacts = HashMap::new();
        let mut items = 0_u64;
        let mut findings = Findings::new();
        let prefer = self.config.prefer;
        let receive = Receive {
            round,
            config: self.config,
            bundle: self.bundle,
            now: self.now,
            allow_deletions: self.allow_deletions,
        };
        let receipt = receive.run(|_, merged: Merged<'_>| {
            check()?;
            let links = merged.item.held.state.shown(prefer).elements("links");
            match (merged.came, merged.shown, merged.before) {
                (Came::Deleted, _, Some(before)) => {
                    by_hand.push(ByHand::new("delete", &before, &[]));
                }
                (Came::New, Some(item), _) => {
                    know(&mut contacts, &item);
                    items = items.saturating_add(1);
                    line(&mut spool, item, Vec::new(), links, &mut findings)?;
                }
                (Came::Changed, Some(item), before) => {
                    know(&mut contacts, &item);
                    let old = before.as_ref().unwrap_or(&item);
                    by_hand.push(ByHand::new("replace", old, &merged.paths));
                    items = items.saturating_add(1);
                    line(&mut spool, item, merged.paths, links, &mut findings)?;
                }
                _ => {}
            }
            Ok(())
        })?;
        let spool = spool.into_inner().map_err(|error| error.into_error());
        Ok(Plan {
            receipt,
            by_hand,
            items,
            findings,
            spool: spool.map_err(anyhow::Error::from)?,
            contacts,
        })
    }
}

fn know(contacts: &mut HashMap<String, Known>, item: &Item) {
    if !matches!(item.content, Content::Contact(_)) {
        return;
    }
    let known = Known {
        search_key: search_key_of(item),
        name: item.title().to_owned(),
    };
    contacts.insert(item.id.0.clone(), known);
}

/// Writes an item to the spool. A link that is none is a finding.
fn line(
    spool: &mut impl Write,
    item: Item,
    changed: Vec<String>,
    links: Vec<Value>,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let mut planned = Planned {
        item,
        changed,
        links: Vec::new(),
    };
    for link in links {
        match LinkedContact::deserialize(&link) {
            Ok(link) => planned.links.push(link),
            Err(error) => {
                let detail = format!("a link that is none is left out: {error}: {link}");
                let place = planned.what();
                findings.add("exchange.link.malformed", Effect::Lost, place, detail);
            }
        }
    }
    serde_json::to_writer(&mut *spool, &planned)?;
    spool.write_all(b"\n")?;
    Ok(())
}

impl Planned {
    /// What a person calls it.
    #[must_use]
    pub fn what(&self) -> String {
        let item = &self.item;
        format!("{} {:?} ({})", item.kind().name(), item.title(), item.id.0)
    }
}

impl Plan {
    /// The items to import, in the order of the bundle.
    ///
    /// # Errors
    /// When the scratch file cannot be read.
    pub fn items(&self) -> io::Result<impl Iterator<Item = io::Result<Planned>> + Send + '_> {
        let mut file = self.spool.try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        let lines = BufReader::new(file).lines();
        Ok(lines.map(|line| {
            let mut planned: Planned = serde_json::from_str(&line?).map_err(io::Error::other)?;
            self.relink(&mut planned);
            Ok(planned)
        }))
    }

    /// Outlook's own links lead to contacts by their search keys (MS-OXCMSG 2.2.1.57): those of the
    /// contacts that come with the item; others by name only.
    fn relink(&self, planned: &mut Planned) {
        let links = &mut planned.item.outlook_links;
        for contact in &planned.links {
            let known = contact.id.as_ref().and_then(|id| self.contacts.get(id));
            let name = known.map_or(&contact.name, |known| &known.name);
            if !name.is_empty() && !links.names.contains(name) {
                links.names.push(name.clone());
            }
            if let Some(known) = known
                && !links.search_keys.contains(&known.search_key)
            {
                links.search_keys.push(known.search_key.clone());
            }
        }
    }
}

/// The bytes that a bundle carries.
#[derive(Debug)]
pub struct BundleBlobs<'a>(pub &'a Verified<Bundle>);

impl Blobs for BundleBlobs<'_> {
    fn content(&self, blob: &BlobRef) -> Option<ContentRef> {
        match blob {
            BlobRef::Packed(blob) => self.0.blob(blob),
            BlobRef::Pending { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_is_none_is_told() {
        let note = crate::item::Note {
            subject: "Berths".to_owned(),
            ..Default::default()
        };
        let item = Item::new("IPM.StickyNote", Content::Note(note));
        let links = vec![
            serde_json::json!({"id": "ab-1", "name": "Ann"}),
            serde_json::json!({"id": 7}),
        ];
        let (mut spool, mut findings) = (Vec::new(), Findings::new());
        line(&mut spool, item, Vec::new(), links, &mut findings).unwrap();
        let planned: Planned = serde_json::from_slice(&spool).unwrap();
        assert_eq!(planned.links.len(), 1);
        let told: Vec<_> = findings.iter().collect();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].code, "exchange.link.malformed");
        assert!(told[0].place.part.contains("Berths"), "{}", told[0]);
    }
}
