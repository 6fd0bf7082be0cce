//! The category pattern: which Outlook categories a map line is for.
//!
//! *Spec*: `formats/map.md`, "Patterns".
//!
//! *Shape*: `Clients` (any case), `Clients` with match `exact`, `BC: *` (whatever begins with
//! `BC:`).

use std::cmp::Reverse;

use super::keys;
use unicode_normalization::UnicodeNormalization;

/// How a pattern is compared with a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchKind {
    /// Letter by letter.
    Exact,
    /// In any case and spacing.
    IgnoreCase,
    /// The category begins with the pattern.
    Prefix,
}

impl MatchKind {
    /// The word for it in a map.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::IgnoreCase => "ignore-case",
            Self::Prefix => "prefix",
        }
    }

    /// From the word in a map, in any case; `None` when it is no such word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match crate::sheet::heading_key(word).as_str() {
            "exact" => Some(Self::Exact),
            "ignorecase" | "anycase" | "caseinsensitive" => Some(Self::IgnoreCase),
            "prefix" | "beginswith" | "startswith" => Some(Self::Prefix),
            _ => None,
        }
    }
}

/// A pattern of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryPattern {
    kind: MatchKind,
    text: String,
    key: String,
    gap: bool,
}

/// How specific a pattern is; the greater one wins.
pub(super) type Specificity = (Reverse<MatchKind>, usize);

impl CategoryPattern {
    /// A pattern as written. Without a kind, a `*` at the end makes a prefix, anything else is
    /// compared
    /// in any case.
    #[must_use]
    pub fn new(text: &str, kind: Option<MatchKind>) -> Self {
        let text: String = text.trim().nfc().collect();
        let kind = kind.unwrap_or(if text.ends_with('*') {
            MatchKind::Prefix
        } else {
            MatchKind::IgnoreCase
        });
        let (key, gap) = match kind {
            MatchKind::Exact => (text.clone(), false),
            MatchKind::IgnoreCase => (keys::category(&text), false),
            MatchKind::Prefix => {
                let stem = text.strip_suffix('*').unwrap_or(&text);
                let key = keys::category(stem);
                let after_word = key.chars().next_back().is_some_and(char::is_alphanumeric);
                (key, after_word && stem.ends_with(char::is_whitespace))
            }
        };
        Self {
            kind,
            text,
            key,
            gap,
        }
    }

    /// The pattern as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How it is compared.
    #[must_use]
    pub fn kind(&self) -> MatchKind {
        self.kind
    }

    /// The key that lookups use: the text itself when exact, else folded (without the star).
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Whether white space must stand between the prefix and the rest.
    pub(super) fn wants_gap(&self) -> bool {
        self.gap
    }

    /// How specific it is: exact beats any case, any case beats a prefix, a longer prefix beats a
    /// shorter.
    #[must_use]
    pub(super) fn specificity(&self) -> Specificity {
        (Reverse(self.kind), self.key.len())
    }

    /// What `*` stands for when the pattern matches the category: the rest behind a prefix, else
    /// all of it.
    #[must_use]
    pub fn matches<'c>(&self, category: &'c str) -> Option<&'c str> {
        let category = category.trim();
        match self.kind {
            MatchKind::Exact => category.nfc().eq(self.key.chars()).then_some(category),
            MatchKind::IgnoreCase => (keys::category(category) == self.key).then_some(category),
            MatchKind::Prefix => self.rest(category),
        }
    }

    fn rest<'c>(&self, category: &'c str) -> Option<&'c str> {
        if self.key.is_empty() {
            return (!category.is_empty()).then_some(category);
        }
        if !keys::category(category).starts_with(&self.key) {
            return None;
        }
        // The original letters behind the stem: the shortest head that folds to it.
        let ends = category.char_indices().map(|(at, c)| at + c.len_utf8());
        for end in ends {
            let (head, rest) = category.split_at_checked(end)?;
            if keys::category(head) == self.key {
                // Marks that belong to the last letter stay with it.
                if rest.starts_with(unicode_normalization::char::is_combining_mark) {
                    continue;
                }
                let trimmed = rest.trim_start();
                let gap = trimmed.len() < rest.len();
                return (!trimmed.is_empty() && (gap || !self.gap)).then_some(trimmed);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_kinds() {
        let any = CategoryPattern::new("Key  Clients", None);
        assert_eq!(any.matches("KEY CLIENTS "), Some("KEY CLIENTS"));
        assert_eq!(any.matches("Key Clients 2"), None);
        let exact = CategoryPattern::new("VIP", Some(MatchKind::Exact));
        assert_eq!(exact.matches("VIP"), Some("VIP"));
        assert_eq!(exact.matches("vip"), None);
        let star = CategoryPattern::new("A*", Some(MatchKind::IgnoreCase));
        assert_eq!(star.matches("a*"), Some("a*"));
        assert_eq!(star.matches("ab"), None);
    }

    #[test]
    fn prefixes() {
        let prefix = CategoryPattern::new("BC: *", None);
        assert_eq!(prefix.matches("bc: Jörg Müller"), Some("Jörg Müller"));
        assert_eq!(prefix.matches("BC:Jörg"), Some("Jörg"));
        assert_eq!(prefix.matches("BC:"), None);
        assert_eq!(prefix.matches("BCC: x"), None);
        let word = CategoryPattern::new("Client *", None);
        assert_eq!(word.matches("client Acme"), Some("Acme"));
        assert_eq!(word.matches("Clientele"), None);
        let wide = CategoryPattern::new("顧客：*", None);
        assert_eq!(wide.matches("顧客:山田 太郎"), Some("山田 太郎"));
        assert_eq!(CategoryPattern::new("*", None).matches("x"), Some("x"));
    }

    #[test]
    fn the_order_of_specificity() {
        let of = |text, kind| CategoryPattern::new(text, kind).specificity();
        let exact = of("A", Some(MatchKind::Exact));
        let any = of("Something long", None);
        let long = of("Some*", None);
        let short = of("So*", None);
        assert!(exact > any && any > long && long > short);
    }
}
