//! Conflicts, in words that a person understands, and decisions on them.
//!
//! *Spec*: `formats/exchange.md`, section 2, "Decision".
//!
//! *Shape* of the table that people edit: `Number,Item,Title,Field,Outlook,Outlook edited,
//! BigContacts,BigContacts edited,Shown,Take`, where `Take` is `outlook`, `crm`, or empty.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::held_item::{HeldError, HeldItem};
use super::home::Config;
use super::ledger::{LedgerError, Round, Waiting};
use crate::item::{Item, ItemId};
use crate::merge::fields::parts;
use crate::merge::{EXISTS, Sibling, Side, Stamp};

/// A field with different values, as it is told to people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Question {
    /// The item.
    pub item: ItemId,
    /// What a person would call it.
    pub title: String,
    /// Its kind.
    pub kind: String,
    /// The path of the field.
    pub path: String,
    /// The field, in words.
    pub field: String,
    /// The newest value of Outlook, if it has one of its own.
    pub outlook: Option<Answer>,
    /// The newest value of BigContacts, if it has one of its own.
    pub crm: Option<Answer>,
    /// Whose value is shown meanwhile.
    pub shown: Side,
}

/// One of the values of a [`Question`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// In words.
    pub text: String,
    /// The value; nothing when the field was emptied.
    pub value: Option<Value>,
    /// When the edit was noticed.
    pub at: Timestamp,
}

/// Why a decision cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The fields make no item.
    #[error(transparent)]
    Held(#[from] HeldError),
    /// There is no such conflict.
    #[error("{item}: there is no conflict in {path}: airbridge conflicts lists them")]
    NoConflict {
        /// The item.
        item: String,
        /// The field.
        path: String,
    },
    /// That side has no value of its own there.
    #[error("{item}: {side} has no value of its own in {path}")]
    NoValue {
        /// The item.
        item: String,
        /// The field.
        path: String,
        /// The side.
        side: Side,
    },
    /// The side's own store cannot be written.
    #[error(transparent)]
    Store(#[from] anyhow::Error),
}

/// All conflicts, by item and field.
///
/// # Errors
/// When the ledger cannot be read.
pub fn questions(round: &Round<'_>, config: &Config) -> Result<Vec<Question>, LedgerError> {
    let mut questions = Vec::new();
    for id in round.waiting(Waiting::Decision)? {
        if let Some(held) = round.held(&id)? {
            questions.extend(questions_of(&held, config));
        }
    }
    Ok(questions)
}

fn questions_of(held: &HeldItem, config: &Config) -> Vec<Question> {
    let conflicts = held.held.state.conflicts(config.prefer).into_iter();
    let questions = conflicts.map(|conflict| {
        let all: Vec<&Sibling> = std::iter::once(&conflict.shown)
            .chain(&conflict.others)
            .collect();
        let newest = |side: Side| {
            let own = all.iter().filter(|sibling| sibling.dot.0 == side);
            own.max_by_key(|sibling| sibling.dot).map(|sibling| Answer {
                text: words(&conflict.path, sibling.value.as_ref()),
                value: sibling.value.clone(),
                at: sibling.at,
            })
        };
        Question {
            item: held.like.id.clone(),
            title: held.like.title().to_owned(),
            kind: held.like.kind().name().to_owned(),
            field: field(&conflict.path),
            outlook: newest(Side::Outlook),
            crm: newest(Side::Crm),
            shown: conflict.shown.dot.0,
            path: conflict.path,
        }
    });
    questions.collect()
}

/// A path, in words: `phones (mobile)`, `job title`.
#[must_use]
pub fn field(path: &str) -> String {
    if path == EXISTS {
        return "deleted or kept".to_owned();
    }
    let (member, name) = parts(path);
    let member = member.replace('_', " ");
    match name {
        Some(name) if name.starts_with('#') => member,
        Some(name) => format!("{member} ({name})"),
        None => member,
    }
}

/// A value, in words.
#[must_use]
pub fn words(path: &str, value: Option<&Value>) -> String {
    match value {
        None => "(empty)".to_owned(),
        Some(Value::Bool(true)) if path == EXISTS => "kept".to_owned(),
        Some(Value::Bool(false)) if path == EXISTS => "deleted".to_owned(),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(members)) => {
            let texts = members.iter().filter_map(|(member, value)| match value {
                Value::String(text) if member != "kind" && member != "type" => Some(text.as_str()),
                _ => None,
            });
            let texts: Vec<&str> = texts.collect();
            if texts.is_empty() {
                Value::Object(members.clone()).to_string()
            } else {
                texts.join(", ")
            }
        }
        Some(other) => other.to_string(),
    }
}

/// What a person decided.
#[derive(Debug, Clone, PartialEq)]
pub enum Take {
    /// The value of a side.
    Side(Side),
    /// A value of their own; `None` empties the field.
    Value(Option<Value>),
}

/// Decides one conflict; `show` writes the store of a side that has it at hand.
///
/// # Errors
/// When there is no such conflict or value; then nothing has changed.
pub fn decide(
    round: &Round<'_>,
    config: &Config,
    now: Timestamp,
    (id, path): (&ItemId, &str),
    take: &Take,
    show: impl FnOnce(&Round<'_>, &mut HeldItem, Option<Item>) -> anyhow::Result<()>,
) -> Result<(), SettleError> {
    let no_conflict = || SettleError::NoConflict {
        item: id.0.clone(),
        path: path.to_owned(),
    };
    let mut held = round.held(id)?.ok_or_else(no_conflict)?;
    let questions = questions_of(&held, config);
    let question = questions.iter().find(|own| own.path == path);
    let question = question.ok_or_else(no_conflict)?;
    let value = match take {
        Take::Value(value) => value.clone(),
        Take::Side(side) => {
            let answer = match side {
                Side::Outlook => &question.outlook,
                Side::Crm => &question.crm,
            };
            let answer = answer.as_ref().ok_or_else(|| SettleError::NoValue {
                item: id.0.clone(),
                path: path.to_owned(),
                side: *side,
            })?;
            answer.value.clone()
        }
    };
    let stamp = Stamp {
        side: config.side,
        at: now,
        epoch: config.epoch,
    };
    held.held.decide(path, value, config.prefer, &stamp);
    let exists = held.held.state.exists(config.prefer);
    let shown = exists.then(|| held.shown(config.prefer)).transpose()?;
    show(round, &mut held, shown)?;
    round.hold(&held, config.prefer)?;
    Ok(())
}
