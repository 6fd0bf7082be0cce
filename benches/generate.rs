//! Writes a big store for measuring: `generate OUT.pst [MESSAGES] [BYTES]`, by default 40,000
//! messages in at least 1 GiB; and with `generate --contacts OUT.csv` the contacts of a CRM that
//! knows everyone who writes in such a store, so that an export has something to export.
//!
//! The variety is that of an office mailbox: forty folders; short mails and long threads; two
//! thirds with HTML; a fifth with one to three files, from a kilobyte to some megabytes, half of
//! which do not compress, and some of which are the same file sent again. The same arguments give
//! the same bytes.

#[path = "../samples/make/heap.rs"]
#[allow(
    dead_code,
    reason = "the samples change more of a heap than this program does"
)]
mod heap;
#[path = "../samples/make/store.rs"]
#[allow(
    dead_code,
    reason = "the samples take stores apart, which is too much for a big one"
)]
mod store;

use std::path::PathBuf;

use anyhow::{Context, Result};
use outlook_pst_rw::{
    UnicodePstAttachment, UnicodePstBatchMessage, UnicodePstFile, UnicodePstMessage,
    UnicodePstRecipient, UnicodePstRecipientType,
};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngCore, SeedableRng};

/// Folders that the messages are spread over.
pub(crate) const FOLDERS: usize = 40;
/// Files of which copies are sent again and again.
pub(crate) const SHARED_FILES: usize = 64;
/// Firms that people write from, each with one address.
const FIRMS: u32 = 400;
/// 2024-01-01 in 100-nanosecond intervals since 1601.
const START: i64 = 133_485_408_000_000_000;

const WORDS: &[&str] = &[
    "offer",
    "order",
    "invoice",
    "delivery",
    "meeting",
    "Thursday",
    "Müller",
    "contract",
    "price",
    "the",
    "and",
    "of",
    "to",
    "we",
    "you",
    "please",
    "thanks",
    "with",
    "for",
    "about",
    "attached",
    "Zürich",
    "façade",
    "naïve",
    "project",
    "deadline",
    "budget",
    "sample",
    "version",
    "review",
    "customer",
    "supplier",
    "warehouse",
    "shipping",
    "question",
    "answer",
    "tomorrow",
    "week",
    "month",
    "quarter",
    "report",
    "draft",
    "final",
    "signed",
    "approved",
    "rejected",
    "open",
    "見積",
    "注文",
    "会議",
    "привет",
    "договор",
    "σχέδιο",
    "schedule",
    "travel",
    "hotel",
    "train",
];
const FIRST_NAMES: &[&str] = &[
    "Anna", "Jörg", "Fiona", "Pierre", "Zoë", "Thomas", "Karin", "Ole", "Misaki", "Ivan",
];
const LAST_NAMES: &[&str] = &[
    "Schmidt", "Müller", "O'Brien", "Lefèvre", "van Dijk", "Weber", "Petersen", "Hansen",
];
/// Name, media type and whether the bytes compress.
const FILE_KINDS: &[(&str, &str, bool)] = &[
    ("report.pdf", "application/pdf", false),
    ("photo.jpg", "image/jpeg", false),
    ("figures.csv", "text/csv", true),
    ("notes.txt", "text/plain", true),
    ("archive.zip", "application/zip", false),
    ("Übersicht.xml", "application/xml", true),
];

/// A message with everything that it borrows when it is written.
pub(crate) struct Draft {
    pub(crate) subject: String,
    pub(crate) body: String,
    pub(crate) html: Option<String>,
    pub(crate) id: String,
    pub(crate) people: Vec<(String, String)>,
    pub(crate) files: Vec<(&'static str, &'static str, Vec<u8>)>,
    pub(crate) time: i64,
}

fn main() -> Result<()> {
    let mut args = std::env::args_os().skip(1);
    let out =
        PathBuf::from(args.next().context(
            "usage: generate OUT.pst [MESSAGES] [BYTES], or generate --contacts OUT.csv",
        )?);
    if out.as_os_str() == "--contacts" {
        let out = args.next().context("usage: generate --contacts OUT.csv")?;
        return Ok(std::fs::write(out, contacts())?);
    }
    let mut number = |default: u64| -> Result<u64> {
        let Some(text) = args.next() else {
            return Ok(default);
        };
        Ok(text.to_str().context("a number")?.parse()?)
    };
    let messages = number(40_000)?;
    let bytes = number(messages * (1 << 30) / 40_000)?;
    let mut random = StdRng::seed_from_u64(messages ^ bytes);
    // A third of a message is text, recipients and tables; the rest is left to files.
    let file_bytes = f64::from(u32::try_from(bytes / messages.max(1))?) * 0.75;
    let shared: Vec<_> = (0..SHARED_FILES)
        .map(|_| file(&mut random, file_bytes * 4.0))
        .collect();

    let _ = std::fs::remove_file(&out);
    let mut made = 0;
    for folder in 0..FOLDERS as u64 {
        let share = messages * (folder + 1) / FOLDERS as u64 - made;
        let drafts: Vec<_> = (made..made + share)
            .map(|number| draft(number, &mut random, file_bytes, &shared))
            .collect();
        append(&out, folder, &drafts)?;
        made += share;
        eprint!("\r{made} messages");
    }
    eprintln!();
    // As Outlook writes it: encoded, and with sub-nodes of the type that libpst goes by; in memory,
    // all at once.
    let mut file = std::fs::read(&out)?;
    store::as_outlook(&mut file, true)?;
    std::fs::write(&out, &file)?;
    println!(
        "{}: {messages} messages, {} bytes",
        out.display(),
        out.metadata()?.len()
    );
    Ok(())
}

fn address(firm: u32) -> String {
    format!("user{firm}@firm{firm}.example")
}

/// One contact per address, as the CRM exports them.
fn contacts() -> String {
    let mut csv = String::from("ID,First Name,Last Name,Email,Company\r\n");
    for firm in 0..FIRMS {
        let (id, email) = (firm + 1, address(firm));
        csv.push_str(&format!("{id},User,Of Firm {firm},{email},Firm {firm}\r\n"));
    }
    csv
}

fn words(random: &mut StdRng, count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        if number > 0 {
            text.push_str(if number % 14 == 13 { ".\r\n" } else { " " });
        }
        text.push_str(WORDS.choose(random).copied().unwrap_or_default());
    }
    text
}

/// A file of a size whose logarithm is spread evenly, with `mean` bytes on average.
pub(crate) fn file(random: &mut StdRng, mean: f64) -> (&'static str, &'static str, Vec<u8>) {
    let (name, kind, compresses) = FILE_KINDS.choose(random).copied().unwrap_or_default();
    // Sizes from mean/90 to mean*9: the mean of such a spread is a tenth of its upper end and a
    // half.
    let size = (mean / 90.0) * 810.0_f64.powf(random.random::<f64>()) * 0.75;
    let size = std::time::Duration::from_secs_f64(size).as_secs();
    let size = usize::try_from(size).unwrap_or(1024).max(200);
    let mut bytes = Vec::with_capacity(size + 128);
    if compresses {
        while bytes.len() < size {
            let count = random.random_range(5..40);
            bytes.extend(words(random, count).into_bytes());
            bytes.extend(b";1;2;3\r\n");
        }
        bytes.truncate(size);
    } else {
        bytes.resize(size, 0);
        random.fill_bytes(&mut bytes);
    }
    (name, kind, bytes)
}

pub(crate) fn draft(
    number: u64,
    random: &mut StdRng,
    file_bytes: f64,
    shared: &[(&'static str, &'static str, Vec<u8>)],
) -> Draft {
    let people: Vec<(String, String)> = (0..random.random_range(2..6))
        .map(|_| {
            let first = FIRST_NAMES.choose(random).copied().unwrap_or_default();
            let last = LAST_NAMES.choose(random).copied().unwrap_or_default();
            let firm = random.random_range(0..FIRMS);
            (format!("{first} {last}"), address(firm))
        })
        .collect();
    // Most mails are short; one in eight drags a long thread along.
    let long = random.random_range(0..8) == 0;
    let count = random.random_range(20..if long { 1500 } else { 200 });
    let body = words(random, count);
    let html = (random.random_range(0..3) != 0).then(|| {
        let text = body.replace("\r\n", "</p>\r\n<p class=MsoNormal>");
        format!("<html><body lang=EN-US><p class=MsoNormal>{text}</p></body></html>")
    });
    let mut files = Vec::new();
    if random.random_range(0..5) == 0 {
        for _ in 0..random.random_range(1..4) {
            let again = random.random_range(0..10) == 0;
            match shared.choose(random).filter(|_| again) {
                Some(file) => files.push(file.clone()),
                None => files.push(file(random, file_bytes * 2.5)),
            }
        }
    }
    let subject_words = random.random_range(2..9);
    Draft {
        subject: words(random, subject_words),
        body,
        html,
        id: format!("<{number}.{:08x}@bench.example>", random.next_u32()),
        people,
        files,
        time: START + i64::try_from(number).unwrap_or_default() * 12_000_000_000,
    }
}

pub(crate) fn append(path: &std::path::Path, folder: u64, drafts: &[Draft]) -> Result<()> {
    let area = format!("Area {}", folder / 8);
    let name = format!("Folder {folder}");
    let place = [area.as_str(), name.as_str()];
    let recipients: Vec<Vec<_>> = drafts
        .iter()
        .map(|draft| {
            let people = draft.people.iter().skip(1).enumerate();
            people
                .map(|(number, (name, email))| UnicodePstRecipient {
                    name,
                    email,
                    recipient_type: if number == 0 {
                        UnicodePstRecipientType::To
                    } else {
                        UnicodePstRecipientType::Cc
                    },
                })
                .collect()
        })
        .collect();
    let files: Vec<Vec<_>> = drafts
        .iter()
        .map(|draft| {
            let files = draft.files.iter();
            files
                .map(|(filename, mime_type, data)| UnicodePstAttachment {
                    filename,
                    mime_type,
                    content_id: None,
                    data,
                })
                .collect()
        })
        .collect();
    let mut batch = Vec::with_capacity(drafts.len());
    for ((draft, recipients), files) in drafts.iter().zip(&recipients).zip(&files) {
        let (sender_name, sender_email) = draft.people.first().context("a sender")?;
        batch.push(UnicodePstBatchMessage {
            message: UnicodePstMessage {
                subject: &draft.subject,
                sender_name,
                sender_email,
                recipients,
                body: &draft.body,
                html_body: draft.html.as_deref(),
                message_id: &draft.id,
                delivery_time: draft.time,
            },
            attachments: files,
        });
    }
    let mut rest = batch.as_slice();
    if !path.exists() {
        let (first, others) = batch.split_first().context("an empty folder")?;
        let (message, files) = (&first.message, first.attachments);
        UnicodePstFile::create_in_folder_with_attachments(path, &place, message, files)?;
        rest = others;
    }
    UnicodePstFile::append_many_in_folder_with_attachments(path, &place, rest)?;
    Ok(())
}
