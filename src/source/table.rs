//! CSV tables as sources: each row an entry.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::csv::{Kind, Options, Table, TableError};
use crate::file_bytes::FileBytes;
use crate::finding::{Effect, Findings};
use crate::mapping::csv::{Clock, to_item};
use crate::mapping::{Context, Mapped, Zone};

use super::file::{Entries, ReadingOptions, Unreadable};

/// An open table, and how its times are read.
#[derive(Debug)]
struct Rows {
    table: Table,
    clock: Clock,
}

pub(super) fn open(
    bytes: FileBytes,
    options: &ReadingOptions,
) -> Result<Arc<dyn Entries>, Unreadable> {
    let own = Options {
        code_page: options.code_page,
        delimiter: options.delimiter,
        date_order: options.date_order,
    };
    let table = Table::open(bytes, &own).map_err(|error| match error {
        TableError::Unreadable(error) => Unreadable::from(error),
        TableError::NotOurs => Unreadable::new("source.table.unreadable", error.to_string()),
    })?;
    let zone = options.time_zone.as_ref();
    let clock = Clock {
        order: table.order(),
        zone: zone.map_or(TimeZone::UTC, |zone| zone.rules().clone()),
        named: zone.map(Zone::named),
    };
    Ok(Arc::new(Rows { table, clock }))
}

impl Entries for Rows {
    fn count(&self) -> u64 {
        self.table.len()
    }

    fn seen(&self) -> u64 {
        self.table.seen()
    }

    fn locator(&self, entry: u64) -> String {
        match self.table.line(entry) {
            Some(line) => format!("line {line}"),
            None => format!("row {entry}"),
        }
    }

    fn may_hold_contact(&self, _entry: u64) -> bool {
        self.table.kind() == Kind::Contacts
    }

    fn read(&self, entry: u64, context: &Context) -> Result<Vec<Mapped>, Unreadable> {
        let row = self.table.row(entry)?;
        let mut mapped = to_item(row, self.table.layout(), &self.clock, context);
        mapped.findings.set_part(&context.locator);
        Ok(vec![mapped])
    }

    fn findings(&self) -> Findings {
        let mut findings = self.table.findings().clone();
        let times = ["Start Time", "Reminder Time"];
        let zoneless = self.clock.named.is_none() && self.table.kind() != Kind::Contacts;
        if zoneless && !self.table.is_empty() && times.iter().any(|column| self.table.has(column)) {
            let detail = "the file does not say in which time zone its times are; they were taken \
                          as UTC: name the zone by --time-zone, for example Europe/Berlin";
            findings.add("csv.time.no-zone", Effect::Altered, "", detail);
        }
        findings
    }
}
