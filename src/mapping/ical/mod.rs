//! Components of calendars to items.
