//! A fallback gets requests for its own model. The client receives its model and usage, which are also recorded.

use super::FALLBACK_MODEL;
use super::play::Played;
use super::scenario::{Act, Expected, Scenario};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "503, then the second's own model and usage",
    lead: |_| Act::Always("503".parse().unwrap()),
    own_model: true,
    expected: |_| Expected::complete(2, 1),
    check,
    ..Scenario::PLAIN
};

fn check(played: &Played) -> Result<(), String> {
    let response = &played.requested[0].response;
    let received = response.message(played.dialect);
    let asked_for = played.second[0].model.as_deref();
    if asked_for != Some(FALLBACK_MODEL) || received.model.as_deref() != Some(FALLBACK_MODEL) {
        return Err(format!(
            "{asked_for:?} was asked for, {:?} told",
            received.model
        ));
    }
    // A pipeline's response may arrive after its headers had to be sent.
    if response
        .model_header
        .as_deref()
        .is_some_and(|model| model != FALLBACK_MODEL)
    {
        return Err(format!("the head names {:?}", response.model_header));
    }
    let [.., failed, answered] = played.attempts.as_slice() else {
        return Err(format!("{:?}", played.attempts));
    };
    if failed.output_tokens.is_some_and(|tokens| tokens > 0) || failed.model == FALLBACK_MODEL {
        return Err(format!("the failed attempt is booked as {failed:?}"));
    }
    if received.output_tokens.is_none() || answered.output_tokens != received.output_tokens {
        return Err(format!("{answered:?} is booked, {received:?} told"));
    }
    Ok(())
}
