//! Uptime of each provider: the time of its incidents, and its calls.

use std::collections::{BTreeMap, BTreeSet};

use catalog::ProviderId;
use chrono::{DateTime, Utc};
use health::{Blame, Level};
use ledger::{Ledger, LedgerError, LevelStretch, ReportCalls, Slots};
use report::{CallCounts, DayUptime, ExcludedTime, ModelUptime, ProviderUptime};

use super::incidents::Found;
use crate::view::facts::Facts;

/// Providers with calls or incidents, by their product.
pub(super) fn uptime(
    ledger: &Ledger,
    facts: &impl Facts,
    slots: &Slots,
    incidents: &[Found],
    until: DateTime<Utc>,
) -> Result<Vec<ProviderUptime>, LedgerError> {
    let calls = ledger.report_calls(slots)?;
    let evidence = ledger.report_evidence(slots)?.into_iter();
    let evidence: BTreeMap<_, _> = evidence
        .map(|one| ((one.provider, one.slot), one.seconds))
        .collect();
    let carried = ledger.report_carried(slots)?.into_iter();
    let carried: BTreeMap<_, _> = carried
        .map(|(provider, slot, count)| ((provider, slot), count))
        .collect();
    let mut providers: BTreeSet<&ProviderId> = calls.iter().map(|one| &one.provider).collect();
    providers.extend(incidents.iter().map(|found| &found.row.provider));
    let mut rows = Vec::new();
    for provider in providers {
        let own: Vec<&ReportCalls> = calls
            .iter()
            .filter(|one| one.provider == *provider)
            .collect();
        let incidents: Vec<&Found> = incidents
            .iter()
            .filter(|found| found.row.provider == *provider)
            .collect();
        let mut days = Vec::new();
        for (slot, bounds) in (0..).zip(slots.bounds().windows(2)) {
            let ends = bounds[1].min(until);
            let mut day = day(&incidents, bounds[0], ends);
            for one in own.iter().filter(|one| one.slot == slot) {
                day.calls.add(&counts(one));
            }
            let key = (provider.clone(), slot);
            day.carried = carried.get(&key).copied().unwrap_or(0);
            let seen = evidence.get(&key).copied().unwrap_or(0);
            let excluded = &mut day.excluded;
            let in_incidents =
                day.outage_s + day.degraded_s + excluded.ours_s + excluded.undetermined_s;
            excluded.no_evidence_s =
                seconds(bounds[0], ends).saturating_sub(seen.max(in_incidents));
            days.push(day);
        }
        let length = slots
            .bounds()
            .first()
            .map_or(0, |begins| seconds(*begins, until));
        rows.push(sum(facts, provider, &own, days, length));
    }
    rows.sort_by(|one, other| {
        (&one.product, &one.provider).cmp(&(&other.product, &other.provider))
    });
    Ok(rows)
}

fn sum(
    facts: &impl Facts,
    provider: &ProviderId,
    calls: &[&ReportCalls],
    days: Vec<DayUptime>,
    length: u64,
) -> ProviderUptime {
    let total = |of: fn(&DayUptime) -> u64| days.iter().map(of).sum::<u64>();
    let excluded = ExcludedTime {
        ours_s: total(|day| day.excluded.ours_s),
        undetermined_s: total(|day| day.excluded.undetermined_s),
        no_evidence_s: total(|day| day.excluded.no_evidence_s),
    };
    let outage_s = total(|day| day.outage_s);
    let counted_s = length
        .saturating_sub(excluded.ours_s)
        .saturating_sub(excluded.undetermined_s)
        .saturating_sub(excluded.no_evidence_s);
    let up = counted_s.saturating_sub(outage_s);
    let mut all = CallCounts::default();
    let mut models: BTreeMap<&str, CallCounts> = BTreeMap::new();
    for one in calls {
        let counts = counts(one);
        all.add(&counts);
        models.entry(&one.model).or_default().add(&counts);
    }
    ProviderUptime {
        provider: provider.to_string(),
        product: facts.product(provider),
        availability: (counted_s > 0).then(|| up as f64 / counted_s as f64),
        counted_s,
        outage_s,
        degraded_s: total(|day| day.degraded_s),
        excluded,
        calls: all,
        models: models
            .into_iter()
            .map(|(model, calls)| ModelUptime {
                model: model.to_owned(),
                answered: calls.answered(),
                calls,
            })
            .collect(),
        days,
    }
}

fn counts(of: &ReportCalls) -> CallCounts {
    CallCounts {
        judged: of.judged,
        failed: of.failed,
        limits: of.limits,
        ours: of.ours,
        unknown: of.unknown,
    }
}

/// The time of the incidents within a day. Incidents that overlap count once, with the first of them.
fn day(incidents: &[&Found], begins: DateTime<Utc>, ends: DateTime<Utc>) -> DayUptime {
    let mut day = DayUptime {
        begins,
        calls: CallCounts::default(),
        outage_s: 0,
        degraded_s: 0,
        excluded: ExcludedTime::default(),
        carried: 0,
    };
    let mut counted_to = begins;
    for found in incidents {
        for LevelStretch {
            from, to, level, ..
        } in &found.met.stretches
        {
            let from = (*from).max(counted_to);
            let to = to.or(found.row.closed).unwrap_or(ends).min(ends);
            let length = seconds(from, to);
            counted_to = counted_to.max(to);
            match (level, found.row.blame) {
                (Level::Operational | Level::Maintenance, _) => {}
                (_, Blame::Us) => day.excluded.ours_s += length,
                (Level::Degraded, _) => day.degraded_s += length,
                (_, Blame::Undetermined) => day.excluded.undetermined_s += length,
                (
                    Level::PartialOutage | Level::MajorOutage,
                    Blame::Them | Blame::SharedInfrastructure,
                ) => {
                    day.outage_s += length;
                }
            }
        }
    }
    day
}

fn seconds(from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
    u64::try_from((to - from).num_seconds()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use ledger::{IncidentRow, Met};

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn found(from: &str, to: Option<&str>, level: Level, blame: Blame) -> Found {
        let (from, to) = (at(from), to.map(at));
        Found {
            id: 1,
            row: IncidentRow {
                provider: "anthropic".into(),
                opened: from,
                closed: to,
                level: Some(level),
                peak: Some(level),
                past: false,
                title: None,
                url: None,
                blame,
                evidence: String::new(),
            },
            met: Met {
                stretches: vec![LevelStretch {
                    from,
                    to,
                    level,
                    calls: 0,
                    calls_failed: 0,
                }],
                ..Met::default()
            },
        }
    }

    fn day_of(incidents: &[Found]) -> DayUptime {
        let incidents: Vec<&Found> = incidents.iter().collect();
        day(
            &incidents,
            at("2026-06-21T00:00:00Z"),
            at("2026-06-22T00:00:00Z"),
        )
    }

    #[test]
    fn an_outage_counts_on_its_day_by_its_cause() {
        let (major, partial) = (Level::MajorOutage, Level::PartialOutage);
        let over_midnight = found(
            "2026-06-20T23:30:00Z",
            Some("2026-06-21T00:30:00Z"),
            major,
            Blame::Them,
        );
        let of_us = found(
            "2026-06-21T02:00:00Z",
            Some("2026-06-21T02:10:00Z"),
            partial,
            Blame::Us,
        );
        let unknown = found(
            "2026-06-21T03:00:00Z",
            Some("2026-06-21T03:05:00Z"),
            partial,
            Blame::Undetermined,
        );
        let degraded = found(
            "2026-06-21T04:00:00Z",
            Some("2026-06-21T05:00:00Z"),
            Level::Degraded,
            Blame::Them,
        );
        let open = found(
            "2026-06-21T23:00:00Z",
            None,
            major,
            Blame::SharedInfrastructure,
        );
        let day = day_of(&[over_midnight, of_us, unknown, degraded, open]);
        assert_eq!(day.outage_s, 1_800 + 3_600);
        assert_eq!(day.degraded_s, 3_600);
        assert_eq!(day.excluded.ours_s, 600);
        assert_eq!(day.excluded.undetermined_s, 300);
    }

    #[test]
    fn incidents_at_the_same_time_count_once() {
        let outage = |from, to| found(from, Some(to), Level::MajorOutage, Blame::Them);
        let day = day_of(&[
            outage("2026-06-21T02:00:00Z", "2026-06-21T04:00:00Z"),
            outage("2026-06-21T03:00:00Z", "2026-06-21T05:00:00Z"),
            outage("2026-06-21T03:30:00Z", "2026-06-21T03:40:00Z"),
        ]);
        assert_eq!(day.outage_s, 3 * 3_600);
    }
}
