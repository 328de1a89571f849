use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Command;

/// A desktop notification that is due. The shell shows it once and reports the result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Notification {
    /// Unique across restarts of the engine.
    pub id: u64,
    pub at: DateTime<Utc>,
    pub kind: NotificationKind,
    /// Notifications on one subject share it: a later one replaces an earlier one on the screen.
    pub thread: String,
    pub title: String,
    pub body: String,
    pub urgency: Urgency,
    pub incident: Option<i64>,
    /// Actions in the notification, if the desktop supports buttons.
    #[serde(default)]
    pub actions: Vec<NotificationAction>,
    /// Only updates the notification of its thread that is on the screen; without one, nothing is shown.
    #[serde(default)]
    pub in_place: bool,
}

/// A button of a notification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NotificationAction {
    /// "Stop this"
    pub label: String,
    pub command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum NotificationKind {
    Outage,
    Rise,
    Recovery,
    /// Requests were parked.
    Review,
    /// A fallback is in use, is available, or is no longer in use.
    Fallback,
    /// A subject of Understudy itself: the engine restarted, the settings file has errors.
    Own,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Urgency {
    Low,
    Normal,
    Critical,
}

/// The shell's response to a notification: `POST /control/notices/<id>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[ts(export)]
pub enum NotificationOutcome {
    Shown,
    /// No notification service, or it refused: the engine shows the text in the window and in the tray menu.
    NotShown {
        why: String,
    },
}
