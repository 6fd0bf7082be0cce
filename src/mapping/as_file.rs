//! An item as the bytes of a file that Outlook opens or imports.

use std::io::{self, Write};

use super::{Blobs, ical, mapi, mime, vcard};
use crate::finding::{Effect, Findings};
use crate::item::{Item, Kind};
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
