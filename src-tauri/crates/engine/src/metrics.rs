//! Counters of `/metrics` since the engine's start. They only increase, and each label has a limited number of values.

mod labels;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use catalog::Catalog;
use gateway::{Exchange, Review};
use ledger::ExchangeRow;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use labels::{Models, Names};

/// Bucket limits in seconds: from a fast first token to the longest client timeout.
const SECONDS: [f64; 14] = [
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0,
];

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Metrics(Arc<Counted>);

struct Counted {
    registry: Registry,
    exchanges: Family<OfExchange, Counter>,
    attempts: Family<OfAttempt, Counter>,
    failovers: Family<OfFailover, Counter>,
    restarts: Family<OfProvider, Counter>,
    parked: Family<OfPipeline, Counter>,
    cost: Family<OfProvider, Counter<f64, AtomicU64>>,
    first_token: Family<OfModel, Histogram, fn() -> Histogram>,
    total: Family<OfModel, Histogram, fn() -> Histogram>,
    models: Models,
    pipelines: Names,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfExchange {
    outcome: String,
    provider: String,
    model: String,
    route: String,
    pipeline: String,
    client: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfAttempt {
    provider: String,
    model: String,
    class: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfFailover {
    from: String,
    to: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfProvider {
    provider: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPipeline {
    pipeline: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfModel {
    provider: String,
    model: String,
}

impl Default for Metrics {
    fn default() -> Self {
        let buckets: fn() -> Histogram = || Histogram::new(SECONDS);
        let mut counted = Counted {
            registry: Registry::default(),
            exchanges: Family::default(),
            attempts: Family::default(),
            failovers: Family::default(),
            restarts: Family::default(),
            parked: Family::default(),
            cost: Family::default(),
            first_token: Family::new_with_constructor(buckets),
            total: Family::new_with_constructor(buckets),
            models: Models::default(),
            pipelines: Names::default(),
        };
        let registry = &mut counted.registry;
        registry.register(
            "understudy_exchanges",
            "Requests of clients by how they ended, without the rehearsal's. provider: of the last attempt",
            counted.exchanges.clone(),
        );
        registry.register(
            "understudy_attempts",
            "Requests to providers by how they ended",
            counted.attempts.clone(),
        );
        registry.register(
            "understudy_failovers",
            "Requests of clients that a fallback answered, by the primary's provider and the fallback's",
            counted.failovers.clone(),
        );
        registry.register(
            "understudy_restarts_in_place",
            "Truncated responses that another response continued in the same message. provider: the one that continued",
            counted.restarts.clone(),
        );
        registry.register(
            "understudy_parked",
            "Requests that were parked in the review queue",
            counted.parked.clone(),
        );
        registry.register(
            "understudy_cost_dollars",
            "Estimated from tokens and list prices; a subscription's requests and unknown prices are left out",
            counted.cost.clone(),
        );
        registry.register(
            "understudy_time_to_first_token_seconds",
            "From a request's arrival to the first byte of its response",
            counted.first_token.clone(),
        );
        registry.register(
            "understudy_exchange_duration_seconds",
            "From a request's arrival to its end",
            counted.total.clone(),
        );
        Self(Arc::new(counted))
    }
}

impl Metrics {
    /// Counts an ended exchange. `carried`: by a fallback.
    pub(crate) fn ended(
        &self,
        exchange: &Exchange,
        row: &ExchangeRow,
        carried: bool,
        catalog: &Catalog,
    ) {
        if row.rehearsal {
            return;
        }
        let counted = &self.0;
        let refused = row.end == ledger::End::TurnedAway;
        let last = row.attempts.last();
        let provider = last.map_or_else(String::new, |last| last.provider.to_string());
        // A rejected client must not create label values.
        let model = match refused {
            true => String::new(),
            false => counted.models.label(catalog, &row.model),
        };
        let pipeline = match &row.pipeline {
            Some(name) if !refused => counted.pipelines.label(name),
            Some(_) | None => String::new(),
        };
        let of_exchange = OfExchange {
            outcome: row.end.as_str().to_owned(),
            provider: provider.clone(),
            model: model.clone(),
            route: row.route.clone(),
            pipeline: pipeline.clone(),
            client: kind_of_client(exchange, row),
        };
        counted.exchanges.get_or_create(&of_exchange).inc();
        for attempt in &row.attempts {
            let provider = attempt.provider.to_string();
            let of_attempt = OfAttempt {
                model: counted.models.label(catalog, attempt.model.as_str()),
                class: attempt.outcome.as_str().replace(' ', "_"),
                provider: provider.clone(),
            };
            counted.attempts.get_or_create(&of_attempt).inc();
            if let Some(cost) = attempt.cost.filter(|cost| cost.0 > 0) {
                let of_provider = OfProvider { provider };
                let cost = cost.0 as f64 / 1e6;
                counted.cost.get_or_create(&of_provider).inc_by(cost);
            }
        }
        if carried {
            let primary = row.primary.as_ref().map(|primary| &primary.provider);
            let primary = primary.or(row.attempts.first().map(|first| &first.provider));
            let of_failover = OfFailover {
                from: primary.map(ToString::to_string).unwrap_or_default(),
                to: provider.clone(),
            };
            counted.failovers.get_or_create(&of_failover).inc();
        }
        if row.restarts > 0 {
            let provider = provider.clone();
            let restarts = counted.restarts.get_or_create(&OfProvider { provider });
            restarts.inc_by(u64::from(row.restarts));
        }
        if let Some(Review::Parked(_)) = exchange.review {
            counted.parked.get_or_create(&OfPipeline { pipeline }).inc();
        }
        if last.is_some() {
            let of_model = OfModel { provider, model };
            let seconds = |ms: u64| ms as f64 / 1e3;
            if let Some(ttft) = row.ttft_ms {
                let first_token = counted.first_token.get_or_create(&of_model);
                first_token.observe(seconds(ttft));
            }
            let total = counted.total.get_or_create(&of_model);
            total.observe(seconds(row.total_ms));
        }
    }

    /// The page in Prometheus text format.
    pub(crate) fn page(&self) -> String {
        encoded(&self.0.registry)
    }
}

/// A registry in Prometheus text format.
pub(crate) fn encoded(registry: &Registry) -> String {
    let mut page = String::new();
    // Writing to a String does not fail.
    let _ = prometheus_text::encode(&mut page, registry);
    let mut drawable = String::with_capacity(page.len());
    for sign in page.chars() {
        // In a label's value, a backslash is written as two.
        if words::must_escape(sign) && sign != '\n' {
            drawable.push('\\');
            drawable.extend(sign.escape_default());
        } else {
            drawable.push(sign);
        }
    }
    drawable
}

fn kind_of_client(exchange: &Exchange, row: &ExchangeRow) -> &'static str {
    if row.pipeline.is_some() {
        "pipeline"
    } else if exchange.client.is_agent() {
        "agent"
    } else {
        "application"
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
