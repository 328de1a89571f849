//! Forwards requests for other endpoints (embeddings, files, images, audio, batches …) unchanged to the client's own vendor:
//! one request, no retry, no fallback, and nothing is stored. Only the usage that the stored key pays for is parsed.

use std::time::Duration;

use bytes::Bytes;
use catalog::{ModelId, Tokens, is_beyond_this_network};
use http::Request;
use http::Response;
use http::StatusCode;
use http::request::Parts;
use http_body_util::{BodyExt, Limited};
use serde::Deserialize;
use wire::{Completion, FailureClass};

use super::admit::declared;
use super::vendor::Vendor;
use crate::attempt::headers;
use crate::attempt::upstream::{Arriving, Line, Passed, Unsent};
use crate::deliver::headers::name_endpoint;
use crate::deliver::outlet::Outlet;
use crate::deliver::{rescue, respond};
use crate::late;
use crate::log::{self, OneLine};
use crate::open::OpenExchange;
use crate::plan::login;
use crate::services::Services;
use crate::{Body, BoxError, Config, Credential, End, LocalCause, Outcome, TurnedAway, name};

/// OpenAI's largest upload ("Files": 512 MB), in bytes.
const MOST: usize = 512 << 20;

/// Forwards the request and the response as they arrive.
pub(super) async fn pass<B>(
    services: &Services,
    config: &Config,
    vendor: Vendor<'_>,
    (head, body): (&Parts, B),
    path: &str,
    mut exchange: OpenExchange,
) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let dialect = exchange.dialect();
    let endpoint = &vendor.found.endpoint;
    exchange.attempt_began(
        endpoint.provider.clone(),
        endpoint.id.clone(),
        ModelId::new(vendor.pattern),
    );
    exchange.attempt_sent(declared(&head.headers).map_or(1, |length| length as u64));
    let mut request = match request(config, vendor, head, body, path) {
        Ok(request) => request,
        Err(error) => {
            exchange.span().in_scope(|| {
                tracing::error!(%error, path = %OneLine(path), "a request could not be built");
            });
            return respond::end(rescue::our_fault(dialect), exchange, End::OurFault);
        }
    };
    services
        .hops()
        .mark(&head.headers, endpoint, request.headers_mut());
    let line = Line::default();
    let sending = services.upstream().pass(request, &line);
    let product = &vendor.found.product;
    let response = match late::within(config.timers.total, sending).await {
        Ok(Ok(response)) => response,
        Ok(Err(Unsent::TooLong)) => {
            let why = TurnedAway::TooLarge(MOST);
            exchange.attempt_ended(
                failure(FailureClass::Caller, &why.to_string()),
                wire::Report::default(),
            );
            return respond::end(
                rescue::turned_away(dialect, &why),
                exchange,
                End::TurnedAway(why),
            );
        }
        Ok(Err(unsent)) => {
            let why = unsent.to_string();
            let offline = services.is_offline() && is_beyond_this_network(&endpoint.base);
            let cause = unsent
                .cause()
                .or(line.is_dead().then_some(LocalCause::DeadConnection))
                .or((offline && !unsent.reached()).then_some(LocalCause::Offline));
            return match cause {
                Some(cause) => local(exchange, dialect, product, cause, why),
                None => failed(exchange, dialect, product, &why),
            };
        }
        Err(_) => {
            line.retire();
            let seconds = config.timers.total.as_secs();
            let why = format!("no response within {seconds} s");
            return match line.is_dead() {
                true => local(exchange, dialect, product, LocalCause::DeadConnection, why),
                false => failed(exchange, dialect, product, &why),
            };
        }
    };
    if response.status().is_informational() {
        let why = format!(
            "it answered with status {}, which was not requested",
            response.status()
        );
        return failed(exchange, dialect, product, &why);
    }
    let (mut head, body) = response.into_parts();
    head.headers = headers::returned(head.headers);
    let status = head.status;
    exchange.attempt_status(status);
    exchange.answered(status);
    let idle = config.timers.idle;
    let bill = match vendor.credential {
        Credential::OurKey => Some(Bill(Some(Vec::new()))),
        Credential::ClientLogin | Credential::None => None,
    };
    let product = product.clone();
    let mut response = Response::new(Body::driven(move |outlet| async move {
        deliver(body, idle, exchange, status, bill, &product, outlet).await
    }));
    *response.status_mut() = status;
    *response.headers_mut() = head.headers;
    name_endpoint(response.headers_mut(), endpoint);
    response
}

fn request<B>(
    config: &Config,
    vendor: Vendor<'_>,
    head: &Parts,
    body: B,
    path: &str,
) -> Result<Request<Passed>, http::Error>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let endpoint = &vendor.found.endpoint;
    let mut url = match vendor.credential {
        Credential::ClientLogin => login::url(&head.headers, endpoint, path),
        Credential::OurKey | Credential::None => format!("{}{path}", endpoint.base),
    };
    if let Some(query) = headers::query(head.uri.query(), vendor.credential) {
        url.push('?');
        url.push_str(&query);
    }
    let body = Limited::new(body, MOST).boxed_unsync();
    let mut request = Request::builder()
        .method(head.method.clone())
        .uri(url)
        .body(body)?;
    *request.headers_mut() = headers::outgoing(
        &head.headers,
        vendor.credential,
        endpoint.auth,
        vendor.found.key.as_ref(),
        &config.token,
    );
    Ok(request)
}

fn local(
    mut exchange: OpenExchange,
    dialect: catalog::Dialect,
    product: &str,
    cause: LocalCause,
    message: String,
) -> Response<Body> {
    let reply = rescue::local(dialect, cause, product, &message);
    exchange.attempt_ended(Outcome::Local { cause, message }, wire::Report::default());
    respond::end(reply, exchange, End::Exhausted)
}

fn failed(
    mut exchange: OpenExchange,
    dialect: catalog::Dialect,
    product: &str,
    why: &str,
) -> Response<Body> {
    log::passing_failed(exchange.attempt_span(), product, why);
    exchange.attempt_ended(
        failure(FailureClass::Transient, why),
        wire::Report::default(),
    );
    respond::end(
        rescue::did_not_answer(dialect, product, why),
        exchange,
        End::Exhausted,
    )
}

async fn deliver(
    mut body: Arriving,
    idle: Duration,
    mut exchange: OpenExchange,
    status: StatusCode,
    mut bill: Option<Bill>,
    product: &str,
    outlet: Outlet,
) {
    let why = loop {
        match late::within(idle, body.frame()).await {
            Ok(None) => {
                let report = bill.map(Bill::report).unwrap_or_default();
                exchange.attempt_ended(outcome(status), report);
                return exchange.end(end_of(status));
            }
            Ok(Some(Ok(frame))) => {
                let Ok(bytes) = frame.into_data() else {
                    continue;
                };
                exchange.handed(bytes.len());
                if let Some(bill) = &mut bill {
                    bill.read(&bytes);
                }
                if outlet.give(bytes).await.is_err() {
                    return;
                }
            }
            Ok(Some(Err(error))) => break error.to_string(),
            Err(_) => break format!("nothing arrived for {} s", idle.as_secs()),
        }
    };
    log::passing_failed(exchange.attempt_span(), product, &why);
    exchange.attempt_ended(
        failure(FailureClass::Transient, &why),
        wire::Report::default(),
    );
    exchange.end(End::Cut);
    outlet.abort(why).await;
}

fn end_of(status: StatusCode) -> End {
    if status.is_client_error() {
        End::CallersFault
    } else if status.is_server_error() {
        End::Exhausted
    } else {
        End::Complete
    }
}

/// Such requests are no evidence about a model's health: their failures have no kind.
fn outcome(status: StatusCode) -> Outcome {
    let class = match status.as_u16() {
        ..400 => return Outcome::Answered(Completion::Complete),
        401 | 403 => FailureClass::Credential,
        429 => FailureClass::RateLimit,
        400..500 => FailureClass::Caller,
        500.. => FailureClass::Transient,
    };
    failure(class, "")
}

fn failure(class: FailureClass, why: &str) -> Outcome {
    Outcome::Failed {
        class,
        fault: crate::Fault::Ours(crate::Cause::Unparsed),
        message: why.to_owned(),
        resets_at: None,
    }
}

/// The response to a request that the stored key pays for; `None`: it is too long to parse.
struct Bill(Option<Vec<u8>>);

/// The longest response whose usage is parsed, in bytes: about two thousand embeddings.
const READ: usize = 64 << 20;

/// The usage of embeddings and moderations.
#[derive(Deserialize)]
struct Billed {
    model: Option<String>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(alias = "input_tokens")]
    prompt_tokens: u64,
}

impl Bill {
    fn read(&mut self, bytes: &[u8]) {
        let fits = |read: &Vec<u8>| read.len() + bytes.len() <= READ;
        self.0 = self.0.take().filter(fits);
        if let Some(read) = &mut self.0 {
            read.extend_from_slice(bytes);
        }
    }

    fn report(self) -> wire::Report {
        let read = self.0.unwrap_or_default();
        let Ok(billed) = serde_json::from_slice::<Billed>(&read) else {
            return wire::Report::default();
        };
        let usage_reported = billed.usage.is_some();
        wire::Report {
            model: billed
                .model
                .filter(|model| name::check("model", model).is_ok()),
            usage_reported,
            tokens: Tokens {
                input: billed.usage.map_or(0, |usage| usage.prompt_tokens),
                ..Tokens::default()
            },
            ..wire::Report::default()
        }
    }
}
