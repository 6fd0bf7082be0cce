//! E-mails as Internet messages: every mail of the corpus, and every e-mail of its stores, written
//! and read back. A field that comes back otherwise is one that a finding names; which these are is
//! in the table "item to mime" of `docs/fidelity.md`. What Python reads of them is in
//! `judge_mime.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use airbridge::content::{ContentRef, InMemory, read_all};
use airbridge::file_bytes::FileBytes;
use airbridge::finding::Findings;
use airbridge::item::{Attachment, AttachmentData, BlobRef, Content, Email, Item, Party, Text};
use airbridge::mapping::mime::fidelity::NOT_SAID;
use airbridge::mapping::mime::{Envelope, to_items, to_mail};
use airbridge::mapping::{Context, Mapped};
use airbridge::mime::write::write;
use airbridge::mime::{FromQuoting, Message};
use airbridge::source::{Job, ReadingOptions, Sources, StoreSource};
use proptest::prelude::*;
use rayon::prelude::*;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

mod judges;

/// What every reading gives anew, or the mail tells in another way: `headers` has the fields of the
/// structure too.
const ANEW: [&str; 5] = ["id", "identity", "provenance", "headers", "subject_prefix"];

fn read(bytes: Vec<u8>) -> Mapped {
    let len = bytes.len() as u64;
    let message = Message::scan(FileBytes::in_memory(bytes), 0..len, FromQuoting::None).unwrap();
    let context = Context::default();
    to_items(message, &Envelope::default(), &context).remove(0)
}

/// The record of an item with the bytes that it refers to as their hashes; bodies as text.
fn record(item: &Item, contents: &[ContentRef]) -> Json {
    let mut record = serde_json::to_value(item).unwrap();
    plain(&mut record, contents);
    record
}

fn plain(value: &mut Json, contents: &[ContentRef]) {
    match value {
        Json::Object(own) => {
            ANEW.iter().for_each(|name| {
                own.remove(*name);
            });
            own.values_mut().for_each(|value| {
                let pending = value.get("pending").and_then(Json::as_u64);
                if let Some(pending) = pending.and_then(|at| usize::try_from(at).ok()) {
                    let bytes = read_all(&*contents[pending], 1 << 30).unwrap_or_default();
                    *value = hash(&bytes);
                }
                plain(value, contents);
            });
            if let Some(Json::Array(raw)) = own.get_mut("raw") {
                // What tells of the part itself is told anew, first.
                let name = |own: &Json| own["name"].as_str().unwrap().to_ascii_lowercase();
                let told = [
                    "content-type",
                    "content-disposition",
                    "content-id",
                    "content-location",
                ];
                raw.retain(|own| !told.contains(&name(own).as_str()));
                if raw.is_empty() {
                    own.remove("raw");
                }
            }
            for key in ["plain", "html"] {
                if let Some(Json::String(text)) = own.get(key) {
                    let hash = hash(text.as_bytes());
                    own.insert(key.to_owned(), hash);
                }
            }
        }
        Json::Array(own) => own.iter_mut().for_each(|value| plain(value, contents)),
        _ => {}
    }
}

fn hash(bytes: &[u8]) -> Json {
    let digest = Sha256::digest(bytes);
    let hex: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
    json!(format!("{} bytes {hex}", bytes.len()))
}

/// Paths of what is in one record and not in the other, or otherwise there.
fn differences(own: &Json, other: &Json, at: &str, all: &mut Vec<(String, String)>) {
    let below = |key: &str| match at {
        "" => key.to_owned(),
        at => format!("{at}.{key}"),
    };
    let null = Json::Null;
    match (own, other) {
        (own, other) if own == other => {}
        (Json::Object(own), Json::Object(other)) => {
            let keys: BTreeSet<&String> = own.keys().chain(other.keys()).collect();
            for key in keys {
                let (own, other) = (own.get(key), other.get(key));
                differences(
                    own.unwrap_or(&null),
                    other.unwrap_or(&null),
                    &below(key),
                    all,
                );
            }
        }
        (Json::Array(own), Json::Array(other)) if own.len() == other.len() => {
            for (number, (own, other)) in own.iter().zip(other).enumerate() {
                differences(own, other, &format!("{at}[{number}]"), all);
            }
        }
        (own, other) => {
            let short = |own: &Json| own.to_string().chars().take(160).collect::<String>();
            all.push((
                at.to_owned(),
                format!("{} and {}", short(own), short(other)),
            ));
        }
    }
}

/// The paths that findings name, from the outermost item.
fn named(findings: &Findings) -> Vec<String> {
    let paths = findings.iter().filter_map(|finding| {
        let path = finding.detail.strip_prefix('`')?.split_once('`')?.0;
        let mut whole = String::new();
        for place in finding.place.part.split(", ") {
            if let Some(number) = place.strip_prefix("attachment ") {
                whole.push_str(&format!("attachments[{number}].item."));
            }
        }
        Some(whole + path)
    });
    paths.collect()
}

/// Whether a finding names a path, something that it is in, or something in it.
fn is_named(path: &str, named: &[String]) -> bool {
    named.iter().any(|name| {
        let name = name.strip_suffix("[]").unwrap_or(name);
        path.starts_with(name) || name.starts_with(path)
    })
}

/// A path without numbers.
fn pattern(path: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for letter in path.chars() {
        inside = (inside || letter == '[') && letter != ']';
        if !inside || letter == '[' {
            out.push(letter);
        }
    }
    while let Some(rest) = out.strip_prefix("attachments[].item.") {
        out = rest.to_owned();
    }
    out
}

#[derive(Default)]
struct Outcome {
    compared: usize,
    faults: Vec<String>,
    patterns: BTreeMap<String, usize>,
}

impl Outcome {
    fn join(mut self, other: Self) -> Self {
        self.compared += other.compared;
        self.faults.extend(other.faults);
        for (pattern, count) in other.patterns {
            *self.patterns.entry(pattern).or_default() += count;
        }
        self
    }

    fn judge(&self, least: usize) {
        println!("{} mails, named by findings:", self.compared);
        for (pattern, count) in &self.patterns {
            println!("    {count} {pattern}");
        }
        assert!(
            self.compared > least,
            "the corpus has shrunk: {}",
            self.compared
        );
        let shown: String = self
            .faults
            .iter()
            .take(25)
            .map(|own| format!("{own}\n"))
            .collect();
        assert!(
            self.faults.is_empty(),
            "{} faults:\n{shown}",
            self.faults.len()
        );
        // Only what the table says is lost or altered is.
        let told = |path: &str| {
            let mut table = NOT_SAID.iter();
            table.any(|(own, _)| {
                let rest = path.strip_prefix(own);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        let untold: Vec<_> = self.patterns.keys().filter(|own| !told(own)).collect();
        assert!(untold.is_empty(), "the table does not say: {untold:?}");
    }
}

/// Writes an item, reads it back, and compares; a field that differs must be named.
fn check(place: &str, mapped: &Mapped) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(given) = to_mail(&mapped.item, &mapped.contents) else {
        return outcome;
    };
    outcome.compared = 1;
    let mut bytes = Vec::new();
    let short = write(&given.value, &mut bytes).unwrap();
    form(&bytes, place, &mut outcome.faults);
    let again = read(bytes);
    let named = named(&given.findings);
    for path in &named {
        *outcome.patterns.entry(pattern(path)).or_default() += 1;
    }
    if !short.is_empty() {
        return outcome;
    }
    let own = record(&mapped.item, &mapped.contents);
    let other = record(&again.item, &again.contents);
    let mut all = Vec::new();
    differences(&own, &other, "", &mut all);
    for (path, what) in all {
        let nothing = what.starts_with("null and");
        if !is_named(&path, &named) && !nothing {
            outcome.faults.push(format!("{place} {path}: {what}"));
        }
    }
    outcome
}

/// Lines, their ends, and the letters of the header.
fn form(bytes: &[u8], place: &str, faults: &mut Vec<String>) {
    let end = memchr::memmem::find(bytes, b"\r\n\r\n").unwrap_or(bytes.len());
    for line in bytes[..end].split(|byte| *byte == b'\n') {
        let own = line.strip_suffix(b"\r").unwrap_or(line);
        if own.len() > 998 || own.contains(&b'\r') {
            faults.push(format!(
                "{place}: a line of {} bytes in the header",
                own.len()
            ));
        }
    }
}

#[test]
fn mails_come_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !root.join("eml").exists() {
        return judges::skip("../shared/corpus is not here");
    }
    let paths = [root.join("eml"), root.join("mbox")];
    let sources = Sources::open(&paths, ReadingOptions::default()).unwrap();
    let jobs: Vec<Job> = sources.jobs().collect();
    let outcome = jobs
        .par_iter()
        .filter_map(|job| {
            let Job::Entry(entry) = job else { return None };
            let all = job.items().ok()?;
            let mapped = all.first()?;
            let place = format!(
                "{} {}",
                entry.source.input().name,
                mapped.item.provenance[0].locator
            );
            Some(check(&place, mapped))
        })
        .reduce(Outcome::default, Outcome::join);
    outcome.judge(590);
}

#[test]
fn emails_of_stores_come_back() {
    let Some(stores) = judges::corpus() else {
        return;
    };
    let paths: Vec<_> = stores.into_iter().map(|(_, path)| path).collect();
    let sources = Sources::open(&paths, ReadingOptions::default()).unwrap();
    let jobs: Vec<_> = sources
        .stores()
        .iter()
        .flat_map(StoreSource::jobs)
        .collect();
    let outcome = jobs
        .par_iter()
        .filter_map(|job| {
            let mapped = job.item().ok()?;
            let place = format!("{} {}", job.source.name(), job.locator());
            Some(check(&place, &mapped))
        })
        .reduce(Outcome::default, Outcome::join);
    outcome.judge(600);
}

/// Text that says no charset is of the code page that the user gives.
#[test]
fn a_code_page_is_followed() {
    // "Привет" in windows-1251.
    let word = [0xCF, 0xF0, 0xE8, 0xE2, 0xE5, 0xF2];
    let bytes = [
        b"From: a@example.net\r\nSubject: ",
        &word[..],
        b"\r\n\r\n",
        &word,
    ]
    .concat();
    let bytes = FileBytes::in_memory(bytes);
    let len = bytes.len();
    let message = Message::scan(bytes, 0..len, FromQuoting::None).unwrap();
    let envelope = Envelope {
        code_page: Some(1251),
        ..Envelope::default()
    };
    let item = to_items(message, &envelope, &Context::default())
        .remove(0)
        .item;
    let Content::Email(email) = &item.content else {
        panic!("{item:?}");
    };
    assert_eq!(email.subject, "Привет");
    assert_eq!(email.body.plain, Some(Text::Inline("Привет".to_owned())));
}

fn mail(email: Email) -> Item {
    Item::new("IPM.Note", Content::Email(email))
}

fn attached(name: &str, kind: Option<&str>) -> Attachment {
    let blob = BlobRef::Pending { pending: 0 };
    let of_kind = json!({ "name": name, "holds": "file", "blob": { "pending": 0 } });
    let mut own: Attachment = serde_json::from_value(of_kind).unwrap();
    own.data = AttachmentData::File { blob };
    own.media_type = kind.map(str::to_owned);
    own
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is in subjects, names, bodies and names of files comes back.
    #[test]
    fn any_text_comes_back(
        subject in "([ a-z]|\\PC|[\\x00-\\x1f]|=\\?utf-8\\?|[a-z]{120}){0,30}",
        name in "([ a-z,\"<>@]|\\PC|[\\x01-\\x1f]){0,20}",
        body in "(From |\\.|--=_part_1|=|\r\n|\n|\r| |\t|a|ü|x{70,90}|\\PC){0,60}",
        html in "(<p>|\r\n|--=_part_2--|é|[\\x01-\\x08]){0,20}",
        file in "([ a-z\"/\\\\]|\\PC){0,90}",
        data in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let contents: Vec<ContentRef> = vec![Arc::new(InMemory(data))];
        let mut email = Email { subject: subject.clone(), ..Email::default() };
        email.from = Some(Party {
            name: name.trim().to_owned(),
            email: Some("anna@example.net".to_owned()),
            address: None,
        });
        email.body.plain = Some(body.clone()).filter(|own| !own.is_empty()).map(Text::Inline);
        email.body.html = Some(html.clone()).filter(|own| !own.is_empty()).map(Text::Inline);
        let mut item = mail(email);
        item.attachments = vec![attached(&file, Some("application/pdf"))];
        let given = to_mail(&item, &contents).unwrap();
        let mut bytes = Vec::new();
        prop_assert!(write(&given.value, &mut bytes).unwrap().is_empty());
        let again = read(bytes);
        let Content::Email(email) = &again.item.content else { panic!() };
        prop_assert_eq!(&email.subject, &subject);
        prop_assert_eq!(email.from.as_ref().map(|own| own.name.as_str()), Some(name.trim()));
        let text = |own: &Option<Text>| match own {
            Some(Text::Inline(text)) => text.clone(),
            _ => String::new(),
        };
        prop_assert_eq!(text(&email.body.plain), body);
        prop_assert_eq!(text(&email.body.html), html);
        prop_assert_eq!(again.item.attachments.len(), 1);
        let own = &again.item.attachments[0];
        prop_assert_eq!(own.name.as_str(), file.as_str());
        let AttachmentData::File { blob: BlobRef::Pending { pending } } = &own.data else {
            panic!()
        };
        let (one, other) = (&contents[0], &again.contents[*pending]);
        prop_assert_eq!(read_all(&**one, 1 << 20).unwrap(), read_all(&**other, 1 << 20).unwrap());
    }
}

/// A meeting message of a store has no calendar; the mail gets one, of the right method, and is the
/// same when it is read again.
#[test]
fn a_meeting_message_has_a_calendar() {
    use airbridge::item::email::Nature;
    use airbridge::item::meeting::{Meeting, Proposal, Response};
    let party = |name: &str| Party {
        name: name.to_owned(),
        email: Some(format!("{}@example.org", name.to_lowercase())),
        address: None,
    };
    let at = |text: &str| Some(text.parse().unwrap());
    let meeting = Meeting {
        subject: "Launch".to_owned(),
        location: Some("Slip".to_owned()),
        start: at("2024-07-01T10:00:00Z"),
        end: at("2024-07-01T11:00:00Z"),
        ..Meeting::default()
    };
    let proposed = Meeting {
        proposal: Some(Proposal {
            start: at("2024-07-02T10:00:00Z"),
            end: at("2024-07-02T11:30:00Z"),
        }),
        ..meeting.clone()
    };
    for (class, nature, method, own, answer) in [
        (
            "Request",
            Nature::MeetingRequest,
            "REQUEST",
            &meeting,
            Response::NotResponded,
        ),
        (
            "Canceled",
            Nature::MeetingCancellation,
            "CANCEL",
            &meeting,
            Response::NotResponded,
        ),
        (
            "Resp.Pos",
            Nature::MeetingAcceptance,
            "REPLY",
            &meeting,
            Response::Accepted,
        ),
        (
            "Resp.Neg",
            Nature::MeetingDecline,
            "REPLY",
            &meeting,
            Response::Declined,
        ),
        (
            "Resp.Tent",
            Nature::MeetingTentative,
            "COUNTER",
            &proposed,
            Response::Tentative,
        ),
    ] {
        let replies = method == "REPLY" || method == "COUNTER";
        let email = Email {
            nature,
            subject: "Launch".to_owned(),
            from: Some(party("Ann")),
            to: vec![party("Bob")],
            sent: at("2024-06-01T08:00:00Z"),
            meeting: Some(own.clone()),
            body: airbridge::item::Body {
                plain: Some(Text::Inline("Bring cake.\r\n".to_owned())),
                ..Default::default()
            },
            ..Email::default()
        };
        let item = Item::new(
            format!("IPM.Schedule.Meeting.{class}"),
            Content::Email(email),
        );
        let none: Vec<ContentRef> = Vec::new();
        let given = to_mail(&item, &none).unwrap();
        assert!(given.findings.is_empty(), "{class}: {:?}", given.findings);
        let mut bytes = Vec::new();
        write(&given.value, &mut bytes).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains("multipart/alternative"), "{text}");
        assert!(
            text.contains(&format!("text/calendar; charset=utf-8; method={method}")),
            "{text}"
        );
        let back = read(bytes);
        let Content::Email(told) = &back.item.content else {
            panic!("{:?}", back.item);
        };
        assert_eq!(told.nature, nature);
        let read = told.meeting.as_ref().unwrap();
        assert_eq!((read.start, read.end), (own.start, own.end), "{method}");
        assert_eq!(read.proposal, own.proposal, "{method}");
        assert_eq!(read.location, own.location);
        assert_eq!(read.subject, "Launch");
        let (organizer, attendee) = if replies {
            ("Bob", "Ann")
        } else {
            ("Ann", "Bob")
        };
        assert_eq!(read.organizer.as_ref().unwrap().name, organizer, "{method}");
        assert_eq!(read.attendees.len(), 1);
        assert_eq!(read.attendees[0].party, party(attendee));
        assert_eq!(read.attendees[0].response, answer, "{method}");
        // Written once more it has one calendar, not two.
        let once_more = to_mail(&back.item, &back.contents).unwrap();
        let mut bytes = Vec::new();
        write(&once_more.value, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text.matches("text/calendar").count(), 1, "{text}");
    }
}
