//! Another response continues a truncated one in the same message.

use bytes::Bytes;
use wire::{CannotRestart, ReleasedResponse};

use super::current::Current;
use super::{Delivery, KEEP_ALIVE};
use crate::Candidate;
use crate::attempt::attempt_response::AttemptResponse;
use crate::attempt::failed_attempt::FailedAttempt;
use crate::attempt::fallback::Answered;
use crate::deliver::hold::Gate;
use crate::deliver::hold::RestartAt;
use crate::deliver::outlet::{Gone, Outlet};
use crate::log;

impl Delivery {
    /// The bytes unchanged, or rewritten for a message that another response began.
    pub(super) fn spliced(&mut self, bytes: Bytes) -> (Bytes, Option<CannotRestart>) {
        let Some(splice) = &mut self.current.splice else {
            return (bytes, None);
        };
        let mut out = Vec::with_capacity(bytes.len());
        let refused = splice.pass(&bytes, &mut out).err();
        (out.into(), refused)
    }

    pub(super) fn cannot_continue(&self, why: &CannotRestart) -> FailedAttempt {
        let report = self.current.answer.report();
        match why {
            CannotRestart::Broken(broken) => {
                FailedAttempt::broken(&self.fallback.admitted.config.rules, broken, &report)
            }
            ours @ (CannotRestart::NothingReleased
            | CannotRestart::WithinEvent
            | CannotRestart::Unreadable
            | CannotRestart::Ended
            | CannotRestart::StructuredOutput
            | CannotRestart::WithinThinking
            | CannotRestart::ToolCallBegun
            | CannotRestart::ToolCallDelivered
            | CannotRestart::ToolWithoutResult
            | CannotRestart::WithinBlock(_)
            | CannotRestart::Refusing
            | CannotRestart::SeveralChoices
            | CannotRestart::TooLong(_)
            | CannotRestart::ToolCallWithoutThinking) => {
                FailedAttempt::unfit(ours.to_string(), &report)
            }
        }
    }

    /// The response was truncated: another one continues in the same message, if that is possible. The inner error is the
    /// reason to abort the connection.
    pub(super) async fn continue_with_next(
        &mut self,
        failed_attempt: FailedAttempt,
    ) -> Result<Result<(), String>, Gone> {
        let why = failed_attempt.message.clone();
        let restart = self.restart();
        self.current.broken = true;
        let permit = self.current.permit.take();
        self.fallback
            .failed(&self.current.candidate, permit, failed_attempt, false);
        let Some(restart) = restart else {
            return Ok(Err(why));
        };
        let next = self.fallback.resume(restart.forbids_tool_calls());
        let sign = usage_keep_alive(self.released.as_ref(), self.heeds_no_pings);
        let Ok(answered) = while_alive(next, &self.outlet, || sign.clone()).await? else {
            return Ok(Err(why));
        };
        let AttemptResponse::Stream { answer, ended, .. } = answered.response else {
            return Ok(Err(why));
        };
        let notification = self.notification(&answered.candidate);
        let timers = &self.fallback.admitted.config.timers;
        let Answered {
            candidate, permit, ..
        } = answered;
        if let Some(session) = &self.fallback.admitted.session {
            self.fallback.services.answered(session.clone(), &candidate);
            if notification.is_some() {
                self.fallback.services.announced(session);
            }
        }
        let from = self.current.candidate.clone();
        self.current = Current::new(candidate, permit, answer, ended, timers);
        let (mut opening, splice) = restart.open(notification.as_deref());
        self.current.splice = Some(splice);
        // If all of a response has arrived, its inability to continue is detected at once, and nothing of it is written.
        while let Some(bytes) = self.current.answer.next_ready() {
            let (bytes, refused) = self.spliced(bytes);
            if let Some(refused) = refused {
                let failed_attempt = self.cannot_continue(&refused);
                self.current.broken = true;
                let permit = self.current.permit.take();
                self.fallback
                    .failed(&self.current.candidate, permit, failed_attempt, false);
                return Ok(Err(why));
            }
            opening.extend_from_slice(&bytes);
        }
        self.fallback.exchange.restarted();
        let span = self.fallback.exchange.span();
        log::restarted(span, &from, &self.current.candidate);
        // The line of the restart names the new provider, and the held part of an event belongs to the truncated response.
        self.announcing = None;
        self.give(opening.into()).await?;
        Ok(Ok(()))
    }

    /// Bytes that change nothing for the client and keep the connection open.
    pub(super) fn usage_keep_alive(&self) -> Bytes {
        usage_keep_alive(self.released.as_ref(), self.heeds_no_pings)
    }

    /// The restart, if another response may continue this message.
    fn restart(&self) -> Option<wire::Restart> {
        let passing = &self.fallback.admitted.passing;
        let released = self
            .released
            .as_ref()
            .filter(|_| passing.gate != Gate::Nothing)?;
        let at_held_call = self.current.answer.holds_call();
        let may = match passing.on_break.restart {
            RestartAt::Never => false,
            RestartAt::BeforeText => released.is_before_text() || at_held_call,
            RestartAt::FinishedBlock => released.has_completed_block() || at_held_call,
            RestartAt::Anywhere => true,
        };
        if !may {
            return None;
        }
        match released.restart(&self.fallback.admitted.ask) {
            Ok(restart) => Some(restart),
            Err(why) => {
                let _within = self.fallback.exchange.span().enter();
                tracing::info!(%why, "no restart in place is possible");
                None
            }
        }
    }

    /// The product name of a candidate.
    pub(super) fn product(&self, candidate: &Candidate) -> &str {
        let endpoints = &self.fallback.admitted.config.endpoints;
        let endpoint = endpoints.get(&candidate.endpoint);
        endpoint.map_or("the provider", |endpoint| endpoint.product.as_str())
    }

    /// The line for the user who reads the response; `None`: an application reads it.
    fn notification(&self, next: &Candidate) -> Option<String> {
        if !self.fallback.admitted.passing.on_break.note {
            return None;
        }
        let (failed, next) = (self.product(&self.current.candidate), self.product(next));
        Some(if failed == next {
            format!("[Understudy: {failed} ended in the middle; its response begins again.]")
        } else {
            format!("[Understudy: {failed} ended in the middle; {next} begins again.]")
        })
    }
}

/// Waits for a future while the client gets keep-alives.
///
/// # Errors [`Gone`]: the client has disconnected.
async fn while_alive<T>(
    something: impl Future<Output = T>,
    outlet: &Outlet,
    sign: impl Fn() -> Bytes,
) -> Result<T, Gone> {
    let mut something = std::pin::pin!(something);
    loop {
        match tokio::time::timeout(KEEP_ALIVE, &mut something).await {
            Ok(found) => return Ok(found),
            Err(_) => drop(outlet.give(sign()).await?),
        }
    }
}

fn usage_keep_alive(released: Option<&ReleasedResponse>, heeds_no_pings: bool) -> Bytes {
    let sign = released.map(if heeds_no_pings {
        ReleasedResponse::usage_keep_alive
    } else {
        ReleasedResponse::keep_alive
    });
    sign.filter(|sign| !sign.is_empty())
        .map_or(Bytes::from_static(b": waiting\n\n"), Bytes::from)
}
