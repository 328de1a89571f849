//! A read-only connection, so that a long search blocks no write.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::{ExchangeFilter, ExchangeRow, Ledger, LedgerError, Page};

/// Each query sees the data that is committed at that time.
#[derive(Debug)]
pub struct Reader(Ledger);

impl Reader {
    /// `file`: of a ledger that is already open elsewhere, with the newest schema.
    pub fn open(file: &Path) -> Result<Reader, LedgerError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(file, flags)?;
        Ok(Reader(Ledger {
            conn,
            file: Some(file.to_owned()),
            identity: None,
        }))
    }

    /// The ledger, to read charts' figures from.
    pub fn ledger(&self) -> &Ledger {
        &self.0
    }

    /// As [`Ledger::find_exchanges`].
    pub fn find_exchanges(
        &self,
        filter: &ExchangeFilter,
        limit: u32,
        before: Option<i64>,
    ) -> Result<Page<ExchangeRow>, LedgerError> {
        self.0.find_exchanges(filter, limit, before)
    }
}
