//! Canonical JSON written in one go: members are put in order as their object ends, without a tree
//! of values.
//!
//! *Spec*: RFC 8785, 3.2.3; `formats/bundle.md`, section 5.
//!
//! *Shape*: a formatter of serde_json, whose escapes are those of RFC 8785 3.2.2.2 and no others,
//! that keeps the text itself and notes where members begin and end.
//!
//! *Invariants*: what is not surely right is not written: keys that are not plain ASCII, members
//! twice, numbers that are not integers within ±(2^53 − 1), and depth beyond the limit.

use std::cell::Cell;
use std::io::{self, Write};
use std::ops::Range;

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter};

use crate::canonical_json::MAX_INTEGER;
use crate::limits::BUNDLE_JSON_DEPTH;

/// The canonical form of a value, or nothing when it takes more than moving members.
pub(super) fn write(value: &impl Serialize) -> Option<Vec<u8>> {
    let mut text = SPARE.take().unwrap_or_default();
    text.clear();
    let mut serializer = serde_json::Serializer::with_formatter(io::sink(), Ordered(&mut text));
    let written = value.serialize(&mut serializer).is_ok();
    let out = written.then(|| {
        // With room for the end of a line.
        let mut out = Vec::with_capacity(text.out.len() + 1);
        out.extend_from_slice(&text.out);
        out
    });
    if text.out.capacity() <= KEPT {
        SPARE.set(Some(text));
    }
    out
}

/// Bytes of room that are kept for the next value.
const KEPT: usize = 256 << 10;

thread_local! {
    /// A text with room, between values.
    static SPARE: Cell<Option<Box<Text>>> = const { Cell::new(None) };
}

/// A member of an object that is open, where it is written.
struct Member {
    /// The key with its quotes.
    key: Range<usize>,
    /// Where its value ends.
    end: usize,
}

/// An object or array that is open.
struct Open {
    /// Its first member, among those of all open objects.
    base: usize,
    /// Where its contents begin.
    start: usize,
    /// Whether the members so far are in order.
    sorted: bool,
}

#[derive(Default)]
struct Text {
    out: Vec<u8>,
    open: Vec<Open>,
    /// Members of all objects that are open, outermost first.
    members: Vec<Member>,
    /// Room to move members in.
    moved: Vec<u8>,
}

/// The text takes more than moving members.
fn more<T>() -> io::Result<T> {
    Err(io::ErrorKind::InvalidData.into())
}

impl Text {
    fn clear(&mut self) {
        self.out.clear();
        self.open.clear();
        self.members.clear();
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn integer(&mut self, value: i128) -> io::Result<()> {
        if value.unsigned_abs() > MAX_INTEGER.into() {
            return more();
        }
        write!(self.out, "{value}")
    }

    fn enter(&mut self, bracket: u8) -> io::Result<()> {
        if self.open.len() >= BUNDLE_JSON_DEPTH {
            return more();
        }
        self.out.push(bracket);
        self.open.push(Open {
            base: self.members.len(),
            start: self.out.len(),
            sorted: true,
        });
        Ok(())
    }

    fn key_ends(&mut self) -> io::Result<()> {
        let (members, out) = (&mut self.members, &self.out);
        let Some((member, open)) = members.last_mut().zip(self.open.last_mut()) else {
            return more();
        };
        member.key.end = out.len();
        let key = out.get(member.key.clone()).unwrap_or_default();
        if !key.is_ascii() || key.contains(&b'\\') {
            return more();
        }
        if open.sorted
            && let Some([.., last, _]) = members.get(open.base..)
        {
            open.sorted = name(out, last) < name(out, members.last().unwrap_or(last));
        }
        Ok(())
    }

    fn object_ends(&mut self) -> io::Result<()> {
        let Some(open) = self.open.pop() else {
            return more();
        };
        let members = self.members.get_mut(open.base..).unwrap_or_default();
        if !open.sorted {
            let out = &self.out;
            members.sort_unstable_by(|a, b| name(out, a).cmp(name(out, b)));
            if members
                .windows(2)
                .any(|pair| matches!(pair, [a, b] if name(out, a) == name(out, b)))
            {
                return more();
            }
            self.moved.clear();
            for (number, member) in members.iter().enumerate() {
                if number > 0 {
                    self.moved.push(b',');
                }
                let bytes = out.get(member.key.start..member.end).unwrap_or_default();
                self.moved.extend_from_slice(bytes);
            }
            self.out.truncate(open.start);
            self.out.extend_from_slice(&self.moved);
        }
        self.members.truncate(open.base);
        self.out.push(b'}');
        Ok(())
    }
}

/// A key without its quotes, for the closing one is no less than what a longer key goes on with.
fn name<'a>(out: &'a [u8], member: &Member) -> &'a [u8] {
    let quoted = out.get(member.key.clone()).unwrap_or_default();
    match quoted {
        [_, name @ .., _] => name,
        _ => quoted,
    }
}

/// Writes into a [`Text`]; the writer that serde_json hands it gets nothing.
struct Ordered<'a>(&'a mut Text);

/// Formatter methods that write an integer.
macro_rules! integers {
    ($($name:ident: $type:ty),*) => {
        $(fn $name<W: ?Sized + Write>(&mut self, _: &mut W, value: $type) -> io::Result<()> {
            self.0.integer(value.into())
        })*
    };
}

impl Formatter for Ordered<'_> {
    integers!(write_i8: i8, write_i16: i16, write_i32: i32, write_i64: i64);
    integers!(write_u8: u8, write_u16: u16, write_u32: u32, write_u64: u64);
    integers!(write_i128: i128);

    fn write_u128<W: ?Sized + Write>(&mut self, _: &mut W, value: u128) -> io::Result<()> {
        i128::try_from(value).map_or_else(|_| more(), |value| self.0.integer(value))
    }

    fn write_f32<W: ?Sized + Write>(&mut self, _: &mut W, _: f32) -> io::Result<()> {
        more()
    }

    fn write_f64<W: ?Sized + Write>(&mut self, _: &mut W, _: f64) -> io::Result<()> {
        more()
    }

    fn write_number_str<W: ?Sized + Write>(&mut self, _: &mut W, _: &str) -> io::Result<()> {
        more()
    }

    fn write_raw_fragment<W: ?Sized + Write>(&mut self, _: &mut W, _: &str) -> io::Result<()> {
        more()
    }

    fn write_byte_array<W: ?Sized + Write>(&mut self, _: &mut W, _: &[u8]) -> io::Result<()> {
        more()
    }

    fn write_null<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.put(b"null")
    }

    fn write_bool<W: ?Sized + Write>(&mut self, _: &mut W, value: bool) -> io::Result<()> {
        self.0.put(if value { b"true" } else { b"false" })
    }

    fn begin_string<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.put(b"\"")
    }

    fn end_string<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.put(b"\"")
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        _: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.0.put(fragment.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        _: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.0.put(match escape {
            CharEscape::Quote => b"\\\"",
            CharEscape::ReverseSolidus => b"\\\\",
            CharEscape::Solidus => b"/",
            CharEscape::Backspace => b"\\b",
            CharEscape::FormFeed => b"\\f",
            CharEscape::LineFeed => b"\\n",
            CharEscape::CarriageReturn => b"\\r",
            CharEscape::Tab => b"\\t",
            CharEscape::AsciiControl(byte) => return write!(self.0.out, "\\u{byte:04x}"),
        })
    }

    fn begin_array<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.enter(b'[')
    }

    fn end_array<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.open.pop();
        self.0.put(b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, _: &mut W, first: bool) -> io::Result<()> {
        self.0.put(if first { b"" } else { b"," })
    }

    fn begin_object<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.enter(b'{')
    }

    fn end_object<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.object_ends()
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, _: &mut W, first: bool) -> io::Result<()> {
        self.0.put(if first { b"" } else { b"," })?;
        let at = self.0.out.len();
        self.0.members.push(Member {
            key: at..at,
            end: at,
        });
        Ok(())
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.key_ends()
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.put(b":")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        let end = self.0.out.len();
        if let Some(member) = self.0.members.last_mut() {
            member.end = end;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical_json::write_value;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn members_are_moved_and_nothing_else() {
        let value = json!({
            "b": [{"d": "}\"", "c": -1}, {}], "a": "\u{7}\\\u{1f}", "ab": {"a": null, "B": true}
        });
        let want =
            br#"{"a":"\u0007\\\u001f","ab":{"B":true,"a":null},"b":[{"c":-1,"d":"}\""},{}]}"#;
        assert_eq!(
            String::from_utf8(write(&value).unwrap()).unwrap(),
            String::from_utf8(want.to_vec()).unwrap()
        );
    }

    /// Members in the order given, twice or not.
    struct Members(Vec<(&'static str, i64)>);

    impl Serialize for Members {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().copied())
        }
    }

    #[test]
    fn what_takes_more_is_left_alone() {
        let mut deep = json!([]);
        for _ in 0..BUNDLE_JSON_DEPTH {
            deep = json!([deep]);
        }
        let all = [
            json!(1.0),
            json!(9_007_199_254_740_992_u64),
            json!(-9_007_199_254_740_992_i64),
            json!({"é": 1}),
            json!({"\n": 1}),
            deep,
        ];
        for value in all {
            assert_eq!(write(&value), None);
        }
        assert_eq!(write(&Members(vec![("a", 1), ("a", 2)])), None);
        assert_eq!(write(&Members(vec![("b", 1), ("a", 2), ("b", 3)])), None);
        let ordered = write(&Members(vec![("a!", 1), ("b", 2), ("a", 3)])).unwrap();
        assert_eq!(ordered, br#"{"a":3,"a!":1,"b":2}"#);
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
            prop_assert_eq!(write(&value), Some(want));
        }
    }
}
