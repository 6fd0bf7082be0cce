//! Values with parameters: `Content-Type`, `Content-Disposition`.
//!
//! *Spec*: RFC 2045 5.1; RFC 2183; RFC 2231 (continuations, charsets).
//!
//! *Invariant*: linear but for the sorting of continuations.
//!
//! *Seen in the wild*: encoded words in quotes; bytes beyond ASCII; spaces in what is not quoted;
//! `charset=x (a comment)`; backslashes of Windows paths; a parameter twice.

use std::collections::BTreeMap;

use super::encoded_word::{self, hex_pair};
use super::header::unfolded;
use crate::charset;
use crate::limits;

/// A value and its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parameterized {
    /// The value, in lower case: `text/plain`, `attachment`.
    pub value: String,
    /// The parameters, names in lower case, in the order of their first appearance.
    pub parameters: Vec<(String, String)>,
    /// The charset that was guessed for bytes beyond ASCII.
    pub guessed: Option<&'static str>,
    /// Whether something could not be decoded.
    pub undecodable: bool,
}

impl Parameterized {
    /// A parameter by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.parameters.iter();
        let found = all.find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// One value of RFC 2231, in pieces.
#[derive(Debug, Default)]
struct Pieces {
    /// By number; percent-encoded or not.
    pieces: BTreeMap<u32, (Vec<u8>, bool)>,
    /// Where it was first met.
    place: usize,
}

/// Parses a value, folded or not.
#[must_use]
pub fn parse(value: &[u8]) -> Parameterized {
    let value = unfolded(value);
    let mut out = Parameterized::default();
    let mut rest = value.as_slice();
    let main = until(&mut rest, b";");
    let main = main.split(|byte| *byte == b'(').next().unwrap_or_default();
    // `multipart/mixed boundary=x`: the semicolon is missing.
    let main = match main.iter().position(|byte| *byte == b'=') {
        Some(equals) => {
            let before = main.get(..equals).unwrap_or_default().trim_ascii_end();
            let space = before
                .iter()
                .rposition(u8::is_ascii_whitespace)
                .unwrap_or_default();
            rest = value.get(space..).unwrap_or_default();
            main.get(..space).unwrap_or_default()
        }
        None => main,
    };
    let main: Vec<u8> = main
        .iter()
        .copied()
        .filter(|b| !b.is_ascii_whitespace())
        .collect();
    out.value = String::from_utf8_lossy(&main).to_ascii_lowercase();
    let mut continued: BTreeMap<String, Pieces> = BTreeMap::new();
    let mut known = std::collections::BTreeSet::new();
    for _ in 0..limits::MIME_PARAMETERS {
        if rest.is_empty() {
            break;
        }
        let name = until(&mut rest, b"=;").trim_ascii().to_ascii_lowercase();
        if rest.first() != Some(&b'=') {
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        rest = rest.get(1..).unwrap_or_default();
        let name = String::from_utf8_lossy(&name).into_owned();
        let is_name = name.starts_with("name") || name.starts_with("filename");
        let value = parameter(&mut rest, is_name);
        match numbered(&name) {
            Some((base, number, encoded)) => {
                let place = out.parameters.len();
                let own = continued.entry(base.to_owned()).or_insert_with(|| Pieces {
                    place,
                    ..Pieces::default()
                });
                own.pieces.entry(number).or_insert((value, encoded));
            }
            None if !name.is_empty() && known.insert(name.clone()) => {
                let words = encoded_word::decode(&value);
                out.guessed = out.guessed.or(words.guessed);
                out.undecodable |= words.undecodable;
                out.parameters.push((name, words.text));
            }
            None => {}
        }
    }
    // The form of RFC 2231 goes before a plain one, which is there for old readers.
    let mut new: Vec<_> = continued.into_iter().collect();
    new.sort_by_key(|(_, pieces)| pieces.place);
    for (name, pieces) in new {
        let value = joined(pieces, &mut out);
        match known.contains(&name) {
            true => {
                let same = out.parameters.iter_mut().find(|(own, _)| *own == name);
                same.into_iter().for_each(|own| own.1.clone_from(&value));
            }
            false => out.parameters.push((name, value)),
        }
    }
    out
}

/// Takes what stands before one of these bytes, or all. Quotes hide them.
fn until<'v>(rest: &mut &'v [u8], stops: &[u8]) -> &'v [u8] {
    let end = rest.iter().position(|byte| stops.contains(byte));
    let (taken, after) = rest.split_at(end.unwrap_or(rest.len()));
    *rest = match (after.first(), stops) {
        (Some(b';'), [b';']) => after.get(1..).unwrap_or_default(),
        _ => after,
    };
    taken
}

/// Takes the value of a parameter and the semicolon behind it.
fn parameter(rest: &mut &[u8], is_name: bool) -> Vec<u8> {
    *rest = rest.trim_ascii_start();
    let Some(quoted) = rest.strip_prefix(b"\"") else {
        let value = until(rest, b";").trim_ascii();
        // A comment, but a name may have parentheses that nobody quoted.
        let value = match memchr::memmem::find(value, b" (") {
            Some(at) if !is_name => value.get(..at).unwrap_or_default(),
            _ => value,
        };
        return value.trim_ascii().trim_suffix_quote().to_vec();
    };
    let mut value = Vec::new();
    let mut bytes = quoted.iter().enumerate();
    let mut end = quoted.len();
    while let Some((at, &byte)) = bytes.next() {
        match byte {
            b'"' => {
                end = at.saturating_add(1);
                break;
            }
            // Only these are escaped by mailers; others are of a path.
            b'\\' if matches!(quoted.get(at.saturating_add(1)), Some(b'"' | b'\\')) => {
                value.extend(bytes.next().map(|(_, byte)| *byte));
            }
            byte => value.push(byte),
        }
    }
    *rest = quoted.get(end..).unwrap_or_default();
    until(rest, b";");
    value
}

trait Unquoted {
    fn trim_suffix_quote(&self) -> &[u8];
}

impl Unquoted for [u8] {
    /// Without a quote at the end to which none at the beginning belongs.
    fn trim_suffix_quote(&self) -> &[u8] {
        self.strip_suffix(b"\"").unwrap_or(self)
    }
}

/// Name, number and whether percent-encoded, of `name*`, `name*0`, `name*0*`.
fn numbered(name: &str) -> Option<(&str, u32, bool)> {
    let (base, rest) = name.split_once('*')?;
    if rest.is_empty() {
        return Some((base, 0, true));
    }
    let (number, encoded) = match rest.strip_suffix('*') {
        Some(number) => (number, true),
        None => (rest, false),
    };
    Some((base, number.parse().ok()?, encoded))
}

/// The pieces of a value as text.
fn joined(pieces: Pieces, out: &mut Parameterized) -> String {
    let mut bytes = Vec::new();
    let mut label = None;
    let mut any_encoded = false;
    for (index, (piece, encoded)) in pieces.pieces.into_values().enumerate() {
        let mut piece = piece.as_slice();
        if encoded && index == 0 {
            // charset'language'text
            let mut parts = piece.splitn(3, |byte| *byte == b'\'');
            if let (Some(charset), Some(_), Some(text)) = (parts.next(), parts.next(), parts.next())
            {
                label = Some(String::from_utf8_lossy(charset).into_owned());
                piece = text;
            }
        }
        any_encoded |= encoded;
        match encoded {
            true => percent(piece, &mut bytes),
            false => bytes.extend_from_slice(piece),
        }
    }
    if !any_encoded {
        // Continued, and encoded words all the same.
        let words = encoded_word::decode(&bytes);
        out.guessed = out.guessed.or(words.guessed);
        out.undecodable |= words.undecodable;
        return words.text;
    }
    let decoded = charset::decode(&bytes, label.as_deref());
    let guessed = decoded.guessed.filter(|charset| *charset != "UTF-8");
    out.guessed = out.guessed.or(guessed);
    out.undecodable |= !decoded.lossless;
    decoded.text
}

fn percent(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, hex_pair(after)) {
            (b'%', Some(byte)) => {
                out.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            (byte, _) => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(value: &str, name: &str) -> String {
        parse(value.as_bytes())
            .get(name)
            .unwrap_or("none")
            .to_owned()
    }

    #[test]
    fn the_examples_of_rfc_2231() {
        let value = "application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n \
            title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"";
        assert_eq!(get(value, "title"), "This is even more ***fun*** isn't it!");
        let value = "message/external-body; access-type=URL;\r\n URL*0=\"ftp://\";\r\n \
            URL*1=\"cs.utk.edu/pub\"";
        assert_eq!(get(value, "url"), "ftp://cs.utk.edu/pub");
        assert_eq!(parse(value.as_bytes()).value, "message/external-body");
    }

    #[test]
    fn names_as_mailers_write_them() {
        for (value, wanted) in [
            ("a/b; name=\"=?utf-8?Q?=C3=A4.txt?=\"", "ä.txt"),
            ("a/b; name==?utf-8?B?w6QudHh0?=", "ä.txt"),
            (
                "a/b; name=\"=?utf-8?Q?=C3?=\r\n =?utf-8?Q?=A4.txt?=\"",
                "ä.txt",
            ),
            ("a/b; name=my file (1).txt; x=y", "my file (1).txt"),
            ("a/b; name=\"C:\\dir\\x \\\"y\\\"\"", "C:\\dir\\x \"y\""),
            ("a/b; name=\"a;b\";", "a;b"),
            ("a/b; name=\"open", "open"),
            ("a/b; name=ä", "ä"),
            ("a/b; NAME = 'x'", "'x'"),
            ("a/b; name=old; name*=utf-8''new", "new"),
            ("a/b; name*1=b; name*0=a", "ab"),
            ("a/b; name*=iso-8859-1''%E4", "ä"),
            ("a/b; name*=x", "x"),
            ("a/b; name=one; name=two", "one"),
            ("a/b;; ;name=x", "x"),
        ] {
            assert_eq!(get(value, "name"), wanted, "{value}");
        }
    }

    #[test]
    fn values_and_comments() {
        let parsed = parse(b"TEXT/Plain (a comment); charset=us-ascii (Plain text)");
        assert_eq!(parsed.value, "text/plain");
        assert_eq!(parsed.get("charset"), Some("us-ascii"));
        assert_eq!(parse(b"").value, "");
        let parsed = parse(b"text/plain charset=x; y=z");
        assert_eq!(parsed.value, "text/plain");
        assert_eq!(
            (parsed.get("charset"), parsed.get("y")),
            (Some("x"), Some("z"))
        );
    }

    #[test]
    fn floods_are_bounded() {
        let value = format!("a/b{}", "; x*1=y".repeat(500_000));
        assert!(parse(value.as_bytes()).parameters.len() <= limits::MIME_PARAMETERS);
        let names: String = (0..100_000).map(|n| format!("; x{n}*1=y")).collect();
        assert!(parse(names.as_bytes()).parameters.len() <= limits::MIME_PARAMETERS);
    }
}
