//! yEnc blocks: `=ybegin`, lines, `=yend`.
//!
//! *Spec*: yEnc 1.3: each byte plus 42; `=` escapes the next, which has 64 added as well.

/// What a `=ybegin` line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begin {
    /// The name of the file.
    pub name: String,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// Which part it is, when it is one of several.
    pub part: Option<u64>,
}

fn number(line: &str, key: &str) -> Option<u64> {
    let rest = line.split(' ').find_map(|word| word.strip_prefix(key))?;
    rest.parse().ok()
}

/// Reads a `=ybegin` line.
#[must_use]
pub fn begin(line: &[u8]) -> Option<Begin> {
    let line = line.strip_prefix(b"=ybegin ")?;
    let line = crate::charset::guess(line.trim_ascii_end()).text;
    let (head, name) = line.split_once("name=")?;
    Some(Begin {
        name: name.trim().to_owned(),
        size: number(head, "size="),
        part: number(head, "part="),
    })
}

/// The checksum that a `=yend` line tells of its part or whole.
#[must_use]
pub fn checksum(line: &[u8], part: bool) -> Option<u32> {
    let line = String::from_utf8_lossy(line.strip_prefix(b"=yend")?).into_owned();
    let key = if part { "pcrc32=" } else { "crc32=" };
    let word = line
        .split_ascii_whitespace()
        .find_map(|word| word.strip_prefix(key))?;
    u32::from_str_radix(word, 16).ok()
}

/// Appends what a line holds.
pub fn line(text: &[u8], out: &mut Vec<u8>) {
    let mut escaped = false;
    for &byte in text {
        match byte {
            b'=' if !escaped => escaped = true,
            byte => {
                let own = if escaped { byte.wrapping_sub(64) } else { byte };
                out.push(own.wrapping_sub(42));
                escaped = false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block() {
        let own = begin(b"=ybegin part=1 line=128 size=3 name=a b.bin\r").unwrap();
        assert_eq!(
            (own.name.as_str(), own.size, own.part),
            ("a b.bin", Some(3), Some(1))
        );
        let mut out = Vec::new();
        line(&[b'a' + 42, b'=', b'}', 0xFF], &mut out);
        assert_eq!(out, [b'a', b'}' - 106, 0xFF - 42]);
        assert_eq!(
            checksum(b"=yend size=3 crc32=0000ABCD", false),
            Some(0xABCD)
        );
        assert_eq!(begin(b"=ybegin"), None);
    }
}
