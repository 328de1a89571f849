use catalog::{EndpointId, ModelId};
use chrono::{DateTime, Utc};

use crate::column::{Col, get, maybe};
use crate::schema::Step;
use crate::{Ledger, LedgerError};

pub(crate) const STEPS: &[Step] = &[Step {
    version: 1,
    sql: "
CREATE TABLE breakers (
    endpoint TEXT NOT NULL,
    model    TEXT NOT NULL,
    state    TEXT NOT NULL, -- JSON of the breaker's own
    until    INTEGER,       -- ms
    PRIMARY KEY (endpoint, model)
) STRICT, WITHOUT ROWID;
",
}];

/// A circuit breaker's last state, stored so that a restart does not forget an outage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerRow {
    pub endpoint: EndpointId,
    pub model: ModelId,
    /// JSON, written and read only by the gateway's breaker.
    pub state: String,
    /// When the state ends without another event.
    pub until: Option<DateTime<Utc>>,
}

impl Ledger {
    pub fn save_breaker(&mut self, breaker: &BreakerRow) -> Result<(), LedgerError> {
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO breakers (endpoint, model, state, until) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((
                Col(&breaker.endpoint),
                Col(&breaker.model),
                &breaker.state,
                breaker.until.map(Col),
            ))?;
        Ok(())
    }

    /// Deletes the row: a closed breaker has no state.
    pub fn forget_breaker(
        &mut self,
        endpoint: &EndpointId,
        model: &ModelId,
    ) -> Result<(), LedgerError> {
        self.conn
            .prepare_cached("DELETE FROM breakers WHERE endpoint = ?1 AND model = ?2")?
            .execute((Col(endpoint), Col(model)))?;
        Ok(())
    }

    /// All breakers, by endpoint and model.
    pub fn breakers(&self) -> Result<Vec<BreakerRow>, LedgerError> {
        let mut all = self.conn.prepare_cached(
            "SELECT endpoint, model, state, until FROM breakers ORDER BY endpoint, model",
        )?;
        let rows = all.query_map((), |row| {
            Ok(BreakerRow {
                endpoint: get(row, "endpoint")?,
                model: get(row, "model")?,
                state: row.get("state")?,
                until: maybe(row, "until")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
