//! Stores as sources: the messages of a PST or OST, in a stable order, each as an item.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::finding::{self, Effect, Finding, Findings};
use crate::mapi::Message;
use crate::mapping::{Context, Mapped, mapi};
use crate::pst::{Folder, Locations, MessageLocation, NidSet, ReadError, Store};

/// One open store.
#[derive(Debug)]
pub struct StoreSource {
    name: Arc<str>,
    store: Store,
    places: Vec<Place>,
    unpacked: Findings,
    walk: Mutex<Findings>,
    hidden_walk: Mutex<Findings>,
    /// Messages that are no contacts, by the rows of their folders.
    others: OnceLock<NidSet>,
}

/// What items need to know of their folder.
#[derive(Debug)]
struct Place {
    path: Arc<[String]>,
    class: Option<Arc<str>>,
}

/// One message to read.
#[derive(Debug, Clone, Copy)]
pub struct MessageJob<'s> {
    /// Its store.
    pub source: &'s StoreSource,
    /// Where it is in it.
    pub location: MessageLocation,
}

impl StoreSource {
    pub(super) fn new(name: Arc<str>, store: Store, unpacked: Findings) -> Self {
        let place = |folder: &Folder| Place {
            path: folder.path.clone().into(),
            class: folder.container_class.as_deref().map(Into::into),
        };
        let places = store.folders().iter().map(place).collect();
        Self {
            name,
            store,
            places,
            unpacked,
            walk: Mutex::default(),
            hidden_walk: Mutex::default(),
            others: OnceLock::new(),
        }
    }

    /// Its path as shown.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its normal messages: folder by folder, then those that no folder lists. What the walk finds
    /// is in [`Self::findings`] afterwards.
    pub fn jobs(&self) -> impl Iterator<Item = MessageJob<'_>> + Send {
        Walk {
            locations: self.store.locations(),
            found: &self.walk,
            source: self,
        }
    }

    /// Its hidden messages: the associated contents of folders, such as views and settings.
    pub fn hidden_jobs(&self) -> impl Iterator<Item = MessageJob<'_>> + Send {
        Walk {
            locations: self.store.associated_locations(),
            found: &self.hidden_walk,
            source: self,
        }
    }

    /// What was found in the store as a whole: at opening, and by walks that have ended.
    #[must_use]
    pub fn findings(&self) -> Findings {
        let mut findings = self.unpacked.clone();
        findings.append(self.store.findings());
        for walk in [&self.walk, &self.hidden_walk] {
            findings.append(walk.lock().unwrap_or_else(PoisonError::into_inner).clone());
        }
        findings.set_file(&self.name);
        findings
    }
}

/// The walk through one store.
struct Walk<'s> {
    source: &'s StoreSource,
    locations: Locations<'s>,
    found: &'s Mutex<Findings>,
}

impl<'s> Iterator for Walk<'s> {
    type Item = MessageJob<'s>;

    fn next(&mut self) -> Option<MessageJob<'s>> {
        let location = self.locations.next()?;
        Some(MessageJob {
            source: self.source,
            location,
        })
    }
}

impl Drop for Walk<'_> {
    fn drop(&mut self) {
        let found = self.locations.take_findings();
        // A second walk finds the same again: the last one counts.
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = found;
    }
}

impl MessageJob<'_> {
    /// The place in the words of the format: `node 0x200024`.
    #[must_use]
    pub fn locator(&self) -> String {
        format!("node {}", self.location.nid)
    }

    /// The folder, from the top down; empty when it is gone.
    #[must_use]
    pub fn folder(&self) -> Arc<[String]> {
        self.place()
            .map_or_else(|| Arc::from([]), |place| Arc::clone(&place.path))
    }

    fn place(&self) -> Option<&Place> {
        self.source.places.get(self.location.folder?)
    }

    /// Whether the message may be a contact, by its folder's table, or else its class.
    #[must_use]
    pub fn may_be_contact(&self) -> bool {
        let others = self.source.others.get_or_init(|| {
            self.source.store.listed(|folder, class| {
                !mapi::is_contact_class(class, folder.container_class.as_deref())
            })
        });
        if others.contains(self.location.nid) {
            return false;
        }
        let class = self
            .source
            .store
            .message_class(self.location.nid)
            .unwrap_or_default();
        let folder_class = self.place().and_then(|place| place.class.as_deref());
        mapi::is_contact_class(&class, folder_class)
    }

    /// A mark of all that its item is made of; the same only for the same item. `None` when it has
    /// to be read to know.
    #[must_use]
    pub fn mark(&self) -> Option<[u8; 32]> {
        let mut hasher = blake3::Hasher::new_derive_key("airbridge 2026 job mark v1");
        hasher.update(&self.source.store.message_mark(self.location.nid)?);
        let place = self.place()?;
        hasher.update(&(place.path.len() as u64).to_le_bytes());
        for part in place
            .path
            .iter()
            .map(String::as_str)
            .chain(place.class.as_deref())
        {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.update(&[u8::from(self.location.orphan)]);
        Some(*hasher.finalize().as_bytes())
    }

    /// Reads the message.
    ///
    /// # Errors
    /// When nothing of it can be had.
    pub fn read(&self) -> Result<(Message, Findings), ReadError> {
        self.source.store.read_message(self.location.nid)
    }

    /// Reads the message and makes it an item, with the findings of both.
    ///
    /// # Errors
    /// When nothing of it can be had.
    pub fn item(&self) -> Result<Mapped, ReadError> {
        let (message, findings) = self.read()?;
        let context = Context {
            source: Arc::clone(&self.source.name),
            folder: self.folder(),
            folder_class: self.place().and_then(|place| place.class.clone()),
            locator: self.locator(),
        };
        let mut mapped = mapi::to_item(&message, &context).after(findings);
        mapped.findings.set_file(&self.source.name);
        Ok(mapped)
    }

    /// A read error as a finding.
    #[must_use]
    pub fn lost(&self, error: &ReadError) -> Finding {
        Finding {
            detail: error.fault.detail.clone(),
            ..self.lost_because(error.fault.code, error)
        }
    }

    /// Any other reason why it cannot be had, as a finding.
    #[must_use]
    pub fn lost_because(&self, code: &'static str, why: &impl std::fmt::Display) -> Finding {
        Finding {
            code,
            effect: Effect::Lost,
            place: finding::Place {
                file: Some(Arc::clone(&self.source.name)),
                part: self.locator().into(),
                offset: None,
            },
            detail: why.to_string(),
        }
    }
}
