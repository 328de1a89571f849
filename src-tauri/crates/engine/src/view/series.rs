//! Figures over time for the UIs.

use api::{
    CostPoint, CostSeries, IncidentPoint, IncidentSeries, LatencyMeasure, LatencyPoint,
    LatencySeries, ProviderCost, ProviderLatency, ProviderUptime, UptimePoint, UptimeSeries,
};
use ledger::Slots;

pub(crate) fn uptime(slots: &Slots, points: Vec<ledger::UptimePoint>) -> UptimeSeries {
    let chunks = points.chunk_by(|one, next| one.provider == next.provider);
    let providers = chunks.map(|points| ProviderUptime {
        provider: points[0].provider.to_string(),
        points: points
            .iter()
            .map(|point| UptimePoint {
                slot: point.slot,
                calls: point.calls,
                failed: point.failed,
            })
            .collect(),
    });
    UptimeSeries {
        providers: providers.collect(),
        bounds: slots.bounds().to_vec(),
    }
}

pub(crate) fn latency(slots: &Slots, points: Vec<ledger::LatencyPoint>) -> LatencySeries {
    let chunks = points.chunk_by(|one, next| one.provider == next.provider);
    let providers = chunks.map(|points| ProviderLatency {
        provider: points[0].provider.to_string(),
        points: points
            .iter()
            .map(|point| LatencyPoint {
                slot: point.slot,
                measure: match point.measure {
                    ledger::LatencyMeasure::FirstToken => LatencyMeasure::FirstToken,
                    ledger::LatencyMeasure::Total => LatencyMeasure::Total,
                },
                responses: point.responses,
                p50_ms: point.p50_ms,
                p95_ms: point.p95_ms,
                rounded: point.rounded,
            })
            .collect(),
    });
    LatencySeries {
        providers: providers.collect(),
        bounds: slots.bounds().to_vec(),
    }
}

pub(crate) fn cost(slots: &Slots, (points, unpriced): (Vec<ledger::CostPoint>, u64)) -> CostSeries {
    let chunks = points.chunk_by(|one, next| one.provider == next.provider);
    let providers = chunks.map(|points| ProviderCost {
        provider: points[0].provider.to_string(),
        points: points
            .iter()
            .map(|point| CostPoint {
                slot: point.slot,
                measured_micro_usd: point.measured.0,
                estimated_micro_usd: point.estimated.0,
            })
            .collect(),
    });
    CostSeries {
        providers: providers.collect(),
        bounds: slots.bounds().to_vec(),
        unpriced,
    }
}

pub(crate) fn incident(series: &ledger::IncidentSeries) -> IncidentSeries {
    IncidentSeries {
        bounds: series.slots.bounds().to_vec(),
        points: series
            .points
            .iter()
            .map(|point| IncidentPoint {
                slot: point.slot,
                failed: point.failed,
                carried: point.carried,
                waiting: point.waiting,
            })
            .collect(),
    }
}
