use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::{
    CallIds, ChatLimit, NotBilled, ReasoningContent, StreamUsage, ThoughtSignatures,
};
use crate::{
    Allow, Dialect, EndpointId, Families, Model, ModelId, Passages, ProviderId, Rank, SurfaceId,
    Tier, address, pattern,
};

/// A provider of models, with the facts for watching and reaching it.
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
    /// The tier of each of its models, and the models that are fallbacks for other vendors'.
    pub tiers: BTreeMap<Tier, Rank>,
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
    /// Component ids on the status page; the worst counts. Match by id: two components may share a name. Empty: the surface is
    /// the complete page.
    pub components: Vec<String>,
    /// The host that serves it, where our own traffic shows it; surfaces that share a host have one reading from traffic.
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
    /// The dialect for requests of a dialect that it does not speak.
    pub preferred: Option<Dialect>,
    pub chat_limit: ChatLimit,
    pub call_ids: CallIds,
    pub stream_usage: StreamUsage,
    /// Responses that the provider does not bill.
    pub not_billed: Vec<NotBilled>,
    pub reasoning_content: ReasoningContent,
    pub thought_signatures: ThoughtSignatures,
    /// Its Chat takes the address of a document where others take the document alone.
    pub file_addresses: bool,
    /// Whose models it serves.
    pub families: Families,
    /// What of a client's request may go to it, where it is not the client's own vendor.
    pub allow: Allow,
    /// The context window in tokens of a model whose own is not known.
    pub context: Option<u64>,
    /// The longest answer in tokens of a model whose own is not known.
    pub max_output: Option<u64>,
    pub auth: Auth,
    /// Environment variable that may hold the key. Absent: needs none (a local model server).
    pub key_env: Option<String>,
    /// A client's own login (subscription or key) may pass through to it: it is the vendor that the dialect belongs to.
    pub accepts_client_login: bool,
    /// The surface that its health speaks for.
    pub surface: Option<SurfaceId>,
    /// Patterns of the model ids that it serves without a route: `claude-*`.
    pub serves: Vec<String>,
    /// Cheapest model for a synthetic completion; absent: reachability only.
    pub probe_model: Option<ModelId>,
    /// The request that shows whether a key is valid.
    pub key_check: KeyCheck,
    /// What is known of the logins that its clients bring.
    pub logins: Logins,
    /// Requests of other kinds that pass to it untouched.
    pub passages: Passages,
}

/// Kinds of login, distinguished by their format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logins {
    /// A login that begins so is of this vendor; the longest beginning decides.
    pub begins: Vec<String>,
    /// A login with this prefix is an API key that is billed by the token; any other counts as a subscription's.
    pub metered: Vec<String>,
    /// Logins that cannot pass through.
    pub refused: Vec<RefusedLogin>,
}

/// A request with this header has a login that is of no use at this endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedLogin {
    /// In lower case.
    pub header: String,
    /// Why, and what to do instead: for the client's user.
    pub why: String,
}

/// A request that costs nothing and that only a good key gets a 2xx from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCheck {
    pub method: KeyCheckMethod,
    /// Below the endpoint's base: `/v1/key`.
    pub path: String,
}

/// Where the models are listed for holders of a key only, as most vendors do.
impl Default for KeyCheck {
    fn default() -> Self {
        Self {
            method: KeyCheckMethod::Get,
            path: "/v1/models".to_owned(),
        }
    }
}

/// The request of a [`KeyCheck`]; it never has a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum KeyCheckMethod {
    #[default]
    Get,
    Post,
}

impl Endpoint {
    /// An endpoint of the owner (Ollama, vLLM, LiteLLM): the usual path of each dialect, no key, no page, serving every
    /// requested model. Change the public fields for anything else.
    pub fn new(
        id: EndpointId,
        provider: ProviderId,
        base: &str,
        dialects: impl IntoIterator<Item = Dialect>,
    ) -> Self {
        let dialects: Vec<Dialect> = dialects.into_iter().collect();
        let families = Families::new(provider.as_str());
        Self {
            id,
            provider,
            base: normalise_base(base),
            paths: dialects
                .iter()
                .map(|dialect| (*dialect, dialect.default_path().to_owned()))
                .collect(),
            preferred: dialects.first().copied(),
            chat_limit: ChatLimit::default(),
            call_ids: CallIds::default(),
            stream_usage: StreamUsage::default(),
            not_billed: Vec::new(),
            reasoning_content: ReasoningContent::default(),
            thought_signatures: ThoughtSignatures::default(),
            file_addresses: false,
            families,
            allow: Allow::default(),
            context: None,
            max_output: None,
            auth: Auth::None,
            key_env: None,
            accepts_client_login: false,
            surface: None,
            serves: vec!["*".to_owned()],
            probe_model: None,
            key_check: KeyCheck::default(),
            logins: Logins::default(),
            passages: Passages::default(),
        }
    }

    /// A server of the owner's own, on this machine.
    pub fn is_local(&self) -> bool {
        address::is_local(&self.base)
    }

    pub fn speaks(&self, dialect: Dialect) -> bool {
        self.paths.contains_key(&dialect)
    }

    /// The dialects for a client's request in `asked`, best first: the same dialect, then the preferred one.
    pub fn dialects_for(&self, asked: Dialect) -> Vec<Dialect> {
        let mut spoken: Vec<Dialect> = self.paths.keys().copied().collect();
        spoken.sort_by_key(|dialect| (*dialect != asked, Some(*dialect) != self.preferred));
        spoken
    }

    /// Does one of its patterns match this model id?
    pub fn serves_model(&self, model: &str) -> bool {
        self.serves.iter().any(|p| pattern::matches(p, model))
    }

    /// Where requests of this dialect go; None: it does not speak it.
    pub fn url(&self, dialect: Dialect) -> Option<String> {
        let path = self.paths.get(&dialect)?;
        Some(format!("{}{path}", self.base))
    }
}

/// A base URL as people paste it, without trailing slashes and without a trailing `/v1`, which the dialects' paths bring along.
pub fn normalise_base(base: &str) -> String {
    let base = base.trim().trim_end_matches('/');
    let base = base.strip_suffix("/v1").unwrap_or(base);
    base.trim_end_matches('/').to_owned()
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

#[cfg(test)]
mod tests;
