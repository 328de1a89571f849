//! Watches providers: polling intervals, one file per status-page dialect, probes, and the check of the local network. It
//! reports readings and never judges.
//!
//! [`Watch`] is the driver. Its decisions are in pure modules: [`status`] parses a page, [`rhythm`] decides when to check.

mod budget;
mod client;
mod clock;
mod look;
#[cfg(test)]
mod loopback;
mod network;
pub mod online;
mod page;
mod plans;
mod probe;
mod report;
mod reporter;
pub mod rhythm;
mod round;
mod run;
pub mod status;
mod targets;

pub use clock::Clock;
pub use report::Report;
pub use round::{LONGEST as ROUND_LONGEST, LookOutcome, Round};
pub use run::{CannotWatch, Watch};
pub use targets::{Nudge, PageTarget, ProbeTarget, Targets};
