//! The impact as text for the status, the tray and the notification.

use ::words::Clock;
use api::{AtRiskRange, Impact, ImpactBasis};
use impact::{Currency, Money};

use crate::view::words;

/// "$5,000 to $15,000 at risk, at most $21,000 at 20:40"
pub(crate) fn range_text(range: &AtRiskRange, clock: &Clock) -> String {
    let peak = range.peak_at.filter(|_| range.peak_high > range.high);
    let peak = peak.map_or_else(String::new, |at| {
        let money = money(range.peak_high, &range.currency);
        format!(", at most {money} at {}", clock.instant(at))
    });
    format!("{} at risk{peak}", value(range))
}

fn value(range: &AtRiskRange) -> String {
    let money = |micro| money(micro, &range.currency);
    match range.low == range.high {
        true => money(range.high).to_string(),
        false => format!("{} to {}", money(range.low), money(range.high)),
    }
}

fn money(micro: i64, currency: &str) -> Money {
    let currency: Currency = currency.parse().unwrap_or_default();
    Money::new(micro, currency)
}

/// "Pipelines: 57 items, $22,800, answered; 16 items, $6,400, wait for one click. $6,400 at risk." `None`: no item was hit, and
/// nothing is at risk.
pub(crate) fn sentence(impact: &Impact) -> Option<String> {
    let lines = [&impact.safe, &impact.waiting, &impact.failed];
    let lines = lines.into_iter().filter(|line| line.items > 0);
    let lines: Vec<&str> = lines.map(|line| &*line.text).collect();
    let above = impact.at_risk.iter().filter(|range| range.high > 0);
    let above: Vec<String> = above.map(value).collect();
    let estimated = impact
        .pipelines
        .iter()
        .filter(|one| one.basis == ImpactBasis::HoursAlone && one.high > 0);
    let estimated: Vec<String> = estimated.map(|one| one.pipeline.clone()).collect();
    let estimated = match estimated.is_empty() {
        true => String::new(),
        false => format!(" ({}: estimated from hours alone)", words::list(&estimated)),
    };
    let at_risk = match above.is_empty() {
        true => None,
        false => Some(format!("{} at risk{estimated}.", words::list(&above))),
    };
    let lines = match lines.is_empty() {
        true => None,
        false => Some(format!("Pipelines: {}.", lines.join("; "))),
    };
    match (lines, at_risk) {
        (Some(lines), Some(at_risk)) => Some(format!("{lines} {at_risk}")),
        (lines, at_risk) => lines.or(at_risk),
    }
}
