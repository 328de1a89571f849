//! Text about keys and logins that prevent responses.

use api::ProblemView;
use catalog::EndpointId;
use gateway::{BreakerView, Standing};
use wire::FailureClass;

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
    let own_key = state.keys.get(id).is_some();
    let (what, fix) = match (open.kind, own_key) {
        (LoginProblem::Refused, true) => (
            format!("Your key for {product} is refused since "),
            format!("Put a valid key into Settings → Keys, or `understudyd key add {id}`."),
        ),
        (LoginProblem::Refused, false) => (
            format!("{product} refuses the login of your client since "),
            "Log in again in the client.".to_owned(),
        ),
        (LoginProblem::Quota, true) => (
            format!("Your account at {product} has no quota left since "),
            "Add credit or raise the limit at the provider; requests go there again within minutes.".to_owned(),
        ),
        (LoginProblem::Quota, false) => (
            format!("The account of your client at {product} has no quota left since "),
            "Add credit or change the plan at the provider; requests go there again within minutes.".to_owned(),
        ),
        (LoginProblem::Limit { .. }, _) => return None,
    };
    let what = ::words::with_instant(what, open.since, ".");
    Some(ProblemView {
        what: state.plain(&what),
        what_spans: what,
        fix,
        ..ProblemView::default()
    })
}

/// Circuit breakers that a used-up limit holds open.
pub(crate) fn at_their_limit(breakers: &[BreakerView]) -> impl Iterator<Item = &BreakerView> {
    let limited = |breaker: &&BreakerView| {
        breaker.class == Some(FailureClass::Limit) && breaker.standing != Standing::Closed
    };
    breakers.iter().filter(limited)
}
