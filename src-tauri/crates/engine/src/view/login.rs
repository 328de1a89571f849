//! Text about keys and logins that prevent responses.

use api::ProblemView;
use catalog::EndpointId;

use crate::desk::Trouble;
use crate::state::State;

/// The problems that need the owner; a limit needs only time.
pub(crate) fn problems(state: &State) -> Vec<ProblemView> {
    let troubled = state.logins.keys();
    troubled
        .filter_map(|endpoint| problem(state, endpoint))
        .collect()
}

pub(crate) fn problem(state: &State, id: &EndpointId) -> Option<ProblemView> {
    let trouble = state.logins.get(id)?;
    let provider = &state.catalog.endpoint(id)?.provider;
    let product = state.product(provider);
    let own_key = state.keys.get(id).is_some();
    let (what, fix) = match (trouble.kind, own_key) {
        (Trouble::Refused, true) => (
            format!("Your key for {product} is refused since "),
            format!("Put a valid key into Settings → Keys, or `understudyd key add {id}`."),
        ),
        (Trouble::Refused, false) => (
            format!("{product} refuses the login of your client since "),
            "Log in again in the client.".to_owned(),
        ),
        (Trouble::Quota, true) => (
            format!("Your account at {product} has no quota left since "),
            "Add credit or raise the limit at the provider; requests go there again within minutes.".to_owned(),
        ),
        (Trouble::Quota, false) => (
            format!("The account of your client at {product} has no quota left since "),
            "Add credit or change the plan at the provider; requests go there again within minutes.".to_owned(),
        ),
        (Trouble::Limit { .. }, _) => return None,
    };
    let what = ::words::with_instant(what, trouble.since, ".");
    Some(ProblemView {
        what: state.plain(&what),
        what_spans: what,
        fix,
    })
}

/// "Claude: limit reached, resets 18:40"
pub(crate) fn limits(state: &State) -> Vec<String> {
    let troubled = state.logins.iter().filter_map(|(id, trouble)| {
        let Trouble::Limit { resets_at } = trouble.kind else {
            return None;
        };
        let product = state.product(&state.catalog.endpoint(id)?.provider);
        Some(match resets_at {
            Some(at) => format!("{product}: limit reached, resets {}", state.clock_time(at)),
            None => format!("{product}: limit reached, reset time unknown"),
        })
    });
    troubled.collect()
}
