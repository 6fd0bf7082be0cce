//! Tasks.
//!
//! *Spec*: MS-OXOTASK 2.2.2.
//!
//! *Seen in the wild*: percentages that are not whole, which are rounded and also kept raw; dates
//! with a time of day, which stay raw.

use super::fields::{Field, Slot};
use super::parties;
use super::taker::Taker;
use super::{Parts, Session, body, recurrence};
use crate::item::task::{Acceptance, Ownership, TaskStatus};
use crate::item::{Party, Task};
use crate::mapi::{PropertyBag, Value, pid_lid};

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
    task.status = taker
        .choice(pid_lid::TASK_STATUS, status)
        .unwrap_or_default();
    task.percent = percent(taker);
    task.ownership = taker
        .choice(pid_lid::TASK_OWNERSHIP, |number| match number {
            0 => Some(Ownership::NotAssigned),
            1 => Some(Ownership::AssignersCopy),
            2 => Some(Ownership::AssigneesCopy),
            _ => None,
        })
        .unwrap_or_default();
    task.acceptance = taker
        .choice(pid_lid::TASK_ACCEPTANCE_STATE, |number| match number {
            0 => Some(Acceptance::NotAssigned),
            1 => Some(Acceptance::Unknown),
            2 => Some(Acceptance::Accepted),
            3 => Some(Acceptance::Rejected),
            _ => None,
        })
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

/// `PidLidTaskStatus` (MS-OXOTASK 2.2.2.2.2).
fn status(number: i64) -> Option<TaskStatus> {
    Some(match number {
        0 => TaskStatus::NotStarted,
        1 => TaskStatus::InProgress,
        2 => TaskStatus::Complete,
        3 => TaskStatus::WaitingOnOther,
        4 => TaskStatus::Deferred,
        _ => return None,
    })
}

/// `PidLidPercentComplete` is a double from 0 to 1.
fn percent(taker: &mut Taker<'_>) -> Option<i64> {
    let stored = match taker.peek(pid_lid::PERCENT_COMPLETE)? {
        Value::F64(stored) => *stored,
        _ => return None,
    };
    // Comparing whole numbers finds the hundredth without a cast; NaN finds none.
    let whole = (0..=100_i32).min_by(|a, b| {
        let off = |n: i32| (f64::from(n) / 100.0 - stored).abs();
        off(*a).total_cmp(&off(*b))
    })?;
    if !stored.is_finite() {
        return None;
    }
    if (f64::from(whole) / 100.0 - stored).abs() < 1e-9 {
        taker.mark(pid_lid::PERCENT_COMPLETE);
    }
    Some(i64::from(whole))
}

/// A party of which only the name is known; the address book knew the rest.
fn named(name: Option<String>) -> Option<Party> {
    let name = name?;
    Some(parties::party(Some(name), None, None, None))
}
