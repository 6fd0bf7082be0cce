//! In which folder an item belongs, and what a file may be called.

use crate::item::{Content, Item, Kind};

/// The container class of folders for items of a kind (MS-OXOSFLD 2.2.1).
fn container_class(kind: Kind) -> &'static str {
    match kind {
        Kind::Contact | Kind::DistributionList => "IPF.Contact",
        Kind::Meeting => "IPF.Appointment",
        Kind::Task => "IPF.Task",
        Kind::Note => "IPF.StickyNote",
        Kind::Journal => "IPF.Journal",
        Kind::Email | Kind::Other => "IPF.Note",
    }
}

/// The folder in which Outlook keeps such items.
fn default_folder(item: &Item) -> &'static str {
    match &item.content {
        Content::Contact(_) | Content::DistributionList(_) => "Contacts",
        Content::Meeting(_) => "Calendar",
        Content::Task(_) => "Tasks",
        Content::Note(_) => "Notes",
        Content::Journal(_) => "Journal",
        Content::Email(email) if email.state.draft => "Drafts",
        Content::Email(email) if email.state.from_me => "Sent Items",
        Content::Email(_) | Content::Other(_) => "Inbox",
    }
}

/// Where an item goes, from the top down: into the folder that it comes from, else into the usual
/// one of its kind; and the container class of the last.
#[must_use]
pub fn folder_of(item: &Item) -> (Vec<String>, &'static str) {
    let own = item.provenance.first().map(|place| place.folder.clone());
    let own = own.filter(|own| !own.is_empty());
    (
        own.unwrap_or_else(|| vec![default_folder(item).to_owned()]),
        container_class(item.kind()),
    )
}

/// Characters of a file's name at most, so that folder and ending have room below 260.
const LONGEST: usize = 80;

/// Names that Windows keeps for devices.
const RESERVED: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];

/// A text as the name of a file, without ending, that every system takes: `_` for what Windows
/// forbids, no dot or space at its end, no device.
#[must_use]
pub fn file_name(text: &str) -> String {
    let forbidden = |letter: char| {
        letter.is_control()
            || matches!(letter, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*')
            // Directions, which make a name look like another.
            || matches!(letter, '\u{200E}' | '\u{200F}')
            || matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    let letters = text.trim().chars().take(LONGEST);
    let name: String = letters
        .map(|letter| if forbidden(letter) { '_' } else { letter })
        .collect();
    let name = name.trim_end_matches(['.', ' ']).trim_start();
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_ascii_uppercase();
    let numbered = |device: &str| {
        let rest = stem.strip_prefix(device).unwrap_or_default();
        let mut letters = rest.chars();
        let number = matches!(letters.next(), Some('0'..='9' | '¹' | '²' | '³'));
        number && letters.next().is_none()
    };
    if name.is_empty() {
        "unnamed".to_owned()
    } else if RESERVED.contains(&stem.as_str()) || numbered("COM") || numbered("LPT") {
        format!("_{name}")
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_every_system_takes() {
        for (text, name) in [
            ("Meier, Anna", "Meier, Anna"),
            ("Re: a/b?", "Re_ a_b_"),
            ("", "unnamed"),
            (" . ", "unnamed"),
            ("con", "_con"),
            ("COM1.txt", "_COM1.txt"),
            ("LPT", "LPT"),
            ("Offer...", "Offer"),
            ("a\u{202E}gpj.exe", "a_gpj.exe"),
            ("Grüße 日本", "Grüße 日本"),
        ] {
            assert_eq!(file_name(text), name, "{text:?}");
        }
        assert_eq!(file_name(&"x".repeat(500)).len(), LONGEST);
    }
}
