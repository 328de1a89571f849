//! What the window may ask of the shell. Everything else it asks the engine itself.

use api::{Accepted, Command};
use serde::Serialize;
use tauri::State;
use tokio::sync::watch;

use crate::engine_process::{Apart, Standing, State as EngineState};
use crate::shell::{Ask, Asks};

/// The shell's latest standing with the engine.
pub(crate) struct Seen(pub(crate) watch::Receiver<Standing>);

#[derive(Serialize)]
pub(crate) struct Place {
    address: String,
    token: String,
}

/// Where the control API is; None: there is no engine now.
#[tauri::command]
pub(crate) fn connection(seen: State<'_, Seen>) -> Option<Place> {
    match &*seen.0.borrow() {
        Standing::Connected(connection) => Some(Place {
            address: connection.engine.address.clone(),
            token: connection.engine.control_token.clone(),
        }),
        Standing::Apart(_) => None,
    }
}

#[tauri::command]
pub(crate) fn engine_state(seen: State<'_, Seen>) -> Apart {
    match &*seen.0.borrow() {
        Standing::Connected(_) => Apart {
            state: EngineState::Running,
            detail: "The engine is running.".into(),
        },
        Standing::Apart(apart) => apart.clone(),
    }
}

/// One of the shell's own commands, or one of the engine's, which is passed on.
#[tauri::command]
pub(crate) async fn shell_do(command: Command, asks: State<'_, Asks>) -> Result<Accepted, String> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    asks.tell(Ask::Command {
        command,
        answer: Some(answer),
    });
    answered
        .await
        .unwrap_or_else(|_| Err("Understudy is closing.".into()))
}
