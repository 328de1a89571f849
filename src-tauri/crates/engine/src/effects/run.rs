//! Performs one effect until it is done, or until the owner must decide.

use std::time::Duration;

use chrono::TimeDelta;
use ledger::{EffectState, KeptEffect, ReceiverResponse, Unfinished};
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use super::book::NotKept;
use super::decide::{Action, Event, Past, decide};
use super::receiver;
use super::send::{self, Sent};
use super::services::Services;
use crate::settings::EffectSettings;

/// How far an effect is, for the clients that wait for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Begins,
    /// For its next attempt.
    Waits,
    Sends,
    /// It is done, parked or dropped: the ledger has the result.
    Ended,
    /// Nothing is attempted any more in this run of the engine.
    Stopping,
    NotKept(NotKept),
}

/// Writes of a result, if the ledger fails.
const STORE_ATTEMPTS: u32 = 5;
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Returns the last progress. `again`: a client repeats its request, or the owner has decided.
pub(super) async fn run(
    services: &Services,
    id: i64,
    progress: &watch::Sender<Progress>,
    again: &Notify,
) -> Progress {
    let mut failures: u32 = 0;
    loop {
        let kept = match services
            .book()
            .with(move |ledger, _| ledger.effect(id))
            .await
        {
            Ok(Some(kept)) => kept,
            Ok(None) => return Progress::Ended,
            Err(error) => return Progress::NotKept(error),
        };
        failures = failures.max(u32::from(kept.row.first_sent.is_some()));
        let step = match kept.row.state {
            EffectState::Done
            | EffectState::Dropped
            | EffectState::Unknown
            | EffectState::Unsent => return Progress::Ended,
            EffectState::Sending => {
                let why = "The engine ended while it was sent.".to_owned();
                Step::Ended(Event::Interrupted, why)
            }
            EffectState::Waiting => {
                if services.is_draining() {
                    return Progress::Stopping;
                }
                wait(services, &kept, progress, again).await;
                if services.is_draining() {
                    return Progress::Stopping;
                }
                attempt(services, &kept, failures, progress).await
            }
        };
        let (event, why) = match step {
            Step::Ended(event, why) => (event, why),
            Step::Stored => continue,
            Step::NotKept(error) => return Progress::NotKept(error),
            Step::Parked(unfinished) => match store(services, id, unfinished).await {
                Ok(()) => continue,
                Err(error) => return Progress::NotKept(error),
            },
        };
        // As it is now: the attempt changed it.
        let after = match services
            .book()
            .with(move |ledger, _| ledger.effect(id))
            .await
        {
            Ok(Some(kept)) => kept,
            Ok(None) => return Progress::Ended,
            Err(error) => return Progress::NotKept(error),
        };
        let unfinished = follow(services, &after, failures, event, why);
        failures += 1;
        if let Err(error) = store(services, id, unfinished).await {
            return Progress::NotKept(error);
        }
    }
}

enum Step {
    /// The attempt ended without a result.
    Ended(Event, String),
    /// The result is stored.
    Stored,
    Parked(Unfinished),
    NotKept(NotKept),
}

/// Until the next attempt is due, a client repeats its request, or the owner has decided.
async fn wait(
    services: &Services,
    kept: &KeptEffect,
    progress: &watch::Sender<Progress>,
    again: &Notify,
) {
    let now = services.now();
    let Some(pause) = kept.row.due.and_then(|due| (due - now).to_std().ok()) else {
        return;
    };
    progress.send_replace(Progress::Waits);
    tokio::select! {
        () = sleep(pause) => {}
        // A repetition before its time could meet the first request in progress.
        () = again.notified(), if kept.row.first_sent.is_none() => {}
        () = services.drains() => {}
    }
}

async fn attempt(
    services: &Services,
    kept: &KeptEffect,
    failures: u32,
    progress: &watch::Sender<Progress>,
) -> Step {
    let id = kept.row.id;
    let Some(settings) = services.settings(&kept.row.name) else {
        let why = format!(
            "The settings have no effect \"{}\" any more.",
            kept.row.name
        );
        return Step::Parked(parked(kept, why));
    };
    let now = services.now();
    match decide(
        &receiver::terms(&settings),
        &past(kept, &settings, failures),
        Event::Due,
        now,
    ) {
        Action::Send => {}
        Action::ParkUnsent => {
            let why = "The receiver could not be reached for 24 hours.".to_owned();
            return Step::Parked(Unfinished::Unsent { why });
        }
        Action::ParkUnknown => {
            let why = kept.row.why.clone();
            let why = why.unwrap_or_else(|| "It was sent before.".to_owned());
            return Step::Parked(Unfinished::Unknown { why });
        }
        Action::Retry(_) | Action::Keep => return Step::Stored,
    }
    let (uri, headers) = match (receiver::uri(&settings), services.headers(&settings).await) {
        (Ok(uri), Ok(headers)) => (uri, headers),
        (Err(why), _) | (_, Err(why)) => {
            return Step::Ended(Event::Unreached, format!("It was not sent: {why}."));
        }
    };
    let request = match send::request(&settings, &uri, headers, kept) {
        Ok(request) => request,
        Err(error) => {
            let why = format!("It was not sent: its request is not valid ({error}).");
            return Step::Ended(Event::Unreached, why);
        }
    };
    let _slot = services.slot().await;
    let _work = services.begin_work();
    let io = match services.dial(uri).await {
        Ok(io) => io,
        Err(error) => return Step::Ended(Event::Unreached, send::unreached(&error)),
    };
    let url = receiver::url_digest(&settings);
    let marked = services
        .book()
        .with(move |ledger, now| ledger.effect_is_sent(id, &url, now))
        .await;
    match marked {
        Ok(true) => {}
        Ok(false) => return Step::Stored,
        // Nothing was sent.
        Err(error) => return Step::NotKept(error),
    }
    progress.send_replace(Progress::Sends);
    let (response, retry_after) = match send::send(io, request, settings.timeout).await {
        Sent::Response {
            response,
            retry_after,
        } => (response, retry_after),
        Sent::Lost(why) => return Step::Ended(Event::NoResponse, why),
    };
    let event = Event::Response {
        status: response.status,
        retry_after,
    };
    let (terms, past) = (
        receiver::terms(&settings),
        Past {
            first_sent: kept.row.first_sent.or(Some(now)),
            same_receiver: true,
            ..past(kept, &settings, failures)
        },
    );
    match decide(&terms, &past, event, services.now()) {
        Action::Keep => answered(services, id, response).await,
        Action::Send | Action::Retry(_) | Action::ParkUnknown | Action::ParkUnsent => Step::Ended(
            event,
            format!("The receiver sent status {}.", response.status),
        ),
    }
}

fn follow(
    services: &Services,
    kept: &KeptEffect,
    failures: u32,
    event: Event,
    why: String,
) -> Unfinished {
    let Some(settings) = services.settings(&kept.row.name) else {
        return parked(kept, why);
    };
    let now = services.now();
    let action = decide(
        &receiver::terms(&settings),
        &past(kept, &settings, failures),
        event,
        now,
    );
    match action {
        Action::Retry(pause) => Unfinished::Retry {
            due: now + TimeDelta::from_std(pause).unwrap_or_default(),
            why,
        },
        Action::ParkUnsent => Unfinished::Unsent { why },
        Action::ParkUnknown | Action::Send | Action::Keep => parked(kept, why),
    }
}

fn parked(kept: &KeptEffect, why: String) -> Unfinished {
    match kept.row.first_sent {
        Some(_) => Unfinished::Unknown { why },
        None => Unfinished::Unsent { why },
    }
}

fn past(kept: &KeptEffect, settings: &EffectSettings, failures: u32) -> Past {
    let row = &kept.row;
    Past {
        accepted: row.at,
        first_sent: row.first_sent,
        same_receiver: row
            .receiver
            .is_none_or(|receiver| receiver == receiver::url_digest(settings)),
        failures,
    }
}

async fn answered(services: &Services, id: i64, response: ReceiverResponse) -> Step {
    for attempt in 1.. {
        let result = response.clone();
        let stored = services
            .book()
            .with(move |ledger, now| ledger.effect_answered(id, &result, now))
            .await;
        match stored {
            Ok(_) => return Step::Stored,
            // The client learns the result when it is stored.
            Err(NotKept::Failed(_)) if attempt < STORE_ATTEMPTS => sleep(STORE_PAUSE).await,
            Err(error) => return Step::NotKept(error),
        }
    }
    Step::NotKept(NotKept::Stopping)
}

async fn store(services: &Services, id: i64, unfinished: Unfinished) -> Result<(), NotKept> {
    let stored = services
        .book()
        .with(move |ledger, _| ledger.effect_unfinished(id, &unfinished));
    stored.await.map(drop)
}
