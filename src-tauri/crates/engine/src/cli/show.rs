use std::process::ExitCode;
use std::sync::Arc;

use ::words::Clock;
use api::{Accepted, Command};
use chrono::{DateTime, Local, Offset, Utc};
use reqwest::Method;
use serde::Serialize;

use super::client::{CallError, Engine};
use super::print_line::{failed, print_json_text, print_line};

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

pub(super) fn print_accepted(accepted: &Accepted, json: bool) {
    if json {
        print_json(accepted);
    } else {
        print_line!("{}", accepted.message);
    }
}
