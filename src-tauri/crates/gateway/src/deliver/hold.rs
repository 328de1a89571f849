//! How long a response is held, which part of it, and what follows if it is truncated after a part was released.

use std::time::Duration;

use catalog::{Behaviour, Repeats};
use http::Version;
use http::request::Parts;
use tokio::time::Instant;
use wire::RequestFields;

use crate::{Config, Delivery, Plan, Restart};

/// How long before a client's own timeout the held bytes are released.
const WATCHDOG_MARGIN: Duration = Duration::from_secs(60);

/// How much of a response is held before the client gets any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Released as it arrives: Understudy is paused.
    Nothing,
    /// Until the first content: the latest point at which a failing provider has no effect on the client.
    UntilContent,
    /// Until the completion check. `at_most`: some clients time out while they receive nothing, so the bytes are released from
    /// then on.
    UntilChecked { at_most: Option<Instant> },
}

/// The part of a response that waits for the completion check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    Nothing,
    /// The event on which a client starts a tool, and everything after it. Some clients start the tool again after a retry, so
    /// it is held until no retry can follow.
    Closings,
    /// A tool call from its start: if another response may continue the message, a released start of a call would prevent it.
    /// `Answer::show_call` releases it early, up to its closing event.
    Calls,
}

/// What follows if a response is truncated after a part of it was released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OnBreak {
    pub(crate) restart: RestartAt,
    /// A line announces that another response continues: only if a user reads the text, never in an application's text.
    pub(crate) note: bool,
    /// Otherwise: a clean end, after which this client retries, instead of a broken connection.
    pub(crate) ends_cleanly: bool,
}

/// Where another response may continue in the same message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RestartAt {
    Never,
    /// If no text was released, or at a held tool call: no reader gets the texts of two responses in one.
    BeforeText,
    /// After a completed block, or at a held tool call.
    FinishedBlock,
    Anywhere,
}

/// How one response is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passing {
    pub(crate) hold: Hold,
    pub(crate) gate: Gate,
    pub(crate) on_break: OnBreak,
}

/// `agent`: a user reads the response while it is streamed. `behaviour`: the client's.
pub(crate) fn passing(
    config: &Config,
    head: &Parts,
    (plan, ask): (&Plan, &RequestFields),
    agent: bool,
    behaviour: Behaviour,
    began: Instant,
) -> Passing {
    let on_break = on_break(plan.restart, agent, behaviour.repeats);
    let held = |hold, gate| Passing {
        hold,
        gate,
        on_break,
    };
    if head.version <= Version::HTTP_10 {
        // The end of such a body is the end of the connection, whatever its cause.
        return held(Hold::UntilChecked { at_most: None }, Gate::Nothing);
    }
    if config.paused || config.draining {
        return held(Hold::Nothing, Gate::Nothing);
    }
    match plan.delivery.unwrap_or(delivery(ask, behaviour.repeats)) {
        Delivery::Live => held(Hold::UntilContent, Gate::Nothing),
        Delivery::Guarded => {
            let releases_only_complete_calls =
                on_break.restart != RestartAt::Never || behaviour.keeps_truncated_calls;
            let gate = if releases_only_complete_calls {
                Gate::Calls
            } else {
                Gate::Closings
            };
            held(Hold::UntilContent, gate)
        }
        Delivery::Verified => {
            let waits = behaviour.waits_through_pings;
            let at_most = waits.map(|waits| began + waits - WATCHDOG_MARGIN);
            held(Hold::UntilChecked { at_most }, Gate::Closings)
        }
    }
}

/// A client that does not retry loses its turn if a response is truncated: a part that it acts on passes the completion check
/// first.
fn delivery(ask: &RequestFields, repeats: Repeats) -> Delivery {
    let acts = ask.has_tools || ask.requires_schema;
    match repeats {
        Repeats::Never | Repeats::EndedWithoutReason if acts => Delivery::Verified,
        Repeats::Never
        | Repeats::EndedWithoutReason
        | Repeats::Broken
        | Repeats::BrokenBeforeABlock => Delivery::Guarded,
    }
}

/// `written`: by the owner.
fn on_break(written: Option<Restart>, agent: bool, repeats: Repeats) -> OnBreak {
    let usual = match repeats {
        Repeats::Broken => RestartAt::Never,
        Repeats::BrokenBeforeABlock => RestartAt::FinishedBlock,
        Repeats::Never | Repeats::EndedWithoutReason if agent => RestartAt::FinishedBlock,
        Repeats::Never | Repeats::EndedWithoutReason => RestartAt::BeforeText,
    };
    OnBreak {
        restart: match written {
            None => usual,
            Some(Restart::Never) => RestartAt::Never,
            Some(Restart::AfterBlock) => RestartAt::FinishedBlock,
            Some(Restart::Always) => RestartAt::Anywhere,
        },
        note: agent,
        ends_cleanly: repeats == Repeats::EndedWithoutReason,
    }
}

#[cfg(test)]
mod tests;
