//! The fields of an e-mail to the header of a message.
//!
//! A header that rode along whole is given back: of each field whose row the item agrees with, as
//! it came; of the others anew. What tells of the structure is left out, since that is told anew.
//!
//! *Spec*: RFC 5322 3.6; MS-OXCMAIL 2.1.3 (what Outlook writes).

use jiff::Timestamp;

use super::email::class_of;
use super::fields::{HEADER, Row, Slot};
use super::signed;
use super::writing::{self, Writing};
use crate::hex;
use crate::item::email::{LastVerb, Nature};
use crate::item::reminder::FlagStatus;
use crate::item::{Content, Email, Importance, Item, Party, Sensitivity, base64};
use crate::mime::Header;
use crate::mime::address::Mailbox;
use crate::mime::write::field;

/// Fields of the structure that do not begin with `content-`.
const STRUCTURE: [&str; 3] = ["mime-version", "lines", "status-lines"];
/// Fields that begin so and tell of the message.
const OF_MESSAGE: [&str; 3] = ["content-class", "content-language", "content-identifier"];

/// The header of an item, without what tells of its structure.
pub(super) fn write(session: &mut Writing<'_>, item: &Item, email: &Email) -> Vec<u8> {
    let text = email.headers.as_ref();
    let kept = text.and_then(|text| session.text(text, "headers"));
    let kept = Header::parse(kept.unwrap_or_default().into_bytes());
    let all = block(&kept, |name| !of_structure(name));
    let told = writing::read(&all);
    let agrees = |path: &str| {
        let told = told.as_ref();
        told.is_some_and(|told| agree(path, item, told))
    };
    // What came with bytes beyond ASCII is told in encoded words.
    let ascii = |row: &Row| kept.all(row.name).all(<[u8]>::is_ascii);
    let differs: Vec<&str> = HEADER
        .iter()
        .filter(|row| !agrees(row.path) || !ascii(row))
        .map(|row| row.path)
        .collect();
    let mut out = block(&kept, |name| {
        !of_structure(name) && {
            let mut rows = HEADER.iter();
            let row = rows.find(|row| row.name.eq_ignore_ascii_case(name));
            // Where a message has been is never taken out.
            row.is_none_or(|row| !differs.contains(&row.path) || row.name == "Received")
        }
    });
    let mut done: Vec<&str> = vec![""];
    let mut scratch = email.clone();
    for row in HEADER {
        if differs.contains(&row.path) && !done.contains(&row.path) {
            done.push(row.path);
            give(&mut out, row, item, &mut scratch);
        }
    }
    out
}

/// The fields of a header of these names.
fn block(header: &Header, wanted: impl Fn(&str) -> bool) -> Vec<u8> {
    let mut out = Vec::new();
    for own in header.iter().filter(|own| wanted(own.name)) {
        field::as_it_came(&mut out, own.name, own.value);
    }
    out
}

/// Whether a field tells of the structure, or of a part.
pub(super) fn of_structure(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let content = name.starts_with("content-") && !OF_MESSAGE.contains(&name.as_str());
    content || STRUCTURE.contains(&name.as_str())
}

/// Whether two items say the same in a field.
fn agree(path: &str, item: &Item, told: &Item) -> bool {
    let (Content::Email(own), Content::Email(email)) = (&item.content, &told.content) else {
        return false;
    };
    let seconds = |one: Option<Timestamp>, other: Option<Timestamp>| {
        one.map(Timestamp::as_second) == other.map(Timestamp::as_second)
    };
    let one = |own: &Option<Party>, told: &Option<Party>| match (own, told) {
        (Some(own), Some(told)) => same_mailbox(own, told),
        (own, told) => own == told,
    };
    match path {
        // What is not told by fields of the header, or by the structure too.
        "" => true,
        "class" => content_class(item).is_none() || item.class == told.class,
        "from" => one(&own.from, &email.from),
        "sender" => one(&own.sender, &email.sender),
        "received_by" => one(&own.received_by, &email.received_by),
        "to[]" => same_mailboxes(&own.to, &email.to),
        "cc[]" => same_mailboxes(&own.cc, &email.cc),
        "bcc[]" => same_mailboxes(&own.bcc, &email.bcc),
        "reply_to[]" => same_mailboxes(&own.reply_to, &email.reply_to),
        "sent" => seconds(own.sent, email.sent),
        "received" => seconds(own.received, email.received),
        "expires" => seconds(own.expires, email.expires),
        "deferred_until" => seconds(own.deferred_until, email.deferred_until),
        path => {
            let (one, other) = (writing::record(item), writing::record(told));
            let pointer = format!("/{}", path.trim_end_matches("[]").replace('.', "/"));
            one.pointer(&pointer) == other.pointer(&pointer)
        }
    }
}

/// Whether the header may say more of a mailbox, and nothing else.
fn same_mailbox(own: &Party, told: &Party) -> bool {
    match (&own.email, &told.email) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        (None, Some(_)) => own.name.is_empty() || own.name == told.name,
        _ => own == told,
    }
}

fn same_mailboxes(own: &[Party], told: &[Party]) -> bool {
    let pairs = || own.iter().zip(told);
    own.len() == told.len() && pairs().all(|(own, told)| same_mailbox(own, told))
}

/// A party as a mailbox.
pub(super) fn mailbox(party: &Party) -> Mailbox {
    Mailbox {
        name: party.name.clone(),
        address: party.email.clone().or_else(|| party.address.clone()),
    }
}

fn give(out: &mut Vec<u8>, row: &Row, item: &Item, email: &mut Email) {
    let name = row.name;
    match &row.slot {
        Slot::Text(slot) => {
            if let Some(text) = slot(email) {
                field::text(out, name, text);
            }
        }
        Slot::Party(slot) => {
            if let Some(party) = slot(email) {
                field::mailboxes(out, name, &[mailbox(party)]);
            }
        }
        Slot::Parties(slot) => {
            let all: Vec<Mailbox> = slot(email).iter().map(mailbox).collect();
            if !all.is_empty() {
                field::mailboxes(out, name, &all);
            }
        }
        Slot::Time(slot) => {
            if let Some(time) = slot(email) {
                field::tokens(out, name, &date(*time));
            }
        }
        Slot::Flag(slot) => {
            if *slot(email) {
                let to = email.from.as_ref().or(email.sender.as_ref());
                let to = to.map(mailbox).unwrap_or_default();
                field::mailboxes(out, name, &[to]);
            }
        }
        Slot::Id(slot) => {
            if let Some(id) = slot(email) {
                field::tokens(out, name, &format!("<{id}>"));
            }
        }
        Slot::Hand(_) => by_hand(out, row.path, item, email),
    }
}

fn by_hand(out: &mut Vec<u8>, path: &str, item: &Item, email: &Email) {
    match path {
        "subject" if !email.subject.is_empty() => field::text(out, "Subject", &email.subject),
        "sender" => {
            if let Some(party) = &email.sender {
                field::mailboxes(out, "Sender", &[mailbox(party)]);
            }
        }
        "references[]" if !email.references.is_empty() => {
            let ids: Vec<String> = email
                .references
                .iter()
                .map(|id| format!("<{id}>"))
                .collect();
            field::tokens(out, "References", &ids.join(" "));
        }
        "received" => {
            if let Some(time) = email.received {
                field::tokens(out, "Delivery-Date", &date(time));
            }
        }
        "conversation.index" => {
            if let Some(index) = email.conversation.index.as_deref().and_then(hex::decode) {
                field::tokens(out, "Thread-Index", &base64::encode(&index));
            }
        }
        "importance" => {
            let (word, number) = match item.importance {
                Importance::High => ("high", "1"),
                Importance::Low => ("low", "5"),
                Importance::Normal => ("normal", "3"),
            };
            field::tokens(out, "Importance", word);
            field::tokens(out, "X-Priority", number);
        }
        "priority" => {
            let word = match email.priority {
                Some(1) => "urgent",
                Some(0) => "normal",
                Some(-1) => "non-urgent",
                _ => return,
            };
            field::tokens(out, "Priority", word);
            if item.importance == Importance::Normal {
                // `Priority` alone would say of it what it does not say.
                field::tokens(out, "Importance", "normal");
            }
        }
        "sensitivity" => {
            let word = match item.sensitivity {
                Sensitivity::Personal => "personal",
                Sensitivity::Private => "private",
                Sensitivity::Confidential => "company-confidential",
                Sensitivity::Normal => return,
            };
            field::tokens(out, "Sensitivity", word);
        }
        "categories[]" if !item.categories.is_empty() => {
            field::phrases(out, "Keywords", &item.categories);
        }
        "state.draft" if email.state.draft => field::tokens(out, "X-Unsent", "1"),
        "state.read" if email.state.read => field::tokens(out, "Status", "RO"),
        "state" => state(out, item, email),
        "follow_up.request" => {
            let own = item.follow_up.as_ref().and_then(|own| own.request.as_ref());
            if let Some(request) = own {
                field::text(out, "X-Message-Flag", request);
            }
        }
        "class" => {
            if let Some(word) = content_class(item) {
                field::tokens(out, "Content-Class", word);
            }
        }
        _ => {}
    }
}

fn state(out: &mut Vec<u8>, item: &Item, email: &Email) {
    let replied = matches!(
        email.state.last_verb,
        Some(LastVerb::Replied | LastVerb::RepliedAll)
    );
    let flagged = item
        .follow_up
        .as_ref()
        .is_some_and(|own| own.status == FlagStatus::Flagged && own.request.is_none());
    let letters: String = [(replied, 'A'), (flagged, 'F')]
        .into_iter()
        .filter_map(|(is, letter)| is.then_some(letter))
        .collect();
    if !letters.is_empty() {
        field::tokens(out, "X-Status", &letters);
    }
    if email.state.last_verb == Some(LastVerb::Forwarded) {
        // nsMsgMessageFlags: Forwarded, Read.
        let bits = if email.state.read { "1001" } else { "1000" };
        field::tokens(out, "X-Mozilla-Status", bits);
    }
}

/// What `Content-Class` says of a message that no structure tells of.
fn content_class(item: &Item) -> Option<&'static str> {
    let classes = [
        ("IPM.Note.Microsoft.Fax", "fax"),
        ("IPM.Note.Microsoft.Fax.CA", "fax-ca"),
        ("IPM.Note.Microsoft.Missed.Voice", "missedcall"),
        ("IPM.Note.Microsoft.Conversation.Voice", "voice-uc"),
        ("IPM.Note.Microsoft.Voicemail.UM.CA", "voice-ca"),
        ("IPM.Note.Microsoft.Voicemail.UM", "voice"),
        ("IPM.Note.rpmsg.Microsoft.Message", "rpmsg.message"),
    ];
    let mut classes = classes.into_iter();
    let found = classes.find(|(class, _)| item.class.eq_ignore_ascii_case(class));
    found.map(|(_, word)| word)
}

/// Tells of a nature or class that the mail does not say.
pub(super) fn tell_class(session: &mut Writing<'_>, item: &Item, said: Nature, own: Nature) {
    if said != own {
        session.altered("nature", format_args!("{said:?}, not {own:?}"));
    }
    let class = match said {
        Nature::Signed => signed::class(item),
        said => class_of(said),
    };
    if content_class(item).is_none() && item.class != class {
        session.altered("class", format_args!("{class}, not {}", item.class));
    }
}

/// A date as RFC 5322 has it.
pub(super) fn date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}
