//! The style of the house, held by a test: edges between rooms, sizes of files, width of lines,
//! words.
//!
//! Exceptions stand in tables here with their reason. The tables only shrink: an entry that is no
//! longer needed fails the test as well.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Code lines that the median file of `src/` may have.
const MEDIAN: usize = 150;
/// Code lines above which a file must answer why it is not two.
const QUESTION: usize = 400;
/// Code lines that no file has, tables excepted.
const CEILING: usize = 700;
/// Characters of a line.
const COLUMNS: usize = 100;

/// Files above [`QUESTION`] code lines, and why they are one file. Nothing may join without a
/// reason.
const LARGE: &[(&str, &str)] = &[
    (
        "src/bundle/pack.rs",
        "one pass writes a bundle from its first byte to its last, in order",
    ),
    (
        "src/bundle/verify.rs",
        "the numbered steps of one algorithm, read beside its specification",
    ),
    (
        "src/crm/contacts_csv.rs",
        "one file format, read and written side by side",
    ),
    ("src/mapi/pid_tag.rs", "a table of the specification"),
    (
        "src/mapi/rtf/reader.rs",
        "one state machine over the groups of a text",
    ),
    (
        "src/mapping/mapi/contact.rs",
        "both directions of one kind side by side, so that losses show",
    ),
    (
        "src/mapping/mapi/email.rs",
        "both directions of one kind side by side, so that losses show",
    ),
    (
        "src/ical/calendars.rs",
        "one pass over the lines of a calendar file: its entries, zones and heads together",
    ),
    (
        "src/mapping/csv/contact.rs",
        "both directions of one kind side by side, so that losses show",
    ),
    (
        "src/mapping/ical/meeting.rs",
        "both directions of one kind side by side, so that losses show",
    ),
    (
        "src/mapping/vcard/contact.rs",
        "both directions of one kind side by side, so that losses show",
    ),
    (
        "src/mapping/ical/recurrence.rs",
        "both directions of one rule side by side, so that losses show",
    ),
    (
        "src/mapping/ical/tests.rs",
        "the tests of one mapping, which need its private parts",
    ),
    (
        "src/mapping/mapi/meeting.rs",
        "both directions of one kind side by side, so that losses show",
    ),
];

/// Files above [`CEILING`]: tables of a specification.
const TABLES: &[&str] = &[];

/// Files named in a way that the house does not like, until they are renamed.
const NAMES: &[&str] = &["src/mapping/mapi/common.rs"];

/// Lines of `src/` wider than [`COLUMNS`], all of them comments and texts; fewer each time, never
/// more.
const WIDE: usize = 73;

/// Rooms that read or write one file format each.
const FORMATS: &[&str] = &[
    "pst", "archive", "msg", "mime", "vcard", "ical", "csv", "tnef", "olm",
];

/// Every room, with the rooms that it may import. Files at the top of `src/` are free to all.
const EDGES: &[(&str, &[&str])] = &[
    ("mapi", &[]),
    ("pst", &["mapi"]),
    ("msg", &["mapi"]),
    ("mime", &["mapi"]),
    ("vcard", &[]),
    ("ical", &["mapi"]),
    ("csv", &["mapi"]),
    ("tnef", &["mapi"]),
    ("archive", &[]),
    ("olm", &["archive"]),
    ("item", &[]),
    ("link", &["item"]),
    ("merge", &["item"]),
    ("crm", &["item", "link"]),
];

/// Files outside `mapping` that know both items and a format, and why.
const KNOW_BOTH: &[(&str, &str)] = &[];

/// Modules that touch no file but the one that they are given or told to open.
const NO_FILES: &[&str] = &["src/bundle/head.rs", "src/bundle/verify.rs"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` with this ending, sorted, as a path from the root with forward
/// slashes.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(root().join(folder)).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.file_type().is_file() && entry.path().extension().is_some_and(|e| e == ending) {
            let path: PathBuf = entry.path().strip_prefix(root()).unwrap().into();
            let name = path.to_str().unwrap().replace('\\', "/");
            found.push((name, std::fs::read_to_string(entry.path()).unwrap()));
        }
    }
    assert!(!found.is_empty(), "no .{ending} files in {folder}");
    found
}

/// Lines that hold code: neither blank, nor comment, nor part of the tests at the end of the file.
fn code_lines(text: &str) -> usize {
    let tests = text
        .find("\n#[cfg(test)]\nmod tests")
        .or(text.find("\n#[cfg(test)]\n#[allow"));
    text.get(..tests.unwrap_or(text.len()))
        .unwrap()
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count()
}

/// The text without comments.
fn code(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The first names behind every `crate::`, in braces or not.
fn imports(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let code = code(text);
    for after in code.split("crate::").skip(1) {
        let Some(group) = after.strip_prefix('{') else {
            names.insert(first_word(after));
            continue;
        };
        let mut depth = 0;
        let mut start = true;
        for (at, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                _ if start && (letter.is_alphanumeric() || letter == '_') => {
                    names.insert(first_word(group.get(at..).unwrap()));
                    start = false;
                }
                _ => {}
            }
        }
    }
    names
}

fn first_word(text: &str) -> String {
    text.chars()
        .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
        .collect()
}

/// The room of a file, for files in a folder of `src/`.
fn room(path: &str) -> Option<&str> {
    let (room, rest) = path.strip_prefix("src/")?.split_once('/')?;
    (!rest.is_empty()).then_some(room)
}

#[test]
fn the_reader_of_imports_sees_groups_and_paths() {
    let text =
        "use crate::{item::{self, Item}, limits};\n// crate::comment\nlet a = crate::pst::X;";
    let names: Vec<_> = imports(text).into_iter().collect();
    assert_eq!(names, ["item", "limits", "pst"]);
}

#[test]
fn rooms_import_only_along_the_edges() {
    let files = files("src", "rs");
    let rooms: BTreeSet<_> = files.iter().filter_map(|(path, _)| room(path)).collect();
    let mut faults = Vec::new();
    for (path, text) in &files {
        let Some(own) = room(path) else { continue };
        let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == own) else {
            continue;
        };
        for name in imports(text) {
            let is_room = rooms.contains(name.as_str()) && name != own;
            if is_room && !allowed.contains(&name.as_str()) {
                faults.push(format!("{path}: `{own}` must not import `{name}`"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn only_mapping_knows_items_and_formats() {
    let mut faults = Vec::new();
    for (path, text) in files("src", "rs") {
        let names = imports(text.split("#[cfg(test)]").next().unwrap_or_default());
        let format = names
            .iter()
            .find(|name| *name == "mapi" || FORMATS.contains(&name.as_str()));
        let known = KNOW_BOTH.iter().any(|(known, _)| *known == path);
        if let (Some(format), true) = (format, names.contains("item") && !known)
            && room(&path).is_some_and(|room| room != "mapping")
        {
            faults.push(format!(
                "{path}: knows both `item` and `{format}`; that is for `mapping`"
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn head_and_verify_touch_no_other_files() {
    for path in NO_FILES {
        let text = std::fs::read_to_string(root().join(path)).unwrap();
        let tests = text.find("#[cfg(test)]").unwrap_or(text.len());
        let code = code(text.get(..tests).unwrap());
        for word in [
            "fs::read",
            "fs::write",
            "fs::remove",
            "File::create",
            "OpenOptions",
        ] {
            assert!(!code.contains(word), "{path}: {word}");
        }
    }
}

#[test]
fn files_are_small() {
    let sizes: BTreeMap<_, _> = files("src", "rs")
        .into_iter()
        .map(|(path, text)| (path, code_lines(&text)))
        .collect();
    let mut sorted: Vec<_> = sizes.values().copied().collect();
    sorted.sort_unstable();
    let median = sorted[sorted.len() / 2];
    assert!(
        median <= MEDIAN,
        "the median file has {median} code lines, at most {MEDIAN} wanted"
    );
    let mut faults = Vec::new();
    for (path, size) in &sizes {
        let table = TABLES.contains(&path.as_str());
        let known = table || LARGE.iter().any(|(large, _)| large == path);
        if *size > QUESTION && !known {
            faults.push(format!(
                "{path}: {size} code lines; split it, or say in LARGE why not"
            ));
        }
        if *size > CEILING && !table {
            faults.push(format!(
                "{path}: {size} code lines, over the ceiling of {CEILING}"
            ));
        }
        if *size <= QUESTION && known {
            faults.push(format!("{path}: {size} code lines; take it off the table"));
        }
    }
    for (path, reason) in LARGE {
        assert!(
            sizes.contains_key(*path),
            "{path} is gone: take it off the table"
        );
        assert!(reason.len() > 20, "{path}: a reason, please");
    }
    for path in TABLES {
        assert!(
            sizes.contains_key(*path),
            "{path} is gone: take it off the table"
        );
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn lines_fit_the_page() {
    let mut faults = Vec::new();
    for folder in ["src", "tests", "samples", "benches"] {
        for (path, text) in files(folder, "rs") {
            for (number, line) in text.lines().enumerate() {
                let width = line.chars().count();
                if width > COLUMNS {
                    faults.push(format!("{path}:{}: {width} columns", number + 1));
                }
            }
        }
    }
    assert!(
        faults.len() <= WIDE,
        "more than {WIDE}:\n{}",
        faults.join("\n")
    );
}

#[test]
fn names_say_what_is_inside() {
    let mut faults = Vec::new();
    for folder in ["src", "tests", "samples", "benches"] {
        for (path, text) in files(folder, "rs") {
            let vague = |part: &str| {
                [
                    "util", "utils", "common", "helper", "helpers", "manager", "misc",
                ]
                .contains(&part)
            };
            let bad = path.trim_end_matches(".rs").split(['/', '_']).any(vague);
            let known = NAMES.contains(&path.as_str());
            if bad && !known {
                faults.push(format!("{path}: the name says nothing"));
            }
            for name in ["utils", "common", "helpers", "manager"] {
                if code(&text).contains(&format!("mod {name} {{")) {
                    faults.push(format!("{path}: mod {name}"));
                }
            }
        }
    }
    for path in NAMES {
        assert!(
            root().join(path).exists(),
            "{path} is gone: take it off the table"
        );
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn nothing_is_left_undone() {
    let mut faults = Vec::new();
    for (path, text) in files("src", "rs") {
        for (number, line) in text.lines().enumerate() {
            for mark in ["todo!", "unimplemented!", "dbg!", "TODO", "FIXME", "XXX:"] {
                // VTODO is a word of iCalendar.
                if line.replace("VTODO", "").contains(mark) {
                    faults.push(format!("{path}:{}: {mark}", number + 1));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Codes look like `room.structure.what`, so that they can be searched for and filtered by.
#[test]
fn finding_codes_have_their_shape() {
    let mut faults = Vec::new();
    let mut seen = 0;
    for (path, text) in files("src", "rs") {
        for after in text.split("indings.add(").skip(1) {
            let Some(code) = after.trim_start().strip_prefix('"') else {
                continue;
            };
            let code = code.split('"').next().unwrap_or_default();
            seen += 1;
            let parts: Vec<_> = code.split('.').collect();
            let plain = |part: &&str| {
                let mut letters = part.chars();
                !part.is_empty()
                    && letters.all(|l| l.is_ascii_lowercase() || l.is_ascii_digit() || l == '-')
            };
            if !(2..=4).contains(&parts.len()) || !parts.iter().all(plain) {
                faults.push(format!("{path}: {code:?}"));
            }
        }
    }
    assert!(
        seen > 0,
        "no findings were found in the source; has the call changed its name?"
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The project runs anywhere: no path of one machine, no registry but the public one.
#[test]
fn nothing_names_a_machine() {
    let listed = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output();
    let Ok(listed) = listed.map(|out| out.stdout) else {
        println!("SKIPPED: git is not installed");
        assert!(std::env::var_os("CI").is_none(), "git is missing");
        return;
    };
    let listed = String::from_utf8(listed).unwrap();
    // Written in two halves, so that this file does not name them either.
    let words = [
        ("/wo", "rk/"),
        ("/ro", "ot/"),
        ("/ho", "me/"),
        (r"C:\U", "sers"),
    ];
    let mut faults = Vec::new();
    for path in listed.split('\0').filter(|path| !path.is_empty()) {
        let Ok(text) = std::fs::read_to_string(root().join(path)) else {
            continue;
        };
        for (one, other) in words {
            if text.contains(&format!("{one}{other}")) {
                faults.push(format!("{path}: {one}{other}"));
            }
        }
        if path == "Cargo.lock" {
            for line in text.lines().filter(|line| line.starts_with("source =")) {
                if line != r#"source = "registry+https://github.com/rust-lang/crates.io-index""# {
                    faults.push(format!("{path}: {line}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
