//! The trust store: an OpenSSH `allowed_signers` file.
//!
//! *Spec*: ssh-keygen(1), ALLOWED SIGNERS; `formats/bundle.md`, section 11.
//!
//! *Shape*:
//! ```text
//! # airbridge: pinned 2026-11-24T00:00:00Z, fingerprint compared, SHA256:…
//! crm namespaces="airbridge-bundle-v1",valid-after="20261124000000Z" ssh-ed25519 AAAA… comment
//! ```
//!
//! *Invariants*: a line that is not understood is an error, never skipped: a trust store must mean
//! to us what it means to
//! `ssh-keygen`. Patterns (`*`, `?`, `!`), certificates and other key types are refused.

use std::fmt;

use jiff::Timestamp;
use ssh_key::public::Ed25519PublicKey;
use thiserror::Error;

use super::head::{format_created, is_party, parse_created};
use super::layout;
use super::sign::{fingerprint, key_text, parse_key_text};

/// How a person came to trust a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pinned {
    /// The fingerprint was compared with one that came another way: read out, printed, on paper.
    FingerprintCompared,
    /// Taken as it came, by explicit wish; stays marked for audit.
    FirstUse,
}

impl fmt::Display for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FingerprintCompared => "fingerprint compared",
            Self::FirstUse => "first use",
        })
    }
}

/// One trusted key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedSigner {
    /// The parties that it signs for.
    pub principals: Vec<String>,
    /// The namespaces that it may sign in; any when empty.
    pub namespaces: Vec<String>,
    /// Trusted from this instant.
    pub valid_after: Option<Timestamp>,
    /// Trusted up to this instant, exclusive.
    pub valid_before: Option<Timestamp>,
    /// The key.
    pub key: Ed25519PublicKey,
    /// How and when it was pinned, if airbridge wrote the line.
    pub pinned: Option<(Pinned, Timestamp)>,
    /// The number of its line, from 1; 0 for one not written yet.
    pub line: usize,
}

/// A trust store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedSigners {
    /// Its keys, in file order.
    pub signers: Vec<AllowedSigner>,
}

/// A line that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {what}")]
pub struct AllowedSignersError {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong, and the remedy.
    pub what: String,
}

const PIN_MARK: &str = "# airbridge: pinned ";

/// `YYYYMMDDZ`, `YYYYMMDDHHMMZ` or `YYYYMMDDHHMMSSZ`.
fn parse_time(text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z')?;
    if !digits.bytes().all(|b| b.is_ascii_digit()) || !matches!(digits.len(), 8 | 12 | 14) {
        return None;
    }
    let field = |from: usize, to: usize| digits.get(from..to).unwrap_or("00");
    parse_created(&format!(
        "{}-{}-{}T{}:{}:{}Z",
        field(0, 4),
        field(4, 6),
        field(6, 8),
        field(8, 10),
        field(10, 12),
        field(12, 14)
    ))
}

fn format_time(at: Timestamp) -> String {
    at.strftime("%Y%m%d%H%M%SZ").to_string()
}

/// Splits at white space outside of double quotes: the first word and the rest.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches([' ', '\t']);
    let mut quoted = false;
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            ' ' | '\t' if !quoted => return text.split_at(at),
            _ => {}
        }
    }
    (text, "")
}

/// Splits options at commas outside of double quotes.
fn options(text: &str) -> Vec<&str> {
    let mut quoted = false;
    text.split(|character| {
        if character == '"' {
            quoted = !quoted;
        }
        character == ',' && !quoted
    })
    .collect()
}

fn parse_pin(line: &str) -> Option<(Pinned, Timestamp)> {
    let (at, rest) = line.strip_prefix(PIN_MARK)?.split_once(", ")?;
    let how = [Pinned::FingerprintCompared, Pinned::FirstUse]
        .into_iter()
        .find(|how| rest.starts_with(&how.to_string()))?;
    Some((how, parse_created(at)?))
}

fn parse_signer(line: &str) -> Result<AllowedSigner, String> {
    let (principals, rest) = word(line);
    let mut signer = AllowedSigner {
        principals: principals
            .trim_matches('"')
            .split(',')
            .map(str::to_owned)
            .collect(),
        namespaces: Vec::new(),
        valid_after: None,
        valid_before: None,
        key: Ed25519PublicKey([0; 32]),
        pinned: None,
        line: 0,
    };
    if let Some(bad) = signer.principals.iter().find(|name| !is_party(name)) {
        return Err(format!(
            "{bad:?} is not a party name; write names in full, without patterns"
        ));
    }
    let (mut first, mut key) = word(rest);
    if !(first.starts_with("ssh-") || first.starts_with("ecdsa-") || first.starts_with("sk-")) {
        for option in options(first) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
            let time = || {
                value.and_then(parse_time).map(Some).ok_or_else(|| {
                    format!("{option} is not a time in UTC; write it as \"YYYYMMDDHHMMSSZ\"")
                })
            };
            match name.to_ascii_lowercase().as_str() {
                "namespaces" => {
                    let names = value.unwrap_or_default().split(',').map(str::to_owned);
                    signer.namespaces = names.collect();
                    let odd = |name: &String| name.is_empty() || name.contains(['*', '?', '!']);
                    if signer.namespaces.iter().any(odd) {
                        return Err("write namespaces in full, without patterns".into());
                    }
                }
                "valid-after" => signer.valid_after = time()?,
                "valid-before" => signer.valid_before = time()?,
                "cert-authority" => return Err("certificates are not supported".into()),
                _ => return Err(format!("unknown option {name:?}")),
            }
        }
        (first, key) = word(key);
    }
    let (blob, _comment) = word(key);
    signer.key = parse_key_text(&format!("{first} {blob}"))?;
    Ok(signer)
}

impl AllowedSigners {
    /// Reads a trust store.
    ///
    /// # Errors
    /// [`AllowedSignersError`] for the first line that is not understood.
    pub fn parse(text: &str) -> Result<Self, AllowedSignersError> {
        let mut signers = Vec::new();
        let mut pin = None;
        for (n, line) in text.lines().enumerate() {
            let number = n.saturating_add(1);
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                pin = parse_pin(line);
                continue;
            }
            let mut signer =
                parse_signer(line).map_err(|what| AllowedSignersError { line: number, what })?;
            signer.pinned = pin.take();
            signer.line = number;
            signers.push(signer);
        }
        Ok(Self { signers })
    }

    /// Whether a key is here at all, for any party, in our namespace.
    #[must_use]
    pub fn knows(&self, key: &Ed25519PublicKey) -> bool {
        self.signers
            .iter()
            .any(|signer| signer.key == *key && signer.in_namespace())
    }

    /// The entry by which `key` may sign for `party` at the instant `at`.
    ///
    /// # Errors
    /// In words: not pinned for this party, or outside its time.
    pub fn find(
        &self,
        key: &Ed25519PublicKey,
        party: &str,
        at: Timestamp,
    ) -> Result<&AllowedSigner, String> {
        let of_party = |signer: &&AllowedSigner| {
            signer.key == *key
                && signer.in_namespace()
                && signer.principals.iter().any(|p| p == party)
        };
        let mut found = self.signers.iter().filter(of_party).peekable();
        if found.peek().is_none() {
            let owners: Vec<_> = self
                .signers
                .iter()
                .filter(|signer| signer.key == *key)
                .flat_map(|signer| signer.principals.iter().map(String::as_str))
                .collect();
            return Err(format!(
                "the key {} is pinned for {}, not for {party}",
                fingerprint(key),
                owners.join(", ")
            ));
        }
        found.find(|signer| signer.valid_at(at)).ok_or_else(|| {
            format!(
                "the key {} of {party} is not valid at {}",
                fingerprint(key),
                format_created(at)
            )
        })
    }
}

impl AllowedSigner {
    fn in_namespace(&self) -> bool {
        self.namespaces.is_empty() || self.namespaces.iter().any(|n| n == layout::NAMESPACE)
    }

    fn valid_at(&self, at: Timestamp) -> bool {
        self.valid_after.is_none_or(|after| at >= after)
            && self.valid_before.is_none_or(|before| at < before)
    }
}

impl fmt::Display for AllowedSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((how, at)) = &self.pinned {
            let print = fingerprint(&self.key);
            writeln!(f, "{PIN_MARK}{}, {how}, {print}", format_created(*at))?;
        }
        let mut options = Vec::new();
        if !self.namespaces.is_empty() {
            options.push(format!("namespaces=\"{}\"", self.namespaces.join(",")));
        }
        if let Some(after) = self.valid_after {
            options.push(format!("valid-after=\"{}\"", format_time(after)));
        }
        if let Some(before) = self.valid_before {
            options.push(format!("valid-before=\"{}\"", format_time(before)));
        }
        write!(f, "{} ", self.principals.join(","))?;
        if !options.is_empty() {
            write!(f, "{} ", options.join(","))?;
        }
        writeln!(f, "{}", key_text(&self.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";

    #[test]
    fn what_is_written_is_read_back() {
        let at = parse_created("2026-11-24T00:00:00Z").unwrap();
        let signer = AllowedSigner {
            principals: vec!["crm".into(), "crm@example.com".into()],
            namespaces: vec![layout::NAMESPACE.into()],
            valid_after: Some(at),
            valid_before: parse_time("20271124Z"),
            key: parse_key_text(KEY).unwrap(),
            pinned: Some((Pinned::FirstUse, at)),
            line: 2,
        };
        let store = AllowedSigners::parse(&signer.to_string()).unwrap();
        assert_eq!(store.signers, [signer]);
        let key = &store.signers[0].key;
        assert!(store.find(key, "crm", at).is_ok());
        assert!(
            store
                .find(key, "outlook", at)
                .unwrap_err()
                .contains("not for outlook")
        );
        let late = parse_created("2027-11-24T00:00:00Z").unwrap();
        assert!(
            store
                .find(key, "crm", late)
                .unwrap_err()
                .contains("not valid")
        );
    }

    #[test]
    fn lines_that_are_not_understood_are_errors() {
        for bad in [
            format!("* {KEY}"),
            format!("a,!b {KEY}"),
            format!("a cert-authority {KEY}"),
            format!("a frobnicate=\"1\" {KEY}"),
            format!("a valid-after=\"20261124\" {KEY}"),
            format!("a valid-after=\"20261324Z\" {KEY}"),
            format!("a namespaces=\"*\" {KEY}"),
            "a".to_owned(),
            "a ssh-ed25519 AAAA".to_owned(),
        ] {
            assert!(AllowedSigners::parse(&bad).is_err(), "{bad}");
        }
        let other = format!("a namespaces=\"git\" {KEY}\n");
        let store = AllowedSigners::parse(&other).unwrap();
        assert!(!store.knows(&store.signers[0].key));
        assert!(
            AllowedSigners::parse("# nothing\n\n")
                .unwrap()
                .signers
                .is_empty()
        );
    }
}
