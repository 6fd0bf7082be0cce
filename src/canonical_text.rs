//! Members and elements of canonical JSON, found in its text without reading the values.
//!
//! *Spec*: RFC 8785; `formats/bundle.md`, section 5.
//!
//! *Invariant*: of text that is no canonical JSON nothing is given beyond the fault.

/// The members of an object in their order: each key as it is written between its quotes, and its
/// value.
#[derive(Debug)]
pub struct Members<'t>(Vec<(&'t [u8], &'t [u8])>);

impl<'t> Members<'t> {
    /// Finds them. `None` when the text is no object.
    #[must_use]
    pub fn of(object: &'t [u8]) -> Option<Self> {
        let mut members = Vec::with_capacity(32);
        let mut inside = object.strip_prefix(b"{")?.strip_suffix(b"}")?;
        while !inside.is_empty() {
            let (key, rest) = split_value(inside)?;
            let (value, rest) = split_value(rest.strip_prefix(b":")?)?;
            members.push((unquoted(key)?, value));
            inside = next(rest)?;
        }
        Some(Self(members))
    }

    /// The value of a member.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'t [u8]> {
        let found = self.iter().find(|(own, _)| *own == key.as_bytes());
        found.map(|(_, value)| value)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&'t [u8], &'t [u8])> {
        self.0.iter().copied()
    }
}

/// What is written between the quotes of a string.
pub(crate) fn unquoted(string: &[u8]) -> Option<&[u8]> {
    string.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// Shows the elements of an array in their order. `None` when the text is no array, or `see` gives
/// that.
pub(crate) fn elements<'t>(
    array: &'t [u8],
    mut see: impl FnMut(&'t [u8]) -> Option<()>,
) -> Option<()> {
    let mut inside = array.strip_prefix(b"[")?.strip_suffix(b"]")?;
    while !inside.is_empty() {
        let (value, rest) = split_value(inside)?;
        see(value)?;
        inside = next(rest)?;
    }
    Some(())
}

/// What comes after a comma; nothing after the last one.
fn next(rest: &[u8]) -> Option<&[u8]> {
    match rest {
        [] => Some(rest),
        [b',', rest @ ..] if !rest.is_empty() => Some(rest),
        _ => None,
    }
}

/// Splits off the value that a text begins with.
pub(crate) fn split_value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = match text.first()? {
        b'"' => string_end(text, 0)?,
        b'{' | b'[' => {
            let (mut at, mut open) = (0_usize, 0_usize);
            loop {
                match text.get(at)? {
                    b'"' => {
                        at = string_end(text, at)?;
                        continue;
                    }
                    b'{' | b'[' => open = open.checked_add(1)?,
                    b'}' | b']' => open = open.checked_sub(1)?,
                    _ => {}
                }
                at = at.checked_add(1)?;
                if open == 0 {
                    break at;
                }
            }
        }
        _ => {
            let ends = |byte: &u8| matches!(byte, b',' | b':' | b'}' | b']');
            text.iter().position(ends).unwrap_or(text.len())
        }
    };
    let (value, rest) = text.split_at_checked(end)?;
    (!value.is_empty()).then_some((value, rest))
}

/// Where the first of either is. Most strings end soon: it is found eight bytes at a time before
/// anything is prepared for longer ones.
fn quote_or_backslash(text: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    // The lowest byte that is zero has the lowest of the bits that come out.
    let zero = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes & (ONES << 7);
    let (words, _) = text.as_chunks::<8>();
    for (number, word) in words.iter().take(NEAR).enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zero(word ^ (ONES * u64::from(b'"'))) | zero(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return Some(number * 8 + (found.trailing_zeros() / 8) as usize);
        }
    }
    let near = words.len().min(NEAR) * 8;
    let found = memchr::memchr2(b'"', b'\\', text.get(near..)?)?;
    near.checked_add(found)
}

/// Times eight bytes that are looked at first.
const NEAR: usize = 4;

/// Where the string ends that begins at an offset.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start.checked_add(1)?;
    loop {
        at = at.checked_add(quote_or_backslash(text.get(at..)?)?)?;
        match text.get(at)? {
            b'"' => return at.checked_add(1),
            _ => at = at.checked_add(2)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(object: &str) -> Option<Vec<String>> {
        let members = Members::of(object.as_bytes())?;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let pair = |(key, value)| format!("{}={}", text(key), text(value));
        Some(members.iter().map(pair).collect())
    }

    #[test]
    fn members_and_elements_as_they_are_written() {
        let object = r#"{"a":1,"b":"x\"}\\","c":{"d":[1,{"e":"]"}]},"f":[],"g":null,"h\"":-2}"#;
        let want = [
            r"a=1",
            r#"b="x\"}\\""#,
            r#"c={"d":[1,{"e":"]"}]}"#,
            "f=[]",
            "g=null",
            r#"h\"=-2"#,
        ];
        assert_eq!(pairs(object).unwrap(), want);
        assert_eq!(pairs("{}"), Some(Vec::new()));
        let members = Members::of(object.as_bytes()).unwrap();
        assert_eq!(members.get("f"), Some(&b"[]"[..]));
        assert_eq!(members.get("d"), None);
        let mut found = Vec::new();
        let array = br#"[1,"a,b",[2,3],{}]"#;
        elements(array, |element| {
            found.push(element);
            Some(())
        })
        .unwrap();
        assert_eq!(found, [&b"1"[..], br#""a,b""#, b"[2,3]", b"{}"]);
    }

    #[test]
    fn what_is_cut_or_odd_gives_nothing() {
        let object = r#"{"a":"b","c":[1,{"d":"e"}]}"#;
        for end in 0..object.len() {
            assert_eq!(pairs(&object[..end]), None, "{end}");
        }
        for odd in [
            "[]",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{a:1}"#,
            r#"{"a":1 "b":2}}"#,
            r#"{"a":"b}"#,
            r#"{"a":1}}"#,
        ] {
            assert_eq!(pairs(odd), None, "{odd}");
        }
    }
}
