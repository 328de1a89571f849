//! The one loop: every event is stamped once, changes the state, and what follows goes out. It owns the state and the ledger
//! and runs on a thread of its own, so that a slow disk never holds up a request.

mod asked;
mod breakers;
mod checks;
mod conversations;
mod doctor;
mod fallback_tests;
mod fallbacks;
mod interrupted;
mod metrics;
mod outages;
mod questions;
mod reach;
mod readings;
mod retry;
mod review;
mod spending;
mod stories;
mod traffic;

use std::sync::Arc;
use std::time::Duration;

use api::Snapshot;
use catalog::{Catalog, Endpoint};
use chrono::{DateTime, TimeDelta, Utc};
use gateway::{Gateway, Scope};
use health::{Book, Thresholds, Verdicts};
use ledger::Ledger;
use stage::Stage;
use tokio::sync::{mpsc, watch as channel};
use tokio::time::Instant;

use crate::clock::Clock;
use crate::control::Faces;
use crate::event::Event;
use crate::routing::{self, Running};
use crate::settings::{Settings, edit};
use crate::state::State;
use crate::view;

/// Snapshots are sent at most this often; what changes in between goes into the next.
const PUBLISH_EVERY: Duration = Duration::from_millis(100);
/// After a snapshot the loop does its other work for this many times as long as the snapshot took: requests wait for that
/// work, and nobody waits for a snapshot.
const WORK_PER_SNAPSHOT: u32 = 9;
/// A snapshot is never later than this.
const PUBLISH_LATEST: Duration = Duration::from_secs(2);
/// Old observations are thinned this often.
const THIN_EVERY: TimeDelta = TimeDelta::hours(6);
/// No client for so long: the desk is idle.
const IDLE_AFTER: TimeDelta = TimeDelta::hours(1);
/// A signal means now: open requests get this long, and no longer than `drain_s`.
const QUIT_WITHIN: TimeDelta = TimeDelta::seconds(30);
/// What has ended is on its way to the loop for a moment.
const SETTLE: TimeDelta = TimeDelta::milliseconds(100);
/// What is cut off at that limit is written down within this time.
const LAST_WORDS: TimeDelta = TimeDelta::seconds(3);

pub(crate) struct MainLoop {
    pub state: State,
    pub book: Book,
    /// The rehearsal has a book of its own: it needs no network, so being offline says nothing about it.
    pub rehearsal_book: Book,
    pub ledger: Ledger,
    pub outlets: Outlets,
    pub clock: Clock,
    pub running: Running,
    /// The bundled and the owner's files, without the settings' own endpoints.
    pub base_catalog: Arc<Catalog>,
    breakers: breakers::Outside,
    checks: checks::Checks,
    outages: outages::Outages,
    seq: u64,
    dirty: bool,
    /// Traffic has shown a provider, a login or a model that was not known. The next snapshot looks at all routes again: a
    /// look for every request would hold up the requests.
    traffic_has_news: bool,
    stop: bool,
    /// Stopping: the port closes at the latest then.
    stop_by: Option<DateTime<Utc>>,
    /// Stopping, and nothing is open: what has ended has arrived by then.
    settled_at: Option<DateTime<Utc>>,
    /// What went on without its client was told to end.
    cut_off: bool,
    thin_at: DateTime<Utc>,
    last_exchange: DateTime<Utc>,
    idle: bool,
}

/// Where the loop's decisions go.
pub(crate) struct Outlets {
    pub snapshots: channel::Sender<Arc<Snapshot>>,
    pub verdicts: channel::Sender<Arc<Verdicts>>,
    pub gateway_config: channel::Sender<Arc<gateway::Config>>,
    pub endpoints: channel::Sender<Arc<Vec<Endpoint>>>,
    pub allowed_hosts: channel::Sender<Vec<String>>,
    pub targets: channel::Sender<Arc<watch::Targets>>,
    pub nudges: mpsc::Sender<watch::Nudge>,
    pub gateway: Gateway,
    pub stage: Stage,
    /// True: let the front drain and end.
    pub stopping: channel::Sender<bool>,
    pub rehearsal: channel::Sender<Option<DateTime<Utc>>>,
    pub faces: Faces,
}

impl MainLoop {
    pub(crate) fn new(
        state: State,
        book: Book,
        ledger: Ledger,
        outlets: Outlets,
        clock: Clock,
        running: Running,
        base_catalog: Arc<Catalog>,
    ) -> MainLoop {
        let breakers = breakers::restore(&ledger, &outlets.gateway);
        let started = state.started;
        let rehearsal_book = Book::new(
            Arc::clone(&state.catalog),
            Thresholds::default(),
            state.watched(),
            Vec::new(),
            started,
        );
        MainLoop {
            state,
            book,
            rehearsal_book,
            ledger,
            outlets,
            clock,
            running,
            base_catalog,
            breakers,
            checks: Default::default(),
            outages: Default::default(),
            seq: 0,
            dirty: true,
            traffic_has_news: false,
            stop: false,
            stop_by: None,
            settled_at: None,
            cut_off: false,
            thin_at: started,
            last_exchange: started,
            idle: false,
        }
    }

    /// Runs until [`Event::Quit`] or until every sender is gone.
    pub(crate) async fn run(mut self, mut events: mpsc::Receiver<Event>) {
        self.restore();
        self.reconfigure();
        // What the start itself has to say belongs into the first snapshot: a menu that changes at once is hard to click.
        while let Ok(event) = events.try_recv() {
            self.handle(event);
        }
        let mut publish_at = self.publish_at_most();
        while !self.stop {
            let due = self.wait_until_due();
            tokio::select! {
                biased;
                event = events.recv() => match event {
                    Some(event) => self.handle(event),
                    None => break,
                },
                () = tokio::time::sleep_until(publish_at), if self.dirty => {}
                () = tokio::time::sleep(due) => self.due(),
            }
            if self.dirty && Instant::now() >= publish_at {
                publish_at = self.publish_at_most();
            }
        }
        self.publish();
    }

    fn wait_until_due(&self) -> Duration {
        let now = (self.clock)();
        let due = [
            self.book.next_due(),
            self.rehearsal_book.next_due(),
            Some(self.thin_at),
            Some(self.state.today_since + TimeDelta::days(1)),
            self.stop_by,
            self.settled_at,
            self.state.reviews_told.next_due(),
            self.state.fallbacks.next_due(),
            self.next_half_open(),
            self.outages.next_due(),
            (!self.idle).then_some(self.last_exchange + IDLE_AFTER),
        ]
        .into_iter()
        .flatten()
        .min();
        due.map_or(Duration::from_secs(3600), |at| {
            (at - now).to_std().unwrap_or(Duration::from_millis(1))
        })
    }

    fn handle(&mut self, event: Event) {
        let now = (self.clock)();
        match event {
            Event::Watched(report) => self.watched(now, report),
            Event::Passed(gateway::Report::Began(began)) => self.began(now, began),
            Event::Passed(gateway::Report::Ended(exchange)) => self.ended(now, &exchange),
            Event::Passed(gateway::Report::Unfetched(unfetched)) => self.unfetched(now, &unfetched),
            Event::Replay(ask) => {
                self.kept("keep an answer under its idempotency key", |ledger| {
                    ask.answer(ledger)
                });
            }
            Event::Conversation(ask) => {
                self.kept("keep a conversation", |ledger| ask.answer(ledger));
            }
            Event::SettingsFile(text) => self.settings_file(text),
            Event::KeysChanged => {
                self.reconfigure();
                self.try_new_keys();
            }
            Event::KeychainFailed(why) => self.state.keychain_failed = Some(why),
            Event::Asked(ask) => self.asked(now, ask),
            Event::Woke(asleep) => {
                tracing::info!(
                    seconds = asleep.as_secs(),
                    "the machine slept; everything is looked at again"
                );
                let transitions = self.book.woke(now);
                self.apply(transitions);
                self.nudge(watch::Nudge::Woke);
            }
            Event::RehearsalOver => self.end_rehearsal(),
            Event::Faces => {}
            Event::Quit => self.begin_stop(now, QUIT_WITHIN),
        }
        self.look_at_faces();
        self.look_at_breakers();
        self.refresh_outages(now);
        self.dirty = true;
    }

    /// Time alone: readings go stale, the day turns, old observations are thinned.
    fn due(&mut self) {
        let now = (self.clock)();
        let mut transitions = self.book.due(now);
        transitions.extend(self.rehearsal_book.due(now));
        self.apply(transitions);
        if now >= self.thin_at {
            self.thin_at = now + THIN_EVERY;
            self.kept("thin old observations", |ledger| {
                ledger.thin(now).map(|_| ())
            });
            self.kept("forget requests that were reviewed long ago", |ledger| {
                ledger.forget_reviewed(now).map(|_| ())
            });
            self.kept("forget old answers", |ledger| {
                ledger.expire_replays(now).map(|_| ())
            });
            self.forget_conversations(now);
        }
        if now >= self.state.today_since + TimeDelta::days(1) {
            self.turn_day(now);
            self.check_the_cap(now);
        }
        if now >= self.last_exchange + IDLE_AFTER {
            self.be_idle(true);
        }
        self.reviews_due(now);
        self.fallbacks_due(now);
        self.state.forget_old_sessions(now);
        self.look_at_breakers();
        self.refresh_outages(now);
        self.end_if_drained(now);
        self.dirty = true;
    }

    fn settings_file(&mut self, text: std::io::Result<String>) {
        let parsed = match text {
            Ok(text) => Settings::parse(&text, &self.base_catalog)
                .map(|settings| self.with_kept_scope(settings, &text)),
            Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => Ok(Settings::default()),
            Err(error) => Err(vec![crate::settings::Wrong {
                line: 1,
                what: format!("the file cannot be read: {error}"),
            }]),
        };
        match parsed {
            Ok(settings) => {
                self.state.settings_wrong.clear();
                if *self.state.settings != settings {
                    tracing::info!("new settings are in force");
                    self.state.settings = Arc::new(settings);
                    self.state.catalog =
                        Arc::new(self.base_catalog.with_own(&self.state.settings.own));
                    self.forget_conversations((self.clock)());
                    self.reconfigure();
                }
            }
            Err(wrong) => {
                tracing::warn!(first = %wrong[0], "the settings file has an error; the last good settings stay in force");
                self.state.settings_wrong = wrong;
            }
        }
    }

    /// Tells everybody what the settings, the keys and the catalogue now mean.
    fn reconfigure(&mut self) {
        let now = (self.clock)();
        self.running.spending = self.spending();
        self.running.sibling = self.sibling();
        let state = &self.state;
        self.running.paused = state.paused;
        self.running.draining = state.draining;
        let config =
            routing::gateway_config(&state.settings, &state.catalog, &state.keys, &self.running);
        let planned: Vec<_> = config
            .routes
            .iter()
            .filter(|r| r.name != catalog::REHEARSAL)
            .map(|r| (r.dialect, routing::sample_of(&r.models)))
            .collect();
        self.outlets.gateway_config.send_replace(Arc::new(config));
        self.outlets
            .endpoints
            .send_replace(Arc::new(state.catalog.endpoints().cloned().collect()));
        self.outlets
            .allowed_hosts
            .send_replace(state.settings.allowed_hosts.clone());
        self.send_targets();
        let mut plans: Vec<gateway::Plan> = Vec::new();
        for (dialect, model) in planned {
            let plan = self
                .outlets
                .gateway
                .explain(dialect, &model, &self.usual_caller(dialect));
            // A usual route behind one of the owner's own that takes its models leads nowhere else.
            if !plans
                .iter()
                .any(|known| (&known.route, known.dialect) == (&plan.route, dialect))
            {
                plans.push(plan);
            }
        }
        self.state.plans = plans;
        self.state.reaches = self.reaches();
        self.state.targets = self.targets();
        let transitions = self.book.watch(self.state.watched(), now);
        self.apply(transitions);
        self.dirty = true;
    }

    /// Where the settings file could not be written, what was in force before `may_go_to` stays until the owner writes one.
    fn with_kept_scope(&mut self, settings: Settings, text: &str) -> Settings {
        if self.state.scope_unwritten.is_none() {
            return settings;
        }
        if edit::is_written(text, edit::Place::General) {
            self.state.scope_unwritten = None;
            return settings;
        }
        Settings {
            may_go_to: Some(Scope::Any),
            ..settings
        }
    }

    /// Where neither a tray nor a window follows the engine, the gateway announces who answers.
    fn look_at_faces(&mut self) {
        let announce = self.outlets.faces.count() == 0;
        if self.running.announce != announce {
            self.running.announce = announce;
            self.reconfigure();
        }
    }

    /// From here on requests pass straight through; the port closes when the last one has ended, or at `within`, and at
    /// `drain_s` at the latest.
    fn begin_stop(&mut self, now: DateTime<Utc>, within: TimeDelta) {
        let by = now + within.min(self.state.settings.drain);
        self.stop_by = Some(self.stop_by.map_or(by, |earlier| earlier.min(by)));
        self.state.draining = true;
        self.reconfigure();
        self.end_if_drained(now);
    }

    fn end_if_drained(&mut self, now: DateTime<Utc>) {
        let Some(by) = self.stop_by else { return };
        let open = self.outlets.gateway.open_exchanges();
        if open > 0 {
            self.settled_at = None;
        } else if self.settled_at.is_none_or(|at| now < at) {
            self.settled_at.get_or_insert(now + SETTLE);
            return;
        }
        if open == 0 || now >= by && self.cut_off {
            self.publish();
            self.outlets.stopping.send_replace(true);
            self.stop = true;
        } else if now >= by {
            tracing::warn!(open, "requests are cut off: the engine stops");
            self.outlets.gateway.cut_off();
            self.cut_off = true;
            self.stop_by = Some(now + LAST_WORDS);
        }
    }

    /// Without clients, probes become rare.
    fn be_idle(&mut self, idle: bool) {
        if self.idle != idle {
            self.idle = idle;
            self.nudge(watch::Nudge::Idle(idle));
        }
    }

    fn end_rehearsal(&mut self) {
        self.outlets.stage.outage(None);
        self.outlets.rehearsal.send_replace(None);
        self.state.rehearsal_until = None;
    }

    fn nudge(&self, nudge: watch::Nudge) {
        // Full: the watch has enough to do, and looks again by itself.
        let _ = self.outlets.nudges.try_send(nudge);
    }

    /// Returns when the next may follow.
    fn publish_at_most(&mut self) -> Instant {
        let began = Instant::now();
        if std::mem::take(&mut self.traffic_has_news) {
            self.reconfigure();
        }
        self.publish();
        let work = began.elapsed() * WORK_PER_SNAPSHOT;
        Instant::now() + work.clamp(PUBLISH_EVERY, PUBLISH_LATEST)
    }

    fn publish(&mut self) {
        self.seq += 1;
        self.dirty = false;
        let now = (self.clock)();
        self.outlets
            .snapshots
            .send_replace(Arc::new(view::snapshot::snapshot(
                &self.state,
                self.seq,
                now,
            )));
    }

    /// A write that must not hold up anything: a failure is said, and the work goes on.
    fn kept(
        &mut self,
        what: &'static str,
        write: impl FnOnce(&mut Ledger) -> Result<(), ledger::LedgerError>,
    ) {
        if let Err(error) = write(&mut self.ledger) {
            self.ledger_trouble(what, &error);
        }
    }

    fn ledger_trouble(&mut self, what: &str, error: &ledger::LedgerError) {
        tracing::error!(%error, "the ledger could not {what}");
        self.state.ledger_failed = Some(format!("The ledger could not {what}: {error}."));
    }
}
