//! What becomes of each property, told by the rows from which the mappings work.

use super::fields::Field;
use super::{
    attachments, body, common, contact, distribution_list, email, journal, meeting, note, parties,
    task,
};
use crate::mapping::fidelity::Row;

/// Every row, in the order of the table in `docs/fidelity.md`. A property that no row names is kept
/// raw.
#[must_use]
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    add(&mut rows, "every kind", common::ITEM);
    add(&mut rows, "every kind", common::REMINDER);
    add(&mut rows, "every kind", common::FOLLOW_UP);
    add(&mut rows, "every kind", common::FOLLOW_UP_DATES);
    add(&mut rows, "every kind", common::LINKS);
    add(&mut rows, "every kind", body::SUBJECT);
    add(&mut rows, "every kind", body::BODY);
    add(&mut rows, "attachment", attachments::ATTACHMENT);
    add(&mut rows, "contact", contact::CONTACT);
    rows.extend(
        contact::more_rows()
            .into_iter()
            .map(|(key, field, how)| Row {
                part: "contact",
                property: key.name(),
                field: field.to_owned(),
                how: how.to_owned(),
            }),
    );
    add(&mut rows, "distribution_list", distribution_list::LIST);
    add(&mut rows, "meeting", meeting::MEETING);
    add(&mut rows, "meeting", meeting::ONLINE);
    rows.extend(parties::FROM.rows("meeting", "organizer"));
    add(&mut rows, "email", email::EMAIL);
    add(&mut rows, "email", email::REPLY_TO);
    add(&mut rows, "report", email::REPORT);
    for (mailbox, path) in [
        (parties::FROM, "from"),
        (parties::SENDER, "sender"),
        (parties::RECEIVED_BY, "received_by"),
        (parties::RECEIVED_FOR, "received_for"),
    ] {
        rows.extend(mailbox.rows("email", path));
    }
    add(&mut rows, "task", task::TASK);
    add(&mut rows, "note", note::NOTE);
    add(&mut rows, "journal", journal::JOURNAL);
    rows
}

fn add<T>(rows: &mut Vec<Row>, part: &'static str, fields: &[Field<T>]) {
    rows.extend(fields.iter().map(|field| {
        let (property, field, how) = field.told();
        Row {
            part,
            property,
            field: field.to_owned(),
            how: how.to_owned(),
        }
    }));
}
