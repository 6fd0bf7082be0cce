//! Which of day, month and year comes first in the dates of a file.
//!
//! *Invariants*: the whole of the file decides, never a single cell; where it cannot tell, the
//! custom of its language does, and the caller is told so.

use jiff::civil::Date;

use super::date::{DateOrder, Numbers};

/// What the dates of a file tell of their order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Dates that only one order makes.
    day_first: bool,
    month_first: bool,
    year_first: bool,
    /// Dates with dots, which nobody writes month first.
    dots: bool,
    /// Dates that differ by the order.
    open: bool,
    /// Ends before their start, day first and month first.
    day_first_senseless: bool,
    month_first_senseless: bool,
}

/// Why an order was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The user said so.
    Given,
    /// No date of the file depends on it.
    Unneeded,
    /// A date makes sense in this order only.
    Values,
    /// Every event ends after its start in this order only.
    Sense,
    /// Dots stand between the numbers.
    Dots,
    /// The data cannot tell; it is the custom where the language is spoken.
    Custom,
}

impl Evidence {
    /// Takes a date into account.
    pub fn see(&mut self, numbers: &Numbers) {
        let [one, two, three] = numbers.all;
        self.dots |= numbers.dots;
        if one > 31 && numbers.has_short_year() {
            self.year_first = true;
        } else if one > 12 && two <= 12 {
            // 04/11/08 may have its year first, but not where the first number is a day.
            self.day_first |= numbers.long_year || three > 31;
            self.open |= numbers.has_short_year() && three <= 31;
        } else if two > 12 && one <= 12 {
            self.month_first = true;
        } else if one != two {
            self.open = true;
        }
    }

    /// Takes the start and the end of one event into account.
    pub fn see_span(&mut self, start: &Numbers, end: &Numbers) {
        let wrong = |order| match (start.date(order), end.date(order)) {
            (Some(start), Some(end)) => end < start || is_far(start, end),
            _ => true,
        };
        self.day_first_senseless |= wrong(DateOrder::Dmy);
        self.month_first_senseless |= wrong(DateOrder::Mdy);
    }

    /// Whether a date has settled the matter.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.day_first || self.month_first || self.year_first
    }

    /// The order, and why.
    #[must_use]
    pub fn decide(&self, given: Option<DateOrder>, custom: DateOrder) -> (DateOrder, Why) {
        if let Some(order) = given {
            return (order, Why::Given);
        }
        let proved = [
            (self.year_first, DateOrder::Ymd),
            (self.day_first, DateOrder::Dmy),
            (self.month_first, DateOrder::Mdy),
        ];
        if let Some((_, order)) = proved.iter().find(|(proved, _)| *proved) {
            return (*order, Why::Values);
        }
        if !self.open {
            return (custom, Why::Unneeded);
        }
        if self.dots {
            return (DateOrder::Dmy, Why::Dots);
        }
        match (self.day_first_senseless, self.month_first_senseless) {
            (false, true) => (DateOrder::Dmy, Why::Sense),
            (true, false) => (DateOrder::Mdy, Why::Sense),
            _ => (custom, Why::Custom),
        }
    }
}

/// Whether an event would take longer than any that people put in a calendar with a start and an
/// end of the same month.
fn is_far(start: Date, end: Date) -> bool {
    let days = start.until(end).map_or(i32::MAX, |span| span.get_days());
    days > 366
}

#[cfg(test)]
mod tests {
    use super::super::date::{Form, date_cell};
    use super::*;

    fn numbers(text: &str) -> Numbers {
        match date_cell(text).unwrap().form {
            Form::Numbers(numbers) => numbers,
            form => panic!("{text}: {form:?}"),
        }
    }

    fn decided(dates: &[&str], custom: DateOrder) -> (DateOrder, Why) {
        let mut evidence = Evidence::default();
        dates.iter().for_each(|text| evidence.see(&numbers(text)));
        evidence.decide(None, custom)
    }

    #[test]
    fn a_value_over_twelve_decides() {
        use DateOrder::{Dmy, Mdy, Ymd};
        assert_eq!(decided(&["1/2/2024", "13/2/2024"], Mdy), (Dmy, Why::Values));
        assert_eq!(decided(&["1/2/2024", "2/13/2024"], Dmy), (Mdy, Why::Values));
        assert_eq!(decided(&["98/2/1"], Dmy), (Ymd, Why::Values));
        assert_eq!(decided(&["1.2.2024"], Mdy), (Dmy, Why::Dots));
        assert_eq!(decided(&["1/2/2024"], Mdy), (Mdy, Why::Custom));
        assert_eq!(decided(&["2/2/2024"], Mdy), (Mdy, Why::Unneeded));
        let given = Evidence::default().decide(Some(Ymd), Dmy);
        assert_eq!(given, (Ymd, Why::Given));
    }

    #[test]
    fn events_end_after_they_start() {
        let mut evidence = Evidence::default();
        let (start, end) = (numbers("11/2/2024"), numbers("1/3/2024"));
        evidence.see(&start);
        evidence.see(&end);
        evidence.see_span(&start, &end);
        // Day first: from 11 February to 1 March; month first: from 2 November to 3 January.
        let decided = evidence.decide(None, DateOrder::Mdy);
        assert_eq!(decided, (DateOrder::Dmy, Why::Sense));
    }
}
