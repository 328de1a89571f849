//! Converts gateway reports to ledger rows and health observations. Pure.

mod bounded;
mod charge;

use catalog::{Auth, Catalog, MicroDollars, ModelId, REHEARSAL};
use chrono::TimeDelta;
use gateway::{Attempt, End, Exchange, ExchangeKind, LocalCause, Outcome, Review};
use health::{CallOutcome, CallSource, FailureKind, Observation, OurFault};
use ledger::{AttemptOutcome, AttemptRow, Candidate, ExchangeRow};
use wire::{Completion, FailureClass};

use bounded::{bounded, first};
use charge::{Charge, Terms, charge};

/// The ledger row of an exchange. `primary` is the route's first candidate; it decides whether a fallback carried the exchange.
pub(crate) fn exchange_row(
    exchange: &Exchange,
    primary: Option<Candidate>,
    catalog: &Catalog,
) -> ExchangeRow {
    let attempts: Vec<AttemptRow> = exchange
        .attempts
        .iter()
        .map(|a| attempt_row(a, exchange, catalog))
        .collect();
    let cost = total_cost(&attempts);
    ExchangeRow {
        request_id: Some(exchange.id.to_string()),
        started: exchange.started,
        client: exchange.client.name.clone(),
        session: exchange.client.session.clone(),
        dialect: exchange.dialect,
        route: match exchange.kind {
            ExchangeKind::Generate | ExchangeKind::CountTokens => exchange.route.clone(),
            ExchangeKind::Passed => ledger::PASSED.to_owned(),
        },
        model: exchange.model.clone(),
        streamed: exchange.streamed,
        rehearsal: exchange.rehearsal,
        pipeline: exchange.pipeline.clone(),
        item: exchange.item.clone(),
        primary,
        end: end(&exchange.end),
        detail: turned_away(&exchange.end).as_deref().map(bounded),
        status: exchange.status.map(|s| s.as_u16()),
        total_ms: exchange.total.as_millis() as u64,
        ttft_ms: exchange.ttft.map(|t| t.as_millis() as u64),
        cost,
        restarts: exchange.restarts,
        shown_early: exchange.shown_early,
        passed_over: first(exchange.passed_over.iter().map(ToString::to_string)),
        parked: match &exchange.review {
            Some(Review::Parked(request)) => Some(request.id.clone()),
            Some(Review::Unfetched(_) | Review::Answered { .. } | Review::Drained(_)) | None => {
                None
            }
        },
        token: exchange.token.as_deref().map(ToOwned::to_owned),
        attempts,
    }
}

/// Known only if the cost of every attempt that reached a model is known; attempts paid by a subscription are excluded.
fn total_cost(attempts: &[AttemptRow]) -> Option<MicroDollars> {
    let billed = attempts.iter().filter(|a| !a.by_subscription);
    let costs: Vec<_> = billed.map(|a| a.cost).collect();
    if costs.is_empty() {
        return None;
    }
    costs.into_iter().sum()
}

fn attempt_row(attempt: &Attempt, exchange: &Exchange, catalog: &Catalog) -> AttemptRow {
    let model = match (exchange.kind, &attempt.report.model) {
        (ExchangeKind::Passed, Some(reported)) => ModelId::new(reported),
        _ => attempt.model.clone(),
    };
    let known = catalog.model(&attempt.provider, model.as_str());
    let endpoint = catalog.endpoint(&attempt.endpoint);
    // An unparsed request may be a batch (embeddings): each input fits the window, but their sum may not.
    let one = known.filter(|_| exchange.kind != ExchangeKind::Passed);
    let terms = Terms {
        window: one.and_then(|model| model.context),
        longest: one.and_then(|model| model.max_output),
        not_billed: endpoint.map_or(&[], |endpoint| &endpoint.not_billed),
    };
    let charge = charge(attempt, exchange.kind, terms);
    // The begin of the request selects the price, as its day and hour do at the provider.
    let began = exchange.started + TimeDelta::from_std(attempt.started_after).unwrap_or_default();
    let price = catalog
        .price(&attempt.provider, model.as_str(), began)
        .filter(|_| !exchange.rehearsal);
    let (outcome, detail) = outcome(&attempt.outcome);
    AttemptRow {
        provider: attempt.provider.clone(),
        endpoint: attempt.endpoint.clone(),
        model,
        started_ms: attempt.started_after.as_millis() as u64,
        total_ms: attempt.total.as_millis() as u64,
        ttft_ms: attempt.ttft.map(|t| t.as_millis() as u64),
        status: attempt.status.map(|s| s.as_u16()),
        by_subscription: attempt.by_subscription,
        spoken: attempt.spoken,
        left_out: first(attempt.left_out.iter().cloned()),
        outcome,
        provider_failed: matches!(
            &attempt.outcome,
            Outcome::Failed {
                fault: gateway::Fault::Theirs(_),
                ..
            }
        ),
        detail: detail.as_deref().map(bounded),
        stop_reason: attempt.report.stop_reason.as_deref().map(bounded),
        tokens: charge.tokens(),
        tokens_estimated: matches!(charge, Charge::Estimated(_)),
        cost: match charge {
            Charge::Nothing => Some(MicroDollars::ZERO),
            Charge::Unknown => None,
            Charge::ReportedUsage(_) | Charge::Estimated(_) if attempt.by_subscription => None,
            Charge::ReportedUsage(tokens) | Charge::Estimated(tokens) => {
                let free = endpoint.is_some_and(|e| e.auth == Auth::None && e.is_local());
                let free = free.then_some(MicroDollars::ZERO);
                let tier = attempt.report.service_tier.as_deref();
                match price {
                    Some(price) => price.cost_in(tier, tokens, began),
                    None => free,
                }
            }
        },
        price_as_of: price
            .filter(|_| charge.tokens().is_some() && !attempt.by_subscription)
            .and_then(|price| price.as_of.clone()),
    }
}

fn outcome(outcome: &Outcome) -> (AttemptOutcome, Option<String>) {
    match outcome {
        Outcome::Answered(Completion::Complete) => (AttemptOutcome::Complete, None),
        Outcome::Answered(Completion::Continues) => (AttemptOutcome::Continues, None),
        Outcome::Answered(Completion::Unknown) => (AttemptOutcome::UnknownStopReason, None),
        Outcome::Answered(Completion::Truncated) => (AttemptOutcome::TokenLimit, None),
        Outcome::Answered(Completion::Refused) => (AttemptOutcome::Declined, None),
        Outcome::Answered(Completion::Broken(why)) => {
            (AttemptOutcome::Broken, Some(why.to_string()))
        }
        Outcome::Failed {
            class,
            message,
            fault,
            ..
        } => (
            match is_made(*fault) {
                true => AttemptOutcome::Drill,
                false => failed(*class),
            },
            Some(message.clone()).filter(|m| !m.is_empty()),
        ),
        Outcome::Local { cause, message } => (local(*cause), Some(message.clone())),
        Outcome::ClientLeft => (AttemptOutcome::ClientLeft, None),
    }
}

/// This machine or its network was the cause.
fn local(cause: LocalCause) -> AttemptOutcome {
    match cause {
        LocalCause::Offline => AttemptOutcome::Offline,
        LocalCause::Untrusted => AttemptOutcome::CertificateNotTrusted,
        LocalCause::Clock => AttemptOutcome::CertificateDates,
        LocalCause::Resources => AttemptOutcome::OutOfResources,
        LocalCause::DeadConnection => AttemptOutcome::DeadConnection,
    }
}

fn failed(class: FailureClass) -> AttemptOutcome {
    match class {
        FailureClass::Transient => AttemptOutcome::Failed,
        FailureClass::RateLimit => AttemptOutcome::RateLimit,
        FailureClass::Limit => AttemptOutcome::Limit,
        FailureClass::Timeout => AttemptOutcome::TimedOut,
        FailureClass::Quota => AttemptOutcome::OutOfQuota,
        FailureClass::Credential => AttemptOutcome::KeyRefused,
        FailureClass::ModelGone => AttemptOutcome::ModelNotServed,
        FailureClass::Caller => AttemptOutcome::RequestAtFault,
        FailureClass::ContextTooLong => AttemptOutcome::ContextTooLong,
        FailureClass::ContentPolicy => AttemptOutcome::ContentPolicy,
    }
}

pub(crate) fn end(end: &End) -> ledger::End {
    match end {
        End::Complete => ledger::End::Complete,
        End::Replayed => ledger::End::Replayed,
        End::Truncated => ledger::End::Truncated,
        End::Refused => ledger::End::Refused,
        End::Cut => ledger::End::Cut,
        End::Exhausted => ledger::End::Exhausted,
        End::CallersFault => ledger::End::CallersFault,
        End::ClientLeft => ledger::End::ClientLeft,
        End::TurnedAway(_) => ledger::End::TurnedAway,
        End::OurFault => ledger::End::OurFault,
    }
}

/// Health observations of the attempts, in the order in which they ended. Exchanges that pass through unparsed give none: files
/// and images are not model calls.
pub(crate) fn observations(exchange: &Exchange) -> Vec<Observation> {
    if exchange.kind == ExchangeKind::Passed {
        return Vec::new();
    }
    let seen = exchange.attempts.iter().map(|attempt| Observation::Call {
        at: exchange.started
            + TimeDelta::from_std(attempt.started_after + attempt.total).unwrap_or_default(),
        provider: attempt.provider.clone(),
        endpoint: attempt.endpoint.clone(),
        model: attempt.model.clone(),
        source: CallSource::Traffic,
        outcome: call_outcome(attempt),
    });
    seen.collect()
}

fn call_outcome(attempt: &Attempt) -> CallOutcome {
    match &attempt.outcome {
        Outcome::Answered(Completion::Broken(_)) | Outcome::Local { .. } | Outcome::ClientLeft => {
            CallOutcome::Neutral
        }
        Outcome::Answered(
            Completion::Complete
            | Completion::Continues
            | Completion::Unknown
            | Completion::Truncated
            | Completion::Refused,
        ) => CallOutcome::Ok {
            ttft_ms: attempt.ttft.map(|t| t.as_millis() as u64),
            total_ms: attempt.total.as_millis() as u64,
        },
        Outcome::Failed {
            fault: gateway::Fault::Theirs(kind),
            message,
            ..
        } => CallOutcome::Failed {
            kind: *kind,
            detail: message.clone(),
        },
        Outcome::Failed { fault, .. } if is_made(*fault) => CallOutcome::Neutral,
        Outcome::Failed {
            class,
            fault: gateway::Fault::Ours(_),
            resets_at,
            ..
        } => CallOutcome::Ours(match class {
            FailureClass::Limit => OurFault::Limit { until: *resets_at },
            FailureClass::Quota => OurFault::Quota,
            FailureClass::Credential => OurFault::Credential,
            FailureClass::RateLimit => OurFault::RateLimit,
            FailureClass::ModelGone => OurFault::ModelGone,
            FailureClass::Caller
            | FailureClass::ContextTooLong
            | FailureClass::ContentPolicy
            | FailureClass::Transient
            | FailureClass::Timeout => OurFault::Request,
        }),
    }
}

/// A drill made the failure of this attempt.
pub(crate) fn is_drilled(attempt: &Attempt) -> bool {
    match &attempt.outcome {
        Outcome::Failed { fault, .. } => is_made(*fault),
        Outcome::Answered(_) | Outcome::Local { .. } | Outcome::ClientLeft => false,
    }
}

fn is_made(fault: gateway::Fault) -> bool {
    fault == gateway::Fault::Ours(gateway::Cause::Drill)
}

/// True for an endpoint of the rehearsal.
pub(crate) fn is_rehearsal(provider: &catalog::ProviderId) -> bool {
    provider.as_str() == REHEARSAL
}

/// Short text for a probe's result.
pub(crate) fn call_words(outcome: &CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Ok { .. } => "complete",
        CallOutcome::Failed { kind, .. } => match kind {
            FailureKind::Connect => "no connection",
            FailureKind::Timeout => "silent",
            FailureKind::Status(_) => "error status",
            FailureKind::Cut => "cut",
            FailureKind::Stalled => "stalled",
            FailureKind::ErrorEvent => "error event",
            FailureKind::Malformed => "malformed",
        },
        CallOutcome::Ours(OurFault::Credential) => "key refused",
        CallOutcome::Ours(OurFault::Quota) => "out of quota",
        CallOutcome::Ours(OurFault::RateLimit) => "rate limit",
        CallOutcome::Ours(OurFault::Limit { .. }) => "limit",
        CallOutcome::Ours(OurFault::Request) => "request refused",
        CallOutcome::Ours(OurFault::ModelGone) => "model not served",
        CallOutcome::Neutral => "inconclusive",
    }
}

fn turned_away(end: &End) -> Option<String> {
    match end {
        End::TurnedAway(why) => Some(why.to_string()),
        End::Complete
        | End::Replayed
        | End::Truncated
        | End::Refused
        | End::Cut
        | End::Exhausted
        | End::CallersFault
        | End::ClientLeft
        | End::OurFault => None,
    }
}

#[cfg(test)]
pub(crate) mod tests;
