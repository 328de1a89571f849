//! Costs of an outage: pure arithmetic over a pipeline and a period. Every figure has its method.

mod at_risk;
mod currency;
mod incident;
mod known;
mod money;
mod overlap;
mod pipeline;
mod reliability;
mod schedule;
mod several;
mod steps;

pub use at_risk::{AtRisk, NO_ESTIMATE, Stretch, at_risk};
pub use currency::{Currency, NoCurrency};
pub use incident::{Basis, Items, Part, SHORTEST, TOO_SHORT, part, totals};
pub use known::{Known, Left, known};
pub use money::Money;
pub use overlap::not_counted;
pub use pipeline::{NoSurge, Pipeline, Surge};
pub use reliability::{ENOUGH_RUNS, Rate, Reliability, end_to_end};
pub use schedule::{Day, NoSchedule, Schedule};
pub use several::at_risk_of_each;
pub use steps::{PipelineRate, Runs, Step, pipeline_rate};
