//! Mails that are signed as a whole: the envelope stays as it came, and what is in it is read.
//! Envelopes are made here, byte for byte, so that they are the same in every run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use airbridge::base64;
use airbridge::content::{InMemory, read_all};
use airbridge::file_bytes::FileBytes;
use airbridge::item::email::Nature;
use airbridge::item::{AttachmentData, BlobRef, Content, Email, Item, Text};
use airbridge::mapi::{self, PropTag, PropType, Property, PropertyBag, Value, pid_tag};
use airbridge::mapping::carried::differences;
use airbridge::mapping::mime::{Envelope, to_items, to_mail};
use airbridge::mapping::{Context, Mapped, mapi as outlook};
use airbridge::mime::signed_data::{self, Held};
use airbridge::mime::write::write;
use airbridge::mime::{FromQuoting, Message};

const SIGNED_DATA: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02";
const ENVELOPED_DATA: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03";
const DATA: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01";

/// How lengths are written.
#[derive(Clone, Copy)]
enum Lengths {
    /// As DER has them.
    Definite,
    /// As one who signs while sending has them.
    Indefinite,
}
use Lengths::{Definite, Indefinite};

impl Lengths {
    fn element(self, tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        match self {
            Indefinite if tag & 0x20 != 0 => [&[tag, 0x80], body.as_slice(), &[0, 0]].concat(),
            _ if body.len() < 0x80 => [&[tag, body.len() as u8], body.as_slice()].concat(),
            _ => {
                let digits = (body.len() as u64).to_be_bytes();
                let first = digits.iter().position(|digit| *digit != 0).unwrap();
                let count = 0x80 | (digits.len() - first) as u8;
                [&[tag, count], &digits[first..], body.as_slice()].concat()
            }
        }
    }

    /// A content in one piece, or in pieces of pieces.
    fn octets(self, content: &[u8]) -> Vec<u8> {
        match self {
            Definite => self.element(0x04, &[content]),
            Indefinite => {
                let pieces = content
                    .chunks(100)
                    .map(|own| Definite.element(0x04, &[own]));
                let pieces: Vec<_> = pieces.collect();
                let runs = pieces.chunks(3).enumerate().map(|(at, run)| {
                    let run: Vec<_> = run.iter().map(Vec::as_slice).collect();
                    let own = if at % 2 == 0 { Definite } else { Indefinite };
                    own.element(0x24, &run)
                });
                let runs: Vec<_> = runs.collect();
                self.element(0x24, &runs.iter().map(Vec::as_slice).collect::<Vec<_>>())
            }
        }
    }

    fn signed(self, content: Option<&[u8]>) -> Vec<u8> {
        let octets = content.map(|own| self.element(0xA0, &[&self.octets(own)]));
        let inside = self.element(0x30, &[DATA, &octets.unwrap_or_default()]);
        let algorithm = self.element(0x30, &[b"\x06\x01\x2A\x05\x00"]);
        let signed = self.element(
            0x30,
            &[
                b"\x02\x01\x01",
                &self.element(0x31, &[&algorithm]),
                &inside,
                b"\x31\x00",
            ],
        );
        self.envelope(SIGNED_DATA, &signed)
    }

    fn envelope(self, kind: &[u8], content: &[u8]) -> Vec<u8> {
        self.element(0x30, &[kind, &self.element(0xA0, &[content])])
    }
}

const INNER: &str = "Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\r\nSigned: Gr\u{FC}\u{DF}e\r\n--i\r\n\
    Content-Type: application/pdf; name=plan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n\
    QUJD\r\n--i\r\nContent-Type: text/calendar; method=REQUEST; name=m.ics\r\n\r\n\
    BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:u1\r\nSUMMARY:Boat\r\n\
    DTSTART:20240506T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n--i--\r\n";

const KIND: &str = "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m";

fn mail(kind: &str, envelope: &[u8]) -> Vec<u8> {
    let body = base64::encode(envelope);
    let lines: Vec<_> = body.as_bytes().chunks(76).collect();
    let head = format!(
        "Subject: Boat\r\nFrom: Ann <ann@example.org>\r\nMIME-Version: 1.0\r\n\
        Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    );
    [head.as_bytes(), &lines.join(b"\r\n".as_slice()), b"\r\n"].concat()
}

fn read(bytes: &[u8]) -> Vec<Mapped> {
    let bytes = FileBytes::in_memory(bytes.to_vec());
    let len = bytes.len();
    let message = Message::scan(bytes, 0..len, FromQuoting::None).unwrap();
    to_items(message, &Envelope::default(), &Context::default())
}

fn email(item: &Item) -> &Email {
    match &item.content {
        Content::Email(email) => email,
        other => panic!("{other:?}"),
    }
}

fn plain(item: &Item) -> &str {
    match &email(item).body.plain {
        Some(Text::Inline(text)) => text,
        other => panic!("{other:?}"),
    }
}

fn bytes(mapped: &Mapped, at: usize) -> Vec<u8> {
    match &mapped.item.attachments[at].data {
        AttachmentData::File {
            blob: BlobRef::Pending { pending },
        } => read_all(&*mapped.contents[*pending], 1 << 24).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn names(item: &Item) -> Vec<&str> {
    item.attachments
        .iter()
        .map(|own| own.name.as_str())
        .collect()
}

fn codes(mapped: &Mapped) -> Vec<&'static str> {
    mapped.findings.iter().map(|finding| finding.code).collect()
}

fn content(envelope: &[u8]) -> Option<Vec<u8>> {
    match signed_data::read(&FileBytes::in_memory(envelope.to_vec())) {
        Ok(Held::Content(own, _)) => Some(own.read_exact_at(0, own.len() as usize).unwrap()),
        _ => None,
    }
}

#[test]
fn what_is_in_the_envelope_is_of_the_mail() {
    for lengths in [Definite, Indefinite] {
        let envelope = lengths.signed(Some(INNER.as_bytes()));
        assert_eq!(content(&envelope).as_deref(), Some(INNER.as_bytes()));
        for kind in [
            KIND,
            "application/x-pkcs7-mime; name=smime.p7m",
            "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m; charset=x",
        ] {
            let all = read(&mail(kind, &envelope));
            let own = &all[0];
            assert_eq!(email(&own.item).nature, Nature::Signed);
            assert_eq!(own.item.class, "IPM.Note.SMIME");
            assert_eq!(plain(&own.item), "Signed: Grüße");
            assert_eq!(names(&own.item), ["smime.p7m", "plan.pdf", "m.ics"]);
            assert_eq!(bytes(own, 0), envelope);
            assert_eq!(bytes(own, 1), b"ABC");
            assert_eq!(email(&own.item).meeting.as_ref().unwrap().subject, "Boat");
            // The meeting is an item of its own as well.
            assert_eq!(all.len(), 2);
            assert!(matches!(&all[1].item.content, Content::Meeting(own) if own.subject == "Boat"));
            assert!(own.findings.is_empty(), "{:?}", own.findings);
        }
    }
}

#[test]
fn a_signed_mail_is_written_as_it_came() {
    let envelope = Indefinite.signed(Some(INNER.as_bytes()));
    let first = read(&mail(KIND, &envelope)).remove(0);
    let given = to_mail(&first.item, &first.contents).unwrap();
    assert!(given.findings.is_empty(), "{:?}", given.findings);
    let mut out = Vec::new();
    write(&given.value, &mut out).unwrap();
    let again = read(&out).remove(0);
    assert_eq!(bytes(&again, 0), envelope);
    assert_eq!(names(&again.item), names(&first.item));
    assert_eq!(plain(&again.item), plain(&first.item));
}

#[test]
fn a_text_beside_the_envelope_goes_on_behind_it() {
    let envelope = Definite.signed(Some(b"Content-Type: text/plain\r\n\r\nsigned\r\n"));
    let inner = mail(KIND, &envelope);
    let (_, part) = std::str::from_utf8(&inner)
        .unwrap()
        .split_once("MIME-Version: 1.0\r\n")
        .unwrap();
    let listed = format!(
        "Subject: x\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n{part}\r\n--o\r\n\
        Content-Type: text/plain\r\n\r\nof a list\r\n--o--\r\n"
    );
    let own = read(listed.as_bytes()).remove(0);
    assert_eq!(plain(&own.item), "signed\r\nof a list");
    let given = to_mail(&own.item, &own.contents).unwrap();
    let mut out = Vec::new();
    write(&given.value, &mut out).unwrap();
    let again = read(&out).remove(0);
    assert_eq!(plain(&again.item), "signed\r\nof a list");
    assert_eq!(bytes(&again, 0), envelope);
}

#[test]
fn what_is_not_signed_stays_closed() {
    let sealed = Definite.envelope(ENVELOPED_DATA, b"\x30\x00");
    for kind in [
        "application/pkcs7-mime",
        "application/pkcs7-mime; smime-type=enveloped-data",
    ] {
        let own = read(&mail(kind, &sealed)).remove(0);
        assert_eq!(email(&own.item).nature, Nature::Encrypted);
        assert_eq!(own.item.class, "IPM.Note.SMIME");
        assert_eq!(codes(&own), ["mapping.envelope.encrypted"]);
        assert_eq!(bytes(&own, 0), sealed);
    }
    let certificates = Definite.signed(None);
    let kind = "application/pkcs7-mime; smime-type=certs-only";
    let own = read(&mail(kind, &certificates)).remove(0);
    assert_eq!(email(&own.item).nature, Nature::Message);
    assert!(own.findings.is_empty() && bytes(&own, 0) == certificates);
    let own = read(&mail("application/pkcs7-mime", b"no envelope at all")).remove(0);
    assert_eq!(codes(&own), ["mapping.envelope.broken"]);
    assert_eq!(bytes(&own, 0), b"no envelope at all");
}

#[test]
fn a_broken_envelope_is_kept_whole_wherever_it_breaks() {
    for lengths in [Definite, Indefinite] {
        let whole = lengths.signed(Some(INNER.as_bytes()));
        for end in 0..whole.len() {
            let cut = &whole[..end];
            let own = read(&mail(KIND, cut)).remove(0);
            assert_eq!(bytes(&own, 0), cut);
            let read = content(cut).unwrap_or_default();
            assert!(INNER.as_bytes().starts_with(&read), "cut at {end}");
            let told = codes(&own)
                .iter()
                .any(|code| code.starts_with("mapping.envelope."));
            assert!(told || read.len() == INNER.len(), "cut at {end}");
        }
        // What every byte may turn into.
        for at in 0..whole.len().min(200) {
            for value in [0x00, 0x24, 0x7F, 0x80, 0x84, 0x88, 0x89, 0xFF] {
                let mut changed = whole.clone();
                changed[at] = value;
                content(&changed);
            }
        }
    }
}

#[test]
fn lengths_and_depths_that_lie() {
    let head = |octets: &[u8]| {
        let mut all = b"\x30\x80".to_vec();
        all.extend_from_slice(SIGNED_DATA);
        all.extend_from_slice(b"\xA0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80");
        all.extend_from_slice(DATA);
        all.extend_from_slice(b"\xA0\x80");
        all.extend_from_slice(octets);
        all
    };
    let longest = head(b"\x04\x88\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFabc");
    assert_eq!(content(&longest).unwrap(), b"abc");
    let pieces = head(b"\x24\x80\x04\x02ab\x04\x88\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFcd");
    assert_eq!(content(&pieces).unwrap(), b"abcd");
    assert_eq!(content(&head(&b"\x24\x80".repeat(100_000))).unwrap(), b"");
    assert_eq!(content(&head(&b"\x24\x80\x00\x00".repeat(9))).unwrap(), b"");
    // Two million empty pieces.
    let flood = [b"\x24\x80".as_slice(), &b"\x04\x00".repeat(2_000_000)].concat();
    let read = signed_data::read(&FileBytes::in_memory(head(&flood)));
    let Ok(Held::Content(_, Some(signed_data::Fault::TooMany))) = read else {
        panic!("{read:?}");
    };
    // Digest algorithms in each other.
    let mut deep = b"\x30\x80".to_vec();
    deep.extend_from_slice(SIGNED_DATA);
    deep.extend_from_slice(b"\xA0\x80\x30\x80\x02\x01\x01");
    deep.extend_from_slice(&b"\x31\x80".repeat(100_000));
    assert!(signed_data::read(&FileBytes::in_memory(deep)).is_err());
}

#[test]
fn envelopes_in_envelopes_end_at_the_limit() {
    let mut inner = b"Content-Type: text/plain\r\n\r\ninnermost\r\n".to_vec();
    for _ in 0..3 {
        inner = mail(KIND, &Definite.signed(Some(&inner)));
    }
    let own = read(&inner).remove(0);
    assert_eq!(plain(&own.item), "innermost\r\n");
    assert_eq!(own.item.attachments.len(), 3);
    // As they are, since each Base64 adds a third.
    for _ in 0..40 {
        let head = b"Content-Type: application/pkcs7-mime\r\n\r\n".as_slice();
        inner = [head, &Definite.signed(Some(&inner))].concat();
    }
    let own = read(&inner).remove(0);
    assert_eq!(codes(&own), ["mapping.embedded.too-deep"]);
    assert_eq!(own.item.attachments.len(), 33);
}

fn bag(values: &[(u16, &str)]) -> PropertyBag {
    let properties = values.iter().map(|(id, text)| Property {
        tag: PropTag::new(*id, PropType::STRING),
        name: None,
        value: Value::String((*text).to_owned()),
    });
    PropertyBag::new(properties.collect()).0
}

fn message(class: &str, kind: &str, envelope: &[u8]) -> mapi::Message {
    let file = bag(&[
        (pid_tag::ATTACH_LONG_FILENAME, "smime.p7m"),
        (pid_tag::ATTACH_MIME_TAG, kind),
    ]);
    mapi::Message {
        props: bag(&[
            (pid_tag::MESSAGE_CLASS, class),
            (pid_tag::SUBJECT, "Boat"),
            (pid_tag::INTERNET_MESSAGE_ID, "<1@example.org>"),
        ]),
        attachments: vec![mapi::Attachment {
            props: file,
            data: mapi::AttachmentData::File(Arc::new(InMemory(envelope.to_vec()))),
        }],
        ..mapi::Message::default()
    }
}

#[test]
fn a_message_of_outlook_is_opened_too() {
    let envelope = Indefinite.signed(Some(INNER.as_bytes()));
    for kind in [
        "application/pkcs7-mime",
        "application/x-pkcs7-mime",
        "application/pkcs7-mime;smime-type=signed-data;name=smime.p7m",
        "application/octet-stream",
    ] {
        let from = message("IPM.Note.SMIME", kind, &envelope);
        let own = outlook::to_item(&from, &Context::default());
        assert_eq!(email(&own.item).nature, Nature::Signed);
        assert_eq!(plain(&own.item), "Signed: Grüße");
        assert_eq!(names(&own.item), ["smime.p7m", "plan.pdf", "m.ics"]);
        assert_eq!(bytes(&own, 0), envelope);
        assert!(own.findings.is_empty(), "{:?}", own.findings);
        // Outlook expects the envelope alone.
        let given = outlook::to_message_told(&own.item, &own.contents);
        assert_eq!(given.value.attachments.len(), 1);
        assert!(given.findings.is_empty(), "{:?}", given.findings);
        let again = outlook::to_item(&given.value, &Context::default());
        let mut found = differences(&own.item, &own.contents, &again.item, &again.contents);
        // What Outlook adds takes nothing away.
        found.retain(|one| !one.was.is_null());
        assert!(found.is_empty(), "{found:?}");
        // And as a mail.
        let given = to_mail(&own.item, &own.contents).unwrap();
        let mut out = Vec::new();
        write(&given.value, &mut out).unwrap();
        let mailed = read(&out).remove(0);
        assert_eq!(plain(&mailed.item), plain(&own.item));
        assert_eq!(
            (names(&mailed.item), bytes(&mailed, 0)),
            (names(&own.item), envelope.clone())
        );
    }
    let sealed = Definite.envelope(ENVELOPED_DATA, b"\x30\x00");
    for (envelope, code) in [
        (sealed.as_slice(), "mapping.envelope.encrypted"),
        (&envelope[..20], "mapping.envelope.broken"),
    ] {
        let from = message("IPM.Note.SMIME", "application/pkcs7-mime", envelope);
        let own = outlook::to_item(&from, &Context::default());
        assert_eq!(email(&own.item).nature, Nature::Encrypted);
        assert_eq!(codes(&own), [code]);
        assert_eq!(bytes(&own, 0), envelope);
    }
}
