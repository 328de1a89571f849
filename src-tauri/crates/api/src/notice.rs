use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Command;

/// A desktop notification that is due. The shell shows it once and reports how that went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Notice {
    /// Unique over restarts of the engine.
    pub id: u64,
    pub at: DateTime<Utc>,
    pub kind: NoticeKind,
    /// Notices of one story share it: a later one replaces an earlier one on the screen.
    pub thread: String,
    pub title: String,
    pub body: String,
    pub urgency: Urgency,
    pub incident: Option<i64>,
    /// What a person can do about it in the notification itself, where the desktop has buttons.
    #[serde(default)]
    pub actions: Vec<NoticeAction>,
    /// It only changes the notification of its thread that is on the screen; where there is none, nothing is shown.
    #[serde(default)]
    pub in_place: bool,
}

/// A button of a notification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NoticeAction {
    /// "Stop this"
    pub label: String,
    pub command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum NoticeKind {
    Outage,
    Rise,
    Recovery,
    /// Requests were parked for a person.
    Review,
    /// A fallback answers, could answer, or no longer answers.
    Fallback,
    /// Something of ours: the engine was restarted, the settings file is bad.
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

/// What the shell answers for a notice: `POST /control/notices/<id>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[ts(export)]
pub enum NoticeOutcome {
    Shown,
    /// No notification service, or it refused: the engine then shows it in the window and in the tray's menu.
    NotShown {
        why: String,
    },
}
