//! Addresses for instant messages.
//!
//! *Spec*: RFC 6350 6.4.3 (IMPP); MS-OXVCARD (X-MS-IMADDRESS).
//!
//! *Seen in the wild*: a property per service (`X-AIM`, `X-GOOGLE TALK`), also empty.

use super::contact::PREFERRED;
use super::fields::{Field, Slot};
use super::taker::Taker;

/// Rows of addresses for instant messages.
pub(super) static MESSAGING: &[Field] = &[
    Field {
        names: WHOLE,
        path: "im_address",
        slot: Slot::Hand("the first; others stay raw"),
    },
    Field {
        names: SERVICES,
        path: "im_address",
        slot: Slot::Hand("the first when there is no other; raw too, for the service"),
    },
];

/// Properties whose value is the whole address.
const WHOLE: &[&str] = &[
    "X-MS-IMADDRESS",
    "X-MS-RM-IMACCOUNT",
    "X-KADDRESSBOOK-X-IMADDRESS",
    "IMPP",
];

/// Properties whose name says the service.
const SERVICES: &[&str] = &[
    "X-SKYPE",
    "X-SKYPE-USERNAME",
    "X-JABBER",
    "X-GOOGLE-TALK",
    "X-GOOGLE TALK",
    "X-GTALK",
    "X-MSN",
    "X-AIM",
    "X-ICQ",
    "X-YAHOO",
    "X-QQ",
    "X-SAMETIME",
    "X-GROUPWISE",
    "X-GADUGADU",
];

/// Takes the address.
pub(super) fn read(taker: &mut Taker<'_>) -> Option<String> {
    for name in WHOLE {
        if let Some((at, property)) = taker.left(name).into_iter().next() {
            taker.take(at, PREFERRED);
            return Some(property.text());
        }
    }
    for name in SERVICES {
        if let Some((at, property)) = taker.left(name).into_iter().next() {
            taker.take_in_part(at);
            return Some(property.text());
        }
    }
    None
}
