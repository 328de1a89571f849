//! The engine's entire state. The loop owns it, and the views read it.

mod scope_answer;
mod times;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use catalog::{Catalog, Dialect, EndpointId, ModelId, ProviderId, REHEARSAL, Secret, SurfaceId};
use chrono::{DateTime, Utc};
use gateway::{BreakerView, Plan};
use health::{Verdicts, Watched};
use ledger::{FallbackTestRow, Outage};
use watch::online::Connectivity;

use crate::desk::{
    Choices, Day, Draining, EffectsOpen, Fallbacks, Incidents, LedgerTrouble, Logins,
    Notifications, PaidConsent, Retention, Reviews, Sessions, Turns, Zone,
};
use crate::drill::run::DrillRun;
use crate::fallback_test::target::{Target, TestKey};
use crate::keys::Keys;
use crate::listening::Listening;
use crate::logging::LogLoss;
use crate::named_tokens::NamedTokens;
use crate::network::Addresses;
use crate::places::Places;
use crate::requested_models::RequestedModels;
use crate::retry::Retry;
use crate::settings::{Settings, SettingsError};
use crate::unknown_pipelines::UnknownPipelines;
pub(crate) use scope_answer::ScopeAnswer;

#[derive(Debug)]
pub(crate) struct State {
    pub version: &'static str,
    /// Name of this computer; empty: unknown.
    pub computer: String,
    pub started: DateTime<Utc>,
    pub places: Places,
    /// `http://127.0.0.1:4747`
    pub address: String,
    pub listening: Listening,
    /// Base URL with the token.
    pub base_url: String,
    /// The named tokens.
    pub tokens: NamedTokens,
    /// Why their file cannot be read: no named token is valid.
    pub tokens_unreadable: Option<String>,
    /// Addresses of networks that should be open; the reason if one is not.
    pub network: Addresses,
    pub zone: Zone,

    pub catalog: Arc<Catalog>,
    pub settings: Arc<Settings>,
    /// Errors in the present file; the settings in force are then older.
    pub settings_errors: Vec<SettingsError>,
    pub keys: Keys,
    pub keychain_failed: Option<String>,
    pub ledger_trouble: Option<LedgerTrouble>,
    /// The ledger was deleted or replaced in this run, and is back at its path.
    pub ledger_restored: Option<String>,
    /// Why a file by which other programs find the engine is missing.
    pub unpublished: Option<String>,
    /// When the run before this one crashed. None: it was stopped on purpose.
    pub crashed: Option<DateTime<Utc>>,
    /// The crash is still a problem for the owner to see.
    pub crash_shown: bool,
    /// Sentences on files and folders that other users can change.
    pub exposed: Vec<String>,
    /// "The log is in …"
    pub log_place: String,
    /// Lines of the log that could not be written; None: the last one was.
    pub log_loss: Option<LogLoss>,
    /// Requests of this run that are missing in the history, because the ledger was too slow.
    pub unrecorded: u64,

    pub verdicts: Arc<Verdicts>,
    /// The last check of this machine's network; None: no check was needed.
    pub connectivity: Option<Connectivity>,
    pub pages: BTreeMap<ProviderId, PageRead>,
    pub plans: Vec<Plan>,
    pub breakers: Vec<BreakerView>,
    pub logins: Logins,
    pub ttft: BTreeMap<(EndpointId, String), u64>,

    /// Providers of earlier attempts for local clients.
    pub seen_in_traffic: BTreeSet<ProviderId>,
    /// Endpoints that accepted a client's own login.
    pub seen_logins: BTreeSet<EndpointId>,
    /// Those of them whose login was a subscription.
    pub seen_subscriptions: BTreeSet<EndpointId>,
    pub sessions: Sessions,
    /// The owner's choices of a provider, by client.
    pub choices: Choices,
    /// The fallbacks in use.
    pub fallbacks: Fallbacks,
    /// For each pipeline, and for applications (None): the requested models and their dialects.
    pub requested_models: RequestedModels,
    pub unknown_pipelines: UnknownPipelines,
    /// The reach of their requests when the primary fails.
    pub reaches: Vec<Reach>,
    /// Models with recent responses on a route, at most [`State::MODELS_TESTED`] each.
    pub models_in_use: BTreeMap<(String, Dialect), Vec<String>>,
    /// The fallbacks of each route for its models in use.
    pub targets: Vec<Target>,
    /// The last test of each.
    pub tested: BTreeMap<TestKey, FallbackTestRow>,
    /// Tests in progress.
    pub testing: BTreeSet<TestKey>,
    /// The open incidents.
    pub open: Incidents,
    /// The last closed outage that affected requests.
    pub last_outage: Option<Outage>,
    /// State of agent sessions.
    pub turns: Turns,
    pub reviews: Reviews,
    /// Side effects that the owner must settle.
    pub effects: EffectsOpen,
    /// The open items of pipelines, and what each waits for.
    pub draining_items: Draining,
    pub notifications: Notifications,
    /// The last "retry all".
    pub retry: Option<Retry>,
    /// The owner's answer on paid keys for clients with a subscription, if the settings leave it open.
    pub paid_fallbacks: Option<bool>,
    /// The consent question and its answer for an open outage.
    pub paid: PaidConsent,
    /// The owner's answer on sibling models; None: not answered yet.
    pub siblings: Option<bool>,
    /// A sibling that needed only the owner's consent.
    pub sibling_question: Option<SiblingQuestion>,
    /// End of a "Not now" answer.
    pub siblings_not_before: Option<DateTime<Utc>>,
    /// Time until which paid fallbacks are stopped.
    pub paid_stopped_until: Option<DateTime<Utc>>,
    pub scope_answer: ScopeAnswer,
    /// Why the scope from before `may_go_to` is kept only in memory.
    pub scope_unwritten: Option<String>,
    /// Pipelines whose requests failed while their scope excluded an available provider.
    pub scope_questions: BTreeSet<String>,
    /// Pipelines whose question is answered.
    pub scope_answered: BTreeSet<String>,
    pub today: Day,
    pub retention: Retention,

    pub paused: bool,
    pub draining: bool,
    pub rehearsal_until: Option<DateTime<Utc>>,
    /// The drill that runs, or the last one.
    pub drill: Option<DrillRun>,
    pub starts_at_login: Option<bool>,
    /// The questions of the first run are open.
    pub first_run: bool,
    pub installed: api::Installed,
}

/// Result of the last read of a status page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageRead {
    pub at: DateTime<Utc>,
    pub error: Option<String>,
    /// The time of the page's last change, if the page states it.
    pub changed: Option<DateTime<Utc>>,
    /// False: no recording of its format exists.
    pub verified: bool,
    /// Component ids of the catalogue that the page no longer lists.
    pub missing: Vec<String>,
}

/// "Opus is failing. Sonnet could answer."
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SiblingQuestion {
    pub endpoint: EndpointId,
    pub failing: ModelId,
    pub sibling: ModelId,
}

/// Where requests of a pipeline, or of applications, go when their primary fails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// None: clients that are not coding agents and name no pipeline.
    pub whose: Option<String>,
    /// Requests of it were seen.
    pub seen: bool,
    /// Providers of the candidates of its first request, in their order.
    pub providers: Vec<ProviderId>,
    /// Products, in the order of candidates.
    pub order: Vec<String>,
    /// Ways to other providers.
    pub others: BTreeSet<Way>,
    /// Ways that are available, but out of scope.
    pub out_of_scope: BTreeSet<Way>,
    /// Some of its requests have no fallback.
    pub without_fallback: bool,
}

/// From a primary's provider to another provider's endpoint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Way {
    pub primary: ProviderId,
    pub provider: ProviderId,
    pub endpoint: EndpointId,
}

/// Inputs of the engine's start.
#[derive(Debug)]
pub(crate) struct Start {
    pub at: DateTime<Utc>,
    pub computer: String,
    pub places: Places,
    pub listening: Listening,
    pub token: Secret,
    pub tokens: Result<NamedTokens, String>,
    pub zone: Zone,
    pub catalog: Arc<Catalog>,
    pub settings: Settings,
    pub keys: Keys,
    pub ledger_trouble: Option<LedgerTrouble>,
    pub scope_answer: ScopeAnswer,
    pub scope_unwritten: Option<String>,
    pub starts_at_login: Option<bool>,
    pub first_run: bool,
    pub installed: api::Installed,
    pub log_place: String,
    pub crashed: Option<DateTime<Utc>>,
    pub exposed: Vec<String>,
}

impl State {
    pub(crate) fn new(start: Start) -> State {
        State {
            version: env!("CARGO_PKG_VERSION"),
            computer: start.computer,
            started: start.at,
            places: start.places,
            address: start.listening.url(),
            base_url: format!("{}/t/{}", start.listening.url(), start.token.reveal()),
            listening: start.listening,
            tokens_unreadable: start.tokens.as_ref().err().cloned(),
            tokens: start.tokens.unwrap_or_default(),
            network: Addresses::new(),
            today: Day::of(start.at, &start.zone),
            retention: Retention::default(),
            zone: start.zone,
            catalog: start.catalog,
            settings: Arc::new(start.settings),
            settings_errors: Vec::new(),
            keys: start.keys,
            keychain_failed: None,
            ledger_trouble: start.ledger_trouble,
            ledger_restored: None,
            unpublished: None,
            crashed: start.crashed,
            exposed: start.exposed,
            crash_shown: start.crashed.is_some(),
            log_place: start.log_place,
            log_loss: None,
            unrecorded: 0,
            verdicts: Arc::default(),
            connectivity: None,
            pages: Default::default(),
            plans: Vec::new(),
            breakers: Vec::new(),
            logins: Logins::default(),
            ttft: Default::default(),
            seen_in_traffic: Default::default(),
            seen_logins: Default::default(),
            seen_subscriptions: Default::default(),
            sessions: Default::default(),
            choices: Choices::default(),
            fallbacks: Default::default(),
            requested_models: Default::default(),
            unknown_pipelines: Default::default(),
            reaches: Vec::new(),
            models_in_use: Default::default(),
            targets: Vec::new(),
            tested: Default::default(),
            testing: Default::default(),
            open: Default::default(),
            last_outage: None,
            turns: Default::default(),
            reviews: Default::default(),
            effects: Default::default(),
            draining_items: Draining::default(),
            notifications: Default::default(),
            retry: None,
            paid_fallbacks: None,
            paid: PaidConsent::default(),
            siblings: None,
            sibling_question: None,
            siblings_not_before: None,
            paid_stopped_until: None,
            scope_answer: start.scope_answer,
            scope_unwritten: start.scope_unwritten,
            scope_questions: Default::default(),
            scope_answered: Default::default(),
            paused: false,
            draining: false,
            rehearsal_until: None,
            drill: None,
            starts_at_login: start.starts_at_login,
            first_run: start.first_run,
            installed: start.installed,
        }
    }

    /// In the settings, with a key, or seen in traffic. The rehearsal is excluded.
    pub(crate) fn is_mine(&self, id: &ProviderId) -> bool {
        if id.as_str() == REHEARSAL {
            return false;
        }
        self.settings.mine.contains(id)
            || self.seen_in_traffic.contains(id)
            || self
                .catalog
                .provider(id)
                .is_some_and(|p| p.endpoints.iter().any(|e| self.keys.get(&e.id).is_some()))
            || self.settings.own.iter().any(|own| own.id == *id)
    }

    /// True if probes or traffic, and not only a status page, give the level of one of the owner's providers.
    pub(crate) fn is_measured(&self) -> bool {
        let mine = self.verdicts.providers.iter();
        let mut mine = mine.filter(|(id, _)| self.is_mine(id));
        mine.any(|(_, verdict)| verdict.basis == health::Basis::Measured)
    }

    /// The surfaces in use of the owner's providers. The rehearsal is always included, because it has a separate badge.
    pub(crate) fn watched(&self) -> Watched {
        let counted = self
            .catalog
            .providers()
            .iter()
            .filter(|p| self.is_mine(&p.id) || p.id.as_str() == REHEARSAL);
        let surfaces = counted.map(|p| {
            let watched: BTreeSet<SurfaceId> = p
                .surfaces
                .iter()
                .filter(|s| s.watched)
                .map(|s| s.id.clone())
                .collect();
            (p.id.clone(), watched)
        });
        Watched(surfaces.collect())
    }

    pub(crate) fn product(&self, id: &ProviderId) -> String {
        self.catalog
            .provider(id)
            .map_or_else(|| id.to_string(), |p| p.product.clone())
    }

    /// A pipeline or an application requested this model. True: the entry is new.
    pub(crate) fn record_requested_model(
        &mut self,
        pipeline: Option<String>,
        client: &wire::Client,
        dialect: Dialect,
        model: &str,
    ) -> bool {
        if pipeline.is_none() && client.is_agent() {
            return false;
        }
        self.requested_models.record(pipeline, dialect, model)
    }

    /// Further models of one route rarely have other fallbacks.
    pub(crate) const MODELS_TESTED: usize = 5;

    /// Records a model with a response on this route. True: the entry is new.
    pub(crate) fn record_model_in_use(
        &mut self,
        route: &str,
        dialect: Dialect,
        model: &str,
    ) -> bool {
        let key = (route.to_owned(), dialect);
        let models = self.models_in_use.entry(key).or_default();
        let known = models.iter().any(|known| known == model);
        if !known {
            models.insert(0, model.to_owned());
            models.truncate(State::MODELS_TESTED);
        }
        !known
    }
}
