//! Stories of providers that fail: each is told once, in a file of its own, and played in every dialect and form, in two
//! worlds: under paused time over pipes (`gateway/tests/scenes`), and over sockets against the built binary
//! (`tests/acceptance`).

pub(crate) mod client;
mod play;
pub(crate) mod story;
mod table;

mod back_after_an_outage;
mod content_policy;
mod context_too_long;
mod cut_and_no_prefill;
mod cut_at_40_of_60;
mod error_500_once;
mod first_token_after_20_s;
mod malformed_event;
mod missing_terminal;
mod never_answers;
mod persistent_429;
mod persistent_503;
mod reset_before_headers;
mod retry_after;
mod stall_of_30_s;
mod stand_in_named;

pub(crate) use client::Heard;
pub(crate) use play::{Attempt, World, play};
pub(crate) use story::{Clock, Form, Restarts, STAND_IN, Story, TIMERS};
pub(crate) use table::{Row, table};

pub(crate) static STORIES: [Story; 16] = [
    retry_after::STORY,
    persistent_429::STORY,
    error_500_once::STORY,
    persistent_503::STORY,
    reset_before_headers::STORY,
    never_answers::STORY,
    first_token_after_20_s::STORY,
    cut_at_40_of_60::STORY,
    stall_of_30_s::STORY,
    malformed_event::STORY,
    missing_terminal::STORY,
    context_too_long::STORY,
    content_policy::STORY,
    cut_and_no_prefill::STORY,
    back_after_an_outage::STORY,
    stand_in_named::STORY,
];
