//! `airbridge status`: where the exchange stands. `airbridge undo`: the last bundle, taken back.

use jiff::Timestamp;
use serde::Serialize;

use crate::crm::blob_store::BlobStore;
use crate::exchange::Ledger;
use crate::exchange::crm::CrmSide;
use crate::exchange::ledger::Waiting;
use crate::exchange::receive::{ACK_DUE, GAP};
use crate::exchange::undo::undo;
use crate::merge::Side;

use super::Status;
use super::exchange_args::{StatusArgs, UndoArgs};
use super::keys;
use super::output::Output;

#[derive(Serialize)]
struct Standing {
    party: String,
    peer: String,
    side: Side,
    epoch: u64,
    items: u64,
    sent: Option<u64>,
    acknowledged: Option<u64>,
    received: Option<String>,
    silent_hours: Option<i64>,
    for_peer: u64,
    for_store: u64,
    absent: usize,
    conflicts: u64,
    acknowledgement_due: bool,
    gap: Option<String>,
}

/// Runs `status`.
///
/// # Errors
/// When the ledger cannot be read.
pub fn run(args: &StatusArgs) -> anyhow::Result<Status> {
    let home = keys::open(&args.home)?;
    let mut ledger = Ledger::open(&home.ledger_path())?;
    let round = ledger.begin()?;
    let config = home.config();
    let received = round.last_received()?;
    let since = received
        .as_ref()
        .and_then(|last| last.applied.parse::<Timestamp>().ok());
    let standing = Standing {
        party: config.party.clone(),
        peer: config.peer.clone(),
        side: config.side,
        epoch: config.epoch,
        items: round.count(None)?,
        sent: round.last_sent(config.epoch)?.map(|last| last.seq),
        acknowledged: round.last_acknowledged(config.epoch)?.map(|last| last.seq),
        received: received
            .as_ref()
            .map(|last| format!("{} of epoch {}", last.seen.seq, last.seen.epoch)),
        silent_hours: since.map(|at| {
            Timestamp::now()
                .since(at)
                .map_or(0, |span| span.get_seconds() / 3600)
        }),
        for_peer: round.count(Some(Waiting::Peer))?,
        for_store: round.count(Some(Waiting::Store))?,
        absent: round.absent()?.len(),
        conflicts: round.count(Some(Waiting::Decision))?,
        acknowledgement_due: round.note(ACK_DUE)?.is_some(),
        gap: round.note(GAP)?,
    };
    let mut output = Output::stdout(args.json);
    output.record("status", &standing)?;
    for line in standing.lines() {
        output.line(line)?;
    }
    output.flush()?;
    Ok(if standing.conflicts > 0 {
        Status::Conflicts
    } else {
        Status::Done
    })
}

impl Standing {
    fn lines(&self) -> Vec<String> {
        let number = |seq: Option<u64>| seq.map_or("none".to_owned(), |seq| seq.to_string());
        let other = self.side.other();
        let silence = match self.silent_hours {
            None => format!("{other} has not been heard of yet"),
            Some(0..48) => format!("{other} was heard of in the last two days"),
            Some(hours) => format!("{other} has been silent for {} days", hours / 24),
        };
        let mut lines = vec![
            format!("{} ({}) with {}", self.party, self.side, self.peer),
            format!("items         {}", self.items),
            format!(
                "sent          bundle {}; {other} has acknowledged {} (epoch {})",
                number(self.sent),
                number(self.acknowledged),
                self.epoch
            ),
            format!(
                "received      bundle {}",
                self.received.as_deref().unwrap_or("none")
            ),
            format!("silence       {silence}"),
            format!(
                "to send       {} items that {other} does not have so",
                self.for_peer
            ),
            format!(
                "to take in    {} items that {} does not show yet",
                self.for_store, self.side
            ),
            format!(
                "missing       {} items no longer in {}",
                self.absent, self.side
            ),
            format!("to decide     {} items with conflicts", self.conflicts),
        ];
        let next = match (&self.gap, self.conflicts, self.acknowledgement_due) {
            (Some(gap), ..) => format!("a bundle is missing: {gap}"),
            (None, 1.., _) => "airbridge conflicts".to_owned(),
            (None, 0, true) => format!("an export, so that {other} hears what arrived"),
            _ if self.for_peer > 0 => "an export".to_owned(),
            _ => "nothing".to_owned(),
        };
        lines.push(format!("next          {next}"));
        lines
    }
}

/// Runs `undo`.
///
/// # Errors
/// When there is nothing to undo, or the ledger cannot be written; then nothing has changed.
pub fn run_undo(args: &UndoArgs) -> anyhow::Result<Status> {
    let home = keys::open(&args.home)?;
    let mut ledger = Ledger::open(&home.ledger_path())?;
    let round = ledger.begin()?;
    let now = Timestamp::now();
    let config = home.config();
    let sums = match config.side {
        Side::Crm => {
            let blobs = BlobStore::within(home.directory());
            CrmSide {
                config,
                blobs: &blobs,
                now,
            }
            .undo(&round)?
        }
        // Outlook's store is written by the next apply.
        Side::Outlook => undo(&round, config, now, |_, _| Ok(()))?,
    };
    round.keep()?;
    let mut output = Output::stdout(args.json);
    output.record("summary", &sums)?;
    output.line(format!(
        "{} items are as they were before the last bundle; {} fields edited since were left",
        sums.items, sums.left
    ))?;
    output.flush()?;
    Ok(Status::Done)
}
