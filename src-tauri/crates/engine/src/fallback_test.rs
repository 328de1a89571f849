//! Test of a fallback: one tool turn of two steps, pinned to one candidate and sent like a request of the route's clients. It
//! shows before an outage whether the candidate responds, calls a tool, and accepts the tool's result.

pub(crate) mod cost;
pub(crate) mod judge;
pub(crate) mod play;
pub(crate) mod reply;
pub(crate) mod result;
pub(crate) mod target;
pub(crate) mod turn;

#[cfg(test)]
mod tests;
