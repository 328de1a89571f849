//! A read-only connection, so that a page of the window blocks no write.

use std::path::Path;

use rusqlite::{Connection, InterruptHandle, OpenFlags};

use crate::files::Identity;
use crate::{ExchangeFilter, ExchangeRow, Figures, Ledger, LedgerError, Page, Presence};

/// A page has some ten statements, and each is parsed once.
const STATEMENTS: usize = 64;

/// Reads data that is committed when a read begins.
#[derive(Debug)]
pub struct Reader(Ledger);

/// Ends a read of another thread.
pub struct Interrupt(InterruptHandle);

impl Reader {
    /// `file`: of a ledger that is already open elsewhere, with the newest schema.
    pub fn open(file: &Path) -> Result<Reader, LedgerError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(file, flags)?;
        conn.pragma_update(None, "query_only", true)?;
        conn.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Reader(Ledger {
            conn,
            file: Some(file.to_owned()),
            identity: Identity::of(file),
        }))
    }

    /// The ledger, to read from.
    pub fn ledger(&self) -> &Ledger {
        &self.0
    }

    /// Runs reads that belong together: they see the same data.
    pub fn read<T>(
        &self,
        select: impl FnOnce(&Reader) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let begun = self.0.conn.unchecked_transaction()?;
        let found = select(self);
        // Nothing was written: how it ends does not matter.
        drop(begun);
        found
    }

    /// False: the file was deleted or replaced, and this connection reads the old one.
    pub fn is_current(&self) -> bool {
        self.0.presence() == Presence::Here
    }

    pub fn interrupt(&self) -> Interrupt {
        Interrupt(self.0.conn.get_interrupt_handle())
    }

    /// The figures of at most this many closed incidents that have none, latest first. [`Ledger::store_figures`] stores them.
    pub fn count_incidents(&self, most: u32) -> Result<Vec<Figures>, LedgerError> {
        self.0.figures(most)
    }

    #[cfg(test)]
    pub(crate) fn inner(&mut self) -> &mut Ledger {
        &mut self.0
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

impl Interrupt {
    /// The read ends with [`LedgerError::TooSlow`]. No effect if none runs.
    pub fn end(&self) {
        self.0.interrupt();
    }
}
