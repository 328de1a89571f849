//! Which candidate gets the turns of a session after a failover. Pure: time is an argument.
//!
//! A session that moved stays with its fallback until the primary is known to have been healthy for [`HEALTHY_FOR`], from other
//! sessions, probes or the verdict. It returns at a user's turn, never within a tool loop, and not after [`MOVES`] moves within
//! an hour. If nothing is known about the primary it returns an hour after it moved: a flapping primary would otherwise answer
//! every few turns.

use std::collections::{HashMap, VecDeque};

use catalog::Dialect;
use chrono::{DateTime, TimeDelta, Utc};

use wire::{Client, Kind, RequestFields};

use super::{Answerer, Caller};

/// How long the primary must be free of failures before a session returns to it.
pub(crate) const HEALTHY_FOR: TimeDelta = TimeDelta::minutes(5);
/// Changes of the candidate within [`HOUR`] after which a session does not return.
const MOVES: usize = 2;
const HOUR: TimeDelta = TimeDelta::hours(1);
/// Maximum number of sessions in memory; the one that was idle for longest is removed first.
const REMEMBERED: usize = 1024;

/// A session's requests for one model. A client may use several models in one session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SessionKey {
    pub(crate) session: String,
    pub(crate) dialect: Dialect,
    pub(crate) model: String,
}

impl SessionKey {
    /// `None`: no later request follows: no session id, a step of a pipeline, or a count of tokens.
    pub(crate) fn of(
        client: &Client,
        ask: &RequestFields,
        caller: &Caller,
        kind: Kind,
    ) -> Option<Self> {
        let session = client.session.clone()?;
        let follows = caller.pipeline().is_none() && kind == Kind::Generate;
        follows.then(|| Self {
            session,
            dialect: ask.dialect,
            model: ask.model.clone(),
        })
    }
}

/// The health of the primary for sessions that left it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PrimaryHealth {
    pub(crate) admits: bool,
    pub(crate) last_failure: Option<DateTime<Utc>>,
    /// Since when requests, probes or its verdict show that it works. `None`: no evidence since it failed.
    pub(crate) well_since: Option<DateTime<Utc>>,
}

impl PrimaryHealth {
    fn failed_lately(&self, now: DateTime<Utc>) -> bool {
        self.last_failure.is_some_and(|at| now - at < HEALTHY_FOR)
    }

    fn is_known_well(&self, now: DateTime<Utc>) -> bool {
        self.well_since.is_some_and(|at| now - at >= HEALTHY_FOR)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Sessions(HashMap<SessionKey, Stay>);

#[derive(Debug)]
struct Stay {
    with: Answerer,
    is_primary: bool,
    moves: VecDeque<DateTime<Utc>>,
    last_turn: DateTime<Utc>,
    /// The session's text has announced the current model.
    announced: bool,
}

impl Sessions {
    /// This candidate answered the session's turn.
    pub(crate) fn answered(
        &mut self,
        key: SessionKey,
        by: Answerer,
        is_primary: bool,
        now: DateTime<Utc>,
    ) {
        match self.0.get_mut(&key) {
            Some(stay) => stay.turn(by, is_primary, now),
            // A session that never moved needs no entry.
            None if is_primary => return,
            None => {
                self.make_room();
                let stay = Stay {
                    with: by,
                    is_primary,
                    moves: VecDeque::from([now]),
                    last_turn: now,
                    announced: false,
                };
                self.0.insert(key, stay);
            }
        }
        self.0.retain(|_, stay| stay.bears_on_later_turns(now));
    }

    /// The fallback that gets the next turn first. `in_tool_loop`: the request ends with tool results.
    pub(crate) fn stays_with(
        &self,
        key: &SessionKey,
        in_tool_loop: bool,
        primary: PrimaryHealth,
        now: DateTime<Utc>,
    ) -> Option<&Answerer> {
        let stay = self.0.get(key).filter(|stay| !stay.is_primary)?;
        let moves = stay.moves_within_hour(now);
        let returns = !in_tool_loop
            && primary.admits
            && !primary.failed_lately(now)
            && (moves == 0 || moves < MOVES && primary.is_known_well(now));
        (!returns).then_some(&stay.with)
    }

    /// The answering model has changed, and the session's text has not announced it yet.
    pub(crate) fn is_unannounced(&self, key: &SessionKey) -> bool {
        self.0.get(key).is_some_and(|stay| !stay.announced)
    }

    pub(crate) fn announced(&mut self, key: &SessionKey) {
        if let Some(stay) = self.0.get_mut(key) {
            stay.announced = true;
        }
    }

    fn make_room(&mut self) {
        if self.0.len() < REMEMBERED {
            return;
        }
        let quietest = self.0.iter().min_by_key(|(_, stay)| stay.last_turn);
        if let Some(quietest) = quietest.map(|(key, _)| key.clone()) {
            self.0.remove(&quietest);
        }
    }
}

impl Stay {
    fn turn(&mut self, by: Answerer, is_primary: bool, now: DateTime<Utc>) {
        self.last_turn = now;
        if self.with != by {
            self.with = by;
            self.is_primary = is_primary;
            self.announced = false;
            self.moves.push_back(now);
        }
        while self.moves.front().is_some_and(|at| now - *at >= HOUR) {
            self.moves.pop_front();
        }
    }

    fn moves_within_hour(&self, now: DateTime<Utc>) -> usize {
        self.moves.iter().filter(|at| now - **at < HOUR).count()
    }

    /// A session back at its primary is kept while its moves count.
    fn bears_on_later_turns(&self, now: DateTime<Utc>) -> bool {
        !self.is_primary || self.moves_within_hour(now) > 0
    }
}

#[cfg(test)]
mod tests;
