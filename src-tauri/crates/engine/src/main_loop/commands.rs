//! The owner's commands: those that need a file, a socket or the gateway run here, the others in the desk.

use std::time::Duration;

use api::{Accepted, Command, ControlError};
use chrono::{DateTime, TimeDelta, Utc};
use stage::Fault;

use super::MainLoop;
use crate::{desk, login};

/// Maximum duration of a rehearsed outage.
const REHEARSAL_AT_MOST: Duration = Duration::from_secs(3600);

impl MainLoop {
    pub(super) fn obey(
        &mut self,
        now: DateTime<Utc>,
        command: &Command,
    ) -> Result<Accepted, ControlError> {
        let message = match command {
            Command::StopEngine => self.stop_engine(now),
            Command::Rehearse { seconds } => self.rehearse(now, *seconds)?,
            Command::EndRehearsal if self.drill_runs() => {
                self.stop_drill(now);
                "The drill has ended: requests go to their primary again.".into()
            }
            Command::EndRehearsal => {
                self.end_rehearsal();
                "The simulated outage has ended; the next requests show the recovery.".into()
            }
            Command::StartAtLogin { on } => {
                let message = login::set(*on).map_err(|error| ControlError {
                    error: error.to_string(),
                    fix: Some(error.fix().into()),
                })?;
                self.decide(desk::Event::StartsAtLogin(login::is_on()));
                message
            }
            Command::MayGoTo { pipeline, scope } => {
                if let Some(scope) = desk::scope(scope) {
                    self.write_scope(pipeline.as_deref(), &scope)?;
                }
                self.desk_obeys(now, command)?
            }
            Command::Pause
            | Command::EndFirstRun
            | Command::Resume
            | Command::TryNow { .. }
            | Command::UseNow { .. }
            | Command::PaidFallbacks { .. }
            | Command::PaidUntilBack { .. }
            | Command::Siblings { .. }
            | Command::SiblingsLater
            | Command::PaidFallbacksToday { .. }
            | Command::CheckNow
            | Command::ReviewRetryAll { .. }
            | Command::ReviewRetryStop
            | Command::OpenWindow { .. }
            | Command::CopyBaseUrl
            | Command::Quit
            | Command::StartEngine => self.desk_obeys(now, command)?,
        };
        Ok(Accepted { message })
    }

    fn desk_obeys(
        &mut self,
        now: DateTime<Utc>,
        command: &Command,
    ) -> Result<String, ControlError> {
        let (message, effects) = self.desk.obey(now, command);
        self.perform_all(effects);
        self.see_breakers();
        message
    }

    fn stop_engine(&mut self, now: DateTime<Utc>) -> String {
        let open = self.outlets.gateway.open_exchanges();
        let within = self.state().settings.drain.num_seconds();
        self.begin_stop(now);
        match open {
            0 => "The engine stops.".into(),
            1 => format!(
                "The engine stops when 1 open request has ended, at the latest in {within} s."
            ),
            n => format!(
                "The engine stops when {n} open requests have ended, at the latest in {within} s."
            ),
        }
    }

    fn rehearse(&mut self, now: DateTime<Utc>, seconds: u32) -> Result<String, ControlError> {
        if seconds == 0 || u64::from(seconds) > REHEARSAL_AT_MOST.as_secs() {
            return Err(ControlError {
                error: format!(
                    "a rehearsal lasts 1 to {} seconds",
                    REHEARSAL_AT_MOST.as_secs()
                ),
                fix: None,
            });
        }
        let until = now + TimeDelta::seconds(i64::from(seconds));
        self.outlets.stage.outage(Some(Fault::CutInText));
        self.outlets.rehearsal.send_replace(Some(until));
        self.decide(desk::Event::Rehearsal(Some(until)));
        Ok(format!(
            "Simulated outage for {seconds} seconds. Your real providers are untouched; watch the tray icon."
        ))
    }
}
