//! Fallbacks in use: their entry in an exchange, their notification, and the commands that stop them.

use catalog::{Auth, MicroDollars};
use chrono::{DateTime, Utc};
use gateway::{Exchange, ExchangeKind, Outcome};
use ledger::{AttemptRow, ExchangeRow, NotificationKind, NotificationRow, Urgency};

use super::standing_fallbacks::{Carried, Cost, News, Reason};
use super::{Desk, Record, keys};
use crate::settings::Weight;
use crate::view;

impl Desk {
    /// Handles a recorded exchange that a fallback carried.
    pub(super) fn carried_by_fallback(
        &mut self,
        now: DateTime<Utc>,
        exchange: &Exchange,
        row: &ExchangeRow,
    ) {
        let candidate = |attempt: &AttemptRow| ledger::Candidate {
            provider: attempt.provider.clone(),
            endpoint: attempt.endpoint.clone(),
            model: attempt.model.clone(),
        };
        // A route without a plan yet has no primary; the candidate of the first attempt replaces it.
        let first = || row.attempts.first().map(candidate);
        let primary = row.primary.clone().or_else(first);
        let (ExchangeKind::Generate, Some(primary), Some(last)) =
            (exchange.kind, primary, row.attempts.last())
        else {
            return;
        };
        let carried = Carried {
            route: (exchange.route.clone(), exchange.dialect),
            requested: exchange.model.clone(),
            reason: self.reason(exchange, &primary),
            by: candidate(last),
            products: (
                self.state.product(&primary.provider),
                self.state.product(&last.provider),
            ),
            cost: self.cost(last),
            primary,
            keyed: !last.by_subscription
                && self
                    .state
                    .catalog
                    .endpoint(&last.endpoint)
                    .is_some_and(|e| e.auth != Auth::None),
        };
        if let Some(news) = self.state.fallbacks.carried(now, carried) {
            self.announce_change(now, &news);
        }
    }

    /// Why the primary did not respond: from this exchange's attempts, else from its breaker.
    fn reason(&self, exchange: &Exchange, primary: &ledger::Candidate) -> Option<Reason> {
        let of_it = exchange
            .attempts
            .iter()
            .filter(|a| a.endpoint == primary.endpoint && a.model == primary.model);
        let mut failed = of_it.filter_map(|attempt| match &attempt.outcome {
            Outcome::Failed { class, .. } => Reason::of(*class),
            Outcome::Answered(_) | Outcome::Local { .. } | Outcome::ClientLeft => None,
        });
        failed.next_back().or_else(|| {
            let is_it = |b: &&gateway::BreakerView| {
                b.endpoint == primary.endpoint && b.model == primary.model
            };
            let breaker = self.state.breakers.iter().find(is_it)?;
            let closed = breaker.standing == gateway::Standing::Closed;
            breaker.class.filter(|_| !closed).and_then(Reason::of)
        })
    }

    fn cost(&self, answered: &AttemptRow) -> Cost {
        if answered.by_subscription {
            return Cost::SamePlan;
        }
        let endpoint = self.state.catalog.endpoint(&answered.endpoint);
        let local = endpoint.is_some_and(|e| e.auth == Auth::None && e.is_local());
        match answered.cost {
            _ if local => Cost::Free,
            Some(cost) if cost > MicroDollars::ZERO => Cost::About(cost),
            Some(_) | None => Cost::Unknown,
        }
    }

    /// Handles due changes: recovered primaries, and delayed notifications.
    pub(super) fn fallbacks_due(&mut self, now: DateTime<Utc>) {
        for news in self.state.fallbacks.due(now) {
            self.announce_change(now, &news);
        }
    }

    fn announce_change(&mut self, now: DateTime<Utc>, news: &News) {
        let text = view::fallback::notification(&self.state, news);
        tracing::info!(
            title = text.title,
            body = text.body,
            "the fallback in use has changed"
        );
        let row = NotificationRow {
            at: now,
            kind: NotificationKind::Fallback,
            thread: text.thread,
            title: text.title,
            body: text.body,
            urgency: match news {
                News::Moved(..) => Urgency::Normal,
                News::Back(..) => Urgency::Low,
            },
            incident: None,
        };
        // The notification of the primary's outage includes this change as a line.
        let (News::Moved(carried, _) | News::Back(carried, _)) = news;
        let provider = &carried.primary.provider;
        if row.thread == view::thread::of_provider(provider) && self.has_notified(provider) {
            return;
        }
        self.notify(now, weight(news), row, text.actions);
    }

    /// Stops paid fallbacks until local midnight, or allows them again.
    pub(super) fn answer_paid_today(&mut self, now: DateTime<Utc>, allow: bool) -> String {
        let until = (!allow).then(|| self.state.zone.day_ends(now));
        self.state.paid_stopped_until = until;
        if !allow {
            self.state.fallbacks.end(|carried| carried.keyed);
        }
        let word = until.map_or_else(String::new, |until| until.to_rfc3339());
        self.effect(Record::meta(keys::PAID_STOPPED, word));
        self.reconfigure(now);
        if allow {
            "Paid fallbacks can answer again, up to the daily cap."
        } else {
            "Until midnight no paid fallback answers. Fallbacks without extra cost still answer."
        }
        .into()
    }
}

fn weight(news: &News) -> Weight {
    match news {
        News::Back(..) => Weight::Note,
        News::Moved(carried, _) => match carried.reason {
            Some(Reason::KeyRefused | Reason::Quota | Reason::NotServed) => Weight::Act,
            Some(Reason::TooLong) => Weight::Note,
            Some(Reason::Failing | Reason::RateLimit | Reason::Limit) | None => Weight::Outage,
        },
    }
}
