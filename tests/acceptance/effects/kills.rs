//! Random `kill -9` of the engine while requests, effects, parked requests and their drain are in flight. `cargo xtask kills N`
//! runs it N times and prints the figures.

mod client;
mod drain;
mod figures;
mod random;
mod rows;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::StatusCode;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::effect;
use super::receiver::{Behaviour, Receiver};
use crate::desk::{Desk, Upstream, two_endpoints};
use client::{Client, Learned};
use drain::Drain;
use figures::Figures;
use random::{Random, number};

/// Of the suite; UNDERSTUDY_KILLS overrides it.
const KILLS: usize = 10;
/// Clients at the same time, of each kind.
const CLIENTS: usize = 4;
/// Effects without an answer are requested again, so many of them in a round.
const MOST_OPEN: usize = 6 * CLIENTS;
/// The engine is killed in this time, at the latest: a pipeline's drain sends one request in a second.
const LONGEST_MS: u64 = 1500;

const EFFECTS: [&str; 2] = ["invoice", "e-mail"];

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
    let drain = Drain::start().await;
    failing.stage.outage(Some("503".parse().unwrap()));
    let mut desk = Desk::new();
    Drain::environment(&mut desk);
    let parked_route = "[[route]]\nname = \"leads\"\ndialect = \"openai-chat\"\nmodels = \"lead-*\"\ncandidates = [\"second\"]\npipeline = \"Leads\"\n";
    desk.settings(&format!(
        "{parked_route}{}{}{}{}",
        drain.settings(),
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
        let (client, mut happened) = Client::new(&desk, &learned);
        let mut clients = JoinSet::new();
        let events = (parks.events(), repeats.events());
        let (mut parked, mut repeated) = events;
        let (mut delivered, mut resumed) = (drain.webhook.events(), drain.resume.events());
        drain
            .round(round, &client, &learned, &mut random, &mut clients)
            .await;
        // The moment of the kill is counted in the responses of the clients that start now.
        while happened.try_recv().is_ok() {}
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
        for (name, key) in open.iter().take(MOST_OPEN).cloned() {
            let client = client.clone();
            clients.spawn(async move {
                let _ = client.effect(name, &key).await;
            });
        }
        sent += clients.len();
        drop(client);
        let longest = Duration::from_millis(random.below(LONGEST_MS));
        let of_clients = random.below(2 * CLIENTS as u64 + 6);
        let of_drain = 1 + random.below(4);
        // In the middle of all clients' requests, or of a delivery.
        let moment = async {
            if Drain::is_outage(round) {
                for _ in 0..of_clients {
                    tokio::select! {
                        event = happened.recv() => if event.is_none() { break },
                        _ = parked.recv() => {}
                        _ = repeated.recv() => {}
                    }
                }
            } else {
                for _ in 0..of_drain {
                    tokio::select! {
                        _ = delivered.recv() => {}
                        _ = resumed.recv() => {}
                    }
                }
            }
        };
        let _ = timeout(longest, moment).await;
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
    let (client, _happened) = Client::new(&desk, &learned);
    // A client waits less long for its response than a row of failed attempts lasts.
    parks.recover();
    repeats.recover();
    settle_all(&client, &open).await;
    drain.settle(&desk, &client, &learned).await;
    let figures = Figures::of(&desk, &learned, &parks, &repeats, &drain).await;
    println!(
        "kill -9: {kills} times in {:.0} s, seed {seed}: {sent} requests\n{figures}",
        began.elapsed().as_secs_f64()
    );
    figures.check();
}

/// Each open effect gets its result, or is parked.
async fn settle_all(client: &Client, open: &[(&'static str, String)]) {
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
