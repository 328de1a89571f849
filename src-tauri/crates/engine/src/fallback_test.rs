//! Test a fallback: one tool turn of two steps, pinned to one candidate and sent as a client of the route would send it. So it is
//! known before an outage whether the candidate answers, calls a tool, and accepts the tool's result.

pub(crate) mod cost;
pub(crate) mod judge;
pub(crate) mod play;
pub(crate) mod reply;
pub(crate) mod result;
pub(crate) mod target;
pub(crate) mod turn;

#[cfg(test)]
mod tests;
