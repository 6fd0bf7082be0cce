//! The key table: a sorted list of texts, each with the numbers of the contacts that have it.
//!
//! *Shape*: one text, and 12 bytes for each pair of key and contact, so that 100,000 contacts stay
//! small.
//!
//! *Invariants*: sorted by key, then number; no pair twice; equal keys share their text.

/// A stretch of a text: start and length in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    len: u32,
}

impl Span {
    /// The stretch of `text`.
    pub(super) fn of(self, text: &str) -> &str {
        let start = usize::try_from(self.start).unwrap_or(usize::MAX);
        let len = usize::try_from(self.len).unwrap_or(usize::MAX);
        text.get(start..start.saturating_add(len))
            .unwrap_or_default()
    }

    /// Appends `part` to `text`; empty when the text would pass 4 GiB.
    pub(super) fn append(text: &mut String, part: &str) -> Self {
        let (Ok(start), Ok(len)) = (u32::try_from(text.len()), u32::try_from(part.len())) else {
            return Self::default();
        };
        text.push_str(part);
        Self { start, len }
    }
}

/// One pair.
#[derive(Debug, Clone, Copy)]
struct Pair {
    key: Span,
    number: u32,
}

/// The sorted table.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyTable {
    text: String,
    pairs: Vec<Pair>,
}

impl KeyTable {
    /// Adds a pair; [`KeyTable::seal`] must follow before anything is looked up.
    pub(super) fn add(&mut self, key: &str, number: u32) {
        if !key.is_empty() {
            let key = Span::append(&mut self.text, key);
            self.pairs.push(Pair { key, number });
        }
    }

    /// Sorts, renumbers by `renumber`, and drops what is there twice.
    pub(super) fn seal(&mut self, renumber: impl Fn(u32) -> u32) {
        let mut pairs = std::mem::take(&mut self.pairs);
        for pair in &mut pairs {
            pair.number = renumber(pair.number);
        }
        let old = std::mem::take(&mut self.text);
        pairs.sort_unstable_by(|a, b| (a.key.of(&old), a.number).cmp(&(b.key.of(&old), b.number)));
        let mut text = String::new();
        let mut last: Option<(&str, Span)> = None;
        for pair in pairs {
            let key = pair.key.of(&old);
            let span = match last {
                Some((known, span)) if known == key => span,
                _ => Span::append(&mut text, key),
            };
            last = Some((key, span));
            let known = self
                .pairs
                .last()
                .is_some_and(|p| p.key == span && p.number == pair.number);
            if !known {
                self.pairs.push(Pair {
                    key: span,
                    number: pair.number,
                });
            }
        }
        text.shrink_to_fit();
        self.pairs.shrink_to_fit();
        self.text = text;
    }

    /// The numbers of a key, ascending.
    pub(super) fn find(&self, key: &str) -> impl Iterator<Item = u32> + '_ {
        let start = self
            .pairs
            .partition_point(|pair| pair.key.of(&self.text) < key);
        let key = key.to_owned();
        self.pairs
            .get(start..)
            .unwrap_or_default()
            .iter()
            .take_while(move |pair| pair.key.of(&self.text) == key)
            .map(|pair| pair.number)
    }

    /// Every key with its numbers, in order.
    pub(super) fn groups(&self) -> impl Iterator<Item = (&str, Vec<u32>)> {
        self.pairs.chunk_by(|a, b| a.key == b.key).map(|pairs| {
            let key = pairs.first().map_or("", |pair| pair.key.of(&self.text));
            (key, pairs.iter().map(|pair| pair.number).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_renumbered_and_unique() {
        let mut table = KeyTable::default();
        for (key, number) in [("b", 3), ("a", 2), ("b", 1), ("b", 3), ("", 9), ("ab", 4)] {
            table.add(key, number);
        }
        table.seal(|number| if number == 1 { 3 } else { number });
        assert_eq!(table.find("b").collect::<Vec<_>>(), [3]);
        assert_eq!(table.find("a").collect::<Vec<_>>(), [2]);
        assert_eq!(table.find("aa").count(), 0);
        assert_eq!(table.find("").count(), 0);
        let groups: Vec<_> = table.groups().collect();
        assert_eq!(groups, [("a", vec![2]), ("ab", vec![4]), ("b", vec![3])]);
    }
}
