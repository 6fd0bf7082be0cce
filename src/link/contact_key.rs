//! The contact key: how a map line, a folder rule or a picked row names a contact.
//!
//! *Spec*: `formats/map.md`, "Naming a contact".
//!
//! *Shape*: `17` or `id:17` (id), `joerg@example.org` (address), `Müller, Jörg` (name), `*` (what
//! stands
//! for the star of the pattern).

use std::fmt;

use super::contact_index::{ContactIndex, Found};
use super::keys;

/// What a contact is named by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ContactKey {
    /// BigContacts id or bridge id.
    Id(String),
    /// E-mail address.
    Email(String),
    /// Name.
    Name(String),
    /// What the star of the pattern stands for, read as one of the above.
    Star(StarAs),
}

/// As what the text of a star is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StarAs {
    /// By its looks, as in [`ContactKey::parse`].
    Any,
    /// As an id.
    Id,
    /// As an address.
    Email,
    /// As a name.
    Name,
}

impl ContactKey {
    /// Reads a text by its looks: `*`, `id:…`, digits only or a bridge id, an address, else a name.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        if text == "*" {
            return Self::Star(StarAs::Any);
        }
        if let Some((head, id)) = text.split_at_checked(3)
            && head.eq_ignore_ascii_case("id:")
        {
            return Self::Id(id.trim().to_owned());
        }
        if is_id(text) {
            return Self::Id(text.to_owned());
        }
        match keys::email(text) {
            Some(_) => Self::Email(text.to_owned()),
            None => Self::Name(text.to_owned()),
        }
    }

    /// An id, or the star read as one.
    #[must_use]
    pub fn id(text: &str) -> Self {
        match text.trim() {
            "*" => Self::Star(StarAs::Id),
            id => Self::Id(id.to_owned()),
        }
    }

    /// An address, or the star read as one.
    #[must_use]
    pub fn email(text: &str) -> Self {
        match text.trim() {
            "*" => Self::Star(StarAs::Email),
            email => Self::Email(email.to_owned()),
        }
    }

    /// A name, or the star read as one.
    #[must_use]
    pub fn name(text: &str) -> Self {
        match text.trim() {
            "*" => Self::Star(StarAs::Name),
            name => Self::Name(name.to_owned()),
        }
    }

    /// Whether the star is meant.
    #[must_use]
    pub fn is_star(&self) -> bool {
        matches!(self, Self::Star(_))
    }

    /// With the star replaced by what it stands for.
    #[must_use]
    pub fn with_star(&self, rest: &str) -> Self {
        match self {
            Self::Star(StarAs::Any) => match Self::parse(rest) {
                Self::Star(_) => Self::Name(rest.to_owned()),
                key => key,
            },
            Self::Star(StarAs::Id) => Self::Id(rest.to_owned()),
            Self::Star(StarAs::Email) => Self::Email(rest.to_owned()),
            Self::Star(StarAs::Name) => Self::Name(rest.to_owned()),
            key => key.clone(),
        }
    }

    /// Whom it names. A star names nobody until it is replaced.
    #[must_use]
    pub fn find(&self, index: &ContactIndex) -> Found {
        match self {
            Self::Id(id) => index.by_id(id),
            Self::Email(email) => index.by_email(email),
            Self::Name(name) => index.by_name(name),
            Self::Star(_) => Found::Nobody,
        }
    }
}

/// Digits only, or a bridge id.
fn is_id(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let bridge = text
        .strip_prefix("ab-")
        .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    digits || bridge
}

impl fmt::Display for ContactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "id {id}"),
            Self::Email(email) => write!(f, "address {email}"),
            Self::Name(name) => write!(f, "name \"{name}\""),
            Self::Star(_) => f.write_str("*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks() {
        use ContactKey as K;
        assert_eq!(K::parse(" 17 "), K::Id("17".into()));
        assert_eq!(K::parse("ID: x9"), K::Id("x9".into()));
        assert_eq!(
            K::parse("Joerg@example.org"),
            K::Email("Joerg@example.org".into())
        );
        assert_eq!(K::parse("Müller, Jörg"), K::Name("Müller, Jörg".into()));
        assert_eq!(K::parse("*"), K::Star(StarAs::Any));
        assert_eq!(K::parse("*").with_star("17"), K::Id("17".into()));
        assert_eq!(K::name("*").with_star("17"), K::Name("17".into()));
        let bridge = "ab-00112233445566778899aabbccddeeff";
        assert_eq!(K::parse(bridge), K::Id(bridge.into()));
    }
}
