//! The base URL for clients, and the web UI's URL.

use std::process::ExitCode;

use super::client::{CallError, Engine};
use super::print_line::{failed, print_line};
use crate::places::Places;
use crate::token;

/// Exit code 2 if no engine responds: a URL that may be wrong is not printed.
pub(super) async fn url(ui: bool, json: bool) -> ExitCode {
    match of_the_engine(ui).await {
        Ok(url) if json => print_line!("{}", serde_json::json!({ "url": url })),
        Ok(url) => print_line!("{url}"),
        Err(error @ (CallError::NotRunning | CallError::Busy)) => {
            return failed(&error.to_string(), 2);
        }
        Err(error) => return failed(&error.to_string(), 1),
    }
    ExitCode::SUCCESS
}

async fn of_the_engine(ui: bool) -> Result<String, CallError> {
    let places = Places::find()?;
    let engine = Engine::found(&places).await?;
    if ui {
        return Ok(format!(
            "{}/ui/#token={}",
            engine.address, engine.control_token
        ));
    }
    // The engine creates the token before it responds.
    let unreadable = |why: String| CallError::File {
        file: places.token.display().to_string(),
        why,
    };
    let (token, unwritten) =
        token::of_this_install(&places.token).map_err(|error| unreadable(error.to_string()))?;
    if unwritten {
        return Err(unreadable("the disk is full".to_owned()));
    }
    Ok(format!("{}/t/{}", engine.address, token.reveal()))
}
