//! How much of a request may be dropped.

use std::fmt;

use super::dropped::Why;

/// The kind of caller, which decides the fields that may be dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fidelity {
    /// A coding agent: a response without a tuning field is better than no response.
    #[default]
    Agent,
    /// A pipeline: no field with an unknown meaning is dropped, and no tool.
    Pipeline,
    /// The route has `exact = true`: no field that affects the response is dropped.
    Exact,
}

impl Fidelity {
    pub fn tolerates(self, why: Why) -> bool {
        match why {
            Why::CacheMark
            | Why::Thinking
            | Why::Identity
            | Why::Handling
            | Why::Bookkeeping
            | Why::Added
            | Why::Expanded => true,
            Why::Effort
            | Why::Sampling
            | Why::Penalty
            | Why::VendorResult
            | Why::Citations
            | Why::Approximate => self != Fidelity::Exact,
            Why::VendorTool | Why::Unknown => self == Fidelity::Agent,
        }
    }
}

impl fmt::Display for Fidelity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fidelity::Agent => "an agent's request",
            Fidelity::Pipeline => "a pipeline's request",
            Fidelity::Exact => "a request of a route with `exact = true`",
        })
    }
}
