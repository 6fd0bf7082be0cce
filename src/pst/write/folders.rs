//! Folders by their path: those of a store that is read, made in a store that is written.

use std::collections::HashMap;

use crate::pst::{Folder, NodeId, Store};

use super::{FolderId, StoreWriter, WriteError};

/// `PidTagIpmWastebasketEntryId`.
const WASTEBASKET: u16 = 0x35E3;
/// `PidTagCommonViewsEntryId`.
const COMMON_VIEWS: u16 = 0x35E6;
/// `PidTagFinderEntryId`.
const FINDER: u16 = 0x35E7;

/// `PidTagDisplayName` of what Outlook deletes into.
const DELETED_ITEMS: &str = "Deleted Items";

/// A folder that every store has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// What a user sees as the mailbox.
    Mailbox,
    /// The root folder, above it.
    Root,
    /// Where deleted items go.
    DeletedItems,
    /// Where Outlook keeps search folders.
    Finder,
    /// Where Outlook keeps views of all folders.
    CommonViews,
}

/// A folder within another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `PidTagDisplayName`.
    pub name: String,
    /// `PidTagContainerClass`, used when the folder is made.
    pub class: Option<String>,
    /// How many folders of this name come before it in the same folder.
    pub namesakes: u32,
}

/// Where a folder is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderPath {
    /// From where on.
    pub anchor: Anchor,
    /// The name and class of the anchor, where it has others than usual.
    pub renamed: Option<(String, Option<String>)>,
    /// From there down.
    pub steps: Vec<Step>,
}

impl From<Anchor> for FolderPath {
    fn from(anchor: Anchor) -> Self {
        Self {
            anchor,
            renamed: None,
            steps: Vec::new(),
        }
    }
}

impl FolderPath {
    /// A folder of the mailbox by its names from the top down, and the class of the last.
    #[must_use]
    pub fn of_names(names: &[String], class: &str) -> Self {
        let mut path = Self::from(Anchor::Mailbox);
        for (number, name) in names.iter().enumerate() {
            let last = number.saturating_add(1) == names.len();
            path = path.child(name, last.then_some(class), 0);
        }
        path
    }

    /// A folder in this one.
    #[must_use]
    pub fn child(&self, name: &str, class: Option<&str>, namesakes: u32) -> Self {
        let mut path = self.clone();
        path.steps.push(Step {
            name: name.to_owned(),
            class: class.map(str::to_owned),
            namesakes,
        });
        path
    }
}

/// Where each of [`Store::folders`] belongs in another store; `None` for search folders, whose
/// contents are links. With a `top`, what a user sees is below a folder of that name.
#[must_use]
pub fn folder_paths(store: &Store, top: Option<&str>) -> Vec<Option<FolderPath>> {
    let mut mailbox = FolderPath::from(Anchor::Mailbox);
    if let Some(name) = top {
        mailbox = mailbox.child(name, None, 0);
    }
    let mut known = vec![(NodeId::ROOT_FOLDER, Anchor::Root)];
    for (property, anchor) in [
        (COMMON_VIEWS, Anchor::CommonViews),
        (FINDER, Anchor::Finder),
    ] {
        let nid = store.entry_id_folder(property);
        known.extend(nid.map(|nid| (nid, anchor)));
    }
    let wastebasket = store.entry_id_folder(WASTEBASKET);
    let deleted = |folder: &Folder| {
        // In stores whose ids are a server's, by its name.
        let named = matches!(&folder.path[..], [only] if only == DELETED_ITEMS);
        folder.in_ipm_subtree && wastebasket.map_or(named, |nid| nid == folder.nid)
    };
    let mut has_deleted = top.is_some();
    let mut namesakes: HashMap<(Option<usize>, &str), u32> = HashMap::new();
    let mut paths: Vec<Option<FolderPath>> = Vec::with_capacity(store.folders().len());
    for folder in store.folders() {
        let same = known.iter().find(|(nid, _)| *nid == folder.nid);
        let class = folder.container_class.as_deref();
        let path = match same {
            _ if folder.is_search => None,
            _ if folder.in_ipm_subtree && folder.path.is_empty() => Some(mailbox.clone()),
            Some((_, anchor)) => Some(FolderPath::from(*anchor)),
            None if !has_deleted && deleted(folder) => {
                has_deleted = true;
                Some(FolderPath {
                    renamed: Some((folder.name.clone(), class.map(str::to_owned))),
                    ..Anchor::DeletedItems.into()
                })
            }
            None => {
                let above = folder.parent.and_then(|parent| paths.get(parent)?.as_ref());
                let root = FolderPath::from(Anchor::Root);
                let before = namesakes.entry((folder.parent, &folder.name)).or_default();
                let path = above.unwrap_or(&root).child(&folder.name, class, *before);
                *before = before.saturating_add(1);
                Some(path)
            }
        };
        paths.push(path);
    }
    paths
}

type Key = (Anchor, Vec<(String, u32)>);

/// The folders of a store that is written, by their paths; made when they are first asked for.
#[derive(Debug, Default)]
pub struct FolderMap(HashMap<Key, FolderId>);

impl FolderMap {
    /// The folder at a path.
    ///
    /// # Errors
    /// Those of [`StoreWriter::add_folder`].
    pub fn folder(
        &mut self,
        writer: &mut StoreWriter,
        path: &FolderPath,
    ) -> Result<FolderId, WriteError> {
        let steps = path.steps.iter();
        let mut key = (
            path.anchor,
            steps
                .map(|step| (step.name.clone(), step.namesakes))
                .collect::<Vec<_>>(),
        );
        if let Some(&known) = self.0.get(&key) {
            return Ok(known);
        }
        key.1.clear();
        let mut folder = match self.0.get(&key) {
            Some(&known) => known,
            None => self.anchor(writer, path)?,
        };
        for step in &path.steps {
            key.1.push((step.name.clone(), step.namesakes));
            folder = match self.0.get(&key) {
                Some(&known) => known,
                None => writer.add_folder(folder, &step.name, step.class.as_deref())?,
            };
            self.0.insert(key.clone(), folder);
        }
        Ok(folder)
    }

    fn anchor(
        &mut self,
        writer: &mut StoreWriter,
        path: &FolderPath,
    ) -> Result<FolderId, WriteError> {
        let folder = match path.anchor {
            Anchor::Mailbox => writer.ipm_subtree(),
            Anchor::Root => writer.root(),
            Anchor::DeletedItems => writer.deleted_items(),
            Anchor::Finder => writer.finder(),
            Anchor::CommonViews => writer.common_views(),
        };
        if let Some((name, class)) = &path.renamed {
            writer.rename_folder(folder, name, class.as_deref())?;
        }
        self.0.insert((path.anchor, Vec::new()), folder);
        Ok(folder)
    }
}
