//! The figures of a report, as JSON has them. Times are UTC; amounts are micro-dollars.

use api::Impact;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// A new number: a field changed its meaning or is gone. New fields keep it.
pub const SCHEMA: &str = "understudy.report/1";

/// Everything, for the owner.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OwnerReport {
    pub schema: &'static str,
    pub period: Period,
    pub owner: Owner,
    pub uptime: Vec<ProviderUptime>,
    pub incidents: Vec<IncidentRow>,
    pub spending: Spending,
    /// By pipeline; the row without a name: requests without one.
    pub requests: Vec<PipelineTotals>,
    pub review: Vec<ReviewRow>,
    /// Review items of the period that are not in the list, because it is full.
    pub review_left_out: u64,
    /// Of an incident.
    pub lanes: Option<Lanes>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Period {
    pub kind: PeriodKind,
    /// "2026-11", or the incident's number.
    pub name: String,
    /// "November 2026", "Claude: major outage"
    pub title: String,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// False: the month or the incident has not ended, and `to` is the time of the report.
    pub is_over: bool,
    pub made: DateTime<Utc>,
    /// Name of the zone in which days and months begin.
    pub zone: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodKind {
    Month,
    Incident,
}

/// Whose report it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Owner {
    pub name: Option<String>,
    /// A `data:` URI.
    #[serde(skip)]
    pub logo: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProviderUptime {
    pub provider: String,
    /// "Claude"
    pub product: String,
    /// Time without an outage that was the provider's, as a share of the counted time. None: no time was counted.
    pub availability: Option<f64>,
    pub counted_s: u64,
    /// Outage of the provider: partial or major.
    pub outage_s: u64,
    pub degraded_s: u64,
    pub excluded: ExcludedTime,
    pub calls: CallCounts,
    pub models: Vec<ModelUptime>,
    pub days: Vec<DayUptime>,
}

/// Time that is neither up nor down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExcludedTime {
    /// Outages whose cause was this computer or its network.
    pub ours_s: u64,
    /// Outages whose cause could not be determined.
    pub undetermined_s: u64,
    /// Neither a request, nor a probe, nor a readable status page.
    pub no_evidence_s: u64,
}

/// Requests and probes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CallCounts {
    /// They show whether the provider works.
    pub judged: u64,
    /// Of those: failed because of the provider.
    pub failed: u64,
    /// Excluded: a rate limit, a used-up plan or balance.
    pub limits: u64,
    /// Excluded: this computer, its settings or keys, or the request itself.
    pub ours: u64,
    /// Excluded: the result shows nothing, or only a daily sum is left of it.
    pub unknown: u64,
}

impl CallCounts {
    /// Share of the judged calls that were answered. None: there is none.
    pub fn answered(&self) -> Option<f64> {
        let answered = self.judged.saturating_sub(self.failed);
        (self.judged > 0).then(|| answered as f64 / self.judged as f64)
    }

    pub fn add(&mut self, other: &CallCounts) {
        self.judged += other.judged;
        self.failed += other.failed;
        self.limits += other.limits;
        self.ours += other.ours;
        self.unknown += other.unknown;
    }

    pub fn is_empty(&self) -> bool {
        *self == CallCounts::default()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelUptime {
    pub model: String,
    pub answered: Option<f64>,
    pub calls: CallCounts,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DayUptime {
    pub begins: DateTime<Utc>,
    pub calls: CallCounts,
    pub outage_s: u64,
    pub degraded_s: u64,
    pub excluded: ExcludedTime,
    /// Requests that a fallback answered for this provider.
    pub carried: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IncidentRow {
    pub id: i64,
    pub provider: String,
    pub product: String,
    /// "partial outage"
    pub peak: String,
    /// "the provider"
    pub cause: String,
    pub opened: DateTime<Utc>,
    pub closed: Option<DateTime<Utc>>,
    pub observed_by: Vec<Observer>,
    /// From the beginning to the first response of a fallback.
    pub first_fallback_s: Option<u64>,
    /// From the beginning to the end.
    pub recovery_s: Option<u64>,
    pub hit: u64,
    pub carried: u64,
    pub waiting: u64,
    pub failed: u64,
    pub fallback_cost_micro_usd: i64,
    pub impact: Impact,
}

/// What showed the incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Observer {
    RequestsAndProbes,
    StatusPage,
    /// The page listed it when it was over.
    StatusPageAfterwards,
}

impl Observer {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Observer::RequestsAndProbes => "requests and probes",
            Observer::StatusPage => "status page",
            Observer::StatusPageAfterwards => "status page, afterwards",
        }
    }

    /// In a column.
    pub(crate) fn short(self) -> &'static str {
        match self {
            Observer::RequestsAndProbes => "requests",
            Observer::StatusPage => "page",
            Observer::StatusPageAfterwards => "page, later",
        }
    }
}

/// Micro-dollars at list prices.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Spending {
    pub own_micro_usd: i64,
    pub fallback_micro_usd: i64,
    pub probes_micro_usd: i64,
    pub total_micro_usd: i64,
    /// Of the total: the complete cost of fallbacks. None: nothing was billed.
    pub fallback_share: Option<f64>,
    /// What the primaries would have cost for the requests that fallbacks answered. Estimated.
    pub primaries_micro_usd: i64,
    /// Of those requests: the primary is paid by a subscription, and would have cost nothing.
    pub primaries_by_subscription: u64,
    /// Of those requests: the price of the primary is not known, and counts as nothing.
    pub primaries_unpriced: u64,
    /// Cost of fallbacks less what the primaries would have cost; negative: the fallbacks were cheaper.
    pub surcharge_micro_usd: i64,
    /// The surcharge as a share of the total. None: nothing was billed.
    pub surcharge_share: Option<f64>,
    /// The owner's settings contain prices or discounts.
    pub own_prices: bool,
    /// Of all three: responses that failed before their end.
    pub incomplete_micro_usd: i64,
    /// Of all three: from tokens that are estimated from bytes.
    pub estimated_micro_usd: i64,
    /// Requests that a key paid, and whose price is not known.
    pub unpriced_requests: u64,
    /// Days of which only sums are left: own and fallback are split by whether the model was a primary on that day.
    pub summed_days: u64,
    pub days: Vec<DayCost>,
}

impl Spending {
    /// Sets the total, the surcharge and the shares.
    pub fn summed(self) -> Spending {
        let parts = [
            self.own_micro_usd,
            self.fallback_micro_usd,
            self.probes_micro_usd,
        ];
        let total = parts.into_iter().fold(0, i64::saturating_add);
        let surcharge = self
            .fallback_micro_usd
            .saturating_sub(self.primaries_micro_usd);
        Spending {
            total_micro_usd: total,
            fallback_share: (total > 0).then(|| self.fallback_micro_usd as f64 / total as f64),
            surcharge_micro_usd: surcharge,
            surcharge_share: (total > 0).then(|| surcharge as f64 / total as f64),
            ..self
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DayCost {
    pub begins: DateTime<Utc>,
    pub own_micro_usd: i64,
    pub fallback_micro_usd: i64,
    pub probes_micro_usd: i64,
    /// What the primaries would have cost for the requests that fallbacks answered. Estimated.
    pub primaries_micro_usd: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PipelineTotals {
    /// None: requests without a pipeline.
    pub pipeline: Option<String>,
    pub customer: Option<String>,
    pub requests: u64,
    /// Answered, by the primary or a fallback.
    pub answered: u64,
    pub carried: u64,
    pub failed: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReviewRow {
    pub pipeline: Option<String>,
    pub customer: Option<String>,
    pub item: Option<String>,
    pub first_failed: DateTime<Utc>,
    pub failures: u64,
    pub end: ReviewEnd,
    pub ended: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewEnd {
    Waiting,
    AnsweredLater,
    DoneByHand,
    Dismissed,
}

impl ReviewEnd {
    pub(crate) fn text(self) -> &'static str {
        match self {
            ReviewEnd::Waiting => "waiting",
            ReviewEnd::AnsweredLater => "answered later",
            ReviewEnd::DoneByHand => "done by hand",
            ReviewEnd::Dismissed => "dismissed",
        }
    }
}

/// The requests of an incident over its time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lanes {
    pub bounds: Vec<DateTime<Utc>>,
    pub slots: Vec<LaneSlot>,
    /// The timeline, oldest first.
    pub entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LaneSlot {
    pub slot: u32,
    pub carried: u64,
    pub waiting: u64,
    pub failed: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    pub at: DateTime<Utc>,
    pub of_status_page: bool,
    pub text: String,
}
