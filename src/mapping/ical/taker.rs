//! Takes properties out of a component and remembers which, so that the rest can ride along raw.
//!
//! *Invariant*: a property is marked as taken only when the whole of it, parameters included, went
//! into the item; an empty one says nothing, and counts as taken.

use jiff::Timestamp;

use super::fields::{Field, Slot};
use super::times::Clocks;
use crate::ical::{Component, Property};

/// A component and which of its properties and components are taken.
#[derive(Debug)]
pub(super) struct Taker<'c> {
    component: &'c Component,
    taken: Vec<bool>,
    taken_components: Vec<bool>,
}

/// A property and its number in the component.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'c> {
    pub(super) property: &'c Property,
    at: usize,
}

/// Parameters that say how the value is written, not what it says.
const FORM: &[&str] = &["VALUE", "ENCODING", "CHARSET"];

impl<'c> Taker<'c> {
    /// Nothing taken yet.
    pub(super) fn new(component: &'c Component) -> Self {
        Self {
            component,
            taken: vec![false; component.properties.len()],
            taken_components: vec![false; component.components.len()],
        }
    }

    /// The component.
    pub(super) fn component(&self) -> &'c Component {
        self.component
    }

    /// Every property of a name, taken or not.
    pub(super) fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = Found<'c>> + use<'c, 'n> {
        let all = self.component.properties.iter().enumerate();
        let all = all.map(|(at, property)| Found { property, at });
        all.filter(move |found| found.property.name() == name)
    }

    /// The first property of a name.
    pub(super) fn first(&self, name: &str) -> Option<Found<'c>> {
        self.all(name).next()
    }

    /// Marks a property as taken.
    pub(super) fn mark(&mut self, found: Found<'c>) {
        if let Some(taken) = self.taken.get_mut(found.at) {
            *taken = true;
        }
    }

    /// Marks a property as taken when it has no parameters but these and those of its form.
    pub(super) fn mark_whole(&mut self, found: Found<'c>, told: &[&str]) {
        if is_whole(found.property, told) {
            self.mark(found);
        }
    }

    /// The components in it, with their number.
    pub(super) fn components(&self) -> impl Iterator<Item = (usize, &'c Component)> + use<'c> {
        self.component.components.iter().enumerate()
    }

    /// Marks a component as taken.
    pub(super) fn mark_component(&mut self, at: usize) {
        if let Some(taken) = self.taken_components.get_mut(at) {
            *taken = true;
        }
    }

    /// The first property of a name, read by `read`; taken when that gives something.
    pub(super) fn with<R>(
        &mut self,
        name: &str,
        read: impl FnOnce(&Property) -> Option<R>,
    ) -> Option<R> {
        let found = self.first(name)?;
        let value = read(found.property);
        if value.is_some() {
            self.mark_whole(found, &[]);
        }
        value
    }

    /// The first text of a name.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        let text = self.with(name, |property| Some(property.text()))?;
        Some(text).filter(|text| !text.is_empty())
    }

    /// Fills the fields of rows that are not done by hand.
    pub(super) fn fill<T>(&mut self, clocks: &Clocks<'_>, into: &mut T, rows: &[Field<T>]) {
        for row in rows {
            match row.slot {
                Slot::Hand(_) => {}
                Slot::Text(field) => {
                    if field(into).is_none() {
                        *field(into) = self.text(row.name);
                    }
                }
                Slot::Int(field) => {
                    let read = |property: &Property| int(property.value());
                    if field(into).is_none() {
                        *field(into) = self.with(row.name, read);
                    }
                }
                Slot::Flag(field) => {
                    if let Some(flag) = self.with(row.name, |own| flag(own.value())) {
                        *field(into) |= flag;
                    }
                }
                Slot::Time(field) => {
                    if field(into).is_none() {
                        *field(into) = self.time(clocks, row.name);
                    }
                }
            }
        }
    }

    /// The first time of a name, as an instant; taken in whole when it is in UTC.
    pub(super) fn time(&mut self, clocks: &Clocks<'_>, name: &str) -> Option<Timestamp> {
        let found = self.first(name)?;
        let moment = clocks.moment(found.property)?;
        if moment.zone.is_utc() {
            self.mark_whole(found, &[]);
        }
        Some(moment.instant)
    }

    /// Properties, lines and components that were not taken.
    pub(super) fn rest(&self) -> impl Iterator<Item = (&'c str, String)> + '_ {
        let own = self.component;
        let properties = own.properties.iter().zip(&self.taken);
        let properties = properties
            .filter(|(property, taken)| !**taken && !property.value().is_empty())
            .map(|(property, _)| (property.name(), property.raw()));
        let strays = own.strays.iter().map(|line| ("line", line.clone()));
        let components = own.components.iter().zip(&self.taken_components);
        let components = components
            .filter(|(_, taken)| !**taken)
            .map(|(component, _)| (component.name.as_str(), component.raw()));
        properties.chain(strays).chain(components)
    }

    /// Names of what was taken.
    #[cfg(test)]
    pub(super) fn taken(&self) -> impl Iterator<Item = &'c str> + '_ {
        let properties = self.component.properties.iter().zip(&self.taken);
        let components = self.component.components.iter().zip(&self.taken_components);
        let properties = properties.filter(|(_, taken)| **taken);
        let components = components.filter(|(_, taken)| **taken);
        properties
            .map(|(own, _)| own.name())
            .chain(components.map(|(own, _)| own.name.as_str()))
    }
}

/// Whether a property has no parameters but these and those of its form.
pub(super) fn is_whole(property: &Property, told: &[&str]) -> bool {
    let known = |name: &str| FORM.contains(&name) || told.contains(&name);
    property
        .params()
        .all(|name| known(name) || name.is_empty() && is_form(property))
        && property.is_lossless()
        && told.iter().all(|name| property.param_values(name) <= 1)
}

/// Whether a word that stands alone tells the encoding, as in vCalendar 1.0.
fn is_form(property: &Property) -> bool {
    let words = ["QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT"];
    words.iter().any(|word| property.param_is("", word))
}

/// An integer that records can hold.
pub(super) fn int(text: &str) -> Option<i64> {
    const MOST: i64 = (1 << 53) - 1;
    let number = text.trim().parse().ok();
    number.filter(|number: &i64| (-MOST..=MOST).contains(number))
}

/// A Boolean.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.trim().to_ascii_uppercase().as_str() {
        "TRUE" | "1" => Some(true),
        "FALSE" | "0" => Some(false),
        _ => None,
    }
}
