//! One request to one provider, until the commit: while it can still fail, the client has received nothing.

pub(crate) mod answer;
pub(crate) mod attempt_response;
pub(crate) mod breaker;
pub(crate) mod content;
pub(crate) mod count;
pub(crate) mod deadlines;
pub(crate) mod demand;
pub(crate) mod durations;
pub(crate) mod failed_attempt;
pub(crate) mod fallback;
pub(crate) mod headers;
pub(crate) mod local_cause;
pub(crate) mod made_failure;
pub(crate) mod request;
pub(crate) mod terms;
pub(crate) mod translation;
pub(crate) mod upstream;

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use health::FailureKind;
use http::response::Parts;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Body as _;
use tokio::time::Instant;
use translate::UntranslatableResponse;
use wire::{BodyEnd, Broken, Completion, FailureClass, Framing, Kind, Rule, Validator};

use crate::attempt::answer::{Answer, Arrival, HELD};
use crate::attempt::attempt_response::AttemptResponse;
use crate::attempt::content::{Content, Unreadable};
use crate::attempt::deadlines::Abandoned;
use crate::attempt::failed_attempt::FailedAttempt;
use crate::attempt::terms::Terms;
use crate::attempt::upstream::{Arriving, Line, Unsent, Upstream};
use crate::deliver::hold::Hold;
use crate::held::Share;
use crate::open::OpenExchange;
use crate::{Demand, Fault, late};

/// Maximum bytes of an error's body that are read, and the timeout for it.
const ERROR_BODY: usize = 1 << 20;
const ERROR_BODY_FOR: Duration = Duration::from_secs(10);

/// Runs one attempt. `terms` are awaited after the request was sent; `line` gets its connection; `exchange` records its progress;
/// `now` is for dates in `retry-after`.
pub(crate) async fn attempt(
    upstream: &Upstream,
    request: Request<Full<Bytes>>,
    line: &Line,
    terms: impl Future<Output = Terms>,
    held: Share,
    now: DateTime<Utc>,
    exchange: &mut OpenExchange,
) -> Result<AttemptResponse, FailedAttempt> {
    exchange.attempt_sent(request.body().size_hint().lower());
    let sending = upstream.send(request, line);
    let response = respond(sending, terms, held, now, exchange).await;
    if line.is_waiting() {
        exchange.attempt_sent(0);
    }
    response.map_err(|failed_attempt| line.judge(failed_attempt))
}

/// The response, or the failure as it appears on the connection.
async fn respond(
    sending: impl Future<Output = Result<Response<Arriving>, Unsent>>,
    terms: impl Future<Output = Terms>,
    held: Share,
    now: DateTime<Utc>,
    exchange: &mut OpenExchange,
) -> Result<AttemptResponse, FailedAttempt> {
    let mut sending = pin!(sending);
    let (mut early, mut terms) = (None, pin!(terms));
    let terms = &tokio::select! {
        biased;
        sent = &mut sending => {
            early = Some(sent);
            terms.await
        }
        terms = &mut terms => terms,
    };
    let clock = &terms.deadlines;
    let sent = match early {
        Some(sent) => Ok(sent),
        None => clock.headers(sending).await,
    };
    let response = match sent {
        Err(Abandoned::TooLate) => return Err(clock.too_late("response headers")),
        Err(Abandoned::Left) => return Err(clock.left()),
        Ok(Err(unsent)) => {
            if !unsent.reached() {
                exchange.attempt_sent(0);
            }
            return Err(failed_to_send(&unsent));
        }
        Ok(Ok(response)) => response,
    };
    let (mut head, body) = response.into_parts();
    let body = Content::of(&mut head.headers, body);
    exchange.attempt_status(head.status);
    if !head.status.is_success() {
        let failed_attempt = refused(&terms.rules, head, body.ok(), now).await;
        return Err(match &terms.translation {
            None => failed_attempt,
            Some(translation) => translation.refusal(terms.dialect, failed_attempt),
        });
    }
    let body = match body {
        Ok(body) => body,
        Err(unknown) => return Err(FailedAttempt::unreadable(&unknown)),
    };
    // While Understudy is paused, the client gets the provider's bytes unchanged.
    let passes = terms.hold == Hold::Nothing && headers::is_json(&head.headers);
    if !terms.streamed || passes {
        return match late::by(clock.end, document(terms, held, head, body)).await {
            Err(_) => Err(clock.too_late("complete response")),
            Ok(response) => response,
        };
    }
    let mut answer = Box::new(Answer::new(terms, body, held));
    let mut booked = Booked {
        answer: &mut answer,
        exchange,
    };
    let ended = hold(&mut booked, terms).await?;
    drop(booked);
    let judged = ended.clone().or_else(|| answer.checked());
    match judged {
        Some(Completion::Broken(Broken::Empty)) if terms.empty_before => {}
        Some(Completion::Broken(broken)) => {
            return Err(FailedAttempt::broken(
                &terms.rules,
                &broken,
                &answer.report(),
            ));
        }
        Some(Completion::Truncated) if terms.strict => {
            return Err(FailedAttempt::incomplete(&answer.report()));
        }
        Some(Completion::Unknown) if terms.strict => {
            return Err(FailedAttempt::unknown_stop(&answer.report()));
        }
        Some(_) | None => {}
    }
    if matches!(ended, Some(Completion::Complete | Completion::Unknown)) {
        let text = || wire::response_text(terms.dialect, Framing::Stream, &answer.peek_ready());
        if let Some(why) = missed(terms, text) {
            return Err(FailedAttempt::not_as_demanded(why, &answer.report()));
        }
    }
    if answer.is_document() {
        headers::set_event_stream(&mut head.headers);
    }
    Ok(AttemptResponse::Stream {
        head: terms.returned(head),
        answer,
        ended,
    })
}

/// A response before its commit. Its report is recorded even if the client disconnects and everything is dropped: the tokens
/// are billed.
struct Booked<'a> {
    answer: &'a mut Answer,
    exchange: &'a mut OpenExchange,
}

impl Drop for Booked<'_> {
    fn drop(&mut self) {
        self.exchange.attempt_report(self.answer.report());
    }
}

/// Reads until enough of the response has arrived to release it. `Some`: it is complete.
async fn hold(booked: &mut Booked<'_>, terms: &Terms) -> Result<Option<Completion>, FailedAttempt> {
    let Booked { answer, exchange } = booked;
    let mut until = terms.deadlines.content;
    loop {
        let (enough, look_again) = match terms.hold {
            Hold::Nothing => (true, None),
            Hold::UntilContent => (
                answer.has_content() || terms.deadlines.is_late() && answer.has_begun(),
                None,
            ),
            Hold::UntilChecked { at_most } => {
                let due = at_most.is_some_and(|at| Instant::now() >= at);
                (due && answer.has_begun(), at_most.filter(|_| !due))
            }
        };
        if enough {
            if answer.checked().is_none() && matches!(terms.hold, Hold::UntilChecked { .. }) {
                exchange.shown_early();
            }
            return Ok(None);
        }
        let wake = look_again.map_or(until, |at| at.min(until));
        let arrival = late::by(wake, poll_fn(|cx| answer.poll_arrival(cx))).await;
        if answer.has_begun() {
            exchange.attempt_content();
        }
        match arrival {
            Ok(Arrival::Ended(completion)) => return Ok(Some(completion)),
            Ok(Arrival::Unsayable(what)) => {
                return Err(FailedAttempt::unsayable(&what, &answer.report()));
            }
            Ok(Arrival::More { progress }) => {
                // After the first part, the idle timeout applies.
                if answer.checked().is_some() {
                    until = until.min(Instant::now() + terms.grace);
                } else if progress && answer.has_begun() {
                    until = Instant::now() + terms.idle;
                }
            }
            Err(_) if Instant::now() < until => {}
            Err(_) => {
                if let Some(checked) = answer.checked() {
                    answer.finish();
                    return Ok(Some(checked));
                }
                let failed_attempt = terms.deadlines.too_late("further content");
                return Err(FailedAttempt {
                    report: answer.report(),
                    // After the first content it is not a first-token timeout.
                    timeout_length: failed_attempt
                        .timeout_length
                        .filter(|_| !answer.has_begun()),
                    ..failed_attempt
                });
            }
        }
    }
}

fn failed_to_send(unsent: &Unsent) -> FailedAttempt {
    if let Some(cause) = unsent.cause() {
        return FailedAttempt::local(cause, unsent.to_string());
    }
    FailedAttempt {
        hopeless: matches!(unsent, Unsent::ConnectTimedOut(_)),
        ..FailedAttempt::new(
            FailureClass::Transient,
            Fault::without_response(None, FailureKind::Connect),
            unsent.to_string(),
        )
    }
}

/// A response with an error status, or with one that no provider's API has. `body`:
/// `None` if it cannot be read.
async fn refused(
    rules: &[Rule],
    head: Parts,
    body: Option<Content>,
    now: DateTime<Utc>,
) -> FailedAttempt {
    let status = head.status;
    if !status.is_client_error() && !status.is_server_error() {
        return FailedAttempt::misdirected(status);
    }
    // The status counts without its text.
    let mut bytes = Bytes::new();
    if let Some(body) = body {
        let limited = http_body_util::Limited::new(body, ERROR_BODY);
        if let Ok(Ok(all)) = late::within(ERROR_BODY_FOR, limited.collect()).await {
            bytes = all.to_bytes();
        }
    }
    let failure = wire::classify_by(rules, status, &head.headers, &bytes, now);
    let kind = FailureKind::Status(status.as_u16());
    let fault = Fault::of(failure.class, failure.is_malformed_output, kind);
    FailedAttempt {
        retry_after: failure.retry_after,
        resets_at: failure.resets_at,
        window: failure.window,
        hopeless: failure.forbids_retry,
        answer: Some((status, headers::returned(head.headers), bytes)),
        ..FailedAttempt::new(failure.class, fault, failure.message)
    }
}

/// A response in one document: nothing is released before its verdict.
async fn document(
    terms: &Terms,
    mut held: Share,
    head: Parts,
    mut body: Content,
) -> Result<AttemptResponse, FailedAttempt> {
    let mut bytes = BytesMut::new();
    // White space is not content: some servers send it while they work.
    let mut begun = false;
    let end = loop {
        let frame = if begun {
            match late::within(terms.idle, body.frame()).await {
                Ok(frame) => frame,
                Err(_) => return Err(FailedAttempt::stalled(terms.idle, &wire::Report::default())),
            }
        } else {
            body.frame().await
        };
        match frame {
            None => break BodyEnd::Clean,
            Some(Err(Unreadable::Cut)) => break BodyEnd::Cut,
            Some(Err(garbled @ Unreadable::Garbled(_))) => {
                return Err(FailedAttempt::broken(
                    &[],
                    &garbled.broken(),
                    &wire::Report::default(),
                ));
            }
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    begun |= !data.trim_ascii().is_empty();
                    let room = held.grow(data.len(), terms.most_held);
                    bytes.extend_from_slice(&data);
                    if room.is_err() || bytes.len() > HELD {
                        let broken = Broken::Oversize(bytes.len());
                        return Err(FailedAttempt::broken(
                            &[],
                            &broken,
                            &wire::Report::default(),
                        ));
                    }
                }
            }
        }
    };
    let bytes = bytes.freeze();
    let (completion, report) = match terms.kind {
        Kind::Generate => {
            let mut validator = Validator::new(terms.spoken(), Framing::Document)
                .keeping_arguments(terms.keep_arguments);
            validator.push(&bytes, &mut Vec::new());
            (validator.judge(end), validator.report().clone())
        }
        Kind::CountTokens => (count::judge(&bytes), wire::Report::default()),
    };
    match &completion {
        Completion::Broken(Broken::Empty) if terms.empty_before => {}
        Completion::Broken(broken) => {
            return Err(FailedAttempt::broken(&terms.rules, broken, &report));
        }
        Completion::Truncated if terms.strict => return Err(FailedAttempt::incomplete(&report)),
        Completion::Unknown if terms.strict => return Err(FailedAttempt::unknown_stop(&report)),
        Completion::Complete
        | Completion::Continues
        | Completion::Unknown
        | Completion::Truncated
        | Completion::Refused => {}
    }
    let (bytes, report) = match &terms.translation {
        None => (bytes, report),
        Some(translation) => match translation.document(terms.dialect, &bytes, report.clone()) {
            Ok(translated) => translated,
            Err(UntranslatableResponse::Broken(broken)) => {
                return Err(FailedAttempt::broken(&terms.rules, &broken, &report));
            }
            Err(UntranslatableResponse::Unsayable(what)) => {
                return Err(FailedAttempt::unsayable(&what, &report));
            }
        },
    };
    if matches!(completion, Completion::Complete | Completion::Unknown) {
        let text = || wire::response_text(terms.dialect, Framing::Document, &bytes);
        if let Some(why) = missed(terms, text) {
            return Err(FailedAttempt::not_as_demanded(why, &report));
        }
    }
    Ok(AttemptResponse::Document {
        head: terms.returned(head),
        bytes,
        completion,
        report: Box::new(report),
    })
}

/// The part of the route's demand that the response does not fulfil.
fn missed(terms: &Terms, text: impl Fn() -> String) -> Option<String> {
    let demands: Vec<&Demand> = terms.demand.iter().chain(&terms.wanted).collect();
    if demands.is_empty() || terms.kind == Kind::CountTokens {
        return None;
    }
    let text = text();
    demands
        .into_iter()
        .find_map(|demand| demand.check(&text).err())
}
