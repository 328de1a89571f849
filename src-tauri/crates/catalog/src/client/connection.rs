//! How a client is connected: the `[connect]` table of its file.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

static ELSEWHERE: LazyLock<Vec<KnownLines>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct File {
        lines: Vec<KnownLines>,
    }
    match toml::from_str::<File>(include_str!("../../elsewhere.toml")) {
        Ok(file) => file.lines,
        Err(error) => panic!("a test reads elsewhere.toml: {error}"),
    }
});

/// Lines for clients in WSL, in a container or behind SSH.
pub fn elsewhere() -> &'static [KnownLines] {
    &ELSEWHERE
}

/// What Understudy knows about the settings of a client.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    /// "claude-code", in commands and in the control API.
    pub id: String,
    pub method: Method,
    /// Where its requests go without Understudy: "Anthropic".
    #[serde(default)]
    pub vendor: String,
    /// Names of its programs.
    #[serde(default)]
    pub programs: Vec<String>,
    /// Folders that exist where it is installed; the same syntax as in [`SettingsFile::paths`].
    #[serde(default)]
    pub folders: Vec<String>,
    /// Names of clients in the traffic log that may be this one; empty: its own name.
    #[serde(default)]
    pub seen_as: Vec<String>,
    #[serde(default)]
    pub files: Vec<SettingsFile>,
    /// Places that override these files.
    #[serde(default)]
    pub layers: Vec<Layer>,
    /// Parts of its arguments that override these files, if an alias of a shell has them: "openai_base_url".
    #[serde(default)]
    pub switches: Vec<String>,
    /// Variables with an address that these files override: they apply again without the connection.
    #[serde(default)]
    pub shadowed: Vec<String>,
    #[serde(default)]
    pub losses: Vec<KnownLoss>,
    /// Sessions that run follow a changed file; otherwise they must be restarted.
    #[serde(default)]
    pub live: bool,
    /// What to do if its file has no place for the base URL.
    #[serde(default)]
    pub needs: Option<String>,
    /// What the owner must know before: "fallbackModel in its settings changes the model first".
    #[serde(default)]
    pub notes: Vec<KnownNote>,
    /// The program and its arguments for one request to the rehearsal model.
    #[serde(default)]
    pub test: Vec<String>,
    /// Files of the test turn, for a client whose model cannot be chosen for one turn: `{folder}` in an argument is their folder.
    #[serde(default)]
    pub test_files: Vec<TestFile>,
    /// Further names of its requests in the traffic log, which others have too: for the test turn alone.
    #[serde(default)]
    pub test_as: Vec<String>,
    /// Variables of the test turn.
    #[serde(default)]
    pub test_env: std::collections::BTreeMap<String, String>,
    /// Lines to copy, for a repair by hand or where no file can be written.
    #[serde(default)]
    pub lines: Vec<KnownLines>,
}

/// Settings with the rehearsal model, at the address that the client's own settings have.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestFile {
    /// The key of the address in the client's settings: of these files, the first whose key is set is written. Without a key
    /// the file is always written.
    #[serde(default)]
    pub of: Option<String>,
    /// Below the folder.
    pub name: String,
    /// `{value}`: the address in double quotes.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Understudy edits its settings file.
    Edit,
    /// The owner copies lines.
    Copy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SettingsFormat {
    /// Without comments: the client rejects a file that has some.
    Json,
    Jsonc,
    Toml,
    Yaml,
    Dotenv,
}

/// A settings file that connecting changes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsFile {
    /// The first that exists is used, or the last, which is created. `~` is the home folder, `${NAME}` a variable,
    /// `${NAME:-~/.folder}` a variable with a default.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Instead of `paths` on macOS.
    #[serde(default)]
    pub macos: Vec<String>,
    /// Instead of `paths` on Windows.
    #[serde(default)]
    pub windows: Vec<String>,
    pub format: SettingsFormat,
    pub keys: Vec<SettingsKey>,
    /// Keys that route requests elsewhere if they have another value than these.
    #[serde(default)]
    pub guards: Vec<Guard>,
    /// Keys of earlier versions, and of earlier lines in README.
    #[serde(default)]
    pub obsolete: Vec<Obsolete>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsKey {
    /// "env.ANTHROPIC_BASE_URL"; `models[provider=openai].apiBase` for each item of a list.
    pub path: String,
    /// The new value; `{url}` is the base URL with the token.
    pub value: String,
    /// "sends its requests to Understudy"
    pub why: String,
    /// Written only if neither the file nor the environment sets it.
    #[serde(default)]
    pub only_if_absent: bool,
    /// Written only over one of these values: placeholders of another program, which mean nothing without it.
    #[serde(default)]
    pub only_over: Vec<String>,
    /// Written only if the file has this container.
    #[serde(default)]
    pub needs: Option<String>,
}

/// A key that overrides the base URL.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    pub path: String,
    /// Values that do not override it; empty: any value overrides it.
    #[serde(default)]
    pub harmless: Vec<String>,
}

/// A key that is removed if it has this value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Obsolete {
    pub path: String,
    pub value: String,
    /// What stays although it was written for Understudy, and why.
    #[serde(default)]
    pub stays: Option<String>,
}

/// A file or a variable that overrides the owner's settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    pub scope: Scope,
    /// For a project, relative to its folder. The syntax of [`SettingsFile::paths`], with one `*` in the last part; all that
    /// exist are read.
    #[serde(default)]
    pub paths: Vec<String>,
    #[serde(default)]
    pub macos: Vec<String>,
    #[serde(default)]
    pub windows: Vec<String>,
    #[serde(default)]
    pub format: Option<SettingsFormat>,
    /// Keys that override ours in these files.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Values that override nothing.
    #[serde(default)]
    pub harmless: Vec<String>,
    /// Variables that override ours if they are set.
    #[serde(default)]
    pub variables: Vec<String>,
    /// For a profile: the command that uses it; `{profile}` is the part of the file's name that `*` stands for.
    #[serde(default)]
    pub used_by: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    Project,
    /// Only where the user selects it.
    Profile,
    Environment,
    Managed,
}

/// What a client loses behind a base URL.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownLoss {
    pub what: String,
    /// "set in the same change: ENABLE_TOOL_SEARCH"
    #[serde(default)]
    pub kept_by: Option<String>,
}

/// A warning that applies where the file has this key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownNote {
    pub path: String,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownLines {
    /// "bash, zsh"
    pub label: String,
    /// `{url}`: the base URL with the token; `{address}`, `{port}`, `{token}`: its parts.
    pub text: String,
}
