use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Something a person asks for: from the tray's menu, the window or the CLI (`POST /control/do`).
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
    /// Engine: pass everything to the primary, touch nothing.
    Pause,
    Resume,
    /// Engine: drain, then end. A deliberate stop is not restarted.
    StopEngine,
    /// Shell: start the engine again after a stop or when it could not be kept running.
    StartEngine,
    /// Engine: look at everything now.
    CheckNow,
    /// Engine: an open breaker lets the next request through.
    TryNow {
        endpoint: String,
        model: String,
    },
    /// Engine: may a stand-in with a key that is billed by the token answer clients that come with a subscription?
    PaidStandIns {
        allow: bool,
    },
    /// Engine: the answer to the open question, whether a fallback that costs money answers until the provider is back.
    PaidUntilBack {
        allow: bool,
    },
    /// Engine: may another model of the same login answer while one model alone fails? None: ask when it would help.
    Siblings {
        allow: Option<bool>,
    },
    /// Engine: the question on sibling models is not answered now; it is asked again a day later at the earliest.
    SiblingsLater,
    /// Engine: may fallbacks that cost money answer for the rest of today?
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
    /// Engine: where may requests go beside their primary? None: those of all pipelines and applications that have no word
    /// of their own.
    MayGoTo {
        pipeline: Option<String>,
        scope: MayGoTo,
    },
    /// Engine: rehearse an outage on the rehearsal provider for so many seconds.
    Rehearse {
        seconds: u32,
    },
    EndRehearsal,
    /// Engine: run waiting requests again, one after the other: those of an incident, of a pipeline, of both, or all.
    ReviewRetryAll {
        incident: Option<i64>,
        pipeline: Option<String>,
        /// Run nothing; say how many there are.
        count_only: bool,
    },
    /// Engine: the request that runs is the last one of "retry all".
    ReviewRetryStop,
    /// Engine: start at login as a user service.
    StartAtLogin {
        on: bool,
    },
}

/// The owner's word on where requests may go beside their primary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum MayGoTo {
    /// As the settings have it: the question is answered, and nothing is changed.
    Keep,
    /// The endpoints that the owner's routes name.
    Named,
    SameVendor,
    Any,
    /// These endpoints.
    Endpoints(Vec<String>),
}

/// `GET /control/explain?model=…&dialect=…&login=…&pipeline=…`: who would be asked now, in which order, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Explained {
    /// The route's name.
    pub route: String,
    pub dialect: String,
    pub model: String,
    /// "verified", "guarded", "live"
    pub delivery: String,
    /// Those that can be asked, in their order, then those that cannot.
    pub candidates: Vec<crate::Candidate>,
    /// Of those that can be asked, the ones behind the primary.
    pub fallbacks: Vec<crate::Fallback>,
    /// "no fallback: items will wait"; None: there is a fallback, or the request is not one that waits.
    pub no_fallback: Option<String>,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Accepted {
    /// One sentence for the person who asked.
    pub said: String,
}

/// Every error of the control API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ControlError {
    pub error: String,
    /// What mends it.
    pub fix: Option<String>,
}

/// `GET /control/settings`, and `PUT` with the new text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SettingsText {
    pub file: String,
    pub text: String,
    /// Errors of the text as it stands, each "line 12: …".
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

/// What came of trying and keeping a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct KeyTried {
    /// The provider took it. None: it could not be asked (offline).
    pub works: Option<bool>,
    /// Kept in the keychain; false: in this process only.
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
