//! What follows an event of an effect. Pure.
//!
//! A receiver that does not honour keys gets a key at most once: only a connection that was never established is retried.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// An effect that was never sent is retried for this long.
pub(crate) const RETRIED_FOR: TimeDelta = TimeDelta::hours(24);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// What the receiver promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub honours_key: bool,
    pub keeps_keys: TimeDelta,
    /// For one attempt.
    pub timeout: TimeDelta,
}

/// What is known of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Past {
    pub accepted: DateTime<Utc>,
    /// When its first byte may have been sent. None: never.
    pub first_sent: Option<DateTime<Utc>>,
    /// It was sent to the URL that is in the settings now.
    pub same_receiver: bool,
    /// Attempts that ended without a response in this run.
    pub failures: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// It waits, and its time has come.
    Due,
    /// No connection was established.
    Unreached,
    /// It was sent, and no complete response arrived.
    NoResponse,
    /// The engine ended while it was sent.
    Interrupted,
    /// A complete response.
    Response {
        status: u16,
        retry_after: Option<Duration>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Send,
    Retry(Duration),
    /// The owner decides: it may have arrived.
    ParkUnknown,
    /// The owner decides: it was never sent.
    ParkUnsent,
    Keep,
}

pub(crate) fn decide(terms: &Terms, past: &Past, event: Event, now: DateTime<Utc>) -> Action {
    match event {
        Event::Due => match past.first_sent {
            None if now - past.accepted >= RETRIED_FOR => Action::ParkUnsent,
            None => Action::Send,
            Some(_) if may_repeat(terms, past, now) => Action::Send,
            Some(_) => Action::ParkUnknown,
        },
        Event::Unreached => match past.first_sent {
            None if now - past.accepted >= RETRIED_FOR => Action::ParkUnsent,
            None => Action::Retry(pause(past.failures)),
            Some(_) => repeat(terms, past, None, now),
        },
        Event::NoResponse | Event::Interrupted => repeat(terms, past, None, now),
        Event::Response {
            status,
            retry_after,
        } if terms.honours_key && is_temporary(status, past) => {
            repeat(terms, past, retry_after, now)
        }
        Event::Response { .. } => Action::Keep,
    }
}

fn repeat(terms: &Terms, past: &Past, retry_after: Option<Duration>, now: DateTime<Utc>) -> Action {
    let pause = retry_after
        .unwrap_or_default()
        .max(pause(past.failures))
        .min(Duration::from_secs(3600));
    let then = now + TimeDelta::from_std(pause).unwrap_or_default();
    if may_repeat(terms, past, then) {
        Action::Retry(pause)
    } else {
        Action::ParkUnknown
    }
}

/// The receiver still knows the key when the last byte of a repetition arrives.
fn may_repeat(terms: &Terms, past: &Past, at: DateTime<Utc>) -> bool {
    let known_until = past.first_sent.map(|first| first + terms.keeps_keys);
    terms.honours_key
        && past.same_receiver
        && known_until.is_none_or(|until| at + terms.timeout <= until)
}

/// A response of a server in front of the receiver, or "in progress" for a repeated key. An error of the receiver itself is
/// stored by it under the key, so that a repetition gets the same.
fn is_temporary(status: u16, past: &Past) -> bool {
    match status {
        408 | 425 | 429 | 502 | 503 | 504 => true,
        409 => past.failures > 0,
        _ => false,
    }
}

/// 1 s, 2 s, 4 s … 5 min.
fn pause(failures: u32) -> Duration {
    let factor = 2u32.saturating_pow(failures.min(16));
    FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn terms(honours_key: bool) -> Terms {
        Terms {
            honours_key,
            keeps_keys: TimeDelta::hours(24),
            timeout: TimeDelta::seconds(30),
        }
    }

    fn past(first_sent: Option<i64>, failures: u32) -> Past {
        Past {
            accepted: at(0),
            first_sent: first_sent.map(at),
            same_receiver: true,
            failures,
        }
    }

    const DAY: i64 = 86_400;

    fn response(status: u16) -> Event {
        Event::Response {
            status,
            retry_after: None,
        }
    }

    #[test]
    fn every_state_and_event_has_its_action() {
        use Action::{Keep, ParkUnknown, ParkUnsent, Retry, Send};
        use Event::{Due, Interrupted, NoResponse, Unreached};
        let seconds = Duration::from_secs;
        let (never, sent) = (past(None, 0), past(Some(0), 0));
        let table = [
            // Honours keys, past, event, at, action.
            (false, never, Due, 0, Send),
            (false, never, Due, DAY, ParkUnsent),
            (false, never, Unreached, 5, Retry(seconds(1))),
            (false, past(None, 3), Unreached, 5, Retry(seconds(8))),
            (false, past(None, 60), Unreached, 5, Retry(seconds(300))),
            (false, never, Unreached, DAY, ParkUnsent),
            (false, sent, NoResponse, 5, ParkUnknown),
            (false, sent, Interrupted, 5, ParkUnknown),
            (false, sent, Due, 5, ParkUnknown),
            (false, sent, Unreached, 5, ParkUnknown),
            (false, sent, response(200), 5, Keep),
            (false, sent, response(503), 5, Keep),
            (false, sent, response(429), 5, Keep),
            (true, never, Due, 0, Send),
            (true, never, Unreached, 5, Retry(seconds(1))),
            (true, never, Unreached, DAY, ParkUnsent),
            (true, sent, NoResponse, 5, Retry(seconds(1))),
            (true, past(Some(0), 2), NoResponse, 5, Retry(seconds(4))),
            (true, sent, Interrupted, 5, Retry(seconds(1))),
            (true, sent, Unreached, 5, Retry(seconds(1))),
            (true, sent, Due, 5, Send),
            (true, sent, Due, DAY - 30, Send),
            (true, sent, Due, DAY - 29, ParkUnknown),
            (true, sent, NoResponse, DAY, ParkUnknown),
            (true, sent, response(200), 5, Keep),
            (true, sent, response(500), 5, Keep),
            (true, sent, response(503), 5, Retry(seconds(1))),
            (true, sent, response(503), DAY, ParkUnknown),
            (true, sent, response(409), 5, Keep),
            (true, past(Some(0), 1), response(409), 5, Retry(seconds(2))),
        ];
        for (honours, past, event, now, action) in table {
            let decided = decide(&terms(honours), &past, event, at(now));
            assert_eq!(decided, action, "{honours} {past:?} {event:?} {now}");
        }
    }

    #[test]
    fn a_key_that_another_receiver_got_is_not_sent_again() {
        let moved = Past {
            same_receiver: false,
            ..past(Some(0), 0)
        };
        for event in [Event::Due, Event::Interrupted, Event::NoResponse] {
            let decided = decide(&terms(true), &moved, event, at(5));
            assert_eq!(decided, Action::ParkUnknown, "{event:?}");
        }
    }

    #[test]
    fn a_receiver_states_its_pause() {
        let busy = Event::Response {
            status: 429,
            retry_after: Some(Duration::from_secs(90)),
        };
        let decided = decide(&terms(true), &past(Some(0), 0), busy, at(5));
        assert_eq!(decided, Action::Retry(Duration::from_secs(90)));
    }
}
