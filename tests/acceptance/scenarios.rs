//! Every scenario of `tests/scenarios`, over sockets and with the real engine.

use std::time::Duration;

use catalog::Dialect;
use futures_util::{StreamExt, stream};
use serde_json::Value;
use stage::Stage;

use crate::desk::{Desk, Upstream};
use crate::outage_scenarios::{
    Attempt, ClientResponse, Clock, FALLBACK_MODEL, Form, Restarts, Row, SCENARIOS, Scenario,
    TIMERS, World, play, table,
};

/// A second of a scenario. Short enough for a fast test, long enough to distinguish 20 s from 30 s on a busy machine.
const SECOND: Duration = Duration::from_millis(100);
/// Backoff and `retry-after` take their real time here, and other tests run at the same time. The gateway's tests check the
/// exact times.
const SLACK: Duration = Duration::from_secs(10);
/// Scenarios that run at the same time.
const AT_ONCE: usize = 48;

/// One scenario in one dialect and form, with separate upstreams and a separate model.
struct Cell {
    scenario: &'static Scenario,
    dialect: Dialect,
    form: Form,
    model: String,
    lead: Upstream,
    second: Upstream,
    client: Client,
}

#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    base: String,
}

impl World for Cell {
    fn clock(&self) -> Clock {
        Clock {
            second: SECOND,
            slack: SLACK,
        }
    }

    fn lead(&self) -> &Stage {
        &self.lead.stage
    }

    fn second(&self) -> &Stage {
        &self.second.stage
    }

    async fn ask(&self, dialect: Dialect, body: &Value, automated: bool) -> ClientResponse {
        let Client { http, base } = &self.client;
        let mut request = http.post(format!("{base}{}", dialect.default_path()));
        if automated {
            request = request.header("x-understudy-pipeline", "leads");
        } else {
            request = request.header("user-agent", "claude-cli/2.1.197 (external, cli)");
        }
        let mut response = request.json(body).send().await.unwrap();
        let model = response.headers().get("x-understudy-model");
        let model_header = model.map(|model| model.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let mut received = Vec::new();
        let clean = loop {
            match response.chunk().await {
                Ok(Some(piece)) => received.extend_from_slice(&piece),
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        ClientResponse {
            status,
            model_header,
            body: received,
            clean,
        }
    }
}

impl Cell {
    /// Its part of the settings: two endpoints and a route.
    fn settings(&self) -> String {
        let Cell { model, dialect, .. } = self;
        let endpoint = |who: &str, upstream: &Upstream| {
            format!(
                "[[endpoint]]\nid = \"{who}-{model}\"\nbase = \"{}\"\ndialects = [\"{dialect}\"]\nfamily = \"stage\"\n",
                upstream.address
            )
        };
        let second = if self.scenario.own_model {
            format!("{{ endpoint = \"second-{model}\", model = \"{FALLBACK_MODEL}\" }}")
        } else {
            format!("\"second-{model}\"")
        };
        let restart = match self.scenario.restarts {
            Restarts::Usual => "",
            Restarts::Always => "restart = \"always\"\n",
        };
        let route = format!(
            "[[route]]\nname = \"{model}\"\ndialect = \"{dialect}\"\nmodels = \"{model}\"\ncandidates = [\"lead-{model}\", {second}]\n{restart}"
        );
        route + &endpoint("lead", &self.lead) + &endpoint("second", &self.second)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_ends_complete_or_with_a_detectable_error_over_sockets() {
    let mut desk = Desk::new();
    let mut cells = cells(&desk).await;
    let timers: String = TIMERS
        .iter()
        .map(|(name, seconds)| format!("{name} = {}\n", (SECOND * *seconds).as_secs_f64()))
        .collect();
    let settings: String = cells.iter().map(Cell::settings).collect();
    desk.settings(&format!("[timers]\n{timers}{settings}"));
    desk.start();
    let base = desk.base();
    for cell in &mut cells {
        cell.client.base.clone_from(&base);
    }

    let played = stream::iter(&cells)
        .map(|cell| play(cell, cell.scenario, &cell.model, cell.dialect, cell.form))
        .buffered(AT_ONCE);
    let mut played: Vec<_> = played.collect().await;
    let requested = played.iter().map(|played| played.requested.len()).sum();
    let exchanges = desk.exchanges(requested).await;
    let mut rows = Vec::new();
    for (cell, played) in cells.iter().zip(&mut played) {
        let own = exchanges.iter().filter(|row| row["model"] == cell.model);
        let attempts = own.flat_map(|row| row["attempts"].as_array().unwrap());
        played.attempts = attempts.map(booked).collect();
        rows.push(Row::judge(cell.scenario, played));
    }
    println!("{}", table("over sockets, with the real engine", &rows));
    let wrong: Vec<String> = rows.iter().filter_map(Row::wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn cells(desk: &Desk) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (number, scenario) in SCENARIOS.iter().enumerate() {
        for form in Form::ALL {
            for dialect in Dialect::ALL {
                cells.push(Cell {
                    scenario,
                    dialect,
                    form,
                    model: format!("scenario-{number}-{dialect}-{form:?}"),
                    lead: Upstream::start().await,
                    second: Upstream::start().await,
                    client: Client {
                        http: desk.http.clone(),
                        base: String::new(),
                    },
                });
            }
        }
    }
    cells
}

fn booked(attempt: &Value) -> Attempt {
    Attempt {
        by_second: attempt["endpoint"].as_str().unwrap().starts_with("second-"),
        model: attempt["model"].as_str().unwrap().to_owned(),
        output_tokens: attempt["output_tokens"].as_u64(),
    }
}
