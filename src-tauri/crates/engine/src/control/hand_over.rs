//! A newer engine requests the port of this one.

use std::path::PathBuf;

use api::{Accepted, Command};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::shown::Shown;
use super::{Control, Refused};
use crate::event::ControlRequest;

#[derive(Deserialize)]
pub(super) struct To {
    /// The Unix socket on which the newer engine waits.
    to: PathBuf,
}

/// This engine stops as on a command, and passes its listening socket on at the end.
pub(super) async fn hand_over(
    State(control): State<Control>,
    Json(To { to }): Json<To>,
) -> Result<Shown<Accepted>, Refused> {
    control.successor.waits_at(&to).map_err(|error| {
        Refused::new(
            StatusCode::CONFLICT,
            error.to_string(),
            Some("stop this engine with `understudyd stop`, then start the newer one"),
        )
    })?;
    tracing::info!("a newer engine takes over: this one ends its open responses and stops");
    let stop = |reply| ControlRequest::Do(Command::StopEngine, reply);
    Ok(Shown(control.ask(stop).await??))
}
