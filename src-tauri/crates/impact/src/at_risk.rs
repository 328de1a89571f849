use catalog::MicroDollars;
use chrono::{DateTime, Utc};

use crate::Pipeline;

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
pub fn at_risk(_pipeline: &Pipeline, _from: DateTime<Utc>, _to: DateTime<Utc>) -> AtRisk {
    AtRisk {
        pipeline: String::new(),
        low: MicroDollars::ZERO,
        high: MicroDollars::ZERO,
        hours_inside: 0.0,
        active_hours_a_week: 0.0,
        method: String::new(),
    }
}
