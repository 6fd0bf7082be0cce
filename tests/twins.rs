//! The same thing seen in several inputs is one record with every place, through the program as a
//! user runs it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn run(home: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_airbridge"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("AIRBRIDGE_HOME")
        .args(arguments)
        .args(["--json", "--home"])
        .arg(home)
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{complaint}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_store_and_its_copy_give_each_item_once_with_both_places() {
    let room = tempfile::tempdir().unwrap();
    let at = |name: &str| room.path().join(name).to_str().unwrap().to_owned();
    std::fs::create_dir(room.path().join("in")).unwrap();
    for copy in ["in/a.pst", "in/b.pst"] {
        std::fs::copy(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/mailbox.pst"),
            room.path().join(copy),
        )
        .unwrap();
    }
    let home = room.path().join("home");
    let (inputs, bundle) = (at("in"), at("both.abx"));
    let rules = [
        "--map",
        "samples/links.csv",
        "--contacts",
        "samples/contacts.csv",
    ];
    let export = [&["export", &inputs, "-o", &bundle][..], &rules].concat();
    let lines = run(&home, &export);
    let summary = lines.last().unwrap();
    assert_eq!(summary["seen"], 24, "{summary}");
    assert_eq!(summary["exported"], 10, "{summary}");
    assert_eq!(summary["excluded"], 14, "{summary}");
    let shown = run(&home, &["show", &bundle]);
    let records: Vec<_> = shown.iter().filter(|line| line["type"] == "item").collect();
    assert_eq!(records.len(), 10);
    for line in records {
        let places = line["record"]["provenance"].as_array().unwrap();
        assert_eq!(places.len(), 2, "{places:?}");
        assert!(places[0]["source"].as_str().unwrap().ends_with("a.pst"));
        assert!(places[1]["source"].as_str().unwrap().ends_with("b.pst"));
        assert_eq!(places[0]["locator"], places[1]["locator"]);
        let links = line["links"].as_array().unwrap();
        let mut contacts: Vec<_> = links.iter().map(|link| &link["contact"]).collect();
        contacts.dedup();
        assert_eq!(contacts.len(), links.len(), "a contact is linked once");
    }
}
