//! One pipeline's part of an incident, and the sums of all parts by currency.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::at_risk::cents;
use crate::{Currency, Left, Money, Pipeline, Stretch, at_risk_of_each, known};

/// A shorter incident has no figure if nothing waits and nothing has failed.
pub const SHORTEST: TimeDelta = TimeDelta::minutes(10);
pub const TOO_SHORT: &str = "No figure: under 10 minutes, and nothing is waiting or failed.";

/// The items of a pipeline that an incident affected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Items {
    pub safe: u64,
    /// Of the safe ones: failed first.
    pub recovered: u64,
    pub waiting: u64,
    pub failed: u64,
    /// Of the failed ones: marked as lost by the owner.
    pub lost: u64,
}

/// How the effect on a pipeline is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Its requests pass through the gateway.
    Measured,
    /// It runs elsewhere.
    Elsewhere,
    /// It should pass through the gateway, and no request of it was seen.
    NotSeen,
}

/// A pipeline's part, with its method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub basis: Basis,
    pub items: Items,
    pub safe: Money,
    pub waiting: Money,
    pub failed: Money,
    /// At risk: waiting, failed, and the estimate.
    pub low: Money,
    pub high: Money,
    /// One sentence or two.
    pub method: String,
}

/// `incidents`: the stretches of this incident, after those of earlier incidents that affect the pipeline. `estimate`: false for
/// an incident that is [too short](SHORTEST).
pub fn part(
    pipeline: &Pipeline,
    items: Items,
    basis: Basis,
    incidents: &[Vec<Stretch>],
    estimate: bool,
) -> Part {
    let value = |count: u64| {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let micro = cents(pipeline.value).0.saturating_mul(count);
        Money::new(micro, pipeline.currency)
    };
    let left = known(
        pipeline,
        Left {
            waiting: items.waiting,
            failed: items.failed,
        },
    );
    let amount = left.as_ref().map_or(0, |known| known.amount.0);
    let (mut low, mut high) = (amount, amount);
    let mut method = match (&left, basis) {
        (Some(known), _) => format!("Measured: {}.", known.method),
        (None, Basis::Measured) => answered(items),
        (None, Basis::Elsewhere | Basis::NotSeen) => String::new(),
    };
    let label = match basis {
        Basis::Measured => None,
        Basis::Elsewhere => Some("Not routed through Understudy: estimated from hours alone."),
        Basis::NotSeen => Some("No request of it was seen: estimated from hours alone."),
    };
    if let Some(label) = label {
        let last = at_risk_of_each(pipeline, incidents).pop();
        let last = last.filter(|_| estimate);
        let hours = last.map_or_else(
            || "No figure: the incident is under 10 minutes.".to_owned(),
            |hours| {
                low = low.saturating_add(hours.low.0);
                high = high.saturating_add(hours.high.0);
                hours.method
            },
        );
        let sentences = [&*method, label, &hours];
        let sentences: Vec<&str> = sentences
            .into_iter()
            .filter(|one| !one.is_empty())
            .collect();
        method = sentences.join(" ");
    }
    Part {
        basis,
        items,
        safe: value(items.safe),
        waiting: value(items.waiting),
        failed: value(items.failed),
        low: Money::new(low, pipeline.currency),
        high: Money::new(high, pipeline.currency),
        method,
    }
}

fn answered(items: Items) -> String {
    match items.safe {
        0 => "Measured: nothing of it was hit.".to_owned(),
        1 => "Measured: the one affected item was answered.".to_owned(),
        safe => format!("Measured: all {safe} affected items were answered."),
    }
}

/// At risk by currency, from low to high. Amounts of different currencies are never added.
pub fn totals<'p>(parts: impl IntoIterator<Item = &'p Part>) -> BTreeMap<Currency, (Money, Money)> {
    let mut totals: BTreeMap<Currency, (Money, Money)> = BTreeMap::new();
    for part in parts {
        let currency = part.low.currency;
        let zero = Money::new(0, currency);
        let (low, high) = totals.entry(currency).or_insert((zero, zero));
        low.micro = low.micro.saturating_add(part.low.micro);
        high.micro = high.micro.saturating_add(part.high.micro);
    }
    totals
}

#[cfg(test)]
mod tests;
