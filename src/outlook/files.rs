//! Items as files of their own, each in the folder that it belongs to.
//!
//! *Shape*: with tables, `Contacts.csv`, `Calendar.csv`, `Tasks.csv`; else `FOLDER/TITLE.vcf`, `TITLE (2).eml`, …; meetings of a folder together in
//! `FOLDER/FOLDER.ics`, at most [`limits::CALENDAR_MEETINGS`] in one.
//!
//! *Invariants*: names that every system takes, unique without regard to case; files go below a
//! folder that nobody sees before it is whole.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::place::{file_name, folder_of};
use crate::finding::Findings;
use crate::item::Item;
use crate::limits;
use crate::mapping::Blobs;
use crate::mapping::as_file::{self, Shape, Tables};
use crate::mapping::ical::Heading;

/// Files on their way.
#[derive(Debug)]
pub struct Files {
    root: PathBuf,
    now: Timestamp,
    /// Whether every item is a message.
    messages: bool,
    taken: HashSet<String>,
    /// How often a name was asked for.
    next: HashMap<String, u32>,
    /// The tables, and those that are begun.
    tables: Option<Tables>,
    begun: BTreeMap<&'static str, (PathBuf, BufWriter<File>)>,
    /// Meetings of each folder that wait for their file.
    meetings: BTreeMap<Vec<String>, Vec<(u64, Item)>>,
    /// Items met, and the file of each that has one.
    count: u64,
    placed: Vec<(u64, PathBuf)>,
}

impl Files {
    /// None so far, below `root`. `messages` makes every item an MSG.
    #[must_use]
    pub fn new(root: &Path, messages: bool, now: Timestamp) -> Self {
        Self {
            root: root.to_owned(),
            now,
            messages,
            taken: HashSet::new(),
            next: HashMap::new(),
            tables: None,
            begun: BTreeMap::new(),
            meetings: BTreeMap::new(),
            count: 0,
            placed: Vec::new(),
        }
    }

    /// With tables for the items that are rows of one.
    #[must_use]
    pub fn with_tables(mut self, tables: Tables) -> Self {
        self.tables = Some(tables);
        self
    }

    /// Adds an item to its table; `None` when it is a row of none.
    fn row(&mut self, number: u64, item: &Item, blobs: &dyn Blobs) -> io::Result<Option<Findings>> {
        let Some(tables) = self.tables.clone() else {
            return Ok(None);
        };
        let Some(name) = tables.table(item) else {
            return Ok(None);
        };
        let given = tables.row(item, blobs);
        let (path, file) = match self.begun.entry(name) {
            Entry::Occupied(begun) => begun.into_mut(),
            Entry::Vacant(place) => {
                let path = self.root.join(format!("{name}.csv"));
                let mut file = BufWriter::new(File::create_new(&path)?);
                file.write_all(&tables.head(item))?;
                place.insert((path, file))
            }
        };
        file.write_all(&given.value)?;
        self.placed.push((number, path.clone()));
        Ok(Some(given.findings))
    }

    /// Writes an item, or puts it aside for its calendar.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn add(&mut self, item: &Item, blobs: &dyn Blobs) -> io::Result<Findings> {
        let number = self.count;
        self.count = number.saturating_add(1);
        if let Some(findings) = self.row(number, item, blobs)? {
            return Ok(findings);
        }
        let shape = if self.messages {
            Shape::Message
        } else {
            Shape::of_kind(item.kind())
        };
        let (folder, _) = folder_of(item);
        if shape == Shape::Calendar {
            let waiting = self.meetings.entry(folder.clone()).or_default();
            waiting.push((number, item.clone()));
            if waiting.len() >= limits::CALENDAR_MEETINGS {
                return self.calendar(&folder, blobs);
            }
            return Ok(Findings::new());
        }
        let path = self.path(&folder, item.title(), shape.ending(item))?;
        let heading = self.heading(None);
        let mut file = BufWriter::new(File::create_new(&path)?);
        let findings = as_file::write(item, blobs, shape, &heading, &mut file)?;
        file.flush()?;
        file.get_ref().sync_all()?;
        self.placed.push((number, path));
        Ok(findings)
    }

    fn heading(&self, name: Option<&String>) -> Heading {
        Heading {
            now: self.now,
            name: name.cloned(),
            tasks: false,
        }
    }

    fn calendar(&mut self, folder: &[String], blobs: &dyn Blobs) -> io::Result<Findings> {
        let Some(meetings) = self.meetings.remove(folder) else {
            return Ok(Findings::new());
        };
        let title = folder.last().map_or("Calendar", String::as_str);
        let path = self.path(folder, title, "ics")?;
        let heading = self.heading(folder.last());
        let all: Vec<_> = meetings.iter().map(|(_, item)| (item, blobs)).collect();
        let mut file = BufWriter::new(File::create_new(&path)?);
        let findings = as_file::write_calendar(&all, &heading, &mut file)?;
        file.flush()?;
        file.get_ref().sync_all()?;
        let places = meetings.iter().map(|(number, _)| (*number, path.clone()));
        self.placed.extend(places);
        Ok(findings)
    }

    /// Writes the calendars that wait; the file of every item, in the order in which they came.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(mut self, blobs: &dyn Blobs) -> io::Result<(Vec<PathBuf>, Findings)> {
        let mut findings = Findings::new();
        let folders: Vec<_> = self.meetings.keys().cloned().collect();
        for folder in folders {
            findings.append(self.calendar(&folder, blobs)?);
        }
        for (_, file) in self.begun.values_mut() {
            file.flush()?;
            file.get_ref().sync_all()?;
        }
        self.placed.sort_unstable();
        let placed = self.placed.into_iter().map(|(_, path)| path);
        Ok((placed.collect(), findings))
    }

    /// A name that is free, in a folder that is there.
    fn path(&mut self, folder: &[String], title: &str, ending: &str) -> io::Result<PathBuf> {
        let mut directory = self.root.clone();
        // Deeper folders are told apart by the receipt; paths stay within what Windows takes.
        for name in folder.iter().take(limits::FILE_FOLDERS) {
            directory.push(file_name(name));
        }
        fs::create_dir_all(&directory)?;
        let stem = file_name(title);
        let first = directory.join(format!("{stem}.{ending}"));
        let key = first.to_string_lossy().to_lowercase();
        loop {
            let number = self.next.entry(key.clone()).or_insert(0);
            *number = number.saturating_add(1);
            let path = match *number {
                1 => first.clone(),
                number => directory.join(format!("{stem} ({number}).{ending}")),
            };
            if self.taken.insert(path.to_string_lossy().to_lowercase()) {
                return Ok(path);
            }
        }
    }
}
