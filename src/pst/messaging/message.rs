//! A message: properties, recipients, attachments.
//!
//! *Spec*: \[MS-PST\] 2.4.5; 2.5.3.1.1.1 (the prefix that `PidTagSubject` is stored with).

use crate::finding::{Effect, Findings};
use crate::mapi::{Budget, Message, PropTag, PropType, Property, PropertyBag, Value, codepage};
use crate::pst::ndb::subnode::Subnodes;
use crate::pst::ndb::{Fault, NodeId, Notes, Spot};

use super::object::{ObjectPlace, Reading};
use super::store::{ReadError, Store};

/// `PidTagMessageClass`.
pub(super) const MESSAGE_CLASS: u16 = 0x001A;
/// `PidTagSubject`.
const SUBJECT: u16 = 0x0037;
/// `PidTagSubjectPrefix`.
const SUBJECT_PREFIX: u16 = 0x003D;

impl Store {
    /// Reads a message with all that is in it; data of attachments and large values are streams.
    ///
    /// # Errors
    /// [`ReadError`] when there is no such node or its properties cannot be read at all.
    ///
    /// # Findings
    /// `pst.ndb.*`, `pst.ltp.*`, `pst.messaging.*`, each with the node, subnode and property.
    pub fn read_message(&self, nid: NodeId) -> Result<(Message, Findings), ReadError> {
        self.read(nid, |reading, place| reading.message(place, None, 0))
    }

    /// The class of a message (`PidTagMessageClass`), without reading the rest of it; `None` when
    /// it has
    /// none, or it cannot be read, which [`Self::read_message`] reports.
    #[must_use]
    pub fn message_class(&self, nid: NodeId) -> Option<String> {
        let class = self.read(nid, |reading, place| {
            let context = reading.context(place)?;
            let record = context
                .records()?
                .into_iter()
                .find(|record| record.id == MESSAGE_CLASS);
            let subnodes = Subnodes::default();
            let source = reading.source(&subnodes, place.spot);
            Ok(record.and_then(|record| context.value(record, source)))
        });
        match class.ok()?.0? {
            Value::String(class) => Some(class),
            // Classes are ASCII in any code page.
            Value::String8(class) => Some(String::from_utf8_lossy(&class).into_owned()),
            _ => None,
        }
    }

    pub(super) fn read<T>(
        &self,
        nid: NodeId,
        read: impl FnOnce(&Reading<'_>, ObjectPlace) -> Result<T, Fault>,
    ) -> Result<(T, Findings), ReadError> {
        let node = self
            .database()
            .node(nid)
            .and_then(|node| {
                node.ok_or_else(|| Fault::new("pst.ndb.node-missing", "there is no such node"))
            })
            .map_err(|fault| self.read_error(nid, fault))?;
        let notes = Notes::with_work(self.work());
        let budget = Budget::default();
        let reading = Reading {
            store: self,
            notes: &notes,
            budget: &budget,
        };
        let value = read(&reading, ObjectPlace::of_node(node))
            .map_err(|fault| self.read_error(nid, fault))?;
        let mut findings = notes.take();
        findings.set_file(self.label());
        Ok((value, findings))
    }
}

impl Reading<'_> {
    /// Reads a message object. `outer` is the code page of the message around it.
    pub(super) fn message(
        &self,
        place: ObjectPlace,
        outer: Option<u16>,
        depth: u32,
    ) -> Result<Message, Fault> {
        let context = self.context(place)?;
        let records = context.records()?;
        let subnodes = self.subnodes(place);
        let mut props = self.bag(&context, &records, &subnodes, place.spot, None);
        drop(context);
        let code_page = self.code_page(&props, outer);
        self.decode(&mut props, code_page, place.spot);
        let props = split_subject(props);
        let mut recipients = self.recipients(place, &subnodes);
        for recipient in &mut recipients {
            self.decode(recipient, code_page, place.spot);
        }
        let attachments = self.attachments(place, &subnodes, code_page, depth);
        Ok(Message {
            props,
            recipients,
            attachments,
            template: false,
        })
    }

    fn code_page(&self, props: &PropertyBag, outer: Option<u16>) -> u16 {
        self.store
            .code_page_override()
            .or_else(|| codepage::item_code_page(props))
            .or(outer)
            .or_else(|| self.store.code_page())
            .unwrap_or(codepage::WESTERN)
    }

    /// Decodes the `PtypString8` values of a bag.
    pub(super) fn decode(&self, bag: &mut PropertyBag, code_page: u16, spot: Spot) {
        if !codepage::decode_bag(bag, code_page) {
            self.notes.add(
                "pst.messaging.code-page",
                Effect::Altered,
                spot,
                format!("some text is not of code page {code_page}"),
            );
        }
    }
}

/// Takes the stored prefix off `PidTagSubject`: U+0001 and a character whose number is one more
/// than the length of `PidTagSubjectPrefix`, which is then computed unless it is stored.
fn split_subject(props: PropertyBag) -> PropertyBag {
    let Some(stored) = props
        .str(SUBJECT)
        .and_then(|text| text.strip_prefix('\u{1}'))
    else {
        return props;
    };
    let mut chars = stored.chars();
    let length = chars.next().map_or(0, u32::from).saturating_sub(1);
    let subject = chars.as_str().to_owned();
    let has_prefix = props.get(SUBJECT_PREFIX).is_some();
    let prefix = usize::try_from(length)
        .ok()
        .filter(|&length| length > 0 && !has_prefix)
        .and_then(|length| utf16_prefix(&subject, length));
    let mut properties = props.into_properties();
    for property in &mut properties {
        if property.tag.id() == SUBJECT {
            property.value = Value::String(subject.clone());
        }
    }
    if let Some(prefix) = prefix {
        properties.push(Property {
            tag: PropTag::new(SUBJECT_PREFIX, PropType::STRING),
            name: None,
            value: Value::String(prefix.to_owned()),
        });
    }
    PropertyBag::new(properties).0
}

/// A subject as it is stored, and whether its mark holds this prefix, which then is no property of
/// its own. An empty subject has no mark.
#[must_use]
pub fn join_subject(subject: &str, prefix: Option<&str>) -> (String, bool) {
    if subject.is_empty() {
        return (String::new(), false);
    }
    let units = prefix
        .filter(|prefix| !prefix.is_empty() && subject.starts_with(prefix))
        .map(|prefix| prefix.encode_utf16().count())
        .and_then(|units| u8::try_from(units).ok()?.checked_add(1));
    let mark = char::from(units.unwrap_or(1));
    (format!("\u{1}{mark}{subject}"), units.is_some())
}

/// The first `units` UTF-16 units of a text, if it has as many and no character is cut.
fn utf16_prefix(text: &str, units: usize) -> Option<&str> {
    let mut counted = 0_usize;
    for (at, character) in text.char_indices() {
        if counted == units {
            return text.get(..at);
        }
        counted = counted.saturating_add(character.len_utf16());
    }
    (counted == units).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(stored: &str) -> PropertyBag {
        let property = Property {
            tag: PropTag::new(SUBJECT, PropType::STRING),
            name: None,
            value: Value::String(stored.to_owned()),
        };
        split_subject(PropertyBag::new(vec![property]).0)
    }

    #[test]
    fn a_stored_subject_comes_back() {
        for (text, prefix, holds) in [
            ("Re: Hello", Some("Re: "), true),
            ("Hello", None, false),
            ("Hello", Some(""), false),
            ("Hello", Some("AW: "), false),
            ("", Some("Re: "), false),
            ("\u{1}odd", None, false),
        ] {
            let (stored, held) = join_subject(text, prefix);
            assert_eq!(held, holds, "{text}");
            let bag = subject(&stored);
            let back = (bag.str(SUBJECT), bag.str(SUBJECT_PREFIX));
            assert_eq!(back, (Some(text), prefix.filter(|_| holds)));
        }
    }

    #[test]
    fn subject_prefixes() {
        let bag = subject("\u{1}\u{5}Re: Hello");
        assert_eq!(bag.str(SUBJECT), Some("Re: Hello"));
        assert_eq!(bag.str(SUBJECT_PREFIX), Some("Re: "));
        let bag = subject("\u{1}\u{1}Hello");
        assert_eq!(
            (bag.str(SUBJECT), bag.str(SUBJECT_PREFIX)),
            (Some("Hello"), None)
        );
        let bag = subject("Hello");
        assert_eq!(bag.str(SUBJECT), Some("Hello"));
        let bag = subject("\u{1}\u{FF}Hi");
        assert_eq!(
            (bag.str(SUBJECT), bag.str(SUBJECT_PREFIX)),
            (Some("Hi"), None)
        );
        assert_eq!(subject("\u{1}").str(SUBJECT), Some(""));
    }
}
