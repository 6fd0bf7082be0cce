//! Tasks.

use super::fields::{self, Field, Taker};
use super::giver::Giver;
use super::{Common, Session, clock, meeting};
use crate::csv::words;
use crate::item::Task;
use crate::item::task::TaskStatus;

/// Rows of a task.
pub(super) static TASK: &[Field<Task>] = &[
    Field::hand("Subject", "subject", "kept"),
    Field::hand("Start Date", "start", DAY),
    Field::hand("Due Date", "due", DAY),
    Field::hand("Date Completed", "completed", DAY),
    Field::hand("Reminder On/Off", "reminder.set", "kept; false is left out"),
    Field::hand("Reminder Date", "reminder.signal", REMINDER),
    Field::hand("Reminder Time", "reminder.signal", REMINDER),
    Field::hand("Status", "status", "kept as a word; other words stay raw"),
    Field::hand(
        "% Complete",
        "percent",
        "kept; a part of 1 is that of 100; what is no number stays raw",
    ),
    Field::hand("Total Work", "total_minutes", MINUTES),
    Field::hand("Actual Work", "actual_minutes", MINUTES),
    Field::text("Billing Information", "billing", |t| &mut t.billing),
    Field::text("Mileage", "mileage", |t| &mut t.mileage),
    Field::text("Role", "role", |t| &mut t.role),
    Field::hand(
        "Contacts",
        "outlook_links.names[]",
        "kept as a list, split at `;`",
    ),
    Field::hand(
        "Companies",
        "outlook_links.companies[]",
        "kept as a list, split at `;`",
    ),
    Field::hand("Notes", "body.plain", "kept; over 32 KiB as a blob"),
];

const DAY: &str = "kept as a date; zeros are left out; a time other than midnight stays raw";
const REMINDER: &str = "kept when the reminder is on; else raw";
const MINUTES: &str = "kept as minutes; 0 is left out; what is no number stays raw";

/// Takes a task.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>, common: &mut Common) -> Task {
    let mut task = Task {
        subject: taker.text("Subject").unwrap_or_default(),
        ..Task::default()
    };
    taker.fill(&mut task, TASK);
    task.start = clock::date(session, taker, "Start Date");
    task.due = clock::date(session, taker, "Due Date");
    task.completed = clock::date(session, taker, "Date Completed");
    task.status = match fields::word(session, taker, "Status", words::status) {
        None | Some(words::Status::NotStarted) => TaskStatus::NotStarted,
        Some(words::Status::InProgress) => TaskStatus::InProgress,
        Some(words::Status::Complete) => TaskStatus::Complete,
        Some(words::Status::Waiting) => TaskStatus::WaitingOnOther,
        Some(words::Status::Deferred) => TaskStatus::Deferred,
    };
    let done = task.status == TaskStatus::Complete || task.completed.is_some();
    task.percent = percent(taker, done);
    task.complete = done || task.percent == Some(100);
    task.total_minutes = fields::number(taker, "Total Work").filter(|minutes| *minutes != 0);
    task.actual_minutes = fields::number(taker, "Actual Work").filter(|minutes| *minutes != 0);
    common.reminder = meeting::reminder(session, taker, "Reminder On/Off");
    links(session, taker, common);
    let body = taker.whole("Notes");
    task.body = session.body(body);
    task
}

/// Takes the contacts and companies that the user named.
pub(super) fn links(session: &mut Session<'_>, taker: &mut Taker<'_>, common: &mut Common) {
    let names = taker.listed(session, "Contacts");
    common.links.names = fields::list(names, &[';']);
    let companies = taker.listed(session, "Companies");
    common.links.companies = fields::list(companies, &[';']);
}

/// `50`, `50%`, `0.5`, `0,5`; and `1` of a task that is done.
fn percent(taker: &mut Taker<'_>, done: bool) -> Option<i64> {
    let text = taker.peek("% Complete")?;
    let digits = text.trim_end_matches(['%', ' ', '\u{a0}']);
    let percent = match digits.split_once(['.', ',']) {
        None => match digits.parse().ok()? {
            1 if done && digits == text => 100,
            whole => whole,
        },
        Some((whole, part)) => {
            let whole: i64 = whole.parse().ok()?;
            let hundredths: i64 = format!("{part:0<2}").get(..2)?.parse().ok()?;
            if digits == text && (whole == 0 || (whole == 1 && hundredths == 0)) {
                whole.checked_mul(100)?.checked_add(hundredths)?
            } else {
                whole
            }
        }
    };
    if !(0..=100).contains(&percent) {
        return None;
    }
    taker.mark("% Complete");
    Some(percent)
}

/// Gives a task.
pub(super) fn write(giver: &mut Giver<'_>, task: &Task) {
    giver.set("Subject", &task.subject);
    giver.pour(task, TASK);
    giver.day("Start Date", task.start);
    giver.day("Due Date", task.due);
    giver.day("Date Completed", task.completed);
    let status = match task.status {
        TaskStatus::NotStarted => words::Status::NotStarted,
        TaskStatus::InProgress => words::Status::InProgress,
        TaskStatus::Complete => words::Status::Complete,
        TaskStatus::WaitingOnOther => words::Status::Waiting,
        TaskStatus::Deferred => words::Status::Deferred,
    };
    giver.set("Status", giver.words.status(status));
    let number = |number: Option<i64>| number.map(|own| own.to_string()).unwrap_or_default();
    let percent = task.percent.map(|own| format!("{own}%"));
    giver.set("% Complete", &percent.unwrap_or_default());
    giver.set("Total Work", &number(task.total_minutes));
    giver.set("Actual Work", &number(task.actual_minutes));
    giver.body("Notes", &task.body);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv::Layout;

    #[test]
    fn percents_of_every_shape() {
        let headings = ["Subject", "Due Date", "% Complete"].map(str::to_owned);
        let layout = Layout::of(&headings).unwrap();
        let read = |text: &str, done| {
            let cells = ["a".to_owned(), String::new(), text.to_owned()];
            percent(&mut Taker::new(&layout, &cells), done)
        };
        assert_eq!(read("50", false), Some(50));
        assert_eq!(read("50%", false), Some(50));
        assert_eq!(read("50 %", false), Some(50));
        assert_eq!(read("0.5", false), Some(50));
        assert_eq!(read("0,75", false), Some(75));
        assert_eq!(read("1", true), Some(100));
        assert_eq!(read("1", false), Some(1));
        assert_eq!(read("12.5%", false), Some(12));
        assert_eq!(read("120", false), None);
        assert_eq!(read("half", false), None);
    }
}
