//! A rule that a store keeps or breaks: its code, how bad a breach is, and who says so.
//!
//! *Invariants*: `docs/check.md` lists exactly these rules.

use std::fmt;

use serde::{Serialize, Serializer};

/// How bad it is when a rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing: Outlook leaves it behind itself, or puts up with it.
    Note,
    /// The store is not sound.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Error => "error",
        })
    }
}

/// A rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable code, `check.structure.what`.
    pub code: &'static str,
    /// How bad a breach is.
    pub severity: Severity,
    /// What must be so.
    pub text: &'static str,
    /// Who says so: a section of \[MS-PST\], or of `docs/check.md` for what SCANPST and Outlook
    /// ask for beyond it.
    pub source: &'static str,
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown {
            code: &'static str,
            severity: Severity,
            rule: &'static str,
            source: &'static str,
        }
        Shown {
            code: self.code,
            severity: self.severity,
            rule: self.text,
            source: self.source,
        }
        .serialize(serializer)
    }
}

/// A table of rules: name, severity, code, what must be so, who says so.
macro_rules! rules {
    ($($name:ident: $severity:ident $code:literal, $text:literal, $source:literal;)+) => {
        $(pub(in crate::pst::check) static $name: $crate::pst::check::rule::Rule =
            $crate::pst::check::rule::Rule {
                code: $code,
                severity: $crate::pst::check::rule::Severity::$severity,
                text: $text,
                source: $source,
            };)+

        /// All of them.
        pub(in crate::pst::check) static ALL: &[&$crate::pst::check::rule::Rule] =
            &[$(&$name),+];
    };
}
pub(super) use rules;
