//! Charsets: bytes to text, by the label that comes with them, by a code page or by a guess.
//!
//! *Spec*: RFC 2046 4.1.2, RFC 2978 (names), the IANA registry of character sets, the WHATWG
//! encoding standard (their aliases), RFC 2152 (UTF-7), RFC 1557 (ISO-2022-KR), RFC 1843 (HZ); code
//! pages by number are in [`crate::mapi::codepage`].
//!
//! *Seen in the wild*: no label, or `us-ascii`, and 8-bit text all the same; labels that nobody
//! registered (`cp932`, `ks_c_5601-1987`, `unknown-8bit`); `iso-8859-1` that is windows-1252, which
//! is what browsers take it for; `cp850`, `ibm437` and the like, which no encoding of the web has.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;

use crate::mapi::codepage;
pub use crate::mapi::codepage::{UTF_8, WESTERN, encode};

/// Text, and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text; what could not be decoded is U+FFFD.
    pub text: String,
    /// Whether every byte had a meaning.
    pub lossless: bool,
    /// The charset that was guessed, when the label was none, unknown or plainly wrong.
    pub guessed: Option<&'static str>,
}

/// How a label is decoded.
enum Decoder {
    Known(&'static Encoding),
    CodePage(u16),
    Hz,
    Iso2022Kr,
    Guess,
}

/// Labels beyond those of browsers.
const LABELS: &[(&str, u16)] = &[
    ("utf-7", codepage::UTF_7),
    ("utf7", codepage::UTF_7),
    ("unicode-1-1-utf-7", codepage::UTF_7),
    ("csunicode11utf7", codepage::UTF_7),
    ("cp932", 932),
    ("ms932", 932),
    ("cp936", 936),
    ("ms936", 936),
    ("cp949", 949),
    ("ms949", 949),
    ("uhc", 949),
    ("cp950", 950),
    ("cp1361", 1361),
    ("macroman", 10_000),
    ("mac", 10_000),
    ("x-mac-roman", 10_000),
    ("utf-32", 12_000),
];

/// Labels that say nothing.
const UNKNOWN: &[&str] = &[
    "",
    "us-ascii",
    "ascii",
    "ansi_x3.4-1968",
    "unknown-8bit",
    "x-unknown",
    "unknown",
    "8bit",
    "binary",
    "default",
    "default_charset",
    "_autodetect",
    "_autodetect_all",
    "none",
];

fn decoder(label: &str) -> Decoder {
    let label = label.trim_matches(|letter: char| letter.is_whitespace() || "\"'".contains(letter));
    let label = label.to_ascii_lowercase();
    let label = label.strip_prefix("charset=").unwrap_or(&label);
    if UNKNOWN.contains(&label) {
        return Decoder::Guess;
    }
    if let Some((_, page)) = LABELS.iter().find(|(known, _)| *known == label) {
        return by_page(*page);
    }
    match label {
        "hz-gb-2312" | "hz" => return Decoder::Hz,
        "iso-2022-kr" | "csiso2022kr" => return Decoder::Iso2022Kr,
        _ => {}
    }
    let known =
        |label: &str| Encoding::for_label_no_replacement(label.as_bytes()).map(Decoder::Known);
    if let Some(known) = known(label) {
        return known;
    }
    let page = ["windows-", "cp-", "cp", "ibm-", "ibm", "x-cp", "ms", "oem"]
        .into_iter()
        .find_map(|prefix| label.strip_prefix(prefix)?.parse().ok())
        .filter(|page| *page != 0 && codepage::is_known(*page));
    if let Some(page) = page {
        return by_page(page);
    }
    // `iso-8859-1` in its many spellings: `iso8859_1`, `iso-8859-1:1987`, `8859-15`.
    let plain = label.replace('_', "-");
    let plain = plain.split(':').next().unwrap_or_default();
    let guess = [
        plain.to_owned(),
        format!("iso-{plain}"),
        plain.replace("iso8859", "iso-8859"),
    ];
    guess
        .iter()
        .find_map(|label| known(label))
        .unwrap_or(Decoder::Guess)
}

fn by_page(page: u16) -> Decoder {
    match page {
        936 => Decoder::Known(encoding_rs::GBK),
        949 => Decoder::Known(encoding_rs::EUC_KR),
        10_000 => Decoder::Known(encoding_rs::MACINTOSH),
        page => Decoder::CodePage(page),
    }
}

/// The code page of a charset, when the name is known.
#[must_use]
pub fn code_page(name: &str) -> Option<u16> {
    let name = name.trim().trim_matches('"');
    let page = ::codepage::from_encoding;
    let of_web = Encoding::for_label(name.as_bytes()).and_then(page);
    of_web.or_else(|| match decoder(name) {
        Decoder::Known(encoding) => page(encoding),
        Decoder::CodePage(page) => Some(page),
        Decoder::Hz | Decoder::Iso2022Kr | Decoder::Guess => None,
    })
}

/// Decodes bytes of a code page.
#[must_use]
pub fn decode_page(bytes: &[u8], page: u16) -> Decoded {
    let decoded = codepage::decode(bytes, page);
    plain(decoded.text, decoded.lossless)
}

/// Decodes text that says nothing of its charset: UTF-8 when it is that, else of the code page.
#[must_use]
pub fn utf8_or(bytes: &[u8], page: u16) -> Decoded {
    match std::str::from_utf8(bytes) {
        Ok(text) => plain(text.to_owned(), true),
        Err(_) => decode_page(bytes, page),
    }
}

/// Decodes bytes of a charset; where the label says nothing, and they are no UTF-8, of a code page.
#[must_use]
pub fn decode_or(bytes: &[u8], label: Option<&str>, code_page: Option<u16>) -> Decoded {
    let silent = matches!(decoder(label.unwrap_or_default()), Decoder::Guess);
    match code_page {
        Some(page) if silent && std::str::from_utf8(bytes).is_err() => decode_page(bytes, page),
        _ => decode(bytes, label),
    }
}

/// Decodes bytes of a charset.
#[must_use]
pub fn decode(bytes: &[u8], label: Option<&str>) -> Decoded {
    match decoder(label.unwrap_or_default()) {
        Decoder::Guess => guess(bytes),
        Decoder::Known(encoding) if encoding == encoding_rs::ISO_2022_JP => {
            let bytes = without_idle_escapes(bytes);
            let (text, malformed) = encoding.decode_without_bom_handling(&bytes);
            plain(text.into_owned(), !malformed)
        }
        Decoder::Known(encoding) => {
            let (text, malformed) = encoding.decode_with_bom_removal(bytes);
            if malformed && is_other_than_utf8(bytes, encoding) {
                return guess(bytes);
            }
            plain(text.into_owned(), !malformed)
        }
        Decoder::CodePage(page) => decode_page(bytes, page),
        Decoder::Hz => {
            let bytes = shifted(bytes, hz);
            let (text, malformed) = encoding_rs::GBK.decode_without_bom_handling(&bytes);
            plain(text.into_owned(), !malformed)
        }
        Decoder::Iso2022Kr => {
            let bytes = shifted(bytes, iso_2022_kr);
            let (text, malformed) = encoding_rs::EUC_KR.decode_without_bom_handling(&bytes);
            plain(text.into_owned(), !malformed)
        }
    }
}

fn plain(text: String, lossless: bool) -> Decoded {
    Decoded {
        text,
        lossless,
        guessed: None,
    }
}

/// Whether what is called UTF-8 has more malformed sequences than well-formed ones beyond ASCII.
fn is_other_than_utf8(bytes: &[u8], encoding: &'static Encoding) -> bool {
    if encoding != encoding_rs::UTF_8 {
        return false;
    }
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good = good.saturating_add(chunk.valid().chars().filter(|c| !c.is_ascii()).count());
        bad = bad.saturating_add(usize::from(!chunk.invalid().is_empty()));
    }
    bad > good
}

/// Bytes by which a charset is guessed.
const GUESS_BY: usize = 256 << 10;

/// Decodes bytes of an unknown charset.
#[must_use]
pub fn guess(bytes: &[u8]) -> Decoded {
    let escapes = bytes.contains(&0x1B);
    if let (false, Ok(text)) = (escapes, std::str::from_utf8(bytes)) {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        return Decoded {
            text: text.to_owned(),
            lossless: true,
            guessed: (!bytes.is_ascii()).then_some("UTF-8"),
        };
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes.get(..GUESS_BY).unwrap_or(bytes), true);
    let encoding = detector.guess(None, Utf8Detection::Allow);
    let (text, malformed) = encoding.decode_without_bom_handling(bytes);
    Decoded {
        text: text.into_owned(),
        lossless: !malformed,
        guessed: (encoding != encoding_rs::UTF_8 || !bytes.is_ascii()).then_some(encoding.name()),
    }
}

/// ISO-2022-JP without escapes that another follows at once, as where texts were joined: browsers
/// take them for an error.
fn without_idle_escapes(bytes: &[u8]) -> Vec<u8> {
    let escape = |at: usize| match bytes.get(at..) {
        Some([0x1B, b'$', b'(', b'D', ..]) => 4,
        Some([0x1B, b'(', b'B' | b'J' | b'I', ..] | [0x1B, b'$', b'@' | b'B', ..]) => 3,
        _ => 0_usize,
    };
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let len = escape(at);
        let next = at.saturating_add(len.max(1));
        if len == 0 {
            out.push(byte);
        } else if escape(next) == 0 {
            out.extend_from_slice(bytes.get(at..next).unwrap_or_default());
        }
        at = next;
    }
    out
}

/// Bytes in which two-byte characters are marked by a shift, with their high bits set instead.
fn shifted(bytes: &[u8], step: impl Fn(&[u8], bool) -> Option<(usize, bool)>) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut rest, mut wide) = (bytes, false);
    while let Some((&byte, after)) = rest.split_first() {
        if let Some((len, then)) = step(rest, wide) {
            wide = then;
            rest = rest.get(len..).unwrap_or_default();
            continue;
        }
        // A line begins in ASCII.
        wide &= byte != b'\n';
        out.push(if wide && byte > 0x20 {
            byte | 0x80
        } else {
            byte
        });
        rest = after;
    }
    out
}

fn hz(rest: &[u8], wide: bool) -> Option<(usize, bool)> {
    match rest {
        [b'~', b'{', ..] if !wide => Some((2, true)),
        [b'~', b'}', ..] => Some((2, false)),
        [b'~', b'\n', ..] if !wide => Some((2, false)),
        _ => None,
    }
}

fn iso_2022_kr(rest: &[u8], wide: bool) -> Option<(usize, bool)> {
    match rest {
        [0x1B, b'$', b')', b'C', ..] => Some((4, wide)),
        [0x0E, ..] => Some((1, true)),
        [0x0F, ..] => Some((1, false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], label: &str) -> String {
        let decoded = decode(bytes, Some(label));
        assert!(
            decoded.lossless && decoded.guessed.is_none(),
            "{label}: {decoded:?}"
        );
        decoded.text
    }

    #[test]
    fn labels_of_every_sort() {
        assert_eq!(text(b"\x805", "iso-8859-1"), "€5");
        assert_eq!(text(b"\xA4", "ISO8859_15"), "€");
        assert_eq!(text(b"+ZYeB9FH6ckg-", "UTF-7"), "文致出版");
        assert_eq!(text(b"\x83n\x83\x8D\x81[", "cp932"), "ハロー");
        assert_eq!(text(b"\x87\x40", "ms932"), "①");
        assert_eq!(text(b"\x9B\x9C", "ibm850"), "ø£");
        assert_eq!(text(b"\x81", "cp437"), "ü");
        assert_eq!(text(b"\xC4\xE3", "gb2312"), "你");
        assert_eq!(text(b"\xBE\xC8", "ks_c_5601-1987"), "안");
        assert_eq!(text(b"\x1B$B%O\x1B(B", "iso-2022-jp"), "ハ");
        assert_eq!(text(b"\x1B$B%O\x1B(B\x1B$B%O\x1B(B", "iso-2022-jp"), "ハハ");
        assert_eq!(text(b"a~{Dc~}b", "HZ-GB-2312"), "a你b");
        assert_eq!(text(b"\x1B$)C\x0E>H\x0Fa", "iso-2022-kr"), "안a");
        assert_eq!(text(b"\xEF\xBB\xBFa", "utf-8"), "a");
    }

    #[test]
    fn what_is_not_labelled_is_guessed() {
        let decoded = decode("Grüße".as_bytes(), None);
        assert_eq!(
            (decoded.text.as_str(), decoded.guessed),
            ("Grüße", Some("UTF-8"))
        );
        let decoded = decode(b"Viele Gr\xFC\xDFe aus M\xFCnchen", Some("us-ascii"));
        assert_eq!(decoded.text, "Viele Grüße aus München");
        assert_eq!(decoded.guessed, Some("windows-1252"));
        assert_eq!(decode(b"plain", Some("x-unknown")).guessed, None);
        let decoded = decode(b"\x1B$B%O%m!<!&%o!<%k%I\x1B(B", None);
        assert_eq!(decoded.guessed, Some("ISO-2022-JP"));
    }

    #[test]
    fn a_wrong_label_yields_to_what_the_bytes_are() {
        let decoded = decode(b"Viele Gr\xFC\xDFe aus M\xFCnchen", Some("utf-8"));
        assert_eq!(decoded.text, "Viele Grüße aus München");
        // One broken character among good ones is that and no more.
        let decoded = decode(
            "Grüße ü\u{20AC}".as_bytes().get(..9).unwrap(),
            Some("utf-8"),
        );
        assert!(
            !decoded.lossless && decoded.guessed.is_none(),
            "{decoded:?}"
        );
    }

    #[test]
    fn names_of_all_kinds() {
        for (name, page) in [
            ("UTF-8", 65_001),
            ("utf8", 65_001),
            ("ISO-8859-1", 1252),
            ("\"windows-1250\"", 1250),
            ("us-ascii", 1252),
            ("Shift_JIS", 932),
            ("cp850", 850),
            ("IBM437", 437),
        ] {
            assert_eq!(code_page(name), Some(page), "{name}");
        }
        for name in ["", "klingon", "cp", "cp99999", "ibm1"] {
            assert_eq!(code_page(name), None, "{name}");
        }
    }

    #[test]
    fn utf_8_is_told_by_its_bytes() {
        assert_eq!(utf8_or("é".as_bytes(), WESTERN).text, "é");
        assert_eq!(utf8_or(b"\xE9", WESTERN).text, "é");
        assert_eq!(utf8_or(b"\x8A", 850).text, "è");
    }
}
