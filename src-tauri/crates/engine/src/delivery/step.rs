//! The next step of a delivery. Pure.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ledger::{Delivery, NextDelivery};

use super::meaning::Step;
use super::target::Target;
use super::{n8n, webhook};

/// Pauses after each attempt; after the last, the owner decides.
const PAUSES: [TimeDelta; 4] = [
    TimeDelta::seconds(5),
    TimeDelta::seconds(30),
    TimeDelta::minutes(2),
    TimeDelta::minutes(10),
];

/// A receiver's `Retry-After` is followed up to this.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);

/// What an attempt brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Answered {
        status: u16,
        retry_after: Option<Duration>,
        /// Its beginning.
        body: String,
    },
    /// No connection: nothing was sent.
    NoConnection,
    /// It was sent, and no answer came.
    NoAnswer,
    /// It cannot be sent; the reason.
    Impossible(&'static str),
}

/// An attempt to deliver.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub id: String,
    pub target: Target,
    /// Attempts so far, with this one.
    pub runs: u64,
    /// An earlier attempt may have arrived.
    pub maybe_arrived: bool,
}

/// Whether to send now. `Some`: the result of an attempt that a crash cut off, at a receiver that does not remove doubles.
pub(crate) fn before(
    target: &Target,
    maybe_arrived: bool,
    now: DateTime<Utc>,
) -> Option<NextDelivery> {
    (maybe_arrived && !target.removes_doubles()).then(|| NextDelivery {
        state: Delivery::Unknown,
        at: now,
        note: "An attempt may have arrived, and this receiver could do its work twice, so it is not sent again.".into(),
    })
}

/// `attempts`: those so far. `maybe_arrived`: an earlier one may have arrived.
pub(crate) fn after(
    target: &Target,
    sent: &Sent,
    (attempts, maybe_arrived): (u64, bool),
    now: DateTime<Utc>,
) -> NextDelivery {
    let (step, wanted) = match sent {
        Sent::Answered {
            status,
            retry_after,
            body,
        } => {
            let step = match target {
                // A webhook may be one of n8n too.
                _ if n8n::is_starting(*status, body) => n8n::STARTING,
                Target::Webhook { .. } => webhook::answered(*status),
                Target::Wait(_) => n8n::resumed(*status, body, maybe_arrived),
                Target::Other(_) => webhook::answered(*status),
            };
            (step, *retry_after)
        }
        Sent::NoConnection => (
            Step::Again("There was no connection to the receiver."),
            None,
        ),
        Sent::NoAnswer => (Step::Unclear("The receiver did not answer in time."), None),
        Sent::Impossible(why) => (Step::Stop(why), None),
    };
    let ended = |state, note: String| NextDelivery {
        state,
        at: now,
        note,
    };
    let (why, arrived) = match step {
        Step::Done => {
            return ended(
                Delivery::Delivered,
                format!("Delivered to {}.", target.name()),
            );
        }
        Step::Stop(why) => return ended(Delivery::Failed, why.to_owned()),
        Step::Unclear(why) if !target.removes_doubles() => {
            let note = format!(
                "{why} It may have arrived, and this receiver could do its work twice, so it is not sent again."
            );
            return ended(Delivery::Unknown, note);
        }
        Step::Unclear(why) => (why, true),
        Step::Again(why) => (why, maybe_arrived),
    };
    let pause = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let Some(pause) = PAUSES.get(pause) else {
        let may = if arrived { " It may have arrived." } else { "" };
        return ended(
            Delivery::Failed,
            format!("{why} No further attempt after {attempts}.{may}"),
        );
    };
    let wanted = wanted.and_then(|wanted| TimeDelta::from_std(wanted).ok());
    let pause = wanted.map_or(*pause, |wanted| wanted.clamp(*pause, LONGEST_PAUSE));
    NextDelivery {
        // After a crash too, it is known that an attempt may have arrived.
        state: match arrived {
            true => Delivery::Sending,
            false => Delivery::Ready,
        },
        at: now + pause,
        note: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use catalog::Secret;

    use super::*;

    fn webhook() -> Target {
        Target::Webhook {
            url: "https://leads.example".into(),
            secret: Secret::new("s"),
        }
    }

    fn wait() -> Target {
        Target::of_resume_url("https://n8n.example/w?signature=ab")
    }

    fn other() -> Target {
        Target::of_resume_url("https://flows.example/w")
    }

    fn status(status: u16) -> Sent {
        Sent::Answered {
            status,
            retry_after: None,
            body: String::new(),
        }
    }

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    #[test]
    fn attempts_have_growing_pauses_and_an_end() {
        let mut pauses = Vec::new();
        for runs in 1..=4 {
            let next = after(&webhook(), &Sent::NoConnection, (runs, false), now());
            assert_eq!(next.state, Delivery::Ready);
            pauses.push((next.at - now()).num_seconds());
        }
        assert_eq!(pauses, [5, 30, 120, 600]);
        let last = after(&webhook(), &Sent::NoConnection, (5, false), now());
        assert_eq!(last.state, Delivery::Failed);
        assert_eq!(
            last.note,
            "There was no connection to the receiver. No further attempt after 5."
        );
    }

    #[test]
    fn a_retry_after_is_followed_up_to_an_hour() {
        for (wanted_s, pause) in [(1, 5), (60, 60), (86_400, 3600)] {
            let sent = Sent::Answered {
                status: 503,
                retry_after: Some(Duration::from_secs(wanted_s)),
                body: String::new(),
            };
            let next = after(&webhook(), &sent, (1, false), now());
            assert_eq!((next.at - now()).num_seconds(), pause);
        }
    }

    #[test]
    fn an_unknown_outcome_is_repeated_only_where_doubles_are_removed() {
        for sent in [Sent::NoAnswer, status(500)] {
            for target in [webhook(), wait()] {
                let next = after(&target, &sent, (1, false), now());
                assert_eq!(next.state, Delivery::Sending, "{target:?} {sent:?}");
                assert_eq!(before(&target, true, now()), None);
            }
            let next = after(&other(), &sent, (1, false), now());
            assert_eq!(next.state, Delivery::Unknown);
        }
        assert_eq!(before(&other(), false, now()), None);
        let crashed = before(&other(), true, now()).unwrap();
        assert_eq!(crashed.state, Delivery::Unknown);
    }

    #[test]
    fn a_wait_that_is_over_after_an_unknown_outcome_was_resumed_by_us() {
        let sent = Sent::Answered {
            status: 404,
            retry_after: None,
            body: "does not contain a waiting webhook with a matching path/method".into(),
        };
        let delivered = after(&wait(), &sent, (2, true), now());
        assert_eq!(delivered.state, Delivery::Delivered);
        assert_eq!(
            delivered.note,
            "Delivered to the workflow that waited for it."
        );
        let never = after(&wait(), &sent, (1, false), now());
        assert_eq!(never.state, Delivery::Failed);
    }

    #[test]
    fn a_call_that_n8n_answered_during_its_start_is_repeated() {
        let sent = Sent::Answered {
            status: 200,
            retry_after: None,
            body: "n8n is starting up. Please wait".into(),
        };
        for target in [webhook(), wait(), other()] {
            let next = after(&target, &sent, (1, false), now());
            assert_eq!(next.state, Delivery::Ready, "{target:?}");
            assert_eq!(next.note, "n8n is starting.");
        }
    }

    /// A call before the Wait node is reached shows nothing; an unknown outcome before it is remembered.
    #[test]
    fn an_earlier_unknown_outcome_is_remembered() {
        let running = Sent::Answered {
            status: 409,
            retry_after: None,
            body: "is running already".into(),
        };
        assert_eq!(
            after(&wait(), &running, (1, false), now()).state,
            Delivery::Ready
        );
        assert_eq!(
            after(&wait(), &running, (2, true), now()).state,
            Delivery::Sending
        );
    }
}
