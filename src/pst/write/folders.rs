//! The folders of a store that is read, made in a store that is written.

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

/// Makes the folders of `store`, and gives for each of [`Store::folders`] its place. What every
/// store has (the mailbox, deleted items) is not made again. With a `top`, what a user sees is
/// below a folder of that name. Search folders, whose contents are links, have no place; nor has
/// what is without a folder.
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
    let mut known = vec![(NodeId::ROOT_FOLDER, writer.root())];
    for (property, folder) in [
        (COMMON_VIEWS, writer.common_views()),
        (FINDER, writer.finder()),
    ] {
        let nid = store.entry_id_folder(property);
        known.extend(nid.map(|nid| (nid, folder)));
    }
    let wastebasket = store.entry_id_folder(WASTEBASKET);
    let deleted = |folder: &Folder| {
        // In stores whose ids are a server's, by its name.
        let named = matches!(&folder.path[..], [only] if only == DELETED_ITEMS);
        folder.in_ipm_subtree && wastebasket.map_or(named, |nid| nid == folder.nid)
    };
    let mut has_deleted = top.is_some();
    let mut places: Vec<Option<FolderId>> = Vec::with_capacity(store.folders().len());
    for folder in store.folders() {
        let same = known.iter().find(|(nid, _)| *nid == folder.nid);
        let place = match same {
            _ if folder.is_search => None,
            _ if folder.in_ipm_subtree && folder.path.is_empty() => Some(mailbox),
            Some((_, place)) => Some(*place),
            None if !has_deleted && deleted(folder) => {
                has_deleted = true;
                let place = writer.deleted_items();
                let class = folder.container_class.as_deref();
                writer.rename_folder(place, &folder.name, class)?;
                Some(place)
            }
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
