//! What becomes of each property, told by the rows from which the mapping works.

use super::{
    addresses, contact, emails, fields, item, list, messaging, pages, phones, photo, relations,
};
use crate::mapping::fidelity::Row;

/// Every row, in the order of the table in `docs/fidelity.md`. A property that no row names is kept
/// raw.
#[must_use]
pub fn rows() -> Vec<Row> {
    let tables = [
        ("every kind", item::ITEM),
        ("contact", contact::CONTACT),
        ("contact", emails::EMAILS),
        ("contact", phones::NUMBERS),
        ("contact", addresses::ADDRESSES),
        ("contact", pages::PAGES),
        ("contact", messaging::MESSAGING),
        ("contact", relations::RELATIONS),
        ("contact", photo::PHOTO),
        ("contact", list::KIND),
        ("distribution_list", list::LIST),
    ];
    let rows = tables
        .iter()
        .flat_map(|(part, fields)| fields::told(part, fields));
    rows.collect()
}
