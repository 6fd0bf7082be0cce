//! The message as it came, which some archives have beside the elements, or instead of most of
//! them.

use mail_parser::{Address, MessageParser, MimeHeaders};

use super::fields::Taker;
use super::{Session, address};
use crate::content::InMemory;
use crate::item::blob::BodyForm;
use crate::item::{Attachment, AttachmentData, Email, Party};
use crate::limits;

const SOURCE: &str = "OPFMessageCopySource";

/// Reads what the elements have not told. The source itself stays raw.
pub(super) fn read(session: &mut Session<'_>, taker: &Taker<'_>, email: &mut Email) {
    let Some(source) = taker.peek_text(SOURCE) else {
        return;
    };
    let end = ["\r\n\r\n", "\n\n"]
        .iter()
        .filter_map(|blank| source.find(blank))
        .min();
    let headers = source
        .get(..end.unwrap_or(source.len()))
        .unwrap_or_default();
    email.headers = Some(session.contents.text(headers.to_owned()));
    let Some(message) = MessageParser::default().parse(source.as_bytes()) else {
        return;
    };
    let text = |own: Option<&str>| own.map(str::to_owned);
    if email.subject.is_empty() {
        email.subject = message.subject().unwrap_or_default().to_owned();
    }
    fill(&mut email.message_id, || text(message.message_id()));
    fill(&mut email.in_reply_to, || {
        text(message.in_reply_to().as_text())
    });
    if email.references.is_empty() {
        let all = message.references().as_text_list().unwrap_or_default();
        email.references = all.iter().map(|id| id.to_string()).collect();
    }
    fill(&mut email.sent, || {
        let date = message.date()?;
        jiff::Timestamp::from_second(date.to_timestamp()).ok()
    });
    fill(&mut email.from, || {
        people(message.from()).into_iter().next()
    });
    if email.to.iter().all(|party| party.email.is_none()) {
        let told = people(message.to());
        if !told.is_empty() {
            email.to = told;
        }
    }
    let lists = [
        (&mut email.cc, message.cc()),
        (&mut email.bcc, message.bcc()),
        (&mut email.reply_to, message.reply_to()),
    ];
    for (list, told) in lists {
        if list.is_empty() {
            *list = people(told);
        }
    }
    if email.body.is_empty() {
        if let Some(plain) = message.body_text(0) {
            email.body.plain = Some(session.contents.text(plain.into_owned()));
            email.body.native = Some(BodyForm::Plain);
        }
        if message.html_body_count() > 0
            && let Some(html) = message.body_html(0)
        {
            email.body.html = Some(session.contents.text(html.into_owned()));
            email.body.native = Some(BodyForm::Html);
        }
    }
    if session.attachments.is_empty() {
        for part in message.attachments().take(limits::ATTACHMENTS) {
            let media_type = part.content_type().map(|own| match own.subtype() {
                Some(sub) => format!("{}/{sub}", own.ctype()),
                None => own.ctype().to_owned(),
            });
            let blob = session.contents.blob(InMemory(part.contents().to_vec()));
            session.attachments.push(Attachment {
                name: part.attachment_name().unwrap_or_default().to_owned(),
                media_type,
                content_id: part.content_id().map(str::to_owned),
                content_location: None,
                hidden: false,
                inline: part.content_id().is_some(),
                position: None,
                created: None,
                modified: None,
                data: AttachmentData::File { blob },
                raw: Vec::new(),
            });
        }
    }
}

fn fill<T>(slot: &mut Option<T>, told: impl FnOnce() -> Option<T>) {
    if slot.is_none() {
        *slot = told();
    }
}

fn people(list: Option<&Address<'_>>) -> Vec<Party> {
    let all = list.into_iter().flat_map(Address::iter);
    let parties = all.map(|own| address::party(own.name(), own.address()));
    parties.filter(|party| !party.is_empty()).collect()
}
