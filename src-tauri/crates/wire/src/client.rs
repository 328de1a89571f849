use catalog::{Behaviour, Dialect, KnownClient};
use http::HeaderMap;

/// The client program, identified by its request headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The client's common name, or the first product of its user agent.
    pub name: String,
    pub version: Option<String>,
    /// The conversation's id, if the client sends one (`x-claude-code-session-id`, `session-id`, `x-session-id`).
    pub session: Option<String>,
}

/// The most specific header first: a Codex session can have several threads, and each thread is a conversation.
const SESSIONS: &[&str] = &[
    "x-claude-code-session-id",
    "session-id",
    "session_id",
    "x-session-id",
    "x-session-affinity",
    "thread-id",
];

/// In characters. Longer than any real name, version or id; the value is stored in the ledger.
const LONGEST: usize = 128;

impl Client {
    /// A coding agent with a user in front of it. Any other client may belong to an automation.
    pub fn is_agent(&self) -> bool {
        self.known().is_some_and(|known| known.agent)
    }

    /// The client retries a failed or timed-out request, byte for byte.
    pub fn retries(&self) -> bool {
        self.known().is_some_and(|known| known.retries)
    }

    /// The known behaviour of this client for one kind of request.
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

/// `claude-cli/2.1.197 (external)` → product and version. The official libraries write `Anthropic/Python 1.17.0`: there the
/// product is `Anthropic/Python`.
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
