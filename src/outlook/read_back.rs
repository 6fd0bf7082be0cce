//! What was written, read again and compared, before it has its name: by our own reader in all
//! that it holds, and by another as far as that one goes.

use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::Serialize;
use thiserror::Error;

use crate::file_bytes::FileBytes;
use crate::mapi::Message;
use crate::pst::check::{GoOn, Severity, check};
use crate::pst::ndb::database::DatabaseError;
use crate::pst::write::difference;
use crate::pst::{OpenError, ReadError, ReadOptions, Store};

use super::second_reader::{Said, SecondReader};
use super::stores::Closed;

/// A comparison that goes message by message, in the order in which they were written.
#[derive(Debug)]
pub struct ReadBack<'a> {
    closed: &'a Closed,
    stores: Vec<(Store, Result<SecondReader, String>)>,
    next: usize,
    unread: u64,
}

/// Why what was written is not what was to be written. It is a fault of airbridge or of the disk.
#[derive(Debug, Error)]
pub enum ReadBackError {
    /// A store cannot be opened.
    #[error("what was written cannot be opened: {0}")]
    Open(#[from] OpenError),
    /// A store breaks a rule.
    #[error("{path}: what was written is not sound: {breach}", path = path.display())]
    Unsound {
        /// The store.
        path: PathBuf,
        /// The first rule that is broken, and where.
        breach: String,
    },
    /// A message cannot be read.
    #[error("{what}: what was written cannot be read: {error}")]
    Read {
        /// The item, as a person knows it.
        what: String,
        /// Why.
        error: ReadError,
    },
    /// The bytes of a message cannot be read.
    #[error("{what}: what was written cannot be read: {error}")]
    Bytes {
        /// The item, as a person knows it.
        what: String,
        /// Why.
        error: io::Error,
    },
    /// A message differs.
    #[error("{what}: reading it back gives something else: {difference}")]
    Differs {
        /// The item, as a person knows it.
        what: String,
        /// What differs, and for whom.
        difference: String,
    },
    /// There are more messages than were written, or fewer.
    #[error("{path} has {found} messages, and {written} were written", path = path.display())]
    Count {
        /// The store.
        path: PathBuf,
        /// Messages in it.
        found: u64,
        /// Messages written.
        written: u64,
    },
}

/// What was read back and found equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Odd {
    /// Messages compared by our own reader.
    pub compared: u64,
    /// Of those, messages of which the second reader could say nothing.
    #[serde(rename = "unread_by_outlook_pst")]
    pub unread: u64,
}

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} read back and equal", self.compared)?;
        match self.unread {
            0 => Ok(()),
            unread => write!(
                f,
                ", {unread} of them not by outlook-pst, which cannot read them"
            ),
        }
    }
}

impl<'a> ReadBack<'a> {
    /// Checks what was written by every rule of stores, opens it, and counts. `go_on` may stop it.
    ///
    /// # Errors
    /// When a store is not sound, cannot be opened, or has not as many messages as were written.
    pub fn new(closed: &'a Closed, go_on: GoOn<'_>) -> Result<Self, ReadBackError> {
        let mut stores = Vec::new();
        for (index, one) in closed.stores.iter().enumerate() {
            let path = one.path().to_owned();
            let file = FileBytes::open(one.partial()).map_err(DatabaseError::from);
            let report = file.and_then(|file| check(&file, go_on));
            let report = report.map_err(|reason| {
                ReadBackError::Open(OpenError {
                    file: path.display().to_string(),
                    reason,
                })
            })?;
            if let Some(breach) = report
                .iter()
                .find(|one| one.rule.severity == Severity::Error)
            {
                let breach = breach.to_string();
                return Err(ReadBackError::Unsound { path, breach });
            }
            let store = Store::open(one.partial(), &ReadOptions::default())?;
            let counts = store.scan_messages();
            let found = counts.normal.saturating_add(counts.associated);
            let own = closed.written.iter();
            let written = own
                .filter(|place| usize::from(place.store) == index)
                .count();
            let written = u64::try_from(written).unwrap_or(u64::MAX);
            if found != written {
                return Err(ReadBackError::Count {
                    path: one.path().to_owned(),
                    found,
                    written,
                });
            }
            stores.push((store, SecondReader::open(one.partial())));
        }
        Ok(Self {
            closed,
            stores,
            next: 0,
            unread: 0,
        })
    }

    /// Compares the next message with what was written; `what` names it for people.
    ///
    /// # Errors
    /// When they differ, or it cannot be read.
    pub fn compare(
        &mut self,
        message: &Message,
        what: impl FnOnce() -> String,
    ) -> Result<(), ReadBackError> {
        let place = self.closed.written.get(self.next);
        self.next = self.next.saturating_add(1);
        let place = place.and_then(|place| {
            let (store, second) = self.stores.get(usize::from(place.store))?;
            Some((store, second, place.nid, place.whole))
        });
        let Some((store, second, nid, whole)) = place else {
            let difference = "it is not there".to_owned();
            let what = what();
            return Err(ReadBackError::Differs { what, difference });
        };
        let read = match store.read_message(nid) {
            Ok((read, _)) => read,
            Err(error) => {
                return Err(ReadBackError::Read {
                    what: what(),
                    error,
                });
            }
        };
        match difference(message, &read) {
            Ok(None) => {}
            Ok(Some(_)) if !whole => {}
            Ok(Some(difference)) => {
                return Err(ReadBackError::Differs {
                    what: what(),
                    difference,
                });
            }
            Err(error) => {
                return Err(ReadBackError::Bytes {
                    what: what(),
                    error,
                });
            }
        }
        let said = match second {
            Ok(second) => second.compare(nid, &read),
            Err(error) => Said::Nothing(error.clone()),
        };
        match said {
            Said::Same => Ok(()),
            Said::Nothing(_) => {
                self.unread = self.unread.saturating_add(1);
                Ok(())
            }
            Said::Differs(difference) => Err(ReadBackError::Differs {
                what: what(),
                difference: format!("another reader (outlook-pst) finds {difference}"),
            }),
        }
    }

    /// Ends the comparison.
    ///
    /// # Errors
    /// When a message that was written was not compared.
    pub fn finish(self) -> Result<Odd, ReadBackError> {
        if self.next != self.closed.written.len() {
            return Err(ReadBackError::Differs {
                what: format!("message {}", self.next),
                difference: "it was not read back".to_owned(),
            });
        }
        Ok(Odd {
            compared: u64::try_from(self.next).unwrap_or(u64::MAX),
            unread: self.unread,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_second_reader_could_not_read_is_told() {
        let told = |compared, unread| Odd { compared, unread }.to_string();
        assert_eq!(told(3, 0), "3 read back and equal");
        assert!(told(3, 1).contains("1 of them not by outlook-pst"));
        let json = serde_json::to_value(Odd {
            compared: 3,
            unread: 1,
        });
        let wanted = serde_json::json!({"compared": 3, "unread_by_outlook_pst": 1});
        assert_eq!(json.unwrap(), wanted);
    }
}
