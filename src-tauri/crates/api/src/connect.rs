use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// `GET /control/connect`: the clients that Understudy can connect, and those that it cannot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ConnectPage {
    /// The base URL with the token, for lines to copy.
    pub base_url: String,
    /// Found clients first, then by name.
    pub clients: Vec<ConnectClient>,
    pub unsupported: Vec<UnsupportedClient>,
    /// Lines for clients that run elsewhere: WSL, SSH, dev container, Docker.
    pub elsewhere: Vec<CopyLines>,
}

/// A client, and its state on this computer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ConnectClient {
    /// "claude-code"
    pub id: String,
    /// "Claude Code"
    pub name: String,
    pub method: ConnectMethod,
    pub state: ConnectState,
    /// "Not connected: its requests go straight to Anthropic."
    pub message: String,
    /// What to do about this state.
    pub fix: Option<String>,
    /// The files that hold its settings: those that connecting changes first, then those that may override them.
    pub files: Vec<ClientFile>,
    /// What may send some of its requests elsewhere: "~/.zshrc, line 3, sets CODEX_HOME = ~/work: …"
    #[serde(default)]
    pub notes: Vec<String>,
    /// What it loses behind a base URL.
    pub losses: Vec<Loss>,
    /// What to copy where nothing can be written, and for a repair by hand.
    pub lines: Vec<CopyLines>,
    /// The last request of this client through Understudy.
    pub last_request: Option<DateTime<Utc>>,
    /// A test turn can be run: its program was found.
    pub testable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ConnectMethod {
    /// Understudy edits its settings file.
    Edit,
    /// The owner copies lines into it.
    Copy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ConnectState {
    /// Neither its program nor its folder was found.
    Absent,
    NotConnected,
    /// Its settings point here, and no request has arrived since.
    Connected,
    /// Its settings point here, and a request arrived afterwards.
    Confirmed,
    /// Its settings point to another address.
    Elsewhere,
    /// Its settings point here, but a project, managed file or variable overrides them.
    Overridden,
    /// Its settings cannot be parsed or written; nothing was changed.
    Unusable,
    /// Only lines to copy, and no request has arrived.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ClientFile {
    /// "~/.claude/settings.json"; a link shows its target: "~/.claude/settings.json → ~/dotfiles/claude.json".
    pub path: String,
    pub scope: ClientFileScope,
    pub exists: bool,
}

/// Whose file it is; later ones override earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ClientFileScope {
    User,
    Project,
    /// Applies only where the user selects it: `codex --profile work`.
    Profile,
    Environment,
    Managed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Loss {
    /// "Remote Control is off behind a base URL"
    pub what: String,
    /// "set in the same change: ENABLE_TOOL_SEARCH"; None: it cannot be kept.
    pub kept_by: Option<String>,
}

/// Lines for a terminal, a settings file or a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CopyLines {
    /// "bash, zsh", "PowerShell", "~/.codex/config.toml, at the top"
    pub label: String,
    pub text: String,
}

/// A client that cannot be connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UnsupportedClient {
    pub name: String,
    pub reason: String,
}

/// `GET /control/connect/<client>/change`: the change that connecting would make now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ConnectChange {
    pub files: Vec<FileDiff>,
    pub keys: Vec<KeyChange>,
    /// What the owner must know first: "~/work/.claude/settings.json sets another base URL; it applies there."
    pub warnings: Vec<String>,
    /// Its sessions that run now keep their former address until they are restarted.
    pub restart: bool,
    /// State of the files that this change was computed from; to apply it, send it back.
    pub revision: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FileDiff {
    pub path: String,
    /// The file will be created.
    pub new: bool,
    /// Unified, with three lines of context; secrets in it are hidden.
    pub diff: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct KeyChange {
    pub file: String,
    /// "env.ANTHROPIC_BASE_URL"
    pub key: String,
    /// The former value; None: the key is new.
    pub before: Option<String>,
    /// The new value; None: the key is removed.
    pub after: Option<String>,
    /// "sends its requests to Understudy", "keeps tool search on"
    pub why: String,
}

/// `POST /control/connect/<client>`: make this change, if the files are still in this state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ConnectEntry {
    pub revision: String,
}

/// Result of connecting, of `DELETE /control/connect/<client>` and of `DELETE /control/connect`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ConnectDone {
    /// "Claude Code is connected. Open sessions use it with their next request."
    pub message: String,
    pub changed: Vec<KeyChange>,
    /// Keys that were edited after the connection, and were therefore left: each a sentence.
    pub left: Vec<String>,
    /// Sessions that still send requests here and end with their own program.
    pub open_sessions: u32,
}

/// `POST /control/connect/<client>/test`: its program sent one request to the rehearsal model, at no cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ConnectTest {
    pub passed: bool,
    /// "Claude Code 2.1.332 got its response through Understudy in 1.2 s." or what was seen instead.
    pub message: String,
    pub fix: Option<String>,
    /// The command that was run.
    pub command: String,
}
