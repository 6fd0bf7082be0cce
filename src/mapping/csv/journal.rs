//! Journal entries.

use super::clock;
use super::fields::{self, Field, Taker};
use super::{Common, Session, task};
use crate::item::Journal;

/// Rows of a journal entry.
pub(super) static JOURNAL: &[Field<Journal>] = &[
    Field::hand("Subject", "subject", "kept"),
    Field::text("Entry Type", "activity", |j| &mut j.activity),
    Field::hand("Start Date", "start", LOCAL),
    Field::hand("Start Time", "start", LOCAL),
    Field::hand("End Date", "end", LOCAL),
    Field::hand("End Time", "end", LOCAL),
    Field::hand(
        "Duration",
        "minutes",
        "kept as minutes; what is no number stays raw",
    ),
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

const LOCAL: &str = "kept as an instant of the zone that `--time-zone` names, else of UTC";

/// Takes a journal entry.
pub(super) fn read(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    common: &mut Common,
) -> Journal {
    let mut entry = Journal {
        subject: taker.text("Subject").unwrap_or_default(),
        ..Journal::default()
    };
    taker.fill(&mut entry, JOURNAL);
    let start = clock::moment(session, taker, "Start Date", "Start Time");
    entry.start = start.and_then(|start| start.instant(session.clock));
    let end = clock::moment(session, taker, "End Date", "End Time");
    entry.end = end.and_then(|end| end.instant(session.clock));
    entry.minutes = fields::number(taker, "Duration");
    task::links(session, taker, common);
    let body = taker.whole("Notes");
    entry.body = session.body(body);
    entry
}
