//! Deletion of old rows: announced once, then in small steps between the loop's other events.

mod plan;

use chrono::{DateTime, TimeDelta, Utc};
use health::Change;
use ledger::{Deleted, Expired, FileSize, Limits, NotificationRow, OBSERVATIONS_KEPT, Progress};

use super::{Desk, Effect, Record, keys};
use crate::settings::{Retention as Kept, Weight};
use crate::view;

pub(crate) use plan::{Clock, Retention, Stored, first_deletion};
use plan::{Due, Step};

/// Time between two steps, for all other work.
const PAUSE: TimeDelta = TimeDelta::milliseconds(500);

impl Desk {
    /// Counts what is beyond the limits.
    pub(super) fn check_history(&mut self, now: DateTime<Utc>) {
        let limits = history_limits(self.state.settings.retention, now, &self.state.zone);
        self.effect(Effect::Record(Record::ReadHistory { limits }));
    }

    pub(super) fn history_read(&mut self, now: DateTime<Utc>, expired: Expired, size: FileSize) {
        let retention = &mut self.state.retention;
        retention.expired = expired;
        retention.size = Some(size);
        let clock = Clock::seen(retention.stored.clock, now);
        retention.stored.clock = Some(clock);
        let due = retention.stored.due(now, expired);
        self.effect(Record::meta(keys::RETENTION_CLOCK, clock.written()));
        if due == Due::Announce {
            self.announce_deletion(now);
        }
        if !self.state.retention.stored.is_settled(now) {
            return;
        }
        let next = &mut self.state.retention.next;
        *next = next.or(Some((now, Step::Delete(Progress::default()))));
    }

    /// In quiet hours, and after two other pop-ups, it is retried with the next check.
    fn announce_deletion(&mut self, now: DateTime<Utc>) {
        let (title, body) = view::retention::announcement(&self.state, now);
        let row = NotificationRow {
            at: now,
            kind: ledger::NotificationKind::Own,
            thread: view::thread::RETENTION.into(),
            title,
            body: body.clone(),
            urgency: ledger::Urgency::Normal,
            incident: None,
        };
        let before = self.effects.len();
        self.notify(now, Weight::Act, row, Vec::new());
        if self.state.settings.notify && self.effects.len() == before {
            return;
        }
        tracing::warn!("{body}");
        self.state.retention.stored.announced = Some(now);
        self.effect(Record::meta(keys::RETENTION_ANNOUNCED, now.to_rfc3339()));
    }

    pub(super) fn retention_due(&mut self, now: DateTime<Utc>) {
        let next = &mut self.state.retention.next;
        let Some((_, step)) = next.take_if(|(at, _)| now >= *at) else {
            return;
        };
        if self.state.draining || self.state.ledger_trouble.is_some() {
            return;
        }
        let record = match step {
            Step::Delete(from) => Record::DeleteExpired {
                limits: self.limits(now),
                zone: self.state.zone.clone(),
                from,
            },
            Step::Shrink => Record::Shrink,
        };
        self.effect(Effect::Record(record));
    }

    pub(super) fn deleted(&mut self, now: DateTime<Utc>, deleted: Deleted) {
        let step = deleted.next.map_or(Step::Shrink, Step::Delete);
        self.state.retention.next = Some((now + PAUSE, step));
    }

    pub(super) fn shrunk(&mut self, now: DateTime<Utc>, more: bool) {
        self.state.retention.next = more.then_some((now + PAUSE, Step::Shrink));
    }

    /// A page lists an incident that the limits would delete.
    pub(super) fn is_expired(&self, now: DateTime<Utc>, change: &Change) -> bool {
        let Change::Past(page) = change else {
            return false;
        };
        let limit = Kept::limit(self.state.settings.retention.incidents_days, now);
        page.resolved
            .is_some_and(|at| limit.is_some_and(|limit| at < limit))
    }

    /// Until the first deletion is due, only readings of health expire.
    fn limits(&self, now: DateTime<Utc>) -> Limits {
        let retention = &self.state.retention;
        let limits = history_limits(self.state.settings.retention, now, &self.state.zone);
        match retention.stored.due(now, retention.expired) {
            Due::Delete => limits,
            Due::Hold | Due::Nothing | Due::Announce | Due::Wait(_) => Limits {
                exchanges: None,
                incidents: None,
                daily: None,
                ..limits
            },
        }
    }
}

/// At the owner's midnights: a chart's day is deleted completely.
fn history_limits(kept: Kept, now: DateTime<Utc>, zone: &super::Zone) -> Limits {
    let midnight = |days| Kept::limit(days, now).map(|at| zone.day_began(at));
    Limits {
        exchanges: midnight(kept.exchanges_days),
        incidents: midnight(kept.incidents_days),
        daily: midnight(kept.daily_days),
        effects: midnight(kept.effects_days),
        observations: now - OBSERVATIONS_KEPT,
    }
}
