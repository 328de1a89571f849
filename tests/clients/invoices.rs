//! The workflows of the documentation in a real n8n: an order comes in, an AI node writes the text, and the invoice is sent as a
//! side effect. Providers fail and programs are killed in the middle; each order gets one invoice.

mod n8n;
#[path = "../acceptance/effects/receiver.rs"]
#[expect(dead_code, reason = "the acceptance tests use more of it")]
mod receiver;
mod rig;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use tokio::task::block_in_place;
use tokio::time::Instant;

use n8n::Execution;
use receiver::Behaviour;
use rig::Rig;

/// A workflow of the documentation, by the node that calls the model.
struct Kind {
    title: &'static str,
    /// In `docs/n8n`.
    file: &'static str,
    id: &'static str,
    pipeline: &'static str,
    /// Of its webhook.
    path: &'static str,
    model: &'static str,
    /// Where other programs request the same model.
    other: &'static str,
}

impl Kind {
    const ALL: [&'static Kind; 3] = [
        &Kind {
            title: "HTTP Request",
            file: "invoices.json",
            id: "invoicesHttp",
            pipeline: "Invoices",
            path: "invoices",
            model: "gpt-6-sol",
            other: "/v1/chat/completions",
        },
        &Kind {
            title: "Basic LLM Chain, OpenAI Chat Model",
            file: "invoices-openai.json",
            id: "invoicesOpenAi",
            pipeline: "Invoices with OpenAI",
            path: "invoices-openai",
            model: "gpt-6-sol",
            other: "/v1/responses",
        },
        &Kind {
            title: "AI Agent, Anthropic Chat Model",
            file: "invoices-anthropic.json",
            id: "invoicesAnthropic",
            pipeline: "Invoices with Anthropic",
            path: "invoices-anthropic",
            model: "claude-opus-5-5",
            other: "/v1/messages",
        },
    ];
}

/// What happens to the orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    Cut,
    BothCut,
    Down,
    EngineKilled,
    N8nKilled,
    EngineKilledInRequest,
    EngineKilledInInvoice,
    N8nKilledInRequest,
}

impl Scenario {
    const ALL: [Scenario; 8] = [
        Scenario::Cut,
        Scenario::BothCut,
        Scenario::Down,
        Scenario::EngineKilled,
        Scenario::N8nKilled,
        Scenario::EngineKilledInRequest,
        Scenario::EngineKilledInInvoice,
        Scenario::N8nKilledInRequest,
    ];

    fn title(self) -> &'static str {
        match self {
            Scenario::Cut => "the primary cut in mid-response",
            Scenario::BothCut => "both providers cut in mid-response; they work at n8n's own retry",
            Scenario::Down => "both providers down, then up",
            Scenario::EngineKilled => "the same, and the engine killed while the workflow waits",
            Scenario::N8nKilled => "the same, and n8n killed while the workflow waits",
            Scenario::EngineKilledInRequest => "the engine killed during the model's request",
            Scenario::EngineKilledInInvoice => "the engine killed while the invoice is sent",
            Scenario::N8nKilledInRequest => {
                "n8n killed during the model's request; the shop sends the order again"
            }
        }
    }

    /// How its executions end.
    fn statuses(self) -> &'static [&'static str] {
        match self {
            // The outcome is unknown: the owner decides, and n8n shows the error.
            Scenario::EngineKilledInInvoice => &["error"],
            Scenario::N8nKilledInRequest => &["crashed", "success"],
            Scenario::Cut
            | Scenario::BothCut
            | Scenario::Down
            | Scenario::EngineKilled
            | Scenario::N8nKilled
            | Scenario::EngineKilledInRequest => &["success"],
        }
    }

    async fn play(self, rig: &mut Rig, orders: &Orders) {
        match self {
            Scenario::Cut => {
                rig.lead.stage.outage(Some("cut-in-text".parse().unwrap()));
                orders.send(rig).await;
            }
            Scenario::BothCut => {
                rig.both(Some("cut-in-text"));
                orders.send(rig).await;
                orders.until_parked(rig).await;
                rig.both(None);
            }
            Scenario::Down | Scenario::EngineKilled | Scenario::N8nKilled => {
                rig.both(Some("503"));
                orders.send(rig).await;
                orders.until_all(rig, &["waiting"]).await;
                if self == Scenario::EngineKilled {
                    rig.kill_engine();
                    block_in_place(|| rig.start_engine());
                }
                if self == Scenario::N8nKilled {
                    rig.n8n.kill();
                    rig.n8n.start();
                }
                rig.recover().await;
            }
            Scenario::EngineKilledInRequest | Scenario::N8nKilledInRequest => {
                rig.lead.stage.outage(Some("silent".parse().unwrap()));
                let requested = rig.lead.posts() + Kind::ALL.len();
                orders.send(rig).await;
                rig.until("requested", |rig| rig.lead.posts() >= requested)
                    .await;
                if self == Scenario::EngineKilledInRequest {
                    rig.kill_engine();
                    rig.both(None);
                    block_in_place(|| rig.start_engine());
                } else {
                    rig.n8n.kill();
                    rig.both(None);
                    rig.n8n.start();
                    orders.send(rig).await;
                }
            }
            Scenario::EngineKilledInInvoice => {
                let expected = rig.receiver.requests().len() + Kind::ALL.len();
                rig.receiver.next([Behaviour::Holds; Kind::ALL.len()]);
                orders.send(rig).await;
                rig.until("invoiced", |rig| rig.receiver.requests().len() >= expected)
                    .await;
                rig.kill_engine();
                rig.receiver.release();
                block_in_place(|| rig.start_engine());
            }
        }
        orders.until_all(rig, ENDED).await;
    }
}

/// Final states of an execution.
const ENDED: &[&str] = &["success", "error", "crashed", "canceled"];

/// One order for each workflow.
struct Orders {
    scenario: Scenario,
    /// Executions and parked requests before them.
    executions: i64,
    parked: BTreeSet<String>,
}

impl Orders {
    async fn new(scenario: Scenario, rig: &Rig) -> Orders {
        let parked = rig.parked().await;
        let numbers = Kind::ALL.map(|kind| rig.n8n.executions(kind, 0));
        let numbers = numbers.iter().flatten().map(|(number, _)| *number);
        Orders {
            scenario,
            executions: numbers.max().unwrap_or(0),
            parked: parked.into_iter().map(|(id, _, _)| id).collect(),
        }
    }

    fn id(&self, kind: &Kind) -> String {
        format!("{:?}-{}", self.scenario, kind.id)
    }

    async fn send(&self, rig: &Rig) {
        for kind in Kind::ALL {
            rig.n8n.order(kind, &self.id(kind)).await;
        }
    }

    fn executions(&self, rig: &Rig, kind: &Kind) -> Vec<Execution> {
        rig.n8n.executions(kind, self.executions)
    }

    /// Waits until the last execution of each order has one of these states.
    async fn until_all(&self, rig: &Rig, states: &[&str]) {
        rig.until(&states.join(", "), |rig| {
            Kind::ALL.iter().all(|kind| {
                let last = self.executions(rig, kind).pop();
                last.is_some_and(|(_, status)| states.contains(&status.as_str()))
            })
        })
        .await;
    }

    /// Their parked requests by pipeline: the states.
    async fn parked(&self, rig: &Rig, kind: &Kind) -> Vec<String> {
        let parked = rig.parked().await.into_iter();
        parked
            .filter(|(id, pipeline, _)| !self.parked.contains(id) && pipeline == kind.pipeline)
            .map(|(_, _, state)| state)
            .collect()
    }

    async fn until_parked(&self, rig: &Rig) {
        for kind in Kind::ALL {
            while self.parked(rig, kind).await.is_empty() {
                tokio::task::yield_now().await;
            }
        }
    }
}

pub(crate) struct Row {
    scenario: Scenario,
    kind: &'static Kind,
    /// Invoices that the receiver got for the order, and the keys that they had.
    invoices: (usize, usize),
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
        "| {} | {} | {invoices}{} | {} | {} | {:.0} s |{}",
        row.scenario.title(),
        row.kind.title,
        if keys == invoices {
            ""
        } else {
            " under one key"
        },
        list(&row.executions),
        list(&row.parked),
        row.took.as_secs_f64(),
        if row.is_good() { "" } else { " **BAD**" },
    )
}

pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut text =
        "| what happens | the node that calls the model | invoices | executions of n8n | parked requests | time |\n|---|---|---|---|---|---|\n".to_owned();
    for row in rows {
        let _ = writeln!(text, "{}", line(row));
    }
    text
}

pub(crate) fn is_good(rows: &[Row]) -> bool {
    !rows.is_empty() && rows.iter().all(Row::is_good)
}

/// Another one at each call, below the ports that the system gives to outgoing connections.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    loop {
        let port = NEXT.fetch_add(1, Ordering::Relaxed);
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
