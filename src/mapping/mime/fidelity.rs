//! What becomes of each header field, and of each field of an item, told by the rows from which the
//! mapping works.

use super::fields::{HEADER, PART, REPORT, Row as Field, Slot};
use crate::mapping::fidelity::Row;

/// Every row, in the order of the table in `docs/fidelity.md`. A header field that no row names is
/// only in `headers`, of a part in `raw`.
#[must_use]
pub fn rows() -> Vec<Row> {
    let of = |part: &'static str, fields: &'static [Field]| {
        fields.iter().map(move |field| Row {
            part,
            property: field.name.to_owned(),
            field: field.path.to_owned(),
            how: field.how().to_owned(),
        })
    };
    of("message", HEADER)
        .chain(of("part", PART))
        .chain(of("report", REPORT))
        .collect()
}

/// Fields of an item that a mail does not say, or says otherwise; each is then a finding.
pub static NOT_SAID: &[(&str, &str)] = &[
    ("account", "lost"),
    (
        "attachments[]",
        "those that the HTML shows are first, then calendars of meeting messages; an OLE object is \
         a file, an item that is no e-mail an MSG file, one that is not there an empty file",
    ),
    ("attachments[].created", "kept to the second"),
    ("attachments[].hidden", "lost"),
    (
        "attachments[].inline",
        "lost of a text without a name, which would be read as more of the body",
    ),
    (
        "attachments[].media_type",
        "`application/octet-stream` without one, and of files that are messages or multiparts; \
         `message/external-body` of references",
    ),
    ("attachments[].modified", "kept to the second"),
    ("attachments[].position", "lost"),
    ("attachments[].raw[]", "header fields kept, the rest lost"),
    ("bcc[]", "as `to[]`"),
    ("body.html", "attached when it is over 16 MiB"),
    ("body.native", "told by the forms that there are"),
    (
        "body.plain",
        "none when it is empty; attached when it is over 16 MiB",
    ),
    ("body.rtf", "left out; lost when it is the only form"),
    ("categories[]", "split at a comma in one"),
    ("cc[]", "as `to[]`"),
    ("class", "told by what the message is"),
    ("created", "lost"),
    ("deferred_until", "kept to the second"),
    ("expires", "kept to the second"),
    (
        "follow_up",
        "that it is flagged, and the request; the rest is lost",
    ),
    ("from", "as `to[]`"),
    (
        "meeting",
        "told by the calendar of the mail, which gets one when it came without; what that does not \
         say is lost",
    ),
    ("modified", "lost"),
    (
        "nature",
        "told by the structure: reports and meeting messages by the parts that are attached",
    ),
    ("outlook_links", "lost"),
    ("priority", "-1, 0 and 1 are kept"),
    ("private", "lost; `sensitivity` is kept"),
    (
        "raw[]",
        "lost; of a mail, how its parts were laid out is told anew",
    ),
    (
        "received",
        "kept to the second; where it is another than `Received` says, that counts",
    ),
    ("received_by", "as `to[]`"),
    ("received_for", "lost"),
    ("reminder", "lost"),
    ("reply_to[]", "as `to[]`"),
    (
        "report",
        "told by the report that is attached; lost without one",
    ),
    ("sender", "as `to[]`"),
    ("sent", "kept to the second"),
    (
        "state",
        "read, draft, replied, forwarded are kept; the rest is lost",
    ),
    ("task_mode", "lost"),
    ("template", "lost"),
    (
        "to[]",
        "name, and e-mail address or else the other one; of a header that rode along its own, when \
         the e-mail addresses are the same",
    ),
    ("voting", "lost"),
];

/// How a field of an item is written, row by row, and then what is not.
#[must_use]
pub fn rows_back() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let fields = [("header", HEADER), ("attachment", PART)];
    for (part, fields) in fields {
        for field in fields.iter().filter(|field| !field.path.is_empty()) {
            let again = rows.iter().any(|row| row.field == field.path);
            let how = match (&field.slot, part) {
                (_, "attachment") => "as it came when the attachment says the same; else anew",
                _ if again => "as it came, when the item says the same",
                (Slot::Time(_), _) => "as it came when it is the same to the second; else anew",
                (Slot::Party(_) | Slot::Parties(_), _) => {
                    "as it came when the addresses are the same; else anew"
                }
                _ => "as it came when the item says the same; else anew",
            };
            rows.push(Row {
                part,
                property: field.name.to_owned(),
                field: field.path.to_owned(),
                how: how.to_owned(),
            });
        }
    }
    let other = |property: &str, field: &str, how: &str| Row {
        part: "structure",
        property: property.to_owned(),
        field: field.to_owned(),
        how: how.to_owned(),
    };
    rows.extend([
        other(
            "every other field",
            "headers",
            "as it came; those of the structure anew",
        ),
        other("text/plain", "body.plain", "UTF-8"),
        other(
            "text/html",
            "body.html",
            "UTF-8; an alternative of the plain text",
        ),
        other("multipart/related", "attachments[]", "what the HTML shows"),
        other("message/rfc822", "attachments[].item", "of an e-mail"),
        other(
            "message/external-body",
            "attachments[].place",
            "by its address",
        ),
        other(
            "multipart/signed",
            "attachments[]",
            "the signed entity that is kept whole, as it is",
        ),
        other(
            "application/pkcs7-mime",
            "attachments[]",
            "the message, when there is nothing else, or all else is in it",
        ),
    ]);
    rows.extend(NOT_SAID.iter().map(|(field, how)| Row {
        part: "not said, or otherwise",
        property: "none".to_owned(),
        field: (*field).to_owned(),
        how: (*how).to_owned(),
    }));
    rows
}
