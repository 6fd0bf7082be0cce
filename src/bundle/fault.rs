//! Why a bundle is not accepted: one name for each step of the verify algorithm.
//!
//! *Spec*: `formats/bundle.md`, section 9. The names are stable: test vectors and other verifiers
//! use the same.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $variant:ident = $step:literal, $remedy:literal;)+) => {
        /// The step that failed, and the remedy for it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Fault {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Fault {
            /// Every fault, in the order of the verify algorithm.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name.
            #[must_use]
            pub fn step(self) -> &'static str {
                match self { $(Self::$variant => $step,)+ }
            }

            /// What a person can do about it.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)+ }
            }
        }
    };
}

faults! {
    /// The file cannot be read.
    Read = "read", "check the disk or medium and copy the file again";
    /// Too small or too large for a bundle.
    Size = "size", "it is not a whole bundle: copy it again, or ask for it to be sent again";
    /// Does not begin as a bundle.
    Mimetype = "mimetype", "this is not an .abx bundle; check that it is the right file";
    /// The first entries are not where and what they must be.
    Prologue = "prologue",
        "the file was changed or made by another program: ask for it to be sent again";
    /// The signature is not one SSH signature in its only encoding.
    SignatureForm = "signature.form",
        "the signature was changed: ask for the bundle to be sent again";
    /// The signature was made for something else.
    SignatureNamespace = "signature.namespace",
        "the signature was made for another purpose: do not trust the file, ask its sender";
    /// The signature is by a key that is not pinned.
    SignatureKey = "signature.key",
        "if this is the key of a party you know, compare its fingerprint with them and pin it: \
         airbridge keys trust";
    /// The signature does not fit.
    SignatureValue = "signature.value",
        "the head was changed after signing: do not trust the file, ask its sender";
    /// The head is not written as the format says.
    HeadForm = "head.form",
        "the sender's program is at fault: report it with the name of the program";
    /// A format or extension that this version does not know.
    HeadFormat = "head.format", "it needs a newer airbridge: update, or ask for an older format";
    /// The key is not the sender's, or not at that time.
    HeadKey = "head.key", "check whom the key belongs to and its dates: airbridge keys list";
    /// The next key of a keyroll has not signed the head.
    Keyroll = "keyroll", "the change of key is not complete: ask the sender to make it again";
    /// Parts are missing, or there twice.
    SetIncomplete = "set.incomplete",
        "put all parts (…1of3.abx, …2of3.abx, …) in one folder and try again";
    /// Parts of different bundles.
    SetMixed = "set.mixed", "these parts are of different bundles: take all parts from one export";
    /// Another pairing.
    Link = "pairing.link", "it belongs to another pairing: check which bridge it was made for";
    /// One's own bundle.
    Reflection = "pairing.reflection",
        "this is a bundle that you made: take the one of the other side";
    /// Another sender.
    From = "pairing.from", "check that it is the right file for this pairing";
    /// Another recipient.
    To = "pairing.to", "it is meant for someone else: do not apply it, tell the sender";
    /// Applied before.
    Replay = "sequence.replay",
        "nothing to do: send an acknowledgement again if the sender waits for one";
    /// Two bundles with one number.
    Fork = "sequence.fork",
        "the sender has two histories: stop, and let the sender begin a new epoch with a snapshot";
    /// A bundle of the sender's that builds on another past, or acknowledges what was never sent.
    Restored = "sequence.restored",
        "one side was restored from a backup: let it begin a new epoch with a snapshot";
    /// An epoch that has ended.
    Rollback = "sequence.rollback", "it is from before a new beginning: take the latest bundle";
    /// A new beginning that nobody has agreed to.
    NewEpoch = "sequence.epoch",
        "ask the sender whether they began anew; if so, allow the new epoch explicitly";
    /// Older than what was applied, and holding nothing more.
    Late = "sequence.late", "nothing to do: later bundles hold what it had";
    /// Builds on a bundle that never arrived.
    Gap = "sequence.gap",
        "find the missing bundle, or send an acknowledgement so that the next one holds it all";
    /// The index is not the one that was signed.
    IndexHash = "index.hash", "the file was changed: ask for it to be sent again";
    /// The index breaks a rule of the format.
    IndexForm = "index.form",
        "the sender's program is at fault: report it with the name of the program";
    /// The file is not exactly as long as its index says.
    Length = "length",
        "the file was cut or has something added: copy it again, or ask for it to be sent again";
    /// The header of an entry is not the one that its index line gives.
    EntryHeader = "entry.header", "the file was changed: ask for it to be sent again";
    /// The stored bytes of an entry are not those of the index.
    EntryStored = "entry.stored",
        "the file was damaged or changed: copy it again, or ask for it to be sent again";
    /// An entry does not inflate to its size and hash.
    EntryContent = "entry.content",
        "the sender's program is at fault: report it with the name of the program";
    /// The directory at the end is not the one that the index gives.
    Directory = "directory", "the file was changed: ask for it to be sent again";
    /// A line of records or streams is not as the format says.
    Line = "line", "the sender's program is at fault: report it with the name of the program";
    /// Shards of records are missing or out of order.
    Shards = "shards", "the sender's program is at fault: report it with the name of the program";
    /// Records, report and head do not add up.
    Accounting = "accounting",
        "items are missing or not accounted for: do not apply it, tell the sender";
}

/// Why a bundle is not accepted.
#[derive(Debug, Clone, Error)]
pub struct VerifyError {
    /// The step.
    pub fault: Fault,
    /// The file, as the user named it.
    pub file: Arc<str>,
    /// The place in it: an entry, a line.
    pub place: String,
    /// What was expected and found.
    pub detail: String,
}

impl VerifyError {
    /// The stable name of the step that failed.
    #[must_use]
    pub fn step(&self) -> &'static str {
        self.fault.step()
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        write!(
            f,
            "{} [{}]; {}",
            self.detail,
            self.step(),
            self.fault.remedy()
        )
    }
}
