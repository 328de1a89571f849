//! The rows of a ledger in memory, written into a file that can be opened again.

use std::path::Path;

use rusqlite::backup::Progress;
use rusqlite::{Connection, MAIN_DB, Transaction};

use crate::files::{beside, private};
use crate::sums::answered_ends;
use crate::{Ledger, LedgerError, OpenError};

/// Tables whose rows have a name of their own: the newer row replaces the older one.
const NAMED: [&str; 2] = ["replays", "breakers"];
/// Tables with rows of a parent, by the parent's new id.
const WITH_PARENT: [(&str, &str, &str); 2] = [
    ("exchanges", "attempts", "exchange"),
    ("incidents", "timeline", "incident"),
];

impl Ledger {
    /// Adds what was recorded in `memory`: requests, kept responses, parked requests, incidents, answers. Measurements,
    /// notifications and kept conversations are not added.
    ///
    /// # Errors
    /// Nothing was added.
    pub fn carry_over(&mut self, memory: &Ledger) -> Result<(), OpenError> {
        let Some(path) = self.file.clone() else {
            return Ok(());
        };
        let copy = beside(&path, ".carried");
        let _ = std::fs::remove_file(&copy);
        private(&copy).map_err(|error| OpenError::io(&copy, error))?;
        let carried = memory
            .conn
            .backup(MAIN_DB, &copy, None::<fn(Progress)>)
            .and_then(|()| self.add_all(&copy));
        let _ = std::fs::remove_file(&copy);
        carried.map_err(|error| OpenError::sqlite(&path, error))
    }

    fn add_all(&mut self, copy: &Path) -> rusqlite::Result<()> {
        let name = copy.to_string_lossy().into_owned();
        self.conn.execute("ATTACH ?1 AS memory", [name])?;
        let added = add(&mut self.conn);
        self.conn.execute("DETACH memory", ())?;
        added
    }
}

fn add(conn: &mut Connection) -> rusqlite::Result<()> {
    let tx = conn.transaction()?;
    tx.execute(
        "INSERT OR REPLACE INTO main.meta SELECT * FROM memory.meta WHERE substr(key, 1, 7) <> 'schema.'",
        (),
    )?;
    for table in NAMED {
        let columns = columns(&tx, table, &["id"])?;
        tx.execute(
            &format!("INSERT OR REPLACE INTO main.{table} ({columns}) SELECT {columns} FROM memory.{table}"),
            (),
        )?;
    }
    let of_items = columns(&tx, "review_items", &["n", "settled_by"])?;
    tx.execute(
        &format!("INSERT OR IGNORE INTO main.review_items ({of_items}) SELECT {of_items} FROM memory.review_items"),
        (),
    )?;
    for (parent, child, reference) in WITH_PARENT {
        let first: i64 = tx.query_row(
            &format!("SELECT coalesce(max(id), 0) FROM main.{parent}"),
            (),
            |row| row.get(0),
        )?;
        let of_parent = columns(&tx, parent, &["id"])?;
        tx.execute(
            &format!("INSERT OR IGNORE INTO main.{parent} (id, {of_parent}) SELECT id + ?1, {of_parent} FROM memory.{parent}"),
            [first],
        )?;
        let of_child = columns(&tx, child, &["id", reference])?;
        tx.execute(
            &format!(
                "INSERT INTO main.{child} ({reference}, {of_child})
                 SELECT {reference} + ?1, {of_child} FROM memory.{child}
                  WHERE {reference} + ?1 IN (SELECT id FROM main.{parent})"
            ),
            [first],
        )?;
    }
    // The incidents of both are counted with the requests of both.
    tx.execute("UPDATE main.incidents SET hit = NULL WHERE closed_at >= (SELECT min(opened_at) FROM memory.incidents)", ())?;
    tx.execute(
        concat!(
            "UPDATE main.incident_items SET answered = 1 WHERE (pipeline, key) IN (
                SELECT pipeline, item FROM memory.exchanges WHERE ended IN ",
            answered_ends!(),
            ")"
        ),
        (),
    )?;
    tx.commit()
}

/// The table's columns without these.
fn columns(tx: &Transaction<'_>, table: &str, without: &[&str]) -> rusqlite::Result<String> {
    let mut select = tx.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let names = select.query_map([table], |row| row.get::<_, String>(0))?;
    let mut names = names.collect::<Result<Vec<_>, _>>()?;
    names.retain(|name| !without.contains(&name.as_str()));
    Ok(names.join(", "))
}

impl Ledger {
    /// Writes and deletes a row of 64 KiB, to see whether the file can be written.
    ///
    /// # Errors
    /// It cannot.
    pub fn check_writes(&mut self) -> Result<(), LedgerError> {
        const KEY: &str = "write check";
        self.put_meta(KEY, &"0".repeat(64 << 10))?;
        self.conn
            .execute("DELETE FROM meta WHERE key = ?1", [KEY])?;
        Ok(())
    }
}
