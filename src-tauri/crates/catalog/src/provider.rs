use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Dialect, EndpointId, ModelId, Price, ProviderId, SurfaceId};

/// Somebody who serves models, with everything we know about watching and reaching them.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    pub id: ProviderId,
    /// The company: "Anthropic".
    pub name: String,
    /// What people call it when it is down: "Claude".
    pub product: String,
    /// Where a key is made.
    pub keys_page: Option<String>,
    pub status: Option<StatusPage>,
    pub surfaces: Vec<Surface>,
    pub endpoints: Vec<Endpoint>,
    pub models: Vec<Model>,
}

/// A status page and the chain of sources to read it from, best first.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusPage {
    /// For people: `https://status.claude.com`.
    pub page: String,
    pub sources: Vec<Source>,
    /// The page id that a genuine payload carries; a 200 without it is unknown, not green.
    pub identity: Option<String>,
    /// Base poll interval in seconds, before jitter.
    pub every_s: u32,
}

/// One machine-readable address of a status page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub url: String,
    pub dialect: StatusDialect,
}

/// The format of a status page's machine endpoint; each has one reader in `watch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatusDialect {
    /// Atlassian Statuspage v2 `summary.json`.
    Statuspage,
    /// incident.io's compatible `components.json` (+ `incidents.json` beside it).
    IncidentioCompat,
    /// incident.io's own `/proxy/<host>`.
    IncidentioNative,
    /// Atom feed: incidents only, no component states.
    Atom,
}

/// One product of a provider: a component of the status page, and the host whose traffic bears on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surface {
    pub id: SurfaceId,
    /// "Claude Code".
    pub name: String,
    /// Component ids on the status page; the worst counts. Match by id: two components may share a name.
    pub components: Vec<String>,
    /// The host that serves it, where our own traffic can tell; surfaces that share a host are proved once.
    pub host: Option<String>,
    /// Counts towards the tray by default, once the provider is one of the owner's.
    pub watched: bool,
}

/// Base URL + dialects + credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub id: EndpointId,
    pub provider: ProviderId,
    /// Without the dialect's path and without a trailing slash: `https://api.anthropic.com`.
    pub base: String,
    /// Dialects it speaks, with the path of each below `base`.
    pub paths: BTreeMap<Dialect, String>,
    pub auth: Auth,
    /// Environment variable that may hold the key. Absent: needs none (a local model server).
    pub key_env: Option<String>,
    /// A client's own login (subscription or key) may pass through to it: it is the vendor that the dialect belongs to.
    pub accepts_client_login: bool,
    /// The surface that its health speaks for.
    pub surface: Option<SurfaceId>,
    /// Model id patterns that it serves when no route says otherwise: `claude-*`.
    pub serves: Vec<String>,
    /// Cheapest model for a synthetic completion; absent: reachability only.
    pub probe_model: Option<ModelId>,
}

/// How an endpoint wants its credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    /// `x-api-key: <key>`
    XApiKey,
    /// `authorization: Bearer <key>`
    Bearer,
    None,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    pub id: ModelId,
    /// Context window in tokens.
    pub context: Option<u64>,
    pub price: Option<Price>,
}
