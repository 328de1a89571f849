//! What waits for the owner's answer, as faces show it.

use std::collections::BTreeSet;

use api::{Command, MayGoTo, Question, QuestionAnswer, QuestionPart};
use catalog::{EndpointId, ProviderId};
use gateway::Siblings;

use super::{fallback, words};
use crate::state::{Reach, ScopeAnswer, State};

pub(crate) fn questions(state: &State) -> Vec<Question> {
    let mut questions: Vec<Question> = may_go_to(state).into_iter().collect();
    questions.extend(pipelines(state));
    questions.extend(siblings(state));
    questions
}

/// "Opus is failing. Sonnet could answer on the same plan, at no extra cost."
pub(crate) fn siblings(state: &State) -> Option<Question> {
    let asked = state.sibling_question.as_ref()?;
    if state.siblings.is_some() || state.settings.sibling != Siblings::Ask {
        return None;
    }
    let (failing, sibling) = fallback::sibling_names(&asked.failing, &asked.sibling);
    Some(Question {
        id: "siblings".into(),
        text: format!(
            "{failing} is failing. {sibling} could answer on the same plan, at no extra cost."
        ),
        explained: "Allowed, another model of the same login answers while one model alone fails; each change is announced. It can be switched off in Settings → General.".into(),
        parts: Vec::new(),
        answers: vec![
            answer("Allow", Command::Siblings { allow: Some(true) }),
            answer("Not now", Command::SiblingsLater),
        ],
        cli: "understudyd siblings on, or off".into(),
    })
}

/// What an installation that is older than `may_go_to` keeps, until the owner has answered.
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
    let names: BTreeSet<String> = products(state, concerned.iter().flat_map(|reach| &reach.others));
    let primaries: BTreeSet<&ProviderId> = concerned
        .iter()
        .flat_map(|reach| &reach.primaries)
        .collect();
    let primaries: Vec<String> = primaries.into_iter().map(|id| state.product(id)).collect();
    let names: Vec<String> = names.into_iter().collect();
    let verb = if primaries.len() > 1 { "are" } else { "is" };
    let when = format!("when {} {verb} down?", words::list(&primaries));
    let (whose, keep, narrow) = match &concerned[..] {
        [] => return None,
        [
            Reach {
                whose: Some(name), ..
            },
        ] => (name.clone(), "Yes", None),
        all if all.iter().all(|reach| reach.whose.is_none()) => (
            "requests of your applications".into(),
            "Keep",
            Some("Narrow"),
        ),
        all if all.iter().any(|reach| reach.whose.is_none()) => (
            "requests of your pipelines and applications".into(),
            "Keep",
            Some("Narrow"),
        ),
        _ => ("requests of your pipelines".into(), "Keep", Some("Narrow")),
    };
    // Where routes name other providers, those are the owner's own word.
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
    let only = match (narrow, named) {
        (Some(narrow), _) => narrow.to_owned(),
        (None, true) => "Only those in the route".into(),
        (None, false) => format!("Only {}", words::list(&primaries)),
    };
    let cli = if named { "named" } else { "same-vendor" };
    Some(Question {
        id: "may-go-to".into(),
        text: format!("May {whose} go to {} {when}", words::list(&names)),
        explained: format!(
            "So it was before this version. {keep}: it stays so. {only}: these requests go {becomes}. Coding agents are not concerned."
        ),
        parts: if concerned.len() < 2 {
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

fn part(state: &State, reach: &Reach) -> QuestionPart {
    let names: Vec<String> = products(state, &reach.others).into_iter().collect();
    let primaries: Vec<String> = reach.primaries.iter().map(|id| state.product(id)).collect();
    QuestionPart {
        whose: reach.whose.clone().unwrap_or_else(|| "Applications".into()),
        said: format!("{} → {}", primaries.join(", "), names.join(", ")),
    }
}

/// Pipelines whose requests failed while a provider could have answered that they may not go to.
fn pipelines(state: &State) -> Vec<Question> {
    let asked = state.reaches.iter().filter(|reach| {
        let name = reach.whose.as_ref();
        name.is_some_and(|name| state.scope_asked.contains(name)) && !reach.out_of_scope.is_empty()
    });
    asked.filter_map(|reach| pipeline(state, reach)).collect()
}

fn pipeline(state: &State, reach: &Reach) -> Option<Question> {
    let name = reach.whose.clone()?;
    let others: Vec<String> = products(state, &reach.out_of_scope).into_iter().collect();
    let primaries: Vec<String> = reach.primaries.iter().map(|id| state.product(id)).collect();
    let allowed = reach.out_of_scope.union(&reach.others);
    let endpoints: Vec<String> = allowed.map(|(_, endpoint)| endpoint.to_string()).collect();
    let cli = format!(
        "understudyd may-go-to {} --pipeline {name:?}, or same-vendor",
        endpoints.join(",")
    );
    let pipeline = Some(name.clone());
    let verb = if primaries.len() > 1 { "are" } else { "is" };
    let primaries = words::list(&primaries);
    Some(Question {
        id: format!("may-go-to/{name}"),
        text: format!(
            "May {name} go to {} when {primaries} {verb} down?",
            words::list(&others)
        ),
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

fn products<'a>(
    state: &State,
    of: impl IntoIterator<Item = &'a (ProviderId, EndpointId)>,
) -> BTreeSet<String> {
    of.into_iter()
        .map(|(provider, _)| state.product(provider))
        .collect()
}

/// A route of the owner's names endpoints of several providers.
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
