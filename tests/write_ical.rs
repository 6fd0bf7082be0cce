//! Items as calendars: what is written is read again as the same item, by airbridge and by another
//! reader, up to the tables of `docs/fidelity.md`; and whatever is lost has a finding.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod judges;
mod specimen;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use airbridge::file_bytes::FileBytes;
use airbridge::finding::Findings;
use airbridge::ical::calendars::PAGE;
use airbridge::ical::{Calendars, Component, Property};
use airbridge::item::attachment::AttachmentData;
use airbridge::item::meeting::Response;
use airbridge::item::{Content, Item, Text};
use airbridge::mapping::carried::{Difference, differences};
use airbridge::mapping::ical::{self, Heading, items, to_calendar};
use airbridge::mapping::{Context, Mapped};
use airbridge::source::{ReadingOptions, Sources, StoreSource};
use proptest::prelude::*;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

/// The calendars of the corpus, but for those whose bytes are mostly attachments: they take their
/// time in a build for tests, and `app.ics` alone a third of it.
fn corpus(endings: &[&str]) -> Option<Vec<(String, PathBuf)>> {
    let mut files = judges::files("ics", endings)?;
    files.retain(|(_, path)| fs::metadata(path).unwrap().len() < 1 << 19);
    Some(files)
}

fn heading() -> Heading {
    Heading {
        now: "2026-01-02T03:04:05Z".parse().unwrap(),
        name: Some("Boats".to_owned()),
        tasks: true,
    }
}

/// The bytes of the calendar of an item, the item that it is, and in what that differs; every
/// difference is told.
fn again(mapped: &Mapped) -> (Vec<u8>, Option<Item>, Vec<Difference>) {
    let given = to_calendar(&[(&mapped.item, &mapped.contents)], &heading());
    let bytes = given.value.to_bytes();
    let again = items(&bytes, &Context::default()).into_iter().next();
    let Some(again) = again else {
        let told = given
            .findings
            .iter()
            .any(|own| own.code == "mapping.ical.kind");
        assert!(told, "nothing was written: {:?}", mapped.item.provenance);
        return (bytes, None, Vec::new());
    };
    let mut found = differences(&mapped.item, &mapped.contents, &again.item, &again.contents);
    found.retain(|own| !own.is_raw() || own.was["name"] != "VCALENDAR/PRODID");
    for own in found.iter().filter(|own| !own.is_raw()).take(200) {
        let path = format!("`{}`", own.path);
        let told = given
            .findings
            .iter()
            .any(|finding| finding.detail.contains(&path));
        assert!(told, "{path} is not told");
    }
    let raw = found.iter().any(Difference::is_raw);
    let told = given
        .findings
        .iter()
        .any(|own| own.code == "mapping.ical.raw");
    assert_eq!(raw, told, "raw properties are not told");
    (bytes, Some(again.item), found)
}

fn short(value: &serde_json::Value) -> String {
    value.to_string().chars().take(160).collect()
}

/// What of the corpus does not come back: path, how many, and why.
const EXPLAINED: &[(&str, usize, &str)] = &[
    ("attachments[].place", 2, CONTROLS),
    (
        "end_date",
        12,
        "an event of whole days that ends on the day on which it begins: it takes that day",
    ),
    (
        "organizer.address",
        1,
        "a word that is no address is none when it is written",
    ),
    (
        "original_date",
        1,
        "an occurrence named by the clock of another zone than its start",
    ),
    ("raw CATEGORIES", 1, PLAIN),
    ("raw DESCRIPTION", 5, PLAIN),
    ("raw DTSTART", 3, TWICE),
    ("raw DURATION", 1, TWICE),
    ("raw LOCATION", 1, PLAIN),
    ("raw ORGANIZER", 1, CONTROLS),
    (
        "raw RDATE",
        16,
        "dates without a rule that no series has: two on a day, or before the start \
         (`mapping.recurrence.dates`, `mapping.ical.dates`)",
    ),
    ("raw RECURRENCE-ID", 1, TWICE),
    ("raw SUMMARY", 6, PLAIN),
    ("raw TRIGGER", 1, CONTROLS),
    ("raw UID", 1, CONTROLS),
    ("raw VCALENDAR/B", 1, CONTROLS),
    ("raw VCALENDAR/CALSCALE", 1, CONTROLS),
    (
        "raw VCALENDAR/METHOD",
        8,
        "blanks around it, parameters and control characters are left out",
    ),
    ("recurrence.end_minutes", 2, "follows `end_date`"),
    (
        "recurrence.exceptions[].occurrence.series_uid",
        1,
        "of an event without UID, which gets one when it is written",
    ),
    (
        "recurrence.exceptions[].occurrence.uid",
        1,
        "of an event without UID, which gets one when it is written",
    ),
    (
        "recurrence.rule",
        6,
        "its end has the form of the start (RFC 5545 3.3.10)",
    ),
    ("subject", 1, CONTROLS),
    (
        "time_zone.description",
        97,
        "the zone goes by its name in a database",
    ),
];

const CONTROLS: &str = "control characters may not stand in a calendar (RFC 5545 3.3.11)";
const PLAIN: &str = "text of another charset is UTF-8 now, so that nothing of it has to stay raw";
const TWICE: &str = "a property that an event has once";

#[test]
fn every_entry_of_the_corpus_comes_back_the_same() {
    let Some(files) = corpus(&["ics", "vcs", "ical", "ifb"]) else {
        return;
    };
    let results: Vec<_> = files
        .par_iter()
        .map(|(name, path)| {
            let context = Context {
                locator: name.clone(),
                ..Context::default()
            };
            let mut found = Vec::new();
            let mut count = 0;
            // Large files repeat themselves.
            for mapped in items(&fs::read(path).unwrap(), &context)
                .into_iter()
                .take(4)
            {
                if !matches!(mapped.item.content, Content::Meeting(_) | Content::Task(_)) {
                    continue;
                }
                count += 1;
                let place = mapped.item.provenance[0].locator.clone();
                let begun = std::time::Instant::now();
                let (_, item, differences) = again(&mapped);
                if begun.elapsed().as_secs() > 1 {
                    println!("{place}: {:?}", begun.elapsed());
                }
                if item.is_none_or(|item| item.id != mapped.item.id) {
                    found.push(("id".to_owned(), place.clone(), String::new()));
                }
                for own in differences {
                    let what = match own.is_raw() {
                        true => format!("{} {}", own.pattern(), own.was["name"].as_str().unwrap()),
                        false => own.pattern(),
                    };
                    let (was, is) = (short(&own.was), short(&own.is));
                    found.push((what, place.clone(), format!("{was} became {is}")));
                }
            }
            (count, found)
        })
        .collect();
    let mut verdict = judges::Verdict::default();
    for (count, found) in results {
        verdict.compared += count;
        for (what, place, detail) in found {
            verdict.differ(&what, &place, detail);
        }
    }
    verdict.judge(EXPLAINED);
}

#[test]
fn specimens_are_whole() {
    let both = [specimen::meeting(false), specimen::meeting(true)];
    let but = [
        "attachments[].",
        "recurrence",
        "all_day",
        "start_date",
        "end_date",
    ];
    specimen::assert_whole(&both, &but);
}

/// Every meeting of the stores of the corpus.
fn meetings_of_stores() -> Vec<(String, Mapped)> {
    let Some(stores) = judges::corpus() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, path) in stores
        .into_iter()
        .filter(|(name, _)| name.starts_with("pst/"))
    {
        let Ok(sources) = Sources::open(&[path], ReadingOptions::default()) else {
            continue;
        };
        for job in sources.stores().iter().flat_map(StoreSource::jobs) {
            let Ok(mapped) = job.item() else { continue };
            if matches!(mapped.item.content, Content::Meeting(_)) {
                found.push((format!("{name}, {}", job.locator()), mapped));
            }
        }
    }
    found
}

/// What a meeting of a store and the same meeting as a calendar differ in: path, and why.
const NOT_CARRIED: &[(&str, &str)] = &[
    ("class", "a calendar has none"),
    ("body.rtf", "text and HTML only"),
    ("body.native", "text and HTML only"),
    ("label", "no property"),
    ("recurrence_text", "no property"),
    ("response", "the answer of the owner is that of an attendee"),
    ("replied_by", "no property"),
    ("private", "told by the sensitivity"),
    ("proposals", "no property"),
    ("recurrence.week_start", "told where it matters"),
    ("state", "told by the method, and by who takes part"),
    ("reminder", "on, and minutes before the start"),
    ("follow_up", "no property"),
    ("outlook_links", "names only"),
    (
        "attachments",
        "files, without what Outlook keeps beside them",
    ),
    ("attendees[].address", "addresses of the Internet only"),
    ("organizer.address", "addresses of the Internet only"),
    ("attendees[].response", "the organiser's own is none"),
    ("time_zone.description", "the zone goes by its name"),
    ("end_time_zone.description", "the zone goes by its name"),
    ("recurrence.exceptions", "as events of their own, in full"),
    ("recurrence.rule", "its end has the form of the start"),
    ("recurrence.count", "the rule tells one end"),
    ("recurrence.until", "the rule tells one end"),
    ("created", "to the second"),
    ("modified", "to the second"),
];

#[test]
fn meetings_of_stores_are_the_same_as_calendars() {
    let all = meetings_of_stores();
    let results: Vec<_> = all
        .par_iter()
        .map(|(place, mapped)| {
            let (_, item, found) = again(mapped);
            assert!(
                item.is_some_and(|item| item.id == mapped.item.id),
                "{place}"
            );
            (place, found)
        })
        .collect();
    let mut faults = Vec::new();
    let mut paths: BTreeMap<String, usize> = BTreeMap::new();
    for (place, found) in results {
        for own in found.iter().filter(|own| !own.is_raw()) {
            let pattern = own.pattern();
            *paths.entry(pattern.clone()).or_default() += 1;
            let known = NOT_CARRIED.iter().any(|(path, _)| {
                let rest = pattern.strip_prefix(path);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            });
            if !known {
                let (was, is) = (short(&own.was), short(&own.is));
                faults.push(format!("{place}: {pattern}: {was} became {is}"));
            }
        }
    }
    println!("{} meetings; differences: {paths:?}", all.len());
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// What icalendar sees otherwise, and why.
const OF_ICALENDAR: &[(&str, usize, &str)] = &[
    (
        "attendees",
        1,
        "an address with blanks is none of SMTP and is kept with its scheme",
    ),
    (
        "occurrences",
        6,
        "as in `tests/judges/icalendar_differences.tsv`: weeks without days, a start that the \
         rule does not name, times that a change of clocks makes equal; and rules of zones \
         end in 2037 there",
    ),
    (
        "summary",
        1,
        "a control character, which may not stand in a calendar",
    ),
];

/// Text as far as readers can agree on it.
fn even(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .trim()
        .to_owned()
}

#[test]
fn icalendar_reads_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut sources: Vec<(String, Mapped)> = meetings_of_stores();
    for (name, path) in corpus(&["ics", "vcs"]).unwrap_or_default() {
        let context = Context {
            locator: name.clone(),
            ..Context::default()
        };
        for mapped in items(&fs::read(path).unwrap(), &context)
            .into_iter()
            .take(3)
        {
            if matches!(&mapped.item.content, Content::Meeting(own) if own.start.is_some()) {
                sources.push((mapped.item.provenance[0].locator.clone(), mapped));
            }
        }
    }
    for series in [false, true] {
        sources.push((
            format!("specimen {series}"),
            Mapped {
                item: specimen::meeting(series),
                contents: specimen::contents(),
                findings: Findings::new(),
            },
        ));
    }
    let mut paths: Vec<PathBuf> = Vec::new();
    for (number, (_, mapped)) in sources.iter_mut().enumerate() {
        // Raw lines say what they like; here it is the item that is told. Rules of zones stay.
        let zone =
            |own: &airbridge::item::RawProperty| own.kind == "ical" && own.name == "VTIMEZONE";
        mapped.item.raw.retain(zone);
        let given = to_calendar(&[(&mapped.item, &mapped.contents)], &heading());
        let path = folder.path().join(format!("{number}.ics"));
        fs::write(&path, given.value.to_bytes()).unwrap();
        paths.push(path);
    }
    let all: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let modules = ["icalendar", "dateutil"];
    let Some(told) = judges::python_of("icalendar_items.py", &[], &modules, &all) else {
        return;
    };
    assert_eq!(told.len(), sources.len());
    let mut verdict = judges::Verdict::default();
    for (((place, mapped), theirs), path) in sources.iter().zip(&told).zip(&paths) {
        if !theirs["error"].is_null() {
            verdict.differ("error", place, &theirs["error"]);
            continue;
        }
        let theirs = &theirs["entries"][0];
        let Content::Meeting(own) = &mapped.item.content else {
            panic!()
        };
        let text = |name: &str| even(theirs[name].as_str().unwrap_or_default());
        verdict.same("summary", place, &even(&own.subject), &text("summary"));
        let location = own.location.as_deref().unwrap_or_default();
        verdict.same("location", place, &even(location), &text("location"));
        if let Some(Text::Inline(plain)) = &own.body.plain {
            verdict.same("description", place, &even(plain), &text("description"));
        }
        let to_second = |at: Option<jiff::Timestamp>| {
            at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
                .unwrap_or_default()
        };
        if own.all_day {
            let day = |day: Option<jiff::civil::Date>| {
                day.map(|day| day.strftime("%Y-%m-%dT00:00:00Z").to_string())
                    .unwrap_or_default()
            };
            verdict.same("first day", place, &day(own.start_date), &text("start"));
            if own.end_date > own.start_date {
                verdict.same("last day", place, &day(own.end_date), &text("end"));
            }
        } else {
            verdict.same("start", place, &to_second(own.start), &text("start"));
            if own.end.is_some() {
                verdict.same("end", place, &to_second(own.end), &text("end"));
            }
        }
        let list = |name: &str| -> Vec<String> {
            let all = theirs[name].as_array().unwrap().iter();
            all.map(|own| even(own.as_str().unwrap_or_default()))
                .collect()
        };
        let address = |own: &airbridge::item::Party| match (&own.email, &own.address) {
            (Some(email), _) => email.clone(),
            (None, Some(other)) if other.contains(':') && !other.starts_with("EX:") => {
                other.clone()
            }
            _ => "invalid:nomail".to_owned(),
        };
        let attendees: Vec<_> = own
            .attendees
            .iter()
            .map(|own| address(&own.party))
            .collect();
        verdict.same("attendees", place, &attendees, &list("attendees"));
        let answers = own.attendees.iter().map(|own| match own.response {
            Response::Accepted => "ACCEPTED",
            Response::Declined => "DECLINED",
            Response::Tentative => "TENTATIVE",
            Response::NotResponded => "NEEDS-ACTION",
            _ => "",
        });
        verdict.same(
            "answers",
            place,
            &answers.collect::<Vec<_>>(),
            &list("answers"),
        );
        let mut categories: Vec<String> = Vec::new();
        for own in mapped
            .item
            .categories
            .iter()
            .map(|own| own.trim().to_owned())
        {
            if !categories
                .iter()
                .any(|known| known.to_lowercase() == own.to_lowercase())
            {
                categories.push(own);
            }
        }
        verdict.same("categories", place, &categories, &list("categories"));
        let attachments = mapped
            .item
            .attachments
            .iter()
            .filter_map(|own| match &own.data {
                AttachmentData::File { blob } => {
                    let content = airbridge::mapping::Blobs::content(&mapped.contents, blob)?;
                    let bytes = airbridge::content::read_all(&*content, 1 << 30).ok()?;
                    let digest = Sha256::digest(&bytes);
                    Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
                }
                AttachmentData::Reference { place } => Some(place.clone()),
                _ => None,
            });
        verdict.same(
            "attachments",
            place,
            &attachments.collect::<Vec<String>>(),
            &list("attachments"),
        );
        if own.recurrence.is_some() {
            let calendars = Calendars::open(FileBytes::open(path).unwrap(), PAGE).unwrap();
            let series = ical::series(&calendars, 0).unwrap().unwrap();
            let ours: Vec<String> = series
                .expand(50)
                .0
                .iter()
                .map(|own| to_second(Some(own.start)))
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect();
            match theirs["occurrences"].as_array() {
                Some(_) => verdict.same("occurrences", place, &ours, &list("occurrences")),
                None => verdict.differ("not expanded", place, &theirs["occurrences"]),
            }
        }
    }
    assert!(verdict.compared > 500);
    verdict.judge(OF_ICALENDAR);
}

/// Texts that are hard on a writer.
fn text() -> impl Strategy<Value = String> {
    let hard = prop::collection::vec(
        prop_oneof![
            Just("\r\n".to_owned()),
            Just("\n".to_owned()),
            Just("\\".to_owned()),
            Just("\\n".to_owned()),
            Just(";".to_owned()),
            Just(",".to_owned()),
            Just(":".to_owned()),
            Just("\"".to_owned()),
            Just("^n".to_owned()),
            Just("\t".to_owned()),
            Just("\u{1}".to_owned()),
            Just("\u{1F600}".to_owned()),
            Just("END:VEVENT".to_owned()),
            Just("\r\n END:VEVENT\r\n".to_owned()),
            "[a-zA-Z0-9 ]{0,90}",
            "\\PC{0,20}",
        ],
        0..12,
    );
    hard.prop_map(|parts| parts.concat())
}

/// The text that comes back: without control characters, lines ended alike.
fn returned(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept = |letter: &char| !letter.is_control() || matches!(letter, '\n' | '\t');
    text.chars().filter(kept).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_comes_back(texts in prop::collection::vec(text(), 1..5), name in text()) {
        let mut component = Component::new("VEVENT");
        for text in &texts {
            let params = vec![airbridge::content_line::Param::new("CN", [name.as_str()])];
            component.properties.push(Property::of_text("X-A", params, text));
        }
        component.properties.push(Property::of_texts("X-B", &texts));
        let bytes = component.to_bytes();
        prop_assert!(std::str::from_utf8(&bytes).is_ok());
        for line in bytes.split(|byte| *byte == b'\n') {
            prop_assert!(line.len() <= 77);
        }
        let again = Component::of_text(std::str::from_utf8(&bytes).unwrap()).unwrap();
        let sent: Vec<String> = texts.iter().map(|text| returned(text)).collect();
        let back = again.properties.iter().take(texts.len());
        let back: Vec<String> = back.map(Property::text).collect();
        prop_assert_eq!(&back, &sent);
        let listed: Vec<String> = sent.iter().map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty()).collect();
        prop_assert_eq!(again.properties.last().unwrap().texts(&[',']), listed);
        for own in again.properties.iter().take(texts.len()) {
            let kept = returned(&name).replace('\t', " ");
            let param = own.param("CN").unwrap_or_default().into_owned();
            prop_assert_eq!(param.trim(), kept.trim());
        }
    }
}

#[test]
fn several_items_are_one_calendar() {
    let (one, two) = (specimen::meeting(false), specimen::meeting(true));
    let contents = specimen::contents();
    let task = specimen::task();
    let heading = Heading {
        tasks: false,
        ..heading()
    };
    let all: [(&Item, &dyn airbridge::mapping::Blobs); 3] =
        [(&one, &contents), (&two, &contents), (&task, &contents)];
    let given = to_calendar(&all, &heading);
    let text = String::from_utf8(given.value.to_bytes()).unwrap();
    for line in [
        "METHOD:PUBLISH",
        "X-WR-CALNAME:Boats",
        "VERSION:2.0",
        "DTSTAMP:20260102T030405Z",
    ] {
        assert!(text.contains(&format!("\r\n{line}\r\n")), "{line}");
    }
    assert!(text.find("X-WR-CALNAME").unwrap() < text.find("BEGIN:VTIMEZONE").unwrap());
    assert!(text.find("BEGIN:VTIMEZONE").unwrap() < text.find("BEGIN:VEVENT").unwrap());
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 3);
    assert_eq!(text.matches("TZID:W. Europe Standard Time").count(), 1);
    assert!(!text.contains("VTODO"));
    let kinds = given
        .findings
        .iter()
        .filter(|own| own.code == "mapping.ical.kind");
    assert!(kinds.count() == 1);
}

fn event(lines: &str) -> Mapped {
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n{lines}END:VEVENT\r\n\
         END:VCALENDAR\r\n"
    );
    let mut all = items(text.as_bytes(), &Context::default());
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// When the occurrences of an item start, as a reader of its calendar works it out.
fn starts(item: &Item, mapped: &Mapped) -> Vec<String> {
    let given = to_calendar(&[(item, &mapped.contents)], &heading());
    let bytes = FileBytes::in_memory(given.value.to_bytes());
    let calendars = Calendars::open(bytes, PAGE).unwrap();
    let series = ical::series(&calendars, 0).unwrap().unwrap();
    let (all, _) = series.expand(100);
    let mut starts: Vec<_> = all.iter().map(|own| own.start.to_string()).collect();
    starts.sort();
    starts
}

/// Outlook refuses dates without a rule: they are a series with a rule, as a calendar and in a store.
#[test]
fn dates_without_a_rule_are_all_kept() {
    for (lines, wanted) in [
        (
            "DTSTART:20240506T070000Z\r\nDTEND:20240506T080000Z\r\n\
             RDATE:20240507T070000Z,20240509T070000Z\r\n",
            &["2024-05-06T07", "2024-05-07T07", "2024-05-09T07"][..],
        ),
        // Across the change of clocks, at another time of day, one taken out, one changed.
        (
            "DTSTART;TZID=Europe/Berlin:20240318T090000\r\nDURATION:PT1H\r\n\
             RDATE;TZID=Europe/Berlin:20240401T090000,20240325T140000\r\n\
             RDATE;TZID=Europe/Berlin:20240408T090000,20240415T090000\r\n\
             EXDATE;TZID=Europe/Berlin:20240415T090000\r\nEND:VEVENT\r\n\
             BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID;TZID=Europe/Berlin:20240408T090000\r\n\
             DTSTART;TZID=Europe/Berlin:20240409T100000\r\nDURATION:PT1H\r\n",
            &[
                "2024-03-18T08",
                "2024-03-25T13",
                "2024-04-01T07",
                "2024-04-09T08",
            ],
        ),
        (
            "DTSTART;VALUE=DATE:20240506\r\nRDATE;VALUE=DATE:20240606,20250506\r\n",
            &["2024-05-06T00", "2024-06-06T00", "2025-05-06T00"],
        ),
    ] {
        let mapped = event(lines);
        let Content::Meeting(own) = &mapped.item.content else {
            panic!("{:?}", mapped.item);
        };
        assert!(own.recurrence.is_some(), "{lines}");
        assert!(mapped.item.raw.iter().all(|raw| raw.name != "RDATE"));
        let cut = |all: Vec<String>| -> Vec<String> {
            all.iter().map(|at| at[..13].to_owned()).collect()
        };
        assert_eq!(cut(starts(&mapped.item, &mapped)), wanted, "{lines}");
        let (bytes, item, differences) = again(&mapped);
        assert!(!String::from_utf8(bytes).unwrap().contains("RDATE"));
        assert_eq!(item.unwrap().id, mapped.item.id);
        assert!(differences.is_empty(), "{differences:?}");
        // The store of Outlook has them too.
        let given = airbridge::mapping::mapi::to_message(&mapped.item, &mapped.contents);
        let back = airbridge::mapping::mapi::to_item(&given.value, &Context::default());
        assert_eq!(cut(starts(&back.item, &back)), wanted, "{lines}");
    }
}

/// Two on one day, one before the start, or too far apart for a series: told, and raw.
#[test]
fn dates_that_no_series_has_are_told() {
    for dates in [
        "20240507T070000Z,20240507T090000Z",
        "20240505T070000Z",
        "20240507T070000Z,20340507T070000Z",
    ] {
        let mapped = event(&format!("DTSTART:20240506T070000Z\r\nRDATE:{dates}\r\n"));
        let told = |findings: &Findings, code: &str| {
            let mut all = findings.iter().filter(|own| own.code == code);
            all.next().map(|own| (own.effect, own.detail.clone()))
        };
        let (effect, _) = told(&mapped.findings, "mapping.recurrence.dates").unwrap();
        assert_eq!(effect, airbridge::finding::Effect::Lost, "{dates}");
        assert!(mapped.item.raw.iter().any(|raw| raw.name == "RDATE"));
        let given = to_calendar(&[(&mapped.item, &mapped.contents)], &heading());
        let text = String::from_utf8(given.value.to_bytes()).unwrap();
        assert!(!text.contains("RDATE"));
        let (_, detail) = told(&given.findings, "mapping.ical.dates").unwrap();
        assert!(detail.contains(dates), "{detail}");
    }
    // The start once more is nothing more.
    let same = event("DTSTART:20240506T070000Z\r\nRDATE:20240506T070000Z\r\n");
    let lost = same.findings.iter();
    assert_eq!(
        lost.filter(|own| own.effect == airbridge::finding::Effect::Lost)
            .count(),
        0
    );
}
