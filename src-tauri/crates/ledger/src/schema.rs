//! The schema is the sum of every table's steps. A released step is never edited: a change is a new step with the next version,
//! in the table's file.

use rusqlite::{Connection, TransactionBehavior};

/// One change of the schema.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// The file's `user_version` after all steps of this number.
    pub(crate) version: u32,
    pub(crate) sql: &'static str,
}

/// Written into the file's header to mark an SQLite file as a ledger. ASCII "Undy".
pub(crate) const APPLICATION_ID: i32 = 0x556e_6479;

/// The newest version that these steps lead to.
pub(crate) fn known(tables: &[&[Step]]) -> u32 {
    let versions = tables.iter().copied().flatten().map(|step| step.version);
    versions.max().unwrap_or(0)
}

pub(crate) fn version(conn: &Connection) -> rusqlite::Result<u32> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Runs every step that is newer than the file, in one transaction. Returns the versions reached.
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
