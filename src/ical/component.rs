//! A component: properties and the components in it.
//!
//! *Spec*: RFC 5545 3.6.
//!
//! *Invariants*: built with a stack and not by recursion, at most [`limits::CALENDAR_DEPTH`] deep;
//! deeper `BEGIN` and `END` lines are properties like others, so nothing is lost.

use crate::content_line::{self, ContentLine, Folding};
use crate::finding::{Effect, Findings};
use crate::limits;

use super::property::Property;

/// A component.
#[derive(Debug, Clone, Default)]
pub struct Component {
    /// Its name in upper case: `VEVENT`.
    pub name: String,
    /// Its properties, in order.
    pub properties: Vec<Property>,
    /// The components in it, in order.
    pub components: Vec<Component>,
    /// Lines that are none, as they stood.
    pub strays: Vec<String>,
}

/// How text is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// How lines are unfolded.
    pub folding: Folding,
    /// Code page of text that is neither UTF-8 nor says what it is.
    pub page: u16,
}

impl Component {
    /// Reads the text of one component, from `BEGIN` to `END`; or that of properties alone, which
    /// gives a component without a name. `lines` is how many it may still have.
    ///
    /// # Findings
    /// `ical.line.malformed`, `ical.text.code-page` (noted), `ical.component.lines` (lost).
    #[must_use]
    pub fn read(text: &[u8], reading: Reading, lines: &mut usize, findings: &mut Findings) -> Self {
        let mut root = Self::default();
        let mut open: Vec<Self> = Vec::new();
        let (mut deep, mut western) = (0_usize, 0_usize);
        for line in content_line::read(text, reading.folding) {
            let Some(left) = lines.checked_sub(1) else {
                let detail = "more lines than an entry may have; the rest is left out";
                findings.add("ical.component.lines", Effect::Lost, "", detail);
                break;
            };
            *lines = left;
            let line = match line {
                Ok(line) => line,
                Err(stray) => {
                    let detail = "a line without name or colon; it is kept raw";
                    let place = format!("line {} of the entry", stray.number);
                    findings.add("ical.line.malformed", Effect::Noted, place, detail);
                    let top = open.last_mut().unwrap_or(&mut root);
                    let text = crate::charset::utf8_or(&stray.bytes, reading.page).text;
                    top.strays.push(text);
                    continue;
                }
            };
            match bound(&line) {
                Some((true, name)) if open.len() < limits::CALENDAR_DEPTH && deep == 0 => {
                    open.push(Self {
                        name,
                        ..Self::default()
                    });
                    continue;
                }
                Some((true, _)) => deep = deep.saturating_add(1),
                Some((false, _)) if deep > 0 => deep -= 1,
                Some((false, name)) => {
                    close(&mut open, &mut root, &name);
                    continue;
                }
                None => {}
            }
            let property = Property::new(line, reading.page);
            western = western.saturating_add(usize::from(!property.is_lossless()));
            open.last_mut()
                .unwrap_or(&mut root)
                .properties
                .push(property);
        }
        while let Some(last) = open.pop() {
            open.last_mut().unwrap_or(&mut root).components.push(last);
        }
        if western > 0 {
            let detail = format!(
                "{western} lines are not UTF-8 and name no charset that they are in; they were \
                 read as code page {}",
                reading.page
            );
            findings.add("ical.text.code-page", Effect::Noted, "", detail);
        }
        root
    }

    /// The first property of a name.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|own| own.name() == name)
    }

    /// The text as it stood, unfolded, lines ended by CR LF.
    #[must_use]
    pub fn raw(&self) -> String {
        let mut text = String::new();
        let mut work = vec![Step::Whole(self)];
        while let Some(step) = work.pop() {
            match step {
                Step::End(name) => line(&mut text, "END:", name),
                Step::Whole(own) => {
                    line(&mut text, "BEGIN:", &own.name);
                    let raws = own.properties.iter().map(Property::raw);
                    raws.for_each(|raw| line(&mut text, "", &raw));
                    own.strays.iter().for_each(|raw| line(&mut text, "", raw));
                    work.push(Step::End(&own.name));
                    work.extend(own.components.iter().rev().map(Step::Whole));
                }
            }
        }
        text
    }
}

enum Step<'c> {
    Whole(&'c Component),
    End(&'c str),
}

fn line(text: &mut String, word: &str, rest: &str) {
    text.push_str(word);
    text.push_str(rest);
    text.push_str("\r\n");
}

/// `BEGIN` (true) or `END`, and of what.
fn bound(line: &ContentLine) -> Option<(bool, String)> {
    let begins = match line.name.as_str() {
        "BEGIN" => true,
        "END" => false,
        _ => return None,
    };
    let name = String::from_utf8_lossy(line.value().trim_ascii()).to_ascii_uppercase();
    Some((begins, name))
}

/// Closes the component that an `END` names, and those open in it; one that is not open is passed
/// over.
fn close(open: &mut Vec<Component>, root: &mut Component, name: &str) {
    let Some(at) = open.iter().rposition(|own| own.name == name) else {
        return;
    };
    while open.len() > at {
        let Some(last) = open.pop() else { break };
        open.last_mut().unwrap_or(root).components.push(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const READING: Reading = Reading {
        folding: Folding::Removed,
        page: crate::charset::WESTERN,
    };

    #[test]
    fn a_tree_and_its_text() {
        let text = "BEGIN:VEVENT\r\nUID:1\r\nBEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n\
                    oops\r\nSUMMARY:a\r\n b\r\nEND:VEVENT\r\n";
        let mut findings = Findings::new();
        let root = Component::read(text.as_bytes(), READING, &mut 99, &mut findings);
        let [event] = root.components.as_slice() else {
            panic!("{root:?}")
        };
        assert_eq!(event.property("SUMMARY").unwrap().text(), "ab");
        assert_eq!(event.components[0].name, "VALARM");
        assert_eq!(event.strays, ["oops"]);
        assert_eq!(findings.count(), 1);
        assert_eq!(
            event.components[0].raw(),
            "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"
        );
    }

    #[test]
    fn depth_has_a_bound_and_loses_nothing() {
        let text = "BEGIN:VX\n".repeat(2_000) + "SUMMARY:deep\n" + &"END:VX\n".repeat(2_000);
        let mut findings = Findings::new();
        let mut root = Component::read(text.as_bytes(), READING, &mut 9_999, &mut findings);
        for _ in 0..limits::CALENDAR_DEPTH {
            root = root.components.remove(0);
        }
        assert!(root.components.is_empty());
        assert_eq!(
            root.properties.len(),
            2 * (2_000 - limits::CALENDAR_DEPTH) + 1
        );
    }
}
