//! The command line, as clap parses it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::exchange_args::{
    ConflictsArgs, CrmCommand, Preference, ResolveArgs, Sending, StatusArgs, UndoArgs, UnlinkArgs,
};
use crate::item::Kind;
use crate::mapping::Zone;
use crate::source::{DateOrder, ReadingOptions, Used};

/// An offline bridge between Outlook and the BigContacts CRM.
#[derive(Debug, Parser)]
#[command(name = "airbridge", version, about, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 usage, 3 finished with losses, 4 not authentic, \
                        5 conflicts await a decision, 6 the sender has two histories, \
                        7 restored from a backup, 8 from before a new beginning, \
                        9 a bundle is missing before it, 10 a new beginning, 11 mass deletion, \
                        130 interrupted."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what is in stores and files: folders, items by class, categories, findings.
    Inspect(InspectArgs),
    /// Link the items of stores and files to CRM contacts and pack them as a signed bundle.
    Export(ExportArgs),
    /// Write the contents of stores and files into a new PST.
    Convert(ConvertArgs),
    /// Check whether stores are sound, by every rule of their format and of SCANPST.
    Check(CheckArgs),
    /// Apply a bundle of the CRM: write what Outlook imports, above all a PST.
    Apply(ApplyArgs),
    /// Check that a bundle is whole and signed by a trusted party.
    Verify(VerifyArgs),
    /// Verify a bundle and show its records.
    Show(ShowArgs),
    /// Show to which contacts the items would be linked, without writing anything.
    Link(LinkArgs),
    /// The CRM side: its replica, bundles in and out.
    #[command(subcommand)]
    Crm(CrmCommand),
    /// Show the fields that both sides wrote differently.
    Conflicts(ConflictsArgs),
    /// Decide between two values of a field.
    Resolve(ResolveArgs),
    /// Show where the exchange stands, what waits for whom, and what is next.
    Status(StatusArgs),
    /// Take contacts and other items out of the sync, which they never leave by themselves.
    Unlink(UnlinkArgs),
    /// Take back what the last bundle changed.
    Undo(UndoArgs),
    /// Make signing keys, and decide whom to trust.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write all of them to a folder.
    Man {
        /// The folder.
        directory: Option<PathBuf>,
    },
}

/// What is read, and how.
#[derive(Debug, Args)]
pub struct Reading {
    /// Stores and exported files (PST, OST, MSG, EML, VCF, ICS, CSV, …), or folders to search.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Code page of text that is not Unicode, over what store and item say (for example 1252).
    #[arg(long, value_name = "NUMBER")]
    pub code_page: Option<u16>,
    /// What stands between the cells of CSV files: a sign, or `tab` [default: by their headings].
    #[arg(long, value_name = "SIGN", value_parser = ReadingOptions::delimiter)]
    pub delimiter: Option<char>,
    /// The order of dates in CSV files [default: by their values].
    #[arg(long, value_name = "ORDER")]
    pub date_order: Option<DateOrder>,
    /// The time zone of CSV files: its name of the IANA database or of Windows [default: UTC].
    #[arg(long, value_name = "NAME")]
    pub time_zone: Option<Zone>,
}

impl Reading {
    /// The options for those that read.
    #[must_use]
    pub fn options(&self) -> ReadingOptions {
        ReadingOptions {
            code_page: self.code_page,
            delimiter: self.delimiter,
            date_order: self.date_order,
            time_zone: self.time_zone.clone(),
        }
    }
}

/// `airbridge inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    #[command(flatten)]
    #[allow(
        missing_docs,
        reason = "documented at the type; a doc comment would become help text"
    )]
    pub reading: Reading,
    /// One JSON object per line, the last one a summary.
    #[arg(long)]
    pub json: bool,
    /// With --json, a line for every item too.
    #[arg(long, requires = "json")]
    pub items: bool,
}

/// By what items are linked.
#[derive(Debug, Args)]
pub struct Linking {
    /// The map from Outlook categories to CRM contacts (CSV or TOML, formats/map.md).
    #[arg(long, value_name = "FILE")]
    pub map: Option<PathBuf>,
    /// Preferences: scope, kinds, folders, dates, capture of e-mails (TOML, formats/profile.md).
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// The contacts of the CRM: CSV as BigContacts exports it, or a bundle from BigContacts.
    #[arg(long, value_name = "FILE")]
    pub contacts: Option<PathBuf>,
}

impl Linking {
    /// The files that say how to link: they are no sources, wherever they lie.
    #[must_use]
    pub fn used(&self) -> Vec<Used<'_>> {
        let files = [
            (&self.map, "used as the map"),
            (&self.profile, "used as the profile"),
            (&self.contacts, "used as the contacts file"),
        ];
        let files = files.into_iter();
        files
            .filter_map(|(path, reason)| {
                let path = path.as_deref()?;
                Some(Used { path, reason })
            })
            .collect()
    }
}

/// Where the bridge's home is.
#[derive(Debug, Clone, Args)]
pub struct HomeArgs {
    /// The bridge's home: configuration, keys, trust, ledger [default: AIRBRIDGE_HOME, else the
    /// user's application data].
    #[arg(long, value_name = "DIR")]
    pub home: Option<PathBuf>,
}

/// `airbridge export`.
#[derive(Debug, Args)]
#[allow(
    missing_docs,
    reason = "flattened groups are documented at their types"
)]
pub struct ExportArgs {
    #[command(flatten)]
    pub reading: Reading,
    #[command(flatten)]
    pub linking: Linking,
    #[command(flatten)]
    pub home: HomeArgs,
    /// The time to stamp the bundle with, RFC 3339 [default: the clock].
    #[arg(long, value_name = "TIME")]
    pub now: Option<jiff::Timestamp>,
    /// The bundle to write.
    #[arg(
        short,
        long,
        value_name = "FILE.abx",
        required_unless_present = "dry_run"
    )]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub sending: Sending,
    /// What is no longer in Outlook is deleted in BigContacts too; otherwise it is reported.
    #[arg(long)]
    pub delete: bool,
    /// Read every item whole. Otherwise a message of a store is not read again when the ids, sizes
    /// and checksums of all its blocks are as they were, and the rules and contacts too.
    #[arg(long)]
    pub reread: bool,
    /// Do everything but write: no bundle, no home, no ledger.
    #[arg(long)]
    pub dry_run: bool,
    /// One JSON object per line, the last one a summary.
    #[arg(long)]
    pub json: bool,
}

/// What has a PST of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Split {
    /// Each year: when it starts, is due, was sent, received, or else made.
    Year,
    /// Each folder right below the top.
    Folder,
}

/// `airbridge convert`.
#[derive(Debug, Args)]
#[allow(
    missing_docs,
    reason = "flattened groups are documented at their types"
)]
pub struct ConvertArgs {
    #[command(flatten)]
    pub reading: Reading,
    /// The PST to write; further ones, when it would be over the limit, are OUT.2.pst and so on.
    #[arg(short, long, value_name = "OUT.pst")]
    pub output: PathBuf,
    /// The name that Outlook shows [default: that of the file].
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Bytes that one PST may have.
    #[arg(long, value_name = "BYTES", default_value_t = 10_000_000_000)]
    pub limit: u64,
    /// A PST for each year or each top folder: OUT.2024.pst, OUT.Inbox.pst.
    #[arg(long, value_name = "BY")]
    pub split: Option<Split>,
    /// The time of what has none, RFC 3339; with it, equal inputs give equal bytes
    /// [default: the clock].
    #[arg(long, value_name = "TIME")]
    pub now: Option<jiff::Timestamp>,
    /// One JSON object per line, the last one a summary.
    #[arg(long)]
    pub json: bool,
}

/// `airbridge check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The stores (PST, OST).
    #[arg(required = true, value_name = "STORE")]
    pub stores: Vec<PathBuf>,
    /// Show notes too: what Outlook leaves behind itself, or puts up with.
    #[arg(long)]
    pub notes: bool,
    /// One JSON object per line, notes included, the last one a summary.
    #[arg(long)]
    pub json: bool,
}

/// As what Outlook gets the items of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum As {
    /// One PST, which brings everything at once.
    Pst,
    /// An MSG for each item.
    Msg,
    /// A vCard for each contact, a calendar for each folder, an EML for each e-mail; MSG for the
    /// rest.
    Files,
    /// A table of contacts, one of single meetings, one of tasks; the rest as files.
    Csv,
}

/// `airbridge apply`.
#[derive(Debug, Args)]
#[allow(
    missing_docs,
    reason = "flattened groups are documented at their types"
)]
pub struct ApplyArgs {
    /// The bundle; of several parts, any one, the others beside it, or all of them.
    #[arg(required = true, value_name = "FILE.abx")]
    pub bundle: Vec<PathBuf>,
    #[command(flatten)]
    pub home: HomeArgs,
    /// The folder to write; it is not there yet, or empty.
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// As what.
    #[arg(long = "as", value_name = "FORMAT", default_value = "pst")]
    pub r#as: As,
    /// The language of the headings of tables: that of the Outlook which imports them.
    #[arg(long, value_name = "NAME", default_value = "English")]
    pub csv_language: String,
    /// The order of dates in tables [default: that of the language].
    #[arg(long, value_name = "ORDER")]
    pub csv_dates: Option<DateOrder>,
    /// Bytes that one PST may have.
    #[arg(long, value_name = "BYTES", default_value_t = 10_000_000_000)]
    pub limit: u64,
    /// However much the bundle deletes, it is meant so.
    #[arg(long)]
    pub allow_deletions: bool,
    /// The other side has begun anew, and it is meant so.
    #[arg(long)]
    pub allow_new_epoch: bool,
    #[command(flatten)]
    pub preference: Preference,
    /// The time to note, RFC 3339; with it, the same bundle gives the same bytes [default: the
    /// clock].
    #[arg(long, value_name = "TIME")]
    pub now: Option<jiff::Timestamp>,
    /// Do everything but write: no folder, no change of the ledger.
    #[arg(long)]
    pub dry_run: bool,
    /// One JSON object per line, the last one a summary.
    #[arg(long)]
    pub json: bool,
}

/// `airbridge verify`.
#[derive(Debug, Args)]
#[allow(
    missing_docs,
    reason = "flattened groups are documented at their types"
)]
pub struct VerifyArgs {
    /// The bundle; of several parts, any one, the others beside it, or all of them.
    #[arg(required = true, value_name = "FILE.abx")]
    pub bundle: Vec<PathBuf>,
    #[command(flatten)]
    pub home: HomeArgs,
    /// One JSON object per line, the last one a summary.
    #[arg(long)]
    pub json: bool,
}

/// `airbridge show`.
#[derive(Debug, Args)]
#[allow(
    missing_docs,
    reason = "flattened groups are documented at their types"
)]
pub struct ShowArgs {
    /// The bundle; of several parts, any one, the others beside it, or all of them.
    #[arg(required = true, value_name = "FILE.abx")]
    pub bundle: Vec<PathBuf>,
    /// Only items of this kind.
    #[arg(long)]
    pub kind: Option<Kind>,
    #[command(flatten)]
    pub home: HomeArgs,
    /// One JSON object per line, the last one a summary.
    #[arg(long)]
    pub json: bool,
}

/// `airbridge link`.
#[derive(Debug, Args)]
#[allow(
    missing_docs,
    reason = "flattened groups are documented at their types"
)]
pub struct LinkArgs {
    #[command(flatten)]
    pub reading: Reading,
    #[command(flatten)]
    pub linking: Linking,
    #[command(flatten)]
    pub home: HomeArgs,
    /// For every item, the decision with its rule and evidence.
    #[arg(long, conflicts_with = "suggest")]
    pub explain: bool,
    /// Map lines for categories that no line covers, as CSV to review.
    #[arg(long)]
    pub suggest: bool,
    /// One JSON object per line, the last one a summary.
    #[arg(long)]
    pub json: bool,
}

/// `airbridge keys`.
#[derive(Debug, Subcommand)]
#[allow(
    missing_docs,
    reason = "flattened groups are documented at their types"
)]
pub enum KeysCommand {
    /// Make the home with a new signing key; refused when there is a key already.
    New {
        #[command(flatten)]
        home: HomeArgs,
        /// One JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// Show our own public key and its fingerprint.
    Show {
        #[command(flatten)]
        home: HomeArgs,
        /// One JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// Trust a party's public key.
    Trust {
        /// The party's name.
        party: String,
        /// Its public key: an OpenSSH `.pub` file.
        key: PathBuf,
        /// The fingerprint as the party told it by another way (`SHA256:…`).
        #[arg(long, required_unless_present = "first_use")]
        fingerprint: Option<String>,
        /// Trust the key without comparing its fingerprint; noted in the trust store.
        #[arg(long, conflicts_with = "fingerprint")]
        first_use: bool,
        #[command(flatten)]
        home: HomeArgs,
        /// One JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// Change our own key: make the next one, and a bundle that tells the peer, signed by both. The
    /// old key is kept beside the new one, and signs no more.
    Roll {
        /// The bundle to write.
        #[arg(short, long, value_name = "FILE.abx")]
        output: PathBuf,
        /// The time at which the old key ends, RFC 3339 [default: the clock].
        #[arg(long, value_name = "TIME")]
        now: Option<jiff::Timestamp>,
        #[command(flatten)]
        home: HomeArgs,
        /// One JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// List whom we trust.
    List {
        #[command(flatten)]
        home: HomeArgs,
        /// One JSON object per line.
        #[arg(long)]
        json: bool,
    },
}
