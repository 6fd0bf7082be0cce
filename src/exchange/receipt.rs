//! What an apply leaves for people beside what it wrote.
//!
//! *Shape*: `receipt.jsonl`, a line for the bundle and one for each item, with its place;
//! `undo.csv`, the items to delete in Outlook to take the import back; `by-hand.csv`, what to
//! delete
//! or replace there, when there is something. Tables are UTF-8 with a mark, lines end with CRLF.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::apply::Plan;
use crate::bundle::{Bundle, Verified};
use crate::outlook::Odd;
use crate::outlook::place::folder_of;

/// What was applied, and when.
#[derive(Debug, Clone, Copy)]
pub struct Receipt<'a> {
    /// The bundle.
    pub bundle: &'a Verified<Bundle>,
    /// What was done with it.
    pub plan: &'a Plan,
    /// The time to note.
    pub now: Timestamp,
    /// What was read back of the stores that were written.
    pub read_back: Odd,
}

#[derive(Serialize)]
struct Head<'a> {
    bundle: String,
    from: &'a str,
    epoch: u64,
    seq: u64,
    applied: String,
    #[serde(flatten)]
    read_back: Odd,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    kind: &'a str,
    title: &'a str,
    place: &'a str,
    folder: Vec<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    changed: &'a [String],
}

type Table = csv::Writer<BufWriter<File>>;

impl Receipt<'_> {
    /// Writes the files into `folder`; `places` are those of the items, in the order of the plan.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, folder: &Path, places: &[String]) -> io::Result<()> {
        let head = self.bundle.head();
        let mut receipt = BufWriter::new(File::create_new(folder.join("receipt.jsonl"))?);
        let first = Head {
            bundle: self.bundle.head_hash().to_string(),
            from: &head.from,
            epoch: head.epoch,
            seq: head.seq,
            applied: self.now.to_string(),
            read_back: self.read_back,
        };
        json_line(&mut receipt, &first)?;
        let columns = ["kind", "title", "date", "folder", "place", "id"];
        let mut undo = table(&folder.join("undo.csv"), &columns)?;
        for (planned, place) in self.plan.items()?.zip(places) {
            let planned = planned?;
            let item = &planned.item;
            let (folder, _) = folder_of(item);
            let date = item.date().map(|date| date.to_string());
            undo.write_record([
                item.kind().name(),
                &spoken(item.title()),
                &date.unwrap_or_default(),
                &spoken(&folder.join("/")),
                &spoken(place),
                &item.id.0,
            ])?;
            let line = Line {
                id: &item.id.0,
                kind: item.kind().name(),
                title: item.title(),
                place,
                folder,
                changed: &planned.changed,
            };
            json_line(&mut receipt, &line)?;
        }
        receipt.flush()?;
        receipt.get_ref().sync_all()?;
        finish(undo)?;
        if self.plan.by_hand.is_empty() {
            return Ok(());
        }
        let columns = ["act", "kind", "title", "date", "folder", "fields", "id"];
        let mut by_hand = table(&folder.join("by-hand.csv"), &columns)?;
        for line in &self.plan.by_hand {
            by_hand.write_record([
                line.act,
                line.kind,
                &spoken(&line.title),
                &line.date,
                &spoken(&line.folder),
                &spoken(&line.fields),
                &line.id,
            ])?;
        }
        finish(by_hand)
    }
}

fn table(path: &Path, columns: &[&str]) -> io::Result<Table> {
    let mut file = BufWriter::new(File::create_new(path)?);
    // Spreadsheets take text for UTF-8 by this mark.
    file.write_all("\u{FEFF}".as_bytes())?;
    let mut options = csv::WriterBuilder::new();
    let mut table = options.terminator(csv::Terminator::CRLF).from_writer(file);
    table.write_record(columns)?;
    Ok(table)
}

fn finish(table: Table) -> io::Result<()> {
    let file = table.into_inner().map_err(|error| error.into_error())?;
    file.get_ref().sync_all()
}

fn json_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// Text for a cell that only people read: no spreadsheet takes it for a formula.
fn spoken(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        _ => text.to_owned(),
    }
}
