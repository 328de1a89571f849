//! A client's timeout, and a candidate's share of it. Pure.

use std::collections::HashMap;
use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;

use crate::Config;
use crate::attempt::headers;

/// The client's timeout is reduced by this, so that another candidate has time to answer.
const FOR_THE_NEXT: Duration = Duration::from_secs(15);
/// Disconnects whose waits differ by at most this much are equal.
const EQUAL: Duration = Duration::from_secs(2);
/// Number of equal disconnects from which a timeout is learned.
const EXITS: usize = 3;
/// Maximum number of clients whose disconnects are stored.
const REMEMBERED: usize = 1024;

/// A client's timeout from its best source: the owner's setting for the pipeline or the route, the request, a measurement with
/// this client, its disconnects.
pub(crate) fn waits(
    config: &Config,
    route: &str,
    pipeline: Option<&str>,
    headers: &HeaderMap,
    measured: Option<Duration>,
    learned: Option<Duration>,
) -> Option<Duration> {
    let of_pipeline = pipeline
        .and_then(|name| config.client_waits.get(name))
        .copied();
    let of_route = || {
        let route = config.routes.iter().find(|known| known.name == route)?;
        route.client_waits
    };
    of_pipeline
        .or_else(of_route)
        .or_else(|| headers::client_waits(headers))
        .or(measured)
        .or(learned)
}

/// The properties of a candidate that decide how long to wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Primary {
        /// It failed within the last minutes, or its page or probes report a failure.
        suspect: bool,
        /// 95 of 100 of its complete responses to requests of this size took at most this time.
        p95: Option<Duration>,
    },
    /// Other candidates are left after it.
    Fallback,
    /// No candidate is left after it.
    Last,
}

/// When to fail over from a candidate without a first byte, so that the next one can answer while the client still waits.
/// `None`: no limit because of the client. `began`: start of the client's wait.
pub(crate) fn until(
    began: Instant,
    waits: Option<Duration>,
    turn: Turn,
    now: Instant,
) -> Option<Instant> {
    let waits = waits?;
    match turn {
        Turn::Primary { suspect: true, .. } => Some(began + waits / 2),
        Turn::Primary {
            suspect: false,
            p95,
        } => {
            let usual = waits.saturating_sub(FOR_THE_NEXT).max(waits / 2);
            Some(began + usual.max(p95.unwrap_or_default()))
        }
        Turn::Fallback => {
            let left = (began + waits).saturating_duration_since(now);
            Some(now + left / 2)
        }
        Turn::Last => None,
    }
}

/// Key for equal waits: one client, one route, with or without a stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ExitGroup {
    pub(crate) route: String,
    pub(crate) client: String,
    pub(crate) streamed: bool,
}

/// Waits after which clients disconnected without a byte.
#[derive(Debug, Default)]
pub(crate) struct Exits(HashMap<ExitGroup, Vec<Duration>>);

impl Exits {
    pub(crate) fn left(&mut self, exit_group: ExitGroup, after: Duration) {
        if self.0.len() >= REMEMBERED && !self.0.contains_key(&exit_group) {
            self.0.clear();
        }
        let exits = self.0.entry(exit_group).or_default();
        exits.push(after);
        if exits.len() > EXITS {
            exits.remove(0);
        }
    }

    /// Records that the client waited for longer than its assumed timeout.
    pub(crate) fn stayed(&mut self, exit_group: &ExitGroup, after: Duration) {
        if self
            .learned(exit_group)
            .is_some_and(|learned| after > learned + EQUAL)
        {
            self.0.remove(exit_group);
        }
    }

    /// Three disconnects after equal waits show a timeout.
    pub(crate) fn learned(&self, exit_group: &ExitGroup) -> Option<Duration> {
        let exits = self
            .0
            .get(exit_group)
            .filter(|exits| exits.len() == EXITS)?;
        let (least, most) = (exits.iter().min()?, exits.iter().max()?);
        (*most - *least <= EQUAL).then_some(*least)
    }
}

#[cfg(test)]
mod tests;
