//! Data of an earlier run.

use std::collections::{BTreeMap, BTreeSet};

use api::Notification;
use catalog::{Dialect, EndpointId, ProviderId};
use chrono::{DateTime, Utc};
use gateway::KeptBreaker;
use ledger::{FallbackTestRow, Met, Sums};

use super::{Choice, Desk, Effect, OpenIncident, PaidAnswer, PaidConsent, StoredRetention};
use crate::state::{SiblingQuestion, State};

#[derive(Debug, Default)]
pub(crate) struct Restored {
    pub incidents: Vec<(i64, health::OpenIncident, Met)>,
    /// Notifications that are not stale.
    pub notifications: Vec<Notification>,
    /// Providers seen in traffic, and endpoints that accepted a client's own login.
    pub seen: Vec<ProviderId>,
    pub logins: Vec<EndpointId>,
    pub subscriptions: Vec<EndpointId>,
    /// The owner's answers.
    pub paid_fallbacks: Option<bool>,
    pub paid_until_back: Option<PaidAnswer>,
    pub use_now: BTreeMap<String, Choice>,
    pub siblings: Option<bool>,
    pub siblings_not_before: Option<DateTime<Utc>>,
    pub paid_stopped_until: Option<DateTime<Utc>>,
    pub scope_answered: BTreeSet<String>,
    /// Open questions.
    pub sibling_question: Option<SiblingQuestion>,
    pub scope_questions: BTreeSet<String>,
    /// Recent clients and the models that they requested.
    pub clients: Vec<RecentClient>,
    /// Models in use by route, the newest first.
    pub models: Vec<(String, Dialect, String)>,
    pub tests: Vec<FallbackTestRow>,
    pub breakers: Vec<KeptBreaker>,
    pub waiting: u64,
    /// Side effects that the owner must settle.
    pub effects_open: u64,
    pub today: Sums,
    pub retention: StoredRetention,
}

#[derive(Debug)]
pub(crate) struct RecentClient {
    pub name: String,
    pub pipeline: Option<String>,
    pub dialect: Dialect,
    pub model: String,
    /// A subscription paid for an attempt.
    pub subscription: bool,
    /// Tokens of the prompt. None: no attempt has a count.
    pub input: Option<u64>,
}

impl Desk {
    pub(crate) fn restore(&mut self, now: DateTime<Utc>, left: Restored) -> Vec<Effect> {
        for (id, incident, met) in left.incidents {
            let mut open = OpenIncident::new(incident.since, incident.level);
            open.peak = incident.peak;
            let provider = incident.provider;
            self.state.open.opened(provider.clone(), open);
            self.state.open.logged(&provider, id, met);
            let open = true;
            self.effect(Effect::Nudge(watch::Nudge::IncidentOpen { provider, open }));
        }
        self.last_requests_restored(&left.clients);
        self.choices_restored(now, left.use_now);
        let state = &mut self.state;
        state.notifications = super::Notifications::restored(left.notifications);
        state.seen_in_traffic.extend(left.seen);
        state.seen_logins.extend(left.logins);
        state.seen_subscriptions.extend(left.subscriptions);
        state.paid_fallbacks = left.paid_fallbacks;
        // The outage of this answer may have ended.
        let open = |answer: &PaidAnswer| state.open.contains_key(&answer.failing);
        let answer = left.paid_until_back.filter(open);
        state.paid = PaidConsent::restored(answer);
        state.siblings = left.siblings;
        state.siblings_not_before = left.siblings_not_before;
        state.paid_stopped_until = left.paid_stopped_until.filter(|until| *until > now);
        state.scope_answered = left.scope_answered;
        state.sibling_question = left.sibling_question;
        state.scope_questions = left.scope_questions;
        for client in left.clients {
            let by = wire::Client {
                name: client.name,
                ..wire::Client::default()
            };
            state.record_requested_model(client.pipeline, &by, client.dialect, &client.model);
        }
        for (route, dialect, model) in left.models {
            let models = state.models_in_use.entry((route, dialect)).or_default();
            if models.len() < State::MODELS_TESTED {
                models.push(model);
            }
        }
        let keyed = left.tests.into_iter().map(|row| {
            let key = (row.dialect, row.endpoint.clone(), row.model.clone());
            (key, row)
        });
        state.tested = keyed.collect();
        state.reviews.counted(left.waiting);
        state.effects.restored(left.effects_open);
        state.draining_items = super::Draining::default();
        state.today.summed(left.today);
        state.retention.stored = left.retention;
        let kept = left.breakers.into_iter();
        self.kept_breakers = kept
            .map(|kept| ((kept.endpoint.clone(), kept.model.clone()), kept))
            .collect();
        self.reconfigure(now);
        self.resume_notifications(now);
        self.drain_changed();
        self.impact_refresh.changed();
        self.refresh_impact(now);
        std::mem::take(&mut self.effects)
    }
}
