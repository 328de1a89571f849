//! A newer engine requests the port of this one.

use std::path::PathBuf;

use api::Accepted;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::shown::Shown;
use super::{Control, Refused};

#[derive(Deserialize)]
pub(super) struct To {
    /// The Unix socket on which the newer engine waits.
    to: PathBuf,
}

/// This engine passes its listening socket on, and then stops as on a command.
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
    tracing::info!(
        "a newer engine takes over: it gets the port, and this one ends its open responses"
    );
    Ok(Shown(Accepted {
        message: "The newer engine gets the port; this one ends its open responses and stops."
            .into(),
    }))
}
