//! A bundle of the CRM as Outlook gets it: by the commands, from the replica to a PST that is
//! sound, and from that PST back into an export in which nothing has changed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bridge;

use std::fs;

use airbridge::mapi::{Value as Mapi, pid_lid, pid_tag};
use bridge::{Bridge, MADE, messages};

/// What the CRM makes, one of each kind at least: title, folder, class.
const KINDS: [(&str, &str, &str); MADE] = [
    ("Lind AB", "Contacts", "IPM.Contact"),
    ("Nora Lind", "Contacts", "IPM.Contact"),
    ("Svala", "Contacts", "IPM.DistList"),
    ("Visit of Lind AB", "Calendar", "IPM.Appointment"),
    ("Progress of the Svala", "Calendar", "IPM.Appointment"),
    ("Send offer", "Tasks", "IPM.Task"),
    ("Photos of the Svala for Lind AB", "Tasks", "IPM.Task"),
    ("Hull 12: what would it cost?", "Inbox", "IPM.Note"),
    ("Re: Hull 12: what would it cost?", "Sent Items", "IPM.Note"),
    ("Lind AB pays by invoice", "Notes", "IPM.StickyNote"),
    ("Call with Nora Lind", "Journal", "IPM.Activity"),
];
/// Those that belong to the contact that comes with them.
const LINKED: [&str; 5] = [
    "Visit of Lind AB",
    "Progress of the Svala",
    "Send offer",
    "Photos of the Svala for Lind AB",
    "Hull 12: what would it cost?",
];

const NOW: [&str; 2] = ["--now", "2026-02-01T00:00:00Z"];

#[test]
fn what_the_crm_makes_comes_to_outlook_and_is_no_change_when_it_comes_back() {
    let bridge = Bridge::new();
    let (bundle, out) = (bridge.path("crm.abx"), bridge.path("out"));
    let apply = [&["apply", &bundle, "-o", &out][..], &NOW].concat();

    // A dry run says the same and leaves nothing.
    let dry = bridge.json("outlook", &[&apply[..], &["--dry-run"]].concat());
    assert!(!bridge.at("out").exists());
    let done = bridge.json("outlook", &apply);
    for sum in [
        "records", "new", "changed", "deleted", "written", "compared",
    ] {
        assert_eq!(dry[sum], done[sum], "{sum}");
    }
    for (sum, wanted) in [
        ("new", MADE),
        ("compared", MADE),
        ("losses", 0),
        ("altered", 0),
    ] {
        assert_eq!(done[sum], wanted, "{sum}: {done}");
    }
    assert_eq!(done["unread_by_outlook_pst"], 0, "{done}");

    let store = bridge.at("out").join("outlook.pst");
    let all = messages(&store);
    let class = |title: &str| {
        let (folder, message) = &all[title];
        (folder.as_str(), message.props.str(0x001A).unwrap())
    };
    for (title, folder, wanted) in KINDS {
        assert_eq!(class(title), (folder, wanted), "{title}");
    }
    assert_eq!(all.len(), MADE);
    for (title, recurrence) in [
        ("Progress of the Svala", pid_lid::APPOINTMENT_RECUR),
        ("Photos of the Svala for Lind AB", pid_lid::TASK_RECURRENCE),
    ] {
        let blob = all[title].1.props.named(recurrence);
        assert!(matches!(blob, Some(Mapi::Binary(_))), "{title}");
    }
    // Outlook's own links lead to the contact in the same store.
    let key = all["Nora Lind"].1.props.get(pid_tag::SEARCH_KEY).unwrap();
    let key = key.as_bytes().unwrap();
    for title in LINKED {
        let props = &all[title].1.props;
        let Some(Mapi::Binary(links)) = props.named(pid_lid::CONTACT_LINK_SEARCH_KEY) else {
            panic!("{title}: {props:?}");
        };
        assert!(links.windows(key.len()).any(|part| part == key), "{title}");
        assert!(props.named(pid_lid::CONTACTS).is_some(), "{title}");
    }
    let sound = bridge.run("outlook", &["check", store.to_str().unwrap()]);
    assert!(sound.status.success(), "{sound:?}");

    let receipt = fs::read_to_string(bridge.at("out").join("receipt.jsonl")).unwrap();
    assert_eq!(receipt.lines().count(), 1 + MADE);
    let head: serde_json::Value = serde_json::from_str(receipt.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&head["compared"], &head["unread_by_outlook_pst"]),
        (&MADE.into(), &0.into())
    );
    assert!(receipt.contains("ab-00000000000000000000000000000003"));
    let undo = fs::read_to_string(bridge.at("out").join("undo.csv")).unwrap();
    assert_eq!(undo.lines().count(), 1 + MADE);
    assert!(!bridge.at("out").join("by-hand.csv").exists());

    // The user imports it: the next export has nothing new of it to say.
    let inputs = ["samples/mailbox.pst", store.to_str().unwrap()];
    let sums = bridge.export(&inputs, "2.abx");
    assert_eq!(sums["failed"], 0, "{sums}");
    let bundle = bridge.path("2.abx");
    let shown = bridge.run("outlook", &["show", &bundle, "--json"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    for (title, ..) in KINDS {
        assert!(!shown.contains(title), "{title}: {shown}");
    }
    let took = bridge.json("crm", &["crm", "import", &bundle]);
    assert_eq!(
        (took["new"].as_u64(), took["changed"].as_u64()),
        (Some(0), Some(0)),
        "{took}"
    );
}

#[test]
fn a_repeat_is_no_change_and_nothing_is_written_over() {
    let bridge = Bridge::new();
    let (bundle, out) = (bridge.path("crm.abx"), bridge.path("out"));
    bridge.copy_home("other");
    let apply = [&["apply", &bundle, "-o", &out][..], &NOW].concat();
    bridge.json("outlook", &apply);
    // Not into a folder that has something in it.
    let again = bridge.run("outlook", &apply);
    assert_eq!(again.status.code(), Some(1));
    let text = String::from_utf8(again.stderr).unwrap();
    assert!(text.contains("nothing is overwritten"), "{text}");
    // Nor a second time: said, and no failure.
    let more = bridge.path("more");
    let again = bridge.run("outlook", &["apply", &bundle, "-o", &more]);
    assert!(again.status.success(), "{again:?}");
    assert!(!bridge.at("more").exists());
    // The same bundle, home and time give the same bytes.
    bridge.json("other", &["apply", &bundle, "-o", &more, NOW[0], NOW[1]]);
    let store = |out: &str| fs::read(bridge.at(out).join("outlook.pst")).unwrap();
    assert!(store("out") == store("more"));
    assert_eq!(fs::read_dir(bridge.folder.path()).unwrap().count(), 7);
}

#[test]
fn what_a_store_cannot_bring_is_listed_for_a_person() {
    let bridge = Bridge::new();
    let out = bridge.path("out");
    bridge.sql(
        "UPDATE email SET subject = '=SUM(A1) edited' WHERE subject = 'Office chairs and a boat';
         DELETE FROM email WHERE subject LIKE 'Fwd: Quotation%';",
    );
    bridge.json("crm", &["crm", "export", "-o", &bridge.path("crm2.abx")]);
    let done = bridge.json("outlook", &["apply", &bridge.path("crm2.abx"), "-o", &out]);
    assert_eq!(
        (&done["new"], &done["changed"]),
        (&MADE.into(), &1.into()),
        "{done}"
    );
    assert_eq!(done["deleted"], 1, "{done}");
    let list = fs::read_to_string(bridge.at("out").join("by-hand.csv")).unwrap();
    assert!(
        list.contains("replace,email,Office chairs and a boat,"),
        "{list}"
    );
    assert!(list.contains("delete,email,Fwd: Quotation"), "{list}");
    // No spreadsheet takes a title for a formula.
    let undo = fs::read_to_string(bridge.at("out").join("undo.csv")).unwrap();
    assert!(undo.contains(",'=SUM(A1) edited,"), "{undo}");
    assert!(messages(&bridge.at("out").join("outlook.pst")).contains_key("=SUM(A1) edited"));
}

#[test]
fn files_of_their_own_are_read_again() {
    let bridge = Bridge::new();
    let bundle = bridge.path("crm.abx");
    for (shape, files) in [
        (
            "msg",
            [
                "Contacts/Nora Lind.msg",
                "Calendar/Visit of Lind AB.msg",
                "Tasks/Send offer.msg",
            ],
        ),
        (
            "files",
            [
                "Contacts/Nora Lind.vcf",
                "Calendar/Calendar.ics",
                "Tasks/Send offer.msg",
            ],
        ),
    ] {
        let home = format!("home-{shape}");
        bridge.copy_home(&home);
        let out = bridge.path(shape);
        let args = ["apply", &bundle, "-o", &out, "--as", shape, NOW[0], NOW[1]];
        let run = bridge.run(&home, &args);
        // A card has no place for who looks after a contact; that is said.
        assert!(matches!(run.status.code(), Some(0 | 3)), "{run:?}");
        for file in files {
            assert!(bridge.at(shape).join(file).is_file(), "{shape}: {file}");
        }
        let read = bridge.json(&home, &["inspect", &out]);
        assert_eq!(read["by_class"]["IPM.Contact"], 2, "{read}");
        assert_eq!(read["by_class"]["IPM.Appointment"], 2, "{read}");
        assert_eq!(read["by_class"]["IPM.Task"], 2, "{read}");
    }
}

#[test]
fn tables_have_the_headings_of_the_language() {
    let bridge = Bridge::new();
    let bundle = bridge.path("crm.abx");
    bridge.copy_home("german");
    let out = bridge.path("out");
    let args = ["apply", &bundle, "-o", &out, "--as", "csv"];
    let wrong = bridge.run(
        "german",
        &[&args[..], &["--csv-language", "Latin"]].concat(),
    );
    assert_eq!(wrong.status.code(), Some(1));
    let run = bridge.run(
        "german",
        &[&args[..], &["--csv-language", "German"]].concat(),
    );
    assert!(matches!(run.status.code(), Some(0 | 3)), "{run:?}");
    let table = |name: &str| fs::read_to_string(bridge.at("out").join(name)).unwrap();
    let contacts = table("Contacts.csv");
    assert!(
        contacts.contains("\"Vorname\"") && contacts.contains("\"Nora\""),
        "{contacts}"
    );
    assert!(table("Calendar.csv").contains("\"Visit of Lind AB\""));
    assert!(table("Tasks.csv").contains("\"Send offer\""));
    let read = bridge.json("german", &["inspect", &out]);
    assert_eq!(read["by_class"]["IPM.Contact"], 2, "{read}");
    assert_eq!(read["by_class"]["IPM.Task"], 2, "{read}");
}

#[test]
fn a_bundle_of_a_stranger_is_refused_and_nothing_changes() {
    let bridge = Bridge::new();
    let stranger = Bridge::new();
    let out = bridge.path("out");
    let run = bridge.run("outlook", &["apply", &stranger.path("crm.abx"), "-o", &out]);
    assert_eq!(run.status.code(), Some(4), "{run:?}");
    assert!(!bridge.at("out").exists());
    let status = bridge.run("outlook", &["status"]);
    assert!(
        String::from_utf8(status.stdout)
            .unwrap()
            .contains("received      bundle none")
    );
}

/// Killed at many moments: the folder is not there, or it is whole; and the next run completes.
#[test]
fn killed_it_leaves_all_or_nothing() {
    let bridge = Bridge::new();
    let bundle = bridge.path("crm.abx");
    let (mut absent, mut whole) = (0, 0);
    for wait in (0..60).step_by(3) {
        let home = format!("home-{wait}");
        bridge.copy_home(&home);
        let out = bridge.path(&format!("out-{wait}"));
        let mut child = bridge.command(&home, &["apply", &bundle, "-o", &out]);
        let mut child = child.spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait * 4));
        let _ended = child.kill();
        child.wait().unwrap();
        let folder = std::path::Path::new(&out);
        if folder.exists() {
            whole += 1;
            assert_eq!(messages(&folder.join("outlook.pst")).len(), MADE);
            assert!(folder.join("receipt.jsonl").exists());
        } else {
            absent += 1;
        }
        // Again, into another folder: the same items, or the word that it was applied before.
        let again = bridge.path(&format!("again-{wait}"));
        let run = bridge.run(&home, &["apply", &bundle, "-o", &again]);
        assert!(run.status.success(), "{wait}: {run:?}");
        let again = std::path::Path::new(&again);
        assert!(
            again.exists() || folder.exists(),
            "{wait}: nothing was written"
        );
        if again.exists() {
            assert_eq!(messages(&again.join("outlook.pst")).len(), MADE);
        }
    }
    println!("{absent} absent, {whole} whole");
    assert!(absent > 0);
}
