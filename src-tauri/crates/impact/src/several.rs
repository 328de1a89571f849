//! Several incidents: their estimates add up, and no sum exceeds the value of the weeks in which they began.

use std::collections::BTreeMap;

use catalog::MicroDollars;
use chrono::{Datelike, Days, NaiveDate};

use crate::at_risk::{of_hours, range, week};
use crate::overlap::not_counted;
use crate::{AtRisk, Money, Pipeline, Stretch};

/// The estimate of each incident, in their order. Hours that an earlier one has counted are left out. The incidents that begin in
/// one week of the schedule's zone are together at most a usual week's value.
pub fn at_risk_of_each(pipeline: &Pipeline, incidents: &[Vec<Stretch>]) -> Vec<AtRisk> {
    let mut counted: Vec<Stretch> = Vec::new();
    let mut used: BTreeMap<Option<NaiveDate>, (i64, i64)> = BTreeMap::new();
    let mut estimates = Vec::new();
    for outage in incidents {
        let used = used.entry(week_of(pipeline, outage)).or_default();
        let estimate = limited(pipeline, alone(pipeline, outage, &counted), *used);
        used.0 = used.0.saturating_add(estimate.low.0);
        used.1 = used.1.saturating_add(estimate.high.0);
        counted.extend(outage);
        estimates.push(estimate);
    }
    estimates
}

fn alone(pipeline: &Pipeline, outage: &[Stretch], counted: &[Stretch]) -> AtRisk {
    let overlaps = |stretch: &Stretch| {
        let mut others = counted.iter();
        others.any(|other| other.share > 0.0 && other.from < stretch.to && other.to > stretch.from)
    };
    if !outage.iter().any(overlaps) {
        return of_hours(pipeline, outage, false);
    }
    let estimate = of_hours(pipeline, &not_counted(outage, counted), true);
    let in_full = of_hours(pipeline, outage, false);
    if estimate.hours_lost > 0.0 || in_full.hours_lost == 0.0 {
        return estimate;
    }
    AtRisk {
        method: format!(
            "{}: an earlier incident has counted these hours.",
            Money::new(0, pipeline.currency)
        ),
        ..estimate
    }
}

/// `used`: what earlier incidents of this week have counted.
fn limited(pipeline: &Pipeline, estimate: AtRisk, used: (i64, i64)) -> AtRisk {
    let rest = |used: i64| week(pipeline).0.saturating_sub(used).max(0);
    let high = estimate.high.0.min(rest(used.1));
    let low = estimate.low.0.min(rest(used.0)).min(high);
    let (low, high) = (MicroDollars(low), MicroDollars(high));
    if (low, high) == (estimate.low, estimate.high) {
        return estimate;
    }
    AtRisk {
        low,
        high,
        method: format!(
            "{} Limited to {}: earlier incidents have counted the rest of that week's value.",
            estimate.method,
            range(pipeline, low, high)
        ),
        ..estimate
    }
}

/// Its Monday, in the schedule's zone.
fn week_of(pipeline: &Pipeline, outage: &[Stretch]) -> Option<NaiveDate> {
    let begins = outage.iter().map(|stretch| stretch.from).min()?;
    let day = begins.with_timezone(&pipeline.schedule.zone).date_naive();
    day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into()))
}

#[cfg(test)]
mod tests;
