//! The rehearsal provider: an upstream that plays any model in all three dialects and fails on demand.
//!
//! Embedded in the engine it answers only `rehearsal/*` models; `understudyd stage --port` plays any model, for tests with
//! real clients. It sends nothing anywhere.
