//! Distribution lists.
//!
//! *Spec*: MS-OXOCNTC 2.2.2.

use super::fields::{Field, Slot};
use super::taker::Taker;
use super::{Session, body};
use crate::item::DistributionList;
use crate::mapi::{PropertyBag, pid_lid, pid_tag};

/// Rows of a distribution list.
pub(super) static LIST: &[Field<DistributionList>] = &[
    Field::lid(
        pid_lid::DISTRIBUTION_LIST_NAME,
        "name",
        Slot::Title(|l| &mut l.name),
    ),
    Field::tag(
        pid_tag::DISPLAY_NAME,
        "name",
        Slot::Hand("the name when there is no other; else raw when it differs"),
    ),
    Field::lid(
        pid_lid::FILE_UNDER,
        "file_as",
        Slot::Text(|l| &mut l.file_as),
    ),
];

/// Takes a distribution list.
pub(super) fn read(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    props: &PropertyBag,
) -> DistributionList {
    let mut list = DistributionList::default();
    taker.fill(&mut list, LIST);
    if let Some(shown) = taker.text(pid_tag::DISPLAY_NAME) {
        if list.name.is_empty() {
            list.name.clone_from(&shown);
        }
        if list.name != shown {
            taker.unmark(pid_tag::DISPLAY_NAME);
        }
    }
    body::name(taker, &mut list.name);
    list.notes = body::read(session, taker, props);
    list
}
