//! `AppointmentRecurrencePattern`: a recurrence pattern, the time of day, and the occurrences
//! changed.
//!
//! *Spec*: MS-OXOCAL 2.2.1.44.2 to 2.2.1.44.5 (`PidLidAppointmentRecur`).
//!
//! *Shape*:
//!
//! | field | size |
//! |---|---|
//! | RecurrencePattern | variable |
//! | ReaderVersion2 0x3006, WriterVersion2 0x3006 to 0x3009 | 4, 4 |
//! | StartTimeOffset, EndTimeOffset: minutes after midnight | 4, 4 |
//! | ExceptionCount | 2 |
//! | ExceptionInfo: start, end, original start, OverrideFlags, what the flags say | variable |
//! | ReservedBlock1 | 4 + n |
//! | ExtendedException, one per ExceptionInfo | variable |
//! | ReservedBlock2 | 4 + n |
//!
//! *Invariants*: what is read is written back byte for byte, bytes after the structure included.
//! Text stays in bytes, since the code page of the first copy is the item's; the second is
//! UTF-16LE.
//!
//! *Seen in the wild*: remains of an earlier, longer value after the structure
//! (`mapi.recur.remains`).

use crate::bytes::{Cursor, Truncated};
use crate::finding::{Effect, Findings};

use super::blob::BlobError;
use super::codepage;
use super::recurrence::{Minutes, RecurrencePattern};

const WHAT: &str = "AppointmentRecurrencePattern";

/// `OverrideFlags`: what an occurrence has of its own.
pub mod overrides {
    /// ARO_SUBJECT.
    pub const SUBJECT: u16 = 0x0001;
    /// ARO_MEETINGTYPE.
    pub const MEETING_TYPE: u16 = 0x0002;
    /// ARO_REMINDERDELTA.
    pub const REMINDER_DELTA: u16 = 0x0004;
    /// ARO_REMINDER.
    pub const REMINDER: u16 = 0x0008;
    /// ARO_LOCATION.
    pub const LOCATION: u16 = 0x0010;
    /// ARO_BUSYSTATUS.
    pub const BUSY_STATUS: u16 = 0x0020;
    /// ARO_ATTACHMENT.
    pub const ATTACHMENT: u16 = 0x0040;
    /// ARO_SUBTYPE.
    pub const SUB_TYPE: u16 = 0x0080;
    /// ARO_APPTCOLOR.
    pub const COLOR: u16 = 0x0100;
    /// ARO_EXCEPTIONAL_BODY: the body is in the embedded message.
    pub const BODY: u16 = 0x0200;
}

/// `ExceptionInfo`: one changed occurrence, and its `ExtendedException`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// StartDateTime.
    pub start: Minutes,
    /// EndDateTime.
    pub end: Minutes,
    /// OriginalStartTime.
    pub original_start: Minutes,
    /// OverrideFlags, as stored. A field below is there exactly when its flag is set.
    pub flags: u16,
    /// Subject, in the item's code page.
    pub subject: Option<Vec<u8>>,
    /// MeetingType, as `PidLidAppointmentStateFlags`.
    pub meeting_type: Option<u32>,
    /// ReminderDelta, minutes.
    pub reminder_delta: Option<u32>,
    /// ReminderSet.
    pub reminder_set: Option<u32>,
    /// Location, in the item's code page.
    pub location: Option<Vec<u8>>,
    /// BusyStatus, as `PidLidBusyStatus`.
    pub busy_status: Option<u32>,
    /// Attachment: 1 when the embedded message has attachments.
    pub attachment: Option<u32>,
    /// SubType: 1 for an all-day event.
    pub sub_type: Option<u32>,
    /// AppointmentColor.
    pub color: Option<u32>,
    /// The `ExtendedException`; `None` where the bytes end before it.
    pub extended: Option<ExtendedException>,
}

/// `ExtendedException`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExtendedException {
    /// ChangeHighlight, from WriterVersion2 0x3009: its value, then what is reserved. Fewer than
    /// four bytes are kept as they are.
    pub change_highlight: Option<Vec<u8>>,
    /// ReservedBlockEE1.
    pub reserved1: Vec<u8>,
    /// What follows when subject or location is overridden.
    pub text: Option<ExtendedText>,
}

/// The second half of an `ExtendedException`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendedText {
    /// StartDateTime.
    pub start: Minutes,
    /// EndDateTime.
    pub end: Minutes,
    /// OriginalStartDate.
    pub original_start: Minutes,
    /// WideCharSubject, UTF-16LE.
    pub subject: Option<Vec<u8>>,
    /// WideCharLocation, UTF-16LE.
    pub location: Option<Vec<u8>>,
    /// ReservedBlockEE2.
    pub reserved2: Vec<u8>,
}

impl Exception {
    /// The subject of this occurrence, if it has its own: the Unicode copy, or else the other in
    /// the code page of the item.
    #[must_use]
    pub fn subject_text(&self, code_page: u16) -> Option<String> {
        let wide = self.wide().and_then(|text| text.subject.as_deref());
        text_of(wide, self.subject.as_deref(), code_page)
    }

    /// The location of this occurrence, if it has its own, as [`Self::subject_text`].
    #[must_use]
    pub fn location_text(&self, code_page: u16) -> Option<String> {
        let wide = self.wide().and_then(|text| text.location.as_deref());
        text_of(wide, self.location.as_deref(), code_page)
    }

    fn wide(&self) -> Option<&ExtendedText> {
        self.extended.as_ref()?.text.as_ref()
    }

    fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    fn read(from: &mut Cursor<'_>) -> Result<Self, Truncated> {
        let (start, end) = (Minutes(from.u32()?), Minutes(from.u32()?));
        let original_start = Minutes(from.u32()?);
        let flags = from.u16()?;
        let has = |flag| flags & flag != 0;
        let number = |from: &mut Cursor<'_>, flag| has(flag).then(|| from.u32()).transpose();
        let text = |from: &mut Cursor<'_>, flag| {
            has(flag)
                .then(|| {
                    // The first length counts a terminator that is not there.
                    let _with_terminator = from.u16()?;
                    let length = from.u16()?;
                    from.take(length.into()).map(<[u8]>::to_vec)
                })
                .transpose()
        };
        Ok(Self {
            start,
            end,
            original_start,
            flags,
            subject: text(from, overrides::SUBJECT)?,
            meeting_type: number(from, overrides::MEETING_TYPE)?,
            reminder_delta: number(from, overrides::REMINDER_DELTA)?,
            reminder_set: number(from, overrides::REMINDER)?,
            location: text(from, overrides::LOCATION)?,
            busy_status: number(from, overrides::BUSY_STATUS)?,
            attachment: number(from, overrides::ATTACHMENT)?,
            sub_type: number(from, overrides::SUB_TYPE)?,
            color: number(from, overrides::COLOR)?,
            extended: None,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        for minutes in [self.start, self.end, self.original_start] {
            out.extend(minutes.0.to_le_bytes());
        }
        out.extend(self.flags.to_le_bytes());
        let text = |out: &mut Vec<u8>, flag, bytes: &Option<Vec<u8>>| {
            if self.has(flag) {
                let bytes = bytes.as_deref().unwrap_or_default();
                let (length, kept) = fitting(bytes, 1, usize::from(u16::MAX) - 1);
                out.extend((length + 1).to_le_bytes());
                out.extend(length.to_le_bytes());
                out.extend(kept);
            }
        };
        let number = |out: &mut Vec<u8>, flag, value: Option<u32>| {
            if self.has(flag) {
                out.extend(value.unwrap_or(0).to_le_bytes());
            }
        };
        text(out, overrides::SUBJECT, &self.subject);
        number(out, overrides::MEETING_TYPE, self.meeting_type);
        number(out, overrides::REMINDER_DELTA, self.reminder_delta);
        number(out, overrides::REMINDER, self.reminder_set);
        text(out, overrides::LOCATION, &self.location);
        number(out, overrides::BUSY_STATUS, self.busy_status);
        number(out, overrides::ATTACHMENT, self.attachment);
        number(out, overrides::SUB_TYPE, self.sub_type);
        number(out, overrides::COLOR, self.color);
    }

    fn read_extended(
        &self,
        from: &mut Cursor<'_>,
        version: u32,
    ) -> Result<ExtendedException, Truncated> {
        let change_highlight = (version >= 0x3009).then(|| block(from)).transpose()?;
        let reserved1 = block(from)?;
        let mut text = None;
        if self.has(overrides::SUBJECT | overrides::LOCATION) {
            let (start, end) = (Minutes(from.u32()?), Minutes(from.u32()?));
            let original_start = Minutes(from.u32()?);
            let wide = |from: &mut Cursor<'_>, flag| {
                self.has(flag)
                    .then(|| {
                        let units = usize::from(from.u16()?);
                        from.take(units * 2).map(<[u8]>::to_vec)
                    })
                    .transpose()
            };
            text = Some(ExtendedText {
                start,
                end,
                original_start,
                subject: wide(from, overrides::SUBJECT)?,
                location: wide(from, overrides::LOCATION)?,
                reserved2: block(from)?,
            });
        }
        Ok(ExtendedException {
            change_highlight,
            reserved1,
            text,
        })
    }

    fn write_extended(&self, out: &mut Vec<u8>, version: u32) {
        let made_up;
        let extended = match &self.extended {
            Some(extended) => extended,
            None => {
                made_up = ExtendedException::default();
                &made_up
            }
        };
        if version >= 0x3009 {
            let highlight = extended.change_highlight.as_deref();
            write_block(out, highlight.unwrap_or(&[0; 4]));
        }
        write_block(out, &extended.reserved1);
        if !self.has(overrides::SUBJECT | overrides::LOCATION) {
            return;
        }
        let text = extended.text.as_ref();
        let own = [self.start, self.end, self.original_start];
        let times = text.map_or(own, |text| [text.start, text.end, text.original_start]);
        out.extend(times.into_iter().flat_map(|time| time.0.to_le_bytes()));
        let fields = [
            (
                overrides::SUBJECT,
                text.and_then(|text| text.subject.as_deref()),
            ),
            (
                overrides::LOCATION,
                text.and_then(|text| text.location.as_deref()),
            ),
        ];
        for (flag, bytes) in fields {
            if self.has(flag) {
                let (units, kept) = fitting(bytes.unwrap_or_default(), 2, usize::from(u16::MAX));
                out.extend(units.to_le_bytes());
                out.extend(kept);
            }
        }
        write_block(out, text.map_or(&[], |text| &text.reserved2));
    }
}

/// As much of `bytes` as a count of at most `most` units of `unit` bytes can tell, and that count.
fn fitting(bytes: &[u8], unit: usize, most: usize) -> (u16, &[u8]) {
    let units = (bytes.len() / unit).min(most);
    let kept = bytes.get(..units * unit).unwrap_or_default();
    (u16::try_from(units).unwrap_or(u16::MAX), kept)
}

fn text_of(wide: Option<&[u8]>, narrow: Option<&[u8]>, code_page: u16) -> Option<String> {
    match wide {
        Some(wide) => Some(codepage::utf16_text(wide).text),
        None => narrow.map(|bytes| codepage::decode(bytes, code_page).text),
    }
}

/// A size of 4 bytes and that many bytes.
fn block(from: &mut Cursor<'_>) -> Result<Vec<u8>, Truncated> {
    let size = from.u32()?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    from.take(size).map(<[u8]>::to_vec)
}

fn write_block(out: &mut Vec<u8>, bytes: &[u8]) {
    let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend(size.to_le_bytes());
    out.extend(bytes);
}

/// The structure as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppointmentRecurrence {
    /// RecurrencePattern.
    pub pattern: RecurrencePattern,
    /// ReaderVersion2, 0x3006.
    pub reader_version: u32,
    /// WriterVersion2, 0x3006 to 0x3009.
    pub writer_version: u32,
    /// StartTimeOffset: minutes from midnight to the start of an occurrence.
    pub start_offset: u32,
    /// EndTimeOffset: minutes from that midnight to its end; over 1,440 when it ends another day.
    pub end_offset: u32,
    /// ExceptionInfo and ExtendedException.
    pub exceptions: Vec<Exception>,
    /// ReservedBlock1.
    pub reserved1: Vec<u8>,
    /// ReservedBlock2.
    pub reserved2: Vec<u8>,
    /// Bytes after the structure.
    pub remains: Vec<u8>,
}

impl AppointmentRecurrence {
    /// ReaderVersion2.
    pub const READER_VERSION: u32 = 0x3006;
    /// WriterVersion2 of what is made here.
    pub const WRITER_VERSION: u32 = 0x3009;

    /// A series without exceptions.
    #[must_use]
    pub fn new(pattern: RecurrencePattern, start_offset: u32, end_offset: u32) -> Self {
        Self {
            pattern,
            reader_version: Self::READER_VERSION,
            writer_version: Self::WRITER_VERSION,
            start_offset,
            end_offset,
            exceptions: Vec::new(),
            reserved1: Vec::new(),
            reserved2: Vec::new(),
            remains: Vec::new(),
        }
    }

    /// Reads the structure. Where it is cut off after the pattern and the times, what was read so
    /// far comes back.
    ///
    /// # Errors
    /// As [`RecurrencePattern::from_bytes`], and when the times of day are cut off.
    ///
    /// # Findings
    /// `mapi.recur.cut-off` (lost, or altered when only the Unicode copies are missing),
    /// `mapi.recur.remains`, `mapi.recur.count` and `mapi.recur.first` (noted).
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, Findings), BlobError> {
        let mut findings = Findings::new();
        let from = &mut Cursor::new(bytes);
        let pattern = RecurrencePattern::read(from)?;
        let cut_off = BlobError::cut_off(WHAT);
        let mut number = || from.u32().map_err(&cut_off);
        let mut read = Self {
            pattern,
            reader_version: number()?,
            writer_version: number()?,
            start_offset: number()?,
            end_offset: number()?,
            exceptions: Vec::new(),
            reserved1: Vec::new(),
            reserved2: Vec::new(),
            remains: Vec::new(),
        };
        match read.read_exceptions(from) {
            Ok(()) => read.remains = from.rest().to_vec(),
            Err(truncated) => {
                let told = read.pattern.modified.len();
                let effect = if read.exceptions.len() < told {
                    Effect::Lost
                } else {
                    Effect::Altered
                };
                let detail = format!(
                    "{} of {told} changed occurrences could be read: {truncated}",
                    read.exceptions.len()
                );
                findings.add("mapi.recur.cut-off", effect, WHAT, detail);
            }
        }
        read.check(&mut findings);
        Ok((read, findings))
    }

    fn read_exceptions(&mut self, from: &mut Cursor<'_>) -> Result<(), Truncated> {
        // Sixteen bits of count and fourteen bytes each at least: bounded by the input.
        for _ in 0..from.u16()? {
            self.exceptions.push(Exception::read(from)?);
        }
        self.reserved1 = block(from)?;
        for exception in &mut self.exceptions {
            exception.extended = Some(exception.read_extended(from, self.writer_version)?);
        }
        self.reserved2 = block(from)?;
        Ok(())
    }

    fn check(&self, findings: &mut Findings) {
        if !self.remains.is_empty() {
            let detail = format!("{} bytes after the structure", self.remains.len());
            findings.add("mapi.recur.remains", Effect::Noted, WHAT, detail);
        }
        if self.exceptions.len() != self.pattern.modified.len() {
            let detail = format!(
                "{} dates of changed occurrences, {} changed occurrences",
                self.pattern.modified.len(),
                self.exceptions.len()
            );
            findings.add("mapi.recur.count", Effect::Noted, WHAT, detail);
        }
        let expected = self.pattern.expected_first_date_time();
        if self.pattern.first_date_time != expected {
            let detail = format!(
                "FirstDateTime is {}, the start date asks for {expected}",
                self.pattern.first_date_time
            );
            findings.add("mapi.recur.first", Effect::Noted, WHAT, detail);
        }
    }

    /// The structure in bytes. A missing `ExtendedException` is made up from the exception.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.pattern.to_bytes();
        for number in [
            self.reader_version,
            self.writer_version,
            self.start_offset,
            self.end_offset,
        ] {
            out.extend(number.to_le_bytes());
        }
        let count = u16::try_from(self.exceptions.len()).unwrap_or(u16::MAX);
        out.extend(count.to_le_bytes());
        let written = || self.exceptions.iter().take(count.into());
        for exception in written() {
            exception.write(&mut out);
        }
        write_block(&mut out, &self.reserved1);
        for exception in written() {
            exception.write_extended(&mut out, self.writer_version);
        }
        write_block(&mut out, &self.reserved2);
        out.extend(&self.remains);
        out
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::super::recurrence::{Pattern, RecurFrequency, VERSION};
    use super::*;

    fn series() -> AppointmentRecurrence {
        let day = date(2024, 3, 4);
        let pattern = RecurrencePattern {
            reader_version: VERSION,
            writer_version: VERSION,
            frequency: RecurFrequency::Daily,
            pattern: Pattern::Day,
            calendar_type: 0,
            first_date_time: 0,
            period: 1440,
            sliding: 0,
            end_type: RecurrencePattern::END_AFTER,
            occurrence_count: 5,
            first_day_of_week: 0,
            deleted: vec![Minutes::midnight(date(2024, 3, 5))],
            modified: vec![Minutes::midnight(date(2024, 3, 6))],
            start_date: Minutes::midnight(day),
            end_date: Minutes::midnight(date(2024, 3, 8)),
        };
        let mut series = AppointmentRecurrence::new(pattern, 9 * 60, 10 * 60);
        let at = |day, hour| Minutes::of(date(2024, 3, day).at(hour, 0, 0, 0));
        series.exceptions.push(Exception {
            start: at(6, 14),
            end: at(6, 15),
            original_start: at(5, 9),
            flags: overrides::SUBJECT | overrides::LOCATION | overrides::BUSY_STATUS,
            subject: Some(b"caf\xe9".to_vec()),
            meeting_type: None,
            reminder_delta: None,
            reminder_set: None,
            location: Some(b"?".to_vec()),
            busy_status: Some(2),
            attachment: None,
            sub_type: None,
            color: None,
            extended: Some(ExtendedException {
                change_highlight: Some(vec![1, 0, 0, 0]),
                reserved1: Vec::new(),
                text: Some(ExtendedText {
                    start: at(6, 14),
                    end: at(6, 15),
                    original_start: at(5, 9),
                    subject: Some(codepage::utf16_bytes("café")),
                    location: Some(codepage::utf16_bytes("東京")),
                    reserved2: Vec::new(),
                }),
            }),
        });
        series
    }

    #[test]
    fn written_is_read() {
        let series = series();
        let bytes = series.to_bytes();
        let (back, findings) = AppointmentRecurrence::from_bytes(&bytes).unwrap();
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(back, series);
        assert_eq!(back.exceptions[0].subject_text(1252).unwrap(), "café");
        assert_eq!(back.exceptions[0].location_text(1252).unwrap(), "東京");
    }

    #[test]
    fn cut_off_keeps_the_series() {
        let series = series();
        let bytes = series.to_bytes();
        let head = series.pattern.to_bytes().len() + 16;
        for cut in head..bytes.len() {
            let (back, findings) = AppointmentRecurrence::from_bytes(&bytes[..cut]).unwrap();
            assert_eq!(back.pattern, series.pattern);
            assert!(findings.iter().any(|f| f.code == "mapi.recur.cut-off"));
        }
        assert!(AppointmentRecurrence::from_bytes(&bytes[..head - 1]).is_err());
    }

    #[test]
    fn remains_are_kept() {
        let mut bytes = series().to_bytes();
        bytes.extend([1, 2, 3]);
        let (back, findings) = AppointmentRecurrence::from_bytes(&bytes).unwrap();
        assert_eq!(back.remains, [1, 2, 3]);
        assert_eq!(findings.worst(), Some(Effect::Noted));
        assert_eq!(back.to_bytes(), bytes);
    }

    #[test]
    fn older_writers_have_no_change_highlight() {
        let mut series = series();
        series.writer_version = 0x3008;
        for exception in &mut series.exceptions {
            exception.extended.as_mut().unwrap().change_highlight = None;
        }
        let (back, findings) = AppointmentRecurrence::from_bytes(&series.to_bytes()).unwrap();
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(back, series);
    }

    proptest! {
        #[test]
        fn arbitrary_tails_never_panic(tail: Vec<u8>, cut in 0usize..200) {
            let mut bytes = series().to_bytes();
            bytes.truncate(cut);
            bytes.extend(tail);
            if let Ok((back, _)) = AppointmentRecurrence::from_bytes(&bytes) {
                let _ = back.to_bytes();
            }
        }
    }
}
