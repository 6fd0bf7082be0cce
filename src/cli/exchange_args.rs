//! The command line of the exchange, as clap parses it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::args::HomeArgs;
use crate::merge::{Prefer, Side};

/// What is shown where both sides wrote.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Preference {
    /// Which of two values of a field is shown until somebody decides, from now on; both sides
    /// should have the same.
    #[arg(long, value_name = "WHOSE")]
    pub prefer: Option<Prefer>,
}

/// What is no longer there, and new beginnings.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Sending {
    /// Everything, not only what the other side does not have.
    #[arg(long)]
    pub full: bool,
    /// However many items are missing: they were deleted.
    #[arg(long)]
    pub allow_deletions: bool,
    /// Begin a new epoch with everything: this side's ledger was lost or restored.
    #[arg(long)]
    pub new_epoch: bool,
    /// Which of two values is shown.
    #[command(flatten)]
    pub preference: Preference,
}

/// `airbridge crm`.
#[derive(Debug, Subcommand)]
#[allow(
    missing_docs,
    reason = "flattened groups are documented at their types"
)]
pub enum CrmCommand {
    /// Make a home for the CRM side, with an empty replica, from the first bundle of the other
    /// side.
    Init {
        /// The first bundle.
        #[arg(value_name = "FILE.abx")]
        bundle: PathBuf,
        /// The fingerprint of its key, as its owner told it by another way (`SHA256:…`).
        #[arg(long, required_unless_present = "first_use")]
        fingerprint: Option<String>,
        /// Trust its key without comparing the fingerprint; noted in the trust store.
        #[arg(long, conflicts_with = "fingerprint")]
        first_use: bool,
        #[command(flatten)]
        home: HomeArgs,
        /// One JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// Merge a bundle of the other side, or contacts of BigContacts' own CSV, into the replica.
    Import(ImportArgs),
    /// Pack what changed in the replica; to a CSV file: all contacts for BigContacts' own importer.
    Export {
        /// The bundle (.abx) or table (.csv) to write.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        #[command(flatten)]
        sending: Sending,
        #[command(flatten)]
        home: HomeArgs,
        /// The time to stamp the bundle with, RFC 3339 [default: the clock].
        #[arg(long, value_name = "TIME")]
        now: Option<jiff::Timestamp>,
        /// One JSON object per line, the last one a summary.
        #[arg(long)]
        json: bool,
    },
    /// Take contacts and other items out of the sync, or in again.
    Unlink(UnlinkArgs),
    /// Where the exchange stands.
    Status(StatusArgs),
    /// Decide between two values of a field.
    Resolve(ResolveArgs),
}

/// `airbridge crm import`.
#[derive(Debug, Args)]
#[allow(
    missing_docs,
    reason = "flattened groups are documented at their types"
)]
pub struct ImportArgs {
    /// The bundle, of several parts any one or all; or a CSV file of BigContacts.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// However much the bundle deletes, it is meant so.
    #[arg(long)]
    pub allow_deletions: bool,
    /// The other side has begun anew, and it is meant so.
    #[arg(long)]
    pub allow_new_epoch: bool,
    #[command(flatten)]
    pub preference: Preference,
    #[command(flatten)]
    pub home: HomeArgs,
    /// One JSON object per line, the last one a summary.
    #[arg(long)]
    pub json: bool,
}

/// `airbridge conflicts`.
#[derive(Debug, Args)]
#[allow(
    missing_docs,
    reason = "flattened groups are documented at their types"
)]
pub struct ConflictsArgs {
    /// Write them as a table to fill in, for `resolve --csv`.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    #[command(flatten)]
    pub home: HomeArgs,
    /// One JSON object per line, the last one a summary.
    #[arg(long)]
    pub json: bool,
}

/// `airbridge resolve`.
#[derive(Debug, Args)]
#[allow(
    missing_docs,
    reason = "flattened groups are documented at their types"
)]
pub struct ResolveArgs {
    /// The number of the conflict, as `conflicts` shows it.
    #[arg(required_unless_present_any = ["all", "csv"], conflicts_with_all = ["all", "csv"])]
    pub number: Option<usize>,
    /// All of them.
    #[arg(long, conflicts_with = "csv", requires = "take")]
    pub all: bool,
    /// As the table says that `conflicts --csv` wrote and a person filled in.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Whose value.
    #[arg(long, value_name = "SIDE")]
    pub take: Option<Side>,
    /// A value of your own; a text.
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["take", "all", "csv"])]
    pub value: Option<String>,
    #[command(flatten)]
    pub home: HomeArgs,
    /// One JSON object per line, the last one a summary.
    #[arg(long)]
    pub json: bool,
}

/// `airbridge status`.
#[derive(Debug, Args)]
#[allow(
    missing_docs,
    reason = "flattened groups are documented at their types"
)]
pub struct StatusArgs {
    #[command(flatten)]
    pub home: HomeArgs,
    /// One JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `airbridge unlink`.
#[derive(Debug, Args)]
#[allow(
    missing_docs,
    reason = "flattened groups are documented at their types"
)]
pub struct UnlinkArgs {
    /// The contacts or other items, each by its id or exact name.
    #[arg(required = true, value_name = "ITEM")]
    pub items: Vec<String>,
    /// Take them in again.
    #[arg(long)]
    pub again: bool,
    #[command(flatten)]
    pub home: HomeArgs,
    /// One JSON object per line.
    #[arg(long)]
    pub json: bool,
}

/// `airbridge undo`.
#[derive(Debug, Args)]
#[allow(
    missing_docs,
    reason = "flattened groups are documented at their types"
)]
pub struct UndoArgs {
    #[command(flatten)]
    pub home: HomeArgs,
    /// One JSON object.
    #[arg(long)]
    pub json: bool,
}
