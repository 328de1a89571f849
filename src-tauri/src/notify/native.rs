//! Uses the platform's notification service. The platform brings the application to the front when a notification is clicked.

use notify_rust::Notification;

use super::note::Note;
use crate::user_command::UserCommands;

#[derive(Clone)]
pub(super) struct Notifications;

impl Notifications {
    pub(super) fn new(_: UserCommands) -> Self {
        Self
    }

    /// An error contains the reason as text.
    pub(super) async fn show(&self, note: &Note) -> Result<(), String> {
        // This platform cannot update a notification on the screen: only the end of an outage is worth a new one.
        if note.in_place && !note.is_end {
            return Ok(());
        }
        let mut notification = Notification::new();
        notification
            .appname("Understudy")
            .summary(&note.title)
            .body(&note.body);
        tokio::task::spawn_blocking(move || notification.show().map(drop))
            .await
            .map_err(|error| error.to_string())?
            .map_err(|error| format!("The notification service refused: {error}"))
    }
}
