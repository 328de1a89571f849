//! `understudyd test`: the cost of a test of each fallback, the owner's consent, and the results.

use std::process::ExitCode;
use std::time::Duration;

use api::{Fallback, Fallbacks, TestFallback};
use catalog::MicroDollars;
use reqwest::Method;

use super::client::{CallError, Engine};
use super::consent::confirmed;
use super::print_line::print_line;
use super::show::{finish, print_json, query_of};
use crate::view::fallback_test::dollars;

/// Each of the two steps may take as long as the longest attempt.
const WITHIN: Duration = Duration::from_secs(60 * 60);
/// Nothing was tested.
const UNTESTED: u8 = 2;

#[derive(Debug, clap::Args)]
pub(super) struct TestArgs {
    /// Only the fallbacks of this route, endpoint or model
    of: Option<String>,
    /// Accept the cost without a prompt; by default the costs are shown and must be confirmed
    #[arg(long)]
    yes: bool,
    /// Print JSON: with --yes the results, without it the possible tests
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: TestArgs) -> ExitCode {
    finish(args.json, test(args)).await
}

async fn test(args: TestArgs) -> Result<ExitCode, CallError> {
    let engine = Engine::find_patient(WITHIN)?;
    let query = args.of.as_deref().map(|of| query_of(&[("of", of)]));
    let path = format!("/fallbacks?{}", query.unwrap_or_default());
    let listed: Fallbacks = engine.get(&path).await?;
    if args.json && !args.yes {
        print_json(&listed);
        return Ok(ExitCode::from(UNTESTED));
    }
    if !args.json {
        print_listed(&listed.fallbacks, args.of.as_deref());
    }
    let testable = listed
        .fallbacks
        .iter()
        .filter(|one| one.untestable.is_none());
    let (paid, free): (Vec<_>, Vec<_>) = testable.partition(|one| one.cost.needs_yes);
    let mut chosen = free;
    if args.yes || requested(&paid) {
        chosen.extend(paid);
    }
    let mut results = Vec::new();
    for one in chosen {
        let tested = play(&engine, one).await?;
        if !args.json {
            print_result(&tested);
        }
        results.push(tested);
    }
    let failed = results
        .iter()
        .any(|one| one.last.as_ref().is_none_or(|last| !last.passed));
    let code = match (results.is_empty(), failed) {
        (true, _) => ExitCode::from(UNTESTED),
        (false, true) => ExitCode::from(1),
        (false, false) => ExitCode::SUCCESS,
    };
    if args.json {
        print_json(&Fallbacks { fallbacks: results });
    }
    Ok(code)
}

async fn play(engine: &Engine, fallback: &Fallback) -> Result<Fallback, CallError> {
    let wanted = TestFallback {
        dialect: fallback.dialect,
        endpoint: fallback.endpoint.clone(),
        model: fallback.model.clone(),
        yes: true,
    };
    engine
        .call(Method::POST, "/fallbacks/test", Some(&wanted))
        .await
}

fn print_listed(fallbacks: &[Fallback], of: Option<&str>) {
    if fallbacks.is_empty() {
        match of {
            Some(name) => print_line!("No fallback of a route, an endpoint or a model \"{name}\"."),
            None => print_line!("No fallback: `understudyd doctor` shows what is missing."),
        }
        return;
    }
    for one in fallbacks {
        print_line!("{}: {}", one.name, one.message);
        print_line!(
            "    {} {}, for {} of route {} ({})",
            one.endpoint,
            one.model,
            one.requested_model,
            one.route,
            one.dialect
        );
        match &one.untestable {
            Some(why) => print_line!("    cannot be tested: {why}"),
            None => print_line!("    a test costs {}", one.cost.method),
        }
    }
}

fn print_result(tested: &Fallback) {
    print_line!("{}: {}", tested.name, tested.message);
    if let Some(fix) = tested.last.as_ref().and_then(|last| last.fix.as_ref()) {
        print_line!("    To fix it: {fix}");
    }
}

/// The owner's consent. No input counts as a no.
fn requested(paid: &[&Fallback]) -> bool {
    if paid.is_empty() {
        return false;
    }
    if !confirmed(&question(paid)) {
        print_line!("Not tested. `understudyd test --yes` tests without confirmation.");
        return false;
    }
    true
}

/// "Test these 2 fallbacks for about $0.004, at most $0.05?"
fn question(paid: &[&Fallback]) -> String {
    let count = match paid.len() {
        1 => "this fallback".to_owned(),
        n => format!("these {n} fallbacks"),
    };
    let sum = |of: fn(&Fallback) -> Option<i64>| -> Option<MicroDollars> {
        paid.iter().map(|one| of(one).map(MicroDollars)).sum()
    };
    let likely = sum(|one| one.cost.likely);
    let most = sum(|one| one.cost.most);
    match likely.zip(most) {
        Some((likely, most)) => format!(
            "Test {count} for about {}, at most {}?",
            dollars(likely),
            dollars(most)
        ),
        None => format!("Test {count}? The cost of some tests is unknown."),
    }
}
