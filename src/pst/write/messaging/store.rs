//! A store that is written: created, filled, finished.

use std::io::{self, Seek, SeekFrom, Write};
use std::iter::Peekable;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::bytes::ReadAt;
use crate::finding::Findings;
use crate::mapi::{FileTime, Message};
use crate::new_file::{NewFile, NewFileError};
use crate::pst::ndb::page::Tree;
use crate::pst::ndb::{NodeEntry, NodeId, NodeKind};
use crate::pst::write::ltp::Shape;
use crate::pst::write::ndb::header::Header;
use crate::pst::write::ndb::map_page::{self, SECTION};
use crate::pst::write::ndb::spool::Records;
use crate::pst::write::ndb::{Space, Spool, btree};

use super::base::Base;
use super::closed::ClosedStore;
use super::estimate;
use super::folder::{EmptyTables, Folder, FolderId, node};
use super::message::READ;
use super::rows::Rows;
use super::skeleton;
use super::templates::{ASSOCIATED_CONTENTS, CONTENTS};

/// Where the DList page is.
const DLIST: u64 = 0x4200;
/// Bytes that a folder takes.
const FOLDER: u64 = 2048;
/// UTF-16 units of a folder's name.
const NAME: usize = 255;

/// What a store is to be.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// `PidTagDisplayName` of the store.
    pub display_name: String,
    /// Bytes that the file may have; a message that would be over it is refused with
    /// [`WriteError::Full`], unless it is the first.
    pub limit: u64,
    /// `PidTagRecordKey`, by which Outlook tells stores apart: random, or for the same bytes in
    /// every run the same.
    pub record_key: [u8; 16],
    /// The time of what has none.
    pub now: FileTime,
}

/// Why a store cannot be written, or not further.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The system says no; nothing is left of the store.
    #[error("{path}: {error}", path = path.display())]
    Io {
        /// The file, as the user named it.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// There is a file of this name, which is never written over.
    #[error("{path} is there already", path = .0.display())]
    Exists(PathBuf),
    /// The message does not fit within the limit; the store is as it was.
    #[error("the store would be larger than {limit} bytes")]
    Full {
        /// The limit.
        limit: u64,
    },
    /// The folder is of another store.
    #[error("there is no such folder in the store")]
    NoFolder,
}

impl From<NewFileError> for WriteError {
    fn from(error: NewFileError) -> Self {
        match error {
            NewFileError::Exists(path) => Self::Exists(path),
            NewFileError::Io { path, error } => Self::Io { path, error },
        }
    }
}

/// A message in the store.
#[derive(Debug)]
pub struct Written {
    /// Its node.
    pub nid: NodeId,
    /// What could not be kept of it.
    pub findings: Findings,
}

/// A store on its way. Dropped before [`Self::finish`] it leaves nothing behind.
#[derive(Debug)]
pub struct StoreWriter {
    path: PathBuf,
    directory: PathBuf,
    partial: NewFile,
    options: StoreOptions,
    base: Base,
    empty: EmptyTables,
    folders: Vec<Folder>,
    rows: Rows,
    shapes: [Shape; 2],
    messages: Spool,
    hidden: Spool,
    count: u64,
    broken: bool,
}

impl StoreWriter {
    /// Begins a store that will be at `path`.
    ///
    /// # Errors
    /// When there is a file of that name, or the folder cannot be written to.
    pub fn create(path: &Path, options: StoreOptions) -> Result<Self, WriteError> {
        let partial = NewFile::create(path)?;
        let directory = partial.directory().to_owned();
        let begin = || {
            let space = Space::new(partial.file().try_clone()?, &directory)?;
            let mut base = Base::new(space, options.record_key, options.now);
            let empty = EmptyTables::new(&mut base.space)?;
            Ok((base, empty))
        };
        let (mut base, empty) = begin().map_err(|error| WriteError::Io {
            path: path.to_owned(),
            error,
        })?;
        let folders = skeleton::folders(&mut base);
        Ok(Self {
            path: path.to_owned(),
            partial,
            base,
            empty,
            folders,
            rows: Rows::new(&directory),
            shapes: [Shape::of(&CONTENTS), Shape::of(&ASSOCIATED_CONTENTS)],
            messages: Spool::new(&directory),
            hidden: Spool::new(&directory),
            directory,
            options,
            count: 0,
            broken: false,
        })
    }

    /// The folder that a user sees as the mailbox; its folders are the top ones.
    #[must_use]
    pub fn ipm_subtree(&self) -> FolderId {
        skeleton::IPM_SUBTREE
    }

    /// The root folder, above what a user sees.
    #[must_use]
    pub fn root(&self) -> FolderId {
        skeleton::ROOT
    }

    /// "Deleted Items".
    #[must_use]
    pub fn deleted_items(&self) -> FolderId {
        skeleton::DELETED
    }

    /// Where Outlook keeps search folders, beside the mailbox.
    #[must_use]
    pub fn finder(&self) -> FolderId {
        skeleton::FINDER
    }

    /// Where Outlook keeps views of all folders, beside the mailbox.
    #[must_use]
    pub fn common_views(&self) -> FolderId {
        skeleton::COMMON_VIEWS
    }

    /// Adds a folder, with the class of what is in it (`IPF.Contact`), if any. Of a name over 255
    /// characters the rest is cut off.
    ///
    /// # Errors
    /// When the parent is of another store.
    pub fn add_folder(
        &mut self,
        parent: FolderId,
        name: &str,
        container_class: Option<&str>,
    ) -> Result<FolderId, WriteError> {
        let id = FolderId(self.folders.len());
        let above = self.folders.get_mut(parent.0).ok_or(WriteError::NoFolder)?;
        above.children.push(id);
        let nid = self.base.nids.next(NodeKind::NormalFolder);
        let mut folder = Folder::new(nid, above.nid, cut(name));
        folder.class = container_class.map(str::to_owned);
        self.folders.push(folder);
        Ok(id)
    }

    /// Gives a folder another name and class.
    ///
    /// # Errors
    /// When it is of another store.
    pub fn rename_folder(
        &mut self,
        folder: FolderId,
        name: &str,
        container_class: Option<&str>,
    ) -> Result<(), WriteError> {
        let own = self.folders.get_mut(folder.0).ok_or(WriteError::NoFolder)?;
        cut(name).clone_into(&mut own.name);
        own.class = container_class.map(str::to_owned);
        Ok(())
    }

    /// Adds a message to a folder.
    ///
    /// # Errors
    /// [`WriteError::Full`], and nothing is changed; [`WriteError::Io`], after which the store
    /// cannot be finished.
    pub fn add_message(
        &mut self,
        folder: FolderId,
        message: &Message,
    ) -> Result<Written, WriteError> {
        self.add(folder, message, false)
    }

    /// Adds a hidden message: one of the associated contents of a folder.
    ///
    /// # Errors
    /// As [`Self::add_message`].
    pub fn add_associated(
        &mut self,
        folder: FolderId,
        message: &Message,
    ) -> Result<Written, WriteError> {
        self.add(folder, message, true)
    }

    fn add(
        &mut self,
        folder: FolderId,
        message: &Message,
        hidden: bool,
    ) -> Result<Written, WriteError> {
        if folder.0 >= self.folders.len() {
            return Err(WriteError::NoFolder);
        }
        if self.count > 0 && !self.fits(message) {
            let limit = self.options.limit;
            return Err(WriteError::Full { limit });
        }
        let nid = self.write(folder, message, hidden);
        let nid = nid.map_err(|error| {
            self.broken = true;
            self.io(error)
        })?;
        self.count = self.count.saturating_add(1);
        Ok(Written {
            nid,
            findings: std::mem::take(&mut self.base.findings),
        })
    }

    fn io(&self, error: io::Error) -> WriteError {
        let path = self.path.clone();
        WriteError::Io { path, error }
    }

    fn write(&mut self, folder: FolderId, message: &Message, hidden: bool) -> io::Result<NodeId> {
        let kind = if hidden {
            NodeKind::AssociatedMessage
        } else {
            NodeKind::NormalMessage
        };
        let nid = self.base.nids.next(kind);
        let [normal, associated] = &self.shapes;
        let shape = if hidden { associated } else { normal };
        let written = self.base.message(message, nid, Some(shape), 0)?;
        let ids = (nid.0, self.base.next_unique());
        self.rows.push(folder.table(hidden), ids, &written.row)?;
        if let Some(folder) = self.folders.get_mut(folder.0) {
            if !hidden {
                folder.count = folder.count.saturating_add(1);
                let unread = u32::from(written.flags & READ == 0);
                folder.unread = folder.unread.saturating_add(unread);
            }
            let entry = node(nid, written.object, folder.nid).to_unicode_bytes();
            let spool = if hidden {
                &mut self.hidden
            } else {
                &mut self.messages
            };
            spool.push(&entry)?;
        }
        Ok(nid)
    }

    /// Whether a message will fit within the limit, by an estimate that is never too low.
    #[must_use]
    pub fn fits(&self, message: &Message) -> bool {
        let sum = self.size().saturating_add(estimate::message(message));
        sum <= self.options.limit
    }

    /// Bytes that the file would have if it were finished now, about.
    #[must_use]
    pub fn size(&self) -> u64 {
        let nodes = self.messages.len().saturating_add(self.hidden.len());
        let folders = (self.folders.len() as u64).saturating_mul(FOLDER);
        [
            self.base.space.block_count().saturating_mul(27),
            nodes.saturating_add(nodes / 8),
            self.rows.len().saturating_add(self.rows.len() / 4),
            self.base.names.size(),
            folders,
            SECTION as u64,
        ]
        .into_iter()
        .fold(self.base.space.len(), u64::saturating_add)
    }

    /// How many messages there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Writes what is left, syncs, and gives the file its name.
    ///
    /// # Errors
    /// When the system says no, or a file of that name has come to be; nothing is left of the
    /// store.
    pub fn finish(self) -> Result<Findings, WriteError> {
        let (closed, findings) = self.close()?;
        closed.publish()?;
        Ok(findings)
    }

    /// Writes what is left and syncs: the store is whole, but has not its name yet.
    ///
    /// # Errors
    /// When the system says no; nothing is left of the store.
    pub fn close(mut self) -> Result<(ClosedStore, Findings), WriteError> {
        if self.broken {
            return Err(self.io(io::Error::other("an earlier write failed")));
        }
        let path = self.path.clone();
        let io_error = |error| WriteError::Io {
            path: path.clone(),
            error,
        };
        let nodes = self.write_tables().map_err(io_error)?;
        let findings = std::mem::take(&mut self.base.findings);
        let partial = self.write_trees(nodes).map_err(io_error)?;
        Ok((ClosedStore(partial), findings))
    }

    /// Writes folders and skeleton; gives their nodes in order, those of the skeleton first.
    fn write_tables(&mut self) -> io::Result<(Vec<NodeEntry>, Spool)> {
        let rows = std::mem::replace(&mut self.rows, Rows::new(&self.directory)).finish()?;
        let mut user = Spool::new(&self.directory);
        let mut special = Vec::new();
        for number in 0..self.folders.len() {
            let id = FolderId(number);
            let first = if id == skeleton::ROOT {
                skeleton::search_folders()
            } else {
                Vec::new()
            };
            let nodes = self
                .base
                .folder(&self.folders, id, &rows, &mut self.empty, &first)?;
            for entry in nodes {
                if id == skeleton::ROOT {
                    special.push(entry);
                } else {
                    user.push(&entry.to_unicode_bytes())?;
                }
            }
        }
        let name = &self.options.display_name;
        special.extend(self.base.skeleton(name, &self.folders, &mut self.empty)?);
        special.sort_unstable_by_key(|node| node.nid);
        Ok((special, user))
    }

    fn write_trees(self, nodes: (Vec<NodeEntry>, Spool)) -> io::Result<NewFile> {
        let mut base = self.base;
        let entries = Merge::new(nodes, [self.messages, self.hidden])?;
        let nodes = btree::write(&mut base.space, Tree::Nodes, entries)?;
        let entries = base.space.take_blocks(&self.directory)?;
        let blocks = btree::write(&mut base.space, Tree::Blocks, entries)?;
        let (unique, last_nids) = (base.unique(), base.nids.last());
        let dlist = base.space.page_id();
        let (mut file, extent) = base.space.finish()?;
        file.seek(SeekFrom::Start(DLIST))?;
        file.write_all(&map_page::dlist(dlist, DLIST))?;
        let header = Header {
            extent,
            unique,
            last_nids,
            nodes,
            blocks,
        };
        // What a crash leaves before this has no magic number.
        file.sync_data()?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header.to_bytes())?;
        Ok(self.partial)
    }
}

/// As much of a name as a folder can have.
fn cut(name: &str) -> &str {
    let mut units = 0_usize;
    for (at, character) in name.char_indices() {
        units = units.saturating_add(character.len_utf16());
        if units > NAME {
            return name.get(..at).unwrap_or_default();
        }
    }
    name
}

type Entries = Peekable<Box<dyn Iterator<Item = io::Result<[u8; 32]>>>>;

/// Node entries of several sorted sources, in order.
struct Merge(Vec<Entries>);

impl Merge {
    fn new(nodes: (Vec<NodeEntry>, Spool), spools: [Spool; 2]) -> io::Result<Self> {
        let special = nodes.0.into_iter().map(|node| Ok(node.to_unicode_bytes()));
        let special: Box<dyn Iterator<Item = _>> = Box::new(special);
        let mut sources = vec![special.peekable()];
        for spool in [nodes.1].into_iter().chain(spools) {
            let records: Box<dyn Iterator<Item = _>> = Box::new(Records::<32>::new(spool)?);
            sources.push(records.peekable());
        }
        Ok(Self(sources))
    }
}

impl Iterator for Merge {
    type Item = io::Result<(u64, [u8; 32])>;

    fn next(&mut self) -> Option<Self::Item> {
        let key = |entry: &io::Result<[u8; 32]>| match entry {
            Ok(bytes) => bytes.u64_at(0).unwrap_or_default(),
            Err(_) => 0,
        };
        let (at, key) = self
            .0
            .iter_mut()
            .enumerate()
            .filter_map(|(at, source)| source.peek().map(|entry| (at, key(entry))))
            .min_by_key(|(_, key)| *key)?;
        let entry = self.0.get_mut(at)?.next()?;
        Some(entry.map(|bytes| (key, bytes)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::content::{self, InMemory};
    use crate::file_bytes::FileBytes;
    use crate::mapi::{
        Attachment, AttachmentData, PropTag, PropType, Property, PropertyBag, Value, pid_tag,
    };
    use crate::pst::check::check;
    use crate::pst::ndb::checksum::crc;
    use crate::pst::{ReadOptions, Store};

    /// Bytes of a section, the first of them, and where in it its third page is (MS-PST 2.2.2.7).
    const SECTION: u64 = 253_952;
    const FIRST: u64 = 0x4400;
    const THIRD: u64 = 0x400;

    fn message(subject: &str, file: Vec<u8>) -> Message {
        let text = |id, text: &str| Property {
            tag: PropTag::new(id, PropType::STRING),
            name: None,
            value: Value::String(text.to_owned()),
        };
        let mut message = Message {
            props: PropertyBag::new(vec![
                text(pid_tag::MESSAGE_CLASS, "IPM.Note"),
                text(pid_tag::SUBJECT, subject),
            ])
            .0,
            ..Message::default()
        };
        message.attachments.push(Attachment {
            props: PropertyBag::default(),
            data: AttachmentData::File(Arc::new(InMemory(file))),
        });
        message
    }

    /// A map page as MS-PST 2.2.2.7.1 has it: of this type, unsigned, named by its own place.
    fn map_page(file: &FileBytes, offset: u64, kind: u8) -> Vec<u8> {
        let mut page = vec![0; 512];
        file.read_at(&mut page, offset).unwrap();
        assert_eq!(page[496..500], [kind, kind, 0, 0], "page at {offset}");
        let (map, trailer) = page.split_at(496);
        assert_eq!(trailer.u64_at(8), Some(offset));
        assert_eq!(trailer.u32_at(4), Some(crc(map)), "page at {offset}");
        map.to_vec()
    }

    /// Sections from 8192 on that are a multiple of 31,744 further have an FPMap page: the second
    /// one is behind ten gigabytes, which are a hole here.
    #[test]
    fn the_second_fpmap_page_is_behind_ten_gigabytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.pst");
        let options = StoreOptions {
            display_name: "Large".to_owned(),
            limit: 1 << 40,
            record_key: [7; 16],
            now: FileTime::of("2026-02-28T18:00:00Z".parse().unwrap()).unwrap(),
        };
        let mut writer = StoreWriter::create(&path, options).unwrap();
        let mailbox = writer.ipm_subtree();
        writer
            .add_message(mailbox, &message("first", vec![1; 999]))
            .unwrap();
        writer.base.space.skip_to(39_934).unwrap();
        // Over the sections before, with and behind the page.
        writer
            .add_message(mailbox, &message("across", vec![2; 1 << 20]))
            .unwrap();
        assert!(writer.finish().unwrap().is_empty());

        let file = FileBytes::open(&path).unwrap();
        let sections = (file.len() - FIRST) / SECTION;
        assert_eq!(file.len(), FIRST + sections * SECTION);
        assert!((39_937..39_960).contains(&sections), "{sections}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let held = std::fs::metadata(&path).unwrap().blocks() * 512;
            assert!(held < 1 << 29, "{held} bytes are on the disk");
        }
        let place = |section: u64| FIRST + section * SECTION;
        assert_eq!(place(39_936) + THIRD, 10_141_845_504);
        for section in [8192, 39_936] {
            let map = map_page(&file, place(section) + THIRD, 0x85);
            assert!(map.iter().all(|byte| *byte == 0xFF), "section {section}");
            map_page(&file, place(section) + 0x200, 0x83);
            // Its own page is taken: AMap, PMap and FPMap are the first 24 slots.
            let map = map_page(&file, place(section), 0x84);
            assert_eq!(map[..3], [0xFF; 3]);
        }
        // Beside it there is none: the page after the AMap is data in use, or free.
        let beside = map_page(&file, place(39_933), 0x84);
        assert_eq!(beside[..2], [0xFF, 0], "an AMap page, and nothing else");
        // The last FMap page covers the sections around it, each by its longest free run.
        let fmap = 128 + 496 * ((39_936 - 128) / 496);
        let longest = map_page(&file, place(fmap) + THIRD, 0x82);
        for section in fmap..(fmap + 496).min(sections) {
            let map = map_page(&file, place(section), 0x84);
            let bits = map
                .iter()
                .flat_map(|byte| (0..8).map(move |bit| byte << bit & 0x80 == 0));
            let runs = bits.scan(0_usize, |run, free| {
                *run = if free { *run + 1 } else { 0 };
                Some(*run)
            });
            let run = runs.max().unwrap().min(255);
            let told = longest[usize::try_from(section - fmap).unwrap()];
            assert_eq!(usize::from(told), run, "section {section}");
        }

        let report = check(&file, &|| Ok(())).unwrap();
        let breaches: Vec<String> = report.iter().map(ToString::to_string).collect();
        assert!(breaches.is_empty(), "{breaches:?}");
        let store = Store::open(&path, &ReadOptions::default()).unwrap();
        let mut read = Vec::new();
        for location in store.locations() {
            let (message, findings) = store.read_message(location.nid).unwrap();
            assert!(findings.is_empty());
            let AttachmentData::File(data) = &message.attachments[0].data else {
                panic!("{message:?}");
            };
            let bytes = content::read_all(&**data, 1 << 21).unwrap();
            let subject = message.props.str(pid_tag::SUBJECT).unwrap().to_owned();
            read.push((subject, bytes.len(), bytes[0]));
        }
        read.sort();
        assert_eq!(
            read,
            [
                ("across".to_owned(), 1 << 20, 2),
                ("first".to_owned(), 999, 1)
            ]
        );
    }
}
