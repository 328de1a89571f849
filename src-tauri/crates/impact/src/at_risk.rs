use catalog::MicroDollars;
use chrono::{DateTime, Utc};

use crate::{Money, Pipeline};

/// Text shown instead of an estimate if there is no pipeline.
pub const NO_ESTIMATE: &str = "Add a pipeline to see what outages cost you.";

/// A part of an outage with the share of calls that failed in it; 1: all failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub share: f64,
}

/// An estimate with its method; never a bare number.
#[derive(Clone, Debug, PartialEq)]
pub struct AtRisk {
    pub pipeline: String,
    pub low: MicroDollars,
    pub high: MicroDollars,
    /// Hours of the outage within the schedule, weighted by the share of failed calls.
    pub hours_lost: f64,
    pub active_hours_a_week: f64,
    /// One sentence: the calculation, or why the result is $0.
    pub method: String,
}

/// `weekly volume × value × min(1, lost time inside the schedule ÷ active time a week × surge)`. Lost time is the length of the
/// outage, each stretch weighted by its share of failed calls. Every figure is rounded as printed before it is used, so that a
/// reader can verify the printed calculation.
pub fn at_risk(pipeline: &Pipeline, outage: &[Stretch]) -> AtRisk {
    of_hours(pipeline, outage, false)
}

/// `shared`: earlier incidents have counted a part of the outage, which is not in `outage`.
pub(crate) fn of_hours(pipeline: &Pipeline, outage: &[Stretch], shared: bool) -> AtRisk {
    let inside = |stretch: &Stretch| match stretch.from < stretch.to {
        true => pipeline.schedule.hours_inside(stretch.from, stretch.to),
        false => 0.0,
    };
    let lost = |stretch: &Stretch| inside(stretch) * share_of(stretch);
    let hours_lost = outage.iter().map(lost).sum();
    let partly = outage
        .iter()
        .any(|stretch| share_of(stretch) < 1.0 && inside(stretch) > 0.0);
    let lost = Minutes::of(hours_lost);
    let active = Minutes::of(pipeline.schedule.hours_a_week());
    let week = hundredths(pipeline.weekly_items) * cents(pipeline.value).dollars().max(0.0);
    let share = |surge: f64| {
        if lost.0 > 0 {
            (lost.0 as f64 / active.0 as f64 * surge.max(0.0)).min(1.0)
        } else {
            0.0
        }
    };
    let (low, high) = (share(pipeline.surge.low), share(pipeline.surge.high));
    let mut estimate = AtRisk {
        pipeline: pipeline.name.clone(),
        low: cents(MicroDollars::from_dollars(week * low)),
        high: cents(MicroDollars::from_dollars(week * high)),
        hours_lost: lost.hours(),
        active_hours_a_week: active.hours(),
        method: String::new(),
    };
    estimate.method = if lost.0 > 0 {
        let of = match (partly, shared) {
            (_, true) => "that no earlier incident has counted",
            (true, false) => "lost, by the share of calls that failed,",
            (false, false) => "of the outage",
        };
        arithmetic(pipeline, &estimate, (lost, active), (high, of))
    } else {
        why_nothing(pipeline, outage)
    };
    estimate
}

/// A length of time in full minutes, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Minutes(u64);

impl Minutes {
    fn of(hours: f64) -> Self {
        match hours > 0.0 {
            true => Self(((hours * 60.0).round() as u64).max(1)),
            false => Self(0),
        }
    }

    fn hours(self) -> f64 {
        self.0 as f64 / 60.0
    }

    /// The length in hours has at most two decimals.
    fn is_shown_in_hours(self) -> bool {
        self.0.is_multiple_of(3)
    }
}

/// "Estimated: 50 items a week × $400 × 4 h of the outage inside Mon-Fri 09:00-17:00 Europe/Berlin ÷ 40 active hours a week
/// × surge 2.5 to 7.5 = $5,000 to $15,000."
fn arithmetic(
    pipeline: &Pipeline,
    estimate: &AtRisk,
    (lost, active): (Minutes, Minutes),
    (share, of): (f64, &str),
) -> String {
    let result = range(pipeline, estimate.low, estimate.high);
    let cap = if share < 1.0 {
        ""
    } else {
        ", limited to one week's value"
    };
    let in_hours = lost.0 >= 60 && lost.is_shown_in_hours() && active.is_shown_in_hours();
    let (lost, active) = match in_hours {
        true => (
            format!("{} h", short(lost.hours())),
            format!("{} active hours", short(active.hours())),
        ),
        false => (
            format!("{} min", lost.0),
            format!("{} active minutes", active.0),
        ),
    };
    format!(
        "Estimated: {} items a week × {} × {lost} {of} inside {} ÷ {active} a week × surge {} = {result}{cap}.",
        short(pipeline.weekly_items),
        Money::new(pipeline.value.0, pipeline.currency),
        pipeline.schedule,
        pipeline.surge,
    )
}

/// "$5,000 to $15,000"
pub(crate) fn range(pipeline: &Pipeline, low: MicroDollars, high: MicroDollars) -> String {
    let money = |amount: MicroDollars| Money::new(amount.0, pipeline.currency);
    match low == high {
        true => money(low).to_string(),
        false => format!("{} to {}", money(low), money(high)),
    }
}

/// A usual week's value.
pub(crate) fn week(pipeline: &Pipeline) -> MicroDollars {
    let dollars = hundredths(pipeline.weekly_items) * cents(pipeline.value).dollars().max(0.0);
    cents(MicroDollars::from_dollars(dollars))
}

fn why_nothing(pipeline: &Pipeline, outage: &[Stretch]) -> String {
    let zero = Money::new(0, pipeline.currency);
    let from = outage.iter().map(|stretch| stretch.from).min();
    let to = outage.iter().map(|stretch| stretch.to).max();
    let Some((from, to)) = from.zip(to).filter(|(from, to)| from < to) else {
        return format!("{zero}: the outage has no length yet.");
    };
    let inside = pipeline.schedule.hours_inside(from, to);
    if inside > 0.0 {
        return format!("{zero}: no call is known to have failed in it.");
    }
    let zone = pipeline.schedule.zone;
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%a %-d %b %H:%M");
    format!(
        "{zero}: the outage from {} to {} lies outside the schedule {}.",
        local(from),
        local(to),
        pipeline.schedule
    )
}

fn share_of(stretch: &Stretch) -> f64 {
    stretch.share.clamp(0.0, 1.0)
}

/// Two decimals at most: "4", "0.25".
fn short(number: f64) -> String {
    hundredths(number).to_string()
}

fn hundredths(number: f64) -> f64 {
    (number.max(0.0) * 100.0).round() / 100.0
}

/// Rounds an amount as it is printed: to full cents from one cent on.
pub(crate) fn cents(amount: MicroDollars) -> MicroDollars {
    const CENT: i64 = 10_000;
    match amount.0 {
        ..CENT => amount,
        more => MicroDollars((more.saturating_add(CENT / 2)) / CENT * CENT),
    }
}

#[cfg(test)]
pub(crate) mod tests;
