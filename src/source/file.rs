//! Files of items other than stores: each format's adapter says where the items of a file are, and
//! reads them one by one.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use thiserror::Error;

pub use crate::csv::DateOrder;
use crate::csv::layout::is_delimiter;
use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Finding, Findings, Place};
use crate::mapping::{Context, Mapped, Zone};

use super::input::Input;
use super::sniff::Format;
use super::{calendar, cards, mail, mbox, msg, olm, table, tnef};

/// What the user says of inputs that do not say it themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadingOptions {
    /// Code page of text that is not Unicode, over what the input says.
    pub code_page: Option<u16>,
    /// What stands between the cells of a table.
    pub delimiter: Option<char>,
    /// Which of day, month and year comes first in a table.
    pub date_order: Option<DateOrder>,
    /// The time zone of times that name none.
    pub time_zone: Option<Zone>,
}

impl ReadingOptions {
    /// What stands between cells, as the user names it: a sign, or `tab`.
    ///
    /// # Errors
    /// In words, when it is something else.
    pub fn delimiter(text: &str) -> Result<char, String> {
        let mut letters = text.chars();
        match (letters.next(), letters.next()) {
            _ if text.eq_ignore_ascii_case("tab") || text == "\\t" => Ok('\t'),
            (Some(only), None) if is_delimiter(only) => Ok(only),
            _ => Err("one sign that is neither letter nor digit nor quote, or `tab`".to_owned()),
        }
    }
}

/// An open file of items. An entry is an item, with those that are inside it and stand for
/// themselves (the calendar in a mail).
pub trait Entries: Debug + Send + Sync {
    /// How many entries there are.
    fn count(&self) -> u64;

    /// How many entries there should be, by a count that does not depend on how they are read.
    fn seen(&self) -> u64;

    /// The place of an entry in the words of the format: `card 3`.
    fn locator(&self, entry: u64) -> String;

    /// The folder of an entry within the file, from the top down.
    fn folder(&self, _entry: u64) -> Vec<String> {
        Vec::new()
    }

    /// Whether an entry may be, or hold, a contact; cheap.
    fn may_hold_contact(&self, entry: u64) -> bool;

    /// Reads an entry: its item first, then the items inside it; at least one. The context has
    /// the source, folder and locator of the entry.
    ///
    /// # Errors
    /// When nothing of it can be had.
    fn read(&self, entry: u64, context: &Context) -> Result<Vec<Mapped>, Unreadable>;

    /// What was found in the file as a whole when it was opened.
    fn findings(&self) -> Findings {
        Findings::new()
    }

    /// What is found in the file as a whole once its entries have been read.
    fn left_over(&self) -> Findings {
        Findings::new()
    }
}

/// Nothing of a file or entry can be had.
#[derive(Debug, Clone, Error)]
#[error("{detail}")]
pub struct Unreadable {
    /// Stable code of the finding.
    pub code: &'static str,
    /// What was expected and found, and the remedy.
    pub detail: String,
}

impl Unreadable {
    /// Nothing can be had, and why.
    #[must_use]
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

impl From<std::io::Error> for Unreadable {
    fn from(error: std::io::Error) -> Self {
        Self::new("source.file.unreadable", error.to_string())
    }
}

/// Opens the bytes of a file of this format.
fn open(
    format: Format,
    bytes: FileBytes,
    options: &ReadingOptions,
) -> Result<Arc<dyn Entries>, Unreadable> {
    match format {
        Format::Store => Err(Unreadable::new(
            "source.file.is-store",
            "a store is read as a store",
        )),
        Format::Olm => olm::open(bytes, options),
        Format::Msg => msg::open(bytes, options),
        Format::Tnef => tnef::open(bytes, options),
        Format::Mail => mail::open(bytes, options),
        Format::Mbox => mbox::open(bytes, options),
        Format::Calendar => calendar::open(bytes, options),
        Format::Cards => cards::open(bytes, options),
        Format::Table => table::open(bytes, options),
    }
}

/// One file of items.
#[derive(Debug)]
pub struct FileSource {
    input: Input,
    options: ReadingOptions,
    seen: u64,
    found: Mutex<Findings>,
    /// Open from the count on, for the first walk.
    kept: Mutex<Option<Arc<dyn Entries>>>,
}

impl FileSource {
    /// A file, looked at as far as counting takes; with `keep` it stays open for the first walk.
    ///
    /// # Errors
    /// When it holds several items and cannot be opened; a file of one item is opened when it is
    /// read.
    pub(super) fn new(
        input: Input,
        options: ReadingOptions,
        keep: bool,
    ) -> Result<Self, Unreadable> {
        let mut source = Self {
            input,
            options,
            seen: 1,
            found: Mutex::default(),
            kept: Mutex::default(),
        };
        if !source.input.format.is_single() {
            let entries = source.open()?;
            source.seen = entries.seen();
            source.kept = Mutex::new(keep.then_some(entries));
        }
        Ok(source)
    }

    /// What it is, and where.
    #[must_use]
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// How many entries it should have.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// What was found in the file as a whole by the last walk through it.
    #[must_use]
    pub fn findings(&self) -> Findings {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let mut findings = found.clone();
        findings.set_file(&self.input.name);
        findings
    }

    fn open(&self) -> Result<Arc<dyn Entries>, Unreadable> {
        let opened = self.input.open()?;
        let entries = open(self.input.format, opened.bytes, &self.options)?;
        let mut findings = opened.findings;
        findings.append(entries.findings());
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = findings;
        Ok(entries)
    }

    /// Its entries, in their order.
    pub(super) fn jobs(&self) -> impl Iterator<Item = EntryJob<'_>> + Send {
        let opened = Arc::new(Walk {
            source: self,
            entries: OnceLock::new(),
        });
        let entries = if self.input.format.is_single() {
            1
        } else {
            // One that could be opened before and now cannot is a job that fails.
            opened.entries().map_or(1, |entries| entries.count())
        };
        (0..entries).map(move |entry| EntryJob {
            source: self,
            opened: Arc::clone(&opened),
            entry,
        })
    }
}

/// A file that is open for a walk through it; it ends with the last of its jobs.
#[derive(Debug)]
struct Walk<'s> {
    source: &'s FileSource,
    entries: OnceLock<Result<Arc<dyn Entries>, Unreadable>>,
}

impl Walk<'_> {
    fn entries(&self) -> Result<&dyn Entries, Unreadable> {
        let opened = self.entries.get_or_init(|| {
            let kept = &self.source.kept;
            let kept = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
            kept.map_or_else(|| self.source.open(), Ok)
        });
        opened.as_deref().map_err(Clone::clone)
    }
}

impl Drop for Walk<'_> {
    fn drop(&mut self) {
        if let Some(Ok(entries)) = self.entries.get() {
            let found = &self.source.found;
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.append(entries.left_over());
        }
    }
}

/// One entry to read.
#[derive(Debug, Clone)]
pub struct EntryJob<'s> {
    /// Its file.
    pub source: &'s FileSource,
    opened: Arc<Walk<'s>>,
    entry: u64,
}

impl EntryJob<'_> {
    fn entries(&self) -> Result<&dyn Entries, Unreadable> {
        self.opened.entries()
    }

    /// The place in the words of the format.
    #[must_use]
    pub fn locator(&self) -> String {
        self.entries()
            .map_or_else(|_| "file".to_owned(), |entries| entries.locator(self.entry))
    }

    /// The folder, from the top down.
    #[must_use]
    pub fn folder(&self) -> Arc<[String]> {
        let outer = &self.source.input.folder;
        match self.entries().map(|entries| entries.folder(self.entry)) {
            Ok(inner) if !inner.is_empty() => outer.iter().cloned().chain(inner).collect(),
            _ => Arc::clone(outer),
        }
    }

    /// Whether it may be, or hold, a contact.
    #[must_use]
    pub fn may_hold_contact(&self) -> bool {
        self.entries()
            .is_ok_and(|entries| entries.may_hold_contact(self.entry))
    }

    /// Whether items after its first stand beside that, as occurrences do that belong to no series
    /// of their calendar; else they are inside it.
    #[must_use]
    pub fn stand_beside(&self) -> bool {
        self.source.input.format == Format::Calendar
    }

    /// Reads its items; at least one.
    ///
    /// # Errors
    /// When nothing of it can be had.
    pub fn items(&self) -> Result<Vec<Mapped>, Unreadable> {
        let context = Context {
            source: Arc::clone(&self.source.input.name),
            folder: self.folder(),
            folder_class: None,
            locator: self.locator(),
        };
        let mut items = self.entries()?.read(self.entry, &context)?;
        for mapped in &mut items {
            mapped.findings.set_file(&self.source.input.name);
        }
        if items.is_empty() {
            return Err(Unreadable::new("source.file.no-item", "no item came of it"));
        }
        Ok(items)
    }

    /// Why nothing can be had, as a finding.
    #[must_use]
    pub fn lost(&self, error: &Unreadable) -> Finding {
        Finding {
            code: error.code,
            effect: Effect::Lost,
            place: Place {
                file: Some(Arc::clone(&self.source.input.name)),
                part: self.locator().into(),
                offset: None,
            },
            detail: error.detail.clone(),
        }
    }
}
