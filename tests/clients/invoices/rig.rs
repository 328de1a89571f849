//! The engine with two providers, the receiver of invoices, and an n8n that uses them.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{interval, timeout};

use super::kind::Kind;
use super::n8n::{LOOK, N8n};
use super::port::free_port;
use super::receiver::Receiver;
use crate::desk::{Desk, Upstream, two_endpoints};

/// Longer than any step on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);
/// The next candidate is used after this time without a response.
const TIMERS: &str = "[timers]\nheaders = 20\nfirst_content = 20\nidle = 20\ntotal = 60\n";

pub(super) struct Rig {
    desk: Desk,
    /// It has the same address after each start.
    port: u16,
    engine: Option<Child>,
    pub(super) lead: Upstream,
    pub(super) second: Upstream,
    pub(super) receiver: Receiver,
    pub(super) n8n: N8n,
}

impl Rig {
    pub(super) async fn new(clients: &Path) -> Rig {
        let (lead, second) = (Upstream::start().await, Upstream::start().await);
        let receiver = Receiver::start().await;
        let desk = Desk::new();
        let pipelines = Kind::ALL.map(|kind| {
            format!(
                "[[pipeline]]\nname = \"{}\"\ndelivery = \"resume\"\ndrain = true\ndrain_every_s = 1\n",
                kind.pipeline
            )
        });
        let effect = format!(
            "[[effect]]\nname = \"invoice\"\nurl = \"{}\"\n",
            receiver.url()
        );
        desk.settings(&format!(
            "{TIMERS}{}{effect}{}",
            pipelines.concat(),
            two_endpoints(&lead.address, &second.address)
        ));
        let port = free_port();
        let engine = Some(serve(&desk, port));
        let base = desk.base();
        let mut rig = Rig {
            desk,
            port,
            engine,
            lead,
            second,
            receiver,
            n8n: N8n::new(clients, &base).await,
        };
        rig.n8n.start();
        rig
    }

    pub(super) fn kill_engine(&mut self) {
        let mut engine = self.engine.take().unwrap();
        engine.kill().unwrap();
        engine.wait().unwrap();
    }

    pub(super) fn start_engine(&mut self) {
        self.engine = Some(serve(&self.desk, self.port));
    }

    /// `None`: both providers are healthy.
    pub(super) fn both(&self, fault: Option<&str>) {
        for provider in [&self.lead, &self.second] {
            provider
                .stage
                .outage(fault.map(|fault| fault.parse().unwrap()));
        }
    }

    /// The providers work again, which requests of others show.
    pub(super) async fn recover(&self) {
        self.both(None);
        for n in 0..60 {
            for kind in Kind::ALL {
                let others = json!({
                    "model": kind.model, "max_tokens": 100,
                    "messages": [{ "role": "user", "content": format!("Other {n}") }],
                });
                let answer = self.desk.ask(kind.other, &others).await;
                answer.bytes().await.unwrap();
            }
            if n > 3 && self.desk.snapshot().await.open_incidents.is_empty() {
                return;
            }
        }
        panic!("the incident never closes");
    }

    /// Parked requests of the workflows: id, pipeline and state.
    pub(super) async fn parked(&self) -> BTreeSet<(String, String, String)> {
        let page = self.desk.get("/review?all=true&limit=500").await;
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let rows = page["items"].as_array().unwrap().iter();
        rows.map(|row| (text(row, "id"), text(row, "pipeline"), text(row, "state")))
            .collect()
    }

    /// Requests at the receiver for this order, by their keys.
    pub(super) fn invoices(&self, order: &str) -> (usize, usize) {
        let mut requests = self.receiver.requests();
        requests.retain(|request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            body["order"] == order
        });
        let keys: BTreeSet<&str> = requests.iter().map(super::receiver::Request::key).collect();
        (requests.len(), keys.len())
    }

    /// Waits until it is so.
    pub(super) async fn until(&self, what: &str, is_so: impl Fn(&Rig) -> bool) {
        let mut readings = interval(LOOK);
        let waiting = async {
            while !is_so(self) {
                readings.tick().await;
            }
        };
        if timeout(PATIENCE, waiting).await.is_err() {
            panic!("never {what}: {}\n{}", self.desk.log(), self.n8n.log());
        }
    }
}

fn serve(desk: &Desk, port: u16) -> Child {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(desk.file("engine.log"))
        .unwrap();
    let mut engine = desk
        .command(&["serve", "--port", &port.to_string(), "--show-urls"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(engine.stdout.take().unwrap()).lines();
    // The curl line is the last line that the engine prints at its start.
    while !lines
        .next()
        .unwrap_or_else(|| panic!("the engine ended: {}", desk.log()))
        .unwrap()
        .contains("curl ")
    {}
    engine
}

impl Drop for Rig {
    fn drop(&mut self) {
        if let Some(mut engine) = self.engine.take() {
            let _ = engine.kill();
            let _ = engine.wait();
        }
    }
}
