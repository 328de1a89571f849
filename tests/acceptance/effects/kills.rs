//! Random `kill -9` of the engine while requests, effects and parked requests are in flight. `cargo xtask kills N` runs it N times
//! and prints the figures. Another kind of work in flight, such as the drain of parked requests, is a further client here and a
//! further line of [`Figures`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::effect;
use super::receiver::{Behaviour, Receiver};
use crate::desk::{Desk, Upstream, two_endpoints};

/// Of the suite; UNDERSTUDY_KILLS overrides it.
const KILLS: usize = 10;
/// Clients at the same time, of each kind.
const CLIENTS: usize = 4;

/// Xorshift: a run is repeated with UNDERSTUDY_SEED.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// What the clients learned.
#[derive(Default)]
struct Learned {
    /// By effect and key: what the engine accepted.
    effects: BTreeMap<(&'static str, String), Answers>,
    /// Ids of parked requests.
    reviews: BTreeSet<String>,
    /// Keyed requests with a complete response.
    completions: BTreeMap<String, Vec<u8>>,
    differing: usize,
}

#[derive(Default)]
struct Answers {
    result: bool,
    /// Responses that its outcome is unknown.
    unknown: usize,
}

/// A parked effect is requested so often.
const UNKNOWN: usize = 3;

impl Answers {
    fn are_enough(&self) -> bool {
        self.result || self.unknown >= UNKNOWN
    }
}

#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    base: String,
    learned: Arc<Mutex<Learned>>,
    events: mpsc::UnboundedSender<()>,
}

const EFFECTS: [&str; 2] = ["invoice", "e-mail"];

impl Client {
    /// Err: the engine was killed before its response.
    async fn effect(&self, name: &'static str, key: &str) -> reqwest::Result<StatusCode> {
        let request = self.http.post(format!("{}/effects/{name}", self.base));
        let response = request
            .header("idempotency-key", key)
            .json(&json!({ "order": key }))
            .send()
            .await?;
        let status = response.status();
        if response.headers().contains_key("x-understudy-effect") {
            let mut learned = self.learned.lock().unwrap();
            let answers = learned.effects.entry((name, key.to_owned())).or_default();
            answers.result |= status == StatusCode::CREATED;
            answers.unknown += usize::from(status == StatusCode::BAD_GATEWAY);
        }
        response.bytes().await?;
        let _ = self.events.send(());
        Ok(status)
    }

    /// A keyed request of a pipeline: complete, or parked.
    async fn completion(&self, key: &str, fails: bool) -> reqwest::Result<()> {
        let model = if fails { "lead-x" } else { "m" };
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": key }] });
        let request = self.http.post(format!("{}/v1/chat/completions", self.base));
        let request = request
            .header("x-understudy-pipeline", "Leads")
            .header("x-understudy-item", key);
        let request = match fails {
            true => request,
            false => request.header("idempotency-key", key),
        };
        let response = request.json(&body).send().await?;
        let parked = response.headers().get("x-understudy-review-id");
        let parked = parked.map(|id| id.to_str().unwrap().to_owned());
        let status = response.status();
        let bytes = response.bytes().await?.to_vec();
        let mut learned = self.learned.lock().unwrap();
        learned.reviews.extend(parked);
        if status.is_success() && !fails {
            let earlier = learned.completions.insert(key.to_owned(), bytes.clone());
            learned.differing += usize::from(earlier.is_some_and(|earlier| earlier != bytes));
        }
        drop(learned);
        let _ = self.events.send(());
        Ok(())
    }
}

fn faults(random: &mut Random, honours: bool) -> Vec<Behaviour> {
    let fault = |n| match n {
        0 => Behaviour::Cuts,
        1 => Behaviour::CutsInResponse,
        2 if honours => Behaviour::Answers(503),
        _ => Behaviour::Answers(201),
    };
    (0..CLIENTS * 4).map(|_| fault(random.below(8))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_kill_of_the_engine_loses_or_repeats_anything() {
    let kills = number("UNDERSTUDY_KILLS").map_or(KILLS, |n| usize::try_from(n).unwrap());
    let seed = number("UNDERSTUDY_SEED").unwrap_or(0x5eed_1234_5678_9abc);
    let (mut random, began) = (Random(seed), Instant::now());
    let (parks, repeats) = (Receiver::start().await, Receiver::start().await);
    let (lead, failing) = (Upstream::start().await, Upstream::start().await);
    failing.stage.outage(Some("503".parse().unwrap()));
    let mut desk = Desk::new();
    let parked_route = "[[route]]\nname = \"leads\"\ndialect = \"openai-chat\"\nmodels = \"lead-*\"\ncandidates = [\"second\"]\npipeline = \"Leads\"\n";
    desk.settings(&format!(
        "{parked_route}{}{}{}",
        two_endpoints(&lead.address, &failing.address),
        effect("invoice", &parks, ""),
        effect("e-mail", &repeats, "honours_key = true"),
    ));
    let learned = Arc::new(Mutex::new(Learned::default()));
    let mut open: Vec<(&'static str, String)> = Vec::new();
    let mut sent = 0;
    for round in 0..kills {
        desk.start();
        parks.next(faults(&mut random, false));
        repeats.next(faults(&mut random, true));
        let (events, mut happened) = mpsc::unbounded_channel();
        let client = Client {
            http: desk.http.clone(),
            base: desk.base(),
            learned: Arc::clone(&learned),
            events,
        };
        let mut clients = JoinSet::new();
        for n in 0..CLIENTS {
            for name in EFFECTS {
                open.push((name, format!("order-{round}-{n}")));
            }
            let (client, key) = (client.clone(), format!("lead-{round}-{n}"));
            let fails = random.below(3) == 0;
            clients.spawn(async move {
                // The killed engine's clients send it again in a later round.
                let _ = client.completion(&key, fails).await;
            });
        }
        for (name, key) in open.clone() {
            let client = client.clone();
            clients.spawn(async move {
                let _ = client.effect(name, &key).await;
            });
        }
        sent += clients.len();
        let (mut parked, mut repeated) = (parks.events(), repeats.events());
        drop(client);
        for _ in 0..random.below(2 * CLIENTS as u64 + 6) {
            tokio::select! {
                event = happened.recv() => if event.is_none() { break },
                _ = parked.recv() => {}
                _ = repeated.recv() => {}
            }
        }
        desk.kill();
        while clients.join_next().await.is_some() {}
        let learned = learned.lock().unwrap();
        open.retain(|effect| {
            learned
                .effects
                .get(effect)
                .is_none_or(|answers| !answers.are_enough())
        });
    }
    desk.start();
    settle_all(&desk, &learned, &open).await;
    let figures = Figures::of(&desk, &learned, &parks, &repeats).await;
    println!(
        "kill -9: {kills} times in {:.0} s, seed {seed}: {sent} requests\n{figures}",
        began.elapsed().as_secs_f64()
    );
    figures.check();
}

/// Each open effect gets its result, or is parked.
async fn settle_all(desk: &Desk, learned: &Arc<Mutex<Learned>>, open: &[(&'static str, String)]) {
    let (events, _happened) = mpsc::unbounded_channel();
    let client = Client {
        http: desk.http.clone(),
        base: desk.base(),
        learned: Arc::clone(learned),
        events,
    };
    for (name, key) in open {
        let status = loop {
            let status = client.effect(name, key).await.unwrap();
            if status != StatusCode::SERVICE_UNAVAILABLE {
                break status;
            }
        };
        let known = [StatusCode::CREATED, StatusCode::BAD_GATEWAY];
        assert!(known.contains(&status), "{name} {key}: {status}");
    }
}

#[derive(Debug, Default)]
struct Figures {
    effects: usize,
    accepted_lost: usize,
    parked: usize,
    /// Of the receiver that does not honour keys.
    seen_twice: usize,
    /// Of the receiver that honours keys: repeated requests, and keys without a result.
    repeated: usize,
    honoured_open: usize,
    reviews: usize,
    reviews_lost: usize,
    completions: usize,
    differing: usize,
    integrity: String,
}

impl Figures {
    async fn of(
        desk: &Desk,
        learned: &Arc<Mutex<Learned>>,
        parks: &Receiver,
        repeats: &Receiver,
    ) -> Figures {
        let rows = all(desk, "/effects").await;
        let stored: BTreeMap<(String, String), Value> = rows
            .into_iter()
            .map(|row| {
                let text = |name: &str| row[name].as_str().unwrap().to_owned();
                ((text("name"), text("key")), row["state"].clone())
            })
            .collect();
        let reviews: BTreeSet<String> = all(desk, "/review")
            .await
            .iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect();
        let ledger = rusqlite::Connection::open(desk.file("ledger.sqlite")).unwrap();
        let integrity = ledger.query_row("PRAGMA integrity_check", (), |row| row.get(0));
        let learned = learned.lock().unwrap();
        let is = |(name, key): &(&str, String), state: &str| {
            let found = stored.get(&((*name).to_owned(), key.clone()));
            found.is_some_and(|found| found == state)
        };
        let accepted = learned.effects.keys();
        let lost = |effect: &&(&str, String)| {
            !stored.contains_key(&(effect.0.to_owned(), effect.1.clone()))
        };
        let honoured = accepted.clone().filter(|(name, _)| *name == "e-mail");
        Figures {
            effects: learned.effects.len(),
            accepted_lost: accepted.clone().filter(lost).count(),
            parked: accepted
                .clone()
                .filter(|effect| is(effect, "unknown"))
                .count(),
            seen_twice: parks.keys().values().filter(|count| **count > 1).count(),
            repeated: repeats.keys().values().map(|count| count - 1).sum(),
            honoured_open: honoured.filter(|effect| !is(effect, "done")).count(),
            reviews: learned.reviews.len(),
            reviews_lost: learned.reviews.difference(&reviews).count(),
            completions: learned.completions.len(),
            differing: learned.differing,
            integrity: integrity.unwrap(),
        }
    }

    fn check(&self) {
        assert_eq!(self.accepted_lost, 0, "{self}");
        assert_eq!(self.seen_twice, 0, "{self}");
        assert_eq!(self.honoured_open, 0, "{self}");
        assert_eq!(self.reviews_lost, 0, "{self}");
        assert_eq!(self.differing, 0, "{self}");
        assert_eq!(self.integrity, "ok", "{self}");
        assert!(self.effects > 0 && self.completions > 0, "{self}");
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Figures {
            effects,
            accepted_lost,
            parked,
            seen_twice,
            repeated,
            honoured_open,
            reviews,
            reviews_lost,
            completions,
            differing,
            integrity,
        } = self;
        writeln!(
            f,
            "effects accepted        {effects:>6}, lost {accepted_lost}"
        )?;
        writeln!(
            f,
            "receiver without keys   {parked:>6} parked, seen twice {seen_twice}"
        )?;
        writeln!(
            f,
            "receiver with keys      {repeated:>6} repeated, without a result {honoured_open}"
        )?;
        writeln!(
            f,
            "parked requests         {reviews:>6}, lost {reviews_lost}"
        )?;
        writeln!(
            f,
            "responses under a key   {completions:>6}, replayed with other bytes {differing}"
        )?;
        write!(f, "ledger                  {integrity:>6}")
    }
}

/// All rows of a list.
async fn all(desk: &Desk, path: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut before = String::new();
    loop {
        let page = desk
            .get(&format!("{path}?all=true&limit=500{before}"))
            .await;
        rows.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_i64() {
            Some(next) => before = format!("&before={next}"),
            None => return rows,
        }
    }
}
