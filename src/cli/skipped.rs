//! What is not read, told: file by file as JSON, by reason for people.

use std::collections::BTreeMap;
use std::io;

use crate::source::Skipped;

use super::output::{Output, note};

/// Files named for one reason.
const NAMED: usize = 5;
/// Failures noted one by one.
const NOTED: usize = 20;

/// Tells of every file that is not read; notes those that should have been.
///
/// # Errors
/// When the output cannot be written.
pub fn show_skipped<W: io::Write>(output: &mut Output<W>, skipped: &[Skipped]) -> io::Result<()> {
    for own in skipped {
        output.record("skipped", own)?;
    }
    let mut failed = skipped.iter().filter(|own| own.failed);
    for own in failed.by_ref().take(NOTED) {
        note(&format!("{}: not read: {}", own.file, own.reason));
    }
    let more = failed.count();
    if more > 0 {
        note(&format!(
            "{more} more files could not be read; --json shows all"
        ));
    }
    Ok(())
}

/// For people: how many files are not read, and some of them, by reason, the commonest first.
///
/// # Errors
/// When the output cannot be written.
pub fn show_reasons<W: io::Write>(output: &mut Output<W>, skipped: &[Skipped]) -> io::Result<()> {
    let mut reasons: BTreeMap<&str, Vec<&Skipped>> = BTreeMap::new();
    for own in skipped {
        reasons.entry(&own.reason).or_default().push(own);
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, files)| std::cmp::Reverse(files.len()));
    if !reasons.is_empty() {
        output.line("not read")?;
    }
    for (reason, files) in reasons {
        output.line(format!("  {:>8}  {reason}", files.len()))?;
        for own in files.iter().take(NAMED) {
            output.line(format!("            {}", own.file))?;
        }
        if files.len() > NAMED {
            let more = files.len().saturating_sub(NAMED);
            output.line(format!("            … and {more} more; --json shows all"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_with_some_names() {
        let skipped = |number: usize, reason: &'static str| Skipped {
            file: format!("{number}.x").into(),
            reason: reason.into(),
            failed: false,
        };
        let mut all: Vec<_> = (0..7).map(|number| skipped(number, "an image")).collect();
        all.insert(3, skipped(9, "a program"));
        let mut out = Vec::new();
        let mut output = Output::new(&mut out, false);
        show_reasons(&mut output, &all).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        assert_eq!(
            lines,
            [
                "not read",
                "7  an image",
                "0.x",
                "1.x",
                "2.x",
                "3.x",
                "4.x",
                "… and 2 more; --json shows all",
                "1  a program",
                "9.x"
            ]
        );
    }
}
