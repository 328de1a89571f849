//! Translates requests of one dialect into another: captured requests of real clients with their results, and every known
//! translation fault in all six directions.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails here fails its test"
)]

#[path = "translated_requests/acted.rs"]
mod acted;
#[path = "translated_requests/client_fields.rs"]
mod client_fields;
#[path = "translated_requests/eligibility.rs"]
mod eligibility;
#[path = "translated_requests/golden.rs"]
mod golden;
#[path = "translated_requests/lawful.rs"]
mod lawful;
#[path = "translated_requests/matrix.rs"]
mod matrix;
#[path = "translated_requests/options.rs"]
mod options;
#[path = "translated_requests/probes.rs"]
mod probes;
#[path = "translated_requests/round_trip.rs"]
mod round_trip;
#[path = "translated_requests/rules.rs"]
mod rules;
#[path = "translated_requests/turns.rs"]
mod turns;
#[path = "translated_requests/vendor_rules.rs"]
mod vendor_rules;
