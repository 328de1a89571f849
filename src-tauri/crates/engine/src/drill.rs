//! The drill: the primary of a route fails on purpose for a test request, so that the owner sees if a fallback carries. Live
//! requests of the route meet the same failure only where the owner includes them.

pub(crate) mod plan;
pub(crate) mod play;
pub(crate) mod run;
