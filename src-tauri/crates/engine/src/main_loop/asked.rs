//! Questions and commands from the control API.

use api::{
    Accepted, Command, ControlError, ExchangePage, IncidentPage, NoticeOutcome, SettingsText,
};
use chrono::{DateTime, TimeDelta, Utc};
use ledger::{LedgerError, REVIEW_KEPT, Which};
use stage::Fault;

use super::MainLoop;
use crate::event::Ask;
use crate::settings::Settings;
use crate::state::REHEARSAL_AT_MOST;
use crate::{login, private_file, view};

impl MainLoop {
    pub(super) fn asked(&mut self, now: DateTime<Utc>, ask: Ask) {
        // A reply that nobody waits for any more is no error.
        match ask {
            Ask::Do(Command::CheckNow, reply) => self.check_now(reply),
            Ask::Do(command, reply) => {
                let done = self.obey(now, &command);
                self.publish();
                let _ = reply.send(done);
            }
            Ask::Incidents {
                limit,
                before,
                reply,
            } => {
                let _ = reply.send(self.incidents(now, limit, before).map_err(unreadable));
            }
            Ask::Incident { id, reply } => {
                let _ = reply.send(self.incident(now, id).map_err(unreadable));
            }
            Ask::Exchanges {
                limit,
                before,
                reply,
            } => {
                let page = self
                    .ledger
                    .exchanges(limit, before)
                    .map(|page| ExchangePage {
                        exchanges: page
                            .rows
                            .iter()
                            .map(|(id, row)| view::rows::exchange(*id, row, &self.state))
                            .collect(),
                        next: page.next,
                    });
                let _ = reply.send(page.map_err(unreadable));
            }
            Ask::Exchange { id, reply } => {
                let row = self
                    .ledger
                    .exchange(id)
                    .map(|row| row.map(|row| view::rows::exchange(id, &row, &self.state)));
                let _ = reply.send(row.map_err(unreadable));
            }
            Ask::Checked {
                interruption,
                reply,
            } => {
                let _ = reply.send(self.checked(now, interruption));
            }
            Ask::Reviews {
                all,
                limit,
                before,
                reply,
            } => {
                let which = if all {
                    Which::All
                } else {
                    Which::Recent(now - REVIEW_KEPT)
                };
                let _ = reply.send(self.reviews(which, limit, before).map_err(unreadable));
            }
            Ask::Review { id, reply } => {
                let found = self.ledger.review(&id).map(|item| item.map(Box::new));
                let _ = reply.send(found.map_err(unreadable));
            }
            Ask::CloseReview { id, close, reply } => {
                let closed = self.close_review(now, &id, &close);
                self.publish();
                let _ = reply.send(closed);
            }
            Ask::ReopenReview { id, reply } => {
                let reopened = self.reopen_review(&id);
                self.publish();
                let _ = reply.send(reopened);
            }
            Ask::ReviewRan {
                id,
                status,
                body,
                reply,
            } => {
                let run = ledger::ReviewRun {
                    at: now,
                    status,
                    body,
                };
                let _ = reply.send(self.review_ran(&id, &run).map_err(unreadable));
            }
            Ask::BeginRetry {
                incident,
                pipeline,
                count_only,
                reply,
            } => {
                let begun = self.begin_retry(incident, pipeline.as_deref(), count_only);
                self.publish();
                let _ = reply.send(begun);
            }
            Ask::Retried { answered, reply } => {
                let _ = reply.send(self.retried(answered));
            }
            Ask::RetryEnded(reply) => {
                self.retry_ended(now);
                let _ = reply.send(());
            }
            Ask::StopRetry(reply) => {
                let _ = reply.send(self.stop_retry());
            }
            Ask::NoticeTold { id, outcome, reply } => {
                self.notice_told(id, outcome);
                let _ = reply.send(());
            }
            Ask::KeysChanged(reply) => {
                self.reconfigure();
                self.try_new_keys();
                self.look_at_breakers();
                self.publish();
                let _ = reply.send(());
            }
            Ask::Explain {
                dialect,
                model,
                caller,
                reply,
            } => {
                let plan = self.outlets.gateway.explain(dialect, &model, &caller);
                let _ = reply.send(self.explained(&plan, &caller));
            }
            Ask::ExplainRequest {
                dialect,
                body,
                caller,
                reply,
            } => {
                let gateway = &self.outlets.gateway;
                let plan = gateway.explain_request(dialect, &body, &caller);
                let explained = plan.map(|plan| self.explained(&plan, &caller));
                let _ = reply.send(explained.map_err(|why| {
                    ControlError {
                        error: format!("That is no request of {dialect}: {why}."),
                        fix: Some(
                            "Give the JSON that the client sends as its body, and its --dialect."
                                .into(),
                        ),
                    }
                }));
            }
            Ask::Fallbacks { of, reply } => {
                let _ = reply.send(view::fallback_test::listed(&self.state, of.as_deref()));
            }
            Ask::BeginTest { wanted, reply } => {
                let _ = reply.send(self.begin_test(&wanted));
            }
            Ask::TestEnded {
                target,
                played,
                reply,
            } => {
                let tested = self.test_ended(now, &target, &played);
                self.publish();
                let _ = reply.send(tested);
            }
            Ask::Settings(reply) => {
                let _ = reply.send(self.settings_text());
            }
            Ask::SaveSettings { text, reply } => {
                let saved = self.save_settings(text);
                self.publish();
                let _ = reply.send(saved);
            }
            Ask::Doctor(reply) => {
                let _ = reply.send(super::doctor::examine(&self.state, &self.outlets.gateway));
            }
            Ask::Metrics(reply) => {
                let _ = reply.send(super::metrics::metrics(&self.state, &self.outlets.gateway));
            }
        }
    }

    fn explained(&self, plan: &gateway::Plan, caller: &gateway::Caller) -> api::Explained {
        let of_a_pipeline = matches!(caller.kind, gateway::CallerKind::Pipeline(_));
        api::Explained {
            fallbacks: self.fallbacks_of(plan),
            ..view::snapshot::explained(plan, of_a_pipeline)
        }
    }

    fn obey(&mut self, now: DateTime<Utc>, command: &Command) -> Result<Accepted, ControlError> {
        let said = match command {
            Command::Pause | Command::Resume => {
                self.state.paused = *command == Command::Pause;
                self.reconfigure();
                if self.state.paused {
                    "Paused: requests pass straight to the primary."
                } else {
                    "Watching over requests again."
                }
                .to_owned()
            }
            Command::StopEngine => {
                let open = self.outlets.gateway.open_exchanges();
                let within = self.state.settings.drain.num_seconds();
                self.begin_stop(now, chrono::TimeDelta::MAX);
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
            Command::TryNow { endpoint, model } => self.try_now(endpoint, model)?,
            Command::PaidStandIns { allow } => self.answer_paid_stand_ins(*allow),
            Command::Siblings { allow } => self.answer_siblings(*allow),
            Command::SiblingsLater => self.siblings_later(now),
            Command::PaidFallbacksToday { allow } => self.answer_paid_today(now, *allow),
            Command::MayGoTo { pipeline, scope } => {
                self.answer_may_go_to(pipeline.as_deref(), scope)?
            }
            Command::Rehearse { seconds } => self.rehearse(now, *seconds)?,
            Command::EndRehearsal => {
                self.end_rehearsal();
                "The rehearsed outage is over; the next requests show the recovery.".into()
            }
            Command::StartAtLogin { on } => {
                let said = login::set(*on).map_err(|error| ControlError {
                    error: error.to_string(),
                    fix: Some(error.fix().into()),
                })?;
                self.state.starts_at_login = login::is_on();
                said
            }
            // Each takes its time, and is answered elsewhere.
            Command::CheckNow | Command::ReviewRetryAll { .. } | Command::ReviewRetryStop => {
                return Err(ControlError {
                    error: "this command takes time, and the control API alone answers it".into(),
                    fix: Some("send the command to /control/do".into()),
                });
            }
            Command::OpenWindow { .. }
            | Command::CopyBaseUrl
            | Command::Quit
            | Command::StartEngine => {
                return Err(ControlError {
                    error: "that is the desktop application's to do".into(),
                    fix: Some("use the tray icon's menu".into()),
                });
            }
        };
        Ok(Accepted { said })
    }

    fn try_now(&mut self, endpoint: &str, model: &str) -> Result<String, ControlError> {
        let breaker = self
            .state
            .breakers
            .iter()
            .find(|b| b.endpoint.as_str() == endpoint && b.model.as_str() == model);
        let Some(breaker) = breaker else {
            return Err(ControlError {
                error: format!("nothing keeps requests away from {model} at {endpoint}"),
                fix: None,
            });
        };
        self.outlets
            .gateway
            .try_now(&breaker.endpoint, &breaker.model);
        self.look_at_breakers();
        Ok(format!(
            "The next request for {model} goes to {endpoint} again."
        ))
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
        self.state.rehearsal_until = Some(until);
        Ok(format!(
            "For {seconds} s every rehearsal answer breaks off in the middle. Watch the tray; no real provider is touched."
        ))
    }

    fn incidents(
        &self,
        now: DateTime<Utc>,
        limit: u32,
        before: Option<i64>,
    ) -> Result<IncidentPage, LedgerError> {
        let page = self.ledger.incidents(limit, before)?;
        let summaries = page.rows.iter().map(|(id, row)| {
            let met = self.ledger.met(*id)?.unwrap_or_default();
            Ok(view::rows::summary(&self.state, *id, row, &met, now))
        });
        Ok(IncidentPage {
            incidents: summaries.collect::<Result<_, LedgerError>>()?,
            next: page.next,
        })
    }

    fn incident(&self, now: DateTime<Utc>, id: i64) -> Result<Option<api::Incident>, LedgerError> {
        let Some(story) = self.ledger.incident(id)? else {
            return Ok(None);
        };
        let met = self.ledger.met(id)?.unwrap_or_default();
        let interrupted = self.ledger.interruptions(id)?;
        Ok(Some(api::Incident {
            interrupted: interrupted
                .iter()
                .map(|(id, row)| view::interrupted::interruption(&self.state, *id, row))
                .collect(),
            ..view::rows::incident(&self.state, id, &story, &met, now)
        }))
    }

    fn notice_told(&mut self, id: u64, outcome: NoticeOutcome) {
        let told = self
            .state
            .notices
            .iter()
            .find(|n| n.id == id)
            .map(|n| n.title.clone());
        self.state.notices.retain(|n| n.id != id);
        let outcome = match outcome {
            NoticeOutcome::Shown => {
                self.state.unshown = None;
                ledger::Outcome::Shown
            }
            NoticeOutcome::NotShown { why } => {
                self.state.unshown = told.map(|title| (title, why.clone()));
                ledger::Outcome::NotShown { why }
            }
        };
        let id = i64::try_from(id).unwrap_or(i64::MAX);
        self.kept("note what became of a notification", |ledger| {
            ledger.mark_notice(id, &outcome).map(|_| ())
        });
    }

    fn settings_text(&self) -> SettingsText {
        let file = &self.state.places.settings;
        let text = std::fs::read_to_string(file)
            .unwrap_or_else(|_| crate::settings::DEFAULT_TEXT.to_owned());
        let errors = Settings::parse(&text, &self.base_catalog)
            .err()
            .unwrap_or_default();
        SettingsText {
            file: file.display().to_string(),
            text,
            errors: errors.iter().map(ToString::to_string).collect(),
        }
    }

    /// Only a good text replaces the file.
    fn save_settings(&mut self, text: String) -> Result<SettingsText, ControlError> {
        let file = self.state.places.settings.clone();
        let errors = Settings::parse(&text, &self.base_catalog)
            .err()
            .unwrap_or_default();
        if !errors.is_empty() {
            return Ok(SettingsText {
                file: file.display().to_string(),
                text,
                errors: errors.iter().map(ToString::to_string).collect(),
            });
        }
        private_file::write(&file, text.as_bytes()).map_err(|error| ControlError {
            error: format!("{} cannot be written: {error}", file.display()),
            fix: Some("check the file's and the folder's permissions; the settings in force are unchanged".into()),
        })?;
        self.settings_file(Ok(text));
        Ok(self.settings_text())
    }
}

fn unreadable(error: LedgerError) -> ControlError {
    ControlError {
        error: format!("the ledger cannot be read: {error}"),
        fix: None,
    }
}
