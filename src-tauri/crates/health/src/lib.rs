//! Provider health: [`Observation`]s go in, [`Verdicts`] and [`Transition`]s come out.
//!
//! Pure: no async, no clock (time is an argument), no IO.

mod book;
mod evidence;
mod level;
mod observation;
mod thresholds;
mod transition;
mod verdict;

pub use book::Book;
pub use evidence::{Evidence, FailedCalls, Failures, LastRequest, PageClaim, PageEvidence};
pub use level::Level;
pub use observation::{
    CallOutcome, CallSource, Controls, FailureKind, Observation, OurFault, Page, PageIncident,
    Unreadable,
};
pub use thresholds::Thresholds;
pub use transition::{Change, Note, OpenIncident, Transition, Watched};
pub use verdict::{Basis, Blame, Finding, ProviderVerdict, Unknown, Verdict, Verdicts};
