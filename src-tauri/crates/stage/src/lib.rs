//! The rehearsal provider: an upstream that plays any model in all three dialects and fails on demand.
//!
//! Embedded in the engine it answers only `rehearsal/*` models; `understudyd stage --port` plays any model, for tests with
//! real clients. It sends nothing anywhere, and everything it says is derived from the request: the same requests in the
//! same order get the same bytes.
//!
//! What a request gets is decided in this order: an [outage](Stage::outage), the first fitting [`Cue`], the model's name
//! (`rehearsal/cut-in-text`, or `gpt-5@cut-in-text` where any model is played), a plain answer.

mod answer;
mod connection;
mod control;
mod cue;
mod dialect;
mod fault;
mod improvise;
mod perform;
mod received;
mod refusal;
mod repertoire;
mod request;
mod respond;
mod script;
mod signature;
mod stage;
mod strict;

#[cfg(test)]
mod tests;

pub use cue::{Cue, Line};
pub use fault::{ErrorBody, Fault, Stop, UnknownFault};
pub use received::{Answered, End, Received};
pub use signature::sign;
pub use stage::Stage;
