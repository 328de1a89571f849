//! The loop around the desk: it stamps every event, the desk decides, and the loop performs the effects in order. It owns the
//! ledger and has its own thread, so that a slow disk does not delay requests.

mod beside;
mod check_timer;
mod checked;
mod checks;
mod closing;
mod commands;
mod control_request;
mod counting;
mod crashes;
mod doctor;
mod draining;
mod drill;
mod effects;
mod ledger_check;
mod log_check;
mod mark;
mod metrics;
mod open_checks;
mod perform;
mod pipelines;
mod promised;
mod restore;
mod retry;
mod review;
mod scope;
mod settings_file;
mod stop;
mod tokens;

use std::sync::Arc;
use std::time::Duration;

use api::Snapshot;
use catalog::Endpoint;
use chrono::{DateTime, Utc};
use gateway::{BreakerView, Gateway, Promise};
use health::Verdicts;
use ledger::Ledger;
use stage::Stage;
use tokio::sync::{mpsc, watch as channel};
use tokio::time::Instant;

use crate::clock::Clock;
use crate::control::Faces;
use crate::courier::Courier;
use crate::desk::{self, Desk, Effect};
use crate::effects::EffectsConfig;
use crate::event::LoopEvent;
use crate::logging::Log;
use crate::metrics::Metrics;
use crate::network::NetworkPort;
use crate::opening::{self, Opening};
use crate::settings::{Settings, SettingsError};
use crate::state::State;
use crate::view;
use crate::view::facts::PageFacts;
pub(crate) use beside::Beside;
use check_timer::CheckTimer;
use closing::Closing;
#[cfg(test)]
pub(crate) use restore::Reading;
use stop::{Step, Stop};

/// Minimum interval between snapshots; changes in between are part of the next one.
const PUBLISH_EVERY: Duration = Duration::from_millis(100);
/// After a snapshot, the loop handles events for this many times the snapshot's duration: requests wait for events, and a
/// snapshot can be late.
const WORK_PER_SNAPSHOT: u32 = 9;
/// Maximum delay of a snapshot.
const PUBLISH_LATEST: Duration = Duration::from_secs(2);

pub(crate) struct MainLoop {
    desk: Desk,
    ledger: Ledger,
    /// The ledger's file is being opened.
    opening: Option<Opening>,
    outlets: Outlets,
    clock: Clock,
    /// The breakers in the desk's last event.
    breakers: Vec<BreakerView>,
    stop: Stop,
    closing: Closing,
    checks: open_checks::OpenChecks,
    check_timer: CheckTimer,
    log_timer: CheckTimer,
    beside: Beside,
    /// False: the start reads everything itself, so that the first snapshot is complete.
    is_running: bool,
    seq: u64,
    dirty: bool,
    ended: bool,
}

/// Channels and handles for the loop's effects.
pub(crate) struct Outlets {
    pub snapshots: channel::Sender<Arc<Snapshot>>,
    pub facts: channel::Sender<Arc<PageFacts>>,
    pub verdicts: channel::Sender<Arc<Verdicts>>,
    pub gateway_config: channel::Sender<Arc<gateway::Config>>,
    pub endpoints: channel::Sender<Arc<Vec<Endpoint>>>,
    pub effects: channel::Sender<EffectsConfig>,
    pub allowed_hosts: channel::Sender<Vec<String>>,
    pub network: channel::Sender<Arc<[NetworkPort]>>,
    pub targets: channel::Sender<Arc<watch::Targets>>,
    pub nudges: mpsc::Sender<watch::Nudge>,
    pub gateway: Gateway,
    pub courier: Courier,
    pub stage: Stage,
    /// True: the HTTP server completes its open requests and ends.
    pub stopping: channel::Sender<bool>,
    pub rehearsal: channel::Sender<Option<DateTime<Utc>>>,
    pub faces: Faces,
    pub metrics: Metrics,
    pub log: Log,
}

/// Clients wait for promises, so these do not queue behind the records of other requests. Neither channel starves the other.
async fn next(
    events: &mut mpsc::Receiver<LoopEvent>,
    promises: &mut mpsc::Receiver<Promise>,
) -> Option<LoopEvent> {
    tokio::select! {
        event = events.recv() => event,
        Some(promise) = promises.recv() => Some(LoopEvent::Promised(promise)),
    }
}

impl MainLoop {
    /// `opening`: the file that replaces this ledger, which is in memory.
    pub(crate) fn new(
        desk: Desk,
        (ledger, opening): (Ledger, Option<Opening>),
        outlets: Outlets,
        beside: Beside,
        clock: Clock,
    ) -> MainLoop {
        let zone = desk.state().zone.offsets();
        outlets.gateway.format_times_in(zone);
        let check_timer = CheckTimer::new(clock());
        let log_timer = CheckTimer::new(clock());
        let mut main_loop = MainLoop {
            desk,
            ledger,
            opening,
            outlets,
            clock,
            breakers: Vec::new(),
            stop: Stop::default(),
            closing: Closing::default(),
            checks: open_checks::OpenChecks::default(),
            check_timer,
            log_timer,
            beside,
            is_running: false,
            seq: 0,
            dirty: true,
            ended: false,
        };
        // Restore before the port opens, so that the first request uses the earlier state.
        main_loop.restore();
        main_loop.record_crash();
        main_loop.is_running = true;
        main_loop
    }

    /// Runs until the end of a stop, or until every sender is gone.
    pub(crate) async fn run(
        mut self,
        mut events: mpsc::Receiver<LoopEvent>,
        mut promises: mpsc::Receiver<Promise>,
    ) {
        // Findings of the start belong into the first snapshot: a menu that changes at once is hard to click.
        while let Ok(event) = events.try_recv() {
            self.handle(event);
        }
        let mut publish_at = self.publish_at_most();
        while !self.ended {
            let due = self.wait_until_due();
            tokio::select! {
                biased;
                event = next(&mut events, &mut promises) => match event {
                    Some(event) => self.handle(event),
                    None => break,
                },
                () = tokio::time::sleep_until(publish_at), if self.dirty => {}
                () = tokio::time::sleep(due) => self.due(),
                opened = opening::opened(&mut self.opening) => self.use_file(opened),
            }
            if self.dirty && Instant::now() >= publish_at {
                publish_at = self.publish_at_most();
            }
        }
        self.publish();
        self.beside.close().await;
    }

    fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    fn state(&self) -> &State {
        self.desk.state()
    }

    fn wait_until_due(&self) -> Duration {
        let check = Some(self.check_timer.next_due());
        let due = [self.desk.next_due(), self.stop.next_due(), check];
        let due = due.into_iter().flatten().min();
        due.map_or(Duration::from_secs(3600), |at| {
            (at - self.now())
                .to_std()
                .unwrap_or(Duration::from_millis(1))
        })
    }

    fn handle(&mut self, event: LoopEvent) {
        let now = self.now();
        self.check_ledger();
        self.see_breakers();
        match event {
            LoopEvent::Watched(watch::Report::Round(round)) => self.checked_now(&round),
            LoopEvent::Watched(report) => self.decide(desk::Event::Watched(report)),
            LoopEvent::Passed(report) => self.report(report),
            LoopEvent::Promised(promise) => self.keep_promise(promise),
            LoopEvent::Effects(work) => self.effects(work),
            LoopEvent::Conversation(ask) => {
                let kept = ask.answer(&mut self.ledger);
                self.trouble("store a conversation", kept);
            }
            LoopEvent::SettingsFile(text) => self.read_settings(text),
            LoopEvent::Published(why) => self.decide(desk::Event::Published(why)),
            LoopEvent::Network(ports) => self.decide(desk::Event::Network(ports)),
            LoopEvent::KeysChanged => self.decide(desk::Event::KeysChanged),
            LoopEvent::KeychainFailed(why) => self.decide(desk::Event::KeychainFailed(why)),
            LoopEvent::Request(ask) => self.control_request(now, ask),
            LoopEvent::Woke(asleep) => {
                self.outlets.gateway.renew_connections();
                self.decide(desk::Event::Woke(asleep));
            }
            LoopEvent::NetworkChanged => {
                tracing::info!("the network changed; requests get new connections");
                self.outlets.gateway.renew_connections();
                self.perform_all(vec![Effect::Nudge(watch::Nudge::Woke)]);
            }
            LoopEvent::RehearsalOver => self.end_rehearsal(),
            LoopEvent::Ran { id, ran } => self.drained(now, &id, ran),
            LoopEvent::Sent { attempt, sent } => self.sent(now, &attempt, &sent),
            LoopEvent::ReadImpact(open, now) => self.read_impact_here(&open, now),
            LoopEvent::ImpactRead(news) => self.impact_read(news),
            LoopEvent::Counted(figures) => self.counted(&figures),
            LoopEvent::Faces => {}
            LoopEvent::Quit => self.begin_stop(now),
            #[cfg(debug_assertions)]
            LoopEvent::TestPanic => panic!("a test requested this panic"),
            LoopEvent::PortClosed => self.stop.port_closed(now),
        }
        self.decide(desk::Event::Faces(self.outlets.faces.count()));
        self.see_breakers();
        self.see_unrecorded();
        self.check_log();
        self.count_incidents(now);
        self.step_stop();
        self.dirty = true;
    }

    fn due(&mut self) {
        self.count_incidents(self.now());
        self.check_ledger();
        self.decide(desk::Event::Due);
        self.see_breakers();
        self.see_unrecorded();
        self.check_log();
        self.step_stop();
        self.dirty = true;
    }

    /// Passes an event to the desk and performs its effects; their results are new events for the desk.
    fn decide(&mut self, event: desk::Event) {
        let effects = self.desk.on(self.now(), event);
        self.perform_all(effects);
    }

    fn perform_all(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            for news in self.perform(effect) {
                self.decide(news);
            }
        }
    }

    /// Requests and time both change the gateway's circuit breakers.
    fn see_breakers(&mut self) {
        let views = self.outlets.gateway.breakers();
        if views != self.breakers {
            self.breakers.clone_from(&views);
            let kept = self.outlets.gateway.kept_breakers();
            self.decide(desk::Event::Breakers { views, kept });
        }
    }

    fn read_settings(&mut self, text: std::io::Result<String>) {
        let (parsed, text) = match text {
            Ok(text) => {
                let parsed = Settings::parse_change(&text, self.desk.base_catalog());
                (parsed, text)
            }
            Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => {
                (Err(vec![SettingsError::missing()]), String::new())
            }
            Err(error) => {
                let why = format!("the file cannot be read: {error}");
                (Err(vec![SettingsError::of_file(why)]), String::new())
            }
        };
        let parsed = parsed.map(Box::new);
        self.decide(desk::Event::Settings { parsed, text });
    }

    /// From now on requests go straight to the primary. The port closes when the last one has ended and everything promised is
    /// stored, or after `drain_s`.
    fn begin_stop(&mut self, now: DateTime<Utc>) {
        self.stop.begin(now + self.state().settings.drain);
        self.decide(desk::Event::Drain);
    }

    /// The time is read again: a slow write may have passed.
    fn step_stop(&mut self) {
        let now = self.now();
        let gateway = &self.outlets.gateway;
        let open = gateway.open_exchanges() + gateway.pending();
        match self.stop.step(now, open) {
            Step::Wait => {}
            Step::CutOff => {
                tracing::warn!(open, "requests are aborted: the engine stops");
                self.outlets.gateway.cut_off();
            }
            Step::Close => {
                self.publish();
                self.outlets.gateway.cut_off();
                self.outlets.stopping.send_replace(true);
            }
            Step::End => {
                self.closing.still_open(open);
                tracing::info!("{}", self.closing);
                self.ended = true;
            }
        }
    }

    /// Requests that could not be recorded are a visible problem.
    fn see_unrecorded(&mut self) {
        let unrecorded = self.outlets.gateway.unrecorded();
        if unrecorded != self.state().unrecorded {
            self.decide(desk::Event::Unrecorded(unrecorded));
        }
    }

    fn end_rehearsal(&mut self) {
        self.outlets.stage.outage(None);
        self.outlets.rehearsal.send_replace(None);
        self.decide(desk::Event::Rehearsal(None));
    }

    /// Returns the earliest time of the next snapshot.
    fn publish_at_most(&mut self) -> Instant {
        let began = Instant::now();
        if self.desk.traffic_has_news() {
            self.decide(desk::Event::Routes);
        }
        self.publish();
        let work = began.elapsed() * WORK_PER_SNAPSHOT;
        Instant::now() + work.clamp(PUBLISH_EVERY, PUBLISH_LATEST)
    }

    fn publish(&mut self) {
        self.seq += 1;
        self.dirty = false;
        let snapshot = view::snapshot::snapshot(self.state(), self.seq, self.now());
        self.outlets.snapshots.send_replace(Arc::new(snapshot));
        let facts = PageFacts::of(self.state());
        self.outlets.facts.send_replace(Arc::new(facts));
    }
}
