//! Property by property: what airbridge reads from every store of the corpus is what libpff reads.
//!
//! Every property of every message, recipient and attachment, those of messages in messages
//! included, is compared as bytes, and the bytes of every attachment by SHA-256; then the fields of
//! the item are compared with what libpff itself makes of the same message. Where the two differ,
//! [`EXPLAINED`] says which one is right and why.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod judges;
mod written;

use std::collections::BTreeMap;

use airbridge::content;
use airbridge::item::{Content, Item};
use airbridge::mapi::{
    Attachment, AttachmentData, Message, PropType, Property, PropertyBag, Value, codepage,
};
use airbridge::mapping::{Context, mapi::to_item};
use airbridge::pst::{NodeId, ReadOptions, Store};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

/// Differences that are understood: how many, of which sort, and which reader is right by the
/// bytes.
const EXPLAINED: &[(&str, usize, &str)] = &[
    (
        "attachment-count",
        1,
        "libpff lists no attachments of one message of the store with high encryption; its table has nine \
         rows, each with a node whose data reads whole",
    ),
    (
        "embedded-message-not-read-by-libpff",
        36,
        "the Python module has no door to a message in a message; its properties are read all the same",
    ),
    (
        "field-sender",
        1,
        "a report without PidTagSenderName: airbridge falls back on PidTagSentRepresentingName",
    ),
    (
        "field-to",
        1,
        "a recipient row with report properties is one that the report is about",
    ),
    (
        "recipient-cell-not-set",
        1783,
        "libpff gives every fixed cell of a row; where the existence bit is clear there is no value, and the \
         bytes are zero (MS-PST 2.3.4.4.1)",
    ),
    (
        "recipient-empty-cell",
        2392,
        "a cell without bytes, which libpff lists and airbridge takes for no value",
    ),
];

/// The same of copies of the corpus, in which libpff reads every message, those too that it does
/// not read in the sources. They are the sorts of [`EXPLAINED`], for the reasons there.
const OF_COPIES: &[(&str, usize, &str)] = &[
    ("embedded-message-not-read-by-libpff", 40, "as above"),
    ("field-sender", 1, "as above"),
    ("field-to", 1, "as above"),
    ("recipient-cell-not-set", 1682, "as above"),
    ("recipient-empty-cell", 2410, "as above"),
];

/// The data of an attachment, which is compared as a stream.
const ATTACHMENT_DATA: u64 = 0x3701;
/// `PidTagLtpRowId` and `PidTagLtpRowVer`: a table's own columns, properties of no object (MS-PST
/// 2.3.4.4.1).
const ROW_COLUMNS: [u64; 2] = [0x67F2, 0x67F3];
/// `PidTagSubject` and `PidTagSubjectPrefix`.
const SUBJECT: u64 = 0x37;
const SUBJECT_PREFIX: u16 = 0x3D;

/// What was compared, and what differed, by sort.
#[derive(Default)]
struct Verdict {
    messages: usize,
    properties: usize,
    attachments: usize,
    attachment_bytes: u64,
    fields: usize,
    differences: BTreeMap<String, Vec<String>>,
}

impl Verdict {
    fn differ(&mut self, sort: impl Into<String>, place: &str, detail: impl std::fmt::Display) {
        self.differences
            .entry(sort.into())
            .or_default()
            .push(format!("{place}: {detail}"));
    }
}

#[test]
fn every_property_equals_what_libpff_reads() {
    let Some(stores) = judges::corpus() else {
        return;
    };
    if let Some(verdict) = judge(&stores) {
        assert_explained(&verdict, EXPLAINED);
    }
}

/// Every store of the corpus written anew: libpff reads from the copies what airbridge does, which
/// is what was in the sources (`pst_write.rs`).
#[test]
fn every_property_of_a_written_store_equals_what_libpff_reads() {
    let Some(stores) = judges::corpus() else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let mut messages = 0;
    let copies: Vec<_> = stores
        .iter()
        .enumerate()
        .map(|(number, (name, source))| {
            let path = directory.path().join(format!("{number}.pst"));
            let (pairs, _) = written::copy(&written::open(source), &path);
            messages += pairs.iter().filter(|pair| !pair.hidden).count();
            (name.clone(), path)
        })
        .collect();
    if let Some(verdict) = judge(&copies) {
        assert_explained(&verdict, OF_COPIES);
        assert_eq!(verdict.messages, messages, "libpff misses some");
    }
}

/// What libpff reads from these stores, beside what airbridge does.
fn judge(stores: &[(String, std::path::PathBuf)]) -> Option<Verdict> {
    let lines = judges::libpff(stores)?;
    let mut verdict = Verdict::default();
    for (name, path) in stores {
        let own = path.display().to_string();
        let theirs: Vec<&Json> = lines
            .iter()
            .filter(|line| line["store"] == own.as_str() && line.get("properties").is_some())
            .collect();
        let store = match Store::open(path, &ReadOptions::default()) {
            Ok(store) => store,
            Err(error) => {
                assert!(
                    theirs.is_empty(),
                    "libpff reads what airbridge does not: {error}"
                );
                continue;
            }
        };
        for line in theirs {
            let nid = u32::try_from(line["nid"].as_u64().unwrap()).unwrap();
            let place = format!("{name} {nid:#x}");
            match store.read_message(NodeId(nid)) {
                Ok((message, _)) => compare_message(&message, line, &place, &mut verdict),
                Err(error) => verdict.differ("message-not-read", &place, error),
            }
        }
    }
    report(&verdict);
    assert!(
        verdict.messages > 1000 && verdict.attachments > 100,
        "the corpus has shrunk"
    );
    Some(verdict)
}

fn assert_explained(verdict: &Verdict, explained: &[(&str, usize, &str)]) {
    let found: BTreeMap<&str, usize> = verdict
        .differences
        .iter()
        .map(|(sort, all)| (sort.as_str(), all.len()))
        .collect();
    let explained: BTreeMap<&str, usize> = explained
        .iter()
        .map(|(sort, count, _)| (*sort, *count))
        .collect();
    assert_eq!(found, explained, "differences are not the explained ones");
}

fn report(verdict: &Verdict) {
    println!(
        "{} messages, {} properties, {} attachments of {} bytes, {} fields compared",
        verdict.messages,
        verdict.properties,
        verdict.attachments,
        verdict.attachment_bytes,
        verdict.fields
    );
    for (sort, all) in &verdict.differences {
        println!("{sort}: {}", all.len());
        for one in all.iter().take(6) {
            println!("    {one}");
        }
    }
}

fn compare_message(message: &Message, line: &Json, place: &str, verdict: &mut Verdict) {
    verdict.messages += 1;
    let page = codepage::item_code_page(&message.props).unwrap_or(codepage::WESTERN);
    compare_bag(
        &message.props,
        &line["properties"],
        page,
        place,
        "message",
        verdict,
    );
    if line.get("subject").is_none() {
        return; // an item that libpff gives no more of than its properties
    }
    let rows = line["recipients"].as_array().unwrap();
    if rows.len() == message.recipients.len() {
        for (number, (own, theirs)) in message.recipients.iter().zip(rows).enumerate() {
            let place = format!("{place} recipient {number}");
            compare_bag(own, theirs, page, &place, "recipient", verdict);
        }
    } else {
        let detail = format!("{} ours, {} theirs", message.recipients.len(), rows.len());
        verdict.differ("recipient-count", place, detail);
    }
    let attachments = line["attachments"].as_array().unwrap();
    if attachments.len() == message.attachments.len() {
        for (number, (own, theirs)) in message.attachments.iter().zip(attachments).enumerate() {
            compare_attachment(
                own,
                theirs,
                page,
                &format!("{place} file {number}"),
                verdict,
            );
        }
    } else {
        let detail = format!(
            "{} ours, {} theirs",
            message.attachments.len(),
            attachments.len()
        );
        verdict.differ("attachment-count", place, detail);
    }
    compare_item(
        &to_item(message, &Context::default()).item,
        line,
        place,
        verdict,
    );
}

fn compare_attachment(
    own: &Attachment,
    theirs: &Json,
    page: u16,
    place: &str,
    verdict: &mut Verdict,
) {
    verdict.attachments += 1;
    if let Some(error) = theirs
        .get("error")
        .filter(|_| theirs.get("properties").is_none())
    {
        verdict.differ("attachment-not-read-by-libpff", place, error);
        return;
    }
    compare_bag(
        &own.props,
        &theirs["properties"],
        page,
        place,
        "attachment",
        verdict,
    );
    match &own.data {
        AttachmentData::File(data) | AttachmentData::Ole(data) => {
            let bytes = content::read_all(data.as_ref(), 1 << 30).unwrap();
            verdict.attachment_bytes += bytes.len() as u64;
            let sum = format!("{:x}", Sha256::digest(&bytes));
            let same = theirs["sha256"] == sum.as_str()
                || (bytes.is_empty() && theirs["sha256"].is_null());
            if !same {
                let detail = format!("{} bytes, theirs {}", bytes.len(), theirs["size"]);
                verdict.differ("attachment-bytes", place, detail);
            }
        }
        AttachmentData::Message(inner) => match theirs.get("message") {
            Some(line) => compare_message(inner, line, place, verdict),
            None => verdict.differ(
                "embedded-message-not-read-by-libpff",
                place,
                &theirs["size"],
            ),
        },
        AttachmentData::None | AttachmentData::Reference => {
            if !theirs["sha256"].is_null() {
                verdict.differ("attachment-data-not-read", place, &theirs["size"]);
            }
        }
    }
}

/// Compares every property of an object.
fn compare_bag(
    own: &PropertyBag,
    theirs: &Json,
    page: u16,
    place: &str,
    object: &str,
    verdict: &mut Verdict,
) {
    let mut rest: BTreeMap<u16, &Property> = own.iter().map(|p| (p.tag.id(), p)).collect();
    for row in theirs.as_array().unwrap() {
        let (Some(id), Some(kind), Some(bytes)) =
            (row[0].as_u64(), row[1].as_u64(), row[2].as_str())
        else {
            verdict.differ(format!("{object}-property-not-read-by-libpff"), place, row);
            continue;
        };
        if (object == "attachment" && id == ATTACHMENT_DATA)
            || (object == "recipient" && ROW_COLUMNS.contains(&id))
        {
            continue;
        }
        verdict.properties += 1;
        let Some(property) = rest.remove(&u16::try_from(id).unwrap()) else {
            let sort = if bytes.is_empty() {
                "empty-cell"
            } else if bytes.trim_matches('0').is_empty() {
                "cell-not-set"
            } else {
                "property-missing"
            };
            verdict.differ(format!("{object}-{sort}"), place, row);
            continue;
        };
        if object == "message" && id == SUBJECT {
            let prefix = rest.get(&SUBJECT_PREFIX).copied();
            compare_subject(property, prefix, bytes, page, place, verdict);
            continue;
        }
        if u64::from(property.tag.kind().0) != kind {
            verdict.differ(format!("{object}-property-type"), place, row);
            continue;
        }
        let own = encode(&property.value, property.tag.kind(), page);
        if shown(&own) != bytes && hex(&own) != bytes {
            let detail = format!(
                "{id:#06x} type {kind:#06x} ours {} theirs {bytes}",
                shown(&own)
            );
            verdict.differ(format!("{object}-property-bytes"), place, detail);
        }
    }
    for (id, property) in rest {
        if object == "message" && id == SUBJECT_PREFIX {
            continue; // made from the subject, with which it was compared
        }
        let detail = format!("{id:#06x} {:?}", property.value)
            .chars()
            .take(150)
            .collect::<String>();
        verdict.differ(format!("{object}-property-extra"), place, detail);
    }
}

/// A subject is stored behind two characters, of which the second tells the length of its prefix
/// (MS-PST 2.5.3.1.1.1); airbridge gives the subject and the prefix, libpff the bytes.
fn compare_subject(
    own: &Property,
    prefix: Option<&Property>,
    theirs: &str,
    page: u16,
    place: &str,
    verdict: &mut Verdict,
) {
    let own_bytes = encode(&own.value, own.tag.kind(), page);
    let own_text = hex(&own_bytes);
    let width = if own.tag.kind().0 == 0x1F { 2 } else { 1 };
    let (mark, text) = match theirs.get(..4 * width) {
        Some(mark) if mark.starts_with("01") => (mark, &theirs[4 * width..]),
        _ => ("", theirs),
    };
    if own_text != text {
        verdict.differ("subject", place, format!("ours {own_text} theirs {theirs}"));
    }
    let length = mark
        .get(2 * width..2 * width + 2)
        .map_or(1, |hex| usize::from_str_radix(hex, 16).unwrap());
    let own_prefix = prefix.map_or(Vec::new(), |prefix| {
        encode(&prefix.value, prefix.tag.kind(), page)
    });
    let wanted = own_bytes
        .get(..length.saturating_sub(1) * width)
        .unwrap_or_default();
    if own_prefix != wanted {
        verdict.differ(
            "subject-prefix",
            place,
            format!("{own_prefix:02x?} of {theirs}"),
        );
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes as the other side shows them: hex, or a hash where there are many.
fn shown(bytes: &[u8]) -> String {
    if bytes.len() <= 64 {
        hex(bytes)
    } else {
        format!("sha256:{:x}", Sha256::digest(bytes))
    }
}

/// The bytes that a value has in a store.
fn encode(value: &Value, kind: PropType, page: u16) -> Vec<u8> {
    let eight_bit = matches!(kind.0, 0x1E | 0x101E);
    match value {
        Value::Null => Vec::new(),
        Value::I16(value) => value.to_le_bytes().to_vec(),
        Value::I32(value) => value.to_le_bytes().to_vec(),
        Value::F32(value) => value.to_le_bytes().to_vec(),
        Value::F64(value) | Value::FloatingTime(value) => value.to_le_bytes().to_vec(),
        Value::Currency(value) | Value::I64(value) => value.to_le_bytes().to_vec(),
        Value::Error(value) => value.to_le_bytes().to_vec(),
        Value::Bool(value) => vec![u8::from(*value)],
        Value::Time(value) => value.0.to_le_bytes().to_vec(),
        Value::String(text) if eight_bit => codepage::encode(text, page).bytes,
        Value::String(text) => codepage::utf16_bytes(text),
        Value::String8(bytes) | Value::Binary(bytes) | Value::Unknown(bytes) => bytes.clone(),
        Value::Guid(guid) => guid.0.to_vec(),
        Value::Large(data) => content::read_all(data.as_ref(), 1 << 30).unwrap(),
        Value::Multi(values) => {
            let parts: Vec<_> = values
                .iter()
                .map(|value| encode(value, kind, page))
                .collect();
            if !matches!(kind.0, 0x101E | 0x101F | 0x1102) {
                return parts.concat();
            }
            let mut out = u32::try_from(parts.len()).unwrap().to_le_bytes().to_vec();
            let mut at = 4 + 4 * parts.len();
            for part in &parts {
                out.extend(u32::try_from(at).unwrap().to_le_bytes());
                at += part.len();
            }
            out.extend(parts.concat());
            out
        }
    }
}

/// Compares the fields of an item with what libpff makes of the same message.
fn compare_item(item: &Item, line: &Json, place: &str, verdict: &mut Verdict) {
    let mut field = |name: &str, own: Option<String>, theirs: Option<String>| {
        verdict.fields += 1;
        if own != theirs {
            let detail = format!("ours {own:?} theirs {theirs:?}");
            verdict.differ(
                format!("field-{name}"),
                place,
                detail.chars().take(300).collect::<String>(),
            );
        }
    };
    let text = |name: &str| {
        let text = line[name].as_str()?.trim_end_matches('\0');
        Some(text.to_owned()).filter(|text| !text.is_empty())
    };
    let time = |name: &str| {
        let ticks = line[name].as_u64().filter(|ticks| *ticks != 0)?;
        Some(airbridge::mapi::FileTime(ticks).timestamp()?.to_string())
    };
    let title = Some(item.title().to_owned()).filter(|title| !title.is_empty());
    if !matches!(
        item.content,
        Content::Contact(_) | Content::DistributionList(_)
    ) {
        field("subject", title, text("subject"));
    }
    field(
        "created",
        item.created.map(|time| time.to_string()),
        time("created"),
    );
    field(
        "modified",
        item.modified.map(|time| time.to_string()),
        time("modified"),
    );
    let Content::Email(email) = &item.content else {
        return;
    };
    field(
        "sent",
        email.sent.map(|time| time.to_string()),
        time("sent"),
    );
    field(
        "received",
        email.received.map(|time| time.to_string()),
        time("received"),
    );
    let sender = email.sender.as_ref().or(email.from.as_ref());
    field(
        "sender",
        sender
            .map(|party| party.name.clone())
            .filter(|name| !name.is_empty()),
        text("sender"),
    );
    let kinds = |kind: u64| {
        let rows = line["recipients"].as_array().unwrap().iter();
        let of_kind = rows.filter(|row| {
            let mut kinds = row.as_array().unwrap().iter().filter(|p| p[0] == 0x0C15);
            kinds
                .next_back()
                .and_then(|p| p[2].as_str())
                .is_some_and(|hex| {
                    u64::from_str_radix(hex.get(..2).unwrap_or("0"), 16).unwrap() & 15 == kind
                })
        });
        Some(of_kind.count().to_string())
    };
    for (name, own, kind) in [
        ("to", &email.to, 1),
        ("cc", &email.cc, 2),
        ("bcc", &email.bcc, 3),
    ] {
        field(name, Some(own.len().to_string()), kinds(kind));
    }
}
