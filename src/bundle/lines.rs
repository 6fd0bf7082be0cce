//! The check of entries that are lines of JSON, piece by piece as they are inflated.
//!
//! *Spec*: `formats/bundle.md`, sections 5 and 8.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use super::accounting::{Counted, Recount, id_key};
use super::entry_name::{EntryName, Stream};
use crate::canonical_json;
use crate::limits;

#[derive(Deserialize)]
struct RecordId<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

enum What {
    Records,
    Report,
    Other,
}

/// Checks lines as they come; the first fault is kept until the entry's hash has been found right.
pub(super) struct LineCheck {
    what: What,
    carry: Vec<u8>,
    number: u64,
    ids: Vec<u128>,
    report: Recount,
    fault: Option<(u64, String)>,
}

impl LineCheck {
    pub(super) fn new(name: &EntryName) -> Self {
        Self {
            what: match name {
                EntryName::Records { .. } => What::Records,
                EntryName::Stream(Stream::Report) => What::Report,
                _ => What::Other,
            },
            carry: Vec::new(),
            number: 0,
            ids: Vec::new(),
            report: Recount::default(),
            fault: None,
        }
    }

    /// Takes the next bytes.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        while self.fault.is_none() && !bytes.is_empty() {
            let Some(end) = bytes.iter().position(|b| *b == b'\n') else {
                self.carry.extend(bytes);
                if self.carry.len() > limits::BUNDLE_LINE_BYTES {
                    self.fault = Some((self.number.saturating_add(1), "is over 64 MiB".into()));
                }
                return;
            };
            let (line, rest) = bytes.split_at(end);
            bytes = rest.get(1..).unwrap_or_default();
            self.number = self.number.saturating_add(1);
            let checked = if self.carry.is_empty() {
                self.line(line)
            } else {
                let mut whole = std::mem::take(&mut self.carry);
                whole.extend(line);
                let checked = self.line(&whole);
                whole.clear();
                self.carry = whole;
                checked
            };
            if let Err(detail) = checked {
                self.fault = Some((self.number, detail));
            }
        }
    }

    fn line(&mut self, line: &[u8]) -> Result<(), String> {
        canonical_json::check(line).map_err(|error| error.to_string())?;
        if line.first() != Some(&b'{') {
            return Err("is not an object".into());
        }
        match self.what {
            What::Records => {
                let record: RecordId<'_> =
                    serde_json::from_slice(line).map_err(|error| error.to_string())?;
                self.ids.push(id_key(&record.id));
            }
            What::Report => {
                let report: Counted =
                    serde_json::from_slice(line).map_err(|error| error.to_string())?;
                self.report.line(&report)?;
            }
            What::Other => {}
        }
        Ok(())
    }

    /// At the end of the entry: the first fault with the number of its line, or the counts into
    /// `recount`.
    pub(super) fn finish(mut self, recount: &Mutex<Recount>) -> Result<(), (u64, String)> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        if !self.carry.is_empty() || self.number == 0 {
            let detail = "the entry does not end with a line".to_owned();
            return Err((self.number.saturating_add(1), detail));
        }
        let mut recount = recount.lock().unwrap_or_else(PoisonError::into_inner);
        for id in self.ids {
            recount.record_key(id);
        }
        recount.add(self.report);
        Ok(())
    }
}
