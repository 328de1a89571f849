//! Over D-Bus, by the Desktop Notifications Specification 1.2.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::{Command, Urgency, View};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use notify_rust::{Hint, Notification, NotificationHandle, NotificationResponse, Timeout};
use tokio::sync::Mutex;
use zbus::proxy;

use super::note::Note;
use crate::user_command::{UserCommand, UserCommands};

const DEFAULT_ACTION: &str = "default";

#[proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications"
)]
trait Service {
    fn get_capabilities(&self) -> zbus::Result<Vec<String>>;
    #[zbus(signal)]
    fn action_invoked(&self, id: u32, action: String) -> zbus::Result<()>;
    #[zbus(signal)]
    fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;
}

#[derive(Clone)]
pub(super) struct Notifications {
    commands: UserCommands,
    /// Created before the first notification, so that no click can come before the listeners run.
    service: Arc<Mutex<Option<ServiceProxy<'static>>>>,
    open: Open,
}

/// The notifications on the screen. The lock is held while one is shown, so that a click on it waits for its number.
#[derive(Clone, Default)]
struct Open(Arc<Mutex<BTreeMap<u32, Shown>>>);

struct Shown {
    thread: String,
    view: View,
    /// By the number of their button.
    commands: Vec<Command>,
}

impl Notifications {
    pub(super) fn new(commands: UserCommands) -> Self {
        Self {
            commands,
            service: Arc::default(),
            open: Open::default(),
        }
    }

    /// An error contains the reason as text.
    pub(super) async fn show(&self, note: &Note) -> Result<(), String> {
        let service = self.service().await.map_err(|error| no_service(&error))?;
        let capabilities = service
            .get_capabilities()
            .await
            .map_err(|error| no_service(&error))?;
        let mut notification = Notification::new();
        notification
            .appname("Understudy")
            .summary(&note.title)
            .body(&body(&note.body, &capabilities))
            .icon("understudy")
            .hint(Hint::DesktopEntry("understudy".into()))
            .hint(Hint::Category("network".into()))
            .urgency(match note.urgency {
                Urgency::Low => notify_rust::Urgency::Low,
                Urgency::Normal => notify_rust::Urgency::Normal,
                Urgency::Critical => notify_rust::Urgency::Critical,
            })
            .timeout(match note.urgency {
                Urgency::Low | Urgency::Normal => Timeout::Default,
                Urgency::Critical => Timeout::Never,
            });
        if capabilities
            .iter()
            .any(|capability| capability == "actions")
        {
            notification.action(DEFAULT_ACTION, "Open Understudy");
            for (number, action) in note.actions.iter().enumerate() {
                notification.action(&button(number), &action.label);
            }
        }
        let mut open = self.open.0.lock().await;
        let on_screen = open.iter().find(|(_, shown)| shown.thread == note.thread);
        match on_screen {
            Some((id, _)) => _ = notification.id(*id),
            None if note.in_place => return Ok(()),
            None => {}
        }
        if note.in_place {
            notification.hint(Hint::SuppressSound(true));
        }
        let handle = notification
            .show_async()
            .await
            .map_err(|error| format!("The notification service refused: {error}"))?;
        open.retain(|_, shown| shown.thread != note.thread);
        let shown = Shown {
            thread: note.thread.clone(),
            view: note.view,
            commands: note.actions.iter().map(|a| a.command.clone()).collect(),
        };
        open.insert(handle.id(), shown);
        drop(open);
        tokio::spawn(listen_to_one(
            handle,
            self.open.clone(),
            self.commands.clone(),
        ));
        Ok(())
    }

    async fn service(&self) -> zbus::Result<ServiceProxy<'static>> {
        let mut made = self.service.lock().await;
        if let Some(service) = &*made {
            return Ok(service.clone());
        }
        let service = ServiceProxy::new(&zbus::Connection::session().await?).await?;
        let actions = service.receive_action_invoked().await?;
        let closings = service.receive_notification_closed().await?;
        tokio::spawn(listen_to_all(
            actions,
            closings,
            self.open.clone(),
            self.commands.clone(),
        ));
        Ok(made.insert(service).clone())
    }
}

impl Open {
    /// `action`: the service's name of the clicked element.
    async fn clicked(&self, id: u32, action: &str, commands: &UserCommands) {
        let Some(shown) = self.0.lock().await.remove(&id) else {
            return;
        };
        let mut buttons = (0..).zip(shown.commands);
        if action == DEFAULT_ACTION {
            commands.send(UserCommand::open(shown.view));
        } else if let Some((_, command)) = buttons.find(|(number, _)| button(*number) == action) {
            commands.send(UserCommand::pressed(command));
        }
    }

    async fn closed(&self, id: u32) {
        self.0.lock().await.remove(&id);
    }
}

/// Most services broadcast their signals to the entire bus.
async fn listen_to_all(
    mut actions: ActionInvokedStream,
    mut closings: NotificationClosedStream,
    open: Open,
    commands: UserCommands,
) {
    loop {
        match select(actions.next(), closings.next()).await {
            Either::Left((Some(signal), _)) => {
                if let Ok(clicked) = signal.args() {
                    open.clicked(clicked.id, &clicked.action, &commands).await;
                }
            }
            Either::Right((Some(signal), _)) => {
                if let Ok(closing) = signal.args() {
                    open.closed(closing.id).await;
                }
            }
            Either::Left((None, _)) | Either::Right((None, _)) => return,
        }
    }
}

/// Some services (dunst) send them only to the connection of the notification, which belongs to its handle. The first
/// signal removes the notification from `open`, so the window opens once.
async fn listen_to_one(handle: NotificationHandle, open: Open, commands: UserCommands) {
    let id = handle.id();
    let mut clicked = None;
    handle
        .wait_for_action_async(|response: &NotificationResponse| {
            clicked = match response {
                NotificationResponse::Default => Some(DEFAULT_ACTION.to_owned()),
                NotificationResponse::Action(action) => Some(action.clone()),
                NotificationResponse::Reply(_) | NotificationResponse::Closed(_) => None,
            };
        })
        .await;
    match clicked {
        Some(action) => open.clicked(id, &action, &commands).await,
        None => open.closed(id).await,
    }
}

/// A button's name on the bus.
fn button(number: usize) -> String {
    format!("button-{number}")
}

/// A service that parses markup would mistake a name in angle brackets for a tag.
fn body(text: &str, capabilities: &[String]) -> String {
    if capabilities
        .iter()
        .any(|capability| capability == "body-markup")
    {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    } else {
        text.to_owned()
    }
}

fn no_service(error: &zbus::Error) -> String {
    if let zbus::Error::MethodError(name, why, _) = error {
        let unknown = ["ServiceUnknown", "NameHasNoOwner"];
        if unknown.iter().any(|known| name.ends_with(known)) {
            return "This desktop has no notification service.".into();
        }
        if name.contains("Error.Spawn.") {
            let why = why.as_deref().unwrap_or("for an unknown reason");
            return format!("The notification service could not be started: {why}");
        }
    }
    format!("The notification service cannot be reached: {error}")
}

#[cfg(test)]
mod tests {
    use super::body;

    #[test]
    fn markup_is_escaped_only_for_services_that_parse_it() {
        let text = "R&D <b>Claude</b>";
        assert_eq!(
            body(text, &["actions".into(), "body-markup".into()]),
            "R&amp;D &lt;b&gt;Claude&lt;/b&gt;"
        );
        assert_eq!(body(text, &["body".into()]), text);
    }
}
