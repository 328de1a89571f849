use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// `GET /control/reports`: what a report can be about. The report itself is `GET /control/report?month=2026-11` or `?incident=12`
/// with `format` (html, md, json, csv), `table` (of CSV), `customer` and `with_values`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReportChoices {
    /// Newest first.
    pub months: Vec<ReportMonth>,
    /// Customers of the pipelines in the settings, by name.
    pub customers: Vec<String>,
    /// Tables of CSV in the owner's report.
    pub tables: Vec<String>,
    /// Zone in which months begin, and of all times.
    pub zone: String,
    /// Name on the reports.
    pub owner: Option<String>,
    /// Why the logo is missing on the reports, and what to do.
    pub logo_problem: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReportMonth {
    /// "2026-11"
    pub month: String,
    /// "November 2026"
    pub title: String,
    pub is_over: bool,
}
