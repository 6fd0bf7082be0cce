//! One item as a tree of elements.
//!
//! *Invariants*: at most [`limits::XML_DEPTH`] levels and [`limits::XML_ELEMENTS`] elements are
//! kept; no entity of a document type is expanded; text has the line breaks of XML (2.11).

use std::fmt::Write as _;

use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_xml_entity};
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::finding::{Effect, Findings};
use crate::limits;

/// An element with its text and its children.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name, without prefix.
    pub name: String,
    /// Its attributes, without those of XML itself.
    pub attributes: Vec<(String, String)>,
    /// Its text, that of its children left out.
    pub text: String,
    /// Its children.
    pub children: Vec<Element>,
}

impl Element {
    /// Reads the first element of a text, as far as it goes.
    ///
    /// # Findings
    /// `olm.xml.*`.
    #[must_use]
    pub fn read(text: &str) -> (Option<Self>, Findings) {
        let mut tree = Tree::default();
        tree.read(text);
        while tree.open.len() > 1 {
            tree.close();
        }
        (tree.open.pop().or(tree.root), tree.findings)
    }

    /// The first child of this name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// An attribute, or the text of a child of that name, which older versions write instead.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        let attribute = self.attributes.iter().find(|(own, _)| own == name);
        let value = match attribute {
            Some((_, value)) => value.as_str(),
            None => self.child(name)?.text.as_str(),
        };
        Some(value).filter(|value| !value.is_empty())
    }

    /// Whether it says nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.attributes.is_empty() && self.children.is_empty()
    }

    /// Its contents as text: its text, when it has nothing else, or else all of it as XML.
    #[must_use]
    pub fn contents(&self) -> String {
        if self.attributes.is_empty() && self.children.is_empty() {
            return self.text.clone();
        }
        let mut out = String::new();
        self.write(&mut out, 0);
        out
    }

    fn write(&self, out: &mut String, depth: usize) {
        // Trees are no deeper than that, so this is no limit but a promise to the reader.
        if depth > limits::XML_DEPTH {
            return;
        }
        // Writing to a string cannot fail.
        let _ = write!(out, "<{}", self.name);
        for (name, value) in &self.attributes {
            let _ = write!(out, " {name}=\"{}\"", escape(value.as_str()));
        }
        let _ = write!(out, ">{}", escape(self.text.as_str()));
        for child in &self.children {
            child.write(out, depth.saturating_add(1));
        }
        let _ = write!(out, "</{}>", self.name);
    }
}

/// The tree while it is read.
#[derive(Debug, Default)]
struct Tree {
    /// The elements that are open, from the root down.
    open: Vec<Element>,
    /// Levels below the deepest one kept.
    below: usize,
    elements: usize,
    root: Option<Element>,
    findings: Findings,
}

impl Tree {
    fn read(&mut self, text: &str) {
        let mut reader = Reader::from_str(text);
        while self.root.is_none() {
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(error) => {
                    self.lost("olm.xml.malformed", format!("not well formed: {error}"));
                    return;
                }
            };
            match event {
                Event::Start(start) => self.start(&start),
                Event::Empty(start) => {
                    self.start(&start);
                    self.end();
                }
                Event::End(_) => self.end(),
                Event::Text(own) => self.text(&own.xml10_content()),
                Event::CData(own) => self.text(&own.xml10_content()),
                Event::GeneralRef(own) => self.reference(&own),
                Event::DocType(_) => {
                    let detail = "a document type, of which nothing is expanded";
                    self.findings
                        .add("olm.xml.document-type", Effect::Noted, "", detail);
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => {
                    self.lost("olm.xml.cut-off", "ends before its end tag".to_owned());
                    return;
                }
            }
        }
    }

    fn lost(&mut self, code: &'static str, detail: String) {
        self.findings.add(code, Effect::Lost, "", detail);
    }

    fn start(&mut self, start: &BytesStart<'_>) {
        if self.below > 0 || self.open.len() >= limits::XML_DEPTH {
            if self.below == 0 {
                let detail = format!("elements over {} levels deep", limits::XML_DEPTH);
                self.lost("olm.xml.too-deep", detail);
            }
            self.below = self.below.saturating_add(1);
            return;
        }
        self.elements = self.elements.saturating_add(1);
        if self.elements > limits::XML_ELEMENTS {
            if self.elements == limits::XML_ELEMENTS.saturating_add(1) {
                let detail = format!("over {} elements in one item", limits::XML_ELEMENTS);
                self.lost("olm.xml.too-many", detail);
            }
            self.below = 1;
            return;
        }
        let mut element = Element {
            name: start.local_name().as_ref().to_owned(),
            ..Element::default()
        };
        let mut attributes = start.attributes();
        // Comparing each name with all before it would take quadratic time.
        for attribute in attributes.with_checks(false) {
            let Ok(attribute) = attribute else {
                let detail = format!("an attribute of {} is not well formed", element.name);
                self.lost("olm.xml.malformed", detail);
                break;
            };
            let name = attribute.key.as_ref();
            if name.starts_with("xml:") || name.starts_with("xmlns") {
                continue;
            }
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .map_or_else(|_| attribute.value.to_string(), |value| value.into_owned());
            let name = attribute.key.local_name().as_ref().to_owned();
            element.attributes.push((name, value));
        }
        self.open.push(element);
    }

    fn end(&mut self) {
        if self.below > 0 {
            self.below = self.below.saturating_sub(1);
        } else {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some(element) = self.open.pop() else {
            return;
        };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str) {
        if self.below == 0
            && let Some(element) = self.open.last_mut()
        {
            element.text.push_str(text);
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>) {
        let name = reference.xml10_content();
        if let Ok(Some(letter)) = reference.resolve_char_ref() {
            self.text(letter.encode_utf8(&mut [0; 4]));
        } else if let Some(known) = resolve_xml_entity(&name) {
            self.text(known);
        } else {
            self.findings.add(
                "olm.xml.entity",
                Effect::Noted,
                "",
                format!("&{name}; is not a character of XML and stays as it is"),
            );
            self.text(&format!("&{name};"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Element, Vec<&'static str>) {
        let (element, findings) = Element::read(text);
        let codes = findings.iter().map(|finding| finding.code).collect();
        (element.unwrap(), codes)
    }

    #[test]
    fn text_attributes_and_children_are_read() {
        let (element, codes) = read(
            "<o:a xmlns:o='u' xml:space='preserve' o:k='1 &lt; 2'>x &amp; &#xFC;\r\n<b>1</b>\
             <![CDATA[<c>]]></o:a> beyond",
        );
        assert_eq!(codes, [] as [&str; 0]);
        assert_eq!((&*element.name, &*element.text), ("a", "x & ü\n<c>"));
        assert_eq!(element.value("k"), Some("1 < 2"));
        assert_eq!(element.value("b"), Some("1"));
        assert_eq!(
            element.contents(),
            "<a k=\"1 &lt; 2\">x &amp; ü\n&lt;c&gt;<b>1</b></a>"
        );
    }

    #[test]
    fn what_is_malformed_is_read_as_far_as_it_goes() {
        let (element, codes) = read("<a><b>1</b><c>2");
        assert_eq!(element.value("b"), Some("1"));
        assert_eq!(element.value("c"), Some("2"));
        assert_eq!(codes, ["olm.xml.cut-off"]);
        let (element, codes) = read("<a><b>1</b><c></d></a>");
        assert_eq!(
            (element.value("b"), codes),
            (Some("1"), vec!["olm.xml.malformed"])
        );
    }

    #[test]
    fn floods_are_bounded() {
        let laughs = "<!DOCTYPE a [<!ENTITY l 'ha'><!ENTITY m '&l;&l;'>]><a>&m;</a>";
        let (element, codes) = read(laughs);
        assert_eq!(
            (&*element.text, codes),
            ("&m;", vec!["olm.xml.document-type", "olm.xml.entity"])
        );
        let deep = 100_000;
        let text = format!(
            "<a>{}{}<b>1</b></a>",
            "<x>".repeat(deep),
            "</x>".repeat(deep)
        );
        let (element, codes) = read(&text);
        assert_eq!(
            (element.value("b"), codes),
            (Some("1"), vec!["olm.xml.too-deep"])
        );
        let many: String = (0..100_000)
            .map(|number| format!(" a{number}='1'"))
            .collect();
        assert_eq!(read(&format!("<a{many}/>")).0.attributes.len(), 100_000);
    }
}
