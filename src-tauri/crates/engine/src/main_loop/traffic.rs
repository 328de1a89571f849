//! What traffic tells: who asked, who answered, whose providers these are, and who stands in for whom.

use catalog::{EndpointId, ProviderId};
use chrono::{DateTime, Utc};
use gateway::{Attempt, Began, Exchange, ExchangeKind, Outcome};
use health::{CallOutcome, FailureKind, Observation};

use super::MainLoop;
use crate::booking;
use crate::routing;
use crate::state::SessionSeen;
use crate::view;

/// Key under which the providers seen in traffic are kept.
const SEEN: &str = "seen_in_traffic";
/// The same of endpoints that took a client's own login.
const LOGINS: &str = "seen_logins";

impl MainLoop {
    pub(super) fn began(&mut self, now: DateTime<Utc>, began: Began) {
        if began.rehearsal || began.client.name.is_empty() {
            return;
        }
        let key = (began.client.name, began.client.session.unwrap_or_default());
        let seen = self.state.sessions.entry(key).or_insert(SessionSeen {
            last: now,
            open: 0,
            dialect: began.dialect,
            routes: Default::default(),
        });
        seen.last = now;
        seen.open += 1;
    }

    pub(super) fn ended(&mut self, now: DateTime<Utc>, exchange: &Exchange) {
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
            if !exchange.attempts.is_empty() {
                let route = (exchange.route.clone(), exchange.dialect);
                seen.routes.insert(route);
            }
        }
        let primary = self.primary(exchange);
        let row = booking::exchange_row(exchange, primary, &self.state.catalog);
        let carried = row.carried();
        self.follow(now, exchange);
        let mut booked = None;
        self.kept("book an exchange", |ledger| {
            booked = Some(ledger.book_exchange(&row)?);
            Ok(())
        });
        self.review(now, exchange, view::rows::story(&row, &self.state), booked);
        if !exchange.rehearsal {
            self.count(&row, carried);
            self.check_the_cap(now);
            self.learn(exchange);
            self.learn_model(exchange);
            if let Some(name) = &exchange.pipeline {
                let state = &mut self.state;
                state.unknown_pipelines.seen(now, name, &state.settings);
            }
            if carried {
                self.carried_by_fallback(now, exchange, &row);
            }
            self.ask_for_fallbacks(now, exchange, carried);
        }
        if let Some(answered) = exchange.attempts.iter().rfind(|a| a.status.is_some()) {
            let endpoint = answered.endpoint.clone();
            self.nudge(watch::Nudge::TrafficAnswered { endpoint });
        }
        if exchange.attempts.iter().any(reached_no_one) {
            self.nudge(watch::Nudge::TrafficUnreached);
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
        self.last_exchange = now;
        self.be_idle(false);
        self.end_if_drained(now);
    }

    /// The primary of the plan for this request, in whatever place a cooldown puts it.
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

    pub(super) fn count(&mut self, row: &ledger::ExchangeRow, carried: bool) {
        if row.end == ledger::End::TurnedAway {
            // Refused at our own door: nobody was asked for anything.
            return;
        }
        let today = &mut self.state.today;
        today.exchanges += 1;
        today.stand_ins += row.stand_ins_cost();
        today.failed += u64::from(row.end.failed());
        today.carried_by_fallback += u64::from(carried);
        match row.cost {
            Some(cost) => {
                today.spent += cost;
                today.of_estimated_tokens += row.cost_of_estimated_tokens();
            }
            None if !row.attempts.is_empty() => today.unpriced += 1,
            None => {}
        }
        for (provider, story) in &mut self.state.open {
            let mut attempts = row.attempts.iter();
            let failed = attempts.any(|a| a.provider == *provider && a.provider_failed);
            let primary = row.primary.as_ref().map(|primary| &primary.provider);
            // As the ledger counts when the incident is closed.
            if failed || carried && primary == Some(provider) {
                self.outages.changed();
                story.exchanges_hit += 1;
                story.carried += u64::from(carried);
            }
        }
    }

    /// What traffic says beside health: whose providers these are, and who asks for what.
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
            }
        }
        if !exchange.attempts.is_empty() && exchange.kind == ExchangeKind::Generate {
            let (pipeline, client) = (exchange.pipeline.clone(), &exchange.client);
            news |= self
                .state
                .asks(pipeline, client, exchange.dialect, &exchange.model);
        }
        if news {
            self.remember_seen();
            self.traffic_has_news = true;
        }
    }

    /// Providers seen in traffic stay the owner's over a restart, and clients that log in are expected to do so again.
    pub(super) fn remember_seen(&mut self) {
        let seen: Vec<&str> = self
            .state
            .seen_in_traffic
            .iter()
            .map(ProviderId::as_str)
            .collect();
        let logins: Vec<&str> = self
            .state
            .seen_logins
            .iter()
            .map(EndpointId::as_str)
            .collect();
        let (seen, logins) = (seen.join(" "), logins.join(" "));
        self.kept("remember the providers in use", |ledger| {
            ledger.set_meta(SEEN, &seen)?;
            ledger.set_meta(LOGINS, &logins)
        });
    }

    pub(super) fn recall_seen(&mut self) {
        let recalled = self
            .ledger
            .meta(SEEN)
            .and_then(|seen| Ok((seen, self.ledger.meta(LOGINS)?)));
        match recalled {
            Ok((seen, logins)) => {
                let (seen, logins) = (seen.unwrap_or_default(), logins.unwrap_or_default());
                let seen = seen.split_whitespace().map(ProviderId::new);
                self.state.seen_in_traffic.extend(seen);
                let logins = logins.split_whitespace().map(EndpointId::new);
                self.state.seen_logins.extend(logins);
            }
            Err(error) => self.ledger_trouble("recall the providers in use", &error),
        }
    }

    /// Do clients of this dialect bring logins of their own?
    /// Who mostly asks in this dialect: a coding agent, with a login where any was seen.
    pub(super) fn usual_caller(&self, dialect: catalog::Dialect) -> gateway::Caller {
        gateway::Caller::agent(if self.clients_log_in(dialect) {
            gateway::Login::Subscription
        } else {
            gateway::Login::None
        })
    }

    fn clients_log_in(&self, dialect: catalog::Dialect) -> bool {
        let seen = self
            .state
            .seen_logins
            .iter()
            .filter_map(|id| self.state.catalog.endpoint(id));
        seen.into_iter().any(|endpoint| endpoint.speaks(dialect))
    }
}

/// It ended before the provider was connected: perhaps by our own network.
fn reached_no_one(attempt: &Attempt) -> bool {
    matches!(
        attempt.outcome,
        Outcome::NotSent { .. }
            | Outcome::Failed {
                kind: Some(FailureKind::Connect),
                ..
            }
    )
}
