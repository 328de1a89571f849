//! Text about a drill: what it would do, its steps, its report.

use std::time::Duration;

use api::{Drill, DrillOffer, DrillReport, DrillStep, TestCost, usd};
use catalog::MicroDollars;
use gateway::MadeFailure;
use ledger::{Candidate, End};

use super::set_up::{self, SetUp, capital};
use crate::drill::plan::DrillPlan;
use crate::drill::play::WITHIN;
use crate::drill::run::{DrillRun, EndedBy, SeenRequest, Step};
use crate::state::State;

pub(crate) fn shown(state: &State, run: &DrillRun) -> Drill {
    let step = |(at, step): &(chrono::DateTime<chrono::Utc>, Step)| DrillStep {
        at: *at,
        sentence: ::words::text(sentence(state, &run.plan, step)),
        failure: match step {
            Step::Sent(_) => true,
            // A live request is shown when it has ended.
            Step::Answered(seen) => seen.client.is_some() && !seen.is_complete(),
            Step::Unanswered | Step::OnlyLive | Step::Ended(_) => false,
        },
    };
    Drill {
        running: run.is_running(),
        began: run.began,
        ended: run.ended,
        until: run.until,
        route: route(&run.plan),
        rehearsal: run.plan.rehearsal,
        live: run.live,
        steps: run.steps.iter().map(step).collect(),
        report: run.report.clone(),
    }
}

pub(crate) fn offer(state: &State, plan: &DrillPlan, set_up: &SetUp) -> DrillOffer {
    let primary = capital(&primary(state, plan));
    let message = match (&plan.fallback, &plan.held) {
        _ if plan.rehearsal => format!(
            "{} The drill runs on the rehearsal models: nothing is billed, and no provider gets a request.",
            why_rehearsed(plan)
        ),
        (Some(fallback), _) => format!(
            "{primary} fails on purpose, and {} gets one short test request.",
            answerer(state, plan, fallback)
        ),
        (None, Some(why)) => format!(
            "{primary} fails on purpose for one test request. It gets a clear error, because no fallback may answer now: {why}."
        ),
        (None, None) => format!("{primary} fails on purpose for live requests."),
    };
    DrillOffer {
        route: route(plan),
        rehearsal: plan.rehearsal,
        message,
        cost: cost(plan),
        today: set_up.lines.clone(),
        fix: set_up.fix.clone(),
    }
}

fn cost(plan: &DrillPlan) -> TestCost {
    match &plan.expected {
        Some(expected) => super::fallback_test::cost_of(expected),
        None => TestCost {
            needs_yes: false,
            likely: Some(0),
            most: Some(0),
            likely_usd: Some(usd(0)),
            most_usd: Some(usd(0)),
            method: "nothing: no provider gets a request".into(),
        },
    }
}

/// Title and text of the notification.
pub(crate) fn began(state: &State, run: &DrillRun) -> (String, String) {
    let primary = primary(state, &run.plan);
    let title = format!("{primary} fails on purpose");
    let body = match run.live {
        true => format!(
            "Live requests of route {} meet the failure until {}. Nothing is wrong at {primary}.",
            run.plan.route,
            state.clock_time(run.until)
        ),
        false => format!("Only a test request is affected. Nothing is wrong at {primary}."),
    };
    (title, body)
}

/// Title of the notification.
pub(crate) fn ended(report: &DrillReport) -> String {
    match report.passed {
        true => "a fallback answered".into(),
        false => "no fallback answered".into(),
    }
}

pub(crate) fn report(state: &State, run: &DrillRun, set_up: SetUp) -> DrillReport {
    let costs = run.seen().map(|seen| match run.plan.rehearsal {
        true => Some(MicroDollars::ZERO),
        false => seen.cost,
    });
    let cost: Option<MicroDollars> = costs.sum();
    DrillReport {
        message: message(state, run),
        passed: run.passed(),
        client_saw: run.seen().map(|seen| saw(state, &run.plan, seen)).collect(),
        cost: cost.map(|cost| cost.0),
        cost_usd: cost.map(|cost| usd(cost.0)),
        today: set_up.lines,
        fix: set_up.fix,
    }
}

fn message(state: &State, run: &DrillRun) -> String {
    let mut sentences = vec![of_test(state, run)];
    if run.live {
        sentences.push(of_live(run));
    }
    if run.plan.rehearsal {
        sentences.push(format!(
            "It ran on the rehearsal models: nothing was billed, and no provider got a request. {}",
            why_rehearsed(&run.plan)
        ));
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}

fn why_rehearsed(plan: &DrillPlan) -> &'static str {
    match plan.needs_client {
        true => {
            "Your fallback needs the client's own login, which a test request does not have: include live requests to prove it."
        }
        false => "There is no fallback yet that a test request could use.",
    }
}

/// "Claude failed at its first word; GPT Sol answered completely after 2.1 s."
fn of_test(state: &State, run: &DrillRun) -> String {
    let tests: Vec<&SeenRequest> = run.seen().filter(|seen| seen.client.is_none()).collect();
    let primary = capital(&primary(state, &run.plan));
    let Some(last) = tests.last() else {
        let tested = run
            .steps
            .iter()
            .any(|(_, step)| matches!(step, Step::Sent(_)));
        return match tested {
            true => "The drill ended before its test request.".into(),
            false => String::new(),
        };
    };
    if let Some(by) = &last.by {
        let total = tests.iter().map(|seen| seen.total).sum();
        let repeated = match tests.len() {
            1 => "",
            _ => ", and the request was repeated",
        };
        return format!(
            "{primary} failed at its first word{repeated}; {} answered completely {}.",
            answerer(state, &run.plan, by),
            after(total)
        );
    }
    let got = match (last.end, last.status) {
        (End::ClientLeft, _) => format!("no fallback answered within {} s", WITHIN.as_secs()),
        (_, Some(status)) => format!("the client got a clear error (status {status})"),
        (_, None) => "the client got an error".into(),
    };
    let why = match &run.plan.held {
        Some(why) => format!(" No fallback may answer now: {why}."),
        None => String::new(),
    };
    format!("{primary} failed, and {got}.{why}")
}

fn of_live(run: &DrillRun) -> String {
    let live: Vec<&SeenRequest> = run.seen().filter(|seen| seen.client.is_some()).collect();
    let complete = live.iter().filter(|seen| seen.is_complete()).count();
    let aborted = live.iter().filter(|seen| seen.end == End::Cut).count();
    match live.len() {
        0 => "No live request came.".into(),
        1 if complete == 1 => "1 live request met the failure and got a complete response.".into(),
        1 => "1 live request met the failure and got no complete response.".into(),
        met if complete + aborted == met && aborted > 0 => format!(
            "{met} live requests met the failure: {aborted} aborted and repeated, {complete} with a complete response."
        ),
        met => {
            format!("{met} live requests met the failure, and {complete} got a complete response.")
        }
    }
}

fn sentence(state: &State, plan: &DrillPlan, step: &Step) -> String {
    let primary = primary(state, plan);
    match step {
        Step::Sent(MadeFailure::Cut) => {
            format!("A test request: {primary} begins its response and stops after the first word.")
        }
        Step::Sent(MadeFailure::Overloaded) => format!(
            "The request is repeated, as a coding agent does it: {primary} refuses it with status 529."
        ),
        Step::Answered(seen) => answered(state, plan, seen),
        Step::Unanswered => "The end of the test request was not reported.".into(),
        Step::OnlyLive => {
            "The fallback needs the client's own login, so only a live request can prove it.".into()
        }
        Step::Ended(EndedBy::Itself) => "The drill ended.".into(),
        Step::Ended(EndedBy::Owner) => "You ended the drill.".into(),
        Step::Ended(EndedBy::Time) => "The drill ended: its time was over.".into(),
        Step::Ended(EndedBy::Engine) => "The drill ended: the engine stops.".into(),
    }
}

fn answered(state: &State, plan: &DrillPlan, seen: &SeenRequest) -> String {
    let met = match (&seen.client, seen.failure) {
        (None, _) => String::new(),
        (Some(client), MadeFailure::Cut) => {
            format!("{client}: {} stopped in the middle. ", primary(state, plan))
        }
        (Some(client), MadeFailure::Overloaded) => {
            format!(
                "{client}: {} refused with status 529. ",
                primary(state, plan)
            )
        }
    };
    let total = after(seen.total);
    let then = match (&seen.by, seen.end, seen.status) {
        (Some(by), ..) => format!(
            "{} answered completely {total}.",
            capital(&answerer(state, plan, by))
        ),
        (None, End::Cut, _) => format!(
            "The connection was aborted {total}: an incomplete response is never passed on as a complete one."
        ),
        (None, End::ClientLeft, _) => format!("No response {total}."),
        (None, _, Some(status)) => {
            format!("The client got a clear error (status {status}) {total}.")
        }
        (None, _, None) => format!("The client got an error {total}."),
    };
    format!("{met}{then}")
}

/// "200, complete, from GPT Sol, first word after 1.4 s, end after 2.1 s"
fn saw(state: &State, plan: &DrillPlan, seen: &SeenRequest) -> String {
    let mut parts = Vec::new();
    parts.extend(seen.status.map(|status| status.to_string()));
    parts.push(match (&seen.by, seen.end) {
        (Some(_), _) => "complete".into(),
        (None, End::Cut) => "aborted after its first word, so the client repeats it".into(),
        (None, End::ClientLeft) => "no response".into(),
        (None, _) => "a clear error".to_owned(),
    });
    if let Some(by) = &seen.by {
        parts.push(format!("from {}", answerer(state, plan, by)));
        let first = seen.first_word.map(after);
        parts.extend(first.map(|first| format!("first word {first}")));
    }
    parts.push(format!("end {}", after(seen.total)));
    let whose = seen.client.as_ref();
    let whose = whose.map_or_else(String::new, |client| format!("{client}: "));
    format!("{whose}{}", parts.join(", "))
}

fn route(plan: &DrillPlan) -> String {
    // A rehearsal model's name begins with its endpoint.
    match plan.model.split_once('/') {
        Some((endpoint, _)) if plan.primary.endpoint.as_str() == endpoint => plan.model.clone(),
        _ => format!("{}/{}", plan.primary.endpoint, plan.model),
    }
}

/// "Claude"
pub(crate) fn primary(state: &State, plan: &DrillPlan) -> String {
    match plan.rehearsal {
        true => "the rehearsal model".into(),
        false => state.product(&plan.primary.provider),
    }
}

fn answerer(state: &State, plan: &DrillPlan, by: &Candidate) -> String {
    if plan.rehearsal {
        return "a second rehearsal model".into();
    }
    let primary = (&plan.primary.endpoint, &plan.primary.model);
    set_up::name(state, primary, (&by.endpoint, &by.provider, &by.model))
}

/// "after 2.1 s"
fn after(duration: Duration) -> String {
    if duration < Duration::from_millis(100) {
        return "within 0.1 s".into();
    }
    format!("after {:.1} s", duration.as_secs_f64())
}
