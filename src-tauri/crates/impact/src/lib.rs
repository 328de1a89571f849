//! Costs of an outage: pure arithmetic over a pipeline and a period. Every figure has its method.

mod at_risk;
mod currency;
mod known;
mod pipeline;
mod reliability;
mod schedule;

pub use at_risk::{AtRisk, NO_ESTIMATE, Stretch, at_risk};
pub use currency::{Currency, NoCurrency};
pub use known::{Known, Left, known};
pub use pipeline::{NoSurge, Pipeline, Surge};
pub use reliability::{ENOUGH_RUNS, Rate, Reliability, end_to_end};
pub use schedule::{Day, NoSchedule, Schedule};
