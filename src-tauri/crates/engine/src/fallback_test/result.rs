//! Converts a finished test to its ledger row. Pure.

use catalog::{Catalog, MicroDollars, Tokens};
use chrono::{DateTime, Utc};
use ledger::{AttemptRow, FailedTest, FallbackTestRow};

use super::play::Played;
use super::target::Target;
use crate::booking;

/// `at`: time of its end.
pub(crate) fn row(
    at: DateTime<Utc>,
    target: &Target,
    played: &Played,
    catalog: &Catalog,
) -> FallbackTestRow {
    let booked = played
        .exchanges
        .iter()
        .map(|exchange| booking::exchange_row(exchange, None, catalog));
    let booked: Vec<_> = booked.collect();
    let attempts: Vec<&AttemptRow> = booked.iter().flat_map(|row| &row.attempts).collect();
    let sum = |of: fn(&Tokens) -> u64| {
        let tokens = attempts
            .iter()
            .filter_map(|attempt| attempt.tokens.as_ref());
        tokens.map(of).fold(0, u64::saturating_add)
    };
    let cost: Option<MicroDollars> = attempts.iter().map(|attempt| attempt.cost).sum();
    let free = target.expected.free;
    FallbackTestRow {
        at,
        dialect: target.turn.dialect,
        route: target.route.clone(),
        requested_model: target.turn.model.clone(),
        provider: target.provider.clone(),
        endpoint: target.endpoint.clone(),
        model: target.model.clone(),
        fingerprint: target.fingerprint.clone(),
        failed: played.failure.as_ref().map(|failure| FailedTest {
            step: failure.step,
            fault: failure.fault,
            why: failure.why.clone(),
            fix: failure.fix.clone(),
        }),
        total_ms: booked.iter().map(|row| row.total_ms).sum(),
        tokens: Tokens {
            input: sum(|tokens| tokens.input),
            output: sum(|tokens| tokens.output),
            cache_read: sum(|tokens| tokens.cache_read),
            cache_write: sum(|tokens| tokens.cache_write),
            cache_write_hour: sum(|tokens| tokens.cache_write_hour),
        },
        tokens_estimated: attempts.iter().any(|attempt| attempt.tokens_estimated),
        cost: if free { Some(MicroDollars::ZERO) } else { cost },
        counted: if free {
            MicroDollars::ZERO
        } else {
            attempts.iter().map(|attempt| attempt.counted()).sum()
        },
        price_as_of: attempts
            .iter()
            .find_map(|attempt| attempt.price_as_of.clone()),
    }
}
