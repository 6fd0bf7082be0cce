//! What becomes of each property, told by the rows from which the mapping works.

use super::{
    addresses, contact, emails, fields, item, list, messaging, pages, phones, photo, relations,
};
use crate::mapping::fidelity::Row;

/// The tables, with the part of the item that they are of.
static TABLES: [(&str, &[fields::Field]); 11] = [
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

/// Every row, in the order of the table in `docs/fidelity.md`. A property that no row names is kept
/// raw.
#[must_use]
pub fn rows() -> Vec<Row> {
    let rows = TABLES
        .iter()
        .flat_map(|(part, fields)| fields::told(part, fields));
    rows.collect()
}

/// Whether a row names this property.
pub(super) fn knows(name: &str) -> bool {
    let mut fields = TABLES.iter().flat_map(|(_, fields)| fields.iter());
    fields.any(|field| field.names.contains(&name))
}
