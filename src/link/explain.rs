//! A decision in lines that a person reads.

use std::fmt::Write as _;

use super::decision::{Decision, Outcome};
use crate::item::Item;

/// A decision in words, one line for the outcome and one for each link, support and suggestion. No
/// line
/// end behind the last. Control signs of the data are shown, not sent.
#[must_use]
pub fn explain(decision: &Decision) -> String {
    let mut out = String::new();
    let fate = if decision.export {
        "exported"
    } else {
        "not exported"
    };
    push(
        &mut out,
        &format!("{}, {fate}: {}", decision.outcome.name(), decision.reason),
    );
    for link in decision.links() {
        push(
            &mut out,
            &format!("  -> {}: {}: {}", link.contact, link.rule, link.evidence),
        );
        for support in &link.also {
            push(
                &mut out,
                &format!("     also {}: {}", support.rule, support.evidence),
            );
        }
    }
    for guess in decision.suggestions() {
        push(
            &mut out,
            &format!(
                "  ?  {} ({} %): {}",
                guess.contact, guess.score, guess.evidence
            ),
        );
    }
    if !matches!(decision.outcome, Outcome::Excluded { .. }) {
        for category in &decision.crm_categories {
            push(
                &mut out,
                &format!("  #  {} = {}", category.name, category.value),
            );
        }
    }
    out
}

/// The same under a line that says which item it is: kind, title, place, bridge id.
#[must_use]
pub fn explain_item(item: &Item, decision: &Decision) -> String {
    let mut out = String::new();
    let place = item.provenance.first().map(|place| {
        let folder = place.folder.join("/");
        format!(
            " in {}{}{folder}",
            place.source,
            if folder.is_empty() { "" } else { ": " }
        )
    });
    let title = if item.title().is_empty() {
        "(no title)"
    } else {
        item.title()
    };
    let kind = item.kind().name().replace('_', " ");
    push(
        &mut out,
        &format!(
            "{kind} \"{title}\"{} ({})",
            place.unwrap_or_default(),
            item.id.0
        ),
    );
    for line in explain(decision).lines() {
        push(&mut out, &format!("  {line}"));
    }
    out
}

/// Appends a line; what a terminal would obey is escaped.
fn push(out: &mut String, line: &str) {
    if !out.is_empty() {
        out.push('\n');
    }
    for c in line.chars() {
        let bidi = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || bidi || matches!(c, '\u{2028}' | '\u{2029}') {
            let _ = write!(out, "{}", c.escape_unicode());
        } else {
            out.push(c);
        }
    }
}
