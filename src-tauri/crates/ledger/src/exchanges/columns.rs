use catalog::Tokens;
use rusqlite::{Connection, Row, Transaction, named_params};

use super::AttemptOutcome;
use super::row::{AttemptRow, Candidate, ExchangeRow};
use crate::column::{Col, get, maybe, readable};

pub(super) fn insert_exchange(
    tx: &Transaction<'_>,
    exchange: &ExchangeRow,
) -> rusqlite::Result<i64> {
    let primary = exchange.primary.as_ref();
    tx.prepare_cached(
        "INSERT INTO exchanges (
            started_at, client, session, dialect, route, model, streamed, rehearsal, pipeline, item,
            primary_provider, primary_endpoint, primary_model, ended, detail, status, total_ms, ttft_ms, cost, carried,
            restarts, shown_early, passed_over, request_id, parked, token
        ) VALUES (
            :started_at, :client, :session, :dialect, :route, :model, :streamed, :rehearsal, :pipeline, :item,
            :primary_provider, :primary_endpoint, :primary_model, :ended, :detail, :status, :total_ms, :ttft_ms, :cost, :carried,
            :restarts, :shown_early, :passed_over, :request_id, :parked, :token
        )",
    )?
    .execute(named_params! {
        ":started_at": Col(exchange.started),
        ":client": exchange.client,
        ":session": exchange.session,
        ":dialect": Col(exchange.dialect),
        ":route": exchange.route,
        ":model": exchange.model,
        ":streamed": exchange.streamed,
        ":rehearsal": exchange.rehearsal,
        ":pipeline": exchange.pipeline,
        ":item": exchange.item,
        ":primary_provider": primary.map(|p| Col(&p.provider)),
        ":primary_endpoint": primary.map(|p| Col(&p.endpoint)),
        ":primary_model": primary.map(|p| Col(&p.model)),
        ":ended": Col(exchange.end),
        ":detail": exchange.detail,
        ":status": exchange.status,
        ":total_ms": Col(exchange.total_ms),
        ":ttft_ms": exchange.ttft_ms.map(Col),
        ":cost": exchange.cost.map(Col),
        ":carried": exchange.carried(),
        ":restarts": exchange.restarts,
        ":shown_early": exchange.shown_early,
        ":passed_over": lines(&exchange.passed_over),
        ":request_id": exchange.request_id,
        ":parked": exchange.parked,
        ":token": exchange.token,
    })?;
    Ok(tx.last_insert_rowid())
}

pub(super) fn insert_attempt(
    tx: &Transaction<'_>,
    exchange: i64,
    number: u32,
    attempt: &AttemptRow,
) -> rusqlite::Result<()> {
    let tokens = attempt.tokens;
    tx.prepare_cached(
        "INSERT INTO attempts (
            exchange, number, provider, endpoint, model, started_ms, total_ms, ttft_ms, status, outcome, provider_failed,
            detail, stop_reason, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost, price_as_of,
            tokens_estimated, by_subscription, spoken, left_out
        ) VALUES (
            :exchange, :number, :provider, :endpoint, :model, :started_ms, :total_ms, :ttft_ms, :status, :outcome, :provider_failed,
            :detail, :stop_reason, :input_tokens, :output_tokens, :cache_read_tokens, :cache_write_tokens, :cost, :price_as_of,
            :tokens_estimated, :by_subscription, :spoken, :left_out
        )",
    )?
    .execute(named_params! {
        ":exchange": exchange,
        ":number": number,
        ":provider": Col(&attempt.provider),
        ":endpoint": Col(&attempt.endpoint),
        ":model": Col(&attempt.model),
        ":started_ms": Col(attempt.started_ms),
        ":total_ms": Col(attempt.total_ms),
        ":ttft_ms": attempt.ttft_ms.map(Col),
        ":status": attempt.status,
        ":outcome": attempt.outcome.as_str(),
        ":provider_failed": attempt.provider_failed,
        ":detail": attempt.detail,
        ":stop_reason": attempt.stop_reason,
        ":input_tokens": tokens.map(|t| Col(t.input)),
        ":output_tokens": tokens.map(|t| Col(t.output)),
        ":cache_read_tokens": tokens.map(|t| Col(t.cache_read)),
        ":cache_write_tokens": tokens.map(|t| Col(t.cache_write)),
        ":cost": attempt.cost.map(Col),
        ":price_as_of": attempt.price_as_of,
        ":tokens_estimated": attempt.tokens_estimated,
        ":by_subscription": attempt.by_subscription,
        ":spoken": attempt.spoken.map(Col),
        ":left_out": lines(&attempt.left_out),
    })?;
    Ok(())
}

pub(super) fn read_exchange(row: &Row<'_>) -> rusqlite::Result<(i64, ExchangeRow)> {
    let primary = match maybe(row, "primary_provider")? {
        Some(provider) => Some(Candidate {
            provider,
            endpoint: get(row, "primary_endpoint")?,
            model: get(row, "primary_model")?,
        }),
        None => None,
    };
    let exchange = ExchangeRow {
        request_id: row.get("request_id")?,
        started: get(row, "started_at")?,
        client: row.get("client")?,
        session: row.get("session")?,
        dialect: get(row, "dialect")?,
        route: row.get("route")?,
        model: row.get("model")?,
        streamed: row.get("streamed")?,
        rehearsal: row.get("rehearsal")?,
        pipeline: row.get("pipeline")?,
        item: row.get("item")?,
        primary,
        end: get(row, "ended")?,
        detail: row.get("detail")?,
        status: row.get("status")?,
        total_ms: get(row, "total_ms")?,
        ttft_ms: maybe(row, "ttft_ms")?,
        cost: maybe(row, "cost")?,
        restarts: row.get("restarts")?,
        shown_early: row.get("shown_early")?,
        passed_over: read_lines(row, "passed_over")?,
        parked: row.get("parked")?,
        token: row.get("token")?,
        attempts: Vec::new(),
    };
    Ok((row.get("id")?, exchange))
}

pub(super) fn read_attempt(row: &Row<'_>) -> rusqlite::Result<AttemptRow> {
    let tokens = match maybe(row, "input_tokens")? {
        Some(input) => Some(Tokens {
            input,
            output: get(row, "output_tokens")?,
            cache_read: get(row, "cache_read_tokens")?,
            cache_write: get(row, "cache_write_tokens")?,
            // Only the cost, which is stored, depends on it.
            cache_write_hour: 0,
        }),
        None => None,
    };
    Ok(AttemptRow {
        provider: get(row, "provider")?,
        endpoint: get(row, "endpoint")?,
        model: get(row, "model")?,
        started_ms: get(row, "started_ms")?,
        total_ms: get(row, "total_ms")?,
        ttft_ms: maybe(row, "ttft_ms")?,
        status: row.get("status")?,
        by_subscription: row.get("by_subscription")?,
        spoken: maybe(row, "spoken")?,
        left_out: read_lines(row, "left_out")?,
        outcome: AttemptOutcome::read(row.get_ref("outcome")?.as_str()?),
        provider_failed: row.get("provider_failed")?,
        detail: row.get("detail")?,
        stop_reason: row.get("stop_reason")?,
        tokens,
        tokens_estimated: row.get("tokens_estimated")?,
        cost: maybe(row, "cost")?,
        price_as_of: row.get("price_as_of")?,
    })
}

/// NULL for an empty list.
fn lines(texts: &[String]) -> Option<String> {
    let lines = texts.iter().map(|text| text.replace('\n', " "));
    (!texts.is_empty()).then(|| lines.collect::<Vec<_>>().join("\n"))
}

fn read_lines(row: &Row<'_>, column: &str) -> rusqlite::Result<Vec<String>> {
    let text: Option<String> = row.get(column)?;
    Ok(text.map_or_else(Vec::new, |text| text.lines().map(str::to_owned).collect()))
}

const ATTEMPTS: &str = "SELECT * FROM attempts WHERE exchange = ?1 ORDER BY number";

pub(super) fn attempts(conn: &Connection, exchange: i64) -> rusqlite::Result<Vec<AttemptRow>> {
    let mut select = conn.prepare_cached(ATTEMPTS)?;
    let rows = select.query_map([exchange], read_attempt)?;
    rows.collect()
}

/// An exchange with an attempt that cannot be read counts as not readable.
pub(super) fn attach_attempts(
    conn: &Connection,
    rows: &mut [(i64, Option<ExchangeRow>)],
) -> rusqlite::Result<()> {
    for (id, row) in rows {
        let Some(exchange) = row else { continue };
        match readable(attempts(conn, *id))? {
            Some(attempts) => exchange.attempts = attempts,
            None => *row = None,
        }
    }
    Ok(())
}
