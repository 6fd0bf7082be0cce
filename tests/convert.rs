//! `airbridge convert` as a user runs it: several stores into one, parts when there is a limit, and
//! nothing under the name that was asked for unless it is whole.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod judges;
mod written;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use written::open;

const NOW: [&str; 2] = ["--now", "2026-01-01T00:00:00Z"];

fn convert(inputs: &[&Path], output: &Path, more: &[&str]) -> Output {
    command(inputs, output, more).output().unwrap()
}

fn command(inputs: &[&Path], output: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airbridge"));
    command.arg("convert").args(inputs).arg("-o").arg(output);
    command.args(NOW).args(more);
    command
}

/// A store of the corpus by the end of its name.
fn store(name: &str) -> Option<PathBuf> {
    let stores = judges::corpus()?;
    let found = stores.into_iter().find(|(own, _)| own.ends_with(name));
    Some(found.unwrap().1)
}

#[test]
fn several_stores_go_into_one_each_in_its_folder() {
    let Some(first) = store("pst_to_eml/threeItems.pst") else {
        return;
    };
    let second = store("farnulfo__pst-exp/sample1.pst").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("both.pst");
    let out = convert(&[&first, &second], &output, &["--name", "Both"]);
    assert!(out.status.success(), "{out:?}");
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(
        text.starts_with("5 seen, 5 written, 0 failed, with 0 losses"),
        "{text}"
    );
    let both = open(&output);
    assert_eq!(both.message_store_properties().str(0x3001), Some("Both"));
    let tops: Vec<_> = both
        .folders()
        .iter()
        .filter(|folder| folder.in_ipm_subtree && folder.path.len() == 1)
        .map(|folder| folder.name.as_str())
        .collect();
    assert_eq!(tops, ["Deleted Items", "threeItems", "sample1"]);
    assert_eq!(both.scan_messages().normal, 5);
    // Never over a file that is there; the same call elsewhere gives the same bytes.
    let out = convert(&[&first, &second], &output, &[]);
    assert_eq!(out.status.code(), Some(1));
    let again = directory.path().join("again.pst");
    convert(&[&first, &second], &again, &["--name", "Both"]);
    assert!(fs::read(&output).unwrap() == fs::read(&again).unwrap());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
}

#[test]
fn what_is_over_the_limit_goes_on_in_the_next_file() {
    let Some(source) = store("2003_compressable-encryption_quickquick.pst") else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("part.pst");
    let out = convert(&[&source], &output, &["--limit", "900000", "--json"]);
    assert!(out.status.success(), "{out:?}");
    let mut messages = 0;
    let parts = fs::read_dir(directory.path()).unwrap().count();
    assert!(parts > 1);
    for number in 1..=parts {
        let name = match number {
            1 => "part.pst".to_owned(),
            _ => format!("part.{number}.pst"),
        };
        let path = directory.path().join(name);
        assert!(fs::metadata(&path).unwrap().len() <= 900_000);
        messages += open(&path).scan_messages().normal;
    }
    assert_eq!(messages, open(&source).scan_messages().normal);
}

/// A folder of files made here, with subfolders.
fn files(directory: &Path) -> PathBuf {
    let room = directory.join("files");
    fs::create_dir_all(room.join("Customers")).unwrap();
    let card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anna Berg\r\nN:Berg;Anna\r\n\
                EMAIL:anna@berg.example\r\nEND:VCARD\r\n";
    fs::write(room.join("Customers").join("anna.vcf"), card).unwrap();
    let event = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1@x\r\n\
                 DTSTAMP:20240101T000000Z\r\nDTSTART:20240105T100000Z\r\nDTEND:20240105T110000Z\r\n\
                 SUMMARY:Plan\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    fs::write(room.join("plan.ics"), event).unwrap();
    for (year, name) in [("2021", "one.eml"), ("2023", "two.eml")] {
        let mail = format!(
            "From: a@x.example\r\nTo: b@x.example\r\nSubject: Offer {year}\r\n\
             Date: Fri, 05 Jan {year} 10:00:00 +0000\r\n\
             Message-ID: <{year}@x.example>\r\n\r\nHello\r\n"
        );
        fs::write(room.join(name), mail).unwrap();
    }
    room
}

/// Folder, class and subject of each message.
fn titles(path: &Path) -> Vec<(String, String, String)> {
    let store = open(path);
    assert!(store.findings().is_empty());
    let mut titles: Vec<_> = store
        .locations()
        .map(|location| {
            let (message, findings) = store.read_message(location.nid).unwrap();
            assert!(findings.is_empty());
            let folder = &store.folders()[location.folder.unwrap()];
            let text = |id| message.props.str(id).unwrap_or_default().to_owned();
            (folder.path.join("/"), text(0x001A), text(0x0037))
        })
        .collect();
    titles.sort();
    titles
}

/// A changed occurrence of what does not recur, and one whose series is not there, are meetings of
/// their own.
#[test]
fn occurrences_without_a_series_are_messages_too() {
    let directory = tempfile::tempdir().unwrap();
    let event = |subject: &str, day: &str, lines: &str| {
        format!(
            "BEGIN:VEVENT\r\nUID:1@x.example\r\nDTSTAMP:20240101T000000Z\r\n{lines}\
             DTSTART:202401{day}T100000Z\r\nDTEND:202401{day}T110000Z\r\n\
             SUMMARY:{subject}\r\nEND:VEVENT\r\n"
        )
    };
    let calendar = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{}{}{}END:VCALENDAR\r\n",
        event("Plan", "05", ""),
        event(
            "Plan, once more",
            "08",
            "RECURRENCE-ID:20240106T100000Z\r\n"
        ),
        event(
            "Plan, a third time",
            "09",
            "RECURRENCE-ID:20240107T100000Z\r\n"
        ),
    );
    let source = directory.path().join("plan.ics");
    fs::write(&source, calendar).unwrap();
    let output = directory.path().join("out.pst");
    let out = convert(&[&source], &output, &[]);
    assert!(out.status.success(), "{out:?}");
    let subjects = titles(&output).into_iter().map(|(.., subject)| subject);
    let subjects: Vec<_> = subjects.collect();
    assert_eq!(subjects, ["Plan", "Plan, a third time", "Plan, once more"]);
}

#[test]
fn what_another_format_says_and_outlook_cannot_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let calendar = |more: &str| {
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1@x.example\r\n\
             DTSTAMP:20240101T000000Z\r\nDTSTART:20240105T100000Z\r\nDTEND:20240105T110000Z\r\n\
             SUMMARY:Plan\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    };
    let told = |name: &str, more: &str| {
        let source = directory.path().join(format!("{name}.ics"));
        fs::write(&source, calendar(more)).unwrap();
        let output = directory.path().join(format!("{name}.pst"));
        let out = convert(&[&source], &output, &["--json"]);
        let text = String::from_utf8(out.stdout).unwrap();
        (out.status.code().unwrap(), text)
    };
    let (code, text) = told("plain", "X-MINE:1\r\n");
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("mapping.raw.other-format") && text.contains("X-MINE"),
        "{text}"
    );
    let (code, text) = told("dates", "RDATE:20240307T100000Z\r\n");
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("mapping.raw.dates"), "{text}");
}

#[test]
fn files_become_messages_in_their_folders() {
    let directory = tempfile::tempdir().unwrap();
    let room = files(directory.path());
    let output = directory.path().join("out.pst");
    let out = convert(&[&room], &output, &[]);
    assert!(out.status.success(), "{out:?}");
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(
        text.starts_with("4 seen, 4 written, 0 failed, with 0 losses; 4 read back and equal"),
        "{text}"
    );
    let row = |folder: &str, class: &str, title: &str| {
        (folder.to_owned(), class.to_owned(), title.to_owned())
    };
    assert_eq!(
        titles(&output),
        [
            row("Calendar", "IPM.Appointment", "Plan"),
            row("Customers", "IPM.Contact", "Anna Berg"),
            row("Inbox", "IPM.Note", "Offer 2021"),
            row("Inbox", "IPM.Note", "Offer 2023"),
        ]
    );
    let store = open(&output);
    let classes: Vec<_> = store
        .folders()
        .iter()
        .filter(|folder| folder.path.len() == 1 && folder.in_ipm_subtree)
        .filter_map(|folder| folder.container_class.as_deref())
        .collect();
    for class in ["IPF.Appointment", "IPF.Contact", "IPF.Note"] {
        assert!(classes.contains(&class), "{classes:?}");
    }
}

#[test]
fn a_split_gives_each_year_or_folder_a_store() {
    let directory = tempfile::tempdir().unwrap();
    let room = files(directory.path());
    let names = |split: &str| -> Vec<(String, usize)> {
        let target = directory.path().join(split);
        fs::create_dir(&target).unwrap();
        let out = convert(&[&room], &target.join("out.pst"), &["--split", split]);
        assert!(out.status.success(), "{out:?}");
        let mut names: Vec<_> = fs::read_dir(&target)
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                (name, titles(&entry.path()).len())
            })
            .collect();
        names.sort();
        names
    };
    let name = |name: &str, count| (name.to_owned(), count);
    assert_eq!(
        names("folder"),
        [
            name("out.Calendar.pst", 1),
            name("out.Customers.pst", 1),
            name("out.Inbox.pst", 2)
        ]
    );
    // The contact has no date of its own: it is made now.
    assert_eq!(
        names("year"),
        [
            name("out.2021.pst", 1),
            name("out.2023.pst", 1),
            name("out.2024.pst", 1),
            name("out.undated.pst", 1)
        ]
    );
}

/// Every file of the corpus but the calendars, which are many: nothing fails, all is read back.
#[test]
fn the_files_of_the_corpus_come_back_from_a_store() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !corpus.exists() {
        return judges::skip("../shared/corpus is not here");
    }
    let directory = tempfile::tempdir().unwrap();
    let folders = ["msg", "eml", "mbox", "vcf", "csv", "olm", "tnef"].map(|name| corpus.join(name));
    let folders = folders.each_ref().map(PathBuf::as_path);
    let output = directory.path().join("out.pst");
    let out = convert(&folders, &output, &["--json"]);
    let text = String::from_utf8(out.stdout).unwrap();
    let summary: serde_json::Value =
        serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap_or_default();
    assert_eq!(
        out.status.code(),
        Some(3),
        "{:?} {summary}",
        String::from_utf8(out.stderr)
    );
    assert_eq!(summary["failed"], 0, "{summary}");
    assert_eq!(summary["seen"], summary["written"], "{summary}");
    assert_eq!(summary["compared"], summary["written"], "{summary}");
    assert!(summary["written"].as_u64().unwrap() > 1000, "{summary}");
    // Damaged files lose what their findings say; what was read is written.
    let written = text.lines().filter(|line| {
        line.contains("\"effect\":\"lost\"")
            && (line.contains("\"code\":\"mapping.item.") || line.contains("\"code\":\"pst.write."))
    });
    assert!(written.count() < 40);
}

/// Killed at many moments: there is no file of that name, or it is whole; and what the last run
/// left is in nobody's way.
#[test]
fn killed_it_leaves_nothing_under_the_name() {
    let Some(source) = store("2003_outlook-high-encryption_cheechNchong.pst") else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("killed.pst");
    let mut whole = 0;
    for step in 0..12_u64 {
        let mut child = command(&[&source], &output, &[])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(step * step * 6));
        child.kill().unwrap();
        child.wait().unwrap();
        if output.exists() {
            assert_eq!(open(&output).scan_messages().normal, 39);
            assert!(open(&output).findings().is_empty());
            fs::remove_file(&output).unwrap();
            whole += 1;
        }
    }
    println!("{whole} of 12 were done before they were killed");
    assert!(convert(&[&source], &output, &[]).status.success());
    assert_eq!(open(&output).scan_messages().normal, 39);
}

/// A disk that is full, as far as a process can tell: files may not grow.
#[cfg(unix)]
#[test]
fn without_room_it_says_so_and_leaves_nothing() {
    let Some(source) = store("2003_outlook-high-encryption_cheechNchong.pst") else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("full.pst");
    for kilobytes in [1, 200, 300, 1000] {
        let script = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$@\"");
        let out = Command::new("bash")
            .args([
                "-c",
                &script,
                "bash",
                env!("CARGO_BIN_EXE_airbridge"),
                "convert",
            ])
            .arg(&source)
            .arg("-o")
            .arg(&output)
            .output()
            .unwrap();
        assert_eq!(out.status.code(), Some(1), "{out:?}");
        let text = String::from_utf8(out.stderr).unwrap();
        assert!(text.contains("full.pst"), "{text}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
