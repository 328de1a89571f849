//! Whoever stands in is asked for its own model, and its model and its usage are what the client is told and what is booked.

use super::STAND_IN;
use super::play::Played;
use super::story::{Act, Expected, Story};

pub(crate) const STORY: Story = Story {
    name: "503, then the second's own model and usage",
    lead: |_| Act::Always("503".parse().unwrap()),
    own_model: true,
    expected: |_| Expected::whole(2, 1),
    check,
    ..Story::PLAIN
};

fn check(played: &Played) -> Result<(), String> {
    let heard = &played.asked[0].heard;
    let told = heard.message(played.dialect);
    let asked_for = played.second[0].model.as_deref();
    if asked_for != Some(STAND_IN) || told.model.as_deref() != Some(STAND_IN) {
        return Err(format!(
            "{asked_for:?} was asked for, {:?} told",
            told.model
        ));
    }
    // A pipeline's answer may come after its head had to be sent.
    if heard
        .model_header
        .as_deref()
        .is_some_and(|model| model != STAND_IN)
    {
        return Err(format!("the head names {:?}", heard.model_header));
    }
    let [.., failed, answered] = played.attempts.as_slice() else {
        return Err(format!("{:?}", played.attempts));
    };
    if failed.output_tokens.is_some_and(|tokens| tokens > 0) || failed.model == STAND_IN {
        return Err(format!("the failed attempt is booked as {failed:?}"));
    }
    if told.output_tokens.is_none() || answered.output_tokens != told.output_tokens {
        return Err(format!("{answered:?} is booked, {told:?} told"));
    }
    Ok(())
}
