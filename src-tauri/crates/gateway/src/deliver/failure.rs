//! The error of an exchange that no candidate answered.

use translate::Untranslatable;
use wire::FailureClass;

use crate::admitted::Admitted;
use crate::attempt::failed_attempt::FailedAttempt;
use crate::attempt::fallback::Fallback;
use crate::deliver::client_response::ClientResponse;
use crate::deliver::outage::Elsewhere;
use crate::deliver::rescue;
use crate::log;
use crate::plan::Remedy;
use crate::plan::lineup::Lineup;
use crate::{Candidate, Config, Credential, Dropped, End, Ineligible, Plan, TurnedAway};

/// The error of an exchange that no candidate answered, and the candidate whose failure it reports.
pub(super) fn error_response(fallback: &mut Fallback) -> (ClientResponse, End, Option<Candidate>) {
    let Some((candidate, failed_attempt)) = fallback.failure.take() else {
        let plan = &fallback.admitted.plan;
        let why = no_candidate(plan);
        let error_reply = rescue::turned_away(plan.dialect, &why);
        log::unanswered(fallback.exchange.span(), error_reply.status, 0);
        return (error_reply, End::TurnedAway(why), None);
    };
    let (error_reply, how) = error_of(fallback, &candidate, failed_attempt);
    let exchange = &fallback.exchange;
    log::unanswered(exchange.span(), error_reply.status, exchange.attempts());
    (error_reply, how, Some(candidate))
}

fn error_of(
    fallback: &Fallback,
    candidate: &Candidate,
    failed_attempt: FailedAttempt,
) -> (ClientResponse, End) {
    let Admitted { config, plan, .. } = &*fallback.admitted;
    let own_login = candidate.credential == Credential::ClientLogin;
    match (failed_attempt.class, failed_attempt.answer) {
        (FailureClass::Caller | FailureClass::ContextTooLong, Some(answer)) => {
            (ClientResponse::from(answer), End::CallersFault)
        }
        // With its reset, for which clients wait.
        (FailureClass::Limit, Some(answer)) => (ClientResponse::from(answer), End::Exhausted),
        (FailureClass::ContextTooLong, None) => {
            let error_reply = rescue::too_long(plan.dialect, &failed_attempt.message);
            (error_reply, End::CallersFault)
        }
        (FailureClass::Credential, Some(answer)) if own_login => {
            (ClientResponse::from(answer), End::CallersFault)
        }
        (FailureClass::ContentPolicy, Some(answer)) => (ClientResponse::from(answer), End::Refused),
        (_, answer) => {
            let product = config
                .endpoints
                .get(&candidate.endpoint)
                .map_or("the provider", |endpoint| endpoint.product.as_str());
            let elsewhere = elsewhere(config, plan, fallback.queue.lineup());
            let verdict = match failed_attempt.fault.local() {
                // The error itself names the cause.
                Some(_) => None,
                None => fallback.services.verdict(candidate, product, &elsewhere),
            };
            let passed_over = fallback.queue.lineup().passed_over().iter();
            let passed_over = passed_over.map(rescue::skip_reason);
            let known: Vec<String> = verdict.into_iter().chain(passed_over).collect();
            let failed_attempt = FailedAttempt {
                answer,
                ..failed_attempt
            };
            let error_reply =
                rescue::exhausted(plan.dialect, candidate, product, failed_attempt, &known);
            (error_reply, End::Exhausted)
        }
    }
}

fn elsewhere(config: &Config, plan: &Plan, lineup: &Lineup) -> Elsewhere {
    if lineup.has_fallback() {
        return Elsewhere::Failed;
    }
    let mut dropped = plan.dropped.iter();
    let waits = dropped.find(|dropped| dropped.why == Ineligible::NeedsYes);
    let product = waits.and_then(|dropped| config.endpoints.get(&dropped.endpoint));
    match product {
        Some(endpoint) => Elsewhere::WaitsForConsent(endpoint.product.clone()),
        None if lineup.passed_over().is_empty() => Elsewhere::NotSetUp,
        None => Elsewhere::NotForThis,
    }
}

/// Why a plan has no candidate.
fn no_candidate(plan: &Plan) -> TurnedAway {
    let Plan {
        dropped,
        model,
        dialect,
        ..
    } = plan;
    let no_key = dropped
        .iter()
        .find_map(|dropped| match dropped.why.remedy() {
            Remedy::Key { name, provider } => Some(format!(
                "No key for {name}. Add one: `understudyd key add {provider}`, or Settings → Keys"
            )),
            Remedy::OtherRequest(_) | Remedy::Time | Remedy::Owner => None,
        });
    let unsupported = |dropped: &&Dropped| match dropped.why.remedy() {
        // Another key would not help.
        Remedy::OtherRequest(Untranslatable::Malformed { .. }) => true,
        Remedy::OtherRequest(_) => no_key.is_none(),
        Remedy::Key { .. } | Remedy::Time | Remedy::Owner => false,
    };
    if let Some(Dropped { endpoint, why, .. }) = dropped.iter().find(unsupported) {
        return TurnedAway::Unsupported(format!(
            "The request cannot be sent to any candidate for `{model}`: {endpoint}: {why}"
        ));
    }
    match (no_key, dropped.first()) {
        (Some(no_key), _) => TurnedAway::NoKey(no_key),
        (None, Some(first)) => TurnedAway::NoCandidate(format!(
            "No candidate for `{model}` is available: {}: {}. `understudyd doctor` shows more",
            first.endpoint, first.why
        )),
        (None, None) => TurnedAway::NoRoute {
            model: model.clone(),
            dialect: *dialect,
        },
    }
}
