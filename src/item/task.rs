//! Tasks.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Body, Party, Recurrence, Role};

/// A task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Subject.
    pub subject: String,
    /// When it should start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Date>,
    /// When it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<Date>,
    /// How far it is.
    #[serde(default, skip_serializing_if = "TaskStatus::is_default")]
    pub status: TaskStatus,
    /// Percent done, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<i64>,
    /// Whether it is done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub complete: bool,
    /// Who has to do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Party>,
    /// Who assigned it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigner: Option<Party>,
    /// Who assigned it last, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegator: Option<String>,
    /// Who changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_user: Option<String>,
    /// Whom it was sent to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignees: Vec<Party>,
    /// Whose the copy is.
    #[serde(default, skip_serializing_if = "Ownership::is_default")]
    pub ownership: Ownership,
    /// Answer to the assignment.
    #[serde(default, skip_serializing_if = "Acceptance::is_default")]
    pub acceptance: Acceptance,
    /// When it was assigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned: Option<Timestamp>,
    /// What happened last (`PidLidTaskHistory`), 0 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<i64>,
    /// How often it was revised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Whether it is a task of several.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub team: bool,
    /// Whether the assigner wants updates.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub updates: bool,
    /// Whether the assigner wants a report when it is done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub status_on_complete: bool,
    /// How it recurs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<Recurrence>,
    /// Whether this is the last of a series (`PidLidTaskDeadOccurrence` or `PidLidTaskFRecurring`
    /// off).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_more_occurrences: bool,
    /// Work done, minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual_minutes: Option<i64>,
    /// Work planned, minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_minutes: Option<i64>,
    /// Mileage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mileage: Option<String>,
    /// Billing information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<String>,
    /// Role (`PidLidTaskRole`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Place in the list (`PidLidTaskOrdinal`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<i64>,
    /// `PidLidTaskGlobalId`, hex: the same for both sides of an assigned task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global_id: Option<String>,
    /// Text.
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub body: Body,
}

/// `PidLidTaskStatus` (MS-OXOTASK 2.2.2.2.2).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Not started.
    #[default]
    NotStarted,
    /// In progress.
    InProgress,
    /// Complete.
    Complete,
    /// Waiting on someone else.
    WaitingOnOther,
    /// Deferred.
    Deferred,
}

impl TaskStatus {
    /// Whether it is the default, which records leave out.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// `PidLidTaskOwnership` (MS-OXOTASK 2.2.2.2.29).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Ownership {
    /// Not assigned.
    #[default]
    NotAssigned,
    /// The assigner's copy.
    AssignersCopy,
    /// The assignee's copy.
    AssigneesCopy,
}

impl Ownership {
    /// Whether it is the default, which records leave out.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// `PidLidTaskAcceptanceState` (MS-OXOTASK 2.2.2.2.30).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Acceptance {
    /// Not assigned.
    #[default]
    NotAssigned,
    /// Not known.
    Unknown,
    /// Accepted.
    Accepted,
    /// Rejected.
    Rejected,
}

impl Acceptance {
    /// Whether it is the default, which records leave out.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Task {
    /// Everyone who takes part.
    pub(super) fn parties(&self) -> Vec<(Role, &Party)> {
        let owner = self.owner.iter().map(|party| (Role::Owner, party));
        let assigner = self.assigner.iter().map(|party| (Role::Assigner, party));
        let assignees = self.assignees.iter().map(|party| (Role::Owner, party));
        owner.chain(assigner).chain(assignees).collect()
    }
}
