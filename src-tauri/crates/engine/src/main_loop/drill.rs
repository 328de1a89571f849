//! Drills, between the control API and the desk.

use api::{ControlError, Drill, DrillEntry};
use chrono::{DateTime, Utc};
use gateway::{Exchange, MadeFailure};

use super::MainLoop;
use crate::drill::play::Session;
use crate::drill::run::DrillRun;
use crate::view;

impl MainLoop {
    pub(super) fn begin_drill(
        &mut self,
        now: DateTime<Utc>,
        entry: &DrillEntry,
    ) -> Result<(Drill, Option<Session>), ControlError> {
        let (begun, effects) = self.desk.begin_drill(now, entry);
        self.perform_all(effects);
        self.publish();
        let session = begun?;
        let drill = self.drill().ok_or_else(|| ControlError {
            error: "the drill could not begin".into(),
            fix: None,
        })?;
        Ok((drill, session))
    }

    pub(super) fn drill_tested(
        &mut self,
        now: DateTime<Utc>,
        id: u64,
        exchange: Option<&Exchange>,
    ) -> Option<MadeFailure> {
        let (next, effects) = self.desk.drill_tested(now, id, exchange);
        self.perform_all(effects);
        self.publish();
        next
    }

    pub(super) fn stop_drill(&mut self, now: DateTime<Utc>) {
        let effects = self.desk.stop_drill(now);
        self.perform_all(effects);
        self.publish();
    }

    pub(super) fn drill_runs(&self) -> bool {
        let drill = self.state().drill.as_ref();
        drill.is_some_and(DrillRun::is_running)
    }

    pub(super) fn drill(&self) -> Option<Drill> {
        let state = self.state();
        let run = state.drill.as_ref()?;
        Some(view::drill::shown(state, run))
    }
}
