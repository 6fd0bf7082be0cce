//! Appointments and meetings.
//!
//! *Spec*: RFC 5545 3.6.1; MS-OXCICAL 2.1.3.1.1.20.
//!
//! *Seen in the wild*: all-day events as midnights with `X-MICROSOFT-CDO-ALLDAYEVENT`, or as
//! midnights of no zone; ends before the start; rules of a time zone that are not those of the
//! database.

use jiff::civil::{Date, Time};

use super::every_kind::{BRIDGE_ID, hex};
use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::{Found, Taker, flag};
use super::times::{Moment, Span, shown};
use super::{Session, body, parties};
use crate::content_line::Param;
use crate::finding::Effect;
use crate::ical::value::Duration;
use crate::ical::{Property, Zone, Zones};
use crate::item::Meeting;
use crate::item::meeting::{BusyStatus, OnlineMeeting, Proposal};
use crate::mapi::global_object_id::GlobalObjectId;

const TIME: &str = "kept as an instant and a zone; a time of no zone, or of one that nothing \
                    explains, also stays raw";
const BUSY: &str = "kept as a word; other words stay raw";

/// Rows of a meeting.
pub(super) static MEETING: &[Field<Meeting>] = &[
    Field::new("LOCATION", "location", Slot::Text(|m| &mut m.location)),
    Field::new("DTSTART", "start", Slot::Hand(TIME)),
    Field::new("DTEND", "end", Slot::Hand(TIME)),
    Field::new(
        "DURATION",
        "end",
        Slot::Hand("counted from the start when there is no DTEND; else raw"),
    ),
    Field::new(
        "X-MICROSOFT-CDO-ALLDAYEVENT",
        "all_day",
        Slot::Hand("kept; TRUE stays raw when the times are not midnights"),
    ),
    Field::new(
        "X-MICROSOFT-MSNCALENDAR-ALLDAYEVENT",
        "all_day",
        Slot::Hand("kept; TRUE stays raw when the times are not midnights"),
    ),
    Field::new("X-MICROSOFT-CDO-BUSYSTATUS", "busy", Slot::Hand(BUSY)),
    Field::new(
        "X-MICROSOFT-MSNCALENDAR-BUSYSTATUS",
        "busy",
        Slot::Hand(BUSY),
    ),
    Field::new(
        "TRANSP",
        "busy",
        Slot::Hand("free or busy when nothing says it better; raw when it says another"),
    ),
    Field::new(
        "STATUS",
        "state.cancelled",
        Slot::Hand(
            "CANCELLED is kept; TENTATIVE and CONFIRMED are tentative and busy when nothing says \
             it better, else raw",
        ),
    ),
    Field::new(
        "X-MICROSOFT-CDO-INTENDEDSTATUS",
        "intended_busy",
        Slot::Hand(BUSY),
    ),
    Field::new(
        "UID",
        "uid",
        Slot::Hand(
            "kept as Outlook keeps it, also in `series_uid`; raw when it is not the same again",
        ),
    ),
    Field::new(
        "RECURRENCE-ID",
        "original_start",
        Slot::Hand("kept, also as `original_date`; also raw when it has a RANGE"),
    ),
    Field::new(
        "X-MICROSOFT-CDO-APPT-SEQUENCE",
        "sequence",
        Slot::Int(|m| &mut m.sequence),
    ),
    Field::new(
        "SEQUENCE",
        "sequence",
        Slot::Hand("kept when there is no other; else raw"),
    ),
    Field::new(
        "X-MICROSOFT-CDO-REPLYTIME",
        "replied",
        Slot::Time(|m| &mut m.replied),
    ),
    Field::new(
        "X-MICROSOFT-DISALLOW-COUNTER",
        "forbids_proposals",
        Slot::Flag(|m| &mut m.forbids_proposals),
    ),
    Field::new(
        "X-MS-OLK-ORIGINALSTART",
        "start",
        Slot::Hand("of a COUNTER, whose DTSTART is `proposal.start`; else raw"),
    ),
    Field::new(
        "X-MS-OLK-ORIGINALEND",
        "end",
        Slot::Hand("of a COUNTER, whose DTEND is `proposal.end`; else raw"),
    ),
];

/// Rows of an online meeting.
pub(super) static ONLINE: &[Field<OnlineMeeting>] = &[
    Field::new(
        "X-MICROSOFT-SKYPETEAMSMEETINGURL",
        "online.url",
        Slot::Text(|o| &mut o.url),
    ),
    Field::new(
        "X-GOOGLE-CONFERENCE",
        "online.url",
        Slot::Text(|o| &mut o.url),
    ),
    Field::new(
        "CONFERENCE",
        "online.url",
        Slot::Hand("the address is kept when there is no other; raw when it has parameters"),
    ),
    Field::new(
        "X-MS-OLK-CONFTYPE",
        "online.kind",
        Slot::Int(|o| &mut o.kind),
    ),
    Field::new(
        "X-MS-OLK-ORGALIAS",
        "online.organizer",
        Slot::Text(|o| &mut o.organizer),
    ),
    Field::new(
        "X-MS-OLK-DIRECTORY",
        "online.server",
        Slot::Text(|o| &mut o.server),
    ),
    Field::new(
        "X-MS-OLK-COLLABORATEDOC",
        "online.document",
        Slot::Text(|o| &mut o.document),
    ),
    Field::new(
        "X-MS-OLK-NETSHOWURL",
        "online.show_url",
        Slot::Text(|o| &mut o.show_url),
    ),
    Field::new(
        "X-MS-OLK-ONLINEPASSWORD",
        "online.password",
        Slot::Text(|o| &mut o.password),
    ),
    Field::new(
        "X-MS-OLK-MWSURL",
        "online.workspace_url",
        Slot::Text(|o| &mut o.workspace_url),
    ),
];

/// Takes an event.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Meeting {
    let mut meeting = Meeting {
        subject: taker.text("SUMMARY").unwrap_or_default(),
        ..Meeting::default()
    };
    taker.fill(&session.clocks, &mut meeting, MEETING);
    if meeting.sequence.is_none() {
        meeting.sequence = taker.with("SEQUENCE", |own| super::taker::int(own.value()));
    }
    times(session, taker, &mut meeting);
    busy(taker, &mut meeting);
    meeting.organizer = parties::organizer(taker);
    meeting.attendees = parties::attendees(taker);
    meeting.state.meeting = meeting.organizer.is_some() || !meeting.attendees.is_empty();
    meeting.state.received = ["REQUEST", "ADD", "CANCEL"].contains(&session.method.as_str());
    meeting.state.cancelled |= session.method == "CANCEL";
    let mut online = OnlineMeeting::default();
    taker.fill(&session.clocks, &mut online, ONLINE);
    if online.url.is_none() {
        online.url = taker.text("CONFERENCE");
    }
    meeting.online = Some(online).filter(|own| !own.is_default());
    identity(session, taker, &mut meeting);
    meeting.body = body::read(session, taker);
    meeting
}

fn times(session: &mut Session<'_>, taker: &mut Taker<'_>, meeting: &mut Meeting) {
    let Some(span) = Span::read(&session.clocks, taker.component()) else {
        if let Some(found) = taker.first("DTEND") {
            let end = session.clocks.moment(found.property);
            meeting.end = end.map(|end| end.instant);
        }
        let detail = "an event without a start that can be read";
        return session.find("mapping.calendar.no-start", Effect::Noted, detail);
    };
    if span.end < span.start.instant {
        let detail = "an event ends before it starts; both are kept as they are";
        session.find("mapping.calendar.end-before-start", Effect::Noted, detail);
    }
    let original = |name| {
        let found = taker.first(name).filter(|_| session.method == "COUNTER")?;
        let moment = session.clocks.moment(found.property)?;
        Some((found, moment))
    };
    let originals = original("X-MS-OLK-ORIGINALSTART").zip(original("X-MS-OLK-ORIGINALEND"));
    meeting.start = Some(span.start.instant);
    meeting.end = Some(span.end);
    let told = |name| {
        taker
            .first(name)
            .filter(|own| !own.property.value().is_empty())
    };
    let length = told("DURATION").map(|own| Duration::parse(own.property.value()));
    let unread = told("DTEND").is_some() || length == Some(None);
    if span.written_end.is_none() && unread {
        let detail = "the end of an event cannot be read; it is raw";
        session.find("mapping.calendar.no-end", Effect::Noted, detail);
        meeting.end = None;
    }
    if let Some(((start_found, start), (end_found, end))) = originals {
        meeting.proposal = Some(Proposal {
            start: meeting.start.replace(start.instant),
            end: meeting.end.replace(end.instant),
        });
        for (found, moment) in [(start_found, start), (end_found, end)] {
            if moment.zone.is_utc() {
                taker.mark_whole(found, &[]);
            }
        }
    }
    zone_of(session, taker, "DTSTART", &span.start);
    if let Some(end) = &span.written_end {
        zone_of(session, taker, "DTEND", end);
    } else if let Some(found) = taker.first("DURATION").filter(|_| !unread) {
        taker.mark_whole(found, &[]);
    }
    meeting.time_zone = shown(&span.start.zone);
    let end_zone = span.written_end.as_ref().and_then(|end| shown(&end.zone));
    meeting.end_time_zone = end_zone.filter(|zone| meeting.time_zone.as_ref() != Some(zone));
    all_day(taker, &span, meeting);
}

/// Marks a time as taken when its zone is told elsewhere, and keeps rules that only the file knows.
fn zone_of(session: &mut Session<'_>, taker: &mut Taker<'_>, name: &str, moment: &Moment) {
    let Some(found) = taker.first(name) else {
        return;
    };
    if moment.when.is_date() || !moment.zone.is_floating() {
        let told: &[&str] = if moment.zone.id.is_some() {
            &["TZID"]
        } else {
            &[]
        };
        taker.mark_whole(found, told);
    }
    let Some(rules) = &moment.zone.rules else {
        return;
    };
    let known = moment.zone.iana.as_deref().and_then(named);
    let other =
        known.is_some_and(|known| known.instant(moment.when.datetime()) != Some(moment.instant));
    if other {
        let detail = format!(
            "the rules that the file gives for the time zone {:?} differ from those of {}; those \
             of the file count",
            moment.zone.id.as_deref().unwrap_or_default(),
            moment.zone.iana.as_deref().unwrap_or_default()
        );
        session.find("mapping.calendar.zone-differs", Effect::Noted, detail);
    }
    let is_new = !session
        .zones
        .iter()
        .any(|own| std::sync::Arc::ptr_eq(own, rules));
    if (moment.zone.iana.is_none() || other) && is_new {
        session.zones.push(std::sync::Arc::clone(rules));
    }
}

fn named(iana: &str) -> Option<Zone> {
    Zones::default().zone(0, iana)
}

/// Whole days: dates, or midnights that are said to be (MS-OXCICAL 2.1.3.1.1.20.28), or midnights
/// of no zone (2.1.3.1.1.20.8).
fn all_day(taker: &mut Taker<'_>, span: &Span, meeting: &mut Meeting) {
    let local = |moment: &Moment| moment.when.datetime();
    let start = local(&span.start);
    let end = match &span.written_end {
        Some(end) => local(end),
        None => span.start.zone.local(span.end),
    };
    let midnights = start.time() == Time::midnight() && end.time() == Time::midnight();
    let told = [
        "X-MICROSOFT-CDO-ALLDAYEVENT",
        "X-MICROSOFT-MSNCALENDAR-ALLDAYEVENT",
    ];
    let mut said = false;
    for name in told {
        if let Some(found) = taker.first(name) {
            let own = flag(found.property.value());
            said |= own == Some(true);
            if own == Some(false) || own == Some(true) && midnights {
                taker.mark_whole(found, &[]);
            }
        }
    }
    let of_no_zone = span.start.zone.is_floating() && span.start.zone.id.is_none();
    let is = span.start.when.is_date() || midnights && end > start && (said || of_no_zone);
    if is {
        meeting.all_day = true;
        meeting.start_date = Some(start.date());
        let rounded = match end.time() == Time::midnight() {
            true => Some(end.date()),
            false => end.date().tomorrow().ok(),
        };
        meeting.end_date = rounded;
    }
}

/// `X-MICROSOFT-CDO-BUSYSTATUS` (MS-OXCICAL 2.1.3.1.1.20.31).
fn busy_word(property: &Property) -> Option<BusyStatus> {
    Some(
        match property.value().trim().to_ascii_uppercase().as_str() {
            "FREE" => BusyStatus::Free,
            "TENTATIVE" => BusyStatus::Tentative,
            "BUSY" => BusyStatus::Busy,
            "OOF" => BusyStatus::OutOfOffice,
            "WORKINGELSEWHERE" => BusyStatus::WorkingElsewhere,
            _ => return None,
        },
    )
}

fn busy(taker: &mut Taker<'_>, meeting: &mut Meeting) {
    meeting.busy = taker
        .with("X-MICROSOFT-CDO-BUSYSTATUS", busy_word)
        .or_else(|| taker.with("X-MICROSOFT-MSNCALENDAR-BUSYSTATUS", busy_word));
    meeting.intended_busy = taker.with("X-MICROSOFT-CDO-INTENDEDSTATUS", busy_word);
    let status = word(taker, "STATUS");
    let tentative = status.as_ref().is_some_and(|(_, word)| word == "TENTATIVE");
    if let Some((found, word)) = word(taker, "TRANSP") {
        let free = match word.as_str() {
            "TRANSPARENT" | "1" => Some(true),
            "OPAQUE" | "0" => Some(false),
            _ => None,
        };
        let own = match free {
            Some(true) => Some(BusyStatus::Free),
            Some(false) if tentative => Some(BusyStatus::Tentative),
            Some(false) => Some(BusyStatus::Busy),
            None => None,
        };
        meeting.busy = meeting.busy.or(own);
        if free == Some(meeting.busy == Some(BusyStatus::Free)) {
            taker.mark_whole(found, &[]);
        }
    }
    if let Some((found, word)) = status {
        let own = match word.as_str() {
            "TENTATIVE" => Some(BusyStatus::Tentative),
            "CONFIRMED" => Some(BusyStatus::Busy),
            _ => None,
        };
        meeting.state.cancelled |= word == "CANCELLED";
        meeting.busy = meeting.busy.or(own);
        if word == "CANCELLED" || own.is_some() && own == meeting.busy {
            taker.mark_whole(found, &[]);
        }
    }
}

fn word<'c>(taker: &Taker<'c>, name: &str) -> Option<(Found<'c>, String)> {
    let found = taker.first(name)?;
    Some((found, found.property.value().trim().to_ascii_uppercase()))
}

/// The ids that Outlook would give it (MS-OXCICAL 2.1.3.1.1.20.26), and which occurrence it is.
fn identity(session: &Session<'_>, taker: &mut Taker<'_>, meeting: &mut Meeting) {
    if let Some(found) = taker.first("RECURRENCE-ID")
        && let Some(moment) = session.clocks.moment(found.property)
    {
        meeting.original_date = Some(moment.when.date());
        meeting.original_start = Some(moment.instant);
        if moment.when.is_date() || !moment.zone.is_floating() {
            taker.mark_whole(found, &["TZID"]);
        }
    }
    let Some(found) = taker.first("UID") else {
        return;
    };
    let uid = found.property.text();
    let uid = uid.trim();
    if uid.is_empty() {
        return;
    }
    // An event that has no id of Outlook's was given the bridge's.
    if taker
        .first(BRIDGE_ID)
        .is_some_and(|own| own.property.text() == uid)
    {
        return taker.mark_whole(found, &[]);
    }
    let series = GlobalObjectId::from_uid(uid);
    let day: Option<Date> = meeting.original_date;
    meeting.uid = Some(hex(&series.with_day(day)));
    meeting.series_uid = Some(hex(&series));
    if series.uid() == uid {
        taker.mark_whole(found, &[]);
    }
}

/// Gives an event. `uid` is that of its series.
pub(super) fn write(giver: &mut Giver<'_>, meeting: &Meeting, uid: Option<&str>) {
    giver.text("SUMMARY", Some(&meeting.subject));
    let zone = meeting.time_zone.as_ref();
    let zone = zone.and_then(|zone| giver.zones.zone(zone));
    let zone = zone.as_ref();
    match (meeting.all_day, meeting.start_date) {
        (true, Some(start)) => {
            date(giver, "DTSTART", start);
            if let Some(end) = meeting.end_date.filter(|end| *end > start) {
                date(giver, "DTEND", end);
            }
            giver.plain("X-MICROSOFT-CDO-ALLDAYEVENT", "TRUE");
        }
        _ => {
            let proposal = meeting.proposal.as_ref().filter(|_| giver.is_counter);
            let proposed = proposal.and_then(|own| own.start.zip(own.end)).unzip();
            if let Some(start) = proposed.0.or(meeting.start) {
                giver.time("DTSTART", start, zone);
            }
            let end_zone = meeting.end_time_zone.as_ref();
            let end_zone = end_zone.and_then(|zone| giver.zones.zone(zone));
            if let Some(end) = proposed.1.or(meeting.end) {
                giver.time("DTEND", end, end_zone.as_ref().or(zone));
            }
            if proposed.0.is_some() {
                giver.instant("X-MS-OLK-ORIGINALSTART", meeting.start);
                giver.instant("X-MS-OLK-ORIGINALEND", meeting.end);
            }
        }
    }
    if let Some(uid) = uid {
        giver.text("UID", Some(uid));
    }
    match (meeting.original_start, meeting.original_date) {
        (Some(_), Some(day)) if meeting.all_day => date(giver, "RECURRENCE-ID", day),
        (Some(start), _) => giver.time("RECURRENCE-ID", start, zone),
        (None, Some(day)) => date(giver, "RECURRENCE-ID", day),
        (None, None) => {}
    }
    if let Some(sequence) = meeting.sequence {
        giver.plain("SEQUENCE", &sequence.to_string());
    }
    giver.pour(meeting, MEETING);
    if let Some(word) = meeting.busy.map(shown_busy) {
        giver.plain("X-MICROSOFT-CDO-BUSYSTATUS", word);
        let free = meeting.busy == Some(BusyStatus::Free);
        giver.plain("TRANSP", if free { "TRANSPARENT" } else { "OPAQUE" });
    }
    if let Some(word) = meeting.intended_busy.map(shown_busy) {
        giver.plain("X-MICROSOFT-CDO-INTENDEDSTATUS", word);
    }
    if meeting.state.cancelled {
        giver.plain("STATUS", "CANCELLED");
    }
    parties::write(giver, meeting);
    if let Some(online) = &meeting.online {
        giver.pour(online, ONLINE);
    }
    body::write(giver, &meeting.body);
}

/// Gives a day.
pub(super) fn date(giver: &mut Giver<'_>, name: &str, day: Date) {
    let params = vec![Param::new("VALUE", ["DATE"])];
    let day = day.strftime("%Y%m%d").to_string();
    giver.put(Property::made(name, params, &day));
}

fn shown_busy(busy: BusyStatus) -> &'static str {
    match busy {
        BusyStatus::Free => "FREE",
        BusyStatus::Tentative => "TENTATIVE",
        BusyStatus::Busy => "BUSY",
        BusyStatus::OutOfOffice => "OOF",
        BusyStatus::WorkingElsewhere => "WORKINGELSEWHERE",
    }
}
