//! Requests that are refused before a plan: with an exchange if their sender showed the token, otherwise without.

use catalog::Dialect;
use http::Response;
use http::header::{HOST, HeaderName, ORIGIN, USER_AGENT};
use http::request::Parts;
use tokio::time::Instant;

use super::place::Place;
use super::{Gateway, admit};
use crate::deliver::{rescue, respond};
use crate::draft::Draft;
use crate::exchange_id::LazyId;
use crate::log::OneLine;
use crate::open::OpenExchange;
use crate::{Body, Config, End, RejectReason, TurnedAway};

impl Gateway {
    /// Rejects a request of a sender that may not use this port: it is counted, nothing else is kept, and it uses no id.
    pub(super) fn reject(
        &self,
        head: &Parts,
        (reason, why): (RejectReason, TurnedAway),
        dialect: Dialect,
    ) -> Response<Body> {
        let sample = || {
            let path = Place::of(head.uri.path()).path;
            let header = |name: HeaderName| head.headers.get(name)?.to_str().ok();
            let mut sample = format!("{} {}", OneLine(head.method.as_str()), OneLine(path));
            for (what, name) in [("host", HOST), ("origin", ORIGIN), ("from", USER_AGENT)] {
                if let Some(value) = header(name) {
                    sample += &format!(", {what} {}", OneLine(value));
                }
            }
            sample
        };
        let now = self.0.now();
        if let Some((count, sample)) = self.0.rejections().count(reason, now, sample) {
            let reason = reason.as_str();
            let why = why.to_string();
            tracing::warn!(
                reason,
                count,
                "rejected requests, of which one a minute is logged: {sample}: {}",
                OneLine(&why)
            );
        }
        rescue::plain(rescue::turned_away(dialect, &why), None)
    }

    /// `Some`: as many requests are open as this process may have. Each one needs memory and sockets, so that without a limit a
    /// loop through a proxy that removes the mark would end the process.
    pub(super) fn full(&self, config: &Config) -> Option<(RejectReason, TurnedAway)> {
        let most = config.limits.exchanges;
        let is_full = self.0.reports().open() >= most;
        is_full.then_some((RejectReason::Full, TurnedAway::Full(most)))
    }

    pub(super) fn turn_away(
        &self,
        (id, began): (&LazyId, Instant),
        head: &Parts,
        dialect: Dialect,
        mut why: TurnedAway,
    ) -> Response<Body> {
        let id = id.get();
        let place = Place::of(head.uri.path());
        let unknown = Draft::of_head(id, head, place.pipeline(), dialect, self.0.now());
        let storms = self.0.storms();
        // A body that was refused unread is distinguished from others only by its size.
        let mut counted = None;
        if let TurnedAway::TooLarge(limit) = why {
            let size = admit::declared(&head.headers)
                .unwrap_or(limit)
                .max(limit + 1);
            let seen = storms.seen(&unknown.client, &head.headers, b"", size);
            if let Err(storm) = storms.admit(seen, unknown.started) {
                why = storm.into();
            }
            counted = Some(seen);
        }
        tracing::warn!(%id, path = %OneLine(place.path), "rejected: {}", OneLine(&why.to_string()));
        let mut exchange = OpenExchange::rejected(self.0.reports(), began, unknown);
        if let Some(seen) = counted {
            exchange = exchange.counted(storms, seen);
        }
        let reply = rescue::turned_away(dialect, &why);
        respond::end(reply, exchange, End::TurnedAway(why))
    }
}
