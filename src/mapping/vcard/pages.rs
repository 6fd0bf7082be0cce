//! Web pages.
//!
//! *Spec*: RFC 6350 6.7.8, MS-OXVCARD 2.1.3.7.8 (home is the personal page, work the business one).
//!
//! *Seen in the wild*: no type at all, or a label (`_$!<HomePage>!$_`): then it is the page as
//! such.

use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::{Taker, Told};
use crate::item::Contact;

/// Rows of pages.
pub(super) static PAGES: &[Field] = &[Field {
    names: &["URL"],
    path: "business_page, personal_page, ftp_site, web_page",
    slot: Slot::Hand(
        "by its type: work, home, FTP, none; raw too when it has others, raw only when the place \
         is taken",
    ),
}];

/// Takes the pages.
pub(super) fn read(taker: &mut Taker<'_>, contact: &mut Contact) {
    for (at, property) in taker.left("URL") {
        let words = taker.words(property);
        let has = |wanted: &str| words.iter().any(|word| word == wanted);
        let (place, types): (_, &'static [&'static str]) = if has("work") {
            (&mut contact.business_page, &["work"])
        } else if has("home") {
            (&mut contact.personal_page, &["home"])
        } else if has("ftp") {
            (&mut contact.ftp_site, &["ftp"])
        } else {
            (&mut contact.web_page, &["homepage"])
        };
        if place.is_none() {
            *place = Some(property.text());
            let also = &["pref"];
            taker.take(
                at,
                Told {
                    types,
                    also,
                    params: &[],
                },
            );
        }
    }
}

/// Gives the pages.
pub(super) fn write(giver: &mut Giver<'_>, contact: &Contact) {
    for (types, page) in [
        (&["work"] as &[&str], &contact.business_page),
        (&["home"], &contact.personal_page),
        (&["ftp"], &contact.ftp_site),
        (&[], &contact.web_page),
    ] {
        giver.plain("URL", types, page.as_deref());
    }
}
