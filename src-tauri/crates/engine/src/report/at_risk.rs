//! What an incident did to the pipelines, in three lines.

use std::collections::BTreeMap;

use api::{AtRisk, AtRiskRange, Impact, ImpactBasis, ImpactLine, PipelineImpact};
use catalog::{Catalog, MicroDollars, ProviderId};
use chrono::{DateTime, Utc};
use ledger::{Met, ReportItems};

use super::pipelines::customer_of;
use crate::desk::Zone;
use crate::settings::Settings;
use crate::view::at_risk;
use crate::view::facts::Facts;

/// The only place where reports get an incident's impact.
pub(super) fn impact(
    facts: &impl Facts,
    provider: &ProviderId,
    met: &Met,
    items: &BTreeMap<String, ReportItems>,
    now: DateTime<Utc>,
) -> Impact {
    let why = match at_risk::at_risk(facts, provider, met, now) {
        AtRisk::NoEstimate { why } | AtRisk::Nothing { why } => Some(why),
        AtRisk::Estimate { .. } => None,
    };
    let mut impact = Impact {
        why,
        ..Impact::default()
    };
    let settings = facts.settings();
    let mut names: Vec<&str> = met.pipelines.iter().map(|of| &*of.pipeline).collect();
    let using = settings.pipelines.iter().filter(|one| one.uses(provider));
    names.extend(using.map(|one| &*one.name));
    names.sort_unstable();
    names.dedup();
    for name in names {
        let alone = Alone::new(facts, name);
        let of = of_pipeline(&alone, provider, name, met, items.get(name), now);
        impact.pipelines.extend(of);
    }
    sum(&mut impact);
    impact
}

/// `None`: it passes through the gateway, and none of its requests was affected.
fn of_pipeline(
    alone: &Alone<'_, impl Facts>,
    provider: &ProviderId,
    name: &str,
    met: &Met,
    items: Option<&ReportItems>,
    now: DateTime<Utc>,
) -> Option<PipelineImpact> {
    let of = met.pipelines.iter().find(|of| of.pipeline == name);
    let settings = &alone.settings;
    let currency = settings
        .pipelines
        .first()
        .map_or("USD".to_owned(), |one| one.currency.code().to_owned());
    let (low, high, method) = match at_risk::at_risk(alone, provider, met, now) {
        AtRisk::NoEstimate { .. } => (0, 0, "no value is set, so there is no amount".to_owned()),
        AtRisk::Nothing { why } => (0, 0, why),
        AtRisk::Estimate {
            low, high, method, ..
        } => (low, high, method),
    };
    if of.is_none() && high == 0 {
        return None;
    }
    let counted = items.cloned().unwrap_or_default();
    let at_once = counted.carried.saturating_add(counted.answered);
    Some(PipelineImpact {
        pipeline: name.to_owned(),
        customer: customer_of(settings, name).map(str::to_owned),
        basis: match of {
            Some(_) => ImpactBasis::Measured,
            None => ImpactBasis::HoursAlone,
        },
        safe: at_once.saturating_add(counted.later),
        waiting: of.map_or(0, |of| of.waiting),
        failed: of.map_or(0, |of| of.failed),
        recovered: counted.later,
        lost: 0,
        currency,
        low,
        high,
        method,
    })
}

fn sum(impact: &mut Impact) {
    let total = |of: fn(&PipelineImpact) -> u64| impact.pipelines.iter().map(of).sum::<u64>();
    let line = |items: u64, what: &str| ImpactLine {
        items,
        amounts: Vec::new(),
        text: match items {
            0 => String::new(),
            1 => format!("1 item{what}"),
            items => format!("{items} items{what}"),
        },
    };
    let safe = line(total(|of| of.safe), "");
    let waiting = line(total(|of| of.waiting), ", kept in the review queue");
    let failed = line(total(|of| of.failed), "");
    let mut ranges: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for of in impact.pipelines.iter().filter(|of| of.high > 0) {
        let range = ranges.entry(&of.currency).or_default();
        *range = (
            range.0.saturating_add(of.low),
            range.1.saturating_add(of.high),
        );
    }
    let ranges = ranges
        .into_iter()
        .map(|(currency, (low, high))| AtRiskRange {
            currency: currency.to_owned(),
            low,
            high,
            peak_low: low,
            peak_high: high,
            text: format!("At risk: {}", range(low, high, currency)),
        });
    let at_risk = ranges.collect();
    (impact.safe, impact.waiting, impact.failed, impact.at_risk) = (safe, waiting, failed, at_risk);
}

fn range(low: i64, high: i64, currency: &str) -> String {
    let amount = |micro: i64| {
        let dollars = MicroDollars(micro).to_string();
        match currency {
            "USD" => dollars,
            other => format!("{other} {}", dollars.trim_start_matches('$')),
        }
    };
    match low == high {
        true => amount(low),
        false => format!("{} to {}", amount(low), amount(high)),
    }
}

/// The facts with one pipeline only.
struct Alone<'a, F> {
    facts: &'a F,
    settings: Settings,
}

impl<'a, F: Facts> Alone<'a, F> {
    fn new(facts: &'a F, pipeline: &str) -> Alone<'a, F> {
        let mut settings = facts.settings().clone();
        settings.pipelines.retain(|one| one.name == pipeline);
        Alone { facts, settings }
    }
}

impl<F: Facts> Facts for Alone<'_, F> {
    fn catalog(&self) -> &Catalog {
        self.facts.catalog()
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn zone(&self) -> &Zone {
        self.facts.zone()
    }

    fn is_routed(&self, pipeline: &str) -> bool {
        self.facts.is_routed(pipeline)
    }
}
