//! MAPI properties in an attribute.
//!
//! *Spec*: MS-OXTNEF 2.1.3.4 (message properties), 2.1.3.5 (recipients), MS-OXCDATA 2.11.
//!
//! *Shape*: count 4, then properties: type 2, id 2; from id 0x8000 up a name: property set 16, kind
//! 4, then a number 4, or the size of a string 4 and the string in UTF-16 with NUL. Values of a
//! fixed size take a multiple of 4 bytes. Values of other types and lists are a count 4 and that
//! many values; strings, bytes and objects have their size 4 before them and are padded to 4. An
//! object begins with the id of its interface 16.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use crate::content::ContentRef;
use crate::file_bytes::Extent;
use crate::finding::Effect;
use crate::limits;
use crate::mapi::{
    Guid, NameId, PropTag, PropType, Property, PropertyBag, PropertyName, Value, value_bytes,
};

use super::assemble::{Reading, join};
use super::window::Window;

/// `PidTagAttachDataBinary`, `PidTagAttachDataObject`.
const DATA: u16 = 0x3701;

/// The value of an object or of the data of an attachment, which stays in the input.
#[derive(Debug, Clone)]
pub(super) struct Object {
    /// The interface of an object; none of bytes.
    pub(super) interface: Option<Guid>,
    /// What follows it.
    pub(super) data: Extent,
}

/// Properties, and the data among them when they are those of an attachment.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) properties: Vec<Property>,
    pub(super) data: Option<Object>,
}

/// Why the rest of a list cannot be read.
struct Stop(String);

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

fn short(what: &str) -> Stop {
    Stop(format!("it ends within {what}"))
}

impl Reading<'_> {
    /// The properties of an attribute, and what is left of it.
    pub(super) fn list(&mut self, window: &mut Window, place: &str) -> Listed {
        let mut listed = Listed::default();
        let mut names = Names::default();
        let told = window.u32().ok().flatten().unwrap_or_default();
        for read in 0..told {
            if listed.properties.len() >= limits::PROPERTIES {
                let detail = format!("{told} properties; {} are read", limits::PROPERTIES);
                self.find("tnef.properties.too-many", Effect::Lost, place, detail);
                window.skip(u64::MAX);
                break;
            }
            if let Err(Stop(why)) = self.property(window, &mut names, &mut listed, place) {
                let detail = format!("{read} of {told} properties are read: {why}");
                self.find("tnef.properties.malformed", Effect::Lost, place, detail);
                window.skip(u64::MAX);
                break;
            }
        }
        listed
    }

    fn property(
        &mut self,
        window: &mut Window,
        names: &mut Names,
        listed: &mut Listed,
        place: &str,
    ) -> Result<(), Stop> {
        let head = window.u16()?.zip(window.u16()?);
        let (kind, id) = head.ok_or_else(|| short("a property"))?;
        let kind = PropType(kind);
        let name = if id >= 0x8000 {
            Some(name(window)?)
        } else {
            None
        };
        let id = match &name {
            Some(name) => names.id(id, name),
            None => id,
        };
        let tag = PropTag::new(id, kind);
        let place = format!("{place}, property {tag:?}");
        if id == DATA && matches!(kind, PropType::BINARY | PropType::OBJECT) {
            let object = first_run(window)?.map(|run| self.object(kind, run, &place));
            listed.data = object.or(listed.data.take());
            return Ok(());
        }
        let value = self.value(window, kind, &place)?;
        listed.properties.push(Property {
            tag,
            name: name.map(Arc::new),
            value,
        });
        Ok(())
    }

    fn object(&mut self, kind: PropType, run: Extent, place: &str) -> Object {
        if kind != PropType::OBJECT {
            return Object {
                interface: None,
                data: run,
            };
        }
        let mut window = Window::new(&run);
        let interface = window.array().ok().flatten().map(Guid);
        if interface.is_none() {
            let detail = format!("an object of {} bytes", run.len);
            self.find("tnef.properties.object", Effect::Lost, place, detail);
        }
        Object {
            interface,
            data: window.run(u64::MAX),
        }
    }

    fn value(&mut self, window: &mut Window, kind: PropType, place: &str) -> Result<Value, Stop> {
        let single = kind.single();
        let fixed = match single {
            PropType::BOOL => Some(2),
            other => value_bytes::fixed_size(other),
        };
        if matches!(kind, PropType::NULL | PropType::UNSPECIFIED) {
            return Ok(Value::Null);
        }
        if let (Some(size), false) = (fixed, kind.is_multi()) {
            return self.fixed(window, single, size, place);
        }
        let sized = matches!(
            single,
            PropType::STRING
                | PropType::STRING8
                | PropType::BINARY
                | PropType::OBJECT
                | PropType::SERVER_ID
        );
        if fixed.is_none() && !sized {
            return Err(Stop(format!("a value of type 0x{:04X}", kind.0)));
        }
        let count = window.u32()?.ok_or_else(|| short("a count of values"))?;
        let mut values = Vec::new();
        for _ in 0..count {
            let value = match fixed {
                Some(size) => self.fixed(window, single, size, place)?,
                None => {
                    let run = run(window)?;
                    self.sized(single, run, place)?
                }
            };
            if values.len() < limits::MULTI_VALUES {
                values.push(value);
            }
        }
        if values.len() as u64 != u64::from(count) {
            let detail = format!("{} values of {count} are kept", values.len());
            self.find("tnef.properties.value", Effect::Lost, place, detail);
        }
        if kind.is_multi() {
            return Ok(Value::Multi(values));
        }
        if values.len() > 1 {
            let detail = format!("{count} values where one should be; the first is kept");
            self.find("tnef.properties.value", Effect::Lost, place, detail);
        }
        // No value at all is an empty one.
        let first = values.into_iter().next();
        Ok(first.unwrap_or_else(|| value_bytes::decode(single, &[]).0))
    }

    fn fixed(
        &mut self,
        window: &mut Window,
        kind: PropType,
        size: usize,
        place: &str,
    ) -> Result<Value, Stop> {
        let bytes = window.take(size)?.ok_or_else(|| short("a value"))?;
        let (value, wrong) = value_bytes::decode(kind, bytes);
        let padding = size.next_multiple_of(4).saturating_sub(size);
        window.skip(padding as u64);
        self.wrong(wrong, place);
        Ok(value)
    }

    fn sized(&mut self, kind: PropType, run: Extent, place: &str) -> Result<Value, Stop> {
        let fits = run.len <= limits::VALUE_IN_MEMORY && self.budget.take(run.len);
        if !fits {
            return Ok(Value::Large(Arc::new(run) as ContentRef));
        }
        let bytes = run.read(limits::VALUE_IN_MEMORY)?;
        let (value, wrong) = value_bytes::decode(kind, &bytes);
        self.wrong(wrong, place);
        Ok(value)
    }

    fn wrong(&mut self, wrong: Option<&'static str>, place: &str) {
        if let Some(detail) = wrong {
            self.find("tnef.properties.value", Effect::Altered, place, detail);
        }
    }

    /// A bag of properties, the first of each id.
    pub(super) fn bag(&mut self, properties: Vec<Property>, place: &str) -> PropertyBag {
        let (bag, doubles) = PropertyBag::new(properties);
        for double in doubles {
            let first = bag.get(double.tag.id());
            if first.is_some_and(|first| format!("{first:?}") == format!("{:?}", double.value)) {
                continue;
            }
            let place = join(place, &format!("property {:?}", double.tag));
            let detail = "there twice; the first is kept";
            self.find("tnef.properties.twice", Effect::Lost, &place, detail);
        }
        bag
    }
}

/// The bytes of a value, and past their padding.
fn run(window: &mut Window) -> Result<Extent, Stop> {
    let len = window.u32()?.ok_or_else(|| short("the size of a value"))?;
    if u64::from(len) > window.left() {
        let left = window.left();
        return Err(Stop(format!(
            "a value of {len} bytes where {left} are left"
        )));
    }
    let run = window.run(u64::from(len));
    window.skip(u64::from(len.next_multiple_of(4).saturating_sub(len)));
    Ok(run)
}

/// The bytes of the only value, or the first.
fn first_run(window: &mut Window) -> Result<Option<Extent>, Stop> {
    let count = window.u32()?.ok_or_else(|| short("a count of values"))?;
    let mut first = None;
    for _ in 0..count {
        let run = run(window)?;
        first.get_or_insert(run);
    }
    Ok(first)
}

fn name(window: &mut Window) -> Result<PropertyName, Stop> {
    let cut = || short("the name of a property");
    let set = Guid(window.array()?.ok_or_else(cut)?);
    let id = match window.u32()?.ok_or_else(cut)? {
        0 => NameId::Lid(window.u32()?.ok_or_else(cut)?),
        1 => {
            let run = run(window)?;
            let bytes = run.read(limits::VALUE_IN_MEMORY)?;
            NameId::Text(value_bytes::text(&bytes).0.into())
        }
        kind => return Err(Stop(format!("a name of kind {kind}"))),
    };
    Ok(PropertyName { set, id })
}

/// The ids of named properties: each name has its own, whatever the writer says.
#[derive(Debug, Default)]
struct Names {
    known: BTreeSet<(u16, PropertyName)>,
    used: BTreeSet<u16>,
    /// How many ids were looked at for a free one, from the highest down.
    tried: u16,
}

impl Names {
    fn id(&mut self, told: u16, name: &PropertyName) -> u16 {
        let own = (told, name.clone());
        let id = if self.known.contains(&own) || !self.used.contains(&told) {
            told
        } else {
            let mut free = told;
            while self.used.contains(&free) && self.tried < 0x7FFF {
                self.tried = self.tried.saturating_add(1);
                free = 0xFFFE_u16.saturating_sub(self.tried);
            }
            free
        };
        self.used.insert(id);
        self.known.insert(own);
        id
    }
}

/// The text of a property of an attribute, if it has one.
pub(super) fn text_of(data: &Extent, id: u16) -> Option<String> {
    let mut findings = crate::finding::Findings::new();
    let mut reading = Reading {
        findings: &mut findings,
        budget: &crate::mapi::Budget::default(),
        code_page: None,
    };
    let listed = reading.list(&mut Window::new(data), "");
    let found = listed.properties.into_iter().find(|own| own.tag.id() == id);
    match found?.value {
        Value::String(text) => Some(text),
        Value::String8(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        _ => None,
    }
}
