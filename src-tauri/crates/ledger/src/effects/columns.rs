use rusqlite::Row;

use super::row::{EffectRow, KeptEffect, ReceiverResponse};
use crate::column::{get, maybe};

pub(super) fn header_lines(headers: &[(String, String)]) -> String {
    let lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    lines.join("\n")
}

pub(super) fn read_row(row: &Row<'_>) -> rusqlite::Result<EffectRow> {
    Ok(EffectRow {
        id: row.get("id")?,
        name: row.get("name")?,
        key: row.get("key")?,
        pipeline: row.get("pipeline")?,
        item: row.get("item")?,
        after: row.get("after")?,
        at: get(row, "at")?,
        state: get(row, "state")?,
        attempts: get(row, "attempts")?,
        first_sent: maybe(row, "first_sent_at")?,
        receiver: row.get("receiver")?,
        due: maybe(row, "due_at")?,
        why: row.get("why")?,
        size: get(row, "size")?,
        status: row.get("status")?,
        ended: maybe(row, "ended_at")?,
        settled: maybe(row, "settled")?,
    })
}

pub(super) fn read_effect(row: &Row<'_>) -> rusqlite::Result<KeptEffect> {
    let headers: Option<String> = row.get("headers")?;
    let headers = headers.unwrap_or_default();
    let headers = headers.lines().filter_map(|line| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_owned(), value.to_owned()))
    });
    let status: Option<u16> = row.get("status")?;
    let response = match status {
        Some(status) => Some(ReceiverResponse {
            status,
            headers: headers.collect(),
            body: row.get("response")?,
        }),
        None => None,
    };
    Ok(KeptEffect {
        row: read_row(row)?,
        content_type: row.get("content_type")?,
        content_encoding: row.get("content_encoding")?,
        body: row.get("body")?,
        response,
    })
}
