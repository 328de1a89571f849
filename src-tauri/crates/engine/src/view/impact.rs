//! What an incident did to the owner's pipelines: safe, waiting and failed items, and what is at risk.

mod earlier_shells;
mod lines;
mod parts;
mod reason;
mod sentence;

use std::collections::BTreeMap;

use api::{
    AtRiskRange, Impact, ImpactBasis, ImpactItem, ImpactItemState, ItemMark, PipelineImpact,
};
use chrono::{DateTime, Utc};
use impact::{Basis, Currency, Money};
use ledger::{ItemState, Mark, Peak};

use super::facts::Facts;

pub(crate) use earlier_shells::at_risk;
use parts::Affected;
pub(crate) use parts::Subject;
pub(crate) use sentence::{range_text, sentence};

pub(crate) fn impact(facts: &impl Facts, of: Subject<'_>, now: DateTime<Utc>) -> Impact {
    let routed = |name: &str| facts.is_routed(name);
    let affected = parts::affected(facts.settings(), &routed, of, now);
    let figures = affected.iter().filter_map(|one| one.part.as_ref());
    let totals = impact::totals(figures);
    let mut at_risk = match parts::has_figure(&affected, of, now) {
        true => ranges(&totals, &of.met.peaks),
        false => Vec::new(),
    };
    let clock = facts.clock(now);
    for range in &mut at_risk {
        range.text = range_text(range, &clock);
    }
    let nothing = at_risk.iter().all(|range| range.high == 0);
    Impact {
        safe: lines::safe(&affected),
        waiting: lines::waiting(&affected),
        failed: lines::failed(&affected),
        why: nothing.then(|| reason::reason(facts.settings(), &affected, of, now)),
        at_risk,
        pipelines: affected.iter().map(shown).collect(),
    }
}

/// Those above zero, now or at their peak; if there is none, the first.
fn ranges(totals: &BTreeMap<Currency, (Money, Money)>, peaks: &[Peak]) -> Vec<AtRiskRange> {
    let range = |currency: &Currency, low: i64, high: i64| {
        let peak = peaks.iter().find(|peak| peak.currency == currency.code());
        let (peak_low, peak_high) = peak.map_or((0, 0), |peak| (peak.low, peak.high));
        AtRiskRange {
            currency: currency.to_string(),
            low,
            high,
            peak_low: peak_low.max(low),
            peak_high: peak_high.max(high),
            peak_at: peak.filter(|peak| peak.high > high).map(|peak| peak.at),
            text: String::new(),
        }
    };
    let all: Vec<AtRiskRange> = totals
        .iter()
        .map(|(currency, (low, high))| range(currency, low.micro, high.micro))
        .collect();
    let above: Vec<AtRiskRange> = all
        .iter()
        .filter(|one| one.peak_high > 0)
        .cloned()
        .collect();
    match above.is_empty() {
        true => all.into_iter().take(1).collect(),
        false => above,
    }
}

fn shown(affected: &Affected) -> PipelineImpact {
    let zero = Money::default();
    let (low, high) = affected
        .part
        .as_ref()
        .map_or((zero, zero), |part| (part.low, part.high));
    PipelineImpact {
        pipeline: affected.name.clone(),
        customer: affected.customer.clone(),
        basis: match affected.basis {
            Basis::Measured => ImpactBasis::Measured,
            Basis::Elsewhere | Basis::NotSeen => ImpactBasis::HoursAlone,
        },
        safe: affected.items.safe,
        waiting: affected.items.waiting,
        failed: affected.items.failed,
        recovered: affected.items.recovered,
        lost: affected.items.lost,
        currency: low.currency.to_string(),
        low: low.micro,
        high: high.micro,
        method: affected.method(),
    }
}

/// The present values at risk, for the ledger.
pub(crate) fn peaks(impact: &Impact, now: DateTime<Utc>) -> Vec<Peak> {
    let above = impact.at_risk.iter().filter(|range| range.high > 0);
    let peaks = above.map(|range| Peak {
        currency: range.currency.clone(),
        low: range.low,
        high: range.high,
        at: now,
    });
    peaks.collect()
}

pub(crate) fn item(item: &ledger::ImpactItem) -> ImpactItem {
    ImpactItem {
        pipeline: item.pipeline.clone(),
        item: item.key.clone(),
        state: match item.state {
            ItemState::Recovered => ImpactItemState::Recovered,
            ItemState::Waiting => ImpactItemState::Waiting,
            ItemState::Failed => ImpactItemState::Failed,
            ItemState::Lost => ImpactItemState::Lost,
            ItemState::NotNeeded => ImpactItemState::NotNeeded,
        },
        reviews: item.reviews.clone(),
    }
}

pub(crate) fn mark(mark: ItemMark) -> Mark {
    match mark {
        ItemMark::Recovered => Mark::Recovered,
        ItemMark::Lost => Mark::Lost,
    }
}

#[cfg(test)]
mod tests;
