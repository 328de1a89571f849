//! Marks an interrupted session as checked.

use api::{Accepted, ControlError};
use chrono::{DateTime, Utc};

use super::MainLoop;
use crate::desk;

impl MainLoop {
    pub(super) fn checked(
        &mut self,
        now: DateTime<Utc>,
        id: i64,
    ) -> Result<Accepted, ControlError> {
        match self.ledger.check_interruption(id, now) {
            Ok(true) => {
                self.decide(desk::Event::SessionChecked);
                Ok(Accepted {
                    message: "Marked as checked.".into(),
                })
            }
            Ok(false) => Err(ControlError {
                error: format!("there is no interrupted session {id}"),
                fix: Some("`understudyd incidents <id>` lists the sessions of an incident".into()),
            }),
            Err(error) => Err(ControlError {
                error: format!("it could not be marked as checked: {error}"),
                fix: None,
            }),
        }
    }
}
