//! The decision: to whom an item is linked, why, and whether it is exported.
//!
//! *Spec*: `formats/map.md`, "The decision".
//!
//! *Invariants*: every item gets exactly one; the reason is in plain words.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::category_map::CrmCategory;
use super::contact_index::ContactRef;

/// What is decided for one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Whether the item goes into the bundle.
    pub export: bool,
    /// Why, in plain words.
    pub reason: String,
    /// The BigContacts categories that the map gives the item.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crm_categories: Vec<CrmCategory>,
}

/// The four outcomes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It belongs to these contacts.
    Linked {
        /// One link per contact, the strongest rule first.
        links: Vec<Link>,
    },
    /// It may belong to these contacts; a person must say so.
    Suggested {
        /// The best first.
        suggestions: Vec<Suggestion>,
    },
    /// Nothing says to whom it belongs.
    Unlinked {
        /// Why.
        cause: Unlinked,
    },
    /// It takes no part in the sync.
    Excluded {
        /// Why.
        cause: Exclusion,
    },
}

/// A link to one contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The contact.
    pub contact: ContactRef,
    /// The strongest rule by which it is linked.
    pub rule: Rule,
    /// What the rule saw: the category, the address and role, the search key.
    pub evidence: String,
    /// Other rules that say the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Support>,
}

/// A rule that confirms a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Support {
    /// The rule.
    pub rule: Rule,
    /// What it saw.
    pub evidence: String,
}

/// The rules that link, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Rule {
    /// A row of the picked list.
    Picked {
        /// Its line.
        line: u64,
    },
    /// A line of the map.
    Map {
        /// The line.
        line: u64,
    },
    /// A folder rule of the profile.
    Folder {
        /// Its line.
        line: u64,
    },
    /// A link that Outlook keeps.
    OutlookLink,
    /// An address.
    Address,
}

/// A contact that the item may belong to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The contact.
    pub contact: ContactRef,
    /// What suggests it.
    pub hint: Hint,
    /// In words: the name, the category, the domain.
    pub evidence: String,
    /// How near it is, from 0 to 100.
    pub score: u8,
}

/// What can suggest a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// A rule links to a contact that takes no part in the sync and is not in BigContacts.
    NotInSync,
    /// A link of Outlook that names the contact, or the place where it was.
    OutlookLink,
    /// The exact name of somebody who takes part.
    Name,
    /// A category that is the exact name.
    CategoryName,
    /// A contact of BigContacts with the same name.
    SameName,
    /// A company that Outlook notes for the item.
    Company,
    /// A name that is nearly the same.
    NearName,
    /// An address in the domain of the contact's company.
    Domain,
}

/// Why nothing is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unlinked {
    /// No rule fits.
    NoEvidence,
    /// A rule fits, but whom it names is not known.
    ContactUnknown,
    /// A rule fits, but it names several contacts alike.
    ContactAmbiguous,
    /// A contact that BigContacts does not have yet.
    NewContact,
}

/// Why an item takes no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exclusion {
    /// It is private.
    Private,
    /// It is a template.
    Template,
    /// Its kind is not in the profile.
    Kind,
    /// Its folder is not in the profile.
    Folder,
    /// Its date is outside the period.
    Date,
    /// Its contacts are assigned to other users.
    Scope,
    /// It is a contact without a sync category.
    NotMarked,
}

impl Decision {
    /// The links; none unless linked.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        match &self.outcome {
            Outcome::Linked { links } => links,
            _ => &[],
        }
    }

    /// Whether a line of the map, the profile or the picked list had a part in it.
    #[must_use]
    pub fn is_by_rule(&self) -> bool {
        let written = |rule: &Rule| {
            matches!(
                rule,
                Rule::Picked { .. } | Rule::Map { .. } | Rule::Folder { .. }
            )
        };
        !self.crm_categories.is_empty()
            || self.links().iter().any(|link| {
                let also = link.also.iter().map(|support| &support.rule);
                also.chain([&link.rule]).any(written)
            })
    }

    /// The suggestions; none unless suggested.
    #[must_use]
    pub fn suggestions(&self) -> &[Suggestion] {
        match &self.outcome {
            Outcome::Suggested { suggestions } => suggestions,
            _ => &[],
        }
    }
}

impl Outcome {
    /// Its name in records and summaries: `linked`, `suggested`, `unlinked`, `excluded`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Linked { .. } => "linked",
            Self::Suggested { .. } => "suggested",
            Self::Unlinked { .. } => "unlinked",
            Self::Excluded { .. } => "excluded",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Picked { line } => write!(f, "picked, line {line}"),
            Self::Map { line } => write!(f, "map line {line}"),
            Self::Folder { line } => write!(f, "folder rule, profile line {line}"),
            Self::OutlookLink => f.write_str("Outlook link"),
            Self::Address => f.write_str("address"),
        }
    }
}

impl Exclusion {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Private => "it is private",
            Self::Template => "it is a template, from which items are made",
            Self::Kind => "its kind takes no part by the profile",
            Self::Folder => "its folder takes no part by the profile",
            Self::Date => "its date is outside the period of the profile",
            Self::Scope => "its contacts are not assigned to the user of the profile",
            Self::NotMarked => "the contact has no sync category",
        }
    }
}

impl fmt::Display for ContactRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.name.is_empty() {
            "(no name)"
        } else {
            &self.name
        })?;
        match (&self.crm_id, &self.id) {
            (Some(crm_id), _) => write!(f, " (BigContacts {crm_id})"),
            (None, Some(id)) => write!(f, " ({})", id.0),
            (None, None) => Ok(()),
        }
    }
}

/// Adds a link, or a support to the link that the contact has already.
pub(super) fn add_link(links: &mut Vec<Link>, contact: ContactRef, rule: Rule, evidence: String) {
    match links.iter_mut().find(|link| link.contact == contact) {
        None => links.push(Link {
            contact,
            rule,
            evidence,
            also: Vec::new(),
        }),
        Some(link) => {
            let support = Support { rule, evidence };
            let known = link.rule == rule && link.evidence == support.evidence;
            if !known && !link.also.contains(&support) {
                link.also.push(support);
            }
        }
    }
}
