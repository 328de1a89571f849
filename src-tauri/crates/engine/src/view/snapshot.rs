use std::collections::BTreeMap;

use ::words::{Clock, Spans};
use api::{
    Basis, Blame, Endpoint, EngineState, IncidentSummary, Level, ModelHealth, PageView,
    PaidFallbacks, Provider, Session, Snapshot, Surface, Today, usd,
};
use catalog::REHEARSAL;
use chrono::{DateTime, Utc};
use gateway::{BreakerView, Consent, Standing};
use health::{Finding, ProviderVerdict};

use super::{
    drill, headline, limit, outage, pipeline, problem, question, retention, route, rows, tray,
    use_now, verdict, words,
};
use crate::desk::RemovedSessions;
use crate::state::State;

/// Sessions in a snapshot, which is sent at every change.
const SESSIONS_LISTED: usize = 100;

/// Complete content of the UIs.
pub(crate) fn snapshot(state: &State, seq: u64, now: DateTime<Utc>) -> Snapshot {
    let clock = state.clock(now);
    let desk = headline::headline(state, now);
    let desk_work = desk.work;
    let routes = route::routes(state);
    let questions = question::questions(state);
    let clients = use_now::clients(state, now);
    let limits = limit::shown(state, &clock);
    let open = state.open.iter();
    let open_incidents: Vec<IncidentSummary> = open
        .map(|(provider, story)| rows::open_summary(state, provider, story, now))
        .collect();
    let last_outage = outage::last(state, now);
    let impact = outage::menu_lines(&open_incidents, last_outage.as_ref());
    let tray = tray::tray(
        state,
        &desk,
        &routes,
        (&limits, &questions, &clients),
        &impact,
    );
    let mut providers: Vec<Provider> = state
        .catalog
        .providers()
        .iter()
        .filter(|p| p.status.is_some() || !p.endpoints.is_empty())
        .map(|p| provider(state, &clock, p))
        .collect();
    providers.sort_by(|a, b| (!a.mine, a.rehearsal, &a.name).cmp(&(!b.mine, b.rehearsal, &b.name)));
    Snapshot {
        seq,
        at: now,
        engine: engine(state, now),
        headline: desk.headline,
        tray,
        limits,
        providers,
        routes,
        fallbacks: tray::fallbacks(state, desk_work),
        clients,
        pipelines: pipeline::pipelines(state),
        questions,
        open_incidents,
        review_open: state.reviews.waiting(),
        effects_open: state.effects.open(),
        review_retry: state.retry.as_ref().and_then(|retry| retry.shown(now)),
        last_outage,
        drill: state.drill.as_ref().map(|run| drill::shown(state, run)),
        notifications: state.notifications.waiting().to_vec(),
        today: today(state),
    }
}

fn engine(state: &State, now: DateTime<Utc>) -> EngineState {
    let (sessions, more) = sessions(state);
    EngineState {
        version: state.version.into(),
        computer: state.computer.clone(),
        started: state.started,
        address: state.address.clone(),
        base_url: state.base_url.clone(),
        paused: state.paused,
        draining: state.draining,
        sessions,
        more_sessions: more.sessions,
        more_open: more.open,
        problems: problem::problems(state),
        settings_file: state.places.settings.display().to_string(),
        ledger_file: state.places.ledger.display().to_string(),
        starts_at_login: state.starts_at_login,
        paid_fallbacks: paid_fallbacks(state),
        siblings: route::siblings(state),
        history: retention::history(state, now),
        probes_off: !state.settings.probes,
        named_tokens: u32::try_from(state.tokens.count()).unwrap_or(u32::MAX),
        first_run: state.first_run,
        installed: state.installed.clone(),
    }
}

fn paid_fallbacks(state: &State) -> PaidFallbacks {
    let settings = &state.settings;
    let (allowed, by_settings_file) = match settings.subscription_to_paid_key {
        Consent::Ask => (state.paid_fallbacks, false),
        Consent::Yes => (Some(true), true),
        Consent::No => (Some(false), true),
    };
    PaidFallbacks {
        allowed,
        by_settings_file,
        cap: settings.fallback_a_day.0,
        spent: state.today.fallbacks.0,
        cap_usd: usd(settings.fallback_a_day.0),
        spent_usd: usd(state.today.fallbacks.0),
        stopped_today: state.paid_stopped_until.is_some(),
    }
}

/// The listed sessions, and the others.
fn sessions(state: &State) -> (Vec<Session>, RemovedSessions) {
    let mut sessions: Vec<Session> = state
        .sessions
        .iter()
        .map(|((client, id), seen)| Session {
            client: client.clone(),
            id: id.clone(),
            last_seen: seen.last,
            open: seen.open,
        })
        .collect();
    sessions.sort_by_key(|s| std::cmp::Reverse((s.open > 0, s.last_seen)));
    let mut more = state.sessions.removed();
    for session in sessions.drain(SESSIONS_LISTED.min(sessions.len())..) {
        more.sessions += 1;
        more.open += u64::from(session.open);
    }
    sessions.sort_by_key(|s| std::cmp::Reverse(s.last_seen));
    (sessions, more)
}

fn provider(state: &State, clock: &Clock, provider: &catalog::Provider) -> Provider {
    let verdict = state.verdicts.providers.get(&provider.id);
    let evidence = verdict.map(|v| ::words::verdict(&state.catalog, &provider.id, v));
    let evidence = evidence.unwrap_or_default();
    Provider {
        id: provider.id.to_string(),
        name: provider.name.clone(),
        product: provider.product.clone(),
        keys_page: provider.keys_page.clone(),
        mine: state.is_mine(&provider.id),
        rehearsal: provider.id.as_str() == REHEARSAL,
        level: verdict::level_of(state, &provider.id),
        since: verdict.and_then(|v| v.since),
        basis: verdict.map_or(Basis::Nothing, |v| basis(v.basis)),
        blame: verdict.map_or(Blame::Undetermined, |v| blame(v.blame)),
        evidence: match verdict {
            None => not_yet(state, provider),
            Some(_) => clock.plain(&evidence),
        },
        evidence_spans: evidence,
        unstable: verdict.is_some_and(|v| v.unstable),
        page: provider
            .status
            .as_ref()
            .map(|page| page_view(state, provider, page)),
        surfaces: provider
            .surfaces
            .iter()
            .map(|s| surface(clock, s, verdict))
            .collect(),
        endpoints: provider
            .endpoints
            .iter()
            .map(|e| endpoint(state, clock, e, verdict))
            .collect(),
    }
}

fn not_yet(state: &State, provider: &catalog::Provider) -> String {
    if state.verdicts.offline {
        "This machine is offline.".into()
    } else if provider.status.is_some() && state.settings.pages {
        "Its status page has not been read yet.".into()
    } else {
        "No request and no probe has been seen yet.".into()
    }
}

fn page_view(state: &State, provider: &catalog::Provider, page: &catalog::StatusPage) -> PageView {
    let read = state.pages.get(&provider.id);
    PageView {
        url: page.page.clone(),
        read: read.map(|r| r.at),
        unreadable: read.and_then(|r| r.error.clone()),
        changed: read.and_then(|r| r.changed),
        unverified: match read {
            Some(read) => !read.verified,
            None => page.sources.first().is_some_and(|best| !best.verified),
        },
    }
}

fn surface(
    clock: &Clock,
    surface: &catalog::Surface,
    verdict: Option<&ProviderVerdict>,
) -> Surface {
    let finding = verdict.and_then(|v| v.surfaces.get(&surface.id));
    let evidence = finding.map(::words::surface).unwrap_or_default();
    Surface {
        id: surface.id.to_string(),
        name: surface.name.clone(),
        watched: surface.watched,
        level: finding.map_or(Level::Unknown, |f| words::level(f.verdict)),
        since: finding.and_then(|f| f.since),
        basis: finding.map_or(Basis::Nothing, |f| basis(f.basis)),
        evidence: clock.plain(&evidence),
        evidence_spans: evidence,
    }
}

fn endpoint(
    state: &State,
    clock: &Clock,
    endpoint: &catalog::Endpoint,
    verdict: Option<&ProviderVerdict>,
) -> Endpoint {
    let mut models: BTreeMap<&str, Option<&Finding>> = BTreeMap::new();
    for ((of, model), finding) in verdict.iter().flat_map(|v| &v.models) {
        if *of == endpoint.id {
            models.insert(model.as_str(), Some(finding));
        }
    }
    for breaker in state.breakers.iter().filter(|b| b.endpoint == endpoint.id) {
        models.entry(breaker.model.as_str()).or_insert(None);
    }
    let models = models.into_iter().map(|(model, finding)| {
        let breaker = breaker(state, endpoint, model);
        let evidence = finding
            .map(|f| ::words::model(&state.catalog, &endpoint.provider, f))
            .unwrap_or_default();
        let standing = standing(breaker);
        ModelHealth {
            model: model.into(),
            level: finding.map_or(Level::Unknown, |f| words::level(f.verdict)),
            evidence: clock.plain(&evidence),
            evidence_spans: evidence,
            breaker: clock.plain(&standing),
            breaker_spans: standing,
            ttft_ms: state
                .ttft
                .get(&(endpoint.id.clone(), model.to_owned()))
                .copied(),
        }
    });
    Endpoint {
        id: endpoint.id.to_string(),
        base: endpoint.base.clone(),
        dialects: endpoint.paths.keys().copied().map(words::dialect).collect(),
        key: state
            .keys
            .shown(endpoint, state.seen_logins.contains(&endpoint.id)),
        key_env: endpoint.key_env.clone(),
        models: models.collect(),
    }
}

fn breaker<'s>(
    state: &'s State,
    endpoint: &catalog::Endpoint,
    model: &str,
) -> Option<&'s BreakerView> {
    let mut breakers = state.breakers.iter();
    breakers.find(|b| b.endpoint == endpoint.id && b.model.as_str() == model)
}

fn standing(breaker: Option<&BreakerView>) -> Spans {
    match breaker.map(|breaker| breaker.standing) {
        None | Some(Standing::Closed) => ::words::text("closed"),
        Some(Standing::Open { until, .. }) => ::words::with_instant("open until ", until, ""),
        Some(Standing::HalfOpen | Standing::Probing) => ::words::text("half-open"),
    }
}

fn today(state: &State) -> Today {
    let sums = &state.today;
    Today {
        exchanges: sums.exchanges,
        failed: sums.failed,
        carried_by_fallback: sums.carried_by_fallback,
        spent_estimate: sums.spent.0,
        spent_of_estimated_tokens: sums.of_estimated_tokens.0,
        drills_estimate: sums.drills.0,
        probes_estimate: sums.probes.0,
        spent_estimate_usd: usd(sums.spent.0),
        spent_of_estimated_tokens_usd: usd(sums.of_estimated_tokens.0),
        drills_estimate_usd: usd(sums.drills.0),
        probes_estimate_usd: usd(sums.probes.0),
        unpriced: sums.unpriced,
    }
}

fn basis(basis: health::Basis) -> Basis {
    match basis {
        health::Basis::PageOnly => Basis::PageOnly,
        health::Basis::Measured => Basis::Measured,
        health::Basis::Nothing => Basis::Nothing,
    }
}

fn blame(blame: health::Blame) -> Blame {
    match blame {
        health::Blame::Them => Blame::Them,
        health::Blame::Us => Blame::Us,
        health::Blame::SharedInfrastructure => Blame::SharedInfrastructure,
        health::Blame::Undetermined => Blame::Undetermined,
    }
}
