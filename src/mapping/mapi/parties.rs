//! Who takes part: the groups of address properties of a message, and its recipient rows.
//!
//! *Spec*: MS-OXOMSG 2.2.1 (address properties), MS-OXCMSG 2.2.3 (recipients).
//!
//! An SMTP address is looked for in `PidTagSmtpAddress` and its kin first, then in the address
//! itself when its type is SMTP or it looks like one. Any other address is kept as `TYPE:address`.

use super::fields::Key;
use super::giver::Giver;
use super::raw;
use super::taker::Taker;
use super::{Parts, Session, Writing};
use crate::finding::Effect;
use crate::item::Party;
use crate::limits;
use crate::mapi::entry_id::EntryId;
use crate::mapi::{Message, PropertyBag, Value, pid_tag};
use crate::mapping::fidelity::Row;

/// The properties of one mailbox on a message.
#[derive(Debug)]
pub(super) struct Mailbox {
    /// Display name.
    pub(super) name: u16,
    /// Type of the address.
    pub(super) kind: u16,
    /// The address.
    pub(super) address: u16,
    /// Its SMTP address.
    pub(super) smtp: u16,
    /// Its entry id and search key, which say the same again.
    pub(super) keys: [u16; 2],
}

impl Mailbox {
    /// Its rows of the fidelity table.
    pub(super) fn rows(&self, part: &'static str, path: &str) -> Vec<Row> {
        let row = |id: u16, field: &str, how: &str| Row {
            part,
            property: Key::Tag(id).name(),
            field: format!("{path}.{field}"),
            how: how.to_owned(),
        };
        vec![
            row(self.name, "name", "kept"),
            row(
                self.kind,
                "address",
                "kept before the address; SMTP is left out",
            ),
            row(
                self.address,
                "email",
                "kept; in `address` when its type is not SMTP",
            ),
            row(self.smtp, "email", "kept"),
        ]
    }
}

/// The author.
pub(super) const FROM: Mailbox = Mailbox {
    name: pid_tag::SENT_REPRESENTING_NAME,
    kind: pid_tag::SENT_REPRESENTING_ADDRESS_TYPE,
    address: pid_tag::SENT_REPRESENTING_EMAIL_ADDRESS,
    smtp: pid_tag::SENT_REPRESENTING_SMTP_ADDRESS,
    keys: [
        pid_tag::SENT_REPRESENTING_ENTRY_ID,
        pid_tag::SENT_REPRESENTING_SEARCH_KEY,
    ],
};

/// The mailbox that sent.
pub(super) const SENDER: Mailbox = Mailbox {
    name: pid_tag::SENDER_NAME,
    kind: pid_tag::SENDER_ADDRESS_TYPE,
    address: pid_tag::SENDER_EMAIL_ADDRESS,
    smtp: pid_tag::SENDER_SMTP_ADDRESS,
    keys: [pid_tag::SENDER_ENTRY_ID, pid_tag::SENDER_SEARCH_KEY],
};

/// The mailbox that received.
pub(super) const RECEIVED_BY: Mailbox = Mailbox {
    name: pid_tag::RECEIVED_BY_NAME,
    kind: pid_tag::RECEIVED_BY_ADDRESS_TYPE,
    address: pid_tag::RECEIVED_BY_EMAIL_ADDRESS,
    smtp: pid_tag::RECEIVED_BY_SMTP_ADDRESS,
    keys: [
        pid_tag::RECEIVED_BY_ENTRY_ID,
        pid_tag::RECEIVED_BY_SEARCH_KEY,
    ],
};

/// The mailbox for which it was received.
pub(super) const RECEIVED_FOR: Mailbox = Mailbox {
    name: pid_tag::RECEIVED_REPRESENTING_NAME,
    kind: pid_tag::RECEIVED_REPRESENTING_ADDRESS_TYPE,
    address: pid_tag::RECEIVED_REPRESENTING_EMAIL_ADDRESS,
    smtp: pid_tag::RECEIVED_REPRESENTING_SMTP_ADDRESS,
    keys: [
        pid_tag::RECEIVED_REPRESENTING_ENTRY_ID,
        pid_tag::RECEIVED_REPRESENTING_SEARCH_KEY,
    ],
};

/// Takes a mailbox; `None` when nothing is known of it.
pub(super) fn mailbox(taker: &mut Taker<'_>, from: &Mailbox) -> Option<Party> {
    let name = taker.text(from.name);
    let kind = taker.text(from.kind);
    let address = taker.text(from.address);
    let smtp = taker.text(from.smtp);
    let party = party(name, kind.as_deref(), address, smtp);
    (!party.is_empty()).then_some(party)
}

/// The type and the address of a party as stored.
pub(super) fn stored(party: &Party) -> (Option<&str>, Option<&str>) {
    match (&party.address, &party.email) {
        (Some(address), _) => match address.split_once(':') {
            Some((kind, address)) => (
                Some(kind),
                Some(address).filter(|address| !address.is_empty()),
            ),
            None => (None, Some(address)),
        },
        (None, Some(email)) => (Some("SMTP"), Some(email)),
        (None, None) => (None, None),
    }
}

/// The one-off entry id of a party, by which it can be answered.
pub(super) fn one_off(party: &Party) -> Option<Vec<u8>> {
    let (kind, address) = match &party.email {
        Some(email) => ("SMTP", email.as_str()),
        None => {
            let (kind, address) = stored(party);
            (kind?, address?)
        }
    };
    Some(EntryId::one_off(&party.name, kind, address).to_bytes())
}

/// `TYPE:ADDRESS` in upper case and a zero byte: the search key of an address (MS-OXCMAIL 2.2.3).
pub(super) fn search_key(party: &Party) -> Option<Vec<u8>> {
    let (kind, address) = match &party.email {
        Some(email) => ("SMTP", email.as_str()),
        None => {
            let (kind, address) = stored(party);
            (kind?, address?)
        }
    };
    let mut key = format!("{kind}:{address}").to_uppercase().into_bytes();
    key.push(0);
    Some(key)
}

/// Gives a mailbox.
pub(super) fn write_mailbox(giver: &mut Giver, to: &Mailbox, party: Option<&Party>) {
    let Some(party) = party else { return };
    let (kind, address) = stored(party);
    giver.text(to.name, Some(&party.name));
    giver.text(to.kind, kind);
    giver.text(to.address, address);
    if party.email.as_deref() != address {
        giver.text(to.smtp, party.email.as_deref());
    }
    if let Some(email) = &party.email {
        giver.expect(to.smtp, Value::String(email.clone()));
    }
    let [entry_id, search_key_of] = to.keys;
    if let Some(id) = one_off(party) {
        giver.expect(entry_id, Value::Binary(id));
    }
    if let Some(key) = search_key(party) {
        giver.expect(search_key_of, Value::Binary(key));
    }
}

/// Adds a recipient row, with what is raw of it, and `more` of its fields.
pub(super) fn write_recipient(
    session: &mut Writing<'_>,
    message: &mut Message,
    party: &Party,
    kind: i32,
    more: &[(u16, Value)],
) {
    let index = message.recipients.len();
    let mut giver = Giver::default();
    session.give_raw(&mut giver, &format!("recipients/{index}/"));
    let (address_type, address) = stored(party);
    giver.text(pid_tag::DISPLAY_NAME, Some(&party.name));
    giver.text(pid_tag::ADDRESS_TYPE, address_type);
    giver.text(pid_tag::EMAIL_ADDRESS, address);
    giver.text(pid_tag::SMTP_ADDRESS, party.email.as_deref());
    giver.put(pid_tag::RECIPIENT_TYPE, Value::I32(kind));
    for (id, value) in more {
        giver.put(*id, value.clone());
    }
    if let Some(id) = one_off(party) {
        giver.expect(pid_tag::ENTRY_ID, Value::Binary(id.clone()));
        giver.expect(pid_tag::RECIPIENT_ENTRY_ID, Value::Binary(id));
    }
    if let Some(key) = search_key(party) {
        giver.expect(pid_tag::SEARCH_KEY, Value::Binary(key));
    }
    // A mail user (MS-OXCMSG 2.2.3, MS-OXOABK 2.2.3.10 and 2.2.3.11).
    giver.expect(pid_tag::OBJECT_TYPE, Value::I32(6));
    giver.expect(pid_tag::DISPLAY_TYPE, Value::I32(0));
    message.recipients.push(giver.into_bag());
}

/// A party of a name and an address.
pub(super) fn party(
    name: Option<String>,
    kind: Option<&str>,
    address: Option<String>,
    smtp: Option<String>,
) -> Party {
    let is_smtp = kind.is_some_and(|kind| kind.eq_ignore_ascii_case("SMTP"));
    let name = name.unwrap_or_default();
    let mut party = Party {
        name,
        email: smtp,
        address: None,
    };
    match (address, kind) {
        (Some(address), _) if is_smtp => match &party.email {
            None => party.email = Some(address),
            Some(known) if *known == address => {}
            Some(_) => party.address = Some(format!("SMTP:{address}")),
        },
        (Some(address), None) if looks_like_smtp(&address) => {
            if party.email.is_none() {
                party.email = Some(address);
            } else if party.email.as_ref() != Some(&address) {
                party.address = Some(address);
            }
        }
        (Some(address), None) => party.address = Some(address),
        (Some(address), Some(kind)) => {
            if party.email.is_none() && looks_like_smtp(&address) && !kind.contains(':') {
                party.email = Some(address.clone());
            }
            party.address = Some(format!("{kind}:{address}"));
        }
        (None, Some(kind)) if !is_smtp => party.address = Some(format!("{kind}:")),
        (None, _) => {}
    }
    if party.email.is_none() && party.address.is_none() && looks_like_smtp(&party.name) {
        party.email = Some(party.name.clone());
    }
    party
}

/// Whether a text has the shape of an SMTP address: one `@` with something on both sides, no
/// spaces.
pub(super) fn looks_like_smtp(text: &str) -> bool {
    let mut halves = text.split('@');
    let (local, domain, more) = (halves.next(), halves.next(), halves.next());
    let filled = |half: Option<&str>| half.is_some_and(|half| !half.is_empty());
    let plain = |c: char| !(c.is_whitespace() || c.is_control() || "/;,<>()\"".contains(c));
    filled(local) && filled(domain) && more.is_none() && text.chars().all(plain)
}

/// A recipient row, read.
#[derive(Debug)]
pub(super) struct Recipient<'a> {
    /// Name and address.
    pub(super) party: Party,
    /// `PidTagRecipientType` without flags: 0 originator, 1 To, 2 Cc, 3 Bcc.
    pub(super) kind: i64,
    /// The row, for what only some kinds ask for.
    pub(super) taker: Taker<'a>,
    /// Its place in the table, from 0.
    pub(super) index: usize,
}

/// What says the same as the party, or nothing outside the store.
const DERIVED: &[u16] = &[
    pid_tag::ENTRY_ID,
    pid_tag::RECORD_KEY,
    pid_tag::SEARCH_KEY,
    pid_tag::OBJECT_TYPE,
    pid_tag::DISPLAY_TYPE,
    pid_tag::RECIPIENT_ENTRY_ID,
    ROW_ID,
    LTP_ROW_ID,
    LTP_ROW_VERSION,
];
/// `PidTagRowid`.
const ROW_ID: u16 = 0x3000;
const LTP_ROW_ID: u16 = 0x67F2;
const LTP_ROW_VERSION: u16 = 0x67F3;
/// The type of a recipient without `MAPI_SUBMITTED` and `MAPI_P1` (MS-OXCMSG 2.2.3.1.2).
const TYPE_BITS: i64 = 0x0F;

/// The recipients of a message in table order.
pub(super) fn recipients<'a>(
    session: &mut Session<'_>,
    rows: &'a [PropertyBag],
) -> Vec<Recipient<'a>> {
    if rows.len() > limits::RECIPIENTS {
        let detail = format!(
            "{} recipients; the first {} count",
            rows.len(),
            limits::RECIPIENTS
        );
        session.find("mapping.recipients.too-many", Effect::Lost, detail);
    }
    let rows = rows.iter().take(limits::RECIPIENTS).enumerate();
    rows.map(|(index, row)| recipient(index, row)).collect()
}

fn recipient(index: usize, row: &PropertyBag) -> Recipient<'_> {
    let mut taker = Taker::new(row);
    let name = taker.text(pid_tag::DISPLAY_NAME);
    let shown = taker.peek(pid_tag::RECIPIENT_DISPLAY_NAME);
    let shown = shown.and_then(Value::as_str).map(str::to_owned);
    if name.is_none() || name == shown {
        taker.mark(pid_tag::RECIPIENT_DISPLAY_NAME);
    }
    let kind = taker.text(pid_tag::ADDRESS_TYPE);
    let address = taker.text(pid_tag::EMAIL_ADDRESS);
    let smtp = taker.text(pid_tag::SMTP_ADDRESS);
    let party = party(name.or(shown), kind.as_deref(), address, smtp);
    let kind = taker.int(pid_tag::RECIPIENT_TYPE).unwrap_or(1) & TYPE_BITS;
    for id in DERIVED {
        taker.mark(*id);
    }
    Recipient {
        party,
        kind,
        taker,
        index,
    }
}

/// Keeps what was not taken of the rows, named `recipients/0/PidTag…`.
pub(super) fn keep_rest(session: &mut Session<'_>, rows: &[Recipient<'_>], parts: &mut Parts<'_>) {
    for row in rows {
        let prefix = format!("recipients/{}/", row.index);
        for property in row.taker.rest() {
            let raw = raw::property(session, &prefix, property);
            parts.raw.push(raw);
        }
    }
}
