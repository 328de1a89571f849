//! Queries and commands from the control API.

use api::{Command, ControlError, SettingsText};
use chrono::{DateTime, Utc};
use ledger::LedgerError;

use super::MainLoop;
use crate::event::ControlRequest;
use crate::settings::Settings;
use crate::{desk, private_file, view};

impl MainLoop {
    pub(super) fn control_request(&mut self, now: DateTime<Utc>, ask: ControlRequest) {
        // A reply whose receiver is gone is not an error.
        match ask {
            ControlRequest::Do(Command::CheckNow, reply) => self.check_now(reply),
            ControlRequest::Do(command, reply) => {
                let done = self.obey(now, &command);
                self.publish();
                let _ = reply.send(done);
            }
            ControlRequest::Read(read) => read.of(&self.ledger),
            ControlRequest::Checked {
                interruption,
                reply,
            } => {
                let checked = self.checked(now, interruption);
                self.publish();
                let _ = reply.send(checked);
            }
            ControlRequest::MarkItem {
                incident,
                wanted,
                reply,
            } => {
                let marked = self.mark_item(now, incident, &wanted);
                self.publish();
                let _ = reply.send(marked);
            }
            ControlRequest::CloseReview { id, close, reply } => {
                let closed = self.close_review(now, &id, &close);
                self.publish();
                let _ = reply.send(closed);
            }
            ControlRequest::ReopenReview { id, reply } => {
                let reopened = self.reopen_review(&id);
                self.publish();
                let _ = reply.send(reopened);
            }
            ControlRequest::HasReceiver {
                pipeline,
                resume,
                reply,
            } => {
                let receiver = self.desk.receiver_of(pipeline.as_deref(), resume.as_ref());
                let _ = reply.send(receiver.is_some());
            }
            ControlRequest::ReviewRan {
                id,
                ran,
                delivers,
                reply,
            } => {
                let run = ledger::ReviewRun {
                    at: now,
                    status: ran.status,
                    content_type: ran.content_type,
                    body: ran.body,
                };
                let kept = self.review_ran(&id, run, delivers);
                let _ = reply.send(kept.map_err(unreadable));
            }
            ControlRequest::DrainOffer { pipeline, reply } => {
                let _ = reply.send(self.drain_offer(&pipeline));
            }
            ControlRequest::SwitchDrain {
                pipeline,
                on,
                reply,
            } => {
                let switched = self.switch_drain(&pipeline, on);
                self.publish();
                let _ = reply.send(switched);
            }
            ControlRequest::BeginRetry {
                ids,
                count_only,
                reply,
            } => {
                let begun = self.begin_retry(ids, count_only);
                self.publish();
                let _ = reply.send(begun);
            }
            ControlRequest::Retried { answered, reply } => {
                let _ = reply.send(self.desk.retried(answered));
            }
            ControlRequest::RetryEnded(reply) => {
                self.desk.retry_ended(now);
                let _ = reply.send(());
            }
            ControlRequest::StopRetry(reply) => {
                let _ = reply.send(self.desk.stop_retry());
            }
            ControlRequest::NotificationDelivered { id, outcome, reply } => {
                self.decide(desk::Event::NotificationDelivered(id, outcome));
                let _ = reply.send(());
            }
            ControlRequest::KeysChanged(reply) => {
                self.decide(desk::Event::KeysChanged);
                self.see_breakers();
                self.publish();
                let _ = reply.send(());
            }
            ControlRequest::Explain {
                dialect,
                model,
                caller,
                usual_login,
                reply,
            } => {
                let caller = self.caller(dialect, caller, usual_login);
                let plan = self.outlets.gateway.explain(dialect, &model, &caller);
                let _ = reply.send(self.explained(&plan, &caller));
            }
            ControlRequest::ExplainRequest {
                dialect,
                body,
                caller,
                usual_login,
                reply,
            } => {
                let caller = self.caller(dialect, caller, usual_login);
                let gateway = &self.outlets.gateway;
                let plan = gateway.explain_request(dialect, &body, &caller);
                let explained = plan.map(|plan| self.explained(&plan, &caller));
                let _ = reply.send(explained.map_err(|why| {
                    ControlError {
                        error: format!("That is not a valid request of {dialect}: {why}."),
                        fix: Some(
                            "Give the JSON that the client sends as its body, and its --dialect."
                                .into(),
                        ),
                    }
                }));
            }
            ControlRequest::Fallbacks { of, reply } => {
                let _ = reply.send(view::fallback_test::listed(self.state(), of.as_deref()));
            }
            ControlRequest::BeginTest { wanted, reply } => {
                let _ = reply.send(self.desk.begin_test(&wanted));
            }
            ControlRequest::TestEnded {
                target,
                played,
                reply,
            } => {
                let (tested, effects) = self.desk.test_ended(now, &target, &played);
                self.perform_all(effects);
                self.publish();
                let _ = reply.send(tested);
            }
            ControlRequest::DrillOffer {
                model,
                live,
                connected,
                reply,
            } => {
                self.desk.connected_are(connected);
                let _ = reply.send(self.desk.drill_offer(model.as_deref(), live));
            }
            ControlRequest::BeginDrill {
                entry,
                connected,
                reply,
            } => {
                self.desk.connected_are(connected);
                let _ = reply.send(self.begin_drill(now, &entry));
            }
            ControlRequest::DrillTested {
                id,
                exchange,
                reply,
            } => {
                let _ = reply.send(self.drill_tested(now, id, exchange.as_deref()));
            }
            ControlRequest::EndDrill(reply) => {
                self.stop_drill(now);
                let _ = reply.send(self.drill());
            }
            ControlRequest::Drill(reply) => {
                let _ = reply.send(self.drill());
            }
            ControlRequest::Settings(reply) => {
                let _ = reply.send(self.settings_text());
            }
            ControlRequest::SaveSettings { text, reply } => {
                let saved = self.save_settings(text);
                self.publish();
                let _ = reply.send(saved);
            }
            ControlRequest::Pipelines(reply) => {
                let _ = reply.send(self.written_pipelines());
            }
            ControlRequest::PutPipeline(put, reply) => {
                let saved = self.put_pipeline(&put);
                self.publish();
                let _ = reply.send(saved);
            }
            ControlRequest::RemovePipeline {
                name,
                expected,
                reply,
            } => {
                let removed = self.remove_pipeline(&name, &expected);
                self.publish();
                let _ = reply.send(removed);
            }
            ControlRequest::Tokens(reply) => {
                let _ = reply.send(self.state().tokens.iter().cloned().collect());
            }
            ControlRequest::AddToken {
                name,
                pipeline,
                reply,
            } => {
                let _ = reply.send(self.add_token(now, &name, pipeline.as_deref()));
            }
            ControlRequest::RevokeToken { name, reply } => {
                let _ = reply.send(self.revoke_token(&name));
            }
            ControlRequest::Doctor(reply) => {
                let _ = reply.send(super::doctor::examine(
                    self.state(),
                    &self.outlets.gateway,
                    now,
                ));
            }
            ControlRequest::Metrics(reply) => {
                let outlets = &self.outlets;
                let page = super::metrics::page(self.state(), &outlets.gateway, &outlets.metrics);
                let _ = reply.send(page);
            }
        }
    }

    fn caller(
        &self,
        dialect: catalog::Dialect,
        caller: gateway::Caller,
        usual_login: bool,
    ) -> gateway::Caller {
        let login = match usual_login {
            true => self.desk.usual_login(dialect, &caller.kind),
            false => caller.login,
        };
        gateway::Caller { login, ..caller }
    }

    fn explained(&self, plan: &gateway::Plan, caller: &gateway::Caller) -> api::Explained {
        let of_a_pipeline = matches!(caller.kind, gateway::CallerKind::Pipeline(_));
        api::Explained {
            fallbacks: self.desk.fallbacks_of(plan),
            drill_until: self.desk.drilled_until(plan),
            ..view::route::explained(plan, of_a_pipeline)
        }
    }

    fn settings_text(&self) -> SettingsText {
        let file = &self.state().places.settings;
        let read = crate::text_file::read(file);
        let errors = match &read {
            Ok(text) => Settings::parse_change(text, self.desk.base_catalog())
                .err()
                .unwrap_or_default(),
            Err(_) => self.state().settings_errors.clone(),
        };
        let text = read.unwrap_or_else(|_| crate::settings::DEFAULT_TEXT.to_owned());
        SettingsText {
            file: file.display().to_string(),
            text,
            errors: errors.iter().map(ToString::to_string).collect(),
            after_a_restart: self.after_a_restart(),
        }
    }

    fn after_a_restart(&self) -> Option<String> {
        let state = self.state();
        let (what, fix) = state.listening.pending(&state.settings)?;
        Some(format!("{what} {fix}"))
    }

    /// Only a valid text replaces the file.
    fn save_settings(&mut self, text: String) -> Result<SettingsText, ControlError> {
        let file = self.state().places.settings.clone();
        let errors = Settings::parse_change(&text, self.desk.base_catalog())
            .err()
            .unwrap_or_default();
        if !errors.is_empty() {
            return Ok(SettingsText {
                file: file.display().to_string(),
                text,
                errors: errors.iter().map(ToString::to_string).collect(),
                after_a_restart: None,
            });
        }
        private_file::rewrite(&file, text.as_bytes()).map_err(|error| ControlError {
            error: format!("{} cannot be written: {error}", file.display()),
            fix: Some(
                "check the file's and the folder's permissions; the active settings are unchanged"
                    .into(),
            ),
        })?;
        self.read_settings(Ok(text));
        Ok(self.settings_text())
    }
}

fn unreadable(error: LedgerError) -> ControlError {
    ControlError {
        error: format!("the ledger cannot be read: {error}"),
        fix: None,
    }
}
