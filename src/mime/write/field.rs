//! Header fields that are written: texts, mailboxes, words, parameters.
//!
//! *Spec*: RFC 5322 3.2, 3.4; RFC 2047; RFC 2231; RFC 6532 (addresses beyond ASCII).
//!
//! *Invariants*: what [`crate::mime`] reads of a field is what was given, but for white space
//! around it; no value can end its field.

use super::fold::{Folded, LONGEST};
use crate::mime::address::Mailbox;

/// Letters of the longest quoted string, and of the longest word of a name.
const QUOTED: usize = 70;

/// Adds a field of text.
pub fn text(out: &mut Vec<u8>, name: &str, text: &str) {
    let mut field = Folded::new(out, name);
    let words: Vec<&str> = text.split(' ').collect();
    let odd = |word: &&str| !is_plain(word);
    let Some(first) = words.iter().position(odd) else {
        if text.starts_with(' ') || text.ends_with(' ') {
            field.encoded(text);
        } else {
            plain(&mut field, &words);
        }
        return field.end();
    };
    let last = words.iter().rposition(odd).unwrap_or(first);
    // Words before and after are written as they are when there is one space between them.
    let whole = |words: &[&str]| words.iter().all(|word| !word.is_empty());
    let before = words.get(..first).unwrap_or_default();
    let after = words.get(last.saturating_add(1)..).unwrap_or_default();
    let from = if whole(before) { first } else { 0 };
    let to = if whole(after) {
        last.saturating_add(1)
    } else {
        words.len()
    };
    for word in words.get(..from).unwrap_or_default() {
        field.word(word.as_bytes());
    }
    let middle = words.get(from..to).unwrap_or_default().join(" ");
    field.encoded(&middle);
    for word in words.get(to..).unwrap_or_default() {
        field.word(word.as_bytes());
    }
    field.end();
}

/// Words and the spaces between them, as they are.
fn plain(field: &mut Folded<'_>, words: &[&str]) {
    let mut spaces = 1_usize;
    for word in words {
        if word.is_empty() {
            spaces = spaces.saturating_add(1);
            continue;
        }
        field.spaced(spaces, word.as_bytes());
        spaces = 1;
    }
}

/// Whether a word can stand in a text as it is.
fn is_plain(word: &str) -> bool {
    word.len() <= LONGEST && !word.contains("=?") && word.bytes().all(|b| b.is_ascii_graphic())
}

/// Adds a field of words that are no text: ids, dates, and what is encoded already. Line ends and
/// the like in it are spaces.
pub fn tokens(out: &mut Vec<u8>, name: &str, value: &str) {
    let mut field = Folded::new(out, name);
    for word in value.split(|letter: char| letter.is_ascii_control() || letter == ' ') {
        if !word.is_empty() {
            field.word(word.as_bytes());
        }
    }
    field.end();
}

/// Adds a field whose value is as it came, on one line.
pub fn unfolded(out: &mut Vec<u8>, name: &str, value: &str) {
    let value = value.replace(
        |letter: char| letter.is_ascii_control() && letter != '\t',
        " ",
    );
    let mut field = Folded::new(out, name);
    let words: Vec<&str> = value.trim().split(' ').collect();
    plain(&mut field, &words);
    field.end();
}

/// Adds a field of mailboxes; one without an address is a group without members.
pub fn mailboxes(out: &mut Vec<u8>, name: &str, all: &[Mailbox]) {
    let mut field = Folded::new(out, name);
    let mut any = false;
    for mailbox in all {
        let address = mailbox.address.as_deref().and_then(address);
        if address.is_none() && mailbox.name.is_empty() {
            continue;
        }
        if any {
            field.glued(b",");
        }
        any = true;
        match &address {
            Some(address) if mailbox.name.is_empty() => field.word(address.as_bytes()),
            Some(address) => {
                phrase(&mut field, &mailbox.name);
                field.word(format!("<{address}>").as_bytes());
            }
            None => {
                phrase(&mut field, &mailbox.name);
                field.glued(b":;");
            }
        }
    }
    field.end();
}

/// Adds a field of words between commas.
pub fn phrases(out: &mut Vec<u8>, name: &str, all: &[String]) {
    let mut field = Folded::new(out, name);
    for (at, own) in all.iter().enumerate() {
        if at > 0 {
            field.glued(b",");
        }
        if own.split(' ').all(is_atom) {
            own.split(' ').for_each(|word| field.word(word.as_bytes()));
        } else {
            field.encoded(own);
        }
    }
    field.end();
}

fn is_atom(word: &str) -> bool {
    let atext = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    !word.is_empty() && word.len() <= QUOTED && !word.contains("=?") && word.bytes().all(atext)
}

/// The name of a mailbox.
fn phrase(field: &mut Folded<'_>, name: &str) {
    if name.split(' ').all(is_atom) {
        return name.split(' ').for_each(|word| field.word(word.as_bytes()));
    }
    let printable = name.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let spaced = name.starts_with(' ') || name.ends_with(' ') || name.contains("  ");
    if printable && !spaced && name.len() <= QUOTED && !name.contains("=?") {
        field.word(quoted(name).as_bytes());
    } else {
        field.encoded(name);
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push('"');
    out
}

/// An address as it stands in a field; `None` of one that cannot stand there.
fn address(own: &str) -> Option<String> {
    let clean = |text: &str| {
        let odd = |letter: char| {
            letter.is_control() || letter.is_whitespace() || "<>()[]:;,\\\"".contains(letter)
        };
        !text.is_empty() && !text.contains(odd)
    };
    if own.is_empty() || own.len() > LONGEST || own.contains(|letter: char| letter.is_control()) {
        return None;
    }
    if clean(own) {
        return Some(own.to_owned());
    }
    let Some((local, domain)) = own.rsplit_once('@') else {
        return Some(quoted(own));
    };
    let literal = domain
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let literal = literal.is_some_and(|inside| {
        let odd = |letter: char| letter.is_whitespace() || "[]\\<>".contains(letter);
        !inside.contains(odd)
    });
    if !(clean(domain) || literal) {
        return Some(quoted(own));
    }
    let is_quoted = local.len() > 1 && local.starts_with('"') && local.ends_with('"');
    if is_quoted || clean(local) {
        return Some(own.to_owned());
    }
    Some(format!("{}@{domain}", quoted(local)))
}

/// Adds a field of a value and its parameters.
pub fn parameterized<'p>(
    out: &mut Vec<u8>,
    name: &str,
    value: &str,
    parameters: impl IntoIterator<Item = (&'p str, &'p str)>,
) {
    let mut field = Folded::new(out, name);
    field.word(value.as_bytes());
    for (name, value) in parameters {
        parameter(&mut field, name, value);
    }
    field.end();
}

fn parameter(field: &mut Folded<'_>, name: &str, value: &str) {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`{}~".contains(&byte);
    let whole = name.len().saturating_add(value.len()) <= QUOTED && !value.contains("=?");
    if whole && !value.is_empty() && value.bytes().all(token) {
        field.glued(b";");
        return field.word(format!("{name}={value}").as_bytes());
    }
    let quotable = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    let trimmed = value.trim() == value;
    if whole && trimmed && value.bytes().all(quotable) {
        field.glued(b";");
        return field.word(format!("{name}=\"{value}\"").as_bytes());
    }
    extended(field, name, value);
}

/// A parameter by RFC 2231, in pieces where it is long.
fn extended(field: &mut Folded<'_>, name: &str, value: &str) {
    let mut pieces = vec![String::from("utf-8''")];
    for byte in value.bytes() {
        let one = match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        };
        match pieces.last_mut() {
            Some(last) if name.len().saturating_add(last.len()) < QUOTED - 10 => {
                last.push_str(&one);
            }
            _ => pieces.push(one),
        }
    }
    let several = pieces.len() > 1;
    for (number, piece) in pieces.iter().enumerate() {
        field.glued(b";");
        let part = if several {
            format!("{name}*{number}*={piece}")
        } else {
            format!("{name}*={piece}")
        };
        field.word(part.as_bytes());
    }
}

/// Adds a field as it came, folds included. Its lines end as they should, and none ends the header;
/// one with too long lines is folded anew.
pub fn as_it_came(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    let lines = value.split(|byte| matches!(byte, b'\r' | b'\n'));
    let lines: Vec<&[u8]> = lines.filter(|line| !line.trim_ascii().is_empty()).collect();
    if lines.iter().any(|line| line.len() > LONGEST) {
        return tokens(out, name, &String::from_utf8_lossy(value));
    }
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            out.extend_from_slice(b"\r\n");
        }
        if !matches!(line.first(), Some(b' ' | b'\t')) && (number > 0 || !line.is_empty()) {
            out.push(b' ');
        }
        out.extend_from_slice(line);
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mime::{Header, address, encoded_word, parameters};

    /// The value of the one field that was written.
    fn read(block: &[u8], name: &str) -> Vec<u8> {
        let header = Header::parse(block.to_vec());
        assert_eq!(header.iter().count(), 1, "{block:?}");
        for line in block.split(|byte| *byte == b'\n') {
            assert!(line.len() <= 999, "{line:?}");
        }
        header.get(name).unwrap().to_vec()
    }

    #[test]
    fn texts_are_folded_and_encoded() {
        let mut out = Vec::new();
        text(&mut out, "Subject", "Plain  text");
        text(&mut out, "Subject", "RE: Grüße an alle");
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "Subject: Plain  text\r\nSubject: RE: =?utf-8?b?R3LDvMOfZQ==?= an alle\r\n"
        );
    }

    #[test]
    fn mailboxes_of_every_sort() {
        let of = |name: &str, address: Option<&str>| Mailbox {
            name: name.to_owned(),
            address: address.map(str::to_owned),
        };
        let all = [
            of("Anna Example", Some("anna@example.net")),
            of("Example, Anna", Some("anna@example.net")),
            of("", Some("b@example.net")),
            of("Team", None),
            of("Ex", Some("/O=FIRST ORG/CN=X")),
            of("Größe", Some("a b@example.net")),
        ];
        let mut out = Vec::new();
        mailboxes(&mut out, "To", &all);
        let back = address::parse(&read(&out, "To")).list;
        assert_eq!(back[..5], all[..5], "{}", String::from_utf8_lossy(&out));
        assert_eq!(back[5].address.as_deref(), Some("\"a b\"@example.net"));
    }

    proptest! {
        #[test]
        fn any_text_comes_back(value in "([ a-zA-Z]|\\PC|[\\x00-\\x1f]|=\\?|[a-z]{100}){0,60}") {
            let mut out = Vec::new();
            text(&mut out, "Subject", &value);
            let back = encoded_word::decode(&read(&out, "Subject")).text;
            prop_assert_eq!(back, value);
        }

        #[test]
        fn any_name_comes_back(name in "([ a-zA-Z,\"\\\\<>@.:;()]|\\PC|=\\?utf){1,40}") {
            let all = [Mailbox { name: name.clone(), address: Some("a@example.net".to_owned()) }];
            let mut out = Vec::new();
            mailboxes(&mut out, "To", &all);
            let back = address::parse(&read(&out, "To")).list;
            prop_assert_eq!(back.len(), 1);
            prop_assert_eq!(back[0].name.as_str(), name.trim());
            prop_assert_eq!(back[0].address.as_deref(), Some("a@example.net"));
        }

        #[test]
        fn any_parameter_comes_back(value in "([ a-z\"\\\\;=']|\\PC|[\\x00-\\x1f]|%41){1,80}") {
            let mut out = Vec::new();
            parameterized(&mut out, "Content-Type", "a/b", [("name", value.as_str()), ("x", "y")]);
            let back = parameters::parse(&read(&out, "Content-Type"));
            prop_assert_eq!(back.get("name"), Some(value.as_str()));
            prop_assert_eq!(back.get("x"), Some("y"));
        }

        #[test]
        fn any_words_come_back(all in proptest::collection::vec("[a-z. ü\"]{0,12}[a-zä]", 1..5)) {
            let mut out = Vec::new();
            phrases(&mut out, "Keywords", &all);
            let back = encoded_word::decode(&read(&out, "Keywords")).text;
            let back: Vec<&str> = back.split(',').map(str::trim).collect();
            let all: Vec<&str> = all.iter().map(|own| own.trim()).collect();
            prop_assert_eq!(back, all);
        }
    }
}
