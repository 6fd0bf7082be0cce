//! Appointments and meetings.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Body, Party, Recurrence, Role};

/// An appointment, a meeting, or what a meeting message says of one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Meeting {
    /// Subject.
    pub subject: String,
    /// Place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Start, of the first occurrence if it recurs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// End, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// Whether it takes whole days.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all_day: bool,
    /// First day, of an all-day event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Date>,
    /// The day after the last, of an all-day event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<Date>,
    /// Zone of the start, and of the recurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    /// Zone of the end, when it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time_zone: Option<TimeZone>,
    /// Who organises it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organizer: Option<Party>,
    /// Who is invited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attendees: Vec<Attendee>,
    /// The answer of the owner of the calendar.
    #[serde(default, skip_serializing_if = "Response::is_default")]
    pub response: Response,
    /// When the owner answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replied: Option<Timestamp>,
    /// Who answered for the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replied_by: Option<String>,
    /// What sort of event it is.
    #[serde(default, skip_serializing_if = "MeetingState::is_default")]
    pub state: MeetingState,
    /// How it recurs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<Recurrence>,
    /// The recurrence in words, as Outlook wrote them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrence_text: Option<String>,
    /// How the time is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<BusyStatus>,
    /// How the organiser wants it shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intended_busy: Option<BusyStatus>,
    /// Colour label, 0 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<i64>,
    /// `PidLidGlobalObjectId`, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// `PidLidCleanGlobalObjectId`, hex: the same for all occurrences of a series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series_uid: Option<String>,
    /// Of a single occurrence: the date that it has in its series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_date: Option<Date>,
    /// Of a single occurrence: when it would have started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_start: Option<Timestamp>,
    /// How often it was revised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<i64>,
    /// How to join online.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<OnlineMeeting>,
    /// Another time that an attendee proposes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
    /// How many attendees proposed another time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposals: Option<i64>,
    /// Whether the organiser takes no proposals.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forbids_proposals: bool,
    /// In an update: the place until now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_location: Option<String>,
    /// In an update: the start until now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_start: Option<Timestamp>,
    /// In an update: the end until now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_end: Option<Timestamp>,
    /// Text.
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub body: Body,
}

/// Someone invited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendee {
    /// Name and address.
    #[serde(flatten)]
    pub party: Party,
    /// In what part.
    pub kind: AttendeeKind,
    /// The answer.
    #[serde(default, skip_serializing_if = "Response::is_default")]
    pub response: Response,
    /// When the answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replied: Option<Timestamp>,
    /// Another time that the attendee proposes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
}

/// In what part someone is invited.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum AttendeeKind {
    /// Must attend.
    #[default]
    Required,
    /// May attend.
    Optional,
    /// Room or equipment.
    Resource,
}

impl AttendeeKind {
    /// Whether it is the default, which records leave out.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// An answer to an invitation (`PidLidResponseStatus`, MS-OXOCAL 2.2.1.11).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// None is needed: not a meeting.
    #[default]
    None,
    /// Is the organiser.
    Organizer,
    /// Tentatively accepted.
    Tentative,
    /// Accepted.
    Accepted,
    /// Declined.
    Declined,
    /// Not answered yet.
    NotResponded,
}

impl Response {
    /// Whether it is the default, which records leave out.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// `PidLidAppointmentStateFlags` (MS-OXOCAL 2.2.1.10).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeetingState {
    /// There are attendees.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub meeting: bool,
    /// It came from someone else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub received: bool,
    /// It was cancelled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
}

impl MeetingState {
    /// Whether nothing is set.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How time is shown to others (MS-OXOCAL 2.2.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BusyStatus {
    /// Free.
    Free,
    /// Tentative.
    Tentative,
    /// Busy.
    Busy,
    /// Out of office.
    OutOfOffice,
    /// Working elsewhere.
    WorkingElsewhere,
}

/// A time zone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeZone {
    /// Key name of Windows: `W. Europe Standard Time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windows: Option<String>,
    /// Name in the IANA database, when it could be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iana: Option<String>,
    /// Words that Outlook shows for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl TimeZone {
    /// Whether nothing is set.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How to join online.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlineMeeting {
    /// Address to join by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// `PidLidConferencingType`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<i64>,
    /// `PidLidOrganizerAlias`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organizer: Option<String>,
    /// `PidLidDirectory`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// `PidLidCollaborateDoc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// `PidLidNetShowUrl`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_url: Option<String>,
    /// `PidLidOnlinePassword`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// `PidLidMeetingWorkspaceUrl`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_url: Option<String>,
}

impl OnlineMeeting {
    /// Whether nothing is set.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A time proposed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// End.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
}

impl Meeting {
    /// Everyone who takes part.
    pub(super) fn parties(&self) -> Vec<(Role, &Party)> {
        let organizer = self.organizer.iter().map(|party| (Role::Organizer, party));
        let attendees = self
            .attendees
            .iter()
            .map(|attendee| (Role::Attendee, &attendee.party));
        organizer.chain(attendees).collect()
    }
}
