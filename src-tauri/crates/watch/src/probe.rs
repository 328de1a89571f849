//! A small completion request, judged like every real response; without a key, only a check that the endpoint responds.

mod outcome;
mod request;

use std::time::Duration;

use catalog::{Dialect, Endpoint, MicroDollars, ModelId, Price, Secret, Tokens, at_dearest};
use chrono::{DateTime, Utc};
use health::{CallOutcome, FailureKind, OurFault};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use reqwest::{Response, Url};
use tokio::time::{Instant, timeout, timeout_at};
use wire::{BodyEnd, Framing, StepKind, Validator};

use crate::client::{Http, cause, is_local};
use outcome::{failed, of_completion, of_failure};

/// Timeouts of a probe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Until the headers, and from the start until the first content.
    pub(crate) first_content: Duration,
    /// Between two events that show progress.
    pub(crate) idle: Duration,
    /// From the end of the content until usage and the terminal event; and for the body of an error.
    pub(crate) grace: Duration,
    pub(crate) total: Duration,
}

pub(crate) const LIMITS: Limits = Limits {
    first_content: Duration::from_secs(30),
    idle: Duration::from_secs(20),
    grace: Duration::from_secs(5),
    total: Duration::from_secs(60),
};

/// For a two-letter response or an error, in bytes.
const LARGEST: usize = 256 << 10;

/// Result of a probe.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ProbeResult {
    pub(crate) outcome: CallOutcome,
    pub(crate) tokens: Tokens,
    /// False: the provider reported no usage. `tokens` is then zero, not an estimate.
    pub(crate) usage_reported: bool,
    pub(crate) total_ms: u64,
    /// The wait that the provider requested.
    pub(crate) retry_after: Option<Duration>,
    /// Why this machine or its network could not send it; the outcome is then neutral.
    pub(crate) local: Option<String>,
}

impl ProbeResult {
    /// No response arrived, or it stopped: the local network may be the cause.
    pub(crate) fn network_may_be_down(&self) -> bool {
        match &self.outcome {
            CallOutcome::Failed { kind, .. } => match kind {
                FailureKind::Connect
                | FailureKind::Timeout
                | FailureKind::Cut
                | FailureKind::Stalled => true,
                FailureKind::Status(_) | FailureKind::ErrorEvent | FailureKind::Malformed => false,
            },
            CallOutcome::Neutral => self.local.is_some(),
            CallOutcome::Ok { .. } | CallOutcome::Ours(_) => false,
        }
    }

    /// True if the provider cannot have billed it.
    pub(crate) fn cannot_be_billed(&self) -> bool {
        let refused = matches!(
            self.outcome,
            CallOutcome::Ours(_)
                | CallOutcome::Failed {
                    kind: FailureKind::Connect | FailureKind::Status(_),
                    ..
                }
        );
        refused || self.local.is_some()
    }

    pub(crate) fn ttft_ms(&self) -> Option<u64> {
        match self.outcome {
            CallOutcome::Ok { ttft_ms, .. } => ttft_ms,
            CallOutcome::Failed { .. } | CallOutcome::Ours(_) | CallOutcome::Neutral => None,
        }
    }
}

/// The likely maximum number of tokens of one probe.
pub(crate) fn likely_tokens() -> Tokens {
    Tokens {
        input: request::LIKELY_INPUT,
        output: request::MOST_OUTPUT,
        ..Tokens::default()
    }
}

/// The cost that counts against the budget. Without a price: free if no key is needed, else the highest list price.
pub(crate) fn budgeted(
    endpoint: &Endpoint,
    price: Option<&Price>,
    tokens: Tokens,
    at: DateTime<Utc>,
) -> MicroDollars {
    match price {
        Some(price) => price.cost(tokens, at),
        None if endpoint.key_env.is_none() => MicroDollars::ZERO,
        None => at_dearest(tokens),
    }
}

/// Sends a small completion request. `at` is the wall clock, for dates in `Retry-After`.
pub(crate) async fn complete(
    http: &Http,
    endpoint: &Endpoint,
    model: &ModelId,
    key: Option<&Secret>,
    limits: Limits,
    at: DateTime<Utc>,
) -> ProbeResult {
    let start = Instant::now();
    let mut result = ProbeResult {
        outcome: CallOutcome::Ours(OurFault::Request),
        tokens: Tokens::default(),
        usage_reported: false,
        total_ms: 0,
        retry_after: None,
        local: None,
    };
    let Some((dialect, url)) = address(endpoint) else {
        return result;
    };
    let Some(headers) = request::headers(dialect, endpoint.auth, key) else {
        result.outcome = CallOutcome::Ours(OurFault::Credential);
        return result;
    };
    let sent = http
        .to(&url)
        .post(url)
        .headers(headers)
        .json(&request::body(endpoint, dialect, model.as_str()))
        .send();
    match timeout(limits.first_content, sent).await {
        Err(_) => result.outcome = timed_out("no headers", limits),
        Ok(Err(e)) if is_local(&e) => {
            result.outcome = CallOutcome::Neutral;
            result.local = Some(cause(&e));
        }
        Ok(Err(e)) => result.outcome = failed(FailureKind::Connect, cause(&e)),
        Ok(Ok(response)) if response.status().is_success() => {
            read_response(response, dialect, start, limits, &mut result).await;
        }
        Ok(Ok(response)) => {
            let (status, headers) = (response.status(), response.headers().clone());
            let body = error_body(response, limits).await;
            let failure = wire::classify(dialect, status, &headers, &body, at);
            result.outcome = of_failure(status, &failure);
            result.retry_after = failure.retry_after;
        }
    }
    result.total_ms = ms(start.elapsed());
    result
}

/// Checks if the endpoint responds. Any HTTP status counts; it proves nothing about inference.
pub(crate) async fn reach(http: &Http, endpoint: &Endpoint) -> Result<(), Unreached> {
    let unreached = |why, is_local| Unreached { why, is_local };
    let url = Url::parse(&endpoint.base).map_err(|e| unreached(e.to_string(), true))?;
    match timeout(LIMITS.first_content, http.to(&url).head(url).send()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(e)) => Err(unreached(cause(&e), is_local(&e))),
        Err(_) => {
            let seconds = LIMITS.first_content.as_secs();
            Err(unreached(format!("no response within {seconds} s"), false))
        }
    }
}

/// Why an endpoint was not reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreached {
    pub(crate) why: String,
    /// This machine or its network is the cause.
    pub(crate) is_local: bool,
}

fn address(endpoint: &Endpoint) -> Option<(Dialect, Url)> {
    let dialect = request::dialect(endpoint)?;
    let url = Url::parse(&endpoint.url(dialect)?).ok()?;
    Some((dialect, url))
}

/// Reads the response until its end, or until it can no longer be complete.
async fn read_response(
    mut response: Response,
    dialect: Dialect,
    start: Instant,
    limits: Limits,
    result: &mut ProbeResult,
) {
    let framing = framing(response.headers());
    let mut validator = Validator::new(dialect, framing);
    let mut steps = Vec::new();
    let (mut ttft, mut completed_after, mut bytes) = (None, None, 0);
    let mut limit = start + limits.first_content;
    let end = loop {
        let chunk = match timeout_at(limit.min(start + limits.total), response.chunk()).await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) => break BodyEnd::Clean,
            Ok(Err(_)) => break BodyEnd::Cut,
            // The response is already complete.
            Err(_) if completed_after.is_some() => break BodyEnd::Clean,
            Err(_) => {
                result.outcome = match (ttft, framing) {
                    (None, Framing::Stream) => timed_out("no content", limits),
                    (Some(_), Framing::Stream) | (None | Some(_), Framing::Document) => {
                        failed(FailureKind::Stalled, "the response stopped in the middle")
                    }
                };
                return;
            }
        };
        bytes += chunk.len();
        if bytes > LARGEST {
            let detail = format!("more than {} KB for a two-letter response", LARGEST >> 10);
            result.outcome = failed(FailureKind::Malformed, detail);
            return;
        }
        validator.push(&chunk, &mut steps);
        for step in steps.drain(..) {
            match step.kind {
                StepKind::NoProgress | StepKind::Lifecycle => {}
                StepKind::Content => {
                    ttft.get_or_insert_with(|| start.elapsed());
                    limit = Instant::now() + limits.idle;
                }
                StepKind::Close | StepKind::ToolClose => limit = Instant::now() + limits.idle,
                StepKind::SemanticEnd => {
                    completed_after.get_or_insert_with(|| start.elapsed());
                    limit = Instant::now() + limits.grace;
                }
                StepKind::Terminal | StepKind::Error => {
                    completed_after.get_or_insert_with(|| start.elapsed());
                    limit = start;
                }
            }
        }
        if limit == start {
            break BodyEnd::Clean;
        }
    };
    let total = completed_after.unwrap_or_else(|| start.elapsed());
    let report = validator.report();
    result.tokens = report.tokens;
    // A probe sends a few tokens. Usage above any model's limits is a fault of the provider, and must not use up the
    // probes' budget.
    result.usage_reported = report.usage_reported
        && report.tokens.has_plausible_prompt(None)
        && report.tokens.has_plausible_output(None);
    result.outcome = of_completion(&validator.judge(end), ttft.map(ms), ms(total));
}

fn framing(headers: &HeaderMap) -> Framing {
    let content_type = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    match content_type {
        Some(text) if text.to_ascii_lowercase().contains("text/event-stream") => Framing::Stream,
        Some(_) | None => Framing::Document,
    }
}

/// The part of an error body that arrives in time. The status usually decides the class.
async fn error_body(mut response: Response, limits: Limits) -> Vec<u8> {
    let mut body = Vec::new();
    let deadline = Instant::now() + limits.grace;
    while let Ok(Ok(Some(chunk))) = timeout_at(deadline, response.chunk()).await {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST {
            break;
        }
    }
    body
}

fn timed_out(what: &str, limits: Limits) -> CallOutcome {
    let detail = format!("{what} within {} s", limits.first_content.as_secs());
    failed(FailureKind::Timeout, detail)
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
