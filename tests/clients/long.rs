//! Responses and pauses of many minutes that exceed a client's own timeouts, with the default timers and in real time. `cargo
//! xtask clients --long`: ten minutes, all at the same time.

use std::fmt::Write;
use std::time::Duration;

use stage::{Fault, ScriptStep, ScriptedPart};
use tokio::task::{JoinSet, block_in_place};
use tokio::time::Instant;

use super::cell::booked;
use super::desk::{Desk, Upstream, two_endpoints};
use super::judge::{Ended, Verdict};
use super::play::{Call, END, Play, Turn};
use super::roster::{Client, Troupe};

/// An expected behaviour, and its result.
pub(crate) struct Kept {
    what: String,
    verdict: Verdict,
    requests: usize,
    posts: [usize; 2],
    took: Duration,
    ended: Option<Ended>,
    kept: bool,
}

#[derive(Clone, Debug)]
struct Promise {
    client: Client,
    what: &'static str,
    /// "guarded", "live" or "verified".
    delivery: &'static str,
    lead: Lead,
    second: Second,
    /// A run that ends earlier proves nothing.
    at_least: Duration,
    at_most: Duration,
}

/// The behaviour of the first provider.
#[derive(Clone, Debug)]
enum Lead {
    /// A text of this many pieces, one every [`EVERY`].
    LongText(usize),
    /// A tool call with this many times sixteen more characters of arguments.
    LongCall(usize),
    Plays(Play),
}

#[derive(Clone, Copy, Debug)]
enum Second {
    IsHealthy,
    /// The same behaviour.
    FailsToo,
}

/// Below all timers, and often enough that every client keeps waiting.
const EVERY: Duration = Duration::from_secs(11);
/// Claude Code and Codex close a stream after this time without an event.
const CLIENTS_OWN: Duration = Duration::from_secs(300);
/// The longest run in which a client closes the stream and retries.
const LONGEST: Duration = Duration::from_secs(30 * 60);

fn promises() -> Vec<Promise> {
    let mut all = Vec::new();
    for client in [Client::ClaudeCode, Client::Codex] {
        for delivery in ["guarded", "live", "verified"] {
            all.push(Promise {
                client,
                what: "an answer of over six minutes",
                delivery,
                lead: Lead::LongText(34),
                second: Second::IsHealthy,
                at_least: Duration::from_secs(360),
                at_most: LONGEST,
            });
        }
        for (what, pieces, at_least) in [
            ("a tool call held for over a minute", 2, 80),
            ("a tool call held for over five minutes", 22, 360),
        ] {
            all.push(Promise {
                client,
                what,
                delivery: "guarded",
                lead: Lead::LongCall(pieces),
                second: Second::IsHealthy,
                at_least: Duration::from_secs(at_least),
                at_most: LONGEST,
            });
        }
        for (what, turn, fault) in [
            ("a provider that never answers", Turn::Text, "silent"),
            ("a provider that only pings", Turn::Text, "pings-only"),
            (
                "a provider silent in mid-text after thinking",
                Turn::Thinking,
                "stall:after=30",
            ),
            ("a provider silent in mid-call", Turn::Tool, "stall-in-tool"),
        ] {
            all.push(Promise {
                client,
                what,
                delivery: "guarded",
                lead: Lead::Plays(Play::failing(turn, Some(fault.parse().unwrap()))),
                second: Second::IsHealthy,
                at_least: Duration::ZERO,
                // A turn with a tool needs two requests.
                at_most: 2 * CLIENTS_OWN,
            });
        }
        all.push(Promise {
            client,
            what: "two providers that never answer",
            delivery: "guarded",
            lead: Lead::Plays(Play::failing(Turn::Text, Some(Fault::NoHeaders(None)))),
            second: Second::FailsToo,
            at_least: Duration::ZERO,
            at_most: LONGEST,
        });
    }
    all
}

/// Runs all at the same time: they mostly wait.
pub(crate) async fn run(client: &str, troupe: std::sync::Arc<Troupe>) -> Vec<Kept> {
    let mut running = JoinSet::new();
    let wanted = |promise: &Promise| {
        let name = format!("{} {}", promise.client, promise.what).to_lowercase();
        name.contains(&client.to_lowercase())
    };
    for (place, promise) in promises().into_iter().filter(wanted).enumerate() {
        let troupe = std::sync::Arc::clone(&troupe);
        running.spawn(async move { (place, promise.run(&troupe).await) });
    }
    let mut all = Vec::new();
    while let Some(done) = running.join_next().await {
        let (place, kept) = done.unwrap();
        eprintln!("{}", row(&kept));
        all.push((place, kept));
    }
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, kept)| kept).collect()
}

impl Promise {
    async fn run(self, troupe: &Troupe) -> Kept {
        let (lead, second) = (Upstream::start().await, Upstream::start().await);
        let mut desk = Desk::new();
        let home = desk.file("client");
        std::fs::create_dir_all(&home).unwrap();
        let call = self.client.call(&home.join("ran.txt")).unwrap();
        let turn = self.lead.arrange(&lead, &call);
        match self.second {
            Second::IsHealthy => Play::complete(turn).arrange(&second.stage, Some(&call)),
            Second::FailsToo => drop(self.lead.arrange(&second, &call)),
        }
        let routes = two_endpoints(&lead.address, &second.address);
        let delivery = format!("delivery = \"{}\"\ncandidates", self.delivery);
        desk.settings(&routes.replace("candidates", &delivery));
        let base = block_in_place(|| {
            desk.start();
            desk.base()
        });
        let began = Instant::now();
        let ended = troupe
            .ask(self.client, &base, &home, turn, self.at_most)
            .await;
        let took = began.elapsed();
        let ran = std::fs::read_to_string(home.join("ran.txt")).unwrap_or_default();
        let verdict = Verdict::of(turn, ended.as_ref(), ran.lines().count());
        let wanted = match self.second {
            Second::IsHealthy => verdict == Verdict::Complete,
            Second::FailsToo => verdict == Verdict::Error,
        };
        let posts = [lead.posts(), second.posts()];
        Kept {
            what: format!("{}, {}, {}", self.client, self.what, self.delivery),
            requests: booked(&desk, posts.iter().sum()).await,
            posts,
            took,
            kept: wanted && took >= self.at_least,
            verdict,
            ended,
        }
    }
}

impl Lead {
    fn arrange(&self, upstream: &Upstream, call: &Call) -> Turn {
        let drip = |answer: Vec<ScriptedPart>| ScriptStep {
            fault: Some(Fault::Drip(EVERY)),
            ..ScriptStep::answer(answer)
        };
        match self {
            // A piece has two words.
            Lead::LongText(pieces) => {
                let text = "word by word ".repeat(pieces * 2 / 3) + END;
                upstream.stage.cue(drip(vec![ScriptedPart::Text(text)]));
                Turn::Text
            }
            Lead::LongCall(times) => {
                let Call { name, input } = call.clone().lengthened(*times);
                upstream.stage.cue(ScriptStep {
                    then: Some(vec![ScriptedPart::Text(END.to_owned())]),
                    ..drip(vec![ScriptedPart::Tool { name, input }])
                });
                Turn::Tool
            }
            Lead::Plays(play) => {
                play.arrange(&upstream.stage, Some(call));
                play.turn
            }
        }
    }
}

pub(crate) fn markdown(all: &[Kept]) -> String {
    let mut text = "| client, what, delivery | verdict | its requests/POSTs of both | time | kept |\n|---|---|---|---|---|\n".to_owned();
    for kept in all {
        let _ = writeln!(text, "{}", row(kept));
    }
    text
}

pub(crate) fn all_kept(all: &[Kept]) -> bool {
    !all.is_empty() && all.iter().all(|kept| kept.kept)
}

fn row(kept: &Kept) -> String {
    let [lead, second] = kept.posts;
    let error = kept.ended.as_ref().and_then(|ended| ended.error.as_deref());
    let error = error.map_or_else(String::new, |error| {
        format!(
            ": {}",
            error
                .chars()
                .take(200)
                .collect::<String>()
                .replace(['|', '\n'], " ")
        )
    });
    format!(
        "| {} | {}{error} | {}/{lead}+{second} | {:.0} s | {} |",
        kept.what,
        kept.verdict,
        kept.requests,
        kept.took.as_secs_f64(),
        if kept.kept { "yes" } else { "**NO**" }
    )
}
