use api::ProblemView;

use crate::state::State;

/// Problems of this installation that need the owner.
pub(crate) fn problems(state: &State) -> Vec<ProblemView> {
    let mut problems = Vec::new();
    if let Some(first) = state.settings_errors.first() {
        let more = match state.settings_errors.len() {
            1 => String::new(),
            n => format!(" ({} more)", n - 1),
        };
        problems.push(ProblemView {
            what: match first.line {
                0 => format!("The settings file has an error: {first}{more}."),
                _ => format!("The settings file has an error in {first}{more}."),
            },
            fix: format!(
                "Correct {} and save it; until then the last valid settings are active.",
                state.places.settings.display()
            ),
            ..ProblemView::default()
        });
    }
    problems.extend(super::login::problems(state));
    if let Some((what, fix)) = state.listening.pending(&state.settings) {
        problems.push(ProblemView {
            what,
            fix,
            ..ProblemView::default()
        });
    }
    for (name, what) in state.unknown_pipelines.warnings(&state.settings) {
        problems.push(ProblemView {
            what,
            fix: format!("Correct the name in the workflow, or add it to the settings: [[pipeline]] name = \"{name}\"."),
            ..ProblemView::default()
        });
    }
    if let Some(why) = &state.ledger_failed {
        problems.push(ProblemView {
            what: why.clone(),
            fix: "Until then this run's history is kept in memory and lost when the engine stops."
                .into(),
            ..ProblemView::default()
        });
    }
    if let Some(why) = &state.scope_unwritten {
        problems.push(ProblemView {
            what: format!(
                "Where requests may go is kept in memory only: {} was not changed ({why}).",
                state.places.settings.display()
            ),
            fix: "Write may_go_to = \"any\" (as it was) or \"named\" under [fallback] yourself."
                .into(),
            ..ProblemView::default()
        });
    }
    if let Some(why) = &state.keychain_failed {
        problems.push(ProblemView { what: format!("Keys are lost when the engine stops: {why}."), fix: "Unlock or install a keychain (GNOME Keyring, KWallet), or put the keys into environment variables.".into(), ..ProblemView::default() });
    }
    problems
}
