//! The tray application. It shows the engine's snapshots, keeps the engine running, and makes no other decisions.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod clipboard;
mod commands;
mod connection;
mod engine_process;
mod log;
mod notify;
mod places;
mod shell;
mod sse;
mod tray;
mod window;

use std::process::ExitCode;
use std::sync::Arc;

use tauri::tray::{MouseButton, MouseButtonState, TrayIconEvent};
use tauri::{Manager, RunEvent};
use tokio::sync::{Notify, mpsc, watch};

use crate::engine_process::{Apart, Standing, Supervisor, launch};
use crate::notify::Notifier;
use crate::places::Places;
use crate::shell::{Ask, Asks, Shell};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments
        .next()
        .is_some_and(|first| first == launch::DETACH)
    {
        return launch::detach(arguments);
    }
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("Understudy cannot start: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> anyhow::Result<()> {
    let places = Places::from_environment(|name| std::env::var_os(name))?;
    let _log = log::open(&places.log);
    let http = connection::client()?;

    let (asks, asked) = mpsc::unbounded_channel();
    let asks = Asks(asks);
    let (standing, seen) = watch::channel(Standing::Apart(Apart::looking()));
    let start_now = Arc::new(Notify::new());
    let (news, heard) = mpsc::channel(16);
    let supervisor = Supervisor::new(places.clone(), http, Arc::clone(&start_now), news);

    let second_start = asks.clone();
    let from_menu = asks.clone();
    let from_icon = asks.clone();
    tauri::Builder::default()
        // First, so that a second instance exits before it does anything else.
        .plugin(tauri_plugin_single_instance::init(move |_, _, _| {
            second_start.tell(Ask::open("now"));
        }))
        .manage(commands::Seen(seen))
        .manage(asks.clone())
        .manage(window::Size::remembered(places.window.clone()))
        .invoke_handler(tauri::generate_handler![
            commands::connection,
            commands::engine_state,
            commands::shell_do
        ])
        .on_menu_event(move |_, event| {
            if let Some(command) = tray::command_of(event.id()) {
                from_menu.tell(Ask::chosen_in_the_menu(command));
            }
        })
        .on_tray_icon_event(move |_, event| {
            if let TrayIconEvent::Click {
                button: MouseButton::Left,
                button_state: MouseButtonState::Up,
                ..
            } = event
            {
                from_icon.tell(Ask::open("now"));
            }
        })
        .setup(move |app| {
            let shell = Shell::new(
                app.handle().clone(),
                standing,
                start_now,
                Notifier::new(asks),
            );
            tauri::async_runtime::spawn(supervisor.run());
            tauri::async_runtime::spawn(shell.run(heard, asked));
            Ok(())
        })
        .build(tauri::generate_context!())?
        .run(|app, event| match event {
            // The last window was closed: the icon stays.
            RunEvent::ExitRequested {
                code: None, api, ..
            } => api.prevent_exit(),
            RunEvent::Exit => app.state::<window::Size>().save(),
            _ => {}
        });
    Ok(())
}
