//! Items of pipelines that an incident affected. An item belongs to one incident: the first that hit it. It is hit anew only
//! after a response.

mod fold;
mod owner;
mod state;

use rusqlite::{Connection, Transaction};

use crate::ReviewState;
use crate::affected::{self, Met};
use crate::column::{Col, get, maybe};
use crate::marks;
use crate::sums::answered_ends;

use fold::{Folded, fold, rows};
pub(crate) use state::{FailedItem, Items, counts, listed};
pub use state::{ImpactItem, ItemState};

/// The effects of an incident with its items, counted from its requests. `None`: there is no such incident.
pub(crate) fn counted(conn: &Connection, incident: i64) -> rusqlite::Result<Option<(Met, Items)>> {
    let Some(mut met) = affected::count(conn, incident)? else {
        return Ok(None);
    };
    let items = match met.traffic.hit {
        0 => Items::default(),
        _ => count(conn, incident)?,
    };
    let marks = marks::of_incident(conn, incident)?;
    met.waiting = counts(&items, &marks, &mut met.pipelines);
    Ok(Some((met, items)))
}

fn count(conn: &Connection, incident: i64) -> rusqlite::Result<Items> {
    let mut folded = fold(rows(conn, incident)?);
    owner::remove_items_of_others(conn, incident, &mut folded)?;
    let mut items = Items::default();
    for ((pipeline, key), one) in folded {
        if let Some(last_failure) = one.last_failure() {
            items
                .failed
                .extend(failed_rows(conn, (pipeline, key), &one, last_failure)?);
        } else if let Some(pipeline) = pipeline.filter(|_| one.answered()) {
            match items.answered.last_mut() {
                Some((last, count)) if *last == pipeline => *count += 1,
                _ => items.answered.push((pipeline, 1)),
            }
        }
    }
    Ok(items)
}

fn failed_rows(
    conn: &Connection,
    (pipeline, key): (Option<String>, String),
    one: &Folded,
    last_failure: i64,
) -> rusqlite::Result<Vec<FailedItem>> {
    let item = one.item();
    let answered = match (&pipeline, item) {
        (Some(pipeline), Some(item)) => conn
            .prepare_cached(ANSWERED_LATER)?
            .query_row((pipeline, item, last_failure), |row| row.get(0))?,
        (_, _) => false,
    };
    let answered = answered || one.answered_from(last_failure);
    let row = |parked: Option<String>, review| FailedItem {
        pipeline: pipeline.clone(),
        key: key.clone(),
        item: item.filter(|_| parked.is_none()).map(ToOwned::to_owned),
        parked,
        review,
        answered,
    };
    let mut rows = Vec::new();
    for parked in one.parked() {
        let review = conn
            .prepare_cached("SELECT state FROM review_items WHERE id = ?1")?
            .query_map([parked], |row| get::<ReviewState>(row, "state"))?
            .next()
            .transpose()?;
        rows.push(row(Some(parked.to_owned()), review));
    }
    if one.failed_without_review() {
        rows.push(row(None, None));
    }
    Ok(rows)
}

pub(crate) fn store(tx: &Transaction<'_>, incident: i64, items: &Items) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM incident_items WHERE incident = ?1")?
        .execute([incident])?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO incident_items (incident, pipeline, key, item, parked, review, answered)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for of in &items.failed {
        insert.execute((
            incident,
            &of.pipeline,
            &of.key,
            &of.item,
            &of.parked,
            of.review.map(Col),
            of.answered,
        ))?;
    }
    let mut update = tx.prepare_cached(
        "UPDATE incident_pipelines SET answered = ?3 WHERE incident = ?1 AND pipeline = ?2",
    )?;
    for (pipeline, answered) in &items.answered {
        update.execute((incident, pipeline, Col(*answered)))?;
    }
    Ok(())
}

/// The stored ones. Items of older versions that were answered without a failure were not counted: their requests are.
pub(crate) fn read(conn: &Connection, incident: i64) -> rusqlite::Result<Items> {
    let mut select = conn.prepare_cached(STORED)?;
    let failed = select.query_map([incident], |row| {
        Ok(FailedItem {
            pipeline: row.get("pipeline")?,
            key: row.get("key")?,
            item: row.get("item")?,
            parked: row.get("parked")?,
            review: maybe(row, "review")?,
            answered: row.get("answered")?,
        })
    })?;
    let failed = failed.collect::<Result<_, _>>()?;
    let mut select = conn.prepare_cached(STORED_ANSWERED)?;
    let answered = select.query_map([incident], |row| {
        Ok((row.get("pipeline")?, get(row, "answered")?))
    })?;
    let answered = answered.collect::<Result<_, _>>()?;
    Ok(Items { failed, answered })
}

const ANSWERED_LATER: &str = concat!(
    "SELECT EXISTS (SELECT 1 FROM exchanges
      WHERE pipeline = ?1 AND item = ?2 AND item IS NOT NULL AND id > ?3 AND ended IN ",
    answered_ends!(),
    ")"
);
const STORED: &str =
    "SELECT pipeline, key, item, parked, review, answered FROM incident_items WHERE incident = ?1
      ORDER BY pipeline, key, id";
const STORED_ANSWERED: &str =
    "SELECT pipeline, coalesce(answered, carried) AS answered FROM incident_pipelines
      WHERE incident = ?1 AND coalesce(answered, carried) > 0 ORDER BY pipeline";
