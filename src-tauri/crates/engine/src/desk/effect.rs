//! Effects of the desk's decisions, as data: tests read them, and `main_loop` performs them in order.

use std::sync::Arc;

use api::NotificationAction;
use catalog::{Endpoint, EndpointId, MicroDollars, ModelId, ProviderId};
use chrono::{DateTime, Utc};
use gateway::Exchange;
use health::{CallOutcome, Observation, Verdicts};
use ledger::{
    BreakerRow, ExchangeRow, FailedRequest, FallbackTestRow, Interrupted, Limits, LoggedTransition,
    NextDelivery, NotificationRow, Peak, ProbeRow, Progress, ReplayKey, ReviewRun,
};

use super::Zone;
use crate::effects::EffectsConfig;
use crate::network::NetworkPort;
use crate::settings::Receiver;

#[derive(Debug)]
pub(crate) enum Effect {
    Record(Record),
    Nudge(watch::Nudge),
    /// New settings for the gateway and the control API.
    Configure(Box<Configuration>),
    /// The watch's status pages and probes.
    Watch(Arc<watch::Targets>),
    Publish(Arc<Verdicts>),
    /// Reports a probe result to the gateway's breakers.
    Probed {
        provider: ProviderId,
        endpoint: EndpointId,
        model: ModelId,
        outcome: CallOutcome,
    },
    /// Counts an ended request in the metrics.
    Count {
        exchange: Box<Exchange>,
        row: Box<ExchangeRow>,
    },
    /// The provider has recovered.
    Recovered(EndpointId, ModelId),
    /// Makes the breaker half-open for the next request.
    TryNow(EndpointId, ModelId),
    /// Run this parked request again. The result is `Drained`.
    Drain(String),
    /// Send the response of this item to its receiver. The result is `DeliveryEnded`.
    Deliver(String, Receiver),
}

#[derive(Debug)]
pub(crate) struct Configuration {
    pub gateway: Arc<gateway::Config>,
    pub endpoints: Vec<Endpoint>,
    pub effects: EffectsConfig,
    pub allowed_hosts: Vec<String>,
    /// Addresses of networks that should be open.
    pub network: Arc<[NetworkPort]>,
}

/// An exchange's effect on the review queue.
#[derive(Debug)]
pub(crate) enum ReviewWork {
    /// A response closes the parked item of the same request.
    Settle {
        id: String,
        pipeline: Option<String>,
        item: Option<String>,
        replay: Option<ReplayKey>,
    },
    /// A run of the drain, with its cost beyond that of fallbacks.
    Drained {
        id: String,
        cost: MicroDollars,
    },
    Park(Box<FailedRequest>),
}

/// Commands to the ledger. Some name the [`Event`](super::Event) that carries their result; a failure arrives as
/// `LedgerFailed`.
#[derive(Debug)]
pub(crate) enum Record {
    /// Record an exchange, and close or park its item. The result is `Booked`.
    Exchange {
        row: Box<ExchangeRow>,
        review: Option<ReviewWork>,
    },
    /// Log a transition of an incident. The result is `Logged`.
    Transition(Box<LoggedTransition>),
    /// Queue a notification for the UIs. The result is `Queued`.
    Notification {
        row: NotificationRow,
        actions: Vec<NotificationAction>,
        /// Only if an earlier notification of its event is on the screen.
        in_place: bool,
    },
    /// Sum the day that began at this time. The result is `Summed`.
    Sum {
        since: DateTime<Utc>,
    },
    /// Count the exchanges that these open incidents affected, and find the last closed outage. The result is `Met`.
    ReadImpact {
        open: Vec<i64>,
        now: DateTime<Utc>,
    },
    /// A value at risk that is higher than the stored one.
    Peak {
        incident: i64,
        peak: Peak,
    },
    Observation(Observation),
    Probe(Box<ProbeRow>),
    FallbackTest(Box<FallbackTestRow>),
    Breaker(BreakerRow),
    ForgetBreaker(EndpointId, ModelId),
    /// A value that survives a restart, by name.
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
    /// A response that its client did not receive.
    Unfetched {
        id: String,
        run: ReviewRun,
    },
    /// Read the open items of pipelines. The result is `Drainable`.
    ReadDrainable,
    /// Add the cost of a run of the drain that failed.
    DrainCost(String, MicroDollars),
    /// The result of a delivery. It is also the event `DeliveryEnded`.
    DeliveryEnded {
        id: String,
        next: NextDelivery,
    },
    NotificationDelivered(i64, ledger::Outcome),
    /// Delete data that expired before this time.
    Expire(DateTime<Utc>),
    /// Count what is beyond the owner's limits. The result is `HistoryRead`.
    ReadHistory {
        limits: Limits,
    },
    /// Sum and delete a few old rows, by the owner's days. The result is `Deleted`.
    DeleteExpired {
        limits: Limits,
        zone: Zone,
        from: Progress,
    },
    /// Return some free pages to the disk. The result is `Shrunk`.
    Shrink,
    ExpireConversations(DateTime<Utc>),
    ForgetConversations,
}

impl Record {
    pub(crate) fn meta(key: impl Into<String>, value: impl Into<String>) -> Effect {
        Effect::Record(Record::Meta(key.into(), value.into()))
    }
}
