//! The folders that mails are in: those of Maildirs, of Thunderbird and Apple Mail.
//!
//! *Shape*: a mailbox is itself a folder, called by its file, unless that is called a mail
//! (`.eml`). Thunderbird keeps folders in the folder `Inbox` in `Inbox.sbd`; Apple Mail exports a
//! mailbox as a file `mbox` in a folder `Inbox.mbox`.

use std::path::Path;
use std::sync::Arc;

use crate::mime::maildir;

use super::sniff::Format;

/// The folders of a file of mails, from the folders that it is in.
pub(super) fn folders(format: Format, path: &Path, outer: &Arc<[String]>) -> Arc<[String]> {
    match format {
        Format::Mail if is_in_maildir(path) => maildir::folders(outer).into(),
        Format::Mbox => of_mailbox(path, outer).into(),
        _ => Arc::clone(outer),
    }
}

/// Why a file is passed over, when it is one that mailers keep beside mails.
pub(super) fn passed_over(path: &Path) -> Option<&'static str> {
    (name_of_parent(path) == Some("tmp") && is_in_maildir(path))
        .then_some("a mail that was never delivered whole (in `tmp` of a Maildir)")
}

fn name_of_parent(path: &Path) -> Option<&str> {
    path.parent()?.file_name()?.to_str()
}

/// Whether the file is in `cur`, `new` or `tmp` of a Maildir.
fn is_in_maildir(path: &Path) -> bool {
    let above = path.parent().and_then(Path::parent);
    matches!(name_of_parent(path), Some("cur" | "new" | "tmp"))
        && above.is_some_and(|above| above.join("cur").is_dir() && above.join("new").is_dir())
}

fn of_mailbox(path: &Path, outer: &[String]) -> Vec<String> {
    let bare = |name: &str| {
        let endings = [
            ".sbd", ".mbox", ".mbx", ".mboxrd", ".mboxo", ".mboxcl", ".mboxcl2",
        ];
        let cut = endings
            .into_iter()
            .find_map(|ending| name.strip_suffix(ending));
        cut.filter(|cut| !cut.is_empty()).unwrap_or(name).to_owned()
    };
    let mut all: Vec<String> = outer.iter().map(|name| bare(name)).collect();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let inside = outer.last().is_some_and(|last| last.ends_with(".mbox"));
    let is_mail = name.to_ascii_lowercase().ends_with(".eml");
    if !is_mail && (!inside || name != "mbox") {
        all.push(bare(&name));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(format: Format, path: &str, outer: &[&str]) -> Vec<String> {
        let outer = outer.iter().map(|name| (*name).to_owned()).collect();
        folders(format, Path::new(path), &outer).to_vec()
    }

    #[test]
    fn a_mailbox_is_a_folder() {
        assert_eq!(told(Format::Mbox, "a/Inbox.mbox", &["a"]), ["a", "Inbox"]);
        let sub = told(Format::Mbox, "Inbox.sbd/Sub", &["Inbox.sbd"]);
        assert_eq!(sub, ["Inbox", "Sub"]);
        assert_eq!(told(Format::Mbox, "X.mbox/mbox", &["X.mbox"]), ["X"]);
        assert_eq!(
            told(Format::Mail, "a/cur/1:2,S", &["a", "cur"]),
            ["a", "cur"]
        );
    }

    #[test]
    fn a_maildir_has_folders_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(directory.path().join(".Sent.2024").join(name)).unwrap();
        }
        let at = |name: &str| directory.path().join(".Sent.2024").join(name).join("1.x");
        let outer: Arc<[String]> = [".Sent.2024", "cur"].map(str::to_owned).into();
        let inner = folders(Format::Mail, &at("cur"), &outer);
        assert_eq!(*inner, ["Sent", "2024"]);
        assert!(passed_over(&at("tmp")).is_some() && passed_over(&at("new")).is_none());
    }
}
