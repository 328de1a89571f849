//! The owner's report.

use chrono::{DateTime, Utc};
use ledger::{Ledger, LedgerError, ReportReview, ReviewState};
use report::{DayCost, Owner, OwnerReport, PipelineTotals, ReviewEnd, ReviewRow, SCHEMA, Spending};

use super::incidents;
use super::period::Span;
use super::pipelines::customer_of;
use super::surcharge::primaries;
use super::uptime;
use crate::settings::Settings;
use crate::view::facts::Facts;

/// More would be no report. They bound the memory.
const INCIDENTS: u32 = 10_000;
const REVIEW_ITEMS: u32 = 10_000;

pub(crate) fn owner(
    ledger: &Ledger,
    facts: &impl Facts,
    span: &Span,
    owner: Owner,
    now: DateTime<Utc>,
) -> Result<OwnerReport, LedgerError> {
    let period = &span.period;
    let rows = match &span.incident {
        Some(one) => vec![one.clone()],
        None => ledger.incidents_between(period.from, period.to, INCIDENTS)?,
    };
    let found = incidents::found(ledger, rows)?;
    let rows = found
        .iter()
        .map(|one| incidents::row(ledger, facts, one, now));
    let incidents = rows.collect::<Result<Vec<_>, _>>()?;
    // Of an incident's report, only its provider's.
    let mut uptime = uptime::uptime(ledger, facts, &span.slots, &found, period.to)?;
    if let Some((_, row)) = &span.incident {
        uptime.retain(|one| !one.calls.is_empty() || one.provider == row.provider.as_str());
    }
    let (review, review_left_out) = match &span.incident {
        Some((id, _)) => ledger.report_review_of(*id, REVIEW_ITEMS)?,
        None => ledger.report_review(period.from, period.to, REVIEW_ITEMS)?,
    };
    let settings = facts.settings();
    let requests = ledger.report_requests(&span.slots)?.into_iter();
    Ok(OwnerReport {
        schema: SCHEMA,
        period: period.clone(),
        owner,
        uptime,
        incidents,
        spending: spending(ledger, facts, span)?,
        requests: requests
            .map(|row| PipelineTotals {
                customer: row
                    .pipeline
                    .as_deref()
                    .and_then(|name| customer_of(settings, name))
                    .map(str::to_owned),
                pipeline: row.pipeline,
                requests: row.requests,
                answered: row.answered,
                carried: row.carried,
                failed: row.failed,
            })
            .collect(),
        review: review
            .into_iter()
            .map(|row| review_row(settings, row))
            .collect(),
        review_left_out,
        lanes: match &span.incident {
            Some((id, _)) => incidents::lanes(ledger, facts, *id, now)?,
            None => None,
        },
    })
}

fn spending(ledger: &Ledger, facts: &impl Facts, span: &Span) -> Result<Spending, LedgerError> {
    let found = ledger.report_spending(&span.slots)?;
    let bounds = span.slots.bounds();
    let mut days: Vec<DayCost> = bounds[..bounds.len().saturating_sub(1)]
        .iter()
        .map(|begins| DayCost {
            begins: *begins,
            own_micro_usd: 0,
            fallback_micro_usd: 0,
            probes_micro_usd: 0,
            primaries_micro_usd: 0,
        })
        .collect();
    let mut spending = Spending {
        unpriced_requests: found.unpriced,
        summed_days: found.summed,
        ..Spending::default()
    };
    for cost in &found.slots {
        if let Some(day) = days.get_mut(cost.slot as usize) {
            day.own_micro_usd = cost.own.0;
            day.fallback_micro_usd = cost.fallback.0;
            day.probes_micro_usd = cost.probes.0;
        }
        let add = |sum: &mut i64, amount: i64| *sum = sum.saturating_add(amount);
        add(&mut spending.own_micro_usd, cost.own.0);
        add(&mut spending.fallback_micro_usd, cost.fallback.0);
        add(&mut spending.probes_micro_usd, cost.probes.0);
        add(&mut spending.incomplete_micro_usd, cost.incomplete.0);
        add(&mut spending.estimated_micro_usd, cost.estimated.0);
    }
    let primaries = primaries(
        &ledger.report_carried_costs(&span.slots)?,
        &ledger.report_primary_use(&span.slots)?,
        facts.catalog(),
    );
    for (slot, cost) in primaries.days {
        if let Some(day) = days.get_mut(slot as usize) {
            day.primaries_micro_usd = cost.0;
        }
        spending.primaries_micro_usd = spending.primaries_micro_usd.saturating_add(cost.0);
    }
    spending.days = days;
    spending.primaries_by_subscription = primaries.by_subscription;
    spending.primaries_unpriced = primaries.unpriced;
    spending.own_prices = !facts.settings().prices.is_empty();
    Ok(spending.summed())
}

fn review_row(settings: &Settings, row: ReportReview) -> ReviewRow {
    ReviewRow {
        customer: row
            .pipeline
            .as_deref()
            .and_then(|name| customer_of(settings, name))
            .map(str::to_owned),
        pipeline: row.pipeline,
        item: row.item,
        first_failed: row.first,
        failures: row.failures,
        end: match row.state {
            ReviewState::Open => ReviewEnd::Waiting,
            ReviewState::Answered => ReviewEnd::AnsweredLater,
            ReviewState::Done => ReviewEnd::DoneByHand,
            ReviewState::Dismissed => ReviewEnd::Dismissed,
        },
        ended: row.closed,
    }
}
