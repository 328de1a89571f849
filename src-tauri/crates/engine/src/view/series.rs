//! Figures over time for the UIs.

use api::{
    CostPoint, CostSeries, IncidentLane, IncidentLanes, IncidentPoint, IncidentSeries, LaneCount,
    LaneOf, LaneOutcome, LaneRequest, LatencyMeasure, LatencyPoint, LatencySeries, Level,
    ProviderCost, ProviderLatency, ProviderUptime, RibbonCalls, RibbonPage, RibbonSeries,
    UptimeIncident, UptimePoint, UptimeSeries,
};
use health::Verdict;
use ledger::{IncidentRow, Slots};

use crate::view::words;

/// `incidents`: of all providers.
pub(crate) fn uptime(
    slots: &Slots,
    points: Vec<ledger::UptimePoint>,
    incidents: &[(i64, IncidentRow)],
) -> UptimeSeries {
    let chunks = points.chunk_by(|one, next| one.provider == next.provider);
    let providers = chunks.map(|points| ProviderUptime {
        provider: points[0].provider.to_string(),
        points: points
            .iter()
            .map(|point| UptimePoint {
                slot: point.slot,
                calls: point.calls,
                failed: point.failed,
                uncarried: point.uncarried,
                carried: point.carried,
                limits: point.limits,
                local: point.local,
            })
            .collect(),
        incidents: incidents
            .iter()
            .filter(|(_, row)| row.provider == points[0].provider)
            .map(|(id, row)| UptimeIncident {
                id: *id,
                opened: row.opened,
                closed: row.closed,
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

pub(crate) fn cost(slots: &Slots, points: Vec<ledger::CostPoint>) -> CostSeries {
    let chunks = points.chunk_by(|one, next| one.provider == next.provider);
    let providers = chunks.map(|points| ProviderCost {
        provider: points[0].provider.to_string(),
        points: points
            .iter()
            .map(|point| CostPoint {
                slot: point.slot,
                own_micro_usd: point.own.0,
                fallback_micro_usd: point.fallback.0,
                probes_micro_usd: point.probes.0,
                estimated_micro_usd: point.estimated.0,
                unpriced: point.unpriced,
            })
            .collect(),
    });
    CostSeries {
        providers: providers.collect(),
        bounds: slots.bounds().to_vec(),
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

pub(crate) fn lanes(found: ledger::IncidentLanes) -> IncidentLanes {
    IncidentLanes {
        bounds: found.slots.bounds().to_vec(),
        lanes: found.lanes.into_iter().map(lane).collect(),
    }
}

fn lane(found: ledger::Lane) -> IncidentLane {
    let (of, name) = match found.of {
        ledger::LaneOf::Pipeline(name) => (LaneOf::Pipeline, Some(name)),
        ledger::LaneOf::Client(name) => (LaneOf::Client, Some(name)),
        ledger::LaneOf::Others => (LaneOf::Others, None),
    };
    let bars = found.bars.into_iter().map(|bar| LaneRequest {
        id: bar.exchange,
        began: bar.began,
        ended: bar.ended,
        outcome: outcome(bar.outcome),
        closed: bar.closed,
    });
    let counts = found.counts.into_iter().map(|count| LaneCount {
        slot: count.slot,
        outcome: outcome(count.outcome),
        requests: count.requests,
    });
    IncidentLane {
        of,
        name,
        requests: found.requests,
        bars: bars.collect(),
        counts: counts.collect(),
    }
}

fn outcome(of: ledger::LaneOutcome) -> LaneOutcome {
    match of {
        ledger::LaneOutcome::Failed => LaneOutcome::Failed,
        ledger::LaneOutcome::Interrupted => LaneOutcome::Interrupted,
        ledger::LaneOutcome::Waiting => LaneOutcome::Waiting,
        ledger::LaneOutcome::Carried => LaneOutcome::Carried,
        ledger::LaneOutcome::Answered => LaneOutcome::Answered,
        ledger::LaneOutcome::Other => LaneOutcome::Other,
    }
}

pub(crate) fn ribbon(slots: &Slots, found: ledger::Ribbon) -> RibbonSeries {
    let page = found.page.into_iter().map(|point| RibbonPage {
        surface: point.surface,
        slot: point.slot,
        level: point
            .level
            .map_or(Level::Unknown, |level| words::level(Verdict::Known(level))),
    });
    RibbonSeries {
        bounds: slots.bounds().to_vec(),
        page: page.collect(),
        probes: found.probes.iter().map(calls).collect(),
        traffic: found.traffic.iter().map(calls).collect(),
    }
}

fn calls(point: &ledger::CallPoint) -> RibbonCalls {
    RibbonCalls {
        slot: point.slot,
        answered: point.answered,
        failed: point.failed,
        limits: point.limits,
        local: point.local,
    }
}
