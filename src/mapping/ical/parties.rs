//! Who takes part: organisers, attendees and their answers.
//!
//! *Spec*: RFC 5545 3.3.3, 3.8.4.1, 3.8.4.3; MS-OXCICAL 2.1.3.1.1.20.2.
//!
//! *Seen in the wild*: `invalid:nomail` and `noemail` for who has no address, addresses without
//! `mailto:`, in angle brackets, with blanks, with an `EMAIL` parameter; vCalendar 1.0's
//! `Name <address>`, a colon in a CN without quotes.

use super::fields::{Field, Slot};
use super::giver::{Giver, utc};
use super::taker::{Found, Taker, is_whole};
use crate::content_line::Param;
use crate::ical::{Property, When};
use crate::item::Party;
use crate::item::meeting::{Attendee, AttendeeKind, Meeting, Response};

/// Rows of the people of a meeting.
pub(super) static PEOPLE: &[Field<Meeting>] = &[
    Field::new(
        "ORGANIZER",
        "organizer",
        Slot::Hand("address and CN are kept; also raw when it has other parameters"),
    ),
    Field::new(
        "ATTENDEE",
        "attendees[]",
        Slot::Hand(
            "address, CN, ROLE, CUTYPE, PARTSTAT and X-MS-OLK-RESPTIME are kept; also raw when it \
             has other parameters or words (RSVP, DELEGATED-TO, CHAIR)",
        ),
    ),
];

/// Who a calendar address is, and whether that is all it says.
pub(super) fn party(property: &Property) -> (Party, bool) {
    let mut party = Party::default();
    let name = property.param("CN").unwrap_or_default();
    party.name = name.trim().trim_matches('"').to_owned();
    let mut value = property.value().trim();
    let mut whole = true;
    // A colon in a name without quotes ends the parameters too early.
    let lower = value.to_ascii_lowercase();
    if let Some(at) = lower.rfind(":mailto:")
        && let Some((before, rest)) = value.split_at_checked(at)
    {
        let name = party.name.trim_end_matches('\\').to_owned();
        party.name = format!("{name}:{before}");
        value = rest.get(1..).unwrap_or_default();
        whole = false;
    }
    let scheme = value.split_once(':');
    let mailed = scheme.filter(|(scheme, _)| scheme.trim().eq_ignore_ascii_case("mailto"));
    let address = mailed.map_or(value, |(_, address)| address.trim());
    let (shown, address) = bracketed(address).unwrap_or(("", address));
    if party.name.is_empty() {
        party.name = shown.to_owned();
    }
    let is_none =
        ["invalid:nomail", "noemail", ""].contains(&address.to_ascii_lowercase().as_str());
    if is_address(address) {
        party.email = Some(unescaped(address));
    } else if !is_none {
        if mailed.is_none() && scheme.is_none() && party.name.is_empty() {
            party.name = address.to_owned();
        } else {
            party.address = Some(value.to_owned());
        }
    }
    if let Some(email) = property.param("EMAIL") {
        let email = email.trim();
        let email = email.strip_prefix("mailto:").unwrap_or(email);
        match &party.email {
            None if is_address(email) => party.email = Some(email.to_owned()),
            own => whole &= own.as_deref() == Some(email),
        }
    }
    (party, whole)
}

/// Name and address of `Name <address>`.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once('<')?;
    let address = rest.trim_end().strip_suffix('>')?;
    Some((name.trim().trim_matches('"'), address.trim()))
}

fn is_address(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(one, other)| !one.is_empty() && !other.is_empty())
        && !text.contains([' ', '<', '>', ':', '/', '\n'])
}

/// `%40` and the like in a `mailto:`.
fn unescaped(address: &str) -> String {
    let mut parts = address.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let split = part.split_at_checked(2);
        let code = split.and_then(|(code, _)| u8::from_str_radix(code, 16).ok());
        match (code, split) {
            (Some(code), Some((_, rest))) => {
                bytes.push(code);
                bytes.extend_from_slice(rest.as_bytes());
            }
            _ => {
                bytes.push(b'%');
                bytes.extend_from_slice(part.as_bytes());
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| address.to_owned())
}

/// Takes the organiser.
pub(super) fn organizer(taker: &mut Taker<'_>) -> Option<Party> {
    let found = taker.first("ORGANIZER")?;
    let (party, whole) = party(found.property);
    if whole {
        taker.mark_whole(found, &["CN", "EMAIL"]);
    }
    (!party.is_empty()).then_some(party)
}

/// Takes the attendees.
pub(super) fn attendees(taker: &mut Taker<'_>) -> Vec<Attendee> {
    let all: Vec<Found<'_>> = taker
        .all("ATTENDEE")
        .take(crate::limits::RECIPIENTS)
        .collect();
    let mut attendees = Vec::new();
    for found in all {
        let (attendee, whole) = attendee(found.property);
        if attendee.party.is_empty() {
            continue;
        }
        if whole {
            taker.mark(found);
        }
        attendees.push(attendee);
    }
    attendees
}

fn attendee(property: &Property) -> (Attendee, bool) {
    let (party, mut whole) = party(property);
    let word = |name| {
        property
            .param(name)
            .map(|word| word.trim().to_ascii_uppercase())
    };
    let role = word("ROLE");
    let cutype = word("CUTYPE");
    let kind = match (cutype.as_deref(), role.as_deref()) {
        (Some("RESOURCE" | "ROOM"), _) => AttendeeKind::Resource,
        (_, Some("OPT-PARTICIPANT" | "NON-PARTICIPANT")) => AttendeeKind::Optional,
        _ => AttendeeKind::Required,
    };
    whole &= matches!(
        role.as_deref(),
        None | Some("REQ-PARTICIPANT" | "OPT-PARTICIPANT")
    ) && matches!(cutype.as_deref(), None | Some("INDIVIDUAL" | "RESOURCE"))
        && (role.is_none() || kind != AttendeeKind::Resource);
    // vCalendar 1.0 has STATUS in place of PARTSTAT.
    let answer = word("PARTSTAT").or_else(|| word("STATUS"));
    let response = match answer.as_deref() {
        Some("ACCEPTED" | "CONFIRMED") => Response::Accepted,
        Some("DECLINED") => Response::Declined,
        Some("TENTATIVE") => Response::Tentative,
        Some("NEEDS-ACTION" | "NEEDS ACTION" | "SENT") => Response::NotResponded,
        _ => Response::None,
    };
    let told = matches!(
        answer.as_deref(),
        None | Some("ACCEPTED" | "DECLINED" | "TENTATIVE" | "NEEDS-ACTION")
    );
    let replied = property.param("X-MS-OLK-RESPTIME");
    let replied = replied.and_then(|text| match When::parse(&text)? {
        When::Utc(utc) => crate::ical::value::utc(utc),
        _ => None,
    });
    let names = [
        "CN",
        "EMAIL",
        "ROLE",
        "CUTYPE",
        "PARTSTAT",
        "X-MS-OLK-RESPTIME",
    ];
    whole &= told && is_whole(property, &names);
    whole &= replied.is_some() || property.param("X-MS-OLK-RESPTIME").is_none();
    let attendee = Attendee {
        party,
        kind,
        response,
        replied,
        proposal: None,
    };
    (attendee, whole)
}

/// Gives who takes part.
pub(super) fn write(giver: &mut Giver<'_>, meeting: &Meeting) {
    if let Some(organizer) = &meeting.organizer {
        giver.put(Property::made(
            "ORGANIZER",
            named(organizer),
            &address(organizer),
        ));
    }
    for attendee in &meeting.attendees {
        let party = &attendee.party;
        let mut params = named(party);
        params.push(match attendee.kind {
            AttendeeKind::Required => Param::new("ROLE", ["REQ-PARTICIPANT"]),
            AttendeeKind::Optional => Param::new("ROLE", ["OPT-PARTICIPANT"]),
            AttendeeKind::Resource => Param::new("CUTYPE", ["RESOURCE"]),
        });
        let answer = match attendee.response {
            Response::Accepted => Some("ACCEPTED"),
            Response::Declined => Some("DECLINED"),
            Response::Tentative => Some("TENTATIVE"),
            Response::NotResponded => Some("NEEDS-ACTION"),
            Response::None | Response::Organizer => None,
        };
        params.extend(answer.map(|answer| Param::new("PARTSTAT", [answer])));
        if let Some(at) = attendee.replied {
            params.push(Param::new("X-MS-OLK-RESPTIME", [utc(at).as_str()]));
        }
        giver.put(Property::made("ATTENDEE", params, &address(party)));
    }
}

fn named(party: &Party) -> Vec<Param> {
    let name = Some(party.name.trim()).filter(|name| !name.is_empty());
    name.map(|name| Param::new("CN", [name]))
        .into_iter()
        .collect()
}

/// The address of a party as a URI. That of an Exchange server means nothing elsewhere, and Outlook
/// itself writes none in its place (MS-OXCICAL 2.1.3.1.1.20.2).
fn address(party: &Party) -> String {
    match (&party.email, &party.address) {
        (Some(email), _) => format!("mailto:{email}"),
        (None, Some(address)) if address.contains(':') && !address.starts_with("EX:") => {
            address.clone()
        }
        (None, _) => "invalid:nomail".to_owned(),
    }
}
