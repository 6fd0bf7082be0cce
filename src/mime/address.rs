//! Lists of addresses: mailboxes, groups, comments.
//!
//! *Spec*: RFC 5322 3.4 and 4.4; RFC 6532 (UTF-8); encoded words by RFC 2047 5.
//!
//! *Invariants*: linear; comments nest by a counter; every list gives all the addresses that it
//! has.
//!
//! *Seen in the wild*: `;` between addresses; names with commas that nobody quoted; encoded words
//! inside quotes and with commas in them; `<` without `>`; only a name, only an address.

use super::encoded_word::{self, WordFinder};
use super::header::unfolded;
use crate::charset;
use crate::limits;

/// A mailbox of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mailbox {
    /// Name as shown; the comment when there is no other; empty when unknown.
    pub name: String,
    /// The address; `None` when only a name is given, as of a group without members.
    pub address: Option<String>,
}

/// A list, and what was not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mailboxes {
    /// Its mailboxes, those of groups included.
    pub list: Vec<Mailbox>,
    /// The charset that was guessed for bytes beyond ASCII.
    pub guessed: Option<&'static str>,
    /// Whether a name could not be decoded.
    pub undecodable: bool,
    /// Mailboxes beyond [`limits::RECIPIENTS`].
    pub untold: usize,
}

/// Parses a list of addresses, folded or not.
#[must_use]
pub fn parse(value: &[u8]) -> Mailboxes {
    let value = unfolded(value);
    let mut out = Mailboxes::default();
    let text = match String::from_utf8(value) {
        Ok(text) => text,
        Err(error) => {
            let decoded = charset::guess(error.as_bytes());
            out.guessed = decoded.guessed;
            out.undecodable = !decoded.lossless;
            decoded.text
        }
    };
    let mut parser = Parser {
        rest: &text,
        finder: WordFinder::default(),
        own: Pieces::default(),
        group: None,
        out,
    };
    while parser.step() {}
    parser.end_of_mailbox();
    parser.end_of_group();
    parser.out
}

/// What is in a quoted string that is no local part, as an address that is none of the Internet is
/// written.
fn bare_of_quotes(text: &str) -> Option<String> {
    let inside = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::with_capacity(inside.len());
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return None,
            '\\' => out.extend(letters.next()),
            letter => out.push(letter),
        }
    }
    Some(out)
}

/// What has been seen of a mailbox.
#[derive(Debug, Default)]
struct Pieces {
    words: Vec<Piece>,
    comments: Vec<String>,
    angle: Option<String>,
}

#[derive(Debug)]
struct Piece {
    text: String,
    quoted: bool,
    /// Whether white space stood before it.
    apart: bool,
}

struct Parser<'t> {
    rest: &'t str,
    finder: WordFinder,
    own: Pieces,
    /// The name of the open group, and whether it has members.
    group: Option<(String, bool)>,
    out: Mailboxes,
}

impl Parser<'_> {
    /// Takes the next token; false at the end.
    fn step(&mut self) -> bool {
        let before = self.rest.len();
        self.rest = self.rest.trim_start();
        let apart = before != self.rest.len();
        let Some(first) = self.rest.chars().next() else {
            return false;
        };
        match first {
            ',' => {
                self.skip(1);
                self.end_of_mailbox();
            }
            ';' => {
                self.skip(1);
                self.end_of_mailbox();
                self.end_of_group();
            }
            ':' if self.begins_group() => {
                self.skip(1);
                let name = self.name();
                self.own = Pieces::default();
                self.end_of_group();
                self.group = Some((name, false));
            }
            '"' => {
                self.skip(1);
                let text = self.quoted();
                self.push(text, true, apart);
            }
            '(' => {
                self.skip(1);
                let text = self.comment();
                self.own.comments.push(text);
            }
            '<' => {
                self.skip(1);
                let address = self.angle();
                self.own.angle.get_or_insert(address);
            }
            _ => {
                let text = self.atom();
                self.push(text, false, apart);
            }
        }
        true
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn push(&mut self, text: String, quoted: bool, apart: bool) {
        self.own.words.push(Piece {
            text,
            quoted,
            apart,
        });
    }

    /// Whether a colon here ends the name of a group: there is one, and no address.
    fn begins_group(&self) -> bool {
        let words = &self.own.words;
        self.own.angle.is_none()
            && !words.is_empty()
            && !words
                .iter()
                .any(|word| !word.quoted && word.text.contains('@'))
    }

    /// Up to the closing quote, or the end.
    fn quoted(&mut self) -> String {
        let mut text = String::new();
        let mut letters = self.rest.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.skip(at.saturating_add(1));
                    return text;
                }
                '\\' => text.extend(letters.next().map(|(_, letter)| letter)),
                letter => text.push(letter),
            }
        }
        self.rest = "";
        text
    }

    /// Up to the parenthesis that closes it, or the end.
    fn comment(&mut self) -> String {
        let mut text = String::new();
        let mut depth = 0_usize;
        let mut letters = self.rest.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                ')' if depth == 0 => {
                    self.skip(at.saturating_add(1));
                    return text;
                }
                '\\' => text.extend(letters.next().map(|(_, letter)| letter)),
                letter => {
                    depth = match letter {
                        '(' => depth.saturating_add(1),
                        ')' => depth.saturating_sub(1),
                        _ => depth,
                    };
                    text.push(letter);
                }
            }
        }
        self.rest = "";
        text
    }

    /// Up to `>`; where there is none before the next `<`, up to a comma or that.
    fn angle(&mut self) -> String {
        let (mut quoted, mut escaped) = (false, false);
        let mut separator = None;
        let (mut end, mut next) = (self.rest.len(), self.rest.len());
        let mut closed = false;
        for (at, letter) in self.rest.char_indices() {
            match letter {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                '>' if !quoted => {
                    (end, next, closed) = (at, at.saturating_add(1), true);
                    break;
                }
                '<' if !quoted => {
                    (end, next) = (at, at);
                    break;
                }
                ',' | ';' if !quoted => {
                    separator.get_or_insert(at);
                }
                _ => {}
            }
        }
        // `<a@x, b@x>` are two, `<@a,@b:c@x>` is one.
        let split = separator.filter(|at| {
            let (one, other) = self.rest.split_at_checked(*at).unwrap_or_default();
            let other = other.get(..end.saturating_sub(*at)).unwrap_or_default();
            !closed
                || (one.contains('@') && other.contains('@') && !one.trim_start().starts_with('@'))
        });
        if let Some(at) = split {
            (end, next) = (at, at);
        }
        let inside = without_comments(self.rest.get(..end).unwrap_or_default());
        self.rest = self.rest.get(next..).unwrap_or_default();
        // A route before the address, which RFC 5322 4.4 says to ignore.
        let inside = match inside.split_once(':') {
            Some((route, address)) if route.trim_start().starts_with('@') => address,
            _ => inside.as_str(),
        };
        let inside = inside.trim();
        let inside = inside.strip_prefix("mailto:").unwrap_or(inside);
        if inside.contains('"') {
            return bare_of_quotes(inside).unwrap_or_else(|| inside.to_owned());
        }
        inside.split_whitespace().collect()
    }

    /// Up to white space or a character that means something.
    fn atom(&mut self) -> String {
        if let Some(word) = self.finder.word(self.rest.as_bytes()) {
            let len = word.len;
            if let Some(text) = self.rest.get(..len) {
                self.rest = self.rest.get(len..).unwrap_or_default();
                return text.to_owned();
            }
        }
        let first = self.rest.chars().next().map_or(1, char::len_utf8);
        let special = |letter: char| letter.is_whitespace() || ",;:<(\"".contains(letter);
        let tail = self.rest.get(first..).unwrap_or_default();
        let len = first.saturating_add(tail.find(special).unwrap_or(tail.len()));
        let text = self.rest.get(..len).unwrap_or_default().to_owned();
        self.rest = self.rest.get(len..).unwrap_or_default();
        text
    }

    fn decoded(&mut self, text: &str) -> String {
        if !text.contains("=?") {
            return text.trim().to_owned();
        }
        let words = encoded_word::decode(text.as_bytes());
        self.out.guessed = self.out.guessed.or(words.guessed);
        self.out.undecodable |= words.undecodable;
        words.text.trim().to_owned()
    }

    /// The words so far as a name.
    fn name(&mut self) -> String {
        let mut text = String::new();
        for word in std::mem::take(&mut self.own.words) {
            if word.apart && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&word.text);
        }
        self.decoded(&text)
    }

    fn end_of_mailbox(&mut self) {
        let mut own = std::mem::take(&mut self.own);
        let angle = own.angle.take().filter(|address| !address.is_empty());
        let address = angle.or_else(|| address_among(&mut own.words));
        self.own.words = own.words;
        let mut name = self.name();
        if name.is_empty() {
            let comments = own.comments.join(" ");
            name = self.decoded(&comments);
        }
        if name.is_empty() && address.is_none() {
            return;
        }
        if let Some((_, members)) = &mut self.group {
            *members = true;
        }
        self.add(Mailbox { name, address });
    }

    /// A group without members stands for itself, as `undisclosed-recipients` does.
    fn end_of_group(&mut self) {
        if let Some((name, false)) = self.group.take() {
            self.add(Mailbox {
                name,
                address: None,
            });
        }
    }

    fn add(&mut self, mailbox: Mailbox) {
        if self.out.list.len() < limits::RECIPIENTS {
            self.out.list.push(mailbox);
        } else {
            self.out.untold = self.out.untold.saturating_add(1);
        }
    }
}

/// An address without the comments that may stand in it, unless it has quotes, which may hide
/// parentheses.
fn without_comments(text: &str) -> String {
    if text.contains('"') || !text.contains('(') {
        return text.to_owned();
    }
    let mut depth = 0_usize;
    let keeps = |letter: &char| {
        match letter {
            '(' => depth = depth.saturating_add(1),
            ')' if depth > 0 => {
                depth = depth.saturating_sub(1);
                return false;
            }
            _ => {}
        }
        depth == 0
    };
    text.chars().filter(keeps).collect()
}

/// Takes the address out of words where no angle brackets mark it: the words around the first `@`,
/// which white space may part.
fn address_among(words: &mut Vec<Piece>) -> Option<String> {
    let is_address =
        |word: &Piece| !word.quoted && word.text.contains('@') && !word.text.starts_with("=?");
    // A single word is an address of the same host.
    let single = || {
        let only = words.len() == 1;
        only && words.first().is_some_and(|word| {
            !word.quoted && !word.text.starts_with("=?") && word.text.is_ascii()
        })
    };
    let at = match words.iter().position(is_address) {
        Some(at) => at,
        None if single() => 0,
        None => return None,
    };
    let text = &words.get(at)?.text;
    let (mut from, mut to) = (at, at.saturating_add(1));
    if text.starts_with('@') && at > 0 {
        from = at.saturating_sub(1);
    }
    let mut joins = text.ends_with('@');
    // White space may stand around `@` and dots. A domain literal has colons: `joe@[IPv6:…]`.
    while let Some(word) = words.get(to).filter(|word| !word.quoted) {
        if !joins && word.apart && !word.text.starts_with('.') {
            break;
        }
        joins = word.text.ends_with('.');
        to = to.saturating_add(1);
    }
    let address: String = words
        .drain(from..to)
        .map(|word| match word.quoted {
            true => format!(
                "\"{}\"",
                word.text.replace('\\', "\\\\").replace('"', "\\\"")
            ),
            false => word.text,
        })
        .collect();
    let address = address.trim_end_matches('>');
    Some(
        address
            .strip_prefix("mailto:")
            .unwrap_or(address)
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(value: &str) -> Vec<(String, String)> {
        let parsed = parse(value.as_bytes());
        let all = parsed.list.into_iter();
        all.map(|own| (own.name, own.address.unwrap_or_default()))
            .collect()
    }

    fn one(value: &str) -> (String, String) {
        let all = told(value);
        assert_eq!(all.len(), 1, "{value}: {all:?}");
        all[0].clone()
    }

    fn pair(name: &str, address: &str) -> (String, String) {
        (name.to_owned(), address.to_owned())
    }

    #[test]
    fn mailboxes_of_every_form() {
        for (value, name, address) in [
            ("ann@example.org", "", "ann@example.org"),
            ("Ann <ann@example.org>", "Ann", "ann@example.org"),
            (
                "\"Doe, Ann\" <ann@example.org>",
                "Doe, Ann",
                "ann@example.org",
            ),
            ("\"A \\\"B\\\" C\" <a@b>", "A \"B\" C", "a@b"),
            (
                "ann@example.org (Ann (the first))",
                "Ann (the first)",
                "ann@example.org",
            ),
            ("Ann (x) <a@b>", "Ann", "a@b"),
            ("=?utf-8?Q?J=C3=B6rg,_X?= <j@x>", "Jörg, X", "j@x"),
            ("\"=?utf-8?B?SsO2cmc=?=\" <j@x>", "Jörg", "j@x"),
            ("=?utf-8?Q?J=C3?= =?utf-8?Q?=B6rg?= <j@x>", "Jörg", "j@x"),
            ("Jörg <j@x>", "Jörg", "j@x"),
            ("joe @ example.org", "", "joe@example.org"),
            ("<@a,@b:joe@x>", "", "joe@x"),
            ("\"joe doe\"@x", "", "\"joe doe\"@x"),
            ("<\"joe doe\"@x>", "", "\"joe doe\"@x"),
            ("Ann <ann@example.org", "Ann", "ann@example.org"),
            ("Ann", "", "Ann"),
            ("Ann Doe", "Ann Doe", ""),
            ("\"Ann\"", "Ann", ""),
            ("joe@test   . example", "", "joe@test.example"),
            ("<Nobody:@example.org;>", "", "Nobody:@example.org;"),
            (
                "Pete(A nice \\) chap) <pete(his account)@silly.test>",
                "Pete",
                "pete@silly.test",
            ),
            ("joe@[IPv6:1::2]", "", "joe@[IPv6:1::2]"),
            ("a.b. <x@y>", "a.b.", "x@y"),
        ] {
            assert_eq!(one(value), pair(name, address), "{value}");
        }
    }

    #[test]
    fn lists_and_groups() {
        assert_eq!(
            told("A <a@x>, b@x; C <c@x>"),
            [pair("A", "a@x"), pair("", "b@x"), pair("C", "c@x")]
        );
        assert_eq!(
            told("Friends: A <a@x>, b@x;, c@x"),
            [pair("A", "a@x"), pair("", "b@x"), pair("", "c@x")]
        );
        assert_eq!(
            told("undisclosed-recipients:;"),
            [pair("undisclosed-recipients", "")]
        );
        assert_eq!(told("A:;B: b@x"), [pair("A", ""), pair("", "b@x")]);
        assert!(told("").is_empty() && told(" , ;").is_empty());
        assert_eq!(told("<a@x, b@x>"), [pair("", "a@x"), pair("", "b@x")]);
        assert_eq!(
            told("A <a@x, B <b@x>"),
            [pair("A", "a@x"), pair("B", "b@x")]
        );
    }

    #[test]
    fn bytes_without_charset_are_guessed() {
        let parsed = parse(b"J\xF6rg M\xFCller aus K\xF6ln <j@x>");
        assert_eq!(parsed.list[0].name, "Jörg Müller aus Köln");
        assert_eq!(parsed.guessed, Some("windows-1252"));
    }

    #[test]
    fn floods_are_linear() {
        let deep = format!("{}x <a@b>", "(".repeat(1_000_000));
        assert_eq!(parse(deep.as_bytes()).list.len(), 1);
        let words = " =?aa?q?x".repeat(100_000);
        assert_eq!(parse(words.as_bytes()).list.len(), 1);
        let many = "a@b, ".repeat(limits::RECIPIENTS + 5);
        let parsed = parse(many.as_bytes());
        assert_eq!((parsed.list.len(), parsed.untold), (limits::RECIPIENTS, 5));
        let _ = parse("<".repeat(300_000).as_bytes());
        let _ = parse("\"a\" ".repeat(300_000).as_bytes());
        let _ = parse("x:".repeat(300_000).as_bytes());
    }
}
