//! Every decision of the engine, without a channel, ledger, clock or socket: an event and the time go in, effects come out. The
//! shell around it, `main_loop`, stamps the events and performs the effects.

mod breakers;
mod command;
mod configure;
mod consent;
mod day;
mod draining;
mod drill;
mod effect;
mod effects_open;
mod event;
mod fallbacks;
mod grouping;
mod incident_impact;
mod incidents;
mod interrupted;
pub(crate) mod keys;
mod ledger_trouble;
mod logins;
mod notifications;
mod offers;
mod outages;
mod questions;
mod reach;
mod readings;
mod restored;
mod retention;
mod retries;
mod reviews;
mod sessions;
mod spending;
mod standing_fallbacks;
mod targets;
mod traffic;
mod transitions;
mod turns;
mod use_now;
mod zone;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use catalog::{Catalog, EndpointId, ModelId, ProviderId};
use chrono::{DateTime, TimeDelta, Utc};
use gateway::{Config, KeptBreaker};
use health::{Book, OpenIncident as OpenInBook, Thresholds};

use crate::drill::run::{DrillRun, EndedBy};
use crate::routing::{self, Running};
use crate::state::State;

pub(crate) use consent::{PaidAnswer, PaidConsent, TurnCost};
pub(crate) use day::Day;
pub(crate) use draining::drain_of;
pub(crate) use effect::{Configuration, Effect, Record, ReviewWork};
pub(crate) use effects_open::EffectsOpen;
pub(crate) use event::Event;
pub(crate) use incidents::{Incidents, OpenIncident};
pub(crate) use ledger_trouble::{LedgerFailure, LedgerTrouble};
pub(crate) use logins::{LoginProblem, Logins};
pub(crate) use notifications::Notifications;
pub(crate) use questions::scope;
pub(crate) use restored::{RecentClient, Restored};
pub(crate) use retention::{
    Clock as RetentionClock, Retention, Stored as StoredRetention, first_deletion,
};
pub(crate) use reviews::{Draining, Open as OpenItem, Reviews, RunResult, Waits};
pub(crate) use sessions::{RemovedSessions, Sessions};
pub(crate) use standing_fallbacks::{Carried, Cost, Fallbacks, News, Reason, RouteKey, Standing};
pub(crate) use turns::Turns;
pub(crate) use use_now::{Choice, Choices};
pub(crate) use use_now::{LastRequest, Offer};
pub(crate) use zone::Zone;

use incident_impact::ImpactRefresh;
use outages::LastNotification;

/// Interval for the deletion of expired data.
const EXPIRE_EVERY: TimeDelta = TimeDelta::hours(6);
/// Without client requests for this long, the desk is idle.
const IDLE_AFTER: TimeDelta = TimeDelta::hours(1);
/// After a start, the crash before it is shown for this long.
const CRASH_SHOWN: TimeDelta = TimeDelta::hours(1);

#[derive(Debug)]
pub(crate) struct Desk {
    state: State,
    book: Book,
    /// The rehearsal has a separate health book: it needs no network, so its results are no evidence about connectivity.
    rehearsal_book: Book,
    running: Running,
    /// The bundled and the owner's catalogue files, without the endpoints from the settings.
    base_catalog: Arc<Catalog>,
    /// The gateway's present configuration.
    config: Arc<Config>,
    /// The breakers stored in the ledger.
    kept_breakers: BTreeMap<(EndpointId, ModelId), KeptBreaker>,
    /// Models that the watch probes to detect their recovery.
    probed: BTreeSet<(EndpointId, ModelId)>,
    /// Traffic revealed a new provider, login or model. All routes are recomputed once before the next snapshot, because doing
    /// so for each request would be slow.
    traffic_has_news: bool,
    /// Clients whose settings point here, by name, when a drill was requested.
    connected: Vec<String>,
    /// The last notification of each open incident.
    outage_notifications: BTreeMap<ProviderId, LastNotification>,
    /// When to recompute the effect of open incidents on the work.
    refresh_at: Option<DateTime<Utc>>,
    impact_refresh: ImpactRefresh,
    expire_at: DateTime<Utc>,
    last_exchange: DateTime<Utc>,
    idle: bool,
    effects: Vec<Effect>,
}

impl Desk {
    pub(crate) fn new(
        state: State,
        open: Vec<OpenInBook>,
        running: Running,
        base_catalog: Arc<Catalog>,
    ) -> Desk {
        let (started, watched) = (state.started, state.watched());
        let book = |open: Vec<OpenInBook>| {
            let (catalog, watched) = (Arc::clone(&state.catalog), watched.clone());
            Book::new(catalog, Thresholds::default(), watched, open, started)
        };
        let config =
            routing::gateway_config(&state.settings, &state.catalog, &state.keys, &running);
        Desk {
            book: book(open),
            rehearsal_book: book(Vec::new()),
            config: Arc::new(config),
            state,
            running,
            base_catalog,
            kept_breakers: BTreeMap::new(),
            probed: BTreeSet::new(),
            traffic_has_news: false,
            connected: Vec::new(),
            outage_notifications: BTreeMap::new(),
            refresh_at: None,
            impact_refresh: ImpactRefresh::default(),
            expire_at: started,
            last_exchange: started,
            idle: false,
            effects: Vec::new(),
        }
    }

    /// Input of the views.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn base_catalog(&self) -> &Catalog {
        &self.base_catalog
    }

    pub(crate) fn on(&mut self, now: DateTime<Utc>, event: Event) -> Vec<Effect> {
        let time_alone = matches!(event, Event::Due);
        match event {
            Event::Due => self.due(now),
            Event::Watched(report) => self.watched(now, report),
            Event::Began(began) => self.state.sessions.began(now, began),
            Event::Ended(exchange) => self.ended(now, exchange),
            Event::Unfetched(unfetched) => self.unfetched(now, &unfetched),
            Event::Breakers { views, kept } => self.see_breakers(now, views, kept),
            Event::Settings { parsed, text } => self.settings_read(now, parsed, &text),
            Event::Tokens(tokens) => {
                self.running.named_tokens = tokens.for_gateway();
                self.state.tokens = tokens;
                self.reconfigure(now);
            }
            Event::Network(ports) => self.state.network = ports,
            Event::KeysChanged => {
                self.reconfigure(now);
                self.try_new_keys();
            }
            Event::KeychainFailed(why) => self.state.keychain_failed = Some(why),
            Event::Faces(count) => self.faces(now, count),
            Event::Woke(asleep) => {
                tracing::info!(
                    seconds = asleep.as_secs(),
                    "the machine slept; everything is checked again"
                );
                let transitions = self.book.woke(now);
                self.apply(now, transitions);
                self.effect(Effect::Nudge(watch::Nudge::Woke));
            }
            Event::Rehearsal(until) => self.state.rehearsal_until = until,
            Event::StartsAtLogin(on) => self.state.starts_at_login = on,
            Event::Paused(paused) => {
                if paused {
                    self.end_drill(now, EndedBy::Owner);
                }
                self.state.paused = paused;
                self.reconfigure(now);
            }
            Event::Drain => {
                self.end_drill(now, EndedBy::Engine);
                self.state.draining = true;
                self.reconfigure(now);
            }
            Event::Routes => {
                self.traffic_has_news = false;
                self.reconfigure(now);
            }
            Event::SessionChecked => self.impact_refresh.changed(),
            Event::NotificationDelivered(id, outcome) => self.notification_delivered(id, &outcome),
            Event::Booked {
                newly_parked,
                waiting,
            } => self.booked(now, newly_parked, waiting),
            Event::Logged {
                transition,
                incident,
                met,
                ended,
            } => self.logged(now, &transition, incident, *met, ended.as_deref()),
            Event::IncidentImpact { open, last } => self.impact_read(now, open, last),
            Event::Queued {
                id,
                row,
                actions,
                in_place,
            } => self.queued(id, &row, actions, in_place),
            Event::HistoryRead { expired, size } => self.history_read(now, expired, size),
            Event::Deleted(deleted) => self.deleted(now, deleted),
            Event::Shrunk { more } => self.shrunk(now, more),
            Event::Summed(sums) => {
                self.state.today.summed(sums);
                self.check_the_cap(now);
            }
            Event::EffectsOpen { open, newest } => {
                self.effects_counted(now, open, newest.map(|row| *row));
            }
            Event::Waiting(waiting) => self.waiting(waiting),
            Event::Drainable(items) => self.drainable_read(now, items),
            Event::Drained { id, result } => self.drained(now, &id, result),
            Event::NotSent(id) => self.not_sent(&id),
            Event::DeliveryEnded { id, next } => self.delivery_ended(now, &id, &next),
            Event::LogLoss(loss) => self.state.log_loss = loss,
            Event::Unrecorded(count) => self.state.unrecorded = count,
            Event::Published(why) => self.state.unpublished = why,
            Event::LedgerFailed(failure) => {
                let trouble = self.state.ledger_trouble.take();
                self.state.ledger_trouble = Some(LedgerTrouble::with(trouble, failure));
            }
            Event::LedgerAstray(what) => {
                self.state.ledger_trouble = Some(LedgerTrouble::Astray(what));
            }
            Event::LedgerWorks(restored) => {
                self.state.ledger_trouble = None;
                if restored.is_some() {
                    self.state.ledger_restored = restored;
                }
            }
        }
        if !time_alone {
            self.refresh_soon(now);
        }
        self.refresh_impact(now);
        self.drain_due(now);
        std::mem::take(&mut self.effects)
    }

    /// Next time at which a change needs no event. None: never.
    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        [
            self.book.next_due(),
            self.rehearsal_book.next_due(),
            Some(self.expire_at),
            self.refresh_at,
            self.impact_refresh.next_due(),
            Some(self.state.today.ends()),
            self.state
                .crash_shown
                .then_some(self.state.started + CRASH_SHOWN),
            self.state.reviews.next_due(),
            self.state.effects.next_due(),
            self.state.draining_items.next_due(),
            self.state.fallbacks.next_due(),
            self.state.choices.next_due(),
            self.next_half_open(),
            self.state.drill.as_ref().and_then(DrillRun::next_due),
            self.state.retention.next.map(|(at, _)| at),
            (!self.idle).then_some(self.last_exchange + IDLE_AFTER),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// True if traffic changed something, so that the next snapshot needs [`Event::Routes`].
    pub(crate) fn traffic_has_news(&self) -> bool {
        self.traffic_has_news
    }

    fn due(&mut self, now: DateTime<Utc>) {
        let mut transitions = self.book.due(now);
        transitions.extend(self.rehearsal_book.due(now));
        self.apply(now, transitions);
        if now >= self.expire_at {
            self.expire_at = now + EXPIRE_EVERY;
            self.effect(Effect::Record(Record::Expire(now)));
            self.expire_conversations(now);
            self.check_history(now);
        }
        self.state.crash_shown &= now < self.state.started + CRASH_SHOWN;
        self.retention_due(now);
        self.turn_day(now);
        self.choices_due(now);
        self.drill_due(now);
        if now >= self.last_exchange + IDLE_AFTER {
            self.be_idle(true);
        }
        self.refresh_outages(now);
        self.reviews_due(now);
        self.effects_due(now);
        self.fallbacks_due(now);
        self.state.sessions.forget_old(now);
    }

    /// Handles a passed local midnight or a changed time zone.
    fn turn_day(&mut self, now: DateTime<Utc>) {
        let today = Day::of(now, &self.state.zone);
        if today.began() != self.state.today.began() {
            let since = today.began();
            self.state.today = today;
            self.effect(Effect::Record(Record::Sum { since }));
        }
    }

    /// Without a tray or a window, the gateway announces fallbacks in its responses.
    fn faces(&mut self, now: DateTime<Utc>, count: usize) {
        let announce = count == 0;
        if self.running.announce != announce {
            self.running.announce = announce;
            self.reconfigure(now);
        }
    }

    fn expire_conversations(&mut self, now: DateTime<Utc>) {
        let write = match self.state.settings.keep_conversations {
            true => Record::ExpireConversations(now),
            false => Record::ForgetConversations,
        };
        self.effect(Effect::Record(write));
    }

    /// Without clients, the probe interval is longer.
    fn be_idle(&mut self, idle: bool) {
        if self.idle != idle {
            self.idle = idle;
            self.effect(Effect::Nudge(watch::Nudge::Idle(idle)));
        }
    }

    fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }
}

#[cfg(test)]
mod tests;
