//! Whether bytes begin like a mail, or like a mailbox.
//!
//! *Rules*: A mail has a header with fields that mails have and other texts have not, with values
//! that fit. What is like it and is none: headers of HTTP, metadata of packages, YAML, properties,
//! a text that begins `Note: `.

use crate::mime::Header;
use crate::mime::date;
use crate::mime::emlx;
use crate::mime::header;
use crate::mime::lines::Ending;
use crate::mime::mbox;
use crate::mime::transfer::Transfer;

/// Lines looked at.
const LINES: usize = 2_000;
/// Lines before the header, and in it, that may be none of it.
const JUNK: u32 = 4;
/// Signs that it takes: one of mails alone, and another.
const ENOUGH: u32 = 3;

/// The lines at the beginning, without what may stand before them.
fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let by = match Ending::of_head(head) {
        Ending::Cr => b'\r',
        Ending::Lf => b'\n',
    };
    head.split(move |byte| *byte == by)
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .take(LINES)
        .skip_while(|line| line.trim_ascii().is_empty())
}

/// Whether it is a mailbox: a `From ` line, and a header behind it.
pub(super) fn is_mailbox(head: &[u8]) -> bool {
    let mut lines = lines(head);
    let (Some(first), second) = (lines.next(), lines.next()) else {
        return false;
    };
    let second = second.unwrap_or_default();
    let field = header::name_of(second).is_some() || second.starts_with(b">From ");
    if header::name_of(first).is_some() {
        return false;
    }
    match mbox::is_from_line(first) {
        true => field || second.trim_ascii().is_empty(),
        false => mbox::is_weak_from_line(first) && header::is_well_known(second),
    }
}

/// Whether it is a mail.
pub(super) fn is_mail(head: &[u8]) -> bool {
    // The length of the message, on the first line of a file of Apple Mail.
    let head = emlx::length(head)
        .and_then(|(_, next)| head.get(usize::try_from(next).ok()?..))
        .unwrap_or(head);
    let mut block = Vec::new();
    let mut junk = 0_u32;
    for line in lines(head) {
        if line.trim_ascii().is_empty() {
            break;
        }
        let continues = header::continues(line) && !block.is_empty();
        if !continues && header::name_of(line).is_none() {
            let from = line.starts_with(b"From ") || line.starts_with(b">From ");
            junk = junk.saturating_add(u32::from(!from));
            if junk > JUNK || line.len() > LONGEST_JUNK {
                return false;
            }
            continue;
        }
        block.extend_from_slice(line);
        block.push(b'\n');
    }
    let header = Header::parse(block);
    let mut signs = 0_u32;
    let mut certain = false;
    let mut capital = false;
    let mut seen = std::collections::BTreeSet::new();
    for field in header.iter() {
        let name = field.name.to_ascii_lowercase();
        let (points, sure) = sign(&name, field.value.trim_ascii());
        if points > 0 && seen.insert(name) {
            signs = signs.saturating_add(points);
            certain |= sure;
        }
        capital |= field.name.bytes().any(|byte| byte.is_ascii_uppercase());
    }
    let wanted = match capital {
        true => ENOUGH.saturating_add(junk),
        false => ENOUGH.saturating_mul(2),
    };
    certain && signs >= wanted
}

/// Bytes of the longest line that may be none of a header.
const LONGEST_JUNK: usize = 1_000;

/// Bytes of a value that are looked at.
const LONGEST_VALUE: usize = 1_000;

/// How much a field says, and whether only mails have it.
fn sign(name: &str, value: &[u8]) -> (u32, bool) {
    let value = value
        .get(..LONGEST_VALUE)
        .unwrap_or(value)
        .to_ascii_lowercase();
    let has = |bytes: &[u8]| memchr::memmem::find(&value, bytes).is_some();
    let address = || has(b"@") || has(b"=?") || has(b":;") || has(b"<");
    match name {
        "from" | "to" | "cc" | "bcc" | "reply-to" | "sender" | "resent-from" | "resent-to"
        | "delivered-to" | "x-original-to" | "envelope-to" => (if address() { 2 } else { 1 }, true),
        "return-path" | "message-id" | "in-reply-to" | "references" | "content-id" => {
            (if has(b"<") { 2 } else { 0 }, true)
        }
        "received" => (
            if has(b"by ") || has(b"from ") || has(b";") {
                2
            } else {
                0
            },
            true,
        ),
        "mime-version" => (
            if value.first().is_some_and(u8::is_ascii_digit) {
                2
            } else {
                0
            },
            true,
        ),
        "x-mozilla-status"
        | "x-mozilla-status2"
        | "x-originalarrivaltime"
        | "dkim-signature"
        | "thread-index"
        | "thread-topic"
        | "x-unsent" => (2, true),
        "content-type" if has(b"multipart/") => (if has(b"boundary") { 3 } else { 1 }, true),
        "content-type" if value.starts_with(b"message/rfc822") => (3, true),
        "content-type" => (if has(b"/") { 2 } else { 0 }, false),
        "content-transfer-encoding" => {
            let known = Transfer::of(&value).is_some();
            (if known { 2 } else { 0 }, true)
        }
        "date" => (u32::from(date::parse(&value).is_some()), false),
        "subject" => (if has(b"=?") && has(b"?=") { 3 } else { 1 }, true),
        "x-mailer"
        | "user-agent"
        | "importance"
        | "x-priority"
        | "newsgroups"
        | "list-id"
        | "content-disposition"
        | "status"
        | "x-status" => (1, false),
        _ => (0, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails() {
        for text in [
            "From: a@example.org\nSubject: x\n\nbody",
            "Subject: x\r\nTo: a@b\r\n\r\n",
            "MIME-Version: 1.0\nContent-Type: text/plain\n\n",
            "\n\nReceived: from a by b; x\nDate: 6 May 2024 10:00:00 +0000\n",
            "Content-Type: multipart/mixed; boundary=x\n\n--x",
            "123\nFrom: a@b\nSubject: x\n\n",
            "+OK 12 octets\r\nFrom: a@b\r\nTo: c@d\r\nSubject: x\r\nMessage-ID: <1@x>\r\n\r\n",
            "From: a@b\rSubject: x\r\rbody\r",
            "From: me\nTo: you\nSubject: x\n\n",
            "Subject: x\nContent-Type: multipart/mixed;\n boundary=y\n\n",
            "From: a@b\nTo: c@d\nSubject: x\nno empty line\n",
        ] {
            assert!(is_mail(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn what_is_like_a_mail_and_is_none() {
        for text in [
            "Note: this is a text\n\nSubject: x\n",
            "Date: Mon, 06 May 2024 10:00:00 GMT\nServer: x\nContent-Type: text/html\n\n<html>",
            "HTTP/1.1 200 OK\nDate: Mon, 06 May 2024 10:00:00 GMT\nContent-Type: text/html\n\n",
            "from: a\nto: b\nsubject: c\n",
            "from: a@b\nto: b@c\n",
            "---\nfrom: a@b\nto: c@d\n",
            "Metadata-Version: 2.1\nName: x\nAuthor-email: a@b\nContent-Type: text/x-rst\n",
            "Package: x\nMaintainer: A <a@b>\nDescription: y\n",
            "key: value\nother: value\n",
            "Subject: of the talk\n\nlong text",
            "To be, or not to be: that is the question\n",
            "#!/bin/sh\n# From: a@b\n",
            "{\"From\": \"a@b\", \"To\": \"c\"}",
            "",
        ] {
            assert!(!is_mail(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn mailboxes() {
        let from = "From a@b Sat Jan  3 01:05:34 1996\n";
        assert!(is_mailbox(format!("{from}Subject: x\n\n").as_bytes()));
        assert!(is_mailbox(format!("\n{from}>From b\nX: y\n").as_bytes()));
        assert!(is_mailbox(b"From a@b\nSubject: x\n\n"));
        assert!(!is_mailbox(b"From : a@b (10:00 6 May 2024)\nSubject: x\n"));
        assert!(is_mailbox(format!("{from}\nbody").as_bytes()));
        assert!(!is_mailbox(b"From the start\nSubject: x\n"));
        assert!(!is_mailbox(format!("{from}once upon a time\n").as_bytes()));
    }
}
