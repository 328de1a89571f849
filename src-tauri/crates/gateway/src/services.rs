//! What every exchange shares: settings, verdicts, the connections, the breakers, and the clock. The door holds it and hands it
//! on; nothing here knows a client's request.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use catalog::{EndpointId, ProviderId};
use chrono::{DateTime, Offset, Utc};
use health::{Level, Verdict, Verdicts};
use tokio::sync::{mpsc, watch};
use tracing::Span;
use wire::{Class, Kind};

use crate::attempt::breaker::{Breakers, FAILURES, FAILURES_IN_DECLARED_OUTAGE, Permit, Trip};
use crate::attempt::durations::Durations;
use crate::attempt::lost::Lost;
use crate::attempt::upstream::Upstream;
use crate::deliver::outage;
use crate::held::{Held, Share};
use crate::kept::Conversations;
use crate::log::{self, Follows};
use crate::once::Once;
use crate::plan::patience::{Exits, Leaver};
use crate::plan::session::{HEALTHY_FOR, PrimaryHealth, SessionKey, Sessions};
use crate::plan::{Answerer, Wish, plan};
use crate::reports::Reports;
use crate::storm::Storms;
use crate::{
    Candidate, Config, Connect, ConversationAsk, Fault, Plan, ReplayAsk, Report, Standing,
};

/// Returns the time of day.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Services(Arc<Shared>);

struct Shared {
    config: watch::Receiver<Arc<Config>>,
    verdicts: watch::Receiver<Arc<Verdicts>>,
    upstream: Upstream,
    reports: Reports,
    breakers: Breakers,
    storms: Storms,
    bodies: Held,
    answers: Held,
    once: Once,
    conversations: Conversations,
    sessions: Mutex<Sessions>,
    exits: Mutex<Exits>,
    durations: Mutex<Durations>,
    cut_off: watch::Sender<bool>,
    clock: Clock,
    zone: OnceLock<words::Zone>,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").finish_non_exhaustive()
    }
}

impl Services {
    pub(crate) fn new(
        config: watch::Receiver<Arc<Config>>,
        verdicts: watch::Receiver<Arc<Verdicts>>,
        connect: Connect,
        reports: mpsc::Sender<Report>,
        replays: mpsc::Sender<ReplayAsk>,
        conversations: mpsc::Sender<ConversationAsk>,
        clock: Clock,
    ) -> Self {
        Self(Arc::new(Shared {
            upstream: Upstream::new(connect, config.clone()),
            config,
            verdicts,
            reports: Reports::new(reports),
            breakers: Breakers::default(),
            storms: Storms::default(),
            bodies: Held::default(),
            answers: Held::default(),
            once: Once::new(replays),
            conversations: Conversations::new(conversations),
            sessions: Mutex::default(),
            exits: Mutex::default(),
            durations: Mutex::default(),
            cut_off: watch::Sender::new(false),
            clock,
            zone: OnceLock::new(),
        }))
    }

    pub(crate) fn config(&self) -> Arc<Config> {
        Arc::clone(&self.0.config.borrow())
    }

    pub(crate) fn verdicts(&self) -> Arc<Verdicts> {
        Arc::clone(&self.0.verdicts.borrow())
    }

    pub(crate) fn plan(&self, config: &Config, wish: Wish<'_>) -> Plan {
        let now = self.now();
        plan(config, wish, &|endpoint, model| {
            self.0.breakers.standing(endpoint, model, now)
        })
    }

    /// The fallback that this session's next turn goes to first. `primary`: of the plan for it.
    pub(crate) fn stays_with(
        &self,
        key: &SessionKey,
        in_tool_loop: bool,
        primary: &Candidate,
    ) -> Option<Answerer> {
        let (endpoint, model) = (&primary.endpoint, &primary.model);
        let last = self.0.breakers.last_failure(endpoint, model);
        let by_requests = last.and_then(|failure| failure.answered_since);
        let health = PrimaryHealth {
            admits: primary.standing.admits(),
            last_failure: last.map(|failure| failure.at),
            well_since: by_requests.or_else(|| self.operational_since(primary)),
        };
        let sessions = self.sessions();
        sessions
            .stays_with(key, in_tool_loop, health, self.now())
            .cloned()
    }

    /// This candidate's response is the session's turn.
    pub(crate) fn answered(&self, key: SessionKey, by: &Candidate) {
        let now = self.now();
        self.sessions()
            .answered(key, by.answerer(), by.is_primary(), now);
    }

    /// The model of this session has changed, and its text has not announced it yet.
    pub(crate) fn is_unannounced(&self, key: &SessionKey) -> bool {
        self.sessions().is_unannounced(key)
    }

    pub(crate) fn announced(&self, key: &SessionKey) {
        self.sessions().announced(key);
    }

    /// By the verdict on its provider, which joins page, probes and traffic.
    fn operational_since(&self, candidate: &Candidate) -> Option<DateTime<Utc>> {
        let verdicts = self.verdicts();
        let known = verdicts.providers.get(&candidate.provider)?;
        // Well whenever it was looked at: for as long as anything is known.
        let since = known.since.unwrap_or(DateTime::UNIX_EPOCH);
        (known.verdict == Verdict::Known(Level::Operational)).then_some(since)
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        lock(&self.0.sessions)
    }

    pub(crate) fn reports(&self) -> &Reports {
        &self.0.reports
    }

    pub(crate) fn breakers(&self) -> &Breakers {
        &self.0.breakers
    }

    pub(crate) fn storms(&self) -> &Storms {
        &self.0.storms
    }

    /// The memory for request bodies.
    pub(crate) fn bodies(&self) -> &Held {
        &self.0.bodies
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.0.clock)()
    }

    /// A share of the memory for answers that are held back.
    pub(crate) fn answers_held(&self) -> Share {
        self.0.answers.share()
    }

    pub(crate) fn once(&self) -> &Once {
        &self.0.once
    }

    pub(crate) fn conversations(&self) -> &Conversations {
        &self.0.conversations
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.0.config.borrow().draining
    }

    /// Resolves when it is draining.
    pub(crate) async fn drains(&self) {
        let mut config = self.0.config.clone();
        // The sender is gone, and so is the engine.
        let _ = config.wait_for(|config| config.draining).await;
    }

    /// The patience that a client's exits have shown.
    pub(crate) fn learned_wait(&self, leaver: &Leaver) -> Option<Duration> {
        lock(&self.0.exits).learned(leaver)
    }

    /// A client left after this time, without a byte.
    pub(crate) fn left(&self, leaver: Leaver, after: Duration) {
        tracing::debug!(
            client = %leaver.client,
            route = %leaver.route,
            "a client left after {} s without a byte",
            after.as_secs()
        );
        lock(&self.0.exits).left(leaver, after);
    }

    /// A client received a response after this time.
    pub(crate) fn stayed(&self, leaver: &Leaver, after: Duration) {
        lock(&self.0.exits).stayed(leaver, after);
    }

    /// A complete response in one piece to a request of so many bytes took so long.
    pub(crate) fn took(&self, by: &Candidate, bytes: usize, time: Duration) {
        lock(&self.0.durations).took(&by.endpoint, &by.model, bytes, time);
    }

    pub(crate) fn p95(&self, by: &Candidate, bytes: usize) -> Option<Duration> {
        lock(&self.0.durations).p95(&by.endpoint, &by.model, bytes)
    }

    /// It failed within the last five minutes, or its provider is not known to be well.
    pub(crate) fn is_suspect(&self, candidate: &Candidate) -> bool {
        self.failed_lately(candidate) || self.is_said_to_fail(candidate)
    }

    /// Its page or its probes report a failure.
    fn is_said_to_fail(&self, candidate: &Candidate) -> bool {
        let config = self.0.config.borrow();
        let verdicts = self.0.verdicts.borrow();
        let finding = config
            .endpoints
            .get(&candidate.endpoint)
            .and_then(|found| found.endpoint.surface.as_ref())
            .and_then(|surface| {
                verdicts
                    .providers
                    .get(&candidate.provider)?
                    .surfaces
                    .get(surface)
            });
        finding.is_some_and(|finding| match finding.verdict {
            Verdict::Known(Level::Degraded | Level::PartialOutage | Level::MajorOutage) => true,
            Verdict::Known(Level::Operational | Level::Maintenance) | Verdict::Unknown(_) => false,
        })
    }

    /// Requests without their client end now.
    pub(crate) fn cut_all_off(&self) {
        self.0.cut_off.send_replace(true);
    }

    /// Resolves when requests without their client are to end.
    pub(crate) async fn cut_off(&self) {
        let mut cut_off = self.stopped();
        // Its sender is part of what is borrowed here.
        let _ = cut_off.wait_for(|cut_off| *cut_off).await;
    }

    /// True once requests without their client are to end.
    pub(crate) fn stopped(&self) -> watch::Receiver<bool> {
        self.0.cut_off.subscribe()
    }

    pub(crate) fn upstream(&self) -> &Upstream {
        &self.0.upstream
    }

    pub(crate) fn standing(&self, candidate: &Candidate) -> Standing {
        let Candidate {
            endpoint, model, ..
        } = candidate;
        self.0.breakers.standing(endpoint, model, self.now())
    }

    /// The class of the failures that its breaker counts now.
    pub(crate) fn failing(&self, candidate: &Candidate) -> Option<Class> {
        self.0
            .breakers
            .failing(&candidate.endpoint, &candidate.model)
    }

    pub(crate) fn failed_lately(&self, candidate: &Candidate) -> bool {
        let Candidate {
            endpoint, model, ..
        } = candidate;
        let last = self.0.breakers.last_failure(endpoint, model);
        last.is_some_and(|failure| self.now() - failure.at < HEALTHY_FOR)
    }

    pub(crate) fn is_known_silent(&self, candidate: &Candidate) -> bool {
        let Candidate {
            endpoint, model, ..
        } = candidate;
        let now = self.now();
        self.0.breakers.is_known_silent(endpoint, model, now)
    }

    /// `None`: a count of tokens is no evidence about the model.
    pub(crate) fn permit(&self, candidate: &Candidate, kind: Kind) -> Option<Permit> {
        let Candidate {
            endpoint, model, ..
        } = candidate;
        match kind {
            Kind::Generate => Some(self.0.breakers.enter(endpoint, model, self.now())),
            Kind::CountTokens => None,
        }
    }

    pub(crate) fn trip(&self, candidate: &Candidate, lost: &Lost) -> Trip {
        Trip {
            class: lost.class,
            slow: lost.fault == Fault::Theirs(health::FailureKind::Stalled),
            silence: lost.silence,
            retry_after: lost.retry_after,
            resets_at: lost.resets_at,
            reason: lost.message.clone(),
            threshold: self.threshold(candidate),
            cooldown: self.0.config.borrow().timers.cooldown,
        }
    }

    /// Its client left after a wait of the timeout's length.
    pub(crate) fn silent(&self, exchange: &Span, candidate: &Candidate, lost: &Lost) {
        let trip = self.trip(candidate, lost);
        let Candidate {
            endpoint, model, ..
        } = candidate;
        let change = self.0.breakers.silent(endpoint, model, self.now(), &trip);
        log::attempt_failed(exchange, candidate, lost, Follows::ClientLeft);
        if let Some(change) = change {
            log::breaker(exchange, endpoint, model, change);
        }
    }

    /// This candidate's response was complete.
    pub(crate) fn succeeded(&self, exchange: &Span, candidate: &Candidate, permit: Permit) {
        if let Some(change) = permit.succeeded(self.now()) {
            log::breaker(exchange, &candidate.endpoint, &candidate.model, change);
        }
    }

    pub(crate) fn threshold(&self, candidate: &Candidate) -> u32 {
        self.threshold_of(&candidate.provider, &candidate.endpoint)
    }

    /// By the connectivity check.
    pub(crate) fn is_offline(&self) -> bool {
        self.0.verdicts.borrow().offline
    }

    pub(crate) fn verdict(
        &self,
        candidate: &Candidate,
        product: &str,
        elsewhere: &outage::Elsewhere,
    ) -> Option<String> {
        let sentence = outage::verdict(&self.verdicts(), candidate, product, elsewhere)?;
        let zone = self.0.zone.get_or_init(|| Arc::new(|_| Utc.fix()));
        Some(words::Clock::named(Arc::clone(zone), self.now()).plain(&sentence))
    }

    /// Times in error texts are of this zone, and name it.
    pub(crate) fn format_times_in(&self, zone: words::Zone) {
        let _ = self.0.zone.set(zone);
    }

    /// A declared outage alone never opens a breaker; it makes one failure enough.
    pub(crate) fn threshold_of(&self, provider: &ProviderId, endpoint: &EndpointId) -> u32 {
        let config = self.0.config.borrow();
        let verdicts = self.0.verdicts.borrow();
        let finding = config
            .endpoints
            .get(endpoint)
            .and_then(|found| found.endpoint.surface.as_ref())
            .and_then(|surface| verdicts.providers.get(provider)?.surfaces.get(surface));
        match finding.map(|finding| finding.verdict) {
            Some(Verdict::Known(Level::PartialOutage | Level::MajorOutage)) => {
                FAILURES_IN_DECLARED_OUTAGE
            }
            Some(
                Verdict::Known(Level::Operational | Level::Maintenance | Level::Degraded)
                | Verdict::Unknown(_),
            )
            | None => FAILURES,
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
