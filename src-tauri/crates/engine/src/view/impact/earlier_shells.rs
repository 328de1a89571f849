//! The value at risk as shells of earlier versions read it: one sum in dollars.

use api::{AtRisk, Impact};

pub(crate) fn at_risk(impact: &Impact) -> AtRisk {
    let why = || impact.why.clone().unwrap_or_default();
    if impact.at_risk.is_empty() {
        return AtRisk::NoEstimate { why: why() };
    }
    if impact.at_risk.iter().all(|range| range.high == 0) {
        return AtRisk::Nothing { why: why() };
    }
    let at_risk = impact.pipelines.iter().filter(|one| one.high > 0);
    let methods = at_risk.map(|one| format!("{}: {}", one.pipeline, one.method));
    let method = methods.collect::<Vec<_>>().join(" ");
    let mut ranges = impact.at_risk.iter();
    let Some(dollars) = ranges.find(|range| range.currency == "USD" && range.high > 0) else {
        let texts = impact.at_risk.iter().map(|range| &*range.text);
        let texts = texts.collect::<Vec<_>>().join("; ");
        return AtRisk::NoEstimate {
            why: format!("{texts}. {method}"),
        };
    };
    let lines = [&impact.waiting, &impact.failed].into_iter();
    let amounts = lines.flat_map(|line| &line.amounts);
    let known = amounts.filter(|amount| amount.currency == "USD");
    AtRisk::Estimate {
        low: dollars.low,
        high: dollars.high,
        known: known.fold(0i64, |sum, amount| sum.saturating_add(amount.micro)),
        low_usd: api::usd(dollars.low),
        high_usd: api::usd(dollars.high),
        method,
    }
}
