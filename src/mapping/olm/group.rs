//! Distribution lists.

use super::address;
use super::fields::{Field, Slot, Taker};
use crate::item::DistributionList;
use crate::item::distribution_list::Member;

/// Rows of a distribution list.
pub(super) static GROUP: &[Field<DistributionList>] = &[
    Field::new(
        "OPFGroupCopyDisplayName",
        "name",
        Slot::Title(|l| &mut l.name),
    ),
    Field::new(
        "OPFGroupCopyMemberList",
        "members[]",
        Slot::Hand("kept; raw too when it tells more than addresses and names"),
    ),
];

/// Takes a distribution list.
pub(super) fn read(taker: &mut Taker<'_>) -> DistributionList {
    const MEMBERS: &str = "OPFGroupCopyMemberList";
    let mut list = DistributionList::default();
    taker.fill(&mut list, GROUP);
    if let Some(members) = taker.peek(MEMBERS) {
        let own = address::parties(members).into_iter().map(|party| Member {
            party,
            ..Member::default()
        });
        list.members = own.collect();
        if address::is_plain(members) {
            taker.mark(MEMBERS);
        }
    }
    list
}
