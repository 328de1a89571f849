//! The programs that send requests here: one TOML file each under `clients/`, with what was measured of how each behaves.

use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;

use crate::Dialect;

macro_rules! bundled {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../clients/", $name)))),+]
    };
}

/// Every file of `clients/`; a test fails when one is missing here.
const BUNDLED: &[(&str, &str)] = bundled![
    "anthropic-js.toml",
    "anthropic-python.toml",
    "claude-code.toml",
    "codex.toml",
    "continue.toml",
    "gemini-cli.toml",
    "langchain-js.toml",
    "langchain.toml",
    "litellm.toml",
    "llama-index.toml",
    "n8n-chat-model.toml",
    "n8n.toml",
    "openai-agents.toml",
    "openai-js.toml",
    "openai-python-async.toml",
    "openai-python.toml",
    "opencode.toml",
    "pydantic-ai.toml",
    "qwen-code.toml",
    "vercel-ai-sdk.toml",
];

static CLIENTS: LazyLock<Vec<KnownClient>> = LazyLock::new(|| {
    let read = |(name, text): &(&str, &str)| match toml::from_str(text) {
        Ok(client) => client,
        Err(error) => panic!("a test reads every bundled file: {name}: {error}"),
    };
    BUNDLED.iter().map(read).collect()
});

/// A program that sends requests, or a library that programs are built on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownClient {
    /// What people call it; a library bears the name of its user agent.
    pub name: String,
    /// A coding agent, whose user watches it work. Any other may belong to an automation.
    #[serde(default)]
    pub agent: bool,
    /// It repeats a request that failed or timed out, byte for byte.
    #[serde(default)]
    pub asks_again: bool,
    /// How its user agents begin; of several files the longest beginning decides.
    user_agents: Vec<String>,
    /// Without this header it is another one.
    #[serde(default)]
    header: Option<String>,
    #[serde(default, rename = "behaviour")]
    behaviours: Vec<Measured>,
}

/// One measurement.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    /// Of this version and later ones.
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    dialect: Option<Dialect>,
    /// Of requests for a stream, or for a response in one piece.
    #[serde(default)]
    streamed: Option<bool>,
    #[serde(default)]
    repeats: Repeats,
    #[serde(default)]
    keeps_half_calls: bool,
    #[serde(default)]
    waits_s: Option<u64>,
    #[serde(default)]
    waits_for_event_s: Option<u64>,
    #[serde(default)]
    waits_through_pings_s: Option<u64>,
    /// When, and with which version.
    source: String,
}

/// A client's reaction to a truncated response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeats {
    /// The turn is lost.
    #[default]
    Never,
    /// It repeats the request, also after a connection that broke.
    Broken,
    /// The same, unless it received a finished block before: it accepts that as the response.
    BrokenBeforeABlock,
    /// It repeats the request only after a clean end without a stop reason, and not after a connection that broke.
    EndedWithoutReason,
}

/// How a client behaves with one kind of request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Behaviour {
    pub repeats: Repeats,
    /// The received part of a truncated tool call stays in its conversation, and spoils the call when it repeats the request.
    pub keeps_half_calls: bool,
    /// How long it waits for the response, or for its head where it reads a stream. None: without an end, or not known.
    pub waits: Option<Duration>,
    /// How long it waits for the next event of a stream.
    pub waits_for_event: Option<Duration>,
    /// The same whatever pings and comments it is sent; None: any of them is an event to it.
    pub waits_through_pings: Option<Duration>,
}

impl KnownClient {
    /// The one that sends such a user agent. `has`: which headers the request has, by their names in lower case.
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

    pub fn named(name: &str) -> Option<&'static KnownClient> {
        CLIENTS.iter().find(|client| client.name == name)
    }

    /// The behaviour for one kind of its requests. `version`: `None` where the client does not send it.
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
            keeps_half_calls: measured.keeps_half_calls,
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
