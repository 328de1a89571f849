use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A person's command from the tray's menu, the window or the CLI (`POST /control/do`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "do", rename_all = "snake_case")]
#[ts(export)]
pub enum Command {
    /// Shell: open the window at a view.
    OpenWindow {
        view: View,
    },
    /// Shell: put the base URL, token included, on the clipboard.
    CopyBaseUrl,
    /// Shell: close the icon; the engine stays.
    Quit,
    /// Engine: send everything to the primary unchanged.
    Pause,
    Resume,
    /// Engine: drain, then end. A deliberate stop is not restarted.
    StopEngine,
    /// Shell: start the engine again after a stop or when it could not be kept running.
    StartEngine,
    /// Engine: check everything now.
    CheckNow,
    /// Engine: lets the next request through an open breaker.
    TryNow {
        endpoint: String,
        model: String,
    },
    /// Engine: may a fallback with a key billed per token answer clients that have a subscription? None: ask when it would help.
    #[serde(rename = "paid_stand_ins")]
    PaidFallbacks {
        allow: Option<bool>,
    },
    /// Engine: the answer to the open question, whether a fallback that costs money answers until the provider is back.
    PaidUntilBack {
        allow: bool,
    },
    /// Engine: may another model of the same login answer if only one model fails? None: ask when it would help.
    Siblings {
        allow: Option<bool>,
    },
    /// Engine: "later" for the question on sibling models; it returns a day later at the earliest.
    SiblingsLater,
    /// Engine: may fallbacks that cost money answer for the rest of today?
    PaidFallbacksToday {
        allow: bool,
    },
    /// Engine: requests of this client go first to this provider until local midnight; if pinned, until auto. None: auto.
    UseNow {
        client: String,
        /// Id, product or name.
        provider: Option<String>,
        #[serde(default)]
        pin: bool,
    },
    /// Engine: where may requests go if their primary fails? None: those of all pipelines and applications without a separate
    /// setting.
    MayGoTo {
        pipeline: Option<String>,
        scope: MayGoTo,
    },
    /// Engine: simulate an outage of the rehearsal provider for this number of seconds.
    Rehearse {
        seconds: u32,
    },
    EndRehearsal,
    /// Engine: run waiting requests again, one after the other: those of an incident, of a pipeline, of both, or all.
    ReviewRetryAll {
        incident: Option<i64>,
        pipeline: Option<String>,
        /// Only return the number of requests, without running them.
        count_only: bool,
    },
    /// Engine: "retry all" stops after the running request.
    ReviewRetryStop,
    /// Engine: start at login as a user service.
    StartAtLogin {
        on: bool,
    },
    /// Engine: the questions of the first run are answered or skipped.
    EndFirstRun,
}

/// A section of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum View {
    Incidents,
    Pipelines,
    /// Former name of `Pipelines`. The tray menu still sends it, because an older window knows no other.
    Review,
    #[serde(alias = "traffic")]
    Requests,
    Settings,
    /// The question before the engine stops: it names the connected clients.
    Stop,
    /// Also each view that this version does not know: the engine is newer than the shell.
    #[serde(other)]
    Now,
}

impl View {
    /// The name in JSON and in the window's address.
    pub fn as_str(self) -> &'static str {
        match self {
            View::Incidents => "incidents",
            View::Pipelines => "pipelines",
            View::Review => "review",
            View::Requests => "requests",
            View::Settings => "settings",
            View::Stop => "stop",
            View::Now => "now",
        }
    }
}

/// The owner's setting of where requests may go if their primary fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum MayGoTo {
    /// The present settings: the question is answered, and nothing changes.
    Keep,
    /// The endpoints that the owner's routes name.
    Named,
    SameVendor,
    Any,
    /// These endpoints.
    Endpoints(Vec<String>),
}
