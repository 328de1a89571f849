//! The vendor families of an endpoint's models, and the parts of a client's request that the endpoint may get.

use serde::Deserialize;

use crate::pattern;

/// The vendor families of an endpoint's models. Bytes pass unchanged within a family only: a model of another family gets a
/// translated request, also in the client's own dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Families {
    /// The family of every model that no pattern matches.
    usual: String,
    /// Patterns over model ids, for resellers of several vendors' models: the first match applies.
    by_model: Vec<(String, String)>,
}

impl Families {
    pub fn new(usual: impl Into<String>) -> Families {
        Families {
            usual: usual.into(),
            by_model: Vec::new(),
        }
    }

    pub fn with_models(mut self, by_model: Vec<(String, String)>) -> Families {
        self.by_model = by_model;
        self
    }

    pub fn of(&self, model: &str) -> &str {
        let found = self
            .by_model
            .iter()
            .find(|(models, _)| pattern::matches(models, model));
        found.map_or(&self.usual, |(_, family)| family)
    }
}

/// The parts of a client's request that an endpoint may get if it is neither the client's own vendor nor the configured
/// primary, in addition to content negotiation. An empty list allows nothing more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Allow {
    /// Header names in lower case.
    pub headers: Vec<String>,
    /// Values of `anthropic-beta`.
    pub betas: Vec<String>,
    /// Top-level fields of the body.
    pub fields: Vec<String>,
}

/// Fields and headers that identify the client, its user or its session: no list can allow them.
pub const IDENTITY: [&str; 16] = [
    "metadata",
    "user",
    "user_id",
    "safety_identifier",
    "session_id",
    "client_metadata",
    "prompt_cache_key",
    "user_profile_id",
    "workspace_id",
    "program_use_case_id",
    "data_flow",
    "trace",
    "request_id",
    "api_key",
    "extra_headers",
    "access_programs",
];

impl Allow {
    pub fn allows_header(&self, name: &str) -> bool {
        self.headers.iter().any(|allowed| allowed == name)
    }

    pub fn allows_beta(&self, beta: &str) -> bool {
        self.betas.iter().any(|allowed| allowed == beta)
    }

    pub fn allows_field(&self, name: &str) -> bool {
        !IDENTITY.contains(&name) && self.fields.iter().any(|allowed| allowed == name)
    }
}

#[cfg(test)]
mod tests;
