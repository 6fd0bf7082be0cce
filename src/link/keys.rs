//! Keys: the forms in which addresses, names and categories are compared.
//!
//! *Spec*: `formats/map.md`, "How texts are compared".
//!
//! *Invariants*: every function gives for its own result that same result again.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::limits;

/// What may stand behind a comma without being a first name.
const SUFFIXES: [&str; 44] = [
    "ab", "ag", "as", "bsc", "bv", "co", "corp", "cpa", "dds", "dr", "esq", "eu", "gbr", "gmbh",
    "ii", "iii", "inc", "iv", "jd", "jr", "kg", "kgaa", "limited", "llc", "llp", "lp", "ltd",
    "mba", "md", "mph", "nv", "ohg", "oy", "pc", "phd", "plc", "rn", "sa", "sarl", "se", "spa",
    "sr", "srl", "ug",
];

/// Lower case in the sense of a comparison: `STRASSE` and `Straße` are one.
fn fold_case(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkc()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect()
}

/// Case folded, compatibility forms unified, white space collapsed; at most
/// [`limits::KEY_BYTES`] bytes.
fn fold(text: &str) -> String {
    let mut folded = fold_case(text);
    let tries = if text.is_ascii() { 0 } else { 4 };
    for _ in 0..tries {
        let again = fold_case(&folded);
        if again == folded {
            break;
        }
        folded = again;
    }
    if folded.len() <= limits::KEY_BYTES && !folded.contains(char::is_whitespace) {
        return folded;
    }
    let mut key = String::with_capacity(folded.len());
    for word in folded.split_whitespace() {
        if !key.is_empty() {
            key.push(' ');
        }
        key.push_str(word);
        if key.len() > limits::KEY_BYTES {
            let end = key.floor_char_boundary(limits::KEY_BYTES);
            key.truncate(end);
            key.truncate(key.trim_end().len());
            break;
        }
    }
    key
}

/// The key of a category, a company or a folder: case folded, white space collapsed.
#[must_use]
pub fn category(text: &str) -> String {
    fold(text)
}

/// The key of an e-mail address: no `mailto:`, no angle brackets, case folded. Nothing that only
/// one
/// provider does (dots, plus tags) is undone. `None` when it is no address.
#[must_use]
pub fn email(text: &str) -> Option<String> {
    let mut text = text.trim();
    if let (Some(open), true) = (text.rfind('<'), text.ends_with('>')) {
        text = text.get(open + 1..text.len() - 1)?;
    }
    for _ in 0..4 {
        let before = text.len();
        text = text.trim().trim_matches(['\'', '"', ';', ',']);
        for scheme in ["mailto:", "smtp:"] {
            if let Some((head, rest)) = text.split_at_checked(scheme.len())
                && head.eq_ignore_ascii_case(scheme)
            {
                text = rest.split('?').next().unwrap_or(rest);
            }
        }
        if text.len() == before {
            break;
        }
    }
    if text.len() > limits::KEY_BYTES
        || text.contains(|c: char| c.is_whitespace() || c.is_control())
    {
        return None;
    }
    let folded = fold(text);
    let (local, domain) = folded.rsplit_once('@')?;
    let sound = !local.is_empty() && !domain.is_empty() && !folded.contains(['<', '>', ' ']);
    sound.then_some(folded)
}

/// The domain of an address key.
#[must_use]
pub fn domain(email_key: &str) -> Option<&str> {
    email_key.rsplit_once('@').map(|(_, domain)| domain)
}

/// Han, kana and Hangul, which are written without white space between the names.
fn is_east_asian(c: char) -> bool {
    matches!(u32::from(c),
        0x3005..=0x3007 | 0x3040..=0x30ff | 0x31f0..=0x31ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff
        | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

/// The key of a person's or company's name: `Müller, Jörg` is `Jörg Müller`, `Acme, Inc.` is `Acme
/// Inc`, `山田　太郎` is `山田太郎`; an address in brackets behind the name is dropped. `None` when
/// nothing is left, or when the text is an address.
#[must_use]
pub fn name(text: &str) -> Option<String> {
    let folded = fold(text);
    let mut text = folded.as_str();
    if let (Some(open), true) = (text.rfind(['(', '<']), text.ends_with([')', '>']))
        && text.get(open..).is_some_and(|tail| tail.contains('@'))
    {
        text = text.get(..open).unwrap_or_default();
    }
    if text.contains('@') {
        return None;
    }
    let mut parts: Vec<String> = text
        .split(',')
        .map(words)
        .filter(|part| !part.is_empty())
        .collect();
    let mut behind = Vec::new();
    while parts.len() > 1
        && parts
            .last()
            .is_some_and(|part| SUFFIXES.contains(&part.as_str()))
    {
        behind.extend(parts.pop());
    }
    if parts.len() == 2 {
        parts.reverse();
    }
    parts.extend(behind.into_iter().rev());
    let mut key = parts.join(" ");
    if key.chars().all(|c| c == ' ' || is_east_asian(c)) {
        key.retain(|c| c != ' ');
    }
    (!key.is_empty()).then_some(key)
}

/// The words of a folded text, without the marks that people write or leave out.
fn words(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let word = word.trim_matches(['.', '"', '\'', ';', ',', '“', '”', '„', '‘', '’']);
        if !word.is_empty() {
            if !key.is_empty() {
                key.push(' ');
            }
            key.push_str(word);
        }
    }
    key
}

/// The keys of a name given in parts: first name first, and for East Asian names the family first
/// too.
#[must_use]
pub fn name_of_parts(first: &str, last: &str) -> Vec<String> {
    let mut keys = Vec::new();
    keys.extend(name(&format!("{first} {last}")));
    if !first.is_empty() && !last.is_empty() && last.chars().all(is_east_asian) {
        keys.extend(name(&format!("{last} {first}")));
    }
    keys.dedup();
    keys
}

/// How a letter is written where it cannot be.
fn spelled_out(c: char) -> Option<&'static str> {
    Some(match c {
        'ä' | 'æ' => "ae",
        'ö' | 'ø' | 'œ' => "oe",
        'ü' => "ue",
        'å' => "aa",
        'þ' => "th",
        'ł' => "l",
        'đ' | 'ð' => "d",
        '-' | '\'' | '.' => " ",
        _ => return None,
    })
}

/// A name key with its accents gone and its words in order of the alphabet, for comparing names
/// that
/// are not quite the same: `Joerg Mueller` and `Müller, Jörg` give one.
#[must_use]
pub fn rough(name_key: &str) -> String {
    let mut plain = String::with_capacity(name_key.len());
    for c in name_key.chars() {
        if let Some(letters) = spelled_out(c) {
            plain.push_str(letters);
            continue;
        }
        for c in std::iter::once(c).nfd().filter(|c| !is_combining_mark(*c)) {
            match spelled_out(c) {
                Some(letters) => plain.push_str(letters),
                None => plain.push(c),
            }
        }
    }
    let mut words: Vec<&str> = plain.split_whitespace().collect();
    words.sort_unstable();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_are_one() {
        let same = [
            ("Müller, Jörg", "Jörg  Müller"),
            ("MÜLLER, JÖRG", "jörg müller"),
            ("Mu\u{308}ller, Jo\u{308}rg", "Jörg Müller"),
            ("Straßer, Eva", "Eva STRASSER"),
            ("Acme, Inc.", "ACME Inc"),
            ("John Smith, Jr.", "John Smith Jr"),
            ("Smith, John, Jr.", "John Smith Jr."),
            ("山田\u{3000}太郎", "山田太郎"),
            ("ﾔﾏﾀﾞ", "ヤマダ"),
            ("Jörg Müller (joerg@example.org)", "Jörg Müller"),
            ("'Jörg Müller'", "Jörg Müller"),
        ];
        for (one, other) in same {
            assert_eq!(name(one), name(other), "{one} and {other}");
            assert!(name(one).is_some(), "{one}");
        }
        assert_ne!(name("Henry James"), name("James Henry"));
        assert_ne!(name("Jörg Müller"), name("Jorg Muller"));
        assert_eq!(name("joerg@example.org"), None);
        assert_eq!(name(" , "), None);
        assert_eq!(name_of_parts("太郎", "山田"), ["太郎山田", "山田太郎"]);
        assert_eq!(name_of_parts("Jörg", "Müller"), ["jörg müller"]);
    }

    #[test]
    fn addresses_that_are_one() {
        let key = Some("joerg@example.org".to_owned());
        for text in [
            "Joerg@Example.ORG",
            " mailto:joerg@example.org?subject=x ",
            "MAILTO:joerg@example.org",
            "SMTP:joerg@example.org",
            "Jörg <joerg@example.org>",
            "'joerg@example.org'",
        ] {
            assert_eq!(email(text), key, "{text}");
        }
        assert_ne!(email("joerg+crm@example.org"), key);
        for text in [
            "",
            "joerg",
            "@example.org",
            "joerg@",
            "a b@c.de",
            "/o=Ex/cn=joerg",
        ] {
            assert_eq!(email(text), None, "{text}");
        }
    }

    #[test]
    fn rough_names_forgive_accents_and_order() {
        let key = |text: &str| rough(&name(text).unwrap());
        assert_eq!(key("Müller, Jörg"), key("Joerg Mueller"));
        assert_eq!(key("Jean-Luc Dupré"), key("Dupre Jean Luc"));
    }

    proptest! {
        #[test]
        fn keys_are_stable(text in any::<String>()) {
            let folded = category(&text);
            prop_assert_eq!(category(&folded), folded.clone());
            if let Some(key) = email(&text) {
                prop_assert_eq!(email(&key), Some(key.clone()));
            }
            if let Some(key) = name(&text) {
                prop_assert_eq!(name(&key), Some(key.clone()));
                prop_assert_eq!(rough(&rough(&key)), rough(&key));
            }
        }

        #[test]
        fn likely_names_are_stable(text in "[A-Za-zÄöüßŁé山田ﾔ .,'()@-]{0,24}") {
            if let Some(key) = name(&text) {
                prop_assert_eq!(name(&key), Some(key.clone()), "{}", text);
            }
            if let Some(key) = email(&text) {
                prop_assert_eq!(email(&key), Some(key.clone()), "{}", text);
            }
        }
    }
}
