use rusqlite::{Row, Transaction, named_params};

use super::item::{FailedRequest, Parked, Resume, ReviewItem, ReviewRow, ReviewRun};
use crate::column::{Col, get, maybe};
use crate::{Digest, ReplayKey};

/// The columns of an item without its bodies, which are large.
macro_rules! row_columns {
    () => {
        "n, id, state, first_at, last_at, failures, client, session, dialect, route, model, streamed, pipeline, item, why,
         status, size, closed_at, settled_by, note, similar, body IS NOT NULL AS stored, subscription, resume_url,
         drain_runs, drained_at, delivery, delivery_attempts, delivery_at, delivery_note"
    };
}
pub(super) use row_columns;

/// Whether this request's body fits into the limit with those that are kept.
pub(super) fn fits(
    tx: &Transaction<'_>,
    failed: &FailedRequest,
    most: u64,
) -> rusqlite::Result<bool> {
    let kept: Col<u64> = tx
        .prepare_cached(
            "SELECT coalesce(sum(size), 0) FROM review_items WHERE body IS NOT NULL AND id <> ?1",
        )?
        .query_row([&failed.id], |row| row.get(0))?;
    Ok(kept.0.saturating_add(failed.body.len() as u64) <= most)
}

pub(super) fn insert_or_count(
    tx: &Transaction<'_>,
    failed: &FailedRequest,
    parked: Parked,
    with_body: bool,
) -> rusqlite::Result<()> {
    let opens = parked != Parked::StaysClosed;
    tx.prepare_cached(
        "INSERT INTO review_items (
            id, state, first_at, last_at, failures, client, session, dialect, route, model, streamed,
            pipeline, item, why, status, headers, size, body, replay_scope, replay_request,
            owner, run_scope, resume_url, subscription
        ) VALUES (
            :id, 'open', :at, :at, 1, :client, :session, :dialect, :route, :model, :streamed,
            :pipeline, :item, :why, :status, :headers, :size, :body, :replay_scope, :replay_request,
            :owner, :run_scope, :resume_url, :subscription
        )
        ON CONFLICT (id) DO UPDATE SET
            first_at = iif(:renews, excluded.first_at, first_at), last_at = excluded.last_at, failures = failures + 1, why = excluded.why, status = excluded.status,
            state = iif(:opens, 'open', state), closed_at = iif(:opens, NULL, closed_at), note = iif(:opens, NULL, note),
            settled_by = iif(:opens, NULL, settled_by),
            replay_scope = coalesce(excluded.replay_scope, replay_scope),
            replay_request = coalesce(excluded.replay_request, replay_request),
            owner = coalesce(excluded.owner, owner), run_scope = coalesce(excluded.run_scope, run_scope),
            resume_url = coalesce(excluded.resume_url, resume_url),
            subscription = max(subscription, excluded.subscription),
            delivery = iif(:renews, NULL, delivery), delivery_attempts = iif(:renews, 0, delivery_attempts),
            drain_runs = iif(:renews, 0, drain_runs), similar = iif(:renews, NULL, similar),
            body = iif(:opens, coalesce(body, excluded.body), body)",
    )?
    .execute(named_params! {
        ":id": failed.id,
        ":at": Col(failed.at),
        ":client": failed.client,
        ":session": failed.session,
        ":dialect": Col(failed.dialect),
        ":route": failed.route,
        ":model": failed.model,
        ":streamed": failed.streamed,
        ":pipeline": failed.pipeline,
        ":item": failed.item,
        ":why": failed.why,
        ":status": failed.status,
        ":headers": lines(&failed.headers),
        ":size": Col(failed.body.len() as u64),
        ":body": with_body.then_some(&failed.body),
        ":replay_scope": failed.replay.map(|replay| replay.scope),
        ":replay_request": failed.replay.map(|replay| replay.request),
        ":owner": failed.unattended.owner,
        ":run_scope": failed.unattended.run,
        ":resume_url": failed.unattended.resume.as_ref().map(url),
        ":subscription": failed.unattended.subscription,
        ":opens": opens,
        ":renews": parked == Parked::Newly,
    })?;
    Ok(())
}

fn url(resume: &Resume) -> &str {
    match resume {
        Resume::Url(url) => url,
        Resume::Refused => "",
    }
}

fn resume(row: &Row<'_>) -> rusqlite::Result<Option<Resume>> {
    let url: Option<String> = row.get("resume_url")?;
    Ok(url.map(|url| match url.is_empty() {
        true => Resume::Refused,
        false => Resume::Url(url),
    }))
}

fn lines(headers: &[(String, String)]) -> String {
    let lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    lines.join("\n")
}

pub(super) fn read_item(row: &Row<'_>) -> rusqlite::Result<ReviewItem> {
    let headers: String = row.get("headers")?;
    let run = match maybe(row, "ran_at")? {
        Some(at) => Some(ReviewRun {
            at,
            status: row.get("ran_status")?,
            content_type: row.get("ran_type")?,
            body: row.get::<_, Option<_>>("ran_body")?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(ReviewItem {
        row: read_row(row)?,
        headers: headers
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        body: row.get("body")?,
        replay: Option::zip(
            row.get::<_, Option<Digest>>("replay_scope")?,
            row.get::<_, Option<Digest>>("replay_request")?,
        )
        .map(|(scope, request)| ReplayKey { scope, request }),
        run_scope: row.get("run_scope")?,
        run,
    })
}

pub(super) fn read_row(row: &Row<'_>) -> rusqlite::Result<ReviewRow> {
    Ok(ReviewRow {
        id: row.get("id")?,
        state: get(row, "state")?,
        first: get(row, "first_at")?,
        last: get(row, "last_at")?,
        failures: get(row, "failures")?,
        client: row.get("client")?,
        session: row.get("session")?,
        dialect: get(row, "dialect")?,
        route: row.get("route")?,
        model: row.get("model")?,
        streamed: row.get("streamed")?,
        pipeline: row.get("pipeline")?,
        item: row.get("item")?,
        why: row.get("why")?,
        status: row.get("status")?,
        size: get(row, "size")?,
        closed: maybe(row, "closed_at")?,
        settled_by: row.get("settled_by")?,
        note: row.get("note")?,
        similar: row.get("similar")?,
        stored: row.get("stored")?,
        subscription: row.get("subscription")?,
        resume: resume(row)?,
        runs: get(row, "drain_runs")?,
        drained: maybe(row, "drained_at")?,
        delivery: maybe(row, "delivery")?,
        delivery_attempts: get(row, "delivery_attempts")?,
        delivery_at: maybe(row, "delivery_at")?,
        delivery_note: row.get("delivery_note")?,
    })
}
