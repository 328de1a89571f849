use catalog::MicroDollars;
use chrono::{DateTime, Utc};

use crate::Pipeline;

/// What stands where an estimate would, while no pipeline is known.
pub const NO_ESTIMATE: &str = "No estimate: tell us what a lead is worth.";

/// An estimate with its method; never a bare number.
#[derive(Clone, Debug, PartialEq)]
pub struct AtRisk {
    pub pipeline: String,
    pub low: MicroDollars,
    pub high: MicroDollars,
    /// Hours of the outage inside the active schedule.
    pub hours_inside: f64,
    pub active_hours_a_week: f64,
    /// One sentence: the arithmetic, or why it is $0.
    pub method: String,
}

/// `weekly volume × value × min(1, outage hours inside the schedule ÷ active hours a week × surge)`.
pub fn at_risk(pipeline: &Pipeline, from: DateTime<Utc>, to: DateTime<Utc>) -> AtRisk {
    let hours_inside = if from < to {
        pipeline.schedule.hours_inside(from, to)
    } else {
        0.0
    };
    let active_hours_a_week = pipeline.schedule.hours_a_week();
    let week = pipeline.weekly_items.max(0.0) * pipeline.value.dollars().max(0.0);
    let share = |surge: f64| {
        if hours_inside > 0.0 {
            (hours_inside / active_hours_a_week * surge.max(0.0)).min(1.0)
        } else {
            0.0
        }
    };
    let (low, high) = (share(pipeline.surge.low), share(pipeline.surge.high));
    let mut estimate = AtRisk {
        pipeline: pipeline.name.clone(),
        low: MicroDollars::from_dollars(week * low),
        high: MicroDollars::from_dollars(week * high),
        hours_inside,
        active_hours_a_week,
        method: String::new(),
    };
    estimate.method = if hours_inside > 0.0 {
        arithmetic(pipeline, &estimate, high)
    } else {
        why_nothing(pipeline, from, to)
    };
    estimate
}

/// "Estimated: 50 items a week × $400 × 4 h of the outage inside Mon-Fri 09:00-17:00 Europe/Berlin ÷ 40 active hours a week
/// × surge 2.5 to 7.5 = $5,000 to $15,000."
fn arithmetic(pipeline: &Pipeline, estimate: &AtRisk, share: f64) -> String {
    let AtRisk { low, high, .. } = estimate;
    let result = if low == high {
        low.to_string()
    } else {
        format!("{low} to {high}")
    };
    let cap = if share < 1.0 {
        ""
    } else {
        ", capped at one week's worth"
    };
    format!(
        "Estimated: {} items a week × {} × {} h of the outage inside {} ÷ {} active hours a week × surge {} = {result}{cap}.",
        short(pipeline.weekly_items),
        pipeline.value,
        short(estimate.hours_inside),
        pipeline.schedule,
        short(estimate.active_hours_a_week),
        pipeline.surge,
    )
}

fn why_nothing(pipeline: &Pipeline, from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    if from >= to {
        return "$0: the outage has no length yet.".to_owned();
    }
    let zone = pipeline.schedule.zone;
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%a %-d %b %H:%M");
    format!(
        "$0: the outage from {} to {} lies outside the schedule {}.",
        local(from),
        local(to),
        pipeline.schedule
    )
}

/// Two decimals at most: "4", "0.25".
fn short(number: f64) -> String {
    ((number * 100.0).round() / 100.0).to_string()
}

#[cfg(test)]
mod tests;
