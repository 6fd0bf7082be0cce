//! Names and addresses of people.
//!
//! *Shape*: `<emailAddress OPFContactEmailAddressAddress="a@example.org"
//! OPFContactEmailAddressName="A" OPFContactEmailAddressType="0"/>`; older versions write child
//! elements instead of attributes.

use crate::item::Party;
use crate::olm::Element;

pub(super) const ADDRESS: &str = "OPFContactEmailAddressAddress";
pub(super) const NAME: &str = "OPFContactEmailAddressName";
pub(super) const TYPE: &str = "OPFContactEmailAddressType";

/// The people of a list of addresses.
pub(super) fn parties(list: &Element) -> Vec<Party> {
    let own = list.children.iter().map(|child| {
        let text = Some(child.text.trim()).filter(|text| !text.is_empty());
        party(child.value(NAME), child.value(ADDRESS).or(text))
    });
    own.filter(|party| !party.is_empty()).collect()
}

/// Whether a list says nothing that its parties do not say.
pub(super) fn is_plain(list: &Element) -> bool {
    let told = |child: &Element| {
        let attributes = child
            .attributes
            .iter()
            .map(|(name, value)| (name.as_str(), value));
        let elements = child
            .children
            .iter()
            .map(|own| (own.name.as_str(), &own.text));
        attributes
            .chain(elements)
            .all(|(name, value)| [ADDRESS, NAME].contains(&name) || (name == TYPE && value == "0"))
    };
    list.text.trim().is_empty() && list.children.iter().all(told)
}

/// Someone of a name and an address; a name that only quotes the address is none.
pub(super) fn party(name: Option<&str>, address: Option<&str>) -> Party {
    let mut party = Party {
        name: name.unwrap_or_default().to_owned(),
        ..Party::default()
    };
    let Some(address) = address.map(str::trim).filter(|address| !address.is_empty()) else {
        if is_smtp(&party.name) {
            party.email = Some(party.name.clone());
        }
        return party;
    };
    if is_smtp(address) {
        party.email = Some(address.to_owned());
    } else if address.starts_with('/') {
        // The name of a mailbox in Exchange.
        party.address = Some(format!("EX:{address}"));
    } else {
        party.address = Some(address.to_owned());
    }
    party
}

/// Whether a text has the shape of an SMTP address.
pub(super) fn is_smtp(text: &str) -> bool {
    let plain = |letter: char| {
        !(letter.is_whitespace() || letter.is_control() || "/;,<>()\"".contains(letter))
    };
    text.chars().all(plain)
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@')
        })
}
