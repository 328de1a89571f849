//! The report for one customer.

use std::collections::BTreeSet;

use api::{AtRiskRange, ImpactBasis};
use catalog::Catalog;
use chrono::{DateTime, Utc};
use ledger::{Ledger, LedgerError};
use report::{
    CustomerIncident, CustomerItems, CustomerReport, Owner, ProviderUse, Redaction, SCHEMA,
};

use super::incidents::subject;
use super::incidents::{self, Found};
use super::period::{Span, peak};
use super::pipelines;
use crate::settings::Settings;
use crate::view::facts::Facts;
use crate::view::impact;

/// As in the owner's report.
const INCIDENTS: u32 = 10_000;

/// By name.
pub(crate) fn customers(settings: &Settings) -> BTreeSet<&str> {
    let details = settings.pipeline_details.values();
    details.filter_map(|one| one.customer.as_deref()).collect()
}

/// `customer`: one of [`customers`].
pub(crate) fn customer(
    ledger: &Ledger,
    facts: &impl Facts,
    span: &Span,
    owner: Owner,
    (customer, with_values): (&str, bool),
    now: DateTime<Utc>,
) -> Result<CustomerReport, LedgerError> {
    let settings = facts.settings();
    let own = |name: &str| pipelines::customer_of(settings, name) == Some(customer);
    let names: Vec<&str> = settings
        .pipeline_names
        .iter()
        .map(|name| &**name)
        .filter(|name| own(name))
        .collect();
    let period = &span.period;
    let rows = match &span.incident {
        Some(one) => vec![one.clone()],
        None => ledger.incidents_between(period.from, period.to, INCIDENTS)?,
    };
    let mut incidents = Vec::new();
    for found in incidents::found(ledger, rows)? {
        let in_a_list = span.incident.is_none();
        let items = items(ledger, facts, &found, &names, in_a_list, now)?;
        if !items.is_empty() {
            incidents.push(CustomerIncident {
                product: facts.product(&found.row.provider),
                peak: peak(&found.row),
                opened: found.row.opened,
                closed: found.row.closed,
                items,
            });
        }
    }
    let by = ledger.report_carried_by(&span.slots, &names)?;
    let providers = ledger.report_provider_use(&span.slots, &names)?.into_iter();
    let mut report = CustomerReport {
        schema: SCHEMA,
        customer: customer.to_owned(),
        period: period.clone(),
        owner,
        incidents,
        carried_by: by.iter().map(|id| facts.product(id)).collect(),
        providers: providers
            .map(|one| ProviderUse {
                product: facts.product(&one.provider),
                requests: one.requests,
            })
            .collect(),
    };
    let others = customers(settings)
        .into_iter()
        .filter(|other| *other != customer);
    let requests = ledger.report_requests(&span.slots)?;
    let seen = requests.iter().filter_map(|row| row.pipeline.as_deref());
    let known = settings.pipeline_names.iter().map(|name| &**name);
    let pipelines = seen.chain(known).filter(|name| !own(name));
    let bundled = Catalog::bundled();
    let public = bundled
        .providers()
        .iter()
        .map(|provider| &*provider.product);
    Redaction::new(others, pipelines, public, with_values).apply(&mut report);
    Ok(report)
}

/// Of the customer's pipelines that the incident affected.
fn items(
    ledger: &Ledger,
    facts: &impl Facts,
    found: &Found,
    names: &[&str],
    in_a_list: bool,
    now: DateTime<Utc>,
) -> Result<Vec<CustomerItems>, LedgerError> {
    let counted = pipelines::items(ledger, found.id, &found.met, in_a_list)?;
    let until = found.row.closed.unwrap_or(now);
    let impact = impact::impact(facts, subject(&found.row, &found.met), until);
    let own = impact
        .pipelines
        .into_iter()
        .filter(|of| names.contains(&&*of.pipeline));
    let items = own.map(|of| {
        let counted = counted.get(&of.pipeline).cloned().unwrap_or_default();
        CustomerItems {
            measured: match of.basis {
                ImpactBasis::Measured => true,
                ImpactBasis::HoursAlone => false,
            },
            affected: counted.hit,
            by_fallback: counted.carried,
            safe: of.safe,
            later: of.recovered,
            waiting: of.waiting,
            failed: of.failed,
            at_risk: (of.high > 0).then(|| AtRiskRange {
                currency: of.currency.clone(),
                low: of.low,
                high: of.high,
                peak_low: of.low,
                peak_high: of.high,
                peak_at: None,
                text: String::new(),
            }),
            pipeline: of.pipeline,
        }
    });
    Ok(items.collect())
}
