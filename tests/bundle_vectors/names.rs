//! Names, sizes and methods that a trusted party signs: threats 4 and 6.

use super::*;

pub(crate) fn add(v: &mut Vectors) {
    for (case, name, why) in [
        ("parent", "data/../../evil", "points out of the folder"),
        ("absolute", "/etc/passwd", "is absolute"),
        ("backslash", "data\\links.jsonl", "has a backslash"),
        ("drive", "C:/evil", "names a drive"),
        (
            "case",
            "data/Links.jsonl",
            "is one of the format in another case",
        ),
        ("directory", "data/blobs/", "is a directory"),
        (
            "kind",
            "data/records/e-mail/00000000.jsonl",
            "has a kind outside the grammar",
        ),
        ("meta", "META/head.json", "is that of the head"),
        ("unicode", "data/l\u{131}nks.jsonl", "is not ASCII"),
        (
            "shard",
            "data/records/email/0000000.jsonl",
            "has a short number",
        ),
    ] {
        v.forge(
            &format!("04-name-{case}"),
            &format!("a signed name {why}"),
            "index.form",
            |f| {
                f.entries.push(Forge::stored(name, b"x\n"));
            },
        );
    }
    v.forge(
        "04-duplicate",
        "a name is signed twice",
        "index.form",
        |f| {
            f.entries.push(f.entries.last().unwrap().clone());
        },
    );
    v.forge(
        "04-blob-name",
        "a blob is not named by its hash",
        "index.form",
        |f| {
            let name = format!("data/blobs/sha256/00/{}", "0".repeat(64));
            f.entries.push(Forge::stored(&name, b"x"));
        },
    );
    let blob = |f: &Forge| {
        f.entries
            .iter()
            .position(|e| e.line["method"] == "deflate")
            .unwrap()
    };
    v.forge(
        "06-size-less",
        "the signed size is one byte less",
        "entry.content",
        |f| {
            let at = blob(f);
            f.entries[at].line["size"] = json!(f.entries[at].line["size"].as_u64().unwrap() - 1);
        },
    );
    v.forge(
        "06-size-more",
        "the signed size is one byte more",
        "entry.content",
        |f| {
            let at = blob(f);
            f.entries[at].line["size"] = json!(f.entries[at].line["size"].as_u64().unwrap() + 1);
        },
    );
    v.forge(
        "06-bomb",
        "a megabyte of zeros is signed as ten bytes",
        "entry.content",
        |f| {
            let mut out =
                flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
            std::io::Write::write_all(&mut out, &[0; 1 << 20]).unwrap();
            let data = out.finish().unwrap();
            let content = [0; 10];
            let mut entry = Forge::stored("data/contacts.csv", &content);
            entry.line["csha256"] = json!(sha256(&data));
            entry.line["csize"] = json!(data.len());
            entry.line["method"] = json!("deflate");
            entry.data = data;
            f.entries.retain(|e| e.line["name"] != "data/contacts.csv");
            f.entries.push(entry);
        },
    );
    v.forge(
        "06-over-limit",
        "an entry is signed with more than 2,000,000,000 bytes",
        "index.form",
        |f| {
            let at = blob(f);
            f.entries[at].line["size"] = json!(2_000_000_001u64);
        },
    );
    v.forge(
        "06-trailing-deflate",
        "bytes follow the deflate stream, and are signed",
        "entry.content",
        |f| {
            let at = blob(f);
            f.entries[at].data.push(0);
            f.entries[at].line["csize"] = json!(f.entries[at].data.len());
            f.entries[at].line["csha256"] = json!(sha256(&f.entries[at].data));
        },
    );
    v.forge(
        "06-deflate-no-end",
        "the deflate stream has no end, and is signed so",
        "entry.content",
        |f| {
            let at = blob(f);
            f.entries[at].data.pop();
            f.entries[at].line["csize"] = json!(f.entries[at].data.len());
            f.entries[at].line["csha256"] = json!(sha256(&f.entries[at].data));
        },
    );
    v.forge(
        "06-overlap",
        "two entries are signed that would overlap",
        "length",
        |f| {
            let at = f.entries.len() - 1;
            let mut entry = f.entries[at].clone();
            entry.line["name"] = json!("data/acks.jsonl");
            entry.data.clear();
            f.entries.push(entry);
        },
    );
    v.forge(
        "06-stored-two-hashes",
        "a stored entry is signed with two hashes",
        "index.form",
        |f| {
            let mut entry = Forge::stored("data/acks.jsonl", b"{}\n");
            entry.line["sha256"] = json!(sha256(b"other"));
            f.entries.push(entry);
        },
    );
    v.forge(
        "06-method",
        "an entry is signed with another method",
        "index.form",
        |f| {
            f.entries[0].line["method"] = json!("zstd");
        },
    );
}
