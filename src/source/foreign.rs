//! What a file is that airbridge does not read, in words for the user, with the remedy where there
//! is one.

use crate::bytes::ReadAt;

/// Anything of which nothing is known.
pub(super) const UNKNOWN: &str = "of no format that airbridge reads";

const SYSTEM: &str = "a file of the system";

/// Names that systems give to files and folders of their own, in lower case.
const SYSTEM_FILES: &[&str] = &[
    ".ds_store",
    ".localized",
    ".directory",
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "icon\r",
];
const SYSTEM_FOLDERS: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    ".spotlight-v100",
    ".trashes",
    ".fseventsd",
    ".temporaryitems",
    "$recycle.bin",
    "system volume information",
];
const FORK: &str = "a resource fork of macOS, which holds no items";

/// Why a file or folder of this name is passed over.
pub(super) fn system_name(name: &str, is_folder: bool) -> Option<&'static str> {
    let own = name.to_ascii_lowercase();
    let known = if is_folder {
        SYSTEM_FOLDERS
    } else {
        SYSTEM_FILES
    };
    if known.contains(&own.as_str()) {
        return Some(SYSTEM);
    }
    // Outside __MACOSX content decides, since a file may well be named ._something.
    (is_folder && own == "__macosx").then_some(FORK)
}

/// Offset, bytes there, and what such a file is.
const BINARY: &[(usize, &[u8], &str)] = &[
    (0, b"\x00\x05\x16\x07", FORK),
    (0, b"\x00\x05\x16\x00", FORK),
    (
        0,
        b"\xCF\xAD\x12\xFE",
        "a mailbox of Outlook Express (DBX): save its messages as EML files",
    ),
    (
        0,
        b"JMF6",
        "a mailbox of Outlook Express 4: save its messages as EML files",
    ),
    (
        0,
        b"JMF9",
        "a mailbox of Outlook Express 4: save its messages as EML files",
    ),
    (
        0,
        b"\x9C\xCB\xCB\x8D",
        "a Windows Address Book (WAB): export it as CSV or vCards",
    ),
    (
        0,
        b"\x81\x32\x84\xC1",
        "a Windows Address Book (WAB): export it as CSV or vCards",
    ),
    (
        0,
        b"\x0D\xF0\xAD\xBA",
        "a list of completed addresses (NK2), which holds no contacts",
    ),
    (
        0,
        b"\x1A\x00\x00\x04",
        "a Lotus Notes database (NSF): export its mail as EML and its calendar as ICS",
    ),
    (
        0,
        b"\x1A\x00\x00\x03",
        "a Lotus Notes database (NSF): export its mail as EML and its calendar as ICS",
    ),
    (
        0,
        b"*mbx*\r\n",
        "a mailbox in MBX format: convert it to mbox",
    ),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (4, b"Standard Jet DB", "an Access database"),
    (4, b"Standard ACE DB", "an Access database"),
    (
        4,
        b"\xEF\xCD\xAB\x89",
        "a database of Windows (ESE): export what it holds from its program",
    ),
    (
        0,
        b"\x1F\x8B",
        "packed with gzip: unpack it and name what comes out",
    ),
    (
        0,
        b"7z\xBC\xAF\x27\x1C",
        "a 7-Zip archive: unpack it and name the folder",
    ),
    (
        0,
        b"Rar!\x1A\x07",
        "a RAR archive: unpack it and name the folder",
    ),
    (
        257,
        b"ustar",
        "a tar archive: unpack it and name the folder",
    ),
    (
        0,
        b"BZh",
        "packed with bzip2: unpack it and name what comes out",
    ),
    (
        0,
        b"\xFD7zXZ\0",
        "packed with xz: unpack it and name what comes out",
    ),
    (
        0,
        b"\x28\xB5\x2F\xFD",
        "packed with Zstandard: unpack it and name what comes out",
    ),
    (
        0,
        b"MSCF",
        "a cabinet archive: unpack it and name the folder",
    ),
    (
        0,
        b"PK\x07\x08",
        "a part of a zip archive in several parts: join them, then name the whole",
    ),
    (0, b"Salted__", "encrypted: decrypt it first"),
    (0, b"\x85\x01", "encrypted with PGP: decrypt it first"),
    (0, b"%PDF", "a PDF document"),
    (0, b"%!PS", "a PostScript document"),
    (0, b"\x89PNG\r\n\x1A\n", "an image"),
    (0, b"\xFF\xD8\xFF", "an image"),
    (0, b"GIF8", "an image"),
    (0, b"II*\0", "an image"),
    (0, b"MM\0*", "an image"),
    (0, b"\0\0\x01\0", "an image"),
    (0, b"8BPS", "an image"),
    (8, b"WEBP", "an image"),
    (4, b"ftypheic", "an image"),
    (4, b"ftypavif", "an image"),
    (4, b"ftyp", "a video or sound file"),
    (0, b"RIFF", "a video or sound file"),
    (0, b"ID3", "a video or sound file"),
    (0, b"OggS", "a video or sound file"),
    (0, b"fLaC", "a video or sound file"),
    (0, b"\x1A\x45\xDF\xA3", "a video or sound file"),
    (0, b"MZ", "a program"),
    (0, b"\x7FELF", "a program"),
    (0, b"\xCF\xFA\xED\xFE", "a program"),
    (0, b"\xCA\xFE\xBA\xBE", "a program"),
    (0, b"bplist00", "settings of a program (property list)"),
    (0, b"wOFF", "a font"),
    (
        0,
        b"L\0\0\0\x01\x14\x02\0",
        "a shortcut of Windows: name what it leads to",
    ),
];

/// How a text begins, in lower case and without white space before, and what such a file is.
const TEXT: &[(&str, &str)] = &[
    ("{\\rtf", "an RTF document"),
    ("<!doctype html", "a web page"),
    ("<html", "a web page"),
    ("<svg", "an image"),
    ("<emails", OLM_PART),
    ("<contacts", OLM_PART),
    ("<appointments", OLM_PART),
    ("<tasks", OLM_PART),
    ("<notes", OLM_PART),
    ("<groups", OLM_PART),
    ("<categories", OLM_PART),
    ("<?xml", "an XML document"),
    ("-----begin pgp", "signed or encrypted with PGP"),
    ("-----begin", "a key or certificate"),
    (
        "// <!-- <mdb:mork",
        "an index of Thunderbird (MSF, MAB), which holds no mail",
    ),
    ("dn:", LDIF),
    ("version: 1\ndn:", LDIF),
    ("version: 1\r\ndn:", LDIF),
    ("[internetshortcut]", "a shortcut to a web page"),
    ("#!", "a script"),
];
const OLM_PART: &str = "a part of an unpacked Outlook for Mac archive: name the OLM file";
const LDIF: &str = "an LDIF address book: export it as vCards or CSV";

/// What the bytes at the start of a file say.
pub(super) fn reason(head: &[u8]) -> &'static str {
    let binary = BINARY
        .iter()
        .find(|(at, magic, _)| head.slice_at(*at, magic.len()) == Some(magic));
    if let Some((_, _, what)) = binary {
        return what;
    }
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let text = text.trim_ascii_start();
    let known = TEXT.iter().find(|(start, _)| {
        let own = text.get(..start.len());
        own.is_some_and(|own| own.eq_ignore_ascii_case(start.as_bytes()))
    });
    known.map_or(UNKNOWN, |(_, what)| what)
}
