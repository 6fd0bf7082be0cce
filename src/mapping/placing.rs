//! Where raw lines go among the lines that an item is written with.
//!
//! A raw line may say more of a value that is in a field as well, or be one that no field took. It
//! goes back as it came, in place of the line that says the same; where none does, it is tried in
//! place of the lines of its name, beside them and behind them, and the way counts that keeps the
//! fields of the item and most of its raw lines.
//!
//! *Invariant*: work is linear; of names whose lines have to be tried there are at most [`NAMES`],
//! lines of further names stand beside the others.

use std::collections::{BTreeMap, BTreeSet};

/// Names whose lines are tried.
const NAMES: usize = 8;

/// Raw lines that belong together.
#[derive(Debug, Clone)]
pub(super) struct Unit<L> {
    pub(super) name: String,
    /// Whether fields are read from lines of this name.
    pub(super) known: bool,
    pub(super) lines: Vec<L>,
}

/// What is tried with the lines of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// In place of the lines of that name that no line replaced.
    Instead,
    /// Beside them.
    Beside,
    /// Beside them, who are preferred.
    Behind,
    /// Not at all.
    Nowhere,
}

/// What placing has to know of a format.
pub(super) trait Lines {
    /// A line of the format.
    type Line: Clone;

    /// What lines say on their own, as a key; `None` when they say nothing that could be compared.
    fn says(&self, lines: &[Self::Line]) -> Option<String>;

    /// In how many fields, and in how many fields and raw lines, the item differs from what these
    /// lines say.
    fn cost(&self, lines: &[Self::Line]) -> (usize, usize);

    /// Whether lines of these names may say the same.
    fn are_related(&self, one: &str, other: &str) -> bool;

    /// The line as one that is preferred to others of its name.
    fn preferred(&self, line: &Self::Line) -> Self::Line;

    /// Whether lines of other names hang on those of this one, so that they are tried first.
    fn is_first(&self, _name: &str) -> bool {
        false
    }

    /// The ways to try for a name, the best first.
    fn ways(&self, name: &str) -> &'static [Way];
}

/// A line of the item, or the raw lines that say the same.
#[derive(Debug, Clone)]
struct Slot<L> {
    name: String,
    lines: Vec<L>,
    replaced: bool,
}

/// The lines of an item, by name, with its raw lines where they fit.
pub(super) fn place<F: Lines>(
    format: &F,
    made: Vec<(String, F::Line)>,
    units: Vec<Unit<F::Line>>,
) -> Vec<F::Line> {
    let mut slots: Vec<Slot<F::Line>> = made
        .into_iter()
        .map(|(name, line)| Slot {
            name,
            lines: vec![line],
            replaced: false,
        })
        .collect();
    let (known, mut beside): (Vec<_>, Vec<_>) = units.into_iter().partition(|unit| unit.known);
    let mut said: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    if !known.is_empty() {
        let names: BTreeSet<&str> = known.iter().map(|unit| unit.name.as_str()).collect();
        for (at, slot) in slots.iter().enumerate().rev() {
            if names
                .iter()
                .any(|name| format.are_related(name, &slot.name))
                && let Some(key) = format.says(&slot.lines)
            {
                said.entry(key).or_default().push(at);
            }
        }
    }
    let mut open: Vec<Unit<F::Line>> = Vec::new();
    for unit in known {
        let same = format.says(&unit.lines).and_then(|key| said.get_mut(&key));
        let at = same.and_then(Vec::pop);
        match at.and_then(|at| slots.get_mut(at)) {
            Some(slot) => {
                slot.lines = unit.lines;
                slot.replaced = true;
            }
            None => open.push(unit),
        }
    }
    let names: BTreeSet<(bool, String)> = open
        .iter()
        .map(|unit| (!format.is_first(&unit.name), unit.name.clone()))
        .collect();
    for (at, (_, name)) in names.into_iter().enumerate() {
        let (own, rest): (Vec<_>, Vec<_>) = open.into_iter().partition(|unit| unit.name == name);
        open = rest;
        let most = if at < NAMES { usize::MAX } else { 1 };
        let tried = format.ways(&name).iter().take(most).map(|way| {
            let mut slots = slots.clone();
            let mut beside = beside.clone();
            if *way == Way::Instead {
                slots.retain(|slot| slot.replaced || slot.name != name);
            }
            if *way == Way::Behind {
                let first = slots.iter_mut().find(|slot| slot.name == name);
                for line in first.into_iter().flat_map(|slot| &mut slot.lines) {
                    *line = format.preferred(line);
                }
            }
            if *way != Way::Nowhere {
                beside.extend(own.iter().cloned());
            }
            (slots, beside)
        });
        let tried: Vec<_> = tried.collect();
        let best = match tried.len() {
            0 | 1 => tried.into_iter().next(),
            _ => tried
                .into_iter()
                .min_by_key(|(slots, beside)| format.cost(&lines(slots, beside))),
        };
        if let Some(best) = best {
            (slots, beside) = best;
        }
    }
    lines(&slots, &beside)
}

fn lines<L: Clone>(slots: &[Slot<L>], beside: &[Unit<L>]) -> Vec<L> {
    let slots = slots.iter().flat_map(|slot| slot.lines.iter());
    let beside = beside.iter().flat_map(|unit| unit.lines.iter());
    slots.chain(beside).cloned().collect()
}
