//! An exchange in progress. [`OpenExchange::end`] consumes it; the only other end is a drop.

mod attempt;
mod recording;

use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use catalog::Dialect;
use http::StatusCode;
use scopeguard::ScopeGuard;
use tokio::time::Instant;
use tracing::Span;

use crate::draft::{Draft, Ending};
use crate::exchange_id::ExchangeId;
use crate::log;
use crate::once::Attended;
use crate::plan::patience::ExitGroup;
use crate::reports::Reports;
use crate::review::{self, Entered, Review, Reviewed};
use crate::services::Services;
use crate::storm::{ClientResult, SeenRequest, Storms};
use crate::{Began, Dropped, End, Exchange, Unkept};
use attempt::OpenAttempt;
pub(crate) use attempt::client_left_waiting;

/// An exchange in progress. A drop, with its request's future, records that the client disconnected.
#[derive(Debug)]
pub(crate) struct OpenExchange(ScopeGuard<Box<Progress>, fn(Box<Progress>)>);

/// The record of an exchange, and the receivers of its end.
#[derive(Debug)]
pub(crate) struct Progress {
    draft: Draft,
    reports: Reports,
    began: Instant,
    span: Span,
    attempt: Option<OpenAttempt>,
    storm: Option<(Storms, SeenRequest)>,
    /// With the engine's address, for the sentence that names the parked request's place.
    reviewed: Option<(Reviewed, Option<SocketAddr>)>,
    /// `None`: it ends with its client.
    attended: Option<Attended>,
    /// The client's disconnect, if it occurs before it received anything.
    leaving: Option<(Services, ExitGroup)>,
    /// Its entry among the open requests of the review queue.
    entered: Option<Entered>,
}

impl OpenExchange {
    /// A request that is rejected before its plan: only its end is reported.
    pub(crate) fn rejected(reports: &Reports, began: Instant, draft: Draft) -> Self {
        reports.opened();
        Self::of(reports, began, draft, None)
    }

    pub(crate) fn begin(reports: &Reports, began: Instant, draft: Draft) -> Self {
        Self::begin_reviewed(reports, began, draft, None)
    }

    /// `reviewed`: its end decides whether its request is parked. Its reports are never dropped.
    pub(crate) fn begin_reviewed(
        reports: &Reports,
        began: Instant,
        draft: Draft,
        reviewed: Option<(Reviewed, Option<SocketAddr>)>,
    ) -> Self {
        let report = Began {
            id: draft.id,
            started: draft.started,
            client: draft.client.clone(),
            dialect: draft.dialect,
            model: draft.model.clone(),
            rehearsal: draft.rehearsal,
        };
        reports.began(report, reviewed.is_some());
        Self::of(reports, began, draft, reviewed)
    }

    fn of(
        reports: &Reports,
        began: Instant,
        draft: Draft,
        reviewed: Option<(Reviewed, Option<SocketAddr>)>,
    ) -> Self {
        let progress = Progress {
            reports: reports.clone(),
            began,
            span: log::exchange(&draft),
            draft,
            attempt: None,
            storm: None,
            reviewed,
            attended: None,
            leaving: None,
            entered: None,
        };
        Self(scopeguard::guard(Box::new(progress), |progress| {
            progress.left();
        }))
    }

    /// Its end reports how long its client waits.
    pub(crate) fn leaving(mut self, services: Services, exit_group: ExitGroup) -> Self {
        self.leaving = Some((services, exit_group));
        self
    }

    /// Until its end is reported, no run without its client begins.
    pub(crate) fn entered(mut self, entered: Option<Entered>) -> Self {
        self.entered = entered;
        self
    }

    /// It continues when its client disconnects.
    pub(crate) fn attended(mut self, attended: Attended) -> Self {
        self.attended = Some(attended);
        self
    }

    /// Its end shows whether its client sends requests in a loop.
    pub(crate) fn counted(mut self, storms: &Storms, seen: SeenRequest) -> Self {
        self.storm = Some((storms.clone(), seen));
        self
    }

    pub(crate) fn end(self, end: End) {
        ScopeGuard::into_inner(self.0).end(end);
    }

    /// Ends it, and waits until its parked request is on the disk. If this is dropped, the request is parked all the same.
    ///
    /// # Errors It cannot be stored; the reason.
    pub(crate) async fn park(self, end: End) -> Result<(), Unkept> {
        let mut progress = ScopeGuard::into_inner(self.0);
        let _entered = progress.entered.take();
        let (reports, span) = (progress.reports.clone(), progress.span.clone());
        let (exchange, review) = progress.close(end);
        let kept = reports.parked(exchange).await;
        match &kept {
            Ok(()) => log::parked(&span, &review.unwrap_or_default()),
            Err(unkept) => log::unparked(&span, unkept),
        }
        kept
    }
}

impl Deref for OpenExchange {
    type Target = Progress;

    fn deref(&self) -> &Progress {
        &self.0
    }
}

impl DerefMut for OpenExchange {
    fn deref_mut(&mut self) -> &mut Progress {
        &mut self.0
    }
}

impl Progress {
    /// Called when the client has disconnected and the exchange continues: reports the disconnect once.
    pub(crate) fn exit_group(&mut self) -> Option<ExitGroup> {
        self.leaving.take().map(|(_, exit_group)| exit_group)
    }

    /// Id in the review queue, if the exchange is parked there at this end.
    pub(crate) fn review_id(&self, end: &End) -> Option<&str> {
        self.reviewed.as_ref()?.0.parks(end)
    }

    /// The same, as a sentence of the error.
    pub(crate) fn waits(&self, end: &End) -> Option<String> {
        let (reviewed, engine) = self.reviewed.as_ref()?;
        Some(review::waits(reviewed.parks(end)?, *engine))
    }

    fn is_alone(&self) -> bool {
        self.attended.as_ref().is_some_and(Attended::is_alone)
    }

    pub(crate) fn id(&self) -> ExchangeId {
        self.draft.id
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// The client's dialect.
    pub(crate) fn dialect(&self) -> Dialect {
        self.draft.dialect
    }

    /// These candidates do not support the request.
    pub(crate) fn passed_over(&mut self, those: &[Dropped]) {
        self.draft.passed_over = those.to_vec();
    }

    /// The client has received some of the response.
    pub(crate) fn has_released(&self) -> bool {
        self.draft.bytes_out > 0
    }

    /// Another provider's response continues the message.
    pub(crate) fn restarted(&mut self) {
        self.draft.restarts += 1;
    }

    /// The response was released before its completion check.
    pub(crate) fn shown_early(&mut self) {
        self.draft.shown_early = true;
    }

    /// The status of the response to the client.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.draft.status = Some(status);
    }

    /// Bytes of the body go to the client.
    pub(crate) fn handed(&mut self, bytes: usize) {
        self.draft.bytes_out += bytes as u64;
        self.draft.ttft.get_or_insert_with(|| self.began.elapsed());
    }

    /// The current attempt ends without a response, through no fault of its provider.
    pub(crate) fn attempt_abandoned(&mut self) {
        if let Some(attempt) = self.attempt.take() {
            self.draft.attempts.push(attempt.left(self.began));
        }
    }

    fn left(mut self: Box<Self>) {
        self.attempt_abandoned();
        self.end(if std::thread::panicking() {
            End::OurFault
        } else {
            End::ClientLeft
        });
    }

    fn end(mut self: Box<Self>, end: End) {
        let _entered = self.entered.take();
        let (reports, span) = (self.reports.clone(), self.span.clone());
        let promised = self.reviewed.is_some();
        let (exchange, review) = self.close(end);
        if let Some(review) = review {
            log::parked(&span, &review);
        }
        reports.ended(exchange, promised);
    }

    /// Its record, and its id in the review queue if it is parked.
    fn close(mut self: Box<Self>, end: End) -> (Box<Exchange>, Option<String>) {
        let total = self.began.elapsed();
        let status = self.draft.status;
        self.learn(&end, total);
        let alone = self.is_alone();
        let reviewed = self.reviewed.take();
        let review = reviewed.and_then(|(reviewed, _)| reviewed.after(&end, alone));
        let parked = match &review {
            Some(Review::Parked(parked)) => Some(parked.id.clone()),
            Some(Review::Unfetched(_) | Review::Answered { .. } | Review::Drained(_)) | None => {
                None
            }
        };
        if parked.is_none() && end == End::Cut {
            log::cut(&self.span, self.draft.bytes_out);
        }
        if let Some((storms, seen)) = self.storm.take() {
            let now = self.draft.started + total;
            storms.ended(seen, ClientResult::of(&end, status), now);
        }
        (
            Box::new(self.draft.end(Ending { end, total, review })),
            parked,
        )
    }

    /// The evidence of its end about its client's timeout.
    fn learn(&mut self, end: &End, total: Duration) {
        let Some((services, exit_group)) = self.leaving.take() else {
            return;
        };
        match end {
            End::ClientLeft if self.draft.status.is_none() => services.left(exit_group, total),
            End::Complete | End::Truncated | End::Refused => services.stayed(&exit_group, total),
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

#[cfg(test)]
mod tests;
