//! Members put in canonical order, in JSON text as serde_json writes it: most of RFC 8785 without a
//! tree of values.
//!
//! *Spec*: RFC 8785, 3.2.3; `formats/bundle.md`, section 5.
//!
//! *Shape*: text without white space, with the escapes of RFC 8785 3.2.2.2 and no others, which is
//! what `serde_json::to_vec` gives. What differs from the canonical form then is the order of
//! members.
//!
//! *Invariants*: a text that is not surely right is not rearranged: keys that are not plain ASCII,
//! members twice, numbers that are not integers within ±(2^53 − 1), and depth beyond the limit.

use std::ops::Range;

use super::canonical_json::MAX_INTEGER;
use crate::limits::BUNDLE_JSON_DEPTH;

/// The canonical form of a text, or nothing when it takes more than moving members.
pub(super) fn arrange(json: &[u8]) -> Option<Vec<u8>> {
    let mut text = Text {
        json,
        pos: 0,
        out: Vec::with_capacity(json.len().saturating_add(1)),
        members: Vec::new(),
        moved: Vec::new(),
    };
    text.value(0)?;
    (text.pos == json.len()).then_some(text.out)
}

/// A member of an object that is open.
struct Member {
    /// Its key, in the text.
    key: Range<usize>,
    /// Key and value, in what is written.
    written: Range<usize>,
}

struct Text<'a> {
    json: &'a [u8],
    pos: usize,
    out: Vec<u8>,
    /// Members of all objects that are open, outermost first.
    members: Vec<Member>,
    /// Room to move members in.
    moved: Vec<u8>,
}

impl Text<'_> {
    fn peek(&self) -> Option<u8> {
        self.json.get(self.pos).copied()
    }

    /// Copies the bytes up to `end`.
    fn copy_to(&mut self, end: usize) -> Option<()> {
        self.out.extend_from_slice(self.json.get(self.pos..end)?);
        self.pos = end;
        Some(())
    }

    /// Copies one byte that must be there.
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then_some(())?;
        self.copy_to(self.pos.checked_add(1)?)
    }

    /// Copies a value. Goes no deeper than [`BUNDLE_JSON_DEPTH`].
    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'{' | b'[' if depth >= BUNDLE_JSON_DEPTH => None,
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string(),
            b'-' | b'0'..=b'9' => self.integer(),
            _ => {
                let rest = self.json.get(self.pos..)?;
                let words: [&[u8]; 3] = [b"null", b"true", b"false"];
                let word = words.iter().find(|word| rest.starts_with(word))?;
                self.copy_to(self.pos.checked_add(word.len())?)
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.expect(b'[')?;
        if self.peek()? == b']' {
            return self.expect(b']');
        }
        loop {
            self.value(depth.checked_add(1)?)?;
            match self.peek()? {
                b',' => self.expect(b',')?,
                _ => return self.expect(b']'),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            return self.expect(b'}');
        }
        let (base, start) = (self.members.len(), self.out.len());
        let mut sorted = true;
        let mut last: &[u8] = &[];
        loop {
            let (from, written) = (self.pos, self.out.len());
            self.string()?;
            let key = from.checked_add(1)?..self.pos.checked_sub(1)?;
            let name = self.json.get(key.clone())?;
            if !name.is_ascii() || name.contains(&b'\\') {
                return None;
            }
            sorted &= self.members.len() == base || last < name;
            last = name;
            self.expect(b':')?;
            self.value(depth.checked_add(1)?)?;
            let written = written..self.out.len();
            self.members.push(Member { key, written });
            match self.peek()? {
                b',' => self.expect(b',')?,
                _ => break,
            }
        }
        if !sorted {
            self.sort(base, start)?;
        }
        self.members.truncate(base);
        self.expect(b'}')
    }

    /// Sorts the members from number `base` on, which are written from `start` on.
    fn sort(&mut self, base: usize, start: usize) -> Option<()> {
        let json = self.json;
        let name = |member: &Member| json.get(member.key.clone()).unwrap_or_default();
        let members = self.members.get_mut(base..)?;
        members.sort_unstable_by(|a, b| name(a).cmp(name(b)));
        let twice = |pair: &[Member]| matches!(pair, [a, b] if name(a) == name(b));
        if members.windows(2).any(twice) {
            return None;
        }
        self.moved.clear();
        for (number, member) in members.iter().enumerate() {
            if number > 0 {
                self.moved.push(b',');
            }
            let bytes = self.out.get(member.written.clone())?;
            self.moved.extend_from_slice(bytes);
        }
        self.out.truncate(start);
        self.out.extend_from_slice(&self.moved);
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        let mut end = self.pos.checked_add(1)?;
        loop {
            let rest = self.json.get(end..)?;
            let run = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            end = end.checked_add(run)?.checked_add(1)?;
            if rest.get(run) == Some(&b'"') {
                return self.copy_to(end);
            }
            // The escaped character; of \u00xx the digits are no quotes.
            end = end.checked_add(1)?;
        }
    }

    fn integer(&mut self) -> Option<()> {
        let rest = self.json.get(self.pos..)?;
        let length = rest
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .unwrap_or(rest.len());
        let digits = std::str::from_utf8(rest.get(..length)?).ok()?;
        let digits = digits.strip_prefix('-').unwrap_or(digits);
        if !digits.bytes().all(|byte| byte.is_ascii_digit())
            || digits.parse::<u64>().ok()? > MAX_INTEGER
        {
            return None;
        }
        self.copy_to(self.pos.checked_add(length)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::canonical_json::write_value;
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn members_are_moved_and_nothing_else() {
        let text = br#"{"b":[{"d":"}\"","c":-1},{}],"a":"\u0007\\","ab":{"a":null,"B":true}}"#;
        let want = br#"{"a":"\u0007\\","ab":{"B":true,"a":null},"b":[{"c":-1,"d":"}\""},{}]}"#;
        let got = arrange(text).unwrap();
        assert_eq!(
            String::from_utf8(got).unwrap(),
            String::from_utf8(want.to_vec()).unwrap()
        );
    }

    #[test]
    fn what_takes_more_is_left_alone() {
        let deep = "[".repeat(100_000);
        let all = [
            "1.0",
            "1e3",
            "9007199254740992",
            r#"{"a":1,"a":2}"#,
            r#"{"b":1,"a":2,"b":3}"#,
            r#"{"é":1}"#,
            r#"{"\n":1}"#,
            "{",
            "[1",
            "\"",
            "[]]",
            "nul",
            &deep,
        ];
        for text in all {
            assert_eq!(arrange(text.as_bytes()), None);
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Value::from),
            (-9_007_199_254_740_991i64..=9_007_199_254_740_991).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec(("[a-cA_0-9]{0,3}", inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_same_as_from_a_tree(value in value()) {
            let mut want = Vec::new();
            write_value(&value, 0, &mut want).unwrap();
            prop_assert_eq!(arrange(&serde_json::to_vec(&value).unwrap()), Some(want));
        }
    }
}
