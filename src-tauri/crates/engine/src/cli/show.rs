use std::process::ExitCode;
use std::sync::Arc;

use ::words::Clock;
use api::{
    Accepted, AtRisk, CheckState, Command, Doctor, ExchangePage, Incident, IncidentPage,
    IncidentSummary, Interruption, Level, Snapshot,
};
use catalog::MicroDollars;
use chrono::{DateTime, Local, Offset, Utc};
use reqwest::Method;
use serde::Serialize;

use super::client::{CallError, Engine};
use super::failed;
use super::say::say;
use crate::view::words;

pub(super) async fn status(json: bool) -> ExitCode {
    finish(async {
        let snapshot: Snapshot = Engine::find()?.get("/snapshot").await?;
        if json {
            print_json(&snapshot);
        } else {
            print_status(&snapshot);
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

fn print_status(snapshot: &Snapshot) {
    let clock = clock(snapshot.at);
    let headline = &snapshot.headline;
    say!("{}", text_of(&clock, &headline.spans, &headline.sentence));
    if let Some(consequence) = &snapshot.headline.consequence {
        say!("{consequence}");
    }
    for problem in &snapshot.engine.problems {
        say!("Needs you: {} {}", problem.what, problem.fix);
    }
    for fallback in &snapshot.fallbacks {
        say!("{fallback}");
    }
    for question in &snapshot.questions {
        say!("Question: {}", question.text);
        for part in &question.parts {
            say!("  {}: {}", part.whose, part.said);
        }
        say!("  {}  ({})", question.explained, question.cli);
    }
    say!("");
    for provider in snapshot
        .providers
        .iter()
        .filter(|p| p.mine || p.rehearsal && p.level != Level::Unknown)
    {
        say!(
            "{:<12} {:<15} {}",
            provider.product,
            words::level_words(provider.level),
            text_of(&clock, &provider.evidence_spans, &provider.evidence)
        );
    }
    for route in &snapshot.routes {
        let active = match (&route.active, &route.stand_in) {
            (Some(active), _) => active.clone(),
            (None, api::StandIn::Ready) => "primary serves".into(),
            (None, api::StandIn::Siblings { .. }) => {
                "primary serves; another model of its login while one alone fails".into()
            }
            (None, api::StandIn::Missing { mend }) => format!("no fallback; {mend}"),
        };
        say!("route {:<18} {:<17} {active}", route.name, route.dialect);
    }
    for pipeline in &snapshot.pipelines {
        let order = pipeline.order.as_deref().unwrap_or("not used yet");
        let said = pipeline.no_fallback.as_deref().unwrap_or(order);
        say!("pipeline {:<33} {said}", pipeline.name);
    }
    let today = &snapshot.today;
    let about = match today.spent_of_estimated_tokens {
        0 => String::new(),
        micro => format!(
            ", about {} of it for answers whose usage was not told whole",
            MicroDollars(micro)
        ),
    };
    say!(
        "\ntoday: {} requests, {} failed, {} carried by a fallback, {} (estimated{about})",
        today.exchanges,
        today.failed,
        today.carried_by_fallback,
        MicroDollars(today.spent_estimate + today.probes_estimate)
    );
}

pub(super) async fn incidents(limit: u32, json: bool) -> ExitCode {
    finish(async {
        let page: IncidentPage = Engine::find()?
            .get(&format!("/incidents?limit={limit}"))
            .await?;
        if json {
            print_json(&page);
        } else if page.incidents.is_empty() {
            say!("No incident was recorded.");
        } else {
            page.incidents.iter().for_each(print_incident);
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

fn print_incident(incident: &IncidentSummary) {
    let until = incident.closed.map_or_else(
        || "open".into(),
        |closed| format!("until {}", local(closed)),
    );
    say!(
        "{:>5}  {}  {until}  {} (at worst {})",
        incident.id,
        local(incident.opened),
        incident.title,
        words::level_words(incident.peak)
    );
    say!(
        "       {} requests met it, {} carried by a fallback. {}",
        incident.exchanges_hit,
        incident.carried_by_fallback,
        at_risk(&incident.at_risk)
    );
}

pub(super) async fn incident(id: i64, json: bool) -> ExitCode {
    finish(async {
        let incident: Incident = Engine::find()?.get(&format!("/incidents/{id}")).await?;
        if json {
            print_json(&incident);
            return Ok(ExitCode::SUCCESS);
        }
        print_incident(&incident.summary);
        let clock = clock(crate::clock::wall()());
        let evidence = text_of(&clock, &incident.evidence_spans, &incident.evidence);
        say!("       {evidence}");
        for entry in &incident.timeline {
            let text = text_of(&clock, &entry.spans, &entry.text);
            say!("       {}  {text}", local(entry.at));
        }
        incident.interrupted.iter().for_each(print_interruption);
        Ok(ExitCode::SUCCESS)
    })
    .await
}

fn print_interruption(session: &Interruption) {
    let checked = match session.checked {
        Some(at) => format!("checked {}", local(at)),
        None => format!("not checked (--checked {})", session.id),
    };
    say!(
        "       Interrupted: {} session {}, {}; {checked}",
        session.client,
        session.session,
        local(session.last)
    );
    say!("         {}", session.said);
    for call in &session.calls {
        say!("         {}", call.said);
    }
}

pub(super) async fn checked(interruption: i64) -> ExitCode {
    finish(async {
        let accepted: Accepted = Engine::find()?
            .call(
                Method::POST,
                &format!("/interruptions/{interruption}/checked"),
                None::<&()>,
            )
            .await?;
        say!("{}", accepted.said);
        Ok(ExitCode::SUCCESS)
    })
    .await
}

fn at_risk(at_risk: &AtRisk) -> String {
    match at_risk {
        AtRisk::NoEstimate { why } => why.clone(),
        AtRisk::Estimate { low, high, method } if low == high => {
            format!("At risk {}. {method}", MicroDollars(*low))
        }
        AtRisk::Estimate { low, high, method } => format!(
            "At risk {} to {}. {method}",
            MicroDollars(*low),
            MicroDollars(*high)
        ),
    }
}

pub(super) async fn traffic(limit: u32, json: bool) -> ExitCode {
    finish(async {
        let page: ExchangePage = Engine::find()?
            .get(&format!("/exchanges?limit={limit}"))
            .await?;
        if json {
            print_json(&page);
            return Ok(ExitCode::SUCCESS);
        }
        if page.exchanges.is_empty() {
            say!("No request has passed yet. `understudyd url` prints where to point an agent.");
        }
        for exchange in &page.exchanges {
            say!(
                "{:>6}  {}  {:<14} {:<28} {:>6} ms  {}",
                exchange.id,
                local(exchange.started),
                exchange.client,
                exchange.model,
                exchange.total_ms,
                exchange.story
            );
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

pub(super) async fn doctor(json: bool) -> ExitCode {
    finish(async {
        let doctor: Doctor = Engine::find()?.get("/doctor").await?;
        if json {
            print_json(&doctor);
        } else {
            for check in &doctor.checks {
                let mark = match check.state {
                    CheckState::Good => "ok  ",
                    CheckState::Note => "note",
                    CheckState::Bad => "BAD ",
                };
                let fix = check
                    .fix
                    .as_ref()
                    .map_or_else(String::new, |fix| format!("  ({fix})"));
                say!("{mark}  {:<28} {}{fix}", check.name, check.said);
            }
        }
        Ok(
            if doctor.checks.iter().any(|c| c.state == CheckState::Bad) {
                ExitCode::from(1)
            } else {
                ExitCode::SUCCESS
            },
        )
    })
    .await
}

/// Parameters as a query: models' ids have slashes in them.
pub(super) fn query_of(pairs: &[(&str, &str)]) -> String {
    reqwest::Url::parse_with_params("http://query", pairs)
        .ok()
        .and_then(|url| url.query().map(str::to_owned))
        .unwrap_or_default()
}

pub(super) async fn act(command: Command) -> ExitCode {
    finish(async {
        let accepted: Accepted = Engine::find()?
            .call(Method::POST, "/do", Some(&command))
            .await?;
        say!("{}", accepted.said);
        Ok(ExitCode::SUCCESS)
    })
    .await
}

pub(super) async fn finish(work: impl Future<Output = Result<ExitCode, CallError>>) -> ExitCode {
    work.await
        .unwrap_or_else(|error| failed(&error.to_string(), 2))
}

pub(super) fn print_json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => say!("{text}"),
        Err(error) => {
            let _ = failed(&error.to_string(), 1);
        }
    }
}

/// Times of this machine's zone, which they name: the reader of a log may be elsewhere.
fn clock(now: DateTime<Utc>) -> Clock {
    let zone = |at: DateTime<Utc>| at.with_timezone(&Local).offset().fix();
    Clock::named(Arc::new(zone), now)
}

/// `text`: of an engine that sends no spans.
fn text_of(clock: &Clock, spans: &api::Spans, text: &str) -> String {
    if spans.0.is_empty() {
        text.to_owned()
    } else {
        clock.plain(spans)
    }
}

pub(super) fn local(at: DateTime<Utc>) -> String {
    at.with_timezone(&Local)
        .format("%Y-%m-%d %H:%M")
        .to_string()
}
