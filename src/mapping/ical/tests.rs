//! Tests of the mapping.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use super::*;
use crate::item::meeting::{AttendeeKind, BusyStatus, Response};
use crate::item::recurrence::{Frequency, Weekday};
use crate::item::task::TaskStatus;
use crate::item::{AttachmentData, IdentityKey, Importance, Meeting, Sensitivity};

fn all(text: &str) -> Vec<Mapped> {
    items(text.replace('\n', "\r\n").as_bytes(), &Context::default())
}

fn one(text: &str) -> Mapped {
    let [mapped] = all(text).try_into().unwrap();
    mapped
}

fn event(lines: &str) -> Mapped {
    let head = "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\n";
    one(&format!("{head}{lines}END:VEVENT\nEND:VCALENDAR\n"))
}

fn meeting(item: &Item) -> &Meeting {
    match &item.content {
        Content::Meeting(meeting) => meeting,
        other => panic!("{other:?}"),
    }
}

fn raw(item: &Item) -> Vec<&str> {
    item.raw.iter().map(|own| own.name.as_str()).collect()
}

fn codes(mapped: &Mapped) -> Vec<&str> {
    mapped.findings.iter().map(|own| own.code).collect()
}

#[test]
fn a_request_of_outlook() {
    let uid = "040000008200E00074C5B7101A82E0080000000010C4F838346AC801000000000000000\n \
               0100000002009EB53F098B249AD66CBE6BB3B8B99";
    let mapped = one(&format!(
        "BEGIN:VCALENDAR\nPRODID:-//Microsoft Corporation//Outlook 12.0 MIMEDIR//EN\n\
         METHOD:REQUEST\nBEGIN:VEVENT\nATTENDEE;CN=Bob;PARTSTAT=ACCEPTED;ROLE=OPT-PARTICIPANT:\
         mailto:bob@b.example\nATTENDEE;CN=Cy;RSVP=TRUE:mailto:cy@b.example\n\
         ATTENDEE;CUTYPE=RESOURCE;CN=Room 1:invalid:nomail\nCLASS:PRIVATE\n\
         CREATED:20080208T173955Z\nDESCRIPTION:Lunch\\, at\\nnoon\nDTEND:20080208T203000Z\n\
         DTSTAMP:20080208T173955Z\nDTSTART:20080208T200000Z\nLOCATION:Fourth\\; Coffee\n\
         ORGANIZER;CN=\"Ann, A.\":mailto:ann@b.example\nPRIORITY:1\nSEQUENCE:3\n\
         SUMMARY;LANGUAGE=en-us:Lunch?\nTRANSP:OPAQUE\nUID:{uid}\n\
         X-ALT-DESC;FMTTYPE=text/html:<p>Lunch</p>\nX-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\n\
         X-MICROSOFT-CDO-IMPORTANCE:2\nX-MICROSOFT-CDO-INTENDEDSTATUS:BUSY\n\
         X-MICROSOFT-DISALLOW-COUNTER:TRUE\nBEGIN:VALARM\nTRIGGER:-PT15M\nACTION:DISPLAY\n\
         DESCRIPTION:Reminder\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR\n"
    ));
    let item = &mapped.item;
    let own = meeting(item);
    assert_eq!(own.subject, "Lunch?");
    assert_eq!(own.start.unwrap().to_string(), "2008-02-08T20:00:00Z");
    assert_eq!(own.end.unwrap().to_string(), "2008-02-08T20:30:00Z");
    assert_eq!(own.location.as_deref(), Some("Fourth; Coffee"));
    assert_eq!(own.organizer.as_ref().unwrap().name, "Ann, A.");
    let people: Vec<_> = own
        .attendees
        .iter()
        .map(|own| {
            (
                own.party.name.as_str(),
                own.party.email.as_deref(),
                own.kind,
                own.response,
            )
        })
        .collect();
    assert_eq!(
        people,
        [
            (
                "Bob",
                Some("bob@b.example"),
                AttendeeKind::Optional,
                Response::Accepted
            ),
            (
                "Cy",
                Some("cy@b.example"),
                AttendeeKind::Required,
                Response::None
            ),
            ("Room 1", None, AttendeeKind::Resource, Response::None),
        ]
    );
    assert_eq!(
        (own.busy, own.intended_busy),
        (Some(BusyStatus::Tentative), Some(BusyStatus::Busy))
    );
    assert!(own.forbids_proposals && own.state.received && own.state.meeting);
    assert_eq!((own.sequence, item.importance), (Some(3), Importance::High));
    assert_eq!(item.sensitivity, Sensitivity::Private);
    assert_eq!(item.reminder.as_ref().unwrap().minutes, Some(15));
    // The id is that which a store has of the same meeting.
    let id = "040000008200e00074c5b7101a82e0080000000010c4f838346ac8010000000000000000\
              100000002009eb53f098b249ad66cbe6bb3b8b99";
    assert_eq!(own.series_uid.as_deref(), Some(id));
    assert_eq!(item.identity[0], IdentityKey::GlobalObjectId(id.to_owned()));
    assert_eq!(
        raw(item),
        [
            "ATTENDEE",
            "DTSTAMP",
            "SUMMARY",
            "VCALENDAR/PRODID",
            "VCALENDAR/METHOD"
        ]
    );
}

#[test]
fn a_series_with_a_changed_occurrence() {
    let mapped = all("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:s\nSUMMARY:Stand-up\n\
        DTSTART;TZID=W. Europe Standard Time:20240506T090000\n\
        DTEND;TZID=W. Europe Standard Time:20240506T093000\n\
        RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=10\n\
        EXDATE;TZID=W. Europe Standard Time:20240513T090000\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:s\nSUMMARY:Stand-up\nLOCATION:Quay\nRECURRENCE-ID:20240520T070000Z\n\
        DTSTART:20240520T120000Z\nDTEND:20240520T123000Z\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:other\nRECURRENCE-ID;VALUE=DATE:20240520\n\
        DTSTART;VALUE=DATE:20240521\nEND:VEVENT\nEND:VCALENDAR\n");
    let [series, single] = mapped.as_slice() else {
        panic!("{mapped:?}")
    };
    let own = meeting(&series.item);
    let zone = own.time_zone.as_ref().unwrap();
    assert_eq!(zone.windows.as_deref(), Some("W. Europe Standard Time"));
    assert_eq!(zone.iana.as_deref(), Some("Europe/Berlin"));
    let recurrence = own.recurrence.as_ref().unwrap();
    assert_eq!(recurrence.frequency, Frequency::Weekly);
    assert_eq!(recurrence.days, [Weekday::Monday]);
    assert_eq!(
        recurrence.rule.as_deref(),
        Some("FREQ=WEEKLY;COUNT=10;BYDAY=MO")
    );
    assert_eq!(recurrence.deleted[0].to_string(), "2024-05-13");
    assert_eq!(
        (recurrence.start_minutes, recurrence.end_minutes),
        (Some(540), Some(570))
    );
    let [changed] = recurrence.exceptions.as_slice() else {
        panic!("{recurrence:?}")
    };
    assert_eq!(changed.original.to_string(), "2024-05-20T09:00:00");
    assert_eq!(changed.start.to_string(), "2024-05-20T14:00:00");
    assert_eq!(changed.location.as_deref(), Some("Quay"));
    assert_eq!(changed.subject, None);
    let inner = changed.occurrence.as_ref().unwrap();
    let IdentityKey::GlobalObjectId(id) = &inner.identity[0] else {
        panic!("{inner:?}")
    };
    assert!(id.ends_with("/2024-05-20"), "{id}");
    assert!(raw(&series.item).is_empty() && series.findings.is_empty());
    let own = meeting(&single.item);
    assert_eq!(own.original_date.unwrap().to_string(), "2024-05-20");
    assert!(own.uid != own.series_uid && own.all_day);
}

#[test]
fn whole_days() {
    let days = |lines: &str| {
        let mapped = event(lines);
        let own = meeting(&mapped.item).clone();
        let text = |date: Option<jiff::civil::Date>| date.map(|date| date.to_string());
        (own.all_day, text(own.start_date), text(own.end_date))
    };
    let two = (
        true,
        Some("2024-05-06".to_owned()),
        Some("2024-05-08".to_owned()),
    );
    assert_eq!(
        days("DTSTART;VALUE=DATE:20240506\nDTEND;VALUE=DATE:20240508\n"),
        two
    );
    assert_eq!(days("DTSTART:20240506\nDURATION:P2D\n"), two);
    assert_eq!(
        days("DTSTART:20240506T000000\nDTEND:20240508T000000\n"),
        two
    );
    let said = "DTSTART;TZID=Europe/Paris:20240506T000000\n\
                DTEND;TZID=Europe/Paris:20240508T000000\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE\n";
    assert_eq!(days(said), two);
    let one = (
        true,
        Some("2024-05-06".to_owned()),
        Some("2024-05-07".to_owned()),
    );
    assert_eq!(days("DTSTART;VALUE=DATE:20240506\n"), one);
    assert!(!days("DTSTART:20240506T000000Z\nDTEND:20240508T000000Z\n").0);
}

#[test]
fn times_that_cannot_be_placed_are_told() {
    let mapped = event("DTSTART;TZID=Nowhere:20240506T090000\n");
    assert_eq!(codes(&mapped), ["mapping.calendar.zone"]);
    assert_eq!(raw(&mapped.item), ["DTSTART"]);
    let floating = event("DTSTART:20240506T090000\n");
    assert_eq!(raw(&floating.item), ["DTSTART"]);
    let mapped = event("DTSTART:20240506T090000Z\nDTEND:never\n");
    assert_eq!(codes(&mapped), ["mapping.calendar.no-end"]);
    assert_eq!(
        (meeting(&mapped.item).end, raw(&mapped.item)),
        (None, vec!["DTEND"])
    );
    let mapped = event("DTSTART:20240506T090000Z\nDURATION:never\n");
    assert_eq!(
        (meeting(&mapped.item).end, raw(&mapped.item)),
        (None, vec!["DURATION"])
    );
    let zone = "BEGIN:VTIMEZONE\nTZID:Mine\nBEGIN:STANDARD\nDTSTART:19700101T000000\n\
                TZOFFSETFROM:+0100\nTZOFFSETTO:+0130\nEND:STANDARD\nEND:VTIMEZONE\n";
    let mapped = one(&format!(
        "BEGIN:VCALENDAR\n{zone}BEGIN:VEVENT\nDTSTART;TZID=Mine:20240506T090000\n\
         END:VEVENT\nEND:VCALENDAR\n"
    ));
    let own = meeting(&mapped.item);
    assert_eq!(own.start.unwrap().to_string(), "2024-05-06T07:30:00Z");
    assert_eq!(
        own.time_zone.as_ref().unwrap().description.as_deref(),
        Some("Mine")
    );
    assert_eq!(raw(&mapped.item), ["VTIMEZONE"]);
}

#[test]
fn rules_beyond_the_words_stay_raw() {
    let told = |rule: &str| {
        let mapped = event(&format!("DTSTART:20240506T090000Z\nRRULE:{rule}\n"));
        let recurrence = meeting(&mapped.item).recurrence.clone().unwrap();
        let words = (recurrence.position, recurrence.month, recurrence.month_days);
        (words, raw(&mapped.item).contains(&"RRULE"))
    };
    assert_eq!(
        told("FREQ=MONTHLY;BYDAY=2MO"),
        ((Some(2), None, vec![]), false)
    );
    assert_eq!(
        told("FREQ=MONTHLY;BYDAY=MO,FR;BYSETPOS=-1"),
        ((Some(-1), None, vec![]), false)
    );
    assert_eq!(told("FREQ=YEARLY"), ((None, Some(5), vec![6]), false));
    assert!(!told("FREQ=DAILY;BYHOUR=9;BYMINUTE=0").1);
    for rule in [
        "FREQ=MONTHLY;BYDAY=2MO,3TU",
        "FREQ=MONTHLY;BYMONTHDAY=-2",
        "FREQ=YEARLY;BYWEEKNO=20",
        "FREQ=YEARLY;BYMONTH=1,2",
        "FREQ=DAILY;BYHOUR=9,10",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1,2",
        "FREQ=YEARLY;BYDAY=20MO",
    ] {
        assert!(told(rule).1, "{rule}");
    }
}

#[test]
fn tasks_and_journal_entries() {
    let mapped = one(
        "BEGIN:VCALENDAR\nBEGIN:VTODO\nUID:t\nSUMMARY:Buy\nDUE;VALUE=DATE:20240506\n\
        DTSTART:20240501T120000Z\nSTATUS:IN-PROCESS\nPERCENT-COMPLETE:40\nPRIORITY:9\n\
        CATEGORIES:Home,Shop\nEND:VTODO\nEND:VCALENDAR\n",
    );
    let Content::Task(task) = &mapped.item.content else {
        panic!("{mapped:?}")
    };
    assert_eq!(task.due.unwrap().to_string(), "2024-05-06");
    assert_eq!(
        (task.status, task.percent),
        (TaskStatus::InProgress, Some(40))
    );
    assert_eq!(mapped.item.importance, Importance::Low);
    assert_eq!(mapped.item.categories, ["Home", "Shop"]);
    assert_eq!(raw(&mapped.item), ["UID", "DTSTART"]);
    let IdentityKey::GlobalObjectId(id) = &mapped.item.identity[0] else {
        panic!("{mapped:?}")
    };
    assert!(id.ends_with("/task"));
    let mapped = one(
        "BEGIN:VJOURNAL\nSUMMARY:Call\nDTSTART;VALUE=DATE:20240506\n\
        DESCRIPTION:a\nDESCRIPTION:b\nEND:VJOURNAL\n",
    );
    let Content::Journal(entry) = &mapped.item.content else {
        panic!("{mapped:?}")
    };
    assert_eq!(entry.body.plain, Some(Text::Inline("a\n\nb".into())));
    let mapped = one("BEGIN:VFREEBUSY\nUID:f\nFREEBUSY:20240506T090000Z/PT1H\nEND:VFREEBUSY\n");
    assert!(matches!(mapped.item.content, Content::Other(_)));
    assert_eq!(raw(&mapped.item), ["UID", "FREEBUSY"]);
}

#[test]
fn answers_are_not_the_meeting() {
    let answer = |method: &str, word: &str| {
        one(&format!(
            "BEGIN:VCALENDAR\nMETHOD:{method}\nBEGIN:VEVENT\nUID:m\nDTSTART:20240506T090000Z\n\
             ATTENDEE;PARTSTAT={word}:mailto:bob@b.example\nCOMMENT:Gladly\nDESCRIPTION:Old\n\
             END:VEVENT\nEND:VCALENDAR\n"
        ))
    };
    let mapped = answer("REPLY", "DECLINED");
    assert_eq!(mapped.item.class, "IPM.Schedule.Meeting.Resp.Neg");
    assert_eq!(
        meeting(&mapped.item).body.plain,
        Some(Text::Inline("Gladly".into()))
    );
    let has_id = |mapped: &Mapped| {
        let mut keys = mapped.item.identity.iter();
        keys.any(|key| matches!(key, IdentityKey::GlobalObjectId(_)))
    };
    assert!(!has_id(&mapped));
    let cancelled = answer("CANCEL", "DECLINED");
    assert!(has_id(&cancelled) && meeting(&cancelled.item).state.cancelled);
}

#[test]
fn attachments_and_alarms() {
    let mapped = event(
        "DTSTART:20240506T090000Z\nATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY;\
         X-FILENAME=a.txt:QUJD\nATTACH:https://b.example/x\nATTACH:CID:part1@b\n\
         ATTACH;VALUE=BINARY;ENCODING=BASE64:?\nBEGIN:VALARM\nACTION:AUDIO\n\
         TRIGGER;VALUE=DATE-TIME:20240506T083000Z\nATTACH:ding.wav\nEND:VALARM\n",
    );
    let [file, link, part] = mapped.item.attachments.as_slice() else {
        panic!("{mapped:?}")
    };
    assert_eq!(
        (file.name.as_str(), file.media_type.as_deref()),
        ("a.txt", Some("text/plain"))
    );
    assert!(matches!(file.data, AttachmentData::File { .. }));
    assert!(matches!(&link.data, AttachmentData::Reference { place } if place.ends_with("/x")));
    assert_eq!(part.content_id.as_deref(), Some("part1@b"));
    let reminder = mapped.item.reminder.as_ref().unwrap();
    assert_eq!((reminder.minutes, reminder.plays_sound), (Some(30), true));
    assert_eq!(reminder.sound.as_deref(), Some("ding.wav"));
    assert_eq!(raw(&mapped.item), ["ATTACH", "VALARM"]);
    assert_eq!(codes(&mapped), ["mapping.calendar.attachment"]);
}

#[test]
fn a_calendar_of_1996() {
    let mapped = one("BEGIN:VCALENDAR\nVERSION:1.0\nTZ:-05\nBEGIN:VEVENT\n\
        SUMMARY;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Caf=E9=\n =20au lait\n\
        DTSTART:19960401T090000\nDTEND:19960401T100000\nRRULE:W1 MO WE #4\n\
        CATEGORIES:BUSINESS;TRAVEL\nDALARM:19960401T134500Z;;;Go\nTRANSP:1\nEND:VEVENT\n\
        END:VCALENDAR\n");
    let own = meeting(&mapped.item);
    assert_eq!(own.subject, "Café  au lait");
    assert_eq!(own.start.unwrap().to_string(), "1996-04-01T14:00:00Z");
    let recurrence = own.recurrence.as_ref().unwrap();
    assert_eq!(
        recurrence.rule.as_deref(),
        Some("FREQ=WEEKLY;COUNT=4;BYDAY=MO,WE")
    );
    assert_eq!(mapped.item.categories, ["BUSINESS", "TRAVEL"]);
    assert_eq!(mapped.item.reminder.as_ref().unwrap().minutes, Some(15));
    assert_eq!(own.busy, Some(BusyStatus::Free));
}

/// What is taken has a row, and what is not is raw, for each kind and every property of a row.
#[test]
fn what_is_taken_has_a_row_and_the_rest_is_raw() {
    let rows = fidelity::rows();
    let names: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row.part != "calendar" && row.property != "VALARM")
        .map(|row| row.property.as_str())
        .chain(["X-ANY", "RDATE", "GEO", "URL", "DTSTAMP"])
        .collect();
    for (component, kind) in [
        ("VEVENT", "meeting"),
        ("VTODO", "task"),
        ("VJOURNAL", "journal"),
    ] {
        for (value, param) in [
            ("1", ""),
            ("TRUE", ""),
            ("20240506T090000Z", ""),
            ("CANCELLED", ""),
            ("BUSY", ""),
            ("mailto:a@b.example", ";X-P=1"),
            ("FREQ=DAILY", ""),
            ("PT1H", ""),
            ("?", ""),
        ] {
            let lines: String = names
                .iter()
                .map(|name| format!("{name}{param}:{value}\n"))
                .collect();
            let alarm = "BEGIN:VALARM\nX-A:1\nEND:VALARM\nBEGIN:X-B\nEND:X-B\n";
            let text = format!("BEGIN:{component}\n{lines}{alarm}END:{component}\n");
            let bytes = FileBytes::in_memory(text.as_bytes());
            let calendars = Calendars::open(bytes, PAGE).unwrap();
            let entry = calendars.read(0).unwrap();
            let context = Context::default();
            let mut session = Session::new(&calendars, &entry, &context);
            let (item, _) = session.series(&entry.component, &[]);
            let told = |name: &str| {
                let mut own = rows.iter().filter(|row| row.property == name);
                own.any(|row| row.part == "every kind" || row.part == kind)
            };
            let raw = raw(&item);
            for name in &session.taken {
                assert!(told(name), "{kind}: {name} is taken without a row");
            }
            for name in &names {
                let taken = session.taken.iter().any(|own| own == name);
                assert!(
                    taken || raw.contains(name),
                    "{kind}: {name}:{value} is lost"
                );
                assert!(
                    param.is_empty() || raw.contains(name),
                    "{kind}: {name} loses {param}"
                );
            }
            assert!(raw.contains(&"VALARM") && raw.contains(&"X-B"));
        }
    }
}
