//! One request to one provider, up to the commit: nothing has reached the client while it can still fail.

use std::future::poll_fn;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use catalog::Dialect;
use chrono::{DateTime, Utc};
use health::FailureKind;
use http::header::CONTENT_ENCODING;
use http::response::Parts;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};
use wire::{BodyEnd, Broken, Class, Completion, Framing, Kind, Validator};

use crate::Timers;
use crate::answer::{Answer, Arrival, HELD};
use crate::open::OpenExchange;
use crate::upstream::{Unsent, Upstream};

/// How much of an error's body is read, and for how long.
const ERROR_BODY: usize = 1 << 20;
const ERROR_BODY_FOR: Duration = Duration::from_secs(10);

/// How much of an answer is held back before the client gets any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Passed on as it comes: Understudy is paused.
    Nothing,
    /// Until the first content: the latest moment at which a dying provider costs the client nothing.
    UntilContent,
    /// Until it is proven: for clients to whom a broken body cannot be told from a short one.
    UntilProven,
}

/// What an attempt is made for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) dialect: Dialect,
    pub(crate) kind: Kind,
    pub(crate) streamed: bool,
    pub(crate) hold: Hold,
    /// An answer cut by a token limit is no answer.
    pub(crate) strict: bool,
    /// No candidate is left after this one.
    pub(crate) last: bool,
    /// An answer with nothing to act on has been given once already: then it is passed on.
    pub(crate) empty_before: bool,
}

/// An answer that may be passed on.
#[derive(Debug)]
pub(crate) enum Won {
    /// `ended`: the whole body has arrived already.
    Stream {
        head: Parts,
        answer: Box<Answer>,
        ended: Option<Completion>,
    },
    Whole {
        head: Parts,
        bytes: Bytes,
        completion: Completion,
        report: wire::Report,
    },
}

/// A failed attempt.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) class: Class,
    /// None: a problem of ours.
    pub(crate) kind: Option<FailureKind>,
    pub(crate) message: String,
    pub(crate) retry_after: Option<Duration>,
    /// The provider's own words, where they can be given back unchanged.
    pub(crate) answer: Option<(StatusCode, HeaderMap, Bytes)>,
    pub(crate) report: wire::Report,
    /// The answer was whole and had nothing to act on.
    pub(crate) empty: bool,
    /// Another try at the same place would end the same way.
    pub(crate) hopeless: bool,
}

impl Lost {
    pub(crate) fn new(class: Class, kind: Option<FailureKind>, message: impl Into<String>) -> Self {
        Self {
            class,
            kind,
            message: message.into(),
            retry_after: None,
            answer: None,
            report: wire::Report::default(),
            empty: false,
            hopeless: false,
        }
    }

    fn silent(message: String) -> Self {
        Self::new(Class::Silent, Some(FailureKind::Silent), message)
    }

    fn broken(broken: &Broken, report: &wire::Report) -> Self {
        Self {
            report: report.clone(),
            empty: *broken == Broken::Empty,
            ..Self::new(Class::Transient, Some(kind_of(broken)), broken.to_string())
        }
    }

    /// The provider answered, and as it meant to; the route wants more.
    fn not_whole(report: &wire::Report) -> Self {
        Self {
            report: report.clone(),
            hopeless: true,
            ..Self::new(
                Class::Transient,
                None,
                "the answer was cut by a token limit, and this route takes whole answers only",
            )
        }
    }
}

/// How a broken answer bears on the provider's health.
pub(crate) fn kind_of(broken: &Broken) -> FailureKind {
    match broken {
        Broken::NoStopReason | Broken::Cut | Broken::OpenBlock => FailureKind::Cut,
        Broken::ErrorEvent { .. } => FailureKind::ErrorEvent,
        Broken::Malformed(_)
        | Broken::InvalidToolInput(_)
        | Broken::Empty
        | Broken::NotAnAnswer(_)
        | Broken::Oversize(_) => FailureKind::Malformed,
    }
}

/// Make one attempt. `exchange` is told what is known of it while it runs; `now` is for dates in `retry-after`.
pub(crate) async fn attempt(
    upstream: &Upstream,
    request: Request<Full<Bytes>>,
    terms: Terms,
    timers: &Timers,
    now: DateTime<Utc>,
    exchange: &mut OpenExchange,
) -> Result<Won, Lost> {
    let began = Instant::now();
    let clock = Deadlines::new(began, terms, timers);
    let response = match timeout_at(clock.headers, upstream.send(request)).await {
        Err(_) => return Err(clock.too_late("an answer")),
        Ok(Err(unsent)) => return Err(failed_to_send(&unsent)),
        Ok(Ok(response)) => response,
    };
    let (head, body) = response.into_parts();
    exchange.attempt_status(head.status);
    if !head.status.is_success() {
        return Err(refused(terms.dialect, head, body, now).await);
    }
    if let Some(encoding) = encoding(&head.headers) {
        let why = format!("it is compressed ({encoding}) although plain bytes were asked for");
        let lost = Lost::broken(&Broken::NotAnAnswer(why), &wire::Report::default());
        return Err(Lost {
            hopeless: true,
            ..lost
        });
    }
    if !terms.streamed {
        return match timeout_at(clock.end, whole(terms, head, body)).await {
            Err(_) => Err(clock.too_late("the whole answer")),
            Ok(won) => won,
        };
    }
    let mut answer = Box::new(Answer::new(terms.dialect, body));
    let ended = hold(&mut answer, terms, timers, &clock, exchange).await?;
    match ended.as_ref().or(answer.proven()) {
        Some(Completion::Broken(Broken::Empty)) if terms.empty_before => {}
        Some(Completion::Broken(broken)) => return Err(Lost::broken(broken, answer.report())),
        Some(Completion::Truncated) if terms.strict => {
            return Err(Lost::not_whole(answer.report()));
        }
        Some(_) | None => {}
    }
    match ended {
        Some(completion) if terms.hold == Hold::UntilProven => Ok(Won::Whole {
            head,
            bytes: answer.all_ready(),
            completion,
            report: answer.report().clone(),
        }),
        ended => Ok(Won::Stream {
            head,
            answer,
            ended,
        }),
    }
}

/// Read on until enough of the answer has arrived to pass it on. Some: it has arrived to its end.
async fn hold(
    answer: &mut Answer,
    terms: Terms,
    timers: &Timers,
    clock: &Deadlines,
    exchange: &mut OpenExchange,
) -> Result<Option<Completion>, Lost> {
    let mut until = clock.content;
    loop {
        let enough = match terms.hold {
            Hold::Nothing => true,
            Hold::UntilContent => answer.has_content(),
            Hold::UntilProven => false,
        };
        if enough {
            return Ok(None);
        }
        let arrival = timeout_at(until, poll_fn(|cx| answer.poll_arrival(cx))).await;
        if answer.has_content() {
            exchange.attempt_content();
        }
        match arrival {
            Ok(Arrival::Ended(completion)) => return Ok(Some(completion)),
            Ok(Arrival::More { .. }) if answer.held() > HELD => {
                return Err(Lost::broken(&Broken::Oversize(HELD), answer.report()));
            }
            Ok(Arrival::More { progress }) => {
                // Once the answer has begun, it is silence between its parts that counts.
                if answer.proven().is_some() {
                    until = until.min(Instant::now() + timers.grace);
                } else if progress && answer.has_content() {
                    until = Instant::now() + timers.idle;
                }
            }
            Err(_) => {
                if let Some(proven) = answer.proven().cloned() {
                    answer.finish(BodyEnd::Cut);
                    return Ok(Some(proven));
                }
                return Err(Lost {
                    report: answer.report().clone(),
                    ..clock.too_late("the next of the answer")
                });
            }
        }
    }
}

/// When an attempt is given up.
struct Deadlines {
    began: Instant,
    headers: Instant,
    content: Instant,
    end: Instant,
}

impl Deadlines {
    /// A request that is not streamed may rightly take minutes before its headers.
    fn new(began: Instant, terms: Terms, timers: &Timers) -> Self {
        let end = began + timers.total;
        if !terms.streamed {
            return Self {
                began,
                headers: end,
                content: end,
                end,
            };
        }
        let content = began
            + if terms.last {
                timers.last_candidate_first_content
            } else {
                timers.first_content
            };
        Self {
            began,
            headers: if terms.last {
                content
            } else {
                content.min(began + timers.headers)
            },
            content,
            end,
        }
    }

    fn too_late(&self, what: &str) -> Lost {
        let seconds = self.began.elapsed().as_secs();
        Lost::silent(format!("it was silent for {seconds} s, waiting for {what}"))
    }
}

fn failed_to_send(unsent: &Unsent) -> Lost {
    Lost {
        hopeless: matches!(unsent, Unsent::ConnectTimedOut(_)),
        ..Lost::new(
            Class::Transient,
            Some(FailureKind::Connect),
            unsent.to_string(),
        )
    }
}

/// An answer with an error status (or a redirect, which is never followed: it would carry the credential along).
async fn refused(dialect: Dialect, head: Parts, body: Incoming, now: DateTime<Utc>) -> Lost {
    let status = head.status;
    if status.is_redirection() {
        let why = format!(
            "it redirects ({status}), and credentials are never sent on to another address"
        );
        return Lost::new(Class::ModelGone, None, why);
    }
    let limited = http_body_util::Limited::new(body, ERROR_BODY);
    let bytes = match tokio::time::timeout(ERROR_BODY_FOR, limited.collect()).await {
        Ok(Ok(all)) => all.to_bytes(),
        // The status stands without its words.
        Ok(Err(_)) | Err(_) => Bytes::new(),
    };
    let failure = wire::classify(dialect, status, &head.headers, &bytes, now);
    let kind = match failure.class {
        Class::Transient | Class::Silent => Some(FailureKind::Status(status.as_u16())),
        Class::RateLimit
        | Class::Quota
        | Class::Credential
        | Class::ModelGone
        | Class::Caller
        | Class::ContextTooLong
        | Class::ContentPolicy => None,
    };
    Lost {
        retry_after: failure.retry_after,
        answer: Some((status, crate::headers::returned(head.headers), bytes)),
        ..Lost::new(failure.class, kind, failure.message)
    }
}

/// An answer in one piece: nothing is passed on before it is judged.
async fn whole(terms: Terms, head: Parts, mut body: Incoming) -> Result<Won, Lost> {
    let mut bytes = BytesMut::new();
    let end = loop {
        match body.frame().await {
            None => break BodyEnd::Clean,
            Some(Err(_)) => break BodyEnd::Cut,
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    bytes.extend_from_slice(&data);
                }
            }
        }
        if bytes.len() > HELD {
            return Err(Lost::broken(
                &Broken::Oversize(HELD),
                &wire::Report::default(),
            ));
        }
    };
    let bytes = bytes.freeze();
    let (completion, report) = match terms.kind {
        Kind::Generate => {
            let mut validator = Validator::new(terms.dialect, Framing::Whole);
            validator.push(&bytes, &mut Vec::new());
            (validator.judge(end), validator.report().clone())
        }
        Kind::CountTokens => (counted(&bytes), wire::Report::default()),
    };
    match &completion {
        Completion::Broken(Broken::Empty) if terms.empty_before => {}
        Completion::Broken(broken) => return Err(Lost::broken(broken, &report)),
        Completion::Truncated if terms.strict => return Err(Lost::not_whole(&report)),
        Completion::Complete
        | Completion::Continues
        | Completion::Truncated
        | Completion::Refused => {}
    }
    Ok(Won::Whole {
        head,
        bytes,
        completion,
        report,
    })
}

/// The answer to `count_tokens`: `{"input_tokens": 14}`.
fn counted(bytes: &[u8]) -> Completion {
    #[derive(serde::Deserialize)]
    struct Count {
        #[expect(dead_code, reason = "that it is there is what matters")]
        input_tokens: u64,
    }
    match serde_json::from_slice::<Count>(bytes) {
        Ok(_) => Completion::Complete,
        Err(error) => {
            Completion::Broken(Broken::NotAnAnswer(format!("no count of tokens: {error}")))
        }
    }
}

/// A content coding that hides the answer.
fn encoding(headers: &HeaderMap) -> Option<&str> {
    let coding = headers.get(CONTENT_ENCODING)?.to_str().unwrap_or("unknown");
    (!coding.eq_ignore_ascii_case("identity")).then_some(coding)
}
