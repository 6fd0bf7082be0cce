//! Content lines: the lines that vCard and iCalendar are made of, unfolded and taken apart. Values
//! stay bytes, since each may name its own charset and encoding.
//!
//! *Spec*: RFC 6350 3.2 and 3.3, RFC 5545 3.1, RFC 2425 5.8; vCard 2.1 (versit 1996) 2.1.3; RFC
//! 2045 6.7 (soft line breaks); RFC 6868 (`^` in parameter values).
//!
//! *Shape*: `[group.]NAME[;PARAM=value,"value"][;WORD]:value`, folded by a line break and a blank.
//!
//! *Invariants*: every byte that is no line break or fold is in exactly one line; linear time.
//!
//! *Seen in the wild*: quoted-printable and Base64 that go on in lines without a blank before;
//! blank lines between any others; line ends LF, CR and CR CR LF; parameters folded before the
//! colon; quotes that are never closed; names with blanks and slashes.

use std::borrow::Cow;

use crate::limits;

/// What becomes of the white space that begins a folded line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folding {
    /// One character is part of the fold (RFC 2425 and later).
    Removed,
    /// It is part of the text, since lines break at white space only (vCard 2.1); but not where the
    /// line was cut at its full width, as newer software does.
    Kept,
}

/// How a value is encoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// As it stands.
    #[default]
    Plain,
    /// Quoted-printable.
    QuotedPrintable,
    /// Base64.
    Base64,
}

/// A line of content, unfolded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentLine {
    /// The number of its first line in the text, from 1.
    pub number: u32,
    /// The group before the name; empty when there is none.
    pub group: String,
    /// Its name in upper case.
    pub name: String,
    /// Its parameters, in order; at most [`limits::LINE_PARAMS`].
    pub params: Vec<Param>,
    /// Whether it has parameters beyond that limit; the head has them.
    pub more_params: bool,
    /// How its value is encoded.
    pub encoding: Encoding,
    pub(crate) bytes: Vec<u8>,
    pub(crate) colon: usize,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Its name in upper case; empty when a word stands alone, as in vCard 2.1.
    pub name: String,
    /// Its values, without quotes.
    pub values: Vec<String>,
}

/// A line without a colon, or without a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoContent {
    /// The number of its first line in the text, from 1.
    pub number: u32,
    /// What stands there.
    pub bytes: Vec<u8>,
}

/// The lines of a text, unfolded and taken apart.
#[derive(Debug, Clone)]
pub struct ContentLines<'a> {
    rest: &'a [u8],
    line_end: u8,
    number: u32,
    folding: Folding,
}

/// The lines of a text.
#[must_use]
pub fn read(text: &[u8], folding: Folding) -> ContentLines<'_> {
    ContentLines {
        rest: text,
        line_end: if text.contains(&b'\n') { b'\n' } else { b'\r' },
        number: 0,
        folding,
    }
}

impl<'a> ContentLines<'a> {
    /// The next line as it stands, without its end, and what follows it.
    fn peek(&self) -> Option<(&'a [u8], &'a [u8])> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(self.line_end, self.rest);
        let (line, rest) = match end {
            Some(end) => {
                let (line, rest) = self.rest.split_at_checked(end)?;
                (line, rest.get(1..).unwrap_or_default())
            }
            None => (self.rest, <&[u8]>::default()),
        };
        let returns = line.iter().rev().take_while(|byte| **byte == b'\r').count();
        let kept = line.len().saturating_sub(returns);
        Some((line.get(..kept).unwrap_or_default(), rest))
    }

    fn step(&mut self, rest: &'a [u8]) {
        self.rest = rest;
        self.number = self.number.saturating_add(1);
    }

    /// Adds the lines that go on with this one.
    fn go_on(&mut self, line: &mut Vec<u8>) -> Head {
        let mut head = Head::default();
        head.scan(line);
        let mut width = line.len();
        while let Some((next, rest)) = self.peek() {
            let blank = next.iter().all(|byte| is_blank(*byte));
            match head.encoding {
                Encoding::QuotedPrintable if ends_softly(line) => {
                    if is_bound(next) {
                        break;
                    }
                    while line.pop() != Some(b'=') {}
                    line.extend_from_slice(next);
                    self.step(rest);
                    if blank {
                        break;
                    }
                    continue;
                }
                Encoding::Base64 if !blank && is_base64(next) => {
                    line.extend(next.iter().filter(|byte| !is_blank(**byte)));
                    self.step(rest);
                    continue;
                }
                Encoding::Base64 if blank && self.goes_on_after_blank(rest) => {
                    self.step(rest);
                    continue;
                }
                Encoding::Plain if next.is_empty() && self.folds_after_blank(rest) => {
                    self.step(rest);
                    continue;
                }
                _ => {}
            }
            let Some((first, tail)) = next.split_first().filter(|(first, _)| is_blank(**first))
            else {
                break;
            };
            let word_follows = tail.first().is_some_and(|byte| !is_blank(*byte));
            if self.folding == Folding::Kept && word_follows && !FULL_WIDTH.contains(&width) {
                line.push(*first);
            }
            line.extend_from_slice(tail);
            width = next.len();
            self.step(rest);
            head.scan(line);
        }
        head
    }

    /// Whether a fold goes on after an empty line, which no writer means.
    fn folds_after_blank(&self, rest: &'a [u8]) -> bool {
        let after = Self {
            rest,
            ..self.clone()
        };
        after.peek().is_some_and(|(next, _)| {
            next.first().is_some_and(|first| is_blank(*first))
                && next.iter().any(|byte| !is_blank(*byte))
        })
    }

    /// Whether Base64 goes on in an indented line after a blank one, as in files whose line ends
    /// were doubled.
    fn goes_on_after_blank(&self, rest: &'a [u8]) -> bool {
        let after = Self {
            rest,
            ..self.clone()
        };
        after.peek().is_some_and(|(next, _)| {
            next.first().is_some_and(|first| is_blank(*first))
                && next.iter().any(|byte| !is_blank(*byte))
                && is_base64(next)
        })
    }
}

/// Where software that cuts lines at their full width cuts them.
const FULL_WIDTH: std::ops::RangeInclusive<usize> = 72..=77;

impl Iterator for ContentLines<'_> {
    type Item = Result<ContentLine, NoContent>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = loop {
            let (line, rest) = self.peek()?;
            self.step(rest);
            if line.iter().any(|byte| !is_blank(*byte) && *byte != 0) {
                break line.to_vec();
            }
        };
        let number = self.number;
        let head = self.go_on(&mut line);
        Some(ContentLine::of(number, line, head))
    }
}

/// What is known of a line up to its colon, while it is being unfolded.
#[derive(Debug, Default)]
struct Head {
    scanned: usize,
    in_quotes: bool,
    colon: Option<usize>,
    encoding: Encoding,
}

impl Head {
    /// Looks for the colon in what was added.
    fn scan(&mut self, line: &[u8]) {
        if self.colon.is_some() {
            return;
        }
        for (at, byte) in line.iter().enumerate().skip(self.scanned) {
            match byte {
                b'"' => self.in_quotes = !self.in_quotes,
                b':' if !self.in_quotes => {
                    self.colon = Some(at);
                    self.encoding = encoding(line.get(..at).unwrap_or_default());
                    break;
                }
                _ => {}
            }
        }
        self.scanned = line.len();
    }
}

/// The encoding that the parameters tell.
fn encoding(head: &[u8]) -> Encoding {
    let told = head.split(|byte| *byte == b';').skip(1).find_map(|param| {
        let mut parts = param.splitn(2, |byte| *byte == b'=');
        let (name, value) = match (parts.next(), parts.next()) {
            (Some(name), Some(value)) => (name.trim_ascii(), value),
            (word, _) => (b"ENCODING".as_slice(), word.unwrap_or_default()),
        };
        if !name.eq_ignore_ascii_case(b"ENCODING") {
            return None;
        }
        let value = value.trim_ascii();
        let value = value.strip_prefix(b"\"").unwrap_or(value);
        let value = value.strip_suffix(b"\"").unwrap_or(value);
        let is = |word: &str| value.eq_ignore_ascii_case(word.as_bytes());
        if is("QUOTED-PRINTABLE") || is("Q") {
            Some(Encoding::QuotedPrintable)
        } else if is("BASE64") || is("B") {
            Some(Encoding::Base64)
        } else {
            None
        }
    });
    told.unwrap_or(Encoding::Plain)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Whether quoted-printable text goes on in the next line.
fn ends_softly(line: &[u8]) -> bool {
    let last = line.iter().rev().find(|byte| !is_blank(**byte));
    last == Some(&b'=')
}

/// Whether an object begins or ends here, whatever the line before promised.
fn is_bound(line: &[u8]) -> bool {
    let starts = |word: &[u8]| {
        line.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    starts(b"END:V") || starts(b"BEGIN:V")
}

/// Whether a line holds nothing but Base64 and blanks.
fn is_base64(line: &[u8]) -> bool {
    line.iter().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b' ' | b'\t')
    })
}

impl ContentLine {
    fn of(number: u32, mut bytes: Vec<u8>, head: Head) -> Result<Self, NoContent> {
        // A quote that is never closed hides the colon: then quotes are letters like others.
        let quotes = head.colon.is_some();
        let colon = head
            .colon
            .or_else(|| bytes.iter().position(|byte| *byte == b':'));
        let Some(colon) = colon else {
            return Err(NoContent { number, bytes });
        };
        let mut parts = Split::new(bytes.get(..colon).unwrap_or_default(), b';', quotes);
        let name = parts.next().unwrap_or_default().trim_ascii();
        let dot = name.iter().rposition(|byte| *byte == b'.');
        let (group, name) = match dot {
            Some(dot) => (
                name.get(..dot).unwrap_or_default(),
                name.get(dot.saturating_add(1)..).unwrap_or_default(),
            ),
            None => (<&[u8]>::default(), name),
        };
        if name.is_empty() {
            return Err(NoContent { number, bytes });
        }
        let group = text(group);
        let name = text(name).to_ascii_uppercase();
        let taken = parts.by_ref().take(limits::LINE_PARAMS);
        let params: Vec<_> = taken.filter_map(|part| param(part, quotes)).collect();
        let full = |param: &Param| param.values.len() >= limits::LINE_PARAMS;
        let more_params = parts.next().is_some() || params.iter().any(full);
        let encoding = head.encoding;
        if encoding == Encoding::Base64 {
            let mut at = 0_usize;
            bytes.retain(|byte| {
                at = at.saturating_add(1);
                at <= colon || !is_blank(*byte)
            });
        }
        Ok(Self {
            number,
            group,
            name,
            params,
            more_params,
            encoding,
            bytes,
            colon,
        })
    }

    /// All before the colon: name and parameters as written.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        self.bytes.get(..self.colon).unwrap_or_default()
    }

    /// The value, still encoded.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        let start = self.colon.saturating_add(1);
        self.bytes.get(start..).unwrap_or_default()
    }

    /// The values of every parameter of this name.
    pub fn param<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        let params = self.params.iter().filter(move |param| param.name == name);
        params.flat_map(|param| param.values.iter().map(String::as_str))
    }
}

fn param(part: &[u8], quotes: bool) -> Option<Param> {
    let equals = part.iter().position(|byte| *byte == b'=');
    let (name, values) = match equals {
        Some(at) => (
            text(part.get(..at)?.trim_ascii()).to_ascii_uppercase(),
            part.get(at.saturating_add(1)..)?,
        ),
        None => (String::new(), part),
    };
    if name.is_empty() && values.trim_ascii().is_empty() {
        return None;
    }
    let values = Split::new(values, b',', quotes).take(limits::LINE_PARAMS);
    Some(Param {
        name,
        values: values.map(|value| text(&unquoted(value))).collect(),
    })
}

/// The value without the quotes around it, or parts of it.
fn unquoted(value: &[u8]) -> Cow<'_, [u8]> {
    let value = value.trim_ascii();
    if value.contains(&b'"') {
        value
            .iter()
            .copied()
            .filter(|byte| *byte != b'"')
            .collect::<Vec<_>>()
            .into()
    } else {
        value.into()
    }
}

/// Names and parameters are ASCII, or UTF-8; what else there is cannot say so.
fn text(bytes: &[u8]) -> String {
    crate::charset::utf8_or(bytes, crate::charset::WESTERN).text
}

/// The parts between separators outside quotes.
struct Split<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
    quotes: bool,
}

impl<'a> Split<'a> {
    fn new(text: &'a [u8], separator: u8, quotes: bool) -> Self {
        Self {
            rest: Some(text),
            separator,
            quotes,
        }
    }
}

impl<'a> Iterator for Split<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let mut in_quotes = false;
        let end = rest.iter().position(|byte| {
            in_quotes ^= self.quotes && *byte == b'"';
            *byte == self.separator && !in_quotes
        });
        let Some(end) = end else {
            return self.rest.take();
        };
        self.rest = rest.get(end.saturating_add(1)..);
        rest.get(..end)
    }
}

/// A parameter value with `^n`, `^^` and `^'` resolved (RFC 6868).
#[must_use]
pub fn without_carets(value: &str) -> Cow<'_, str> {
    if !value.contains('^') {
        return value.into();
    }
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        let meant = match (letter, letters.peek()) {
            ('^', Some('n')) => '\n',
            ('^', Some('\'')) => '"',
            ('^', Some('^')) => '^',
            _ => {
                text.push(letter);
                continue;
            }
        };
        text.push(meant);
        letters.next();
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, folding: Folding) -> Vec<ContentLine> {
        read(text.as_bytes(), folding).map(Result::unwrap).collect()
    }

    fn values(text: &str, folding: Folding) -> Vec<String> {
        let lines = lines(text, folding);
        let value = |line: &ContentLine| String::from_utf8(line.value().to_vec()).unwrap();
        lines.iter().map(value).collect()
    }

    #[test]
    fn a_line_is_taken_apart() {
        let text = "item1.tel;TYPE=work,\"voice,x\";Pref;X-A=\"a:b;c\":tel:+1;ext=2\r\n";
        let [line] = lines(text, Folding::Removed).try_into().unwrap();
        assert_eq!((line.group.as_str(), line.name.as_str()), ("item1", "TEL"));
        assert_eq!(line.value(), b"tel:+1;ext=2");
        let types: Vec<_> = line.param("TYPE").collect();
        assert_eq!(types, ["work", "voice,x"]);
        assert_eq!(line.param("").collect::<Vec<_>>(), ["Pref"]);
        assert_eq!(line.param("X-A").collect::<Vec<_>>(), ["a:b;c"]);
    }

    #[test]
    fn folds_are_removed_before_and_after_the_colon() {
        let text = "NOTE;X-A=\"1\r\n 2\":ab\r\n c\n\t d\r\n\r\nFN:e";
        assert_eq!(values(text, Folding::Removed), ["abc d", "e"]);
        assert_eq!(lines(text, Folding::Removed)[0].params[0].values, ["12"]);
        assert_eq!(values("FN:ab\r\n cd", Folding::Kept), ["ab cd"]);
        assert_eq!(values("FN\r\n\r\n :ab", Folding::Removed), ["ab"]);
        let wide = format!("FN:{}\r\n cd", "x".repeat(72));
        assert_eq!(
            values(&wide, Folding::Kept),
            [format!("{}cd", "x".repeat(72))]
        );
        assert_eq!(values("A:1\rB:2\r 3\r", Folding::Removed), ["1", "23"]);
    }

    #[test]
    fn soft_line_breaks_are_joined() {
        let text = "NOTE;QUOTED-PRINTABLE:a=0D= \r\n=0A b =\r\n c:d\r\nFN:x=\r\nN:y\r\n";
        assert_eq!(values(text, Folding::Kept), ["a=0D=0A b  c:d", "x=", "y"]);
        let cut = "NOTE;ENCODING=QUOTED-PRINTABLE:a=\r\nEND:VCARD";
        assert_eq!(values(cut, Folding::Kept), ["a=", "VCARD"]);
        let blank = "NOTE;ENCODING=QUOTED-PRINTABLE:a=\r\n\r\nTEL:1";
        assert_eq!(values(blank, Folding::Kept), ["a", "1"]);
    }

    #[test]
    fn bare_base64_goes_on_to_a_blank_line_or_a_colon() {
        let text = "PHOTO;ENCODING=b:QUJD\nREVG\n R0hJ\n\nFN:x\nKEY;BASE64:\n  QQ==\n\n\nN:y";
        assert_eq!(
            values(text, Folding::Kept),
            ["QUJDREVGR0hJ", "x", "QQ==", "y"]
        );
        let doubled = "PHOTO;ENCODING=b:QUJD\r\n\r\n REVG\r\n\r\nFN:x";
        assert_eq!(values(doubled, Folding::Removed), ["QUJDREVG", "x"]);
    }

    #[test]
    fn bad_lines_cost_themselves() {
        let text = "no colon here\r\nFN:x\r\n:nothing\r\nX-A=\"b:c\r\n";
        let all: Vec<_> = read(text.as_bytes(), Folding::Removed).collect();
        assert!(all[0].is_err() && all[2].is_err());
        assert_eq!(all[1].as_ref().unwrap().value(), b"x");
        // The quote is never closed, so the first colon counts.
        assert_eq!(all[3].as_ref().unwrap().value(), b"c");
        assert_eq!(all[3].as_ref().unwrap().number, 4);
    }

    #[test]
    fn carets_of_rfc_6868() {
        assert_eq!(without_carets("a^nb^'c^^d^e^"), "a\nb\"c^d^e^");
    }
}
