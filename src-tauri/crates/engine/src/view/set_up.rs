//! "One model of Claude fails → Sonnet": what happens to requests with the present settings, from the plans of real requests.

use api::SetUpLine;
use catalog::{EndpointId, ModelId, ProviderId};
use gateway::{Candidate, Ineligible, Loss, Plan};

use super::fallback;
use crate::state::State;

/// The sender of the requests that a plan is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// No client has sent a request yet.
    AnyClient,
    Client(String),
    Pipeline(String),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SetUp {
    pub(crate) lines: Vec<SetUpLine>,
    /// What to do about the first failure without a complete response.
    pub(crate) fix: Option<String>,
}

/// Lines are not repeated for several models of one provider.
pub(crate) fn of(state: &State, plans: &[(Whose, Plan)]) -> SetUp {
    let mut clients: Vec<&str> = plans
        .iter()
        .filter_map(|(whose, _)| client(whose))
        .collect();
    clients.sort_unstable();
    clients.dedup();
    let several = clients.len() > 1;
    let mut set_up = SetUp::default();
    for (whose, plan) in plans {
        let Some(primary) = plan.candidates.iter().find(|c| c.is_primary()) else {
            continue;
        };
        let product = state.product(&primary.provider);
        for loss in losses(whose, plan) {
            let fails = match loss {
                Loss::Model => format!("one model of {product} fails"),
                Loss::Provider => format!("all of {product} fails"),
            };
            let failure = match whose {
                Whose::Client(name) if several => format!("{name}: {fails}"),
                Whose::Pipeline(name) => format!("Pipeline {name}: {fails}"),
                Whose::Client(_) | Whose::AnyClient => capital(&fails),
            };
            let (outcome, fix) = match plan.answers_after(loss) {
                Some(by) => (of_candidate(state, primary, by), None),
                None => error(whose, plan, loss),
            };
            let line = SetUpLine {
                carried: fix.is_none(),
                failure,
                outcome,
            };
            if !set_up.lines.contains(&line) {
                set_up.lines.push(line);
            }
            set_up.fix = set_up.fix.take().or(fix);
        }
    }
    set_up
}

fn client(whose: &Whose) -> Option<&str> {
    match whose {
        Whose::Client(name) => Some(name),
        Whose::AnyClient | Whose::Pipeline(_) => None,
    }
}

/// A pipeline has one line, unless a single model has another fallback.
fn losses(whose: &Whose, plan: &Plan) -> Vec<Loss> {
    let by = |loss| plan.answers_after(loss).map(|c| (&c.endpoint, &c.model));
    match whose {
        Whose::Pipeline(_) if by(Loss::Model) == by(Loss::Provider) => vec![Loss::Provider],
        Whose::Pipeline(_) | Whose::Client(_) | Whose::AnyClient => {
            vec![Loss::Model, Loss::Provider]
        }
    }
}

/// The client's error, and what the owner can do.
fn error(whose: &Whose, plan: &Plan, loss: Loss) -> (String, Option<String>) {
    let mut dropped = plan.dropped.iter();
    let held = dropped.find_map(|dropped| {
        let model = fallback::model(&dropped.model);
        match &dropped.why {
            Ineligible::NeedsYes => Some(format!(", until you allow {model}")),
            Ineligible::SiblingNeedsYes if loss == Loss::Model => {
                Some(format!(", until you allow {model}"))
            }
            Ineligible::Declined => Some(": you refused paid fallbacks".into()),
            Ineligible::UsedUp { .. } => Some(": today's cap is used up".into()),
            Ineligible::OutOfScope { name, .. } => {
                Some(format!(": its requests may not go to {name}"))
            }
            Ineligible::Unknown
            | Ineligible::Dialect(_)
            | Ineligible::Untranslatable(_)
            | Ineligible::NoKey { .. }
            | Ineligible::Loop
            | Ineligible::BadAddress(_)
            | Ineligible::Rehearsal
            | Ineligible::OtherModels
            | Ineligible::NoneBefore
            | Ineligible::SiblingNeedsYes
            | Ineligible::SiblingOnKey
            | Ineligible::Paused
            | Ineligible::NotTested
            | Ineligible::NeedsItsClient => None,
        }
    });
    let fix = match held {
        Some(_) => "Allow a fallback: Settings → General",
        None => "Add a fallback: Settings → Keys",
    };
    let waits = match whose {
        Whose::Pipeline(_) => "; the request waits for review",
        Whose::Client(_) | Whose::AnyClient => "",
    };
    let error = format!("a clear error{}{waits}", held.unwrap_or_default());
    (error, Some(fix.to_owned()))
}

fn of_candidate(state: &State, primary: &Candidate, by: &Candidate) -> String {
    name(
        state,
        (&primary.endpoint, &primary.model),
        (&by.endpoint, &by.provider, &by.model),
    )
}

/// The shortest name that distinguishes a fallback: "Sonnet" of one vendor, "OpenRouter" with the same model, else "GPT Sol".
pub(crate) fn name(
    state: &State,
    primary: (&EndpointId, &ModelId),
    (endpoint, provider, model): (&EndpointId, &ProviderId, &ModelId),
) -> String {
    if endpoint == primary.0 {
        fallback::sibling_names(primary.1, model).1
    } else if fallback::is_one_model(primary.1, model) {
        state.product(provider)
    } else {
        fallback::model(model)
    }
}

pub(crate) fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}
