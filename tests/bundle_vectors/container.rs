//! Changes of the container that need no key: threats 1, 2, 3 and 5.

use super::*;

pub(crate) fn add(v: &mut Vectors) {
    v.patch(
        "01-flip-mimetype",
        "a bit of the first entry is changed",
        "mimetype",
        |b| b[40] ^= 1,
    );
    v.patch(
        "01-flip-head",
        "a bit of the head is changed, CRC-32 made to fit",
        "signature.value",
        |b| {
            let (header, data, end) = find(b, "META/head.json");
            b[end - 5] ^= 1;
            let crc = crc32fast::hash(&b[data..end]).to_le_bytes();
            b[header + 14..header + 18].copy_from_slice(&crc);
        },
    );
    v.patch(
        "01-flip-head-crc",
        "a bit of the head is changed",
        "prologue",
        |b| {
            let (_, data, _) = find(b, "META/head.json");
            b[data + 5] ^= 1;
        },
    );
    v.patch(
        "01-flip-index",
        "a bit of the index is changed, CRC-32 made to fit",
        "index.hash",
        |b| {
            let (header, data, end) = find(b, "META/index.jsonl");
            b[data + 20] ^= 1;
            let crc = crc32fast::hash(&b[data..end]).to_le_bytes();
            b[header + 14..header + 18].copy_from_slice(&crc);
        },
    );
    v.patch(
        "01-flip-payload",
        "a bit of an entry is changed",
        "entry.stored",
        |b| {
            let (_, data, _) = find(b, LINKS);
            b[data] ^= 1;
        },
    );
    v.patch("02-truncated", "the last byte is missing", "length", |b| {
        b.truncate(b.len() - 1)
    });
    v.patch(
        "02-cut-in-head",
        "it ends within the head",
        "prologue",
        |b| b.truncate(200),
    );
    v.patch("02-empty", "the file is empty", "size", Vec::clear);
    v.patch("02-appended", "a byte is added at the end", "length", |b| {
        b.push(0)
    });
    v.patch(
        "02-prepended",
        "a byte is added before the first entry",
        "mimetype",
        |b| b.insert(0, 0),
    );
    v.patch(
        "02-concatenated",
        "the bundle is there twice",
        "length",
        |b| b.extend(b.clone()),
    );
    v.patch(
        "02-stub",
        "a script is put before it, as self-extracting files have it",
        "mimetype",
        |b| {
            b.splice(0..0, *b"#!/bin/sh\n");
        },
    );
    for (name, offset, value, why) in [
        ("version", 4, 45, "needs Zip64"),
        ("flag-encrypted", 6, 1, "is encrypted"),
        ("flag-descriptor", 6, 8, "has a data descriptor"),
        ("flag-utf8", 7, 8, "has a name in UTF-8"),
        ("method", 8, 12, "has another method"),
        ("time", 10, 1, "has a time"),
        ("date", 12, 0x22, "has another date"),
        ("crc", 14, 0, "has another CRC-32"),
        ("csize", 18, 0, "has another stored size"),
        ("size", 22, 0, "has another inflated size"),
        ("name-length", 26, 3, "has a shorter name"),
        ("extra", 28, 4, "has an extra field"),
        ("name", 35, b'L', "has another name"),
    ] {
        let why_local = format!("the local header {why}, the directory does not say so");
        v.patch(
            &format!("03-local-{name}"),
            &why_local,
            "entry.header",
            |b| {
                let (header, ..) = find(b, LINKS);
                b[header + offset] = value;
            },
        );
        let why_central = format!("the directory {why}, the local header does not say so");
        let offset = if name == "name" { 51 } else { offset + 2 };
        v.patch(
            &format!("03-central-{name}"),
            &why_central,
            "directory",
            |b| {
                let (at, _) = central(b, LINKS);
                b[at + offset] = value;
            },
        );
    }
    for (name, offset, value, why) in [
        ("made-by-unix", 5, 3, "is made on Unix"),
        ("comment", 32, 1, "has a comment"),
        ("disk", 34, 1, "lies on another disk"),
        ("text", 36, 1, "is text"),
        ("directory", 38, 0x10, "is a directory"),
        ("symlink", 41, 0xa1, "is a symbolic link"),
        ("offset", 42, 0, "lies elsewhere"),
    ] {
        v.patch(
            &format!("03-central-{name}"),
            &format!("the directory says that an entry {why}"),
            "directory",
            |b| {
                let (at, _) = central(b, LINKS);
                b[at + offset] = value;
            },
        );
    }
    for (name, offset, value, why) in [
        ("disk", 4, 1, "the end record names another disk"),
        ("count", 10, 1, "the end record counts fewer entries"),
        (
            "size",
            12,
            0,
            "the end record states another size of the directory",
        ),
        (
            "offset",
            16,
            0,
            "the end record states another offset of the directory",
        ),
        ("comment", 20, 4, "the end record states a comment"),
    ] {
        v.patch(&format!("03-end-{name}"), why, "directory", |b| {
            let end = b.len() - 22;
            b[end + offset] = value;
        });
    }
    v.patch(
        "03-end-comment-present",
        "the end record has a comment",
        "length",
        |b| {
            let end = b.len() - 22;
            b[end + 20] = 4;
            b.extend(b"note");
        },
    );
    v.patch(
        "03-second-end",
        "there is a second end record",
        "length",
        |b| {
            let end = b[b.len() - 22..].to_vec();
            b.extend(end);
        },
    );
    v.patch(
        "03-zip64",
        "there is a Zip64 end record and locator",
        "length",
        |b| {
            let end = b.len() - 22;
            let mut zip64 = b"PK\x06\x06\x2c".to_vec();
            zip64.resize(56, 0);
            zip64.extend(b"PK\x06\x07");
            zip64.resize(76, 0);
            b.splice(end..end, zip64);
        },
    );
    v.patch(
        "03-gap",
        "there are bytes between the entries and the directory",
        "length",
        |b| {
            let at = layout_of(b).last().unwrap().3;
            b.splice(at..at, *b"gap");
        },
    );
    v.patch(
        "03-directory-order",
        "two entries of the directory have changed places",
        "directory",
        |b| {
            let (links, _) = central(b, LINKS);
            let (report, end) = central(b, "data/report.jsonl");
            let (first, second) = (b[links..report].to_vec(), b[report..end].to_vec());
            b.splice(links..end, [second, first].concat());
        },
    );
    v.patch(
        "03-directory-twice",
        "the directory names one entry in place of another",
        "directory",
        |b| {
            let (links, _) = central(b, LINKS);
            let (records, _) = central(b, RECORDS);
            let offset = b[records + 42..records + 46].to_vec();
            b[links + 42..links + 46].copy_from_slice(&offset);
        },
    );
    v.patch(
        "05-unlisted-entry",
        "an entry is added that the index does not list",
        "length",
        |b| {
            let end = b.len() - 22;
            let at = layout_of(b).last().unwrap().3;
            let extra = Forge::stored("data/acks.jsonl", b"{}\n");
            let entry = zip_header::ZipEntry {
                name: "data/acks.jsonl",
                method: zip_header::Method::Store,
                crc32: extra.crc32,
                csize: 3,
                size: 3,
            };
            b.splice(end..end, entry.central_header(at as u32));
            b.splice(at..at, [entry.local_header(), extra.data].concat());
            let end = b.len() - 22;
            b[end + 8] += 1;
            b[end + 10] += 1;
        },
    );
    v.patch(
        "05-before-head",
        "an entry is inserted before the head",
        "prologue",
        |b| {
            let (header, ..) = find(b, "META/head.json");
            let entry = zip_header::ZipEntry {
                name: "x",
                method: zip_header::Method::Store,
                crc32: 0,
                csize: 0,
                size: 0,
            };
            b.splice(header..header, entry.local_header());
        },
    );
    v.patch(
        "05-second-head",
        "a second head is inserted before the first",
        "prologue",
        |b| {
            let (header, _, end) = find(b, "META/head.json");
            let again = b[header..end].to_vec();
            b.splice(header..header, again);
        },
    );
}
