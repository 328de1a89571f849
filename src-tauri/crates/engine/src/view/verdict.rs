//! The verdict on a provider, for the sentences and levels of the UIs.

use ::words::Outlook;
use api::Level;
use catalog::{ProviderId, REHEARSAL};
use health::ProviderVerdict;

use super::words;
use crate::state::State;

pub(crate) fn level_of(state: &State, id: &ProviderId) -> Level {
    state
        .verdicts
        .providers
        .get(id)
        .map_or(Level::Unknown, |v| words::level(v.verdict))
}

/// The level of the rehearsal provider, if a rehearsal is active.
pub(crate) fn rehearsal_level(state: &State) -> Level {
    level_of(state, &ProviderId::new(REHEARSAL))
}

pub(super) fn outlook<'a>(
    product: &'a str,
    verdict: &ProviderVerdict,
    level: health::Level,
) -> Outlook<'a> {
    Outlook {
        product,
        level,
        blame: verdict.blame,
        since: verdict.since,
    }
}
