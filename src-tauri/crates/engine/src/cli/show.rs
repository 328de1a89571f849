use std::process::ExitCode;
use std::sync::Arc;

use ::words::Clock;
use api::{Accepted, Command, Incident, IncidentPage, IncidentSummary, Interruption};
use chrono::{DateTime, Local, Offset, Utc};
use reqwest::Method;
use serde::Serialize;

use super::client::{CallError, Engine};
use super::impact;
use super::print_line::{failed, print_json_text, print_line};
use crate::view::words;

pub(super) async fn incidents(search: Option<String>, limit: u32, json: bool) -> ExitCode {
    finish(json, async {
        let text = search.unwrap_or_default();
        let query = query_of(&[("limit", &limit.to_string()), ("text", &text)]);
        let page: IncidentPage = Engine::find()?.get(&format!("/incidents?{query}")).await?;
        if json {
            print_json(&page);
        } else if page.incidents.is_empty() && !text.is_empty() {
            print_line!("No incident has the text \"{}\".", api::escape(&text));
        } else if page.incidents.is_empty() {
            print_line!("No incident was recorded.");
        } else {
            let clock = clock(crate::clock::wall()());
            let incidents = page.incidents.iter();
            incidents.for_each(|incident| print_incident(incident, &clock));
        }
        if !json {
            for crash in &page.unexpected_ends {
                print_line!(
                    "       Understudy ended unexpectedly at {} and was started again at {}. `understudyd doctor` shows where its log is.",
                    local(crash.ended),
                    local(crash.started)
                );
            }
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

fn print_incident(incident: &IncidentSummary, clock: &Clock) {
    let until = incident.closed.map_or_else(
        || "open".into(),
        |closed| format!("until {}", local(closed)),
    );
    print_line!(
        "{:>5}  {}  {until}  {} (at worst {})",
        incident.id,
        local(incident.opened),
        incident.title,
        words::level_words(incident.peak)
    );
    print_line!(
        "       {} requests affected, {} answered by a fallback. {}",
        incident.exchanges_hit,
        incident.carried_by_fallback,
        impact::at_risk(incident.impact.as_ref(), clock)
    );
}

pub(super) async fn incident(id: i64, json: bool) -> ExitCode {
    finish(json, async {
        let incident: Incident = Engine::find()?.get(&format!("/incidents/{id}")).await?;
        if json {
            print_json(&incident);
            return Ok(ExitCode::SUCCESS);
        }
        let clock = clock(crate::clock::wall()());
        print_incident(&incident.summary, &clock);
        impact::print(&incident);
        let evidence = text_of(&clock, &incident.evidence_spans, &incident.evidence);
        print_line!("       {evidence}");
        for entry in &incident.timeline {
            let text = text_of(&clock, &entry.spans, &entry.text);
            print_line!("       {}  {text}", local(entry.at));
        }
        let interrupted = incident.interrupted.iter();
        interrupted.for_each(|session| print_interruption(session, &clock));
        Ok(ExitCode::SUCCESS)
    })
    .await
}

fn print_interruption(session: &Interruption, clock: &Clock) {
    let checked = match session.checked {
        Some(at) => format!("checked {}", local(at)),
        None => format!("not checked (--checked {})", session.id),
    };
    print_line!(
        "       Interrupted: {} session {}, {}; {checked}",
        session.client,
        session.session,
        local(session.last)
    );
    let message = text_of(clock, &session.spans, &session.message);
    print_line!("         {message}");
    for call in &session.calls {
        print_line!("         {}", text_of(clock, &call.spans, &call.message));
    }
    if let Some(resume) = &session.resume {
        print_line!("         To continue it, in the folder where it began: {resume}");
    }
}

pub(super) async fn checked(interruption: i64) -> ExitCode {
    finish(false, async {
        let accepted: Accepted = Engine::find()?
            .call(
                Method::POST,
                &format!("/interruptions/{interruption}/checked"),
                None::<&()>,
            )
            .await?;
        print_line!("{}", accepted.message);
        Ok(ExitCode::SUCCESS)
    })
    .await
}

/// Parameters as a query string; model ids contain slashes.
pub(super) fn query_of(pairs: &[(&str, &str)]) -> String {
    reqwest::Url::parse_with_params("http://query", pairs)
        .ok()
        .and_then(|url| url.query().map(str::to_owned))
        .unwrap_or_default()
}

pub(super) async fn act(command: Command) -> ExitCode {
    finish(false, async {
        let accepted: Accepted = Engine::find()?
            .call(Method::POST, "/do", Some(&command))
            .await?;
        print_line!("{}", accepted.message);
        Ok(ExitCode::SUCCESS)
    })
    .await
}

/// Exit code 2: the engine did not respond. `json`: the error goes to standard output as an object.
pub(super) async fn finish(
    json: bool,
    work: impl Future<Output = Result<ExitCode, CallError>>,
) -> ExitCode {
    work.await.unwrap_or_else(|error| {
        if json {
            print_json(&error.as_json());
        }
        failed(&error.to_string(), 2)
    })
}

pub(super) fn print_json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => print_json_text(&text),
        Err(error) => {
            let _ = failed(&error.to_string(), 1);
        }
    }
}

/// Times in this machine's zone, with the zone's name: the reader of a log may be elsewhere.
pub(super) fn clock(now: DateTime<Utc>) -> Clock {
    let zone = |at: DateTime<Utc>| at.with_timezone(&Local).offset().fix();
    Clock::named(Arc::new(zone), now)
}

/// `text`: fallback for an engine that sends no spans.
pub(super) fn text_of(clock: &Clock, spans: &api::Spans, text: &str) -> String {
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
