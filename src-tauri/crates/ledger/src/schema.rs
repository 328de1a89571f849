//! The schema is the sum of every table's steps. A step that has been released is never edited: a change is a new
//! step with the next version, in the table's own file.

use rusqlite::{Connection, TransactionBehavior};

use crate::{
    breakers, conversations, exchanges, fallback_tests, incidents, interruptions, meta, notices,
    observations, probes, replays, review,
};

/// One change of the schema.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// The `user_version` of the file once every step of this number has been taken.
    pub(crate) version: u32,
    pub(crate) sql: &'static str,
}

/// Steps of one version are taken in this order: what refers to a table comes after it.
pub(crate) const TABLES: &[&[Step]] = &[
    meta::STEPS,
    exchanges::STEPS,
    probes::STEPS,
    incidents::STEPS,
    notices::STEPS,
    observations::STEPS,
    breakers::STEPS,
    replays::STEPS,
    review::STEPS,
    interruptions::STEPS,
    conversations::STEPS,
    fallback_tests::STEPS,
];

/// Written into the file's header: "this SQLite file is a ledger". ASCII "Undy".
pub(crate) const APPLICATION_ID: i32 = 0x556e_6479;

/// The newest version that these steps lead to.
pub(crate) fn known(tables: &[&[Step]]) -> u32 {
    let versions = tables.iter().copied().flatten().map(|step| step.version);
    versions.max().unwrap_or(0)
}

pub(crate) fn version(conn: &Connection) -> rusqlite::Result<u32> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Takes every step that the file has not seen, all of them or none. Returns the versions reached.
pub(crate) fn migrate(conn: &mut Connection, tables: &[&[Step]]) -> rusqlite::Result<Vec<u32>> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let reached: Vec<u32> = (version(&tx)? + 1..=known(tables)).collect();
    for &next in &reached {
        for step in tables.iter().copied().flatten() {
            if step.version == next {
                tx.execute_batch(step.sql)?;
            }
        }
        tx.pragma_update(None, "user_version", next)?;
    }
    if !reached.is_empty() {
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    tx.commit()?;
    Ok(reached)
}
