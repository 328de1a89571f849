//! Desktop notifications. A desktop without a notification service is normal, and is reported to the engine.

mod note;
#[cfg(all(unix, not(target_os = "macos")))]
#[path = "notify/freedesktop.rs"]
mod platform;
#[cfg(any(windows, target_os = "macos"))]
#[path = "notify/native.rs"]
mod platform;

use std::time::Duration;

use api::NotificationOutcome;
use tokio::time::timeout;

pub(crate) use note::Note;

use crate::user_command::UserCommands;

/// A service that does not respond by then counts as missing.
const TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Clone)]
pub(crate) struct Notifier(platform::Notifications);

impl Notifier {
    pub(crate) fn new(commands: UserCommands) -> Self {
        Self(platform::Notifications::new(commands))
    }

    pub(crate) async fn show(&self, note: &Note) -> NotificationOutcome {
        let outcome = match timeout(TIMEOUT, self.0.show(note)).await {
            Ok(Ok(())) => NotificationOutcome::Shown,
            Ok(Err(why)) => NotificationOutcome::NotShown { why },
            Err(_) => NotificationOutcome::NotShown {
                why: format!(
                    "The notification service did not respond within {} s.",
                    TIMEOUT.as_secs()
                ),
            },
        };
        if let NotificationOutcome::NotShown { why } = &outcome {
            tracing::warn!("not shown: {}: {why}", note.title);
        }
        outcome
    }
}
