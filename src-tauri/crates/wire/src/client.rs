use catalog::{Behaviour, Dialect, KnownClient};
use http::HeaderMap;

/// Who is asking, from headers alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// As people call it, or the first product of its user agent.
    pub name: String,
    pub version: Option<String>,
    /// A conversation's id, where the client sends one (`x-claude-code-session-id`, `session-id`, `x-session-id`).
    pub session: Option<String>,
}

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

impl Client {
    /// A coding agent, whose user watches it work; any other client may belong to an automation.
    pub fn is_agent(&self) -> bool {
        self.known().is_some_and(|known| known.agent)
    }

    /// It is known to repeat a request that failed or timed out, byte for byte.
    pub fn asks_again(&self) -> bool {
        self.known().is_some_and(|known| known.asks_again)
    }

    /// What is known of one kind of its requests.
    pub fn behaviour(&self, dialect: Dialect, streamed: bool) -> Behaviour {
        let version = self.version.as_deref();
        let known = self.known();
        known.map_or_else(Behaviour::default, |known| {
            known.behaviour(version, dialect, streamed)
        })
    }

    fn known(&self) -> Option<&'static KnownClient> {
        KnownClient::named(&self.name)
    }

    pub fn identify(headers: &HeaderMap) -> Client {
        let text = |name: &str| {
            let value = headers.get(name)?.to_str().ok()?.trim();
            (!value.is_empty()).then_some(value)
        };
        let user_agent = text("user-agent").unwrap_or_default();
        let (product, version) = first_product(user_agent);
        let known = KnownClient::of(user_agent, |name| headers.contains_key(name));
        let name = known.map_or(product.as_str(), |known| known.name.as_str());
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
