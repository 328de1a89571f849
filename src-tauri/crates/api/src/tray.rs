use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Command;

/// Content of the tray, computed by the engine; the shell only draws it.
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
    /// A provider is down, and fallbacks answer its requests.
    Carried,
    /// No problem is known; the status pages are the only evidence.
    Quiet,
    /// A limit of the owner's login is used up; the provider works.
    Limited,
    Unknown,
    Paused,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "line", rename_all = "snake_case")]
#[ts(export)]
pub enum MenuLine {
    /// Text that is not clickable.
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
