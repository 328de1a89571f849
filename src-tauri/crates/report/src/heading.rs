//! The lines above and below a report.

use crate::model::{Period, PeriodKind};
use crate::place::Place;
use crate::text::{duration, shown};

/// "1 November 2026 to 30 November 2026. Times in Europe/Berlin."
pub(crate) fn span(period: &Period, place: &Place) -> String {
    let zone = format!("Times in {}.", shown(place.name()));
    let from = period.from;
    // A month ends at the midnight after its last day.
    let last = period.to - chrono::TimeDelta::seconds(1);
    match (period.kind, period.is_over) {
        (PeriodKind::Month, true) => {
            format!("{} to {}. {zone}", place.day(from), place.day(last))
        }
        (PeriodKind::Month, false) => format!(
            "{} to now ({}): the month is not over. {zone}",
            place.day(from),
            place.moment(period.to)
        ),
        (PeriodKind::Incident, true) => {
            let to = match place.is_same_day(from, period.to) {
                true => place.clock(period.to),
                false => place.moment(period.to),
            };
            let length = duration((period.to - from).num_seconds());
            format!("{} to {to}, {length}. {zone}", place.moment(from))
        }
        (PeriodKind::Incident, false) => format!(
            "Since {}, {} so far: it is not over. {zone}",
            place.moment(from),
            duration((period.to - from).num_seconds())
        ),
    }
}

pub(crate) fn footer(period: &Period, place: &Place) -> String {
    format!("Made by Understudy on {}.", place.moment(period.made))
}
