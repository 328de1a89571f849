//! Open questions to the owner and their answers: where requests may go, and sibling models.

use api::MayGoTo;
use catalog::EndpointId;
use chrono::{DateTime, TimeDelta, Utc};
use gateway::{Caller, Exchange, ExchangeKind, Ineligible, Login, Outcome, Scope, Siblings};
use ledger::{NotificationKind, NotificationRow, Urgency};
use wire::FailureClass;

use super::{Desk, Record, keys};
use crate::state::{ScopeAnswer, SiblingQuestion};
use crate::view;

/// Duration of a "Not now" answer.
const LATER: TimeDelta = TimeDelta::days(1);

impl Desk {
    /// After a request without its primary: opens a consent question if an available fallback still needs one.
    pub(super) fn ask_for_fallbacks(
        &mut self,
        now: DateTime<Utc>,
        exchange: &Exchange,
        carried: bool,
    ) {
        if exchange.rehearsal || exchange.kind != ExchangeKind::Generate {
            return;
        }
        // One question at a time; the one without cost comes first.
        match self.sibling_that_could(now, exchange, carried) {
            Some(question) => self.ask_for_sibling(now, question),
            None if self.sibling_may_help() => {}
            None => self.ask_for_paid(now, exchange, booked_as_answered(exchange)),
        }
        self.ask_for_scope(now, exchange);
    }

    /// The sibling that needs consent and was healthy while the primary's model failed.
    fn sibling_that_could(
        &self,
        now: DateTime<Utc>,
        exchange: &Exchange,
        carried: bool,
    ) -> Option<SiblingQuestion> {
        // A pipeline's requests follow its settings.
        if exchange.pipeline.is_some() {
            return None;
        }
        // A paid fallback is already in use or allowed, and only one question is open at a time.
        let paid = &self.state.paid;
        if paid.question().is_some() || paid.answer().is_some_and(|answer| answer.allowed) {
            return None;
        }
        let unanswered = self.sibling() == Siblings::Ask && self.state.sibling_question.is_none();
        let later = self.state.siblings_not_before.is_some_and(|at| now < at);
        let unserved = carried || !booked_as_answered(exchange);
        let with_login = exchange.attempts.iter().any(|a| a.by_subscription);
        if !unanswered || later || !unserved || !with_login {
            return None;
        }
        let caller = Caller::agent(Login::Subscription);
        let plan = self.explain(exchange.dialect, &exchange.model, &caller);
        let mut dropped = plan.dropped.iter();
        let sibling = dropped.find(|d| d.why == Ineligible::SiblingNeedsYes)?;
        let primary = plan.candidates.iter().find(|c| c.is_primary())?;
        let failed = exchange.attempts.iter().any(|a| {
            let of_the_model = matches!(
                a.outcome,
                Outcome::Failed {
                    class: FailureClass::Transient | FailureClass::Timeout,
                    fault: gateway::Fault::Theirs(_),
                    ..
                }
            );
            a.endpoint == primary.endpoint && a.model == primary.model && of_the_model
        });
        let sibling_fails =
            self.state.breakers.iter().any(|b| {
                b.endpoint == sibling.endpoint && b.model == sibling.model && b.failures > 0
            });
        (failed && !sibling_fails).then(|| SiblingQuestion {
            endpoint: primary.endpoint.clone(),
            failing: primary.model.clone(),
            sibling: sibling.model.clone(),
        })
    }

    /// The question about a sibling is open, and the sibling has no known failure.
    fn sibling_may_help(&self) -> bool {
        self.state
            .sibling_question
            .as_ref()
            .is_some_and(|requested| {
                let mut breakers = self.state.breakers.iter();
                let fails = breakers.any(|b| {
                    b.endpoint == requested.endpoint
                        && b.model == requested.sibling
                        && b.failures > 0
                });
                let provider = self.state.catalog.endpoint(&requested.endpoint);
                let down = provider.is_some_and(|endpoint| {
                    view::verdict::level_of(&self.state, &endpoint.provider)
                        == api::Level::MajorOutage
                });
                !fails && !down
            })
    }

    fn ask_for_sibling(&mut self, now: DateTime<Utc>, question: SiblingQuestion) {
        let Some(endpoint) = self.state.catalog.endpoint(&question.endpoint) else {
            return;
        };
        let failing = endpoint.provider.clone();
        let thread = view::thread::of_provider(&failing);
        self.state.sibling_question = Some(question);
        self.keep_sibling_question();
        let Some(card) = view::question::siblings(&self.state) else {
            return;
        };
        let actions = card
            .answers
            .into_iter()
            .map(|answer| api::NotificationAction {
                label: answer.label,
                command: answer.command,
            });
        let (title, body) = card.text.split_once(". ").unwrap_or((&card.text, ""));
        let row = NotificationRow {
            at: now,
            kind: NotificationKind::Fallback,
            thread,
            title: title.to_owned(),
            body: body.to_owned(),
            urgency: Urgency::Normal,
            incident: None,
        };
        let actions = actions.collect();
        self.ask(now, &failing, row, actions);
    }

    fn keep_sibling_question(&mut self) {
        let word = self
            .state
            .sibling_question
            .as_ref()
            .map_or_else(String::new, |q| {
                format!("{}\t{}\t{}", q.endpoint, q.failing, q.sibling)
            });
        self.effect(Record::meta(keys::SIBLING_QUESTION, word));
    }

    pub(super) fn sibling_question_answered(&mut self) {
        if self.state.sibling_question.take().is_some() {
            self.keep_sibling_question();
        }
    }

    pub(super) fn siblings_later(&mut self, now: DateTime<Utc>) -> String {
        let until = now + LATER;
        self.state.siblings_not_before = Some(until);
        self.effect(Record::meta(keys::SIBLING_LATER, until.to_rfc3339()));
        self.sibling_question_answered();
        "No other model of the same login answers. The question appears again tomorrow at the earliest.".into()
    }

    /// After a failed request of a pipeline: opens the question about its scope if that is the only obstacle to a fallback.
    fn ask_for_scope(&mut self, now: DateTime<Utc>, exchange: &Exchange) {
        let Some(name) = exchange.pipeline.clone() else {
            return;
        };
        let out_of_scope = |why: &Ineligible| matches!(why, Ineligible::OutOfScope { .. });
        let could = exchange.passed_over.iter().any(|d| out_of_scope(&d.why));
        let by_default = self.state.scope_answer == ScopeAnswer::Default
            && !self.state.settings.pipeline_scopes.contains_key(&name);
        let answered = self.state.scope_answered.contains(&name);
        if !could || booked_as_answered(exchange) || !by_default || answered {
            return;
        }
        if self.state.scope_questions.insert(name) {
            self.keep_scope_questions();
            self.reconfigure(now);
        }
    }

    fn keep_scope_questions(&mut self) {
        let names: Vec<&str> = self
            .state
            .scope_questions
            .iter()
            .map(String::as_str)
            .collect();
        let text = names.join("\n");
        self.effect(Record::meta(keys::SCOPE_QUESTIONS, text));
    }

    /// Records the owner's answer, which is already in the settings file unless it is "keep".
    pub(super) fn answer_may_go_to(
        &mut self,
        now: DateTime<Utc>,
        pipeline: Option<&str>,
        answer: &MayGoTo,
    ) -> String {
        let scope = scope(answer);
        match pipeline {
            None => {
                self.state.scope_answer = ScopeAnswer::Answered;
                let answered = ScopeAnswer::Answered.as_str();
                self.effect(Record::meta(ScopeAnswer::KEY, answered));
            }
            Some(name) => {
                self.state.scope_questions.remove(name);
                self.keep_scope_questions();
                self.state.scope_answered.insert(name.to_owned());
                self.effect(Record::meta(
                    format!("{}{name}", keys::SCOPE_ANSWERED),
                    "yes",
                ));
            }
        }
        if scope.as_ref().is_some_and(|scope| *scope != Scope::Any) {
            // Fallbacks that are still allowed appear again with their next response.
            self.state.fallbacks.forget(|carried| !carried.is_sibling());
        }
        self.reconfigure(now);
        let whose = match pipeline {
            Some(name) => format!("Requests of {name}"),
            None => "Requests of pipelines and applications".into(),
        };
        match scope {
            None => format!("{whose} go to the same providers as before."),
            Some(Scope::Any) => format!("{whose} may go to any provider with a key."),
            Some(Scope::Named) => format!("{whose} may go to the endpoints that your routes name."),
            Some(Scope::SameVendor) => format!("{whose} stay with their own provider."),
            Some(Scope::Endpoints(ids)) => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                format!("{whose} may go to {}.", view::words::list(&ids))
            }
        }
    }
}

/// None: no change.
pub(crate) fn scope(answer: &MayGoTo) -> Option<Scope> {
    match answer {
        MayGoTo::Keep => None,
        MayGoTo::Named => Some(Scope::Named),
        MayGoTo::SameVendor => Some(Scope::SameVendor),
        MayGoTo::Any => Some(Scope::Any),
        MayGoTo::Endpoints(ids) => {
            Some(Scope::Endpoints(ids.iter().map(EndpointId::new).collect()))
        }
    }
}

fn booked_as_answered(exchange: &Exchange) -> bool {
    crate::booking::end(&exchange.end).answered()
}
