//! Parked requests that the engine sends again without a click, and their three kinds of receivers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::task::JoinSet;

use super::client::{Client, Learned};
use super::random::Random;
use super::rows::all;
use crate::desk::{Desk, Upstream, text};
use crate::effects::receiver::{Behaviour, Receiver};

/// Its receiver removes doubles by their id.
pub(super) const WEBHOOK: &str = "Webhook";
/// Its receiver may do its work twice.
pub(super) const RESUME: &str = "Resume";
/// Its caller fetches the responses.
pub(super) const FETCH: &str = "Fetch";

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// One round in so many: the model fails, and requests are parked.
const PERIOD: usize = 3;
/// Requests that show that the model works.
const OTHERS: usize = 8;
/// One outage in so many: the engine may be killed while it parks the requests. In the others they are parked before.
const PARKS_IN_FLIGHT: u64 = 4;

pub(super) struct Drain {
    model: Upstream,
    pub(super) webhook: Receiver,
    pub(super) resume: Receiver,
}

impl Drain {
    pub(super) async fn start() -> Drain {
        Drain {
            model: Upstream::start().await,
            webhook: Receiver::start().await,
            resume: Receiver::start().await,
        }
    }

    pub(super) fn settings(&self) -> String {
        let pipeline = |name: &str, delivery: &str| {
            format!(
                "[[pipeline]]\nname = \"{name}\"\ndrain = true\ndrain_every_s = 1\ndrain_runs = 20\ndelivery = {delivery}\n"
            )
        };
        let webhook = format!(
            "{{ url = \"{}\", secret_env = \"DRAIN_SECRET\" }}",
            self.webhook.url()
        );
        let endpoint = format!(
            "[[endpoint]]\nid = \"drained\"\nname = \"drained\"\nbase = \"{}\"\ndialects = [\"openai-chat\"]\nfamily = \"stage\"\n",
            self.model.address
        );
        let route = "[[route]]\nname = \"drained\"\ndialect = \"openai-chat\"\nmodels = \"drain-*\"\ncandidates = [\"drained\"]\n";
        [
            route,
            &endpoint,
            &pipeline(WEBHOOK, &webhook),
            &pipeline(RESUME, "\"resume\""),
            &pipeline(FETCH, "\"fetch\""),
        ]
        .concat()
    }

    pub(super) fn environment(desk: &mut Desk) {
        desk.env("DRAIN_SECRET", SECRET);
    }

    /// True: requests are parked in this round. False: they are drained.
    pub(super) fn is_outage(round: usize) -> bool {
        round.is_multiple_of(PERIOD)
    }

    /// The requests of a round.
    pub(super) async fn round(
        &self,
        round: usize,
        client: &Client,
        learned: &Arc<Mutex<Learned>>,
        random: &mut Random,
        clients: &mut JoinSet<()>,
    ) {
        let is_outage = Drain::is_outage(round);
        let fault = is_outage.then(|| "503".parse().unwrap());
        self.model.stage.outage(fault);
        self.webhook.next((0..2).map(|_| webhook_fault(random)));
        self.resume.next((0..2).map(|_| resume_fault(random)));
        if is_outage {
            let url = self.resume.url();
            let mut parks = JoinSet::new();
            for pipeline in [WEBHOOK, RESUME, FETCH] {
                let (client, item) = (client.clone(), format!("{pipeline}-{round}"));
                let url = (pipeline == RESUME).then(|| url.clone());
                parks.spawn(async move {
                    // The killed engine's clients do not send it again.
                    let _ = client.parks(pipeline, &item, url.as_deref()).await;
                });
            }
            // The first outage leaves something to drain, also on a busy machine.
            if round == 0 || random.below(PARKS_IN_FLIGHT) > 0 {
                parks.join_all().await;
            } else {
                clients.spawn(async move {
                    parks.join_all().await;
                });
            }
            return;
        }
        let others = client.clone();
        clients.spawn(async move {
            for n in 0..OTHERS {
                if others.ask(&format!("Other {round}-{n}")).await.is_err() {
                    return;
                }
            }
        });
        let unfetched = learned.lock().unwrap().unfetched();
        for id in unfetched {
            let client = client.clone();
            clients.spawn(async move {
                let _ = client.fetches(&id).await;
            });
        }
    }

    /// The model works, and each parked request gets to its receiver or waits for its owner.
    pub(super) async fn settle(&self, desk: &Desk, client: &Client, learned: &Arc<Mutex<Learned>>) {
        self.model.stage.outage(None);
        let is_drained = |row: &Value| {
            let pipeline = row["pipeline"].as_str().unwrap_or_default();
            [WEBHOOK, RESUME, FETCH].contains(&pipeline)
        };
        loop {
            for n in 0..OTHERS {
                client.ask(&format!("Last {n}")).await.unwrap();
            }
            let unfetched = learned.lock().unwrap().unfetched();
            for id in unfetched {
                client.fetches(&id).await.unwrap();
            }
            let rows = all(desk, "/review").await;
            let is_moving = |row: &&Value| {
                let waits = ["later", "running", "model", "delivery"];
                let state = row["drain_state"].as_str().unwrap_or_default();
                is_drained(row) && row["state"] == "open" && waits.contains(&state)
            };
            if !rows.iter().any(|row| is_moving(&row)) {
                break;
            }
        }
        // Stored responses are fetched as often as their callers like.
        let fetched = learned.lock().unwrap().of(FETCH);
        for id in fetched {
            client.fetches(&id).await.unwrap();
        }
    }

    pub(super) fn figures(&self, learned: &Learned, rows: &[Value]) -> Drained {
        let state: BTreeMap<&str, &Value> = rows
            .iter()
            .map(|row| (row["id"].as_str().unwrap(), row))
            .collect();
        let is = |id: &str, field: &str, value: &str| {
            state.get(id).is_some_and(|row| row[field] == value)
        };
        let arrived = |receiver: &Receiver| -> BTreeMap<String, usize> {
            receiver.keys().into_iter().collect()
        };
        let (webhook, resume) = (arrived(&self.webhook), arrived(&self.resume));
        let mut got = BTreeSet::new();
        got.extend(webhook.keys().chain(resume.keys()).cloned());
        got.extend(learned.fetched.keys().cloned());
        let needs_owner = |id: &str| is(id, "state", "open") && is(id, "drain_state", "click");
        let waits = |id: &&String| {
            let left_to_owner = needs_owner(id) && learned.drains[*id] != FETCH;
            !got.contains(*id) && is(id, "state", "open") && !left_to_owner
        };
        let parked = learned.drains.keys();
        let lost = |id: &&String| !got.contains(*id) && !is(id, "state", "open");
        Drained {
            parked: parked.len(),
            webhook: webhook.len(),
            repeated: webhook.values().map(|count| count - 1).sum(),
            two_ids: doubled_items(&self.webhook) + doubled_items(&self.resume),
            resumed: resume.len(),
            resumed_twice: resume.values().filter(|count| **count > 1).count(),
            unknown: learned
                .of(RESUME)
                .iter()
                .filter(|id| needs_owner(id))
                .count(),
            refused: learned
                .of(WEBHOOK)
                .iter()
                .filter(|id| needs_owner(id))
                .count(),
            fetched: learned.fetched.len(),
            not_fetched: learned.not_fetched,
            waiting: parked.clone().filter(waits).count(),
            lost: parked.clone().filter(lost).count(),
        }
    }
}

impl Learned {
    fn of(&self, pipeline: &str) -> Vec<String> {
        let its = self.drains.iter().filter(|(_, of)| **of == pipeline);
        its.map(|(id, _)| id.clone()).collect()
    }

    /// Parked requests whose response was not fetched.
    fn unfetched(&self) -> Vec<String> {
        let mut ids = self.of(FETCH);
        ids.retain(|id| !self.fetched.contains_key(id));
        ids
    }
}

/// Items that arrived under more than one id.
fn doubled_items(receiver: &Receiver) -> usize {
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for request in receiver.requests() {
        let document: Value = serde_json::from_str(&text(&request.body)).unwrap();
        let item = document["data"]["item"].as_str().unwrap().to_owned();
        ids.entry(item)
            .or_default()
            .insert(request.key().to_owned());
    }
    ids.values().filter(|ids| ids.len() > 1).count()
}

fn webhook_fault(random: &mut Random) -> Behaviour {
    match random.below(16) {
        0 => Behaviour::Cuts,
        1 => Behaviour::Answers(503),
        2 => Behaviour::CutsInResponse,
        _ => Behaviour::Answers(200),
    }
}

/// It does its work also if its answer does not arrive.
fn resume_fault(random: &mut Random) -> Behaviour {
    match random.below(16) {
        0 => Behaviour::Cuts,
        1 => Behaviour::CutsInResponse,
        _ => Behaviour::Answers(200),
    }
}

#[derive(Debug, Default)]
pub(super) struct Drained {
    parked: usize,
    /// Responses at the webhook, each with its own id.
    webhook: usize,
    /// Calls of the webhook with an id that it had: it removes them.
    repeated: usize,
    two_ids: usize,
    /// The webhook failed too often: the owner decides.
    refused: usize,
    /// Responses at a receiver that may do its work twice.
    resumed: usize,
    resumed_twice: usize,
    /// The outcome at that receiver is unknown: the owner decides.
    unknown: usize,
    fetched: usize,
    not_fetched: usize,
    /// Open, neither at their receiver nor left to the owner.
    waiting: usize,
    /// Neither open nor at their receiver.
    lost: usize,
}

impl Drained {
    pub(super) fn check(&self) {
        assert_eq!(self.two_ids, 0, "{self}");
        assert_eq!(self.resumed_twice, 0, "{self}");
        assert_eq!(self.not_fetched, 0, "{self}");
        assert_eq!(self.waiting, 0, "{self}");
        assert_eq!(self.lost, 0, "{self}");
        let delivered = [self.webhook, self.resumed, self.fetched];
        assert!(delivered.iter().all(|count| *count > 0), "{self}");
    }
}

impl std::fmt::Display for Drained {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Drained {
            parked,
            webhook,
            repeated,
            two_ids,
            refused,
            resumed,
            resumed_twice,
            unknown,
            fetched,
            not_fetched,
            waiting,
            lost,
        } = self;
        writeln!(
            f,
            "drained requests        {parked:>6} parked, lost {lost}, left waiting {waiting}"
        )?;
        writeln!(
            f,
            "  webhook               {webhook:>6} delivered, repeated under the same id {repeated}, under another id {two_ids}, left to the owner {refused}"
        )?;
        writeln!(
            f,
            "  receiver without ids  {resumed:>6} delivered, seen twice {resumed_twice}, left to the owner {unknown}"
        )?;
        writeln!(
            f,
            "  fetched by callers    {fetched:>6}, refused {not_fetched}"
        )
    }
}
