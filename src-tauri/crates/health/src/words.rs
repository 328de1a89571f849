use chrono::{DateTime, FixedOffset, Offset, Utc};

use crate::{FailureKind, Level, OurFault, Unknown, Unreadable};

/// How times are told to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// The owner's distance from UTC. At zero, times say that they are UTC: "20:04 UTC".
    pub offset: FixedOffset,
}

impl Default for Words {
    fn default() -> Self {
        Self { offset: Utc.fix() }
    }
}

impl Words {
    /// "20:04", with the day when that is not today: "28 Apr 17:41 UTC".
    pub(crate) fn time(self, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let (at, now) = (
            at.with_timezone(&self.offset),
            now.with_timezone(&self.offset),
        );
        let day = if at.date_naive() == now.date_naive() {
            ""
        } else {
            "%-d %b "
        };
        let zone = if self.offset.local_minus_utc() == 0 {
            " UTC"
        } else {
            ""
        };
        at.format(&format!("{day}%H:%M{zone}")).to_string()
    }
}

pub(crate) fn level(level: Level) -> &'static str {
    match level {
        Level::Operational => "operational",
        Level::Maintenance => "maintenance",
        Level::Degraded => "degraded",
        Level::PartialOutage => "partial outage",
        Level::MajorOutage => "major outage",
    }
}

/// What follows "unknown, ".
pub(crate) fn unknown(why: Unknown, unreadable: Option<&Unreadable>) -> String {
    match why {
        Unknown::NotYetLooked => "nothing has been read yet".to_owned(),
        Unknown::Offline => "since this machine is offline".to_owned(),
        Unknown::Stale => "since the last reading is too old to speak for now".to_owned(),
        Unknown::PageUnreadable => match unreadable {
            None => "since the status page cannot be read".to_owned(),
            Some(Unreadable::Offline) => {
                "since the status page was out of reach while this machine was offline".to_owned()
            }
            Some(Unreadable::Unreachable(detail)) => {
                format!("since the status page does not answer ({detail})")
            }
            Some(Unreadable::Blocked(detail)) => {
                format!("since the status page refuses to be read ({detail})")
            }
            Some(Unreadable::NotThePage(detail)) => {
                format!("since what answered is not the status page ({detail})")
            }
        },
    }
}

/// What happened to several calls that failed alike: "3 of 3 probes …".
pub(crate) fn failure(kind: FailureKind) -> String {
    match kind {
        FailureKind::Connect => "could not connect".to_owned(),
        FailureKind::Silent => "got no answer in time".to_owned(),
        FailureKind::Status(code) => format!("answered with {code}"),
        FailureKind::Cut => "cut mid-stream".to_owned(),
        FailureKind::Stalled => "stalled mid-stream".to_owned(),
        FailureKind::ErrorEvent => "ended in an error event".to_owned(),
        FailureKind::Malformed => "got no valid answer".to_owned(),
    }
}

/// What follows "a problem of ours: ".
pub(crate) fn our_fault(fault: OurFault, words: Words, now: DateTime<Utc>) -> String {
    match fault {
        OurFault::Credential => "the key is refused".to_owned(),
        OurFault::Quota => "the quota is used up".to_owned(),
        OurFault::RateLimit => "the rate limit is reached".to_owned(),
        OurFault::Limit { until: Some(until) } => {
            format!("the limit is reached until {}", words.time(until, now))
        }
        OurFault::Limit { until: None } => "the limit is reached".to_owned(),
        OurFault::Request => "the request is refused as invalid".to_owned(),
        OurFault::ModelGone => "the model is not offered to this key".to_owned(),
    }
}

/// "a", "a and b", "a, b and c".
pub(crate) fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

pub(crate) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
