//! The properties of a message, recipient or attachment.
//!
//! *Spec*: MS-OXMSG 2.1, 2.4.
//!
//! *Shape* of the property stream: a header of 32 bytes (message), 24 (embedded message) or 8
//! (recipient, attachment), then entries of 16: tag 4, flags 4, value 8. The value is that of a
//! fixed-size type of at most 8 bytes; of any other type its size, and the value is in a stream of
//! its own. A list of strings or bytes has a stream of lengths and one for each value.
//!
//! *Seen in the wild*: values without an entry (noted, and read); entries without a value; sizes
//! that count terminators or do not. The stream decides.

use std::sync::Arc;

use crate::bytes::ReadAt;
use crate::content::ContentRef;
use crate::finding::Effect;
use crate::limits;
use crate::mapi::{
    Guid, NameId, PropTag, PropType, Property, PropertyBag, PropertyName, Value, value_bytes,
};

use super::compound::{Kind, Runs};
use super::element::{Element, Elements};
use super::message::{Place, Reading};

/// Bytes of an entry of the property stream.
const ENTRY: usize = 16;

/// The property set under which airbridge keeps elements of a message that are none of MAPI's.
pub(super) const OTHER_ELEMENTS: Guid = Guid::new(
    0x8C1E_52B7,
    0x3F0D,
    0x4E6A,
    [0x9A, 0x51, 0x7D, 0x20, 0xC4, 0x8B, 0xE6, 0x13],
);

/// Of what the properties are: the size of the header of the property stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Message,
    Embedded,
    Part,
}

impl Owner {
    /// Bytes of the header, by what is before whole entries.
    fn header(self, len: usize) -> usize {
        let rest = len % ENTRY;
        match self {
            Self::Part => 8,
            // A message embedded with the header of one that is not, and the other way around.
            Self::Message | Self::Embedded if rest == 8 => 24,
            Self::Message | Self::Embedded if rest == 0 => 32,
            Self::Message => 32,
            Self::Embedded => 24,
        }
    }
}

impl Reading<'_> {
    /// All properties but `without`, strings not decoded.
    pub(super) fn properties(
        &mut self,
        elements: &Elements,
        owner: Owner,
        place: &Place,
        without: Option<u16>,
    ) -> PropertyBag {
        let mut properties: Vec<Property> = Vec::new();
        let mut listed = Vec::new();
        for entry in self.entries(elements, owner, place) {
            let Some(tag) = entry.u32_at(0).map(PropTag) else {
                continue;
            };
            listed.push(tag.id());
            if Some(tag.id()) == without {
                continue;
            }
            let inline = entry.slice_at(8, 8).unwrap_or_default();
            if let Some((tag, value)) = self.entry_value(elements, tag, inline, place) {
                properties.push(self.property(tag, value));
            }
        }
        listed.sort_unstable();
        let unlisted: Vec<(PropTag, u32)> = elements
            .iter()
            .filter_map(|(element, id)| match element {
                Element::Value(tag) => Some((*tag, id)),
                _ => None,
            })
            .filter(|(tag, _)| listed.binary_search(&tag.id()).is_err())
            .filter(|(tag, _)| Some(tag.id()) != without)
            .collect();
        for (tag, id) in unlisted {
            let place = place.property(tag);
            let detail = "no entry of the property stream names it; read all the same";
            self.find("msg.properties.unlisted", Effect::Noted, &place, detail);
            if let Some(value) = self.stored(elements, tag, id, &place) {
                properties.push(self.property(tag, value));
            }
        }
        self.others(elements, &mut properties, place);
        let (bag, doubles) = PropertyBag::new(properties);
        for double in doubles {
            let place = place.property(double.tag);
            let detail = "there twice; the first is kept";
            self.find("msg.properties.twice", Effect::Lost, &place, detail);
        }
        bag
    }

    /// Elements that are no part of a message ride along under their own names.
    fn others(&mut self, elements: &Elements, properties: &mut Vec<Property>, place: &Place) {
        let mut used: Vec<u16> = properties.iter().map(|own| own.tag.id()).collect();
        used.sort_unstable();
        let mut free = (0x8000..=0xFFFE_u16).rev();
        for (element, id) in elements.iter() {
            let Element::Other(name) = element else {
                continue;
            };
            let Some(free) = free.find(|id| used.binary_search(id).is_err()) else {
                let detail = format!("no property id is left for {name:?}");
                self.find("msg.message.element", Effect::Lost, place, detail);
                break;
            };
            let detail = format!("{name:?} is no part of a message; it is kept raw");
            self.find("msg.message.element", Effect::Noted, place, detail);
            let storage = self.is_storage(id);
            let kind = if storage {
                PropType::OBJECT
            } else {
                PropType::BINARY
            };
            let tag = PropTag::new(free, kind);
            if let Some(value) = self.stored(elements, tag, id, &place.inside(name)) {
                let name = PropertyName {
                    set: OTHER_ELEMENTS,
                    id: NameId::Text(name.clone().into()),
                };
                properties.push(Property {
                    tag,
                    name: Some(Arc::new(name)),
                    value,
                });
            }
        }
    }

    fn property(&self, tag: PropTag, value: Value) -> Property {
        Property {
            tag,
            name: self.names.get(tag.id()),
            value,
        }
    }

    fn entries(&mut self, elements: &Elements, owner: Owner, place: &Place) -> Vec<[u8; ENTRY]> {
        let Some(stream) = elements.first(&Element::Properties) else {
            let detail = "there is no property stream";
            self.find("msg.properties.missing", Effect::Lost, place, detail);
            return Vec::new();
        };
        let stream = self.stream(stream, place);
        let most = limits::PROPERTIES.saturating_mul(ENTRY).saturating_add(32);
        let bytes = self.bytes_of(&stream, most as u64, place);
        let header = owner.header(bytes.len());
        let (entries, rest) = bytes.get(header..).unwrap_or_default().as_chunks::<ENTRY>();
        if stream.len() > bytes.len() as u64 {
            let detail = format!("only the first {} properties are read", limits::PROPERTIES);
            self.find("msg.properties.too-many", Effect::Lost, place, detail);
        } else if !rest.is_empty() || bytes.len() < header {
            let detail = format!("{} bytes are no whole entries", bytes.len());
            self.find("msg.properties.size", Effect::Noted, place, detail);
        }
        entries.to_vec()
    }

    /// The value of an entry, and its tag as it is stored.
    fn entry_value(
        &mut self,
        elements: &Elements,
        tag: PropTag,
        inline: &[u8],
        place: &Place,
    ) -> Option<(PropTag, Value)> {
        let kind = tag.kind();
        if matches!(kind, PropType::NULL | PropType::UNSPECIFIED) {
            return Some((tag, Value::Null));
        }
        if value_bytes::fixed_size(kind).is_some_and(|size| size <= inline.len()) {
            return Some((tag, value_bytes::decode(kind, inline).0));
        }
        let place = place.property(tag);
        let Some((stored, id)) = elements.value(tag) else {
            // An empty value needs no stream.
            let size = inline.u32_at(0).unwrap_or_default();
            let terminator = match kind {
                PropType::STRING => 2,
                PropType::STRING8 => 1,
                _ => 0,
            };
            if size <= terminator {
                return Some((tag, self.decode_value(kind, &[], &place)));
            }
            let detail = format!("there is no stream for its {size} bytes");
            self.find("msg.properties.value-missing", Effect::Lost, &place, detail);
            return None;
        };
        if stored != tag {
            let detail = format!("its stream is of type 0x{:04X}", stored.kind().0);
            self.find("msg.properties.type", Effect::Noted, &place, detail);
        }
        let value = self.stored(elements, stored, id, &place)?;
        Some((stored, value))
    }

    /// The value of a stream or storage.
    fn stored(
        &mut self,
        elements: &Elements,
        tag: PropTag,
        id: u32,
        place: &Place,
    ) -> Option<Value> {
        let kind = tag.kind();
        if self.is_storage(id) {
            let bytes = self.file.storage(id, &place.to_string(), self.findings);
            return Some(Value::Large(Arc::new(bytes)));
        }
        if kind.is_multi() && value_bytes::fixed_size(kind.single()).is_none() {
            return self.list(elements, tag, id, place);
        }
        let stream = self.stream(id, place);
        let streams = matches!(
            kind,
            PropType::STRING | PropType::STRING8 | PropType::BINARY | PropType::OBJECT
        );
        let Some(bytes) = self.in_memory(&stream, place) else {
            if streams {
                return Some(Value::Large(Arc::new(stream) as ContentRef));
            }
            let detail = format!("{} bytes are over the limit of a value", stream.len());
            self.find(
                "msg.properties.value-too-large",
                Effect::Lost,
                place,
                detail,
            );
            return None;
        };
        Some(self.decode_value(kind, &bytes, place))
    }

    fn is_storage(&self, id: u32) -> bool {
        let entry = self.file.entry(id);
        entry.is_some_and(|entry| entry.kind == Kind::Storage)
    }

    /// The values of a list of strings or bytes.
    fn list(&mut self, elements: &Elements, tag: PropTag, id: u32, place: &Place) -> Option<Value> {
        let single = tag.kind().single();
        let lengths = self.stream(id, place).len();
        let each = if single == PropType::BINARY { 8 } else { 4 };
        let told = lengths / each;
        let items: Vec<(u32, u32)> = elements.items(tag).take(limits::MULTI_VALUES).collect();
        let mut values = Vec::with_capacity(items.len());
        for (_, id) in &items {
            let stream = self.stream(*id, place);
            values.push(match self.in_memory(&stream, place) {
                Some(bytes) => self.decode_value(single, &bytes, place),
                None => Value::Large(Arc::new(stream)),
            });
        }
        if told != values.len() as u64 {
            let effect = if told > values.len() as u64 {
                Effect::Lost
            } else {
                Effect::Noted
            };
            let detail = format!("{} values of a list of {told}", values.len());
            self.find("msg.properties.list", effect, place, detail);
        }
        Some(Value::Multi(values))
    }

    fn decode_value(&mut self, kind: PropType, bytes: &[u8], place: &Place) -> Value {
        let list = kind
            .is_multi()
            .then(|| value_bytes::decode_list(kind.single(), bytes));
        let (value, wrong) = match list {
            Some(Some(list)) => list,
            Some(None) => (Value::Unknown(bytes.to_vec()), None),
            None => value_bytes::decode(kind, bytes),
        };
        if let Some(detail) = wrong {
            self.find("msg.properties.value", Effect::Altered, place, detail);
        }
        value
    }

    /// The bytes of a value, unless they are too many for memory.
    fn in_memory(&mut self, stream: &Runs, place: &Place) -> Option<Vec<u8>> {
        let len = stream.len();
        let fits = len <= limits::VALUE_IN_MEMORY && self.budget.take(len);
        fits.then(|| self.bytes_of(stream, len, place))
    }

    /// The bytes of a stream, at most `limit`.
    pub(super) fn bytes_of(&mut self, stream: &Runs, limit: u64, place: &Place) -> Vec<u8> {
        stream.read_up_to(limit).unwrap_or_else(|error| {
            self.find(
                "msg.file.unreadable",
                Effect::Lost,
                place,
                error.to_string(),
            );
            Vec::new()
        })
    }

    pub(super) fn stream(&mut self, id: u32, place: &Place) -> Runs {
        self.file.stream(id, &place.to_string(), self.findings)
    }
}
