use std::time::Duration;

use http::HeaderMap;

/// Who is asking, from headers alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// "Claude Code", "Codex", "opencode", or the first product of the user agent.
    pub name: String,
    pub version: Option<String>,
    /// A conversation's id, where the client sends one (`x-claude-code-session-id`, `session-id`, `x-session-id`).
    pub session: Option<String>,
}

/// How the first product of a user agent begins → what people call the client. As captured in November 2026.
const CLIENTS: &[(&str, &str)] = &[
    ("claude-cli", "Claude Code"),
    ("claude-code", "Claude Code"),
    ("codex", "Codex"),
    ("opencode", "opencode"),
    ("GeminiCLI", "Gemini CLI"),
    ("litellm", "LiteLLM"),
    // Continue's own build of the OpenAI library.
    ("ls/JS", "Continue"),
];

/// Of those, the coding agents.
const AGENTS: &[&str] = &["Claude Code", "Codex", "opencode", "Gemini CLI", "Continue"];

/// The most specific first: Codex's thread is its conversation, and a session may hold several.
const SESSIONS: &[&str] = &[
    "x-claude-code-session-id",
    "session-id",
    "session_id",
    "x-session-id",
    "x-session-affinity",
    "thread-id",
];

/// Longer than any name, version or id that a client really sends; it ends in the ledger.
const LONGEST: usize = 128;

/// Clients that give a streamed answer up after so long without an event, whatever comments and pings they are sent:
/// measured with Claude Code 2.1.197 and Codex 0.169.0.
const WATCHDOGS: &[(&str, Duration)] = &[
    ("Claude Code", Duration::from_secs(300)),
    ("Codex", Duration::from_secs(300)),
];

/// How the products of the official libraries begin, which ask again too, as whoever is built on them does.
const LIBRARIES: &[&str] = &["Anthropic/", "AsyncAnthropic/", "OpenAI/", "AsyncOpenAI/"];

impl Client {
    /// A coding agent, whose user watches it work; any other client may belong to an automation.
    pub fn is_agent(&self) -> bool {
        AGENTS.contains(&self.name.as_str())
    }

    /// It is known to send a request that failed or took too long again by itself, byte for byte the same: all that were
    /// measured in November 2026 do.
    pub fn asks_again(&self) -> bool {
        let agent = CLIENTS.iter().any(|(_, name)| *name == self.name);
        agent || LIBRARIES.iter().any(|start| self.name.starts_with(start))
    }

    /// How long it waits for the next event of a stream before it gives up; None: longer than that, or it is not known.
    pub fn event_watchdog(&self) -> Option<Duration> {
        let known = WATCHDOGS.iter().find(|(name, _)| *name == self.name);
        known.map(|(_, patience)| *patience)
    }

    pub fn identify(headers: &HeaderMap) -> Client {
        let text = |name: &str| {
            let value = headers.get(name)?.to_str().ok()?.trim();
            (!value.is_empty()).then_some(value)
        };
        let (product, version) = first_product(text("user-agent").unwrap_or_default());
        let known = CLIENTS.iter().find(|(start, _)| product.starts_with(start));
        let name = known.map_or(product.as_str(), |(_, name)| name);
        Client {
            name: short(name),
            version: version.map(short),
            session: SESSIONS.iter().find_map(|header| text(header)).map(short),
        }
    }
}

/// `claude-cli/2.1.197 (external)` → that product and version; `Anthropic/Python 1.17.0`, as the official libraries write
/// it, is the product `Anthropic/Python`.
fn first_product(agent: &str) -> (String, Option<&str>) {
    let mut words = agent.split_ascii_whitespace();
    let first = words.next().unwrap_or_default();
    let numbered = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    match first.split_once('/') {
        Some((name, rest)) if numbered(rest) => {
            let version = rest.split('/').next();
            (name.to_owned(), version.filter(|v| !v.is_empty()))
        }
        _ => (first.to_owned(), words.next().filter(|word| numbered(word))),
    }
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests;
