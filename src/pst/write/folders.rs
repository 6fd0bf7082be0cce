//! The folders of a store that is read, made in a store that is written.

use crate::pst::{NodeId, Store};

use super::{FolderId, StoreWriter, WriteError};

/// `PidTagIpmSubTreeEntryId`.
const IPM_SUBTREE: u16 = 0x35E0;
/// `PidTagIpmWastebasketEntryId`.
const WASTEBASKET: u16 = 0x35E3;
/// `PidTagCommonViewsEntryId`.
const COMMON_VIEWS: u16 = 0x35E6;
/// `PidTagFinderEntryId`.
const FINDER: u16 = 0x35E7;

/// Makes the folders of `store`, and gives for each of [`Store::folders`] its place. What every store
/// has (the mailbox, deleted items) is not made again. With a `top`, what a user sees is below a
/// folder of that name. Search folders, whose contents are links, have no place; nor has what is
/// without a folder.
///
/// # Errors
/// Those of [`StoreWriter::add_folder`].
pub fn place_folders(
    store: &Store,
    writer: &mut StoreWriter,
    top: Option<&str>,
) -> Result<Vec<Option<FolderId>>, WriteError> {
    let mailbox = match top {
        Some(name) => writer.add_folder(writer.ipm_subtree(), name, None)?,
        None => writer.ipm_subtree(),
    };
    let mut known = vec![
        (NodeId::ROOT_FOLDER, writer.root()),
        (NodeId(0x8022), mailbox),
    ];
    for (property, folder) in [
        (IPM_SUBTREE, mailbox),
        (COMMON_VIEWS, writer.common_views()),
        (FINDER, writer.finder()),
    ] {
        known.extend(store.entry_id_folder(property).map(|nid| (nid, folder)));
    }
    if top.is_none() {
        let deleted = writer.deleted_items();
        known.extend(store.entry_id_folder(WASTEBASKET).map(|nid| (nid, deleted)));
    }
    let mut places: Vec<Option<FolderId>> = Vec::with_capacity(store.folders().len());
    for folder in store.folders() {
        let same = known.iter().rev().find(|(nid, _)| *nid == folder.nid);
        let place = match same {
            _ if folder.is_search => None,
            Some((_, place)) => Some(*place),
            None => {
                let above = folder.parent.and_then(|parent| *places.get(parent)?);
                let above = above.unwrap_or(writer.root());
                let class = folder.container_class.as_deref();
                Some(writer.add_folder(above, &folder.name, class)?)
            }
        };
        places.push(place);
    }
    Ok(places)
}
