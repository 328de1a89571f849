//! How requests ended while the engine was stopping, for its last line. Pure.

use std::fmt::{self, Display, Formatter};

use gateway::{End, Exchange, ReplayAsk, Review};

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Closing {
    complete: usize,
    errors: usize,
    cut: usize,
    parked: usize,
    left: usize,
    stored: usize,
    freed: usize,
    /// Requests and promised writes at the end.
    open: usize,
}

/// The effect of a query on an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyed {
    Stored,
    Freed,
    Neither,
}

impl Keyed {
    pub(super) fn of(ask: &ReplayAsk) -> Self {
        match ask {
            ReplayAsk::Complete { .. } => Keyed::Stored,
            ReplayAsk::Fail { .. } => Keyed::Freed,
            ReplayAsk::Begin { .. } | ReplayAsk::Take { .. } => Keyed::Neither,
        }
    }
}

impl Closing {
    pub(super) fn ended(&mut self, exchange: &Exchange) {
        if let Some(Review::Parked(_)) = exchange.review {
            self.parked += 1;
            return;
        }
        match exchange.end {
            End::Complete | End::Replayed | End::Truncated | End::Refused => self.complete += 1,
            End::Exhausted | End::CallersFault | End::TurnedAway(_) | End::OurFault => {
                self.errors += 1;
            }
            End::Cut => self.cut += 1,
            End::ClientLeft => self.left += 1,
        }
    }

    pub(super) fn count(&mut self, keyed: Keyed) {
        match keyed {
            Keyed::Stored => self.stored += 1,
            Keyed::Freed => self.freed += 1,
            Keyed::Neither => {}
        }
    }

    pub(super) fn still_open(&mut self, open: usize) {
        self.open = open;
    }
}

impl Display for Closing {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            complete,
            errors,
            cut,
            parked,
            left,
            stored,
            freed,
            open,
        } = self;
        write!(
            f,
            "during the stop: {complete} responses complete, {errors} errors, {cut} responses cut, {parked} requests parked, \
             {left} requests without their client, {stored} responses stored for a repeated request, \
             {freed} idempotency keys free again, {open} requests still open"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::booking::tests::exchange;

    #[test]
    fn the_last_line_counts_each_end() {
        let mut closing = Closing::default();
        for (end, review) in [
            (End::Complete, None),
            (End::Cut, None),
            (End::ClientLeft, None),
            (End::Exhausted, None),
        ] {
            let exchange = Exchange {
                end,
                review,
                ..exchange(Vec::new())
            };
            closing.ended(&exchange);
        }
        closing.count(Keyed::Stored);
        closing.count(Keyed::Freed);
        closing.count(Keyed::Neither);
        let expected = Closing {
            complete: 1,
            errors: 1,
            cut: 1,
            left: 1,
            stored: 1,
            freed: 1,
            ..Closing::default()
        };
        assert_eq!(closing, expected);
        assert!(
            closing
                .to_string()
                .contains("1 responses cut, 0 requests parked")
        );
    }
}
