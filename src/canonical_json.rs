//! The one way to write a JSON value in a bundle: RFC 8785 (JCS) without floats.
//!
//! *Spec*: RFC 8785; `formats/bundle.md`, section 5.
//!
//! *Invariants*: members sorted by UTF-16 code units, none twice; no white space; integers of at
//! most 2^53 − 1 in magnitude and nothing else as numbers; `\b \t \n \f \r \" \\` and `\u00xx` the
//! only escapes; UTF-8; bounded depth. [`check`] accepts exactly what [`to_vec`] writes.

use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use crate::limits::BUNDLE_JSON_DEPTH;

/// The greatest integer that every JSON reader keeps exactly: 2^53 − 1.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Why a value cannot be written, or bytes are not canonical.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CanonicalError {
    /// The bytes are not the canonical form of any value.
    #[error("offset {offset}: {what}")]
    Form {
        /// Offset of the fault.
        offset: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// The value has a number that is not an integer within ±(2^53 − 1).
    #[error("number {0} is not an integer within ±(2^53 − 1); write it as text")]
    Number(String),
    /// The value is nested too deeply.
    #[error("JSON is nested more than {BUNDLE_JSON_DEPTH} levels deep")]
    Depth,
    /// The value cannot be serialised at all.
    #[error("cannot be serialised: {0}")]
    Serialise(String),
}

/// The canonical bytes of a value.
///
/// # Errors
/// When it holds a float or too great an integer, or is nested beyond [`BUNDLE_JSON_DEPTH`].
pub fn to_vec(value: &impl Serialize) -> Result<Vec<u8>, CanonicalError> {
    let serialise = |error: serde_json::Error| CanonicalError::Serialise(error.to_string());
    if let Some(out) = crate::canonical_order::write(value) {
        return Ok(out);
    }
    let value = serde_json::to_value(value).map_err(serialise)?;
    let mut out = Vec::with_capacity(512);
    write_value(&value, 0, &mut out)?;
    Ok(out)
}

/// Bytes to hash a value by: the canonical ones, where there are numbers that no bundle may have in
/// the form of RFC 8785.
#[must_use]
pub fn to_hash(value: &impl Serialize) -> Vec<u8> {
    to_vec(value).unwrap_or_else(|_| serde_json_canonicalizer::to_vec(value).unwrap_or_default())
}

/// Appends the canonical bytes of a JSON value.
///
/// # Errors
/// As for [`to_vec`].
pub fn write_value(value: &Value, depth: usize, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    if depth >= BUNDLE_JSON_DEPTH && matches!(value, Value::Array(_) | Value::Object(_)) {
        return Err(CanonicalError::Depth);
    }
    match value {
        Value::Null => out.extend(b"null"),
        Value::Bool(true) => out.extend(b"true"),
        Value::Bool(false) => out.extend(b"false"),
        Value::Number(number) => {
            let magnitude = number
                .as_u64()
                .or_else(|| number.as_i64().map(i64::unsigned_abs));
            if magnitude.is_none_or(|m| m > MAX_INTEGER) {
                return Err(CanonicalError::Number(number.to_string()));
            }
            out.extend(number.to_string().as_bytes());
        }
        Value::String(text) => write_string(text, out),
        Value::Array(values) => {
            out.push(b'[');
            for (n, value) in values.iter().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                write_value(value, depth.saturating_add(1), out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| compare_keys(a, b));
            out.push(b'{');
            for (n, (key, value)) in members.into_iter().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                write_string(key, out);
                out.push(b':');
                write_value(value, depth.saturating_add(1), out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

/// RFC 8785, 3.2.3: by UTF-16 code units. The order of UTF-8 bytes is the same for ASCII.
fn compare_keys(a: &str, b: &str) -> std::cmp::Ordering {
    if a.is_ascii() && b.is_ascii() {
        a.cmp(b)
    } else {
        a.encode_utf16().cmp(b.encode_utf16())
    }
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(plain) = rest.iter().position(|b| needs_escape(*b)) {
        let (before, from) = rest.split_at(plain);
        out.extend(before);
        if let Some((byte, after)) = from.split_first() {
            match short_escape(*byte) {
                Some(letter) => out.extend([b'\\', letter]),
                None => out.extend(format!("\\u{byte:04x}").as_bytes()),
            }
            rest = after;
        }
    }
    out.extend(rest);
    out.push(b'"');
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// The letter after the backslash, for bytes that have one.
fn short_escape(byte: u8) -> Option<u8> {
    Some(match byte {
        0x08 => b'b',
        0x09 => b't',
        0x0a => b'n',
        0x0c => b'f',
        0x0d => b'r',
        b'"' | b'\\' => byte,
        _ => return None,
    })
}

/// Checks that bytes are the canonical form of one value, without building it.
///
/// # Errors
/// [`CanonicalError::Form`] with the offset of the first deviation; [`CanonicalError::Depth`].
pub fn check(bytes: &[u8]) -> Result<(), CanonicalError> {
    let text = std::str::from_utf8(bytes).map_err(|error| CanonicalError::Form {
        offset: error.valid_up_to(),
        what: "not UTF-8",
    })?;
    Checker {
        text,
        bytes,
        pos: 0,
        open: Vec::new(),
    }
    .run()
}

/// One object or array that is open: the last key for an object.
enum Level {
    Object(Option<String>),
    Array,
}

struct Checker<'a> {
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
    open: Vec<Level>,
}

impl Checker<'_> {
    fn fault<T>(&self, what: &'static str) -> Result<T, CanonicalError> {
        Err(CanonicalError::Form {
            offset: self.pos,
            what,
        })
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    fn step(&mut self) {
        self.pos = self.pos.saturating_add(1);
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), CanonicalError> {
        if self.peek() != Some(byte) {
            return self.fault(what);
        }
        self.step();
        Ok(())
    }

    fn literal(&mut self, word: &str) -> Result<(), CanonicalError> {
        let rest = self.bytes.get(self.pos..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return self.fault("not a value");
        }
        self.pos = self.pos.saturating_add(word.len());
        Ok(())
    }

    /// Runs over values; the stack of open levels replaces recursion.
    fn run(mut self) -> Result<(), CanonicalError> {
        loop {
            // A value starts here.
            match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    if self.open.len() >= BUNDLE_JSON_DEPTH {
                        return Err(CanonicalError::Depth);
                    }
                    self.step();
                    let (level, close) = if open == b'{' {
                        (Level::Object(None), b'}')
                    } else {
                        (Level::Array, b']')
                    };
                    if self.peek() == Some(close) {
                        self.step();
                    } else {
                        self.open.push(level);
                        if open == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                Some(b'"') => {
                    self.string(false)?;
                }
                Some(b't') => self.literal("true")?,
                Some(b'f') => self.literal("false")?,
                Some(b'n') => self.literal("null")?,
                _ => self.integer()?,
            }
            // A value has ended: close what ends with it, or go to the next.
            loop {
                let Some(level) = self.open.last() else {
                    if self.pos == self.bytes.len() {
                        return Ok(());
                    }
                    return self.fault("bytes after the value");
                };
                let (close, object) = match level {
                    Level::Object(_) => (b'}', true),
                    Level::Array => (b']', false),
                };
                if self.peek() == Some(close) {
                    self.step();
                    self.open.pop();
                    continue;
                }
                self.expect(b',', "expected a comma or the end of the object or array")?;
                if object {
                    self.key()?;
                }
                break;
            }
        }
    }

    fn key(&mut self) -> Result<(), CanonicalError> {
        let at = self.pos;
        let key = self.string(true)?;
        if let Some(Level::Object(last)) = self.open.last_mut() {
            if last
                .as_ref()
                .is_some_and(|last| compare_keys(last, &key) != std::cmp::Ordering::Less)
            {
                return Err(CanonicalError::Form {
                    offset: at,
                    what: "member twice or out of order",
                });
            }
            *last = Some(key);
        }
        self.expect(b':', "expected a colon")
    }

    /// Passes over a string; gives its text only if asked to keep it, as for a key.
    fn string(&mut self, keep: bool) -> Result<String, CanonicalError> {
        self.expect(b'"', "expected a string")?;
        let mut decoded = String::new();
        loop {
            let rest = self.bytes.get(self.pos..).unwrap_or_default();
            let Some(run) = rest.iter().position(|b| needs_escape(*b)) else {
                return self.fault("string without an end");
            };
            let end = self.pos.saturating_add(run);
            if keep {
                decoded.push_str(self.text.get(self.pos..end).unwrap_or_default());
            }
            self.pos = end;
            match self.peek() {
                Some(b'"') => {
                    self.step();
                    return Ok(decoded);
                }
                Some(b'\\') => {
                    self.step();
                    let character = self.escape()?;
                    if keep {
                        decoded.push(character);
                    }
                }
                _ => return self.fault("control character in a string"),
            }
        }
    }

    fn escape(&mut self) -> Result<char, CanonicalError> {
        let decoded = match self.peek() {
            Some(b'b') => '\u{8}',
            Some(b't') => '\t',
            Some(b'n') => '\n',
            Some(b'f') => '\u{c}',
            Some(b'r') => '\r',
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'u') => {
                let digits = self.bytes.get(self.pos..self.pos.saturating_add(5));
                let value = digits
                    .and_then(|digits| digits.strip_prefix(b"u00"))
                    .filter(|digits| !digits.iter().any(u8::is_ascii_uppercase))
                    .and_then(|digits| std::str::from_utf8(digits).ok())
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok());
                return match value {
                    Some(byte) if byte < 0x20 && short_escape(byte).is_none() => {
                        self.pos = self.pos.saturating_add(5);
                        Ok(char::from(byte))
                    }
                    _ => self.fault("an escape that is not needed or not in its shortest form"),
                };
            }
            _ => return self.fault("unknown escape"),
        };
        self.step();
        Ok(decoded)
    }

    fn integer(&mut self) -> Result<(), CanonicalError> {
        let start = self.pos;
        if self.peek() == Some(b'-') {
            self.step();
        }
        let digits = self
            .bytes
            .get(self.pos..)
            .unwrap_or_default()
            .iter()
            .take(17)
            .take_while(|b| b.is_ascii_digit())
            .count();
        let text = self
            .text
            .get(self.pos..self.pos.saturating_add(digits))
            .unwrap_or_default();
        if text.is_empty() {
            return self.fault("not a value");
        }
        let negative = self.pos > start;
        if text.starts_with('0') && (negative || digits > 1) {
            return self.fault("number not in its shortest form");
        }
        if text.parse::<u64>().map_or(true, |n| n > MAX_INTEGER) {
            return self.fault("integer beyond 2^53 - 1");
        }
        self.pos = self.pos.saturating_add(digits);
        if matches!(self.peek(), Some(b'.' | b'e' | b'E' | b'0'..=b'9')) {
            return self.fault("number that is not an integer within 2^53 - 1");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn writes_the_canonical_form() {
        let value =
            json!({"b": [1, -2, true, null], "a": "x\u{7}\n\"\\é\u{7f}", "\u{e000}": 1, "😀": 2});
        let text = String::from_utf8(to_vec(&value).unwrap()).unwrap();
        // RFC 8785, 3.2.3: U+1F600 sorts as D83D DE00, before U+E000.
        assert_eq!(
            text,
            "{\"a\":\"x\\u0007\\n\\\"\\\\é\u{7f}\",\"b\":[1,-2,true,null],\"😀\":2,\"\u{e000}\":1}"
        );
        check(text.as_bytes()).unwrap();
    }

    #[test]
    fn refuses_what_readers_disagree_on() {
        assert!(to_vec(&1.5f64).is_err());
        assert!(to_vec(&((1u64 << 53) + 1)).is_err());
        for bad in [
            "",
            " 1",
            "1 ",
            "01",
            "-0",
            "1.0",
            "1e3",
            "9007199254740992",
            "9007199254740993",
            "-9007199254740992",
            "123456789012345678901",
            r#"{"a":1,"a":2}"#,
            r#"{"b":1,"a":2}"#,
            r#"{"a" :1}"#,
            r#"{"a":1,}"#,
            "[1,]",
            "[1 ,2]",
            r#""\/""#,
            r#""\u0041""#,
            r#""\u000a""#,
            r#""\u001F""#,
            r#""\ud83d\ude00""#,
            "\"\n\"",
            "nul",
            "[",
            "{",
            "\"",
            r#"{"\u0001":1,"\u0001":2}"#,
            "tru",
            "[1]]",
            "{}1",
            "-",
            "\u{feff}1",
        ] {
            assert!(check(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(check(b"\"\xff\"").is_err());
        assert!(check("[".repeat(100_000).as_bytes()).is_err());
        for good in [
            "0",
            "-1",
            "9007199254740991",
            "[]",
            "{}",
            r#"{"":{"":[]}}"#,
            r#""\u001f\b""#,
        ] {
            check(good.as_bytes()).unwrap();
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-9_007_199_254_740_991i64..=9_007_199_254_740_991).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map(any::<String>(), inner, 0..6)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn check_accepts_what_is_written_and_readers_agree(value in value()) {
            let bytes = to_vec(&value).unwrap();
            check(&bytes).unwrap();
            prop_assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), value);
            prop_assert_eq!(serde_json_canonicalizer::to_vec(
                &serde_json::from_slice::<Value>(&bytes).unwrap()).unwrap(), bytes);
        }

        #[test]
        fn what_check_accepts_is_rewritten_identically(text
            in "[-{}\\[\\]:,\"a-c0-9\\\\unt ]{0,24}"
        ) {
            if check(text.as_bytes()).is_ok() {
                let value: Value = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(to_vec(&value).unwrap(), text.as_bytes());
            }
        }
    }
}
