//! Converts settings, catalogue and keys into the inputs of the gateway and the watch. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use catalog::{
    Auth, Catalog, Dialect, Endpoint, EndpointId, Equivalent, ModelId, REHEARSAL, REHEARSAL_PREFIX,
    Secret, Source, pattern,
};
use gateway::{
    CandidateRule, Config, Consent, EndpointConfig, Limits, NamedToken, Pattern, Route, Siblings,
    Spending, Timers, Tokens,
};
use watch::{PageTarget, ProbeTarget};

use crate::keys::Keys;
use crate::settings::Settings;

/// The last fallback gets a longer first-token timeout, because no candidate follows it.
const LAST_CANDIDATE_PATIENCE: u32 = 3;

/// Probe interval for an endpoint's model while its breaker is not closed or its verdict is failing. With a jitter of one
/// fifth, a probe runs at least every 30 s, so requests return within 30 s of the recovery.
const PROBE_OPEN_EVERY: Duration = Duration::from_secs(25);

/// Data of the running engine that the gateway needs in addition to the settings.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub token: Secret,
    pub named_tokens: Arc<[NamedToken]>,
    pub paused: bool,
    pub draining: bool,
    pub own_addresses: Vec<SocketAddr>,
    /// Maximum number of open exchanges.
    pub exchanges: usize,
    pub spending: Spending,
    pub sibling: Siblings,
    /// No tray or window is on the event stream.
    pub announce: bool,
    /// The owner's choices, by client name.
    pub use_now: BTreeMap<String, gateway::UseNow>,
    pub drill: Option<gateway::LiveDrill>,
}

/// `catalog`: includes the owner's endpoints.
pub(crate) fn gateway_config(
    settings: &Settings,
    catalog: &Catalog,
    keys: &Keys,
    running: &Running,
) -> Config {
    let timers = &settings.timers;
    let limits = Limits::default();
    Config {
        token: Tokens::new(running.token.clone(), Arc::clone(&running.named_tokens)),
        allowed_hosts: settings.allowed_hosts.clone(),
        allowed_origins: settings.allowed_origins.clone(),
        routes: routes(settings, catalog, &|endpoint| {
            endpoint.accepts_client_login || usable(endpoint, keys)
        }),
        endpoints: endpoints(settings, catalog, keys),
        timers: Timers {
            connect: timers.connect,
            headers: timers.headers,
            first_content: timers.first_content,
            last_candidate_first_content: timers.first_content * LAST_CANDIDATE_PATIENCE,
            idle: timers.idle,
            grace: timers.grace,
            total: timers.total,
            cooldown: timers.cooldown,
        },
        limits: Limits {
            exchanges: running.exchanges.min(limits.exchanges),
            ..limits
        },
        rules: settings.rules.clone().into(),
        keep_tool_arguments: settings.keep_tool_arguments,
        keep_conversations: settings.keep_conversations,
        spending: running.spending.clone(),
        may_go_to: settings.may_go_to.clone(),
        pipelines: settings.pipeline_scopes.clone(),
        client_waits: settings.client_waits.clone(),
        sibling: running.sibling,
        announce: running.announce,
        use_now: running.use_now.clone(),
        drill: running.drill.clone(),
        paused: running.paused,
        draining: running.draining,
        own_addresses: running.own_addresses.clone(),
    }
}

fn usable(endpoint: &Endpoint, keys: &Keys) -> bool {
    endpoint.auth == Auth::None || keys.get(&endpoint.id).is_some()
}

fn endpoints(
    settings: &Settings,
    catalog: &Catalog,
    keys: &Keys,
) -> BTreeMap<EndpointId, EndpointConfig> {
    let known = catalog.providers().iter().flat_map(|provider| {
        provider.endpoints.iter().map(move |endpoint| {
            let config = EndpointConfig {
                endpoint: endpoint.clone(),
                product: provider.product.clone(),
                name: provider.name.clone(),
                key: keys.get(&endpoint.id),
                rehearsal: provider.id.as_str() == REHEARSAL,
                models: provider.models.clone(),
                equivalents: equivalents(settings, catalog, endpoint),
                tiers: provider.tiers.clone(),
            };
            (endpoint.id.clone(), config)
        })
    });
    known.collect()
}

/// The models that an endpoint's models can replace: from the settings, else from the catalogue.
fn equivalents(settings: &Settings, catalog: &Catalog, endpoint: &Endpoint) -> Vec<Equivalent> {
    let mut equivalents = settings
        .equivalents
        .get(&endpoint.id)
        .cloned()
        .unwrap_or_default();
    equivalents.extend(catalog.equivalents(endpoint));
    equivalents
}

/// Routes in this order: the rehearsal's, the owner's, the default ones. A default route exists for each dialect and served
/// pattern: the endpoints that serve it, then those with equivalent models, last the dialect's vendor for unlisted models.
/// `known`: endpoints that may be used without a mention in the settings.
pub(crate) fn routes(
    settings: &Settings,
    catalog: &Catalog,
    known: &dyn Fn(&Endpoint) -> bool,
) -> Vec<Route> {
    let rehearsal = Dialect::ALL.map(|dialect| Route {
        name: REHEARSAL.into(),
        dialect,
        models: Pattern::new(format!("{REHEARSAL_PREFIX}*")),
        candidates: vec![CandidateRule::new(EndpointId::new(REHEARSAL))],
        strict: None,
        exact: false,
        delivery: None,
        restart: None,
        pipeline: None,
        demand: None,
        subscription_to_paid_key: Consent::Ask,
        may_go_to: None,
        sibling: None,
        client_waits: None,
    });
    let own = settings.routes.iter().map(|route| Route {
        name: route.name.clone(),
        dialect: route.dialect,
        models: Pattern::new(&route.models),
        candidates: route
            .candidates
            .iter()
            .map(|(endpoint, model)| CandidateRule {
                model: model.clone(),
                ..CandidateRule::new(endpoint.clone())
            })
            .collect(),
        strict: route.strict,
        exact: route.exact,
        delivery: route.delivery,
        restart: route.restart,
        pipeline: route.pipeline.clone(),
        demand: route.demand.clone(),
        subscription_to_paid_key: route.subscription_to_paid_key,
        may_go_to: route.may_go_to.clone(),
        sibling: route.sibling,
        client_waits: route.client_waits,
    });
    let fallbacks = fallbacks(settings, catalog, known);
    let usual = Dialect::ALL
        .into_iter()
        .flat_map(|dialect| usual_routes(dialect, catalog, known, &fallbacks));
    rehearsal.into_iter().chain(own).chain(usual).collect()
}

/// Fallback endpoints of any dialect, with the models that they replace. Vendors whose own clients pass through here come
/// first.
fn fallbacks(
    settings: &Settings,
    catalog: &Catalog,
    known: &dyn Fn(&Endpoint) -> bool,
) -> Vec<(EndpointId, Vec<Equivalent>)> {
    let real = |e: &&Endpoint| e.provider.as_str() != REHEARSAL && known(e);
    let mut endpoints: Vec<&Endpoint> = catalog.endpoints().filter(real).collect();
    endpoints.sort_by_key(|endpoint| !endpoint.accepts_client_login);
    let with_equivalents = |e: &Endpoint| (e.id.clone(), equivalents(settings, catalog, e));
    endpoints.into_iter().map(with_equivalents).collect()
}

fn usual_routes(
    dialect: Dialect,
    catalog: &Catalog,
    known: &dyn Fn(&Endpoint) -> bool,
    fallbacks: &[(EndpointId, Vec<Equivalent>)],
) -> Vec<Route> {
    let real = catalog
        .endpoints()
        .filter(|e| e.provider.as_str() != REHEARSAL);
    let (speaking, others): (Vec<_>, Vec<_>) = real.partition(|e| e.speaks(dialect));
    // A known endpoint serves its models in every dialect; other dialects are translated.
    let others: Vec<_> = others.into_iter().filter(|e| known(e)).collect();
    let patterns = patterns(&speaking, &others, known);
    let route = |pattern: &str, candidates: Vec<CandidateRule>| Route {
        name: pattern.into(),
        dialect,
        models: Pattern::new(pattern),
        candidates,
        strict: None,
        exact: false,
        delivery: None,
        restart: None,
        pipeline: None,
        demand: None,
        subscription_to_paid_key: Consent::Ask,
        may_go_to: None,
        sibling: None,
        client_waits: None,
    };
    let usual = |pattern: &&str| {
        let serving = speaking.iter().chain(&others);
        let serving = serving.filter(|e| e.serves.iter().any(|p| p == pattern || p == "*"));
        let mut rules: Vec<_> = serving.map(|e| unnamed(&e.id)).collect();
        for (id, equivalents) in fallbacks {
            let named = rules.iter().any(|rule| rule.endpoint == *id);
            if !named && equivalents.iter().any(|one| one.stands_for_some(pattern)) {
                rules.push(CandidateRule {
                    only_behind: true,
                    ..unnamed(id)
                });
            }
        }
        route(pattern, rules)
    };
    let mut routes: Vec<Route> = patterns.iter().map(usual).collect();
    let anything = speaking
        .iter()
        .filter(|e| e.serves.iter().any(|p| p == "*"));
    let vendor = speaking.iter().filter(|e| e.accepts_client_login);
    let last: Vec<_> = anything.chain(vendor).map(|e| unnamed(&e.id)).collect();
    if !last.is_empty() {
        routes.push(route("*", last));
    }
    routes
}

/// A candidate from the catalogue that no route in the settings names.
fn unnamed(endpoint: &EndpointId) -> CandidateRule {
    CandidateRule {
        named: false,
        ..CandidateRule::new(endpoint.clone())
    }
}

/// Patterns that have default routes, each before a pattern that covers it. A pattern of an unknown or a translated endpoint is
/// dropped if another endpoint's pattern covers it.
fn patterns<'e>(
    speaking: &[&'e Endpoint],
    others: &[&'e Endpoint],
    known: &dyn Fn(&Endpoint) -> bool,
) -> Vec<&'e str> {
    let of = |e: &&'e Endpoint| e.serves.iter().map(String::as_str).filter(|p| *p != "*");
    let of_known: Vec<&str> = speaking
        .iter()
        .copied()
        .filter(|e| known(e))
        .flat_map(|e| of(&e))
        .collect();
    let covered = |pattern: &str| {
        of_known
            .iter()
            .any(|known| pattern::matches(known, pattern))
    };
    let mut patterns: Vec<&str> = Vec::new();
    for endpoint in speaking.iter().chain(others) {
        let own = known(endpoint) && speaking.contains(endpoint);
        for pattern in of(endpoint) {
            if !patterns.contains(&pattern) && (own || !covered(pattern)) {
                patterns.push(pattern);
            }
        }
    }
    let all = patterns.clone();
    patterns.sort_by_key(|pattern| {
        all.iter()
            .filter(|one| pattern::matches(pattern, one))
            .count()
    });
    patterns
}

/// Placeholder for "any model" when a plan is made for an entire pattern.
pub(crate) const SAMPLE: char = gateway::ANY_MODEL;

/// A model id that matches a pattern and that no endpoint serves: `claude-*` becomes `claude-…`.
pub(crate) fn sample_of(pattern: &Pattern) -> String {
    pattern
        .as_str()
        .replacen('*', &SAMPLE.to_string(), 1)
        .replace('*', "")
}

/// Targets of the watch: the status pages of all providers, and a minimal completion for each endpoint with a key. `open`:
/// endpoints whose breaker opened through the provider's own failure; they are probed more often, within the same budget.
pub(crate) fn targets(
    settings: &Settings,
    catalog: &Catalog,
    keys: &Keys,
    open: &BTreeSet<(EndpointId, ModelId)>,
) -> watch::Targets {
    let paged = catalog
        .providers()
        .iter()
        .filter(|p| settings.pages && p.status.is_some());
    let pages = paged.map(|p| {
        let elsewhere = settings
            .pages_from
            .get(&p.id)
            .zip(p.status.as_ref().and_then(|s| s.sources.first()));
        let sources = elsewhere.map(|(url, usual)| {
            vec![Source {
                url: url.clone(),
                dialect: watch::status::dialect_instead(url, usual.dialect),
                verified: usual.verified,
            }]
        });
        (
            p.id.clone(),
            PageTarget {
                sources,
                every: settings.page_every,
            },
        )
    });
    let probed = catalog
        .endpoints()
        .filter(|e| settings.probes && e.provider.as_str() != REHEARSAL);
    let probes = probed.filter_map(|endpoint| {
        let key = keys.get(&endpoint.id);
        if key.is_none() && endpoint.auth != Auth::None {
            return None;
        }
        // Without a probe model, no probes are sent.
        let usual = endpoint.probe_model.as_ref()?;
        let failing = open
            .iter()
            .filter(|(of, model)| *of == endpoint.id && model != usual);
        let models = std::iter::once(usual).chain(failing.map(|(_, model)| model));
        let target = |model: &ModelId| ProbeTarget {
            endpoint: endpoint.clone(),
            model: model.clone(),
            key: key.clone(),
            every: if open.contains(&(endpoint.id.clone(), model.clone())) {
                settings.probe_every.min(PROBE_OPEN_EVERY)
            } else {
                settings.probe_every
            },
        };
        Some(models.map(target).collect::<Vec<_>>())
    });
    watch::Targets {
        pages: pages.collect(),
        probes: probes.flatten().collect(),
        controls: settings.online_hosts.clone(),
        probe_budget: settings.probe_budget,
    }
}

#[cfg(test)]
mod tests;
