//! `airbridge completions` and `airbridge man`: what a shell and `man` know of the command line.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use clap::CommandFactory;

use super::Status;
use super::args::Cli;
use super::output::{Output, note};

/// Prints a completion script.
///
/// # Errors
/// When stdout cannot be written.
pub fn completions(shell: clap_complete::Shell) -> anyhow::Result<Status> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "airbridge", &mut script);
    let mut output = Output::stdout(false);
    output.raw(&script)?;
    output.flush()?;
    Ok(Status::Done)
}

/// Prints the main manual page, or writes the page of every command to a folder.
///
/// # Errors
/// When stdout or the folder cannot be written.
pub fn man(directory: Option<&Path>) -> anyhow::Result<Status> {
    let Some(directory) = directory else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        let mut output = Output::stdout(false);
        output.raw(&page)?;
        output.flush()?;
        return Ok(Status::Done);
    };
    let at = |path: &Path| format!("{}: cannot write the manual", path.display());
    fs::create_dir_all(directory).with_context(|| at(directory))?;
    let mut command = Cli::command();
    command.build();
    let mut pages = vec![command];
    let mut written = 0_usize;
    while let Some(command) = pages.pop() {
        let name = command
            .get_display_name()
            .unwrap_or_else(|| command.get_name())
            .to_owned();
        pages.extend(
            command
                .get_subcommands()
                .filter(|sub| sub.get_name() != "help")
                .cloned(),
        );
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        let path = directory.join(format!("{name}.1"));
        let mut file = fs::File::create(&path).with_context(|| at(&path))?;
        file.write_all(&page).with_context(|| at(&path))?;
        written = written.saturating_add(1);
    }
    note(&format!(
        "{written} pages written to {}",
        directory.display()
    ));
    Ok(Status::Done)
}
