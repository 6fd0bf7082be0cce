//! Tasks.
//!
//! *Spec*: MS-OXOTASK 2.2.2.
//!
//! *Seen in the wild*: percentages that are not whole, which are rounded and also kept raw; dates
//! with a time of day, which stay raw.

use super::fields::{Field, Slot};
use super::giver::{Giver, midnight};
use super::parties;
use super::taker::Taker;
use super::{Parts, Session, Writing, body, recurrence};
use crate::item::task::{Acceptance, Ownership, TaskStatus};
use crate::item::{Party, Task};
use crate::mapi::{Message, PropertyBag, Value, pid_lid};

const WORD: &str = "kept as a word; other numbers stay raw";

/// Rows of a task.
pub(super) static TASK: &[Field<Task>] = &[
    Field::lid(
        pid_lid::TASK_START_DATE,
        "start",
        Slot::Date(|t| &mut t.start),
    ),
    Field::lid(pid_lid::TASK_DUE_DATE, "due", Slot::Date(|t| &mut t.due)),
    Field::lid(
        pid_lid::TASK_DATE_COMPLETED,
        "completed",
        Slot::Date(|t| &mut t.completed),
    ),
    Field::lid(pid_lid::TASK_STATUS, "status", Slot::Hand(WORD)),
    Field::lid(
        pid_lid::PERCENT_COMPLETE,
        "percent",
        Slot::Hand("kept in hundredths; raw when it is not a whole number of them"),
    ),
    Field::lid(
        pid_lid::TASK_COMPLETE,
        "complete",
        Slot::Flag(|t| &mut t.complete),
    ),
    Field::lid(pid_lid::TASK_OWNER, "owner.name", Slot::Hand("kept")),
    Field::lid(pid_lid::TASK_ASSIGNER, "assigner.name", Slot::Hand("kept")),
    Field::lid(
        pid_lid::TASK_LAST_DELEGATE,
        "delegator",
        Slot::Text(|t| &mut t.delegator),
    ),
    Field::lid(
        pid_lid::TASK_LAST_USER,
        "last_user",
        Slot::Text(|t| &mut t.last_user),
    ),
    Field::lid(pid_lid::TASK_OWNERSHIP, "ownership", Slot::Hand(WORD)),
    Field::lid(
        pid_lid::TASK_ACCEPTANCE_STATE,
        "acceptance",
        Slot::Hand(WORD),
    ),
    Field::lid(
        pid_lid::TASK_LAST_UPDATE,
        "assigned",
        Slot::Time(|t| &mut t.assigned),
    ),
    Field::lid(
        pid_lid::TASK_HISTORY,
        "history",
        Slot::Int(|t| &mut t.history),
    ),
    Field::lid(
        pid_lid::TASK_VERSION,
        "version",
        Slot::Int(|t| &mut t.version),
    ),
    Field::lid(pid_lid::TEAM_TASK, "team", Slot::Flag(|t| &mut t.team)),
    Field::lid(
        pid_lid::TASK_UPDATES,
        "updates",
        Slot::Flag(|t| &mut t.updates),
    ),
    Field::lid(
        pid_lid::TASK_STATUS_ON_COMPLETE,
        "status_on_complete",
        Slot::Flag(|t| &mut t.status_on_complete),
    ),
    Field::lid(
        pid_lid::TASK_RECURRENCE,
        "recurrence",
        Slot::Hand("read into words; also raw, byte for byte"),
    ),
    Field::lid(
        pid_lid::TASK_DEAD_OCCURRENCE,
        "no_more_occurrences",
        Slot::Flag(|t| &mut t.no_more_occurrences),
    ),
    Field::lid(
        pid_lid::TASK_ACTUAL_EFFORT,
        "actual_minutes",
        Slot::Int(|t| &mut t.actual_minutes),
    ),
    Field::lid(
        pid_lid::TASK_ESTIMATED_EFFORT,
        "total_minutes",
        Slot::Int(|t| &mut t.total_minutes),
    ),
    Field::lid(
        super::contact::MILEAGE,
        "mileage",
        Slot::Text(|t| &mut t.mileage),
    ),
    Field::lid(pid_lid::BILLING, "billing", Slot::Text(|t| &mut t.billing)),
    Field::lid(pid_lid::TASK_ROLE, "role", Slot::Text(|t| &mut t.role)),
    Field::lid(pid_lid::TASK_ORDINAL, "order", Slot::Int(|t| &mut t.order)),
    Field::lid(
        pid_lid::TASK_GLOBAL_ID,
        "global_id",
        Slot::Hex(|t| &mut t.global_id),
    ),
];

/// Takes a task.
pub(super) fn read(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    parts: &mut Parts<'_>,
    props: &PropertyBag,
) -> Task {
    let mut task = Task::default();
    taker.fill(&mut task, TASK);
    task.subject = body::title(taker).unwrap_or_default();
    task.status = taker.word(pid_lid::TASK_STATUS, STATUS).unwrap_or_default();
    task.percent = percent(taker);
    task.ownership = taker
        .word(pid_lid::TASK_OWNERSHIP, OWNERSHIP)
        .unwrap_or_default();
    task.acceptance = taker
        .word(pid_lid::TASK_ACCEPTANCE_STATE, ACCEPTANCE)
        .unwrap_or_default();
    task.owner = named(taker.text(pid_lid::TASK_OWNER));
    task.assigner = named(taker.text(pid_lid::TASK_ASSIGNER));
    let rows = parties::recipients(session, &parts.message.recipients);
    parties::keep_rest(session, &rows, parts);
    task.assignees = rows.into_iter().map(|row| row.party).collect();
    task.recurrence = recurrence::of_task(session, taker);
    task.body = body::read(session, taker, props);
    task
}

/// Gives a task.
pub(super) fn write(
    session: &mut Writing<'_>,
    giver: &mut Giver,
    task: &Task,
    message: &mut Message,
) {
    giver.pour(task, TASK);
    giver.word(pid_lid::TASK_STATUS, STATUS, Some(&task.status));
    giver.word(pid_lid::TASK_OWNERSHIP, OWNERSHIP, Some(&task.ownership));
    giver.word(
        pid_lid::TASK_ACCEPTANCE_STATE,
        ACCEPTANCE,
        Some(&task.acceptance),
    );
    let hundredths = task.percent.and_then(|percent| i32::try_from(percent).ok());
    if let Some(hundredths) = hundredths {
        let told = giver.get(pid_lid::PERCENT_COMPLETE).and_then(whole_percent);
        // A fraction that was rounded is still there, raw.
        if told != Some(hundredths) {
            let share = Value::F64(f64::from(hundredths) / 100.0);
            giver.put(pid_lid::PERCENT_COMPLETE, share);
        }
    }
    let name = |party: &Option<Party>| party.as_ref().map(|own| own.name.clone());
    giver.text(pid_lid::TASK_OWNER, name(&task.owner).as_deref());
    giver.text(pid_lid::TASK_ASSIGNER, name(&task.assigner).as_deref());
    for assignee in &task.assignees {
        parties::write_recipient(session, message, assignee, 1, &[]);
    }
    recurrence::write_task(session, giver, task.recurrence.as_ref());
    body::write_title(giver, &task.subject);
    body::write(session, giver, &task.body);
    // Outlook keeps the dates a second time, for lists of things to do.
    for (expected, date) in [
        (pid_lid::COMMON_START, task.start),
        (pid_lid::COMMON_END, task.due),
    ] {
        if let Some(value) = date.and_then(midnight) {
            giver.expect(expected, value);
        }
    }
    giver.expect(pid_lid::TASK_COMPLETE, Value::Bool(task.complete));
    giver.expect(
        pid_lid::TASK_F_RECURRING,
        Value::Bool(task.recurrence.is_some()),
    );
    giver.expect(pid_lid::TASK_MODE, Value::I32(0));
    giver.expect(pid_lid::TASK_STATE, Value::I32(1));
}

/// `PidLidTaskStatus` (MS-OXOTASK 2.2.2.2.2).
const STATUS: &[(i64, TaskStatus)] = &[
    (0, TaskStatus::NotStarted),
    (1, TaskStatus::InProgress),
    (2, TaskStatus::Complete),
    (3, TaskStatus::WaitingOnOther),
    (4, TaskStatus::Deferred),
];

/// `PidLidTaskOwnership`.
const OWNERSHIP: &[(i64, Ownership)] = &[
    (0, Ownership::NotAssigned),
    (1, Ownership::AssignersCopy),
    (2, Ownership::AssigneesCopy),
];

/// `PidLidTaskAcceptanceState`.
const ACCEPTANCE: &[(i64, Acceptance)] = &[
    (0, Acceptance::NotAssigned),
    (1, Acceptance::Unknown),
    (2, Acceptance::Accepted),
    (3, Acceptance::Rejected),
];

/// `PidLidPercentComplete` is a double from 0 to 1.
fn percent(taker: &mut Taker<'_>) -> Option<i64> {
    let stored = taker.peek(pid_lid::PERCENT_COMPLETE)?;
    let whole = whole_percent(stored)?;
    if let Value::F64(stored) = stored
        && (f64::from(whole) / 100.0 - stored).abs() < 1e-9
    {
        taker.mark(pid_lid::PERCENT_COMPLETE);
    }
    Some(i64::from(whole))
}

/// The nearest hundredth of a double from 0 to 1.
fn whole_percent(stored: &Value) -> Option<i32> {
    let stored = match stored {
        Value::F64(stored) if stored.is_finite() => *stored,
        _ => return None,
    };
    // Comparing whole numbers finds the hundredth without a cast.
    (0..=100_i32).min_by(|a, b| {
        let off = |n: i32| (f64::from(n) / 100.0 - stored).abs();
        off(*a).total_cmp(&off(*b))
    })
}

/// A party of which only the name is known; the address book knew the rest.
fn named(name: Option<String>) -> Option<Party> {
    let name = name?;
    Some(parties::party(Some(name), None, None, None))
}
