//! From what the candidates brought to what the client gets.

use std::time::Duration;

use bytes::Bytes;
use catalog::Endpoint;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode, Version};
use tokio::time::timeout;
use translate::Untranslatable;
use wire::Class;

use crate::admitted::Admitted;
use crate::attempt::fallback::{Answered, Fallback, NoneLeft};
use crate::attempt::headers;
use crate::attempt::lost::Lost;
use crate::attempt::won::Won;
use crate::deliver::announce::announcement;
use crate::deliver::hold::Hold;
use crate::deliver::outage::Elsewhere;
use crate::deliver::outlet::Outlet;
use crate::deliver::rescue;
use crate::deliver::whole_response::WholeResponse;
use crate::deliver::{Delivery, KEEP_ALIVE, end_of};
use crate::kept::Keeper;
use crate::log;
use crate::open::OpenExchange;
use crate::services::Services;
use crate::{
    Body, Candidate, Config, Credential, Dropped, End, Ineligible, Outcome, Plan, TurnedAway,
};

type Found = (Fallback, Result<Answered, NoneLeft>);

/// Ask the candidates and answer the client.
pub(crate) async fn answer(
    services: &Services,
    admitted: Admitted,
    exchange: OpenExchange,
) -> Response<Body> {
    let patience = patience(&admitted);
    let mut fallback = Fallback::new(services.clone(), admitted, exchange);
    let mut finding = async move {
        let found = fallback.next().await;
        (fallback, found)
    }
    .boxed();
    let Some(patience) = patience else {
        return respond(finding.await);
    };
    match timeout(patience, &mut finding).await {
        Ok(found) => respond(found),
        // From here on there is no other status than this one.
        Err(_) => kept_alive(Body::driven(|outlet| waiting(finding, outlet))),
    }
}

/// A keep-alive for a client that has not received a beginning of an event yet.
pub(crate) const WAITING: Bytes = Bytes::from_static(b": waiting\n\n");

/// An event stream that begins before it is known what it will be.
pub(crate) fn kept_alive(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// How long a client may be shown nothing at all, not even a status. Where an answer is held until its first content
/// only, the deadlines keep it short enough.
fn patience(admitted: &Admitted) -> Option<Duration> {
    match admitted.passing.hold {
        Hold::UntilProven { .. } if admitted.streamed() && has_chunks(admitted) => Some(KEEP_ALIVE),
        Hold::UntilProven { .. } | Hold::UntilContent | Hold::Nothing => None,
    }
}

/// Before HTTP/1.1 a body without a length ends with its connection, whatever brought that about.
pub(crate) fn has_chunks(admitted: &Admitted) -> bool {
    admitted.head.version > Version::HTTP_10
}

fn respond((fallback, found): Found) -> Response<Body> {
    match found {
        Ok(answered) => deliver(fallback, answered),
        Err(NoneLeft::Exhausted) => failed(fallback),
        Err(NoneLeft::OurFault) => {
            let said = rescue::our_fault(fallback.admitted.plan.dialect);
            end(said, fallback.exchange, End::OurFault)
        }
    }
}

/// The commit: from here on there is only an honest end.
fn deliver(mut fallback: Fallback, answered: Answered) -> Response<Body> {
    let Answered {
        candidate,
        permit,
        won,
    } = answered;
    let attempts = fallback.exchange.attempts();
    let named = candidate.clone();
    let listed = fallback.exchange.attempt_listed();
    if let Some(session) = &fallback.admitted.session {
        fallback.services.answered(session.clone(), &candidate);
    }
    let stands_in_for = stands_in_for(&fallback, &candidate);
    let (head, body) = match won {
        Won::Stream {
            head,
            mut answer,
            ended: Some(completion),
        } if !has_chunks(&fallback.admitted) => {
            let whole = Won::Whole {
                head,
                bytes: answer.all_ready(),
                completion,
                report: answer.report().clone(),
            };
            let answered = Answered {
                candidate,
                permit,
                won: whole,
            };
            return deliver(fallback, answered);
        }
        Won::Stream {
            head,
            answer,
            ended,
        } => {
            fallback.exchange.answered(head.status);
            let body = Body::driven(|outlet| {
                Delivery::new(fallback, candidate, permit, answer, ended, outlet).run()
            });
            (head, body)
        }
        Won::Whole {
            head,
            bytes,
            completion,
            report,
        } => {
            Keeper::of(&fallback.services, &fallback.admitted).observe_whole(&bytes, &candidate);
            let bytes = match announcement(&fallback, &candidate) {
                Some(line) if completion.is_answer() => line.into_whole(&fallback, bytes),
                Some(_) | None => bytes,
            };
            let mut exchange = fallback.exchange;
            exchange.answered(head.status);
            if let Some(permit) = permit.filter(|_| completion.is_answer()) {
                let (services, bytes) = (&fallback.services, fallback.admitted.body.len());
                services.succeeded(exchange.span(), &candidate, permit);
                services.took(&candidate, bytes, exchange.attempt_lasted());
            }
            let end = end_of(&completion);
            exchange.attempt_ended(Outcome::Answered(completion), report);
            (head, Body::last(bytes, exchange, end))
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = head.status;
    *response.headers_mut() = headers::returned(head.headers);
    tell(response.headers_mut(), &named, attempts);
    response.headers_mut().extend(listed);
    if let Some(why) = stands_in_for {
        let why = HeaderValue::from_static(why);
        response.headers_mut().insert("x-understudy-fallback", why);
    }
    response
}

/// A response that needs long for its completion check, while the client gets keep-alives.
async fn waiting(mut finding: BoxFuture<'static, Found>, outlet: Outlet) {
    let (mut fallback, found) = loop {
        if outlet.give(WAITING).await.is_err() {
            return;
        }
        if let Ok(found) = timeout(KEEP_ALIVE, &mut finding).await {
            break found;
        }
    };
    fallback.exchange.answered(StatusCode::OK);
    match found {
        Ok(Answered {
            candidate,
            permit,
            won: Won::Stream { answer, ended, .. },
        }) => {
            let delivery = Delivery::new(fallback, candidate, permit, answer, ended, outlet);
            delivery.run().await;
        }
        Ok(Answered {
            won: Won::Whole { bytes, .. },
            ..
        }) => {
            fallback.exchange.handed(bytes.len());
            fallback.exchange.end(End::OurFault);
            outlet
                .abort("a document came where a stream was requested".to_owned())
                .await;
        }
        Err(none) => {
            let dialect = fallback.admitted.plan.dialect;
            let (said, how) = match none {
                NoneLeft::Exhausted => {
                    let (said, how, _) = last_words(&mut fallback);
                    (said, how)
                }
                NoneLeft::OurFault => (rescue::our_fault(dialect), End::OurFault),
            };
            let said = said.cite(fallback.exchange.id());
            let event = rescue::as_event(dialect, &said);
            fallback.exchange.handed(event.len());
            fallback.exchange.end(how);
            if outlet.give(event).await.is_ok() {
                outlet.abort("no candidate answered".to_owned()).await;
            }
        }
    }
}

/// No candidate answered.
fn failed(mut fallback: Fallback) -> Response<Body> {
    let (said, how, candidate) = last_words(&mut fallback);
    let attempts = fallback.exchange.attempts();
    let mut response = end(said, fallback.exchange, how);
    if let Some(candidate) = candidate {
        tell(response.headers_mut(), &candidate, attempts);
    }
    response
}

/// The error of an exchange that no candidate answered, and whose it is.
fn last_words(fallback: &mut Fallback) -> (WholeResponse, End, Option<Candidate>) {
    let Some((candidate, lost)) = fallback.failure.take() else {
        let plan = &fallback.admitted.plan;
        let why = nobody(plan);
        let said = rescue::turned_away(plan.dialect, &why);
        log::unanswered(fallback.exchange.span(), said.status, 0);
        return (said, End::TurnedAway(why), None);
    };
    let (mut said, how) = error_of(fallback, &candidate, lost);
    let exchange = &fallback.exchange;
    log::unanswered(exchange.span(), said.status, exchange.attempts());
    if let Some(waits) = fallback.exchange.waits(&how, &fallback.admitted.config) {
        said.must_say(fallback.admitted.plan.dialect, &waits);
    }
    (said, how, Some(candidate))
}

fn error_of(fallback: &Fallback, candidate: &Candidate, lost: Lost) -> (WholeResponse, End) {
    let Admitted { config, plan, .. } = &*fallback.admitted;
    let own_login = candidate.credential == Credential::ClientLogin;
    match (lost.class, lost.answer) {
        (Class::Caller | Class::ContextTooLong, Some(answer)) => {
            (WholeResponse::from(answer), End::CallersFault)
        }
        // With its reset, for which clients wait by themselves.
        (Class::Limit, Some(answer)) => (WholeResponse::from(answer), End::Exhausted),
        (Class::ContextTooLong, None) => {
            let said = rescue::too_long(plan.dialect, &lost.message);
            (said, End::CallersFault)
        }
        (Class::Credential, Some(answer)) if own_login => {
            (WholeResponse::from(answer), End::CallersFault)
        }
        (Class::ContentPolicy, Some(answer)) => (WholeResponse::from(answer), End::Refused),
        (_, answer) => {
            let product = config
                .endpoints
                .get(&candidate.endpoint)
                .map_or("the provider", |endpoint| endpoint.product.as_str());
            let elsewhere = elsewhere(config, plan, fallback.queue.lineup().has_stand_in());
            let verdict = match lost.own {
                // The error itself states whose fault it is.
                Some(_) => None,
                None => fallback.services.verdict(candidate, product, &elsewhere),
            };
            let passed_over = fallback.queue.lineup().passed_over().iter();
            let passed_over = passed_over.map(rescue::was_not_asked);
            let known: Vec<String> = verdict.into_iter().chain(passed_over).collect();
            let lost = Lost { answer, ..lost };
            let said = rescue::exhausted(plan.dialect, candidate, product, lost, &known);
            (said, End::Exhausted)
        }
    }
}

fn elsewhere(config: &Config, plan: &Plan, tried: bool) -> Elsewhere {
    if tried {
        return Elsewhere::Failed;
    }
    let mut dropped = plan.dropped.iter();
    let waits = dropped.find(|dropped| dropped.why == Ineligible::NeedsYes);
    let product = waits.and_then(|dropped| config.endpoints.get(&dropped.endpoint));
    product.map_or(Elsewhere::NotSetUp, |endpoint| {
        Elsewhere::WaitsForConsent(endpoint.product.clone())
    })
}

/// Why a plan has no candidate at all.
fn nobody(plan: &Plan) -> TurnedAway {
    let Plan {
        dropped,
        model,
        dialect,
        ..
    } = plan;
    let no_key = dropped.iter().find_map(|dropped| match &dropped.why {
        Ineligible::NoKey { name, provider } => Some(format!(
            "No key for {name}. Add one: `understudyd key add {provider}`, or Settings → Keys"
        )),
        Ineligible::Unknown
        | Ineligible::Dialect(_)
        | Ineligible::Untranslatable(_)
        | Ineligible::Loop
        | Ineligible::BadAddress(_)
        | Ineligible::Rehearsal
        | Ineligible::OtherModels
        | Ineligible::NobodyBefore
        | Ineligible::NeedsYes
        | Ineligible::Declined
        | Ineligible::SiblingNeedsYes
        | Ineligible::SiblingOnKey
        | Ineligible::OutOfScope { .. }
        | Ineligible::UsedUp { .. }
        | Ineligible::Paused
        | Ineligible::NotTested => None,
    });
    let unsupported = |dropped: &&Dropped| match &dropped.why {
        // Another key would not help.
        Ineligible::Untranslatable(Untranslatable::Malformed { .. }) => true,
        Ineligible::Untranslatable(_) => no_key.is_none(),
        _ => false,
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

/// The last word of an exchange.
pub(crate) fn end(said: WholeResponse, mut exchange: OpenExchange, how: End) -> Response<Body> {
    exchange.answered(said.status);
    let id = exchange.id();
    let said = said.cite(id);
    let review = exchange
        .review_id(&how)
        .and_then(|id| HeaderValue::from_str(id).ok());
    let mut response = Response::new(Body::last(said.body, exchange, how));
    *response.status_mut() = said.status;
    *response.headers_mut() = said.headers;
    id.name_in(response.headers_mut());
    if let Some(id) = review {
        response.headers_mut().insert("x-understudy-review-id", id);
    }
    response
}

/// Why this fallback answers and not the primary, in a word: the class of the primary's failure, or its breaker. `None`: it is
/// the primary.
fn stands_in_for(fallback: &Fallback, candidate: &Candidate) -> Option<&'static str> {
    let is = |other: &Candidate| {
        (&other.endpoint, &other.model) == (&candidate.endpoint, &candidate.model)
    };
    match fallback.failure.of_primary() {
        Some((first, lost)) => (!is(first)).then(|| lost.class.as_str()),
        None if fallback.admitted.plan.chosen && candidate.place > 0 => Some("choice"),
        None if fallback.admitted.plan.stays && candidate.place > 0 => Some("turn"),
        None if candidate.place > 0 => Some("breaker"),
        None => None,
    }
}

/// Whose response it is, of a request that was not read.
pub(crate) fn name_endpoint(headers: &mut HeaderMap, endpoint: &Endpoint) {
    put(headers, "x-understudy-provider", endpoint.provider.as_str());
    put(headers, "x-understudy-endpoint", endpoint.id.as_str());
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Who answered, for those who look.
fn tell(headers: &mut HeaderMap, candidate: &Candidate, attempts: usize) {
    let mut put = |name, value: &str| put(headers, name, value);
    put("x-understudy-provider", candidate.provider.as_str());
    put("x-understudy-endpoint", candidate.endpoint.as_str());
    put("x-understudy-model", candidate.model.as_str());
    put("x-understudy-attempts", &attempts.to_string());
    if candidate.is_translated() {
        put("x-understudy-translated", candidate.dialect.as_str());
    }
}
