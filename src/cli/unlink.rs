//! `airbridge unlink`: take contacts and other items out of the sync, which they never leave by
//! themselves.

use jiff::Timestamp;
use serde::Serialize;

use crate::exchange::Ledger;
use crate::exchange::ledger::Round;
use crate::item::ItemId;

use super::exchange_args::UnlinkArgs;
use super::output::Output;
use super::{Status, keys};

/// Runs `unlink`.
///
/// # Errors
/// When there is no home, or a name fits nothing that takes part, or several; then all stay.
pub fn run(args: &UnlinkArgs) -> anyhow::Result<Status> {
    let home = keys::open(&args.home)?;
    let mut ledger = Ledger::open(&home.ledger_path())?;
    let round = ledger.begin()?;
    let in_sync = round.in_sync()?;
    let found = args.items.iter().map(|name| find(&round, &in_sync, name));
    let found: Vec<(ItemId, String)> = found.collect::<anyhow::Result<_>>()?;
    let mut output = Output::stdout(args.json);
    let now = Timestamp::now().to_string();
    for (id, title) in &found {
        let what = if args.again {
            round.relink(id)?;
            "takes part again"
        } else {
            round.unlink(id, &now)?;
            "takes no part any more"
        };
        output.record("item", &Line { id: &id.0, title })?;
        output.line(format!("{title} ({}) {what}", id.0))?;
    }
    let (unlinked, linked) = match args.again {
        true => (0, found.len()),
        false => (found.len(), 0),
    };
    output.record("summary", &Summary { unlinked, linked })?;
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
    linked: usize,
}

/// The item of this id, or the contact or else the item of this exact name.
fn find(
    round: &Round<'_>,
    contacts: &[(ItemId, String)],
    name: &str,
) -> anyhow::Result<(ItemId, String)> {
    let lower = name.to_lowercase();
    let fits = |(id, title): &&(ItemId, String)| id.0 == name || title.to_lowercase() == lower;
    let mut fitting: Vec<_> = contacts.iter().filter(fits).cloned().collect();
    if fitting.is_empty() {
        fitting = round.named(name)?;
    }
    match fitting.as_slice() {
        [one] => Ok(one.clone()),
        [] => anyhow::bail!("{name}: nothing that takes part has this id or name"),
        several => {
            let ids: Vec<&str> = several.iter().map(|(id, _)| id.0.as_str()).collect();
            let ids = ids.join(", ");
            anyhow::bail!("{name}: several items have this name: say which by its id: {ids}")
        }
    }
}
