//! Items in which every field says something, and what becomes of each in a format: the rows of the
//! tables of `docs/fidelity.md` from items to files.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "each test takes what it needs, and fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use airbridge::content::{ContentRef, InMemory};
use airbridge::finding::Effect;
use airbridge::item::Item;
use airbridge::mapping::carried::Difference;
use airbridge::mapping::fidelity::Row;
use serde_json::{Value, json};

/// The bytes that the specimens refer to: a photo, RTF, a file.
pub(crate) fn contents() -> Vec<ContentRef> {
    let bytes: [&[u8]; 3] = [b"\xFF\xD8\xFF\xE0 photo", b"{\\rtf1 notes}", b"file\0bytes"];
    let all = bytes.into_iter();
    all.map(|bytes| Arc::new(InMemory(bytes.to_vec())) as ContentRef)
        .collect()
}

/// What every kind has beside its own fields.
fn around(class: &str, own: Value) -> Value {
    let mut all = json!({
        "id": "ab-0123456789abcdef0123456789abcdef",
        "identity": [],
        "provenance": [{"source": "s", "folder": ["f"], "locator": "l"}],
        "class": class,
        "categories": ["Customer", "Boats, large"],
        "sensitivity": "private",
        "private": true,
        "template": true,
        "importance": "high",
        "created": "2024-03-01T09:30:00Z",
        "modified": "2024-04-02T11:00:00Z",
        "reminder": {
            "set": true, "minutes": 15, "due": "2024-05-06T07:00:00Z",
            "signal": "2024-05-06T06:45:00Z", "sound": "ring.wav", "plays_sound": true,
            "overrides": true
        },
        "follow_up": {
            "status": "complete", "request": "Call", "start": "2024-05-01", "due": "2024-05-02",
            "completed": "2024-05-02T10:00:00Z", "color": 6, "title": "Call Ann"
        },
        "attachments": [{
            "name": "plan.bin", "media_type": "application/octet-stream", "content_id": "c1",
            "content_location": "http://c.example", "hidden": true, "inline": true, "position": 3,
            "created": "2024-01-01T00:00:00Z", "modified": "2024-01-02T00:00:00Z",
            "holds": "file", "blob": {"pending": 2}
        }],
        "outlook_links": {
            "search_keys": ["aa"], "entry_ids": ["bb"], "names": ["Ann Berg"],
            "companies": ["Boats Ltd"]
        },
        "raw": [{"name": "PidTagIconIndex0", "type": "0003", "value": 1}]
    });
    let map = all.as_object_mut().unwrap();
    map.extend(own.as_object().unwrap().clone());
    all
}

fn item(value: Value) -> Item {
    serde_json::from_value(value).unwrap()
}

const CONTACT: &str = r#"{
            "kind": "contact", "display_name": "Dr. Ann B. Berg jr.", "is_company": true,
            "prefix": "Dr.", "first_name": "Ann", "middle_name": "B.", "last_name": "Berg",
            "suffix": "jr.", "nickname": "Annie", "initials": "A.B.", "file_as": "Berg, Ann",
            "phonetic": {"first_name": "æn", "last_name": "bærg", "company": "boats"},
            "emails": [
                {"slot": 1, "name": "Ann Berg", "email": "ann@example.org", "original": "Ann"},
                {"slot": 2, "name": "Ann (work)", "email": "a@boats.example",
                 "address": "EX:/o=Boats/cn=ann", "kind": "EX"}
            ],
                        "company": "Boats Ltd", "department": "Yard", "job_title": "Skipper",
            "profession": "Sailor", "office": "Pier B", "location": "Harbour", "manager": "Bo",
            "assistant": "Cy", "spouse": "Di", "children": ["Ida", "Ole"], "referred_by": "Ed",
            "birthday": "1980-02-29", "anniversary": "2005-06-07",
            "business_page": "http://b.example", "personal_page": "http://p.example",
            "web_page": "http://w.example", "ftp_site": "ftp://f.example",
            "im_address": "sip:ann@example.org", "free_busy_url": "http://fb.example/a.ifb",
            "hobbies": "sailing", "language": "no", "gender": "female", "customer_id": "c-1",
            "government_id": "g-1", "account": "acc", "organizational_id": "o-1",
            "computer": "pc-1", "billing": "bill", "mileage": "12 nm",
            "user_fields": [
                {"number": 1, "text": "one"}, {"number": 2, "text": "two"},
                {"number": 3, "text": "three"}, {"number": 4, "text": "four"}
            ],
            "assigned_to": "user-7", "photo": {"pending": 0},
            "notes": {"plain": "Prefers mornings.\r\nØ; a, b", "html": "<b>x</b>",
                      "rtf": {"pending": 1}, "native": "rtf"}
        }"#;

pub(crate) fn contact() -> Item {
    let kinds = [
        "business",
        "business2",
        "home",
        "home2",
        "mobile",
        "primary",
        "other",
        "company",
        "assistant",
        "callback",
        "car",
        "radio",
        "pager",
        "business_fax",
        "home_fax",
        "other_fax",
        "isdn",
        "telex",
        "tty",
    ];
    let phones: Vec<Value> = kinds
        .iter()
        .enumerate()
        .map(|(at, kind)| json!({"kind": kind, "number": format!("+47 {at}")}))
        .collect();
    let address = |kind: &str, mailing: bool| {
        let mut own = json!({
            "kind": kind, "street": format!("Quay 1\r\n{kind}"), "po_box": "77", "city": "Bergen",
            "state": "Vestland", "postal_code": "5003", "country": "Norway", "country_code": "NO",
            "formatted": format!("Quay 1\r\n{kind}\r\n5003 Bergen")
        });
        if mailing {
            own["mailing"] = true.into();
        }
        own
    };
    let mut own: Value = serde_json::from_str(CONTACT).unwrap();
    own["phones"] = phones.into();
    let all = [
        address("business", true),
        address("home", false),
        address("other", false),
    ];
    own["addresses"] = all.to_vec().into();
    item(around("IPM.Contact.Boat", own))
}

pub(crate) fn list() -> Item {
    item(around(
        "IPM.DistList",
        json!({
            "kind": "distribution_list", "name": "Crew", "file_as": "Crew of boats",
            "members": [
                {"name": "Ann Berg", "email": "ann@example.org", "holds": "contact", "slot": 1,
                 "entry_id": "aa"},
                {"name": "Bo", "address": "EX:/o=Boats/cn=bo", "holds": "directory"}
            ],
            "notes": {"plain": "all hands"}
        }),
    ))
}

/// A meeting of people in a zone; a series with an occurrence removed and one changed.
pub(crate) fn meeting(series: bool) -> Item {
    let goid = airbridge::mapi::global_object_id::GlobalObjectId::from_uid("boats-1@example.org");
    let uid: String = goid
        .to_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut own = json!({
        "kind": "meeting", "subject": "Launch; of Ø", "location": "Pier B, Bergen",
        "start": "2024-05-06T07:00:00Z", "end": "2024-05-06T08:30:00Z",
        "time_zone": {"windows": "W. Europe Standard Time", "iana": "Europe/Berlin",
                      "description": "(UTC+01:00) Amsterdam, Berlin"},
        "end_time_zone": {"windows": "GMT Standard Time", "iana": "Europe/London",
                          "description": "(UTC+00:00) London"},
        "organizer": {"name": "Ann Berg", "email": "ann@example.org",
                      "address": "EX:/o=Boats/cn=ann"},
        "attendees": [
            {"name": "Bo", "email": "bo@example.org", "kind": "required", "response": "accepted",
             "replied": "2024-05-01T10:00:00Z",
             "proposal": {"start": "2024-05-07T07:00:00Z", "end": "2024-05-07T08:00:00Z"}},
            {"name": "Cy", "email": "cy@example.org", "kind": "optional", "response": "declined"},
            {"name": "Room 1", "address": "EX:/o=Boats/cn=room", "kind": "resource",
             "response": "not_responded"}
        ],
        "response": "organizer", "replied": "2024-05-02T10:00:00Z", "replied_by": "Ann",
        "state": {"meeting": true, "received": true, "cancelled": true},
        "recurrence_text": "every Monday", "busy": "out_of_office", "intended_busy": "busy",
        "label": 3, "uid": uid, "series_uid": uid, "sequence": 4,
        "online": {
            "url": "https://meet.example/1", "kind": 2, "organizer": "ann", "server": "s.example",
            "document": "d.doc", "show_url": "http://show.example", "password": "p",
            "workspace_url": "http://ws.example"
        },
        "proposal": {"start": "2024-05-08T07:00:00Z", "end": "2024-05-08T08:00:00Z"},
        "proposals": 1, "forbids_proposals": true, "old_location": "Pier A",
        "old_start": "2024-05-05T07:00:00Z", "old_end": "2024-05-05T08:00:00Z",
        "body": {"plain": "Bring rope.\r\nØ; a, b", "html": "<p>Bring rope.</p>",
                 "rtf": {"pending": 1}, "native": "html"}
    });
    if series {
        own["recurrence"] = json!({
            "frequency": "weekly", "interval": 2, "days": ["monday", "wednesday"],
            "week_start": "monday", "start": "2024-05-06", "until": "2024-12-30",
            "start_minutes": 540, "end_minutes": 630,
            "rule": "FREQ=WEEKLY;UNTIL=20241230T080000Z;INTERVAL=2;BYDAY=MO,WE",
            "deleted": ["2024-05-08"],
            "exceptions": [{
                "original": "2024-05-20T09:00:00", "start": "2024-05-21T10:00:00",
                "end": "2024-05-21T11:00:00", "original_utc": "2024-05-20T07:00:00Z",
                "start_utc": "2024-05-21T08:00:00Z", "end_utc": "2024-05-21T09:00:00Z",
                "subject": "Launch, later", "location": "Pier C", "busy": "free",
                "meeting_type": 1, "label": 2, "reminder_set": true, "reminder_minutes": 30
            }]
        });
    } else {
        own["original_date"] = "2024-05-06".into();
        let one = goid.with_day(Some(jiff::civil::date(2024, 5, 6)));
        let one = one.to_bytes();
        let digits = one.iter().map(|byte| format!("{byte:02x}"));
        own["uid"] = digits.collect::<String>().into();
        own["original_start"] = "2024-05-06T07:00:00Z".into();
    }
    item(around("IPM.Appointment", own))
}

pub(crate) fn task() -> Item {
    item(around(
        "IPM.Task",
        json!({
            "kind": "task", "subject": "Paint Ø", "start": "2024-05-01", "due": "2024-05-10",
            "completed": "2024-05-09", "status": "complete", "percent": 100, "complete": true,
            "owner": {"name": "Ann", "email": "ann@example.org"},
            "assigner": {"name": "Bo", "email": "bo@example.org"}, "delegator": "Bo",
            "last_user": "Ann", "assignees": [{"name": "Ann", "email": "ann@example.org"}],
            "ownership": "assigners_copy", "acceptance": "accepted",
            "assigned": "2024-04-30T09:00:00Z", "history": 2, "version": 3, "team": true,
            "updates": true, "status_on_complete": true,
            "no_more_occurrences": true, "actual_minutes": 90, "total_minutes": 120,
            "mileage": "3 nm", "billing": "hours", "role": "painter", "order": 5,
            "global_id": "aabb", "body": {"plain": "Two coats.\r\nØ"}
        }),
    ))
}

/// Every value of a record with its path, `[]` for places in lists.
fn leaves(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(own) if own.contains_key("pending") => found.push(path.to_owned()),
        Value::Object(own) => {
            for (name, value) in own {
                let dot = if path.is_empty() { "" } else { "." };
                leaves(&format!("{path}{dot}{name}"), value, found);
            }
        }
        Value::Array(own) => {
            for value in own {
                leaves(&format!("{path}[]"), value, found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

const WHO: &[&str] = &[
    "id",
    "identity",
    "provenance",
    "kind",
    "raw",
    "bigcontacts",
    "exchange",
];

/// The paths of a specimen, in the order of the record.
pub(crate) fn paths(item: &Item) -> Vec<String> {
    let mut found = Vec::new();
    leaves("", &serde_json::to_value(item).unwrap(), &mut found);
    let mut known = BTreeSet::new();
    found.retain(|path| {
        let first = path.split(['.', '[']).next().unwrap();
        !WHO.contains(&first) && known.insert(path.clone())
    });
    found
}

/// The rows that tell what becomes of every field of a specimen, given in what it differs after a
/// round through a format, and which properties its fields are read from.
pub(crate) fn rows(
    part: &'static str,
    item: &Item,
    differences: &[Difference],
    reading: &[Row],
) -> Vec<Row> {
    let mut changed: BTreeMap<String, &Difference> = BTreeMap::new();
    for own in differences.iter().filter(|own| !own.is_raw()) {
        let pattern = own.pattern().replace(".sha256", "").replace(".size", "");
        changed.entry(pattern).or_insert(own);
    }
    let mut all = Vec::new();
    for path in paths(item) {
        let difference = changed.get(&path);
        let how = match difference {
            None => "kept".to_owned(),
            Some(own) if own.is.is_null() => match own.effect() {
                Effect::Noted => "left out; noted".to_owned(),
                _ => "**lost**".to_owned(),
            },
            Some(own) => format!("**altered**: {} becomes {}", own.was, own.is),
        };
        let property = match difference {
            Some(own) if own.is.is_null() => String::new(),
            _ => property(&path, reading),
        };
        all.push(Row {
            part,
            property: match property.as_str() {
                "" => "none".to_owned(),
                name => name.to_owned(),
            },
            field: path,
            how,
        });
    }
    all
}

/// The first property that a field is read from.
fn property(path: &str, reading: &[Row]) -> String {
    let path = path.replace("[]", "");
    let fits = |field: &str| {
        let fields = field.split(',').map(|one| one.trim().replace("[]", ""));
        let mut prefix = String::new();
        for one in fields {
            let whole = match one.rsplit_once('.') {
                Some((before, _)) => {
                    before.clone_into(&mut prefix);
                    one.clone()
                }
                None if prefix.is_empty() => one.clone(),
                None => format!("{prefix}.{one}"),
            };
            if whole == path || one == path || path.starts_with(&format!("{whole}.")) {
                return true;
            }
        }
        false
    };
    let found = reading.iter().find(|row| fits(&row.field));
    found.map(|row| row.property.clone()).unwrap_or_default()
}

/// Every field that the schema gives this kind is in a specimen of it.
pub(crate) fn assert_whole(items: &[Item], but: &[&str]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("formats/schema/item.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let own: BTreeSet<String> = items.iter().flat_map(paths).collect();
    let kind = items[0].kind().name();
    let all = schema["$defs"]["Item"]["allOf"].as_array().unwrap();
    let fields = all
        .iter()
        .find(|case| case["if"]["properties"]["kind"]["const"] == kind)
        .map(|case| &case["then"]["properties"])
        .unwrap();
    let mut missing = Vec::new();
    let mut work: Vec<(String, Value)> = fields
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    while let Some((path, value)) = work.pop() {
        let first = path.split(['.', '[']).next().unwrap();
        let is_raw = path.ends_with("raw[]");
        if is_raw || WHO.contains(&first) || but.iter().any(|own| path.starts_with(own)) {
            continue;
        }
        if let Some(name) = value["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap();
            if !["Item", "Blob", "Text", "Exception", "RawProperty"].contains(&name) {
                work.push((path, schema["$defs"][name].clone()));
                continue;
            }
        }
        if let Some(fields) = value["properties"].as_object() {
            work.extend(
                fields
                    .iter()
                    .map(|(name, value)| (format!("{path}.{name}"), value.clone())),
            );
        } else if !value["items"].is_null() {
            work.push((format!("{path}[]"), value["items"].clone()));
        } else if !own.contains(&path)
            && !own.iter().any(|own| own.starts_with(&format!("{path}.")))
        {
            missing.push(path);
        }
    }
    missing.sort();
    assert!(
        missing.is_empty(),
        "{kind}: not in the specimen: {missing:?}"
    );
}
