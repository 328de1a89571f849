//! The settings with all defaults applied.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use catalog::{
    Catalog, Dialect, EndpointId, Equivalent, MicroDollars, ModelId, OwnersPrice, Provider,
    ProviderId, Secret,
};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use gateway::{Consent, Delivery, Demand, Restart, Scope, Siblings};
use http::{HeaderName, Method, Uri};
use impact::Pipeline;

use super::weight::Weight;

/// `None` is a meaningful value, never a missing default.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    /// The address of this computer.
    pub address: IpAddr,
    pub port: u16,
    /// Addresses of networks.
    pub also: Vec<NetworkAddress>,
    pub allowed_hosts: Vec<String>,
    /// Origins of web pages that may use the port, in browser form: `https://flows.example`.
    pub allowed_origins: Vec<String>,
    /// Grace period of open requests during a stop.
    pub drain: TimeDelta,
    pub mine: BTreeSet<ProviderId>,
    pub pages: bool,
    pub pages_from: BTreeMap<ProviderId, String>,
    pub page_every: Option<Duration>,
    pub probes: bool,
    pub probe_every: Duration,
    pub probe_budget: MicroDollars,
    pub online_hosts: Vec<String>,
    pub timers: Timers,
    pub notify: bool,
    /// Lowest weight that opens a pop-up.
    pub notify_from: Weight,
    /// No notifications between these local times; may span midnight.
    pub quiet: Option<(NaiveTime, NaiveTime)>,
    /// Store tool arguments with interrupted work.
    pub keep_tool_arguments: bool,
    /// Store what stateful clients of Responses refer to later, for a day.
    pub keep_conversations: bool,
    pub retention: Retention,
    pub report: ReportOwner,
    /// New endpoints, each as a separate provider, and the changed providers of the catalogue.
    pub own: Vec<Provider>,
    /// The owner's prices and discounts.
    pub prices: Vec<OwnersPrice>,
    pub routes: Vec<Route>,
    /// The owner's choice of which model of an endpoint can replace which others.
    pub equivalents: BTreeMap<EndpointId, Vec<Equivalent>>,
    /// `Ask`: the owner's stored answer applies.
    pub subscription_to_paid_key: Consent,
    /// Scope of requests from pipelines and applications without a scope on their pipeline or route.
    pub may_go_to: Option<Scope>,
    /// The pipelines with a separate scope.
    pub pipeline_scopes: BTreeMap<String, Scope>,
    /// Client timeouts of these pipelines.
    pub client_waits: BTreeMap<String, Duration>,
    /// `Ask`: the owner's stored answer applies.
    pub sibling: Siblings,
    /// Cost cap of fallbacks for a local day.
    pub fallback_a_day: MicroDollars,
    /// A paid key may also be used while a plan or an allowance is exhausted.
    pub for_limits: bool,
    /// The owner's failure rules, applied before the built-in table.
    pub rules: Vec<wire::Rule>,
    /// Every pipeline in the settings, with or without figures.
    pub pipeline_names: BTreeSet<String>,
    /// What is known of every pipeline besides its figures.
    pub pipeline_details: BTreeMap<String, PipelineDetails>,
    /// The pipelines with figures, for estimates.
    pub pipelines: Vec<Pipeline>,
    /// Receivers of side effects.
    pub effects: Vec<EffectSettings>,
    /// None: `update --check` has nothing to read.
    pub update: Option<UpdateSource>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PipelineDetails {
    /// For whom it works.
    pub customer: Option<String>,
    pub runs: PipelineRuns,
    pub steps: Vec<PipelineStep>,
    pub drain: Drain,
}

/// How its parked requests finish without a person.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Drain {
    /// The owner's switch.
    pub on: bool,
    pub receiver: Option<Receiver>,
    /// Time between the begins of two requests.
    pub every: TimeDelta,
    pub runs: u32,
    /// Older items are not sent.
    pub within: TimeDelta,
}

impl Default for Drain {
    fn default() -> Drain {
        Drain {
            on: false,
            receiver: None,
            every: TimeDelta::seconds(10),
            runs: 3,
            within: TimeDelta::hours(4),
        }
    }
}

impl Settings {
    /// The catalogue with the owner's endpoints and prices.
    pub(crate) fn catalog(&self, base: &Catalog) -> Catalog {
        base.with_own(&self.own).with_prices(&self.prices)
    }

    /// The URLs of webhooks whose secret is in the keychain.
    pub(crate) fn webhooks(&self) -> impl Iterator<Item = &str> {
        let receivers = self.pipeline_details.values();
        receivers.filter_map(|details| match &details.drain.receiver {
            Some(Receiver::Webhook {
                url,
                secret_env: None,
            }) => Some(&**url),
            Some(Receiver::Webhook { .. } | Receiver::Fetch | Receiver::Resume) | None => None,
        })
    }
}

/// Who gets a response that came without its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Receiver {
    Webhook {
        url: String,
        /// The environment variable with its secret; None: in the keychain.
        secret_env: Option<String>,
    },
    /// The caller, which fetches it.
    Fetch,
    /// The URL in the request's header.
    Resume,
}

/// Where a pipeline runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PipelineRuns {
    /// Its requests pass through the gateway.
    #[default]
    Here,
    /// These cannot reach this computer.
    N8nCloud,
    Make,
    Zapier,
    Elsewhere,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PipelineStep {
    pub name: String,
    /// Assumed share of runs that succeed. `None`: measured.
    pub success: Option<f64>,
}

/// A receiver of side effects.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EffectSettings {
    pub name: String,
    /// It may contain a credential.
    pub url: Secret,
    pub method: Method,
    pub headers: Vec<EffectHeader>,
    /// The receiver acts once for each key.
    pub honours_key: bool,
    /// How long it keeps them.
    pub keeps_keys: TimeDelta,
    /// For the receiver's complete response.
    pub timeout: Duration,
    /// The pipeline to which it belongs.
    pub pipeline: Option<String>,
    /// Each request names an ended request whose response was complete.
    pub after_completion: bool,
}

impl EffectSettings {
    /// The receiver's host, and its port if the URL names one, without the URL's credentials.
    pub(crate) fn host(&self) -> Option<String> {
        let url: Uri = self.url.reveal().parse().ok()?;
        let host = url.host()?;
        Some(match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EffectHeader {
    pub name: HeaderName,
    /// Text before the secret: "Bearer ".
    pub before: String,
    pub source: SecretSource,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SecretSource {
    Environment(String),
    Keychain(String),
}

/// Whose name and logo a report has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReportOwner {
    pub name: Option<String>,
    /// A PNG or SVG; relative to the folder of the settings.
    pub logo: Option<PathBuf>,
}

/// Where a new version is announced, and whose signature counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UpdateSource {
    pub url: String,
    /// The second line of a minisign key file.
    pub public_key: String,
}

/// An address at which other computers or containers reach the engine. Whether it opens depends also on the tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NetworkAddress {
    pub address: SocketAddr,
    /// The owner allows requests without encryption.
    pub plain_http: bool,
    pub tls: Option<TlsFiles>,
}

/// PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// How long the ledger keeps its rows, in days; 0: without a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retention {
    pub exchanges_days: u32,
    pub incidents_days: u32,
    pub daily_days: u32,
    /// Results of side effects.
    pub effects_days: u32,
}

impl Retention {
    /// Rows from before this instant may be deleted. `None`: all are kept.
    pub(crate) fn limit(days: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let span = TimeDelta::days(i64::from(days));
        (days > 0).then(|| now.checked_sub_signed(span)).flatten()
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Timers {
    pub connect: Duration,
    pub headers: Duration,
    pub first_content: Duration,
    pub idle: Duration,
    pub grace: Duration,
    pub total: Duration,
    pub cooldown: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub name: String,
    pub dialect: Dialect,
    /// A pattern with `*`.
    pub models: String,
    pub candidates: Vec<(EndpointId, Option<ModelId>)>,
    /// None: depends on the kind of request.
    pub delivery: Option<Delivery>,
    /// None: depends on the client.
    pub restart: Option<Restart>,
    /// Timeout of its clients.
    pub client_waits: Option<Duration>,
    pub strict: Option<bool>,
    /// As in [`gateway::Route`].
    pub exact: bool,
    /// Pipeline of these requests: a request that every candidate fails is parked in the review queue.
    pub pipeline: Option<String>,
    pub demand: Option<Demand>,
    /// `Ask`: same as for all routes.
    pub subscription_to_paid_key: Consent,
    /// None: depends on the kind of client.
    pub may_go_to: Option<Scope>,
    /// None: same as for all routes.
    pub sibling: Option<Siblings>,
}
