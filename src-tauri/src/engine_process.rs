//! Finds or starts an engine, follows its snapshots, and restarts it when it crashes.

mod backoff;
pub(crate) mod launch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::{Snapshot, Version};
use serde::Serialize;
use tokio::process::Child;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep, timeout};

use crate::connection::{Connection, Found, Unanswered, find};
use crate::places::Places;
use backoff::Backoff;

/// Migrating a ledger may delay the engine; all other steps take less than a second.
const READY_WITHIN: Duration = Duration::from_secs(20);
/// How long an engine that listens may not respond before another one is started.
const NO_RESPONSE_LIMIT: Duration = Duration::from_secs(10);
/// An older engine lets its open responses end for a minute by default, and may be set to more.
const HANDED_OVER_WITHIN: Duration = Duration::from_secs(600);
/// How long an older engine may wait for a moment without a request before it is replaced.
const IDLE_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// While the engine is stopped on purpose, another program may start one.
const LOOK_WHILE_STOPPED: Duration = Duration::from_secs(2);

/// State of the connection to the engine.
#[derive(Clone, Debug)]
pub(crate) enum Standing {
    Connected(Connection),
    Apart(Apart),
}

/// Why there is no engine, as the tray and the window show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Apart {
    pub(crate) state: State,
    pub(crate) detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Starting,
    Running,
    Restarting,
    Stopped,
    /// It is on another computer.
    Unreachable,
}

impl Apart {
    pub(crate) fn looking() -> Self {
        Self {
            state: State::Starting,
            detail: "Looking for the engine.".into(),
        }
    }
}

/// Reports of the supervisor to the shell.
#[derive(Debug)]
pub(crate) enum News {
    Standing(Standing),
    Snapshot(Box<Snapshot>),
    /// The engine had crashed and runs again.
    StartedAgain,
}

pub(crate) struct Supervisor {
    places: Places,
    http: reqwest::Client,
    /// Wakes the wait before the next start, because the user requested the engine.
    start_now: Arc<Notify>,
    news: mpsc::Sender<News>,
    /// The engine, if it is a child process: then its end and exit status are known at once.
    child: Option<Child>,
    backoff: Backoff,
    replaces_older: bool,
}

/// What the end of an event stream means.
enum Followed {
    Gone(End),
    /// The engine is still there and its stream is opened again. A new search could mistake a stopping engine for one
    /// that never started.
    StillThere(Connection),
}

/// How an engine ended.
enum End {
    /// Stopped on purpose.
    Stopped,
    Died,
    /// It was older than this application, whose own engine has replaced it.
    MadeRoom,
}

impl Supervisor {
    pub(crate) fn new(
        places: Places,
        http: reqwest::Client,
        start_now: Arc<Notify>,
        news: mpsc::Sender<News>,
    ) -> Self {
        let backoff = Backoff::default();
        Self {
            places,
            http,
            start_now,
            news,
            child: None,
            backoff,
            replaces_older: true,
        }
    }

    /// Runs as long as the application.
    pub(crate) async fn run(mut self) {
        let mut died = false;
        loop {
            let connection = self.bring_up(died).await;
            self.connected(&connection).await;
            if died && self.backoff.may_announce() {
                self.send(News::StartedAgain).await;
            }
            let since = Instant::now();
            let end = self.attend(connection).await;
            self.backoff.was_up(since.elapsed());
            died = matches!(end, End::Died);
            match end {
                End::Stopped => self.wait_while_stopped().await,
                End::Died => {
                    self.report(
                        State::Restarting,
                        "The engine ended unexpectedly and is restarting.",
                    )
                    .await;
                    sleep(self.backoff.next()).await;
                }
                End::MadeRoom => {}
            }
        }
    }

    /// Finds or starts an engine, and retries until one responds.
    async fn bring_up(&mut self, died: bool) -> Connection {
        // The text about a crash or a failed start stays until the state changes. A menu whose rows change with every retry
        // cannot be clicked.
        let mut shown_reason = died;
        loop {
            if let Some(connection) = self.look().await {
                return connection;
            }
            if !shown_reason {
                self.report(State::Starting, "The engine is being started.")
                    .await;
            }
            let why = match self.start(None).await {
                Ok(connection) => return connection,
                Err(why) => why,
            };
            shown_reason = true;
            let wait = self.backoff.next();
            let seconds = wait.as_secs_f32();
            self.report(
                State::Restarting,
                format!("The engine does not start: {why} Next try in {seconds} s."),
            )
            .await;
            // The wait until the next start; a request of the user ends it early.
            let _ = timeout(wait, self.start_now.notified()).await;
        }
    }

    /// Finds a running engine. Waits while it listens but does not respond.
    async fn look(&self) -> Option<Connection> {
        let patience = Instant::now() + NO_RESPONSE_LIMIT;
        loop {
            match find(&self.places.runtime_file(), &self.http).await {
                Found::Answers(connection) => return Some(connection),
                Found::NoResponse(why) if Instant::now() < patience => {
                    self.report(State::Restarting, format!("Waiting for the engine: {why}."))
                        .await;
                    sleep(LOOK_EVERY * 10).await;
                }
                Found::NoResponse(_) | Found::None => return None,
            }
        }
    }

    /// Starts an engine and waits until it responds; an error is the engine's last line of output. It takes over from `older`, which
    /// lets its open responses end.
    async fn start(&mut self, older: Option<u32>) -> Result<Connection, String> {
        let program = self.program()?;
        let output = self.places.log.join("understudyd.out");
        let log = self.places.log.join("understudyd.log");
        let mut child = launch::launch(&program, &output, &log)
            .map_err(|error| format!("{} cannot be started: {error}.", program.display()))?;
        tracing::info!("started {}", program.display());
        let within = match older {
            Some(_) => READY_WITHIN + HANDED_OVER_WITHIN,
            None => READY_WITHIN,
        };
        let late = Instant::now() + within;
        loop {
            let ended = child.try_wait().ok().flatten();
            // Checked after the exit, because an engine that finds another one running exits normally.
            if let Found::Answers(connection) = find(&self.places.runtime_file(), &self.http).await
                && older != Some(connection.engine.pid)
            {
                self.child = ended.is_none().then_some(child);
                return Ok(connection);
            }
            if let Some(status) = ended {
                return Err(launch::last_line(&output)
                    .unwrap_or_else(|| format!("it ended with {status}.")));
            }
            if Instant::now() > late {
                self.child = Some(child);
                return Err(format!("it does not respond after {} s.", within.as_secs()));
            }
            sleep(LOOK_EVERY).await;
        }
    }

    fn program(&self) -> Result<PathBuf, String> {
        launch::find_program(self.places.engine.clone()).ok_or_else(|| {
            "understudyd was found neither beside this application nor in PATH. Install it again, or name it in UNDERSTUDYD.".into()
        })
    }

    /// Follows an engine until it has ended, even if its stream breaks several times.
    async fn attend(&mut self, mut connection: Connection) -> End {
        loop {
            match self.follow(&connection).await {
                Followed::Gone(end) => return end,
                Followed::StillThere(again) => connection = again,
            }
            self.connected(&connection).await;
        }
    }

    /// Passes snapshots on until the stream ends.
    async fn follow(&mut self, connection: &Connection) -> Followed {
        let older =
            Version::of(&connection.engine.version) < Version::of(env!("CARGO_PKG_VERSION"));
        let since = Instant::now();
        let mut draining = false;
        let broken = match connection.snapshots().await {
            Ok(mut snapshots) => loop {
                match snapshots.next().await {
                    Ok(Some(snapshot)) => {
                        draining = snapshot.engine.draining;
                        let may = is_idle(&snapshot) || since.elapsed() > IDLE_WITHIN;
                        if older && self.replaces_older && may {
                            return self.replace(connection).await;
                        }
                        self.send(News::Snapshot(Box::new(snapshot))).await;
                    }
                    Ok(None) => break None,
                    Err(why) => break Some(why),
                }
            },
            Err(why) => Some(why),
        };
        if let Some(why @ Unanswered::Unreadable(_)) = broken {
            self.report(State::Restarting, why.to_string()).await;
            let _ = timeout(NO_RESPONSE_LIMIT, self.start_now.notified()).await;
            return Followed::StillThere(connection.clone());
        }
        self.after_the_stream(draining).await
    }

    async fn after_the_stream(&mut self, draining: bool) -> Followed {
        // A crashing process may still accept a connection and then break it, so this is retried.
        let patience = Instant::now() + NO_RESPONSE_LIMIT;
        loop {
            match find(&self.places.runtime_file(), &self.http).await {
                Found::Answers(connection) => {
                    // A stream that breaks at once must not cause a busy loop.
                    sleep(LOOK_EVERY).await;
                    return Followed::StillThere(connection);
                }
                Found::NoResponse(_) if Instant::now() < patience => sleep(LOOK_EVERY).await,
                Found::NoResponse(why) => {
                    tracing::warn!("{why}");
                    return Followed::Gone(End::Died);
                }
                Found::None => break,
            }
        }
        // The order in which a stopping engine closes its streams and removes its file varies. It was stopped on purpose if it
        // exited with success, had announced the stop, or removes its file within a moment. A crashing engine gives its open
        // responses some seconds.
        let left_by_itself = async {
            while self.places.runtime_file().exists() {
                sleep(LOOK_EVERY).await;
            }
        };
        let ended_well = match &mut self.child {
            Some(child) if !draining => timeout(NO_RESPONSE_LIMIT, child.wait())
                .await
                .is_ok_and(|status| status.is_ok_and(|status| status.success())),
            Some(_) | None => false,
        };
        self.child = None;
        let on_purpose =
            draining || ended_well || timeout(LOOK_EVERY * 4, left_by_itself).await.is_ok();
        Followed::Gone(if on_purpose { End::Stopped } else { End::Died })
    }

    /// Starts the application's own engine, which takes the port over from the older one.
    async fn replace(&mut self, connection: &Connection) -> Followed {
        let version = &connection.engine.version;
        self.report(
            State::Restarting,
            format!("The engine {version} is being replaced by a newer one."),
        )
        .await;
        if let Err(why) = self.start(Some(connection.engine.pid)).await {
            tracing::warn!("the engine {version} is not replaced: {why}");
            self.replaces_older = false;
            return Followed::StillThere(connection.clone());
        }
        Followed::Gone(End::MadeRoom)
    }

    async fn wait_while_stopped(&mut self) {
        self.report(State::Stopped, "The engine is stopped.").await;
        loop {
            if timeout(LOOK_WHILE_STOPPED, self.start_now.notified())
                .await
                .is_ok()
            {
                return;
            }
            if let Found::Answers(_) = find(&self.places.runtime_file(), &self.http).await {
                return;
            }
        }
    }

    async fn connected(&self, connection: &Connection) {
        self.send(News::Standing(Standing::Connected(connection.clone())))
            .await;
    }

    async fn report(&self, state: State, detail: impl Into<String>) {
        let apart = Apart {
            state,
            detail: detail.into(),
        };
        tracing::info!("{}", apart.detail);
        self.send(News::Standing(Standing::Apart(apart))).await;
    }

    async fn send(&self, news: News) {
        // The shell receives as long as the application runs; later there is no receiver.
        let _ = self.news.send(news).await;
    }
}

fn is_idle(snapshot: &Snapshot) -> bool {
    let engine = &snapshot.engine;
    engine.more_open == 0 && engine.sessions.iter().all(|session| session.open == 0)
}
