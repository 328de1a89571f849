//! May a parked request be sent again by the drain now? Pure.

use chrono::{DateTime, TimeDelta, Utc};
use impact::Schedule;
use ledger::{Delivery, Drainable, Resume};

use crate::settings::{Drain, Receiver};

/// What an open item waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Waits {
    /// Its turn has come.
    Nothing,
    /// For the item before it.
    Turn(DateTime<Utc>),
    Running,
    /// Its response is on the way to its receiver; the next attempt.
    Delivery(DateTime<Utc>),
    /// The receiver refused it; the reason.
    Refused(String),
    /// It was sent, and it is not known whether it arrived.
    Unknown,
    /// Its caller has to fetch the response.
    Caller,
    /// For the owner's answer: another body with its key was answered by this exchange.
    Similar(i64),
    NoReceiver,
    /// The request named no URL, and the pipeline has no other receiver.
    NoAddress,
    /// The request named a URL that is not allowed.
    BadAddress,
    SwitchedOff,
    /// Its request is not stored.
    NotStored,
    TooOld(TimeDelta),
    RunsUsed(u64),
    Hours(DateTime<Utc>),
    /// The engine is paused or stopping.
    Paused,
    /// No success of the model was observed after its failure.
    Model(String),
    /// No candidate can answer with a kept key; the reason.
    NoCandidate(String),
    /// The client's login was a subscription, and a paid key needs the owner's consent.
    Consent,
    /// The daily cap is used up.
    Cap(DateTime<Utc>),
}

/// The candidate that would answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answerer {
    Ready,
    Failing { model: String },
    NoConsent,
    CapUsed { until: DateTime<Utc> },
    Missing { why: String },
}

/// Everything that the decision depends on.
pub(crate) struct Facts<'a> {
    pub item: &'a Drainable,
    pub drain: &'a Drain,
    pub hours: Option<&'a Schedule>,
    pub answerer: &'a Answerer,
    /// The next turn of its pipeline.
    pub turn: DateTime<Utc>,
    pub running: bool,
    pub paused: bool,
}

/// Where the response of this item goes.
pub(crate) fn receiver<'a>(
    resume: Option<&Resume>,
    drain: &'a Drain,
) -> Result<Option<&'a Receiver>, Waits> {
    // The request's own address goes before the pipeline's.
    match (resume, &drain.receiver) {
        (Some(Resume::Url(_)), _) => Ok(Some(&Receiver::Resume)),
        (_, Some(receiver @ (Receiver::Webhook { .. } | Receiver::Fetch))) => Ok(Some(receiver)),
        (Some(Resume::Refused), _) => Err(Waits::BadAddress),
        (None, Some(Receiver::Resume)) => Err(Waits::NoAddress),
        (None, None) => Ok(None),
    }
}

pub(crate) fn waits(facts: &Facts<'_>, now: DateTime<Utc>) -> Waits {
    let (row, drain) = (&facts.item.row, facts.drain);
    match row.delivery {
        Some(Delivery::Unknown) => return Waits::Unknown,
        Some(Delivery::Failed) => {
            return Waits::Refused(row.delivery_note.clone().unwrap_or_default());
        }
        Some(Delivery::Ready | Delivery::Sending) => {
            return Waits::Delivery(row.delivery_at.unwrap_or(now));
        }
        Some(Delivery::Delivered) | None => {}
    }
    if facts.running {
        return Waits::Running;
    }
    let receiver = match receiver(row.resume.as_ref(), drain) {
        Ok(None) => return Waits::NoReceiver,
        Ok(Some(receiver)) => receiver,
        Err(waits) => return waits,
    };
    let answered = facts.item.answered.is_some_and(|s| (200..300).contains(&s));
    if answered && *receiver == Receiver::Fetch {
        return Waits::Caller;
    }
    if let Some(exchange) = row.similar {
        return Waits::Similar(exchange);
    }
    if !drain.on {
        return Waits::SwitchedOff;
    }
    if !row.stored {
        return Waits::NotStored;
    }
    if now - row.first >= drain.within {
        return Waits::TooOld(drain.within);
    }
    if row.runs >= u64::from(drain.runs) {
        return Waits::RunsUsed(row.runs);
    }
    match facts.answerer {
        Answerer::Missing { why } => return Waits::NoCandidate(why.clone()),
        Answerer::NoConsent => return Waits::Consent,
        Answerer::CapUsed { until } => return Waits::Cap(*until),
        Answerer::Ready | Answerer::Failing { .. } => {}
    }
    if facts.paused {
        return Waits::Paused;
    }
    if let Some(opens) = facts.hours.and_then(|hours| opens(hours, now)) {
        return Waits::Hours(opens);
    }
    if let Answerer::Failing { model } = facts.answerer {
        return Waits::Model(model.clone());
    }
    match facts.turn > now {
        true => Waits::Turn(facts.turn),
        false => Waits::Nothing,
    }
}

/// When these hours begin. None: now is inside them.
fn opens(hours: &Schedule, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if hours.hours_inside(now, now + TimeDelta::seconds(1)) > 0.0 {
        return None;
    }
    // The hours until an instant never decrease, so the last minute outside is found by halving.
    let (mut outside, mut within) = (0, MINUTES);
    while within - outside > 1 {
        let middle = i64::midpoint(outside, within);
        match hours.hours_inside(now, now + TimeDelta::minutes(middle)) > 0.0 {
            true => within = middle,
            false => outside = middle,
        }
    }
    // The hours begin with a minute.
    let last = (now + TimeDelta::minutes(outside)).timestamp_millis();
    DateTime::from_timestamp_millis(last + (-last).rem_euclid(60_000))
}

/// Eight days: a week, and a clock change.
const MINUTES: i64 = 8 * 24 * 60;

#[cfg(test)]
mod tests;
