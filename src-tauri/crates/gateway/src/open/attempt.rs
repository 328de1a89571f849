//! The current attempt of an open exchange.

use std::fmt;
use std::time::Duration;

use catalog::{Dialect, EndpointId, ModelId, ProviderId};
use health::FailureKind;
use http::StatusCode;
use tokio::time::Instant;
use tracing::Span;
use translate::LeftOut;
use wire::FailureClass;

use crate::{Attempt, Fault, Outcome};

#[derive(Debug)]
pub(super) struct OpenAttempt {
    pub(super) span: Span,
    provider: ProviderId,
    endpoint: EndpointId,
    model: ModelId,
    pub(super) began: Instant,
    pub(super) status: Option<StatusCode>,
    ttft: Option<Duration>,
    pub(super) request_bytes: u64,
    pub(super) prompt_is_text: bool,
    pub(super) by_subscription: bool,
    pub(super) spoken: Option<Dialect>,
    pub(super) left_out: Vec<LeftOut>,
    /// The part of the response that has been read, for an attempt that ends here.
    pub(super) report: wire::Report,
    pub(super) unanswered_after: Option<Unanswered>,
}

/// A wait that counts as the provider's timeout if the client disconnects after it.
pub(super) struct Unanswered {
    after: Duration,
    report: Box<dyn FnOnce(String) + Send>,
}

impl Unanswered {
    pub(super) fn new(after: Duration, report: impl FnOnce(String) + Send + 'static) -> Self {
        let report = Box::new(report);
        Self { after, report }
    }
}

impl fmt::Debug for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("InVain");
        shown.field("after", &self.after).finish_non_exhaustive()
    }
}

impl OpenAttempt {
    pub(super) fn begin(
        span: Span,
        provider: ProviderId,
        endpoint: EndpointId,
        model: ModelId,
    ) -> Self {
        Self {
            span,
            provider,
            endpoint,
            model,
            began: Instant::now(),
            status: None,
            ttft: None,
            request_bytes: 0,
            prompt_is_text: false,
            by_subscription: false,
            spoken: None,
            left_out: Vec::new(),
            report: wire::Report::default(),
            unanswered_after: None,
        }
    }

    /// Content arrived; only the first time counts.
    pub(super) fn content(&mut self) {
        self.ttft.get_or_insert_with(|| self.began.elapsed());
    }

    /// Ends it for a disconnect. If nothing has arrived for long enough, this counts as the provider's timeout.
    pub(super) fn left(mut self, exchange_began: Instant) -> Attempt {
        let report = std::mem::take(&mut self.report);
        let outcome = self.timed_out().unwrap_or(Outcome::ClientLeft);
        self.end(exchange_began, outcome, report)
    }

    fn timed_out(&mut self) -> Option<Outcome> {
        let waited = self.began.elapsed();
        let nothing = self.status.is_none() && self.ttft.is_none();
        let unanswered_after = self.unanswered_after.take();
        let unanswered_after = unanswered_after
            .filter(|unanswered_after| nothing && waited >= unanswered_after.after)?;
        let message = client_left_waiting(waited);
        (unanswered_after.report)(message.clone());
        Some(Outcome::Failed {
            class: FailureClass::Timeout,
            fault: Fault::Theirs(FailureKind::Timeout),
            message,
            resets_at: None,
        })
    }

    /// `exchange_began`: start of the exchange.
    pub(super) fn end(
        self,
        exchange_began: Instant,
        outcome: Outcome,
        report: wire::Report,
    ) -> Attempt {
        Attempt {
            provider: self.provider,
            endpoint: self.endpoint,
            model: self.model,
            started_after: self.began - exchange_began,
            total: self.began.elapsed(),
            ttft: self.ttft,
            status: self.status,
            request_bytes: self.request_bytes,
            prompt_is_text: self.prompt_is_text,
            by_subscription: self.by_subscription,
            spoken: self.spoken,
            left_out: self.left_out.iter().map(ToString::to_string).collect(),
            outcome,
            report,
        }
    }
}

pub(crate) fn client_left_waiting(waited: Duration) -> String {
    let seconds = waited.as_secs();
    format!("its client disconnected after {seconds} s without a byte")
}
