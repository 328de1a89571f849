use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Command;

/// The tray, decided by the engine and only drawn by the shell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TrayView {
    pub icon: TrayIcon,
    /// Draw the rehearsal badge over the icon.
    pub rehearsal: bool,
    pub tooltip: String,
    pub menu: Vec<MenuLine>,
}

/// Each differs by shape and by colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TrayIcon {
    Operational,
    Degraded,
    Outage,
    /// A provider is down, and the work goes on.
    Carried,
    /// No problem is known, by the providers' pages alone.
    Quiet,
    Unknown,
    Paused,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "line", rename_all = "snake_case")]
#[ts(export)]
pub enum MenuLine {
    /// A fact; not clickable.
    Text {
        label: String,
    },
    Separator,
    Action {
        label: String,
        command: Command,
        checked: Option<bool>,
    },
    Submenu {
        label: String,
        lines: Vec<MenuLine>,
    },
}
