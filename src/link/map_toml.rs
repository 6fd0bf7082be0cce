//! The map as TOML: for those who keep it beside their configuration.
//!
//! *Spec*: `formats/map.md`, "The TOML form".
//!
//! *Shape*: `version = 1`, then one `[[link]]` table per pattern.

use serde::Deserialize;
use toml::Spanned;

use super::category_map::{CrmCategory, MapFault, MapLine};
use super::category_pattern::{CategoryPattern, MatchKind};
use super::contact_key::ContactKey;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Option<Spanned<u64>>,
    #[serde(default)]
    sync: Vec<Spanned<String>>,
    #[serde(default)]
    link: Vec<Spanned<Link>>,
}

/// One `[[link]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    category: String,
    #[serde(rename = "match")]
    kind: Option<String>,
    #[serde(default)]
    contacts: Vec<TomlContact>,
    crm_category: Option<CrmCategory>,
    #[serde(default)]
    sync: bool,
    #[serde(default)]
    note: String,
}

/// A contact: a text read by its looks, or a table that says what it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "a contact is a text, or a table with one of id, email and name, each a text"
)]
pub(super) enum TomlContact {
    /// By its looks.
    Text(String),
    /// By id.
    Id(ById),
    /// By address.
    Email(ByEmail),
    /// By name.
    Name(ByName),
}

/// `{ id = "17" }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ById {
    id: String,
}

/// `{ email = "joerg@example.org" }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ByEmail {
    email: String,
}

/// `{ name = "Jörg Müller" }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ByName {
    name: String,
}

impl TomlContact {
    /// The key it stands for.
    pub(super) fn key(&self) -> ContactKey {
        match self {
            Self::Text(text) => ContactKey::parse(text),
            Self::Id(by) => ContactKey::id(&by.id),
            Self::Email(by) => ContactKey::email(&by.email),
            Self::Name(by) => ContactKey::name(&by.name),
        }
    }
}

/// The line of a byte of a text, from 1.
pub(super) fn line_of(text: &str, at: usize) -> u64 {
    let head = text.as_bytes().iter().take(at);
    head.filter(|byte| **byte == b'\n').count() as u64 + 1
}

/// A TOML fault as a line and words.
pub(super) fn fault(text: &str, error: &toml::de::Error) -> MapFault {
    let line = error.span().map_or(1, |span| line_of(text, span.start));
    let what = error.message().replace('\n', ", ");
    MapFault { line, what }
}

/// Reads the lines.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<MapLine>, Vec<MapFault>> {
    let text = text_of(bytes).map_err(|fault| vec![fault])?;
    let file: File = toml::from_str(text).map_err(|error| vec![fault(text, &error)])?;
    if let Some(version) = file
        .version
        .as_ref()
        .filter(|version| *version.get_ref() != 1)
    {
        let what = format!(
            "version {} is not known; this program reads version 1",
            version.get_ref()
        );
        return Err(vec![MapFault {
            line: line_of(text, version.span().start),
            what,
        }]);
    }
    let mut lines = Vec::new();
    let mut faults = Vec::new();
    for category in file.sync {
        let line = line_of(text, category.span().start);
        lines.push(sync_line(line, category.get_ref()));
    }
    for link in file.link {
        let line = line_of(text, link.span().start);
        match read_link(line, link.into_inner()) {
            Ok(read) => lines.push(read),
            Err(what) => faults.push(MapFault { line, what }),
        }
    }
    if faults.is_empty() {
        Ok(lines)
    } else {
        Err(faults)
    }
}

/// The text of a TOML file, which is always UTF-8.
pub(super) fn text_of(bytes: &[u8]) -> Result<&str, MapFault> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let head = bytes.iter().take(error.valid_up_to());
        let line = head.filter(|byte| **byte == b'\n').count() as u64 + 1;
        MapFault {
            line,
            what: "the file is not UTF-8; save it as UTF-8".to_owned(),
        }
    })
}

/// A line that only names a sync category.
pub(super) fn sync_line(line: u64, category: &str) -> MapLine {
    MapLine {
        line,
        pattern: CategoryPattern::new(category, None),
        contacts: Vec::new(),
        checks: Vec::new(),
        crm_category: None,
        sync: true,
        note: String::new(),
    }
}

fn read_link(line: u64, link: Link) -> Result<MapLine, String> {
    if link.category.trim().is_empty() {
        return Err("the category is empty; fill it in".to_owned());
    }
    let kind = link.kind.map(|word| {
        MatchKind::parse(&word).ok_or_else(|| {
            format!("match `{word}` is not known; write exact, ignore-case or prefix")
        })
    });
    let read = MapLine {
        line,
        pattern: CategoryPattern::new(&link.category, kind.transpose()?),
        contacts: link.contacts.iter().map(TomlContact::key).collect(),
        checks: Vec::new(),
        crm_category: link.crm_category,
        sync: link.sync,
        note: link.note,
    };
    read.checked()
}
