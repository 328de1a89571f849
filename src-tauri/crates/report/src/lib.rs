//! Reports: figures in; HTML, Markdown, CSV and JSON out. Two kinds: for the owner, with everything, and for one customer, a
//! short page with only that customer's pipelines.
//!
//! Pure: figures, time and zone are arguments.

mod chart;
mod csv;
mod customer;
mod heading;
mod logo;
mod model;
mod month;
mod owner;
mod page;
mod place;
mod redaction;
mod render;
mod table;
mod text;

pub use csv::{Source, csv};
pub use customer::{CustomerIncident, CustomerItems, CustomerReport, ProviderUse};
pub use logo::{LARGEST_LOGO, LogoError, logo};
pub use model::{
    CallCounts, DayCost, DayUptime, Entry, ExcludedTime, IncidentRow, LaneSlot, Lanes, ModelUptime,
    Observer, Owner, OwnerReport, Period, PeriodKind, PipelineTotals, ProviderUptime, ReviewEnd,
    ReviewRow, SCHEMA, Spending,
};
pub use month::{Month, NotAMonth};
pub use place::{Place, Zone};
pub use redaction::Redaction;
pub use render::{html, json, markdown};
pub use table::TableName;

#[cfg(test)]
mod tests;
