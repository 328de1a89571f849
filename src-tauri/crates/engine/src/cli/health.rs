//! For service managers and container images, which have no HTTP client of their own.

use std::process::ExitCode;

use super::client::{CallError, Engine};
use super::print_line::{failed, print_line};

pub(super) async fn health() -> ExitCode {
    match accepts_requests().await {
        Ok(true) => {
            print_line!("The engine accepts requests.");
            ExitCode::SUCCESS
        }
        Ok(false) => failed("the engine is stopping and accepts no new requests", 1),
        Err(error @ (CallError::NotRunning | CallError::Busy)) => failed(&error.to_string(), 2),
        Err(error) => failed(&error.to_string(), 1),
    }
}

async fn accepts_requests() -> Result<bool, CallError> {
    Engine::find()?.accepts_requests().await
}
