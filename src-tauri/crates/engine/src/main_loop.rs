//! The one loop: every event is stamped once, changes the state, and what follows goes out. It owns the state and the ledger
//! and runs on a thread of its own, so that a slow disk never holds up a request.

mod asked;
mod doctor;
mod metrics;

use std::sync::Arc;
use std::time::Duration;

use api::Snapshot;
use catalog::{Catalog, Endpoint, ProviderId};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use gateway::{Began, Exchange, Gateway};
use health::{Book, CallOutcome, Change, Observation, Transition, Verdicts};
use ledger::{Ledger, NoticeRow};
use stage::Stage;
use tokio::sync::{mpsc, watch as channel};
use tokio::time::Instant;

use crate::booking;
use crate::clock::Clock;
use crate::event::Event;
use crate::routing::{self, Running};
use crate::settings::Settings;
use crate::state::{OpenStory, PageRead, SessionSeen, StandingIn, State};
use crate::view;

/// Snapshots are sent at most this often; what changes in between goes into the next.
const PUBLISH_EVERY: Duration = Duration::from_millis(100);
/// Old observations are thinned this often.
const THIN_EVERY: TimeDelta = TimeDelta::hours(6);
/// A notice that nobody fetched is stale after this long.
const NOTICE_FRESH: TimeDelta = TimeDelta::minutes(10);
/// No client for so long: the desk is idle.
const IDLE_AFTER: TimeDelta = TimeDelta::hours(1);
/// A signal means now: open requests get this long.
const QUIT_WITHIN: TimeDelta = TimeDelta::seconds(30);
/// The owner's own stop waits for the sessions that are in the middle of an answer.
const STOP_WITHIN: TimeDelta = TimeDelta::minutes(15);

pub(crate) struct MainLoop {
    pub state: State,
    pub book: Book,
    pub ledger: Ledger,
    pub outlets: Outlets,
    pub clock: Clock,
    pub running: Running,
    /// The bundled and the owner's files, without the settings' own endpoints.
    pub base_catalog: Arc<Catalog>,
    seq: u64,
    dirty: bool,
    stop: bool,
    /// Stopping: the port closes at the latest then.
    stop_by: Option<DateTime<Utc>>,
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
        let started = state.started;
        MainLoop {
            state,
            book,
            ledger,
            outlets,
            clock,
            running,
            base_catalog,
            seq: 0,
            dirty: true,
            stop: false,
            stop_by: None,
            thin_at: started,
            last_exchange: started,
            idle: false,
        }
    }

    /// Runs until [`Event::Quit`] or until every sender is gone.
    pub(crate) async fn run(mut self, mut events: mpsc::Receiver<Event>) {
        self.restore();
        self.reconfigure();
        self.publish();
        let mut published = Instant::now();
        while !self.stop {
            let due = self.wait_until_due();
            let publish_at = published + PUBLISH_EVERY;
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
                self.publish();
                published = Instant::now();
            }
        }
        self.publish();
    }

    fn wait_until_due(&self) -> Duration {
        let now = (self.clock)();
        let due = [
            self.book.next_due(),
            Some(self.thin_at),
            Some(self.state.today_since + TimeDelta::days(1)),
            self.stop_by,
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
            Event::SettingsFile(text) => self.settings_file(text),
            Event::KeysChanged => self.reconfigure(),
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
            Event::Quit => self.begin_stop(now, QUIT_WITHIN),
        }
        self.dirty = true;
    }

    /// Time alone: readings go stale, the day turns, old observations are thinned.
    fn due(&mut self) {
        let now = (self.clock)();
        let transitions = self.book.due(now);
        self.apply(transitions);
        if now >= self.thin_at {
            self.thin_at = now + THIN_EVERY;
            self.kept("thin old observations", |ledger| {
                ledger.thin(now).map(|_| ())
            });
        }
        if now >= self.state.today_since + TimeDelta::days(1) {
            self.turn_day(now);
        }
        if now >= self.last_exchange + IDLE_AFTER {
            self.be_idle(true);
        }
        self.state.forget_old_sessions(now);
        self.end_if_drained(now);
        self.dirty = true;
    }

    fn watched(&mut self, now: DateTime<Utc>, report: watch::Report) {
        match report {
            watch::Report::Observed(observation) => self.observe(now, observation),
            watch::Report::PageRead {
                provider,
                at,
                error,
                ..
            } => {
                self.state.pages.insert(provider, PageRead { at, error });
            }
            watch::Report::Probed {
                at,
                provider,
                endpoint,
                model,
                outcome,
                ttft_ms,
                total_ms,
                tokens,
                usage_told,
                cost,
            } => {
                let price_as_of = self
                    .state
                    .catalog
                    .price(&provider, model.as_str())
                    .map(|p| p.as_of.clone());
                let tokens = usage_told.then_some(tokens);
                let outcome = booking::call_words(&outcome).into();
                let row = ledger::ProbeRow {
                    at,
                    provider,
                    endpoint,
                    model,
                    outcome,
                    ttft_ms,
                    total_ms,
                    tokens,
                    cost,
                    price_as_of,
                };
                self.kept("book a probe", |ledger| ledger.book_probe(&row));
                self.state.today.probes += cost.unwrap_or_default();
            }
        }
    }

    fn observe(&mut self, now: DateTime<Utc>, observation: Observation) {
        if let Observation::Call {
            endpoint,
            model,
            outcome:
                CallOutcome::Ok {
                    ttft_ms: Some(ttft),
                    ..
                },
            ..
        } = &observation
        {
            self.state
                .ttft
                .insert((endpoint.clone(), model.to_string()), *ttft);
        }
        self.kept("record an observation", |ledger| {
            ledger.record(&observation)
        });
        let transitions = self.book.observe(now, observation);
        self.apply(transitions);
    }

    fn began(&mut self, now: DateTime<Utc>, began: Began) {
        if began.rehearsal || began.client.name.is_empty() {
            return;
        }
        let key = (began.client.name, began.client.session.unwrap_or_default());
        let seen = self.state.sessions.entry(key).or_insert(SessionSeen {
            last: now,
            open: 0,
            dialect: began.dialect,
        });
        seen.last = now;
        seen.open += 1;
    }

    fn ended(&mut self, now: DateTime<Utc>, exchange: &Exchange) {
        let key = (
            exchange.client.name.clone(),
            exchange.client.session.clone().unwrap_or_default(),
        );
        if let Some(seen) = self
            .state
            .sessions
            .get_mut(&key)
            .filter(|_| !exchange.rehearsal)
        {
            seen.last = now;
            seen.open = seen.open.saturating_sub(1);
        }
        let primary = self.primary(exchange);
        let row = booking::exchange_row(exchange, primary, &self.state.catalog);
        let carried = row.carried();
        self.kept("book an exchange", |ledger| {
            ledger.book_exchange(&row).map(|_| ())
        });
        if !exchange.rehearsal {
            self.count(&row, carried);
            self.learn(now, exchange, carried);
        }
        for observation in booking::observations(exchange) {
            if let Observation::Call {
                endpoint,
                model,
                outcome: CallOutcome::Ok { .. },
                ..
            } = &observation
            {
                self.nudge(watch::Nudge::TrafficProved {
                    endpoint: endpoint.clone(),
                    model: model.clone(),
                });
            }
            self.observe(now, observation);
        }
        self.state.breakers = self.outlets.gateway.breakers();
        self.last_exchange = now;
        self.be_idle(false);
        self.end_if_drained(now);
    }

    /// Who should have answered: the first candidate of the plan for this request.
    fn primary(&self, exchange: &Exchange) -> Option<ledger::Candidate> {
        let plan = self
            .state
            .plans
            .iter()
            .find(|p| p.route == exchange.route && p.dialect == exchange.dialect)?;
        let first = plan.candidates.first()?;
        let model = if first.model.as_str().contains(routing::SAMPLE) {
            catalog::ModelId::new(&exchange.model)
        } else {
            first.model.clone()
        };
        Some(ledger::Candidate {
            provider: first.provider.clone(),
            endpoint: first.endpoint.clone(),
            model,
        })
    }

    fn count(&mut self, row: &ledger::ExchangeRow, carried: bool) {
        if row.end == ledger::End::TurnedAway {
            // Refused at our own door: nobody was asked for anything.
            return;
        }
        let today = &mut self.state.today;
        today.exchanges += 1;
        today.failed += u64::from(row.end.failed());
        today.carried_by_fallback += u64::from(carried);
        match row.cost {
            Some(cost) => today.spent += cost,
            None if !row.attempts.is_empty() => today.unpriced += 1,
            None => {}
        }
        for (provider, story) in &mut self.state.open {
            if row
                .attempts
                .iter()
                .any(|a| a.provider == *provider && a.provider_failed)
            {
                story.exchanges_hit += 1;
                story.carried += u64::from(carried);
            }
        }
    }

    /// What traffic tells beside health: whose providers these are, and who stands in for whom.
    fn learn(&mut self, now: DateTime<Utc>, exchange: &Exchange, carried: bool) {
        let mut news = false;
        for attempt in &exchange.attempts {
            news |= self.state.seen_in_traffic.insert(attempt.provider.clone());
            if self.state.keys.get(&attempt.endpoint).is_none()
                && self
                    .state
                    .catalog
                    .endpoint(&attempt.endpoint)
                    .is_some_and(|e| e.accepts_client_login)
            {
                news |= self.state.seen_logins.insert(attempt.endpoint.clone());
            }
        }
        let route = (exchange.route.clone(), exchange.dialect);
        match exchange.attempts.last() {
            Some(last) if carried => {
                let product = self.state.product(&last.provider);
                let standing = self
                    .state
                    .standing_in
                    .entry(route)
                    .or_insert_with(|| StandingIn {
                        product: product.clone(),
                        since: now,
                    });
                if standing.product != product {
                    *standing = StandingIn {
                        product,
                        since: now,
                    };
                }
            }
            Some(_) if exchange.end == gateway::End::Complete => {
                self.state.standing_in.remove(&route);
            }
            Some(_) | None => {}
        }
        if news {
            self.remember_seen();
            self.reconfigure();
        }
    }

    /// Each transition goes to the log, and perhaps to a person.
    fn apply(&mut self, transitions: Vec<Transition>) {
        for transition in transitions {
            let rehearsal = booking::is_rehearsal(&transition.provider);
            tracing::info!(provider = %transition.provider, change = ?transition.change, evidence = transition.verdict.evidence, "verdict changed");
            let incident = if rehearsal {
                None
            } else {
                self.log(&transition)
            };
            // The new belief must be known before the words are made.
            self.state.verdicts = self.book.verdicts();
            if let Some(notice) = view::notice::notice(&self.state, &transition, incident) {
                self.tell(&notice);
            }
        }
        self.state.verdicts = self.book.verdicts();
        self.outlets.verdicts.send_if_modified(|sent| {
            let news = !Arc::ptr_eq(sent, &self.state.verdicts);
            *sent = Arc::clone(&self.state.verdicts);
            news
        });
    }

    fn log(&mut self, transition: &Transition) -> Option<i64> {
        let id = match self.ledger.apply(transition) {
            Ok(id) => id,
            Err(error) => {
                self.ledger_trouble("log an incident", &error);
                None
            }
        };
        let provider = &transition.provider;
        match &transition.change {
            Change::Opened(level) => {
                let story = OpenStory {
                    id: id.unwrap_or_default(),
                    opened: transition.at,
                    level: *level,
                    peak: *level,
                    exchanges_hit: 0,
                    carried: 0,
                };
                self.state.open.insert(provider.clone(), story);
                self.nudge(watch::Nudge::IncidentOpen {
                    provider: provider.clone(),
                    open: true,
                });
            }
            Change::Rose { to, .. } | Change::Eased { to, .. } => {
                if let Some(story) = self.state.open.get_mut(provider) {
                    story.level = *to;
                    story.peak = story.peak.max(*to);
                }
            }
            Change::Recovered { .. } => {
                self.state.open.remove(provider);
                self.nudge(watch::Nudge::IncidentOpen {
                    provider: provider.clone(),
                    open: false,
                });
            }
            Change::Noted(_) | Change::Past(_) => {}
        }
        id
    }

    /// Queues a notice for the shell; in quiet hours, and where the owner wants none, it stays in the log alone.
    fn tell(&mut self, notice: &NoticeRow) {
        if !self.state.settings.notify || self.state.in_quiet_hours(notice.at) {
            return;
        }
        match self.ledger.enqueue_notice(notice) {
            Ok(id) => {
                self.state.notices.retain(|n| n.thread != notice.thread);
                self.state.notices.push(view::notice::shown(id, notice));
            }
            Err(error) => self.ledger_trouble("queue a notification", &error),
        }
    }

    /// Picks up what the last run left.
    fn restore(&mut self) {
        let now = (self.clock)();
        match self.ledger.open_incidents() {
            Ok(open) => {
                for (id, incident) in open {
                    let traffic = self
                        .ledger
                        .incident_traffic(id)
                        .ok()
                        .flatten()
                        .unwrap_or_default();
                    let story = OpenStory {
                        id,
                        opened: incident.since,
                        level: incident.level,
                        peak: incident.peak,
                        exchanges_hit: traffic.hit,
                        carried: traffic.carried_by_fallback,
                    };
                    self.nudge(watch::Nudge::IncidentOpen {
                        provider: incident.provider.clone(),
                        open: true,
                    });
                    self.state.open.insert(incident.provider, story);
                }
            }
            Err(error) => self.ledger_trouble("read the open incidents", &error),
        }
        match self.ledger.pending_notices(now - NOTICE_FRESH) {
            Ok(pending) => {
                self.state.notices = pending
                    .iter()
                    .map(|(id, row)| view::notice::shown(*id, row))
                    .collect()
            }
            Err(error) => self.ledger_trouble("read the pending notifications", &error),
        }
        self.recall_seen();
        self.turn_day(now);
    }

    /// Local midnight has passed, or the engine has just started.
    fn turn_day(&mut self, now: DateTime<Utc>) {
        let today = now
            .with_timezone(&self.state.offset)
            .date_naive()
            .and_time(NaiveTime::MIN);
        self.state.today_since = (today - self.state.offset).and_utc();
        match self.ledger.today(self.state.today_since) {
            Ok(sums) => self.state.today = sums,
            Err(error) => self.ledger_trouble("sum up today", &error),
        }
    }

    /// Providers seen in traffic stay the owner's over a restart.
    fn remember_seen(&mut self) {
        let seen: Vec<&str> = self
            .state
            .seen_in_traffic
            .iter()
            .map(ProviderId::as_str)
            .collect();
        let text = seen.join(" ");
        self.kept("remember the providers in use", |ledger| {
            ledger.set_meta(SEEN, &text)
        });
    }

    fn recall_seen(&mut self) {
        match self.ledger.meta(SEEN) {
            Ok(text) => self.state.seen_in_traffic.extend(
                text.unwrap_or_default()
                    .split_whitespace()
                    .map(ProviderId::new),
            ),
            Err(error) => self.ledger_trouble("recall the providers in use", &error),
        }
    }

    fn settings_file(&mut self, text: std::io::Result<String>) {
        let parsed = match text {
            Ok(text) => Settings::parse(&text, &self.base_catalog),
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
        self.outlets.targets.send_replace(Arc::new(routing::targets(
            &state.settings,
            &state.catalog,
            &state.keys,
        )));
        let mut plans: Vec<gateway::Plan> = Vec::new();
        for (dialect, model) in planned {
            let plan = self
                .outlets
                .gateway
                .explain(dialect, &model, self.clients_log_in(dialect));
            // A usual route behind one of the owner's own that takes its models leads nowhere else.
            if !plans
                .iter()
                .any(|known| (&known.route, known.dialect) == (&plan.route, dialect))
            {
                plans.push(plan);
            }
        }
        self.state.plans = plans;
        let transitions = self.book.watch(self.state.watched(), now);
        self.apply(transitions);
        self.dirty = true;
    }

    /// Do clients of this dialect bring logins of their own?
    fn clients_log_in(&self, dialect: catalog::Dialect) -> bool {
        let seen = self
            .state
            .seen_logins
            .iter()
            .filter_map(|id| self.state.catalog.endpoint(id));
        seen.into_iter().any(|endpoint| endpoint.speaks(dialect))
    }

    /// From here on requests pass straight through; the port closes when the last one has ended, or at `within`.
    fn begin_stop(&mut self, now: DateTime<Utc>, within: TimeDelta) {
        let by = now + within;
        self.stop_by = Some(self.stop_by.map_or(by, |earlier| earlier.min(by)));
        self.state.draining = true;
        self.reconfigure();
        self.end_if_drained(now);
    }

    fn end_if_drained(&mut self, now: DateTime<Utc>) {
        let Some(by) = self.stop_by else { return };
        if now >= by || self.outlets.gateway.open_exchanges() == 0 {
            self.publish();
            self.outlets.stopping.send_replace(true);
            self.stop = true;
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

/// Key under which the providers seen in traffic are kept.
const SEEN: &str = "seen_in_traffic";
