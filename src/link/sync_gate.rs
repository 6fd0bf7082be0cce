//! The sync gate: which items take part at all, before anything is linked.
//!
//! *Spec*: `formats/profile.md`, "What takes part".
//!
//! *Invariants*: a contact that once took part stays in, whatever becomes of its categories.

use std::collections::{BTreeSet, HashSet};

use super::category_map::CategoryMap;
use super::category_pattern::CategoryPattern;
use super::decision::Exclusion;
use super::profile::Profile;
use crate::item::{Content, Item, ItemId, Kind};

/// What the bridge remembers of earlier exports.
pub trait SyncState {
    /// Whether the contact took part before.
    fn already_in_sync(&self, id: &ItemId) -> bool;
}

impl<F: Fn(&ItemId) -> bool> SyncState for F {
    fn already_in_sync(&self, id: &ItemId) -> bool {
        self(id)
    }
}

impl SyncState for HashSet<ItemId> {
    fn already_in_sync(&self, id: &ItemId) -> bool {
        self.contains(id)
    }
}

impl SyncState for BTreeSet<ItemId> {
    fn already_in_sync(&self, id: &ItemId) -> bool {
        self.contains(id)
    }
}

/// What takes part, by the map and the profile.
#[derive(Debug, Clone)]
pub struct SyncGate {
    profile: Profile,
    sync: Vec<CategoryPattern>,
}

/// Why a contact takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptIn {
    /// No sync category is set, so all contacts take part.
    Everyone,
    /// It carries this sync category.
    Marked(String),
    /// It took part before.
    Before,
}

impl SyncGate {
    /// The gate of a map and a profile.
    #[must_use]
    pub fn new(map: &CategoryMap, profile: &Profile) -> Self {
        let of_map = map.sync_lines().map(|line| line.pattern.clone());
        let of_profile = profile
            .sync_categories
            .iter()
            .map(|category| CategoryPattern::new(category, None));
        Self {
            profile: profile.clone(),
            sync: of_map.chain(of_profile).collect(),
        }
    }

    /// The sync categories, as written.
    pub fn sync_categories(&self) -> impl Iterator<Item = &str> {
        self.sync.iter().map(CategoryPattern::text)
    }

    /// Whether a category is a sync category.
    #[must_use]
    pub fn is_sync_category(&self, category: &str) -> bool {
        self.sync
            .iter()
            .any(|pattern| pattern.matches(category).is_some())
    }

    /// Why the item takes no part, the opt-in of contacts and the scope left aside. What was picked
    /// by hand is asked only whether it is private or a template.
    #[must_use]
    pub fn exclusion(&self, item: &Item, picked: bool) -> Option<Exclusion> {
        let profile = &self.profile;
        if item.is_private() && !profile.private {
            return Some(Exclusion::Private);
        }
        if item.template {
            return Some(Exclusion::Template);
        }
        if picked {
            return None;
        }
        if !profile.kinds.contains(&item.kind()) {
            return Some(Exclusion::Kind);
        }
        if !self.folder_takes_part(item) {
            return Some(Exclusion::Folder);
        }
        (!self.date_takes_part(item)).then_some(Exclusion::Date)
    }

    /// Why a contact takes part; `None` when it does not.
    #[must_use]
    pub fn opt_in(&self, item: &Item, sync: &impl SyncState) -> Option<OptIn> {
        if self.sync.is_empty() {
            return Some(OptIn::Everyone);
        }
        if let Some(mark) = item
            .categories
            .iter()
            .find(|category| self.is_sync_category(category))
        {
            return Some(OptIn::Marked(mark.clone()));
        }
        sync.already_in_sync(&item.id).then_some(OptIn::Before)
    }

    /// Whether a contact item takes part, its scope left aside.
    #[must_use]
    pub fn admits(&self, item: &Item, sync: &impl SyncState) -> bool {
        self.exclusion(item, false).is_none() && self.opt_in(item, sync).is_some()
    }

    /// Whether one of the places where the item was seen takes part.
    fn folder_takes_part(&self, item: &Item) -> bool {
        let profile = &self.profile;
        if profile.include.is_empty() && profile.exclude.is_empty() {
            return true;
        }
        let admits = |folder: &[String]| {
            let included = profile.include.is_empty()
                || profile
                    .include
                    .iter()
                    .any(|pattern| pattern.matches(folder));
            included
                && !profile
                    .exclude
                    .iter()
                    .any(|pattern| pattern.matches(folder))
        };
        match item.provenance.as_slice() {
            [] => admits(&[]),
            places => places.iter().any(|place| admits(&place.folder)),
        }
    }

    /// Whether the item falls in the period; contacts and lists have no date.
    fn date_takes_part(&self, item: &Item) -> bool {
        let period = &self.profile.period;
        if period.is_open() || matches!(item.kind(), Kind::Contact | Kind::DistributionList) {
            return true;
        }
        let Some(first) = item.date() else {
            return self.profile.undated;
        };
        let recurrence = match &item.content {
            Content::Meeting(meeting) => meeting.recurrence.as_ref(),
            Content::Task(task) => task.recurrence.as_ref(),
            _ => None,
        };
        let last = match recurrence {
            None => Some(first),
            // The last day is one of the item's own zone: two days later it is over everywhere.
            Some(recurrence) => recurrence.until.and_then(|day| {
                let over = day.checked_add(jiff::Span::new().days(2)).ok()?;
                Some(
                    over.to_zoned(jiff::tz::TimeZone::UTC)
                        .ok()?
                        .timestamp()
                        .max(first),
                )
            }),
        };
        period.meets(first, last)
    }
}
