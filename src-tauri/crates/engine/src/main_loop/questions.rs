//! What waits for the owner's answer, and the answers: where requests may go, and sibling models.

use std::fs;

use api::{ControlError, MayGoTo};
use catalog::EndpointId;
use chrono::{DateTime, TimeDelta, Utc};
use gateway::{
    Caller, CallerKind, Exchange, ExchangeKind, Ineligible, Login, Outcome, Scope, Siblings,
};
use ledger::{NoticeKind, NoticeRow, Urgency};
use wire::Class;

use super::MainLoop;
use crate::settings::edit::{self, Place};
use crate::settings::{DEFAULT_TEXT, Settings};
use crate::state::{ScopeAnswer, SiblingQuestion};
use crate::{private_file, view};

const SIBLING_ASKED: &str = "sibling_question";
const SIBLING_LATER: &str = "siblings_not_before";
const SCOPE_ASKED: &str = "scope_questions";
/// "Not now" holds so long.
const LATER: TimeDelta = TimeDelta::days(1);
const COMMENT: &str = "Your answer in Understudy.";

impl MainLoop {
    /// A request ended without its primary: would a fallback have answered that the owner has not been asked about?
    pub(super) fn ask_for_fallbacks(
        &mut self,
        now: DateTime<Utc>,
        exchange: &Exchange,
        carried: bool,
    ) {
        if exchange.rehearsal || exchange.kind != ExchangeKind::Generate {
            return;
        }
        if let Some(question) = self.sibling_that_could(now, exchange, carried) {
            self.ask_for_sibling(now, question);
        }
        self.ask_for_scope(exchange);
    }

    /// The sibling that waits for a yes and would have answered: the primary's model failed, and the sibling did not.
    fn sibling_that_could(
        &self,
        now: DateTime<Utc>,
        exchange: &Exchange,
        carried: bool,
    ) -> Option<SiblingQuestion> {
        let unanswered = self.sibling() == Siblings::Ask && self.state.sibling_question.is_none();
        let later = self.state.siblings_not_before.is_some_and(|at| now < at);
        let unserved = carried || !booked_as_answered(exchange);
        let with_login = exchange.attempts.iter().any(|a| a.by_subscription);
        if !unanswered || later || !unserved || !with_login {
            return None;
        }
        let caller = Caller {
            kind: match &exchange.pipeline {
                Some(name) => CallerKind::Pipeline(name.clone()),
                None => CallerKind::Agent,
            },
            login: Login::Subscription,
            rerun: false,
        };
        let gateway = &self.outlets.gateway;
        let plan = gateway.explain(exchange.dialect, &exchange.model, &caller);
        let mut dropped = plan.dropped.iter();
        let sibling = dropped.find(|d| d.why == Ineligible::SiblingNeedsYes)?;
        let primary = plan.candidates.iter().find(|c| c.is_primary())?;
        let failed = exchange.attempts.iter().any(|a| {
            let of_the_model = matches!(
                a.outcome,
                Outcome::Failed {
                    class: Class::Transient | Class::Silent,
                    kind: Some(_),
                    ..
                }
            );
            a.endpoint == primary.endpoint && a.model == primary.model && of_the_model
        });
        let sibling_fails = gateway
            .breakers()
            .iter()
            .any(|b| b.endpoint == sibling.endpoint && b.model == sibling.model && b.failures > 0);
        (failed && !sibling_fails).then(|| SiblingQuestion {
            endpoint: primary.endpoint.clone(),
            failing: primary.model.clone(),
            sibling: sibling.model.clone(),
        })
    }

    fn ask_for_sibling(&mut self, now: DateTime<Utc>, question: SiblingQuestion) {
        self.state.sibling_question = Some(question);
        self.keep_sibling_question();
        let Some(card) = view::question::siblings(&self.state) else {
            return;
        };
        let actions = card.answers.into_iter().map(|answer| api::NoticeAction {
            label: answer.label,
            command: answer.command,
        });
        let (title, body) = card.text.split_once(". ").unwrap_or((&card.text, ""));
        let row = NoticeRow {
            at: now,
            kind: NoticeKind::Fallback,
            thread: "question/siblings".into(),
            title: title.to_owned(),
            body: body.to_owned(),
            urgency: Urgency::Normal,
            incident: None,
        };
        self.tell_with(&row, actions.collect());
    }

    fn keep_sibling_question(&mut self) {
        let word = self
            .state
            .sibling_question
            .as_ref()
            .map_or_else(String::new, |q| {
                format!("{}\t{}\t{}", q.endpoint, q.failing, q.sibling)
            });
        self.kept("keep a question", |ledger| {
            ledger.set_meta(SIBLING_ASKED, &word)
        });
    }

    pub(super) fn sibling_question_answered(&mut self) {
        if self.state.sibling_question.take().is_some() {
            self.keep_sibling_question();
        }
    }

    pub(super) fn siblings_later(&mut self, now: DateTime<Utc>) -> String {
        let until = now + LATER;
        self.state.siblings_not_before = Some(until);
        self.kept("keep your answer", |ledger| {
            ledger.set_meta(SIBLING_LATER, &until.to_rfc3339())
        });
        self.sibling_question_answered();
        "No other model of the same login answers. The question comes again tomorrow at the earliest.".into()
    }

    /// A pipeline's request failed, and a fallback would have answered that no word of the owner's lets it go to.
    fn ask_for_scope(&mut self, exchange: &Exchange) {
        let Some(name) = exchange.pipeline.clone() else {
            return;
        };
        let out_of_scope = |why: &Ineligible| matches!(why, Ineligible::OutOfScope { .. });
        let could = exchange.passed_over.iter().any(|d| out_of_scope(&d.why));
        let by_default = self.state.scope_answer == ScopeAnswer::Default
            && !self.state.settings.pipeline_scopes.contains_key(&name);
        let answered = self
            .ledger
            .meta(&answered_key(&name))
            .ok()
            .flatten()
            .is_some();
        if !could || booked_as_answered(exchange) || !by_default || answered {
            return;
        }
        if self.state.scope_asked.insert(name) {
            self.keep_scope_questions();
            self.reconfigure();
        }
    }

    fn keep_scope_questions(&mut self) {
        let names: Vec<&str> = self.state.scope_asked.iter().map(String::as_str).collect();
        let text = names.join("\n");
        self.kept("keep a question", |ledger| {
            ledger.set_meta(SCOPE_ASKED, &text)
        });
    }

    /// # Errors
    /// The settings file cannot be written, or would be wrong.
    pub(super) fn answer_may_go_to(
        &mut self,
        pipeline: Option<&str>,
        answer: &MayGoTo,
    ) -> Result<String, ControlError> {
        let scope = match answer {
            MayGoTo::Keep => None,
            MayGoTo::Named => Some(Scope::Named),
            MayGoTo::SameVendor => Some(Scope::SameVendor),
            MayGoTo::Any => Some(Scope::Any),
            MayGoTo::Endpoints(ids) => {
                Some(Scope::Endpoints(ids.iter().map(EndpointId::new).collect()))
            }
        };
        if let Some(scope) = &scope {
            self.write_scope(pipeline, scope)?;
        }
        match pipeline {
            None => {
                self.state.scope_answer = ScopeAnswer::Answered;
                self.kept("keep your answer", |ledger| {
                    ledger.set_meta(ScopeAnswer::KEY, ScopeAnswer::Answered.as_str())
                });
            }
            Some(name) => {
                self.state.scope_asked.remove(name);
                self.keep_scope_questions();
                let key = answered_key(name);
                self.kept("keep your answer", |ledger| ledger.set_meta(&key, "yes"));
            }
        }
        if scope.as_ref().is_some_and(|scope| *scope != Scope::Any) {
            // Those that may still answer stand again with their next response.
            self.state.fallbacks.forget(|carried| !carried.is_sibling());
        }
        self.reconfigure();
        let whose = match pipeline {
            Some(name) => format!("Requests of {name}"),
            None => "Requests of pipelines and applications".into(),
        };
        Ok(match scope {
            None => format!("{whose} go where they went before."),
            Some(Scope::Any) => format!("{whose} may go to any provider with a key."),
            Some(Scope::Named) => format!("{whose} may go to the endpoints that your routes name."),
            Some(Scope::SameVendor) => format!("{whose} stay with their own provider."),
            Some(Scope::Endpoints(ids)) => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                format!("{whose} may go to {}.", view::words::list(&ids))
            }
        })
    }

    fn write_scope(&mut self, pipeline: Option<&str>, scope: &Scope) -> Result<(), ControlError> {
        let file = self.state.places.settings.clone();
        let refused = |why: String| ControlError {
            error: format!("{} was not changed: {why}", file.display()),
            fix: Some("write may_go_to there yourself; the settings in force are unchanged".into()),
        };
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => DEFAULT_TEXT.to_owned(),
            Err(error) => return Err(refused(format!("it cannot be read: {error}"))),
        };
        let place = pipeline.map_or(Place::General, Place::Pipeline);
        let text =
            edit::set(&text, place, scope, COMMENT).map_err(|why| refused(why.to_string()))?;
        if let Err(wrong) = Settings::parse(&text, &self.base_catalog) {
            return Err(refused(wrong[0].what.clone()));
        }
        private_file::rewrite(&file, text.as_bytes())
            .map_err(|error| refused(format!("it cannot be written: {error}")))?;
        self.settings_file(Ok(text));
        Ok(())
    }

    pub(super) fn recall_questions(&mut self) {
        let meta = |key: &str| self.ledger.meta(key);
        let all = (|| {
            Ok((
                meta(SIBLING_ASKED)?,
                meta(SIBLING_LATER)?,
                meta(SCOPE_ASKED)?,
            ))
        })();
        let (sibling, later, scope) = match all {
            Ok(all) => all,
            Err(error) => return self.ledger_trouble("recall open questions", &error),
        };
        let sibling = sibling.unwrap_or_default();
        if let [endpoint, failing, sibling] = sibling.split('\t').collect::<Vec<_>>()[..] {
            self.state.sibling_question = Some(SiblingQuestion {
                endpoint: EndpointId::new(endpoint),
                failing: catalog::ModelId::new(failing),
                sibling: catalog::ModelId::new(sibling),
            });
        }
        let later = later.and_then(|word| DateTime::parse_from_rfc3339(&word).ok());
        self.state.siblings_not_before = later.map(|at| at.to_utc());
        let names = scope.unwrap_or_default();
        let names = names.lines().filter(|name| !name.is_empty());
        self.state.scope_asked = names.map(str::to_owned).collect();
    }
}

fn answered_key(pipeline: &str) -> String {
    format!("scope_answered/{pipeline}")
}

fn booked_as_answered(exchange: &Exchange) -> bool {
    crate::booking::end(&exchange.end).answered()
}
