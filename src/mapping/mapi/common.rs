//! The fields that every kind has: categories, marks, reminder, follow-up flag, Outlook's own
//! links.

use super::Session;
use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::Taker;
use crate::hex;
use crate::item::reminder::FlagStatus;
use crate::item::{Content, FollowUp, Importance, Item, OutlookLinks, Reminder, Sensitivity};
use crate::mapi::flat_entry_list::FlatEntryList;
use crate::mapi::{Value, pid_lid, pid_name, pid_tag};

/// Rows of every item.
pub(super) static ITEM: &[Field<Item>] = &[
    Field::tag(pid_tag::MESSAGE_CLASS, "class", Slot::Hand("kept")),
    Field::word(
        pid_name::KEYWORDS,
        "categories[]",
        Slot::Texts(|i| &mut i.categories),
    ),
    Field::tag(
        pid_tag::SENSITIVITY,
        "sensitivity",
        Slot::Hand("kept as a word; other numbers stay raw"),
    ),
    Field::tag(
        pid_tag::IMPORTANCE,
        "importance",
        Slot::Hand("kept as a word; other numbers stay raw"),
    ),
    Field::lid(pid_lid::PRIVATE, "private", Slot::Flag(|i| &mut i.private)),
    Field::tag(
        pid_tag::CREATION_TIME,
        "created",
        Slot::Time(|i| &mut i.created),
    ),
    Field::tag(
        pid_tag::LAST_MODIFICATION_TIME,
        "modified",
        Slot::Time(|i| &mut i.modified),
    ),
];

/// Rows of a reminder.
pub(super) static REMINDER: &[Field<Reminder>] = &[
    Field::lid(
        pid_lid::REMINDER_SET,
        "reminder.set",
        Slot::Flag(|r| &mut r.set),
    ),
    Field::lid(
        pid_lid::REMINDER_DELTA,
        "reminder.minutes",
        Slot::Int(|r| &mut r.minutes),
    ),
    Field::lid(
        pid_lid::REMINDER_TIME,
        "reminder.due",
        Slot::Time(|r| &mut r.due),
    ),
    Field::lid(
        pid_lid::REMINDER_SIGNAL_TIME,
        "reminder.signal",
        Slot::Time(|r| &mut r.signal),
    ),
    Field::lid(
        pid_lid::REMINDER_FILE_PARAMETER,
        "reminder.sound",
        Slot::Text(|r| &mut r.sound),
    ),
    Field::lid(
        pid_lid::REMINDER_PLAY_SOUND,
        "reminder.plays_sound",
        Slot::Flag(|r| &mut r.plays_sound),
    ),
    Field::lid(
        pid_lid::REMINDER_OVERRIDE,
        "reminder.overrides",
        Slot::Flag(|r| &mut r.overrides),
    ),
];

/// Rows of a follow-up flag.
pub(super) static FOLLOW_UP: &[Field<FollowUp>] = &[
    Field::tag(
        pid_tag::FLAG_STATUS,
        "follow_up.status",
        Slot::Hand("kept as a word; other numbers stay raw"),
    ),
    Field::lid(
        pid_lid::FLAG_REQUEST,
        "follow_up.request",
        Slot::Text(|f| &mut f.request),
    ),
    Field::lid(
        pid_lid::TO_DO_TITLE,
        "follow_up.title",
        Slot::Text(|f| &mut f.title),
    ),
    Field::tag(
        pid_tag::FLAG_COMPLETE_TIME,
        "follow_up.completed",
        Slot::Time(|f| &mut f.completed),
    ),
    Field::tag(
        pid_tag::FOLLOWUP_ICON,
        "follow_up.color",
        Slot::Int(|f| &mut f.color),
    ),
];

/// Rows of a follow-up flag on what is not a task itself.
pub(super) static FOLLOW_UP_DATES: &[Field<FollowUp>] = &[
    Field::lid(
        pid_lid::TASK_START_DATE,
        "follow_up.start",
        Slot::Date(|f| &mut f.start),
    ),
    Field::lid(
        pid_lid::TASK_DUE_DATE,
        "follow_up.due",
        Slot::Date(|f| &mut f.due),
    ),
];

const KEPT_PARSED: &str = "kept as a list; one that does not parse stays raw";

/// Rows of Outlook's own links.
pub(super) static LINKS: &[Field<OutlookLinks>] = &[
    Field::lid(
        pid_lid::CONTACT_LINK_SEARCH_KEY,
        "outlook_links.search_keys[]",
        Slot::Hand(KEPT_PARSED),
    ),
    Field::lid(
        pid_lid::CONTACT_LINK_ENTRY,
        "outlook_links.entry_ids[]",
        Slot::Hand(KEPT_PARSED),
    ),
    Field::lid(
        pid_lid::CONTACTS,
        "outlook_links.names[]",
        Slot::Texts(|l| &mut l.names),
    ),
    Field::lid(
        pid_lid::CONTACT_LINK_NAME,
        "outlook_links.names[]",
        Slot::Hand(
            "taken when the names are the same; else raw, or the names when there are no others",
        ),
    ),
    Field::lid(
        pid_lid::COMPANIES,
        "outlook_links.companies[]",
        Slot::Texts(|l| &mut l.companies),
    ),
];

/// `PidTagSensitivity`.
const SENSITIVITY: &[(i64, Sensitivity)] = &[
    (0, Sensitivity::Normal),
    (1, Sensitivity::Personal),
    (2, Sensitivity::Private),
    (3, Sensitivity::Confidential),
];

/// `PidTagImportance`.
const IMPORTANCE: &[(i64, Importance)] = &[
    (0, Importance::Low),
    (1, Importance::Normal),
    (2, Importance::High),
];

/// `PidTagFlagStatus`.
const FLAG_STATUS: &[(i64, FlagStatus)] = &[
    (0, FlagStatus::None),
    (1, FlagStatus::Complete),
    (2, FlagStatus::Flagged),
];

/// Gives the fields around a content.
pub(super) fn write(giver: &mut Giver, item: &Item) {
    giver.pour(item, ITEM);
    giver.text(pid_tag::MESSAGE_CLASS, Some(&item.class));
    giver.word(pid_tag::SENSITIVITY, SENSITIVITY, Some(&item.sensitivity));
    giver.word(pid_tag::IMPORTANCE, IMPORTANCE, Some(&item.importance));
    if let Some(reminder) = &item.reminder {
        giver.pour(reminder, REMINDER);
    }
    giver.expect(pid_lid::REMINDER_SET, Value::Bool(false));
    giver.expect(pid_lid::PRIVATE, Value::Bool(item.is_private()));
    if let Some(flag) = &item.follow_up {
        giver.pour(flag, FOLLOW_UP);
        if !matches!(item.content, Content::Task(_)) {
            giver.pour(flag, FOLLOW_UP_DATES);
        }
        if flag.status != FlagStatus::None {
            giver.word(pid_tag::FLAG_STATUS, FLAG_STATUS, Some(&flag.status));
        }
    }
    let links = &item.outlook_links;
    giver.pour(links, LINKS);
    for (key, entries) in [
        (pid_lid::CONTACT_LINK_SEARCH_KEY, &links.search_keys),
        (pid_lid::CONTACT_LINK_ENTRY, &links.entry_ids),
    ] {
        let entries: Vec<_> = entries.iter().filter_map(|own| hex::decode(own)).collect();
        if !entries.is_empty() {
            let list = FlatEntryList::new(entries).to_bytes();
            giver.put(key, Value::Binary(list));
        }
    }
    if !links.names.is_empty() {
        let joined = Value::String(links.names.join("; "));
        giver.expect(pid_lid::CONTACT_LINK_NAME, joined);
    }
}

/// The item around a content.
pub(super) fn read(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    class: String,
    content: Content,
) -> Item {
    let is_task = matches!(content, Content::Task(_));
    let mut item = Item::new(class, content);
    taker.fill(&mut item, ITEM);
    item.sensitivity = taker
        .word(pid_tag::SENSITIVITY, SENSITIVITY)
        .unwrap_or_default();
    item.importance = taker
        .word(pid_tag::IMPORTANCE, IMPORTANCE)
        .unwrap_or_default();
    let mut reminder = Reminder::default();
    taker.fill(&mut reminder, REMINDER);
    item.reminder = Some(reminder).filter(|own| !own.is_default());
    item.follow_up = follow_up(taker, is_task);
    item.outlook_links = links(session, taker);
    item
}

fn follow_up(taker: &mut Taker<'_>, is_task: bool) -> Option<FollowUp> {
    let mut flag = FollowUp {
        status: FlagStatus::None,
        request: None,
        start: None,
        due: None,
        completed: None,
        color: None,
        title: None,
    };
    let empty = flag.clone();
    taker.fill(&mut flag, FOLLOW_UP);
    if !is_task {
        taker.fill(&mut flag, FOLLOW_UP_DATES);
    }
    flag.status = taker
        .word(pid_tag::FLAG_STATUS, FLAG_STATUS)
        .unwrap_or_default();
    (flag != empty).then_some(flag)
}

fn links(session: &mut Session<'_>, taker: &mut Taker<'_>) -> OutlookLinks {
    let mut links = OutlookLinks::default();
    taker.fill(&mut links, LINKS);
    links.search_keys = list(session, taker, pid_lid::CONTACT_LINK_SEARCH_KEY, entries);
    links.entry_ids = list(session, taker, pid_lid::CONTACT_LINK_ENTRY, entries);
    let joined = taker
        .peek(pid_lid::CONTACT_LINK_NAME)
        .and_then(Value::as_str);
    if let Some(joined) = joined {
        if links.names.is_empty() && !joined.is_empty() {
            links.names = joined.split("; ").map(str::to_owned).collect();
        }
        if links.names.join("; ") == joined {
            taker.mark(pid_lid::CONTACT_LINK_NAME);
        }
    }
    links
}

fn list(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    key: (crate::mapi::Guid, u32),
    parse: fn(&[u8]) -> Option<Vec<String>>,
) -> Vec<String> {
    let present = taker.property(key).is_some();
    let found = taker.with(key, |value| parse(value.as_bytes()?));
    if present && found.is_none() {
        let detail = "a list of links to contacts does not parse; it is kept raw";
        session.find(
            "mapping.links.malformed",
            crate::finding::Effect::Noted,
            detail,
        );
    }
    found.unwrap_or_default()
}

/// The list of `PidLidContactLinkEntry` or `PidLidContactLinkSearchKey` (MS-OXCMSG 2.2.1.57), which
/// Outlook lays out as a flat entry list; `None` when the list does not give the same bytes again.
fn entries(bytes: &[u8]) -> Option<Vec<String>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let (list, findings) = FlatEntryList::from_bytes(bytes).ok()?;
    let whole = findings.is_empty() && list.remains.iter().all(|byte| *byte == 0);
    let told = usize::try_from(list.told_count).ok() == Some(list.entries.len());
    (whole && told).then(|| {
        list.entries
            .iter()
            .map(|entry| hex::encode(&entry.bytes))
            .collect()
    })
}
