//! The name of the engine's time zone. chrono gives its offsets without a name.

use chrono::{DateTime, Offset, TimeDelta, Utc};

use crate::desk::Zone;

/// "Europe/Berlin"; where no name has the zone's offsets, the present offset: "UTC+02:00".
pub(crate) fn zone_name(zone: &Zone, now: DateTime<Utc>) -> String {
    let names = [
        std::env::var("TZ").ok(),
        iana_time_zone::get_timezone().ok(),
    ];
    let names = names.into_iter().flatten();
    named(zone, names, now)
}

fn named(zone: &Zone, names: impl Iterator<Item = String>, now: DateTime<Utc>) -> String {
    let mut names = names.map(|name| name.trim_start_matches(':').to_owned());
    let fitting = names.find(|name| has_offsets_of(name, zone, now));
    fitting.unwrap_or_else(|| match zone.local(now).offset().local_minus_utc() {
        0 => "UTC".to_owned(),
        _ => format!("UTC{}", zone.local(now).offset()),
    })
}

/// Over a year, so that two zones with another clock change differ.
fn has_offsets_of(name: &str, zone: &Zone, now: DateTime<Utc>) -> bool {
    let Ok(known) = name.parse::<chrono_tz::Tz>() else {
        return false;
    };
    (0..53).all(|week| {
        let at = now - TimeDelta::weeks(week);
        at.with_timezone(&known).offset().fix() == *zone.local(at).offset()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Zone;

    fn name_of(zone: &str, candidates: &[&str]) -> String {
        let zone: chrono_tz::Tz = zone.parse().unwrap();
        let zone = Zone::new(move |at| at.with_timezone(&zone).offset().fix());
        let candidates = candidates.iter().map(|name| (*name).to_owned());
        named(&zone, candidates, "2026-11-30T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_zone_has_the_first_name_with_its_offsets() {
        assert_eq!(
            name_of("Europe/Berlin", &["Europe/Berlin"]),
            "Europe/Berlin"
        );
        assert_eq!(
            name_of("Europe/Berlin", &[":Europe/Berlin"]),
            "Europe/Berlin"
        );
        assert_eq!(
            name_of("Europe/Berlin", &["", "posix/x", "Africa/Lagos"]),
            "UTC+01:00",
            "no summer time"
        );
        assert_eq!(
            name_of("Asia/Kolkata", &["UTC", "Asia/Kolkata"]),
            "Asia/Kolkata"
        );
        assert_eq!(name_of("UTC", &[]), "UTC");
    }
}
