//! The crate outlook-pst as a second reader of what was written.
//!
//! *Invariants*: it reads stores of our own making only, and may fail: it cannot read attachments
//! that are objects, and what it cannot read says nothing about the store. A panic of it is such a
//! failure. What it does read must be what went in.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;

use outlook_pst::UnicodePstFile;
use outlook_pst::ltp::prop_context::PropertyValue;
use outlook_pst::messaging::message::{Message as _, UnicodeMessage};
use outlook_pst::messaging::store::{Store as _, UnicodeStore};

use crate::mapi::{AttachmentData, Message, pid_tag};
use crate::pst::NodeId;

/// `PidTagMessageClass`.
const MESSAGE_CLASS: u16 = 0x001A;

/// A store, opened by the other reader.
pub(super) struct SecondReader(Rc<UnicodeStore>);

/// What it says of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The same as we do.
    Same,
    /// Something else.
    Differs(String),
    /// It cannot read the message.
    Nothing(String),
}

impl std::fmt::Debug for SecondReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecondReader")
    }
}

/// Runs foreign code.
fn guarded<T>(work: impl FnOnce() -> std::io::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("it panicked".to_owned()),
    }
}

impl SecondReader {
    /// Opens a store.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        guarded(|| UnicodeStore::read(Rc::new(UnicodePstFile::open(path)?))).map(Self)
    }

    /// Compares class, subject, and the numbers of recipients and attachments.
    pub(super) fn compare(&self, nid: NodeId, message: &Message) -> Said {
        let store = &self.0;
        let wanted = [MESSAGE_CLASS, pid_tag::SUBJECT];
        let read = guarded(|| {
            let entry = store.properties().make_entry_id(nid.0.into())?;
            let read = UnicodeMessage::read(Rc::clone(store), &entry, Some(&wanted))?;
            let text = |id| match read.properties().get(id) {
                Some(PropertyValue::Unicode(text)) => Some(text.to_string()),
                _ => None,
            };
            let rows = read
                .recipient_table()
                .map(|table| table.rows_matrix().count());
            let files = read
                .attachment_table()
                .map(|table| table.rows_matrix().count());
            Ok((
                text(MESSAGE_CLASS),
                text(pid_tag::SUBJECT),
                rows.unwrap_or_default(),
                files.unwrap_or_default(),
            ))
        });
        let (class, subject, recipients, attachments) = match read {
            Ok(read) => read,
            Err(error) => return Said::Nothing(error),
        };
        // As stored: a mark of two characters before the text (MS-PST 2.5.3.1.1.1).
        let subject = subject.map(|text| match text.strip_prefix('\u{1}') {
            Some(rest) => rest.chars().skip(1).collect(),
            None => text,
        });
        let ours = |id| message.props.str(id).map(str::to_owned);
        // Its texts end before a NUL.
        let upto = |text: String| text.split('\0').next().unwrap_or_default().to_owned();
        let same = |ours: Option<String>, theirs: Option<String>| {
            let Some(ours) = ours else { return true };
            upto(ours) == upto(theirs.unwrap_or_default())
        };
        if !same(ours(MESSAGE_CLASS), class.clone()) {
            return Said::Differs(format!("class {class:?}"));
        }
        if !same(ours(pid_tag::SUBJECT), subject.clone()) {
            return Said::Differs(format!("subject {subject:?}"));
        }
        if recipients != message.recipients.len() {
            return Said::Differs(format!("{recipients} recipients"));
        }
        let is_object = |data: &AttachmentData| {
            matches!(data, AttachmentData::Message(_) | AttachmentData::Ole(_))
        };
        let objects = message.attachments.iter().any(|one| is_object(&one.data));
        if attachments != message.attachments.len() && !objects {
            return Said::Differs(format!("{attachments} attachments"));
        }
        Said::Same
    }
}
