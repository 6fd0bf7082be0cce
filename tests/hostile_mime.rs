//! Mails and mailboxes that are made to hurt: each ends in an item and findings, in time that grows
//! with the size and no faster.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use airbridge::file_bytes::FileBytes;
use airbridge::item::{Content, Email};
use airbridge::mapping::mime::{Envelope, to_items};
use airbridge::mapping::{Context, Mapped};
use airbridge::mime::mbox::Mbox;
use airbridge::mime::{FromQuoting, Message};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

mod judges;

/// The longest that one of these may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Time that this thread has had on a processor, so that other work on the machine does not count;
/// where the system does not tell, the time of day.
fn clock() -> Duration {
    static BEGUN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told
        .split_whitespace()
        .next()
        .and_then(|text| text.parse().ok());
    nanoseconds.map_or_else(
        || BEGUN.get_or_init(Instant::now).elapsed(),
        Duration::from_nanos,
    )
}

fn read(text: &[u8]) -> Vec<Mapped> {
    let bytes = FileBytes::in_memory(text.to_vec());
    let len = bytes.len();
    let message = Message::scan(bytes, 0..len, FromQuoting::None).unwrap();
    let items = to_items(message, &Envelope::default(), &Context::default());
    for mapped in &items {
        for content in &mapped.contents {
            std::io::copy(&mut content.open().unwrap(), &mut std::io::sink()).unwrap();
        }
    }
    items
}

fn codes(items: &[Mapped]) -> Vec<&'static str> {
    items[0]
        .findings
        .iter()
        .map(|finding| finding.code)
        .collect()
}

fn email(items: &[Mapped]) -> &Email {
    match &items[0].item.content {
        Content::Email(email) => email,
        other => panic!("{other:?}"),
    }
}

/// Reads a text of n, 2n, 4n pieces: within the limit, and four times the size in not much more
/// than four times the time.
fn linear(what: &str, pieces: usize, make: impl Fn(usize) -> Vec<u8>) -> Vec<Mapped> {
    let mut times = Vec::new();
    let mut last = Vec::new();
    for factor in [1, 2, 4] {
        let text = make(pieces * factor);
        let begun = clock();
        last = read(&text);
        times.push(clock().saturating_sub(begun));
        assert!(times[times.len() - 1] < LIMIT, "{what}: {times:?}");
    }
    // Quadratic would be sixteen; small times say nothing.
    let small = Duration::from_millis(200);
    assert!(
        times[2] < small || times[2] < times[0] * 12,
        "{what}: {times:?}"
    );
    println!("{what}: {times:?}");
    last
}

#[test]
fn parts_in_parts() {
    let items = linear("multiparts", 25_000, |levels| {
        let mut text = String::new();
        for level in 0..levels {
            write!(
                text,
                "Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"
            )
            .unwrap();
        }
        text.into_bytes()
    });
    assert!(codes(&items).contains(&"mime.structure.too-deep"));
    let items = linear("messages", 25_000, |levels| {
        b"Content-Type: message/rfc822\n\n".repeat(levels)
    });
    assert!(codes(&items).contains(&"mime.structure.too-deep"));
    let same = b"Content-Type: multipart/mixed; boundary=a\n\n--a\n";
    linear("the same boundary", 25_000, |levels| same.repeat(levels));
    // Messages in messages, each in Base64.
    let mut inner = b"Subject: in\n\nbody".to_vec();
    for _ in 0..40 {
        let mut text =
            b"Subject: x\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
                .to_vec();
        text.extend_from_slice(airbridge::item::base64::encode(&inner).as_bytes());
        inner = text;
        if inner.len() > 1 << 20 {
            break;
        }
    }
    read(&inner);
}

#[test]
fn a_million_parts() {
    let head = "Content-Type: multipart/mixed; boundary=a\n\n";
    let items = linear("parts", 250_000, |parts| {
        format!("{head}{}", "--a\n\nx\n".repeat(parts)).into_bytes()
    });
    assert_eq!(codes(&items)[0], "mime.structure.too-many-parts");
    let raw = &items[0].item.raw;
    assert!(raw.iter().any(|raw| raw.name == "beyond limit"));
    linear("empty parts", 250_000, |parts| {
        format!("{head}{}", "--a\n".repeat(parts)).into_bytes()
    });
    linear("lines like boundaries", 20_000, |lines| {
        format!("{head}--a\n\n{}", "--b\n--ab\n".repeat(lines)).into_bytes()
    });
    linear("digests", 20_000, |parts| {
        let head = "Content-Type: multipart/digest; boundary=a\n\n";
        format!("{head}{}", "--a\n\nSubject: x\n\ny\n".repeat(parts)).into_bytes()
    });
}

#[test]
fn headers_without_end() {
    let items = linear("fields", 30_000, |fields| {
        let mut text = "Subject: x\n".to_owned();
        (0..fields).for_each(|field| writeln!(text, "X-{field}: y").unwrap());
        text.into_bytes()
    });
    assert_eq!(email(&items).subject, "x");
    assert!(codes(&items).contains(&"mime.header.too-many-fields"));
    linear("the same field", 20_000, |fields| {
        b"To: a@b\nReferences: <a@b>\n".repeat(fields)
    });
    linear("folds", 50_000, |folds| {
        [b"Subject: x\n".to_vec(), b" y\n".repeat(folds)].concat()
    });
    linear("a long line", 300_000, |len| {
        [b"Subject: ".to_vec(), vec![b'x'; len]].concat()
    });
    linear("junk", 10_000, |lines| {
        [b"From: a@b\n".to_vec(), b"junk\nTo: x\n".repeat(lines)].concat()
    });
    linear("bare CR", 100_000, |len| {
        [b"Subject: x\n".to_vec(), vec![b'\r'; len]].concat()
    });
    let items = linear("a header over the limit", 5_000_000, |len| {
        [
            b"Subject: x\nX-Y: ".to_vec(),
            vec![b'z'; len],
            b"\n\nbody".to_vec(),
        ]
        .concat()
    });
    assert_eq!(email(&items).subject, "x");
    assert!(codes(&items).contains(&"mime.header.too-long"));
}

#[test]
fn fields_that_nest_and_flood() {
    let field = |name: &str, value: Vec<u8>| [name.as_bytes(), b": ", &value, b"\n\nx"].concat();
    let items = linear("recipients", 25_000, |count| {
        let mut list = String::new();
        (0..count).for_each(|at| write!(list, "\"N {at}\" <n{at}@example.org>,\n ").unwrap());
        field("To", list.into_bytes())
    });
    assert_eq!(email(&items).to.len(), 100_000);
    for (what, piece) in [
        ("comments", "("),
        ("quotes", "\" "),
        ("angles", "<"),
        ("groups", "a:"),
        ("words", " =?aa?q?x"),
        ("commas", ","),
        ("routes", "<@a,"),
        ("dots", ". "),
        ("at signs", "@ "),
    ] {
        linear(what, 20_000, |count| {
            field("To", piece.repeat(count).into_bytes())
        });
        linear(what, 20_000, |count| {
            field("Subject", piece.repeat(count).into_bytes())
        });
    }
    for (what, piece) in [
        ("parameters", "; a=b"),
        ("continuations", "; name*1=b"),
        ("semicolons", ";"),
        ("quoted", "; a=\"b\\\\"),
        ("equals", "="),
    ] {
        linear(what, 20_000, |count| {
            field(
                "Content-Type",
                ["text/plain", &piece.repeat(count)].concat().into_bytes(),
            )
        });
    }
    linear("dates", 20_000, |count| {
        field("Date", "(1 May".repeat(count).into_bytes())
    });
    linear("ids", 20_000, |count| {
        field("References", "<a@b> <".repeat(count).into_bytes())
    });
}

#[test]
fn bodies_that_flood() {
    let mail = |head: &str, body: Vec<u8>| [head.as_bytes(), b"\n\n", &body].concat();
    linear("uuencode", 20_000, |count| {
        mail("Subject: x", b"begin 644 a\n".repeat(count))
    });
    linear("files in text", 5_000, |count| {
        mail("Subject: x", b"begin 644 a\n#0V%T\n`\nend\n".repeat(count))
    });
    linear("yEnc", 20_000, |count| {
        mail("Subject: x", b"=ybegin size=1 name=a\n".repeat(count))
    });
    linear("cid", 25_000, |count| {
        mail(
            "Content-Type: text/html",
            b"<img src=\"cid:a\">".repeat(count),
        )
    });
    linear("Base64", 220_000, |count| {
        mail(
            "Content-Transfer-Encoding: base64",
            b"QQ==\n*".repeat(count),
        )
    });
    linear("quoted-printable", 220_000, |count| {
        mail(
            "Content-Transfer-Encoding: quoted-printable",
            b"= =\t=".repeat(count),
        )
    });
    linear("escapes", 20_000, |count| {
        mail(
            "Content-Type: text/plain; charset=iso-2022-jp",
            b"\x1B$B\x1B(B".repeat(count),
        )
    });
    linear("undeclared", 20_000, |count| {
        mail("Subject: x", b"\xE9\xA0\x80".repeat(count))
    });
    linear("a report", 20_000, |count| {
        mail(
            "Content-Type: message/delivery-status",
            b"Final-Recipient: rfc822; a@b\n\n".repeat(count),
        )
    });
}

#[test]
fn mailboxes_that_flood() {
    let from = "From a@b Sat Jan  3 01:05:34 1996\n";
    for (what, piece) in [
        ("messages", format!("{from}Subject: x\n\nb\n\n")),
        ("from lines", from.to_owned()),
        ("weak lines", "From a@b\n".to_owned()),
        ("lengths", format!("{from}Content-Length: 100000\n\nb\n\n")),
        ("marks", ">".repeat(1_000) + "From x\n"),
    ] {
        let mut times = Vec::new();
        for factor in [1, 4] {
            let text = format!("{from}Subject: x\n\n{}", piece.repeat(5_000 * factor));
            let bytes = FileBytes::in_memory(text.into_bytes());
            let begun = clock();
            let mbox = Mbox::scan(&bytes).unwrap();
            times.push(clock().saturating_sub(begun));
            assert!(!mbox.entries.is_empty());
        }
        assert!(times[1] < LIMIT, "{what}: {times:?}");
        let small = Duration::from_millis(200);
        assert!(
            times[1] < small || times[1] < times[0] * 12,
            "{what}: {times:?}"
        );
    }
}

#[test]
fn cut_anywhere_and_changed_at_random() {
    let mut seeds = Vec::new();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    for folder in ["eml", "mbox"] {
        for entry in walkdir::WalkDir::new(corpus.join(folder)).sort_by_file_name() {
            let Ok(entry) = entry else { continue };
            if entry.file_type().is_file() && entry.metadata().is_ok_and(|own| own.len() < 20_000) {
                seeds.push(std::fs::read(entry.path()).unwrap());
            }
        }
    }
    if seeds.is_empty() {
        judges::skip("../shared/corpus is not here");
        seeds.push(
            b"Subject: x\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--a--".to_vec(),
        );
    }
    let mut random = StdRng::seed_from_u64(1996);
    let begun = Instant::now();
    let mut read_so_far = 0;
    for (number, seed) in seeds.iter().enumerate() {
        for _ in 0..4 {
            let mut text = seed.clone();
            match random.random_range(0..4) {
                0 => text.truncate(random.random_range(0..=seed.len())),
                1 => {
                    for _ in 0..random.random_range(1..20) {
                        let at = random.random_range(0..text.len().max(1));
                        if let Some(byte) = text.get_mut(at) {
                            *byte = random.random();
                        }
                    }
                }
                2 => {
                    // Lines exchanged, doubled, dropped.
                    let mut lines: Vec<&[u8]> =
                        seed.split_inclusive(|byte| *byte == b'\n').collect();
                    for _ in 0..random.random_range(1..10) {
                        let (one, other) = (
                            random.random_range(0..lines.len()),
                            random.random_range(0..lines.len()),
                        );
                        match random.random_range(0..3) {
                            0 => lines.swap(one, other),
                            1 => lines.insert(one, lines[other]),
                            _ if lines.len() > 1 => drop(lines.remove(one)),
                            _ => {}
                        }
                    }
                    text = lines.concat();
                }
                _ => {
                    // A piece of another mail in it.
                    let other = &seeds[random.random_range(0..seeds.len())];
                    let at = random.random_range(0..=text.len());
                    let from = random.random_range(0..=other.len());
                    text.splice(at..at, other[from..].iter().copied());
                }
            }
            let items = read(&text);
            let id = &items[0].item.id.0;
            assert!(id.starts_with("ab-"), "{number}: {id}");
            serde_json::to_string(&items[0].item).unwrap();
            let bytes = FileBytes::in_memory(text);
            let mbox = Mbox::scan(&bytes).unwrap();
            for entry in &mbox.entries {
                assert!(entry.start <= entry.end && entry.end <= bytes.len());
            }
            read_so_far += 1;
        }
    }
    println!("{read_so_far} mails in {:?}", begun.elapsed());
}
