//! The page `/metrics`: counters since the start, and gauges at the moment of the scrape. It contains names of providers,
//! endpoints, models and pipelines, never clients, keys or texts.

use std::sync::atomic::AtomicU64;

use api::Level;
use catalog::REHEARSAL;
use gateway::{Gateway, RejectReason, Standing};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::metrics::{Metrics, encoded};
use crate::state::State;
use crate::view::verdict;

type Labels<const N: usize> = [(&'static str, String); N];

pub(super) fn page(state: &State, gateway: &Gateway, counted: &Metrics) -> String {
    let mut now = Registry::default();
    gauge(
        &mut now,
        "understudy_build_info",
        "The running version",
        [([("version", state.version.to_owned())], 1)],
    );
    let providers = state.catalog.providers().iter();
    let levels = providers.filter(|p| p.id.as_str() != REHEARSAL).map(|p| {
        let labels = [
            ("provider", p.id.to_string()),
            ("mine", state.is_mine(&p.id).to_string()),
        ];
        (labels, number(verdict::level_of(state, &p.id)))
    });
    gauge(
        &mut now,
        "understudy_provider_level",
        "The verdict: 0 operational, 1 maintenance, 2 degraded, 3 partial outage, 4 major outage, -1 unknown",
        levels,
    );
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    for (name, help, value) in [
        (
            "understudy_open_incidents",
            "Incidents that are open now",
            count(state.open.len()),
        ),
        (
            "understudy_open_exchanges",
            "Requests in flight",
            count(gateway.open_exchanges()),
        ),
        (
            "understudy_lingering_requests",
            "Requests in flight or just answered whose clients disconnected and may retrieve the response",
            count(gateway.lingering()),
        ),
        (
            "understudy_review_depth",
            "Requests that wait in the review queue",
            i64::try_from(state.reviews.waiting()).unwrap_or(i64::MAX),
        ),
        (
            "understudy_ledger_failed",
            "1 while requests cannot be recorded",
            i64::from(state.ledger_trouble.is_some()),
        ),
        (
            "understudy_offline",
            "1 while this machine has no network",
            i64::from(state.verdicts.offline),
        ),
    ] {
        now.register(name, help, constant(value));
    }
    breakers(&mut now, state, gateway);
    now.register(
        "understudy_dropped_reports",
        "Requests that were not recorded because the ledger was too slow",
        ConstCounter::new(gateway.dropped_reports()),
    );
    let rejected = gateway.rejected();
    let strays = rejected.iter();
    let strays = strays.filter(|rejected| rejected.reason != RejectReason::Full);
    let strays = strays.map(|rejected| rejected.count);
    now.register(
        "understudy_stray_requests",
        "Requests that were rejected before their sender showed the token; they are counted and not listed",
        ConstCounter::new(strays.sum::<u64>()),
    );
    let by_reason = Family::<[(&'static str, &'static str); 1], Counter>::default();
    for rejected in &rejected {
        let labels = [("reason", rejected.reason.as_str())];
        by_reason.get_or_create(&labels).inc_by(rejected.count);
    }
    now.register(
        "understudy_rejected_requests",
        "Rejected requests by reason: token, host, origin, and full for those above the limit of open requests",
        by_reason,
    );
    of_today(&mut now, state);
    counted.page() + &encoded(&now)
}

/// Read from the gateway now, because the loop's last state may be older than a recovery.
fn breakers(now: &mut Registry, state: &State, gateway: &Gateway) {
    let mut views = gateway.breakers();
    views.retain(|breaker| breaker.endpoint.as_str() != REHEARSAL);
    let labels = |breaker: &gateway::BreakerView| {
        let endpoint = state.catalog.endpoint(&breaker.endpoint);
        [
            (
                "provider",
                endpoint.map_or_else(String::new, |endpoint| endpoint.provider.to_string()),
            ),
            ("endpoint", breaker.endpoint.to_string()),
            ("model", breaker.model.to_string()),
        ]
    };
    let states = views.iter().map(|breaker| {
        let state = match breaker.standing {
            Standing::Closed => 0,
            Standing::HalfOpen | Standing::Probing => 1,
            Standing::Open { .. } => 2,
        };
        (labels(breaker), state)
    });
    gauge(
        now,
        "understudy_breaker_state",
        "The circuit breaker of an endpoint's model that failed lately: 0 closed, 1 half-open, 2 open",
        states,
    );
    let open = views.iter().map(|breaker| {
        let [_, endpoint, model] = labels(breaker);
        ([endpoint, model], i64::from(!breaker.standing.admits()))
    });
    gauge(
        now,
        "understudy_breaker_open",
        "Deprecated, use understudy_breaker_state: 1 while a circuit breaker is open",
        open,
    );
}

/// The older gauges, which are reset at midnight.
fn of_today(now: &mut Registry, state: &State) {
    let today = &state.today;
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    gauge(
        now,
        "understudy_exchanges_today",
        "Deprecated, use understudy_exchanges_total: requests since local midnight",
        [
            ("all", today.exchanges),
            ("failed", today.failed),
            ("carried_by_fallback", today.carried_by_fallback),
            ("unpriced", today.unpriced),
        ]
        .map(|(kind, n)| ([("kind", kind.to_owned())], count(n))),
    );
    let spent = Family::<OfKind, Gauge<f64, AtomicU64>>::default();
    for (kind, dollars) in [
        ("traffic", today.spent.dollars()),
        ("probes", today.probes.dollars()),
    ] {
        let kind = OfKind {
            kind: kind.to_owned(),
        };
        spent.get_or_create(&kind).set(dollars);
    }
    now.register(
        "understudy_spent_dollars_today",
        "Deprecated, use understudy_cost_dollars_total: estimated from tokens and list prices, since local midnight",
        spent,
    );
    let of_estimated = Gauge::<f64, AtomicU64>::default();
    of_estimated.set(today.of_estimated_tokens.dollars());
    now.register(
        "understudy_spent_dollars_today_of_estimated_tokens",
        "Part of the cost whose tokens are estimated from bytes, since local midnight",
        of_estimated,
    );
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKind {
    kind: String,
}

fn constant(value: i64) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(value);
    gauge
}

fn gauge<const N: usize>(
    registry: &mut Registry,
    name: &'static str,
    help: &'static str,
    samples: impl IntoIterator<Item = (Labels<N>, i64)>,
) {
    let family = Family::<Vec<(&'static str, String)>, Gauge>::default();
    for (labels, value) in samples {
        family.get_or_create(&labels.into()).set(value);
    }
    registry.register(name, help, family);
}

fn number(level: Level) -> i64 {
    match level {
        Level::Operational => 0,
        Level::Maintenance => 1,
        Level::Degraded => 2,
        Level::PartialOutage => 3,
        Level::MajorOutage => 4,
        Level::Unknown => -1,
    }
}
