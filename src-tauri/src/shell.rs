//! The shell's event loop: it receives snapshots and the user's commands, and updates the tray.

mod notifications;

use std::sync::Arc;
use std::time::Duration;

use api::{Accepted, Command, Snapshot, TrayView, Urgency, View};
use tauri::{AppHandle, Emitter, Manager};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::{MissedTickBehavior, interval};

use crate::clipboard::Clipboard;
use crate::connection::Connection;
use crate::engine_process::{Apart, News, Standing};
use crate::notify::{Note, Notifier};
use crate::panel::{self, MissingPanel, Panel};
use crate::tray::{self, Tray};
use crate::user_command::{CommandResult, UserCommand};
use crate::window;
use notifications::Notifications;

/// How often the shell checks for a panel while there is none.
const LOOK_FOR_A_PANEL: Duration = Duration::from_secs(2);
/// A panel may start later than the shell at login. Without one, the window opens after this many checks.
const PANEL_CHECKS_BEFORE_THE_WINDOW: u32 = 3;

pub(crate) struct Shell {
    app: AppHandle,
    standing: watch::Sender<Standing>,
    panel: watch::Sender<Panel>,
    start_now: Arc<Notify>,
    notifier: Notifier,
    notifications: Notifications,
    clipboard: Clipboard,
    /// `None`: there is no panel for an icon yet.
    tray: Option<Tray>,
    view: TrayView,
    base_url: Option<String>,
    panel_checks: u32,
    opened_for_first_run: bool,
}

impl Shell {
    pub(crate) fn new(
        app: AppHandle,
        standing: watch::Sender<Standing>,
        panel: watch::Sender<Panel>,
        start_now: Arc<Notify>,
        notifier: Notifier,
    ) -> Self {
        let clipboard = app.state::<Clipboard>().inner().clone();
        let notifications = Notifications::new(notifier.clone());
        Self {
            app,
            standing,
            panel,
            start_now,
            notifier,
            notifications,
            clipboard,
            tray: None,
            view: tray::view_without_engine(&Apart::looking()),
            base_url: None,
            panel_checks: 0,
            opened_for_first_run: false,
        }
    }

    /// Runs as long as the application.
    pub(crate) async fn run(
        mut self,
        mut news: mpsc::Receiver<News>,
        mut commands: mpsc::UnboundedReceiver<UserCommand>,
    ) {
        let mut panel = interval(LOOK_FOR_A_PANEL);
        panel.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(news) = news.recv() => self.receive(news),
                Some(command) = commands.recv() => self.run_command(command),
                _ = panel.tick(), if self.tray.is_none() => self.look_for_a_panel(),
                else => return,
            }
        }
    }

    fn receive(&mut self, news: News) {
        match news {
            News::Standing(standing) => {
                if let Standing::Apart(apart) = &standing {
                    self.view = tray::view_without_engine(apart);
                    self.base_url = None;
                    self.draw();
                }
                self.standing.send_replace(standing);
            }
            News::Snapshot(snapshot) => self.show(*snapshot),
            News::StartedAgain => self.notify(Note {
                thread: "engine".into(),
                title: "The engine stopped and was restarted".into(),
                body: "Open requests were cut. Agents retry them.".into(),
                urgency: Urgency::Normal,
                view: View::Now,
                actions: Vec::new(),
                in_place: false,
                is_end: false,
            }),
        }
    }

    fn show(&mut self, snapshot: Snapshot) {
        let connection = match &*self.standing.borrow() {
            Standing::Connected(connection) => Some(connection.clone()),
            Standing::Apart(_) => None,
        };
        let remote = connection
            .as_ref()
            .and_then(|one| Some((one, one.computer.as_ref()?)));
        (self.base_url, self.view) = match remote {
            None => (Some(snapshot.engine.base_url), snapshot.tray),
            Some((connection, computer)) => (
                Some(through_the_tunnel(&snapshot.engine, connection)),
                tray::elsewhere::view(snapshot.tray, computer),
            ),
        };
        self.draw();
        if let Some(connection) = &connection {
            self.notifications
                .receive(snapshot.notifications, connection);
        }
        if snapshot.engine.first_run && !self.opened_for_first_run {
            self.opened_for_first_run = true;
            self.run_command(UserCommand::open(View::Now));
        }
    }

    fn draw(&mut self) {
        let Some(tray) = &mut self.tray else { return };
        if let Err(error) = tray.draw(&self.view) {
            tracing::error!("the tray cannot be drawn: {error}");
        }
    }

    fn look_for_a_panel(&mut self) {
        self.panel_checks += 1;
        match Tray::create(&self.app, &self.view) {
            Ok(tray) => {
                tracing::info!("the icon is in the tray");
                self.tray = Some(tray);
                show_missing(&self.app, &self.panel, None);
            }
            Err(error) if self.panel_checks == PANEL_CHECKS_BEFORE_THE_WINDOW => {
                tracing::warn!(
                    "this desktop has no place for a tray icon, so the window opens instead ({error}). The icon appears when \
                     there is one; starting Understudy a second time opens the window again."
                );
                let (app, panel) = (self.app.clone(), self.panel.clone());
                tokio::spawn(async move {
                    let missing = panel::examined().await;
                    // A panel may have started meanwhile.
                    if app.tray_by_id(tray::ID).is_none() {
                        show_missing(&app, &panel, Some(missing));
                    }
                });
                self.run_command(UserCommand::open(View::Now));
            }
            Err(_) => {}
        }
    }

    fn run_command(&mut self, command: UserCommand) {
        let (command, reply_to) = match command {
            UserCommand::Run { command, reply } => (command, reply),
            UserCommand::Menu(command) => {
                if let Some(tray) = &self.tray
                    && let Err(error) = tray.restore_ticks()
                {
                    tracing::warn!("the menu's ticks cannot be restored: {error}");
                }
                (command, None)
            }
        };
        match command {
            Command::OpenWindow { view } => {
                let opened = window::open(&self.app, view, self.computer().as_deref());
                self.reply(
                    reply_to,
                    opened
                        .map(|()| accepted("The window is open."))
                        .map_err(|error| error.to_string()),
                );
            }
            Command::CopyBaseUrl => self.copy_base_url(reply_to),
            Command::StartEngine => {
                self.start_now.notify_one();
                self.reply(reply_to, Ok(accepted("The engine is being started.")));
            }
            Command::Quit => {
                self.reply(
                    reply_to,
                    Ok(accepted("The icon closes; the engine keeps running.")),
                );
                // The icon is removed first: a panel may keep the icon of a program that has ended.
                self.tray = None;
                self.app.remove_tray_by_id(tray::ID);
                self.app.exit(0);
            }
            Command::Pause
            | Command::Resume
            | Command::StopEngine
            | Command::CheckNow
            | Command::TryNow { .. }
            | Command::PaidFallbacks { .. }
            | Command::PaidUntilBack { .. }
            | Command::UseNow { .. }
            | Command::Siblings { .. }
            | Command::SiblingsLater
            | Command::PaidFallbacksToday { .. }
            | Command::MayGoTo { .. }
            | Command::Rehearse { .. }
            | Command::EndRehearsal
            | Command::ReviewRetryAll { .. }
            | Command::ReviewRetryStop
            | Command::EndFirstRun
            | Command::StartAtLogin { .. } => self.pass_on(command, reply_to),
        }
    }

    /// The engine may take long, and the loop must not block.
    fn pass_on(&self, command: Command, reply_to: Option<oneshot::Sender<CommandResult>>) {
        let Standing::Connected(connection) = self.standing.borrow().clone() else {
            return self.reply(reply_to, Err("The engine is not running.".into()));
        };
        if let Some(computer) = &connection.computer
            && tray::elsewhere::stays_there(&command)
        {
            let why = format!("This engine runs on {computer}: do that there.");
            return self.reply(reply_to, Err(why));
        }
        let notifier = self.notifier.clone();
        tokio::spawn(async move {
            let outcome = connection
                .command(&command)
                .await
                .map_err(|why| why.to_string());
            reply(reply_to, outcome, &notifier).await;
        });
    }

    /// The other computer on which the engine runs.
    fn computer(&self) -> Option<String> {
        match &*self.standing.borrow() {
            Standing::Connected(connection) => connection.computer.clone(),
            Standing::Apart(_) => None,
        }
    }

    fn copy_base_url(&self, reply_to: Option<oneshot::Sender<CommandResult>>) {
        let Some(base_url) = self.base_url.clone() else {
            return self.reply(
                reply_to,
                Err("The engine is not running, so there is no address yet.".into()),
            );
        };
        let (clipboard, notifier) = (self.clipboard.clone(), self.notifier.clone());
        tokio::spawn(async move {
            let put = tokio::task::spawn_blocking(move || {
                clipboard.put(&base_url).map_err(|error| error.to_string())
            });
            let outcome = match put.await.unwrap_or_else(|error| Err(error.to_string())) {
                Ok(()) => Ok(accepted("The base URL is on the clipboard.")),
                Err(why) => Err(format!(
                    "The base URL could not be put on the clipboard: {why}. `understudyd url` prints it."
                )),
            };
            reply(reply_to, outcome, &notifier).await;
        });
    }

    fn reply(&self, reply_to: Option<oneshot::Sender<CommandResult>>, outcome: CommandResult) {
        let notifier = self.notifier.clone();
        tokio::spawn(async move { reply(reply_to, outcome, &notifier).await });
    }

    fn notify(&self, note: Note) {
        let notifier = self.notifier.clone();
        tokio::spawn(async move { notifier.show(&note).await });
    }
}

/// For the window that is open and the next one.
fn show_missing(app: &AppHandle, panel: &watch::Sender<Panel>, missing: Option<MissingPanel>) {
    panel.send_replace(missing.clone());
    if let Err(error) = app.emit("panel", missing) {
        tracing::warn!("the window does not learn whether there is a tray icon: {error}");
    }
}

/// A refusal without a waiting caller is shown; a success is visible in the tray.
async fn reply(
    reply_to: Option<oneshot::Sender<CommandResult>>,
    outcome: CommandResult,
    notifier: &Notifier,
) {
    match (reply_to, outcome) {
        (Some(reply_to), outcome) => {
            // A window that was closed meanwhile does not need the result.
            let _ = reply_to.send(outcome);
        }
        (None, Ok(Accepted { message })) => tracing::info!("{message}"),
        (None, Err(why)) => {
            tracing::warn!("{why}");
            let title = "The command failed".into();
            let thread = "command".into();
            notifier
                .show(&Note {
                    thread,
                    title,
                    body: why,
                    urgency: Urgency::Normal,
                    view: View::Now,
                    actions: Vec::new(),
                    in_place: false,
                    is_end: false,
                })
                .await;
        }
    }
}

/// The base URL for clients of this computer.
fn through_the_tunnel(engine: &api::EngineState, connection: &Connection) -> String {
    match engine.base_url.strip_prefix(&engine.address) {
        Some(path) => format!("{}{path}", connection.engine.address),
        None => engine.base_url.clone(),
    }
}

fn accepted(what: &str) -> Accepted {
    Accepted {
        message: what.into(),
    }
}
