//! Every mail and mailbox of the corpus against the standard library of Python: how many messages,
//! subjects, parties, dates, texts, attachments. Differences are in a table, with the reason.
//!
//! `AIRBRIDGE_SHOW=1 cargo test --test judge_mime -- --nocapture` shows what each side says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use airbridge::content::read_all;
use airbridge::item::{AttachmentData, BlobRef, Content, Email, Party, Text};
use airbridge::mapping::Mapped;
use airbridge::mapping::mime::to_mail;
use airbridge::source::{Job, ReadingOptions, Sources, StoreSource};
use serde_json::Value;
use sha2::{Digest, Sha256};

mod judges;

/// Files that are no mails, and why.
const NO_MAILS: &[(&str, &str)] = &[
    (
        "eml/apache__james-mime4j/malformedHeader-nocrlfcrlf.msg",
        "a subject, then lines that are no fields",
    ),
    (
        "eml/apache__james-mime4j/malformedHeader-noheader.msg",
        "no header at all",
    ),
    (
        "eml/apache__james-mime4j/mixed-newlines.msg",
        "no field that mails have",
    ),
    (
        "eml/apache__james-mime4j/obsolete.msg",
        "no field that mails have but a subject",
    ),
    ("eml/cpython-3.13.0/msg_19.txt", "the text of a body"),
    ("eml/jhillyerd__enmime/erroneous.raw", "says so itself"),
    (
        "eml/staktrace__mailparse/test_email_01_sample.pdf",
        "a PDF document",
    ),
    ("mbox/KDE__kmime/empty-subject.mbox", "eight bytes"),
    ("mbox/KDE__kmime/read-digits-overflow.mbox", "a date alone"),
    (
        "mbox/KDE__kmime/uninitialized-memory-use.mbox",
        "a date alone",
    ),
];

fn corpus() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !root.join("eml").exists() {
        judges::skip("../shared/corpus is not here");
        return None;
    }
    Some(root)
}

/// What Python reads from these files, by path and number.
fn python(paths: &[PathBuf]) -> Option<BTreeMap<(String, u64), Value>> {
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let lines = judges::python_of("mail_items.py", &[], &["email"], &paths)?;
    let numbered = lines.into_iter().map(|value| {
        let path = value["path"].as_str().unwrap().to_owned();
        ((path, value["number"].as_u64().unwrap()), value)
    });
    Some(numbered.collect())
}

/// One message as airbridge reads it, in the words of the judge.
struct Read {
    email: Email,
    plain: String,
    html: String,
    /// Name and hash of files.
    files: Vec<(String, String)>,
    messages: usize,
    hidden: usize,
}

fn bytes_of(mapped: &Mapped, blob: &BlobRef) -> Vec<u8> {
    match blob {
        BlobRef::Pending { pending } => read_all(&*mapped.contents[*pending], 1 << 30).unwrap(),
        BlobRef::Packed(_) => panic!("packed"),
    }
}

fn text_of(mapped: &Mapped, text: Option<&Text>) -> String {
    match text {
        None => String::new(),
        Some(Text::Inline(text)) => text.clone(),
        Some(Text::Blob(blob)) => String::from_utf8(bytes_of(mapped, blob)).unwrap(),
    }
}

fn read(mapped: &Mapped) -> Read {
    let Content::Email(email) = &mapped.item.content else {
        panic!("{:?}", mapped.item.kind());
    };
    let mut own = Read {
        email: email.clone(),
        plain: text_of(mapped, email.body.plain.as_ref()),
        html: text_of(mapped, email.body.html.as_ref()),
        files: Vec::new(),
        messages: 0,
        hidden: 0,
    };
    for attachment in &mapped.item.attachments {
        match &attachment.data {
            AttachmentData::File { blob } => {
                let whole = attachment
                    .raw
                    .iter()
                    .any(|raw| raw.name == "airbridge:holds");
                if whole {
                    own.hidden += 1;
                    continue;
                }
                let digest = Sha256::digest(bytes_of(mapped, blob));
                let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                own.files.push((attachment.name.clone(), hash));
            }
            AttachmentData::Item { .. } => own.messages += 1,
            _ => {}
        }
    }
    own
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text without white space, so that line ends do not count.
fn words(text: &str) -> String {
    text.split_whitespace().collect()
}

fn party(party: &Party) -> (String, String) {
    let address = party.email.as_ref().or(party.address.as_ref());
    (
        plain(&party.name),
        plain(address.map_or("", String::as_str)),
    )
}

fn parties(value: &Value) -> Vec<(String, String)> {
    let all = value.as_array().into_iter().flatten();
    all.map(|one| {
        let text = |at: usize| plain(one[at].as_str().unwrap_or_default());
        // The library writes an address without one as <>.
        let address = text(1);
        (
            text(0),
            if address == "<>" {
                String::new()
            } else {
                address
            },
        )
    })
    .collect()
}

/// The fields in which the two differ: name, ours, theirs.
fn differences(ours: &Read, theirs: &Value) -> Vec<(&'static str, String, String)> {
    let mut all = Vec::new();
    let mut differ = |name: &'static str, own: String, other: String| {
        if own != other {
            all.push((name, own, other));
        }
    };
    let failed = |name: &str| !theirs["failed"][name].is_null();
    let text = |name: &str| theirs[name].as_str().unwrap_or_default();
    let email = &ours.email;
    if !failed("subject") {
        differ("subject", plain(&email.subject), plain(text("subject")));
    }
    let id = text("message_id")
        .trim()
        .trim_start_matches('<')
        .trim_end_matches('>');
    differ(
        "message_id",
        email.message_id.clone().unwrap_or_default(),
        id.to_owned(),
    );
    if !failed("date") {
        let own = email.sent.map(|sent| sent.to_string()).unwrap_or_default();
        differ("date", own, text("date").to_owned());
    }
    let from: Vec<Party> = email.from.iter().cloned().collect();
    for (name, list) in [
        ("from", &from),
        ("to", &email.to),
        ("cc", &email.cc),
        ("bcc", &email.bcc),
        ("reply-to", &email.reply_to),
    ] {
        if failed(name) {
            continue;
        }
        let own: Vec<_> = list.iter().map(party).collect();
        let mut other = parties(&theirs[name]);
        if name == "from" {
            other.truncate(1);
        }
        differ(name, format!("{own:?}"), format!("{other:?}"));
    }
    // Each part that Python has is a file of ours, with its name, or a piece of the body; and what
    // is left of the body and the files is nothing.
    let parts = theirs["parts"].as_array().unwrap();
    let mut plain_text = words(&ours.plain);
    let mut html_text = words(&ours.html);
    let mut files = ours.files.clone();
    let mut missing = Vec::new();
    for part in parts.iter().filter(|part| part["sha256"].is_string()) {
        let hash = part["sha256"].as_str().unwrap();
        let name = plain(part["name"].as_str().unwrap_or_default());
        let same = |file: &(String, String)| file.1 == hash && plain(&file.0) == name;
        if let Some(at) = files.iter().position(same) {
            files.remove(at);
            continue;
        }
        let text = words(part["text"].as_str().unwrap_or_default());
        let body = match part["type"].as_str().unwrap() {
            "text/html" => &mut html_text,
            _ => &mut plain_text,
        };
        let unknown = !part["failed"]["text"].is_null();
        if part["size"] == 0 || unknown || (part["text"].is_string() && text.is_empty()) {
            // What it cannot decode is compared no further.
            if unknown {
                body.clear();
            }
            continue;
        }
        match body.strip_prefix(text.as_str()) {
            Some(rest) if part["text"].is_string() => *body = rest.to_owned(),
            _ => {
                let same = body
                    .chars()
                    .zip(text.chars())
                    .take_while(|(one, other)| one == other);
                let same = same.count();
                let (own, other): (String, String) = (
                    body.chars().skip(same).collect(),
                    text.chars().skip(same).collect(),
                );
                *body = own;
                missing.push(format!(
                    "{name:?} {} {} after {same}: {other}",
                    &hash[..8],
                    part["type"]
                ));
            }
        }
    }
    files.retain(|(_, hash)| !hash.starts_with("e3b0c442"));
    // A report of which Python keeps no bytes.
    for _ in parts.iter().filter(|part| part["blocks"] == true) {
        if let Some(at) = files.iter().position(|(name, _)| name.is_empty()) {
            files.remove(at);
        }
    }
    differ("plain", plain_text, String::new());
    differ("html", html_text, String::new());
    let own: Vec<_> = files
        .iter()
        .map(|(name, hash)| format!("{name:?} {}", &hash[..8]))
        .collect();
    differ("files", own.join(", "), missing.join(", "));
    let messages = parts.iter().filter(|part| {
        let kind = part["type"].as_str().unwrap();
        part["sha256"].is_null() && matches!(kind, "message/rfc822" | "message/global")
    });
    differ(
        "messages",
        ours.messages.to_string(),
        messages.count().to_string(),
    );
    all
}

#[test]
fn python_reads_the_same() {
    let Some(root) = corpus() else { return };
    let sources = Sources::open(
        &[root.join("eml"), root.join("mbox")],
        ReadingOptions::default(),
    )
    .unwrap();
    let skipped: BTreeSet<String> = sources.skipped.iter().map(|own| short(&own.file)).collect();
    let expected: BTreeSet<String> = NO_MAILS
        .iter()
        .map(|(file, _)| (*file).to_owned())
        .collect();
    assert_eq!(skipped, expected, "files that are no mails");

    let paths: Vec<PathBuf> = sources
        .files()
        .iter()
        .map(|file| PathBuf::from(&*file.input().name))
        .collect();
    let Some(theirs) = python(&paths) else { return };
    let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
    let mut found = BTreeMap::new();
    let mut messages = 0;
    for job in sources.jobs() {
        let Job::Entry(entry) = &job else { continue };
        let path = entry.source.input().name.to_string();
        let number = numbers.entry(path.clone()).or_default();
        *number += 1;
        messages += 1;
        let mapped = job
            .items()
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        let ours = read(&mapped[0]);
        let Some(theirs) = theirs.get(&(path.clone(), *number)) else {
            found.insert((short(&path), "count"), (String::new(), String::new()));
            continue;
        };
        for (field, own, other) in differences(&ours, theirs) {
            found.entry((short(&path), field)).or_insert((own, other));
        }
    }
    for ((path, number), value) in &theirs {
        let ours = numbers.get(path).copied().unwrap_or_default();
        if *number == 1 && ours != value["count"].as_u64().unwrap() {
            found.insert(
                (short(path), "count"),
                (ours.to_string(), value["count"].to_string()),
            );
        }
    }
    if std::env::var_os("AIRBRIDGE_SHOW").is_some() {
        for ((path, field), (ours, theirs)) in &found {
            let cut = |text: &str| text.chars().take(600).collect::<String>();
            println!(
                "{path}\t{field}\n  ours   {:?}\n  theirs {:?}",
                cut(ours),
                cut(theirs)
            );
        }
    }
    println!(
        "{messages} messages of {} files, {} fields differ",
        paths.len(),
        found.len()
    );
    let table = known_differences();
    let found: BTreeSet<(String, String)> = found
        .into_keys()
        .map(|(file, field)| (file, field.to_owned()))
        .collect();
    let new: Vec<_> = found.difference(&table).collect();
    let gone: Vec<_> = table.difference(&found).collect();
    assert!(new.is_empty(), "differences without a reason: {new:#?}");
    assert!(gone.is_empty(), "differences that are no more: {gone:#?}");
}

/// Fields in which Python reads what airbridge writes otherwise than it was: how many mails, and
/// why.
const WRITTEN: &[(&str, usize, &str)] = &[
    (
        "files",
        4,
        "three delivery reports with a name, of which Python keeps no bytes; the calendar that a \
         request of a store gets",
    ),
    (
        "message_id",
        12,
        "ids with two @, as Outlook makes them; Python cuts them at the second",
    ),
];

/// Fields of files that Python reads otherwise.
fn known_differences() -> BTreeSet<(String, String)> {
    let table = include_str!("judges/mail_differences.tsv").lines();
    let table = table.filter(|line| !line.starts_with('#') && !line.is_empty());
    let cells = table.map(|line| {
        let mut cells = line.split('\t');
        let (file, field) = (cells.next().unwrap(), cells.next().unwrap());
        assert!(
            cells.next().is_some_and(|reason| reason.len() > 10),
            "{line}: a reason"
        );
        (file.to_owned(), field.to_owned())
    });
    cells.collect()
}

/// A path from the corpus on.
fn short(path: &str) -> String {
    let at = path.find("corpus/").unwrap() + "corpus/".len();
    path[at..].to_owned()
}

/// E-mails of each store that are written, spread over it.
const EACH: usize = 12;

#[test]
fn python_reads_what_is_written() {
    let Some(root) = corpus() else { return };
    let Some(stores) = judges::corpus() else {
        return;
    };
    let mut inputs = vec![root.join("eml"), root.join("mbox")];
    inputs.extend(stores.into_iter().map(|(_, path)| path));
    let sources = Sources::open(&inputs, ReadingOptions::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut written = Vec::new();
    let mut write = |mapped: &Mapped| {
        let Some(given) = to_mail(&mapped.item, &mapped.contents) else {
            return;
        };
        let mut bytes = Vec::new();
        if !airbridge::mime::write::write(&given.value, &mut bytes)
            .unwrap()
            .is_empty()
        {
            return;
        }
        // The judge takes what begins so for a mailbox.
        assert!(!bytes.starts_with(b"From "));
        let path = folder.path().join(format!("{}.eml", written.len()));
        std::fs::write(&path, &bytes).unwrap();
        let place = &mapped.item.provenance[0];
        let mut own = read(mapped);
        // A mail tells seconds.
        own.email.sent = own
            .email
            .sent
            .map(|sent| jiff::Timestamp::from_second(sent.as_second()).unwrap());
        let name = format!("{} {}", short(&place.source), place.locator);
        written.push((path, own, name, python_differs(mapped)));
    };
    for job in sources.jobs() {
        if let Job::Entry(_) = &job
            && let Ok(all) = job.items()
        {
            write(&all[0]);
        }
    }
    for store in sources.stores() {
        let jobs: Vec<_> = StoreSource::jobs(store).collect();
        let step = jobs.len().div_ceil(EACH).max(1);
        for job in jobs.iter().step_by(step) {
            if let Ok(mapped) = job.item() {
                write(&mapped);
            }
        }
    }
    let paths: Vec<PathBuf> = written.iter().map(|own| own.0.clone()).collect();
    let Some(theirs) = python(&paths) else { return };
    let mut verdict = judges::Verdict::default();
    let known = known_differences();
    for (path, ours, name, skip) in &written {
        let theirs = &theirs[&(path.to_str().unwrap().to_owned(), 1)];
        verdict.compared += 1;
        for (field, own, other) in differences(ours, theirs) {
            let file = name.split_once(' ').unwrap().0;
            let known = known.contains(&(file.to_owned(), field.to_owned()));
            if !known && !skip.contains(&field) {
                verdict.differ(field, name, format!("{own:.300} and {other:.300}"));
            }
        }
    }
    verdict.judge(WRITTEN);
}

/// Fields in which the judge cannot agree: a signed entity is given back as it came, with what
/// Python reads otherwise in it; items that are attached as MSG files are files to it.
fn python_differs(mapped: &Mapped) -> Vec<&'static str> {
    let whole = |name: &str| name == "airbridge:holds";
    let all = &mapped.item.attachments;
    let signed = all
        .iter()
        .any(|own| own.raw.iter().any(|raw| whole(&raw.name)));
    let other = all.iter().any(|own| match &own.data {
        AttachmentData::Item { item } => !matches!(item.content, Content::Email(_)),
        AttachmentData::File { .. } => false,
        _ => true,
    });
    match (signed, other) {
        (true, _) => vec!["files", "plain", "html"],
        (false, true) => vec!["files", "messages"],
        (false, false) => Vec::new(),
    }
}
