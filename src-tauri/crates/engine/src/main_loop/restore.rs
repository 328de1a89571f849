//! Reads the data of the last run before the port opens.

use catalog::{EndpointId, ModelId, ProviderId};
use chrono::{DateTime, TimeDelta, Utc};
use gateway::KeptBreaker;
use ledger::{Ledger, LedgerError, Met};

use super::MainLoop;
use crate::desk::{
    Choices, Event, PaidAnswer, RecentClient, Restored, RetentionClock, StoredRetention, keys,
};
use crate::records::failed;
use crate::state::SiblingQuestion;
use crate::view;

/// A notification that no UI fetched is stale after this time.
const NOTIFICATION_FRESH: TimeDelta = TimeDelta::minutes(10);
/// A model without a client request for this long is not tested.
const IN_USE: TimeDelta = TimeDelta::days(14);
/// Stored requests that are read to learn which clients request which models.
const REQUESTS_READ: u32 = 500;

impl MainLoop {
    pub(super) fn restore(&mut self) {
        let (now, began) = (self.now(), self.state().today.began());
        let mut read = Reading::default();
        let left = read.all(&self.ledger, now, began);
        if let Some(failed) = read.failed() {
            self.decide(failed);
        }
        self.outlets.gateway.restore_breakers(left.breakers.clone());
        let effects = self.desk.restore(now, left);
        self.perform_all(effects);
        self.see_breakers();
    }

    /// From a file that was opened late. The gateway keeps its breakers, which are newer.
    pub(super) fn restore_desk(&mut self) {
        let (now, began) = (self.now(), self.state().today.began());
        let mut read = Reading::default();
        let left = read.all(&self.ledger, now, began);
        if let Some(failed) = read.failed() {
            self.decide(failed);
        }
        let effects = self.desk.restore(now, left);
        self.perform_all(effects);
    }
}

/// Data that was not readable; it counts as empty.
#[derive(Default)]
pub(crate) struct Reading(Option<Event>);

impl Reading {
    pub(crate) fn failed(self) -> Option<Event> {
        self.0
    }

    fn or_none<T: Default>(&mut self, what: &str, read: Result<T, LedgerError>) -> T {
        read.unwrap_or_else(|error| {
            self.0 = Some(failed(what, &error));
            T::default()
        })
    }

    fn word(&mut self, ledger: &Ledger, key: &str) -> String {
        let word = self.or_none("read an answer", ledger.meta(key));
        word.unwrap_or_default()
    }

    fn instant(&mut self, ledger: &Ledger, key: &str) -> Option<DateTime<Utc>> {
        let at = DateTime::parse_from_rfc3339(&self.word(ledger, key)).ok()?;
        Some(at.to_utc())
    }

    fn answer(&mut self, ledger: &Ledger, key: &str) -> Option<bool> {
        let answer = self.word(ledger, key);
        (!answer.is_empty()).then(|| answer == "yes")
    }

    pub(crate) fn all(
        &mut self,
        ledger: &Ledger,
        now: DateTime<Utc>,
        day_began: DateTime<Utc>,
    ) -> Restored {
        let notifications = ledger.pending_notifications(now - NOTIFICATION_FRESH);
        let notifications = self.or_none("read the pending notifications", notifications);
        let breakers = self.or_none("read the circuit breakers", ledger.breakers());
        let breakers = breakers.into_iter().map(|row| KeptBreaker {
            endpoint: row.endpoint,
            model: row.model,
            state: row.state,
            until: row.until,
        });
        let seen = self.word(ledger, keys::SEEN);
        let logins = self.word(ledger, keys::LOGINS);
        // Older rows do not distinguish keys from subscriptions; assume the kind that needs consent.
        let subscriptions =
            self.or_none("read the logins in use", ledger.meta(keys::SUBSCRIPTIONS));
        let subscriptions = subscriptions.unwrap_or_else(|| logins.clone());
        let scope_questions = self.word(ledger, keys::SCOPE_QUESTIONS);
        let answered = ledger.meta_names(keys::SCOPE_ANSWERED);
        Restored {
            incidents: self.or_none("read the open incidents", incidents(ledger)),
            notifications: notifications
                .iter()
                .map(|(id, row)| view::notification::shown(*id, row))
                .collect(),
            seen: seen.split_whitespace().map(ProviderId::new).collect(),
            logins: logins.split_whitespace().map(EndpointId::new).collect(),
            subscriptions: subscriptions
                .split_whitespace()
                .map(EndpointId::new)
                .collect(),
            paid_fallbacks: self.answer(ledger, keys::PAID),
            paid_until_back: PaidAnswer::parse(&self.word(ledger, keys::PAID_UNTIL_BACK)),
            use_now: Choices::parse(&self.word(ledger, keys::USE_NOW)),
            siblings: self.answer(ledger, keys::SIBLINGS),
            siblings_not_before: self.instant(ledger, keys::SIBLING_LATER),
            paid_stopped_until: self.instant(ledger, keys::PAID_STOPPED),
            scope_answered: self
                .or_none("read your answers", answered)
                .into_iter()
                .collect(),
            sibling_question: sibling_question(&self.word(ledger, keys::SIBLING_QUESTION)),
            scope_questions: scope_questions
                .lines()
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            clients: self.or_none("read the recent clients", recent_clients(ledger)),
            models: self.or_none(
                "read which models are in use",
                ledger.models_in_use(now - IN_USE),
            ),
            tests: self.or_none("read the tests of fallbacks", ledger.fallback_tests()),
            breakers: breakers.collect(),
            waiting: self.or_none("count the parked requests", ledger.open_reviews()),
            effects_open: self.or_none("count the side effects", ledger.open_effects()),
            retention: StoredRetention {
                announced: self.instant(ledger, keys::RETENTION_ANNOUNCED),
                clock: RetentionClock::parse(&self.word(ledger, keys::RETENTION_CLOCK)),
            },
            today: self.or_none("sum up today's requests", ledger.today(day_began)),
        }
    }
}

fn incidents(ledger: &Ledger) -> Result<Vec<(i64, health::OpenIncident, Met)>, LedgerError> {
    let open = ledger.open_incidents()?.into_iter();
    open.map(|(id, incident)| {
        let met = ledger.met(id)?.unwrap_or_default();
        Ok((id, incident, met))
    })
    .collect()
}

fn sibling_question(kept: &str) -> Option<SiblingQuestion> {
    let mut parts = kept.split('\t');
    Some(SiblingQuestion {
        endpoint: EndpointId::new(parts.next().filter(|id| !id.is_empty())?),
        failing: ModelId::new(parts.next()?),
        sibling: ModelId::new(parts.next()?),
    })
}

/// Recent clients and the models that they requested.
fn recent_clients(ledger: &Ledger) -> Result<Vec<RecentClient>, LedgerError> {
    let page = ledger.exchanges(REQUESTS_READ, None)?;
    let rows = page.rows.into_iter().map(|(_, row)| row);
    let routed =
        rows.filter(|row| !row.rehearsal && !row.route.is_empty() && row.route != ledger::PASSED);
    let client = |row: ledger::ExchangeRow| RecentClient {
        subscription: row.attempts.iter().any(|a| a.by_subscription),
        input: row.attempts.iter().filter_map(input).max(),
        pipeline: row.pipeline,
        name: row.client,
        dialect: row.dialect,
        model: row.model,
    };
    Ok(routed.map(client).collect())
}

/// Tokens of an attempt's prompt.
fn input(attempt: &ledger::AttemptRow) -> Option<u64> {
    let tokens = attempt.tokens?;
    let cached = tokens.cache_read.saturating_add(tokens.cache_write);
    Some(tokens.input.saturating_add(cached)).filter(|input| *input > 0)
}
