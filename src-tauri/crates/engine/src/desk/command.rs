//! The owner's commands that the desk handles. `main_loop` handles those that need a file or a socket.

use api::{Command, ControlError};
use catalog::{EndpointId, ModelId};
use chrono::{DateTime, Utc};

use super::{Desk, Effect, Event, Record, keys};

impl Desk {
    /// Handles a command of the owner and returns a sentence about the result.
    ///
    /// # Errors
    /// The command cannot be carried out now.
    pub(crate) fn obey(
        &mut self,
        now: DateTime<Utc>,
        command: &Command,
    ) -> (Result<String, ControlError>, Vec<Effect>) {
        let message = match command {
            Command::Pause => {
                self.effects = self.on(now, Event::Paused(true));
                Ok("Paused: requests go straight to the primary.".to_owned())
            }
            Command::Resume => {
                self.effects = self.on(now, Event::Paused(false));
                Ok("Resumed: fallbacks are active again.".to_owned())
            }
            Command::TryNow { endpoint, model } => self.try_now(endpoint, model),
            Command::PaidUntilBack { allow } => Ok(self.answer_paid_until_back(now, *allow)),
            Command::UseNow {
                client,
                provider,
                pin,
            } => self.use_now(now, client, provider.as_deref(), *pin),
            Command::PaidFallbacks { allow } => Ok(self.answer_paid_fallbacks(now, *allow)),
            Command::EndFirstRun => Ok(self.end_first_run()),
            Command::Siblings { allow } => Ok(self.answer_siblings(now, *allow)),
            Command::SiblingsLater => Ok(self.siblings_later(now)),
            Command::PaidFallbacksToday { allow } => Ok(self.answer_paid_today(now, *allow)),
            Command::MayGoTo { pipeline, scope } => {
                Ok(self.answer_may_go_to(now, pipeline.as_deref(), scope))
            }
            // These commands take time, and `main_loop` handles them.
            Command::CheckNow | Command::ReviewRetryAll { .. } | Command::ReviewRetryStop => {
                Err(ControlError {
                    error: "this command takes time, so only the control API answers it".into(),
                    fix: Some("send the command to /control/do".into()),
                })
            }
            Command::StopEngine
            | Command::Rehearse { .. }
            | Command::EndRehearsal
            | Command::StartAtLogin { .. }
            | Command::OpenWindow { .. }
            | Command::CopyBaseUrl
            | Command::Quit
            | Command::StartEngine => Err(ControlError {
                error: "this command is for the desktop application".into(),
                fix: Some("use the tray icon's menu".into()),
            }),
        };
        (message, std::mem::take(&mut self.effects))
    }

    fn end_first_run(&mut self) -> String {
        self.state.first_run = false;
        self.effect(Record::meta(keys::FIRST_RUN, keys::FIRST_RUN_ENDED));
        "Settings → General opens these questions again.".into()
    }

    fn try_now(&mut self, endpoint: &str, model: &str) -> Result<String, ControlError> {
        let (endpoint, model) = (EndpointId::new(endpoint), ModelId::new(model));
        let is_it = |b: &gateway::BreakerView| b.endpoint == endpoint && b.model == model;
        if !self.state.breakers.iter().any(is_it) {
            return Err(ControlError {
                error: format!("the circuit breaker of {model} at {endpoint} is not open"),
                fix: None,
            });
        }
        let message = format!("The next request for {model} goes to {endpoint} again.");
        self.effect(Effect::TryNow(endpoint, model));
        Ok(message)
    }
}
