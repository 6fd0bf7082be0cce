//! The fields that every kind has: categories, marks, times of change, reminder, identity.
//!
//! *Spec*: MS-OXCICAL 2.1.3.1.1.20.3 (CATEGORIES), .4 (CLASS), .6 (CONTACT), .17 (PRIORITY), .26
//! (UID).
//!
//! *Seen in the wild*: `CATEGORIES` of vCalendar 1.0 with semicolons, the same category twice.

use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::{Found, Taker, int};
use super::{Session, alarm, attachments};
use crate::hex;
use crate::ical::{Property, When};
use crate::item::{Content, IdentityKey, Importance, Item, OutlookLinks, Sensitivity};
use crate::mapi::global_object_id::GlobalObjectId;
use crate::mapping::identity;

/// The property that carries the id of the bridge.
pub(super) const BRIDGE_ID: &str = "X-AIRBRIDGE-ID";

/// Rows of every item.
pub(super) static ITEM: &[Field<Item>] = &[
    Field::new(
        BRIDGE_ID,
        "id",
        Slot::Hand("kept when it has the form of one; else raw"),
    ),
    Field::new(
        "SUMMARY",
        "subject",
        Slot::Hand("kept; also raw when it has parameters"),
    ),
    Field::new(
        "CATEGORIES",
        "categories[]",
        Slot::Hand("kept, each once; also raw when it has parameters"),
    ),
    Field::new(
        "CLASS",
        "sensitivity, private",
        Slot::Hand("kept of PUBLIC, PRIVATE, CONFIDENTIAL and PERSONAL; other words stay raw"),
    ),
    Field::new(
        "X-MICROSOFT-CDO-IMPORTANCE",
        "importance",
        Slot::Hand("kept as a word; other numbers stay raw"),
    ),
    Field::new(
        "X-MICROSOFT-MSNCALENDAR-IMPORTANCE",
        "importance",
        Slot::Hand("kept as a word when there is no other; else raw"),
    ),
    Field::new(
        "PRIORITY",
        "importance",
        Slot::Hand(
            "1 to 4 are high, 6 to 9 low; raw unless it is 0, 1, 5 or 9 and what the importance \
             says",
        ),
    ),
    Field::new("CREATED", "created", Slot::Time(|i| &mut i.created)),
    Field::new("DCREATED", "created", Slot::Time(|i| &mut i.created)),
    Field::new("LAST-MODIFIED", "modified", Slot::Time(|i| &mut i.modified)),
    Field::new(
        "CONTACT",
        "outlook_links.names[]",
        Slot::Hand("kept; raw when it has parameters"),
    ),
];

/// The item around a content.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>, content: Content) -> Item {
    let mut item = Item {
        categories: categories(session, taker),
        sensitivity: sensitivity(taker),
        importance: importance(taker),
        outlook_links: OutlookLinks {
            names: contacts(taker),
            ..OutlookLinks::default()
        },
        ..Item::new(class(session, &content), content)
    };
    item.private = item.sensitivity == Sensitivity::Private;
    taker.fill(&session.clocks, &mut item, ITEM);
    item.reminder = alarm::read(session, taker, &item.content);
    item.attachments = attachments::read(session, taker);
    item
}

/// The class that Outlook would give it (MS-OXCICAL 2.1.3.1.1.1).
fn class(session: &Session<'_>, content: &Content) -> String {
    let class = match content {
        Content::Meeting(_) if session.is_about() => {
            let answers = session.entry.component.property("ATTENDEE");
            let answer = answers.and_then(|own| own.param("PARTSTAT"));
            let answer = answer.unwrap_or_default().trim().to_ascii_uppercase();
            match (session.method.as_str(), answer.as_str()) {
                ("REPLY", "ACCEPTED") => "IPM.Schedule.Meeting.Resp.Pos",
                ("REPLY", "DECLINED") => "IPM.Schedule.Meeting.Resp.Neg",
                ("REPLY" | "COUNTER", _) => "IPM.Schedule.Meeting.Resp.Tent",
                _ => "IPM.Schedule.Meeting.Request",
            }
        }
        Content::Meeting(_) => "IPM.Appointment",
        Content::Task(_) => "IPM.Task",
        Content::Journal(_) => "IPM.Activity",
        _ => "IPM",
    };
    class.to_owned()
}

fn categories(session: &Session<'_>, taker: &mut Taker<'_>) -> Vec<String> {
    let mut categories: Vec<String> = Vec::new();
    let mut known = std::collections::BTreeSet::new();
    let separators: &[char] = if session.entry.is_v1 {
        &[',', ';']
    } else {
        &[',']
    };
    let all: Vec<Found<'_>> = taker.all("CATEGORIES").collect();
    for found in all {
        for category in found.property.texts(separators) {
            if known.insert(category.to_lowercase()) {
                categories.push(category);
            }
        }
        taker.mark_whole(found, &[]);
    }
    categories
}

fn contacts(taker: &mut Taker<'_>) -> Vec<String> {
    let all: Vec<Found<'_>> = taker.all("CONTACT").collect();
    let mut names = Vec::new();
    for found in all {
        let name = found.property.text();
        if !name.trim().is_empty() {
            names.push(name);
        }
        taker.mark_whole(found, &[]);
    }
    names
}

fn sensitivity(taker: &mut Taker<'_>) -> Sensitivity {
    let word = taker.with("CLASS", |own| {
        Some(match own.value().trim().to_ascii_uppercase().as_str() {
            "PUBLIC" => Sensitivity::Normal,
            "PRIVATE" => Sensitivity::Private,
            "CONFIDENTIAL" => Sensitivity::Confidential,
            "PERSONAL" | "X-PERSONAL" => Sensitivity::Personal,
            _ => return None,
        })
    });
    word.unwrap_or_default()
}

fn importance(taker: &mut Taker<'_>) -> Importance {
    let of_outlook = |number: i64| {
        Some(match number {
            0 => Importance::Low,
            1 => Importance::Normal,
            2 => Importance::High,
            _ => return None,
        })
    };
    let read = |own: &crate::ical::Property| int(own.value()).and_then(of_outlook);
    let told = taker
        .with("X-MICROSOFT-CDO-IMPORTANCE", read)
        .or_else(|| taker.with("X-MICROSOFT-MSNCALENDAR-IMPORTANCE", read));
    let found = taker.first("PRIORITY");
    let number = found.and_then(|found| int(found.property.value()));
    let priority = match number {
        Some(1..=4) => Importance::High,
        Some(6..=9) => Importance::Low,
        _ => Importance::Normal,
    };
    let importance = told.unwrap_or(priority);
    if let Some(found) = found
        && matches!(number, Some(0 | 1 | 5 | 9))
        && importance == priority
    {
        taker.mark_whole(found, &[]);
    }
    importance
}

/// Gives the item its keys: the UID as Outlook keeps it, and a bridge id that came along.
pub(super) fn identify(item: &mut Item, taker: &Taker<'_>) {
    let bridge = taker.first(BRIDGE_ID).map(|found| found.property.text());
    let uid = taker.first("UID").map(|found| found.property.text());
    let uid = uid.as_deref().map(str::trim).filter(|uid| !uid.is_empty());
    let word = match item.content {
        Content::Task(_) => Some("task"),
        Content::Journal(_) => Some("journal"),
        _ => None,
    };
    let key = word.zip(uid).map(|(word, uid)| {
        let id = hex(&GlobalObjectId::from_uid(uid));
        let occurrence = taker.first("RECURRENCE-ID");
        let day = occurrence.and_then(|found| When::parse(found.property.zone_and_value().1));
        IdentityKey::GlobalObjectId(match day {
            Some(day) => format!("{id}/{word}/{}", day.date()),
            None => format!("{id}/{word}"),
        })
    });
    identity::give(item, bridge.as_deref(), key);
}

/// An id in lower-case hexadecimal digits.
pub(super) fn hex(id: &GlobalObjectId) -> String {
    hex::encode(&id.to_bytes())
}

/// Gives what every kind has.
pub(super) fn write(giver: &mut Giver<'_>, item: &Item) {
    if !item.id.0.is_empty() {
        giver.plain(BRIDGE_ID, &item.id.0);
    }
    if !item.categories.is_empty() {
        giver.put(Property::of_texts("CATEGORIES", &item.categories));
    }
    let class = match item.sensitivity {
        Sensitivity::Normal => item.private.then_some("PRIVATE"),
        Sensitivity::Personal => Some("PERSONAL"),
        Sensitivity::Private => Some("PRIVATE"),
        Sensitivity::Confidential => Some("CONFIDENTIAL"),
    };
    if let Some(class) = class {
        giver.plain("CLASS", class);
    }
    let importance = match item.importance {
        Importance::Low => Some(("9", "0")),
        Importance::Normal => None,
        Importance::High => Some(("1", "2")),
    };
    if let Some((priority, number)) = importance {
        giver.plain("PRIORITY", priority);
        giver.plain("X-MICROSOFT-CDO-IMPORTANCE", number);
    }
    giver.pour(item, ITEM);
    for name in &item.outlook_links.names {
        giver.text("CONTACT", Some(name));
    }
    if let Some(reminder) = &item.reminder {
        alarm::write(giver, reminder);
    }
    attachments::write(giver, &item.attachments);
}
