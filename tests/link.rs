//! The link room from outside: maps, profiles, contacts, decisions and their words.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that panics has failed, which is its purpose"
)]

use std::collections::{BTreeSet, HashSet};

use airbridge::crm::contacts_csv;
use airbridge::item::{Item, ItemId};
use airbridge::link::{
    CategoryMap, ContactIndexBuilder, Decision, Exclusion, Linker, Outcome, PickedList, Profile,
    Rule, Suggester, SyncGate, Unlinked, explain, explain_item, map_csv,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const CRM: &str = "\
ID,First Name,Last Name,Email,Phone,Company,Assigned To
1,Jörg,Müller,joerg@seewind.example,+49 461 1,Seewind Segel GmbH,Karin Petersen
2,Anna,Schmidt,anna@kontor.example,,Kontor Nord,Karin Petersen
3,Anna,Schmidt,anna@linde.example,,Linde,Ole Hansen
4,美咲,田中,misaki@umibe.example,,海辺商事,Ole Hansen
5,Fiona,O'Brien,fiona@obrien.example,,O'Brien Boats,7
";

/// Everything a decision needs, from texts.
#[derive(Default)]
struct World<'w> {
    map: &'w str,
    profile: &'w str,
    crm: &'w str,
    picked: &'w str,
    sources: Vec<Item>,
    in_sync: HashSet<ItemId>,
}

impl World<'_> {
    fn linker(&self) -> Linker {
        let (map, _) = CategoryMap::read("links.csv", self.map.as_bytes().to_vec()).unwrap();
        let profile = Profile::read("profile.toml", self.profile.as_bytes()).unwrap();
        let (picked, _) = PickedList::read("picked.csv", self.picked.as_bytes().to_vec()).unwrap();
        let mut builder = ContactIndexBuilder::new(SyncGate::new(&map, &profile));
        for item in &self.sources {
            builder.add_item(item, &self.in_sync);
        }
        let crm = self.crm.as_bytes().to_vec();
        contacts_csv::read("contacts.csv", crm, |contact| builder.add(&contact.facts())).unwrap();
        Linker::new(map, profile, builder.build().0, picked)
    }

    fn decide(&self, item: &Item) -> Decision {
        self.linker().decide(item, &self.in_sync)
    }
}

fn item(kind: &str, fields: Value) -> Item {
    let mut value = json!({
        "id": "ab-00000000000000000000000000000001",
        "identity": [],
        "provenance": [{ "source": "mail.pst", "folder": ["Inbox"], "locator": "node 0x200024" }],
        "class": "IPM",
        "kind": kind,
    });
    if kind == "email" {
        value["nature"] = json!("message");
    }
    if kind == "contact" {
        value["display_name"] = json!("");
    } else {
        value["subject"] = json!("");
    }
    let own = value.as_object_mut().unwrap();
    own.extend(fields.as_object().unwrap().clone());
    serde_json::from_value(value).unwrap()
}

fn mail(fields: Value) -> Item {
    item("email", fields)
}

fn from(name: &str, email: &str) -> Value {
    json!({ "name": name, "email": email })
}

fn codes(linker: &Linker) -> Vec<(String, String)> {
    let report = linker.report();
    let pairs = report
        .findings
        .iter()
        .map(|f| (f.code.to_owned(), f.place.part.to_string()));
    pairs.collect()
}

fn crm_ids(decision: &Decision) -> Vec<&str> {
    decision
        .links()
        .iter()
        .filter_map(|link| link.contact.crm_id.as_deref())
        .collect()
}

#[test]
fn categories_link_by_id_address_name_and_star() {
    let world = World {
        map: "category;contact\nSeewind;joerg@SEEWIND.example\nsail;\"id:1; O'Brien, Fiona\"\n\
              sail;田中　美咲\nBC: *;*\n",
        crm: CRM,
        ..World::default()
    };
    let decide = |category: &str| world.decide(&mail(json!({ "categories": [category] })));
    assert_eq!(crm_ids(&decide("SEEWIND")), ["1"]);
    assert_eq!(crm_ids(&decide("Sail")), ["1", "5", "4"]);
    assert_eq!(crm_ids(&decide("bc: Müller, JÖRG")), ["1"]);
    assert_eq!(crm_ids(&decide("BC:misaki@umibe.example")), ["4"]);
    assert_eq!(crm_ids(&decide("BC: 5")), ["5"]);
    let linked = decide("Seewind");
    assert!(linked.export);
    assert_eq!(linked.links()[0].rule, Rule::Map { line: 2 });
    assert_eq!(linked.links()[0].evidence, "category \"Seewind\"");
}

#[test]
fn the_most_specific_pattern_wins_alone() {
    let world = World {
        map: "category,match,contact\nB*,,id:1\nBC: *,,id:2\nBC: VIP,,id:4\nBC: VIP,exact,id:5\n",
        crm: CRM,
        ..World::default()
    };
    let ids = |category: &str| {
        let decision = world.decide(&mail(json!({ "categories": [category] })));
        crm_ids(&decision).join(" ")
    };
    assert_eq!(ids("BC: VIP"), "5");
    assert_eq!(ids("bc: vip"), "4");
    assert_eq!(ids("BC: other"), "2");
    assert_eq!(ids("Boats"), "1");
}

#[test]
fn a_name_of_two_contacts_is_reported_and_links_none() {
    let world = World {
        map: "category,contact\nAnna,Anna Schmidt\nBC: *,*\n",
        crm: CRM,
        ..World::default()
    };
    let linker = world.linker();
    let none = HashSet::new();
    for category in ["Anna", "BC: Schmidt, Anna"] {
        let decision = linker.decide(&mail(json!({ "categories": [category] })), &none);
        let cause = Unlinked::ContactAmbiguous;
        assert_eq!(decision.outcome, Outcome::Unlinked { cause }, "{category}");
        assert!(!decision.export);
    }
    let decision = linker.decide(&mail(json!({ "categories": ["BC: Nobody Known"] })), &none);
    assert_eq!(
        decision.outcome,
        Outcome::Unlinked {
            cause: Unlinked::ContactUnknown
        }
    );
    let report = linker.report();
    let words: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "map line 2: name \"Anna Schmidt\" names 2 contacts (Anna Schmidt (BigContacts 2), Anna Schmidt \
             (BigContacts 3)), so it links none of them; write the id or the address instead \
             [link.contact.ambiguous]",
            "map line 3: category \"BC: Nobody Known\": name \"Nobody Known\" names no contact of the sources or \
             of the contacts file; add the contact, or a line for the category (items: 1) [link.map.star]",
            "map line 3: category \"BC: Schmidt, Anna\": name \"Schmidt, Anna\" names 2 contacts (Anna Schmidt \
             (BigContacts 2), Anna Schmidt (BigContacts 3)), so it links none of them; write the id or the \
             address instead (items: 1) [link.map.star]",
        ]
    );
}

#[test]
fn lines_that_meet_nothing_are_reported_and_categories_without_line_counted() {
    let world = World {
        map: "category,contact\nOld,nobody@nowhere.example\nNever,id:1\n",
        crm: CRM,
        ..World::default()
    };
    let linker = world.linker();
    for categories in [json!(["Old", "New"]), json!(["New", "new"])] {
        linker.decide(&mail(json!({ "categories": categories })), &HashSet::new());
    }
    let want = [
        ("link.contact.unknown", "map line 2"),
        ("link.map.unused", "map line 3"),
    ];
    assert_eq!(
        codes(&linker),
        want.map(|(code, place)| (code.to_owned(), place.to_owned()))
    );
    let report = linker.report();
    let uncovered: Vec<(&str, u64)> = report
        .uncovered
        .iter()
        .map(|seen| (seen.category.as_str(), seen.items))
        .collect();
    assert_eq!(uncovered, [("New", 2), ("new", 1)]);
}

#[test]
fn an_id_is_taken_at_its_word_only_without_contacts_of_the_crm() {
    let map = "category,contact_id,contact_name\nA,99,Somebody\n";
    let item = mail(json!({ "categories": ["A"] }));
    let alone = World {
        map,
        ..World::default()
    };
    let decision = alone.decide(&item);
    assert_eq!(crm_ids(&decision), ["99"]);
    assert_eq!(decision.links()[0].contact.name, "Somebody");
    assert_eq!(codes(&alone.linker())[0].0, "link.contact.unchecked");
    let checked = World {
        map,
        crm: CRM,
        ..World::default()
    };
    assert!(checked.decide(&item).links().is_empty());
}

#[test]
fn a_contradiction_beside_the_key_is_reported() {
    let world = World {
        map: "category,contact_id,contact_name\nA,1,Fiona O'Brien\nB,5,\"O'Brien, Fiona\"\n",
        crm: CRM,
        ..World::default()
    };
    let linker = world.linker();
    assert_eq!(
        codes(&linker)[0],
        ("link.contact.contradiction".into(), "map line 2".into())
    );
    assert!(
        codes(&linker)
            .iter()
            .all(|(_, place)| place != "map line 3" || !place.is_empty())
    );
    assert_eq!(
        crm_ids(&world.decide(&mail(json!({ "categories": ["A"] })))),
        ["1"]
    );
}

#[test]
fn addresses_link_any_party_but_the_user() {
    let world = World {
        profile: "own_addresses = [\"Fiona@OBrien.example\"]\n",
        crm: CRM,
        ..World::default()
    };
    let item = mail(json!({
        "from": from("F", "fiona@obrien.example"),
        "to": [from("", "JOERG@seewind.example"), from("", "stranger@x.example")],
        "cc": [from("", "misaki@umibe.example")],
    }));
    let decision = world.decide(&item);
    assert_eq!(crm_ids(&decision), ["1", "4"]);
    assert_eq!(
        explain(&decision),
        "linked, exported: linked to Jörg Müller (BigContacts 1) by address, to 美咲 田中 (BigContacts 4) by address\n  \
         -> Jörg Müller (BigContacts 1): address: joerg@seewind.example (to)\n  \
         -> 美咲 田中 (BigContacts 4): address: misaki@umibe.example (cc)"
    );
    let off = World {
        profile: "[emails]\nlink_by = [\"category\"]\n",
        crm: CRM,
        ..World::default()
    };
    assert!(off.decide(&item).links().is_empty());
}

#[test]
fn meetings_and_tasks_need_a_link() {
    let world = World {
        map: "category,contact\nS,id:1\n",
        crm: CRM,
        ..World::default()
    };
    for kind in ["meeting", "task", "note", "journal"] {
        let bare = world.decide(&item(kind, json!({})));
        assert_eq!(
            bare.outcome,
            Outcome::Unlinked {
                cause: Unlinked::NoEvidence
            },
            "{kind}"
        );
        assert!(!bare.export);
        let linked = world.decide(&item(kind, json!({ "categories": ["s"] })));
        assert!(linked.export && crm_ids(&linked) == ["1"], "{kind}");
    }
    let all = World {
        profile: "export_unlinked = [\"task\"]\n",
        ..World::default()
    };
    assert!(all.decide(&item("task", json!({}))).export);
    assert!(!all.decide(&item("meeting", json!({}))).export);
}

#[test]
fn private_items_stay_out_unless_the_profile_says_otherwise() {
    let item = mail(json!({ "private": true, "from": from("", "joerg@seewind.example") }));
    let decision = World {
        crm: CRM,
        ..World::default()
    }
    .decide(&item);
    assert_eq!(
        decision.outcome,
        Outcome::Excluded {
            cause: Exclusion::Private
        }
    );
    assert!(!decision.export);
    let open = World {
        crm: CRM,
        profile: "private = true\n",
        ..World::default()
    };
    assert_eq!(crm_ids(&open.decide(&item)), ["1"]);
    let picked = World {
        crm: CRM,
        picked: "item,contact\nab-00000000000000000000000000000001,id:1\n",
        ..World::default()
    };
    assert!(matches!(
        picked.decide(&item).outcome,
        Outcome::Excluded {
            cause: Exclusion::Private
        }
    ));
}

#[test]
fn a_template_takes_no_part() {
    let item = mail(json!({ "template": true, "from": from("", "joerg@seewind.example") }));
    let world = World {
        crm: CRM,
        picked: "item,contact\nab-00000000000000000000000000000001,id:1\n",
        ..World::default()
    };
    let decision = world.decide(&item);
    assert_eq!(
        decision.outcome,
        Outcome::Excluded {
            cause: Exclusion::Template
        }
    );
    assert!(!decision.export);
}

#[test]
fn a_private_contact_is_not_even_named() {
    let contact = item(
        "contact",
        json!({
            "id": "ab-0000000000000000000000000000000c", "display_name": "Secret Person", "private": true,
            "emails": [{ "slot": 1, "email": "secret@x.example" }],
        }),
    );
    let world = World {
        sources: vec![contact],
        ..World::default()
    };
    let decision = world.decide(&mail(
        json!({ "from": from("Secret Person", "secret@x.example") }),
    ));
    assert_eq!(
        decision.outcome,
        Outcome::Unlinked {
            cause: Unlinked::NoEvidence
        }
    );
}

#[test]
fn kinds_folders_and_dates_exclude() {
    let cause = |profile: &str, fields: Value| {
        let world = World {
            profile,
            crm: CRM,
            ..World::default()
        };
        match world.decide(&mail(fields)).outcome {
            Outcome::Excluded { cause } => Some(cause),
            _ => None,
        }
    };
    assert_eq!(
        cause("kinds = [\"task\"]", json!({})),
        Some(Exclusion::Kind)
    );
    let place = |folder: &[&str]| json!({ "provenance": [{ "source": "a.pst", "folder": folder, "locator": "node 0x4" }] });
    let folders = "[folders]\ninclude = [\"Inbox/**\"]\nexclude = [\"inbox/junk\"]";
    assert_eq!(cause(folders, place(&["Top", "INBOX", "Clients"])), None);
    assert_eq!(
        cause(folders, place(&["Inbox", "Junk"])),
        Some(Exclusion::Folder)
    );
    assert_eq!(cause(folders, place(&["Sent"])), Some(Exclusion::Folder));
    let dates = "[dates]\nfrom = \"2024-03-01\"\nuntil = \"2024-03-31\"\nzone = \"Asia/Tokyo\"";
    let sent = |time: &str| json!({ "sent": time });
    assert_eq!(
        cause(dates, sent("2024-02-29T14:59:59Z")),
        Some(Exclusion::Date)
    );
    assert_eq!(cause(dates, sent("2024-02-29T15:00:00Z")), None);
    assert_eq!(cause(dates, sent("2024-03-31T14:59:59Z")), None);
    assert_eq!(
        cause(dates, sent("2024-03-31T15:00:00Z")),
        Some(Exclusion::Date)
    );
    assert_eq!(cause(dates, json!({})), None);
    assert_eq!(
        cause(&format!("{dates}\nundated = false"), json!({})),
        Some(Exclusion::Date)
    );
}

#[test]
fn the_scope_is_one_user() {
    let profile = "assigned_to = \"ole hansen\"\n";
    let world = World {
        profile,
        crm: CRM,
        ..World::default()
    };
    let both = world.decide(&mail(json!({
        "from": from("", "joerg@seewind.example"), "to": [from("", "misaki@umibe.example")],
    })));
    assert_eq!(crm_ids(&both), ["4"]);
    let other = world.decide(&mail(json!({ "from": from("", "joerg@seewind.example") })));
    assert_eq!(
        other.outcome,
        Outcome::Excluded {
            cause: Exclusion::Scope
        }
    );
    let nobody = world.decide(&mail(json!({})));
    assert_eq!(
        nobody.outcome,
        Outcome::Unlinked {
            cause: Unlinked::NoEvidence
        }
    );
    let by_number = World {
        profile: "assigned_to = 7\n",
        crm: CRM,
        ..World::default()
    };
    let fiona = by_number.decide(&mail(json!({ "from": from("", "fiona@obrien.example") })));
    assert_eq!(crm_ids(&fiona), ["5"]);
    let contact = |id: &str, email: &str| {
        item(
            "contact",
            json!({
                "id": id, "display_name": email, "emails": [{ "slot": 1, "email": email }],
            }),
        )
    };
    let mine = contact(
        "ab-0000000000000000000000000000000a",
        "misaki@umibe.example",
    );
    let theirs = contact(
        "ab-0000000000000000000000000000000b",
        "joerg@seewind.example",
    );
    let sources = vec![mine.clone(), theirs.clone()];
    let world = World {
        profile,
        crm: CRM,
        sources,
        ..World::default()
    };
    assert!(world.decide(&mine).export);
    assert_eq!(
        world.decide(&theirs).outcome,
        Outcome::Excluded {
            cause: Exclusion::Scope
        }
    );
}

#[test]
fn contacts_opt_in_once_and_for_good() {
    let id = "ab-0000000000000000000000000000000a";
    let contact = |categories: Value| {
        item(
            "contact",
            json!({
                "id": id, "display_name": "Eva Neu", "categories": categories,
                "emails": [{ "slot": 1, "email": "eva@neu.example" }],
            }),
        )
    };
    let plain = World {
        sources: vec![contact(json!([]))],
        ..World::default()
    };
    let decision = plain.decide(&contact(json!([])));
    assert!(decision.export);
    assert_eq!(
        decision.outcome,
        Outcome::Unlinked {
            cause: Unlinked::NewContact
        }
    );

    let map = "category,sync\nTo BigContacts,yes\n";
    let unmarked = contact(json!(["Friends"]));
    let mut world = World {
        map,
        sources: vec![unmarked.clone()],
        ..World::default()
    };
    let decision = world.decide(&unmarked);
    assert_eq!(
        decision.outcome,
        Outcome::Excluded {
            cause: Exclusion::NotMarked
        }
    );
    // Nobody links to a contact that the other side will not know.
    let letter = mail(json!({ "from": from("", "eva@neu.example") }));
    assert!(!world.decide(&letter).export);
    assert_eq!(world.decide(&letter).outcome.name(), "suggested");

    let marked = contact(json!(["to bigcontacts"]));
    world.sources = vec![marked.clone()];
    assert!(world.decide(&marked).export);
    assert!(world.decide(&letter).export);

    world.sources = vec![unmarked.clone()];
    world.in_sync.insert(ItemId(id.to_owned()));
    let decision = world.decide(&unmarked);
    assert!(decision.export);
    assert!(
        decision.reason.contains("took part before"),
        "{}",
        decision.reason
    );
    assert!(world.decide(&letter).export);
}

#[test]
fn a_contact_of_both_sides_is_one() {
    let id = "ab-0000000000000000000000000000000a";
    let by_address = item(
        "contact",
        json!({
            "id": id, "display_name": "J. Müller",
            "emails": [{ "slot": 1, "email": "joerg@home.example" }, { "slot": 2, "email": "Joerg@Seewind.example" }],
        }),
    );
    let world = World {
        crm: CRM,
        sources: vec![by_address.clone()],
        ..World::default()
    };
    let letter = world.decide(&mail(json!({ "from": from("", "joerg@home.example") })));
    assert_eq!(crm_ids(&letter), ["1"]);
    assert_eq!(letter.links()[0].contact.id, Some(ItemId(id.to_owned())));
    assert_eq!(world.decide(&by_address).outcome.name(), "linked");

    let by_name = item(
        "contact",
        json!({
            "id": id, "display_name": "Müller, Jörg", "emails": [{ "slot": 1, "email": "joerg@home.example" }],
        }),
    );
    let world = World {
        crm: CRM,
        sources: vec![by_name.clone()],
        ..World::default()
    };
    let decision = world.decide(&by_name);
    assert!(decision.export);
    assert_eq!(
        decision.suggestions()[0].contact.crm_id.as_deref(),
        Some("1")
    );
    let letter = world.decide(&mail(json!({ "from": from("", "joerg@home.example") })));
    assert!(crm_ids(&letter).is_empty() && letter.export);
}

#[test]
fn an_address_of_two_bigcontacts_ids_joins_neither() {
    let crm = "ID,Name,Email\n1,One,a@x.example\n2,Two,b@x.example\n";
    let both = item(
        "contact",
        json!({
            "id": "ab-0000000000000000000000000000000a", "display_name": "Both",
            "emails": [{ "slot": 1, "email": "a@x.example" }, { "slot": 2, "email": "b@x.example" }],
        }),
    );
    let world = World {
        crm,
        sources: vec![both.clone()],
        ..World::default()
    };
    assert_eq!(
        world.decide(&both).outcome,
        Outcome::Unlinked {
            cause: Unlinked::NewContact
        }
    );
    let letter = world.decide(&mail(json!({ "from": from("", "a@x.example") })));
    assert_eq!(letter.links().len(), 2);
}

#[test]
fn folder_rules_link() {
    let world = World {
        profile: "\n[[folder_rule]]\nfolder = \"Clients/Seewind/**\"\ncontacts = [\"id:1\", { name = \"Fiona O'Brien\" }]\n\
                  kinds = [\"email\"]\n",
        crm: CRM,
        ..World::default()
    };
    let place = json!([{ "source": "a.pst", "folder": ["Top", "clients", "seewind", "2024"], "locator": "" }]);
    let decision = world.decide(&mail(json!({ "provenance": place })));
    assert_eq!(crm_ids(&decision), ["1", "5"]);
    assert_eq!(decision.links()[0].rule, Rule::Folder { line: 2 });
    assert!(
        !world
            .decide(&item("task", json!({ "provenance": place })))
            .export
    );
}

#[test]
fn picked_items_pass_folder_date_and_kind() {
    let world = World {
        picked: "item;contact\n<Offer-1@x.example>;id:1\nmail\\Offer.msg;\"id:4; id:5\"\n\
                 0123456789ABCDEF0123456789ABCDEF;id:2\nnever@x.example;id:1\n",
        profile: "kinds = [\"contact\"]\n[folders]\ninclude = [\"Elsewhere\"]\n[dates]\nfrom = \"2030-01-01\"\n",
        crm: CRM,
        ..World::default()
    };
    let linker = world.linker();
    let decide = |fields: Value| linker.decide(&mail(fields), &HashSet::new());
    let by_message =
        decide(json!({ "identity": [{ "by": "message_id", "key": "Offer-1@x.example" }] }));
    assert_eq!(crm_ids(&by_message), ["1"]);
    assert_eq!(by_message.links()[0].rule, Rule::Picked { line: 2 });
    let by_path = decide(json!({
        "provenance": [{ "source": "/archive/mail/offer.msg", "folder": [], "locator": "" }],
        "sent": "2024-01-01T00:00:00Z",
    }));
    assert_eq!(crm_ids(&by_path), ["4", "5"]);
    let key = "0123456789abcdef0123456789abcdef/IPM.Note/x";
    let by_key = decide(json!({ "identity": [{ "by": "search_key", "key": key }] }));
    assert_eq!(crm_ids(&by_key), ["2"]);
    assert!(!decide(json!({})).export);
    assert_eq!(
        codes(&linker),
        [(
            "link.picked.unused".to_owned(),
            "picked list, line 5".to_owned()
        )]
    );
}

#[test]
fn outlooks_own_links_are_evidence() {
    let key = "aabbccddeeff00112233445566778899";
    let contact = item(
        "contact",
        json!({
            "id": "ab-0000000000000000000000000000000a", "display_name": "Jörg Müller",
            "identity": [{ "by": "search_key", "key": format!("{key}/IPM.Contact/x") }],
            "provenance": [{ "source": "mail.pst", "folder": ["Contacts"], "locator": "node 0x200144" }],
        }),
    );
    let world = World {
        sources: vec![contact],
        ..World::default()
    };
    let links = |links: Value| world.decide(&item("task", json!({ "outlook_links": links })));
    let by_key = links(json!({ "search_keys": [key.to_uppercase()] }));
    assert!(by_key.export);
    assert_eq!(by_key.links()[0].rule, Rule::OutlookLink);
    let entry = format!("00000000{}44012000", "77".repeat(16));
    let place_only = links(json!({ "entry_ids": [entry] }));
    assert_eq!(place_only.outcome.name(), "suggested");
    let place_and_name = links(json!({ "entry_ids": [entry], "names": ["Müller, Jörg"] }));
    assert_eq!(place_and_name.outcome.name(), "linked");
    let name_only = links(json!({ "names": ["Müller, Jörg"] }));
    assert_eq!(name_only.outcome.name(), "suggested");
    assert!(!name_only.export);
}

#[test]
fn weak_evidence_only_suggests() {
    let world = World {
        crm: CRM,
        ..World::default()
    };
    let words = |fields: Value| explain(&world.decide(&mail(fields)));
    assert_eq!(
        words(json!({ "from": from("Joerg Mueller", "j@unknown.example") })),
        "suggested, not exported: perhaps it belongs to Jörg Müller (BigContacts 1): \"Joerg Mueller\" (from) is \
         nearly the name\n  ?  Jörg Müller (BigContacts 1) (79 %): \"Joerg Mueller\" (from) is nearly the name"
    );
    assert_eq!(
        words(json!({ "to": [from("Info", "info@kontor.example")] })),
        "suggested, not exported: perhaps it belongs to Anna Schmidt (BigContacts 2): an address in \
         kontor.example (to)\n  ?  Anna Schmidt (BigContacts 2) (40 %): an address in kontor.example (to)"
    );
    assert_eq!(
        words(json!({ "categories": ["Fiona O'Brien"] })),
        "suggested, not exported: perhaps it belongs to Fiona O'Brien (BigContacts 5): category \"Fiona O'Brien\" \
         is the contact's name\n  ?  Fiona O'Brien (BigContacts 5) (90 %): category \"Fiona O'Brien\" is the \
         contact's name"
    );
}

#[test]
fn explanations_show_every_rule_and_send_no_control_sign() {
    let world = World {
        map: "category,contact,crm_category,crm_value\nSeewind,id:1,Relationship,Customer\n",
        crm: CRM,
        ..World::default()
    };
    let item = mail(json!({
        "subject": "Offer \u{1b}[31m\u{202e}", "categories": ["Seewind"], "from": from("", "joerg@seewind.example"),
    }));
    assert_eq!(
        explain_item(&item, &world.decide(&item)),
        "email \"Offer \\u{1b}[31m\\u{202e}\" in mail.pst: Inbox (ab-00000000000000000000000000000001)\n  \
         linked, exported: linked to Jörg Müller (BigContacts 1) by map line 2\n    \
         -> Jörg Müller (BigContacts 1): map line 2: category \"Seewind\"\n       \
         also address: joerg@seewind.example (from)\n    \
         #  Relationship = Customer"
    );
    let decision = world.decide(&item);
    let record = serde_json::to_value(&decision).unwrap();
    assert_eq!(record["outcome"], "linked");
    assert_eq!(
        record["links"][0]["rule"],
        json!({ "by": "map", "line": 2 })
    );
    assert_eq!(
        serde_json::from_value::<Decision>(record).unwrap(),
        decision
    );
}

#[test]
fn suggested_lines_are_a_map_that_links() {
    let world = World {
        map: "category,contact\nKnown,id:1\n",
        crm: CRM,
        ..World::default()
    };
    let linker = world.linker();
    let mails = [
        mail(
            json!({ "categories": ["Fiona O'Brien", "Known", "=Sail"], "from": from("", "joerg@seewind.example") }),
        ),
        mail(
            json!({ "categories": ["=Sail"], "to": [from("", "joerg@seewind.example"), from("", "misaki@umibe.example")] }),
        ),
        mail(
            json!({ "categories": ["K/Jörg Müller", "K/Fiona O'Brien", "Anna Schmidt", "Empty"] }),
        ),
        mail(json!({ "categories": ["Hidden"], "private": true })),
    ];
    let lines = |order: &mut dyn Iterator<Item = &Item>| {
        let suggester = Suggester::new(&linker);
        order.for_each(|item| suggester.see(item));
        suggester.map_lines()
    };
    let text = lines(&mut mails.iter());
    assert_eq!(text, lines(&mut mails.iter().rev()));
    assert_eq!(
        text.replace("\r\n", "\n"),
        "\u{feff}category,match,contact,contact_id,contact_email,contact_name,crm_category,crm_value,sync,note\n\
         # Suggested by airbridge: check every line before you use it.\n\
         K/*,prefix,*,,,,,,,\"2 categories name contacts this way: \"\"K/Fiona O'Brien\"\", \"\"K/Jörg Müller\"\"\"\n\
         '=Sail,ignore-case,,1,,Jörg Müller,,,,takes part in 2 of 2 items\n\
         # \"Anna Schmidt\" is on 1 item; perhaps one of these is meant:\n\
         # Anna Schmidt,ignore-case,,2,,Anna Schmidt,,,,\"\"\"Anna Schmidt\"\" is the name of 2 contacts\"\n\
         # Anna Schmidt,ignore-case,,3,,Anna Schmidt,,,,\"\"\"Anna Schmidt\"\" is the name of 2 contacts\"\n\
         # \"Empty\" is on 1 item; no contact was found for it\n\
         Fiona O'Brien,ignore-case,,5,,Fiona O'Brien,,,,\"\"\"Fiona O'Brien\"\" is the contact's own\"\n"
    );
    let reviewed = World {
        map: &text,
        crm: CRM,
        ..World::default()
    };
    assert_eq!(
        crm_ids(&reviewed.decide(&mail(json!({ "categories": ["=SAIL"] })))),
        ["1"]
    );
    assert_eq!(
        crm_ids(&reviewed.decide(&mail(json!({ "categories": ["k/Fiona O'Brien"] })))),
        ["5"]
    );
}

#[test]
fn faults_of_a_map_name_line_and_remedy() {
    let words = |name: &str, text: &str| {
        CategoryMap::read(name, text.as_bytes().to_vec())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        words(
            "links.csv",
            "category,match,contact,contact_id,sync\n\nA,fuzzy,x@y.de,,\nB,,,,\nC,,a@b.de,4,\n,,a@b.de,,\nD,,,,maybe\n"
        ),
        "the map links.csv cannot be used: line 3: match `fuzzy` is not known; write exact, ignore-case or prefix, \
         or leave it empty; line 4: category `B` has no contact; write an address, a name or id:NUMBER in `contact`, \
         or fill in crm_category or sync; line 5: `contact` and another contact column are both filled in; use one \
         of them, and a line of its own for each contact; line 6: the category is empty; fill it in, or delete the \
         line; line 7: sync is `maybe`; write yes or leave it empty"
    );
    assert!(
        words("l.csv", "category;contact\nA;x;y\n").contains("line 2: `y` stands under no heading")
    );
    assert!(
        words("links.csv", "red,green\n1,2\n")
            .contains("line 1: the first line must name the columns")
    );
    let toml = words(
        "links.toml",
        "version = 1\n[[link]]\ncategory = \"A\"\ncontact = \"x\"\n",
    );
    assert!(
        toml.contains("line 4") && toml.contains("contact"),
        "{toml}"
    );
    let empty = words("links.toml", "\n[[link]]\ncategory = \"A\"\n");
    assert!(
        empty.contains("line 2") && empty.contains("has no contact"),
        "{empty}"
    );
    let version = words("links.toml", "\nversion = 2\n");
    assert!(
        version.contains("line 2") && version.contains("version 2"),
        "{version}"
    );
}

#[test]
fn faults_of_a_profile_name_line_and_remedy() {
    let words = |text: &str| {
        Profile::read("p.toml", text.as_bytes())
            .unwrap_err()
            .to_string()
    };
    for (text, line, word) in [
        ("private = false\nprivat = true\n", 2, "privat"),
        ("\nscope = \"mine\"\n", 2, "\"all\" or \"assigned\""),
        ("scope = \"assigned\"\n", 1, "assigned_to"),
        ("\n[dates]\nfrom = \"1.2.2024\"\n", 3, "2024-01-31"),
        ("kinds = [\"mail\"]\n", 1, "mail"),
        (
            "\n\n[[folder_rule]]\nfolder = \"A\"\ncontacts = []\n",
            3,
            "names no contact",
        ),
        (
            "own_addresses = [\n\"a@b.de\",\n\"me\"]\n",
            3,
            "no e-mail address",
        ),
        ("[folders]\ninclude = [\"/\"]\n", 2, "names no folder"),
    ] {
        let got = words(text);
        assert!(
            got.contains(&format!("p.toml cannot be used: line {line}: ")),
            "{text}: {got}"
        );
        assert!(got.contains(word), "{text}: {got}");
    }
}

/// Every fenced example of the two texts is read, and says what its title says it is.
#[test]
fn the_examples_of_the_formats_are_read() {
    let mut seen = BTreeSet::new();
    for file in ["formats/map.md", "formats/profile.md"] {
        let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let mut parts = text.split("\n```");
        parts.next();
        while let (Some(block), Some(_)) = (parts.next(), parts.next()) {
            let (title, body) = block.split_once('\n').unwrap();
            let bytes = body.as_bytes().to_vec();
            seen.insert(title.to_owned());
            match title {
                "csv map" => assert!(
                    !CategoryMap::read("m.csv", bytes)
                        .unwrap()
                        .0
                        .lines()
                        .is_empty()
                ),
                "toml map" => assert_eq!(
                    CategoryMap::read("m.toml", bytes).unwrap().0.lines().len(),
                    4
                ),
                "toml profile" => {
                    let profile = Profile::read("p.toml", &bytes).unwrap();
                    assert_eq!(profile.folder_rules.len(), 1);
                }
                "csv picked" => {
                    assert_eq!(PickedList::read("p.csv", bytes).unwrap().0.rows().len(), 3)
                }
                "csv contacts" => {
                    let findings = contacts_csv::read("c.csv", bytes, |contact| {
                        assert_eq!(contact.custom.len(), 1);
                    });
                    assert!(findings.unwrap().is_empty());
                }
                other => panic!("{file}: an example of an unknown sort: {other}"),
            }
        }
    }
    let all = [
        "csv contacts",
        "csv map",
        "csv picked",
        "toml map",
        "toml profile",
    ];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), all);
}

fn shape(map: &CategoryMap) -> Vec<String> {
    let line = |line: &airbridge::link::MapLine| {
        format!(
            "{:?}",
            (
                &line.pattern,
                &line.contacts,
                &line.checks,
                &line.crm_category,
                line.sync,
                &line.note
            )
        )
    };
    map.lines().iter().map(line).collect()
}

proptest! {
    #[test]
    fn a_map_written_is_the_map_read(rows in prop::collection::vec(
        ("[=#'A-Za-zäß美:;,\"-]{1,8}[*]?", "(exact|ignore-case|prefix|)", "[a-zA-Z äö*,]{0,8}", "(yes|)", "[=+@a-z,;\" ]{0,8}"),
        0..6))
    {
        let mut text = "category\tmatch\tcontact_name\tsync\tnote\n".to_owned();
        for (category, kind, name, sync, note) in &rows {
            let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
            let cells = [quoted(&format!("x{category}")), kind.clone(), quoted(name), sync.clone(), quoted(note)];
            text.push_str(&(cells.join("\t") + "\n"));
        }
        if let Ok((map, _)) = CategoryMap::read("m.csv", text.into_bytes()) {
            let again = CategoryMap::read("m.csv", map_csv::write(&map).into_bytes());
            prop_assert_eq!(again.map(|(map, _)| shape(&map)).map_err(|e| e.to_string()), Ok(shape(&map)));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut csv = b"category,contact,match\n".to_vec();
        csv.extend(&bytes);
        let _ = CategoryMap::read("m.csv", csv);
        let mut picked = b"item,contact\n".to_vec();
        picked.extend(&bytes);
        let _ = PickedList::read("p.csv", picked);
        let _ = CategoryMap::read("m.toml", bytes.clone());
        let _ = Profile::read("p.toml", &bytes);
    }

    #[test]
    fn any_category_and_party_gets_a_decision(category in any::<String>(), name in any::<String>(), email in any::<String>()) {
        let world = World { map: "category,contact\nBC: *,*\n*,id:1\n", crm: CRM, ..World::default() };
        let item = mail(json!({ "categories": [category, format!("bc: {name}")], "from": from(&name, &email) }));
        let decision = world.decide(&item);
        prop_assert!(!explain(&decision).is_empty());
    }
}
