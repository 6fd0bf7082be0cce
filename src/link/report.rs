//! The report of a linker: what was used, what never was, and what could not be looked up.
//!
//! *Spec*: `formats/map.md`, "What is reported".

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::linker::Linker;
use crate::finding::{Effect, Findings};

/// What a run used of the map, the profile and the picked list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LinkReport {
    /// Map lines, in order of the file.
    pub map: Vec<LineUse>,
    /// Folder rules, in order of the profile.
    pub folder_rules: Vec<LineUse>,
    /// Picked rows, in order of the list.
    pub picked: Vec<LineUse>,
    /// Categories that no line covers, with the number of items; in order.
    pub uncovered: Vec<CategoryUse>,
    /// What is to be told.
    #[serde(skip)]
    pub findings: Findings,
}

/// How many items a line was for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineUse {
    /// The line, from 1.
    pub line: u64,
    /// The category pattern, folder pattern or item.
    pub what: String,
    /// The number of items, those included that take no part.
    pub items: u64,
}

/// How many items have a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CategoryUse {
    /// The category as written.
    pub category: String,
    /// The number of items.
    pub items: u64,
}

impl Linker {
    /// What was used since the linker was made. To be asked when every item is decided.
    ///
    /// # Findings
    /// `link.contact.unknown`, `link.contact.ambiguous`, `link.contact.unchecked`,
    /// `link.contact.contradiction`, `link.map.star`, `link.map.unused`, `link.folder.unused`,
    /// `link.picked.unused`, `link.picked.several`, `link.report.overflow`.
    #[must_use]
    pub fn report(&self) -> LinkReport {
        let mut findings = self.findings.clone();
        let uses = |counters: &[AtomicU64], lines: Vec<(u64, &str)>| -> Vec<LineUse> {
            let counts = counters
                .iter()
                .map(|counter| counter.load(Ordering::Relaxed));
            lines
                .into_iter()
                .zip(counts)
                .map(|((line, what), items)| LineUse {
                    line,
                    what: what.to_owned(),
                    items,
                })
                .collect()
        };
        let lines = self
            .map
            .lines()
            .iter()
            .map(|line| (line.line, line.pattern.text()));
        let map = uses(&self.usage.lines, lines.collect());
        let rules = self
            .profile
            .folder_rules
            .iter()
            .map(|rule| (rule.line, rule.folder.text()));
        let folder_rules = uses(&self.usage.folders, rules.collect());
        let rows = self
            .picked
            .rows()
            .iter()
            .map(|row| (row.line, row.item.as_str()));
        let picked = uses(&self.usage.picks, rows.collect());
        for line in map.iter().filter(|line| line.items == 0) {
            let detail = format!("no item has the category \"{}\"", line.what);
            findings.add(
                "link.map.unused",
                Effect::Noted,
                format!("map line {}", line.line),
                detail,
            );
        }
        for rule in folder_rules.iter().filter(|rule| rule.items == 0) {
            let place = format!("folder rule, profile line {}", rule.line);
            let detail = format!("no item that takes part is in \"{}\"", rule.what);
            findings.add("link.folder.unused", Effect::Noted, place, detail);
        }
        for row in &picked {
            let place = format!("picked list, line {}", row.line);
            if row.items == 0 {
                let detail = format!("no item that may be exported is \"{}\"", row.what);
                findings.add("link.picked.unused", Effect::Noted, place, detail);
            } else if row.items > 1 {
                let detail = format!(
                    "\"{}\" picks {} items; use the bridge id for one",
                    row.what, row.items
                );
                findings.add("link.picked.several", Effect::Noted, place, detail);
            }
        }
        for (text, items) in self.usage.trouble.counts() {
            let (place, detail) = text.split_once('\n').unwrap_or(("", &text));
            let detail = format!("{detail} (items: {items})");
            findings.add("link.map.star", Effect::Noted, place.to_owned(), detail);
        }
        if self.usage.trouble.overflowed() || self.usage.uncovered.overflowed() {
            let detail = "there were more categories than are listed; the list is cut";
            findings.add("link.report.overflow", Effect::Noted, "", detail);
        }
        let uncovered = self.usage.uncovered.counts().into_iter();
        LinkReport {
            map,
            folder_rules,
            picked,
            uncovered: uncovered
                .map(|(category, items)| CategoryUse { category, items })
                .collect(),
            findings,
        }
    }
}
