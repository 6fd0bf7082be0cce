//! The foreign readers that tests ask: which stores, and what libpff says of them.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "each test takes what it needs, and fails by panicking"
)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Says why a test did nothing; under `CI` that is a failure.
pub(crate) fn skip(why: &str) {
    println!("SKIPPED: {why}");
    eprintln!("SKIPPED: {why}");
    assert!(std::env::var_os("CI").is_none(), "missing under CI: {why}");
}

/// Every store of the corpus, sorted, with its name in it; `None`, and a word, when there is no
/// corpus.
pub(crate) fn corpus() -> Option<Vec<(String, PathBuf)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let mut stores = Vec::new();
    for folder in ["pst", "ost"] {
        for entry in walkdir::WalkDir::new(root.join(folder)).follow_links(true) {
            let Ok(entry) = entry else { continue };
            let ending = entry.path().extension().and_then(|ending| ending.to_str());
            if entry.file_type().is_file() && matches!(ending, Some("pst" | "ost")) {
                let name = entry.path().strip_prefix(&root).unwrap().to_str().unwrap();
                stores.push((name.replace('\\', "/"), entry.path().to_path_buf()));
            }
        }
    }
    stores.sort();
    if stores.is_empty() {
        skip("../shared/corpus is not here");
        return None;
    }
    Some(stores)
}

/// What libpff reads from these stores, line by line; `None`, and a word, when it is not installed.
pub(crate) fn libpff(stores: &[(String, PathBuf)]) -> Option<Vec<Value>> {
    python("libpff_items.py", &["pypff"], stores)
}

/// What a script of this folder says of these files, line by line; `None`, and a word, when one of
/// the Python modules that it needs is not installed.
pub(crate) fn python(
    script: &str,
    modules: &[&str],
    files: &[(String, PathBuf)],
) -> Option<Vec<Value>> {
    let paths: Vec<&Path> = files.iter().map(|(_, path)| path.as_path()).collect();
    python_of(script, &[], modules, &paths)
}

/// The same of files without a name in the corpus, for a script that takes arguments.
pub(crate) fn python_of(
    script: &str,
    arguments: &[&Path],
    modules: &[&str],
    paths: &[&Path],
) -> Option<Vec<Value>> {
    let imports = format!("import {}", modules.join(", "));
    let has = Command::new("python3").args(["-c", &imports]).output();
    if !has.is_ok_and(|out| out.status.success()) {
        skip(&format!(
            "python3 with {} is not installed",
            modules.join(", ")
        ));
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/judges")
        .join(script);
    let mut child = Command::new("python3")
        .arg(&script)
        .args(arguments)
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let paths: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
    // Written beside the reading, since either pipe may fill up.
    let writer = std::thread::spawn(move || {
        for path in paths {
            if writeln!(input, "{}", path.display()).is_err() {
                break;
            }
        }
    });
    let out = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(out.status.success(), "{} failed", script.display());
    let text = String::from_utf8(out.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    Some(lines.collect())
}

/// Every file with one of these endings in a folder of the corpus, sorted, with its name in it;
/// `None`, and a word, when there is no corpus.
pub(crate) fn files(folder: &str, endings: &[&str]) -> Option<Vec<(String, PathBuf)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(root.join(folder)).follow_links(true) {
        let Ok(entry) = entry else { continue };
        let ending = entry.path().extension().and_then(|ending| ending.to_str());
        if entry.file_type().is_file() && ending.is_some_and(|ending| endings.contains(&ending)) {
            let name = entry.path().strip_prefix(&root).unwrap().to_str().unwrap();
            files.push((name.replace('\\', "/"), entry.path().to_path_buf()));
        }
    }
    files.sort();
    if files.is_empty() {
        skip("../shared/corpus is not here");
        return None;
    }
    Some(files)
}

/// What was compared, and what differed, by sort.
#[derive(Default)]
pub(crate) struct Verdict {
    pub(crate) compared: usize,
    differences: BTreeMap<String, Vec<String>>,
}

impl Verdict {
    pub(crate) fn differ(&mut self, sort: &str, place: &str, detail: impl std::fmt::Display) {
        self.differences
            .entry(sort.to_owned())
            .or_default()
            .push(format!("{place}: {detail}"));
    }

    /// Compares two values of one sort.
    pub(crate) fn same<T, U>(&mut self, sort: &str, place: &str, own: &T, theirs: &U)
    where
        T: PartialEq<U> + std::fmt::Debug,
        U: std::fmt::Debug,
    {
        self.compared += 1;
        if own != theirs {
            let short = |text: String| text.chars().take(300).collect::<String>();
            let (own, theirs) = (short(format!("{own:?}")), short(format!("{theirs:?}")));
            self.differ(sort, place, format!("{own}, theirs {theirs}"));
        }
    }

    /// Fails unless the differences are those that are explained: sort, how many, and why.
    pub(crate) fn judge(&self, explained: &[(&str, usize, &str)]) {
        println!("{} values compared", self.compared);
        for (sort, all) in &self.differences {
            println!("{sort}: {}", all.len());
            for one in all.iter().take(12) {
                println!("    {one}");
            }
        }
        let found = self.differences.iter();
        let found: Vec<_> = found
            .map(|(sort, all)| (sort.as_str(), all.len()))
            .collect();
        let explained: Vec<_> = explained
            .iter()
            .map(|(sort, count, _)| (*sort, *count))
            .collect();
        assert_eq!(found, explained, "differences are not the explained ones");
    }
}
