//! The exchange of a request that is refused before a plan.

use catalog::Dialect;
use http::Response;
use http::request::Parts;
use tokio::time::Instant;

use super::place::Place;
use super::{Gateway, admit};
use crate::deliver::{rescue, respond};
use crate::draft::Draft;
use crate::log::OneLine;
use crate::open::OpenExchange;
use crate::{Body, End, ExchangeId, TurnedAway};

impl Gateway {
    pub(super) fn turn_away(
        &self,
        (id, began): (ExchangeId, Instant),
        head: &Parts,
        dialect: Dialect,
        mut why: TurnedAway,
    ) -> Response<Body> {
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
        let mut exchange = OpenExchange::begin(self.0.reports(), began, unknown);
        if let Some(seen) = counted {
            exchange = exchange.counted(storms, seen);
        }
        let reply = rescue::turned_away(dialect, &why);
        respond::end(reply, exchange, End::TurnedAway(why))
    }
}
