//! E-mails.
//!
//! *Seen in the wild*: the HTML body a second time as `OPFMessageCopyBody`; the whole message as it
//! came (`OPFMessageCopySource`) and little else; names of recipients without addresses.

use std::io::Read as _;

use super::fields::{Field, Slot, Taker};
use super::{Session, address, attachments, source_text};
use crate::hex;
use crate::item::blob::BodyForm;
use crate::item::email::Nature;
use crate::item::{Body, Email, Party, base64};
use crate::olm::Element;

pub(super) const HTML: &str = "as HTML when it is HTML; left out when it is the plain text again";
const PEOPLE: &str = "kept; raw too when it tells more than addresses and names";

/// Rows of an e-mail.
pub(super) static MESSAGE: &[Field<Email>] = &[
    Field::new(
        "OPFMessageCopySubject",
        "subject",
        Slot::Title(|e| &mut e.subject),
    ),
    Field::new(
        "OPFMessageCopyMessageID",
        "message_id",
        Slot::Hand("kept without angle brackets"),
    ),
    Field::new(
        "OPFMessageCopyInReplyTo",
        "in_reply_to",
        Slot::Text(|e| &mut e.in_reply_to),
    ),
    Field::new(
        "OPFMessageCopyReferences",
        "references[]",
        Slot::Hand("kept as a list; raw when it is more than message ids between spaces"),
    ),
    Field::new(
        "OPFMessageCopySentTime",
        "sent",
        Slot::Time(|e| &mut e.sent),
    ),
    Field::new(
        "OPFMessageCopyReceivedTime",
        "received",
        Slot::Time(|e| &mut e.received),
    ),
    Field::new(
        "OPFMessageCopyThreadTopic",
        "conversation.topic",
        Slot::Text(|e| &mut e.conversation.topic),
    ),
    Field::new(
        "OPFMessageCopyThreadIndex",
        "conversation.index",
        Slot::Hand("Base64 as hex; raw when it is not Base64"),
    ),
    Field::new("OPFMessageCopyFromAddresses", "from", Slot::Hand(PEOPLE)),
    Field::new(
        "OPFMessageCopySenderAddress",
        "sender",
        Slot::Hand("kept when it is another than `from`, or the only one"),
    ),
    Field::new("OPFMessageCopyToAddresses", "to[]", Slot::Hand(PEOPLE)),
    Field::new("OPFMessageCopyCCAddresses", "cc[]", Slot::Hand(PEOPLE)),
    Field::new("OPFMessageCopyBCCAddresses", "bcc[]", Slot::Hand(PEOPLE)),
    Field::new(
        "OPFMessageCopyReplyToAddresses",
        "reply_to[]",
        Slot::Hand(PEOPLE),
    ),
    Field::new(
        "OPFMessageCopyDisplayTo",
        "to[].name",
        Slot::Hand("used only when there are no addresses; raw in any case"),
    ),
    Field::new(
        "OPFMessageCopyReceivedRepresentingName",
        "received_for.name",
        Slot::Hand("kept"),
    ),
    Field::new(
        "OPFMessageGetIsRead",
        "state.read",
        Slot::Flag(|e| &mut e.state.read),
    ),
    Field::new(
        "OPFMessageIsOutgoing",
        "state.from_me",
        Slot::Flag(|e| &mut e.state.from_me),
    ),
    Field::new(
        "OPFMessageCopyBody",
        "body.plain",
        Slot::Hand("kept; left out when it is the HTML again"),
    ),
    Field::new("OPFMessageCopyHTMLBody", "body.html", Slot::Hand(HTML)),
    Field::new(
        "OPFMessageGetHasHTML",
        "body.html",
        Slot::Hand("told by the body; raw when it says another"),
    ),
    Field::new(
        "OPFMessageCopySource",
        "headers",
        Slot::Hand("its header fields; what no other element tells is read from it; also raw"),
    ),
    Field::new(
        "OPFMessageCopyAttachmentList",
        "attachments[]",
        Slot::Hand("see attachment"),
    ),
    Field::new(
        "OPFMessageCopyMeetingData",
        "attachments[]",
        Slot::Hand("the calendar that it names, hidden; its METHOD tells the nature"),
    ),
];

/// Takes an e-mail.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Email {
    let mut email = Email::default();
    taker.fill(&mut email, MESSAGE);
    email.message_id = taker.with("OPFMessageCopyMessageID", |text| {
        Some(text.trim().trim_matches(['<', '>']).to_owned()).filter(|id| !id.is_empty())
    });
    email.references = taker
        .with("OPFMessageCopyReferences", references)
        .unwrap_or_default();
    email.conversation.index = taker.with("OPFMessageCopyThreadIndex", |text| {
        Some(hex::encode(&base64::decode(text.trim())?))
    });
    people(taker, &mut email);
    let for_name = taker.text("OPFMessageCopyReceivedRepresentingName");
    email.received_for = for_name.map(|name| address::party(Some(&name), None));
    email.body = body(
        session,
        taker,
        "OPFMessageCopyBody",
        "OPFMessageCopyHTMLBody",
    );
    attachments::read(session, taker, "OPFMessageCopyAttachmentList");
    meeting(session, taker, &mut email);
    source_text::read(session, taker, &mut email);
    if taker
        .peek_text("OPFMessageGetHasHTML")
        .and_then(super::value::flag)
        == Some(email.body.html.is_some())
    {
        taker.mark("OPFMessageGetHasHTML");
    }
    email
}

/// Ids between white space; `None` when there is more.
pub(super) fn references(text: &str) -> Option<Vec<String>> {
    let ids = text.split_whitespace().map(|id| {
        let bare = id
            .strip_prefix('<')
            .and_then(|id| id.strip_suffix('>'))
            .unwrap_or(id);
        (!bare.is_empty() && !bare.contains(['<', '>', ' '])).then(|| bare.to_owned())
    });
    ids.collect()
}

fn people(taker: &mut Taker<'_>, email: &mut Email) {
    let mut list = |name: &str| -> Vec<Party> {
        let Some(list) = taker.peek(name) else {
            return Vec::new();
        };
        if address::is_plain(list) {
            taker.mark(name);
        }
        address::parties(list)
    };
    email.to = list("OPFMessageCopyToAddresses");
    email.cc = list("OPFMessageCopyCCAddresses");
    email.bcc = list("OPFMessageCopyBCCAddresses");
    email.reply_to = list("OPFMessageCopyReplyToAddresses");
    let mut from = list("OPFMessageCopyFromAddresses").into_iter();
    email.from = from.next();
    let mut sender = list("OPFMessageCopySenderAddress").into_iter();
    email.sender = sender.next().filter(|own| Some(own) != email.from.as_ref());
    if email.from.is_none() {
        email.from = email.sender.take();
    }
    // More than one author: there is room for one, and the rest answer as well.
    email.reply_to.extend(from);
    if email.to.is_empty() && email.cc.is_empty() && email.bcc.is_empty() {
        let shown = taker
            .peek_text("OPFMessageCopyDisplayTo")
            .unwrap_or_default();
        let names = shown
            .split(';')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        email.to = names.map(|name| address::party(Some(name), None)).collect();
    }
}

/// Takes the two forms of a body. `html` may be HTML, the plain text again, or not there; `plain`
/// may be the HTML.
pub(super) fn body(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    plain: &str,
    html: &str,
) -> Body {
    let own = |name: &str| taker.peek(name).filter(|own| own.children.is_empty());
    let text = |own: Option<&'_ Element>| {
        own.map(|own| own.text.clone())
            .filter(|own| !own.is_empty())
    };
    let (first, second) = (text(own(plain)), text(own(html)));
    let mut body = Body::default();
    let (mut kept_plain, mut kept_html) = (None, None);
    match (first, second) {
        (Some(one), Some(other)) if one == other => {
            if is_html(&one) {
                kept_html = Some(one);
            } else {
                kept_plain = Some(one);
            }
            taker.mark(plain);
            taker.mark(html);
        }
        (one, other) => {
            for (own, name) in [(one, plain), (other, html)] {
                let Some(own) = own else { continue };
                let room = if is_html(&own) {
                    &mut kept_html
                } else {
                    &mut kept_plain
                };
                // Where there is another of its form already it stays raw.
                if room.is_none() {
                    *room = Some(own);
                    taker.mark(name);
                }
            }
        }
    }
    body.native = match (&kept_plain, &kept_html) {
        (_, Some(_)) => Some(BodyForm::Html),
        (Some(_), None) => Some(BodyForm::Plain),
        (None, None) => None,
    };
    body.plain = kept_plain.map(|own| session.contents.text(own));
    body.html = kept_html.map(|own| session.contents.text(own));
    body
}

/// Whether a text is HTML: it begins with a tag that HTML begins with.
pub(super) fn is_html(text: &str) -> bool {
    const TAGS: [&str; 10] = [
        "<!doctype html",
        "<html",
        "<head",
        "<body",
        "<div",
        "<p>",
        "<p ",
        "<span",
        "<meta",
        "<table",
    ];
    let start = text.trim_start();
    TAGS.iter().any(|tag| {
        start
            .get(..tag.len())
            .is_some_and(|own| own.eq_ignore_ascii_case(tag))
    })
}

/// The calendar beside a meeting message.
fn meeting(session: &mut Session<'_>, taker: &mut Taker<'_>, email: &mut Email) {
    const DATA: &str = "OPFMessageCopyMeetingData";
    let Some(url) = taker.peek_text(DATA).map(str::trim) else {
        return;
    };
    let is_address = url.contains('/') && !url.contains(['\n', '<']);
    if !is_address || !attachments::of_address(session, url, "text/calendar") {
        return;
    }
    taker.mark(DATA);
    let mut start = String::new();
    if let Some(packed) = (session.attached)(url)
        && let Ok(reader) = packed.entry.open(&packed.archive)
    {
        let mut bytes = Vec::new();
        // What cannot be read is told of when the attachment is.
        let _ = reader.take(64 << 10).read_to_end(&mut bytes);
        start = String::from_utf8_lossy(&bytes).to_ascii_uppercase();
    }
    let has = |word: &str| start.contains(word);
    email.nature = if has("METHOD:REQUEST") {
        Nature::MeetingRequest
    } else if has("METHOD:CANCEL") {
        Nature::MeetingCancellation
    } else if has("METHOD:REPLY") && has("PARTSTAT=ACCEPTED") {
        Nature::MeetingAcceptance
    } else if has("METHOD:REPLY") && has("PARTSTAT=TENTATIVE") {
        Nature::MeetingTentative
    } else if has("METHOD:REPLY") && has("PARTSTAT=DECLINED") {
        Nature::MeetingDecline
    } else {
        Nature::Message
    };
}

/// The message class nearest to a nature.
pub(super) fn class(nature: Nature) -> &'static str {
    match nature {
        Nature::MeetingRequest => "IPM.Schedule.Meeting.Request",
        Nature::MeetingCancellation => "IPM.Schedule.Meeting.Canceled",
        Nature::MeetingAcceptance => "IPM.Schedule.Meeting.Resp.Pos",
        Nature::MeetingTentative => "IPM.Schedule.Meeting.Resp.Tent",
        Nature::MeetingDecline => "IPM.Schedule.Meeting.Resp.Neg",
        _ => "IPM.Note",
    }
}
