//! Known client programs: one TOML file each under `clients/`, with their measured behaviour.

use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;

use crate::Dialect;

mod connection;
mod message;

pub use connection::{
    Connection, Guard, KnownLines, KnownLoss, KnownNote, Layer, Method, Obsolete, Scope,
    SettingsFile, SettingsFormat, SettingsKey, TestFile, elsewhere,
};

use message::Message;
pub use message::ShownFailure;

macro_rules! bundled {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../clients/", $name)))),+]
    };
}

/// Every file of `clients/`; a test fails if one is missing.
const BUNDLED: &[(&str, &str)] = bundled![
    "aider.toml",
    "anthropic-compatible.toml",
    "anthropic-js.toml",
    "anthropic-python.toml",
    "chatgpt-app.toml",
    "claude-code.toml",
    "claude-desktop.toml",
    "cline.toml",
    "codex.toml",
    "continue.toml",
    "copilot-models.toml",
    "cursor.toml",
    "gemini-cli.toml",
    "jetbrains.toml",
    "langchain-js.toml",
    "langchain.toml",
    "litellm.toml",
    "llama-index.toml",
    "llm.toml",
    "n8n-chat-model.toml",
    "n8n.toml",
    "openai-agents.toml",
    "openai-compatible.toml",
    "openai-js.toml",
    "openai-python-async.toml",
    "openai-python.toml",
    "opencode.toml",
    "pydantic-ai.toml",
    "qwen-code.toml",
    "vercel-ai-sdk.toml",
    "vscode.toml",
    "zed.toml",
];

static CLIENTS: LazyLock<Vec<KnownClient>> = LazyLock::new(|| {
    let read = |(name, text): &(&str, &str)| match toml::from_str(text) {
        Ok(client) => client,
        Err(error) => panic!("a test reads every bundled file: {name}: {error}"),
    };
    BUNDLED.iter().map(read).collect()
});

/// A client program, or a library that client programs use.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownClient {
    /// The common name; for a library, the name in its user agent.
    pub name: String,
    /// A coding agent with a user in front of it. Any other client may belong to an automation.
    #[serde(default)]
    pub agent: bool,
    /// It repeats a failed or timed-out request byte for byte.
    #[serde(default)]
    #[serde(alias = "asks_again")]
    pub retries: bool,
    /// Prefixes of its user agents; if several files match, the longest prefix applies. Empty: those of a library.
    #[serde(default)]
    user_agents: Vec<String>,
    /// Without this header the client is another one.
    #[serde(default)]
    header: Option<String>,
    /// The command that opens an earlier conversation again; `{session}` is the id that its requests send.
    #[serde(default)]
    resume: Option<String>,
    /// What it shows for a failure.
    #[serde(default)]
    messages: Vec<Message>,
    #[serde(default, rename = "behaviour")]
    behaviours: Vec<Measured>,
    /// How it is connected; `None`: a library, or a client that cannot be connected.
    #[serde(default)]
    pub connect: Option<Connection>,
    /// Why it cannot be connected.
    #[serde(default)]
    pub unsupported: Option<String>,
}

/// One measured behaviour.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    /// The first version to which it applies.
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    dialect: Option<Dialect>,
    /// It applies to streamed requests (true) or to others (false).
    #[serde(default)]
    streamed: Option<bool>,
    #[serde(default)]
    repeats: Repeats,
    #[serde(default)]
    #[serde(alias = "keeps_half_calls")]
    keeps_truncated_calls: bool,
    #[serde(default)]
    waits_s: Option<u64>,
    #[serde(default)]
    waits_for_event_s: Option<u64>,
    #[serde(default)]
    waits_through_pings_s: Option<u64>,
    /// Date and version of the measurement.
    source: String,
}

/// A client's reaction to a truncated response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeats {
    /// The turn is lost.
    #[default]
    Never,
    /// It repeats the request, also after a broken connection.
    Broken,
    /// The same, unless it received a completed block: then it accepts the part as the response.
    BrokenBeforeABlock,
    /// It repeats the request only after a clean end without a stop reason, not after a broken connection.
    EndedWithoutReason,
}

/// The behaviour of a client for one kind of request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Behaviour {
    pub repeats: Repeats,
    /// The received part of a truncated tool call stays in its conversation, and corrupts the call when it repeats the request.
    pub keeps_truncated_calls: bool,
    /// Its timeout for the response, or for the headers of a stream. `None`: no timeout, or unknown.
    pub waits: Option<Duration>,
    /// Its timeout for the next event of a stream.
    pub waits_for_event: Option<Duration>,
    /// The same if it ignores pings and comments. `None`: any of them counts as an event.
    pub waits_through_pings: Option<Duration>,
}

impl KnownClient {
    /// The client with this user agent. `has`: true for the names of the request's headers, in lower case.
    pub fn of(user_agent: &str, has: impl Fn(&str) -> bool) -> Option<&'static KnownClient> {
        let begins = |client: &KnownClient| {
            let with_header = client.header.as_deref().is_none_or(&has);
            let starts = client.user_agents.iter();
            let longest = starts
                .filter(|start| with_header && user_agent.starts_with(start.as_str()))
                .map(|start| (start.len(), client.header.is_some()));
            longest.max()
        };
        let found = CLIENTS
            .iter()
            .filter_map(|client| Some((begins(client)?, client)));
        found
            .max_by_key(|(length, _)| *length)
            .map(|(_, client)| client)
    }

    /// Every known client, by its file's name.
    pub fn all() -> &'static [KnownClient] {
        &CLIENTS
    }

    /// The failures for which a client shows this text, or a part of it; `text` may also contain more than the message.
    pub fn failures_shown_as(text: &str) -> Vec<ShownFailure> {
        message::meant_by(text, CLIENTS.iter().flat_map(|client| &client.messages))
    }

    pub fn named(name: &str) -> Option<&'static KnownClient> {
        CLIENTS.iter().find(|client| client.name == name)
    }

    /// The command that continues this session in the folder where it began. `None`: the client has none, or the id is not one
    /// that it makes, and could be anything to a shell.
    pub fn resume(&self, session: &str) -> Option<String> {
        let begins = session.starts_with(|c: char| c.is_ascii_alphanumeric());
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let known = begins && session.len() <= 128 && session.chars().all(plain);
        let command = self.resume.as_ref().filter(|_| known)?;
        Some(command.replace("{session}", session))
    }

    /// The behaviour for one kind of its requests. `version`: `None` if the client does not send it.
    pub fn behaviour(&self, version: Option<&str>, dialect: Dialect, streamed: bool) -> Behaviour {
        let fits = |measured: &&Measured| {
            let since = measured.from.as_deref().is_none_or(|from| {
                version.is_some_and(|version| numbers(version) >= numbers(from))
            });
            since
                && measured.dialect.is_none_or(|own| own == dialect)
                && measured.streamed.is_none_or(|own| own == streamed)
        };
        let Some(measured) = self.behaviours.iter().find(fits) else {
            return Behaviour::default();
        };
        Behaviour {
            repeats: measured.repeats,
            keeps_truncated_calls: measured.keeps_truncated_calls,
            waits: measured.waits_s.map(Duration::from_secs),
            waits_for_event: measured.waits_for_event_s.map(Duration::from_secs),
            waits_through_pings: measured.waits_through_pings_s.map(Duration::from_secs),
        }
    }
}

/// `2.1.332` → 2, 1, 332.
fn numbers(version: &str) -> Vec<u64> {
    let parts = version.split(|c: char| !c.is_ascii_digit());
    parts.map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests;
