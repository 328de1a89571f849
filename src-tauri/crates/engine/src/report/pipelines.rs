//! The pipelines of the settings, and what an incident did to each of them.

use std::collections::BTreeMap;

use ledger::{Ledger, LedgerError, Met, ReportItems};

use crate::settings::Settings;

/// The customer of a pipeline.
pub(super) fn customer_of<'a>(settings: &'a Settings, pipeline: &str) -> Option<&'a str> {
    settings.pipeline_details.get(pipeline)?.customer.as_deref()
}

/// By pipeline. `in_a_list`: the stored figures are enough. They are also left of an incident whose requests are deleted.
pub(super) fn items(
    ledger: &Ledger,
    incident: i64,
    met: &Met,
    in_a_list: bool,
) -> Result<BTreeMap<String, ReportItems>, LedgerError> {
    if met.pipelines.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = match in_a_list {
        true => ledger.report_stored_items(incident)?,
        false => ledger.report_items(incident)?,
    };
    let rows = rows.into_iter();
    let mut items: BTreeMap<String, ReportItems> = rows
        .filter_map(|row| Some((row.pipeline.clone()?, row)))
        .collect();
    for of in &met.pipelines {
        items
            .entry(of.pipeline.clone())
            .or_insert_with(|| ReportItems {
                pipeline: Some(of.pipeline.clone()),
                hit: of.hit,
                carried: of.carried,
                ..ReportItems::default()
            });
    }
    Ok(items)
}
