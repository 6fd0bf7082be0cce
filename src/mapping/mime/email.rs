//! The header of a message to the fields of an e-mail.
//!
//! *Spec*: RFC 5322 3.6; MS-OXCMAIL 2.2.3.2 (importance, sensitivity, class).

use super::Session;
use super::fields::{HEADER, Row, Slot};
use crate::finding::Effect;
use crate::hex;
use crate::item::email::Nature;
use crate::item::{Email, Importance, Item, Party, Sensitivity};
use crate::mime::header::unfolded;
use crate::mime::{Entity, Header, Message, address, date, encoded_word};

/// Reads the header of a message; what every item has goes to `item`.
pub(super) fn read(
    session: &mut Session<'_>,
    message: &Message,
    entity: &Entity,
    item: &mut Item,
) -> Email {
    let header = &entity.header;
    let path = message
        .entities
        .iter()
        .position(|own| std::ptr::eq(own, entity));
    let at = message.path(path.unwrap_or_default());
    let mut email = Email::default();
    for row in HEADER {
        fill(session, header, row, &mut email, &at);
    }
    let subject = text(session, header, "Subject", &at).unwrap_or_default();
    email.subject_prefix = prefix(&subject).map(str::to_owned);
    email.subject = subject;
    sender(session, header, &mut email, &at);
    email.references = header.all("References").flat_map(ids).collect();
    email.received = received(header);
    email.conversation.index = thread_index(header);
    importance(header, &mut email, item);
    sensitivity(header, item);
    item.categories = categories(session, header, &at);
    let headers = session.header_text(entity, &at);
    if !headers.is_empty() {
        email.headers = Some(session.contents.text(headers));
    }
    email
}

fn fill(session: &mut Session<'_>, header: &Header, row: &Row, email: &mut Email, at: &str) {
    match &row.slot {
        Slot::Hand(_) => {}
        Slot::Text(slot) => {
            let found = text(session, header, row.name, at);
            *slot(email) = found.filter(|text| !text.is_empty());
        }
        Slot::Party(slot) => {
            let mut all = parties(session, header, row.name, at);
            if !all.is_empty() {
                *slot(email) = Some(all.remove(0));
            }
        }
        Slot::Parties(slot) => *slot(email) = parties(session, header, row.name, at),
        Slot::Time(slot) => {
            let Some(value) = header.get(row.name) else {
                return;
            };
            match date::parse(value) {
                Some(dated) => {
                    let slot = slot(email);
                    *slot = slot.or(Some(dated.instant));
                    if !dated.zoned {
                        let detail = format!("{} says no zone; it is read as UTC", row.name);
                        session.find("mapping.mail.date-without-zone", Effect::Noted, at, detail);
                    }
                }
                None if value.trim_ascii().is_empty() => {}
                None => {
                    let value =
                        String::from_utf8_lossy(value.get(..80).unwrap_or(value)).into_owned();
                    let detail = format!("{} is no date: {:?}", row.name, value.trim());
                    session.find("mapping.mail.date", Effect::Noted, at, detail);
                }
            }
        }
        Slot::Flag(slot) => {
            if header.get(row.name).is_some() {
                *slot(email) = true;
            }
        }
        Slot::Id(slot) => {
            let found = header.get(row.name).and_then(|value| {
                let bare = unfolded(value);
                let bare = String::from_utf8_lossy(&bare).into_owned();
                ids(value).next().or(Some(bare)).filter(|id| !id.is_empty())
            });
            *slot(email) = found;
        }
    }
}

/// The decoded text of the first field of a name.
fn text(session: &mut Session<'_>, header: &Header, name: &str, at: &str) -> Option<String> {
    let words = encoded_word::decode(header.get(name)?);
    told(session, name, words.guessed, words.undecodable, at);
    Some(words.text)
}

/// Says that a charset was guessed, or that something could not be decoded.
pub(super) fn told(
    session: &mut Session<'_>,
    name: &str,
    guessed: Option<&'static str>,
    undecodable: bool,
    at: &str,
) {
    if let Some(charset) = guessed {
        let detail = format!("{name} does not say its charset; {charset} is a guess");
        session.find("mapping.mail.charset-guessed", Effect::Noted, at, detail);
    }
    if undecodable {
        let detail =
            format!("{name} is not of the charset that it says; it is in `headers` as it came");
        session.find("mapping.mail.undecodable", Effect::Altered, at, detail);
    }
}

/// The mailboxes of every field of a name.
fn parties(session: &mut Session<'_>, header: &Header, name: &str, at: &str) -> Vec<Party> {
    let mut all = Vec::new();
    for value in header.all(name) {
        let parsed = address::parse(value);
        told(session, name, parsed.guessed, parsed.undecodable, at);
        let left = crate::limits::RECIPIENTS.saturating_sub(all.len());
        let untold = parsed
            .untold
            .saturating_add(parsed.list.len().saturating_sub(left));
        if untold > 0 {
            let detail = format!("{untold} addresses of {name} beyond the limit are in `headers`");
            session.find("mapping.recipients.too-many", Effect::Altered, at, detail);
        }
        all.extend(parsed.list.into_iter().take(left).map(party));
    }
    all
}

fn party(mailbox: address::Mailbox) -> Party {
    let (email, address) = match mailbox.address {
        Some(own) if own.contains('@') => (Some(own), None),
        own => (None, own),
    };
    Party {
        name: mailbox.name,
        email,
        address,
    }
}

/// The header in a text, up to its first empty line.
pub(in crate::mapping) fn header_of(text: &str) -> Header {
    let ends = ["\r\n\r\n", "\n\n"].into_iter();
    let end = ends.filter_map(|blank| text.find(blank)).min();
    let head = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    Header::parse(head.as_bytes().to_vec())
}

/// The mailboxes of every field of a name, as many as a message may have.
pub(in crate::mapping) fn mailboxes_of(header: &Header, name: &str) -> Vec<Party> {
    let values = header.all(name);
    let all = values.flat_map(|value| address::parse(value).list);
    all.take(crate::limits::RECIPIENTS).map(party).collect()
}

/// The message ids of every field of a name, without angle brackets.
pub(in crate::mapping) fn ids_of(header: &Header, name: &str) -> Vec<String> {
    header.all(name).flat_map(ids).collect()
}

/// A party of an address alone.
pub(super) fn party_of(text: &str) -> Party {
    party(address::Mailbox {
        name: String::new(),
        address: Some(text.to_owned()),
    })
}

fn sender(session: &mut Session<'_>, header: &Header, email: &mut Email, at: &str) {
    let sender = parties(session, header, "Sender", at).into_iter().next();
    let same = |one: &Party, other: &Party| match (&one.email, &other.email) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => one == other,
    };
    match (&email.from, sender) {
        (None, sender) => email.from = sender,
        (Some(from), Some(sender)) if !same(from, &sender) => email.sender = Some(sender),
        _ => {}
    }
}

/// Message ids, without angle brackets.
fn ids(value: &[u8]) -> impl Iterator<Item = String> {
    let value = unfolded(value);
    let text = String::from_utf8_lossy(&value).into_owned();
    let mut found = Vec::new();
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once('<') {
        let Some((id, behind)) = after.split_once('>') else {
            break;
        };
        let id: String = id.split_whitespace().collect();
        if !id.is_empty() {
            found.push(id);
        }
        rest = behind;
    }
    found.into_iter()
}

/// The prefix of a subject: up to three letters, a colon, a space (MS-OXCMSG 2.2.1.9).
fn prefix(subject: &str) -> Option<&str> {
    let colon = subject.find(": ")?;
    let word = subject.get(..colon)?;
    let letters = word.chars().count();
    ((1..=3).contains(&letters) && word.chars().all(char::is_alphabetic))
        .then(|| subject.get(..colon.saturating_add(2)))
        .flatten()
}

/// When the last server received it: the date of the first `Received`, which is the last hop.
fn received(header: &Header) -> Option<jiff::Timestamp> {
    let of_hop = |value: &[u8]| {
        let semicolon = memchr::memrchr(b';', value)?;
        date::parse(value.get(semicolon.saturating_add(1)..)?)
    };
    let hop = header.all("Received").take(3).find_map(of_hop);
    let told = hop.or_else(|| header.get("Delivery-Date").and_then(date::parse));
    told.map(|dated| dated.instant)
}

/// `Thread-Index`, Base64 of `PidTagConversationIndex`.
fn thread_index(header: &Header) -> Option<String> {
    use crate::mime::transfer::{Base64, Decoder};
    let value = unfolded(header.get("Thread-Index")?);
    let (mut decoder, mut bytes) = (Base64::default(), Vec::new());
    decoder.feed(&value, &mut bytes);
    decoder.finish(&mut bytes);
    let whole = decoder.faults() == crate::mime::transfer::Faults::default();
    (whole && !bytes.is_empty()).then(|| hex::encode(&bytes))
}

fn word(header: &Header, name: &str) -> Option<String> {
    let value = unfolded(header.get(name)?);
    Some(String::from_utf8_lossy(&value).trim().to_ascii_lowercase())
}

fn importance(header: &Header, email: &mut Email, item: &mut Item) {
    let named = |word: String| match word.as_str() {
        "high" | "urgent" => Some(Importance::High),
        "low" | "non-urgent" => Some(Importance::Low),
        "normal" => Some(Importance::Normal),
        _ => None,
    };
    let numbered = |word: String| match word.bytes().next() {
        Some(b'1' | b'2') => Some(Importance::High),
        Some(b'3') => Some(Importance::Normal),
        Some(b'4' | b'5') => Some(Importance::Low),
        _ => None,
    };
    let priority = word(header, "Priority");
    email.priority = priority.as_deref().and_then(|word| match word {
        "urgent" => Some(1),
        "normal" => Some(0),
        "non-urgent" => Some(-1),
        _ => None,
    });
    let found = word(header, "Importance")
        .and_then(named)
        .or_else(|| word(header, "X-Priority").and_then(numbered))
        .or_else(|| word(header, "X-MSMail-Priority").and_then(named))
        .or_else(|| priority.and_then(named));
    item.importance = found.unwrap_or_default();
}

fn sensitivity(header: &Header, item: &mut Item) {
    item.sensitivity = match word(header, "Sensitivity").as_deref() {
        Some("personal") => Sensitivity::Personal,
        Some("private") => Sensitivity::Private,
        Some("company-confidential" | "confidential") => Sensitivity::Confidential,
        _ => Sensitivity::Normal,
    };
}

fn categories(session: &mut Session<'_>, header: &Header, at: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for name in ["Keywords", "X-Keywords", "Categories"] {
        for value in header.all(name) {
            let words = encoded_word::decode(value);
            told(session, name, words.guessed, words.undecodable, at);
            let spaced = name == "X-Keywords" && !words.text.contains(',');
            let split = |letter: char| letter == ',' || (spaced && letter.is_whitespace());
            for word in words.text.split(split).map(str::trim) {
                if !word.is_empty() && seen.insert(word.to_owned()) {
                    all.push(word.to_owned());
                }
            }
        }
    }
    all
}

/// What `Content-Class` says that a message is (MS-OXCMAIL 2.2.3.2.15).
pub(super) fn class_of_content(entity: &Entity) -> Option<(Nature, &'static str)> {
    let class = word(&entity.header, "Content-Class")?;
    Some(match class.as_str() {
        "fax" => (Nature::Fax, "IPM.Note.Microsoft.Fax"),
        "fax-ca" => (Nature::Fax, "IPM.Note.Microsoft.Fax.CA"),
        "missedcall" => (Nature::Message, "IPM.Note.Microsoft.Missed.Voice"),
        "voice-uc" => (Nature::Voicemail, "IPM.Note.Microsoft.Conversation.Voice"),
        "voice-ca" => (Nature::Voicemail, "IPM.Note.Microsoft.Voicemail.UM.CA"),
        "voice" => (Nature::Voicemail, "IPM.Note.Microsoft.Voicemail.UM"),
        "rpmsg.message" => (Nature::RightsProtected, "IPM.Note.rpmsg.Microsoft.Message"),
        _ => return None,
    })
}

/// The message class that stands for what an e-mail is.
pub(super) fn class_of(nature: Nature) -> &'static str {
    match nature {
        Nature::DeliveryReport => "REPORT.IPM.Note.DR",
        Nature::NonDeliveryReport => "REPORT.IPM.Note.NDR",
        Nature::ReadReport => "REPORT.IPM.Note.IPNRN",
        Nature::NonReadReport => "REPORT.IPM.Note.IPNNRN",
        Nature::MeetingRequest => "IPM.Schedule.Meeting.Request",
        Nature::MeetingAcceptance => "IPM.Schedule.Meeting.Resp.Pos",
        Nature::MeetingTentative => "IPM.Schedule.Meeting.Resp.Tent",
        Nature::MeetingDecline => "IPM.Schedule.Meeting.Resp.Neg",
        Nature::MeetingCancellation => "IPM.Schedule.Meeting.Canceled",
        Nature::Signed => "IPM.Note.SMIME.MultipartSigned",
        Nature::Encrypted => "IPM.Note.SMIME",
        _ => "IPM.Note",
    }
}
