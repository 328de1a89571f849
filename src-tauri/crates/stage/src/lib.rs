//! The rehearsal provider: an upstream that serves any model in all three dialects and fails on demand.
//!
//! Embedded in the engine it serves only `rehearsal/*` models; `understudyd stage --port` serves any model, for tests with real
//! clients. It sends nothing to other hosts, and every response is derived from the request: the same requests in the same
//! order get the same bytes.
//!
//! The response is chosen in this order: the rules of the simulated vendor, an [outage](Stage::outage), the first matching
//! [`ScriptStep`], the model's name (`rehearsal/cut-in-text`, or `gpt-5@cut-in-text` if any model is served), a plain response.
//!
//! By default a stage simulates no vendor: it follows the documented dialect and refuses only invalid histories.
//! [`Stage::acting`], a cue, or a name like `gpt-5@as-openai` selects a [`Family`]: that vendor's refusals, texts, streams,
//! counts, prompt cache and limits.

mod answer;
mod cache;
mod clock;
mod connection;
mod control;
mod delivery;
mod dialect;
mod family;
mod fault;
mod frame;
mod improvise;
mod kept;
mod perform;
mod plan;
mod received;
mod refusal;
mod repertoire;
mod request;
mod respond;
mod script;
mod script_step;
mod signature;
mod stage;
mod state;
mod trouble;
mod usage;
mod variation;

#[cfg(test)]
mod tests;

pub use family::{Family, UnknownFamily, VendorChoice};
pub use fault::{ErrorBody, Fault, Stop, UnknownFault};
pub use plan::{Plan, Window, WindowName};
pub use received::{Received, ResponseEnd, ResponseRecord};
pub use script_step::{ScriptStep, ScriptedPart};
pub use signature::sign;
pub use stage::Stage;
pub use trouble::Trouble;
pub use variation::{Ids, Reasoning, UnknownVariation, UsageVariation, Variation};
