//! The owner's word on an effect whose outcome is unknown.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, named_params};

use super::columns::{header_lines, read_row};
use super::row::{EffectState, ReceiverResponse, Settlement};
use crate::column::Col;
use crate::{Ledger, LedgerError};

/// What the owner found out at the receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnersWord {
    /// It arrived, with this result for its client.
    Arrived(ReceiverResponse),
    /// It did not arrive: send it again.
    SendAgain,
    /// It is not needed any more.
    Drop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectSettled {
    Yes,
    /// There is no such effect.
    Absent,
    /// Its state leaves nothing to settle.
    Not(EffectState),
}

impl Ledger {
    /// An effect that a receiver answered with an error may also be sent again. The decision is on the disk when this returns.
    pub fn settle_effect(
        &mut self,
        id: i64,
        word: &OwnersWord,
        now: DateTime<Utc>,
    ) -> Result<EffectSettled, LedgerError> {
        self.durably(|ledger| ledger.write_settlement(id, word, now))
    }

    fn write_settlement(
        &mut self,
        id: i64,
        word: &OwnersWord,
        now: DateTime<Utc>,
    ) -> Result<EffectSettled, LedgerError> {
        let tx = self.write()?;
        let found = tx
            .prepare_cached("SELECT * FROM effects WHERE id = ?1")?
            .query_row([id], read_row)
            .optional()?;
        let Some(row) = found else {
            return Ok(EffectSettled::Absent);
        };
        let failed = row.status.is_some_and(|status| status >= 400);
        let allowed = match row.state {
            EffectState::Unknown | EffectState::Unsent => true,
            EffectState::Done => failed && *word == OwnersWord::SendAgain,
            EffectState::Waiting => row.first_sent.is_none() && *word == OwnersWord::Drop,
            EffectState::Sending | EffectState::Dropped => false,
        };
        if !allowed {
            return Ok(EffectSettled::Not(row.state));
        }
        let (state, settled, ended, response) = match word {
            OwnersWord::Arrived(response) => (
                EffectState::Done,
                Settlement::Arrived,
                Some(now),
                Some(response),
            ),
            OwnersWord::SendAgain => (EffectState::Waiting, Settlement::SentAgain, None, None),
            OwnersWord::Drop => (EffectState::Dropped, Settlement::Dropped, Some(now), None),
        };
        tx.prepare_cached(
            "UPDATE effects
                SET state = :state, settled = :settled, ended_at = :ended, status = :status, headers = :headers,
                    response = :response, due_at = NULL, why = NULL,
                    at = iif(:again, :now, at), attempts = iif(:again, 0, attempts),
                    first_sent_at = iif(:again, NULL, first_sent_at)
              WHERE id = :id",
        )?
        .execute(named_params! {
            ":id": id,
            ":state": Col(state),
            ":settled": Col(settled),
            ":ended": ended.map(Col),
            ":status": response.map(|response| response.status),
            ":headers": response.map(|response| header_lines(&response.headers)),
            ":response": response.and_then(|response| response.body.as_ref()),
            ":again": *word == OwnersWord::SendAgain,
            ":now": Col(now),
        })?;
        tx.commit()?;
        Ok(EffectSettled::Yes)
    }
}
