//! What an outage costs: pure arithmetic over a pipeline and a stretch of time. Every figure carries its method.

mod at_risk;
mod pipeline;

pub use at_risk::{AtRisk, at_risk};
pub use pipeline::{Day, Pipeline, Schedule, Surge};
