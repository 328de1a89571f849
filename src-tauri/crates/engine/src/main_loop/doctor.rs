//! `understudyd doctor`: what works, what fails, and how to fix it.

mod addresses;
mod line;
mod network;
mod pages;
mod probes;

use api::{Check, Doctor, FallbackState, KeyState};
use catalog::{Endpoint, REHEARSAL};
use chrono::{DateTime, Utc};
use gateway::{Gateway, RejectReason, Rejected};

use crate::login;
use crate::state::State;
use crate::view::problem::{self, LEDGER_RESTORED};
use crate::view::{fallback_test, pipeline, question, retention, route};
use line::{bad, good, note};

pub(super) fn examine(state: &State, gateway: &Gateway, now: DateTime<Utc>) -> Doctor {
    let mut checks = vec![engine(state), settings(state)];
    checks.extend(addresses::checks(state));
    checks.extend([
        ledger(state),
        history(state, now),
        log(state),
        keychain(state),
    ]);
    checks.extend(exposed(state));
    checks.extend(keys(state));
    checks.extend(fallback_checks(state));
    checks.extend(tests(state));
    checks.extend(pipelines(state));
    checks.extend(scope(state));
    checks.extend(pages::checks(state));
    checks.extend(probes::check(state));
    checks.push(network::check(
        state.verdicts.offline,
        state.connectivity.as_ref(),
    ));
    checks.extend(rejected(state, gateway.rejected()));
    checks.push(start_at_login());
    Doctor { checks }
}

fn engine(state: &State) -> Check {
    let mode = if state.draining {
        " It is stopping."
    } else if state.paused {
        " It is paused: requests go straight to the primary."
    } else {
        ""
    };
    let message = format!(
        "Understudy {} listens on {}.{mode}",
        state.version,
        state.listening.url()
    );
    match state.crashed {
        None => good("engine", message),
        Some(at) => {
            let clock = state.clock(state.started);
            let crash = clock.plain(&problem::crash_text(at));
            let fix = "look into the log, see below; the next deliberate stop ends this line";
            note("engine", format!("{message} {crash}"), fix)
        }
    }
}

fn settings(state: &State) -> Check {
    let file = state.places.settings.display();
    let pending = state.listening.pending(&state.settings);
    match (state.settings_errors.first(), pending) {
        (None, None) => good("settings", format!("{file} is active.")),
        (None, Some((what, fix))) => note("settings", format!("{file}: {what}"), &fix),
        (Some(first), _) => bad(
            "settings",
            format!("{file}: {first}"),
            "correct the file; it is read again when it is saved",
        ),
    }
}

fn ledger(state: &State) -> Check {
    match (&state.ledger_trouble, &state.ledger_restored) {
        (None, _) if state.unrecorded > 0 => bad(
            "ledger",
            format!(
                "{} is written, but {} requests are missing in it: the disk was too slow.",
                state.places.ledger.display(),
                state.unrecorded
            ),
            "find out what slows this disk; the count begins again with the next start",
        ),
        (None, None) => good(
            "ledger",
            format!("{} is written.", state.places.ledger.display()),
        ),
        (None, Some(restored)) => note("ledger", restored.clone(), LEDGER_RESTORED),
        (Some(trouble), _) => bad("ledger", trouble.what(), trouble.fix()),
    }
}

/// How long rows are kept, and the file's size.
fn history(state: &State, now: DateTime<Utc>) -> Check {
    let history = retention::history(state, now);
    let size = history
        .size
        .map_or_else(String::new, |size| format!("; the ledger has {size}"));
    let message = format!("{}{size}.", history.kept);
    if let Some(first) = history.first_deletion {
        let fix =
            "to keep more, set [retention] exchanges_days and incidents_days; 0 deletes nothing";
        return note("history", format!("{message} {first}"), fix);
    }
    match state.retention.size {
        // Free pages of a file of an earlier version stay in it.
        Some(size) if !size.shrinks && size.free * 4 > size.bytes => note(
            "history",
            format!(
                "{message} {} of it are free.",
                retention::file_size(size.free)
            ),
            "understudyd stop, then understudyd ledger compact",
        ),
        Some(_) | None => good("history", message),
    }
}

fn log(state: &State) -> Check {
    match &state.log_loss {
        None => good("log", state.log_place.clone()),
        Some(loss) => {
            let message = format!("{} {}", problem::log_loss(loss), state.log_place);
            bad("log", message, problem::LOG_FIX)
        }
    }
}

fn exposed(state: &State) -> impl Iterator<Item = Check> {
    let check = |finding: &String| {
        let fix =
            "remove the permissions of others: chmod go-rwx PATH; the next start checks it again";
        bad("permissions", finding.clone(), fix)
    };
    state.exposed.iter().map(check)
}

fn keychain(state: &State) -> Check {
    match &state.keychain_failed {
        None => good("keychain", "Keys are kept in the keychain.".into()),
        Some(why) => note(
            "keychain",
            format!("Keys will be forgotten when the engine stops: {why}."),
            "unlock or install a keychain, or put the keys into environment variables",
        ),
    }
}

/// Keys of the owner's providers and of the vendors whose clients pass through here; all other possible keys are in one line.
fn keys(state: &State) -> Vec<Check> {
    let real = |e: &&Endpoint| e.id.as_str() != REHEARSAL;
    let (near, others): (Vec<_>, Vec<_>) =
        state
            .catalog
            .endpoints()
            .filter(real)
            .partition(|endpoint| {
                let missing = matches!(key_state(state, endpoint), KeyState::Missing);
                !missing || endpoint.accepts_client_login || state.is_mine(&endpoint.provider)
            });
    let mut checks: Vec<Check> = near.into_iter().map(|e| key(state, e)).collect();
    if !others.is_empty() {
        let names: Vec<&str> = others.iter().map(|e| e.id.as_str()).collect();
        checks.push(note(
            "other keys",
            format!("none for {}: each could be a fallback.", names.join(", ")),
            "understudyd key add NAME",
        ));
    }
    checks
}

fn key_state(state: &State, endpoint: &Endpoint) -> KeyState {
    let seen = state.seen_logins.contains(&endpoint.id);
    state.keys.shown(endpoint, seen)
}

fn key(state: &State, endpoint: &Endpoint) -> Check {
    let name = format!("key {}", endpoint.id);
    let from_env = endpoint
        .key_env
        .as_deref()
        .unwrap_or("its environment variable");
    match key_state(state, endpoint) {
        KeyState::NotNeeded => good(name, "not needed.".into()),
        KeyState::Keychain => good(name, "from the keychain.".into()),
        KeyState::Environment => good(name, format!("from {from_env}.")),
        KeyState::Memory => note(
            name,
            "in the memory of this engine only, until it stops.".into(),
            &format!("set {from_env} in the engine's environment"),
        ),
        KeyState::ClientLogin => good(name, "clients use their own login.".into()),
        KeyState::Missing => note(
            name,
            "none.".into(),
            &format!("understudyd key add {}", endpoint.id),
        ),
    }
}

/// One line for all routes of a dialect with the same result.
fn fallback_checks(state: &State) -> Vec<Check> {
    let mut reported: Vec<(api::Dialect, Vec<String>, FallbackState, usize)> = Vec::new();
    for route in route::routes(state) {
        let usable = route.candidates.iter().filter(|c| c.usable).count();
        let same = reported
            .iter_mut()
            .find(|(dialect, _, stand_in, candidates)| {
                *dialect == route.dialect && *stand_in == route.stand_in && *candidates == usable
            });
        match same {
            Some((_, names, ..)) => names.push(route.name),
            None => reported.push((route.dialect, vec![route.name], route.stand_in, usable)),
        }
    }
    let check = |(dialect, names, stand_in, usable): (
        api::Dialect,
        Vec<String>,
        FallbackState,
        usize,
    )| {
        let word = if names.len() > 1 { "routes" } else { "route" };
        let name = format!("{word} {} ({dialect})", names.join(", "));
        match stand_in {
            FallbackState::Ready => good(name, format!("{usable} candidates can answer.")),
            FallbackState::Siblings { remedy } => note(
                name,
                "another model of the same login answers if only one fails; if all fail, requests fail.".into(),
                &remedy,
            ),
            FallbackState::Missing { remedy } | FallbackState::NeedsConsent { remedy } => note(
                name,
                "no fallback: when the primary fails, requests fail.".into(),
                &remedy,
            ),
        }
    };
    reported.into_iter().map(check).collect()
}

/// A line for each tested fallback, and one for the untested ones.
fn tests(state: &State) -> Vec<Check> {
    let (tested, never): (Vec<_>, Vec<_>) = fallback_test::listed(state, None)
        .fallbacks
        .into_iter()
        .partition(|fallback| fallback.last.is_some());
    let check = |fallback: api::Fallback| {
        let name = format!("fallback {}", fallback.name);
        let message = format!("{} ({}).", fallback.message, fallback.dialect);
        let again = format!("understudyd test {}", fallback.model);
        let last = fallback.last?;
        Some(match last.fault {
            None if last.outdated => note(name, message, &again),
            None => good(name, message),
            Some(fault) => {
                let fix = last.fix.unwrap_or(again);
                match fault {
                    // A temporary failure of the provider is no evidence about the settings.
                    api::TestFault::Provider => note(name, message, &fix),
                    _ if last.outdated => note(name, message, &fix),
                    api::TestFault::Account
                    | api::TestFault::Model
                    | api::TestFault::Settings
                    | api::TestFault::Understudy => bad(name, message, &fix),
                }
            }
        })
    };
    let mut checks: Vec<Check> = tested.into_iter().filter_map(check).collect();
    if !never.is_empty() {
        let name = |one: &api::Fallback| format!("{} ({})", one.name, one.dialect);
        let names: Vec<String> = never.iter().map(name).collect();
        let message = format!("{}: {}.", fallback_test::NEVER, names.join(", "));
        checks.push(note("fallbacks", message, "understudyd test"));
    }
    checks
}

fn pipelines(state: &State) -> Vec<Check> {
    let shown = pipeline::pipelines(state).into_iter();
    let check = |one: api::PipelineView| {
        let name = format!("pipeline {}", one.name);
        match (one.no_fallback, one.order) {
            (Some(no_fallback), _) => note(
                name,
                format!("{no_fallback} while their provider fails."),
                "choose where they may go (`understudyd may-go-to`), or name a second endpoint in their [[route]]",
            ),
            (None, order) => good(name, format!("{}.", order.unwrap_or_default())),
        }
    };
    shown.map(check).collect()
}

/// Only if it needs the owner.
fn scope(state: &State) -> Option<Check> {
    let file = state.places.settings.display();
    if let Some(why) = &state.scope_unwritten {
        return Some(bad(
            "may_go_to",
            format!(
                "requests go to the same providers as before, but {file} could not be changed to state it: {why}"
            ),
            "write may_go_to = \"any\" (as it was) or \"named\" under [fallback] yourself",
        ));
    }
    let open = question::questions(state).into_iter().next()?;
    Some(note("question", open.text, &open.cli))
}

/// A line for each reason, with a sample; the list of requests does not contain them.
fn rejected(state: &State, all: Vec<Rejected>) -> Vec<Check> {
    let check = |rejected: Rejected| {
        let (of, fix) = match rejected.reason {
            RejectReason::Token => (
                "without the token",
                "nothing to do, unless one of your clients sent them: `understudyd url` prints its URL",
            ),
            RejectReason::Host => (
                "for a host name that is not allowed",
                "nothing to do, unless the name is yours: add it to [listen] allowed_hosts",
            ),
            RejectReason::Origin => (
                "of web pages that are not allowed",
                "nothing to do, unless the page is yours: add it to [listen] allowed_origins",
            ),
            RejectReason::Full => (
                "above the limit of open requests",
                "look for a client or a proxy that sends requests in a loop",
            ),
        };
        let (requests, were) = match rejected.count {
            1 => ("1 request".to_owned(), "was"),
            count => (format!("{count} requests"), "were"),
        };
        let message = format!(
            "{requests} {of} {were} rejected since the engine started, such as at {}: {}.",
            state.clock_time(rejected.at),
            rejected.sample
        );
        note(
            format!("rejected: {}", rejected.reason.as_str()),
            message,
            fix,
        )
    };
    all.into_iter().map(check).collect()
}

fn start_at_login() -> Check {
    match login::is_on() {
        Some(true) => good("start at login", "on.".into()),
        Some(false) => note(
            "start at login",
            "off.".into(),
            "switch it on in the window's settings",
        ),
        None => note(
            "start at login",
            "this system has no user services.".into(),
            "start `understudyd` by other means",
        ),
    }
}
