//! The deadlines of an attempt.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::Timers;
use crate::attempt::breaker::TimeoutLength;
use crate::attempt::failed_attempt::FailedAttempt;
use crate::late;

/// Every measured agent closes a streamed response after 300 s without an event, whatever else is sent; an exchange must have
/// content before that.
pub(crate) const CLIENTS_WAIT: Duration = Duration::from_secs(270);

/// How long a client of a stream waits for its first event. `waits`: its timeout, if known.
pub(crate) fn stream_wait(waits: Option<Duration>) -> Duration {
    waits.map_or(CLIENTS_WAIT, |waits| CLIENTS_WAIT.min(waits * 9 / 10))
}
/// How long a provider may send only thinking that is not released before the client gets a keep-alive. Until then another
/// candidate can still answer instead.
const LATE: Duration = Duration::from_secs(120);
/// The shortest timeout of an attempt, however late in its exchange.
const AT_LEAST: Duration = Duration::from_secs(15);

/// The timeout of a model that timed out recently, if it is not the only candidate.
const BRIEF: Duration = Duration::from_secs(30);

/// The timeout for the first content of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// It timed out recently, and another candidate is left or was used.
    Brief,
    Usual,
    /// No other candidate is left, and it has not timed out recently.
    LastCandidate,
}

/// A candidate's share of its client's timeout.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientWait {
    /// The time since which the client has received nothing; `None`: it gets keep-alives.
    pub(crate) since: Option<Instant>,
    pub(crate) waits: Option<Duration>,
    /// When the next candidate is used.
    pub(crate) until: Option<Instant>,
}

/// The client of a request that continues without it.
#[derive(Clone, Debug)]
pub(crate) struct Left {
    pub(crate) gone: watch::Receiver<bool>,
    /// A wait of this length counts as the provider's timeout.
    pub(crate) unanswered_after: Duration,
}

/// Why the attempt stops waiting for response headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Abandoned {
    TooLate,
    /// The client has disconnected after a wait of that length.
    Left,
}

#[derive(Clone, Debug)]
pub(crate) struct Deadlines {
    began: Instant,
    pub(crate) headers: Instant,
    pub(crate) content: Instant,
    pub(crate) end: Instant,
    /// The evidence when they expire; `None`: none, because little time was left, or because a document may take longer.
    timeout_length: Option<TimeoutLength>,
    /// `None`: its end is awaited, with or without a client.
    left: Option<Left>,
}

impl Deadlines {
    /// The headers of a request that is not streamed may take minutes.
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
            () = late::passed(self.headers) => Err(Abandoned::TooLate),
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
            // The sender has been dropped, and the request with it.
            if gone.wait_for(|gone| *gone).await.is_err() {
                return std::future::pending().await;
            }
            sleep_until(self.began + *unanswered_after).await;
            if *gone.borrow() {
                return;
            }
        }
    }

    /// Nothing arrived while its client was connected.
    pub(crate) fn left(&self) -> FailedAttempt {
        let message = crate::open::client_left_waiting(self.began.elapsed());
        FailedAttempt::timed_out(message, Some(TimeoutLength::Usual))
    }

    /// The client needs a keep-alive soon.
    pub(crate) fn is_late(&self) -> bool {
        self.began.elapsed() >= LATE
    }

    pub(crate) fn too_late(&self, what: &str) -> FailedAttempt {
        let seconds = self.began.elapsed().as_secs();
        let message = format!("timeout: no {what} within {seconds} s");
        FailedAttempt::timed_out(message, self.timeout_length)
    }
}
