//! Ledger rows for the UIs.

mod cause;

use api::{
    Attempt, AttemptOutcome, Exchange, ExchangeEnd, Incident, IncidentSummary, Level,
    TimelineEntry, TimelineSource, usd,
};
use catalog::ProviderId;
use chrono::{DateTime, Utc};
use ledger::{AttemptRow, ExchangeRow, IncidentRow, IncidentWithTimeline, Met};

use super::facts::Facts;
use super::impact::{self, Subject};
use super::words;
use crate::desk::OpenIncident;
use crate::unknown_pipelines;
use cause::{after_own_cause, drilled, exhausted};

pub(crate) fn open_summary(
    facts: &impl Facts,
    provider: &ProviderId,
    story: &OpenIncident,
    now: DateTime<Utc>,
) -> IncidentSummary {
    let level = words::known_level(story.level);
    let subject = Subject {
        provider,
        met: &story.met,
        opened: story.opened,
        closed: None,
    };
    let impact = impact::impact(facts, subject, now);
    IncidentSummary {
        id: story.id,
        provider: provider.to_string(),
        title: format!("{}: {}", facts.product(provider), words::level_words(level)),
        level,
        peak: words::known_level(story.peak),
        opened: story.opened,
        closed: None,
        exchanges_hit: story.exchanges_hit,
        carried_by_fallback: story.carried,
        at_risk: impact::at_risk(&impact),
        impact: Some(impact),
        interrupted_sessions: ::words::interrupted(&story.met.interrupted.sessions),
    }
}

pub(crate) fn summary(
    facts: &impl Facts,
    id: i64,
    row: &IncidentRow,
    met: &Met,
    now: DateTime<Utc>,
) -> IncidentSummary {
    let peak = row.peak.map_or(Level::Unknown, words::known_level);
    let level = if row.closed.is_some() {
        Level::Operational
    } else {
        row.level.map_or(Level::Unknown, words::known_level)
    };
    let named = row.title.clone().unwrap_or_else(|| {
        words::level_words(if row.closed.is_some() { peak } else { level }).into()
    });
    let subject = Subject {
        provider: &row.provider,
        met,
        opened: row.opened,
        closed: row.closed,
    };
    let impact = impact::impact(facts, subject, now);
    IncidentSummary {
        id,
        provider: row.provider.to_string(),
        title: format!("{}: {named}", facts.product(&row.provider)),
        level,
        peak,
        opened: row.opened,
        closed: row.closed,
        exchanges_hit: met.traffic.hit,
        carried_by_fallback: met.traffic.carried_by_fallback,
        at_risk: impact::at_risk(&impact),
        impact: Some(impact),
        interrupted_sessions: ::words::interrupted(&met.interrupted.sessions),
    }
}

pub(crate) fn incident(
    facts: &impl Facts,
    id: i64,
    story: &IncidentWithTimeline,
    met: &Met,
    now: DateTime<Utc>,
) -> Incident {
    let clock = facts.clock(now);
    let evidence = ::words::from_stored(&story.incident.evidence);
    let summary = summary(facts, id, &story.incident, met, now);
    Incident {
        impact: summary.impact.clone(),
        summary,
        blame: match story.incident.blame {
            health::Blame::Them => "It was them.",
            health::Blame::Us => "It was us.",
            health::Blame::SharedInfrastructure => "Shared infrastructure.",
            health::Blame::Undetermined => "Undetermined.",
        }
        .into(),
        evidence: clock.plain(&evidence),
        evidence_spans: evidence,
        timeline: story
            .timeline
            .iter()
            .map(|t| {
                let spans = ::words::from_stored(&t.text);
                TimelineEntry {
                    at: t.at,
                    level: t.level.map(words::known_level),
                    source: source(t.source),
                    text: clock.plain(&spans),
                    spans,
                }
            })
            .collect(),
        interrupted: Vec::new(),
        items: Vec::new(),
    }
}

pub(crate) fn exchange(id: i64, row: &ExchangeRow, facts: &impl Facts) -> Exchange {
    Exchange {
        id,
        request_id: row.request_id.clone(),
        started: row.started,
        client: row.client.clone(),
        session: row.session.clone(),
        dialect: words::dialect(row.dialect),
        route: row.route.clone(),
        model: row.model.clone(),
        streamed: row.streamed,
        rehearsal: row.rehearsal,
        pipeline: row.pipeline.clone(),
        item: row.item.clone(),
        token: row.token.clone(),
        end: end(row.end),
        story: with_warning(story(row, facts), row, facts),
        status: row.status,
        total_ms: row.total_ms,
        ttft_ms: row.ttft_ms,
        cost_estimate: row.cost.map(|c| c.0),
        cost_of_estimated_tokens: row.cost_of_estimated_tokens().0,
        cost_estimate_usd: row.cost.map(|c| usd(c.0)),
        cost_of_estimated_tokens_usd: usd(row.cost_of_estimated_tokens().0),
        stand_in: row.carried(),
        restarts: row.restarts,
        shown_early: row.shown_early,
        passed_over: row.passed_over.clone(),
        attempts: (1..)
            .zip(&row.attempts)
            .map(|(number, attempt)| shown_attempt(number, attempt))
            .collect(),
    }
}

fn shown_attempt(number: u32, row: &AttemptRow) -> Attempt {
    Attempt {
        number,
        provider: row.provider.to_string(),
        endpoint: row.endpoint.to_string(),
        model: row.model.to_string(),
        started_ms: row.started_ms,
        total_ms: row.total_ms,
        ttft_ms: row.ttft_ms,
        status: row.status,
        by_subscription: row.by_subscription,
        spoken: row.spoken.map(words::dialect),
        left_out: row.left_out.clone(),
        outcome: outcome(row.outcome),
        detail: row.detail.clone(),
        stop_reason: row.stop_reason.clone(),
        input_tokens: row.tokens.map(|t| t.input),
        output_tokens: row.tokens.map(|t| t.output),
        cache_read_tokens: row.tokens.map(|t| t.cache_read),
        cache_write_tokens: row.tokens.map(|t| t.cache_write),
        tokens_estimated: row.tokens_estimated,
        cost_estimate: row.cost.map(|c| c.0),
        cost_estimate_usd: row.cost.map(|c| usd(c.0)),
    }
}

/// "Answered by OpenAI with gpt-6-sol after Claude failed (the connection was cut within the response)."; "Answered by
/// OpenRouter in Claude's place." if the primary was skipped; "Answered by Claude with claude-sonnet-5-5 instead of
/// claude-opus-5-5." if both models belong to one provider.
pub(crate) fn story(row: &ExchangeRow, facts: &impl Facts) -> String {
    let failed: Vec<&AttemptRow> = row.attempts.iter().filter(|a| a.provider_failed).collect();
    let after = match failed.first() {
        None => after_own_cause(row, facts).unwrap_or_else(|| {
            skipped_primary(row).map_or_else(String::new, |primary| {
                format!(" in {}'s place", facts.product(primary))
            })
        }),
        Some(first) => {
            let why = first.detail.as_deref();
            let why = why.unwrap_or(first.outcome.as_str());
            let times = if failed.len() > 1 {
                format!(", {} failed attempts", failed.len())
            } else {
                String::new()
            };
            format!(
                " after {} failed ({why}{times})",
                facts.product(&first.provider)
            )
        }
    };
    let last = row
        .attempts
        .last()
        .map_or_else(|| "no provider".into(), |a| facts.product(&a.provider));
    let with = another_model(row).map_or_else(String::new, |model| match &*after {
        "" => format!(" with {model} instead of {}", row.model),
        _ => format!(" with {model}"),
    });
    match row.end {
        ledger::End::Complete if row.restarts > 0 => continuation(row, facts),
        ledger::End::Complete => format!("Answered by {last}{with}{after}."),
        ledger::End::Replayed => {
            "Replayed: the stored response of an earlier request with the same idempotency key."
                .into()
        }
        ledger::End::Truncated => {
            format!("Answered by {last}{with}{after}, cut at a token limit.")
        }
        ledger::End::Refused => format!("Declined by {last}{after}."),
        ledger::End::Cut if drilled(row).is_some() => format!(
            "A drill made {last} stop in the middle of its response; the client's connection was aborted, which every client detects."
        ),
        ledger::End::Cut => format!(
            "{last} ended in the middle of its response; the client's connection was aborted, which every client detects."
        ),
        ledger::End::Exhausted => exhausted(row, facts),
        ledger::End::CallersFault => format!(
            "{last} rejected the request itself{}.",
            row.attempts
                .last()
                .and_then(|a| a.detail.as_ref())
                .map_or_else(String::new, |d| format!(": {d}"))
        ),
        ledger::End::ClientLeft => format!("The client disconnected{after}."),
        ledger::End::TurnedAway => row
            .detail
            .clone()
            .unwrap_or_else(|| "Rejected by Understudy.".into()),
        ledger::End::OurFault => row
            .detail
            .clone()
            .unwrap_or_else(|| "An error in Understudy.".into()),
    }
}

/// Adds the warning about the request's pipeline name, which was accepted.
fn with_warning(story: String, row: &ExchangeRow, facts: &impl Facts) -> String {
    let name = row.pipeline.as_deref();
    match name.and_then(|name| unknown_pipelines::warning(name, facts.settings())) {
        Some(warning) => format!("{story} {warning}"),
        None => story,
    }
}

/// The fallback's model, if it differs from the requested one.
fn another_model(row: &ExchangeRow) -> Option<&str> {
    let last = row.attempts.last().filter(|_| row.carried())?;
    (last.model.as_str() != row.model).then(|| last.model.as_str())
}

/// The skipped primary, if a fallback of another provider responded in its place.
fn skipped_primary(row: &ExchangeRow) -> Option<&ProviderId> {
    let primary = &row.primary.as_ref().filter(|_| row.carried())?.provider;
    row.attempts
        .iter()
        .all(|attempt| attempt.provider != *primary)
        .then_some(primary)
}

/// Sentence about a restart in place: the candidate that continued the message, and the failure before it.
fn continuation(row: &ExchangeRow, facts: &impl Facts) -> String {
    let product = |attempt: Option<&AttemptRow>| {
        attempt.map_or_else(|| "no provider".into(), |a| facts.product(&a.provider))
    };
    let began = |attempt: &&AttemptRow| attempt.provider_failed && attempt.ttft_ms.is_some();
    format!(
        "Continued by {}: {} ended in the middle of its response.",
        product(row.attempts.last()),
        product(row.attempts.iter().rfind(began))
    )
}

fn end(end: ledger::End) -> ExchangeEnd {
    match end {
        ledger::End::Complete => ExchangeEnd::Complete,
        ledger::End::Replayed => ExchangeEnd::Replayed,
        ledger::End::Truncated => ExchangeEnd::Truncated,
        ledger::End::Refused => ExchangeEnd::Refused,
        ledger::End::Cut => ExchangeEnd::Cut,
        ledger::End::Exhausted => ExchangeEnd::Exhausted,
        ledger::End::CallersFault => ExchangeEnd::CallersFault,
        ledger::End::ClientLeft => ExchangeEnd::ClientLeft,
        ledger::End::TurnedAway => ExchangeEnd::TurnedAway,
        ledger::End::OurFault => ExchangeEnd::OurFault,
    }
}

fn outcome(outcome: ledger::AttemptOutcome) -> AttemptOutcome {
    match outcome {
        ledger::AttemptOutcome::Complete => AttemptOutcome::Complete,
        ledger::AttemptOutcome::Continues => AttemptOutcome::Continues,
        ledger::AttemptOutcome::UnknownStopReason => AttemptOutcome::UnknownStopReason,
        ledger::AttemptOutcome::TokenLimit => AttemptOutcome::TokenLimit,
        ledger::AttemptOutcome::Declined => AttemptOutcome::Declined,
        ledger::AttemptOutcome::Broken => AttemptOutcome::Broken,
        ledger::AttemptOutcome::Failed => AttemptOutcome::Failed,
        ledger::AttemptOutcome::RateLimit => AttemptOutcome::RateLimit,
        ledger::AttemptOutcome::Limit => AttemptOutcome::Limit,
        ledger::AttemptOutcome::TimedOut => AttemptOutcome::TimedOut,
        ledger::AttemptOutcome::OutOfQuota => AttemptOutcome::OutOfQuota,
        ledger::AttemptOutcome::KeyRefused => AttemptOutcome::KeyRefused,
        ledger::AttemptOutcome::ModelNotServed => AttemptOutcome::ModelNotServed,
        ledger::AttemptOutcome::RequestAtFault => AttemptOutcome::RequestAtFault,
        ledger::AttemptOutcome::ContextTooLong => AttemptOutcome::ContextTooLong,
        ledger::AttemptOutcome::ContentPolicy => AttemptOutcome::ContentPolicy,
        ledger::AttemptOutcome::Offline => AttemptOutcome::Offline,
        ledger::AttemptOutcome::CertificateNotTrusted => AttemptOutcome::CertificateNotTrusted,
        ledger::AttemptOutcome::CertificateDates => AttemptOutcome::CertificateDates,
        ledger::AttemptOutcome::OutOfResources => AttemptOutcome::OutOfResources,
        ledger::AttemptOutcome::DeadConnection => AttemptOutcome::DeadConnection,
        ledger::AttemptOutcome::Drill => AttemptOutcome::Drill,
        ledger::AttemptOutcome::ClientLeft => AttemptOutcome::ClientLeft,
        ledger::AttemptOutcome::Other => AttemptOutcome::Other,
    }
}

fn source(source: ledger::TimelineSource) -> TimelineSource {
    match source {
        ledger::TimelineSource::Understudy => TimelineSource::Understudy,
        ledger::TimelineSource::StatusPage => TimelineSource::StatusPage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_and_sources_have_the_same_name_in_the_ledger_and_in_the_api() {
        for one in ledger::AttemptOutcome::ALL {
            let json = serde_json::to_value(outcome(*one)).unwrap();
            assert_eq!(json, one.as_str());
        }
        for one in ledger::TimelineSource::ALL {
            let json = serde_json::to_value(source(*one)).unwrap();
            assert_eq!(json, one.as_str());
        }
    }
}
