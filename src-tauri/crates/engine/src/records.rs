//! Writes the desk's records to the ledger, one write each, and returns the results for the desk.

use chrono::{DateTime, Utc};
use health::Change;
use ledger::{ExchangeRow, Ledger, LedgerError, Limits, LoggedTransition, Parked, Settled};

use crate::desk::{Event, LedgerFailure, Record, ReviewWork};

/// A step holds the writer for about 10 ms.
const ROWS_A_STEP: u32 = 250;
const PAGES_A_STEP: u32 = 256;

pub(crate) fn perform(ledger: &mut Ledger, now: DateTime<Utc>, record: Record) -> Vec<Event> {
    let (purpose, written) = match record {
        Record::Exchange { row, review } => return exchange(ledger, now, &row, review),
        Record::Transition(logged) => return log(ledger, *logged),
        Record::Notification {
            row,
            actions,
            in_place,
        } => {
            return vec![match ledger.enqueue_notification(&row) {
                Ok(id) => Event::Queued {
                    id,
                    row,
                    actions,
                    in_place,
                },
                Err(error) => failed("queue a notification", &error),
            }];
        }
        Record::Sum { since } => {
            return vec![match ledger.today(since) {
                Ok(sums) => Event::Summed(sums),
                Err(error) => failed("sum up today's requests", &error),
            }];
        }
        Record::ReadImpact { open, now } => return read_impact(ledger, &open, now),
        Record::Peak { incident, peak } => (
            "store the highest value at risk",
            ledger.record_peak(incident, &peak),
        ),
        Record::Observation(observation) => ("record an observation", ledger.record(&observation)),
        Record::Probe(row) => ("record a probe", ledger.book_probe(&row)),
        Record::FallbackTest(row) => (
            "store the result of a test",
            ledger.book_fallback_test(&row),
        ),
        Record::Breaker(row) => ("store a circuit breaker", ledger.save_breaker(&row)),
        Record::ForgetBreaker(endpoint, model) => (
            "delete a circuit breaker",
            ledger.forget_breaker(&endpoint, &model),
        ),
        Record::Meta(key, value) => (
            "store an answer for the next start",
            ledger.set_meta(&key, &value),
        ),
        Record::ToolResults { session, calls, at } => (
            "record the results of tool calls",
            ledger.results_seen(&session, &calls, at),
        ),
        Record::Resumed {
            client,
            session,
            model,
            at,
        } => (
            "record that a session continues",
            ledger.resumed(&client, &session, &model, at).map(drop),
        ),
        Record::Interrupted(interrupted) => (
            "record an interrupted session",
            ledger.interrupt(&interrupted).map(drop),
        ),
        Record::Unfetched { id, run } => (
            "store a response that its client did not fetch",
            ledger.review_ran(&id, &run).map(drop),
        ),
        Record::ReadDrainable => {
            return vec![match ledger.drainable() {
                Ok(items) => Event::Drainable(items),
                Err(error) => failed("read the review queue", &error),
            }];
        }
        Record::DrainCost(id, cost) => (
            "record the cost of a run",
            ledger.drain_cost(&id, cost, None),
        ),
        Record::DeliveryEnded { id, next } => {
            return vec![match ledger.delivery_ended(&id, &next) {
                Ok(_) => Event::DeliveryEnded { id, next },
                Err(error) => failed("record a delivery", &error),
            }];
        }
        Record::NotificationDelivered(id, outcome) => (
            "record the result of a notification",
            ledger.mark_notification(id, &outcome).map(drop),
        ),
        Record::Expire(now) => ("delete old records", expire(ledger, now)),
        Record::ReadHistory { limits } => return read_history(ledger, &limits),
        Record::DeleteExpired { limits, zone, from } => {
            let day = |at| zone.day_began(at)..zone.day_ends(at);
            return vec![
                match ledger.delete_expired(&limits, &day, from, ROWS_A_STEP) {
                    Ok(deleted) => Event::Deleted(deleted),
                    Err(error) => failed("delete old rows", &error),
                },
            ];
        }
        Record::Shrink => {
            return vec![match ledger.shrink(PAGES_A_STEP) {
                Ok(more) => Event::Shrunk { more },
                Err(error) => failed("return free space to the disk", &error),
            }];
        }
        Record::ExpireConversations(now) => {
            ("delete old conversations", ledger.expire_conversations(now))
        }
        Record::ForgetConversations => ("delete conversations", ledger.forget_conversations()),
    };
    let failed = written.err().map(|error| failed(purpose, &error));
    failed.into_iter().collect()
}

fn exchange(
    ledger: &mut Ledger,
    now: DateTime<Utc>,
    row: &ExchangeRow,
    review: Option<ReviewWork>,
) -> Vec<Event> {
    let mut news = Vec::new();
    let booked = ledger.book_exchange(row);
    let booked = booked.map_err(|error| news.push(failed("record an exchange", &error)));
    let Some(work) = review else {
        return news;
    };
    let parked = match &work {
        ReviewWork::Settle {
            id,
            pipeline,
            item,
            replay,
        } => {
            let settled = Settled {
                id,
                pipeline: pipeline.as_deref(),
                item: item.as_deref(),
                replay: *replay,
                exchange: booked.ok(),
            };
            let settled = ledger.settle_reviews(&settled, now);
            settled.map(|_| false)
        }
        ReviewWork::Drained { id, cost } => {
            let answered_by = booked.ok();
            ledger.drain_cost(id, *cost, answered_by).map(|()| false)
        }
        ReviewWork::Park(request) => ledger.park(request).map(|how| how == Parked::Newly),
    };
    let newly_parked = parked.unwrap_or_else(|error| {
        news.push(failed("write to the review queue", &error));
        false
    });
    news.push(match ledger.open_reviews() {
        Ok(waiting) => Event::Booked {
            newly_parked,
            waiting,
        },
        Err(error) => failed("count the parked requests", &error),
    });
    news
}

fn log(ledger: &mut Ledger, logged: LoggedTransition) -> Vec<Event> {
    let mut news = Vec::new();
    let incident = ledger.apply(&logged).unwrap_or_else(|error| {
        news.push(failed("log an incident", &error));
        None
    });
    // Only an opening has earlier requests; later ones are counted as they end.
    let opens = matches!(logged.transition.change, Change::Opened { .. });
    let met = incident.filter(|_| opens);
    let met = met.and_then(|id| ledger.met(id).ok().flatten());
    let closes = matches!(
        logged.transition.change,
        Change::Recovered { .. } | Change::Faded { .. }
    );
    let ended = incident.filter(|_| closes);
    let ended = ended.and_then(|id| ledger.outage(id).ok().flatten());
    news.push(Event::Logged {
        transition: Box::new(logged.transition),
        incident,
        met: Box::new(met.unwrap_or_default()),
        ended: ended.map(Box::new),
    });
    news
}

pub(crate) fn read_impact(ledger: &Ledger, open: &[i64], now: DateTime<Utc>) -> Vec<Event> {
    let counted = open.iter().map(|id| {
        let met = ledger.met(*id)?.unwrap_or_default();
        Ok((*id, met))
    });
    let counted = counted.collect::<Result<_, LedgerError>>();
    vec![
        match counted.and_then(|open| Ok((open, ledger.last_outage(now)?))) {
            Ok((open, last)) => Event::IncidentImpact { open, last },
            Err(error) => failed("read the impact of incidents", &error),
        },
    ]
}

fn read_history(ledger: &Ledger, limits: &Limits) -> Vec<Event> {
    let read = ledger
        .expired(limits)
        .and_then(|expired| Ok((expired, ledger.size()?)));
    vec![match read {
        Ok((expired, size)) => Event::HistoryRead { expired, size },
        Err(error) => failed("count old rows", &error),
    }]
}

fn expire(ledger: &mut Ledger, now: DateTime<Utc>) -> Result<(), LedgerError> {
    ledger.thin(now)?;
    ledger.forget_reviewed(now)?;
    ledger.expire_replays(now)?;
    Ok(())
}

pub(crate) fn failed(what: &str, error: &LedgerError) -> Event {
    tracing::error!(%error, "the ledger could not {what}");
    Event::LedgerFailed(LedgerFailure::new(what, error))
}
