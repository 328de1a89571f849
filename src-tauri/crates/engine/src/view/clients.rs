//! Recent clients, as the subject of a sentence.

use std::collections::BTreeSet;

use catalog::Dialect;

use super::words;
use crate::state::State;

/// Subject if the dialect has no recent client.
pub(super) const UNKNOWN_CLIENTS: &str = "Requests";

/// True if there are recent clients, and each is a pipeline.
pub(super) fn are_pipelines(state: &State) -> bool {
    let mut sessions = state.sessions.iter().peekable();
    sessions.peek().is_some() && sessions.all(|(_, session)| session.of_pipeline)
}

/// Recent clients of this route; if none of their requests has ended, of its dialect.
pub(super) fn of_route(state: &State, route: &str, dialect: Dialect) -> String {
    let way = (route.to_owned(), dialect);
    let names: BTreeSet<&String> = state
        .sessions
        .iter()
        .filter(|(_, session)| {
            let of_way = session.routes.contains(&way)
                || session.routes.is_empty() && session.dialect == dialect;
            of_way && !session.of_pipeline
        })
        .map(|((client, _), _)| client)
        .collect();
    if names.is_empty() {
        UNKNOWN_CLIENTS.into()
    } else {
        words::list(&names.into_iter().cloned().collect::<Vec<_>>())
    }
}
