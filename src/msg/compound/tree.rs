//! Storages and streams on their way to become a compound file.

use crate::content::ContentRef;
use crate::finding::Findings;
use crate::mapi::Guid;

use super::build::StorageBytes;
use super::directory::{Entry, Kind, sort_key};
use super::file::CompoundFile;

/// A storage or stream.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: Box<str>,
    pub(super) class: Guid,
    pub(super) state: u32,
    pub(super) times: [u64; 2],
    /// Of a stream.
    pub(super) bytes: Option<ContentRef>,
    /// Of a storage: which nodes it holds, in the order of their names.
    pub(super) held: Vec<usize>,
}

impl Node {
    pub(super) fn size(&self) -> u64 {
        self.bytes.as_ref().map_or(0, |bytes| bytes.size())
    }

    fn of_entry(entry: &Entry, name: &str, bytes: Option<ContentRef>) -> Self {
        Self {
            name: name.into(),
            class: entry.class,
            state: entry.state,
            times: entry.times,
            bytes,
            held: Vec::new(),
        }
    }
}

/// A storage of a tree.
#[derive(Debug, Clone, Copy)]
pub struct StorageId(usize);

/// Storages and streams. No name may be given twice in one storage.
#[derive(Debug)]
pub struct Tree(Vec<Node>);

impl Tree {
    /// The root storage.
    pub const ROOT: StorageId = StorageId(0);

    /// A tree whose root is of this class.
    #[must_use]
    pub fn new(class: Guid) -> Self {
        Self(vec![Node {
            name: "".into(),
            class,
            state: 0,
            times: [0; 2],
            bytes: None,
            held: Vec::new(),
        }])
    }

    /// Adds a storage.
    pub fn storage(&mut self, within: StorageId, name: &str) -> StorageId {
        StorageId(self.add(within, name, None))
    }

    /// Adds a stream.
    pub fn stream(&mut self, within: StorageId, name: &str, bytes: ContentRef) {
        let _ = self.add(within, name, Some(bytes));
    }

    fn add(&mut self, within: StorageId, name: &str, bytes: Option<ContentRef>) -> usize {
        let node = Node {
            name: name.into(),
            class: Guid([0; 16]),
            state: 0,
            times: [0; 2],
            bytes,
            held: Vec::new(),
        };
        self.hold(within, node)
    }

    fn hold(&mut self, within: StorageId, node: Node) -> usize {
        let at = self.0.len();
        self.0.push(node);
        if let Some(storage) = self.0.get_mut(within.0) {
            storage.held.push(at);
        }
        at
    }

    /// Adds a storage of a file with all that it holds, under a name of its own; `place` names it
    /// in findings.
    pub fn graft(
        &mut self,
        within: StorageId,
        name: &str,
        (file, id): (&mut CompoundFile, u32),
        place: &str,
        findings: &mut Findings,
    ) {
        if let Some(entry) = file.entry(id) {
            let node = Node::of_entry(entry, name, None);
            let top = StorageId(self.hold(within, node));
            self.fill(top, (file, id), place, findings);
        }
    }

    /// A storage of a file as a tree of its own.
    pub(super) fn of(
        file: &mut CompoundFile,
        id: u32,
        place: &str,
        findings: &mut Findings,
    ) -> Self {
        let root = file.entry(id).map(|entry| Node::of_entry(entry, "", None));
        let mut tree = Self(root.into_iter().collect());
        tree.fill(Self::ROOT, (file, id), place, findings);
        tree
    }

    fn fill(
        &mut self,
        top: StorageId,
        (file, id): (&mut CompoundFile, u32),
        place: &str,
        findings: &mut Findings,
    ) {
        // The directory has one place for every entry, so this ends.
        let mut waiting = vec![(id, top)];
        while let Some((storage, within)) = waiting.pop() {
            for id in file.children(storage) {
                let Some(entry) = file.entry(id).cloned() else {
                    continue;
                };
                let name = format!("{place}/{}", entry.name);
                let bytes = (entry.kind == Kind::Stream).then(|| {
                    let stream = file.stream(id, &name, findings);
                    std::sync::Arc::new(stream) as ContentRef
                });
                let node = Node::of_entry(&entry, &entry.name, bytes);
                let at = StorageId(self.hold(within, node));
                if entry.kind == Kind::Storage {
                    waiting.push((id, at));
                }
            }
        }
    }

    /// The file.
    #[must_use]
    pub fn finish(mut self) -> StorageBytes {
        let mut held: Vec<Vec<usize>> = self
            .0
            .iter_mut()
            .map(|node| std::mem::take(&mut node.held))
            .collect();
        for held in &mut held {
            held.sort_by_cached_key(|at| self.0.get(*at).map(|node| sort_key(&node.name)));
        }
        for (node, held) in self.0.iter_mut().zip(held) {
            node.held = held;
        }
        StorageBytes::new(self.0)
    }
}
