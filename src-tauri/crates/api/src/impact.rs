use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What an incident did to the owner's pipelines: three lines, and never one sum of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct Impact {
    /// Answered by a fallback, answered later, or marked as recovered.
    pub safe: ImpactLine,
    /// In the review queue: "$6,400, will be retried".
    pub waiting: ImpactLine,
    /// Failed and not in the queue, or marked as lost.
    pub failed: ImpactLine,
    /// Waiting + failed + the estimate of what was not measured, one range for each currency; it falls as items are recovered.
    /// Empty: no figure, and `why` gives the reason.
    pub at_risk: Vec<AtRiskRange>,
    /// Why there is no figure, or why nothing is at risk.
    pub why: Option<String>,
    /// The figures of each pipeline with their method; the lines above are their sums.
    pub pipelines: Vec<PipelineImpact>,
}

/// One of the three lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct ImpactLine {
    pub items: u64,
    /// One for each currency; empty: no item has a value.
    pub amounts: Vec<Amount>,
    /// "16 items, $6,400, will be retried"
    pub text: String,
}

/// An amount of money in the owner's currency.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Amount {
    /// Millionths of the currency's unit.
    pub micro: i64,
    /// ISO 4217: "USD".
    pub currency: String,
    /// "$6,400"
    pub text: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AtRiskRange {
    pub currency: String,
    /// Millionths of the currency's unit, as the next three.
    pub low: i64,
    pub high: i64,
    /// The highest values that this range had.
    pub peak_low: i64,
    pub peak_high: i64,
    /// Of the highest value; None: it is highest now.
    #[serde(default)]
    pub peak_at: Option<DateTime<Utc>>,
    /// With the instant in the engine's zone: "$5,000 to $15,000 at risk, at most $21,000 at 20:40"
    pub text: String,
}

/// One pipeline's part of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PipelineImpact {
    pub pipeline: String,
    /// The customer for whom it works.
    pub customer: Option<String>,
    pub basis: ImpactBasis,
    pub safe: u64,
    pub waiting: u64,
    pub failed: u64,
    /// Of the safe ones: failed first, and delivered later or marked as recovered by the owner.
    pub recovered: u64,
    /// Of the failed ones: marked as lost by the owner.
    pub lost: u64,
    pub currency: String,
    /// At risk now, in millionths of the currency's unit.
    pub low: i64,
    pub high: i64,
    /// One sentence: measured or estimated, the calculation, and figures that come out.
    pub method: String,
}

/// Where a pipeline's figure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ImpactBasis {
    /// Its requests pass through Understudy, and were counted.
    Measured,
    /// Estimated from the outage's hours alone, because it runs elsewhere or sent nothing.
    HoursAlone,
}

/// An item that failed during an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ImpactItem {
    pub pipeline: String,
    /// Names it within its pipeline: the item's name, the id of its review item, or `#` and the request's number.
    pub item: String,
    pub state: ImpactItemState,
    /// Its review items.
    pub reviews: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ImpactItemState {
    /// Answered later, done by hand, or marked as recovered.
    Recovered,
    /// In the review queue.
    Waiting,
    /// Neither in the queue nor answered later.
    Failed,
    /// Marked as lost.
    Lost,
    /// Dismissed from the queue.
    NotNeeded,
}

/// `POST /control/incidents/<id>/mark`: the owner states what became of an item. An item that waits leaves the review queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct MarkItem {
    pub pipeline: String,
    /// As in [`ImpactItem`].
    pub item: String,
    /// None: removes the mark.
    pub mark: Option<ItemMark>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ItemMark {
    Recovered,
    Lost,
}
