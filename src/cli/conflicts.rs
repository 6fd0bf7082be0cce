//! `airbridge conflicts` and `resolve`: what two sides wrote differently, and which holds.

use std::path::Path;

use anyhow::Context;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::crm::blob_store::BlobStore;
use crate::exchange::crm::CrmSide;
use crate::exchange::home::Home;
use crate::exchange::ledger::Round;
use crate::exchange::settle::{Answer, Question, Take, decide, questions};
use crate::exchange::{Ledger, prefer};
use crate::finding::Findings;
use crate::merge::Side;
use crate::sheet::{Sheet, heading_key, load, neutralise, restore, write_row};

use super::Status;
use super::crm::write_new;
use super::exchange_args::{ConflictsArgs, ResolveArgs};
use super::keys;
use super::output::Output;

/// The columns of the table that people fill in.
const HEADINGS: [&str; 10] = [
    "Item",
    "Path",
    "Title",
    "Field",
    "Outlook",
    "Outlook edited",
    "BigContacts",
    "BigContacts edited",
    "Shown",
    "Take",
];

/// Runs `conflicts`.
///
/// # Errors
/// When the ledger cannot be read, or the table cannot be written.
pub fn run(args: &ConflictsArgs) -> anyhow::Result<Status> {
    let home = keys::open(&args.home)?;
    let mut ledger = Ledger::open(&home.ledger_path())?;
    let round = ledger.begin()?;
    let questions = questions(&round, home.config())?;
    let mut output = Output::stdout(args.json);
    if let Some(path) = &args.csv {
        write_new(path, table(&questions).as_bytes())?;
        output.line(format!(
            "{}: {} conflicts; write outlook or crm under Take, then: airbridge resolve --csv {}",
            path.display(),
            questions.len(),
            path.display()
        ))?;
    } else {
        for (place, question) in questions.iter().enumerate() {
            output.record("conflict", question)?;
            tell(&mut output, place, question)?;
        }
    }
    #[derive(Serialize)]
    struct Summary {
        conflicts: usize,
    }
    let conflicts = questions.len();
    output.record("summary", &Summary { conflicts })?;
    if conflicts == 0 {
        output.line("no conflicts")?;
    }
    output.flush()?;
    Ok(Status::Done)
}

fn tell<W: std::io::Write>(
    output: &mut Output<W>,
    place: usize,
    question: &Question,
) -> anyhow::Result<()> {
    let number = place.saturating_add(1);
    let Question {
        title, kind, field, ..
    } = question;
    output.line(format!("{number}. {title} ({kind}): {field}"))?;
    for (side, answer) in [
        (Side::Outlook, &question.outlook),
        (Side::Crm, &question.crm),
    ] {
        if let Some(Answer { text, at, .. }) = answer {
            let shown = if question.shown == side {
                "  (shown)"
            } else {
                ""
            };
            let day = at.strftime("%Y-%m-%d %H:%M");
            output.line(format!("   {side}, {day}: {text}{shown}"))?;
        }
    }
    Ok(())
}

fn table(questions: &[Question]) -> String {
    let mut text = String::new();
    write_row(&mut text, HEADINGS);
    for question in questions {
        let value = |answer: &Option<Answer>| {
            let answer = answer.as_ref();
            let at = answer.map(|answer| answer.at.to_string());
            let text = answer.map(|answer| neutralise(&answer.text).into_owned());
            (text.unwrap_or_default(), at.unwrap_or_default())
        };
        let (outlook, outlook_at) = value(&question.outlook);
        let (crm, crm_at) = value(&question.crm);
        let cells = [
            question.item.0.clone(),
            neutralise(&question.path).into_owned(),
            neutralise(&question.title).into_owned(),
            question.field.clone(),
            outlook,
            outlook_at,
            crm,
            crm_at,
            question.shown.to_string(),
            String::new(),
        ];
        write_row(&mut text, cells);
    }
    text
}

/// Runs `resolve`.
///
/// # Errors
/// When there is no such conflict, or the ledger cannot be written; then nothing was decided.
pub fn resolve(args: &ResolveArgs) -> anyhow::Result<Status> {
    let home = keys::open(&args.home)?;
    let mut ledger = Ledger::open(&home.ledger_path())?;
    let now = Timestamp::now();
    let round = ledger.begin()?;
    let blobs = BlobStore::within(home.directory());
    let side = CrmSide {
        config: home.config(),
        blobs: &blobs,
        now,
    };
    if home.config().side == Side::Crm {
        // What people edited meanwhile comes first.
        side.notice(&round, true)?;
    } else {
        prefer::turn(&round, home.config().prefer)?;
    }
    let questions = questions(&round, home.config())?;
    let decisions = decisions(args, &questions)?;
    for (question, take) in &decisions {
        decide_one(&round, &home, &side, question, take)?;
    }
    round.keep()?;
    #[derive(Serialize)]
    struct Summary {
        decided: usize,
        left: usize,
    }
    let (decided, left) = (
        decisions.len(),
        questions.len().saturating_sub(decisions.len()),
    );
    let mut output = Output::stdout(args.json);
    output.record("summary", &Summary { decided, left })?;
    output.line(format!("{decided} decided, {left} left"))?;
    output.flush()?;
    Ok(if left > 0 {
        Status::Conflicts
    } else {
        Status::Done
    })
}

fn decide_one(
    round: &Round<'_>,
    home: &Home,
    side: &CrmSide<'_>,
    question: &Question,
    take: &Take,
) -> anyhow::Result<()> {
    let place = (&question.item, question.path.as_str());
    let config = home.config();
    Ok(decide(
        round,
        config,
        side.now,
        place,
        take,
        |round, held, shown| match config.side {
            Side::Crm => side.show(round, held, shown),
            // Outlook's store is written by the next apply.
            Side::Outlook => Ok(()),
        },
    )?)
}

/// Which conflicts are decided, and how.
fn decisions<'q>(
    args: &ResolveArgs,
    questions: &'q [Question],
) -> anyhow::Result<Vec<(&'q Question, Take)>> {
    if let Some(path) = &args.csv {
        return filled_in(path, questions);
    }
    let take = match (&args.value, args.take) {
        (Some(text), _) if text.is_empty() => Take::Value(None),
        (Some(text), _) => Take::Value(Some(Value::String(text.clone()))),
        (None, Some(side)) => Take::Side(side),
        (None, None) => {
            anyhow::bail!("say which value holds: --take outlook, --take crm or --value")
        }
    };
    if args.all {
        // A side that has no value of its own has nothing to take: those are left.
        let can = questions.iter().filter(|question| match take {
            Take::Side(Side::Outlook) => question.outlook.is_some(),
            Take::Side(Side::Crm) => question.crm.is_some(),
            Take::Value(_) => false,
        });
        return Ok(can.map(|question| (question, take.clone())).collect());
    }
    let number = args.number.unwrap_or_default();
    let question = questions.get(number.wrapping_sub(1)).with_context(|| {
        format!("there is no conflict {number}: airbridge conflicts lists them")
    })?;
    let text = |answer: &Option<Answer>| {
        let value = answer.as_ref().and_then(|answer| answer.value.as_ref());
        value.is_none_or(Value::is_string)
    };
    if matches!(take, Take::Value(_)) && !(text(&question.outlook) && text(&question.crm)) {
        anyhow::bail!("conflict {number} is not between texts: choose with --take");
    }
    Ok(vec![(question, take)])
}

fn filled_in<'q>(
    path: &Path,
    questions: &'q [Question],
) -> anyhow::Result<Vec<(&'q Question, Take)>> {
    let bytes = load(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let mut findings = Findings::new();
    let sheet = Sheet::read(bytes, &mut findings);
    let mut rows = sheet.rows();
    let heading = rows.next().context("the table is empty")?;
    let column = |name: &str| {
        let key = heading_key(name);
        let found = heading.cells.iter().position(|own| heading_key(own) == key);
        found.with_context(|| format!("{}: there is no column {name}", path.display()))
    };
    let (item, field, take) = (column("Item")?, column("Path")?, column("Take")?);
    let mut decisions = Vec::new();
    for row in rows {
        let side = match heading_key(row.cell(take)).as_str() {
            "" => continue,
            "outlook" => Side::Outlook,
            "crm" | "bigcontacts" => Side::Crm,
            other => anyhow::bail!(
                "{}: line {}: {other:?} under Take: write outlook or crm, or leave it empty",
                path.display(),
                row.line
            ),
        };
        let (id, at) = (row.cell(item), restore(row.cell(field)));
        let mut found = questions.iter();
        let found = found.find(|question| question.item.0 == id && question.path == at);
        // Decided meanwhile: nothing is to be done.
        decisions.extend(found.map(|question| (question, Take::Side(side))));
    }
    Ok(decisions)
}

/// Says that conflicts await a decision, and gives the exit code for it.
///
/// # Errors
/// When the output cannot be written.
pub fn remind<W: std::io::Write>(output: &mut Output<W>, conflicts: u64) -> anyhow::Result<Status> {
    if conflicts > 0 {
        output.line(format!(
            "{conflicts} conflicts await a decision: airbridge conflicts"
        ))?;
    }
    output.flush()?;
    Ok(if conflicts > 0 {
        Status::Conflicts
    } else {
        Status::Done
    })
}
