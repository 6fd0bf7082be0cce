//! What was done with a message: flags of Maildirs, of mailboxes, of Thunderbird and Outlook.
//!
//! *Spec*: `Status` and `X-Status` of mailboxes (c-client); `X-Mozilla-Status`
//! (`nsMsgMessageFlags`); `X-Unsent` and `X-Message-Flag` of Outlook.

use super::{Envelope, Session, raw};
use crate::finding::Effect;
use crate::item::email::{LastVerb, MailState};
use crate::item::reminder::{FlagStatus, FollowUp};
use crate::item::{Content, Item, RawValue};
use crate::mime::header::unfolded;
use crate::mime::{Header, encoded_word};

/// What the name of its file, or the lines around it, say of a message.
pub(super) fn of_envelope(session: &mut Session<'_>, item: &mut Item, envelope: &Envelope) {
    if let Some(flags) = &envelope.flags {
        let state = state(item);
        if let Some(state) = state {
            state.read |= flags.has('S');
            state.draft |= flags.has('D');
            verb(state, flags.has('R'), flags.has('P'));
        }
        if flags.has('F') {
            flag(item, None);
        }
        if flags.has('T') {
            let detail = "marked as to be deleted; it is read all the same";
            session.find("mapping.mail.to-be-deleted", Effect::Noted, "", detail);
        }
        let letters = RawValue::Text(flags.letters.clone());
        item.raw.push(raw("Maildir flags", letters));
    }
    for (name, text) in &envelope.around {
        let text = session.raw_text(text.clone());
        item.raw.push(raw(*name, text));
    }
}

/// What the header fields that mailers add to stored messages say.
pub(super) fn of_mailbox(header: &Header, item: &mut Item) {
    let letters = |name| text(header, name).unwrap_or_default();
    let status = letters("Status");
    let x_status = letters("X-Status");
    let mozilla = text(header, "X-Mozilla-Status");
    let mozilla = mozilla.and_then(|text| u32::from_str_radix(&text, 16).ok());
    let mozilla = mozilla.unwrap_or_default();
    // nsMsgMessageFlags: Read, Replied, Marked, Forwarded.
    let bit = |bit: u32| mozilla & bit != 0;
    if let Some(state) = state(item) {
        state.read |= (status.len() <= 4 && status.contains('R')) || bit(0x0001);
        state.draft |= x_status.contains('T') || letters("X-Unsent") == "1";
        verb(state, x_status.contains('A') || bit(0x0002), bit(0x1000));
    }
    if x_status.contains('F') || bit(0x0004) {
        flag(item, None);
    }
    if let Some(request) = header.get("X-Message-Flag") {
        flag(item, Some(encoded_word::decode(request).text));
    }
}

fn text(header: &Header, name: &str) -> Option<String> {
    let value = unfolded(header.get(name)?);
    Some(String::from_utf8_lossy(&value).trim().to_owned())
}

fn state(item: &mut Item) -> Option<&mut MailState> {
    match &mut item.content {
        Content::Email(email) => Some(&mut email.state),
        _ => None,
    }
}

/// Replied goes before forwarded: which was last is not told.
fn verb(state: &mut MailState, replied: bool, forwarded: bool) {
    let verb = match (replied, forwarded) {
        (true, _) => Some(LastVerb::Replied),
        (_, true) => Some(LastVerb::Forwarded),
        _ => None,
    };
    state.last_verb = state.last_verb.or(verb);
}

fn flag(item: &mut Item, request: Option<String>) {
    let own = item.follow_up.get_or_insert(FollowUp {
        status: FlagStatus::Flagged,
        request: None,
        start: None,
        due: None,
        completed: None,
        color: None,
        title: None,
    });
    if let Some(request) = request.filter(|request| !request.is_empty()) {
        own.request = Some(request);
    }
}
