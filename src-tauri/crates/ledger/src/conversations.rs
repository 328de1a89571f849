//! Parts of stateful clients' conversations, for references in later requests. The caller assigns names and meaning; in this
//! table a part is a digest with bytes.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Transaction};

use crate::column::{Col, get};
use crate::schema::Step;
use crate::{Digest, Ledger, LedgerError};

pub(crate) const STEPS: &[Step] = &[Step {
    version: 6,
    sql: "
CREATE TABLE conversation_parts (
    id   INTEGER PRIMARY KEY,
    name BLOB NOT NULL UNIQUE, -- SHA-256 of whose part it is, and of which
    at   INTEGER NOT NULL,     -- ms; when it last belonged to a response
    size INTEGER NOT NULL,     -- bytes
    body BLOB                  -- NULL: two different parts had this name, so that it says nothing
) STRICT;
CREATE INDEX conversation_parts_by_time ON conversation_parts (at);
CREATE TABLE conversation_bytes (total INTEGER NOT NULL) STRICT;
INSERT INTO conversation_bytes VALUES (0);
CREATE TRIGGER conversation_part_comes AFTER INSERT ON conversation_parts
    BEGIN UPDATE conversation_bytes SET total = total + new.size; END;
CREATE TRIGGER conversation_part_changes AFTER UPDATE OF size ON conversation_parts
    BEGIN UPDATE conversation_bytes SET total = total + new.size - old.size; END;
CREATE TRIGGER conversation_part_goes AFTER DELETE ON conversation_parts
    BEGIN UPDATE conversation_bytes SET total = total - old.size; END;
",
}];

/// A part is kept this long after the last response that used it.
pub const CONVERSATIONS_KEPT: TimeDelta = TimeDelta::hours(24);
/// Limit for the bytes of all parts; the oldest are deleted above it.
pub const CONVERSATION_BYTES: u64 = 256 << 20;

/// A part that is written again within this time keeps its date, because an agent sends its full conversation with
/// every turn.
const DATED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// Bytes of a row except its body, including its two index entries.
const ROW: u64 = 128;

/// A part of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationPart {
    pub name: Digest,
    pub body: Vec<u8>,
}

impl Ledger {
    /// Stores all of these parts or none. A second body under the same name makes the name ambiguous: it is no longer
    /// found.
    pub fn keep_conversation(
        &mut self,
        parts: &[ConversationPart],
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        self.write_conversation(parts, now, CONVERSATION_BYTES)
    }

    pub(crate) fn write_conversation(
        &mut self,
        parts: &[ConversationPart],
        now: DateTime<Utc>,
        most: u64,
    ) -> Result<(), LedgerError> {
        self.overwriting(|tx| {
            expire(tx, now)?;
            let mut put = tx.prepare_cached(
                "INSERT INTO conversation_parts (name, at, size, body) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (name) DO UPDATE SET
                     at = excluded.at,
                     size = CASE WHEN body = excluded.body THEN size ELSE ?6 END,
                     body = CASE WHEN body = excluded.body THEN body END
                 WHERE at <= ?5 OR body IS NOT excluded.body",
            )?;
            for ConversationPart { name, body } in parts {
                let size = body.len() as u64 + ROW;
                let stale = Col(now - DATED_EVERY);
                put.execute((name, Col(now), Col(size), body, stale, Col(ROW)))?;
            }
            make_room(tx, most)
        })
    }

    /// The bodies under these names, in the same order. `None`: not kept, or the name is ambiguous.
    pub fn conversation_parts(
        &self,
        names: &[Digest],
        now: DateTime<Utc>,
    ) -> Result<Vec<Option<Vec<u8>>>, LedgerError> {
        let mut find = self
            .conn
            .prepare_cached("SELECT body FROM conversation_parts WHERE name = ?1 AND at > ?2")?;
        let limit = Col(now - CONVERSATIONS_KEPT - DATED_EVERY);
        let found = names.iter().map(|name| {
            let body = find.query_row((name, limit), |row| row.get(0));
            body.optional().map(Option::flatten)
        });
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Deletes what is older than [`CONVERSATIONS_KEPT`].
    pub fn expire_conversations(&mut self, now: DateTime<Utc>) -> Result<(), LedgerError> {
        self.erasing(|tx| expire(tx, now))
    }

    /// Deletes all parts.
    pub fn forget_conversations(&mut self) -> Result<(), LedgerError> {
        self.erasing(|tx| tx.execute("DELETE FROM conversation_parts", ()))
    }

    /// The write-ahead log contains the old contents of pages until it is truncated.
    fn erasing(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<usize>,
    ) -> Result<(), LedgerError> {
        if self.overwriting(work)? > 0 {
            let begun = |_: &rusqlite::Row<'_>| Ok(());
            self.conn
                .pragma_update_and_check(None, "wal_checkpoint", "TRUNCATE", begun)?;
        }
        Ok(())
    }

    /// Deleted user text is overwritten in the file, not only marked as free.
    fn overwriting<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        let secure = |ledger: &Ledger, on: bool| {
            let set = |_: &rusqlite::Row<'_>| Ok(());
            ledger
                .conn
                .pragma_update_and_check(None, "secure_delete", on, set)
        };
        secure(self, true)?;
        let done = self.write().and_then(|tx| {
            let result = work(&tx)?;
            tx.commit()?;
            Ok(result)
        });
        secure(self, false)?;
        done
    }
}

/// Returns how many parts were deleted.
fn expire(tx: &Transaction<'_>, now: DateTime<Utc>) -> rusqlite::Result<usize> {
    tx.prepare_cached("DELETE FROM conversation_parts WHERE at <= ?1")?
        .execute([Col(now - CONVERSATIONS_KEPT - DATED_EVERY)])
}

fn make_room(tx: &Transaction<'_>, most: u64) -> rusqlite::Result<()> {
    let total: Col<u64> = tx
        .prepare_cached("SELECT total FROM conversation_bytes")?
        .query_row((), |row| row.get(0))?;
    let mut beyond = total.0.saturating_sub(most);
    if beyond == 0 {
        return Ok(());
    }
    let mut oldest =
        tx.prepare_cached("SELECT id, size FROM conversation_parts ORDER BY at, id")?;
    let mut displaced = Vec::new();
    let mut rows = oldest.query(())?;
    while beyond > 0
        && let Some(row) = rows.next()?
    {
        displaced.push(row.get::<_, i64>("id")?);
        beyond = beyond.saturating_sub(get(row, "size")?);
    }
    let mut delete = tx.prepare_cached("DELETE FROM conversation_parts WHERE id = ?1")?;
    for id in displaced {
        delete.execute([id])?;
    }
    Ok(())
}
