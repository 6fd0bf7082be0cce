//! The headings of each kind of table, by language and by program.
//!
//! Columns are called by the heading that Outlook gives them in English; the pairs here say which
//! other heading means which of those.
//!
//! *Seen in the wild*: one heading for two columns (`Titre`): the first of them is the first that
//! the pairs name; headings partly in English, whatever the language.

mod bigcontacts;
mod brazilian;
mod dutch;
mod english;
mod french;
mod german;
mod italian;
mod japanese;
mod portuguese;
mod spanish;
mod thunderbird;

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::date::DateOrder;

/// What the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Contacts.
    Contacts,
    /// Appointments and meetings.
    Calendar,
    /// Tasks.
    Tasks,
    /// E-mails.
    Mail,
    /// Notes.
    Notes,
    /// Journal entries.
    Journal,
}

impl Kind {
    /// What users call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Calendar => "appointments",
            Self::Tasks => "tasks",
            Self::Mail => "e-mails",
            Self::Notes => "notes",
            Self::Journal => "journal entries",
        }
    }

    /// Of each of these sets a table has at least one column.
    pub(super) fn needs(self) -> &'static [&'static [&'static str]] {
        const NAMES: &[&str] = &[
            "First Name",
            "Last Name",
            "Name",
            "Company",
            "File As",
            "Nickname",
        ];
        const WAYS: &[&str] = &[
            "E-mail Address",
            "Email",
            "Phone",
            "Business Phone",
            "Home Phone",
            "Mobile Phone",
            "Business Street",
            "Home Street",
        ];
        match self {
            Self::Contacts => &[NAMES, WAYS],
            Self::Calendar => &[&["Subject"], &["Start Date"]],
            Self::Tasks => &[&["Subject"], &["Due Date"]],
            Self::Mail => &[&["Subject", "Body"], &["From: (Name)", "From: (Address)"]],
            Self::Notes => &[&["Note Body"], &["Note Color", "Categories"]],
            Self::Journal => &[&["Subject"], &["Entry Type"], &["Start Date", "Duration"]],
        }
    }

    /// Columns that together tell the kind, however many others there are.
    pub(super) fn signs(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Contacts => &[
                &["First Name", "Last Name", "E-mail Address"],
                &["First Name", "Last Name", "Email"],
            ],
            Self::Calendar => &[&["Start Date", "Start Time", "End Date"]],
            Self::Tasks => &[&["Due Date", "Date Completed", "% Complete"]],
            Self::Mail => &[&["From: (Name)", "From: (Address)", "To: (Name)"]],
            Self::Notes | Self::Journal => &[],
        }
    }
}

/// The headings of one language or program.
#[derive(Debug)]
pub struct Language {
    /// What users call it.
    pub name: &'static str,
    /// The order of dates where it is spoken.
    pub order: DateOrder,
    /// The code page of Windows where it is spoken.
    pub code_page: u16,
    /// A top-level domain where it is spoken, as a hint at the code page.
    pub(super) domain: &'static [u8],
    /// Per kind: the column, and a heading that it has.
    pub(super) tables: &'static [(Kind, &'static [(&'static str, &'static str)])],
}

/// Every language and program; of two that know equally many headings the first wins.
pub static LANGUAGES: [&Language; 11] = [
    &english::ENGLISH,
    &german::GERMAN,
    &french::FRENCH,
    &spanish::SPANISH,
    &italian::ITALIAN,
    &dutch::DUTCH,
    &brazilian::BRAZILIAN,
    &portuguese::PORTUGUESE,
    &japanese::JAPANESE,
    &bigcontacts::BIGCONTACTS,
    &thunderbird::THUNDERBIRD,
];

/// What a heading means in one table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meaning {
    /// Its language, in [`LANGUAGES`].
    pub(super) language: usize,
    /// Its kind.
    pub(super) kind: Kind,
    /// The column.
    pub(super) column: &'static str,
}

/// Every meaning of a heading, in the order of the tables.
pub(super) fn meanings(heading: &str) -> &'static [Meaning] {
    static INDEX: LazyLock<HashMap<String, Vec<Meaning>>> = LazyLock::new(|| {
        let mut index: HashMap<String, Vec<Meaning>> = HashMap::new();
        for (language, own) in LANGUAGES.iter().enumerate() {
            for (kind, pairs) in own.tables {
                for (column, heading) in *pairs {
                    index.entry(key(heading)).or_default().push(Meaning {
                        language,
                        kind: *kind,
                        column,
                    });
                }
            }
        }
        index
    });
    let key = key(heading);
    let numbered = key.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let known = INDEX.get(&key).or_else(|| {
        // BigContacts numbers its addresses and telephone numbers without end.
        INDEX.get(numbered).filter(|meanings| {
            let many = |meaning: &Meaning| ["Email", "Phone"].contains(&meaning.column);
            meanings.iter().all(many)
        })
    });
    known.map(Vec::as_slice).unwrap_or_default()
}

/// A heading or word as it is compared: letters and digits, without accents and in lower case.
#[must_use]
pub fn key(text: &str) -> String {
    text.nfkd()
        .filter(|letter| letter.is_alphanumeric() && !is_combining_mark(*letter))
        .flat_map(char::to_lowercase)
        .collect::<String>()
        .replace('ß', "ss")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_one_of_english_outlook_or_of_its_program() {
        let english: Vec<_> = english::ENGLISH.tables.iter().collect();
        for language in LANGUAGES {
            for (kind, pairs) in language.tables {
                let (_, own) = english.iter().find(|(own, _)| own == kind).unwrap();
                for (column, heading) in *pairs {
                    let known = own.iter().any(|(known, _)| known == column)
                        || language.name == "BigContacts"
                        || language.name == "Thunderbird";
                    assert!(known, "{}: {heading} is {column}", language.name);
                    assert!(!key(heading).is_empty(), "{heading}");
                }
            }
        }
    }

    #[test]
    fn outlook_has_92_columns_of_contacts_in_every_language() {
        for language in LANGUAGES.iter().take(9) {
            let (_, pairs) = language.tables.first().unwrap();
            let mut columns: Vec<_> = pairs.iter().map(|(column, _)| *column).collect();
            columns.sort_unstable();
            columns.dedup();
            let beside = [
                "Given Yomi",
                "Surname Yomi",
                "Company Yomi",
                "Name",
                "Nickname",
                "IMAddress",
                "Personal Web Page",
                "Home Address",
                "Business Address",
                "Other Address",
                "File As",
            ];
            columns.retain(|column| !beside.contains(column));
            assert_eq!(columns.len(), 92, "{}", language.name);
        }
    }

    #[test]
    fn headings_are_compared_without_case_accents_and_signs() {
        assert_eq!(key("E-mail 2 Address"), "email2address");
        assert_eq!(key("STRASSE geschäftlich"), key("Straße  Geschaftlich"));
        assert_eq!(key("ﾒﾓ"), key("メモ"));
        let columns = |heading| -> Vec<_> {
            let all = meanings(heading).iter();
            all.map(|meaning| (meaning.language, meaning.column))
                .collect()
        };
        assert!(columns("Email 12").contains(&(9, "Email")));
        assert!(columns("Titre").starts_with(&[(2, "Title"), (2, "Job Title")]));
        assert!(columns("Colour of the sky").is_empty());
    }
}
