//! What we believe: [`Observation`]s go in, [`Verdicts`] and [`Transition`]s come out.
//!
//! Pure: never async, never reads a clock (every call is told the time), never does IO.

mod book;
mod observation;
mod verdict;
mod words;

pub use book::{Book, Change, OpenIncident, Thresholds, Transition, Watched};
pub use observation::{
    CallOutcome, CallSource, Controls, FailureKind, Observation, OurFault, Page, PageIncident,
    Unreadable,
};
pub use verdict::{Basis, Blame, Finding, Level, ProviderVerdict, Unknown, Verdict, Verdicts};
pub use words::Words;
