//! `airbridge show`: the records of a verified bundle.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::bundle::{Bundle, Stream};
use crate::exchange::held_item::DELETED;
use crate::item::{Item, Kind};

use super::Status;
use super::args::ShowArgs;
use super::output::Output;
use super::verify;

/// Runs `show`.
///
/// # Errors
/// When a file or the home cannot be read, or a record is not what its schema says.
pub fn run(args: &ShowArgs) -> anyhow::Result<Status> {
    let mut output = Output::stdout(args.json);
    let bundle = match verify::verified(&args.bundle, &args.home)? {
        Ok(bundle) => bundle,
        Err(error) => return verify::refused(&mut output, error),
    };
    let mut links = links_by_item(&bundle)?;
    let mut shown = BTreeMap::<String, u64>::new();
    for kind in bundle.record_kinds() {
        if args.kind.is_some_and(|wanted| wanted.name() != &*kind) {
            continue;
        }
        for line in bundle.record_lines(&kind) {
            let line = line?;
            let record: Value = serde_json::from_slice(&line.bytes)?;
            let id = record.get("id").and_then(Value::as_str).unwrap_or_default();
            let links = links.remove(id).unwrap_or_default();
            output.record(
                "item",
                &Shown {
                    record: &record,
                    links: &links,
                },
            )?;
            if !output.is_json() {
                if &*kind == DELETED {
                    let title = record.get("title").and_then(Value::as_str);
                    let title = title.unwrap_or_default();
                    output.line(format!("{DELETED:<17} {:<10} {title}", ""))?;
                } else {
                    let item: Item = serde_json::from_value(record)?;
                    output.line(one_line(&item, &links))?;
                }
            }
            let count = shown.entry(kind.to_string()).or_default();
            *count = count.saturating_add(1);
        }
    }
    let items = shown
        .values()
        .fold(0_u64, |sum, count| sum.saturating_add(*count));
    let kinds: Vec<String> = shown
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    output.line(format!("{items} items: {}", kinds.join(", ")))?;
    output.record(
        "summary",
        &Summary {
            items,
            by_kind: shown,
        },
    )?;
    output.flush()?;
    Ok(Status::Done)
}

#[derive(Serialize)]
struct Shown<'a> {
    links: &'a [Value],
    record: &'a Value,
}

#[derive(Serialize)]
struct Summary {
    items: u64,
    by_kind: BTreeMap<String, u64>,
}

/// The links of a bundle by the id of their item. They are small beside the records.
fn links_by_item(bundle: &Bundle) -> anyhow::Result<BTreeMap<String, Vec<Value>>> {
    let mut by_item = BTreeMap::<String, Vec<Value>>::new();
    for link in bundle.stream::<Value>(Stream::Links) {
        let link = link?;
        let item = link.get("item").and_then(Value::as_str);
        if let (Some(item), Some(links)) = (item, link.get("links").and_then(Value::as_array)) {
            let known = by_item.entry(item.to_owned()).or_default();
            for link in links {
                // Copies of an item are linked each by its own folder: to most contacts again.
                let contact = link.get("contact");
                if !known.iter().any(|known| known.get("contact") == contact) {
                    known.push(link.clone());
                }
            }
        }
    }
    Ok(by_item)
}

fn one_line(item: &Item, links: &[Value]) -> String {
    let date = item
        .date()
        .map(|at| at.strftime("%Y-%m-%d").to_string())
        .unwrap_or_default();
    let kind = item.kind();
    let mut line = format!("{:<17} {date:<10} {}", kind.name(), item.title());
    let names: Vec<&str> = links.iter().filter_map(link_name).collect();
    if !names.is_empty() && kind != Kind::Contact {
        line.push_str("  → ");
        line.push_str(&names.join(", "));
    }
    line
}

/// Whom a link names, for people.
fn link_name(link: &Value) -> Option<&str> {
    let contact = link.get("contact")?;
    ["name", "email", "id"]
        .iter()
        .find_map(|field| contact.get(field)?.as_str())
}
