//! How an item recurs, and where occurrences differ.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::meeting::BusyStatus;
use super::{Item, RawProperty};

/// A recurrence. Dates are those of the item's own time zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recurrence {
    /// Unit of repetition.
    pub frequency: Frequency,
    /// How many units from one occurrence to the next, from 1 up.
    pub interval: i64,
    /// Days of the week.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Weekday>,
    /// Days of the month, 1 to 31, or -1 for the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub month_days: Vec<i64>,
    /// Which of `days` or `month_days` in the month: 1 to 4, or -1 for the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// Month of the year, 1 to 12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<i64>,
    /// First day of the week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub week_start: Option<Weekday>,
    /// Whether the next task starts when the last is done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub regenerates: bool,
    /// Date of the first occurrence.
    pub start: Date,
    /// Date of the last occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Number of occurrences, when the user set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// Start of an occurrence, minutes after midnight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_minutes: Option<i64>,
    /// End of an occurrence, minutes after midnight of the day on which it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_minutes: Option<i64>,
    /// The same as an RRULE value of RFC 5545, when that can express it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Original dates of occurrences that were deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deleted: Vec<Date>,
    /// Occurrences that were changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
}

/// Unit of repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// Days.
    Daily,
    /// Weeks.
    Weekly,
    /// Months.
    Monthly,
    /// Years.
    Yearly,
    /// Hours.
    Hourly,
    /// Minutes.
    Minutely,
    /// Seconds.
    Secondly,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// An occurrence that differs. A field that is absent is as in the series. Times without zone are
/// those of the item's time zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exception {
    /// When it would have started.
    pub original: DateTime,
    /// When it starts.
    pub start: DateTime,
    /// When it ends.
    pub end: DateTime,
    /// The original start as an instant, when the zone is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_utc: Option<Timestamp>,
    /// The start as an instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_utc: Option<Timestamp>,
    /// The end as an instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_utc: Option<Timestamp>,
    /// Subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// How the time is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<BusyStatus>,
    /// Whether it takes whole days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_day: Option<bool>,
    /// `MeetingType`: the state flags of the occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting_type: Option<i64>,
    /// Colour label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<i64>,
    /// Whether it reminds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder_set: Option<bool>,
    /// Minutes before the start at which it reminds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder_minutes: Option<i64>,
    /// Whether it has attachments of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_attachments: Option<bool>,
    /// The occurrence in full, as Outlook embeds it: with its own body, attendees, attachments and
    /// raw properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurrence: Option<Box<Item>>,
    /// Properties of the attachment that embeds it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raw: Vec<RawProperty>,
}
