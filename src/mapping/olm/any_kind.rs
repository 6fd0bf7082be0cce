//! The fields that every kind has, each under the name of its kind: `OPFMessageCopyModDate`,
//! `OPFContactCopyModDate`.

use super::fields::Taker;
use super::rows::Row;
use super::value;
use crate::item::reminder::FlagStatus;
use crate::item::{Content, FollowUp, Importance, Item, Reminder};
use crate::olm::{Element, Kind};

/// The start of the names of a kind.
pub(super) fn prefix(kind: Kind) -> &'static str {
    match kind {
        Kind::Message => "OPFMessage",
        Kind::Contact => "OPFContact",
        Kind::Group => "OPFGroup",
        Kind::Appointment => "OPFCalendarEvent",
        Kind::Task => "OPFTask",
        Kind::Note => "OPFNote",
    }
}

/// Ends of names, the path of the field, and how it is kept.
const COMMON: &[(&str, &str, &str)] = &[
    (
        "CopyModDate",
        "modified",
        "kept; one without a zone is in UTC",
    ),
    (
        "CopyCreationDate",
        "created",
        "kept; one without a zone is in UTC",
    ),
    (
        "CopyCategoryList",
        "categories[]",
        "the names; raw too since it tells their colours",
    ),
    (
        "CopyPrimaryCategory",
        "categories[]",
        "its name first; raw too since it tells its colour",
    ),
    ("GetIsPrivate", "private", "kept; false is left out"),
    (
        "GetPriority",
        "importance",
        "1 and 2 high, 3 normal, 4 and 5 low; other numbers stay raw",
    ),
    (
        "GetFlagStatus",
        "follow_up.status",
        "0 is left out; any other is flagged, or complete when there is a time for that; raw too",
    ),
    (
        "CopyGetFlagStatus",
        "follow_up.status",
        "as `GetFlagStatus`",
    ),
    ("CopyStartDateTime", "follow_up.start", DAY),
    ("CopyDueDateTime", "follow_up.due", DAY),
    (
        "CopyCompletedDateTime",
        "follow_up.completed",
        "kept; one without a zone is in UTC",
    ),
    (
        "CopyReminderDateTime",
        "reminder.due",
        "kept; one without a zone is in UTC; then `set` too",
    ),
];
const DAY: &str =
    "the day nearest to the instant; raw too unless that is midnight; of a task its own";

/// The rows, their names without what the kind puts before them.
pub(super) fn rows() -> Vec<Row> {
    let row = |(end, field, how): &(&str, &str, &str)| Row {
        part: "every kind",
        property: format!("…{end}"),
        field: (*field).to_owned(),
        how: (*how).to_owned(),
    };
    COMMON.iter().map(row).collect()
}

/// The item around a content.
pub(super) fn read(kind: Kind, taker: &mut Taker<'_>, content: Content) -> Item {
    let prefix = prefix(kind);
    let name = |end: &str| format!("{prefix}{end}");
    let mut item = Item {
        categories: categories(taker, prefix),
        private: taker
            .with(&name("GetIsPrivate"), value::flag)
            .unwrap_or_default(),
        created: taker.with(&name("CopyCreationDate"), value::time),
        modified: taker.with(&name("CopyModDate"), value::time),
        ..Item::new(class(kind), content)
    };
    let importance = taker.with(&name("GetPriority"), |text| match value::integer(text)? {
        1 | 2 => Some(Importance::High),
        3 => Some(Importance::Normal),
        4 | 5 => Some(Importance::Low),
        _ => None,
    });
    item.importance = importance.unwrap_or_default();
    if kind == Kind::Appointment {
        item.reminder = super::appointment::reminder(taker);
        return item;
    }
    let due = taker.with(&name("CopyReminderDateTime"), value::time);
    let due = due.or_else(|| taker.with(&name("CopyReminderTime"), value::time));
    item.reminder = due.map(|due| Reminder {
        set: true,
        due: Some(due),
        ..Reminder::default()
    });
    if kind != Kind::Task {
        item.follow_up = follow_up(taker, prefix);
    }
    item
}

fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Message => "IPM.Note",
        Kind::Contact => "IPM.Contact",
        Kind::Group => "IPM.DistList",
        Kind::Appointment => "IPM.Appointment",
        Kind::Task => "IPM.Task",
        Kind::Note => "IPM.StickyNote",
    }
}

fn categories(taker: &Taker<'_>, prefix: &str) -> Vec<String> {
    const NAME: &str = "OPFCategoryCopyName";
    let primary = taker.peek(&format!("{prefix}CopyPrimaryCategory"));
    let list = taker.peek(&format!("{prefix}CopyCategoryList"));
    let all = list.into_iter().flat_map(|list| &list.children);
    // Older versions write the bare name.
    let name = |own: &Element| {
        let text = Some(own.text.trim()).filter(|text| !text.is_empty());
        own.value(NAME).or(text).map(str::to_owned)
    };
    let mut names: Vec<String> = Vec::new();
    for own in primary.into_iter().chain(all).filter_map(name) {
        if !names.contains(&own) {
            names.push(own);
        }
    }
    names
}

fn follow_up(taker: &mut Taker<'_>, prefix: &str) -> Option<FollowUp> {
    let name = |end: &str| format!("{prefix}{end}");
    let mut flagged = false;
    for end in ["GetFlagStatus", "CopyGetFlagStatus"] {
        let number = taker.peek_text(&name(end)).and_then(value::integer);
        match number {
            Some(0) => taker.mark(&name(end)),
            Some(_) => flagged = true,
            None => {}
        }
    }
    let flag = FollowUp {
        status: FlagStatus::None,
        request: None,
        start: taker.day(&name("CopyStartDateTime")),
        due: taker.day(&name("CopyDueDateTime")),
        completed: taker.with(&name("CopyCompletedDateTime"), value::time),
        color: None,
        title: None,
    };
    let status = match (
        flag.completed,
        flagged || flag.start.is_some() || flag.due.is_some(),
    ) {
        (Some(_), _) => FlagStatus::Complete,
        (None, true) => FlagStatus::Flagged,
        (None, false) => return None,
    };
    Some(FollowUp { status, ..flag })
}
