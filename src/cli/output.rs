//! Where results go: data to stdout, as text or JSON lines; talk to stderr.
//!
//! *Invariants*: text that came from a store never reaches a terminal unescaped; a reader that
//! closes the pipe early is no error.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

/// The data side of a command.
#[derive(Debug)]
pub struct Output<W: Write> {
    out: W,
    json: bool,
}

impl Output<io::BufWriter<io::Stdout>> {
    /// Standard output, as JSON lines or as text.
    #[must_use]
    pub fn stdout(json: bool) -> Self {
        Self {
            out: io::BufWriter::new(io::stdout()),
            json,
        }
    }
}

impl<W: Write> Output<W> {
    /// Any writer, as JSON lines or as text.
    #[must_use]
    pub fn new(out: W, json: bool) -> Self {
        Self { out, json }
    }

    /// Whether JSON lines are wanted.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// One JSON line `{"type": kind, …value}`, when JSON is wanted. `value` must be a struct or
    /// map.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn record(&mut self, kind: &str, value: &impl Serialize) -> io::Result<()> {
        if self.json {
            #[derive(Serialize)]
            struct Line<'a, T> {
                r#type: &'a str,
                #[serde(flatten)]
                value: &'a T,
            }
            serde_json::to_writer(
                &mut self.out,
                &Line {
                    r#type: kind,
                    value,
                },
            )?;
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// One line of text, when text is wanted; control and direction characters are made visible.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn line(&mut self, text: impl AsRef<str>) -> io::Result<()> {
        if !self.json {
            self.out.write_all(visible(text.as_ref()).as_bytes())?;
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Bytes as they are: scripts and pages of our own making.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Text with every character that could steer a terminal, or turn the reading direction, made
/// visible.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let steers = character.is_control()
            || matches!(character, '\u{200E}' | '\u{200F}' | '\u{061C}')
            || ('\u{202A}'..='\u{202E}').contains(&character)
            || ('\u{2066}'..='\u{2069}').contains(&character)
            || ('\u{2028}'..='\u{2029}').contains(&character);
        if steers {
            let _infallible = write!(shown, "\\u{{{:x}}}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// A note to the user on stderr.
pub fn note(text: &str) {
    eprintln_quietly(&format!("airbridge: {}", visible(text)));
}

/// An error and its remedy on stderr.
pub fn complain(error: &anyhow::Error) {
    let mut text = String::new();
    for (depth, cause) in error.chain().enumerate() {
        let cause = cause.to_string();
        // A library error often repeats its source in its own words.
        if depth == 0 || !text.contains(&cause) {
            let _infallible = write!(text, "{}{cause}", if depth == 0 { "" } else { ": " });
        }
    }
    eprintln_quietly(&format!("airbridge: error: {}", visible(&text)));
}

/// stderr may be closed; that must not end the run.
fn eprintln_quietly(line: &str) {
    let _closed = writeln!(io::stderr(), "{line}");
}

/// Whether a progress bar makes sense.
#[must_use]
pub fn shows_progress(json: bool) -> bool {
    io::stderr().is_terminal() && !(json && io::stdout().is_terminal())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steering_characters_are_shown_not_sent() {
        assert_eq!(
            visible("a\u{1b}[31mb\u{9b}c\u{202e}d\te"),
            r"a\u{1b}[31mb\u{9b}c\u{202e}d\u{9}e"
        );
        assert_eq!(visible("Müller 山田"), "Müller 山田");
    }

    #[test]
    fn json_lines_carry_their_type_first() {
        let mut output = Output {
            out: Vec::new(),
            json: true,
        };
        output
            .record("summary", &serde_json::json!({"seen": 1}))
            .unwrap();
        output.line("not shown").unwrap();
        assert_eq!(output.out, b"{\"type\":\"summary\",\"seen\":1}\n");
    }
}
