//! Recording of the current attempt.

use std::time::Duration;

use catalog::{Dialect, EndpointId, ModelId, ProviderId};
use http::{HeaderMap, StatusCode};
use tracing::Span;
use translate::LeftOut;

use super::Progress;
use super::attempt::{OpenAttempt, Unanswered};
use crate::Outcome;
use crate::attempt::headers;
use crate::log;

/// Without an attempt, these methods record nothing.
impl Progress {
    pub(crate) fn attempt_began(
        &mut self,
        provider: ProviderId,
        endpoint: EndpointId,
        model: ModelId,
    ) {
        let span = log::attempt(&self.span, self.attempts() + 1, &endpoint, &model);
        self.attempt = Some(OpenAttempt::begin(span, provider, endpoint, model));
    }

    /// Number of attempts so far, with the current one.
    pub(crate) fn attempts(&self) -> usize {
        self.draft.attempts.len() + usize::from(self.attempt.is_some())
    }

    /// Between attempts, the exchange's own span.
    pub(crate) fn attempt_span(&self) -> &Span {
        let attempt = self.attempt.as_ref();
        attempt.map_or(&self.span, |attempt| &attempt.span)
    }

    /// A disconnect after this time, while nothing has arrived, is evidence of the provider's timeout: `report` gets the
    /// sentence for it.
    pub(crate) fn attempt_without_response(
        &mut self,
        after: Duration,
        report: impl FnOnce(String) + Send + 'static,
    ) {
        if let Some(attempt) = &mut self.attempt {
            attempt.unanswered_after = Some(Unanswered::new(after, report));
        }
    }

    /// Time since the attempt began.
    pub(crate) fn attempt_lasted(&self) -> Duration {
        let began = self.attempt.as_ref().map(|attempt| attempt.began);
        began.map_or(Duration::ZERO, |began| began.elapsed())
    }

    /// The client's subscription pays for it.
    pub(crate) fn attempt_by_subscription(&mut self) {
        if let Some(attempt) = &mut self.attempt {
            attempt.by_subscription = true;
        }
    }

    /// `spoken`: the provider's dialect, if it differs. `dropped`: fields that the translation drops.
    pub(crate) fn attempt_translated(&mut self, spoken: Option<Dialect>, dropped: Vec<LeftOut>) {
        if let Some(attempt) = &mut self.attempt {
            attempt.spoken = spoken;
            attempt.left_out = dropped;
        }
    }

    /// Headers with the names of the dropped fields, and of the references sent in full.
    pub(crate) fn attempt_listed(&self) -> HeaderMap {
        let left_out = self.attempt.as_ref().map(|attempt| &*attempt.left_out);
        headers::listed(left_out.unwrap_or_default())
    }

    /// Bytes of body that go to the provider; 0 if it could not be reached.
    pub(crate) fn attempt_sent(&mut self, bytes: u64) {
        if let Some(attempt) = &mut self.attempt {
            attempt.request_bytes = bytes;
        }
    }

    /// The body has the complete prompt, as text.
    pub(crate) fn attempt_prompt_is_text(&mut self) {
        if let Some(attempt) = &mut self.attempt {
            attempt.prompt_is_text = true;
        }
    }

    /// The part of the response that has been read.
    pub(crate) fn attempt_report(&mut self, report: wire::Report) {
        if let Some(attempt) = &mut self.attempt {
            attempt.report = report;
        }
    }

    /// Response headers arrived.
    pub(crate) fn attempt_status(&mut self, status: StatusCode) {
        if let Some(attempt) = &mut self.attempt {
            attempt.status = Some(status);
        }
    }

    /// Content arrived; only the first time counts.
    pub(crate) fn attempt_content(&mut self) {
        if let Some(attempt) = &mut self.attempt {
            attempt.content();
        }
    }

    pub(crate) fn attempt_ended(&mut self, outcome: Outcome, report: wire::Report) {
        if let Some(attempt) = self.attempt.take() {
            let attempt = attempt.end(self.began, outcome, report);
            self.draft.attempts.push(attempt);
        }
    }
}
