//! Figures for reports. All of them exclude rehearsals, none of them writes, and none has more rows than providers, models,
//! pipelines and days. Days whose rows are deleted count from their sums.

mod calls;
mod cost;
mod fallbacks;
mod incident;
mod requests;
mod review;
mod texts;

pub use calls::{ReportCalls, ReportEvidence};
pub use cost::{ReportCost, ReportSpending};
pub use fallbacks::{ReportCaller, ReportCarried, ReportPrimaryUse};
pub use incident::{ReportIncident, ReportItems};
pub use requests::{ReportProviderUse, ReportRequests};
pub use review::ReportReview;
