//! Scenarios of failing providers. Each has a file, and runs in every dialect and form, in two environments: with paused time
//! over pipes (`gateway/tests/scenes`), and over sockets with the built binary (`tests/acceptance`).

pub(crate) mod client;
mod play;
pub(crate) mod scenario;
mod table;

mod back_after_an_outage;
mod content_policy;
mod context_too_long;
mod cut_and_no_prefill;
mod cut_at_40_of_60;
mod error_500_once;
mod fallback_model;
mod first_token_after_20_s;
mod malformed_event;
mod missing_terminal;
mod never_answers;
mod persistent_429;
mod persistent_503;
mod reset_before_headers;
mod retry_after;
mod stall_of_30_s;

pub(crate) use client::ClientResponse;
pub(crate) use play::{Attempt, World, play};
pub(crate) use scenario::{Clock, FALLBACK_MODEL, Form, Restarts, Scenario, TIMERS};
pub(crate) use table::{Row, table};

pub(crate) static SCENARIOS: [Scenario; 16] = [
    retry_after::SCENARIO,
    persistent_429::SCENARIO,
    error_500_once::SCENARIO,
    persistent_503::SCENARIO,
    reset_before_headers::SCENARIO,
    never_answers::SCENARIO,
    first_token_after_20_s::SCENARIO,
    cut_at_40_of_60::SCENARIO,
    stall_of_30_s::SCENARIO,
    malformed_event::SCENARIO,
    missing_terminal::SCENARIO,
    context_too_long::SCENARIO,
    content_policy::SCENARIO,
    cut_and_no_prefill::SCENARIO,
    back_after_an_outage::SCENARIO,
    fallback_model::SCENARIO,
];
