use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::{
    CallIds, ChatLimit, NotBilled, ReasoningContent, StreamUsage, ThoughtSignatures,
};
use crate::{
    Allow, Dialect, EndpointId, Families, Model, ModelId, Passage, Passages, ProviderId, Rank,
    SurfaceId, Tier, address, pattern,
};

/// A provider of models, with the data for its status and its endpoints.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    pub id: ProviderId,
    /// The company: "Anthropic".
    pub name: String,
    /// The product name in status texts: "Claude".
    pub product: String,
    /// The page on which the owner creates a key.
    pub keys_page: Option<String>,
    pub status: Option<StatusPage>,
    pub surfaces: Vec<Surface>,
    pub endpoints: Vec<Endpoint>,
    pub models: Vec<Model>,
    /// The tier of each of its models, and the model of each tier that is a fallback for other vendors' models.
    pub tiers: BTreeMap<Tier, Rank>,
}

/// A status page and its sources in order of preference.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusPage {
    /// The page for people: `https://status.claude.com`.
    pub page: String,
    pub sources: Vec<Source>,
    /// The page id in a genuine payload; a 200 without it is unknown, not green.
    pub identity: Option<String>,
    /// Base poll interval in seconds, before jitter.
    pub every_s: u32,
}

/// One machine-readable address of a status page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub url: String,
    pub dialect: StatusDialect,
    /// False: the format was read from documents or from memory, and no recording of it was available.
    pub verified: bool,
}

/// The format of a status page's machine endpoint; `watch` has one reader for each.
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
    /// The list of all incidents of a Google status dashboard, `incidents.json`.
    GoogleIncidents,
    /// AWS Health's public list, `currentevents`.
    AwsEvents,
    /// Azure's RSS feed: broad incidents only.
    AzureFeed,
    /// Better Stack's `index.json`.
    BetterStack,
    /// Instatus's `summary.json` (+ `v2/components.json` beside it).
    Instatus,
    /// Datadog Status Pages' `config.json`.
    Datadog,
    /// The RSS feed of the xAI status page.
    XaiFeed,
    /// Flashduty's `summary/active`.
    Flashduty,
    /// Rootly's `status.json`: no component states.
    Rootly,
}

impl StatusDialect {
    pub const ALL: [StatusDialect; 13] = [
        StatusDialect::Statuspage,
        StatusDialect::IncidentioCompat,
        StatusDialect::IncidentioNative,
        StatusDialect::Atom,
        StatusDialect::GoogleIncidents,
        StatusDialect::AwsEvents,
        StatusDialect::AzureFeed,
        StatusDialect::BetterStack,
        StatusDialect::Instatus,
        StatusDialect::Datadog,
        StatusDialect::XaiFeed,
        StatusDialect::Flashduty,
        StatusDialect::Rootly,
    ];

    /// The service or the format, in a text for people.
    pub fn name(self) -> &'static str {
        match self {
            StatusDialect::Statuspage => "Statuspage",
            StatusDialect::IncidentioCompat | StatusDialect::IncidentioNative => "incident.io",
            StatusDialect::Atom => "an Atom feed",
            StatusDialect::GoogleIncidents => "a Google status dashboard",
            StatusDialect::AwsEvents => "AWS Health",
            StatusDialect::AzureFeed => "the Azure feed",
            StatusDialect::BetterStack => "Better Stack",
            StatusDialect::Instatus => "Instatus",
            StatusDialect::Datadog => "Datadog Status Pages",
            StatusDialect::XaiFeed => "the xAI feed",
            StatusDialect::Flashduty => "Flashduty",
            StatusDialect::Rootly => "Rootly",
        }
    }

    /// True if a payload contains its page's id, so that a page without a known id must be identified by its components.
    pub fn has_page_id(self) -> bool {
        match self {
            StatusDialect::Statuspage
            | StatusDialect::IncidentioCompat
            | StatusDialect::IncidentioNative
            | StatusDialect::BetterStack
            | StatusDialect::Datadog
            | StatusDialect::Flashduty => true,
            // Identified by the host or the title in the payload.
            StatusDialect::Atom
            | StatusDialect::AzureFeed
            | StatusDialect::Instatus
            | StatusDialect::XaiFeed
            | StatusDialect::Rootly => false,
            // Identified by the format alone.
            StatusDialect::GoogleIncidents | StatusDialect::AwsEvents => false,
        }
    }
}

/// One product of a provider: a component of the status page, and the host whose traffic measures it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surface {
    pub id: SurfaceId,
    /// "Claude Code".
    pub name: String,
    /// Component ids on the status page; the worst state applies. Matched by id: two components may share a name. Empty: the
    /// surface is the complete page.
    pub components: Vec<String>,
    /// The host that serves it, if our own traffic can measure it; surfaces that share a host have one reading from traffic.
    pub host: Option<String>,
    /// Affects the tray icon by default, if the owner uses the provider.
    pub watched: bool,
}

/// Base URL, dialects and credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub id: EndpointId,
    pub provider: ProviderId,
    /// Without the dialect's path and without a trailing slash: `https://api.anthropic.com`.
    pub base: String,
    /// Its dialects, with the path of each below `base`.
    pub paths: BTreeMap<Dialect, String>,
    /// The dialect for requests of a dialect that it does not support.
    pub preferred: Option<Dialect>,
    pub chat_limit: ChatLimit,
    pub call_ids: CallIds,
    pub stream_usage: StreamUsage,
    /// Responses that the provider does not bill.
    pub not_billed: Vec<NotBilled>,
    pub reasoning_content: ReasoningContent,
    pub thought_signatures: ThoughtSignatures,
    /// Its Chat accepts the address of a document; others accept only its content.
    pub file_addresses: bool,
    /// The vendor families of its models.
    pub families: Families,
    /// The parts of a client's request that it may get if it is not the client's own vendor.
    pub allow: Allow,
    /// The context window in tokens for models with an unknown one.
    pub context: Option<u64>,
    /// The maximum output in tokens for models with an unknown one.
    pub max_output: Option<u64>,
    pub auth: Auth,
    /// Environment variable that may contain the key. Absent: no key is needed (a local model server).
    pub key_env: Option<String>,
    /// A client's own login (subscription or key) may be forwarded to it: it is the vendor of the dialect.
    pub accepts_client_login: bool,
    /// The surface whose health its traffic measures.
    pub surface: Option<SurfaceId>,
    /// Patterns of model ids that it serves without a route: `claude-*`.
    pub serves: Vec<String>,
    /// Cheapest model for a probe; absent: only reachability is probed.
    pub probe_model: Option<ModelId>,
    /// The request that shows whether a key is valid.
    pub key_check: KeyCheck,
    /// Known properties of the logins that its clients send.
    pub logins: Logins,
    /// Requests of other kinds that are forwarded to it unchanged.
    pub passages: Passages,
    /// Its server is no vendor's: a proxy or another engine, which may send a request back here.
    pub may_loop: bool,
}

/// Kinds of login, distinguished by their format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logins {
    /// Prefixes of this vendor's logins; the longest match applies.
    pub begins: Vec<String>,
    /// A login with this prefix is an API key that is billed per token; any other counts as a subscription's.
    pub metered: Vec<String>,
    /// Addresses of logins that are valid only there.
    pub addresses: Vec<LoginAddress>,
}

/// A request with this header has a login that is valid only at this address of the vendor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginAddress {
    /// In lower case.
    pub header: String,
    /// Without a trailing slash: `https://chatgpt.com/backend-api/codex`.
    pub base: String,
    /// The beginning of a path that this address does not have: `/v1`.
    pub without: String,
    /// Requests besides those of models that are forwarded there unparsed.
    pub passes: Vec<Passage>,
    /// Why no other request is forwarded, and the alternative, as a text for the client's user.
    pub only: String,
}

impl LoginAddress {
    pub fn url(&self, path: &str) -> String {
        let rest = path.strip_prefix(&self.without).unwrap_or(path);
        format!("{}{rest}", self.base)
    }
}

impl Logins {
    /// `has`: true for the names of the request's headers, in lower case.
    pub fn address(&self, has: impl Fn(&str) -> bool) -> Option<&LoginAddress> {
        self.addresses.iter().find(|address| has(&address.header))
    }
}

/// A request without cost that returns 2xx only for a valid key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCheck {
    pub method: KeyCheckMethod,
    /// Below the endpoint's base: `/v1/key`.
    pub path: String,
}

/// The list of models, which most vendors return only for a valid key.
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
    /// An endpoint of the owner (Ollama, vLLM, LiteLLM): the default path of each dialect, no key, no status page, serving
    /// every requested model. Change the public fields for other values.
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
            may_loop: true,
        }
    }

    /// True if it is a server of the owner on this machine.
    pub fn is_local(&self) -> bool {
        address::is_local(&self.base)
    }

    pub fn speaks(&self, dialect: Dialect) -> bool {
        self.paths.contains_key(&dialect)
    }

    /// The dialects for a client's request in `requested`, in order of preference: the same dialect, then the preferred one.
    pub fn dialects_for(&self, requested: Dialect) -> Vec<Dialect> {
        let mut spoken: Vec<Dialect> = self.paths.keys().copied().collect();
        spoken.sort_by_key(|dialect| (*dialect != requested, Some(*dialect) != self.preferred));
        spoken
    }

    /// True if one of its patterns matches this model id.
    pub fn serves_model(&self, model: &str) -> bool {
        self.serves.iter().any(|p| pattern::matches(p, model))
    }

    /// The URL for requests of this dialect. `None`: not supported.
    pub fn url(&self, dialect: Dialect) -> Option<String> {
        let path = self.paths.get(&dialect)?;
        Some(format!("{}{path}", self.base))
    }
}

/// Normalises a pasted base URL: without trailing slashes and without a trailing `/v1`, which the dialects' paths contain.
pub fn normalise_base(base: &str) -> String {
    let base = base.trim().trim_end_matches('/');
    let base = base.strip_suffix("/v1").unwrap_or(base);
    base.trim_end_matches('/').to_owned()
}

/// The header for an endpoint's credential.
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
