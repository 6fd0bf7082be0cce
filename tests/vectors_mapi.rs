//! Blobs from properties against the expected parse of MFCMAPI (MIT): every field of every vector.
//!
//! The vectors stand in `../shared/vectors/mfcmapi`: `In/KIND-n.dat` has hexadecimal digits,
//! `Out/KIND-out-n.dat` the parse as indented text. What is read here is rendered in the same
//! words, and compared line by line. A line is compared by its key and its first value, and by its
//! time if it has one; names of flags and constants are MFCMAPI's own.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use airbridge::mapi::FileTime;
use airbridge::mapi::appointment_recurrence::{AppointmentRecurrence, Exception};
use airbridge::mapi::codepage;
use airbridge::mapi::conversation_index::ConversationIndex;
use airbridge::mapi::entry_id::{self, Body, EntryId, Inner, LongTermId, StoreTarget};
use airbridge::mapi::flat_entry_list::{EntryList, FlatEntryList};
use airbridge::mapi::global_object_id::GlobalObjectId;
use airbridge::mapi::named::Guid;
use airbridge::mapi::recurrence::{Minutes, Pattern, RecurrencePattern};
use airbridge::mapi::report_tag::ReportTag;
use airbridge::mapi::task_assigners;
use airbridge::mapi::timezone::{SystemTime, TimeZoneDefinition, TimeZoneStruct};
use airbridge::mapi::verb_stream::VerbStream;
use jiff::civil::DateTime;

/// Kinds that are not read, and why.
const NOT_READ: &[(&str, &str)] = &[
    ("ACECONTAINER", "access control of a server"),
    ("ACEFB", "access control of a server"),
    ("ACEMESSAGE", "access control of a server"),
    ("ACL", "access control of a server"),
    (
        "ADDITIONALRENENTRYIDSEX",
        "special folders, found by their classes instead",
    ),
    ("EXTENDEDFOLDERFLAGS", "how a folder is shown"),
    ("EXTENDEDRULEACTION", "rules of a mailbox"),
    ("EXTENDEDRULECONDITION", "rules of a mailbox"),
    ("FBSECURITYDESCRIPTOR", "access control of a server"),
    ("FOLDERUSERFIELDS", "fields of custom forms"),
    ("NICKNAMECACHE", "a file of Outlook's, no property"),
    ("NTSD", "access control of a server"),
    (
        "PCL",
        "synchronisation of a server; change keys are evidence at most",
    ),
    ("PROPERTIES", "a test format of MFCMAPI's"),
    ("PROPERTYDEFINITIONSTREAM", "fields of custom forms"),
    ("RECIPIENTROWSTREAM", "recipients of deferred actions"),
    ("RESTRICTION", "rules of a mailbox"),
    ("RULECONDITION", "rules of a mailbox"),
    (
        "SEARCHFOLDERDEFINITION",
        "search folders hold no items of their own",
    ),
    ("SECURITYDESCRIPTOR", "access control of a server"),
    ("SID", "access control of a server"),
    ("SWAPPEDTODO", "a to-do list that is being moved"),
    ("TOMBSTONE", "meetings deleted from a shared calendar"),
    ("WEBVIEWPERSISTSTREAM", "home pages of folders"),
    ("XID", "synchronisation of a server"),
];

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors/mfcmapi")
}

/// The lines of a parse, without indentation, as they are compared.
#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    fn add(&mut self, line: impl Into<String>) {
        self.0.push(comparable(&line.into()));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.add(format!("cb: {} lpb: {}", bytes.len(), hex(bytes)));
    }

    fn unparsed(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.add(format!("Unparsed data size = 0x{:08X}", bytes.len()));
            self.bytes(bytes);
        }
    }
}

/// Key and first value of a line, and the time in it; lines of bytes as they are.
fn comparable(line: &str) -> String {
    let line = line
        .trim()
        .replace("= 0x87=", "= 0x87 =")
        .replace("= 0x98=", "= 0x98 =");
    let line = line
        .replace("= 0x34=", "= 0x34 =")
        .replace("= 0x42=", "= 0x42 =");
    let line = line.replace("= 0xAA=", "= 0xAA =");
    if line.starts_with("cb:") {
        return line;
    }
    let at = [line.find(": "), line.find(" = ")]
        .into_iter()
        .flatten()
        .min();
    let Some(at) = at else {
        return line.trim_end_matches([':', '=']).trim_end().to_owned();
    };
    let (key, value) = line.split_at(at);
    let value = value.trim_start_matches([':', ' ', '=']);
    let mut parts = value.split(" = ");
    let first = parts.next().unwrap_or_default();
    let time =
        parts.find(|part| part.ends_with("AM") || part.contains("AM ") || part.contains("PM "));
    let time = time.map_or(String::new(), |time| format!("|{time}"));
    format!("{key}|{first}{time}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn guid(guid: Guid) -> String {
    format!("{{{guid}}}").to_uppercase()
}

/// `02:30:00.000 PM 2/17/2011`.
fn clock(time: DateTime) -> String {
    let (hour, half) = match time.hour() {
        0 => (12, "AM"),
        hour @ 1..12 => (hour, "AM"),
        12 => (12, "PM"),
        hour => (hour - 12, "PM"),
    };
    format!(
        "{hour:02}:{:02}:{:02}.{:03} {half} {}/{}/{}",
        time.minute(),
        time.second(),
        time.subsec_nanosecond() / 1_000_000,
        time.month(),
        time.day(),
        time.year()
    )
}

fn instant(time: FileTime) -> String {
    let time = time
        .timestamp()
        .map(|time| jiff::tz::Offset::UTC.to_datetime(time));
    time.map_or(String::new(), clock)
}

fn minutes(minutes: Minutes) -> String {
    format!("0x{:08X} = {}", minutes.0, clock(minutes.datetime()))
}

fn recurrence(pattern: &RecurrencePattern, out: &mut Lines) {
    out.add("Recurrence Pattern");
    out.add(format!("ReaderVersion: 0x{:04X}", pattern.reader_version));
    out.add(format!("WriterVersion: 0x{:04X}", pattern.writer_version));
    out.add(format!(
        "RecurFrequency: 0x{:04X}",
        pattern.frequency.code()
    ));
    out.add(format!("PatternType: 0x{:04X}", pattern.pattern.code()));
    out.add(format!("CalendarType: 0x{:04X}", pattern.calendar_type));
    out.add(format!("FirstDateTime: 0x{:08X}", pattern.first_date_time));
    out.add(format!("Period: 0x{:08X}", pattern.period));
    out.add(format!("SlidingFlag: 0x{:08X}", pattern.sliding));
    out.add("PatternTypeSpecific");
    match pattern.pattern {
        Pattern::Week(days) => out.add(format!("WeekRecurrencePattern: 0x{:08X}", days.0)),
        other => panic!("no vector has {other:?}"),
    }
    out.add(format!("EndType: 0x{:08X}", pattern.end_type));
    out.add(format!(
        "OccurrenceCount: 0x{:08X}",
        pattern.occurrence_count
    ));
    out.add(format!("FirstDOW: 0x{:08X}", pattern.first_day_of_week));
    for (name, dates) in [
        ("Deleted", &pattern.deleted),
        ("Modified", &pattern.modified),
    ] {
        out.add(format!("{name}InstanceCount: 0x{:08X}", dates.len()));
        for (number, &date) in dates.iter().enumerate() {
            out.add(format!("{name}InstanceDates[{number}]"));
            out.add(minutes(date));
        }
    }
    let date =
        |date: Minutes| format!("0x{:08X} = {} = {}", date.0, date.0, clock(date.datetime()));
    out.add(format!("StartDate: {}", date(pattern.start_date)));
    out.add(format!("EndDate: {}", date(pattern.end_date)));
}

fn read_recurrence(bytes: &[u8], out: &mut Lines) -> Vec<u8> {
    let (pattern, taken) = RecurrencePattern::from_bytes(bytes).unwrap();
    assert_eq!(pattern.first_date_time, pattern.expected_first_date_time());
    recurrence(&pattern, out);
    out.unparsed(&bytes[taken..]);
    [&pattern.to_bytes(), &bytes[taken..]].concat()
}

fn read_appointment_recurrence(bytes: &[u8], out: &mut Lines) -> Vec<u8> {
    let (series, findings) = AppointmentRecurrence::from_bytes(bytes).unwrap();
    let lost = findings
        .iter()
        .filter(|finding| finding.code != "mapi.recur.remains");
    assert_eq!(lost.count(), 0, "{findings:?}");
    recurrence(&series.pattern, out);
    out.add("Appointment Recurrence Pattern");
    out.add(format!("ReaderVersion2: 0x{:08X}", series.reader_version));
    out.add(format!("WriterVersion2: 0x{:08X}", series.writer_version));
    for (name, offset) in [("Start", series.start_offset), ("End", series.end_offset)] {
        let time = clock(Minutes(offset).datetime());
        out.add(format!(
            "{name}TimeOffset: 0x{offset:08X} = {offset} = {time}"
        ));
    }
    out.add(format!("ExceptionCount: 0x{:04X}", series.exceptions.len()));
    for (number, exception) in series.exceptions.iter().enumerate() {
        out.add(format!("ExceptionInfo[{number}]"));
        exception_info(exception, out);
    }
    block("ReservedBlock1", &series.reserved1, out);
    for (number, exception) in series.exceptions.iter().enumerate() {
        out.add(format!("ExtendedException[{number}]"));
        extended_exception(exception, out);
    }
    block("ReservedBlock2", &series.reserved2, out);
    out.unparsed(&series.remains);
    series.to_bytes()
}

fn block(name: &str, bytes: &[u8], out: &mut Lines) {
    out.add(format!("{name}Size: 0x{:08X}", bytes.len()));
    if !bytes.is_empty() {
        out.bytes(bytes);
    }
}

fn exception_info(exception: &Exception, out: &mut Lines) {
    out.add(format!("StartDateTime: {}", minutes(exception.start)));
    out.add(format!("EndDateTime: {}", minutes(exception.end)));
    out.add(format!(
        "OriginalStartDate: {}",
        minutes(exception.original_start)
    ));
    out.add(format!("OverrideFlags: 0x{:04X}", exception.flags));
    let text = |name: &str, bytes: &Option<Vec<u8>>, out: &mut Lines| {
        if let Some(bytes) = bytes {
            out.add(format!("{name}Length: 0x{:04X}", bytes.len() + 1));
            out.add(format!("{name}Length2: 0x{:04X}", bytes.len()));
            if !bytes.is_empty() {
                out.add(format!(
                    "{name}: \"{}\"",
                    codepage::decode(bytes, 1252).text
                ));
            }
        }
    };
    let number = |name: &str, value: Option<u32>, out: &mut Lines| {
        if let Some(value) = value {
            out.add(format!("{name}: 0x{value:08X}"));
        }
    };
    text("Subject", &exception.subject, out);
    number("MeetingType", exception.meeting_type, out);
    number("ReminderDelta", exception.reminder_delta, out);
    number("ReminderSet", exception.reminder_set, out);
    text("Location", &exception.location, out);
    number("BusyStatus", exception.busy_status, out);
    number("Attachment", exception.attachment, out);
    number("SubType", exception.sub_type, out);
    number("AppointmentColor", exception.color, out);
}

fn extended_exception(exception: &Exception, out: &mut Lines) {
    let extended = exception.extended.as_ref().unwrap();
    if let Some(highlight) = &extended.change_highlight {
        out.add("ChangeHighlight");
        out.add(format!("ChangeHighlightSize: 0x{:08X}", highlight.len()));
        let value = u32::from_le_bytes(highlight[..4].try_into().unwrap());
        out.add(format!("ChangeHighlightValue: 0x{value:08X}"));
    }
    block("ReservedBlockEE1", &extended.reserved1, out);
    let Some(text) = &extended.text else { return };
    out.add(format!("StartDateTime: {}", minutes(text.start)));
    out.add(format!("EndDateTime: {}", minutes(text.end)));
    out.add(format!(
        "OriginalStartDate: {}",
        minutes(text.original_start)
    ));
    for (name, wide) in [("Subject", &text.subject), ("Location", &text.location)] {
        if let Some(wide) = wide {
            out.add(format!("WideChar{name}Length: 0x{:08X}", wide.len() / 2));
            if !wide.is_empty() {
                let text = codepage::utf16_text(wide).text;
                out.add(format!("WideChar{name}: \"{text}\""));
            }
        }
    }
    block("ReservedBlockEE2", &text.reserved2, out);
}

fn system_time(name: &str, time: &SystemTime, out: &mut Lines) {
    out.add(name);
    for (name, value) in [
        ("wYear", time.year),
        ("wMonth", time.month),
        ("wDayOfWeek", time.day_of_week),
        ("wDay", time.day),
        ("wHour", time.hour),
        ("wMinute", time.minute),
        ("wSecond", time.second),
        ("wMilliseconds", time.millisecond),
    ] {
        out.add(format!("{name} = 0x{value:X} ({value})"));
    }
}

fn biases(rule: &airbridge::mapi::timezone::ZoneRule, out: &mut Lines) {
    for (name, value) in [
        ("lBias", rule.bias),
        ("lStandardBias", rule.standard_bias),
        ("lDaylightBias", rule.daylight_bias),
    ] {
        out.add(format!("{name} = 0x{value:08X} ({value})"));
    }
}

fn read_time_zone(bytes: &[u8], out: &mut Lines) -> Vec<u8> {
    let zone = TimeZoneStruct::from_bytes(bytes).unwrap();
    out.add("Time Zone");
    biases(&zone.rule, out);
    out.add(format!(
        "wStandardYear = 0x{0:04X} ({0})",
        zone.standard_year
    ));
    system_time("stStandardDate", &zone.rule.standard_date, out);
    out.add(format!(
        "wDaylightDate = 0x{0:04X} ({0})",
        zone.daylight_year
    ));
    system_time("stDaylightDate", &zone.rule.daylight_date, out);
    zone.to_bytes()
}

fn read_time_zone_definition(bytes: &[u8], out: &mut Lines) -> Vec<u8> {
    let (zone, _) = TimeZoneDefinition::from_bytes(bytes).unwrap();
    let version = |version: [u8; 2], out: &mut Lines| {
        out.add(format!("bMajorVersion = 0x{0:02X} ({0})", version[0]));
        out.add(format!("bMinorVersion = 0x{0:02X} ({0})", version[1]));
    };
    out.add("Time Zone Definition");
    version(zone.version, out);
    let written = zone.to_bytes();
    let header = u16::from_le_bytes([written[2], written[3]]);
    out.add(format!("cbHeader = 0x{header:04X} ({header})"));
    out.add(format!("wReserved = 0x{0:04X} ({0})", zone.reserved));
    out.add(format!(
        "cchKeyName = 0x{0:04X} ({0})",
        zone.key_name.len() / 2
    ));
    out.add(format!("szKeyName = {}", zone.key_name()));
    out.add(format!("cRules = 0x{0:04X} ({0})", zone.rules.len()));
    for (number, rule) in zone.rules.iter().enumerate() {
        out.add(format!("TZRule[0x{number:X}]"));
        version(rule.version, out);
        out.add(format!("wReserved = 0x{0:04X} ({0})", rule.reserved));
        out.add(format!("wTZRuleFlags = 0x{:04X}", rule.flags));
        out.add(format!("wYear = 0x{0:04X} ({0})", rule.year));
        out.add("X");
        out.bytes(&rule.unused);
        biases(&rule.rule, out);
        system_time("stStandardDate", &rule.rule.standard_date, out);
        system_time("stDaylightDate", &rule.rule.daylight_date, out);
    }
    out.unparsed(&zone.remains);
    written
}

fn read_global_object_id(bytes: &[u8], out: &mut Lines) -> Vec<u8> {
    let (id, findings) = GlobalObjectId::from_bytes(bytes).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    let [high, low, month, day] = id.day;
    let time = id.creation_time;
    let halves = |number: u64| format!("0x{:08X}:0x{:08X}", number >> 32, number & 0xFFFF_FFFF);
    out.add("Global Object ID");
    out.add("Byte Array ID = s_rgbSPlus");
    out.bytes(&id.byte_array_id);
    out.add(format!("Year: 0x{:04X}", u16::from_be_bytes([high, low])));
    out.add(format!("Month: 0x{month:02X}"));
    out.add(format!("Day: 0x{day:02X}"));
    out.add(format!(
        "Creation Time = {} = {}",
        halves(time.0),
        instant(time)
    ));
    out.add(format!("X: {}", halves(u64::from_le_bytes(id.reserved))));
    out.add(format!("Size: 0x{:02X}", id.data.len()));
    out.add("Data");
    out.bytes(&id.data);
    assert_eq!(GlobalObjectId::from_uid(&id.uid()), id.with_day(None));
    id.to_bytes()
}

fn read_conversation_index(bytes: &[u8], out: &mut Lines) -> Vec<u8> {
    let index = ConversationIndex::from_bytes(bytes).unwrap();
    // MFCMAPI takes the 16 upper bits of the low part of the time for its lower ones (MS-OXOMSG
    // 2.2.1.3 says which they are), and the big-endian parts of the GUID for little-endian ones.
    let shown = |time: FileTime| {
        let began = index.began().0;
        let moved = (began & !0xFFFF_FFFF) | (began >> 16 & 0xFFFF);
        instant(FileTime(time.0 - began + moved))
    };
    let [a, b, c, d, e, f, g, h, rest @ ..] = index.guid.0;
    let turned = [&[d, c, b, a, f, e, h, g], &rest[..]].concat();
    let began = index.began();
    out.add("Conversation Index");
    out.add(format!("Current FILETIME: {}", shown(began)));
    out.add(format!("LowDateTime = 0x{:04X}", began.0 >> 16 & 0xFFFF));
    out.add(format!("HighDateTime = 0x{:08X}", began.0 >> 32));
    out.add(format!("GUID = {}", guid(Guid(turned.try_into().unwrap()))));
    for (number, &response) in index.responses.iter().enumerate() {
        out.add(format!("ResponseLevel[{number}]"));
        out.add(format!("DeltaCode = {}", u8::from(response.coarse)));
        out.add(format!("Time = {}", shown(index.answered(response))));
        out.add(format!("TimeDelta = 0x{:08X}", response.delta));
        out.add(format!("Random = 0x{:02X}", response.random));
        out.add(format!("ResponseLevel = 0x{:02X}", response.level));
    }
    out.unparsed(&index.remains);
    index.to_bytes()
}

/// Lines of an entry id; what MFCMAPI leaves unparsed comes back.
fn entry_id_fields(id: &EntryId, out: &mut Lines) -> Vec<u8> {
    let [a, b, c, d] = id.flags;
    match id.flags {
        [0, 0, 0, 0] => out.add("abFlags = 0x00000000"),
        [_, 0, 0, 0] => {
            out.add(format!("abFlags[0] = 0x{a:02X}"));
            out.add(format!("abFlags[1..3] = 0x{b:02X}{c:02X}{d:02X}"));
        }
        _ => {
            out.add(format!("abFlags[0] = 0x{a:02X}"));
            out.add(format!("abFlags[1] = 0x{b:02X}"));
            out.add(format!("abFlags[2..3] = 0x{c:02X}{d:02X}"));
        }
    }
    out.add(format!("Provider GUID = {}", guid(id.provider)));
    let mut left = entry_id_body(id, out);
    left.extend(&id.remains);
    left
}

fn long_term(name: &str, pad: &str, id: &LongTermId, out: &mut Lines) {
    let name = if name.is_empty() {
        String::new()
    } else {
        format!("{name} ")
    };
    out.add(format!("{name}Database GUID = {}", guid(id.database)));
    out.add(format!("{name}GlobalCounter"));
    out.bytes(&id.counter);
    out.add(pad);
    out.bytes(&id.padding);
}

fn inner_fields(title: &str, inner: &Inner, out: &mut Lines) -> Vec<u8> {
    out.add(title);
    match inner {
        Inner::EntryId(id) => entry_id_fields(id, out),
        Inner::Bytes(bytes) => bytes.clone(),
    }
}

fn entry_id_body(id: &EntryId, out: &mut Lines) -> Vec<u8> {
    match &id.body {
        Body::Node(nid) => nid.to_le_bytes().to_vec(),
        Body::Other(bytes) => bytes.clone(),
        Body::OneOff(one_off) => {
            let [name, kind, address] = one_off.texts(1252);
            out.add("MAPI One Off Recipient Entry ID");
            out.add(format!("dwBitmask: 0x{:08X}", one_off.flags));
            out.add(format!("szDisplayName = {name}"));
            out.add(format!("szAddressType = {kind}"));
            out.add(format!("szEmailAddress = {address}"));
            Vec::new()
        }
        Body::AddressBook { version, kind, .. } => {
            out.add("Exchange Address Entry ID");
            out.add(format!("Version = 0x{version:08X}"));
            out.add(format!("Type = 0x{kind:08X}"));
            out.add(format!("X500DN = {}", id.dn().unwrap()));
            Vec::new()
        }
        Body::Ephemeral { version, kind } => {
            out.add("Ephemeral Entry ID");
            out.add(format!("Version = 0x{version:08X}"));
            out.add(format!("Type = 0x{kind:08X}"));
            Vec::new()
        }
        Body::Contact {
            version,
            kind,
            index,
            count,
            inner,
        } => {
            out.add("Contact Address Book / PDL Entry ID");
            out.add(format!("Version = 0x{version:08X}"));
            out.add(format!("Type = 0x{kind:08X}"));
            if !matches!(kind, 4 | 5) {
                // MFCMAPI passes over both numbers here.
                return inner_fields("Short Term Entry ID", inner, out);
            }
            out.add(format!("Index = 0x{index:08X}"));
            out.add(format!("EntryIDCount = 0x{count:08X}"));
            inner_fields("Entry ID", inner, out)
        }
        Body::ContactFolder {
            version,
            kind,
            id,
            inner,
        } => {
            out.add("Contact Address Book / PDL Entry ID");
            out.add(format!("Version = 0x{version:08X}"));
            out.add(format!("Type = 0x{kind:08X}"));
            out.add(format!("muidID = {}", guid(*id)));
            inner_fields("Entry ID", inner, out)
        }
        Body::Wrapped { kind, inner } => {
            out.add("Wrapped Entry ID");
            out.add(format!("Wrapped Entry Type = 0x{kind:02X}"));
            inner_fields("Entry ID", inner, out)
        }
        Body::Folder { kind, folder } => {
            out.add("Exchange Folder Entry ID");
            out.add(format!("Folder Type = 0x{kind:04X}"));
            long_term("", "Pad", folder, out);
            Vec::new()
        }
        Body::Message {
            kind,
            folder,
            message,
        } => {
            out.add("Exchange Message Entry ID");
            out.add(format!("Message Type = 0x{kind:04X}"));
            long_term("Folder", "Pad1", folder, out);
            long_term("Message", "Pad2", message, out);
            Vec::new()
        }
        Body::Store(store) => {
            let text = |bytes: &[u8]| codepage::decode(bytes, 1252).text;
            out.add("MAPI Message Store Entry ID");
            out.add(format!("Version = 0x{:02X}", store.version));
            out.add(format!("Flag = 0x{:02X}", store.flag));
            let library = codepage::before_nul(&store.library);
            out.add(format!("DLLFileName = {}", text(library)));
            let (flags, provider, kind, server, mailbox, extra) = match &store.target {
                StoreTarget::Exchange {
                    flags,
                    provider,
                    kind,
                    server,
                    mailbox,
                    extra,
                } => (flags, provider, kind, server, mailbox, extra),
                StoreTarget::Pst { flags, path } => {
                    // MFCMAPI stops here; the path is checked on its own below.
                    return [&flags.to_le_bytes()[..], &entry_id::PST_PROVIDER.0, path].concat();
                }
                StoreTarget::Other(bytes) => return bytes.clone(),
            };
            out.add(format!("Wrapped Flags = 0x{flags:08X}"));
            out.add(format!("WrappedProviderUID = {}", guid(*provider)));
            out.add(format!("WrappedType = 0x{kind:08X}"));
            out.add(format!("ServerShortname = {}", text(server)));
            if let Some(mailbox) = mailbox {
                out.add(format!("MailboxDN = {}", text(mailbox)));
            }
            if let Some(extra) = extra {
                let second = extra.magic == entry_id::StoreExtra::V2;
                let version = if second { 2 } else { 3 };
                out.add(format!("MAPI Message Store Entry ID V{version}"));
                out.add(format!("Magic = 0x{:08X}", extra.magic));
                out.add(format!("Size = 0x{:08X}", extra.size));
                out.add(format!("Version = 0x{:08X}", extra.version));
                let (offset, name) = if second {
                    ("OffsetDN", "DN")
                } else {
                    ("OffsetSmtpAddress", "SmtpAddress")
                };
                out.add(format!("{offset} = 0x{:08X}", extra.offset));
                if let Some(offset) = extra.fqdn_offset {
                    out.add(format!("OffsetFQDN = 0x{offset:08X}"));
                }
                out.add(format!("{name} = {}", extra.text()));
                if extra.fqdn_offset.unwrap_or(0) != 0 {
                    let name = codepage::utf16_text(&extra.fqdn).text;
                    out.add(format!("FQDN = {name}"));
                }
            }
            Vec::new()
        }
    }
}

fn read_entry_id(bytes: &[u8], out: &mut Lines) -> Vec<u8> {
    out.add("Entry ID");
    let Ok(id) = EntryId::from_bytes(bytes) else {
        out.unparsed(bytes);
        return bytes.to_vec();
    };
    let left = entry_id_fields(&id, out);
    match (&id.body, left.split_at_checked(2)) {
        // Two zeros belong to the second half of a store's id.
        (Body::Store(store), Some((reserved, left)))
            if matches!(&store.target, StoreTarget::Exchange { extra: Some(_), .. }) =>
        {
            out.add("Reserved Bytes");
            out.bytes(reserved);
            out.unparsed(left);
        }
        _ => out.unparsed(&left),
    }
    id.to_bytes()
}

fn read_flat_entry_list(bytes: &[u8], out: &mut Lines) -> Vec<u8> {
    let (list, _) = FlatEntryList::from_bytes(bytes).unwrap();
    out.add("Flat Entry List");
    out.add(format!("cEntries = {}", list.told_count));
    out.add(format!("cbEntries = 0x{:08X}", list.told_size));
    for (number, entry) in list.entries.iter().enumerate() {
        out.add(format!("Entry[{number}]"));
        out.add(format!("Size = 0x{:08X}", entry.told_size));
        let again = read_entry_id(&entry.bytes, out);
        assert_eq!(again, entry.bytes);
        if !entry.padding.is_empty() {
            out.add("Padding");
            out.bytes(&entry.padding);
        }
    }
    out.unparsed(&list.remains);
    list.to_bytes()
}

fn read_entry_list(bytes: &[u8], out: &mut Lines) -> Vec<u8> {
    let list = EntryList::from_bytes(bytes).unwrap();
    out.add("Entry List");
    out.add(format!("EntryCount = 0x{:08X}", list.entries.len()));
    out.add(format!("Pad = 0x{:08X}", list.padding));
    for (number, (padding, bytes)) in list.entries.iter().enumerate() {
        out.add(format!("EntryId[{number}]"));
        out.add(format!("EntryLength = 0x{:08X}", bytes.len()));
        out.add(format!("EntryLengthPad = 0x{padding:08X}"));
        assert_eq!(&read_entry_id(bytes, out), bytes);
    }
    out.unparsed(&list.remains);
    list.to_bytes()
}

fn read_report_tag(bytes: &[u8], out: &mut Lines) -> Vec<u8> {
    let tag = ReportTag::from_bytes(bytes).unwrap();
    out.add("Report Tag");
    out.add("Cookie");
    out.bytes(&tag.cookie);
    out.add(format!("Version = 0x{:08X}", tag.version));
    for (name, bytes) in [
        ("Store", &tag.store),
        ("Folder", &tag.folder),
        ("Message", &tag.message),
        ("SearchFolder", &tag.search_folder),
    ] {
        out.add(format!("{name}EntryIdSize = 0x{:08X}", bytes.len()));
        if !bytes.is_empty() {
            out.add(format!("{name}EntryID"));
            let left = entry_id_fields(&EntryId::from_bytes(bytes).unwrap(), out);
            assert!(left.is_empty());
        }
    }
    out.add(format!(
        "MessageSearchKeySize = 0x{:08X}",
        tag.search_key.len()
    ));
    out.add("MessageSearchKey");
    out.bytes(&tag.search_key);
    out.add(format!("cchAnsiText = 0x{:08X}", tag.text.len()));
    let text = codepage::decode(codepage::before_nul(&tag.text), 1252).text;
    out.add(format!("AnsiText = \"{text}\""));
    out.unparsed(&tag.remains);
    tag.to_bytes()
}

fn read_verb_stream(bytes: &[u8], out: &mut Lines) -> Vec<u8> {
    let stream = VerbStream::from_bytes(bytes).unwrap();
    let text = |count: &str, name: &str, text: String, out: &mut Lines| {
        out.add(format!("{count} = 0x{:02X}", text.chars().count()));
        if !text.is_empty() {
            out.add(format!("{name} = \"{text}\""));
        }
    };
    let narrow = |bytes: &[u8]| codepage::decode(bytes, 1252).text;
    let wide = |bytes: &[u8]| codepage::utf16_text(bytes).text;
    out.add("Verb Stream");
    out.add(format!("Version = 0x{:04X}", stream.version));
    out.add(format!("Count = 0x{:08X}", stream.verbs.len()));
    for (number, verb) in stream.verbs.iter().enumerate() {
        out.add(format!("VerbData[{number}]"));
        out.add(format!("VerbType = 0x{:08X}", verb.kind));
        text(
            "DisplayNameCount",
            "DisplayName",
            narrow(&verb.display_name),
            out,
        );
        text(
            "MsgClsNameCount",
            "MsgClsName",
            narrow(&verb.message_class),
            out,
        );
        text(
            "Internal1StringCount",
            "Internal1String",
            narrow(&verb.form_name),
            out,
        );
        text(
            "DisplayNameCountRepeat",
            "DisplayNameRepeat",
            narrow(&verb.repeat),
            out,
        );
        out.add(format!("Internal2 = 0x{:08X}", verb.internal2));
        out.add(format!("Internal3 = 0x{:08X}", verb.internal3));
        out.add(format!("fUseUSHeaders = 0x{:02X}", verb.us_headers));
        out.add(format!("Internal4 = 0x{:08X}", verb.internal4));
        out.add(format!("SendBehavior = 0x{:08X}", verb.send_behavior));
        out.add(format!("Internal5 = 0x{:08X}", verb.internal5));
        out.add(format!("ID = 0x{:08X}", verb.id));
        out.add(format!("Internal6 = 0x{:08X}", verb.internal6));
    }
    out.add(format!("Version2 = 0x{:04X}", stream.version2.unwrap()));
    for (number, names) in stream.extras.iter().enumerate() {
        out.add(format!("VerbExtraData[{number}]"));
        text(
            "DisplayNameCount",
            "DisplayName",
            wide(&names.display_name),
            out,
        );
        text(
            "DisplayNameCountRepeat",
            "DisplayNameRepeat",
            wide(&names.repeat),
            out,
        );
    }
    out.unparsed(&stream.remains);
    stream.to_bytes()
}

fn read_task_assigners(bytes: &[u8], out: &mut Lines) -> Vec<u8> {
    let all = task_assigners::read(bytes).unwrap();
    out.add("Task Assigners");
    out.add(format!("cAssigners = 0x{:08X}", all.len()));
    for (number, one) in all.iter().enumerate() {
        out.add(format!("Task Assigner[{number}]"));
        out.add(format!("cbEntryID = 0x{:08X}", one.entry_id.len()));
        out.add("lpEntryID");
        out.bytes(&one.entry_id);
        let name = codepage::decode(&one.name, 1252).text;
        out.add(format!("szDisplayName (ANSI) = {name}"));
        out.add(format!(
            "szDisplayName (Unicode) = {}",
            one.display_name(1252)
        ));
        out.unparsed(&one.remains);
    }
    task_assigners::write(&all)
}

fn read_decoded_url(bytes: &[u8], out: &mut Lines) -> Vec<u8> {
    let text = codepage::utf16_text(bytes).text;
    let decoded = entry_id::from_url_text(&text).unwrap();
    out.add("Decoded Entry ID");
    out.bytes(&decoded);
    codepage::utf16_bytes(&entry_id::to_url_text(&decoded))
}

fn read_encoded_url(bytes: &[u8], out: &mut Lines) -> Vec<u8> {
    let text = entry_id::to_url_text(bytes);
    out.add("Encoded Entry ID");
    out.add(text.clone());
    entry_id::from_url_text(&text).unwrap()
}

/// Reads and renders; gives the bytes back as they are written again.
type Read = fn(&[u8], &mut Lines) -> Vec<u8>;

const READ: &[(&str, Read)] = &[
    ("APPOINTMENTRECURRENCEPATTERN", read_appointment_recurrence),
    ("CONVERSATIONINDEX", read_conversation_index),
    ("DECODEENTRYID", read_decoded_url),
    ("ENCODEENTRYID", read_encoded_url),
    ("ENTRYID", read_entry_id),
    ("ENTRYLIST", read_entry_list),
    ("FLATENTRYLIST", read_flat_entry_list),
    ("GLOBALOBJECTID", read_global_object_id),
    ("RECURRENCEPATTERN", read_recurrence),
    ("REPORTTAG", read_report_tag),
    ("TASKASSIGNERS", read_task_assigners),
    ("TIMEZONE", read_time_zone),
    ("TIMEZONEDEFINITION", read_time_zone_definition),
    ("VERBSTREAM", read_verb_stream),
];

fn input(path: &Path) -> Vec<u8> {
    let text = std::fs::read_to_string(path).unwrap();
    let digits: Vec<u8> = text
        .bytes()
        .filter(u8::is_ascii_hexdigit)
        .map(|digit| u8::try_from(char::from(digit).to_digit(16).unwrap()).unwrap())
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

fn expected(path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap();
    let text = match bytes.strip_prefix(&[0xFF, 0xFE]) {
        Some(wide) => {
            let units = wide
                .chunks_exact(2)
                .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            String::from_utf16(&units.collect::<Vec<u16>>()).unwrap()
        }
        None => codepage::decode(&bytes, 1252).text,
    };
    let lines = text.split(['\r', '\n']).map(str::trim);
    lines
        .filter(|line| !line.is_empty())
        .map(comparable)
        .collect()
}

#[test]
fn every_vector_field_by_field() {
    let folder = vectors();
    if !folder.is_dir() {
        assert!(
            std::env::var_os("CI").is_none(),
            "no vectors at {}",
            folder.display()
        );
        println!("SKIPPED: no vectors at {}", folder.display());
        return;
    }
    let mut kinds = BTreeSet::new();
    let mut compared = 0;
    let mut differing = Vec::new();
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder.join("In"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    for path in names {
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let (kind, number) = stem.rsplit_once('-').unwrap();
        kinds.insert(kind.to_owned());
        let Some((_, read)) = READ.iter().find(|(name, _)| *name == kind) else {
            continue;
        };
        let bytes = input(&path);
        let mut lines = Lines::default();
        let written = read(&bytes, &mut lines);
        assert!(
            written == bytes,
            "{stem} is not written back as it was read"
        );
        let expected = expected(&folder.join(format!("Out/{kind}-out-{number}.dat")));
        let count = expected.len().max(lines.0.len());
        let at = (0..count).find(|&at| expected.get(at) != lines.0.get(at));
        if let Some(at) = at {
            differing.push(format!(
                "{stem} line {at}: {:?}, expected {:?}",
                lines.0.get(at),
                expected.get(at)
            ));
        }
        compared += 1;
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    let known = READ.iter().map(|(kind, _)| *kind);
    let known: BTreeSet<String> = known
        .chain(NOT_READ.iter().map(|(kind, _)| *kind))
        .map(str::to_owned)
        .collect();
    assert_eq!(
        kinds, known,
        "every kind is either read or has a reason not to be"
    );
    println!(
        "{compared} vectors of {} kinds agree in every field",
        READ.len()
    );
}

#[test]
fn occurrences_of_the_vectors() {
    let folder = vectors();
    if !folder.is_dir() {
        assert!(
            std::env::var_os("CI").is_none(),
            "no vectors at {}",
            folder.display()
        );
        println!("SKIPPED: no vectors at {}", folder.display());
        return;
    }
    for number in 1..=4 {
        let name = format!("In/APPOINTMENTRECURRENCEPATTERN-{number}.dat");
        let bytes = input(&folder.join(name));
        let (series, _) = AppointmentRecurrence::from_bytes(&bytes).unwrap();
        let pattern = &series.pattern;
        let days: Vec<_> = pattern.days().unwrap().take(2_000).collect();
        assert_eq!(days.first(), Some(&pattern.start_date.date()));
        if pattern.end_type != RecurrencePattern::END_NEVER {
            // What Outlook computed of the other kind of end.
            let count = u32::try_from(days.len()).unwrap();
            assert_eq!(count, pattern.occurrence_count, "series {number}");
            // The end is the day that the user chose; the last occurrence may come before it.
            let end = pattern.end_date.date();
            assert!(
                days.last().is_some_and(|&last| last <= end),
                "series {number}"
            );
        }
        for deleted in &pattern.deleted {
            assert!(
                days.contains(&deleted.date()),
                "series {number}: {deleted:?}"
            );
        }
        let changed = series.occurrences().unwrap().take(2_000);
        let changed = changed.filter(|one| one.exception.is_some()).count();
        assert_eq!(changed, series.exceptions.len(), "series {number}");
    }
}
