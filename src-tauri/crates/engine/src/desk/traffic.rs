//! Information from requests: clients and their logins, providers in use, and the fallback in use.

use std::collections::BTreeSet;

use catalog::{EndpointId, ProviderId};
use chrono::{DateTime, Utc};
use gateway::{Attempt, Exchange, ExchangeKind, Outcome};
use health::{CallOutcome, FailureKind, Observation};

use super::{Desk, Effect, Record, keys, reviews};
use crate::booking;
use crate::routing;
use crate::view;

impl Desk {
    pub(super) fn ended(&mut self, now: DateTime<Utc>, ended: Box<Exchange>) {
        let exchange = &*ended;
        self.state.sessions.ended(now, exchange);
        let primary = self.primary(exchange);
        let row = booking::exchange_row(exchange, primary, &self.state.catalog);
        let carried = row.carried();
        self.follow(now, exchange);
        let review = reviews::work(now, exchange, view::rows::story(&row, &self.state));
        let review = self.with_drain_cost(&row, review);
        if !exchange.rehearsal {
            self.state.today.count(&row, carried);
            if self.state.open.count(&row, carried) {
                self.impact_refresh.changed();
            }
        }
        self.effect(Effect::Record(Record::Exchange {
            row: Box::new(row.clone()),
            review,
        }));
        let drilled = exchange.attempts.iter().any(booking::is_drilled);
        if drilled {
            self.drill_met(now, exchange, &row);
        }
        if !exchange.rehearsal {
            self.check_the_cap(now);
            self.learn(exchange);
            self.learn_client(exchange);
            self.learn_model(exchange);
            if let Some(name) = &exchange.pipeline {
                let state = &mut self.state;
                state.unknown_pipelines.seen(now, name, &state.settings);
            }
            // A made failure is no reason for a notification or a question.
            if !drilled {
                if carried && !self.by_choice(exchange) {
                    self.carried_by_fallback(now, exchange, &row);
                }
                self.ask_for_fallbacks(now, exchange, carried);
            }
        }
        let answered = |a: &&Attempt| a.status.is_some() && !booking::is_drilled(a);
        if let Some(answered) = exchange.attempts.iter().rfind(answered) {
            let endpoint = answered.endpoint.clone();
            self.effect(Effect::Nudge(watch::Nudge::TrafficAnswered { endpoint }));
        }
        if exchange.attempts.iter().any(reached_no_provider) {
            self.effect(Effect::Nudge(watch::Nudge::TrafficUnreached));
        }
        for observation in booking::observations(exchange) {
            if let Observation::Call {
                endpoint,
                model,
                outcome: CallOutcome::Ok { .. },
                ..
            } = &observation
            {
                self.effect(Effect::Nudge(watch::Nudge::TrafficCompleted {
                    endpoint: endpoint.clone(),
                    model: model.clone(),
                }));
            }
            self.observe(now, observation);
        }
        self.last_exchange = now;
        self.be_idle(false);
        let row = Box::new(row);
        self.effect(Effect::Count {
            exchange: ended,
            row,
        });
    }

    /// The primary of the plan for this request, even if its cooldown moves it down in the order.
    pub(super) fn primary(&self, exchange: &Exchange) -> Option<ledger::Candidate> {
        let plan = self
            .state
            .plans
            .iter()
            .find(|p| p.route == exchange.route && p.dialect == exchange.dialect)?;
        let first = plan.candidates.iter().find(|c| c.is_primary())?;
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

    /// What traffic reveals apart from health: the providers in use, and the models that clients request.
    pub(super) fn learn(&mut self, exchange: &Exchange) {
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
                if attempt.by_subscription {
                    let seen = &mut self.state.seen_subscriptions;
                    news |= seen.insert(attempt.endpoint.clone());
                }
            }
        }
        if !exchange.attempts.is_empty() && exchange.kind == ExchangeKind::Generate {
            let (pipeline, client) = (exchange.pipeline.clone(), &exchange.client);
            news |= self.state.record_requested_model(
                pipeline,
                client,
                exchange.dialect,
                &exchange.model,
            );
        }
        if news {
            self.remember_seen();
            self.traffic_has_news = true;
        }
    }

    /// Stores the providers seen in traffic and the logins, so that they remain known after a restart.
    pub(super) fn remember_seen(&mut self) {
        let seen: Vec<&str> = self
            .state
            .seen_in_traffic
            .iter()
            .map(ProviderId::as_str)
            .collect();
        let ids = |of: &BTreeSet<EndpointId>| {
            let ids: Vec<&str> = of.iter().map(EndpointId::as_str).collect();
            ids.join(" ")
        };
        let logins = ids(&self.state.seen_logins);
        let subscriptions = ids(&self.state.seen_subscriptions);
        self.effects.extend([
            Record::meta(keys::SEEN, seen.join(" ")),
            Record::meta(keys::LOGINS, logins),
            Record::meta(keys::SUBSCRIPTIONS, subscriptions),
        ]);
    }

    /// The usual client of this dialect: a coding agent, with the login kind from traffic. A subscription has priority, because
    /// its fallbacks need consent.
    pub(crate) fn usual_caller(&self, dialect: catalog::Dialect) -> gateway::Caller {
        let of_dialect = |seen: &BTreeSet<EndpointId>| {
            let mut endpoints = seen.iter().filter_map(|id| self.state.catalog.endpoint(id));
            endpoints.any(|endpoint| endpoint.speaks(dialect))
        };
        gateway::Caller::agent(if of_dialect(&self.state.seen_subscriptions) {
            gateway::Login::Subscription
        } else if of_dialect(&self.state.seen_logins) {
            gateway::Login::Key
        } else {
            gateway::Login::None
        })
    }
}

/// True if the attempt ended before a connection, perhaps through this machine's network.
fn reached_no_provider(attempt: &Attempt) -> bool {
    matches!(
        attempt.outcome,
        Outcome::Local { .. }
            | Outcome::Failed {
                fault: gateway::Fault::Theirs(FailureKind::Connect),
                ..
            }
    )
}
