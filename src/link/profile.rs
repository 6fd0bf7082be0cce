//! The profile: what takes part in the sync, and what counts as a link.
//!
//! *Spec*: `formats/profile.md`.
//!
//! *Shape*: TOML; every key has a default, so an empty file is the default profile.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::folder_pattern::FolderPattern;
use super::map_toml::{TomlContact, fault, line_of, text_of};
use super::period::Period;
use crate::item::Kind;

/// A way in which an item can be linked to a contact, in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkBy {
    /// The picked list.
    Picked,
    /// The map.
    Category,
    /// The folder rules.
    Folder,
    /// The links that Outlook keeps itself.
    Outlook,
    /// The addresses of those who take part.
    Address,
}

/// Whose contacts take part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's.
    #[default]
    All,
    /// Those assigned to one of these users (id or name).
    AssignedTo(Vec<String>),
}

/// What takes part in the sync, and what counts as a link.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Whose contacts.
    pub scope: Scope,
    /// Which kinds.
    pub kinds: Vec<Kind>,
    /// Whether private items take part.
    pub private: bool,
    /// The user's own addresses, which link nothing.
    pub own_addresses: Vec<String>,
    /// Folders that take part; all when empty.
    pub include: Vec<FolderPattern>,
    /// Folders that do not; stronger than `include`.
    pub exclude: Vec<FolderPattern>,
    /// The time that items must fall in (not contacts and lists).
    pub period: Period,
    /// Whether items without a date take part when there is a period.
    pub undated: bool,
    /// Sync categories beside those of the map.
    pub sync_categories: Vec<String>,
    /// How items of each kind are linked, where that is not the default.
    pub link_by: Vec<(Kind, Vec<LinkBy>)>,
    /// Kinds that are exported without a link too.
    pub export_unlinked: Vec<Kind>,
    /// Whether suggestions are looked for.
    pub suggest: bool,
    /// Folders whose items are linked to contacts.
    pub folder_rules: Vec<FolderRule>,
    /// The picked list, as the profile names it.
    pub picked: Option<PathBuf>,
}

/// A folder whose items are linked to contacts.
#[derive(Debug, Clone)]
pub struct FolderRule {
    /// Its line in the profile, from 1.
    pub line: u64,
    /// The folders.
    pub folder: FolderPattern,
    /// The contacts.
    pub contacts: Vec<super::contact_key::ContactKey>,
    /// The kinds that it is for; all when empty.
    pub kinds: Vec<Kind>,
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file cannot be read.
    #[error("the profile {file} cannot be read: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is faulty.
    #[error("the profile {file} cannot be used: line {line}: {what}")]
    Faulty {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong, and the remedy.
        what: String,
    },
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            scope: Scope::All,
            kinds: Kind::ALL.to_vec(),
            private: false,
            own_addresses: Vec::new(),
            include: Vec::new(),
            exclude: Vec::new(),
            period: Period::default(),
            undated: true,
            sync_categories: Vec::new(),
            link_by: Vec::new(),
            export_unlinked: Vec::new(),
            suggest: true,
            folder_rules: Vec::new(),
            picked: None,
        }
    }
}

impl Profile {
    /// Reads a profile file. A relative `picked` file is looked for beside it.
    ///
    /// # Errors
    /// When it cannot be read or is faulty.
    pub fn open(path: &Path) -> Result<Self, ProfileError> {
        let file = path.display().to_string();
        let bytes = crate::sheet::load(path).map_err(|source| ProfileError::Unreadable {
            file: file.clone(),
            source,
        })?;
        let mut profile = Self::read(&file, &bytes)?;
        if let (Some(picked), Some(beside)) = (&mut profile.picked, path.parent()) {
            *picked = beside.join(&*picked);
        }
        Ok(profile)
    }

    /// Reads a profile from its bytes; `file` is its name.
    ///
    /// # Errors
    /// When it is faulty.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, ProfileError> {
        let faulty = |line, what| ProfileError::Faulty {
            file: file.to_owned(),
            line,
            what,
        };
        let text = text_of(bytes).map_err(|fault| faulty(fault.line, fault.what))?;
        let parsed: File = toml::from_str(text).map_err(|error| {
            let fault = fault(text, &error);
            faulty(fault.line, fault.what)
        })?;
        parsed
            .checked(text)
            .map_err(|(line, what)| faulty(line, what))
    }

    /// How items of a kind are linked.
    #[must_use]
    pub fn links_by(&self, kind: Kind, by: LinkBy) -> bool {
        match self.link_by.iter().find(|(own, _)| *own == kind) {
            Some((_, ways)) => ways.contains(&by),
            None => {
                by != LinkBy::Address || matches!(kind, Kind::Email | Kind::Meeting | Kind::Task)
            }
        }
    }
}

/// The file as TOML has it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    version: Option<toml::Spanned<u64>>,
    scope: Option<toml::Spanned<String>>,
    assigned_to: Option<toml::Spanned<OneOrMany>>,
    kinds: Option<Vec<Kind>>,
    private: bool,
    own_addresses: Vec<toml::Spanned<String>>,
    folders: Folders,
    dates: Dates,
    contacts: Contacts,
    emails: Ways,
    meetings: Ways,
    tasks: Ways,
    notes: Ways,
    journals: Ways,
    distribution_lists: Ways,
    others: Ways,
    export_unlinked: Vec<Kind>,
    suggest: Option<bool>,
    folder_rule: Vec<toml::Spanned<Rule>>,
    picked: Option<Picked>,
}

/// A text, or a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a user id or name in quotes, or a list of them")]
enum OneOrMany {
    One(String),
    Number(u64),
    Many(Vec<String>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Folders {
    include: Vec<toml::Spanned<String>>,
    exclude: Vec<toml::Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Dates {
    from: Option<toml::Spanned<String>>,
    until: Option<toml::Spanned<String>>,
    zone: Option<toml::Spanned<String>>,
    undated: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Contacts {
    sync_categories: Vec<String>,
    link_by: Option<Vec<LinkBy>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Ways {
    link_by: Option<Vec<LinkBy>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    folder: String,
    contacts: Vec<TomlContact>,
    #[serde(default)]
    kinds: Vec<Kind>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Picked {
    file: PathBuf,
}

type Fault = (u64, String);

impl File {
    fn checked(self, text: &str) -> Result<Profile, Fault> {
        let line = |span: std::ops::Range<usize>| line_of(text, span.start);
        if let Some(version) = self
            .version
            .as_ref()
            .filter(|version| *version.get_ref() != 1)
        {
            let what = format!(
                "version {} is not known; this program reads version 1",
                version.get_ref()
            );
            return Err((line(version.span()), what));
        }
        let scope = scope(self.scope, self.assigned_to, &line)?;
        for address in &self.own_addresses {
            if super::keys::email(address.get_ref()).is_none() {
                let what = format!("`{}` is no e-mail address", address.get_ref());
                return Err((line(address.span()), what));
            }
        }
        let folder = |pattern: &str, at: u64| {
            FolderPattern::new(pattern).ok_or_else(|| {
                (
                    at,
                    format!("`{pattern}` names no folder; write one like Inbox/Clients/**"),
                )
            })
        };
        let folders = |patterns: Vec<toml::Spanned<String>>| {
            let read =
                |pattern: toml::Spanned<String>| folder(pattern.get_ref(), line(pattern.span()));
            patterns
                .into_iter()
                .map(read)
                .collect::<Result<Vec<_>, _>>()
        };
        let mut folder_rules = Vec::new();
        for rule in self.folder_rule {
            let at = line(rule.span());
            let rule = rule.into_inner();
            let contacts: Vec<_> = rule.contacts.iter().map(TomlContact::key).collect();
            if contacts.is_empty() || contacts.iter().any(super::contact_key::ContactKey::is_star) {
                let what =
                    "the folder rule names no contact; fill in contacts, and no star".to_owned();
                return Err((at, what));
            }
            let folder = folder(&rule.folder, at)?;
            folder_rules.push(FolderRule {
                line: at,
                folder,
                contacts,
                kinds: rule.kinds,
            });
        }
        let part = |value: &Option<toml::Spanned<String>>| {
            value
                .as_ref()
                .map(|value| (value.get_ref().clone(), line(value.span())))
        };
        let dates = &self.dates;
        let period = Period::read(part(&dates.from), part(&dates.until), part(&dates.zone))?;
        let ways = [
            (Kind::Contact, self.contacts.link_by),
            (Kind::Email, self.emails.link_by),
            (Kind::Meeting, self.meetings.link_by),
            (Kind::Task, self.tasks.link_by),
            (Kind::Note, self.notes.link_by),
            (Kind::Journal, self.journals.link_by),
            (Kind::DistributionList, self.distribution_lists.link_by),
            (Kind::Other, self.others.link_by),
        ];
        let defaults = Profile::default();
        Ok(Profile {
            scope,
            kinds: self.kinds.unwrap_or(defaults.kinds),
            private: self.private,
            own_addresses: self
                .own_addresses
                .into_iter()
                .map(toml::Spanned::into_inner)
                .collect(),
            include: folders(self.folders.include)?,
            exclude: folders(self.folders.exclude)?,
            period,
            undated: dates.undated.unwrap_or(defaults.undated),
            sync_categories: self.contacts.sync_categories,
            link_by: ways
                .into_iter()
                .filter_map(|(kind, ways)| Some((kind, ways?)))
                .collect(),
            export_unlinked: self.export_unlinked,
            suggest: self.suggest.unwrap_or(defaults.suggest),
            folder_rules,
            picked: self.picked.map(|picked| picked.file),
        })
    }
}

fn scope(
    word: Option<toml::Spanned<String>>,
    users: Option<toml::Spanned<OneOrMany>>,
    line: &dyn Fn(std::ops::Range<usize>) -> u64,
) -> Result<Scope, Fault> {
    let at = users.as_ref().map_or(1, |users| line(users.span()));
    let users: Vec<String> = match users.map(toml::Spanned::into_inner) {
        None => Vec::new(),
        Some(OneOrMany::One(user)) => vec![user],
        Some(OneOrMany::Number(user)) => vec![user.to_string()],
        Some(OneOrMany::Many(users)) => users,
    };
    let named = users.iter().any(|user| !user.trim().is_empty());
    let Some(word) = word else {
        return Ok(if named {
            Scope::AssignedTo(users)
        } else {
            Scope::All
        });
    };
    match word.get_ref().as_str() {
        "all" if users.is_empty() => Ok(Scope::All),
        "all" => Err((
            at,
            "assigned_to has no effect with scope = \"all\"; remove one of them".to_owned(),
        )),
        "assigned" if named => Ok(Scope::AssignedTo(users)),
        "assigned" => {
            let what = "scope = \"assigned\" needs the user: assigned_to = \"USER ID\"".to_owned();
            Err((line(word.span()), what))
        }
        other => {
            let what = format!("scope \"{other}\" is not known; write \"all\" or \"assigned\"");
            Err((line(word.span()), what))
        }
    }
}
