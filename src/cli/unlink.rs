//! `airbridge unlink`: take contacts out of the sync, which they never leave by themselves.

use anyhow::Context;
use serde::Serialize;

use crate::exchange::Ledger;
use crate::item::ItemId;

use super::exchange_args::UnlinkArgs;
use super::output::Output;
use super::{Status, keys};

/// Runs `unlink`.
///
/// # Errors
/// When there is no home, or a name fits no contact that takes part, or several; then all stay.
pub fn run(args: &UnlinkArgs) -> anyhow::Result<Status> {
    let home = keys::open(&args.home)?;
    let mut ledger = Ledger::open(&home.ledger_path())?;
    let round = ledger.begin()?;
    let in_sync = round.in_sync()?;
    let found = args.contacts.iter().map(|name| find(&in_sync, name));
    let found: Vec<&(ItemId, String)> = found.collect::<anyhow::Result<_>>()?;
    let mut output = Output::stdout(args.json);
    for (id, title) in &found {
        round.opt_out(id)?;
        output.record("contact", &Line { id: &id.0, title })?;
        output.line(format!("{title} ({}) takes no part any more", id.0))?;
    }
    let unlinked = found.len();
    output.record("summary", &Summary { unlinked })?;
    round.keep()?;
    output.flush()?;
    Ok(Status::Done)
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    title: &'a str,
}

#[derive(Serialize)]
struct Summary {
    unlinked: usize,
}

/// The contact of this id or exact name.
fn find<'c>(contacts: &'c [(ItemId, String)], name: &str) -> anyhow::Result<&'c (ItemId, String)> {
    let lower = name.to_lowercase();
    let mut fitting = contacts
        .iter()
        .filter(|(id, title)| id.0 == name || title.to_lowercase() == lower);
    let first = fitting
        .next()
        .with_context(|| format!("{name}: no contact that takes part has this id or name"))?;
    if let Some((other, _)) = fitting.next() {
        let (one, other) = (&first.0.0, &other.0);
        anyhow::bail!(
            "{name}: several contacts have this name: say which by its id: {one}, {other}"
        );
    }
    Ok(first)
}
