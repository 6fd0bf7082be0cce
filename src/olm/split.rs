//! Where the items of a file are: by their tags alone, so that an item that is not well formed
//! costs
//! no other.
//!
//! *Shape*: `<contacts elementCount="2"><contact …>…</contact><contact …>…</contact></contacts>`.
//! A `<` stands nowhere in XML but at tags, comments and CDATA sections.

use std::io::{self, Read};

use super::Kind;

/// Bytes read at a time.
const PIECE: usize = 64 << 10;
/// Bytes after a `<` that tell what begins there.
const AHEAD: usize = 16;

/// The items of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Split {
    /// The name of the root, without prefix.
    pub(super) root: String,
    /// What the root says of the number of its items.
    pub(super) told: Option<u64>,
    /// Offset and length of each item.
    pub(super) items: Vec<(u64, u64)>,
}

impl Split {
    /// What the items are.
    pub(super) fn kind(&self) -> Option<Kind> {
        Kind::of_root(&self.root)
    }

    /// What the start of a file says, items apart.
    pub(super) fn of_head(head: &[u8]) -> Self {
        let mut rest = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
        loop {
            let Some(at) = rest.iter().position(|byte| *byte == b'<') else {
                return Self::default();
            };
            let tag = rest.get(at + 1..).unwrap_or_default();
            let end = tag
                .iter()
                .position(|byte| *byte == b'>')
                .unwrap_or(tag.len());
            let own = tag.get(..end).unwrap_or_default();
            if !own.starts_with(b"?") && !own.starts_with(b"!") {
                let text = String::from_utf8_lossy(own);
                let name = text
                    .split([' ', '\t', '\r', '\n', '/'])
                    .next()
                    .unwrap_or_default();
                let told = text.split_once("elementCount=").and_then(|(_, after)| {
                    let digits = after.trim_start_matches(['"', '\'']);
                    digits.split(['"', '\'']).next()?.parse().ok()
                });
                return Self {
                    root: name.rsplit(':').next().unwrap_or_default().to_owned(),
                    told,
                    items: Vec::new(),
                };
            }
            rest = tag.get(end..).unwrap_or_default();
        }
    }

    /// Reads a file and finds its items.
    ///
    /// # Errors
    /// Those of reading; the items found before are lost with them, so a reader should end early
    /// rather than fail.
    pub(super) fn read(reader: &mut impl Read) -> io::Result<Self> {
        let mut window = Vec::new();
        let mut more = fill(reader, &mut window)?;
        let mut split = Self::of_head(&window);
        let Some(kind) = split.kind() else {
            return Ok(split);
        };
        let mut scan = Scan {
            element: kind.element().as_bytes(),
            inside: Inside::Text,
            open: None,
            items: &mut split.items,
        };
        let mut offset = 0_u64;
        loop {
            let done = scan.window(&window, offset, !more);
            offset = offset.saturating_add(done as u64);
            if !more {
                break;
            }
            window.drain(..done);
            more = fill(reader, &mut window)?;
        }
        let end = offset;
        if let Some(start) = scan.open {
            split.items.push((start, end.saturating_sub(start)));
        }
        Ok(split)
    }
}

/// Reads one more piece; `false` at the end.
fn fill(reader: &mut impl Read, window: &mut Vec<u8>) -> io::Result<bool> {
    let before = window.len();
    reader.take(PIECE as u64).read_to_end(window)?;
    Ok(window.len() - before == PIECE)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Text,
    Comment,
    CData,
}

struct Scan<'s> {
    element: &'static [u8],
    inside: Inside,
    open: Option<u64>,
    items: &'s mut Vec<(u64, u64)>,
}

impl Scan<'_> {
    /// Looks through a window; gives how much of it is done with. The last bytes wait for those
    /// after them, except at the end.
    fn window(&mut self, window: &[u8], offset: u64, last: bool) -> usize {
        let ready = if last {
            window.len()
        } else {
            window.len().saturating_sub(AHEAD)
        };
        let mut at = 0;
        while at < ready {
            let rest = window.get(at..).unwrap_or_default();
            let sought = match self.inside {
                Inside::Text => b'<',
                Inside::Comment => b'-',
                Inside::CData => b']',
            };
            let Some(found) = rest.iter().position(|byte| *byte == sought) else {
                return window.len();
            };
            at += found;
            if at >= ready {
                return at;
            }
            let rest = window.get(at..).unwrap_or_default();
            at += self.mark(rest, offset.saturating_add(at as u64));
        }
        at
    }

    /// What begins at a byte that may begin something; gives how far to go on.
    fn mark(&mut self, rest: &[u8], at: u64) -> usize {
        match self.inside {
            Inside::Comment if rest.starts_with(b"-->") => self.inside = Inside::Text,
            Inside::CData if rest.starts_with(b"]]>") => self.inside = Inside::Text,
            Inside::Text if rest.starts_with(b"<!--") => self.inside = Inside::Comment,
            Inside::Text if rest.starts_with(b"<![CDATA[") => self.inside = Inside::CData,
            Inside::Text => {
                let tag = rest.get(1..).unwrap_or_default();
                match tag.strip_prefix(b"/") {
                    Some(tag) if self.is_item(tag) => self.end(at, tag),
                    None if self.is_item(tag) => self.start(at),
                    _ => {}
                }
            }
            _ => {}
        }
        1
    }

    /// Whether a tag is that of an item, with or without prefix.
    fn is_item(&self, tag: &[u8]) -> bool {
        let name = tag.split(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'>' | b'/'));
        let name = name.into_iter().next().unwrap_or_default();
        let own = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        // The name has to end within what is at hand.
        own == self.element && name.len() < tag.len()
    }

    fn start(&mut self, at: u64) {
        // One that was not closed ends where the next begins.
        if let Some(start) = self.open.replace(at) {
            self.items.push((start, at.saturating_sub(start)));
        }
    }

    fn end(&mut self, at: u64, tag: &[u8]) {
        let name = tag.iter().position(|byte| *byte == b'>').unwrap_or(0);
        if let Some(start) = self.open.take() {
            let end = at.saturating_add(name as u64).saturating_add(3);
            self.items.push((start, end.saturating_sub(start)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Vec<&str> {
        let split = Split::read(&mut text.as_bytes()).unwrap();
        let cut = |(start, len): &(u64, u64)| {
            let start = usize::try_from(*start).unwrap();
            &text[start..start + usize::try_from(*len).unwrap()]
        };
        split.items.iter().map(cut).collect()
    }

    #[test]
    fn items_are_found_by_their_tags() {
        let text = "<?xml version='1.0'?><contacts xml:space=\"preserve\" elementCount=\"2\">\
                    <contact a='1'><contactEmailAddress/></contact>\n<contact></contact >\
                    </contacts>";
        let head = Split::of_head(text.as_bytes());
        assert_eq!((head.kind(), head.told), (Some(Kind::Contact), Some(2)));
        assert_eq!(
            items(text),
            [
                "<contact a='1'><contactEmailAddress/></contact>",
                "<contact></contact >"
            ]
        );
        assert_eq!(items("<emails/>"), [] as [&str; 0]);
        assert_eq!(
            items("<o:notes><o:note>1</o:note></o:notes>"),
            ["<o:note>1</o:note>"]
        );
        assert_eq!(Split::of_head(b"no xml at all").kind(), None);
    }

    #[test]
    fn comments_and_sections_hold_no_items() {
        let text = "<notes><!-- <note> - --><note><![CDATA[</note> ] ]]></note></notes>";
        assert_eq!(items(text), ["<note><![CDATA[</note> ] ]]></note>"]);
    }

    #[test]
    fn an_item_without_end_ends_at_the_next() {
        assert_eq!(
            items("<notes><note>1<note>2</note><note>3"),
            ["<note>1", "<note>2</note>", "<note>3"]
        );
    }

    #[test]
    fn pieces_make_no_difference() {
        for pad in 0..40 {
            let long = "x".repeat(PIECE - 40 + pad);
            let text = format!("<notes><note>{long}</note><note>2</note></notes>");
            let found = items(&text);
            assert_eq!(found.len(), 2, "{pad}");
            assert!(
                found[0].ends_with("</note>") && found[1] == "<note>2</note>",
                "{pad}"
            );
        }
    }
}
