use std::net::SocketAddr;

use api::ProblemView;
use chrono::{DateTime, Utc};

use crate::logging::LogLoss;
use crate::network::{self, Closed, NetworkPort};
use crate::state::State;

pub(crate) const LEDGER_RESTORED: &str = "Nothing is lost. Stop the engine before you move, replace or delete its ledger; this message ends with its next start.";

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
    problems.extend(crash(state));
    problems.extend(super::login::problems(state));
    if let Some((what, fix)) = state.listening.pending(&state.settings) {
        problems.push(ProblemView {
            what,
            fix,
            ..ProblemView::default()
        });
    }
    problems.extend(addresses(state));
    if let Some(why) = &state.tokens_unreadable {
        problems.push(ProblemView {
            what: format!("No named token is valid: {why}."),
            fix: TOKENS_FIX.into(),
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
    if let Some(trouble) = &state.ledger_trouble {
        problems.push(ProblemView {
            what: trouble.what(),
            fix: trouble.fix().into(),
            ..ProblemView::default()
        });
    } else if let Some(restored) = &state.ledger_restored {
        problems.push(ProblemView {
            what: restored.clone(),
            fix: LEDGER_RESTORED.into(),
            ..ProblemView::default()
        });
    }
    problems.extend(unrecorded(state.unrecorded));
    problems.extend(effects(state));
    if let Some(loss) = &state.log_loss {
        problems.push(ProblemView {
            what: log_loss(loss),
            fix: format!(
                "{LOG_FIX} {} It ends with the next line that can be written; the engine attempts one every 10 s. Requests are not affected.",
                state.log_place
            ),
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
    if let Some(why) = &state.unpublished {
        problems.push(ProblemView {
            what: format!("The `understudyd` commands and the tray do not find this engine: {why}."),
            fix: "Free some space on that disk, or correct the folder's permissions; the engine retries every 5 s. Clients are served meanwhile.".into(),
            ..ProblemView::default()
        });
    }
    if let Some(why) = &state.keychain_failed {
        problems.push(ProblemView { what: format!("Keys will be forgotten when the engine stops: {why}."), fix: "Unlock or install a keychain (GNOME Keyring, KWallet), or put the keys into environment variables.".into(), ..ProblemView::default() });
    }
    problems
}

pub(crate) const TOKENS_FIX: &str = "Correct the file's permissions or restore it from a backup, or remove it to begin without tokens; then restart the engine.";

/// Why an address of a network is not open: by the rule, or by the system.
pub(crate) fn closed_address(
    state: &State,
    address: SocketAddr,
    port: &Result<NetworkPort, Closed>,
) -> Option<(String, String)> {
    match port {
        Err(why) => Some((why.to_string(), why.fix())),
        Ok(_) => {
            let why = state.network.get(&address)?.clone()?;
            let fix = "It is tried again every 5 s, so that a bridge or an interface may come later. If its address has changed, correct its [[listen.also]].";
            Some((why, fix.into()))
        }
    }
}

fn addresses(state: &State) -> impl Iterator<Item = ProblemView> {
    let own = state.listening.bound();
    let ports = network::ports(&state.settings, own, !state.tokens.is_empty());
    ports.into_iter().filter_map(|(address, port)| {
        let (why, fix) = closed_address(state, address, &port)?;
        Some(ProblemView {
            what: format!("The engine does not listen on {address}: {why}."),
            fix,
            ..ProblemView::default()
        })
    })
}

fn crash(state: &State) -> Option<ProblemView> {
    let at = state.crashed.filter(|_| state.crash_shown)?;
    let what = crash_text(at);
    Some(ProblemView {
        what: state.clock(state.started).plain(&what),
        what_spans: what,
        fix: format!(
            "{} Its lines before that time show the reason.",
            state.log_place
        ),
        ..ProblemView::default()
    })
}

pub(crate) fn crash_text(at: DateTime<Utc>) -> words::Spans {
    let what = "Understudy ended unexpectedly at ";
    words::with_instant(what, at, " and was started again.")
}

pub(crate) const LOG_FIX: &str =
    "Free some space on the log's disk, or start the engine with a log that is open.";

/// "3 lines of the log could not be written: No space left on device (os error 28)."
pub(crate) fn log_loss(loss: &LogLoss) -> String {
    let lines = match loss.lines {
        1 => "1 line".to_owned(),
        n => format!("{n} lines"),
    };
    format!("{lines} of the log could not be written: {}.", loss.why)
}

fn effects(state: &State) -> Option<ProblemView> {
    let open = state.effects.open();
    (open > 0).then(|| ProblemView {
        what: format!("{}.", super::effect::waiting(open)),
        fix: super::effect::FIX.into(),
        // Its former name, which an older window knows.
        view: Some(api::View::Review),
        ..ProblemView::default()
    })
}

fn unrecorded(count: u64) -> Option<ProblemView> {
    let requests = match count {
        0 => return None,
        1 => "1 request is".to_owned(),
        n => format!("{n} requests are"),
    };
    Some(ProblemView {
        what: format!(
            "{requests} missing in the history and the costs since the engine started: the disk was too slow to record them."
        ),
        fix: "Find out what slows the disk of the ledger (`understudyd doctor` shows its path). The clients got their responses."
            .into(),
        ..ProblemView::default()
    })
}

#[cfg(test)]
mod tests {
    use super::unrecorded;

    #[test]
    fn unrecorded_requests_are_a_problem_with_their_number() {
        assert!(unrecorded(0).is_none());
        let what = |count| unrecorded(count).map(|problem| problem.what);
        assert!(what(1).is_some_and(|what| what.starts_with("1 request is missing")));
        assert!(what(4500).is_some_and(|what| what.starts_with("4500 requests are missing")));
    }
}
