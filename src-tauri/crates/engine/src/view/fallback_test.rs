//! Text about fallbacks and their test results.

use std::collections::BTreeSet;

use api::{Fallback, FallbackTest, Fallbacks, TestCost, TestFault, usd};
use catalog::{Dialect, MicroDollars};
use chrono::Datelike;
use ledger::FallbackTestRow;

use super::{fallback, words};
use crate::fallback_test::cost::Expected;
use crate::fallback_test::target::Target;
use crate::routing::SAMPLE;
use crate::state::State;

/// Each fallback once, in the dialects of its clients; `of`: only those of this route, endpoint or model.
pub(crate) fn listed(state: &State, of: Option<&str>) -> Fallbacks {
    let wanted = state.targets.iter();
    let wanted = wanted.filter(|target| target.usual);
    let wanted = wanted.filter(|target| of.is_none_or(|name| target.is_of(name)));
    let mut known = BTreeSet::new();
    let once = wanted.filter(|target| known.insert(target.key()));
    Fallbacks {
        fallbacks: once.map(|target| shown(state, target)).collect(),
    }
}

pub(crate) fn of_route(state: &State, route: &str, dialect: Dialect) -> Vec<Fallback> {
    let of_it = |target: &&Target| target.route == route && target.turn.dialect == dialect;
    let targets = state.targets.iter().filter(of_it);
    targets.map(|target| shown(state, target)).collect()
}

pub(crate) fn shown(state: &State, target: &Target) -> Fallback {
    let row = state.tested.get(&target.key());
    let last = row.map(|row| test(row, row.fingerprint != target.fingerprint));
    Fallback {
        route: target.route.clone(),
        dialect: words::dialect(target.turn.dialect),
        requested_model: target.turn.model.clone(),
        endpoint: target.endpoint.to_string(),
        model: target.model.to_string(),
        name: name(state, target),
        message: row
            .zip(last.as_ref())
            .map_or_else(|| NEVER.to_owned(), |(row, last)| line(state, row, last)),
        spans: match row.zip(last.as_ref()) {
            Some((row, last)) => ::words::with_instant("tested ", row.at, &result(row, last)),
            None => ::words::text(NEVER),
        },
        cost: cost(target),
        untestable: target.untestable.clone(),
        last,
    }
}

pub(crate) const NEVER: &str = "never tested";

/// "GPT Sol"; with the provider's name if several providers serve it.
pub(crate) fn name(state: &State, target: &Target) -> String {
    if target.model.as_str().contains(SAMPLE) {
        return state.product(&target.provider);
    }
    let name = fallback::model(&target.model);
    let elsewhere =
        |other: &Target| other.endpoint != target.endpoint && fallback::model(&other.model) == name;
    if !state.targets.iter().any(elsewhere) {
        return name;
    }
    let provider = state.catalog.provider(&target.provider);
    let provider = provider.map_or_else(|| target.endpoint.to_string(), |p| p.name.clone());
    format!("{name} ({provider})")
}

/// "tested 29 Nov, tool turn complete, $0.002"
fn line(state: &State, row: &FallbackTestRow, test: &FallbackTest) -> String {
    let day = state.zone.local(row.at);
    let day = match day.year() == state.started.year() {
        true => day.format("%-d %b"),
        false => day.format("%-d %b %Y"),
    };
    format!("tested {day}{}", result(row, test))
}

/// ", tool turn complete, $0.002"
fn result(row: &FallbackTestRow, test: &FallbackTest) -> String {
    let cost = match row.cost {
        Some(MicroDollars::ZERO) => "no cost".to_owned(),
        Some(cost) if row.tokens_estimated => format!("about {}", dollars(cost)),
        Some(cost) => dollars(cost),
        None => "cost unknown".to_owned(),
    };
    let outdated = match test.outdated {
        true => "; its settings or its model's facts have changed since, so test it again",
        false => "",
    };
    format!(", {}, {cost}{outdated}", test.message)
}

fn test(row: &FallbackTestRow, outdated: bool) -> FallbackTest {
    let failed = row.failed.as_ref();
    FallbackTest {
        at: row.at,
        passed: failed.is_none(),
        failed_step: failed.map(|failed| failed.step),
        message: failed.map_or_else(
            || "tool turn complete".to_owned(),
            |failed| format!("failed at step {}: {}", failed.step, failed.why),
        ),
        fault: failed.map(|failed| fault(failed.fault)),
        fix: failed.map(|failed| failed.fix.clone()),
        total_ms: row.total_ms,
        input_tokens: row.tokens.prompt(),
        output_tokens: row.tokens.output,
        tokens_estimated: row.tokens_estimated,
        cost: row.cost.map(|cost| cost.0),
        cost_usd: row.cost.map(|cost| usd(cost.0)),
        outdated,
    }
}

fn fault(fault: ledger::TestFault) -> TestFault {
    match fault {
        ledger::TestFault::Provider => TestFault::Provider,
        ledger::TestFault::Account => TestFault::Account,
        ledger::TestFault::Model => TestFault::Model,
        ledger::TestFault::Settings => TestFault::Settings,
        ledger::TestFault::Understudy => TestFault::Understudy,
    }
}

pub(crate) fn cost(target: &Target) -> TestCost {
    cost_of(&target.expected)
}

pub(crate) fn cost_of(expected: &Expected) -> TestCost {
    let tokens = format!("{} tokens in and {} out", expected.input, expected.output);
    let method = match (expected.free, expected.likely, expected.most) {
        (true, ..) => "nothing: it runs on this machine".to_owned(),
        (false, Some(likely), Some(most)) => {
            let price = super::price::sentence(expected.source, expected.price_as_of.as_deref());
            let about = match likely.0 {
                1..1_000 => "",
                _ => "about ",
            };
            format!(
                "{about}{}: {tokens} at {price}; at most {}",
                dollars(likely),
                dollars(most)
            )
        }
        (false, ..) => format!("an unknown amount: {tokens}, and no price is known"),
    };
    TestCost {
        needs_yes: !expected.free,
        likely: expected.likely.map(|cost| cost.0),
        most: expected.most.map(|cost| cost.0),
        likely_usd: expected.likely.map(|cost| usd(cost.0)),
        most_usd: expected.most.map(|cost| usd(cost.0)),
        method,
    }
}

/// "$0.002": amounts below one cent are rounded to a tenth of a cent.
pub(crate) fn dollars(cost: MicroDollars) -> String {
    match cost.0 {
        0 | 9_500.. => cost.to_string(),
        1..1_000 => "under $0.001".to_owned(),
        micro => format!("${:.3}", MicroDollars(micro).dollars()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_amounts_keep_a_tenth_of_a_cent() {
        for (micro, message) in [
            (0, "$0"),
            (1, "under $0.001"),
            (999, "under $0.001"),
            (1_000, "$0.001"),
            (1_960, "$0.002"),
            (9_499, "$0.009"),
            (10_000, "$0.01"),
            (123_400, "$0.12"),
        ] {
            assert_eq!(dollars(MicroDollars(micro)), message, "{micro}");
        }
    }
}
