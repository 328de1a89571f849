//! The notification of an open incident: its effect on the work, updated in place.

mod last_notification;

use catalog::ProviderId;
use chrono::{DateTime, TimeDelta, Utc};
use health::{Change, Level, Transition, Verdict};
use ledger::{NotificationRow, Outage};

use super::Desk;
use crate::booking;
use crate::settings::Weight;
use crate::view;
use crate::view::consequence::{Consequence, Work};

pub(super) use last_notification::LastNotification;

/// Delay before an update, so that several simultaneous requests cause one change.
const SETTLES: TimeDelta = TimeDelta::seconds(2);
/// Minimum interval between updates of a notification on the screen, unless an action is needed.
const UPDATE_EVERY: TimeDelta = TimeDelta::seconds(20);

impl Desk {
    pub(super) fn notify_of(
        &mut self,
        now: DateTime<Utc>,
        transition: &Transition,
        incident: Option<i64>,
        ended: Option<&Outage>,
    ) {
        let row = view::notification::notification(&self.state, now, transition, incident, ended);
        let Some(row) = row else {
            return;
        };
        let provider = &transition.provider;
        let weight = match &transition.change {
            Change::Opened { level, .. } | Change::Rose { to: level, .. } => {
                self.weight(provider, *level)
            }
            _ if booking::is_rehearsal(provider) => Weight::Outage,
            Change::Recovered { .. }
            | Change::Faded { .. }
            | Change::Eased { .. }
            | Change::Noted(_)
            | Change::Updated
            | Change::Past(_) => Weight::Note,
        };
        self.set_last_notification(now, provider, weight);
        self.notify_with_question(now, provider, weight, row);
        if let Change::Recovered { .. } | Change::Faded { .. } = transition.change {
            self.event_over(&view::thread::of_provider(provider));
        }
    }

    /// Marks the open incidents that an earlier run has reported.
    pub(super) fn resume_notifications(&mut self, now: DateTime<Utc>) {
        let open = self.state.open.iter();
        let open: Vec<(ProviderId, Level)> = open
            .map(|(provider, incident)| (provider.clone(), incident.level))
            .collect();
        for (provider, level) in open {
            let weight = self.weight(&provider, level);
            self.set_last_notification(now, &provider, weight);
            let thread = view::thread::of_provider(&provider);
            self.state.notifications.resume(now, thread, weight);
        }
    }

    /// Schedules an update after a change during an open incident.
    pub(super) fn refresh_soon(&mut self, now: DateTime<Utc>) {
        if !self.outage_notifications.is_empty() && self.refresh_at.is_none() {
            self.refresh_at = Some(now + SETTLES);
        }
    }

    pub(super) fn refresh_outages(&mut self, now: DateTime<Utc>) {
        if self.refresh_at.is_none_or(|at| now < at) {
            return;
        }
        self.refresh_at = None;
        let open = &self.state.open;
        self.outage_notifications
            .retain(|provider, _| open.contains_key(provider));
        let notified: Vec<_> = self.outage_notifications.clone().into_iter().collect();
        for (provider, last) in notified {
            let Some((level, _)) = self.outage_row(now, &provider) else {
                continue;
            };
            let weight = self.weight(&provider, level);
            let sentence = self.consequence(&provider).sentence;
            if sentence == last.sentence && weight <= last.weight {
                continue;
            }
            let due = last.at + UPDATE_EVERY;
            if weight <= last.weight && now < due {
                self.refresh_at = Some(self.refresh_at.map_or(due, |at| at.min(due)));
                continue;
            }
            self.notify_outage(now, &provider, weight);
        }
    }

    /// Notifies of the outage's present state. False: there is nothing to report.
    pub(super) fn notify_outage(
        &mut self,
        now: DateTime<Utc>,
        provider: &ProviderId,
        weight: Weight,
    ) -> bool {
        let Some((_, row)) = self.outage_row(now, provider) else {
            return false;
        };
        self.set_last_notification(now, provider, weight);
        self.notify_with_question(now, provider, weight, row);
        true
    }

    /// Removes an answered question from the notification.
    pub(super) fn question_answered(&mut self, now: DateTime<Utc>, provider: &ProviderId) {
        if self.has_notified(provider) {
            self.notify_outage(now, provider, Weight::Note);
        }
    }

    /// True if a notification of the open incident was sent.
    pub(super) fn has_notified(&self, provider: &ProviderId) -> bool {
        self.outage_notifications.contains_key(provider) && self.state.open.contains_key(provider)
    }

    /// True if a notification of any open incident was sent.
    pub(super) fn has_notified_incident(&self) -> bool {
        let open = &self.state.open;
        self.outage_notifications
            .keys()
            .any(|provider| open.contains_key(provider))
    }

    fn set_last_notification(&mut self, now: DateTime<Utc>, provider: &ProviderId, weight: Weight) {
        if !self.state.open.contains_key(provider) {
            self.outage_notifications.remove(provider);
            return;
        }
        let sentence = self.consequence(provider).sentence;
        let last = LastNotification {
            sentence,
            weight,
            at: now,
        };
        self.outage_notifications.insert(provider.clone(), last);
    }

    /// A question about this outage is a line of its notification, with its buttons.
    fn notify_with_question(
        &mut self,
        now: DateTime<Utc>,
        provider: &ProviderId,
        weight: Weight,
        row: NotificationRow,
    ) {
        let card = view::question::on_outage(&self.state, provider);
        let (row, actions) = match card {
            None => (row, view::fallback::stops(&self.state, provider)),
            Some(card) => {
                let body = format!("{} {}", card.text, row.body);
                let actions = card
                    .answers
                    .into_iter()
                    .map(|answer| api::NotificationAction {
                        label: answer.label,
                        command: answer.command,
                    });
                (NotificationRow { body, ..row }, actions.collect())
            }
        };
        self.notify(now, weight, row, actions);
    }

    fn outage_row(
        &self,
        now: DateTime<Utc>,
        provider: &ProviderId,
    ) -> Option<(Level, NotificationRow)> {
        let verdict = self.state.verdicts.providers.get(provider)?;
        let Verdict::Known(level) = verdict.verdict else {
            return None;
        };
        // Operational, but the evidence is not yet enough to close the incident.
        if level == Level::Operational {
            return None;
        }
        let row = view::notification::of_open(&self.state, now, provider, verdict, level)?;
        Some((level, row))
    }

    fn consequence(&self, provider: &ProviderId) -> Consequence {
        view::consequence::consequence(&self.state, provider)
    }

    fn weight(&self, provider: &ProviderId, level: Level) -> Weight {
        let down = level >= Level::PartialOutage;
        match self.consequence(provider).work {
            Work::Stops if down => Weight::Act,
            Work::Carried | Work::NotHit if down => Weight::Outage,
            Work::Stops | Work::Carried | Work::NotHit => Weight::Note,
        }
    }
}
