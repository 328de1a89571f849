//! One client with one fault in one mode: run, counted and judged.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use catalog::Dialect;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::block_in_place;
use tokio::time::{Instant, timeout};

use super::desk::{Desk, Upstream, two_endpoints};
use super::fallback_proxy::FallbackProxy;
use super::judge::{Ended, Verdict};
use super::play::{Call, Play, Turn};
use super::roster::{Client, Troupe};

/// The fault.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// The provider applies this to every request.
    Plays(Play),
    /// No program listens at its address.
    PortClosed(Play),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The client is connected to the failing provider.
    Direct,
    /// It is connected to Understudy, which has the failing provider and a healthy one.
    Through,
    /// The second provider fails in the same way.
    BothFail,
    /// The second provider is healthy, and supports only this dialect, which is not the client's.
    Across(Dialect),
}

#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) client: Client,
    pub(crate) trouble: Trouble,
    pub(crate) way: Way,
}

#[derive(Clone, Debug)]
pub(crate) struct Result {
    pub(crate) cell: Cell,
    pub(crate) verdict: Verdict,
    /// Requests that the client made; `None`: they could not be counted.
    pub(crate) requests: Option<usize>,
    /// Requests that each provider counted.
    pub(crate) posts: Vec<usize>,
    pub(crate) took: Duration,
    pub(crate) ended: Option<Ended>,
    /// How often the tool ran.
    pub(crate) ran: usize,
}

/// Longer than any run that ends; an agent needs seconds to start on a busy machine.
const PATIENCE_DIRECT: Duration = Duration::from_secs(15);
const PATIENCE: Duration = Duration::from_secs(60);
const PATIENCE_AGENT: Duration = Duration::from_secs(120);

/// An exchange is recorded when it ends.
const BOOKED_WITHIN: Duration = Duration::from_secs(5);

/// Timers that are short enough for a table; longer ones are tested separately with their default values.
const TIMERS: &str =
    "[timers]\nconnect = 2\nheaders = 3\nfirst_content = 3\nidle = 3\ngrace = 2\ntotal = 5\n";

impl Trouble {
    pub(crate) fn play(&self) -> &Play {
        match self {
            Trouble::Plays(play) | Trouble::PortClosed(play) => play,
        }
    }

    pub(crate) fn name(&self) -> String {
        let Play { turn, fault, .. } = self.play();
        let fault = match (self, fault) {
            (Trouble::PortClosed(_), _) => "port closed".to_owned(),
            (Trouble::Plays(_), Some(fault)) => fault.to_string(),
            (Trouble::Plays(_), None) => "nothing".to_owned(),
        };
        match turn {
            Turn::Text => fault,
            Turn::Thinking => format!("thinking, then {fault}"),
            Turn::Tool => format!("tool call, {fault}"),
        }
    }

    /// True if a client without Understudy waits until it is stopped. Many such clients may wait at the same time.
    pub(crate) fn waits(&self) -> bool {
        let name = self.name();
        ["stall", "silent", "pings", "port closed"]
            .iter()
            .any(|word| name.contains(word))
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Direct => f.write_str("direct"),
            Way::Through => f.write_str("through"),
            Way::BothFail => f.write_str("through, both fail"),
            Way::Across(dialect) => write!(f, "through, to {dialect}"),
        }
    }
}

impl Cell {
    /// False for a client whose call is a program, which cannot be broken like JSON, and for a client without a tool.
    pub(crate) fn can_be_played(&self) -> bool {
        let broken = self.trouble.play().fault == Some(stage::Fault::InvalidToolInput);
        let call = self.client.call(Path::new("ran.txt"));
        let has_tool = self.trouble.play().turn != Turn::Tool || call.is_some();
        has_tool && !(broken && self.client == Client::CodexWithPrograms)
    }

    pub(crate) async fn run(self, troupe: &Troupe) -> Result {
        match self.way {
            Way::Direct => self.direct(troupe).await,
            Way::Through | Way::BothFail | Way::Across(_) => self.through(troupe).await,
        }
    }

    async fn direct(self, troupe: &Troupe) -> Result {
        let folder = TempDir::new().unwrap();
        let provider = Provider::start(&self.trouble, self.client, folder.path()).await;
        let (ended, took) = self.ask(troupe, provider.address(), folder.path()).await;
        let posts = provider.posts();
        self.result(
            ended,
            took,
            posts,
            posts.into_iter().collect(),
            folder.path(),
        )
    }

    async fn through(self, troupe: &Troupe) -> Result {
        let mut desk = Desk::new();
        let home = desk.file("client");
        std::fs::create_dir_all(&home).unwrap();
        let lead = Provider::start(&self.trouble, self.client, &home).await;
        let second = match self.way {
            Way::Direct | Way::Through | Way::Across(_) => {
                Trouble::Plays(Play::complete(self.trouble.play().turn))
            }
            Way::BothFail => self.trouble.clone(),
        };
        let second = Provider::start(&second, self.client, &home).await;
        match self.way {
            Way::Across(dialect) => {
                let fallback = FallbackProxy {
                    address: second.address(),
                    dialect,
                    key: None,
                };
                let client = self.client.dialect();
                fallback.set_up(&mut desk, TIMERS, client, lead.address());
            }
            Way::Direct | Way::Through | Way::BothFail => {
                let routes = two_endpoints(lead.address(), second.address());
                desk.settings(&(TIMERS.to_owned() + &routes));
            }
        }
        let base = block_in_place(|| {
            desk.start();
            desk.base()
        });
        let (ended, took) = self.ask(troupe, &base, &home).await;
        let posts: Vec<usize> = [&lead, &second]
            .into_iter()
            .filter_map(Provider::posts)
            .collect();
        let requests = booked(&desk, posts.iter().sum()).await;
        self.result(ended, took, Some(requests), posts, &home)
    }

    async fn ask(&self, troupe: &Troupe, base: &str, home: &Path) -> (Option<Ended>, Duration) {
        let patience = match (self.way, self.client.is_agent()) {
            (Way::Direct, false) => PATIENCE_DIRECT,
            (Way::Direct, true) => PATIENCE,
            (Way::Through | Way::BothFail | Way::Across(_), false) => PATIENCE,
            (Way::Through | Way::BothFail | Way::Across(_), true) => PATIENCE_AGENT,
        };
        let began = Instant::now();
        let turn = self.trouble.play().turn;
        let ended = troupe.ask(self.client, base, home, turn, patience).await;
        (ended, began.elapsed())
    }

    fn result(
        self,
        ended: Option<Ended>,
        took: Duration,
        requests: Option<usize>,
        posts: Vec<usize>,
        home: &Path,
    ) -> Result {
        let ran = std::fs::read_to_string(home.join("ran.txt")).unwrap_or_default();
        let ran = ran.lines().count();
        let verdict = Verdict::of(self.trouble.play().turn, ended.as_ref(), ran);
        Result {
            cell: self,
            verdict,
            requests,
            posts,
            took,
            ended,
            ran,
        }
    }
}

/// The provider of the client, or of Understudy.
enum Provider {
    Listens(Upstream),
    /// An address without a listener.
    Closed(String),
}

impl Provider {
    async fn start(trouble: &Trouble, client: Client, home: &Path) -> Provider {
        let upstream = Upstream::start().await;
        match trouble {
            Trouble::PortClosed(_) => Provider::Closed(upstream.address.clone()),
            Trouble::Plays(play) => {
                let call: Option<Call> = client.call(&home.join("ran.txt"));
                play.script_for(client)
                    .arrange(&upstream.stage, call.as_ref());
                Provider::Listens(upstream)
            }
        }
    }

    fn address(&self) -> &str {
        match self {
            Provider::Listens(upstream) => &upstream.address,
            Provider::Closed(address) => address,
        }
    }

    /// `None`: no counter.
    fn posts(&self) -> Option<usize> {
        match self {
            Provider::Listens(upstream) => {
                let refused = upstream.stage.refused_connections() as usize;
                Some(upstream.posts() + refused)
            }
            Provider::Closed(_) => None,
        }
    }
}

/// The client's requests that the engine has recorded, after it has recorded as many as the providers counted. If it never
/// does, the table shows the difference.
pub(crate) async fn booked(desk: &Desk, posts: usize) -> usize {
    let enough = |rows: &[Value]| {
        let attempts = rows.iter().map(|row| row["attempts"].as_array());
        attempts.flatten().map(Vec::len).sum::<usize>() >= posts
    };
    match timeout(BOOKED_WITHIN, desk.exchanges_until(enough)).await {
        Ok(rows) => rows.len(),
        Err(_) => desk.exchanges(0).await.len(),
    }
}
