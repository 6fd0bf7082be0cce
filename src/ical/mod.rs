//! iCalendar and vCalendar 1.0: files and parts of mails that hold events, tasks and journal
//! entries.
//!
//! A file is looked through once ([`calendars`]); its entries are then read one by one as
//! components of content lines. Times, zones, rules and series have a file each.
//!
//! *Spec*: RFC 5545, RFC 7986, vCalendar 1.0 (versit 1996), MS-OXCICAL.

pub mod calendars;
pub mod component;
pub mod expansion;
pub mod property;
pub mod rule;
pub mod rule_v1;
mod scan;
pub mod series;
pub mod value;
pub mod write;
pub mod zone;
pub mod zone_name;
pub mod zone_rules;

pub use calendars::{Calendars, Entry, Kind};
pub use component::Component;
pub use property::Property;
pub use rule::Rule;
pub use series::Series;
pub use value::When;
pub use zone::{Zone, Zones};
