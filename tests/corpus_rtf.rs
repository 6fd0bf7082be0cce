//! Rich text of real messages: `../shared/corpus/rtf` has what real stores held, already unpacked.
//!
//! Each file is packed and unpacked again, and its HTML or text is taken out. What must hold of any
//! of them is checked here; that the same comes out as from foreign readers was compared by hand.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};

use airbridge::finding::Effect;
use airbridge::mapi::rtf::{self, RtfKind};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for repository in std::fs::read_dir(folder).unwrap() {
        for file in std::fs::read_dir(repository.unwrap().path()).unwrap() {
            found.push(file.unwrap().path());
        }
    }
    found.sort();
    found
}

#[test]
fn every_body_comes_out_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/rtf");
    if !folder.is_dir() {
        assert!(
            std::env::var_os("CI").is_none(),
            "no corpus at {}",
            folder.display()
        );
        println!("SKIPPED: no corpus at {}", folder.display());
        return;
    }
    let (mut html, mut plain) = (0, 0);
    for path in files(&folder) {
        let name = path.display();
        let bytes = std::fs::read(&path).unwrap();
        let (unpacked, findings) = rtf::decompress(&rtf::compress(&bytes)).unwrap();
        assert!(unpacked == bytes, "{name}: packing changed it");
        assert!(findings.is_empty(), "{name}: {findings:?}");
        let body = rtf::to_body(&bytes);
        let lost = body.findings.worst() > Some(Effect::Noted);
        assert!(!lost, "{name}: {:?}", body.findings);
        let says = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
        let text = match body.kind {
            RtfKind::Html => {
                assert!(says(b"\\fromhtml1"), "{name}");
                html += 1;
                body.html.unwrap()
            }
            RtfKind::Text | RtfKind::Native => {
                assert!(!says(b"\\fromhtml1"), "{name}");
                plain += 1;
                body.plain.unwrap()
            }
        };
        for word in ["\\htmlrtf", "\\fonttbl", "\\pard", "\\'", "{\\"] {
            assert!(!text.contains(word), "{name} still has {word}");
        }
        if body.kind == RtfKind::Html {
            // Tags are plain ASCII in RTF as well: none is lost, none comes twice.
            let source = String::from_utf8_lossy(&bytes).to_lowercase();
            let lower = text.to_lowercase();
            for tag in ["<html", "<body", "</body>", "</html>", "<table", "</table>"] {
                let wanted = source.matches(tag).count();
                assert_eq!(lower.matches(tag).count(), wanted, "{name}: {tag}");
            }
        }
    }
    assert!(html > 0 && plain > 0, "{html} HTML, {plain} text");
    println!("{html} bodies of HTML and {plain} of text");
}
