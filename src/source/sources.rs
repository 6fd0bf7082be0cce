//! Everything that a user's paths name, open, as one stream of jobs.

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use crate::finding::{Finding, Findings};
use crate::limits;
use crate::mapping::Mapped;
use crate::pst::{OpenError, ReadError, ReadOptions, Store};

use super::file::{EntryJob, FileSource, ReadingOptions, Unreadable};
use super::find::{FindError, Inputs, Skipped, Used, find_beside};
use super::input::Input;
use super::sniff::Format;
use super::store::{MessageJob, StoreSource};

/// The inputs that a user's paths name: stores, then files, the richest format first.
#[derive(Debug)]
pub struct Sources {
    stores: Vec<StoreSource>,
    files: Vec<FileSource>,
    options: ReadingOptions,
    /// Files not read, and why.
    pub skipped: Vec<Skipped>,
}

/// One thing to read: an item, with the items inside it that stand for themselves.
#[derive(Debug, Clone)]
pub enum Job<'s> {
    /// A message of a store.
    Message(MessageJob<'s>),
    /// An entry of a file.
    Entry(EntryJob<'s>),
}

/// Nothing of a job can be had.
#[derive(Debug, Error)]
pub enum JobError {
    /// A message of a store.
    #[error(transparent)]
    Message(#[from] ReadError),
    /// An entry of a file.
    #[error(transparent)]
    Entry(#[from] Unreadable),
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
    /// The only file named cannot be opened.
    #[error("{file}: {reason}")]
    File {
        /// The file.
        file: Arc<str>,
        /// Why.
        reason: Unreadable,
    },
    /// Folders were named, and nothing in them can be read.
    #[error(
        "{paths}: nothing to read: none of the {files} files is a store or of a format that \
         Outlook exports",
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
    /// Finds and opens the inputs that these paths name. One that cannot be opened is among the
    /// skipped, as failed, unless it is the only one.
    ///
    /// # Errors
    /// When a path cannot be read, or nothing can be opened.
    pub fn open(paths: &[PathBuf], options: ReadingOptions) -> Result<Self, SourceError> {
        Self::open_beside(paths, options, &[])
    }

    /// The same, but for files that the run uses for something else: those are among the skipped,
    /// each with its reason.
    ///
    /// # Errors
    /// When a path cannot be read, or nothing can be opened.
    pub fn open_beside(
        paths: &[PathBuf],
        options: ReadingOptions,
        used: &[Used<'_>],
    ) -> Result<Self, SourceError> {
        let Inputs {
            inputs, skipped, ..
        } = find_beside(paths, used)?;
        let mut sources = Self {
            stores: Vec::new(),
            files: Vec::new(),
            options,
            skipped,
        };
        let mut refused = None;
        for input in inputs {
            let name = Arc::clone(&input.name);
            if let Err(error) = sources.take(input) {
                sources.skipped.push(Skipped {
                    reason: match &error {
                        SourceError::Open(error) => error.reason.to_string(),
                        SourceError::File { reason, .. } => reason.to_string(),
                        error => error.to_string(),
                    }
                    .into(),
                    file: name,
                    failed: true,
                });
                refused = Some(error);
            }
        }
        match (
            sources.stores.is_empty() && sources.files.is_empty(),
            refused,
        ) {
            (true, Some(error)) => Err(error),
            (true, None) => Err(SourceError::Nothing {
                paths: paths.to_vec(),
                files: sources.skipped.len(),
            }),
            (false, _) => Ok(sources),
        }
    }

    fn take(&mut self, input: Input) -> Result<(), SourceError> {
        let name = Arc::clone(&input.name);
        if input.format == Format::Store {
            let options = ReadOptions {
                code_page: self.options.code_page,
            };
            let opened = input.open().map_err(|error| {
                SourceError::Open(OpenError {
                    file: name.to_string(),
                    reason: error.into(),
                })
            })?;
            let store = Store::of_bytes(opened.bytes, Arc::clone(&name), &options);
            let store = store.map_err(SourceError::Open)?;
            self.stores
                .push(StoreSource::new(name, store, opened.findings));
        } else {
            let keep = self.files.len() < limits::FILES_KEPT_OPEN;
            let file = FileSource::new(input, self.options.clone(), keep)
                .map_err(|reason| SourceError::File { file: name, reason })?;
            self.files.push(file);
        }
        Ok(())
    }

    /// How they are read.
    #[must_use]
    pub fn options(&self) -> &ReadingOptions {
        &self.options
    }

    /// The stores, in the order in which they were found.
    #[must_use]
    pub fn stores(&self) -> &[StoreSource] {
        &self.stores
    }

    /// The other files, in the order in which they are read.
    #[must_use]
    pub fn files(&self) -> &[FileSource] {
        &self.files
    }

    /// The names of all inputs, as shown.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        let stores = self.stores.iter().map(StoreSource::name);
        stores.chain(self.files.iter().map(|file| &file.input().name))
    }

    /// The normal messages of all stores, and the entries of all files.
    pub fn jobs(&self) -> impl Iterator<Item = Job<'_>> + Send {
        let messages = self.stores.iter().flat_map(StoreSource::jobs);
        let entries = self.files.iter().flat_map(FileSource::jobs);
        messages.map(Job::Message).chain(entries.map(Job::Entry))
    }

    /// How many jobs there should be, by counts that do not depend on the walk: scans of the node
    /// B-trees of stores, and of the bytes of files.
    #[must_use]
    pub fn seen(&self) -> u64 {
        let stores = self.stores.iter();
        let messages: u64 = stores.map(|own| own.store().scan_messages().normal).sum();
        let entries: u64 = self.files.iter().map(FileSource::seen).sum();
        messages.saturating_add(entries)
    }

    /// What was found in the inputs as wholes, by walks that have ended.
    pub fn findings(&self) -> impl Iterator<Item = Findings> + '_ {
        let stores = self.stores.iter().map(StoreSource::findings);
        stores.chain(self.files.iter().map(FileSource::findings))
    }
}

impl Job<'_> {
    /// The file, as shown.
    #[must_use]
    pub fn source(&self) -> &Arc<str> {
        match self {
            Self::Message(job) => job.source.name(),
            Self::Entry(job) => &job.source.input().name,
        }
    }

    /// The folder, from the top down; empty when it is gone.
    #[must_use]
    pub fn folder(&self) -> Arc<[String]> {
        match self {
            Self::Message(job) => job.folder(),
            Self::Entry(job) => job.folder(),
        }
    }

    /// The place in the words of the format: `node 0x200024`, `card 3`.
    #[must_use]
    pub fn locator(&self) -> String {
        match self {
            Self::Message(job) => job.locator(),
            Self::Entry(job) => job.locator(),
        }
    }

    /// Whether it may be, or hold, a contact, without reading all of it.
    #[must_use]
    pub fn may_hold_contact(&self) -> bool {
        match self {
            Self::Message(job) => job.may_be_contact(),
            Self::Entry(job) => job.may_hold_contact(),
        }
    }

    /// A mark of all that its items are made of, where that costs much less than reading them.
    #[must_use]
    pub fn mark(&self) -> Option<[u8; 32]> {
        match self {
            Self::Message(job) => job.mark(),
            Self::Entry(_) => None,
        }
    }

    /// Reads its items: itself first, then those inside it; at least one.
    ///
    /// # Errors
    /// When nothing of it can be had.
    pub fn items(&self) -> Result<Vec<Mapped>, JobError> {
        Ok(match self {
            Self::Message(job) => vec![job.item()?],
            Self::Entry(job) => job.items()?,
        })
    }

    /// Why nothing can be had, as a finding.
    #[must_use]
    pub fn lost(&self, error: &JobError) -> Finding {
        match (self, error) {
            (Self::Message(job), JobError::Message(error)) => job.lost(error),
            (Self::Entry(job), JobError::Entry(error)) => job.lost(error),
            (Self::Entry(job), error) => job.lost(&Unreadable::new(
                "source.file.unreadable",
                error.to_string(),
            )),
            (Self::Message(job), error) => job.lost_because("source.store.unreadable", error),
        }
    }
}
