//! Converts the result of the candidates into the client's response.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode, Version};
use tokio::time::timeout;

use crate::admitted::Admitted;
use crate::attempt::attempt_response::AttemptResponse;
use crate::attempt::fallback::{Answered, Fallback, NoResponse};
use crate::deliver::announce::announcement;
use crate::deliver::client_response::ClientResponse;
use crate::deliver::failure::error_response;
use crate::deliver::headers::{fallback_reason, name_answerer};
use crate::deliver::hold::Hold;
use crate::deliver::outlet::Outlet;
use crate::deliver::park::park;
use crate::deliver::rescue;
use crate::deliver::{Delivery, KEEP_ALIVE, end_of};
use crate::kept::Keeper;
use crate::open::OpenExchange;
use crate::services::Services;
use crate::{Body, Candidate, End, ExchangeId, Outcome};

type Found = (Fallback, Result<Answered, NoResponse>);

/// Uses the candidates and answers the client.
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
        return respond(finding.await).await;
    };
    match timeout(patience, &mut finding).await {
        Ok(found) => respond(found).await,
        // The status can no longer change.
        Err(_) => kept_alive(Body::driven(|outlet| waiting(finding, outlet))),
    }
}

/// A keep-alive for a client that has not received the start of an event yet.
pub(crate) const WAITING: Bytes = Bytes::from_static(b": waiting\n\n");

/// An event stream that begins before its content is known.
pub(crate) fn kept_alive(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// How long a client may receive nothing at all, not even a status. If a response is held only until its first content, the
/// deadlines keep this time short enough.
fn patience(admitted: &Admitted) -> Option<Duration> {
    match admitted.passing.hold {
        Hold::UntilChecked { .. } if admitted.streamed() && has_chunks(admitted) => {
            Some(KEEP_ALIVE)
        }
        Hold::UntilChecked { .. } | Hold::UntilContent | Hold::Nothing => None,
    }
}

/// Before HTTP/1.1 a body without a length ends with its connection, whatever the cause.
pub(crate) fn has_chunks(admitted: &Admitted) -> bool {
    admitted.head.version > Version::HTTP_10
}

async fn respond((mut fallback, found): Found) -> Response<Body> {
    let none = match found {
        Ok(answered) => return deliver(fallback, answered),
        Err(none) => none,
    };
    let (reply, how, candidate) = error_of(&mut fallback, none);
    let attempts = fallback.exchange.attempts();
    let mut response = end_or_park(reply, fallback.exchange, how).await;
    if let Some(candidate) = candidate {
        name_answerer(response.headers_mut(), &candidate, attempts);
    }
    response
}

/// The error for the client, and the candidate whose failure it reports.
fn error_of(fallback: &mut Fallback, none: NoResponse) -> (ClientResponse, End, Option<Candidate>) {
    let dialect = fallback.admitted.plan.dialect;
    match none {
        NoResponse::Exhausted => error_response(fallback),
        NoResponse::OurFault => (rescue::our_fault(dialect), End::OurFault, None),
        NoResponse::Stopped => {
            fallback.exchange.attempt_abandoned();
            (rescue::stopping(dialect), End::ClientLeft, None)
        }
    }
}

/// The commit: from here on a failure aborts the connection.
fn deliver(mut fallback: Fallback, answered: Answered) -> Response<Body> {
    let Answered {
        candidate,
        permit,
        response,
    } = answered;
    let attempts = fallback.exchange.attempts();
    let named = candidate.clone();
    let listed = fallback.exchange.attempt_listed();
    if let Some(session) = &fallback.admitted.session {
        fallback.services.answered(session.clone(), &candidate);
    }
    let fallback_reason = fallback_reason(&fallback, &candidate);
    let (head, body) = match response {
        AttemptResponse::Stream {
            head,
            mut answer,
            ended: Some(completion),
        } if !has_chunks(&fallback.admitted) => {
            let document = AttemptResponse::Document {
                head,
                bytes: answer.all_ready(),
                completion,
                report: Box::new(answer.report().clone()),
            };
            let answered = Answered {
                candidate,
                permit,
                response: document,
            };
            return deliver(fallback, answered);
        }
        AttemptResponse::Stream {
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
        AttemptResponse::Document {
            head,
            bytes,
            completion,
            report,
        } => {
            Keeper::of(&fallback.services, &fallback.admitted).observe_document(&bytes, &candidate);
            let bytes = match announcement(&fallback, &candidate) {
                Some(line) if completion.is_answer() => line.into_complete(&fallback, bytes),
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
            exchange.attempt_ended(Outcome::Answered(completion), *report);
            (head, Body::last(bytes, exchange, end))
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
    name_answerer(response.headers_mut(), &named, attempts);
    response.headers_mut().extend(listed);
    if let Some(why) = fallback_reason {
        let why = HeaderValue::from_static(why);
        response.headers_mut().insert("x-understudy-fallback", why);
    }
    response
}

/// Delivers a response that needs long for its completion check, while the client gets keep-alives.
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
            response: AttemptResponse::Stream { answer, ended, .. },
        }) => {
            let delivery = Delivery::new(fallback, candidate, permit, answer, ended, outlet);
            delivery.run().await;
        }
        Ok(Answered {
            response: AttemptResponse::Document { bytes, .. },
            ..
        }) => {
            fallback.exchange.handed(bytes.len());
            fallback.exchange.end(End::OurFault);
            outlet
                .abort("a document arrived instead of the requested stream".to_owned())
                .await;
        }
        Err(none) => {
            let dialect = fallback.admitted.plan.dialect;
            let (reply, how, _) = error_of(&mut fallback, none);
            let (reply, open) = park(reply, fallback.exchange, how).await;
            let event = rescue::as_event(dialect, &reply);
            if let Some((mut exchange, how)) = open {
                exchange.handed(event.len());
                exchange.end(how);
            }
            if outlet.give(event).await.is_ok() {
                outlet.abort("no candidate answered".to_owned()).await;
            }
        }
    }
}

/// The last response of an exchange.
pub(crate) fn end(reply: ClientResponse, mut exchange: OpenExchange, how: End) -> Response<Body> {
    exchange.answered(reply.status);
    let id = exchange.id();
    last(id, reply.cite(id), Some((exchange, how)))
}

/// The same for an exchange whose request may be parked.
pub(crate) async fn end_or_park(
    reply: ClientResponse,
    mut exchange: OpenExchange,
    how: End,
) -> Response<Body> {
    exchange.answered(reply.status);
    let id = exchange.id();
    let (reply, open) = park(reply, exchange, how).await;
    last(id, reply, open)
}

fn last(
    id: ExchangeId,
    reply: ClientResponse,
    open: Option<(OpenExchange, End)>,
) -> Response<Body> {
    let body = match open {
        Some((exchange, how)) => Body::last(reply.body, exchange, how),
        None => Body::plain(reply.body),
    };
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    id.name_in(response.headers_mut());
    response
}
