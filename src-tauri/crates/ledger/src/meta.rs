use rusqlite::OptionalExtension;

use crate::schema::Step;
use crate::{Ledger, LedgerError};

pub(crate) const STEPS: &[Step] = &[Step {
    version: 1,
    sql: "
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
",
}];

impl Ledger {
    /// A value that the engine stores under a key.
    pub fn meta(&self, key: &str) -> Result<Option<String>, LedgerError> {
        let value = self
            .conn
            .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
            .query_row([key], |row| row.get(0))
            .optional()?;
        Ok(value)
    }

    /// The rest of each key after this prefix.
    pub fn meta_names(&self, prefix: &str) -> Result<Vec<String>, LedgerError> {
        let mut names = self.conn.prepare_cached(
            "SELECT substr(key, length(?1) + 1) FROM meta WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key",
        )?;
        let rows = names.query_map([prefix], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn set_meta(&mut self, key: &str, value: &str) -> Result<(), LedgerError> {
        Ok(self.put_meta(key, value)?)
    }

    pub(crate) fn put_meta(&mut self, key: &str, value: &str) -> rusqlite::Result<()> {
        self.conn
            .prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
            .execute([key, value])?;
        Ok(())
    }
}
