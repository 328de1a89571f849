//! A task of three turns with a fallback of another dialect than the client's: a call, two parallel calls, and a closing text.
//! Each call appends a line to a file, so the files show which calls ran, and how often.

use std::fmt::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use catalog::Dialect;
use stage::{Fault, ScriptStep, ScriptedPart, Stage};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, block_in_place};
use tokio::time::Instant;

use super::cell::booked;
use super::desk::{Desk, Upstream};
use super::fallback_proxy::FallbackProxy;
use super::judge::Ended;
use super::play::{Call, END, Turn};
use super::roster::{Client, Troupe};

/// One client, one fallback, one outage.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) client: Client,
    pub(crate) fallback: Dialect,
    pub(crate) outage: Outage,
}

/// When and how the client's own provider is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outage {
    FromTheStart,
    /// It answers the first turn and refuses all later ones.
    FromTheSecondTurn,
    /// It answers the first turn, ends within the second turn's calls, and ends there again at the retry.
    WithinTheSecondTurn,
    /// It refuses only the first turn, and the conversation stays with the fallback. Then the owner removes the fallback from
    /// the route, and the conversation must return with its texts and calls.
    InTheFirstTurnAlone,
}

/// Result of a task.
#[derive(Debug)]
pub(crate) struct Result {
    pub(crate) task: Task,
    pub(crate) verdict: Verdict,
    pub(crate) requests: usize,
    /// Turns that were sent to the client's own provider, and to the fallback.
    pub(crate) posts: [usize; 2],
    pub(crate) took: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The closing text arrived, and every call ran once.
    Done,
    Error(String),
    /// The client accepted another text as the end.
    Truncated(String),
    /// The unexpected contents of the two files.
    Ran([String; 2]),
    Hang,
}

/// More than a client needs to start three times on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// The expected lines in the two files.
const WRITTEN: [&str; 2] = ["first\nsecond\n", "third\n"];
const FILES: [&str; 2] = ["one.txt", "two.txt"];
const TIMERS: &str = "[timers]\nconnect = 2\nheaders = 5\nfirst_content = 5\nidle = 5\ngrace = 2\n";
/// More requests than any client makes.
const EVERY: u32 = 10_000;

impl Outage {
    pub(crate) const ALL: [Outage; 4] = [
        Outage::FromTheStart,
        Outage::FromTheSecondTurn,
        Outage::WithinTheSecondTurn,
        Outage::InTheFirstTurnAlone,
    ];
}

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outage::FromTheStart => "down from the start",
            Outage::FromTheSecondTurn => "down from the second turn on",
            Outage::WithinTheSecondTurn => "breaks off within the second turn's calls",
            Outage::InTheFirstTurnAlone => {
                "down in the first turn alone; after the task another question, without the stand-in"
            }
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Done => f.write_str("done"),
            Verdict::Error(error) => write!(f, "**error**: {error}"),
            Verdict::Truncated(text) => write!(f, "**HALF**: {text}"),
            Verdict::Ran(files) => write!(f, "**RAN**: {files:?}"),
            Verdict::Hang => f.write_str("**HANG**"),
        }
    }
}

impl Task {
    /// Every agent with every other dialect, in every outage.
    pub(crate) fn all() -> Vec<Task> {
        let mut all = Vec::new();
        for client in [
            Client::ClaudeCode,
            Client::ClaudeCodeNewest,
            Client::Codex,
            Client::CodexWithPrograms,
        ] {
            let others = Dialect::ALL.into_iter();
            for fallback in others.filter(|dialect| *dialect != client.dialect()) {
                all.extend(Outage::ALL.map(|outage| Task {
                    client,
                    fallback,
                    outage,
                }));
            }
        }
        all
    }

    pub(crate) async fn run(self, troupe: &Troupe) -> Result {
        let fallback = Upstream::start().await;
        self.run_behind(&fallback.address, None, &fallback, troupe)
            .await
    }

    /// The fallback's address and key.
    pub(crate) async fn run_behind(
        self,
        address: &str,
        key: Option<&str>,
        fallback: &Upstream,
        troupe: &Troupe,
    ) -> Result {
        let own = Upstream::start().await;
        let mut desk = Desk::new();
        let home = desk.file("client");
        std::fs::create_dir_all(&home).unwrap();
        self.arrange(&own.stage, &fallback.stage, &home);
        let set_up = FallbackProxy {
            address,
            dialect: self.fallback,
            key,
        };
        set_up.set_up(&mut desk, TIMERS, self.client.dialect(), &own.address);
        let base = block_in_place(|| {
            desk.start();
            desk.base()
        });
        let began = Instant::now();
        let mut ended = troupe
            .ask(self.client, &base, &home, Turn::Tool, PATIENCE)
            .await;
        if self.outage == Outage::InTheFirstTurnAlone && is_complete(ended.as_ref()) {
            let alone = FallbackProxy::alone(TIMERS, self.client.dialect(), &own.address);
            desk.save_settings(&alone).await;
            ended = troupe
                .continue_session(self.client, &base, &home, PATIENCE)
                .await;
        }
        let took = began.elapsed();
        let posts = [own.posts(), fallback.posts()];
        Result {
            verdict: Verdict::of(ended, &home),
            requests: booked(&desk, posts.iter().sum()).await,
            posts,
            took,
            task: self,
        }
    }

    /// Number of turns that the fallback answers.
    fn carried(&self) -> usize {
        match self.outage {
            Outage::FromTheStart | Outage::InTheFirstTurnAlone => 3,
            Outage::FromTheSecondTurn | Outage::WithinTheSecondTurn => 2,
        }
    }

    /// Each provider gets only its own turns.
    fn arrange(&self, own: &Stage, fallback: &Stage, home: &Path) {
        let [first, second, third] = self.turns(home);
        let overloaded = ScriptStep::fault(Fault::status(529));
        let (steps, carried) = match self.outage {
            Outage::FromTheStart => (vec![overloaded.times(EVERY)], vec![first, second, third]),
            Outage::FromTheSecondTurn => {
                (vec![first, overloaded.times(EVERY)], vec![second, third])
            }
            Outage::WithinTheSecondTurn => {
                let broken = ScriptStep {
                    fault: Some(Fault::CutInTool),
                    ..second.clone().times(EVERY)
                };
                (vec![first, broken], vec![second, third])
            }
            Outage::InTheFirstTurnAlone => {
                let further =
                    ScriptStep::answer([ScriptedPart::Text(format!("It went well, {END}"))]);
                // Each turn is attempted twice.
                let steps = vec![overloaded.times(2), further];
                (steps, vec![first, second, third])
            }
        };
        steps.into_iter().for_each(|cue| own.cue(cue));
        carried.into_iter().for_each(|cue| fallback.cue(cue));
    }

    fn turns(&self, home: &Path) -> [ScriptStep; 3] {
        let append = |line: &str, file: &str| {
            let call = self.client.append(line, &home.join(file));
            let Call { name, input } = call.unwrap_or_else(|| panic!("{} has a tool", self.client));
            ScriptedPart::Tool { name, input }
        };
        let text = |text: &str| ScriptedPart::Text(text.to_owned());
        [
            ScriptStep::answer([
                ScriptedPart::Thinking("One line first, then the two others at once.".to_owned()),
                text("I begin with the first line."),
                append("first", FILES[0]),
            ]),
            ScriptStep::answer([
                text("Now the two others."),
                append("second", FILES[0]),
                append("third", FILES[1]),
            ]),
            ScriptStep {
                after_tool_result: true,
                ..ScriptStep::answer([text(&format!("All three lines are there, {END}"))])
            },
        ]
    }
}

fn is_complete(ended: Option<&Ended>) -> bool {
    ended.is_some_and(|ended| ended.error.is_none() && ended.text.contains(END))
}

impl Verdict {
    fn of(ended: Option<Ended>, home: &Path) -> Verdict {
        let files = FILES.map(|file| std::fs::read_to_string(home.join(file)).unwrap_or_default());
        match ended {
            None => Verdict::Hang,
            Some(Ended {
                error: Some(error), ..
            }) => Verdict::Error(error),
            Some(Ended { text, .. }) if !text.contains(END) => Verdict::Truncated(text),
            Some(_) if files != WRITTEN => Verdict::Ran(files),
            Some(_) => Verdict::Done,
        }
    }
}

impl Result {
    /// The task is done, and each turn of the fallback was sent to it once.
    pub(crate) fn is_as_promised(&self) -> bool {
        self.verdict == Verdict::Done && self.posts[1] == self.task.carried()
    }
}

/// Runs this many tasks at the same time; the results are in the order of the tasks.
pub(crate) async fn all(tasks: Vec<Task>, troupe: Arc<Troupe>, jobs: usize) -> Vec<Result> {
    let places = Arc::new(Semaphore::new(jobs));
    let mut running = JoinSet::new();
    for (place, task) in tasks.into_iter().enumerate() {
        let (places, troupe) = (Arc::clone(&places), Arc::clone(&troupe));
        running.spawn(async move {
            let _turn = places.acquire_owned().await.unwrap();
            (place, task.run(&troupe).await)
        });
    }
    let mut results = running.join_all().await;
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}

pub(crate) fn markdown(results: &[Result]) -> String {
    let mut text = "| client | its provider | the stand-in's dialect | the task | its requests/turns asked of both | time |\n\
         |---|---|---|---|---|---|\n"
        .to_owned();
    for result in results {
        let Task {
            client,
            fallback,
            outage,
        } = &result.task;
        let (verdict, requests) = (&result.verdict, result.requests);
        let ([own, other], took) = (result.posts, result.took.as_secs_f64());
        let _ = writeln!(
            text,
            "| {client} | {outage} | {fallback} | {verdict} | {requests}/{own}+{other} | {took:.1} s |"
        );
    }
    text
}
