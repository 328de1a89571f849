//! The base URL that clients get.

use catalog::Secret;

/// Engine address and token. `Debug` and diffs never contain the token.
#[derive(Clone, Debug)]
pub struct Address {
    /// `http://127.0.0.1:4141`
    origin: String,
    token: Secret,
}

impl Address {
    pub fn new(origin: impl Into<String>, token: Secret) -> Address {
        Address {
            origin: origin.into(),
            token,
        }
    }

    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// With the token: for a settings file of the owner, or for their clipboard.
    pub fn url(&self) -> String {
        format!("{}/t/{}", self.origin, self.token.reveal())
    }

    /// Fills a template of a data file.
    pub fn fill(&self, template: &str) -> String {
        let host = self.origin.split_once("//").map_or("", |(_, host)| host);
        let port = host.rsplit_once(':').map_or("", |(_, port)| port);
        template
            .replace("{url}", &self.url())
            .replace("{address}", &self.origin)
            .replace("{port}", port)
            .replace("{token}", self.token.reveal())
    }

    /// A URL with our token: also one with an earlier port. An empty token is in no URL.
    pub(crate) fn is_own(&self, url: &str) -> bool {
        if self.token.reveal().is_empty() {
            return false;
        }
        let path = url.split_once("/t/").map(|(_, path)| path);
        let token = path.map(|path| path.split('/').next().unwrap_or_default());
        token.is_some_and(|token| self.token.is(token))
    }

    /// The text without our token.
    pub(crate) fn hide(&self, text: &str) -> String {
        match self.token.reveal() {
            "" => text.to_owned(),
            token => text.replace(token, "…"),
        }
    }
}
