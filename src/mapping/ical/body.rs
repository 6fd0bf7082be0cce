//! Bodies.
//!
//! *Spec*: MS-OXCICAL 2.1.3.1.1.20.5 (COMMENT), .11 (DESCRIPTION), .27 (X-ALT-DESC); RFC 9073 6.5
//! (STYLED-DESCRIPTION).

use super::Session;
use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::{Found, Taker};
use crate::content_line::Param;
use crate::ical::{Kind, Property};
use crate::item::Body;

/// Rows of a body.
pub(super) static BODY: &[Field<Body>] = &[
    Field::new(
        "DESCRIPTION",
        "body.plain",
        Slot::Hand(
            "kept, several of a journal entry joined; over 32 KiB as a blob; raw in an answer to a \
             meeting",
        ),
    ),
    Field::new(
        "COMMENT",
        "body.plain",
        Slot::Hand("kept of an answer to a meeting; else raw"),
    ),
    Field::new(
        "X-ALT-DESC",
        "body.html",
        Slot::Hand("kept of FMTTYPE text/html; others stay raw"),
    ),
    Field::new(
        "STYLED-DESCRIPTION",
        "body.html",
        Slot::Hand("kept of FMTTYPE text/html when there is no other; else raw"),
    ),
];

/// Takes the bodies.
pub(super) fn read(session: &mut Session<'_>, taker: &mut Taker<'_>) -> Body {
    let name = if session.is_about() {
        "COMMENT"
    } else {
        "DESCRIPTION"
    };
    let plain = match session.entry.kind {
        Kind::Journal => {
            let all: Vec<Found<'_>> = taker.all(name).collect();
            let texts: Vec<String> = all.iter().map(|found| found.property.text()).collect();
            all.into_iter()
                .for_each(|found| taker.mark_whole(found, &[]));
            Some(texts.join("\n\n")).filter(|text| !text.is_empty())
        }
        _ => taker.text(name),
    };
    let html = html(taker, "X-ALT-DESC").or_else(|| html(taker, "STYLED-DESCRIPTION"));
    Body {
        plain: plain.map(|text| session.text(text)),
        html: html.map(|text| session.text(text)),
        rtf: None,
        native: None,
    }
}

fn html(taker: &mut Taker<'_>, name: &str) -> Option<String> {
    let mut all = taker.all(name);
    let found = all.find(|found| found.property.param_is("FMTTYPE", "text/html"))?;
    let html = found.property.text();
    taker.mark_whole(found, &["FMTTYPE"]);
    (!html.is_empty()).then_some(html)
}

/// Gives the bodies: text, and HTML as Outlook writes it.
pub(super) fn write(giver: &mut Giver<'_>, body: &Body) {
    let name = if giver.is_about {
        "COMMENT"
    } else {
        "DESCRIPTION"
    };
    let plain = body.plain.as_ref().and_then(|text| giver.whole(text));
    giver.text(name, plain.as_deref());
    let html = body.html.as_ref().and_then(|text| giver.whole(text));
    if let Some(html) = html.filter(|html| !html.is_empty()) {
        let params = vec![Param::new("FMTTYPE", ["text/html"])];
        giver.put(Property::of_text("X-ALT-DESC", params, &html));
    }
}
