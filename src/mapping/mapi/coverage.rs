//! Holds each mapping to its rows: a message with every property of the dictionary gives up exactly
//! those of which the rows tell, and the rest is raw.

use std::collections::BTreeSet;

use super::fields::Key;
use super::fixture;
use super::{Context, Session, fidelity};
use crate::finding::Findings;
use crate::mapi::{
    FileTime, Guid, Message, PropType, Value, canonical_name, pid_lid, pid_name, pid_tag,
};

/// A value of a type; whole days and small numbers, which most fields take.
fn value(kind: PropType) -> Option<Value> {
    let midnight = FileTime(116_444_736_000_000_000);
    let single = match kind.single() {
        PropType::I16 => Value::I16(1),
        PropType::I32 => Value::I32(1),
        PropType::I64 => Value::I64(1),
        PropType::F64 => Value::F64(0.5),
        PropType::BOOL => Value::Bool(true),
        PropType::STRING => fixture::text("x"),
        PropType::TIME => Value::Time(midnight),
        PropType::GUID => Value::Guid(Guid::COMMON),
        PropType::BINARY => Value::Binary(vec![0x78]),
        _ => return None,
    };
    Some(if kind.is_multi() {
        Value::Multi(vec![single])
    } else {
        single
    })
}

/// A message with one of everything, apart from its class.
fn everything(class: &str) -> Message {
    let mut values = Vec::new();
    let mut last = None;
    for entry in pid_tag::TABLE {
        if entry.id < 0x8000 && entry.id != pid_tag::MESSAGE_CLASS && last != Some(entry.id) {
            values.extend(value(entry.kind).map(|value| (Key::Tag(entry.id), value)));
        }
        last = Some(entry.id);
    }
    for entry in pid_lid::TABLE {
        values.extend(value(entry.kind).map(|own| (Key::Lid(entry.set, entry.lid), own)));
    }
    for entry in pid_name::TABLE {
        values.extend(value(entry.kind).map(|own| (Key::Word(entry.set, entry.text), own)));
    }
    fixture::message(class, values)
}

/// Class, kind, and the parts of the table that hold for it beside those of every kind.
const KINDS: [(&str, &str, &[&str]); 10] = [
    ("IPM.Contact", "contact", &["contact"]),
    ("IPM.DistList", "distribution_list", &["distribution_list"]),
    ("IPM.Appointment", "meeting", &["meeting"]),
    ("IPM.Task", "task", &["task"]),
    ("IPM.Note", "email", &["email"]),
    ("REPORT.IPM.Note.NDR", "email", &["email", "report"]),
    (
        "IPM.Schedule.Meeting.Request",
        "email",
        &["email", "meeting"],
    ),
    ("IPM.StickyNote", "note", &["note"]),
    ("IPM.Activity", "journal", &["journal"]),
    ("IPM.Unheard.Of", "other", &[]),
];

#[test]
fn what_is_taken_has_a_row_and_the_rest_is_raw() {
    let rows = fidelity::rows();
    for (class, kind, parts) in KINDS {
        let message = everything(class);
        let context = Context::default();
        let mut session = Session {
            context: &context,
            contents: super::super::mapped::Contents::default(),
            findings: Findings::new(),
            locator: String::new(),
            depth: 0,
            taken: Vec::new(),
        };
        let item = session.item(&message);
        assert_eq!(item.kind().name(), kind);
        let taken: BTreeSet<String> = session.taken.into_iter().map(|(_, name)| name).collect();
        let own_rows = || {
            rows.iter()
                .filter(|row| row.part == "every kind" || parts.contains(&row.part))
        };
        let told: BTreeSet<String> = own_rows().map(|row| row.property.clone()).collect();
        let untold: Vec<_> = taken.difference(&told).collect();
        assert!(untold.is_empty(), "{kind}: taken without a row: {untold:?}");

        let raw: BTreeSet<String> = item.raw.iter().map(|raw| raw.name.clone()).collect();
        for property in message.props.iter() {
            let name = canonical_name(property).into_owned();
            let both = (taken.contains(&name), raw.contains(&name));
            assert!(both.0 || both.1, "{kind}: {name} is lost");
        }
        // A row whose way does not speak of what stays raw is taken when its value is a plain one.
        for row in own_rows() {
            let sure = !row.how.contains("raw") && !row.how.contains("only");
            assert!(
                !sure || taken.contains(&row.property) || !everything_has(&message, row),
                "{kind}: {} has a row and is not taken",
                row.property
            );
        }
    }
}

fn everything_has(message: &Message, row: &crate::mapping::fidelity::Row) -> bool {
    message
        .props
        .iter()
        .any(|property| canonical_name(property) == row.property)
}
