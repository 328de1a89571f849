//! What a decision of the desk's makes the shell do. Data only: the tests read it, and the shell performs it in order.

use std::sync::Arc;

use api::NoticeAction;
use catalog::{Endpoint, EndpointId, ModelId, ProviderId};
use chrono::{DateTime, Utc};
use gateway::Exchange;
use health::{CallOutcome, Observation, Verdicts};
use ledger::{
    BreakerRow, ExchangeRow, FailedRequest, FallbackTestRow, Interrupted, LoggedTransition,
    NoticeRow, ProbeRow, ReviewRun,
};

#[derive(Debug)]
pub(crate) enum Effect {
    Record(Record),
    Nudge(watch::Nudge),
    /// New settings for the gateway and the control API.
    Configure(Box<Configuration>),
    /// What the watch reads and probes.
    Watch(Arc<watch::Targets>),
    Publish(Arc<Verdicts>),
    /// Reports a probe result to the gateway's breakers.
    Probed {
        provider: ProviderId,
        endpoint: EndpointId,
        model: ModelId,
        outcome: CallOutcome,
    },
    /// The metrics count a request that has ended.
    Count {
        exchange: Box<Exchange>,
        row: Box<ExchangeRow>,
    },
    /// The provider has recovered.
    Recovered(EndpointId, ModelId),
    /// The next request may go there again.
    TryNow(EndpointId, ModelId),
}

#[derive(Debug)]
pub(crate) struct Configuration {
    pub gateway: Arc<gateway::Config>,
    pub endpoints: Vec<Endpoint>,
    pub allowed_hosts: Vec<String>,
}

/// What the review queue has to do with an exchange.
#[derive(Debug)]
pub(crate) enum ReviewWork {
    /// A response settles what was parked for the same request.
    Settle {
        id: String,
        pipeline: Option<String>,
        item: Option<String>,
    },
    Park(Box<FailedRequest>),
}

/// Commands to the ledger. Some name the [`Event`](super::Event) that carries their result; a failure arrives as
/// `LedgerFailed`.
#[derive(Debug)]
pub(crate) enum Record {
    /// Book an exchange, and settle or park what belongs to it, which is answered by `Booked`.
    Exchange {
        row: Box<ExchangeRow>,
        review: Option<ReviewWork>,
    },
    /// Log a transition of an incident. Answered by `Logged`.
    Transition(Box<LoggedTransition>),
    /// Queue a notification for the faces. Answered by `Queued`.
    Notification {
        row: NoticeRow,
        actions: Vec<NoticeAction>,
        /// Only where an earlier one of its event is on the screen.
        in_place: bool,
    },
    /// Sum up the day that began then. Answered by `Summed`.
    Sum {
        since: DateTime<Utc>,
    },
    /// Count what these open incidents met, and find the last outage that ended. Answered by `Met`.
    CountMet {
        open: Vec<i64>,
        now: DateTime<Utc>,
    },
    Observation(Observation),
    Probe(ProbeRow),
    FallbackTest(FallbackTestRow),
    Breaker(BreakerRow),
    ForgetBreaker(EndpointId, ModelId),
    /// Something that is remembered over a restart, by its name.
    Meta(String, String),
    ToolResults {
        session: String,
        calls: Vec<String>,
        at: DateTime<Utc>,
    },
    Resumed {
        client: String,
        session: String,
        model: ModelId,
        at: DateTime<Utc>,
    },
    Interrupted(Box<Interrupted>),
    /// A response that its client did not fetch.
    Unfetched {
        id: String,
        run: ReviewRun,
    },
    NoticeTold(i64, ledger::Outcome),
    /// Delete what is kept for a limited time.
    Expire(DateTime<Utc>),
    ExpireConversations(DateTime<Utc>),
    ForgetConversations,
}

impl Record {
    pub(crate) fn meta(key: impl Into<String>, value: impl Into<String>) -> Effect {
        Effect::Record(Record::Meta(key.into(), value.into()))
    }
}
