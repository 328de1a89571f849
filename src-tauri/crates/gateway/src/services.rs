//! The shared state of all exchanges: settings, verdicts, connections, breakers, and the clock. The door owns it and passes it
//! on; it contains nothing about a single request.

mod candidates;
mod sessions;
mod waits;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Offset, Utc};
use health::Verdicts;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use crate::attempt::breaker::Breakers;
use crate::attempt::durations::Durations;
use crate::attempt::upstream::Upstream;
use crate::deliver::outage;
use crate::held::{Held, Share};
use crate::hops::Hops;
use crate::kept::Conversations;
use crate::once::Once;
use crate::pending::Pending;
use crate::plan::patience::Exits;
use crate::plan::session::Sessions;
use crate::plan::{PlanInput, plan};
use crate::rejected::Rejections;
use crate::reports::Reports;
use crate::review::{Entries, ReviewQueries};
use crate::storm::Storms;
use crate::{Candidate, Config, Connect, ConversationAsk, Plan, Promise, Report};

/// Requests that are cut off send their last bytes within this time.
const LAST_WORD: Duration = Duration::from_secs(1);

/// Returns the wall-clock time.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Services(Arc<Shared>);

struct Shared {
    config: watch::Receiver<Arc<Config>>,
    verdicts: watch::Receiver<Arc<Verdicts>>,
    upstream: Upstream,
    reports: Reports,
    pending: Pending,
    breakers: Breakers,
    storms: Storms,
    rejections: Rejections,
    hops: Hops,
    bodies: Held,
    answers: Held,
    once: Once,
    review_queries: ReviewQueries,
    entries: Entries,
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
        promises: mpsc::Sender<Promise>,
        conversations: mpsc::Sender<ConversationAsk>,
        clock: Clock,
    ) -> Self {
        let pending = Pending::default();
        Self(Arc::new(Shared {
            upstream: Upstream::new(connect, config.clone()),
            config,
            verdicts,
            reports: Reports::new(reports, promises.clone(), pending.clone()),
            breakers: Breakers::default(),
            storms: Storms::default(),
            rejections: Rejections::default(),
            hops: Hops::default(),
            bodies: Held::default(),
            answers: Held::default(),
            once: Once::new(promises.clone(), pending.clone()),
            review_queries: ReviewQueries::new(promises, pending.clone()),
            entries: Entries::default(),
            pending,
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

    pub(crate) fn plan(&self, config: &Config, input: PlanInput<'_>) -> Plan {
        let now = self.now();
        plan(config, input, &|endpoint, model| {
            self.0.breakers.standing(endpoint, model, now)
        })
    }

    pub(crate) fn reports(&self) -> &Reports {
        &self.0.reports
    }

    /// Work that a stop waits for, besides open exchanges.
    pub(crate) fn pending(&self) -> &Pending {
        &self.0.pending
    }

    pub(crate) fn breakers(&self) -> &Breakers {
        &self.0.breakers
    }

    pub(crate) fn storms(&self) -> &Storms {
        &self.0.storms
    }

    pub(crate) fn hops(&self) -> &Hops {
        &self.0.hops
    }

    pub(crate) fn rejections(&self) -> &Rejections {
        &self.0.rejections
    }

    /// The memory for request bodies.
    pub(crate) fn bodies(&self) -> &Held {
        &self.0.bodies
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.0.clock)()
    }

    /// A share of the memory for held responses.
    pub(crate) fn answers_held(&self) -> Share {
        self.0.answers.share()
    }

    pub(crate) fn once(&self) -> &Once {
        &self.0.once
    }

    pub(crate) fn review_queries(&self) -> &ReviewQueries {
        &self.0.review_queries
    }

    /// The open requests by their id in the review queue.
    pub(crate) fn entries(&self) -> &Entries {
        &self.0.entries
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
        // The sender has been dropped, because the engine has ended.
        let _ = config.wait_for(|config| config.draining).await;
    }

    /// Ends all open requests.
    pub(crate) fn cut_all_off(&self) {
        self.0.cut_off.send_replace(true);
    }

    /// Resolves when requests without a client must end.
    pub(crate) async fn cut_off(&self) {
        let mut cut_off = self.stopped();
        // The sender is part of the value that is borrowed here.
        let _ = cut_off.wait_for(|cut_off| *cut_off).await;
    }

    /// Resolves some time later: a request that can end with a response of its own has ended by then.
    pub(crate) async fn cut_off_for_good(&self) {
        self.cut_off().await;
        sleep(LAST_WORD).await;
    }

    /// True when requests without a client must end.
    pub(crate) fn stopped(&self) -> watch::Receiver<bool> {
        self.0.cut_off.subscribe()
    }

    pub(crate) fn upstream(&self) -> &Upstream {
        &self.0.upstream
    }

    /// From the connectivity check.
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

    /// Sets the zone for times in error texts, which name it.
    pub(crate) fn format_times_in(&self, zone: words::Zone) {
        let _ = self.0.zone.set(zone);
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
