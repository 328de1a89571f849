//! Whether this computer sends probes.

use api::Check;

use super::line::note;
use crate::state::State;

/// Only if they are off.
pub(super) fn check(state: &State) -> Option<Check> {
    let fix = "nothing to do if another computer of yours sends them; otherwise remove `probes = false` under [watch]";
    let message = "off on this computer; health comes from status pages and requests.";
    (!state.settings.probes).then(|| note("probes", message.into(), fix))
}
