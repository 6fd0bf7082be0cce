//! An item as the bytes of a file that Outlook opens or imports.

use std::io::{self, Write};

use super::{Blobs, Given, csv, ical, mapi, mime, vcard};
use crate::csv::date::DateOrder;
use crate::csv::headings::{LANGUAGES, Language};
use crate::csv::write::{Charset, Form, Formulas};
use crate::finding::{Effect, Findings};
use crate::item::{Content, Item, Kind};
use crate::vcard::card::Version;

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// MSG, or OFT for a template: every kind.
    Message,
    /// A vCard.
    Card,
    /// An Internet message.
    Mail,
    /// iCalendar: several in a file, see [`write_calendar`].
    Calendar,
}

impl Shape {
    /// The format in which Outlook imports an item of a kind outside of a store: MSG where no
    /// other format carries the kind.
    #[must_use]
    pub fn of_kind(kind: Kind) -> Self {
        match kind {
            Kind::Contact => Self::Card,
            Kind::Meeting => Self::Calendar,
            Kind::Email => Self::Mail,
            // Outlook imports no lists from cards, and no tasks from calendars.
            Kind::DistributionList | Kind::Task | Kind::Note | Kind::Journal | Kind::Other => {
                Self::Message
            }
        }
    }

    /// The ending of its files.
    #[must_use]
    pub fn ending(self, item: &Item) -> &'static str {
        match self {
            Self::Message if item.template => "oft",
            Self::Message => "msg",
            Self::Card => "vcf",
            Self::Mail => "eml",
            Self::Calendar => "ics",
        }
    }
}

/// Writes an item; a calendar is one of this item alone.
///
/// # Errors
/// Those of writing.
///
/// # Findings
/// Those of the mapping and the writer.
pub fn write(
    item: &Item,
    blobs: &dyn Blobs,
    shape: Shape,
    heading: &ical::Heading,
    to: &mut dyn Write,
) -> io::Result<Findings> {
    match shape {
        Shape::Message => {
            let given = mapi::to_message_told(item, blobs);
            let mut findings = given.findings;
            findings.append(crate::msg::write::write(&given.value, to)?);
            Ok(findings)
        }
        Shape::Card => {
            let given = vcard::to_card(item, blobs, Version::Unknown);
            to.write_all(&given.value.to_bytes())?;
            Ok(given.findings)
        }
        Shape::Mail => match mime::to_mail(item, blobs) {
            Some(given) => {
                let mut findings = given.findings;
                for short in crate::mime::write::write(&given.value, to)? {
                    let detail = format!(
                        "{} of {} bytes could be had: {}",
                        short.got, short.size, short.error
                    );
                    findings.add("mapping.blob.unreadable", Effect::Lost, "part", detail);
                }
                Ok(findings)
            }
            None => write(item, blobs, Shape::Message, heading, to),
        },
        Shape::Calendar => write_calendar(&[(item, blobs)], heading, to),
    }
}

/// Writes meetings as one calendar.
///
/// # Errors
/// Those of writing.
///
/// # Findings
/// Those of the mapping.
pub fn write_calendar(
    all: &[(&Item, &dyn Blobs)],
    heading: &ical::Heading,
    to: &mut dyn Write,
) -> io::Result<Findings> {
    let given = ical::to_calendar(all, heading);
    to.write_all(&given.value.to_bytes())?;
    Ok(given.findings)
}

/// The tables of Outlook that items are rows of: contacts, single meetings, tasks. Times are UTC.
#[derive(Debug, Clone)]
pub struct Tables {
    language: &'static Language,
    clock: csv::Clock,
}

impl Tables {
    /// Tables with the headings of a language, by its English name, and its order of dates unless
    /// another is asked for.
    ///
    /// # Errors
    /// The names that there are, when there is no such language.
    pub fn new(language: &str, order: Option<DateOrder>) -> Result<Self, String> {
        let mut all = LANGUAGES.iter();
        let language = all.find(|own| own.name.eq_ignore_ascii_case(language));
        let language = language.ok_or_else(|| {
            let names: Vec<_> = LANGUAGES.iter().map(|own| own.name).collect();
            format!("one of {}", names.join(", "))
        })?;
        Ok(Self {
            language,
            clock: csv::Clock {
                order: order.unwrap_or(language.order),
                zone: jiff::tz::TimeZone::UTC,
                named: None,
            },
        })
    }

    fn form(&self, item: &Item) -> Option<Form> {
        Some(Form {
            kind: csv::kind_of(item)?,
            language: self.language,
            order: self.clock.order,
            charset: Charset::Utf8,
            formulas: Formulas::Guarded,
        })
    }

    /// The name of the table that an item is a row of; `None` when no table carries it, as none
    /// does a series.
    #[must_use]
    pub fn table(&self, item: &Item) -> Option<&'static str> {
        match &item.content {
            Content::Contact(_) => Some("Contacts"),
            Content::Meeting(meeting) if meeting.recurrence.is_none() => Some("Calendar"),
            Content::Task(task) if task.recurrence.is_none() => Some("Tasks"),
            _ => None,
        }
    }

    /// The first row of the table that an item is a row of.
    #[must_use]
    pub fn head(&self, item: &Item) -> Vec<u8> {
        let form = self.form(item);
        form.map(|form| form.head().0).unwrap_or_default()
    }

    /// The row of an item.
    ///
    /// # Findings
    /// Those of [`csv::to_row`].
    #[must_use]
    pub fn row(&self, item: &Item, blobs: &dyn Blobs) -> Given<Vec<u8>> {
        match self.form(item) {
            Some(form) => {
                let given = csv::to_row(item, blobs, &form, &self.clock);
                Given {
                    value: given.value.unwrap_or_default(),
                    findings: given.findings,
                }
            }
            None => Given {
                value: Vec::new(),
                findings: Findings::new(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_by_their_names() {
        assert!(Tables::new("german", None).is_ok());
        assert!(
            Tables::new("Klingon", None)
                .unwrap_err()
                .contains("English")
        );
    }
}
