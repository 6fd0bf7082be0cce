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

#[test]
fn other_files_are_refused_in_words() {
    let directory = tempfile::tempdir().unwrap();
    let card = directory.path().join("card.vcf");
    fs::write(
        &card,
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A B\r\nN:B;A\r\nEND:VCARD\r\n",
    )
    .unwrap();
    let output = directory.path().join("out.pst");
    let out = convert(&[&card], &output, &[]);
    assert_eq!(out.status.code(), Some(1));
    let text = String::from_utf8(out.stderr).unwrap();
    assert!(text.contains("card.vcf"), "{text}");
    assert!(!output.exists());
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
