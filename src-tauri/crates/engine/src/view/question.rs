//! Open questions to the owner, for the UIs.

use std::collections::BTreeSet;

use api::{Command, MayGoTo, Question, QuestionAnswer, QuestionPart};
use catalog::{MicroDollars, ProviderId};
use gateway::Siblings;

use super::{fallback, words};
use crate::desk::TurnCost;
use crate::state::{Reach, ScopeAnswer, State, Way};

pub(crate) fn questions(state: &State) -> Vec<Question> {
    let mut questions: Vec<Question> = may_go_to(state).into_iter().collect();
    questions.extend(pipelines(state));
    questions.extend(siblings(state));
    questions.extend(paid(state));
    questions
}

/// The open question that belongs to an outage of this provider.
pub(crate) fn on_outage(state: &State, provider: &ProviderId) -> Option<Question> {
    let paid = state.paid.question();
    if paid.is_some_and(|requested| requested.failing == *provider) {
        return self::paid(state);
    }
    let requested = state.sibling_question.as_ref()?;
    let endpoint = state.catalog.endpoint(&requested.endpoint)?;
    siblings(state).filter(|_| endpoint.provider == *provider)
}

/// "OpenAI can answer: about $0.57 for the next turn, then $0.31, today's cap $5."
pub(crate) fn paid(state: &State) -> Option<Question> {
    let requested = state.paid.question()?;
    let (failing, by) = (
        state.product(&requested.failing),
        state.product(&requested.by),
    );
    let cost = turn_cost(state, requested.cost);
    Some(Question {
        id: "paid".into(),
        text: format!("{by} can answer while {failing} is down: {cost}."),
        explained: format!(
            "It would be billed to your key for {by}. The amounts are estimated from the size of the last request and {}. [Not now] applies to this outage.",
            super::price::of_model(state, &requested.by, &requested.model)
        ),
        parts: Vec::new(),
        answers: vec![
            answer(
                &format!("Allow until {failing} is back"),
                Command::PaidUntilBack { allow: true },
            ),
            answer("Not now", Command::PaidUntilBack { allow: false }),
        ],
        cli: "understudyd allow yes, or no".into(),
    })
}

/// "about $0.57 for the next turn, then $0.31, today's cap $5". None: the price or the size is unknown.
pub(crate) fn turn_cost(state: &State, cost: Option<TurnCost>) -> String {
    let turns = match cost.map(|cost| (cost.first, cost.next)) {
        None => "what a turn costs is not known".to_owned(),
        Some((first, next)) if words::dollars(first) == words::dollars(next) => {
            format!("{} a turn", words::about(first))
        }
        Some((first, next)) => format!(
            "{} for the next turn, then {}",
            words::about(first),
            words::dollars(next)
        ),
    };
    let cap = state.settings.fallback_a_day;
    match state.today.fallbacks {
        MicroDollars(..10_000) => format!("{turns}, today's cap {cap}"),
        spent => format!(
            "{turns}, today's cap {cap}, {} spent",
            words::dollars(spent)
        ),
    }
}

/// "Opus is failing. Sonnet could answer on the same plan, at no extra cost."
pub(crate) fn siblings(state: &State) -> Option<Question> {
    let requested = state.sibling_question.as_ref()?;
    if state.siblings.is_some() || state.settings.sibling != Siblings::Ask {
        return None;
    }
    let (failing, sibling) = fallback::sibling_names(&requested.failing, &requested.sibling);
    Some(Question {
        id: "siblings".into(),
        text: format!(
            "{failing} is failing. {sibling} could answer on the same plan, at no extra cost."
        ),
        explained: "If you allow it, another model of the same login answers if only one model fails. A notification reports each change. You can switch it off in Settings → General.".into(),
        parts: Vec::new(),
        answers: vec![
            answer("Allow", Command::Siblings { allow: Some(true) }),
            answer("Not now", Command::SiblingsLater),
        ],
        cli: "understudyd siblings on, or off".into(),
    })
}

/// Question about the scope that an installation older than `may_go_to` keeps until the owner answers.
fn may_go_to(state: &State) -> Option<Question> {
    if state.scope_answer != ScopeAnswer::Open {
        return None;
    }
    let concerned: Vec<&Reach> = state
        .reaches
        .iter()
        .filter(|reach| {
            let own = reach
                .whose
                .as_ref()
                .is_some_and(|name| state.settings.pipeline_scopes.contains_key(name));
            !reach.others.is_empty() && !own
        })
        .collect();
    let ways: BTreeSet<&Way> = concerned.iter().flat_map(|reach| &reach.others).collect();
    let primaries = primaries(state, ways.iter().copied());
    let of_applications = |reach: &&&Reach| reach.whose.is_none();
    let applications = concerned.iter().filter(of_applications).count();
    let (whose, single) = match (&concerned[..], applications) {
        ([], _) => return None,
        (
            [
                Reach {
                    whose: Some(name), ..
                },
            ],
            _,
        ) => (name.clone(), true),
        ([_], _) => ("requests of your applications".into(), false),
        (_, 0) => ("requests of your pipelines".into(), false),
        (_, _) => ("requests of your pipelines and applications".into(), false),
    };
    let keep = if single { "Yes" } else { "Keep" };
    let (to, when) = match &primaries[..] {
        [one] => (
            products(state, ways.iter().copied()),
            format!("{one} is down"),
        ),
        _ if single => ("other providers".into(), "its own is down".into()),
        _ => ("other providers".into(), "their own is down".into()),
    };
    // If routes name other providers, that is the owner's choice.
    let named = names_others(state);
    let (scope, becomes) = if named {
        (
            MayGoTo::Named,
            "only to the endpoints that your routes name",
        )
    } else {
        (
            MayGoTo::SameVendor,
            "to no other provider, and wait while theirs fails",
        )
    };
    let only = match (single, named, &primaries[..]) {
        (true, false, [one]) => format!("Only {one}"),
        (true, true, _) => "Only those in its route".into(),
        (true, false, _) => "Only its own provider".into(),
        (false, ..) => "Narrow".to_owned(),
    };
    let cli = if named { "named" } else { "same-vendor" };
    Some(Question {
        id: "may-go-to".into(),
        text: format!("May {whose} go to {to} when {when}?"),
        explained: format!(
            "This was the behaviour before this version. {keep}: it stays. {only}: these requests go {becomes}. Coding agents are not affected."
        ),
        parts: if concerned.len() < 2 && primaries.len() < 2 {
            Vec::new()
        } else {
            concerned.iter().map(|reach| part(state, reach)).collect()
        },
        answers: vec![
            answer(
                keep,
                Command::MayGoTo {
                    pipeline: None,
                    scope: MayGoTo::Keep,
                },
            ),
            answer(
                &only,
                Command::MayGoTo {
                    pipeline: None,
                    scope,
                },
            ),
        ],
        cli: format!("understudyd may-go-to keep, or {cli}"),
    })
}

/// "Claude → DeepSeek and OpenAI; OpenAI → Claude"
fn part(state: &State, reach: &Reach) -> QuestionPart {
    let primaries: BTreeSet<&ProviderId> = reach.others.iter().map(|way| &way.primary).collect();
    let ways = primaries.into_iter().map(|primary| {
        let its = reach.others.iter().filter(|way| way.primary == *primary);
        format!("{} → {}", state.product(primary), products(state, its))
    });
    QuestionPart {
        whose: reach.whose.clone().unwrap_or_else(|| "Applications".into()),
        message: ways.collect::<Vec<_>>().join("; "),
    }
}

/// Questions about pipelines whose requests failed while their scope excluded an available provider.
fn pipelines(state: &State) -> Vec<Question> {
    let requested = state.reaches.iter().filter(|reach| {
        let name = reach.whose.as_ref();
        name.is_some_and(|name| state.scope_questions.contains(name))
            && !reach.out_of_scope.is_empty()
    });
    requested
        .filter_map(|reach| pipeline(state, reach))
        .collect()
}

fn pipeline(state: &State, reach: &Reach) -> Option<Question> {
    let name = reach.whose.clone()?;
    let others = products(state, &reach.out_of_scope);
    let primaries = primaries(state, &reach.out_of_scope);
    let allowed = reach.out_of_scope.union(&reach.others);
    let endpoints: BTreeSet<String> = allowed.map(|way| way.endpoint.to_string()).collect();
    let endpoints: Vec<String> = endpoints.into_iter().collect();
    let cli = format!(
        "understudyd may-go-to {} --pipeline {name:?}, or same-vendor",
        endpoints.join(",")
    );
    let pipeline = Some(name.clone());
    let verb = if primaries.len() > 1 { "are" } else { "is" };
    let primaries = words::list(&primaries);
    Some(Question {
        id: format!("may-go-to/{name}"),
        text: format!("May {name} go to {others} when {primaries} {verb} down?"),
        explained: format!(
            "Yes: a request of {name} that {primaries} does not answer is sent there, with its content. Only {primaries}: it waits in the review queue."
        ),
        parts: Vec::new(),
        answers: vec![
            answer(
                "Yes",
                Command::MayGoTo {
                    pipeline: pipeline.clone(),
                    scope: MayGoTo::Endpoints(endpoints),
                },
            ),
            answer(
                &format!("Only {primaries}"),
                Command::MayGoTo {
                    pipeline,
                    scope: MayGoTo::SameVendor,
                },
            ),
        ],
        cli,
    })
}

fn products<'a>(state: &State, ways: impl IntoIterator<Item = &'a Way>) -> String {
    let to: BTreeSet<String> = ways
        .into_iter()
        .map(|way| state.product(&way.provider))
        .collect();
    words::list(&to.into_iter().collect::<Vec<_>>())
}

fn primaries<'a>(state: &State, ways: impl IntoIterator<Item = &'a Way>) -> Vec<String> {
    let from: BTreeSet<String> = ways
        .into_iter()
        .map(|way| state.product(&way.primary))
        .collect();
    from.into_iter().collect()
}

/// True if a route in the settings names endpoints of several providers.
fn names_others(state: &State) -> bool {
    state.settings.routes.iter().any(|route| {
        let providers: BTreeSet<&ProviderId> = route
            .candidates
            .iter()
            .filter_map(|(id, _)| state.catalog.endpoint(id))
            .map(|endpoint| &endpoint.provider)
            .collect();
        providers.len() > 1
    })
}

fn answer(label: &str, command: Command) -> QuestionAnswer {
    QuestionAnswer {
        label: label.to_owned(),
        command,
    }
}
