//! Counts the items that an outage left without a response. No estimate.

use catalog::MicroDollars;

use crate::{Money, Pipeline};

/// Items of a pipeline that an outage left without a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// In the review queue.
    pub waiting: u64,
    /// Failed, and not stored.
    pub failed: u64,
}

/// Their value, with the calculation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub amount: MicroDollars,
    /// "16 waiting × $400 = $6,400"
    pub method: String,
}

/// `None`: no items are left.
pub fn known(pipeline: &Pipeline, left: Left) -> Option<Known> {
    let items = left.waiting.saturating_add(left.failed);
    let which = match (left.waiting, left.failed) {
        (0, 0) => return None,
        (waiting, 0) => format!("{waiting} waiting"),
        (0, failed) => format!("{failed} failed"),
        (waiting, failed) => format!("({waiting} waiting + {failed} failed)"),
    };
    let value = crate::at_risk::cents(pipeline.value);
    let items = i64::try_from(items).unwrap_or(i64::MAX);
    let amount = MicroDollars(value.0.saturating_mul(items));
    Some(Known {
        amount,
        method: format!(
            "{which} × {} = {}",
            Money::new(value.0, pipeline.currency),
            Money::new(amount.0, pipeline.currency)
        ),
    })
}

#[cfg(test)]
mod tests;
