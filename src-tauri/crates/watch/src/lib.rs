//! How we look: when to poll, one file per status-page dialect, probes, am-I-online. It reports, and never judges.
//!
//! [`Watch`] is the driver; everything that it decides by stands in pure modules: [`status`] reads what a page says,
//! [`rhythm`] says when to look.

mod budget;
mod client;
mod look;
#[cfg(test)]
mod loopback;
mod network;
pub mod online;
mod page;
mod probe;
pub mod rhythm;
mod round;
mod run;
pub mod status;
mod targets;
mod tell;

pub use round::{LONGEST as ROUND_LONGEST, LookOutcome, Round};
pub use run::{CannotWatch, Clock, Watch};
pub use targets::{Nudge, PageTarget, ProbeTarget, Report, Targets};
