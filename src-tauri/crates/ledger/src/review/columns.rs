use rusqlite::{Row, Transaction, named_params};

use super::item::{FailedRequest, Parked, ReviewItem, ReviewRow, ReviewRun};
use crate::column::{Col, get, maybe};
use crate::{Digest, ReplayKey};

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
            pipeline, item, why, status, headers, size, body, replay_scope, replay_request
        ) VALUES (
            :id, 'open', :at, :at, 1, :client, :session, :dialect, :route, :model, :streamed,
            :pipeline, :item, :why, :status, :headers, :size, :body, :replay_scope, :replay_request
        )
        ON CONFLICT (id) DO UPDATE SET
            last_at = excluded.last_at, failures = failures + 1, why = excluded.why, status = excluded.status,
            state = iif(:opens, 'open', state), closed_at = iif(:opens, NULL, closed_at), note = iif(:opens, NULL, note),
            settled_by = iif(:opens, NULL, settled_by),
            replay_scope = excluded.replay_scope, replay_request = excluded.replay_request,
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
        ":opens": opens,
    })?;
    Ok(())
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
    })
}
