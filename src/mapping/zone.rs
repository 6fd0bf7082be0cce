//! A time zone that the user names, for inputs that do not say in which zone their times are.

use std::str::FromStr;

use jiff::tz;

use crate::item::meeting::TimeZone;
use crate::mapi::windows_zones::iana_of;

/// A time zone, by a name of the IANA database or of Windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    rules: tz::TimeZone,
    named: TimeZone,
}

impl Zone {
    /// What its clocks show.
    #[must_use]
    pub fn rules(&self) -> &tz::TimeZone {
        &self.rules
    }

    /// As items tell it.
    #[must_use]
    pub fn named(&self) -> TimeZone {
        self.named.clone()
    }
}

impl FromStr for Zone {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let windows = iana_of(name);
        let iana = windows.unwrap_or(name);
        let rules = tz::TimeZone::get(iana).map_err(|_| {
            format!(
                "`{name}` is no time zone: name one of the IANA database (Europe/Berlin) or of \
                 Windows (W. Europe Standard Time)"
            )
        })?;
        // The database knows names in any case.
        let iana = rules.iana_name().unwrap_or(iana).to_owned();
        Ok(Self {
            rules,
            named: TimeZone {
                windows: windows.map(|_| name.trim().to_owned()),
                iana: Some(iana),
                description: None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_names_of_two_kinds() {
        let berlin: Zone = "europe/berlin".parse().unwrap();
        assert_eq!(berlin.named().iana.as_deref(), Some("Europe/Berlin"));
        let windows: Zone = "W. Europe Standard Time".parse().unwrap();
        assert_eq!(windows.rules(), berlin.rules());
        assert_eq!(
            windows.named().windows.as_deref(),
            Some("W. Europe Standard Time")
        );
        assert!("Middle/Earth".parse::<Zone>().is_err());
    }
}
