//! The deadlines of an attempt.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::Timers;
use crate::attempt::breaker::TimeoutLength;
use crate::attempt::failed_attempt::FailedAttempt;

/// Every measured agent gives a streamed answer up after 300 s without an event, whatever else it is sent; an exchange
/// must have something to give before.
pub(crate) const CLIENTS_WAIT: Duration = Duration::from_secs(270);

/// How long a client of a stream waits for its first event. `waits`: as far as it is known.
pub(crate) fn stream_wait(waits: Option<Duration>) -> Duration {
    waits.map_or(CLIENTS_WAIT, |waits| CLIENTS_WAIT.min(waits * 9 / 10))
}
/// How long a provider may think before the client gets a keep-alive, if the thinking is not passed on. Until then another
/// candidate can still answer instead.
const LATE: Duration = Duration::from_secs(120);
/// The shortest time of an attempt, however late in its exchange.
const AT_LEAST: Duration = Duration::from_secs(15);

/// The timeout of a model that timed out lately, where it is not the only one.
const BRIEF: Duration = Duration::from_secs(30);

/// How long the first content of a stream is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// It timed out lately, and another candidate is left or was used.
    Brief,
    Usual,
    /// No other candidate is left, and it has not timed out lately.
    LastCandidate,
}

/// A candidate's share of its client's patience.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientWait {
    /// Since when the client has received nothing; `None`: it gets keep-alives.
    pub(crate) since: Option<Instant>,
    pub(crate) waits: Option<Duration>,
    /// When the next candidate has its turn.
    pub(crate) until: Option<Instant>,
}

/// The client of a request that continues without it.
#[derive(Clone, Debug)]
pub(crate) struct Left {
    pub(crate) gone: watch::Receiver<bool>,
    /// A wait of this length is the provider's timeout.
    pub(crate) unanswered_after: Duration,
}

/// Why no response headers are waited for any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Abandoned {
    TooLate,
    /// The client has left, after a wait of that length.
    Left,
}

#[derive(Clone, Debug)]
pub(crate) struct Deadlines {
    began: Instant,
    pub(crate) headers: Instant,
    pub(crate) content: Instant,
    pub(crate) end: Instant,
    /// What it proves when they pass; None: nothing, there was little time, or a document may rightly take more.
    timeout_length: Option<TimeoutLength>,
    /// `None`: its end is awaited, with or without a client.
    left: Option<Left>,
}

impl Deadlines {
    /// A request that is not streamed may rightly take minutes before its headers.
    pub(crate) fn new(
        began: Instant,
        client: ClientWait,
        streamed: bool,
        patience: Patience,
        left: Option<Left>,
        timers: &Timers,
    ) -> Self {
        let end = began + timers.total;
        let least = |wait: Duration| began + wait.min(AT_LEAST);
        if !streamed {
            let until = client.until.map(|until| until.max(least(timers.total)));
            let end = until.map_or(end, |until| end.min(until));
            return Self {
                began,
                headers: end,
                content: end,
                end,
                timeout_length: None,
                left,
            };
        }
        let is_last_candidate = patience == Patience::LastCandidate;
        let patience = match patience {
            Patience::Brief => timers.first_content.min(BRIEF),
            Patience::Usual => timers.first_content,
            Patience::LastCandidate => timers.last_candidate_first_content,
        };
        let abandons_at = client.since.map(|since| since + stream_wait(client.waits));
        let content = [abandons_at, client.until]
            .into_iter()
            .flatten()
            .fold(began + patience, Instant::min)
            .max(least(patience));
        let wait = content - began;
        let timeout_length = if is_last_candidate && wait * 4 >= patience * 3 {
            Some(TimeoutLength::Long)
        } else {
            (wait >= timers.headers).then_some(TimeoutLength::Usual)
        };
        Self {
            began,
            headers: if is_last_candidate {
                content
            } else {
                content.min(began + timers.headers)
            },
            content,
            end,
            timeout_length,
            left,
        }
    }

    /// # Errors
    /// A deadline passed before a result.
    pub(crate) async fn headers<T>(
        &self,
        sending: impl Future<Output = T>,
    ) -> Result<T, Abandoned> {
        tokio::select! {
            biased;
            sent = sending => Ok(sent),
            () = sleep_until(self.headers) => Err(Abandoned::TooLate),
            () = self.client_left_waiting() => Err(Abandoned::Left),
        }
    }

    async fn client_left_waiting(&self) {
        let Some(Left {
            gone,
            unanswered_after,
        }) = &self.left
        else {
            return std::future::pending().await;
        };
        let mut gone = gone.clone();
        loop {
            // The sender is gone, and so is the request.
            if gone.wait_for(|gone| *gone).await.is_err() {
                return std::future::pending().await;
            }
            sleep_until(self.began + *unanswered_after).await;
            if *gone.borrow() {
                return;
            }
        }
    }

    /// Nothing came while its client was there.
    pub(crate) fn left(&self) -> FailedAttempt {
        let message = crate::open::client_left_waiting(self.began.elapsed());
        FailedAttempt::timed_out(message, Some(TimeoutLength::Usual))
    }

    /// It is high time that the client got a sign of life.
    pub(crate) fn is_late(&self) -> bool {
        self.began.elapsed() >= LATE
    }

    pub(crate) fn too_late(&self, what: &str) -> FailedAttempt {
        let seconds = self.began.elapsed().as_secs();
        let message = format!("timeout: no {what} within {seconds} s");
        FailedAttempt::timed_out(message, self.timeout_length)
    }
}
