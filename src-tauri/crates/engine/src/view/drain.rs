//! What a parked request waits for, as a sentence, and the offer of the switch. Pure.

use ::words::{text, with_instant};
use api::{ControlError, DrainOffer, DrainState, Spans};
use catalog::MicroDollars;
use chrono::TimeDelta;

use crate::desk::{OpenItem, Waits, drain_of};
use crate::settings::Receiver;
use crate::state::State;

/// The sentence and its kind.
pub(crate) fn sentence(open: &OpenItem) -> (Spans, DrainState) {
    let costs = match open.cost {
        Some(MicroDollars::ZERO) => ", at no cost.".to_owned(),
        Some(cost) => format!(", for about {cost}."),
        None => ", at a cost that is not known.".to_owned(),
    };
    let click = |why: &str| {
        (
            text(format!("Waits for one click: {why}.")),
            DrainState::Click,
        )
    };
    match &open.waits {
        Waits::Nothing => (text(format!("Is sent again now{costs}")), DrainState::Later),
        Waits::Turn(at) => (
            with_instant("Will be sent again at ", *at, &costs),
            DrainState::Later,
        ),
        Waits::Running => (
            text(format!("Is being sent again{costs}")),
            DrainState::Running,
        ),
        Waits::Delivery(at) => (
            with_instant("Answered; the response goes to its receiver at ", *at, "."),
            DrainState::Delivery,
        ),
        Waits::Refused(why) => (
            text(format!(
                "Answered, but not delivered: {why} The response is kept here."
            )),
            DrainState::Click,
        ),
        Waits::Unknown => (
            text(
                "Answered, and it is not known whether its receiver has the response: check there, then close the item.",
            ),
            DrainState::Click,
        ),
        Waits::Caller => (
            text(format!(
                "Answered: its caller fetches the response at /reviews/{}.",
                open.item.row.id
            )),
            DrainState::Caller,
        ),
        Waits::Similar(exchange) => (
            text(format!(
                "Already done? Request {exchange} had the same Idempotency-Key and another text, and was answered."
            )),
            DrainState::Question,
        ),
        Waits::NoReceiver => click("this pipeline has no receiver"),
        Waits::NoAddress => click("its request named no URL in x-understudy-resume"),
        Waits::BadAddress => click(
            "the URL in its x-understudy-resume is neither https nor an address of this computer",
        ),
        Waits::SwitchedOff => click("draining is off for this pipeline"),
        Waits::NotStored => (
            text("Cannot be sent again: its request is not stored. Its client has it."),
            DrainState::Click,
        ),
        Waits::TooOld(within) => (
            text(format!(
                "Too old to be sent without a click ({}).",
                hours(*within)
            )),
            DrainState::Click,
        ),
        Waits::RunsUsed(runs) => click(&format!("{runs} runs have failed")),
        Waits::Hours(at) => (
            with_instant("Outside its hours until ", *at, "."),
            DrainState::Later,
        ),
        Waits::Paused => (
            text("Waits: Understudy is paused or stopping."),
            DrainState::Later,
        ),
        Waits::Model(model) => (
            text(format!("Waits until {model} has answered again.")),
            DrainState::Model,
        ),
        Waits::NoCandidate(why) => (
            text(format!(
                "Waits for one click: no kept key can be used for it: {why}."
            )),
            DrainState::Click,
        ),
        Waits::Consent => click(
            "its client has a subscription, and your paid key needs your consent (`understudyd paid-fallbacks yes`)",
        ),
        Waits::Cap(at) => (
            with_instant(
                "The daily cap for fallbacks is used up: waits until ",
                *at,
                ".",
            ),
            DrainState::Later,
        ),
    }
}

fn hours(within: TimeDelta) -> String {
    match within.num_minutes() {
        minutes if minutes % 60 == 0 => format!("{} h", minutes / 60),
        minutes => format!("{minutes} min"),
    }
}

/// # Errors The settings have no such pipeline.
pub(crate) fn offer(state: &State, pipeline: &str) -> Result<DrainOffer, ControlError> {
    let settings = &state.settings;
    if !settings.pipeline_names.contains(pipeline) {
        return Err(ControlError {
            error: format!("the settings have no pipeline {pipeline}"),
            fix: Some(format!(
                "write [[pipeline]] name = \"{pipeline}\" with its delivery into the settings"
            )),
        });
    }
    let drain = drain_of(settings, pipeline);
    let would_run = |open: &&OpenItem| {
        !matches!(
            sentence(open).1,
            DrainState::Click | DrainState::Question | DrainState::Delivery | DrainState::Caller
        ) || open.waits == Waits::SwitchedOff
    };
    let open: Vec<&OpenItem> = state
        .draining_items
        .of_pipeline(pipeline)
        .filter(would_run)
        .collect();
    let costs: Option<Vec<MicroDollars>> = open.iter().map(|open| open.cost).collect();
    let total = costs.map(|costs| costs.into_iter().sum::<MicroDollars>());
    let items = open.len();
    let per_item = total
        .filter(|_| items > 0)
        .map(|total| total.0 / i64::try_from(items).unwrap_or(i64::MAX));
    let cost = match (items, total, per_item) {
        (0, ..) => {
            "No request waits now; a later one costs what its first run would have cost.".to_owned()
        }
        (1, Some(total), _) => format!("1 request waits: about {total}."),
        (n, Some(total), Some(each)) => {
            format!(
                "{n} requests wait: about {} each, {total} in all.",
                MicroDollars(each)
            )
        }
        (1, None, _) | (1.., _, None) | (_, None, _) => {
            format!("{items} waiting, at a cost that is not known: a price is missing.")
        }
    };
    let receiver = drain.receiver.as_ref().map(receiver);
    let to = match &receiver {
        Some(receiver) => format!("The responses go to {receiver}."),
        None => "The pipeline has no receiver, so nothing is sent without a click.".to_owned(),
    };
    Ok(DrainOffer {
        pipeline: pipeline.to_owned(),
        on: drain.on,
        receiver,
        items: items as u64,
        per_item,
        total: total.map(|total| total.0),
        sentence: format!(
            "{cost} {to} Your kept keys pay, up to the daily cap of {}; one request every {} s, items younger than {}, {} runs of each.",
            settings.fallback_a_day,
            drain.every.num_seconds(),
            hours(drain.within),
            drain.runs
        ),
    })
}

/// The host alone: a path may contain a secret.
fn receiver(receiver: &Receiver) -> String {
    match receiver {
        Receiver::Webhook { url, .. } => {
            let uri = url.parse::<http::Uri>().ok();
            let host = uri.as_ref().and_then(http::Uri::host).unwrap_or("its URL");
            format!("the webhook at {host}")
        }
        Receiver::Fetch => "their callers, which fetch them".to_owned(),
        Receiver::Resume => "the URL that each request names in x-understudy-resume".to_owned(),
    }
}
