//! An open node database: header, pages, look-up of nodes and blocks.
//!
//! *Spec*: \[MS-PST\] 2.2.
//!
//! *Seen in the wild*: a header that says "not encoded" over encoded blocks
//! (`pst.ndb.encoding-flag`); a `wVer` of another format (`pst.ndb.version`).

use std::io;
use std::sync::{Arc, OnceLock};

use thiserror::Error;

use crate::bytes::ReadAt;
use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Findings};

use super::block::BlockEntry;
use super::block_id::BlockId;
use super::btree::{self, NodeEntry, Top, Walk, top_levels};
use super::cache::PageCache;
use super::encoding::Encoding;
use super::format::Format;
use super::header::{HEADER_SIZE, Header, MAGIC, PageRef};
use super::node_id::NodeId;
use super::note::{Fault, Notes, Spot};
use super::page::{BTreePage, Tree};
use super::salvage::Salvage;

/// Why a file cannot be opened as a node database.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// The system does not give the file.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file does not start as a store does.
    #[error("this is no PST or OST file: it does not start with \"!BDN\"")]
    NotAStore,
    /// The file ends within its header.
    #[error("this store is cut off in its header; restore it from a backup")]
    CutShort,
}

/// A store's file, its header and what was learnt about it.
#[derive(Debug)]
pub struct Database {
    file: FileBytes,
    header: Header,
    encoding: Encoding,
    pages: PageCache,
    tops: [OnceLock<Top>; 2],
    salvage: OnceLock<Salvage>,
    /// Findings made while opening.
    opening: Notes,
    /// Findings made where no reader is at hand to take them: streams, pages.
    late: Notes,
}

impl Database {
    /// Opens a file.
    ///
    /// # Errors
    /// [`DatabaseError`] when it is no store, or is cut off in its header. Damage further on is a
    /// finding.
    pub fn open(file: FileBytes) -> Result<Self, DatabaseError> {
        let mut bytes = vec![0; HEADER_SIZE];
        let read = file.read_at(&mut bytes, 0)?;
        bytes.truncate(read);
        if bytes.array_at::<4>(0) != Some(*MAGIC) {
            return Err(DatabaseError::NotAStore);
        }
        let opening = Notes::new();
        let (format, known) = Header::version_of(&bytes)
            .map(Format::of_version)
            .ok_or(DatabaseError::CutShort)?;
        let header =
            choose_format(&file, &bytes, format, known, &opening).ok_or(DatabaseError::CutShort)?;
        note_header(&header, &file, &opening);
        let encoding = Encoding::of_byte(header.encoding).unwrap_or_else(|| {
            opening.add(
                "pst.ndb.encoding-flag",
                Effect::Noted,
                Spot::default(),
                format!("unknown encoding {}; permute is assumed", header.encoding),
            );
            Encoding::Permute
        });
        let mut db = Self {
            file,
            header,
            encoding,
            pages: PageCache::default(),
            tops: [const { OnceLock::new() }; 2],
            salvage: OnceLock::new(),
            opening,
            late: Notes::new(),
        };
        db.encoding = db.probe_encoding();
        Ok(db)
    }

    /// The encoding that the blocks really have: the one whose decoding of a well-known node is a
    /// heap.
    fn probe_encoding(&self) -> Encoding {
        let notes = Notes::new();
        let raw = [NodeId::STORE, NodeId::NAME_MAP, NodeId::ROOT_FOLDER]
            .into_iter()
            .filter_map(|nid| self.node(nid).ok().flatten())
            .filter(|node| !node.data.is_internal())
            .filter_map(|node| {
                let entry = self.block(node.data).ok()?;
                let mut bytes = self.read_block(node.data, &notes, Spot::default()).ok()?;
                if entry.is_deflated() {
                    return None;
                }
                self.encoding.encode(&mut bytes, entry.bid.0);
                Some((bytes, entry.bid.0))
            });
        let is_heap = |encoding: Encoding, bytes: &[u8], bid| {
            let mut bytes = bytes.to_vec();
            encoding.decode(&mut bytes, bid);
            bytes.array_at(2) == Some([0xEC, 0xBC])
        };
        for (bytes, bid) in raw {
            if is_heap(self.encoding, &bytes, bid) {
                return self.encoding;
            }
            let other = [Encoding::None, Encoding::Permute, Encoding::Cyclic]
                .into_iter()
                .find(|&other| is_heap(other, &bytes, bid));
            if let Some(other) = other {
                self.opening.add(
                    "pst.ndb.encoding-flag",
                    Effect::Noted,
                    Spot::default(),
                    format!(
                        "the header says {:?}, the blocks are {other:?}; read as they are",
                        self.encoding
                    ),
                );
                return other;
            }
        }
        self.encoding
    }

    /// The layout.
    #[must_use]
    pub fn format(&self) -> Format {
        self.header.format
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The encoding of data blocks.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &FileBytes {
        &self.file
    }

    /// Findings about the file as a whole: header, B-trees, what was found by other means.
    #[must_use]
    pub fn findings(&self) -> Findings {
        let mut findings = self.opening.snapshot();
        if let Some(salvage) = self.salvage.get() {
            findings.append(salvage.findings().clone());
        }
        findings.append(self.late.snapshot());
        findings
    }

    /// The collector for findings that belong to no single read.
    #[must_use]
    pub fn late(&self) -> &Notes {
        &self.late
    }

    /// How many pages the file has room for: a bound on every walk.
    #[must_use]
    pub fn page_capacity(&self) -> u64 {
        self.file.len() / (self.format().page_size() as u64)
    }

    pub(super) fn root(&self, tree: Tree) -> PageRef {
        match tree {
            Tree::Nodes => self.header.nodes,
            Tree::Blocks => self.header.blocks,
        }
    }

    /// The root of a tree, with the pages near it.
    pub(super) fn top(&self, tree: Tree) -> Result<&Top, Fault> {
        let [nodes, blocks] = &self.tops;
        let place = match tree {
            Tree::Nodes => nodes,
            Tree::Blocks => blocks,
        };
        if let Some(top) = place.get() {
            return Ok(top);
        }
        let page = self.page(tree, self.root(tree))?;
        Ok(place.get_or_init(|| Top::new(page, top_levels(self.format()))))
    }

    /// A page of a B-tree.
    pub(super) fn page(&self, tree: Tree, wanted: PageRef) -> Result<Arc<BTreePage>, Fault> {
        if let Some(page) = self.pages.get(wanted.offset) {
            if page.tree() != tree {
                return Err(Fault::new(
                    "pst.ndb.page-unreadable",
                    format!("page at {} is not of the {}", wanted.offset, tree.name()),
                ));
            }
            return Ok(page);
        }
        let bytes = self
            .file
            .read_exact_at(wanted.offset, self.format().page_size())
            .map_err(|error| {
                Fault::new(
                    "pst.ndb.page-unreadable",
                    format!("{}: page at {}: {error}", tree.name(), wanted.offset),
                )
            })?;
        let (page, note) = BTreePage::read(self.format(), tree, wanted, bytes)?;
        if let Some(fault) = note {
            self.late.add_at(
                fault.code,
                Effect::Noted,
                tree.name().to_owned(),
                fault.detail,
            );
        }
        let page = Arc::new(page);
        self.pages.put(wanted.offset, Arc::clone(&page));
        Ok(page)
    }

    /// Walks the leaves of a tree in key order.
    #[must_use]
    pub fn walk(&self, tree: Tree) -> Walk<'_> {
        Walk::new(self, tree)
    }

    /// Looks for what damage hides, once per store; later calls give the result of the first.
    pub fn salvage(&self) -> &Salvage {
        self.salvage.get_or_init(|| Salvage::search(self))
    }

    /// The salvage, if damage made one necessary so far.
    #[must_use]
    pub fn salvaged(&self) -> Option<&Salvage> {
        self.salvage.get()
    }

    /// A node. `None` when there is none of that id.
    ///
    /// # Errors
    /// A [`Fault`] when the tree is damaged where the node would be and nothing else has it.
    pub fn node(&self, nid: NodeId) -> Result<Option<NodeEntry>, Fault> {
        let found = btree::find(self, Tree::Nodes, u64::from(nid.0));
        match found {
            Ok(Some((page, at))) => Ok(page
                .entry(at)
                .and_then(|bytes| NodeEntry::read(self.format(), bytes))),
            Ok(None) => Ok(self
                .salvaged()
                .and_then(|salvage| salvage.node(u64::from(nid.0)))),
            Err(fault) => match self.salvage().node(u64::from(nid.0)) {
                Some(node) => Ok(Some(node)),
                None => Err(fault),
            },
        }
    }

    /// The place of a block.
    ///
    /// # Errors
    /// A [`Fault`] when no tree and no page of the file knows it.
    pub fn block(&self, bid: BlockId) -> Result<BlockEntry, Fault> {
        if let Ok(Some((page, at))) = btree::find(self, Tree::Blocks, bid.key()) {
            let entry = page
                .entry(at)
                .and_then(|bytes| BlockEntry::read(self.format(), bytes));
            if let Some(entry) = entry {
                return Ok(entry);
            }
        }
        // A block that something refers to must be somewhere.
        self.salvage().block(bid.key()).ok_or_else(|| {
            Fault::new(
                "pst.ndb.block-missing",
                format!("block {bid} is not in the block B-tree"),
            )
        })
    }
}

/// The format by `wVer`, unless the root pages say otherwise.
fn choose_format(
    file: &FileBytes,
    bytes: &[u8],
    format: Format,
    known: bool,
    notes: &Notes,
) -> Option<Header> {
    let fits = |header: &Header| {
        [(Tree::Nodes, header.nodes), (Tree::Blocks, header.blocks)]
            .into_iter()
            .any(|(tree, root)| {
                file.read_exact_at(root.offset, header.format.page_size())
                    .is_ok_and(|page| BTreePage::read(header.format, tree, root, page).is_ok())
            })
    };
    let stated = Header::read(bytes, format)?;
    if fits(&stated) {
        if !known {
            notes.add(
                "pst.ndb.version",
                Effect::Noted,
                Spot::default(),
                format!("unknown version {}; it reads as {format:?}", stated.version),
            );
        }
        return Some(stated);
    }
    let other = Format::ALL
        .into_iter()
        .filter(|&other| other != format)
        .filter_map(|other| Header::read(bytes, other))
        .find(fits);
    if let Some(other) = &other {
        notes.add(
            "pst.ndb.version",
            Effect::Noted,
            Spot::default(),
            format!(
                "version {} and yet laid out as {:?}",
                other.version, other.format
            ),
        );
    }
    Some(other.unwrap_or(stated))
}

fn note_header(header: &Header, file: &FileBytes, notes: &Notes) {
    let note = |code, detail: String| {
        notes.add_at(code, Effect::Noted, "header".to_owned(), detail);
    };
    if !header.checksums {
        note("pst.ndb.header-crc", "wrong checksum".to_owned());
    }
    if !matches!(&header.client, b"SM" | b"SO") {
        note(
            "pst.ndb.client",
            format!(
                "client {:02X?} is neither SM (PST) nor SO (OST)",
                header.client
            ),
        );
    }
    if header.file_end > file.len() {
        note(
            "pst.ndb.file-cut-short",
            format!("the file has {} of {} bytes", file.len(), header.file_end),
        );
    }
}
