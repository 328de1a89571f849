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

impl Client {
    pub fn identify(_headers: &HeaderMap) -> Client {
        Client::default()
    }
}
