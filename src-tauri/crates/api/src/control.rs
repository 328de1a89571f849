use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Dialect;

/// `GET /control/explain?model=…&dialect=…&login=…&pipeline=…`: the candidates now, in order, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Explained {
    /// Name of the route.
    pub route: String,
    pub dialect: Dialect,
    pub model: String,
    pub delivery: Delivery,
    /// The available candidates in their order, then the unavailable ones.
    pub candidates: Vec<crate::Candidate>,
    /// The available candidates after the primary.
    pub fallbacks: Vec<crate::Fallback>,
    /// "no fallback: items will wait"; None: there is a fallback, or the request is never parked.
    pub no_fallback: Option<String>,
    /// Until then, the primary fails on purpose for live requests of this route: a drill is running.
    #[serde(default)]
    pub drill_until: Option<DateTime<Utc>>,
}

/// When a streamed response is released to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Delivery {
    /// After its completion check.
    Verified,
    /// At its first content; a tool call after its completion check.
    Guarded,
    /// Without delay.
    Live,
    /// The route sets none: the client's file decides.
    #[serde(rename = "as the client needs")]
    ByClient,
}

impl Delivery {
    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Delivery::Verified => "verified",
            Delivery::Guarded => "guarded",
            Delivery::Live => "live",
            Delivery::ByClient => "as the client needs",
        }
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Result of a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Accepted {
    /// One sentence for the user about the result.
    #[serde(rename = "said")]
    pub message: String,
}

/// Every error of the control API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ControlError {
    pub error: String,
    /// How to fix it.
    pub fix: Option<String>,
}

/// `GET /control/settings`, and `PUT` with the new text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SettingsText {
    pub file: String,
    pub text: String,
    /// Errors of the present text, each "line 12: …".
    pub errors: Vec<String>,
    /// What of it needs a restart of the engine, with what to do. None: everything is in force.
    #[serde(default)]
    pub after_a_restart: Option<String>,
}

/// `PUT /control/keys/<endpoint>`. The key is written once and never read back.
#[derive(Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct KeyEntry {
    pub key: String,
}

impl fmt::Debug for KeyEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyEntry(<hidden>)")
    }
}

/// Result of a key's test and storage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct KeyTried {
    /// True if the provider accepted the key. None: the key could not be tested (offline).
    pub works: Option<bool>,
    /// Stored in the keychain; false: in this process only.
    pub kept: bool,
    #[serde(rename = "said")]
    pub message: String,
}

/// `GET /control/doctor`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Doctor {
    pub checks: Vec<Check>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Check {
    pub name: String,
    pub state: CheckState,
    #[serde(rename = "said")]
    pub message: String,
    pub fix: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CheckState {
    Good,
    /// Works, with a limit that the owner should know.
    Note,
    Bad,
}

/// `engine.json` (mode 0600) in the runtime directory: how the shell and the CLI find the engine.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct RuntimeFile {
    /// `http://127.0.0.1:4747`
    pub address: String,
    pub control_token: String,
    pub pid: u32,
    pub version: String,
}

impl fmt::Debug for RuntimeFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "RuntimeFile({} pid {} version {})",
            self.address, self.pid, self.version
        )
    }
}
