//! An answer that breaks off goes on as another one, in the same message.

use bytes::Bytes;
use wire::{CannotRestart, Told};

use super::{Current, Delivery, KEEP_ALIVE};
use crate::attempt::fallback::Answered;
use crate::attempt::lost::Lost;
use crate::attempt::won::Won;
use crate::deliver::outlet::{Gone, Outlet};
use crate::{Candidate, Restart};

impl Delivery {
    /// The same bytes, or what they become in a message that another answer began.
    pub(super) fn spliced(&mut self, bytes: Bytes) -> (Bytes, Option<CannotRestart>) {
        let Some(splice) = &mut self.current.splice else {
            return (bytes, None);
        };
        let mut out = Vec::with_capacity(bytes.len());
        let refused = splice.pass(&bytes, &mut out).err();
        (out.into(), refused)
    }

    pub(super) fn cannot_go_on(&self, why: &CannotRestart) -> Lost {
        let report = self.current.answer.report();
        match why {
            CannotRestart::Broken(broken) => {
                Lost::broken(&self.fallback.admitted.config.rules, broken, &report)
            }
            ours => Lost::unfit(ours.to_string(), &report),
        }
    }

    /// The answer broke off in the middle: another one goes on in the same message, where that is possible. The inner
    /// error says why the connection is to be broken off.
    pub(super) async fn go_on(&mut self, lost: Lost) -> Result<Result<(), String>, Gone> {
        let why = lost.message.clone();
        let restart = self.restart();
        self.current.broken = true;
        let permit = self.current.permit.take();
        self.fallback.failed(&self.current.candidate, permit, lost);
        let Some(restart) = restart else {
            return Ok(Err(why));
        };
        let next = self.fallback.resume(restart.forbids_tool_calls());
        let told = self.told.as_ref();
        let Ok(answered) = while_alive(next, &self.outlet, || sign_of_life(told)).await? else {
            return Ok(Err(why));
        };
        let Won::Stream { answer, ended, .. } = answered.won else {
            return Ok(Err(why));
        };
        let notice = self.notice(&answered.candidate);
        let timers = &self.fallback.admitted.config.timers;
        let Answered {
            candidate, permit, ..
        } = answered;
        if let Some(session) = &self.fallback.admitted.session {
            self.fallback.services.answered(session.clone(), &candidate);
        }
        self.current = Current::new(candidate, permit, answer, ended, timers);
        let (mut opening, splice) = restart.open(&notice);
        self.current.splice = Some(splice);
        // What cannot go on shows itself at once where all of it has arrived, and then nothing is said of it.
        while let Some(bytes) = self.current.answer.next_ready() {
            let (bytes, refused) = self.spliced(bytes);
            if let Some(refused) = refused {
                let lost = self.cannot_go_on(&refused);
                self.current.broken = true;
                let permit = self.current.permit.take();
                self.fallback.failed(&self.current.candidate, permit, lost);
                return Ok(Err(why));
            }
            opening.extend_from_slice(&bytes);
        }
        self.fallback.exchange.restarted();
        self.give(opening.into()).await?;
        Ok(Ok(()))
    }

    /// May another answer go on in this message?
    fn restart(&self) -> Option<wire::Restart> {
        let told = self.told.as_ref()?;
        match self.fallback.admitted.plan.restart {
            Restart::Never => return None,
            Restart::AfterBlock if !told.has_completed_block() => return None,
            Restart::AfterBlock | Restart::Always => {}
        }
        match told.restart(&self.fallback.admitted.ask) {
            Ok(restart) => Some(restart),
            Err(why) => {
                tracing::info!(%why, "the answer cannot go on with another provider's");
                None
            }
        }
    }

    /// What people call whoever answers.
    pub(super) fn product(&self, candidate: &Candidate) -> &str {
        let endpoints = &self.fallback.admitted.config.endpoints;
        let endpoint = endpoints.get(&candidate.endpoint);
        endpoint.map_or("the provider", |endpoint| endpoint.product.as_str())
    }

    /// What the person who reads the answer is told.
    fn notice(&self, next: &Candidate) -> String {
        let (lost, next) = (self.product(&self.current.candidate), self.product(next));
        if lost == next {
            format!("[Understudy: {lost} broke off in the middle; its answer begins again.]")
        } else {
            format!("[Understudy: {lost} broke off in the middle; {next} begins again.]")
        }
    }
}

/// Waits for something while the client is given signs of life.
///
/// # Errors
/// [`Gone`]: the client has left.
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

/// Bytes that change nothing for the client.
pub(super) fn sign_of_life(told: Option<&Told>) -> Bytes {
    told.map(Told::keep_alive)
        .filter(|sign| !sign.is_empty())
        .map_or(Bytes::from_static(b": waiting\n\n"), Bytes::from)
}
