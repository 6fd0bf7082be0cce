//! Maildirs: a message per file, whose name has its flags, in folders `cur`, `new` and `tmp`.
//!
//! *Spec*: the Maildir of qmail, `:2,` and flags in the order of ASCII; Maildir++ of Courier, which
//! has folders in folders as `.Sent.2024`; names in modified UTF-7 (RFC 3501 5.1.3). Where a colon
//! is no part of a file name, `;` or `!` stands for it.

/// What the name of a file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flags {
    /// The flags as they stand there: `FRS`.
    pub letters: String,
}

impl Flags {
    /// The flags of a file name; `None` when it has none to tell.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let marks = [":2,", ";2,", "!2,", "%3A2,", "\u{f03a}2,"];
        let letters = marks
            .into_iter()
            .find_map(|mark| name.rsplit_once(mark))
            .map(|(_, letters)| letters)?;
        let letters = letters.split(['.', ',']).next().unwrap_or_default();
        letters
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic())
            .then(|| Self {
                letters: letters.to_owned(),
            })
    }

    /// Whether a flag is set: `S` seen, `R` replied, `P` passed on, `F` flagged, `D` draft, `T` to
    /// be deleted.
    #[must_use]
    pub fn has(&self, flag: char) -> bool {
        self.letters.contains(flag)
    }
}

/// The folders that a message of a Maildir is in, by the folders its file is in.
#[must_use]
pub fn folders(of_file: &[String]) -> Vec<String> {
    let own = match of_file.split_last() {
        Some((last, above)) if last == "cur" || last == "new" => above,
        _ => return of_file.to_vec(),
    };
    own.iter().flat_map(|name| folder(name)).collect()
}

/// A folder of Maildir++: `.Sent.2024` is `2024` in `Sent`.
fn folder(name: &str) -> Vec<String> {
    match name.strip_prefix('.') {
        Some(inner) if !inner.is_empty() => {
            let parts = inner.split('.').filter(|part| !part.is_empty());
            parts.map(modified_utf7).collect()
        }
        _ => vec![name.to_owned()],
    }
}

/// Decodes modified UTF-7: `&` begins Base64 of UTF-16 with `,` for `/`, `-` ends it, `&-` is `&`.
fn modified_utf7(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((shifted, behind)) = after.split_once('-') else {
            out.push('&');
            out.push_str(after);
            return out;
        };
        match (shifted, utf16(shifted)) {
            ("", _) => out.push('&'),
            (_, Some(text)) => out.push_str(&text),
            (_, None) => {
                out.push('&');
                out.push_str(shifted);
                out.push('-');
            }
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

fn utf16(shifted: &str) -> Option<String> {
    let utf7 = format!("+{}-", shifted.replace(',', "/"));
    let decoded = crate::charset::decode(utf7.as_bytes(), Some("utf-7"));
    decoded.lossless.then_some(decoded.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_flags() {
        let letters = |name: &str| Flags::of_name(name).map(|flags| flags.letters);
        assert_eq!(letters("1.M2P3.host:2,FRS").as_deref(), Some("FRS"));
        assert_eq!(letters("1.M2P3.host,S=12,W=13;2,S").as_deref(), Some("S"));
        assert_eq!(letters("1.M2P3.host!2,").as_deref(), Some(""));
        assert_eq!(letters("1.M2P3.host"), None);
        assert_eq!(letters("mail.eml"), None);
        assert!(Flags::of_name("a:2,RS").unwrap().has('R'));
    }

    #[test]
    fn folders_of_maildir() {
        let told = |names: &[&str]| {
            folders(
                &names
                    .iter()
                    .map(|name| (*name).to_owned())
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(told(&[".Sent.2024", "cur"]), ["Sent", "2024"]);
        assert_eq!(told(&["mail", "new"]), ["mail"]);
        assert_eq!(told(&[".Entw&APw-rfe", "cur"]), ["Entwürfe"]);
        assert_eq!(told(&[".a&-b", "cur"]), ["a&b"]);
        assert_eq!(told(&["cur"]), Vec::<String>::new());
        assert_eq!(told(&["a", "b"]), ["a", "b"]);
    }
}
