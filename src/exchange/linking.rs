//! Makes the linker of a run: the map, the profile, and all contacts of the sources and of the CRM.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::bundle::{Bundle, Verified, VerifyError};
use crate::crm::contacts_csv::{self, ContactsError, CrmContact, Layout};
use crate::finding::Findings;
use crate::item::{Content, Item, ItemId, Kind};
use crate::link::{
    CategoryMap, ContactIndexBuilder, Linker, MapError, PickedList, Profile, ProfileError, SyncGate,
};
use crate::source::{Job, Sources, in_order};

/// The files that say how to link.
#[derive(Debug, Default)]
pub struct Rules<'a> {
    /// The map.
    pub map: Option<&'a Path>,
    /// The profile.
    pub profile: Option<&'a Path>,
    /// The contacts of the CRM.
    pub contacts: Option<Contacts>,
}

/// The contacts of the CRM.
#[derive(Debug)]
pub enum Contacts {
    /// CSV as BigContacts exports it.
    Csv(PathBuf),
    /// The contact records of a bundle that BigContacts sent.
    Bundle(Box<Verified<Bundle>>),
}

/// A linker, and what was found while it was made.
#[derive(Debug)]
pub struct Linking {
    /// The linker.
    pub linker: Linker,
    /// The columns that the contacts of the sources need in `contacts.csv`.
    pub columns: Layout,
    /// Contacts that took part in earlier rounds.
    pub in_sync: BTreeSet<ItemId>,
    /// Items that a person took out of the sync.
    pub unlinked: BTreeSet<ItemId>,
    /// What was found.
    pub findings: Findings,
    /// A hash of everything that decides, but for the items: the rules, the contacts, how inputs
    /// are read, and the program. `None` when something of it can be read only once.
    pub mark: Option<[u8; 32]>,
}

/// Why there is no linker.
#[derive(Debug, Error)]
pub enum LinkingError {
    /// The map or the picked list.
    #[error(transparent)]
    Map(#[from] MapError),
    /// The profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The contacts file.
    #[error(transparent)]
    Contacts(#[from] ContactsError),
    /// A record of the contacts bundle.
    #[error("{0}")]
    Bundle(#[from] VerifyError),
}

impl Linking {
    /// Reads the rules, and every contact of the sources.
    ///
    /// # Errors
    /// When a file cannot be used. A line that cannot be used is a finding.
    pub fn prepare(
        rules: &Rules<'_>,
        sources: &Sources,
        (in_sync, unlinked): (BTreeSet<ItemId>, BTreeSet<ItemId>),
    ) -> Result<Self, LinkingError> {
        let mut findings = Findings::new();
        let mut mark = Mark::new(rules, sources, &in_sync, &unlinked);
        let mut kept = |(value, found): (_, Findings)| {
            findings.append(found);
            value
        };
        let map = rules
            .map
            .map(CategoryMap::open)
            .transpose()?
            .map(&mut kept)
            .unwrap_or_default();
        let profile = rules
            .profile
            .map(Profile::open)
            .transpose()?
            .unwrap_or_default();
        let picked = match &profile.picked {
            Some(path) => {
                mark.file(path);
                let (picked, found) = PickedList::open(path)?;
                findings.append(found);
                picked
            }
            None => PickedList::default(),
        };
        let gate = SyncGate::new(&map, &profile);
        let mut builder = ContactIndexBuilder::new(gate.clone());
        match &rules.contacts {
            Some(Contacts::Csv(path)) => {
                let found = contacts_csv::open(path, |contact| builder.add(&contact.facts()))?;
                findings.append(found);
            }
            Some(Contacts::Bundle(bundle)) => {
                for record in bundle.records::<Item>(Kind::Contact.name()) {
                    let record = record?;
                    mark.item(&record);
                    builder.add_crm_item(&record);
                }
            }
            None => {}
        }
        let mut columns = Layout::default();
        let read = in_order(sources.jobs(), contacts, |items: Vec<Item>| {
            for item in items {
                mark.item(&item);
                if unlinked.contains(&item.id) {
                    continue;
                }
                if gate.admits(&item, &in_sync)
                    && let Some(contact) = CrmContact::of_item(&item)
                {
                    columns.make_room(&contact);
                }
                builder.add_item(&item, &in_sync);
            }
            Ok::<_, std::convert::Infallible>(())
        });
        let Ok(()) = read;
        let (index, found) = builder.build();
        findings.append(found);
        let linker = Linker::new(map, profile, index, picked);
        Ok(Self {
            linker,
            columns,
            in_sync,
            unlinked,
            findings,
            mark: mark.finish(),
        })
    }
}

/// What [`Linking::mark`] is made of.
struct Mark {
    hasher: blake3::Hasher,
    /// Whether every file of it could be read here and where it is used.
    known: bool,
}

impl Mark {
    fn new(
        rules: &Rules<'_>,
        sources: &Sources,
        in_sync: &BTreeSet<ItemId>,
        unlinked: &BTreeSet<ItemId>,
    ) -> Self {
        let mut mark = Self {
            hasher: blake3::Hasher::new_derive_key("airbridge 2026 linking mark v1"),
            known: true,
        };
        mark.text(env!("CARGO_PKG_VERSION"));
        mark.text(&format!("{:?}", sources.options()));
        for path in [rules.map, rules.profile].into_iter().flatten() {
            mark.file(path);
        }
        if let Some(Contacts::Csv(path)) = &rules.contacts {
            mark.file(path);
        }
        for id in in_sync.iter().chain(unlinked) {
            mark.text(&id.0);
        }
        mark
    }

    fn text(&mut self, text: &str) {
        self.hasher.update(&(text.len() as u64).to_le_bytes());
        self.hasher.update(text.as_bytes());
    }

    /// The bytes of a file. A pipe would be empty where it is used; that a file cannot be read is
    /// told there.
    fn file(&mut self, path: &Path) {
        let hash = || {
            if !std::fs::metadata(path).ok()?.is_file() {
                return None;
            }
            let mut hasher = blake3::Hasher::new();
            Some(
                hasher
                    .update_reader(File::open(path).ok()?)
                    .ok()?
                    .finalize(),
            )
        };
        match hash() {
            Some(hash) => self.text(&hash.to_hex()),
            None => self.known = false,
        }
    }

    fn item(&mut self, item: &Item) {
        let bytes = serde_json::to_vec(item).unwrap_or_default();
        self.text(&blake3::hash(&bytes).to_hex());
    }

    fn finish(self) -> Option<[u8; 32]> {
        self.known.then(|| *self.hasher.finalize().as_bytes())
    }
}

/// The contacts that a job is or holds. What cannot be read is reported when the items are.
fn contacts(job: Job<'_>) -> Vec<Item> {
    if !job.may_hold_contact() {
        return Vec::new();
    }
    let items = job.items().unwrap_or_default().into_iter();
    items
        .map(|mapped| mapped.item)
        .filter(|item| matches!(item.content, Content::Contact(_)))
        .collect()
}
