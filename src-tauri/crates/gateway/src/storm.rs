//! Detects clients that repeat the same request in a loop. Measured: opencode with 2 to 15 full-size requests a second after a
//! 413 or a response without an end, Claude Code with 4 a second if a tool call reaches the token limit. A 400 stops every
//! client.

mod refusal;

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use wire::Client;

pub use refusal::Storm;

use crate::End;
use refusal::{REPEATS, TOO_LARGE};

/// The period in which failures count.
const WINDOW: TimeDelta = TimeDelta::seconds(60);
/// The entry of a session is removed after this idle time.
const FORGOTTEN: TimeDelta = TimeDelta::minutes(10);
/// Maximum number of requests, and of sessions, in memory: with 40 times each, about 200 KB.
const REMEMBERED: usize = 256;

/// The caller and the request, distinguished by hash alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SeenRequest {
    /// Hash of the session, or of the credential if the client sends no session id.
    sender: u64,
    body: u64,
    /// Bytes.
    size: usize,
    /// Only an agent continues on its own after a response truncated at a token limit; a script may need forty of them.
    agent: bool,
}

/// The shared state of the guard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Storms {
    seed: foldhash::quality::RandomState,
    guard: Arc<Mutex<Guard>>,
}

impl Storms {
    /// The complete `body` is hashed. Before it is read, only its `size` is known.
    pub(crate) fn seen(
        &self,
        client: &Client,
        headers: &HeaderMap,
        body: &[u8],
        size: usize,
    ) -> SeenRequest {
        let mut sender = self.seed.build_hasher();
        match &client.session {
            Some(session) => session.hash(&mut sender),
            None => [AUTHORIZATION.as_str(), "x-api-key"]
                .map(|name| headers.get(name))
                .hash(&mut sender),
        }
        SeenRequest {
            sender: sender.finish(),
            body: self.seed.hash_one(body),
            size,
            agent: client.session.is_some(),
        }
    }

    pub(crate) fn admit(&self, seen: SeenRequest, now: DateTime<Utc>) -> Result<(), Storm> {
        self.guard().admit(seen, now)
    }

    pub(crate) fn ended(&self, seen: SeenRequest, how: ClientResult, now: DateTime<Utc>) {
        self.guard().ended(seen, how, now);
    }

    fn guard(&self) -> std::sync::MutexGuard<'_, Guard> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The client's result, if it makes the client stop or repeat the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientResult {
    Answer,
    /// A response truncated at a token limit.
    Truncated,
    Failure,
    /// 413.
    TooLarge,
    /// It disconnected, or was rejected here: no evidence.
    Nothing,
}

impl ClientResult {
    pub(crate) fn of(end: &End, status: Option<http::StatusCode>) -> ClientResult {
        match end {
            End::Complete | End::Replayed | End::Refused => ClientResult::Answer,
            End::Truncated => ClientResult::Truncated,
            End::CallersFault | End::TurnedAway(_)
                if status == Some(http::StatusCode::PAYLOAD_TOO_LARGE) =>
            {
                ClientResult::TooLarge
            }
            End::Cut | End::Exhausted | End::CallersFault | End::OurFault => ClientResult::Failure,
            End::ClientLeft | End::TurnedAway(_) => ClientResult::Nothing,
        }
    }
}

/// Pure: time is an argument.
#[derive(Debug, Default)]
struct Guard {
    /// When each request failed, oldest first, at most [`REPEATS`] times.
    repeats: HashMap<(u64, u64), VecDeque<DateTime<Utc>>>,
    too_large: HashMap<u64, TooLarge>,
}

#[derive(Debug)]
struct TooLarge {
    in_a_row: u32,
    /// The smallest body that was refused, in bytes: a smaller one may be accepted.
    smallest: usize,
    last: DateTime<Utc>,
}

impl Guard {
    fn admit(&self, seen: SeenRequest, now: DateTime<Utc>) -> Result<(), Storm> {
        let recent = self
            .repeats
            .get(&(seen.sender, seen.body))
            .map_or(0, |times| {
                times.iter().filter(|at| now - **at < WINDOW).count()
            });
        if recent >= REPEATS {
            return Err(Storm::Repeated);
        }
        match self.too_large.get(&seen.sender) {
            Some(refused)
                if refused.in_a_row >= TOO_LARGE
                    && seen.size >= refused.smallest
                    && now - refused.last < FORGOTTEN =>
            {
                Err(Storm::TooLarge)
            }
            Some(_) | None => Ok(()),
        }
    }

    fn ended(&mut self, seen: SeenRequest, how: ClientResult, now: DateTime<Utc>) {
        match how {
            ClientResult::Answer => {
                self.repeats.remove(&(seen.sender, seen.body));
                self.too_large.remove(&seen.sender);
            }
            ClientResult::Truncated => {
                self.too_large.remove(&seen.sender);
                if seen.agent {
                    self.repeated(seen, now);
                }
            }
            ClientResult::Failure => self.repeated(seen, now),
            ClientResult::TooLarge => {
                self.repeated(seen, now);
                self.refused_as_too_large(seen, now);
            }
            ClientResult::Nothing => {}
        }
    }

    fn repeated(&mut self, seen: SeenRequest, now: DateTime<Utc>) {
        let key = (seen.sender, seen.body);
        make_room(&mut self.repeats, &key, |times| times.back().copied());
        let times = self.repeats.entry(key).or_default();
        if times.len() == REPEATS {
            times.pop_front();
        }
        times.push_back(now);
    }

    fn refused_as_too_large(&mut self, seen: SeenRequest, now: DateTime<Utc>) {
        make_room(&mut self.too_large, &seen.sender, |refused| {
            Some(refused.last)
        });
        let refused = self.too_large.entry(seen.sender).or_insert(TooLarge {
            in_a_row: 0,
            smallest: seen.size,
            last: now,
        });
        if now - refused.last >= FORGOTTEN {
            refused.in_a_row = 0;
            refused.smallest = seen.size;
        }
        refused.in_a_row += 1;
        refused.smallest = refused.smallest.min(seen.size);
        refused.last = now;
    }
}

/// Removes the entry that was idle for longest, if `key` would exceed the limit.
fn make_room<K: Copy + Eq + Hash, V>(
    map: &mut HashMap<K, V>,
    key: &K,
    last: impl Fn(&V) -> Option<DateTime<Utc>>,
) {
    if map.len() < REMEMBERED || map.contains_key(key) {
        return;
    }
    if let Some(quietest) = map
        .iter()
        .min_by_key(|(_, value)| last(value))
        .map(|(key, _)| *key)
    {
        map.remove(&quietest);
    }
}

#[cfg(test)]
mod tests;
