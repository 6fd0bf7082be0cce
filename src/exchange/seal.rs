//! The head of an export's bundle: its place in the sequence, by the ledger.
//!
//! *Spec*: `formats/bundle.md`, section 12.

use jiff::Timestamp;

use crate::bundle::head::format_created;
use crate::bundle::{
    Accounting, BundleKind, HeadFields, Packer, Prepared, Sealed, Sha256Hash, Signer,
};

use crate::merge::Prefer;

use super::export::{ExportError, Target};
use super::home::Config;
use super::ledger::{Round, SentBundle};

/// What the head of the bundle says.
pub(super) struct Made<'a> {
    pub(super) config: &'a Config,
    pub(super) now: Timestamp,
    pub(super) seq: u64,
    pub(super) kind: BundleKind,
    pub(super) accounting: Accounting,
}

impl Made<'_> {
    pub(super) fn seal(
        self,
        mut packer: Packer,
        csv: Option<String>,
        round: &Round<'_>,
        target: Target<'_>,
        next: Option<&Signer>,
    ) -> Result<(Sealed, SentBundle), ExportError> {
        let Self {
            config,
            now,
            mut seq,
            kind,
            accounting,
        } = self;
        if let Some(csv) = csv {
            let csv = Prepared::from_bytes(csv.into_bytes());
            let error = |error| ExportError::Scratch {
                place: "contacts.csv".into(),
                error,
            };
            packer.set_contacts_csv(csv.map_err(error)?);
        }
        let created = format_created(now);
        let last = round.last_sent(config.epoch)?;
        let before_last = match &last {
            Some(last) => round.sent(config.epoch, last.seq.saturating_sub(1))?,
            None => None,
        };
        let base = round.base(config.epoch)?;
        let ack = round.ack()?;
        // The same contents at the same time are the same bundle, not the next one, unless what
        // it tells of the peer has changed.
        let told = format!("{ack:?} {base:?}");
        let told = Sha256Hash::of(told.as_bytes()).to_string();
        let mut content = String::new();
        let fields = |set: &Sha256Hash| {
            content = format!("{set} {told}");
            let again = last
                .as_ref()
                .filter(|last| last.content == content && last.created == created);
            let prev = match again {
                Some(again) => {
                    seq = again.seq;
                    before_last.as_ref()
                }
                None => last.as_ref(),
            };
            HeadFields {
                link: config.link.clone(),
                from: config.party.clone(),
                to: config.peer.clone(),
                kind,
                epoch: config.epoch,
                seq,
                prev: prev.and_then(|bundle| Sha256Hash::parse(&bundle.head)),
                base,
                ack,
                created: now,
                accounting,
                producer: concat!("airbridge ", env!("CARGO_PKG_VERSION")).to_owned(),
                prefer: Some(config.prefer).filter(|prefer| *prefer != Prefer::default()),
            }
        };
        let flush = || round.flush();
        let (sealed, flushed) = packer.seal(fields, target.signer, next, flush)?;
        flushed?;
        let head = sealed.packed().head.to_string();
        Ok((
            sealed,
            SentBundle {
                seq,
                head,
                content,
                created,
            },
        ))
    }
}
