//! Mails to items, one feature at a time; mailboxes and Maildirs as a user has them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use airbridge::content::read_all;
use airbridge::file_bytes::FileBytes;
use airbridge::item::blob::BodyForm;
use airbridge::item::email::{LastVerb, Nature};
use airbridge::item::reminder::FlagStatus;
use airbridge::item::{
    Attachment, AttachmentData, BlobRef, Content, Email, Importance, RawValue, Sensitivity, Text,
};
use airbridge::mapping::mime::{Envelope, to_items};
use airbridge::mapping::{Context, Mapped};
use airbridge::mime::{FromQuoting, Message};
use airbridge::source::{Job, ReadingOptions, Sources};

fn map(text: &str) -> Mapped {
    let bytes = FileBytes::in_memory(text.as_bytes().to_vec());
    let len = bytes.len();
    let message = Message::scan(bytes, 0..len, FromQuoting::None).unwrap();
    let context = Context {
        locator: "message".to_owned(),
        ..Context::default()
    };
    to_items(message, &Envelope::default(), &context).remove(0)
}

fn email(mapped: &Mapped) -> &Email {
    match &mapped.item.content {
        Content::Email(email) => email,
        other => panic!("{other:?}"),
    }
}

fn plain(mapped: &Mapped) -> &str {
    inline(email(mapped).body.plain.as_ref())
}

fn inline(text: Option<&Text>) -> &str {
    match text {
        Some(Text::Inline(text)) => text,
        other => panic!("{other:?}"),
    }
}

fn bytes(mapped: &Mapped, attachment: &Attachment) -> Vec<u8> {
    match &attachment.data {
        AttachmentData::File {
            blob: BlobRef::Pending { pending },
        } => read_all(&*mapped.contents[*pending], 1 << 20).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn codes(mapped: &Mapped) -> Vec<&'static str> {
    mapped.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn a_header_becomes_fields() {
    let mapped = map(
        "Received: from a by b;\r\n Mon, 6 May 2024 10:00:05 +0200\r\n\
        Date: Mon, 6 May 2024 10:00:00 +0200\r\nFrom: =?utf-8?Q?J=C3=B6rg?= <j@x>\r\n\
        Sender: Office <o@x>\r\nTo: A <a@x>\r\nTo: b@x\r\nReply-To: r@x\r\nDelivered-To: a@x\r\n\
        Subject: Re: Boat\r\nMessage-ID: <1@x>\r\nIn-Reply-To: <0@x>\r\nReferences: <a@x>\r\n\
        \x20<0@x>\r\n\
        Importance: high\r\nSensitivity: Private\r\nKeywords: Red, Blue\r\n\
        X-Keywords: Red Green\r\n\
        Thread-Topic: Boat\r\nThread-Index: AQI=\r\nDisposition-Notification-To: j@x\r\n\
        X-Message-Flag: Call back\r\nX-Mozilla-Status: 0003\r\nX-Own: yes\r\n\r\nHi\r\n",
    );
    let own = email(&mapped);
    assert_eq!(own.sent.unwrap().to_string(), "2024-05-06T08:00:00Z");
    assert_eq!(own.received.unwrap().to_string(), "2024-05-06T08:00:05Z");
    assert_eq!(own.from.as_ref().unwrap().name, "Jörg");
    assert_eq!(own.sender.as_ref().unwrap().email.as_deref(), Some("o@x"));
    let to: Vec<_> = own
        .to
        .iter()
        .map(|party| party.email.as_deref().unwrap())
        .collect();
    assert_eq!(to, ["a@x", "b@x"]);
    assert_eq!(
        own.received_by.as_ref().unwrap().email.as_deref(),
        Some("a@x")
    );
    assert_eq!(
        (own.subject.as_str(), own.subject_prefix.as_deref()),
        ("Re: Boat", Some("Re: "))
    );
    assert_eq!(own.message_id.as_deref(), Some("1@x"));
    assert_eq!(own.in_reply_to.as_deref(), Some("<0@x>"));
    assert_eq!(own.references, ["a@x", "0@x"]);
    assert_eq!(own.conversation.index.as_deref(), Some("0102"));
    assert!(own.read_receipt_requested && own.state.read);
    assert_eq!(own.state.last_verb, Some(LastVerb::Replied));
    let item = &mapped.item;
    assert_eq!(
        (item.importance, item.sensitivity),
        (Importance::High, Sensitivity::Private)
    );
    assert_eq!(item.categories, ["Red", "Blue", "Green"]);
    let flag = item.follow_up.as_ref().unwrap();
    assert_eq!(
        (flag.status, flag.request.as_deref()),
        (FlagStatus::Flagged, Some("Call back"))
    );
    assert!(inline(own.headers.as_ref()).contains("X-Own: yes"));
    assert_eq!(
        (plain(&mapped), own.body.native),
        ("Hi\r\n", Some(BodyForm::Plain))
    );
    assert!(mapped.findings.is_empty(), "{:?}", codes(&mapped));
}

#[test]
fn html_shows_its_images() {
    let mapped = map("Content-Type: multipart/mixed; boundary=m\n\n--m\n\
        Content-Type: multipart/related; boundary=r\n\n--r\n\
        Content-Type: multipart/alternative; boundary=a\n\n--a\n\nplain\n--a\n\
        Content-Type: text/html; charset=utf-8\n\n<img src=\"cid:one%40x\"><img src=two.png>\n\
        --a--\n--r\n\
        Content-Type: image/png\nContent-ID: <one@x>\n\n1\n--r\n\
        Content-Type: image/png\nContent-Location: two.png\n\n2\n--r\n\
        Content-Type: image/png; name=three.png\nContent-ID: <three@x>\nContent-MD5: x==\n\n3\n\
        --r--\n--m\n\
        Content-Type: text/plain; name=\"n.txt\"\nContent-Disposition: attachment;\n \
        filename*=utf-8''%C3%A4.txt; creation-date=\"6 May 2024 10:00 Z\"\n\nfile\n--m--\n");
    let own = email(&mapped);
    assert_eq!(plain(&mapped), "plain");
    assert_eq!(own.body.native, Some(BodyForm::Html));
    let all = &mapped.item.attachments;
    let inline: Vec<_> = all.iter().map(|own| own.inline).collect();
    assert_eq!(inline, [true, true, false, false]);
    assert_eq!(all[0].content_id.as_deref(), Some("one@x"));
    assert_eq!(all[1].content_location.as_deref(), Some("two.png"));
    assert_eq!(all[2].raw[0].name, "Content-MD5");
    assert_eq!(all[3].name, "ä.txt");
    assert_eq!(all[3].created.unwrap().to_string(), "2024-05-06T10:00:00Z");
    assert_eq!(bytes(&mapped, &all[3]), b"file");
    let names: Vec<_> = mapped
        .item
        .raw
        .iter()
        .map(|raw| raw.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["part 1/header", "part 1.1/header", "part 1.1.2/header"]
    );
}

#[test]
fn texts_one_after_the_other_are_one_body() {
    let mapped = map(
        "Content-Type: multipart/mixed; boundary=m\n\n--m\n\none\n--m\n\
        Content-Type: image/png\n\nx\n--m\n\ntwo\n--m--\n",
    );
    assert_eq!(plain(&mapped), "one\r\ntwo\r\n");
    assert_eq!(codes(&mapped), ["mapping.mail.body-joined"]);
    // Of another kind than the body it is attached.
    let mapped = map("Content-Type: multipart/mixed; boundary=m\n\n--m\n\
        Content-Type: text/html\n\n<p>one\n--m\n\nfooter\n--m--\n");
    assert!(email(&mapped).body.plain.is_none());
    assert!(mapped.item.attachments[0].inline);
}

#[test]
fn what_is_signed_can_be_checked() {
    let signed = "--s\r\nContent-Type: text/plain\r\n\r\nsigned  \r\n\r\n--s\r\n\
        Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nQUJD\r\n--s--\r\n";
    let kind = "Content-Type: multipart/signed; micalg=sha-256;\r\n boundary=s\r\n";
    let mapped = map(&format!("Subject: x\r\n{kind}\r\n{signed}"));
    let own = email(&mapped);
    assert_eq!(
        (own.nature, own.body.native),
        (Nature::Signed, Some(BodyForm::Signed))
    );
    assert_eq!(mapped.item.class, "IPM.Note.SMIME.MultipartSigned");
    assert_eq!(plain(&mapped), "signed  \r\n");
    let all = &mapped.item.attachments;
    assert_eq!(all[0].media_type.as_deref(), Some("multipart/signed"));
    let whole = String::from_utf8(bytes(&mapped, &all[0])).unwrap();
    assert_eq!(whole, format!("{kind}\r\n{signed}"));
    assert!(all[1].hidden && bytes(&mapped, &all[1]) == b"ABC");
    let mapped = map("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nx");
    assert_eq!(email(&mapped).nature, Nature::Encrypted);
}

#[test]
fn reports_tell_what_became_of_a_message() {
    let mapped = map("Date: 6 May 2024 10:00:00 Z\n\
        Content-Type: multipart/report; report-type=delivery-status; boundary=r\n\n--r\n\n\
        Sorry\n--r\n\
        Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.x\n\n\
        Final-Recipient: rfc822; n@x\nAction: failed\nStatus: 5.1.1\n\
        Diagnostic-Code: smtp; 550 no\n--r\n\
        Content-Type: message/rfc822\n\nSubject: Boat\nMessage-ID: <1@x>\nFrom: A <a@x>\n\
        To: n@x\n\nb\n--r--");
    let own = email(&mapped);
    assert_eq!(own.nature, Nature::NonDeliveryReport);
    let report = own.report.as_ref().unwrap();
    assert_eq!(report.reporter.as_deref(), Some("mx.x"));
    assert_eq!(report.original_subject.as_deref(), Some("Boat"));
    assert_eq!(report.original_message_id.as_deref(), Some("1@x"));
    let failed = &report.recipients[0];
    assert_eq!(failed.party.email.as_deref(), Some("n@x"));
    assert_eq!(
        (failed.status, failed.text.as_deref()),
        (Some(511), Some("550 no"))
    );
    let all = &mapped.item.attachments;
    assert!(matches!(&all[1].data, AttachmentData::Item { item } if item.title() == "Boat"));
    let mapped = map(
        "Content-Type: multipart/report; boundary=r\n\n--r\n\nx\n--r\n\
        Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;a@x\n\
        Original-Message-ID: <1@x>\nDisposition: manual-action/MDN-sent-manually; displayed\n--r--",
    );
    assert_eq!(email(&mapped).nature, Nature::ReadReport);
}

#[test]
fn files_in_plain_text_are_attached() {
    let mapped = map("Subject: x\n\nbefore\nbegin 644 cat.txt\n#0V%T\n`\nend\nafter\n");
    assert_eq!(plain(&mapped), "before\nafter\n");
    let own = &mapped.item.attachments[0];
    assert_eq!((own.name.as_str(), own.position), ("cat.txt", Some(7)));
    assert_eq!(bytes(&mapped, own), b"Cat");
    let text = "Subject: x\n\nbegin 644 of the end\nno file\n";
    assert_eq!(plain(&map(text)), "begin 644 of the end\nno file\n");
}

#[test]
fn text_that_is_not_decoded_in_whole_is_kept_as_it_came() {
    let bytes = b"Content-Type: text/plain; charset=utf-8\n\nGr\xC3\xBC\xC3\x9Fe \xC3\xA4 \xFF";
    let bytes = FileBytes::in_memory(bytes.to_vec());
    let len = bytes.len();
    let message = Message::scan(bytes, 0..len, FromQuoting::None).unwrap();
    let mapped = to_items(message, &Envelope::default(), &Context::default()).remove(0);
    assert_eq!(plain(&mapped), "Grüße ä \u{FFFD}");
    assert_eq!(codes(&mapped), ["mapping.mail.text-undecodable"]);
    assert!(matches!(mapped.item.raw[0].value, RawValue::Blob(_)));
}

/// Every item of a mail.
fn all_of(text: &str) -> Vec<Mapped> {
    let bytes = FileBytes::in_memory(text.as_bytes().to_vec());
    let len = bytes.len();
    let message = Message::scan(bytes, 0..len, FromQuoting::None).unwrap();
    let context = Context {
        source: "a.mbox".into(),
        locator: "message 3".to_owned(),
        ..Context::default()
    };
    to_items(message, &Envelope::default(), &context)
}

#[test]
fn a_calendar_in_a_mail_is_a_meeting_of_its_own() {
    let calendar = |method: &str, answer: &str| {
        format!(
            "Content-Type: multipart/alternative; boundary=a\n\n--a\n\nCome\n--a\n\
             Content-Type: text/calendar; charset=utf-8; method={method}\n\n\
             BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:{method}\nBEGIN:VEVENT\nUID:u1\n\
             DTSTAMP:20240501T000000Z\nDTSTART:20240506T080000Z\nDTEND:20240506T090000Z\n\
             SUMMARY:Boat\nORGANIZER:mailto:o@x\nATTENDEE;PARTSTAT={answer}:mailto:a@x\n\
             END:VEVENT\nEND:VCALENDAR\n--a--\n"
        )
    };
    for (method, answer, nature) in [
        ("REQUEST", "NEEDS-ACTION", Nature::MeetingRequest),
        ("CANCEL", "NEEDS-ACTION", Nature::MeetingCancellation),
        ("REPLY", "ACCEPTED", Nature::MeetingAcceptance),
        ("REPLY", "DECLINED", Nature::MeetingDecline),
        ("REPLY", "TENTATIVE", Nature::MeetingTentative),
        ("PUBLISH", "NEEDS-ACTION", Nature::Message),
    ] {
        let items = all_of(&calendar(method, answer));
        assert_eq!(items.len(), 2, "{method}");
        let own = email(&items[0]);
        assert_eq!(own.nature, nature, "{method}");
        let meeting = own.meeting.as_ref().map(|meeting| meeting.subject.as_str());
        assert_eq!(meeting, (nature != Nature::Message).then_some("Boat"));
        assert_eq!(items[0].item.attachments.len(), 1);
        let Content::Meeting(meeting) = &items[1].item.content else {
            panic!("{:?}", items[1].item);
        };
        assert_eq!(meeting.start.unwrap().to_string(), "2024-05-06T08:00:00Z");
        let place = &items[1].item.provenance[0];
        assert_eq!(place.source, "a.mbox");
        assert!(place.locator.starts_with("message 3, part 2"), "{place:?}");
    }
}

#[test]
fn a_card_in_a_mail_is_a_contact_of_its_own() {
    let items = all_of(
        "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nMy card\n--a\n\
         Content-Type: text/x-vcard; name=ann.vcf\n\nBEGIN:VCARD\nVERSION:3.0\nFN:Ann\nN:;Ann;;;\n\
         EMAIL:a@x\nEND:VCARD\n--a--\n",
    );
    let Content::Contact(contact) = &items[1].item.content else {
        panic!("{:?}", items[1].item);
    };
    assert_eq!(contact.display_name, "Ann");
    assert_eq!(items[1].item.provenance[0].locator, "message 3, part 2");
    assert_eq!(items[0].item.attachments[0].name, "ann.vcf");
}

/// Subject, folder and text of every mail below a folder.
fn all(root: &Path) -> BTreeMap<String, (Vec<String>, Email)> {
    let sources = Sources::open(&[root.to_path_buf()], ReadingOptions::default()).unwrap();
    let mut found = BTreeMap::new();
    for job in sources.jobs() {
        let Job::Entry(_) = &job else { panic!() };
        let folder = job.folder().to_vec();
        let mapped = job.items().unwrap().remove(0);
        let own = email(&mapped).clone();
        found.insert(own.subject.clone(), (folder, own));
    }
    assert_eq!(sources.seen(), found.len() as u64);
    found
}

#[test]
fn a_maildir() {
    let room = tempfile::tempdir().unwrap();
    let mail = |place: &str, subject: &str| {
        let path = room.path().join("Maildir").join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("From: a@x\nSubject: {subject}\n\nx\n")).unwrap();
    };
    // Where a colon is no part of a file name, another character stands for it.
    let mark = if cfg!(windows) { ';' } else { ':' };
    mail(&format!("cur/1.x{mark}2,FRS"), "one");
    mail("new/2.x", "two");
    mail("tmp/3.x", "three");
    mail(&format!(".Sent.2024/cur/4.x{mark}2,D"), "four");
    mail(".Sent.2024/new/5.x", "five");
    let found = all(room.path());
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        ["five", "four", "one", "two"]
    );
    let (folder, one) = &found["one"];
    assert_eq!(folder, &["Maildir"]);
    assert!(one.state.read && one.state.last_verb == Some(LastVerb::Replied));
    let (folder, four) = &found["four"];
    assert_eq!(folder, &["Maildir", "Sent", "2024"]);
    assert!(four.state.draft && !found["two"].1.state.read);
}

#[test]
fn mailboxes() {
    let from = "From a@x Sat Jan  3 01:05:34 1996\n";
    let room = tempfile::tempdir().unwrap();
    let write = |place: &str, text: String| {
        let path = room.path().join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "Inbox",
        format!("{from}Subject: one\nStatus: RO\n\n>From me\nFrom you\n\n{from}Subject: two\n\n\n"),
    );
    write(
        "Inbox.msf",
        "// <!-- <mdb:mork:z v=\"1.4\"/> -->\n".to_owned(),
    );
    write(
        "Inbox.sbd/Sub",
        format!("{from}Subject: three\n\n>>From a\n>From b\n"),
    );
    let told = "From the start\n\nFrom a@x Sat Jan  3 01:05:34 1996\nSubject: no\n\n>From c\n";
    write(
        "Old.mbox/mbox",
        format!(
            "{from}Content-Length: {}\nSubject: four\n\n{told}\n{from}Subject: five\n\nx\n",
            told.len()
        ),
    );
    let found = all(room.path());
    let text = |subject: &str| inline(found[subject].1.body.plain.as_ref()).to_owned();
    assert_eq!(found.len(), 5);
    assert_eq!(text("one"), "From me\nFrom you\n");
    assert!(found["one"].1.state.read);
    // The date of the `From ` line, when nothing else tells.
    assert_eq!(
        found["one"].1.received.unwrap().to_string(),
        "1996-01-03T01:05:34Z"
    );
    assert_eq!(found["one"].0, ["Inbox"]);
    assert_eq!(
        (text("three").as_str(), &found["three"].0[..]),
        (
            ">From a\nFrom b\n",
            &["Inbox".to_owned(), "Sub".to_owned()][..]
        )
    );
    assert_eq!(text("four"), told);
    assert_eq!(found["four"].0, ["Old"]);
}

#[test]
fn of_a_flood_of_cards_the_first_stand_for_themselves() {
    let cards = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\nEND:VCARD\r\n".repeat(10_500);
    let text = format!("Content-Type: text/vcard\r\n\r\n{cards}");
    let bytes = FileBytes::in_memory(text.into_bytes());
    let len = bytes.len();
    let message = Message::scan(bytes, 0..len, FromQuoting::None).unwrap();
    let all = to_items(message, &Envelope::default(), &Context::default());
    assert_eq!(all.len(), 10_001);
    let told: Vec<_> = all[0].findings.iter().collect();
    assert_eq!(told[0].code, "mapping.mail.inside-too-many");
    assert!(told[0].detail.starts_with("10500 items"), "{}", told[0]);
}
