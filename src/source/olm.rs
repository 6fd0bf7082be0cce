//! Archives of Outlook for Mac as sources.

use std::sync::Arc;

use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Findings};
use crate::mapping::{Context, Mapped, olm as mapping};
use crate::olm::{Kind, Olm};

use super::file::{Entries, ReadingOptions, Unreadable};

pub(super) fn open(
    bytes: FileBytes,
    _options: &ReadingOptions,
) -> Result<Arc<dyn Entries>, Unreadable> {
    let olm = Olm::open(&bytes);
    let olm = olm.map_err(|error| Unreadable::new("olm.archive.unreadable", error.to_string()))?;
    Ok(Arc::new(Archive(olm)))
}

#[derive(Debug)]
struct Archive(Olm);

impl Entries for Archive {
    fn count(&self) -> u64 {
        self.0.count()
    }

    fn seen(&self) -> u64 {
        self.0.told()
    }

    fn locator(&self, entry: u64) -> String {
        let Some(place) = self.0.place(entry) else {
            return format!("item {entry}");
        };
        let file = place.file.join("/");
        match place.number {
            Some(number) => format!("{file}, {} {number}", place.kind.element()),
            None => file,
        }
    }

    fn folder(&self, entry: u64) -> Vec<String> {
        self.0
            .place(entry)
            .map(|place| place.folder())
            .unwrap_or_default()
    }

    fn may_hold_contact(&self, entry: u64) -> bool {
        self.0
            .place(entry)
            .is_some_and(|place| place.kind == Kind::Contact)
    }

    fn read(&self, entry: u64, context: &Context) -> Result<Vec<Mapped>, Unreadable> {
        let (elements, found) = self
            .0
            .read(entry)
            .map_err(|error| Unreadable::new("olm.item.unreadable", error.to_string()))?;
        let mut findings = Findings::new();
        for finding in found.iter() {
            let mut finding = finding.clone();
            finding.place.part = context.locator.clone().into();
            findings.push(finding);
        }
        let kind = self
            .0
            .place(entry)
            .map_or(Kind::Message, |place| place.kind);
        if elements.len() > 1 {
            let detail = format!("{} items where the file tells of one", elements.len());
            findings.add(
                "olm.file.count",
                Effect::Noted,
                context.locator.clone(),
                detail,
            );
        }
        let mut all: Vec<Mapped> = elements
            .iter()
            .map(|element| mapping::to_item(kind, element, context, &|url| self.0.attachment(url)))
            .collect();
        if let Some(first) = all.first_mut() {
            first.findings.append(findings);
        }
        Ok(all)
    }

    fn findings(&self) -> Findings {
        self.0.findings().clone()
    }

    fn left_over(&self) -> Findings {
        self.0.unused()
    }
}
