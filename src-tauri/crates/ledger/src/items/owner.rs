//! The one incident to which an item belongs.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::fold::{Folded, Name, fold, rows};
use crate::sums::answered_ends;

/// Removes the items that another incident hit first. An item that two incidents hit with the same request belongs to the one
/// that was recorded first.
pub(super) fn remove_items_of_others(
    conn: &Connection,
    incident: i64,
    items: &mut BTreeMap<Name, Folded>,
) -> rusqlite::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    let others: Vec<i64> = conn
        .prepare_cached(OTHERS)?
        .query_map([incident], |row| row.get("id"))?
        .collect::<Result<_, _>>()?;
    for other in others {
        let of_other = fold(rows(conn, other)?);
        let mut kept = BTreeMap::new();
        for (name, item) in std::mem::take(items) {
            let theirs = of_other.get(&name);
            let is_theirs = match theirs {
                Some(theirs) => hit_first(conn, (incident, &item), (other, theirs), &name)?,
                None => false,
            };
            if !is_theirs {
                kept.insert(name, item);
            }
        }
        *items = kept;
    }
    Ok(())
}

/// True: the other incident hit the item first, and there was no response since.
fn hit_first(
    conn: &Connection,
    (incident, item): (i64, &Folded),
    (other, theirs): (i64, &Folded),
    (pipeline, _): &Name,
) -> rusqlite::Result<bool> {
    let first = item.first();
    let Some((before, answered)) = theirs.last_before(first) else {
        return Ok(theirs.first() == first && other < incident);
    };
    if answered {
        return Ok(false);
    }
    let (Some(pipeline), Some(name)) = (pipeline, item.item()) else {
        return Ok(true);
    };
    let answered: bool = conn
        .prepare_cached(ANSWERED_BETWEEN)?
        .query_row((pipeline, name, before, first), |row| row.get(0))?;
    Ok(!answered)
}

/// Incidents of the 14 days before, as long as a settled review item is kept. 90 days: the longest incident that is considered.
pub(crate) const OTHERS: &str = "SELECT o.id AS id
       FROM incidents i CROSS JOIN incidents o
      WHERE i.id = ?1
        AND o.opened_at BETWEEN i.opened_at - 90 * 86400000 AND coalesce(i.closed_at, 9223372036854775807)
        AND coalesce(o.closed_at, 9223372036854775807) >= i.opened_at - 14 * 86400000
        AND o.id <> i.id AND o.hit IS NOT 0
      ORDER BY o.id";
const ANSWERED_BETWEEN: &str = concat!(
    "SELECT EXISTS (SELECT 1 FROM exchanges
      WHERE pipeline = ?1 AND item = ?2 AND item IS NOT NULL AND id > ?3 AND id < ?4 AND ended IN ",
    answered_ends!(),
    ")"
);
