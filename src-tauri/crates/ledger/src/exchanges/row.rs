use catalog::{Dialect, EndpointId, MicroDollars, ModelId, ProviderId, Tokens, at_dearest};
use chrono::{DateTime, Utc};

use super::AttemptOutcome;
use crate::column::word_enum;

/// Name of the route for requests that are forwarded to their vendor unparsed. They have a cost only if the stored key paid.
pub const PASSED: &str = "pass-through";

word_enum! {
    /// How an exchange ended. Each exchange has exactly one end.
    End {
        /// A complete response reached the client (or one that the client itself continues).
        Complete = "complete",
        /// The stored response of an earlier request: no provider got a request, and there was no cost.
        Replayed = "replayed",
        /// The provider stopped at a token limit; passed on unchanged.
        Truncated = "truncated",
        /// The provider declined because of the content.
        Refused = "refused",
        /// Ended without completion after the first byte had been released.
        Cut = "cut",
        /// Every candidate failed.
        Exhausted = "exhausted",
        /// The request itself was invalid.
        CallersFault = "callers_fault",
        ClientLeft = "client_left",
        /// Rejected by the gateway before a route was chosen: token, host, size …
        TurnedAway = "turned_away",
        OurFault = "our_fault",
    }
}

impl End {
    /// The client got a response, even if it is a replay, truncated or a refusal.
    pub fn answered(self) -> bool {
        match self {
            End::Complete | End::Replayed | End::Truncated | End::Refused => true,
            End::Cut
            | End::Exhausted
            | End::CallersFault
            | End::ClientLeft
            | End::TurnedAway
            | End::OurFault => false,
        }
    }

    /// The client should have got a response and got none.
    pub fn failed(self) -> bool {
        match self {
            End::Cut | End::Exhausted | End::OurFault => true,
            End::Complete
            | End::Replayed
            | End::Truncated
            | End::Refused
            | End::CallersFault
            | End::ClientLeft
            | End::TurnedAway => false,
        }
    }
}

/// One client request with all its attempts.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangeRow {
    /// The id in the response, its error texts and the log. `None`: recorded before such ids existed.
    pub request_id: Option<String>,
    pub started: DateTime<Utc>,
    /// Empty: the client did not name itself.
    pub client: String,
    pub session: Option<String>,
    pub dialect: Dialect,
    /// Empty, like `model`, if the request was rejected before the route was known.
    pub route: String,
    /// The model in the client's request.
    pub model: String,
    pub streamed: bool,
    /// Kept for the list of requests, and excluded from all figures.
    pub rehearsal: bool,
    pub pipeline: Option<String>,
    pub item: Option<String>,
    /// The first usable candidate of the route, even if its breaker was open. `None`: the candidate of the first
    /// attempt.
    pub primary: Option<Candidate>,
    pub end: End,
    /// The reason for the end, if the end alone does not explain it.
    pub detail: Option<String>,
    /// HTTP status that the client got; `None`: it disconnected before.
    pub status: Option<u16>,
    pub total_ms: u64,
    /// Time to the first token released.
    pub ttft_ms: Option<u64>,
    /// Estimate over all attempts; `None`: unknown.
    pub cost: Option<MicroDollars>,
    /// Restarts in place: how often another candidate's response continued the message.
    pub restarts: u32,
    /// The response should have been held until its completion check, but was released early so that the client did not time
    /// out.
    pub shown_early: bool,
    /// Candidates that do not support this request, each with the reason.
    pub passed_over: Vec<String>,
    /// The review item as which it is parked.
    pub parked: Option<String>,
    /// Name of the client's token; `None`: this installation's own.
    pub token: Option<String>,
    /// In the order in which they were made.
    pub attempts: Vec<AttemptRow>,
}

/// A place in a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub provider: ProviderId,
    pub endpoint: EndpointId,
    /// The endpoint's model id, after the route's mapping.
    pub model: ModelId,
}

/// One request to one candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptRow {
    pub provider: ProviderId,
    pub endpoint: EndpointId,
    pub model: ModelId,
    /// Milliseconds after the exchange began.
    pub started_ms: u64,
    pub total_ms: u64,
    pub ttft_ms: Option<u64>,
    /// HTTP status; `None`: no response headers arrived.
    pub status: Option<u16>,
    /// The client's own subscription paid for it: tokens are not billed, and `cost` is `None`.
    pub by_subscription: bool,
    /// The dialect of the request to the candidate, if it differs from the client's.
    pub spoken: Option<Dialect>,
    /// Fields that the translation dropped or approximated, each with the reason.
    pub left_out: Vec<String>,
    pub outcome: AttemptOutcome,
    /// Failed because of the provider, not because of the account, the settings, the request, or a disconnected client.
    pub provider_failed: bool,
    pub detail: Option<String>,
    /// The provider's text, unchanged.
    pub stop_reason: Option<String>,
    pub tokens: Option<Tokens>,
    /// The provider reported no or partial usage: missing values in `tokens` are estimated from bytes.
    pub tokens_estimated: bool,
    /// Estimate: tokens at the list price of `price_as_of`. Zero: the provider was not reached, or refused.
    pub cost: Option<MicroDollars>,
    /// ISO date.
    pub price_as_of: Option<String>,
}

impl AttemptRow {
    /// The amount that counts against the day's cap: the cost, or without a price the cost at the dearest model's
    /// price.
    pub fn counted(&self) -> MicroDollars {
        self.cost
            .or_else(|| self.tokens.map(at_dearest))
            .unwrap_or_default()
    }
}

impl ExchangeRow {
    /// The cost of fallbacks, and of requests forwarded with the stored key. A model without a price counts at
    /// [`DEAREST`](catalog::DEAREST).
    pub fn fallbacks_cost(&self) -> MicroDollars {
        self.attempts
            .iter()
            .filter(|a| !a.by_subscription)
            .filter(|a| match &self.primary {
                Some(primary) => (&a.endpoint, &a.model) != (&primary.endpoint, &primary.model),
                None => self.route == PASSED,
            })
            .map(AttemptRow::counted)
            .sum()
    }

    /// The part of `cost` whose tokens are estimated from bytes.
    pub fn cost_of_estimated_tokens(&self) -> MicroDollars {
        let estimated = self.attempts.iter().filter(|a| a.tokens_estimated);
        match self.cost {
            Some(_) => estimated.filter_map(|a| a.cost).sum(),
            None => MicroDollars::ZERO,
        }
    }

    /// A key was billed, and the amount is not known. Requests of a subscription cost nothing extra.
    pub fn is_unpriced(&self) -> bool {
        self.cost.is_none() && self.attempts.iter().any(|a| !a.by_subscription)
    }

    /// Whether a fallback produced the response: the last attempt used another endpoint or model than the primary's.
    pub fn carried(&self) -> bool {
        let Some(last) = self.attempts.last().filter(|_| self.end.answered()) else {
            return false;
        };
        match (&self.primary, self.attempts.first()) {
            (Some(primary), _) => {
                (&last.endpoint, &last.model) != (&primary.endpoint, &primary.model)
            }
            (None, Some(first)) => (&last.endpoint, &last.model) != (&first.endpoint, &first.model),
            (None, None) => false,
        }
    }
}
