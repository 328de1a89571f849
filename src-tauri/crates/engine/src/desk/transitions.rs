//! Converts a change of a provider's verdict into its incident and its notification.

use std::sync::Arc;

use catalog::{ProviderId, REHEARSAL};
use chrono::{DateTime, Offset, Utc};
use health::{Change, Transition, Verdicts};
use ledger::{LoggedTransition, Met, Outage};

use super::{Desk, Effect, OpenIncident, Record};
use crate::booking;

/// Clock of log texts.
fn utc(now: DateTime<Utc>) -> words::Clock {
    words::Clock::named(Arc::new(|_| Utc.fix()), now)
}

impl Desk {
    /// The verdicts of both books. Returns the same value if nothing has changed.
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

    /// Logs each transition and sends its notification, if any.
    pub(super) fn apply(&mut self, now: DateTime<Utc>, transitions: Vec<Transition>) {
        let before = Arc::clone(&self.state.verdicts);
        self.state.verdicts = self.beliefs();
        if !Arc::ptr_eq(&before, &self.state.verdicts) {
            self.effect(Effect::Publish(Arc::clone(&self.state.verdicts)));
            self.watch_failing(now);
        }
        for transition in transitions {
            if self.is_expired(now, &transition.change) {
                continue;
            }
            self.impact_refresh.changed();
            let evidence = words::incident(&self.state.catalog, &transition);
            if transition.change != Change::Updated {
                let log = utc(now).plain(&evidence);
                tracing::info!(provider = %transition.provider, "{}: {log}", change_words(&transition.change));
            }
            if booking::is_rehearsal(&transition.provider) {
                self.notify_of(now, &transition, None, None);
            } else {
                self.follow_incident(now, &transition);
                let entry = words::entry(&self.state.catalog, &transition);
                let logged = LoggedTransition {
                    evidence: words::to_stored(&evidence),
                    entry: words::to_stored(&entry),
                    transition,
                };
                self.effect(Effect::Record(Record::Transition(Box::new(logged))));
            }
        }
    }

    /// The watch polls more often while an incident is open.
    fn follow_incident(&mut self, now: DateTime<Utc>, transition: &Transition) {
        let provider = transition.provider.clone();
        let open = match &transition.change {
            Change::Opened { level, since } => {
                let incident = OpenIncident::new(*since, *level);
                self.state.open.opened(provider.clone(), incident);
                true
            }
            Change::Recovered { .. } => {
                self.state.open.closed(&provider);
                self.paid_outage_over(now, &provider);
                self.breakers_recover(&provider);
                false
            }
            Change::Faded { .. } => {
                self.state.open.closed(&provider);
                false
            }
            Change::Rose { to, .. } | Change::Eased { to, .. } => {
                return self.state.open.changed(&provider, *to);
            }
            Change::Noted(_) | Change::Updated | Change::Past(_) => return,
        };
        self.effect(Effect::Nudge(watch::Nudge::IncidentOpen { provider, open }));
    }

    /// Handles a logged transition. `met`: exchanges that it affected before it was detected. `ended`: the incident that it closes.
    pub(super) fn logged(
        &mut self,
        now: DateTime<Utc>,
        transition: &Transition,
        id: Option<i64>,
        met: Met,
        ended: Option<&Outage>,
    ) {
        if let (Change::Opened { .. }, Some(id)) = (&transition.change, id) {
            self.state.open.logged(&transition.provider, id, met);
            self.impact_refresh.changed();
        }
        self.notify_of(now, transition, id, ended);
    }
}

/// Log text of a change.
fn change_words(change: &Change) -> String {
    let level = words::level;
    match change {
        Change::Opened { level: at, .. } => format!("an incident opened ({})", level(*at)),
        Change::Rose { from, to } => {
            format!("an incident rose from {} to {}", level(*from), level(*to))
        }
        Change::Eased { from, to } => {
            format!("an incident eased from {} to {}", level(*from), level(*to))
        }
        Change::Noted(_) | Change::Updated => "an incident was updated".to_owned(),
        Change::Recovered { peak, .. } => format!("an incident ended (at worst {})", level(*peak)),
        Change::Faded { .. } => "an incident faded: no evidence since its last failure".to_owned(),
        Change::Past(_) => "an incident was over when first seen".to_owned(),
    }
}
