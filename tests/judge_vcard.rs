//! Cards as other readers see them: vobject (or a few lines of Python where vobject gives up) and
//! calcard, on every card of the corpus.
//!
//! Where values differ, [`EXPLAINED`] says who is right and why, by the specification;
//! `docs/fidelity.md` has the same table, and the test fails when they no longer agree with it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod judges;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use airbridge::content::read_all;
use airbridge::item::contact::{ContactEmail, PostalAddress};
use airbridge::item::{BlobRef, Contact, Content, Text};
use airbridge::mapping::Mapped;
use airbridge::source::{ReadingOptions, Sources};
use airbridge::vcard::CardFile;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// File, card from 1 (0 for the file), what differs, and why.
type Row = (&'static str, usize, &'static str, &'static str);

/// Every difference, and who is right.
const EXPLAINED: &[Row] = &[
    ("aquasync__ruby-msg/contact.vcf", 1, "TITLE", COMMA),
    (
        "ical4j__ical4j-vcard/vcard-antoni-kontact.vcf",
        1,
        "ORG",
        "airbridge; the department stands in X-KADDRESSBOOK-X-Department, which vobject does not \
         know",
    ),
    ("jhermsmeier__node-vcf/xing.vcf", 1, "NOTE", COMMA),
    ("mangstadt__ez-vcard/John_Doe_GMAIL.vcf", 1, "FN", COMMA),
    (
        "mangstadt__ez-vcard/John_Doe_IPHONE.vcf",
        1,
        "ADR",
        "airbridge; the street is kept as it stands; vobject makes a list of it, whose \
         second value is empty",
    ),
    (
        "mangstadt__ez-vcard/John_Doe_MS_OUTLOOK.vcf",
        1,
        "NOTE",
        COMMA,
    ),
    (
        "mangstadt__ez-vcard/John_Doe_MS_OUTLOOK.vcf",
        1,
        "ADR",
        "airbridge; vCard 2.1 has no lists, so the comma at the end of the street is part of it",
    ),
    ("stalwartlabs__calcard/005.vcf", 2, "NOTE", COMMA),
    ("stalwartlabs__calcard/005.vcf", 3, "NOTE", COMMA),
    ("stalwartlabs__calcard/009.vcf", 5, "NOTE", COMMA),
    ("stalwartlabs__calcard/rfc.vcf", 1, "PHOTO", COMMA),
    (
        "stalwartlabs__calcard/vcard_003.vcf",
        1,
        "BDAY",
        "both; of three birthdays the first is a month only, so airbridge takes the second and \
         keeps the others raw",
    ),
];

const COMMA: &str = "airbridge; the property holds one text, in which a comma separates nothing; \
                     vobject stops at it";

/// Files of the corpus that are named like cards and hold none.
const NO_CARDS: &[&str] = &[
    "libical__libical/user-cal.vcf",
    "shmsoft__FreeEed/02417_315-Kien.vcf",
];

/// Every file of cards of the corpus, with its name in it.
fn files() -> Option<Vec<(String, PathBuf)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/vcf");
    let entries = walkdir::WalkDir::new(&root)
        .follow_links(true)
        .sort_by_file_name();
    let mut found = Vec::new();
    for entry in entries.into_iter().flatten() {
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(&root).unwrap().to_str().unwrap();
            found.push((name.replace('\\', "/"), entry.path().to_path_buf()));
        }
    }
    if found.is_empty() {
        judges::skip("../shared/corpus/vcf is not here");
        return None;
    }
    Some(found)
}

/// The items of a file; none when it is no file of cards.
fn items(path: &Path) -> Vec<Mapped> {
    let Ok(sources) = Sources::open(&[path.to_path_buf()], ReadingOptions::default()) else {
        return Vec::new();
    };
    sources
        .jobs()
        .flat_map(|job| job.items().unwrap())
        .collect()
}

/// Text as far as readers can agree on it: lines ended alike, no white space around.
fn even(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<_> = text.trim().split('\n').map(words).collect();
    lines.join("\n")
}

fn strings(value: &Value) -> Vec<String> {
    let all = value.as_array().into_iter().flatten();
    // vobject leaves the escaped colons that Google and Apple write.
    all.map(|own| even(&own.as_str().unwrap().replace("\\:", ":")))
        .collect()
}

/// Notes one after the other, as they stand.
fn joined(notes: &Value) -> String {
    let all = notes.as_array().unwrap().iter();
    let texts: Vec<_> = all.map(|own| own.as_str().unwrap()).collect();
    texts.join("\n\n").replace("\\:", ":")
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.retain(|text| !text.is_empty());
    texts.sort();
    texts
}

fn some(text: Option<&String>) -> String {
    text.map(|text| even(text)).unwrap_or_default()
}

/// What is compared of a card, by name: ours and theirs.
fn compared(mapped: &Mapped, theirs: &Value) -> Vec<(&'static str, String, String)> {
    let Content::Contact(own) = &mapped.item.content else {
        return Vec::new();
    };
    let theirs_of = |name: &str| strings(&theirs[name]);
    let text = |name: &str| even(theirs[name].as_str().unwrap());
    let list = |texts: Vec<String>| sorted(texts).join(" | ");
    let mut found = Vec::new();
    if let Some(name) = theirs_of("fn").first() {
        found.push(("FN", even(&own.display_name), name.clone()));
    }
    found.push(("N, family", some(own.last_name.as_ref()), text("family")));
    found.push(("N, given", some(own.first_name.as_ref()), text("given")));
    let emails = own.emails.iter().map(email);
    found.push(("EMAIL", list(emails.collect()), list(theirs_of("emails"))));
    let numbers = theirs_of("phones").into_iter();
    let numbers = numbers.map(|number| number.trim_start_matches("tel:").to_owned());
    let ours = own.phones.iter().map(|phone| even(&phone.number));
    found.push(("TEL", list(ours.collect()), list(numbers.collect())));
    let mut org = theirs_of("org");
    org.retain(|unit| !unit.is_empty());
    let ours = [some(own.company.as_ref()), some(own.department.as_ref())];
    let ours = ours.into_iter().filter(|unit| !unit.is_empty());
    found.push(("ORG", ours.collect::<Vec<_>>().join("; "), org.join("; ")));
    let title = theirs_of("titles").into_iter().next();
    found.push((
        "TITLE",
        some(own.job_title.as_ref()),
        title.unwrap_or_default(),
    ));
    let notes = match &own.notes.plain {
        Some(Text::Inline(text)) => even(text),
        Some(Text::Blob(_)) => panic!("a large note"),
        None => String::new(),
    };
    found.push(("NOTE", notes, even(&joined(&theirs["notes"]))));
    // vobject leaves the escaped colons that Google writes; two equal pages are one.
    let urls = theirs_of("urls")
        .into_iter()
        .map(|url| url.replace("\\:", ":"));
    let urls = urls.collect::<BTreeSet<_>>().into_iter().collect();
    found.push(("URL", pages(mapped, own), list(urls)));
    let office = some(own.office.as_ref());
    let addresses = theirs["addresses"].as_array().unwrap().iter();
    let addresses = addresses.map(|parts| parts_of(&strings(parts), &office));
    let ours = own.addresses.iter().filter(|own| !is_label(own));
    let ours = ours.map(address_of);
    found.push(("ADR", list(ours.collect()), list(addresses.collect())));
    let ours = mapped.item.categories.iter().map(|own| even(own)).collect();
    found.push(("CATEGORIES", list(ours), list(theirs_of("categories"))));
    let day = own.birthday.map(|day| day.to_string());
    let theirs_day = theirs_of("bday").into_iter().next();
    if let (Some(day), Some(theirs)) = (day, theirs_day) {
        let digits = |text: &str| -> String {
            let digits = text.chars().filter(char::is_ascii_digit);
            digits.take(8).collect()
        };
        found.push(("BDAY", digits(&day), digits(&theirs)));
    }
    let photo = own.photo.as_ref().map(|photo| hash(mapped, photo));
    let first = theirs_of("photos").into_iter().next();
    found.push((
        "PHOTO",
        photo.unwrap_or_default(),
        first.unwrap_or_default(),
    ));
    found
}

fn email(own: &ContactEmail) -> String {
    let party = &own.party;
    let kind = own.kind.as_ref().map(|kind| format!("{kind}:"));
    let address = party.address.as_ref().map(|address| {
        let kind = kind.as_deref().unwrap_or_default();
        address.strip_prefix(kind).unwrap_or(address).to_owned()
    });
    even(party.email.as_ref().or(address.as_ref()).unwrap())
}

/// The pages of the fields, and those that are raw.
fn pages(mapped: &Mapped, own: &Contact) -> String {
    let fields = [
        &own.business_page,
        &own.personal_page,
        &own.web_page,
        &own.ftp_site,
    ];
    let mut all: BTreeSet<_> = fields
        .into_iter()
        .flatten()
        .map(|page| even(page))
        .collect();
    for raw in mapped.item.raw.iter().filter(|raw| raw.name == "URL") {
        let airbridge::item::RawValue::Text(line) = &raw.value else {
            panic!("a large address")
        };
        let value = line.split_once(':').unwrap().1;
        all.insert(even(&value.replace("\\:", ":")));
    }
    sorted(all.into_iter().collect()).join(" | ")
}

fn is_label(address: &PostalAddress) -> bool {
    let parts = [
        &address.street,
        &address.po_box,
        &address.city,
        &address.state,
    ];
    let more = [&address.postal_code, &address.country];
    parts.into_iter().chain(more).all(Option::is_none)
}

/// An address as its parts, the extended one with the street unless it is the office.
fn address_of(address: &PostalAddress) -> String {
    let parts = [
        some(address.po_box.as_ref()),
        some(address.street.as_ref()),
        some(address.city.as_ref()),
        some(address.state.as_ref()),
        some(address.postal_code.as_ref()),
        some(address.country.as_ref()),
    ];
    parts.join("; ")
}

fn parts_of(parts: &[String], office: &str) -> String {
    let part = |at: usize| parts.get(at).cloned().unwrap_or_default();
    let (extended, street) = (part(1), part(2));
    let street = match (extended.as_str(), street.as_str()) {
        (extended, street) if extended.is_empty() || extended == office => street.to_owned(),
        (extended, "") => extended.to_owned(),
        (extended, street) => format!("{extended}\n{street}"),
    };
    [part(0), street, part(3), part(4), part(5), part(6)].join("; ")
}

fn hash(mapped: &Mapped, reference: &BlobRef) -> String {
    let BlobRef::Pending { pending } = reference else {
        panic!("packed already")
    };
    let bytes = read_all(&*mapped.contents[*pending], 1 << 30).unwrap();
    let digest = Sha256::digest(&bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn vobject_reads_the_same() {
    let Some(files) = files() else { return };
    let Some(judged) = judges::python("vobject_items.py", &["vobject"], &files) else {
        return;
    };
    let mut differences = Vec::new();
    let (mut cards, mut values, mut by_vobject) = (0, 0, 0);
    for ((name, path), judged) in files.iter().zip(&judged) {
        let items = items(path);
        if NO_CARDS.contains(&name.as_str()) {
            assert!(
                items
                    .iter()
                    .all(|own| own.item.raw.iter().all(|raw| raw.kind != "vcard"))
            );
            continue;
        }
        let theirs = judged["cards"].as_array().unwrap();
        if items.len() != theirs.len() {
            let (ours, theirs) = (items.len().to_string(), theirs.len().to_string());
            differences.push((name.clone(), 0, "cards", ours, theirs));
            continue;
        }
        for (number, (item, theirs)) in (1..).zip(items.iter().zip(theirs)) {
            cards += 1;
            by_vobject += usize::from(theirs["by"] == "vobject");
            for (what, ours, theirs) in compared(item, theirs) {
                values += usize::from(!ours.is_empty());
                if ours != theirs {
                    differences.push((name.clone(), number, what, ours, theirs));
                }
            }
        }
    }
    println!("{cards} cards, {by_vobject} of them by vobject, {values} values that say something");
    judge(&differences);
}

/// The differences are those of the table, here and in the documents.
fn judge(differences: &[(String, usize, &'static str, String, String)]) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fidelity.md");
    let page = fs::read_to_string(page).unwrap();
    let mut faults = Vec::new();
    let mut used = BTreeSet::new();
    for (file, card, what, ours, theirs) in differences {
        let known = EXPLAINED
            .iter()
            .position(|row| (row.0, row.1, row.2) == (file.as_str(), *card, *what));
        match known {
            Some(at) => {
                used.insert(at);
            }
            None => faults.push(format!(
                "{file}, card {card}, {what}\n    ours   {ours:?}\n    theirs {theirs:?}"
            )),
        }
    }
    for (at, (file, card, what, why)) in EXPLAINED.iter().enumerate() {
        if !used.contains(&at) {
            faults.push(format!(
                "{file}, card {card}, {what}: there is no difference any more"
            ));
        }
        let row = format!("| {file} | {card} | {what} | {why} |");
        if !page.contains(&row) {
            faults.push(format!("docs/fidelity.md lacks:\n{row}"));
        }
    }
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// calcard reads files that are UTF-8; it has no opinion on others.
#[test]
fn calcard_counts_the_same() {
    let Some(files) = files() else { return };
    let mut differences = BTreeMap::new();
    let mut counted = 0;
    for (name, path) in &files {
        let bytes = fs::read(path).unwrap();
        let Ok(text) = String::from_utf8(bytes.clone()) else {
            continue;
        };
        let mut parser = calcard::Parser::new(&text);
        let mut theirs = 0;
        for _ in 0..1_000 {
            match parser.entry() {
                calcard::Entry::VCard(_) => theirs += 1,
                calcard::Entry::Eof => break,
                _ => {}
            }
        }
        let file = CardFile::open(airbridge::file_bytes::FileBytes::in_memory(bytes)).unwrap();
        assert_eq!(file.count(), file.seen());
        counted += file.count();
        if file.count() != theirs {
            differences.insert(name.as_str(), (file.count(), theirs));
        }
    }
    println!("{counted} cards");
    assert_eq!(differences, BTreeMap::new());
}
