//! Stores made to trap a reader: trees that contain themselves, sizes that lie.
//!
//! Each is made from the sample by editing bytes, with all checksums right, so that only the
//! structure itself can give it away.

use std::fs;
use std::time::Duration;

use super::image::{Image, Page, set};
use super::{arguments, child, judge, sample};

/// No trap holds the program longer; a build without optimization has six times as long.
const TIME: Duration = Duration::from_secs(1);

const NODES: u8 = 0x81;
const BLOCKS: u8 = 0x80;

/// Items of the sample.
const ITEMS: u64 = 12;

/// Reads the store, in time: items seen, and findings.
fn read(name: &str, mut image: Image) -> (u64, Vec<serde_json::Value>) {
    image.settle();
    let room = tempfile::tempdir().unwrap();
    let store = room.path().join("trap.pst");
    fs::write(&store, &image.bytes).unwrap();
    let home = room.path().join("home");
    let words = ["export", store.to_str().unwrap(), "--json"];
    let (profile, bundle) = (
        room.path().join("profile.toml"),
        room.path().join("trap.abx"),
    );
    fs::write(&profile, super::EVERYTHING).unwrap();
    let args = arguments(
        &words,
        &[("--home", &home), ("--profile", &profile), ("-o", &bundle)],
    );
    let mut run = child::run(room.path(), &args, super::limit());
    if run.took > TIME {
        // Once more, should the machine have been busy.
        if bundle.exists() {
            fs::remove_file(&bundle).unwrap();
        }
        run = child::run(room.path(), &args, super::limit());
    }
    let limit = TIME.max(super::limit() / 5);
    let seen = judge(&run, limit).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    let lines = run
        .out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    // Those of the store have lines of their own, those of an item are in its line.
    let findings: Vec<_> = lines
        .flat_map(|line| match line["findings"].as_array() {
            Some(findings) => findings.clone(),
            None if line["type"] == "finding" => vec![line],
            None => Vec::new(),
        })
        .collect();
    (seen, findings)
}

fn tells(findings: &[serde_json::Value], code: &str) -> bool {
    findings.iter().any(|line| line["code"] == code)
}

/// Reads the store. It must tell the finding, in time, and see at least `least` items, none twice.
fn trap(name: &str, image: Image, code: &str, least: u64) {
    let (seen, findings) = read(name, image);
    assert!(
        tells(&findings, code),
        "{name}: no {code}, but {seen} items, {findings:#?}"
    );
    assert!(
        (least..=ITEMS).contains(&seen),
        "{name}: {seen} items, {findings:#?}"
    );
}

/// Pages of one tree, the root last, and what refers to each: `bid` and `ib`.
fn pages(image: &Image, tree: u8) -> Vec<(Page, [u64; 2])> {
    let pages = image.pages.iter().filter(|page| page.tree == tree);
    let mut pages: Vec<_> = pages
        .map(|page| {
            let bid = super::image::number(&image.bytes, page.offset + 504, 8);
            (*page, [bid, page.offset as u64])
        })
        .collect();
    pages.sort_by_key(|(page, _)| page.level);
    let root = pages.last().unwrap().0;
    assert_eq!(
        (root.level, pages.len() > 3),
        (1, true),
        "the sample has another shape"
    );
    pages
}

/// Makes the page an inner one of this level, each of its entries referring to `target`.
fn make_inner(image: &mut Image, page: Page, level: u8, entries: usize, target: [u64; 2]) {
    let counts = page.offset + image.format.page_entries();
    image.bytes[counts..counts + 4].copy_from_slice(&[entries as u8, 20, 24, level]);
    for index in 0..entries {
        let at = page.offset + index * 24;
        set(&mut image.bytes, at, 8, 0x21 + index as u64);
        set(&mut image.bytes, at + 8, 8, target[0]);
        set(&mut image.bytes, at + 16, 8, target[1]);
    }
}

#[test]
fn b_tree_pages_that_contain_themselves() {
    for tree in [NODES, BLOCKS] {
        let mut image = sample();
        let (root, own) = *pages(&image, tree).last().unwrap();
        make_inner(&mut image, root, 1, 20, own);
        trap(
            &format!("root of {tree:x} in itself"),
            image,
            "pst.ndb.tree-loop",
            0,
        );

        // One entry of the root only: all else must be read.
        let mut image = sample();
        set(&mut image.bytes, root.offset + 8, 8, own[0]);
        set(&mut image.bytes, root.offset + 16, 8, own[1]);
        trap(
            &format!("entry of {tree:x} to its root"),
            image,
            "pst.ndb.tree-loop",
            1,
        );

        let mut image = sample();
        let (one, place) = pages(&image, tree)[0];
        make_inner(&mut image, root, 3, 20, place);
        make_inner(&mut image, one, 2, 20, own);
        trap(
            &format!("pages of {tree:x} in each other"),
            image,
            "pst.ndb.tree-loop",
            0,
        );
    }
}

/// Levels fall as they must, but every entry of a page refers to the same page below: without a
/// bound, millions of ways lead to one leaf.
#[test]
fn b_tree_pages_reached_by_many_ways() {
    for tree in [NODES, BLOCKS] {
        let mut image = sample();
        let pages = pages(&image, tree);
        for (level, pair) in (1..).zip(pages.windows(2)) {
            make_inner(&mut image, pair[1].0, level, 20, pair[0].1);
        }
        trap(
            &format!("many ways in {tree:x}"),
            image,
            "pst.ndb.tree-loop",
            0,
        );
    }
}

/// `XBLOCK` (level 1) or `XXBLOCK` (level 2).
fn list(level: u8, total: u32, blocks: &[u64]) -> Vec<u8> {
    let mut data = vec![1, level];
    data.extend((blocks.len() as u16).to_le_bytes());
    data.extend(total.to_le_bytes());
    data.extend(blocks.iter().flat_map(|bid| bid.to_le_bytes()));
    data
}

/// `SIBLOCK` (level 1): a subnode tree's inner block.
fn subnode_list(blocks: &[u64]) -> Vec<u8> {
    let mut data = vec![2, 1];
    data.extend((blocks.len() as u16).to_le_bytes());
    data.extend([0; 4]);
    for (nid, bid) in (0x671_u64..).zip(blocks) {
        data.extend(nid.to_le_bytes());
        data.extend(bid.to_le_bytes());
    }
    data
}

/// The leaf entry of a message with subnodes, its data and its subnodes; and the bids of two
/// internal blocks of other messages.
fn message(image: &Image) -> (usize, [u64; 2], [u64; 2]) {
    let field = |at, index: usize| super::image::number(&image.bytes, at + 8 * index, 8);
    let leaves = image
        .leaves(NODES)
        .into_iter()
        .filter(|(_, nid)| nid & 0x1F == 4);
    let with: Vec<_> = leaves
        .map(|(at, _)| at)
        .filter(|&at| field(at, 2) != 0)
        .collect();
    let [one, two, three, ..] = with[..] else {
        panic!("the sample has too few messages with subnodes");
    };
    let fields = [field(one, 1), field(one, 2)];
    (one, fields, [field(two, 2), field(three, 2)])
}

#[test]
fn data_trees_that_contain_themselves() {
    type Make = fn(&mut Image, u64, [u64; 2]);
    let cases: [(&str, Make); 6] = [
        ("XBLOCK in itself", |image, _, [a, _]| {
            image.replace_block(a, &list(1, 8000, &[a; 900]));
        }),
        ("XBLOCKs in each other", |image, _, [a, b]| {
            image.replace_block(a, &list(1, 8000, &[b; 900]));
            image.replace_block(b, &list(1, 8000, &[a; 900]));
        }),
        ("XXBLOCK in itself", |image, _, [a, _]| {
            image.replace_block(a, &list(2, 8000, &[a; 900]));
        }),
        ("XXBLOCK and XBLOCK in each other", |image, _, [a, b]| {
            image.replace_block(a, &list(2, 8000, &[b; 900]));
            image.replace_block(b, &list(1, 8000, &[a; 900]));
        }),
        ("one block listed 810,000 times", |image, data, [a, b]| {
            image.replace_block(a, &list(2, u32::MAX, &[b; 900]));
            image.replace_block(b, &list(1, u32::MAX, &[data; 900]));
        }),
        ("XBLOCK of blocks that are not there", |image, _, [a, _]| {
            image.replace_block(a, &list(1, u32::MAX, &[0xFFFF_FFF0; 900]));
        }),
    ];
    for (name, make) in cases {
        let mut image = sample();
        let (entry, [data, _], others) = message(&image);
        set(&mut image.bytes, entry + 8, 8, others[0]);
        make(&mut image, data, others);
        let code = match name {
            "one block listed 810,000 times" => "pst.ndb.data-tree",
            // The heap's first block is where the damaged list was.
            _ => "pst.ndb.block-missing",
        };
        trap(name, image, code, ITEMS);
    }
}

/// A total that lies of a heap changes nothing: the blocks are what they are. One of a stream is
/// found when the stream ends elsewhere.
#[test]
fn totals_of_data_trees_that_lie() {
    for total in [0, 1, u32::MAX] {
        let mut image = sample();
        let (entry, [data, _], [a, _]) = message(&image);
        set(&mut image.bytes, entry + 8, 8, a);
        image.replace_block(a, &list(1, total, &[data]));
        // The message that the list was taken from tells of it.
        trap(
            &format!("heap of {total} bytes"),
            image,
            "pst.ndb.subnodes",
            ITEMS,
        );
    }
    let whole = sample();
    let (_, _, [a, _]) = message(&whole);
    let number = |at| super::image::number(&whole.bytes, at, 8);
    let block = attachment_data(&whole);
    let data = number(block.offset + 16);
    // The last one's blocks would be more than the file has, if each were new.
    for (total, blocks) in [
        (0, &[data][..]),
        (u32::MAX, &[data]),
        (u32::MAX, &[data; 4000]),
    ] {
        let mut image = sample();
        set(&mut image.bytes, block.offset + 16, 8, a);
        image.replace_block(a, &list(1, total, blocks));
        let name = format!("attachment of {total} bytes in {} blocks", blocks.len());
        let (seen, findings) = read(&name, image);
        assert_eq!(seen, ITEMS, "{name}: {findings:#?}");
        let broken = tells(&findings, "export.content.broken-off");
        assert_eq!(broken, total > 0, "{name}: {findings:#?}");
        let repeated = findings
            .iter()
            .any(|line| line.to_string().contains("are repeated"));
        assert_eq!(repeated, blocks.len() > 1, "{name}: {findings:#?}");
    }
}

/// A subnode block whose only subnode is the data of an attachment.
fn attachment_data(image: &Image) -> super::image::Block {
    let number = |at| super::image::number(&image.bytes, at, 8);
    let single = |block: &&super::image::Block| {
        let head = &image.bytes[block.offset..block.offset + 4];
        // The writer of the sample numbers what attachments own from 0x200 on.
        let own = head == [2, 0, 1, 0] && number(block.offset + 8) >= 0x4000;
        block.bid & 2 != 0 && own && number(block.offset + 8) & 0x1F == 0x1F
    };
    // The last, as the first message lends its list to the test.
    *image
        .blocks
        .iter()
        .rfind(single)
        .expect("the sample has no attachments")
}

#[test]
fn subnode_trees_that_contain_themselves() {
    type Make = fn(&mut Image, u64, [u64; 2]);
    let cases: [(&str, Make); 4] = [
        ("SIBLOCK in itself", |image, own, _| {
            image.replace_block(own, &subnode_list(&[own; 400]));
        }),
        ("SIBLOCKs in each other", |image, own, [a, _]| {
            image.replace_block(own, &subnode_list(&[a; 400]));
            image.replace_block(a, &subnode_list(&[own; 400]));
        }),
        ("SLBLOCK listed 160,000 times", |image, own, [a, b]| {
            image.replace_block(own, &subnode_list(&[a; 400]));
            image.replace_block(a, &subnode_list(&[b; 400]));
        }),
        ("SLBLOCK with more entries than bytes", |image, own, _| {
            image.replace_block(own, &[2, 0, 0xFF, 0xFF, 0, 0, 0, 0, 0x71, 6, 0, 0]);
        }),
    ];
    for (name, make) in cases {
        let mut image = sample();
        let (_, [_, own], others) = message(&image);
        make(&mut image, own, others);
        trap(name, image, "pst.ndb.subnodes", ITEMS);
    }
}

/// Every subnode has the tree that it is in as its own: attachments in attachments without end.
#[test]
fn subnodes_whose_subnodes_are_their_own_tree() {
    let mut image = sample();
    let (_, [_, own], _) = message(&image);
    let block = *image.blocks.iter().find(|block| block.bid == own).unwrap();
    for at in (block.offset + 8..block.offset + block.stored).step_by(24) {
        set(&mut image.bytes, at + 16, 8, own);
    }
    image.settle();
    let room = tempfile::tempdir().unwrap();
    let store = room.path().join("trap.pst");
    fs::write(&store, &image.bytes).unwrap();
    let words = ["export", store.to_str().unwrap(), "--json", "--dry-run"];
    let args = arguments(&words, &[("--home", &room.path().join("home"))]);
    let run = child::run(room.path(), &args, super::limit());
    // The tables are found where they were, so that nothing need be told.
    assert_eq!(judge(&run, super::limit()), Ok(ITEMS));
}

#[test]
fn sizes_that_lie() {
    // Each block of the message's: larger than it is, none, or far outside the file.
    let lies: [(&str, usize, usize, u64); 4] = [
        ("cb of 65535", 16, 2, 0xFFFF),
        ("cb of 0", 16, 2, 0),
        ("ib far outside", 8, 8, u64::MAX - 5),
        ("ib at the end", 8, 8, 271_359),
    ];
    for (name, field, width, value) in lies {
        let mut image = sample();
        let (_, [data, _], _) = message(&image);
        let leaves = image.leaves(BLOCKS);
        let (entry, _) = leaves.into_iter().find(|&(_, bid)| bid == data).unwrap();
        set(&mut image.bytes, entry + field, width, value);
        let code = match name {
            "cb of 65535" => "pst.ndb.block-crc",
            "cb of 0" => "pst.ltp.heap",
            _ => "pst.ndb.block-unreadable",
        };
        trap(name, image, code, ITEMS);
    }
    // Each page that says that it has more, or no entries.
    for (name, place, value) in [("cEnt", 0, 0xFF), ("cbEnt", 2, 0), ("cLevel", 3, 0xFF)] {
        for tree in [NODES, BLOCKS] {
            let mut image = sample();
            let (page, _) = pages(&image, tree)[0];
            let counts = page.offset + image.format.page_entries();
            image.bytes[counts + place] = value;
            let code = if name == "cLevel" {
                "pst.ndb.tree-loop"
            } else {
                "pst.ndb.page-unreadable"
            };
            trap(&format!("{name} of {tree:x}"), image, code, 1);
        }
    }
}
