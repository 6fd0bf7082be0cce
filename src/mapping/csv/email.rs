//! E-mails: Outlook exports them without their dates.

use super::fields::{Field, Taker};
use super::{Session, parties};
use crate::item::{Email, Party};

/// Rows of an e-mail.
pub(super) static EMAIL: &[Field<Email>] = &[
    Field::hand("Subject", "subject", "kept"),
    Field::hand("Body", "body.plain", "kept; over 32 KiB as a blob"),
];

/// The columns of parties: names, addresses, types, and the path of the field.
pub(super) static PARTIES: [([&str; 3], &str); 4] = [
    (["From: (Name)", "From: (Address)", "From: (Type)"], "from"),
    (["To: (Name)", "To: (Address)", "To: (Type)"], "to[]"),
    (["CC: (Name)", "CC: (Address)", "CC: (Type)"], "cc[]"),
    (["BCC: (Name)", "BCC: (Address)", "BCC: (Type)"], "bcc[]"),
];

/// Takes an e-mail.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Email {
    let subject = taker.text("Subject").unwrap_or_default();
    let [from, to, cc, bcc] = PARTIES.map(|(columns, _)| {
        let [names, addresses, kinds] = columns.map(|column| taker.listed(session, column));
        parties::columns(names, addresses, kinds)
    });
    let body = taker.whole("Body");
    Email {
        subject,
        from: one(from),
        to,
        cc,
        bcc,
        body: session.body(body),
        ..Email::default()
    }
}

/// An author has one name, whatever signs it holds.
fn one(parties: Vec<Party>) -> Option<Party> {
    let mut parties = parties.into_iter();
    let mut first = parties.next()?;
    for more in parties {
        if first.email.is_none() {
            first.email = more.email;
        }
        if !more.name.is_empty() {
            first.name = format!("{}; {}", first.name, more.name);
        }
    }
    Some(first)
}
