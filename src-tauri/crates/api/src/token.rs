use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// `GET /control/tokens`: the named tokens of persons, devices and pipelines, by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TokenList {
    pub tokens: Vec<TokenView>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TokenView {
    pub name: String,
    /// Its requests belong to this pipeline.
    #[serde(default)]
    pub pipeline: Option<String>,
    pub created: DateTime<Utc>,
    /// Start of its last request in the ledger. None: there is none.
    pub last_used: Option<DateTime<Utc>>,
}

/// `POST /control/tokens` and `POST /control/tokens/revoke`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TokenName {
    pub name: String,
    /// Of a new token: its requests belong to this pipeline.
    #[serde(default)]
    pub pipeline: Option<String>,
}

/// A new token. It is shown once: only its digest is stored.
#[derive(Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NewToken {
    pub name: String,
    #[serde(default)]
    pub pipeline: Option<String>,
    /// The token itself, which a client can send as its API key.
    #[serde(default)]
    pub token: String,
    /// Base URLs with the token, for this computer first, then for the addresses of networks.
    pub urls: Vec<String>,
    /// Addresses in the settings that are closed, each with the reason and what to do.
    pub closed: Vec<String>,
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewToken({}, <hidden>)", self.name)
    }
}
