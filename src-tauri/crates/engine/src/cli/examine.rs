//! `understudyd doctor`: the engine's checks; without an engine, the checks that need none.

use std::fs;
use std::process::ExitCode;

use api::{Check, CheckState, Doctor};

use super::client::{CallError, Engine};
use super::print_line::print_line;
use super::show::{finish, print_json};
use crate::places::Places;
use crate::serve::own_catalog;
use crate::settings::Settings;
use crate::{logging, login, runtime, text_file};

/// Exit code 1: a check failed. 2: no engine responds.
pub(super) async fn doctor(json: bool) -> ExitCode {
    finish(json, async {
        let (doctor, code) = match examined().await {
            Err(CallError::NotRunning) => (without_engine(&Places::find()?), 2),
            examined => (examined?, 1),
        };
        if json {
            print_json(&doctor);
        } else {
            doctor.checks.iter().for_each(print);
        }
        let broken = doctor.checks.iter().any(|c| c.state == CheckState::Bad);
        Ok(match broken {
            true => ExitCode::from(code),
            false => ExitCode::SUCCESS,
        })
    })
    .await
}

async fn examined() -> Result<Doctor, CallError> {
    Engine::find()?.get("/doctor").await
}

fn print(check: &Check) {
    let mark = match check.state {
        CheckState::Good => "ok  ",
        CheckState::Note => "note",
        CheckState::Bad => "BAD ",
    };
    let fix = check.fix.as_ref();
    let fix = fix.map_or_else(String::new, |fix| format!("  ({fix})"));
    print_line!("{mark}  {:<28} {}{fix}", check.name, check.message);
}

fn without_engine(places: &Places) -> Doctor {
    let mut checks = vec![engine(places), settings(places), ledger(places)];
    checks.push(good("log", logging::place_of_a_stopped(&places.logs)));
    checks.extend(starts_at_login());
    checks.extend(super::connect::checks(places));
    Doctor { checks }
}

fn engine(places: &Places) -> Check {
    if runtime::is_locked(places).unwrap_or(false) {
        return bad(
            "engine",
            "An engine is starting or stopping and does not respond yet.".into(),
            "try again in a few seconds",
        );
    }
    let crashed = runtime::read(places).is_ok();
    let message = match crashed {
        true => "No engine is running: the last one ended unexpectedly.",
        false => "No engine is running.",
    };
    bad(
        "engine",
        message.into(),
        "start it with `understudyd`, or open the Understudy application",
    )
}

fn settings(places: &Places) -> Check {
    let file = places.settings.display();
    let catalog = match own_catalog(&places.providers) {
        Ok(catalog) => catalog,
        Err(error) => return bad("providers", error.to_string(), "correct or remove the file"),
    };
    let text = match text_file::read(&places.settings) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return good(
                "settings",
                format!("{file} does not exist yet; the first start writes it."),
            );
        }
        Err(error) => {
            return bad(
                "settings",
                format!("{file} cannot be read: {error}."),
                "check the permissions of the file",
            );
        }
    };
    match Settings::parse(&text, &catalog) {
        Ok(_) => good("settings", format!("{file} has no errors.")),
        Err(errors) => bad(
            "settings",
            format!("{file}: {}", errors[0]),
            "correct the file: with an error in the settings the engine does not start",
        ),
    }
}

fn ledger(places: &Places) -> Check {
    let file = places.ledger.display();
    match fs::metadata(&places.ledger) {
        Ok(found) => good(
            "ledger",
            format!(
                "{file} has {:.1} MiB.",
                found.len() as f64 / f64::from(1 << 20)
            ),
        ),
        Err(_) => good(
            "ledger",
            format!("{file} does not exist yet; the first start writes it."),
        ),
    }
}

fn starts_at_login() -> Option<Check> {
    let message = match login::is_on()? {
        true => "The engine starts at login.",
        false => "The engine does not start at login.",
    };
    Some(good("start at login", message.into()))
}

fn good(name: &str, message: String) -> Check {
    Check {
        name: name.into(),
        state: CheckState::Good,
        message,
        fix: None,
    }
}

fn bad(name: &str, message: String, fix: &str) -> Check {
    Check {
        name: name.into(),
        state: CheckState::Bad,
        message,
        fix: Some(fix.into()),
    }
}
