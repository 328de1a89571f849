//! The engine with two providers, the receiver of invoices, and an n8n that uses them.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use stage::ResponseEnd;
use tokio::time::{Instant, interval};

use super::kind::{Kind, RESPONSES};
use super::n8n::{LOOK, N8n};
use super::port::free_port;
use super::receiver::Receiver;
use crate::desk::{Desk, Upstream, text, two_endpoints};

/// Longer than any step on a busy machine: a program that does not accept a response gets its last call after 755 s.
const PATIENCE: Duration = Duration::from_secs(1200);
/// Lines of each log that a failure shows.
const SHOWN: usize = 40;
/// The next candidate is used after 20 s without a response, and a primary that works again after 5 s.
const TIMERS: &str =
    "[timers]\nheaders = 20\nfirst_content = 20\nidle = 20\ntotal = 60\ncooldown = 5\n";

pub(super) struct Rig {
    desk: Desk,
    /// It has the same address after each start.
    port: u16,
    engine: Option<Child>,
    pub(super) lead: Upstream,
    pub(super) second: Upstream,
    pub(super) receiver: Receiver,
    pub(super) n8n: N8n,
    /// Of requests of other programs.
    rounds: AtomicU32,
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
            rounds: AtomicU32::new(0),
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

    /// The providers work again, which requests of others show. An open circuit breaker first needs its cooldown.
    pub(super) async fn recover(&mut self) {
        self.both(None);
        let rounds = AtomicU32::new(0);
        self.until("the primary gets the requests of others", async |rig| {
            let before = rig.lead.posts();
            rig.others().await;
            rounds.fetch_add(1, Ordering::Relaxed) > 3
                && rig.lead.posts() - before >= Kind::ALL.len()
        })
        .await;
    }

    /// Requests of other programs.
    pub(super) async fn others(&self) {
        let number = self.rounds.fetch_add(1, Ordering::Relaxed);
        for kind in Kind::ALL {
            let prompt = format!("Other {number}");
            let request = if kind.other == RESPONSES {
                json!({ "model": kind.model, "input": prompt })
            } else {
                let messages = json!([{ "role": "user", "content": prompt }]);
                json!({ "model": kind.model, "max_tokens": 100, "messages": messages })
            };
            let response = self.desk.ask(kind.other, &request).await;
            let status = response.status();
            let body = response.text().await.unwrap();
            // A rejected request would be no evidence of a recovery.
            assert!(!status.is_client_error(), "{request}: {status} {body}");
        }
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

    /// Complete responses of both providers for this order's text.
    pub(super) fn answered(&self, order: &str) -> usize {
        let prompt = format!("for order {order}\"");
        let received = [&self.lead, &self.second].map(|provider| provider.stage.received());
        let is_answer = |one: &&stage::Received| {
            one.answered.fault.is_none()
                && one.answered.end == ResponseEnd::Sent
                && String::from_utf8_lossy(&one.body).contains(&prompt)
        };
        received.iter().flatten().filter(is_answer).count()
    }

    /// Waits until it is so.
    pub(super) async fn until(&mut self, what: &str, is_so: impl AsyncFn(&Rig) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut readings = interval(LOOK);
        loop {
            readings.tick().await;
            if is_so(self).await {
                return;
            }
            let ended = self.n8n.ended();
            if ended.is_some() || Instant::now() > deadline {
                let cause = ended.unwrap_or_else(|| format!("not within {PATIENCE:?}"));
                panic!("awaited: {what}; {cause}\n{}", self.state());
            }
        }
    }

    /// What a person needs who looks for the cause of a wait without end.
    fn state(&self) -> String {
        let executions = Kind::ALL.map(|kind| {
            let executions = self.n8n.executions(kind, 0);
            format!("executions of {}: {executions:?}", kind.id)
        });
        let received = [&self.lead, &self.second].map(Upstream::posts);
        let invoices = self.receiver.requests().len();
        let traffic = self.desk.run(&["traffic"]);
        format!(
            "{}\nrequests at the two providers: {received:?}, at the receiver: {invoices}\n\
             --- understudyd traffic:\n{}\n--- the engine's log:\n{}\n--- the log of n8n:\n{}",
            executions.join("\n"),
            last_lines(&text(&traffic.stdout)),
            last_lines(&self.desk.log()),
            last_lines(&self.n8n.log()),
        )
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(SHOWN)..].join("\n")
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
