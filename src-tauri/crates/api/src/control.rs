use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A command from the tray menu, the window or the CLI (`POST /control/do`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "do", rename_all = "snake_case")]
#[ts(export)]
pub enum Command {
    /// Shell: open the window at a view ("now", "incidents", "pipelines", "requests", "settings"). The window also knows the former
    /// names "review" (pipelines) and "traffic" (requests).
    OpenWindow {
        view: String,
    },
    /// Shell: put the base URL, token included, on the clipboard.
    CopyBaseUrl,
    /// Shell: close the icon; the engine stays.
    Quit,
    /// Engine: send every request to the primary, without hold, retry or fallback.
    Pause,
    Resume,
    /// Engine: drain, then end. A deliberate stop is not restarted.
    StopEngine,
    /// Shell: start the engine again after a stop or when it could not be kept running.
    StartEngine,
    /// Engine: read all status pages and run all probes now.
    CheckNow,
    /// Engine: an open breaker lets the next request through.
    TryNow {
        endpoint: String,
        model: String,
    },
    /// Engine: may fallbacks with a key billed per token serve clients that have a subscription?
    PaidStandIns {
        allow: bool,
    },
    /// Engine: the answer to the open question about a paid fallback until the provider is back.
    PaidUntilBack {
        allow: bool,
    },
    /// Engine: may another model of the same login serve requests while one model alone fails? None: ask when it would help.
    Siblings {
        allow: Option<bool>,
    },
    /// Engine: postpones the question about sibling models by at least one day.
    SiblingsLater,
    /// Engine: may paid fallbacks be used for the rest of today?
    PaidFallbacksToday {
        allow: bool,
    },
    /// Engine: requests of this client go to this provider first until the local midnight, or until auto where pinned. None: auto.
    UseNow {
        client: String,
        /// Id, product or name.
        provider: Option<String>,
        #[serde(default)]
        pin: bool,
    },
    /// Engine: where may requests go besides their primary? None: all pipelines and applications without a scope in the
    /// settings.
    MayGoTo {
        pipeline: Option<String>,
        scope: MayGoTo,
    },
    /// Engine: rehearse an outage on the rehearsal provider; the duration is in seconds.
    Rehearse {
        seconds: u32,
    },
    EndRehearsal,
    /// Engine: run waiting requests again, one after the other: those of an incident, of a pipeline, of both, or all.
    ReviewRetryAll {
        incident: Option<i64>,
        pipeline: Option<String>,
        /// Run nothing; return the number of items.
        count_only: bool,
    },
    /// Engine: stop "retry all" after the request that is running.
    ReviewRetryStop,
    /// Engine: start at login as a user service.
    StartAtLogin {
        on: bool,
    },
}

/// The owner's choice of where requests may go besides their primary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum MayGoTo {
    /// As in the settings: the question is answered, and nothing changes.
    Keep,
    /// The endpoints that the owner's routes name.
    Named,
    SameVendor,
    Any,
    /// These endpoints.
    Endpoints(Vec<String>),
}

/// `GET /control/explain?model=…&dialect=…&login=…&pipeline=…`: the candidates for a request now, their order, and the reasons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Explained {
    /// The route's name.
    pub route: String,
    pub dialect: String,
    pub model: String,
    /// "verified", "guarded", "live"
    pub delivery: String,
    /// The available candidates in their order, then the unavailable ones.
    pub candidates: Vec<crate::Candidate>,
    /// The available candidates after the primary.
    pub fallbacks: Vec<crate::Fallback>,
    /// "no fallback: items will wait"; None: there is a fallback, or the request is never parked.
    pub no_fallback: Option<String>,
}

/// Result of a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Accepted {
    /// One sentence for the user about the result.
    pub said: String,
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
}

/// `PUT /control/keys/<endpoint>`. The key is written once and never read back.
#[derive(Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct KeyEntry {
    pub key: String,
}

impl std::fmt::Debug for KeyEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
    pub said: String,
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
    pub said: String,
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

impl std::fmt::Debug for RuntimeFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "RuntimeFile({} pid {} version {})",
            self.address, self.pid, self.version
        )
    }
}
