//! The semantic hash: whether an item says something else than it did when both sides last agreed.
//!
//! *Shape*: BLAKE3 in key-derivation mode over the canonical JSON (RFC 8785) of the record, less
//! what changes without anybody changing the item.
//!
//! *Invariants*: bytes count by the SHA-256 and size of their blob, so an item is hashed after
//! packing. Left out, in embedded items too:
//!
//! | field | why |
//! |---|---|
//! | `id`, `identity`, `provenance` | who it is and where it was seen, not what it says |
//! | `created`, `modified` | Outlook writes them anew on import |
//! | `state.read`, `state.last_verb…`, `state.from_me` | done with the copy of a mailbox, not with the message |
//! | `reminder.signal` | moves on by itself |
//! | `outlook_links`, `members[].entry_id` | local to a store; links say whose it is |
//! | `raw`, see [`is_volatile`] | sizes, keys and marks that stores and servers keep for themselves |

use crate::canonical_json;

use super::{Attachment, AttachmentData, BlobRef, Content, Item, RawProperty};

/// Names of raw properties that do not count: what stores, servers and synchronisation keep for
/// themselves.
const VOLATILE: &[&str] = &[
    "PidTagAccess",
    "PidTagAccessLevel",
    "PidTagAttachNumber",
    "PidTagAttachSize",
    "PidTagChangeKey",
    "PidTagChangeNumber",
    "PidTagConversationId",
    "PidTagCreatorEntryId",
    "PidTagCreatorName",
    "PidTagEntryId",
    "PidTagHasAttachments",
    "PidTagIconIndex",
    "PidTagInstanceKey",
    "PidTagInternetArticleNumber",
    "PidTagLastModifierEntryId",
    "PidTagLastModifierName",
    "PidTagLocalCommitTime",
    "PidTagLtpParentNid",
    "PidTagLtpRowId",
    "PidTagLtpRowVer",
    "PidTagMappingSignature",
    "PidTagMessageFlags",
    "PidTagMessageSize",
    "PidTagMessageSizeExtended",
    "PidTagMessageStatus",
    "PidTagMid",
    "PidTagObjectType",
    "PidTagParentEntryId",
    "PidTagParentSourceKey",
    "PidTagPredecessorChangeList",
    "PidTagRecordKey",
    "PidTagReplicaChangeNumber",
    "PidTagReplFlags",
    "PidTagReplItemid",
    "PidTagReplVersionhistory",
    "PidTagRead",
    "PidTagSearchKey",
    "PidTagSourceKey",
    "PidTagStoreEntryId",
    "PidTagStoreRecordKey",
    "PidTagStoreSupportMask",
    "PidLidAgingDontAgeMe",
    "PidLidCurrentVersion",
    "PidLidCurrentVersionName",
    "PidLidSideEffects",
    "PidLidValidFlagStringProof",
];

/// An item has bytes that are not packed yet, so they have no hash to count by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the item has bytes that are not packed yet; pack it before hashing it")]
pub struct NotPacked;

/// Whether a raw property does not count: one of the list, or one whose id only its store knows.
#[must_use]
pub fn is_volatile(name: &str, kind: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or_default();
    // The custom fields of the CRM have names of people's own.
    kind != "bigcontacts" && (VOLATILE.contains(&name) || name.starts_with("0x"))
}

/// The hash of an item's canonical JSON, less what does not count.
pub(super) fn hash_of(semantic: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("airbridge 2026 semantic hash v1");
    hasher.update(semantic);
    hasher.finalize().to_hex().to_string()
}

fn drop_volatile(raw: &mut Vec<RawProperty>) {
    raw.retain(|property| !is_volatile(&property.name, &property.kind));
}

impl Item {
    /// The semantic hash, 64 lower-case hex digits: equal when two exports of an item say the same.
    ///
    /// # Errors
    /// [`NotPacked`] when a [`BlobRef::Pending`] is left.
    pub fn content_hash(&self) -> Result<String, NotPacked> {
        Ok(hash_of(&canonical_json::to_hash(&self.semantic()?)))
    }

    /// The item less what does not count.
    ///
    /// # Errors
    /// [`NotPacked`] when a [`BlobRef::Pending`] is left.
    pub fn semantic(&self) -> Result<Self, NotPacked> {
        let mut semantic = self.clone();
        semantic.try_visit_blobs(|blob| match blob {
            BlobRef::Packed(_) => Ok(()),
            BlobRef::Pending { .. } => Err(NotPacked),
        })?;
        let mut waiting: Vec<&mut Item> = vec![&mut semantic];
        while let Some(item) = waiting.pop() {
            strip(item);
            waiting.extend(item.attachments.iter_mut().filter_map(embedded));
            let recurrence = match &mut item.content {
                Content::Meeting(meeting) => meeting.recurrence.as_mut(),
                _ => None,
            };
            for exception in recurrence.into_iter().flat_map(|own| &mut own.exceptions) {
                drop_volatile(&mut exception.raw);
                waiting.extend(exception.occurrence.as_deref_mut());
            }
        }
        Ok(semantic)
    }
}

fn embedded(attachment: &mut Attachment) -> Option<&mut Item> {
    match &mut attachment.data {
        AttachmentData::Item { item } => Some(item),
        _ => None,
    }
}

fn strip(item: &mut Item) {
    item.id = super::ItemId::default();
    item.identity.clear();
    item.provenance.clear();
    item.created = None;
    item.modified = None;
    if let Some(reminder) = &mut item.reminder {
        reminder.signal = None;
    }
    item.outlook_links = super::OutlookLinks::default();
    match &mut item.content {
        Content::Email(email) => {
            email.state.read = false;
            email.state.from_me = false;
            email.state.last_verb = None;
            email.state.last_verb_time = None;
        }
        Content::DistributionList(list) => {
            for member in &mut list.members {
                member.entry_id = None;
            }
        }
        _ => {}
    }
    drop_volatile(&mut item.raw);
    for attachment in &mut item.attachments {
        attachment.created = None;
        attachment.modified = None;
        drop_volatile(&mut attachment.raw);
    }
}

#[cfg(test)]
mod tests {
    use super::super::raw::RawValue;
    use super::super::{Body, Text};
    use super::*;

    fn note() -> Item {
        serde_json::from_value(serde_json::json!({
            "id": "", "identity": [], "provenance": [], "class": "IPM.StickyNote",
            "kind": "note", "subject": "Milk", "body": {"plain": "Milk\r\nBread"},
        }))
        .unwrap()
    }

    #[test]
    fn what_counts_and_what_does_not() {
        let hash = |item: &Item| item.content_hash().unwrap();
        let same = hash(&note());
        assert_eq!(same.len(), 64);

        let mut other = note();
        other.modified = Some(jiff::Timestamp::UNIX_EPOCH);
        other.provenance = vec![super::super::Provenance::default()];
        let raw = |name: &str| RawProperty {
            name: name.to_owned(),
            kind: "0003".to_owned(),
            value: RawValue::Int(1),
        };
        other.raw = vec![raw("PidTagMessageSize"), raw("0x6FFF")];
        assert_eq!(hash(&other), same);

        other
            .raw
            .push(raw("{00020329-0000-0000-c000-000000000046}:mine"));
        assert_ne!(hash(&other), same);
        let mut other = note();
        other.categories.push("Customer".to_owned());
        assert_ne!(hash(&other), same);
    }

    #[test]
    fn embedded_items_count_alike() {
        let with = |modified| {
            let mut inner = note();
            inner.modified = modified;
            let mut outer = note();
            outer.attachments = vec![Attachment {
                data: AttachmentData::Item {
                    item: Box::new(inner),
                },
                ..serde_json::from_str(r#"{"name":"","holds":"nothing"}"#).unwrap()
            }];
            outer.content_hash().unwrap()
        };
        assert_eq!(with(None), with(Some(jiff::Timestamp::UNIX_EPOCH)));
        assert_ne!(with(None), note().content_hash().unwrap());
    }

    #[test]
    fn bytes_not_packed_have_no_hash() {
        let mut item = note();
        item.content = Content::Note(super::super::Note {
            body: Body {
                plain: Some(Text::Blob(BlobRef::Pending { pending: 0 })),
                ..Body::default()
            },
            ..super::super::Note::default()
        });
        assert_eq!(item.content_hash(), Err(NotPacked));
    }
}
