//! The window's commands to the shell. All other requests of the window go to the engine.

use api::{Accepted, Command};
use serde::Serialize;
use tauri::{AppHandle, Manager, State};
use tokio::sync::watch;

use crate::clipboard::Clipboard;
use crate::engine_process::{Apart, Standing, State as EngineState};
use crate::open_link;
use crate::panel::{Panel, PanelSeen};
use crate::save_report;
use crate::user_command::{UserCommand, UserCommands};

/// The latest state of the connection to the engine.
pub(crate) struct Seen(pub(crate) watch::Receiver<Standing>);

#[derive(Serialize)]
pub(crate) struct Place {
    address: String,
    token: String,
    /// The name of the other computer on which the engine runs; null: it runs here.
    computer: Option<String>,
}

/// Address of the control API; `None`: no engine is running.
#[tauri::command]
pub(crate) fn connection(seen: State<'_, Seen>) -> Option<Place> {
    match &*seen.0.borrow() {
        Standing::Connected(connection) => Some(Place {
            address: connection.engine.address.clone(),
            token: connection.engine.control_token.clone(),
            computer: connection.computer.clone(),
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

/// Why there is no tray icon. `None`: there is one, or the desktop is still examined.
#[tauri::command]
pub(crate) fn missing_panel(seen: State<'_, PanelSeen>) -> Panel {
    seen.0.borrow().clone()
}

/// A web view copies only within a click, and not after a request to the engine.
#[tauri::command]
pub(crate) async fn copy_text(text: String, clipboard: State<'_, Clipboard>) -> Result<(), String> {
    let clipboard = clipboard.inner().clone();
    let put = tokio::task::spawn_blocking(move || clipboard.put(&text));
    match put.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(format!("This desktop has no clipboard ({error}).")),
        Err(error) => Err(error.to_string()),
    }
}

/// Opens a page in the user's browser.
#[tauri::command(async)]
pub(crate) fn open_link(url: String) -> Result<(), String> {
    open_link::open(&url)
}

/// Writes a new file into the downloads folder and returns its path. `open`: also opens it in the user's browser.
#[tauri::command(async)]
pub(crate) fn save_report(
    app: AppHandle,
    name: String,
    text: String,
    open: bool,
) -> Result<String, String> {
    let path = app.path();
    let folder = path.download_dir().or_else(|_| {
        let home = path.home_dir()?;
        let downloads = home.join("Downloads");
        Ok::<_, tauri::Error>(if downloads.is_dir() { downloads } else { home })
    });
    let folder = folder.map_err(|error| {
        format!("This desktop names no folder for downloads ({error}). Copy the report instead.")
    })?;
    let file = save_report::save(&folder, &name, &text)?;
    if open {
        open_link::open_file(&file)?;
    }
    Ok(file.display().to_string())
}

/// Runs a command of the shell, or passes one of the engine's on.
#[tauri::command]
pub(crate) async fn shell_do(
    command: Command,
    commands: State<'_, UserCommands>,
) -> Result<Accepted, String> {
    let (reply, result) = tokio::sync::oneshot::channel();
    commands.send(UserCommand::Run {
        command,
        reply: Some(reply),
    });
    result
        .await
        .unwrap_or_else(|_| Err("Understudy is closing.".into()))
}
