//! Text about keys and logins that prevent responses.

use api::ProblemView;
use catalog::EndpointId;

use crate::desk::LoginProblem;
use crate::state::State;

/// The problems that need the owner; a limit needs only time.
pub(crate) fn problems(state: &State) -> Vec<ProblemView> {
    let endpoints = state.logins.keys();
    endpoints
        .filter_map(|endpoint| problem(state, endpoint))
        .collect()
}

pub(crate) fn problem(state: &State, id: &EndpointId) -> Option<ProblemView> {
    let open = state.logins.get(id)?;
    let provider = &state.catalog.endpoint(id)?.provider;
    let product = state.product(provider);
    let since = state.clock_time(open.since);
    let own_key = state.keys.get(id).is_some();
    let (what, fix) = match (open.kind, own_key) {
        (LoginProblem::Refused, true) => (
            format!("Your key for {product} is refused since {since}."),
            format!("Put a valid key into Settings → Keys, or `understudyd key add {id}`."),
        ),
        (LoginProblem::Refused, false) => (
            format!("{product} refuses the login of your client since {since}."),
            "Log in again in the client.".to_owned(),
        ),
        (LoginProblem::Quota, true) => (
            format!("Your account at {product} has no quota left since {since}."),
            "Add credit or raise the limit at the provider; requests go there again within minutes.".to_owned(),
        ),
        (LoginProblem::Quota, false) => (
            format!("The account of your client at {product} has no quota left since {since}."),
            "Add credit or change the plan at the provider; requests go there again within minutes.".to_owned(),
        ),
        (LoginProblem::Limit { .. }, _) => return None,
    };
    Some(ProblemView { what, fix })
}

/// "Claude: limit reached, resets 18:40"
pub(crate) fn limits(state: &State) -> Vec<String> {
    let endpoints = state.logins.iter().filter_map(|(id, open)| {
        let LoginProblem::Limit { resets_at } = open.kind else {
            return None;
        };
        let product = state.product(&state.catalog.endpoint(id)?.provider);
        Some(match resets_at {
            Some(at) => format!("{product}: limit reached, resets {}", state.clock_time(at)),
            None => format!("{product}: limit reached, reset time unknown"),
        })
    });
    endpoints.collect()
}
