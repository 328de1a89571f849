//! When an attempt is given up.

use std::time::Duration;

use tokio::time::Instant;

use crate::Timers;
use crate::attempt::breaker::Silence;
use crate::attempt::lost::Lost;

/// Every measured agent gives a streamed answer up after 300 s without an event, whatever else it is sent; an exchange
/// must have something to give before.
pub(crate) const CLIENTS_WAIT: Duration = Duration::from_secs(270);
/// How long a provider may think before the client is given a sign of life, should it not be shown the thinking. As long as it is
/// given nothing, another candidate can still answer instead.
const LATE: Duration = Duration::from_secs(120);
/// What an attempt is given however late in its exchange it comes.
const AT_LEAST: Duration = Duration::from_secs(15);

/// What a provider is given that has proved silent, where it is not the only one.
const BRIEF: Duration = Duration::from_secs(30);

/// How long the first content of a stream is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// It is known to wait in vain, and somebody else can be asked or was.
    Brief,
    Usual,
    /// Nobody is left to ask instead, and it is not known to wait in vain.
    Utmost,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadlines {
    began: Instant,
    pub(crate) headers: Instant,
    pub(crate) content: Instant,
    pub(crate) end: Instant,
    /// What it proves when they pass; None: nothing, there was little time, or a document may rightly take more.
    silence: Option<Silence>,
}

impl Deadlines {
    /// A request that is not streamed may rightly take minutes before its headers. `waits`: since when the
    /// client has been shown nothing; None: it is given signs of life.
    pub(crate) fn new(
        began: Instant,
        waits: Option<Instant>,
        streamed: bool,
        patience: Patience,
        timers: &Timers,
    ) -> Self {
        let end = began + timers.total;
        if !streamed {
            return Self {
                began,
                headers: end,
                content: end,
                end,
                silence: None,
            };
        }
        let utmost = patience == Patience::Utmost;
        let patience = match patience {
            Patience::Brief => timers.first_content.min(BRIEF),
            Patience::Usual => timers.first_content,
            Patience::Utmost => timers.last_candidate_first_content,
        };
        let given_up = waits.map(|since| since + CLIENTS_WAIT);
        let content = given_up
            .map_or(began + patience, |at| at.min(began + patience))
            .max(began + patience.min(AT_LEAST));
        let wait = content - began;
        let silence = if utmost && wait * 4 >= patience * 3 {
            Some(Silence::Long)
        } else {
            (wait >= timers.headers).then_some(Silence::Usual)
        };
        Self {
            began,
            headers: if utmost {
                content
            } else {
                content.min(began + timers.headers)
            },
            content,
            end,
            silence,
        }
    }

    /// It is high time that the client got a sign of life.
    pub(crate) fn is_late(&self) -> bool {
        self.began.elapsed() >= LATE
    }

    pub(crate) fn too_late(&self, what: &str) -> Lost {
        let seconds = self.began.elapsed().as_secs();
        let message = format!("it was silent for {seconds} s, waiting for {what}");
        Lost::silent(message, self.silence)
    }
}
