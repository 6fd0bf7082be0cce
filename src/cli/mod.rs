//! Arguments → command → output and exit code.

pub mod apply;
pub mod args;
pub mod check;
pub mod conflicts;
pub mod convert;
pub mod crm;
pub mod exchange_args;
pub mod export;
pub mod inspect;
pub mod interrupt;
pub mod keys;
pub mod link;
pub mod output;
pub mod progress;
pub mod received;
pub mod shell;
pub mod show;
pub mod skipped;
pub mod status;
pub mod unlink;
pub mod verify;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
pub use interrupt::Interrupt;

/// How a command ended; the number is the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All done.
    Done = 0,
    /// Not done.
    Failed = 1,
    /// Done, but something could not be read or kept; the output says what.
    Losses = 3,
    /// The bundle, or its signer, is not what it must be.
    NotAuthentic = 4,
    /// Conflicts await a decision.
    Conflicts = 5,
    /// The sender has two histories.
    Forked = 6,
    /// One side was restored from a backup.
    Restored = 7,
    /// The bundle is from before a new beginning.
    Rollback = 8,
    /// The bundle builds on one that never came.
    Gap = 9,
    /// The sender has begun anew, and nobody has agreed.
    NewEpoch = 10,
    /// More is deleted than anybody deletes by hand.
    Deletions = 11,
    /// The user stopped it; nothing was written.
    Interrupted = 130,
}

/// Runs the command line of this process.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let interrupt = Interrupt::on_ctrl_c();
    let status = match dispatch(cli.command, &interrupt) {
        Ok(status) => status,
        Err(error) if is_closed_pipe(&error) => Status::Done,
        Err(error) if interrupt.is_set() => {
            output::note(&format!("interrupted, nothing was written ({error})"));
            Status::Interrupted
        }
        Err(error) => {
            output::complain(&error);
            Status::Failed
        }
    };
    ExitCode::from(status as u8)
}

fn dispatch(command: Command, interrupt: &Interrupt) -> anyhow::Result<Status> {
    match command {
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { directory } => shell::man(directory.as_deref()),
        Command::Inspect(args) => inspect::run(&args, interrupt),
        Command::Check(args) => check::run(&args, interrupt),
        Command::Keys(command) => keys::run(command),
        Command::Apply(args) => apply::run(&args, interrupt),
        Command::Verify(args) => verify::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Export(args) => export::run(&args, interrupt),
        Command::Convert(args) => convert::run(&args, interrupt),
        Command::Link(args) => link::run(&args, interrupt),
        Command::Crm(command) => crm::run(command, interrupt),
        Command::Conflicts(args) => conflicts::run(&args),
        Command::Resolve(args) => conflicts::resolve(&args),
        Command::Status(args) => status::run(&args),
        Command::Unlink(args) => unlink::run(&args),
        Command::Undo(args) => status::run_undo(&args),
    }
}

/// A reader of our output that has seen enough is no error.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
            || cause
                .downcast_ref::<serde_json::Error>()
                .is_some_and(|json| json.io_error_kind() == Some(io::ErrorKind::BrokenPipe))
    })
}
