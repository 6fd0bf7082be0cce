//! Tasks.

use super::fields::{Field, Slot, Taker};
use super::{Session, message, recurrence, value};
use crate::item::Task;
use crate::item::task::TaskStatus;

/// Rows of a task.
pub(super) static TASK: &[Field<Task>] = &[
    Field::new(
        "OPFTaskCopyName",
        "subject",
        Slot::Title(|t| &mut t.subject),
    ),
    Field::new(
        "OPFTaskCopyStartDateTime",
        "start",
        Slot::Day(|t| &mut t.start),
    ),
    Field::new("OPFTaskCopyStartDate", "start", Slot::Day(|t| &mut t.start)),
    Field::new("OPFTaskCopyDueDateTime", "due", Slot::Day(|t| &mut t.due)),
    Field::new("OPFTaskCopyDueDate", "due", Slot::Day(|t| &mut t.due)),
    Field::new(
        "OPFTaskCopyCompletedDateTime",
        "completed",
        Slot::Day(|t| &mut t.completed),
    ),
    Field::new(
        "OPFTaskCopyReminderTime",
        "reminder.due",
        Slot::Hand("kept; one without a zone is in UTC; then `set` too"),
    ),
    Field::new(
        "OPFTaskCopyRecurrence",
        "recurrence",
        Slot::Hand("read into words; also raw"),
    ),
    Field::new(
        "OPFTaskCopyNotePlain",
        "body.plain",
        Slot::Hand("kept; over 32 KiB as a blob"),
    ),
    Field::new("OPFTaskCopyNote", "body.html", Slot::Hand(message::HTML)),
];

/// Takes a task. One that has a time of completion is complete; nothing else tells its status.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Task {
    let mut task = Task::default();
    let completed = taker.peek_text("OPFTaskCopyCompletedDateTime");
    task.complete = completed.and_then(value::time).is_some();
    taker.fill(&mut task, TASK);
    if task.complete {
        task.status = TaskStatus::Complete;
        task.percent = Some(100);
    }
    task.recurrence = recurrence::read(session, taker, "OPFTaskCopyRecurrence", |instant| {
        value::day(&instant.to_string()).map(|(day, _)| day)
    });
    task.body = message::body(session, taker, "OPFTaskCopyNotePlain", "OPFTaskCopyNote");
    task
}
