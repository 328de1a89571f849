use catalog::{EndpointId, MicroDollars, ModelId, ProviderId, Tokens};
use chrono::{DateTime, Utc};
use health::{CallOutcome, Observation};

use crate::online::Connectivity;
use crate::round::Round;

/// Result of watching.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    Observed(Observation),
    /// A completion probe ended; its [`Observation`] was reported immediately before.
    Probed {
        at: DateTime<Utc>,
        provider: ProviderId,
        endpoint: EndpointId,
        model: ModelId,
        outcome: CallOutcome,
        ttft_ms: Option<u64>,
        total_ms: u64,
        tokens: Tokens,
        /// False: the provider reported no usage; `tokens` is then zero, not an estimate.
        usage_reported: bool,
        /// Estimate from the catalogue's price; `None` where price or usage is not known.
        cost: Option<MicroDollars>,
    },
    /// The result of [`Nudge::CheckNow`](crate::Nudge::CheckNow).
    Round(Round),
    /// The local network was checked.
    Checked {
        at: DateTime<Utc>,
        connectivity: Connectivity,
    },
    /// A page was polled. `error`: why it could not be read, as text for people.
    PageRead {
        at: DateTime<Utc>,
        provider: ProviderId,
        url: String,
        error: Option<String>,
        /// The time of the page's last change, if the page states it.
        changed: Option<DateTime<Utc>>,
        /// False: no recording of the format at this URL exists.
        verified: bool,
        /// Component ids of the catalogue that the page no longer lists.
        missing: Vec<String>,
    },
}
