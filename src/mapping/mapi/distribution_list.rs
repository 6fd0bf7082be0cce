//! Distribution lists.
//!
//! *Spec*: MS-OXOCNTC 2.2.2.
//!
//! *Seen in the wild*: lists whose stream and members differ, where the stream counts
//! (MS-OXOCNTC 2.2.2.2.4); members without a one-off id beside them.

use super::fields::{Field, Key, Slot};
use super::giver::Giver;
use super::taker::Taker;
use super::{Session, Writing, body, parties};
use crate::bytes::{Cursor, Truncated};
use crate::finding::Effect;
use crate::hex;
use crate::item::distribution_list::{Member, MemberKind};
use crate::item::{DistributionList, Party};
use crate::limits;
use crate::mapi::entry_id::{self, EntryId};
use crate::mapi::{PropertyBag, Value, codepage, pid_lid, pid_tag};

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
    Field::lid(
        pid_lid::DISTRIBUTION_LIST_MEMBERS,
        "members[].entry_id",
        Slot::Hand("kept, as hex; raw when the stream counts instead"),
    ),
    Field::lid(
        pid_lid::DISTRIBUTION_LIST_ONE_OFF_MEMBERS,
        "members[]",
        Slot::Hand("name and address are kept; also raw unless that is all that they are"),
    ),
    Field::lid(
        pid_lid::DISTRIBUTION_LIST_STREAM,
        "members[]",
        Slot::Hand("read as the members when it is there; also raw, byte for byte"),
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
    list.members = members(session, taker, props);
    list.notes = body::read(session, taker, props);
    list
}

/// Gives a distribution list. Its stream of members, which is raw, counts when it is there.
pub(super) fn write(session: &mut Writing<'_>, giver: &mut Giver, list: &DistributionList) {
    giver.pour(list, LIST);
    let name = Value::String(list.name.clone());
    for key in [
        pid_tag::DISPLAY_NAME,
        pid_tag::SUBJECT,
        pid_tag::NORMALIZED_SUBJECT,
    ] {
        giver.expect(key, name.clone());
    }
    let mut ids = Vec::new();
    let mut one_offs = Vec::new();
    for member in &list.members {
        let one_off = parties::one_off(&member.party);
        let stored = member.entry_id.as_deref().and_then(hex::decode);
        // An entry id of another store leads nowhere; the one-off id is complete in itself.
        match stored.or_else(|| one_off.clone()) {
            Some(id) => {
                ids.push(Value::Binary(id));
                one_offs.push(Value::Binary(one_off.unwrap_or_default()));
            }
            None => session.unplaced("a member without an address", &member.party.name),
        }
    }
    if !ids.is_empty() {
        let members = Key::lid(pid_lid::DISTRIBUTION_LIST_MEMBERS);
        giver.expect(members, Value::Multi(ids));
        let one_off_members = Key::lid(pid_lid::DISTRIBUTION_LIST_ONE_OFF_MEMBERS);
        giver.expect(one_off_members, Value::Multi(one_offs));
    }
    giver.expect(pid_lid::FILE_UNDER, name);
    body::write(session, giver, &list.notes);
}

/// The members: of the stream when there is one that can be read, else of the two lists.
fn members(session: &mut Session<'_>, taker: &mut Taker<'_>, props: &PropertyBag) -> Vec<Member> {
    let page = codepage::item_code_page(props).unwrap_or(codepage::WESTERN);
    let stream = taker
        .peek(pid_lid::DISTRIBUTION_LIST_STREAM)
        .and_then(Value::as_bytes);
    if let Some(bytes) = stream.filter(|bytes| !bytes.is_empty()) {
        match read_stream(bytes) {
            Ok(pairs) => {
                return pairs
                    .iter()
                    .map(|(id, one_off)| member(id, one_off, page))
                    .collect();
            }
            Err(error) => {
                let detail = format!("the stream of members is kept raw only: {error}");
                session.find("mapping.list.stream", Effect::Noted, detail);
            }
        }
    }
    let ids = binaries(taker.peek(pid_lid::DISTRIBUTION_LIST_MEMBERS));
    let one_offs = binaries(taker.peek(pid_lid::DISTRIBUTION_LIST_ONE_OFF_MEMBERS));
    taker.mark(pid_lid::DISTRIBUTION_LIST_MEMBERS);
    let plain = |bytes: &&[u8]| bytes.is_empty() || is_plain(bytes);
    if ids.len() == one_offs.len() && one_offs.iter().all(plain) {
        taker.mark(pid_lid::DISTRIBUTION_LIST_ONE_OFF_MEMBERS);
    }
    let one_off = one_offs.into_iter().chain(std::iter::repeat(&[] as &[u8]));
    ids.into_iter()
        .zip(one_off)
        .map(|(id, one_off)| member(id, one_off, page))
        .collect()
}

fn binaries(value: Option<&Value>) -> Vec<&[u8]> {
    let values = value.and_then(Value::as_multi).unwrap_or_default();
    values
        .iter()
        .map(|value| value.as_bytes().unwrap_or_default())
        .collect()
}

/// Whether a one-off id holds nothing but what name, type and address say.
fn is_plain(bytes: &[u8]) -> bool {
    let Ok(id) = EntryId::from_bytes(bytes) else {
        return false;
    };
    let entry_id::Body::OneOff(one_off) = &id.body else {
        return false;
    };
    let [name, kind, address] = one_off.texts(codepage::WESTERN);
    EntryId::one_off(&name, &kind, &address).to_bytes() == bytes
}

type Pair = (Vec<u8>, Vec<u8>);

/// `PidLidDistributionListStream`: 28 bytes of head, of which the number of members is at 12, then
/// for each its entry id, one-off id and what is reserved, each after its size.
fn read_stream(bytes: &[u8]) -> Result<Vec<Pair>, Truncated> {
    let mut cursor = Cursor::new(bytes);
    cursor.take(12)?;
    let count = cursor.u32()?;
    cursor.take(12)?;
    let mut pairs = Vec::new();
    for _ in 0..count {
        if pairs.len() >= limits::RECIPIENTS {
            break;
        }
        let mut sized = || {
            let size = usize::try_from(cursor.u32()?).unwrap_or(usize::MAX);
            cursor.take(size).map(<[u8]>::to_vec)
        };
        pairs.push((sized()?, sized()?));
        sized()?;
    }
    Ok(pairs)
}

/// A member of its entry id and the one-off id beside it, either of which may be empty.
fn member(id: &[u8], one_off: &[u8], page: u16) -> Member {
    let own = EntryId::from_bytes(id).ok();
    let beside = EntryId::from_bytes(one_off).ok();
    let party = beside.as_ref().and_then(|id| party(id, page));
    let party = party.or_else(|| party_within(own.as_ref()?, page));
    let (holds, slot) = own.as_ref().map_or((MemberKind::Unknown, None), kind);
    Member {
        party: party.unwrap_or_default(),
        holds,
        slot,
        entry_id: (!id.is_empty()).then(|| hex::encode(id)),
    }
}

fn party_within(id: &EntryId, page: u16) -> Option<Party> {
    party(id.innermost(), page)
}

/// The party of a one-off or address-book entry id.
pub(super) fn party(id: &EntryId, page: u16) -> Option<Party> {
    if let entry_id::Body::OneOff(one_off) = &id.body {
        let [name, kind, address] = one_off.texts(page);
        let filled = |text: String| (!text.is_empty()).then_some(text);
        let kind = filled(kind);
        return Some(parties::party(
            filled(name),
            kind.as_deref(),
            filled(address),
            None,
        ));
    }
    let address = id.dn()?;
    Some(parties::party(None, Some("EX"), Some(address), None))
}

/// What a member is (MS-OXOCNTC 2.2.2.2.4.1.1), and which address of a contact.
fn kind(id: &EntryId) -> (MemberKind, Option<i64>) {
    match &id.body {
        entry_id::Body::OneOff(_) => (MemberKind::Address, None),
        entry_id::Body::Wrapped { kind, .. } => match kind & 0x0F {
            0 => (MemberKind::Address, None),
            3 => {
                let slot = (kind >> 4 & 0x07).checked_sub(3).filter(|slot| *slot > 0);
                (MemberKind::Contact, slot.map(i64::from))
            }
            4 => (MemberKind::List, None),
            5 => (MemberKind::Directory, None),
            6 => (MemberKind::DirectoryList, None),
            _ => (MemberKind::Unknown, None),
        },
        entry_id::Body::AddressBook { kind: 1, .. } => (MemberKind::DirectoryList, None),
        entry_id::Body::AddressBook { .. } => (MemberKind::Directory, None),
        _ => (MemberKind::Unknown, None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::Key;
    use super::super::fixture::{map, message, raw_names, text};
    use super::*;
    use crate::item::Content;

    fn lists(members: Vec<Vec<u8>>, one_offs: Vec<Vec<u8>>) -> Vec<(Key, Value)> {
        let multi =
            |list: Vec<Vec<u8>>| Value::Multi(list.into_iter().map(Value::Binary).collect());
        vec![
            (Key::lid(pid_lid::DISTRIBUTION_LIST_NAME), text("Crew")),
            (Key::lid(pid_lid::DISTRIBUTION_LIST_MEMBERS), multi(members)),
            (
                Key::lid(pid_lid::DISTRIBUTION_LIST_ONE_OFF_MEMBERS),
                multi(one_offs),
            ),
        ]
    }

    #[test]
    fn an_address_and_a_contact() {
        let bob = EntryId::one_off("Bob", "SMTP", "bob@example.org").to_bytes();
        let ann = EntryId::one_off("Ann", "SMTP", "ann@example.org").to_bytes();
        let node = EntryId::node(crate::mapi::Guid::ole(7), 0x0020_0024);
        let inner = Box::new(entry_id::Inner::EntryId(node));
        let kind = 0xC3;
        let contact = EntryId::new(entry_id::WRAPPED, entry_id::Body::Wrapped { kind, inner });
        let values = lists(vec![bob.clone(), contact.to_bytes()], vec![bob, ann]);
        let mapped = map(&message("IPM.DistList", values));
        let Content::DistributionList(list) = &mapped.item.content else {
            panic!("{:?}", mapped.item);
        };
        assert_eq!(list.name, "Crew");
        let told: Vec<_> = list
            .members
            .iter()
            .map(|own| {
                (
                    own.party.name.as_str(),
                    own.party.email.as_deref(),
                    own.holds,
                    own.slot,
                )
            })
            .collect();
        let bob = ("Bob", Some("bob@example.org"), MemberKind::Address, None);
        let ann = ("Ann", Some("ann@example.org"), MemberKind::Contact, Some(1));
        assert_eq!(told, [bob, ann]);
        assert!(raw_names(&mapped.item).is_empty(), "{:?}", mapped.item.raw);
    }

    #[test]
    fn the_stream_counts() {
        let bob = EntryId::one_off("Bob", "SMTP", "bob@example.org").to_bytes();
        let mut stream = vec![1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
        stream.extend([0; 12]);
        stream.extend(u32::try_from(bob.len()).unwrap().to_le_bytes());
        stream.extend(&bob);
        stream.extend([0; 16]);
        let mut values = lists(vec![], vec![]);
        values.push((
            Key::lid(pid_lid::DISTRIBUTION_LIST_STREAM),
            Value::Binary(stream),
        ));
        let mapped = map(&message("IPM.DistList", values));
        let Content::DistributionList(list) = &mapped.item.content else {
            panic!("{:?}", mapped.item);
        };
        assert_eq!(list.members.len(), 1);
        assert_eq!(list.members[0].party.name, "Bob");
        assert!(raw_names(&mapped.item).contains(&"PidLidDistributionListStream"));
    }
}
