//! An exchange that has begun. By its type it ends exactly once: dropping it records that the client left.

use std::time::Duration;

use catalog::{Dialect, EndpointId, ModelId, ProviderId};
use health::FailureKind;
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;
use tracing::Span;
use translate::LeftOut;
use wire::Class;

use crate::attempt::headers;
use crate::exchange_id::ExchangeId;
use crate::log;
use crate::once::Attended;
use crate::plan::patience::Leaver;
use crate::reports::Reports;
use crate::review::{self, Review, Reviewed};
use crate::services::Services;
use crate::storm::{Asked, Storms, Told};
use crate::{Attempt, Began, Config, Dropped, End, Exchange, Fault, Outcome};

/// An exchange in progress.
#[derive(Debug)]
pub(crate) struct OpenExchange {
    reports: Reports,
    began: Instant,
    id: ExchangeId,
    /// None once it has ended.
    exchange: Option<Box<Exchange>>,
    span: Span,
    attempt: Option<OpenAttempt>,
    storm: Option<(Storms, Asked)>,
    reviewed: Option<Reviewed>,
    /// None: it ends with its client.
    attended: Option<Attended>,
    /// The client's departure, if it leaves before it received anything.
    leaving: Option<(Services, Leaver)>,
}

#[derive(Debug)]
struct OpenAttempt {
    span: Span,
    provider: ProviderId,
    endpoint: EndpointId,
    model: ModelId,
    began: Instant,
    status: Option<StatusCode>,
    ttft: Option<Duration>,
    request_bytes: u64,
    by_subscription: bool,
    spoken: Option<Dialect>,
    left_out: Vec<LeftOut>,
    /// What is known of its answer, should it go no further.
    report: wire::Report,
    /// What its client's leaving means, should nothing have arrived by then.
    in_vain: Option<InVain>,
}

/// A wait that is long enough to be the provider's timeout.
struct InVain {
    after: Duration,
    tell: Box<dyn FnOnce(String) + Send>,
}

impl std::fmt::Debug for InVain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("InVain");
        shown.field("after", &self.after).finish_non_exhaustive()
    }
}

impl OpenExchange {
    /// `exchange` as far as it is known.
    pub(crate) fn begin(reports: &Reports, began: Instant, exchange: Exchange) -> Self {
        reports.began(Began {
            id: exchange.id,
            started: exchange.started,
            client: exchange.client.clone(),
            dialect: exchange.dialect,
            model: exchange.model.clone(),
            rehearsal: exchange.rehearsal,
        });
        Self {
            reports: reports.clone(),
            began,
            id: exchange.id,
            span: log::exchange(exchange.id, &exchange),
            exchange: Some(Box::new(exchange)),
            attempt: None,
            storm: None,
            reviewed: None,
            attended: None,
            leaving: None,
        }
    }

    /// Its end decides whether it is kept for a person.
    pub(crate) fn reviewed(mut self, reviewed: Option<Reviewed>) -> Self {
        self.reviewed = reviewed;
        self
    }

    /// What is learned from its client's patience.
    pub(crate) fn leaving(mut self, services: Services, leaver: Leaver) -> Self {
        self.leaving = Some((services, leaver));
        self
    }

    /// Its client has left, and it continues: reported once.
    pub(crate) fn leaver(&mut self) -> Option<Leaver> {
        self.leaving.take().map(|(_, leaver)| leaver)
    }

    /// It continues when its client leaves.
    pub(crate) fn attended(mut self, attended: Attended) -> Self {
        self.attended = Some(attended);
        self
    }

    /// Under which id it is kept for a person, if it ends so.
    pub(crate) fn review_id(&self, end: &End) -> Option<&str> {
        self.reviewed.as_ref()?.parks(end, self.is_alone())
    }

    /// The same, as a sentence of the error.
    pub(crate) fn waits(&self, end: &End, config: &Config) -> Option<String> {
        let id = self.review_id(end)?;
        Some(review::waits(id, config.own_addresses.first().copied()))
    }

    fn is_alone(&self) -> bool {
        self.attended.as_ref().is_some_and(Attended::is_alone)
    }

    /// Its end shows whether its client sends requests in a loop.
    pub(crate) fn counted(mut self, storms: &Storms, asked: Asked) -> Self {
        self.storm = Some((storms.clone(), asked));
        self
    }

    pub(crate) fn id(&self) -> ExchangeId {
        self.id
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// The exchange's, between attempts.
    pub(crate) fn attempt_span(&self) -> &Span {
        self.attempt
            .as_ref()
            .map_or(&self.span, |attempt| &attempt.span)
    }

    /// The client's.
    pub(crate) fn dialect(&self) -> Dialect {
        let known = self.exchange.as_ref().map(|exchange| exchange.dialect);
        known.unwrap_or(Dialect::OpenaiChat)
    }

    pub(crate) fn attempts(&self) -> usize {
        let ended = self.exchange.as_ref().map_or(0, |e| e.attempts.len());
        ended + usize::from(self.attempt.is_some())
    }

    pub(crate) fn attempt_began(
        &mut self,
        provider: ProviderId,
        endpoint: EndpointId,
        model: ModelId,
    ) {
        let span = log::attempt(&self.span, self.attempts() + 1, &endpoint, &model);
        self.attempt = Some(OpenAttempt {
            span,
            provider,
            endpoint,
            model,
            began: Instant::now(),
            status: None,
            ttft: None,
            request_bytes: 0,
            by_subscription: false,
            spoken: None,
            left_out: Vec::new(),
            report: wire::Report::default(),
            in_vain: None,
        });
    }

    /// A client that leaves after this time or later, while nothing has arrived, is evidence of the provider's timeout: `tell`
    /// gets the sentence for it.
    pub(crate) fn attempt_in_vain(
        &mut self,
        after: Duration,
        tell: impl FnOnce(String) + Send + 'static,
    ) {
        if let Some(attempt) = &mut self.attempt {
            let tell = Box::new(tell);
            attempt.in_vain = Some(InVain { after, tell });
        }
    }

    /// Since the attempt began.
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

    /// The provider's dialect differs, and it does not get every field.
    pub(crate) fn attempt_translated(&mut self, spoken: Option<Dialect>, dropped: Vec<LeftOut>) {
        if let Some(attempt) = &mut self.attempt {
            attempt.spoken = spoken;
            attempt.left_out = dropped;
        }
    }

    /// Headers with the names of what the provider was not sent, and of what it was sent in full.
    pub(crate) fn attempt_listed(&self) -> HeaderMap {
        let left_out = self.attempt.as_ref().map(|attempt| &*attempt.left_out);
        headers::listed(left_out.unwrap_or_default())
    }

    /// So many bytes of body go to the provider; 0: it could not be reached.
    pub(crate) fn attempt_sent(&mut self, bytes: u64) {
        if let Some(attempt) = &mut self.attempt {
            attempt.request_bytes = bytes;
        }
    }

    /// What is known of the answer so far.
    pub(crate) fn attempt_report(&mut self, report: wire::Report) {
        if let Some(attempt) = &mut self.attempt {
            attempt.report = report;
        }
    }

    /// Response headers came.
    pub(crate) fn attempt_status(&mut self, status: StatusCode) {
        if let Some(attempt) = &mut self.attempt {
            attempt.status = Some(status);
        }
    }

    /// Content came; only the first time counts.
    pub(crate) fn attempt_content(&mut self) {
        if let Some(attempt) = &mut self.attempt {
            attempt.ttft.get_or_insert_with(|| attempt.began.elapsed());
        }
    }

    pub(crate) fn attempt_ended(&mut self, outcome: Outcome, report: wire::Report) {
        let Some(OpenAttempt {
            span: _,
            provider,
            endpoint,
            model,
            began,
            status,
            ttft,
            request_bytes,
            by_subscription,
            spoken,
            left_out,
            report: _,
            in_vain: _,
        }) = self.attempt.take()
        else {
            return;
        };
        if let Some(exchange) = &mut self.exchange {
            exchange.attempts.push(Attempt {
                provider,
                endpoint,
                model,
                started_after: began - self.began,
                total: began.elapsed(),
                ttft,
                status,
                request_bytes,
                by_subscription,
                spoken,
                left_out: left_out.iter().map(ToString::to_string).collect(),
                outcome,
                report,
            });
        }
    }

    /// These candidates do not support the request.
    pub(crate) fn passed_over(&mut self, those: &[Dropped]) {
        if let Some(exchange) = &mut self.exchange {
            exchange.passed_over = those.to_vec();
        }
    }

    /// The client has some of the response.
    pub(crate) fn has_given(&self) -> bool {
        let exchange = self.exchange.as_ref();
        exchange.is_some_and(|exchange| exchange.bytes_out > 0)
    }

    /// Another provider's response continues the message.
    pub(crate) fn restarted(&mut self) {
        if let Some(exchange) = &mut self.exchange {
            exchange.restarts += 1;
        }
    }

    /// The client is shown an unproven answer, which it was not to get.
    pub(crate) fn shown_early(&mut self) {
        if let Some(exchange) = &mut self.exchange {
            exchange.shown_early = true;
        }
    }

    /// The client is answered with this status from here on.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        if let Some(exchange) = &mut self.exchange {
            exchange.status = Some(status);
        }
    }

    /// Bytes of the body go to the client.
    pub(crate) fn handed(&mut self, bytes: usize) {
        if let Some(exchange) = &mut self.exchange {
            exchange.bytes_out += bytes as u64;
            exchange.ttft.get_or_insert_with(|| self.began.elapsed());
        }
    }

    /// It ends here; later calls are ignored.
    pub(crate) fn ended(&mut self, end: End) {
        let Some(mut exchange) = self.exchange.take() else {
            return;
        };
        exchange.total = self.began.elapsed();
        exchange.end = end;
        self.learn(&exchange.end, exchange.status, exchange.total);
        let alone = self.is_alone();
        exchange.review = self
            .reviewed
            .take()
            .and_then(|reviewed| reviewed.after(&exchange.end, alone));
        match (&exchange.review, &exchange.end) {
            (Some(Review::Parked(parked)), _) => log::parked(&self.span, &parked.id),
            (_, End::Cut) => log::cut(&self.span, exchange.bytes_out),
            _ => {}
        }
        if let Some((storms, asked)) = self.storm.take() {
            let now = exchange.started + exchange.total;
            storms.ended(asked, Told::of(&exchange.end, exchange.status), now);
        }
        self.reports.ended(exchange);
    }
}

impl OpenExchange {
    /// Its client leaves, and nothing has arrived for so long that it is the provider's timeout.
    fn waited_in_vain(&mut self) -> Option<Outcome> {
        let attempt = self.attempt.as_mut()?;
        let waited = attempt.began.elapsed();
        let nothing = attempt.status.is_none() && attempt.ttft.is_none();
        let in_vain = attempt.in_vain.take();
        let in_vain = in_vain.filter(|in_vain| nothing && waited >= in_vain.after)?;
        let message = left_in_vain(waited);
        (in_vain.tell)(message.clone());
        Some(Outcome::Failed {
            class: Class::Silent,
            fault: Fault::Theirs(FailureKind::Silent),
            message,
            resets_at: None,
        })
    }

    /// What its end shows of its client's patience.
    fn learn(&mut self, end: &End, status: Option<StatusCode>, total: Duration) {
        let Some((services, leaver)) = self.leaving.take() else {
            return;
        };
        match end {
            End::ClientLeft if status.is_none() => services.left(leaver, total),
            End::Complete | End::Truncated | End::Refused => services.stayed(&leaver, total),
            End::ClientLeft
            | End::Replayed
            | End::Cut
            | End::Exhausted
            | End::CallersFault
            | End::TurnedAway(_)
            | End::OurFault => {}
        }
    }
}

pub(crate) fn left_in_vain(waited: Duration) -> String {
    let seconds = waited.as_secs();
    format!("its client left after {seconds} s, in which nothing came")
}

impl Drop for OpenExchange {
    fn drop(&mut self) {
        if self.exchange.is_none() {
            return;
        }
        let attempt = self.attempt.as_mut();
        let report = attempt.map(|attempt| std::mem::take(&mut attempt.report));
        let outcome = self.waited_in_vain().unwrap_or(Outcome::ClientLeft);
        self.attempt_ended(outcome, report.unwrap_or_default());
        self.ended(if std::thread::panicking() {
            End::OurFault
        } else {
            End::ClientLeft
        });
    }
}
