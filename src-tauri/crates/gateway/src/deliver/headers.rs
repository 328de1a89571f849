//! Response headers that name the candidate.

use catalog::Endpoint;
use http::{HeaderMap, HeaderValue};

use crate::Candidate;
use crate::attempt::fallback::Fallback;

/// Why this fallback answers instead of the primary, in one word: the class of the primary's failure, or its breaker. `None`:
/// it is the primary.
pub(super) fn fallback_reason(fallback: &Fallback, candidate: &Candidate) -> Option<&'static str> {
    let is = |other: &Candidate| {
        (&other.endpoint, &other.model) == (&candidate.endpoint, &candidate.model)
    };
    match fallback.failure.of_primary() {
        Some((first, failed_attempt)) => (!is(first)).then(|| failed_attempt.class.as_str()),
        None if fallback.admitted.plan.chosen && candidate.place > 0 => Some("choice"),
        None if fallback.admitted.plan.stays && candidate.place > 0 => Some("turn"),
        None if candidate.place > 0 => Some("breaker"),
        None => None,
    }
}

/// Names the endpoint of a response that is forwarded unparsed.
pub(crate) fn name_endpoint(headers: &mut HeaderMap, endpoint: &Endpoint) {
    put(headers, "x-understudy-provider", endpoint.provider.as_str());
    put(headers, "x-understudy-endpoint", endpoint.id.as_str());
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Names the candidate of the response and the number of attempts.
pub(super) fn name_answerer(headers: &mut HeaderMap, candidate: &Candidate, attempts: usize) {
    let mut put = |name, value: &str| put(headers, name, value);
    put("x-understudy-provider", candidate.provider.as_str());
    put("x-understudy-endpoint", candidate.endpoint.as_str());
    put("x-understudy-model", candidate.model.as_str());
    put("x-understudy-attempts", &attempts.to_string());
    if candidate.is_translated() {
        put("x-understudy-translated", candidate.dialect.as_str());
    }
}
