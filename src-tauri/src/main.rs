//! The tray application. It shows the engine's snapshots, keeps the engine running, and makes no other decisions.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod clipboard;
mod commands;
mod connection;
mod engine_process;
mod log;
mod notify;
mod open_link;
mod panel;
mod places;
mod remote;
mod save_report;
mod shell;
mod sse;
mod tray;
mod user_command;
mod window;

use std::ffi::OsString;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

use api::View;
use tauri::tray::{MouseButton, MouseButtonState, TrayIconEvent};
use tauri::{Manager, RunEvent};
use tokio::sync::{Notify, mpsc, watch};

use crate::clipboard::Clipboard;
use crate::engine_process::{Apart, Standing, Supervisor, launch};
use crate::notify::Notifier;
use crate::places::Places;
use crate::remote::Remote;
use crate::shell::Shell;
use crate::user_command::{UserCommand, UserCommands};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    if arguments
        .next_if(|first| *first == launch::DETACH)
        .is_some()
    {
        return launch::detach(arguments);
    }
    match start(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("Understudy cannot start: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The log is in a file; a wrong option is for the person at the terminal.
#[expect(clippy::print_stderr, reason = "the user started it with this option")]
fn print_usage(error: &remote::BadRemote) {
    eprintln!("understudy: {error}");
}

fn start(arguments: impl Iterator<Item = OsString>) -> anyhow::Result<()> {
    let places = Places::from_environment(|name| std::env::var_os(name))?;
    let _log = log::open(&places.log);
    let remote = Remote::of(arguments, |name| std::env::var_os(name));
    let remote = remote.inspect_err(print_usage)?;
    let http = connection::client()?;

    let (commands, received) = mpsc::unbounded_channel();
    let commands = UserCommands(commands);
    let (panel, panel_seen) = watch::channel(None);
    let (standing, seen) = watch::channel(Standing::Apart(Apart::looking()));
    let start_now = Arc::new(Notify::new());
    let (news, reports) = mpsc::channel(16);
    let wakes = Arc::clone(&start_now);
    let follow: Pin<Box<dyn Future<Output = ()> + Send>> = match remote {
        Some(remote) => Box::pin(remote.run(http, wakes, news)),
        None => Box::pin(Supervisor::new(places.clone(), http, wakes, news).run()),
    };

    let second_start = commands.clone();
    let from_menu = commands.clone();
    let from_icon = commands.clone();
    tauri::Builder::default()
        // First, so that a second instance exits before it does anything else.
        .plugin(tauri_plugin_single_instance::init(move |_, _, _| {
            second_start.send(UserCommand::open(View::Now));
        }))
        .manage(commands::Seen(seen))
        .manage(panel::PanelSeen(panel_seen))
        .manage(commands.clone())
        .manage(Clipboard::default())
        .manage(window::Size::remembered(places.window.clone()))
        .invoke_handler(tauri::generate_handler![
            commands::connection,
            commands::copy_text,
            commands::engine_state,
            commands::missing_panel,
            commands::open_link,
            commands::save_report,
            commands::shell_do
        ])
        .on_menu_event(move |_, event| {
            if let Some(command) = tray::command_of(event.id()) {
                from_menu.send(UserCommand::chosen_in_the_menu(command));
            }
        })
        .on_tray_icon_event(move |_, event| {
            if let TrayIconEvent::Click {
                button: MouseButton::Left,
                button_state: MouseButtonState::Up,
                ..
            } = event
            {
                from_icon.send(UserCommand::open(View::Now));
            }
        })
        .setup(move |app| {
            let shell = Shell::new(
                app.handle().clone(),
                standing,
                panel,
                start_now,
                Notifier::new(commands),
            );
            tauri::async_runtime::spawn(follow);
            tauri::async_runtime::spawn(shell.run(reports, received));
            Ok(())
        })
        .build(tauri::generate_context!())?
        .run(|app, event| {
            // The last window was closed: the icon stays.
            if let RunEvent::ExitRequested {
                code: None, api, ..
            } = event
            {
                api.prevent_exit();
            } else if let RunEvent::Exit = event {
                app.state::<window::Size>().save();
            }
        });
    Ok(())
}
