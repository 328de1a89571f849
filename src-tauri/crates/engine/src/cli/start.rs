//! Commands that run until they are stopped: the engine and the stage.

use std::process::ExitCode;

use stage::Stage;
use tokio::net::TcpListener;

use super::print_line::{failed, print_line};
use crate::logging::Log;
use crate::runtime::NotAlone;
use crate::serve::{self, Ended, Options, StartError};

/// Exit code of an internal error (EX_SOFTWARE): a supervisor starts the engine again.
const CRASHED: u8 = 70;

/// `json`: if another engine is running, its address is printed as JSON.
pub(super) async fn engine(options: Options, log: Log, json: bool) -> ExitCode {
    match serve::serve(options, log).await {
        Ok(Ended::Stopped) => ExitCode::SUCCESS,
        Ok(Ended::Crashed) => failed("the engine crashed; its log shows where", CRASHED),
        Err(error) => {
            if let (true, StartError::NotAlone(NotAlone::Running(Some(first)))) = (json, &error) {
                print_line!(
                    "{}",
                    serde_json::json!({ "address": first.address, "pid": first.pid, "version": first.version })
                );
            }
            failed(&error.to_string(), start_code(&error))
        }
    }
}

/// 3: another engine is running, so a restart does not help. 4: the port is in use.
fn start_code(error: &StartError) -> u8 {
    match error {
        StartError::NotAlone(NotAlone::Running(_)) | StartError::NotTaken(_) => 3,
        StartError::PortTaken { .. } => 4,
        StartError::Homeless(_)
        | StartError::NotAlone(NotAlone::Io { .. })
        | StartError::Settings { .. }
        | StartError::Unreadable { .. }
        | StartError::Catalog(_)
        | StartError::Listen { .. }
        | StartError::Ledger(_)
        | StartError::Io(_)
        | StartError::Http(_) => 1,
    }
}

pub(super) async fn stage(port: u16, acting: stage::VendorChoice) -> ExitCode {
    let listener = match TcpListener::bind(("127.0.0.1", port)).await {
        Ok(listener) => listener,
        Err(error) => return failed(&format!("cannot listen on port {port}: {error}"), 4),
    };
    match listener.local_addr() {
        Ok(address) if acting == stage::VendorChoice::Plain => {
            print_line!("The stage plays any model on http://{address}");
        }
        Ok(address) => print_line!("The stage plays any model as {acting} on http://{address}"),
        Err(error) => return failed(&error.to_string(), 1),
    }
    // Resets use wall-clock time, because clients compare them with their own clock.
    let now = u64::try_from(crate::clock::wall()().timestamp()).unwrap_or_default();
    Stage::any_model()
        .at(now)
        .acting(acting)
        .serve(listener, async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await;
    ExitCode::SUCCESS
}
