//! The workflows of the documentation in a real n8n: an order comes in, an AI node writes the text, and the invoice is sent as a
//! side effect. Providers fail and programs are killed in the middle; each order gets one invoice.

mod kind;
mod n8n;
mod port;
#[path = "../acceptance/effects/receiver.rs"]
#[expect(dead_code, reason = "the acceptance tests use more of it")]
mod receiver;
mod rig;
mod scenario;

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use kind::Kind;
use rig::Rig;
use scenario::{Orders, Scenario};

pub(crate) struct Row {
    scenario: Scenario,
    kind: &'static Kind,
    /// Invoices that the receiver got for the order, and the keys that they had.
    invoices: (usize, usize),
    /// Complete responses of the providers for the order's text.
    answered: usize,
    executions: Vec<String>,
    parked: Vec<String>,
    took: Duration,
}

impl Row {
    fn is_good(&self) -> bool {
        self.invoices == (1, 1)
            && self.executions == self.scenario.statuses()
            && !self.parked.iter().any(|state| state == "open")
    }
}

/// `wanted`: only scenarios whose title contains it.
pub(crate) async fn run(clients: &Path, wanted: &str) -> Vec<Row> {
    let mut rig = Rig::new(clients).await;
    let mut rows = Vec::new();
    for scenario in Scenario::ALL {
        if !scenario.title().contains(wanted) {
            continue;
        }
        let began = Instant::now();
        let orders = Orders::new(scenario, &rig).await;
        scenario.play(&mut rig, &orders).await;
        let took = began.elapsed();
        for kind in Kind::ALL {
            let executions = orders.executions(&rig, kind);
            let row = Row {
                scenario,
                kind,
                invoices: rig.invoices(&orders.id(kind)),
                answered: rig.answered(&orders.id(kind)),
                executions: executions.into_iter().map(|(_, status)| status).collect(),
                parked: orders.parked(&rig, kind).await,
                took,
            };
            eprintln!("{}", line(&row));
            rows.push(row);
        }
        rig.recover().await;
    }
    rows
}

fn line(row: &Row) -> String {
    let (invoices, keys) = row.invoices;
    let list = |states: &[String]| match states {
        [] => "none".to_owned(),
        states => states.join(", "),
    };
    format!(
        "| {} | {} | {invoices}{} | {} | {} | {} | {:.0} s |{}",
        row.scenario.title(),
        row.kind.title,
        if keys == invoices {
            ""
        } else {
            " under one key"
        },
        row.answered,
        list(&row.executions),
        list(&row.parked),
        row.took.as_secs_f64(),
        if row.is_good() { "" } else { " **BAD**" },
    )
}

pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut text =
        "| what happens | the node that calls the model | invoices | responses of providers | executions of n8n | parked requests | time |\n|---|---|---|---|---|---|---|\n".to_owned();
    for row in rows {
        let _ = writeln!(text, "{}", line(row));
    }
    text
}

pub(crate) fn is_good(rows: &[Row]) -> bool {
    !rows.is_empty() && rows.iter().all(Row::is_good)
}
