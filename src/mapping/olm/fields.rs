//! The rows from which the mapping works and of which the fidelity table tells, and what takes the
//! children of an item by them.
//!
//! *Invariant*: a child is taken only when the whole of it went into the item; the rest is raw.

use jiff::Timestamp;
use jiff::civil::Date;

use super::rows::Row;
use super::value;
use crate::olm::Element;

/// Which part of `T` an element fills.
#[derive(Debug)]
pub(super) enum Slot<T> {
    /// A text.
    Text(fn(&mut T) -> &mut Option<String>),
    /// A text that is always there, if empty.
    Title(fn(&mut T) -> &mut String),
    /// A Boolean.
    Flag(fn(&mut T) -> &mut bool),
    /// An instant.
    Time(fn(&mut T) -> &mut Option<Timestamp>),
    /// A day, told as an instant.
    Day(fn(&mut T) -> &mut Option<Date>),
    /// What the mapping does by hand, in words.
    Hand(&'static str),
}

/// A row: an element, the path of the field in the record, and the way from one to the other.
#[derive(Debug)]
pub(super) struct Field<T> {
    /// The name of the element.
    pub(super) element: &'static str,
    /// The path of the field; `[]` for each of a list.
    pub(super) path: &'static str,
    /// The way.
    pub(super) slot: Slot<T>,
}

impl<T> Field<T> {
    /// A row.
    pub(super) const fn new(element: &'static str, path: &'static str, slot: Slot<T>) -> Self {
        Self {
            element,
            path,
            slot,
        }
    }

    /// The row of the fidelity table.
    pub(super) fn told(&self, part: &'static str) -> Row {
        let how = match &self.slot {
            Slot::Text(_) | Slot::Title(_) => "kept",
            Slot::Flag(_) => "kept; false is left out",
            Slot::Time(_) => "kept; one without a zone is in UTC",
            Slot::Day(_) => "the day nearest to the instant; raw too unless that is midnight",
            Slot::Hand(how) => how,
        };
        Row {
            part,
            property: self.element.to_owned(),
            field: self.path.to_owned(),
            how: how.to_owned(),
        }
    }
}

/// The children of an item, and which of them are taken.
#[derive(Debug)]
pub(super) struct Taker<'a> {
    children: Vec<(&'a Element, bool)>,
}

impl<'a> Taker<'a> {
    /// Nothing taken yet.
    pub(super) fn new(item: &'a Element) -> Self {
        let children = item.children.iter().map(|child| (child, false)).collect();
        Self { children }
    }

    /// A child, taken or not: the first of its name.
    pub(super) fn peek(&self, name: &str) -> Option<&'a Element> {
        let found = self.children.iter().find(|(child, _)| child.name == name);
        found.map(|(child, _)| *child)
    }

    /// The text of a child, taken or not.
    pub(super) fn peek_text(&self, name: &str) -> Option<&'a str> {
        self.peek(name)
            .map(|child| child.text.as_str())
            .filter(|text| !text.is_empty())
    }

    /// Marks a child as taken.
    pub(super) fn mark(&mut self, name: &str) {
        let found = self
            .children
            .iter_mut()
            .find(|(child, _)| child.name == name);
        if let Some((_, taken)) = found {
            *taken = true;
        }
    }

    /// Takes what `read` makes of the text of a child without anything else in it; one of which it
    /// makes nothing is left.
    pub(super) fn with<R>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'a str) -> Option<R>,
    ) -> Option<R> {
        let child = self.peek(name)?;
        if !child.children.is_empty() || !child.attributes.is_empty() || child.text.is_empty() {
            return None;
        }
        let result = read(&child.text)?;
        self.mark(name);
        Some(result)
    }

    /// Takes a text.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.with(name, |text| Some(text.to_owned()))
    }

    /// Takes a day.
    pub(super) fn day(&mut self, name: &str) -> Option<Date> {
        let (day, whole) = value::day(self.peek_text(name)?)?;
        if whole {
            self.mark(name);
        }
        Some(day)
    }

    /// Fills every slot of these rows that is still empty; those done by hand are not its business.
    pub(super) fn fill<T>(&mut self, target: &mut T, fields: &[Field<T>]) {
        for field in fields {
            let name = field.element;
            match &field.slot {
                Slot::Text(of) => {
                    if of(target).is_none() {
                        *of(target) = self.text(name);
                    }
                }
                Slot::Title(of) => {
                    if of(target).is_empty() {
                        *of(target) = self.text(name).unwrap_or_default();
                    }
                }
                Slot::Flag(of) => *of(target) |= self.with(name, value::flag).unwrap_or_default(),
                Slot::Time(of) => {
                    if of(target).is_none() {
                        *of(target) = self.with(name, value::time);
                    }
                }
                Slot::Day(of) => {
                    if of(target).is_none() {
                        *of(target) = self.day(name);
                    }
                }
                Slot::Hand(_) => {}
            }
        }
    }

    /// What was not taken and says something.
    pub(super) fn rest(&self) -> impl Iterator<Item = &'a Element> {
        let rest = self
            .children
            .iter()
            .filter(|(child, taken)| !taken && !child.is_empty());
        rest.map(|(child, _)| *child)
    }
}
