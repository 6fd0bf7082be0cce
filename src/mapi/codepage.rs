//! Code pages: bytes of `PtypString8` and of RTF to text and back.
//!
//! *Spec*: MS-OXCDATA 2.11.1.2 (string property values), MS-OXCMSG 2.2.1.8 (PidTagMessageCodepage)
//! and 2.2.2.6 (PidTagInternetCodepage), MS-UCODEREF 2.2.1 (the numbers), RFC 2152 (UTF-7).
//!
//! *Invariants*: text always comes back; [`Decoded::lossless`] tells whether every byte had a
//! meaning in the code page asked for.
//!
//! *Seen in the wild*: stores of the ANSI format hold text in the code page of the system that
//! wrote them, whatever `PidTagInternetCodepage` says about mail: a Japanese contact with 50220
//! (ISO-2022-JP) and locale 1041 has Shift_JIS strings; an English message with 20127 (US-ASCII)
//! has 1252.
//!
//! *Not supported*: 50225 (ISO-2022-KR), 52936 (HZ), 1361 (Johab), EBCDIC: read as 1252, not
//! lossless.

use encoding_rs::Encoding;
use oem_cp::code_table::{DECODING_TABLE_CP_MAP, ENCODING_TABLE_CP_MAP};
use oem_cp::code_table_type::TableType;

use super::pid_tag;
use super::props::PropertyBag;

/// Windows Western: what stands in when nothing is known.
pub const WESTERN: u16 = 1252;
/// UTF-16, little-endian.
pub const UTF_16: u16 = 1200;
/// UTF-7.
pub const UTF_7: u16 = 65_000;
/// UTF-8.
pub const UTF_8: u16 = 65_001;
const US_ASCII: u16 = 20_127;

/// Text of a code page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text; what could not be decoded is U+FFFD.
    pub text: String,
    /// Whether the code page is known and every byte had a meaning in it.
    pub lossless: bool,
}

/// Bytes of a code page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The bytes; what the code page does not have is `?`.
    pub bytes: Vec<u8>,
    /// Whether the code page is known and has every character.
    pub lossless: bool,
}

/// How a code page is decoded.
enum Decoder {
    Encoding(&'static Encoding),
    Oem(&'static TableType),
    Ascii,
    Utf7,
}

fn decoder(code_page: u16) -> Option<Decoder> {
    let encoding = match code_page {
        0 => Some(encoding_rs::WINDOWS_1252),
        US_ASCII => return Some(Decoder::Ascii),
        UTF_7 => return Some(Decoder::Utf7),
        51_932 => Some(encoding_rs::EUC_JP),
        10_001 => Some(encoding_rs::SHIFT_JIS),
        10_002 => Some(encoding_rs::BIG5),
        10_003 => Some(encoding_rs::EUC_KR),
        10_008 => Some(encoding_rs::GBK),
        number => codepage::to_encoding_no_replacement(number),
    };
    if let Some(encoding) = encoding {
        return Some(Decoder::Encoding(encoding));
    }
    DECODING_TABLE_CP_MAP.get(&code_page).map(Decoder::Oem)
}

/// Whether text of this code page can be decoded. 0 stands for [`WESTERN`].
#[must_use]
pub fn is_known(code_page: u16) -> bool {
    decoder(code_page).is_some()
}

/// Decodes bytes of a code page. 0 stands for [`WESTERN`]; so does an unknown code page, and the
/// result is then not lossless unless it is plain ASCII.
#[must_use]
pub fn decode(bytes: &[u8], code_page: u16) -> Decoded {
    match decoder(code_page) {
        Some(Decoder::Encoding(encoding)) => with_encoding(bytes, encoding),
        Some(Decoder::Oem(table)) => with_table(bytes, table),
        Some(Decoder::Utf7) => utf7(bytes),
        Some(Decoder::Ascii) | None => Decoded {
            lossless: bytes.is_ascii(),
            ..with_encoding(bytes, encoding_rs::WINDOWS_1252)
        },
    }
}

fn with_encoding(bytes: &[u8], encoding: &'static Encoding) -> Decoded {
    let (text, malformed) = encoding.decode_without_bom_handling(bytes);
    Decoded {
        text: text.into_owned(),
        lossless: !malformed,
    }
}

fn with_table(bytes: &[u8], table: &TableType) -> Decoded {
    let mut lossless = true;
    let upper = |at: u8| match table {
        TableType::Complete(chars) => chars.get(usize::from(at)).copied(),
        TableType::Incomplete(chars) => chars.get(usize::from(at)).copied().flatten(),
    };
    let text = bytes
        .iter()
        .map(|&byte| match byte.checked_sub(0x80) {
            None => char::from(byte),
            Some(at) => upper(at).unwrap_or_else(|| {
                lossless = false;
                char::REPLACEMENT_CHARACTER
            }),
        })
        .collect();
    Decoded { text, lossless }
}

/// Decodes UTF-7 (RFC 2152): `+` begins Base64 of UTF-16BE, which any other character ends; `+-` is
/// `+`.
fn utf7(bytes: &[u8]) -> Decoded {
    let mut text = String::with_capacity(bytes.len());
    let mut lossless = true;
    let mut units: Vec<u16> = Vec::new();
    let (mut shifted, mut fresh) = (false, false);
    let (mut bits, mut held) = (0u32, 0u32);
    let flush = |units: &mut Vec<u16>, text: &mut String| {
        let mut whole = true;
        text.extend(char::decode_utf16(units.drain(..)).map(|unit| {
            unit.unwrap_or_else(|_| {
                whole = false;
                char::REPLACEMENT_CHARACTER
            })
        }));
        whole
    };
    for &byte in bytes {
        if !shifted {
            if byte == b'+' {
                (shifted, fresh, bits, held) = (true, true, 0, 0);
            } else {
                lossless &= byte.is_ascii();
                text.push(if byte.is_ascii() {
                    char::from(byte)
                } else {
                    char::REPLACEMENT_CHARACTER
                });
            }
            continue;
        }
        if let Some(value) = base64_value(byte) {
            bits = bits << 6 | value;
            held += 6;
            fresh = false;
            if held >= 16 {
                held -= 16;
                let unit = bits >> held & 0xFFFF;
                bits &= (1 << held) - 1;
                units.push(u16::try_from(unit).unwrap_or_default());
            }
            continue;
        }
        lossless &= bits == 0 && held < 6;
        lossless &= flush(&mut units, &mut text);
        shifted = false;
        match byte {
            b'-' if fresh => text.push('+'),
            b'-' => {}
            byte if byte.is_ascii() => text.push(char::from(byte)),
            _ => {
                lossless = false;
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }
    if shifted {
        lossless &= bits == 0 && held < 6 && !fresh;
        lossless &= flush(&mut units, &mut text);
    }
    Decoded { text, lossless }
}

fn base64_value(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// Encodes text in a code page. UTF-16 and UTF-7 are never written: asked for, they count as
/// unknown, which is [`WESTERN`] and lossless for plain ASCII only.
#[must_use]
pub fn encode(text: &str, code_page: u16) -> Encoded {
    match decoder(code_page) {
        // encoding_rs would write UTF-8 for UTF-16.
        Some(Decoder::Encoding(encoding)) if encoding.output_encoding() == encoding => {
            into_encoding(text, encoding)
        }
        Some(Decoder::Oem(_)) if ENCODING_TABLE_CP_MAP.contains_key(&code_page) => {
            let table = ENCODING_TABLE_CP_MAP.get(&code_page);
            encode_chars(text, |char| match u8::try_from(char) {
                Ok(byte) if byte.is_ascii() => Some(byte),
                _ => table?.get(&char).copied(),
            })
        }
        Some(Decoder::Ascii) => {
            encode_chars(text, |char| u8::try_from(char).ok().filter(u8::is_ascii))
        }
        _ => Encoded {
            lossless: text.is_ascii(),
            ..into_encoding(text, encoding_rs::WINDOWS_1252)
        },
    }
}

fn encode_chars(text: &str, byte_of: impl Fn(char) -> Option<u8>) -> Encoded {
    let mut lossless = true;
    let bytes = text
        .chars()
        .map(|char| {
            byte_of(char).unwrap_or_else(|| {
                lossless = false;
                b'?'
            })
        })
        .collect();
    Encoded { bytes, lossless }
}

fn into_encoding(text: &str, encoding: &'static Encoding) -> Encoded {
    let (bytes, _, unmappable) = encoding.encode(text);
    if !unmappable {
        return Encoded {
            bytes: bytes.into_owned(),
            lossless: true,
        };
    }
    // The whole encoder writes `&#8364;` for what it does not have; mail and Outlook write `?`.
    let one = |char: char| {
        let mut utf8 = [0; 4];
        let (bytes, _, unmappable) = encoding.encode(char.encode_utf8(&mut utf8));
        (!unmappable).then(|| bytes.into_owned())
    };
    let mut kept = String::with_capacity(text.len());
    kept.extend(text.chars().map(|char| match one(char) {
        Some(_) => char,
        None => '?',
    }));
    let (bytes, ..) = encoding.encode(&kept);
    Encoded {
        bytes: bytes.into_owned(),
        lossless: false,
    }
}

/// The code page of an item's `PtypString8` values, from the item's own properties:
/// `PidTagMessageCodepage`; else the Windows code page of the script that `PidTagInternetCodepage`
/// is for, unless that is Western or Unicode; else that of `PidTagMessageLocaleId`; else Western if
/// `PidTagInternetCodepage` is. `None` when nothing there tells: the store or the user decides.
///
/// `PidTagInternetCodepage` is about how mail travels, not about the stored strings, so it tells no
/// more than the script; and a Western one is used for English mail everywhere, so the locale, when
/// there is one, knows better.
#[must_use]
pub fn item_code_page(bag: &PropertyBag) -> Option<u16> {
    let number = |id| bag.int(id).and_then(|value| u16::try_from(value).ok());
    let own = number(pid_tag::MESSAGE_CODEPAGE)
        .filter(|&page| page != 0 && !matches!(page, 1200 | 1201) && is_known(page));
    if own.is_some() {
        return own;
    }
    let mail = number(pid_tag::INTERNET_CODEPAGE).and_then(windows_code_page);
    match mail {
        Some(page) if page != WESTERN => Some(page),
        _ => number(pid_tag::MESSAGE_LOCALE_ID)
            .and_then(locale_code_page)
            .or(mail),
    }
}

/// The code page of an item's `PidTagHtml`, which is bytes: `PidTagInternetCodepage`, where the
/// specification puts it (MS-OXCMSG 2.2.2.6), or else [`item_code_page`].
#[must_use]
pub fn html_code_page(bag: &PropertyBag) -> Option<u16> {
    bag.int(pid_tag::INTERNET_CODEPAGE)
        .and_then(|value| u16::try_from(value).ok())
        .filter(|&page| page != 0 && is_known(page))
        .or_else(|| item_code_page(bag))
}

/// The Windows (ANSI) code page for the script of a code page used in mail. `None` for US-ASCII and
/// Unicode, which say nothing about the script, and for unknown numbers.
#[must_use]
pub fn windows_code_page(mail: u16) -> Option<u16> {
    Some(match mail {
        874 | 932 | 936 | 949 | 950 | 1250..=1258 => mail,
        20_932 | 50_220..=50_222 | 51_932 => 932,
        20_936 | 50_227 | 50_936 | 51_936 | 52_936 | 54_936 => 936,
        20_949 | 50_225 | 51_949 => 949,
        20_000 | 50_229 | 51_950 => 950,
        28_592 => 1250,
        20_866 | 21_866 | 28_595 => 1251,
        28_591 | 28_605 => 1252,
        28_597 => 1253,
        28_599 => 1254,
        28_598 | 38_598 => 1255,
        28_596 => 1256,
        28_594 | 28_603 => 1257,
        28_601 => 874,
        _ => return None,
    })
}

/// The ANSI code page of a locale (LCID), by its language (MS-LCID). `None` for languages without
/// one.
#[must_use]
pub fn locale_code_page(lcid: u16) -> Option<u16> {
    Some(match (lcid & 0x3FF, lcid) {
        // Languages written in two scripts: the sublanguage decides.
        (0x04, 0x0404 | 0x0C04 | 0x1404 | 0x7C04) => 950,
        (0x1A, 0x0C1A | 0x1C1A | 0x201A | 0x281A | 0x301A | 0x6C1A) => 1251,
        (0x2C, 0x082C) | (0x43, 0x0843) => 1251,
        (0x04, _) => 936,
        (0x11, _) => 932,
        (0x12, _) => 949,
        (0x1E, _) => 874,
        (0x05 | 0x0E | 0x15 | 0x18 | 0x1A | 0x1B | 0x1C | 0x24 | 0x2E | 0x42, _) => 1250,
        (0x02 | 0x19 | 0x22 | 0x23 | 0x28 | 0x2F | 0x3F | 0x40 | 0x44 | 0x50 | 0x6D | 0x85, _) => {
            1251
        }
        (0x08, _) => 1253,
        (0x1F | 0x2C | 0x43, _) => 1254,
        (0x0D, _) => 1255,
        (0x01 | 0x20 | 0x29 | 0x5F | 0x80, _) => 1256,
        (0x25..=0x27, _) => 1257,
        (0x2A, _) => 1258,
        (
            0x03
            | 0x06
            | 0x07
            | 0x09..=0x0C
            | 0x0F
            | 0x10
            | 0x13
            | 0x14
            | 0x16
            | 0x17
            | 0x1D
            | 0x21
            | 0x2D
            | 0x36
            | 0x38
            | 0x3B
            | 0x3C
            | 0x3E
            | 0x41
            | 0x52
            | 0x56
            | 0x62
            | 0x6E
            | 0x7E,
            _,
        ) => WESTERN,
        _ => return None,
    })
}

/// Decodes in place every `PtypString8` value of a bag in one code page, and tells whether all of
/// it was lossless.
pub fn decode_bag(bag: &mut PropertyBag, code_page: u16) -> bool {
    let mut lossless = true;
    bag.decode_strings(|bytes| {
        let decoded = decode(bytes, code_page);
        lossless &= decoded.lossless;
        decoded.text
    });
    lossless
}

/// UTF-16LE bytes as text, up to the first NUL, and whether all of it was well-formed.
#[must_use]
pub fn utf16_text(bytes: &[u8]) -> Decoded {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .filter_map(|pair| <[u8; 2]>::try_from(pair).ok())
        .map(u16::from_le_bytes)
        .take_while(|&unit| unit != 0)
        .collect();
    match String::from_utf16(&units) {
        Ok(text) => Decoded {
            text,
            lossless: true,
        },
        Err(_) => Decoded {
            text: String::from_utf16_lossy(&units),
            lossless: false,
        },
    }
}

/// Text as UTF-16LE bytes without terminator.
#[must_use]
pub fn utf16_bytes(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The bytes before the first NUL.
#[must_use]
pub fn before_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|&byte| byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::props::Property;
    use super::super::tag::{PropTag, PropType};
    use super::super::value::Value;
    use super::*;

    fn text(bytes: &[u8], code_page: u16) -> String {
        let decoded = decode(bytes, code_page);
        assert!(decoded.lossless, "{code_page}: {:?}", decoded.text);
        decoded.text
    }

    fn bag(numbers: &[(u16, i32)]) -> PropertyBag {
        let property = |&(id, value): &(u16, i32)| Property {
            tag: PropTag::new(id, PropType::I32),
            name: None,
            value: Value::I32(value),
        };
        PropertyBag::new(numbers.iter().map(property).collect()).0
    }

    #[test]
    fn one_word_in_many_code_pages() {
        assert_eq!(text(b"caf\xe9 \x80", 1252), "café €");
        assert_eq!(text(b"caf\xe9 \x80", 0), "café €");
        assert_eq!(text(b"caf\x82", 437), "café");
        assert_eq!(text(b"caf\x82", 850), "café");
        assert_eq!(text(b"caf\xe9", 28_591), "café");
        assert_eq!(text("café".as_bytes(), UTF_8), "café");
        assert_eq!(text(b"c\0a\0f\0\xe9\0", 1200), "café");
        assert_eq!(text(b"\0c\0a\0f\0\xe9", 1201), "café");
        assert_eq!(text(b"plain", 20_127), "plain");
        assert_eq!(text(b"\x93\xfa\x96\x7b", 932), "日本");
        assert_eq!(text(b"\xc6\xfc\xcb\xdc", 51_932), "日本");
        assert_eq!(text(b"\x1b$BF|K\\\x1b(B", 50_220), "日本");
        assert_eq!(text(b"\x1b$BF|K\\\x1b(B", 50_221), "日本");
        assert_eq!(text(b"\xcf\xf0\xe8\xe2\xe5\xf2", 1251), "Привет");
        assert_eq!(text(b"\xf0\xd2\xc9\xd7\xc5\xd4", 20_866), "Привет");
    }

    #[test]
    fn what_is_lost_is_told() {
        assert!(!decode(b"\x93", 932).lossless);
        assert!(!decode(b"caf\xe9", 20_127).lossless);
        let unknown = decode(b"caf\xe9", 37);
        assert_eq!((unknown.text.as_str(), unknown.lossless), ("café", false));
        assert!(!is_known(37));
        assert!(decode(b"plain", 37).lossless);
        // An undefined position of an OEM page.
        assert!(!decode(b"\xd5", 857).lossless);
    }

    #[test]
    fn utf7_examples_of_the_rfc() {
        assert_eq!(text(b"A+ImIDkQ.", UTF_7), "A≢Α.");
        assert_eq!(text(b"Hi Mom -+Jjo--!", UTF_7), "Hi Mom -☺-!");
        assert_eq!(text(b"+ZeVnLIqe-", UTF_7), "日本語");
        assert_eq!(text(b"1 +- 1", UTF_7), "1 + 1");
        assert_eq!(text(b"+2D3cqQ-", UTF_7), "\u{1F4A9}");
        assert!(!decode(b"+2D3-", UTF_7).lossless, "half a pair");
        assert!(!decode(b"caf\xe9", UTF_7).lossless);
    }

    #[test]
    fn encoding_says_what_it_drops() {
        assert_eq!(encode("café €", 1252).bytes, b"caf\xe9 \x80");
        assert_eq!(encode("日本", 932).bytes, b"\x93\xfa\x96\x7b");
        assert_eq!(encode("café", 437).bytes, b"caf\x82");
        let lossy = encode("日é", 1252);
        assert_eq!(
            (lossy.bytes.as_slice(), lossy.lossless),
            (&b"?\xe9"[..], false)
        );
        assert!(!encode("é", 20_127).lossless);
        assert!(!encode("é", UTF_16).lossless);
    }

    #[test]
    fn code_page_of_an_item() {
        let japanese_contact = bag(&[(0x3FDE, 50_220), (0x3FF1, 1041)]);
        assert_eq!(item_code_page(&japanese_contact), Some(932));
        assert_eq!(item_code_page(&bag(&[(0x3FDE, 50_220)])), Some(932));
        let english_mail = bag(&[(0x3FDE, 20_127), (0x3FF1, 1033)]);
        assert_eq!(item_code_page(&english_mail), Some(1252));
        let told = bag(&[(0x3FDE, 20_127), (0x3FF1, 1033), (0x3FFD, 1251)]);
        assert_eq!(item_code_page(&told), Some(1251));
        let western_mail_in_warsaw = bag(&[(0x3FDE, 28_591), (0x3FF1, 1045)]);
        assert_eq!(item_code_page(&western_mail_in_warsaw), Some(1250));
        assert_eq!(item_code_page(&bag(&[(0x3FDE, 28_591)])), Some(1252));
        assert_eq!(item_code_page(&bag(&[(0x3FDE, 65_001)])), None);
        assert_eq!(html_code_page(&bag(&[(0x3FDE, 65_001)])), Some(65_001));
        assert_eq!(item_code_page(&bag(&[(0x3FFD, 1200)])), None);
        assert_eq!(item_code_page(&bag(&[])), None);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_decode(bytes: Vec<u8>, code_page: u16) {
            let _ = decode(&bytes, code_page);
            for known in [437, 932, 1252, UTF_7, UTF_8, 50_220] {
                let _ = decode(&bytes, known);
            }
        }

        #[test]
        fn lossless_both_ways(word: String) {
            for page in [437, 932, 936, 1251, 1252, UTF_8, 20_127] {
                let encoded = encode(&word, page);
                if encoded.lossless {
                    let back = decode(&encoded.bytes, page);
                    // 932 has yen sign and overline only one way.
                    if page != 932 {
                        prop_assert_eq!(&back.text, &word);
                    }
                }
            }
        }
    }
}
