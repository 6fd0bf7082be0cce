//! Messages in transport encapsulation against tnefparse: every MAPI property, recipient and
//! attachment of every file of the corpus.
//!
//! Where they differ, [`EXPLAINED`] says which one is right and why.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod judges;
#[path = "judges/stored.rs"]
mod stored;

use airbridge::content::read_all;
use airbridge::file_bytes::FileBytes;
use airbridge::mapi::{
    Attachment, AttachmentData, Message, NameId, Property, PropertyBag, Value, pid_tag,
};
use judges::Verdict;
use serde_json::{Value as Json, json};

/// Differences that are understood: how many, of which sort, and which reader is right by the
/// bytes.
const EXPLAINED: &[(&str, usize, &str)] = &[
    (
        "attachment-bytes",
        3,
        "OLE objects: tnefparse gives the id of their interface before their bytes (MS-OXTNEF \
         2.1.3.4.1), airbridge the bytes",
    ),
    (
        "read-by-none",
        1,
        "a file whose signature is wrong in one bit; no reader takes it",
    ),
];

/// Files that tnefparse is not asked about: it does not come back.
const ENDLESS: &str = "oom.tnef";

#[test]
fn every_file_reads_as_tnefparse_reads_it() {
    let Some(mut files) = judges::files("tnef", &["tnef", "dat"]) else {
        return;
    };
    assert!(files.len() >= 25, "the corpus has shrunk");
    files.retain(|(name, _)| !name.ends_with(ENDLESS));
    let Some(lines) = judges::python("tnef_items.py", &["tnefparse"], &files) else {
        return;
    };
    let mut verdict = Verdict::default();
    for ((name, path), line) in files.iter().zip(&lines) {
        let read = airbridge::tnef::read(&FileBytes::open(path).unwrap(), None);
        match (read, line.get("error")) {
            (Ok((message, _)), None) => compare_message(&message, line, name, &mut verdict),
            (Err(error), Some(_)) => verdict.differ("read-by-none", name, error),
            (Ok(_), Some(error)) => verdict.differ("not-read-by-tnefparse", name, error),
            (Err(error), None) => verdict.differ("not-read", name, error),
        }
    }
    verdict.judge(EXPLAINED);
}

fn compare_message(own: &Message, theirs: &Json, place: &str, verdict: &mut Verdict) {
    compare_bag(&own.props, &theirs["props"], place, verdict);
    if let Some(rtf) = theirs["rtf"].as_str() {
        let own = own.props.get(pid_tag::RTF_COMPRESSED).map(shown);
        verdict.same("rtf", place, &own.as_deref(), &Some(rtf));
    }
    let rows = theirs["recipients"].as_array().unwrap();
    verdict.same("recipients", place, &own.recipients.len(), &rows.len());
    for (number, (own, theirs)) in own.recipients.iter().zip(rows).enumerate() {
        compare_bag(own, theirs, &format!("{place} recipient {number}"), verdict);
    }
    let rows = theirs["attachments"].as_array().unwrap();
    verdict.same("attachments", place, &own.attachments.len(), &rows.len());
    for (number, (own, theirs)) in own.attachments.iter().zip(rows).enumerate() {
        compare_attachment(own, theirs, &format!("{place} file {number}"), verdict);
    }
}

fn compare_attachment(own: &Attachment, theirs: &Json, place: &str, verdict: &mut Verdict) {
    compare_bag(&own.props, &theirs["props"], place, verdict);
    let names = [
        pid_tag::ATTACH_LONG_FILENAME,
        pid_tag::ATTACH_FILENAME,
        pid_tag::DISPLAY_NAME,
    ];
    let name = names.into_iter().find_map(|id| own.props.str(id));
    let their_name = theirs["name"].as_str().unwrap();
    verdict.same(
        "attachment-name",
        place,
        &name.unwrap_or_default(),
        &their_name,
    );
    match (&own.data, theirs.get("message")) {
        (AttachmentData::Message(message), Some(theirs)) => {
            compare_message(message, theirs, &format!("{place} inside"), verdict);
        }
        (AttachmentData::File(data) | AttachmentData::Ole(data), None) => {
            let bytes = read_all(data.as_ref(), 1 << 30).unwrap();
            let shown = trimmed(&bytes);
            verdict.same("attachment-bytes", place, &json!(shown), &theirs["data"]);
        }
        (AttachmentData::None | AttachmentData::Reference, None) => {
            verdict.same("attachment-bytes", place, &json!(""), &theirs["data"]);
        }
        (data, _) => verdict.differ("attachment-kind", place, format!("{data:?}")),
    }
}

fn compare_bag(own: &PropertyBag, theirs: &Json, place: &str, verdict: &mut Verdict) {
    let rows = theirs.as_array().unwrap();
    let mut at = 0;
    while let Some(row) = rows.get(at) {
        verdict.compared += 1;
        let id = row[0].as_u64().unwrap();
        let found = own.iter().find(|own| {
            // Exchange gives many names one id; airbridge gives each its own.
            match &row[2] {
                Json::Null => u64::from(own.tag.id()) == id,
                theirs => name(own) == *theirs,
            }
        });
        let Some(found) = found else {
            verdict.differ("property-missing", place, row);
            at += 1;
            continue;
        };
        let values = match &found.value {
            Value::Multi(values) => values.as_slice(),
            single => std::slice::from_ref(single),
        };
        for value in values {
            let theirs = &rows[at];
            verdict.same("property", place, &json!(shown(value)), &theirs[3]);
            at += 1;
        }
        at += usize::from(values.is_empty());
    }
}

fn name(own: &Property) -> Json {
    own.name.as_deref().map_or(Json::Null, |name| {
        let set = name.set.to_string();
        match &name.id {
            NameId::Lid(lid) => json!([set, lid]),
            NameId::Text(text) => json!([set, text]),
        }
    })
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => trimmed(&stored::bytes(other, None)),
    }
}

/// Bytes without zeros at their end, as the other side shows them.
fn trimmed(bytes: &[u8]) -> String {
    let end = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |end| end + 1);
    stored::shown(&bytes[..end])
}
