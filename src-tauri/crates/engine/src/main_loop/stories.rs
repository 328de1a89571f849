//! Incidents and the notices about them: told once, kept over a restart.

use std::sync::Arc;

use catalog::{ProviderId, REHEARSAL};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use health::{Change, Transition, Verdicts};
use ledger::NoticeRow;

use super::MainLoop;
use crate::booking;
use crate::state::OpenStory;
use crate::view;

/// A notice that nobody fetched is stale after this long.
const NOTICE_FRESH: TimeDelta = TimeDelta::minutes(10);

impl MainLoop {
    /// Both books as one. The very same value comes back while nothing has changed.
    fn beliefs(&self) -> Arc<Verdicts> {
        let mut beliefs = Verdicts::clone(&self.book.verdicts());
        let rehearsal = ProviderId::new(REHEARSAL);
        match self.rehearsal_book.verdicts().providers.get(&rehearsal) {
            Some(rehearsed) => beliefs.providers.insert(rehearsal, rehearsed.clone()),
            None => beliefs.providers.remove(&rehearsal),
        };
        if beliefs == *self.state.verdicts {
            Arc::clone(&self.state.verdicts)
        } else {
            Arc::new(beliefs)
        }
    }

    /// Each transition goes to the log, and perhaps to a person.
    pub(super) fn apply(&mut self, transitions: Vec<Transition>) {
        for transition in transitions {
            let rehearsal = booking::is_rehearsal(&transition.provider);
            tracing::info!(provider = %transition.provider, change = ?transition.change, evidence = transition.verdict.evidence, "verdict changed");
            let incident = if rehearsal {
                None
            } else {
                self.log(&transition)
            };
            // The new belief must be known before the words are made.
            self.state.verdicts = self.beliefs();
            if let Some(notice) = view::notice::notice(&self.state, &transition, incident) {
                self.tell(&notice);
            }
        }
        self.state.verdicts = self.beliefs();
        self.outlets.verdicts.send_if_modified(|sent| {
            let news = !Arc::ptr_eq(sent, &self.state.verdicts);
            *sent = Arc::clone(&self.state.verdicts);
            news
        });
    }

    pub(super) fn log(&mut self, transition: &Transition) -> Option<i64> {
        let id = match self.ledger.apply(transition) {
            Ok(id) => id,
            Err(error) => {
                self.ledger_trouble("log an incident", &error);
                None
            }
        };
        let provider = &transition.provider;
        match &transition.change {
            Change::Opened(level) => {
                // It is dated back to what it was concluded from, and has met that.
                let met = id
                    .and_then(|id| self.ledger.met(id).ok().flatten())
                    .unwrap_or_default();
                let story = OpenStory {
                    id: id.unwrap_or_default(),
                    opened: transition.at,
                    level: *level,
                    peak: *level,
                    exchanges_hit: met.traffic.hit,
                    carried: met.traffic.carried_by_fallback,
                    met,
                };
                self.state.open.insert(provider.clone(), story);
                self.nudge(watch::Nudge::IncidentOpen {
                    provider: provider.clone(),
                    open: true,
                });
            }
            Change::Rose { to, .. } | Change::Eased { to, .. } => {
                if let Some(story) = self.state.open.get_mut(provider) {
                    story.level = *to;
                    story.peak = story.peak.max(*to);
                }
            }
            Change::Recovered { .. } => {
                self.state.open.remove(provider);
                self.recovered(provider);
                self.nudge(watch::Nudge::IncidentOpen {
                    provider: provider.clone(),
                    open: false,
                });
            }
            Change::Noted(_) | Change::Past(_) => {}
        }
        self.outages.changed();
        id
    }

    /// Queues a notice for the shell; in quiet hours, and where the owner wants none, it stays in the log alone.
    pub(super) fn tell(&mut self, notice: &NoticeRow) {
        self.tell_with(notice, Vec::new());
    }

    /// With buttons. They are for this run: after a restart the notice, where it is still fresh, has none.
    pub(super) fn tell_with(&mut self, notice: &NoticeRow, actions: Vec<api::NoticeAction>) {
        if !self.state.settings.notify || self.state.in_quiet_hours(notice.at) {
            return;
        }
        match self.ledger.enqueue_notice(notice) {
            Ok(id) => {
                self.state.notices.retain(|n| n.thread != notice.thread);
                let shown = view::notice::shown(id, notice);
                self.state.notices.push(api::Notice { actions, ..shown });
            }
            Err(error) => self.ledger_trouble("queue a notification", &error),
        }
    }

    /// Picks up what the last run left.
    pub(super) fn restore(&mut self) {
        let now = (self.clock)();
        match self.ledger.open_incidents() {
            Ok(open) => {
                for (id, incident) in open {
                    let met = self.ledger.met(id).ok().flatten().unwrap_or_default();
                    let story = OpenStory {
                        id,
                        opened: incident.since,
                        level: incident.level,
                        peak: incident.peak,
                        exchanges_hit: met.traffic.hit,
                        carried: met.traffic.carried_by_fallback,
                        met,
                    };
                    self.nudge(watch::Nudge::IncidentOpen {
                        provider: incident.provider.clone(),
                        open: true,
                    });
                    self.state.open.insert(incident.provider, story);
                }
            }
            Err(error) => self.ledger_trouble("read the open incidents", &error),
        }
        match self.ledger.pending_notices(now - NOTICE_FRESH) {
            Ok(pending) => {
                self.state.notices = pending
                    .iter()
                    .map(|(id, row)| view::notice::shown(*id, row))
                    .collect()
            }
            Err(error) => self.ledger_trouble("read the pending notifications", &error),
        }
        self.recall_seen();
        self.recall_paid_stand_ins();
        self.recall_siblings();
        self.recall_paid_today();
        self.recall_questions();
        self.recall_askers();
        self.recall_fallback_tests(now);
        self.count_reviews();
        self.refresh_outages(now);
        self.turn_day(now);
    }

    /// Local midnight has passed, or the engine has just started.
    pub(super) fn turn_day(&mut self, now: DateTime<Utc>) {
        let today = now
            .with_timezone(&self.state.offset)
            .date_naive()
            .and_time(NaiveTime::MIN);
        self.state.today_since = (today - self.state.offset).and_utc();
        match self.ledger.today(self.state.today_since) {
            Ok(sums) => self.state.today = sums,
            Err(error) => self.ledger_trouble("sum up today", &error),
        }
    }
}
