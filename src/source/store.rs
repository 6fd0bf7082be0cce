//! Stores as sources: the messages of a PST or OST, in a stable order, each as an item.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;

use crate::finding::{self, Effect, Finding, Findings};
use crate::mapi::Message;
use crate::mapping::{Context, Mapped, mapi};
use crate::pst::{Folder, Locations, MessageLocation, OpenError, ReadError, ReadOptions, Store};

use super::find::{FindError, Input, Inputs, Skipped, find};

/// The stores that a user's paths name, open.
#[derive(Debug)]
pub struct Sources {
    stores: Vec<StoreSource>,
    /// Files not read, and why.
    pub skipped: Vec<Skipped>,
}

/// One open store.
#[derive(Debug)]
pub struct StoreSource {
    name: Arc<str>,
    store: Store,
    places: Vec<Place>,
    walk: Mutex<Findings>,
}

/// What items need to know of their folder.
#[derive(Debug)]
struct Place {
    path: Arc<[String]>,
    class: Option<Arc<str>>,
}

/// One message to read.
#[derive(Debug, Clone, Copy)]
pub struct Job<'s> {
    /// Its store.
    pub source: &'s StoreSource,
    /// Where it is in it.
    pub location: MessageLocation,
}

/// No input could be read at all.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A path leads nowhere.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The only store named cannot be opened.
    #[error("{0}")]
    Open(OpenError),
    /// Folders were named, and nothing in them is a store.
    #[error(
        "{paths}: nothing to read: none of the {files} files is a PST or OST store",
        paths = shown(paths)
    )]
    Nothing {
        /// The paths.
        paths: Vec<PathBuf>,
        /// Files looked at.
        files: usize,
    },
}

fn shown(paths: &[PathBuf]) -> String {
    let names: Vec<_> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    names.join(", ")
}

impl Sources {
    /// Finds and opens the stores that these paths name. A store that cannot be opened is among the
    /// skipped, as failed, unless it is the only one.
    ///
    /// # Errors
    /// When a path cannot be read, or nothing can be opened.
    pub fn open(paths: &[PathBuf], code_page: Option<u16>) -> Result<Self, SourceError> {
        let Inputs {
            inputs,
            mut skipped,
        } = find(paths)?;
        let options = ReadOptions { code_page };
        let mut stores = Vec::with_capacity(inputs.len());
        let mut refused = None;
        for Input { path, name, .. } in inputs {
            match Store::open(&path, &options) {
                Ok(store) => stores.push(StoreSource::new(name, store)),
                Err(error) => {
                    skipped.push(Skipped {
                        file: name,
                        reason: error.reason.to_string(),
                        failed: true,
                    });
                    refused = Some(error);
                }
            }
        }
        match (stores.is_empty(), refused) {
            (true, Some(error)) => Err(SourceError::Open(error)),
            (true, None) => Err(SourceError::Nothing {
                paths: paths.to_vec(),
                files: skipped.len(),
            }),
            (false, _) => Ok(Self { stores, skipped }),
        }
    }

    /// The stores, in the order in which they were found.
    #[must_use]
    pub fn stores(&self) -> &[StoreSource] {
        &self.stores
    }

    /// The normal messages of all stores.
    pub fn jobs(&self) -> impl Iterator<Item = Job<'_>> + Send {
        self.stores.iter().flat_map(StoreSource::jobs)
    }

    /// How many normal messages the stores hold, by scans of their node B-trees.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.stores
            .iter()
            .map(|source| source.store.scan_messages().normal)
            .sum()
    }
}

impl StoreSource {
    fn new(name: Arc<str>, store: Store) -> Self {
        let place = |folder: &Folder| Place {
            path: folder.path.clone().into(),
            class: folder.container_class.as_deref().map(Into::into),
        };
        let places = store.folders().iter().map(place).collect();
        Self {
            name,
            store,
            places,
            walk: Mutex::default(),
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
    pub fn jobs(&self) -> impl Iterator<Item = Job<'_>> + Send {
        Walk {
            source: self,
            locations: self.store.locations(),
        }
    }

    /// What was found in the store as a whole: at opening, and by walks that have ended.
    #[must_use]
    pub fn findings(&self) -> Findings {
        let mut findings = self.store.findings();
        findings.append(
            self.walk
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        );
        findings.set_file(&self.name);
        findings
    }
}

/// The walk through one store.
struct Walk<'s> {
    source: &'s StoreSource,
    locations: Locations<'s>,
}

impl<'s> Iterator for Walk<'s> {
    type Item = Job<'s>;

    fn next(&mut self) -> Option<Job<'s>> {
        let location = self.locations.next()?;
        Some(Job {
            source: self.source,
            location,
        })
    }
}

impl Drop for Walk<'_> {
    fn drop(&mut self) {
        let found = self.locations.take_findings();
        // A second walk finds the same again: the last one counts.
        *self
            .source
            .walk
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = found;
    }
}

impl Job<'_> {
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

    /// Whether the message may be a contact, without reading all of it.
    #[must_use]
    pub fn may_be_contact(&self) -> bool {
        let class = self
            .source
            .store
            .message_class(self.location.nid)
            .unwrap_or_default();
        let folder_class = self.place().and_then(|place| place.class.as_deref());
        mapi::is_contact_class(&class, folder_class)
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
        let (message, mut findings) = self.read()?;
        let context = Context {
            source: Arc::clone(&self.source.name),
            folder: self.folder(),
            folder_class: self.place().and_then(|place| place.class.clone()),
            locator: self.locator(),
        };
        let mut mapped = mapi::to_item(&message, &context);
        findings.append(std::mem::take(&mut mapped.findings));
        findings.set_file(&self.source.name);
        Ok(Mapped { findings, ..mapped })
    }

    /// A read error as a finding.
    #[must_use]
    pub fn lost(&self, error: &ReadError) -> Finding {
        Finding {
            code: error.fault.code,
            effect: Effect::Lost,
            place: finding::Place {
                file: Some(Arc::clone(&self.source.name)),
                part: self.locator().into(),
                offset: None,
            },
            detail: error.fault.detail.clone(),
        }
    }
}
