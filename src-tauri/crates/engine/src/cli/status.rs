//! Providers, open questions and parked requests, and today's cost: about twelve lines; all routes on request.

use std::process::ExitCode;

use ::words::Clock;
use api::{IncidentSummary, LastOutage, Level, Provider, Snapshot};
use catalog::MicroDollars;

use super::client::Engine;
use super::interruption;
use super::print_line::print_line;
use super::show::{clock, finish, print_json, text_of};
use crate::view::{outage, words};

/// Lines of one kind that are printed; further ones are only counted.
const MOST: usize = 2;
const PROVIDERS: usize = 4;

pub(super) async fn status(details: bool, json: bool) -> ExitCode {
    finish(json, async {
        let snapshot: Snapshot = Engine::find()?.get("/snapshot").await?;
        if json {
            print_json(&snapshot);
        } else {
            for line in lines(&snapshot, details) {
                print_line!("{line}");
            }
        }
        Ok(match snapshot.headline.level {
            Level::Operational => ExitCode::SUCCESS,
            Level::Unknown => ExitCode::from(2),
            Level::Maintenance | Level::Degraded | Level::PartialOutage | Level::MajorOutage => {
                ExitCode::from(1)
            }
        })
    })
    .await
}

fn lines(snapshot: &Snapshot, details: bool) -> Vec<String> {
    let clock = clock(snapshot.at);
    let headline = &snapshot.headline;
    let mut lines = vec![text_of(&clock, &headline.spans, &headline.sentence)];
    lines.extend(snapshot.headline.consequence.clone());
    lines.extend(snapshot.open_incidents.iter().filter_map(effects_of));
    let problems = snapshot.engine.problems.iter();
    let problems = problems.map(|problem| format!("Needs you: {} {}", problem.what, problem.fix));
    lines.extend(first(
        problems.collect(),
        MOST,
        details,
        "understudyd doctor",
    ));
    let below = snapshot.limits.iter();
    let below = below.filter(|limit| limit.spans != headline.spans);
    lines.extend(below.map(|limit| text_of(&clock, &limit.spans, &limit.sentence)));
    if snapshot.engine.probes_off {
        lines.push(
            "Probes are off on this computer; health comes from status pages and requests.".into(),
        );
    }
    lines.extend(waiting(snapshot.review_open));
    lines.extend(questions(snapshot, details));
    lines.extend(first(
        snapshot.fallbacks.clone(),
        MOST,
        details,
        "understudyd status --details",
    ));
    let clients = snapshot.clients.iter();
    lines.extend(clients.filter_map(|client| client.sentence.clone()));
    let watched = |p: &&Provider| p.mine || p.rehearsal && p.level != Level::Unknown;
    let mut providers: Vec<&Provider> = snapshot.providers.iter().filter(watched).collect();
    // Failing providers come first.
    providers.sort_by_key(|provider| provider.level == Level::Operational);
    let providers = providers.into_iter().map(|one| provider(&clock, one));
    let providers = providers.collect();
    let more = "understudyd status --details";
    lines.extend(first(providers, PROVIDERS, details, more));
    lines.extend(pipelines(snapshot, details));
    if details {
        lines.extend(snapshot.routes.iter().map(route));
    }
    if let Some(retry) = &snapshot.review_retry {
        let at_work = format!(
            "{} of {} run, {} answered",
            retry.done, retry.total, retry.answered
        );
        let state = retry.ended.as_deref().unwrap_or(&at_work);
        lines.push(format!("Retry of waiting requests: {state}"));
    }
    if let Some(outage) = &snapshot.last_outage {
        lines.push(format!("Last outage: {}", outage.message));
        lines.extend(interrupted_lines(&clock, outage));
    }
    let history = &snapshot.engine.history;
    lines.extend(history.first_deletion.clone());
    if details {
        let size = history.size.as_ref();
        let size = size.map_or_else(String::new, |size| format!("; the ledger has {size}"));
        lines.push(format!("{}{size}", history.kept));
    }
    lines.push(today(snapshot));
    lines
}

/// "Claude: partial outage. Pipelines: 16 items, $6,400, wait for one click. $6,400 at risk. 1 Codex session was interrupted
/// within a turn."
fn effects_of(incident: &IncidentSummary) -> Option<String> {
    let sentences = outage::incident_sentences(incident);
    (!sentences.is_empty()).then(|| format!("{}. {}", incident.title, sentences.join(" ")))
}

fn interrupted_lines(clock: &Clock, outage: &LastOutage) -> Vec<String> {
    let mut lines = Vec::new();
    for session in &outage.interrupted {
        lines.extend(
            interruption::lines(clock, session, outage.incident)
                .into_iter()
                .map(|line| format!("  {line}")),
        );
    }
    if outage.more_interrupted > 0 {
        lines.push(format!(
            "  … and {} more: `understudyd incidents {}`",
            outage.more_interrupted, outage.incident
        ));
    }
    lines
}

/// The first lines, then the number of further lines and the command that shows them.
fn first(lines: Vec<String>, most: usize, all: bool, more: &str) -> Vec<String> {
    let left = lines.len().saturating_sub(most);
    // A line "1 more" needs as much space as the item itself.
    if all || left <= 1 {
        return lines;
    }
    let mut lines = lines;
    lines.truncate(most);
    lines.push(format!("… and {left} more: `{more}`"));
    lines
}

fn waiting(review_open: u64) -> Option<String> {
    match review_open {
        0 => None,
        1 => Some("1 request is waiting for you: `understudyd review`".to_owned()),
        n => Some(format!(
            "{n} requests are waiting for you: `understudyd review`"
        )),
    }
}

fn questions(snapshot: &Snapshot, details: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for question in &snapshot.questions {
        lines.push(format!("Question: {}  ({})", question.text, question.cli));
        if details {
            let parts = question.parts.iter();
            lines.extend(parts.map(|part| format!("  {}: {}", part.whose, part.message)));
            lines.push(format!("  {}", question.explained));
        }
    }
    first(lines, 1, details, "understudyd status --details")
}

fn provider(clock: &Clock, provider: &Provider) -> String {
    format!(
        "{:<12} {:<15} {}",
        provider.product,
        words::level_words(provider.level),
        text_of(clock, &provider.evidence_spans, &provider.evidence)
    )
}

/// Pipelines without a fallback need a decision; the others are details.
fn pipelines(snapshot: &Snapshot, details: bool) -> Vec<String> {
    let shown = snapshot.pipelines.iter().filter_map(|pipeline| {
        let order = pipeline.order.as_deref().unwrap_or("not used yet");
        match &pipeline.no_fallback {
            Some(no_fallback) => Some(format!("pipeline {:<33} {no_fallback}", pipeline.name)),
            None => details.then(|| format!("pipeline {:<33} {order}", pipeline.name)),
        }
    });
    first(
        shown.collect(),
        MOST,
        details,
        "understudyd status --details",
    )
}

fn route(route: &api::Route) -> String {
    let active = match (&route.active, &route.stand_in) {
        (Some(active), _) => active.clone(),
        (None, api::FallbackState::Ready) => "primary answers".into(),
        (None, api::FallbackState::Siblings { .. }) => {
            "primary answers; another model of its login answers if only one fails".into()
        }
        (
            None,
            api::FallbackState::Missing { remedy } | api::FallbackState::NeedsConsent { remedy },
        ) => {
            format!("no fallback; {remedy}")
        }
    };
    format!("route {:<18} {:<17} {active}", route.name, route.dialect)
}

fn today(snapshot: &Snapshot) -> String {
    let today = &snapshot.today;
    let about = match today.spent_of_estimated_tokens {
        0 => String::new(),
        micro => format!(
            ", {} of it from response sizes, since the usage was not reported, or impossible",
            words::dollars(MicroDollars(micro))
        ),
    };
    let requests = match today.exchanges {
        1 => "1 request".to_owned(),
        n => format!("{n} requests"),
    };
    let drills = match today.drills_estimate {
        0 => String::new(),
        micro => format!(", {} of it for drills", words::dollars(MicroDollars(micro))),
    };
    format!(
        "Today: {requests}, {} ended with an error, {} answered by a fallback, {} (estimated{about}{drills})",
        today.failed,
        today.carried_by_fallback,
        words::dollars(MicroDollars(today.spent_estimate) + MicroDollars(today.probes_estimate))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_ends_with_a_count_unless_one_line_is_left() {
        let lines = |n: usize| (0..n).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(first(lines(2), 2, false, "x"), lines(2));
        assert_eq!(first(lines(3), 2, false, "x"), lines(3));
        assert_eq!(
            first(lines(5), 2, false, "x"),
            ["0", "1", "… and 3 more: `x`"]
        );
        assert_eq!(first(lines(5), 2, true, "x"), lines(5));
    }

    #[test]
    fn waiting_requests_are_counted() {
        assert_eq!(waiting(0), None);
        assert!(waiting(1).unwrap().starts_with("1 request is waiting"));
        assert!(waiting(28).unwrap().starts_with("28 requests are waiting"));
    }
}
