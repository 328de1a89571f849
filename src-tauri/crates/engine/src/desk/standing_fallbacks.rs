//! Fallbacks in use, and which changes of them are notified. Pure: time is an argument.
//!
//! A change is notified once for each route, failing side, fallback side and reason, for any number of requests, models and
//! sessions. The return is notified when the primary has been healthy for [`STEADY`], so that a flapping primary causes one
//! notification. Sessions return after the same time.

use std::collections::BTreeMap;

use catalog::{Dialect, EndpointId, MicroDollars, ModelId, ProviderId};
use chrono::{DateTime, TimeDelta, Utc};
use ledger::Candidate;
use wire::FailureClass;

/// How long the primary must be free of failures before its return is notified.
const STEADY: TimeDelta = TimeDelta::minutes(5);
/// A change that recurs within this time after its notification is notified at the end of it, if it still holds.
const AGAIN: TimeDelta = TimeDelta::minutes(30);
/// A lasting change is notified again at this interval.
const DAILY: TimeDelta = TimeDelta::days(1);
/// After this time without evidence, the fallback in use is unknown.
const FRESH: TimeDelta = TimeDelta::minutes(10);

/// A route in one dialect.
pub(crate) type RouteKey = (String, Dialect);

/// Why the primary did not respond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    Failing,
    KeyRefused,
    RateLimit,
    /// An exhausted plan or window.
    Limit,
    /// No credit or allowance is left.
    Quota,
    NotServed,
    /// Affects one conversation only: the primary is healthy.
    TooLong,
}

impl Reason {
    /// None: the request itself is at fault, and no fallback is tried.
    pub(crate) fn of(class: FailureClass) -> Option<Reason> {
        match class {
            FailureClass::Transient | FailureClass::Timeout => Some(Reason::Failing),
            FailureClass::Credential => Some(Reason::KeyRefused),
            FailureClass::RateLimit => Some(Reason::RateLimit),
            FailureClass::Limit => Some(Reason::Limit),
            FailureClass::Quota => Some(Reason::Quota),
            FailureClass::ModelGone => Some(Reason::NotServed),
            FailureClass::ContextTooLong => Some(Reason::TooLong),
            FailureClass::Caller | FailureClass::ContentPolicy => None,
        }
    }
}

/// Cost of a fallback's response for the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// The client's own subscription pays, as for the primary.
    SamePlan,
    /// It runs on the owner's machine.
    Free,
    /// Average cost of the recorded turns.
    About(MicroDollars),
    Unknown,
}

/// A response of a fallback instead of its primary.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Carried {
    pub(crate) route: RouteKey,
    /// Model name in the client's request.
    pub(crate) requested: String,
    pub(crate) primary: Candidate,
    pub(crate) by: Candidate,
    /// The products of the primary and of the fallback.
    pub(crate) products: (String, String),
    /// None: the primary was skipped without a known failure, because the session stays with its fallback.
    pub(crate) reason: Option<Reason>,
    pub(crate) cost: Cost,
    /// The owner's key pays, so the owner can stop this fallback.
    pub(crate) keyed: bool,
}

impl Carried {
    /// True if the fallback is another model of the primary's endpoint.
    pub(crate) fn is_sibling(&self) -> bool {
        self.by.endpoint == self.primary.endpoint
    }

    fn change(&self) -> Change {
        let route = self.route.clone();
        let (failing, by) = if self.is_sibling() {
            (Side::model(&self.primary), Side::model(&self.by))
        } else {
            (Side::provider(&self.primary), Side::provider(&self.by))
        };
        Change {
            route,
            failing,
            by,
            reason: self.reason,
        }
    }
}

/// Key of a change that is notified once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    route: RouteKey,
    failing: Side,
    by: Side,
    reason: Option<Reason>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Model(EndpointId, ModelId),
    /// All failing models of a provider are one change.
    Provider(ProviderId),
}

impl Side {
    fn model(candidate: &Candidate) -> Side {
        Side::Model(candidate.endpoint.clone(), candidate.model.clone())
    }

    fn provider(candidate: &Candidate) -> Side {
        Side::Provider(candidate.provider.clone())
    }
}

/// A fallback in use.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Standing {
    pub(crate) carried: Carried,
    pub(crate) since: DateTime<Utc>,
    /// The primary has been healthy since then.
    pub(crate) well_since: Option<DateTime<Utc>>,
    /// Time of the fallback's last response.
    last: DateTime<Utc>,
    /// Time of the primary's last failure, or of the fallback's last response.
    evidence: DateTime<Utc>,
    /// Its state is unknown, so it is not shown.
    faded: bool,
    /// When to notify; delayed because the same change was notified shortly before.
    notify_at: Option<DateTime<Utc>>,
    /// Turns with a known cost.
    turns: i64,
}

impl Standing {
    /// Average cost of a turn, including this one.
    fn average(&mut self, turn: Cost) -> Cost {
        match (self.carried.cost, turn) {
            (Cost::About(before), Cost::About(now)) => {
                self.turns += 1;
                let sum = i128::from(before.0) * i128::from(self.turns - 1) + i128::from(now.0);
                let average = sum / i128::from(self.turns);
                Cost::About(MicroDollars(i64::try_from(average).unwrap_or(now.0)))
            }
            (known @ Cost::About(_), Cost::Unknown) => known,
            (_, turn) => turn,
        }
    }
}

/// A notification for the owner.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum News {
    Moved(Carried, DateTime<Utc>),
    /// The primary is in use again; the fallback was in use since this time.
    Back(Carried, DateTime<Utc>),
}

#[derive(Clone, Copy, Debug)]
struct Notified {
    at: DateTime<Utc>,
    back: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Fallbacks {
    /// Keyed by the route and by the model that the client requested.
    standing: BTreeMap<(RouteKey, String), Standing>,
    notified: BTreeMap<Change, Notified>,
}

impl Fallbacks {
    /// Records a response of a fallback.
    pub(crate) fn carried(&mut self, now: DateTime<Utc>, carried: Carried) -> Option<News> {
        let key = (carried.route.clone(), carried.requested.clone());
        if let Some(known) = self.standing.get_mut(&key) {
            let same = known.carried.by == carried.by;
            let reason = carried.reason.or(known.carried.reason);
            if same && reason == known.carried.reason {
                known.last = now;
                known.evidence = now;
                known.faded = false;
                if carried.reason.is_some() {
                    known.well_since = None;
                }
                known.carried.cost = known.average(carried.cost);
                let since = known.since;
                let carried = known.carried.clone();
                return self.notify(now, key, carried, since);
            }
        }
        let standing = Standing {
            carried: carried.clone(),
            since: now,
            well_since: None,
            last: now,
            evidence: now,
            faded: false,
            notify_at: None,
            turns: 1,
        };
        self.standing.insert(key.clone(), standing);
        self.notify(now, key, carried, now)
    }

    fn notify(
        &mut self,
        now: DateTime<Utc>,
        key: (RouteKey, String),
        carried: Carried,
        since: DateTime<Utc>,
    ) -> Option<News> {
        let change = carried.change();
        let due = match self.notified.get(&change) {
            None => now,
            Some(Notified { at, back: false }) => *at + DAILY,
            Some(Notified { at, back: true }) => *at + AGAIN,
        };
        let wait = self
            .notified
            .get(&change)
            .is_some_and(|notified| notified.back);
        if due > now {
            if let Some(standing) = self.standing.get_mut(&key).filter(|_| wait) {
                standing.notify_at.get_or_insert(due);
            }
            return None;
        }
        self.notified.insert(
            change,
            Notified {
                at: now,
                back: false,
            },
        );
        Some(News::Moved(carried, since))
    }

    /// Records a success or a failure of this model, from a request or a probe.
    pub(crate) fn seen(
        &mut self,
        now: DateTime<Utc>,
        endpoint: &EndpointId,
        model: &ModelId,
        well: bool,
    ) {
        let of_it = |standing: &&mut Standing| {
            let primary = &standing.carried.primary;
            primary.endpoint == *endpoint && primary.model == *model
        };
        for standing in self.standing.values_mut().filter(of_it) {
            match well {
                true => _ = standing.well_since.get_or_insert(now),
                false => {
                    standing.well_since = None;
                    standing.evidence = now;
                    standing.faded = false;
                }
            }
        }
    }

    /// Handles due changes: delayed notifications that still hold, and primaries that are healthy for long enough.
    pub(crate) fn due(&mut self, now: DateTime<Utc>) -> Vec<News> {
        let mut news = Vec::new();
        for standing in self.standing.values_mut() {
            standing.faded = now - standing.evidence >= FRESH;
        }
        let held = self.standing.iter().filter_map(|(key, standing)| {
            let due = standing.notify_at.is_some_and(|at| at <= now);
            (due && !standing.faded && standing.well_since.is_none()).then(|| key.clone())
        });
        let held: Vec<_> = held.collect();
        for key in held {
            if let Some(standing) = self.standing.get_mut(&key) {
                standing.notify_at = None;
                let (carried, since) = (standing.carried.clone(), standing.since);
                news.extend(self.notify(now, key, carried, since));
            }
        }
        let over = |standing: &Standing| {
            standing.well_since.is_some_and(|at| now - at >= STEADY) || now - standing.last >= DAILY
        };
        let ended: Vec<Standing> = self
            .standing
            .extract_if(.., |_, standing| over(standing))
            .map(|(_, standing)| standing)
            .collect();
        for standing in ended {
            // Without evidence of a healthy primary, the change ends without a notification.
            let well = standing.well_since.is_some();
            let change = standing.carried.change();
            let notified = self
                .notified
                .get_mut(&change)
                .filter(|notified| well && !notified.back);
            let Some(notified) = notified else { continue };
            notified.back = true;
            if standing
                .carried
                .reason
                .is_some_and(|reason| reason != Reason::TooLong)
            {
                news.push(News::Back(standing.carried, standing.since));
            }
        }
        self.notified
            .retain(|_, notified| now - notified.at < DAILY * 2);
        news
    }

    /// Removes entries whose state is unknown.
    pub(crate) fn forget(&mut self, which: impl Fn(&Carried) -> bool) {
        self.standing
            .retain(|_, standing| !which(&standing.carried));
    }

    /// Ends fallbacks that the owner stopped or that are no longer allowed, without a notification.
    pub(crate) fn end(&mut self, which: impl Fn(&Carried) -> bool) {
        let ended = self
            .standing
            .extract_if(.., |_, standing| which(&standing.carried));
        for (_, standing) in ended {
            self.notified.remove(&standing.carried.change());
        }
    }

    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        let of = |standing: &Standing| {
            let fades = match standing.faded {
                true => standing.last + DAILY,
                false => standing.evidence + FRESH,
            };
            match (standing.well_since, standing.notify_at) {
                (Some(well), _) => well + STEADY,
                (None, Some(notify)) if !standing.faded => notify.min(fades),
                (None, _) => fades,
            }
        };
        self.standing.values().map(of).min()
    }

    /// The fallbacks in use on a route, latest first, without those whose primary has recovered.
    pub(crate) fn on(&self, route: &str, dialect: Dialect) -> Vec<&Standing> {
        let of_it = |standing: &&Standing| {
            let (name, its_dialect) = &standing.carried.route;
            name == route && *its_dialect == dialect
        };
        let mut found: Vec<_> = self.active().filter(of_it).collect();
        found.sort_by_key(|standing| std::cmp::Reverse(standing.since));
        found
    }

    pub(crate) fn active(&self) -> impl Iterator<Item = &Standing> {
        let not_back = |standing: &&Standing| standing.well_since.is_none() && !standing.faded;
        self.standing.values().filter(not_back)
    }
}

#[cfg(test)]
mod tests;
