//! Members and elements of canonical JSON, found in its text without reading the values.
//!
//! *Spec*: RFC 8785; `formats/bundle.md`, section 5.
//!
//! *Invariant*: of text that is no canonical JSON nothing is given beyond the fault.

/// Shows the members of an object in their order: each key as it is written between its quotes, and
/// its value. `None` when the text is no object, or `see` gives that.
pub(crate) fn members<'t>(
    object: &'t [u8],
    mut see: impl FnMut(&'t [u8], &'t [u8]) -> Option<()>,
) -> Option<()> {
    let mut inside = object.strip_prefix(b"{")?.strip_suffix(b"}")?;
    while !inside.is_empty() {
        let (key, rest) = split_value(inside)?;
        let key = key.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        let (value, rest) = split_value(rest.strip_prefix(b":")?)?;
        see(key, value)?;
        inside = next(rest)?;
    }
    Some(())
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

/// The value of a member of an object.
pub(crate) fn member<'t>(object: &'t [u8], key: &str) -> Option<&'t [u8]> {
    let mut found = None;
    members(object, |own, value| {
        if own == key.as_bytes() {
            found = Some(value);
        }
        Some(())
    })?;
    found
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
fn split_value(text: &[u8]) -> Option<(&[u8], &[u8])> {
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

/// Where the string ends that begins at an offset.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start.checked_add(1)?;
    loop {
        let found = memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        at = at.checked_add(found)?;
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
        let mut found = Vec::new();
        members(object.as_bytes(), |key, value| {
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
            found.push(format!("{}={}", text(key)?, text(value)?));
            Some(())
        })?;
        Some(found)
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
        assert_eq!(member(object.as_bytes(), "f"), Some(&b"[]"[..]));
        assert_eq!(member(object.as_bytes(), "d"), None);
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
