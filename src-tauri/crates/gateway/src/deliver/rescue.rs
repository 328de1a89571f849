//! The only place that invents a response: always in the client's own dialect, with a status that its client understands.

use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;
use health::{Level, Verdict, Verdicts};
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use wire::{Class, Problem};
use words::{Outlook, Spans};

use crate::attempt::lost::Lost;
use crate::attempt::own_network::OwnNetwork;
use crate::{Body, Candidate, Credential, Dropped, ExchangeId, TurnedAway};

/// Longer waits make Claude Code give up, which helps nobody (measured with 2.1.197).
const RETRY_AFTER_MOST: u64 = 60;
/// Codex stops for good at a 429 without one (measured with 0.169.0).
const RETRY_AFTER_DEFAULT: u64 = 15;

/// A response of ours, before it has a body type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Some of its message was written here; what a provider wrote is passed on as it is.
    pub(crate) ours: bool,
}

impl Said {
    fn new(dialect: Dialect, problem: &Problem) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self {
            status: problem.status,
            headers,
            body: wire::error_body(dialect, problem).into(),
            ours: true,
        }
    }
}

impl Said {
    /// The sentence at the end of its message, where it has one.
    fn add(&mut self, sentence: &str) {
        let added = with_sentence(&self.body, sentence);
        self.ours |= added != self.body;
        self.body = added;
    }

    /// A sentence of ours ends with the exchange that it is about, by which Requests and the log find it.
    pub(crate) fn cite(mut self, id: ExchangeId) -> Self {
        if self.ours {
            self.body = with_reference(&self.body, id);
        }
        self
    }

    /// The same; an error without a message (a page of a proxy) becomes one of ours.
    pub(crate) fn must_say(&mut self, dialect: Dialect, sentence: &str) {
        let before = std::mem::replace(&mut self.body, Bytes::new());
        self.body = with_sentence(&before, sentence);
        self.ours = true;
        if self.body == before {
            let problem = Problem {
                status: self.status,
                message: format!(
                    "The provider answered with status {}. {sentence}",
                    self.status
                ),
            };
            *self = Self {
                headers: std::mem::take(&mut self.headers),
                ..Self::new(dialect, &problem)
            };
            let json = HeaderValue::from_static("application/json");
            self.headers.insert(CONTENT_TYPE, json);
        }
    }
}

/// As a response of a request that began no exchange.
pub(crate) fn plain(said: Said, id: ExchangeId) -> Response<Body> {
    let said = said.cite(id);
    let mut response = Response::new(Body::plain(said.body));
    *response.status_mut() = said.status;
    *response.headers_mut() = said.headers;
    response
}

/// Refused at our own door.
pub(crate) fn turned_away(dialect: Dialect, why: &TurnedAway) -> Said {
    let status = match why {
        TurnedAway::Token
        | TurnedAway::Host(_)
        | TurnedAway::Origin(_)
        | TurnedAway::Login(_)
        | TurnedAway::NoKey(_)
        | TurnedAway::NeedsLogin { .. }
        | TurnedAway::CapReached(_)
        | TurnedAway::NoCandidate(_) => StatusCode::FORBIDDEN,
        TurnedAway::Path(_) | TurnedAway::NoRoute { .. } => StatusCode::NOT_FOUND,
        TurnedAway::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
        TurnedAway::WebSocket => StatusCode::UPGRADE_REQUIRED,
        TurnedAway::ContentType | TurnedAway::Coding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        TurnedAway::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        TurnedAway::Busy(_) | TurnedAway::Unkept(_) => StatusCode::SERVICE_UNAVAILABLE,
        TurnedAway::OtherRequest => StatusCode::UNPROCESSABLE_ENTITY,
        TurnedAway::AnswerGone => StatusCode::CONFLICT,
        // The one status that no measured client answers with another try.
        TurnedAway::Storm(_)
        | TurnedAway::Unreadable(_)
        | TurnedAway::BadRequest(_)
        | TurnedAway::Unsupported(_)
        | TurnedAway::AmbiguousVendor(_)
        | TurnedAway::IdempotencyKey(_) => StatusCode::BAD_REQUEST,
    };
    let message = why.to_string();
    let mut said = Said::new(dialect, &Problem { status, message });
    if let TurnedAway::Method { wanted, .. } = why {
        said.headers.insert(ALLOW, HeaderValue::from_static(wanted));
    }
    if let TurnedAway::Busy(_) = why {
        said.headers
            .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    said
}

/// A panic of ours ended this one exchange.
pub(crate) fn our_fault(dialect: Dialect) -> Said {
    let problem = Problem {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        message: "Understudy: an error of our own ended this request. It was not the provider; \
                  the log has the details"
            .to_owned(),
    };
    Said::new(dialect, &problem)
}

/// Nobody answered, not even with a status: what clients take for a reason to ask again.
fn unanswered(dialect: Dialect) -> StatusCode {
    let status = match dialect {
        Dialect::Anthropic => StatusCode::from_u16(529),
        Dialect::OpenaiChat | Dialect::OpenaiResponses => StatusCode::from_u16(503),
    };
    status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
}

/// The context is too long for every candidate, and the first of them said so in a stream: asking again is no use, which
/// agents read from the status alone.
pub(crate) fn too_long(dialect: Dialect, message: &str) -> Said {
    let problem = Problem {
        status: StatusCode::BAD_REQUEST,
        message: message.to_owned(),
    };
    // The provider's words, which clients read for the numbers in them.
    Said {
        ours: false,
        ..Said::new(dialect, &problem)
    }
}

/// Why a fallback that is set up was not asked for this request.
pub(crate) fn was_not_asked(passed_over: &Dropped) -> String {
    let Dropped { endpoint, why, .. } = passed_over;
    format!("Understudy: {endpoint} was not used: {why}")
}

/// Every candidate failed: the primary's error, which is the first attempt's. `known`: sentences for its end.
pub(crate) fn exhausted(
    dialect: Dialect,
    primary: &Candidate,
    product: &str,
    lost: Lost,
    known: &[String],
) -> Said {
    let ours = lost.class == Class::Credential && primary.credential != Credential::ClientLogin;
    let mut said = match lost.answer {
        // A key of ours that is wrong is no matter of the client's login: at a 401, agents ask again for minutes.
        Some((_, _, body)) if ours => Said {
            ours: true,
            body: with_sentence(
                &body,
                &format!(
                    "Understudy: {product} does not accept the key that is set up for it. \
                     Replace it with `understudyd key add {}`, or in Settings → Keys",
                    primary.provider
                ),
            ),
            ..Said::new(
                dialect,
                &Problem {
                    status: StatusCode::FORBIDDEN,
                    message: String::new(),
                },
            )
        },
        Some(answer) => Said::from(answer),
        None => match lost.own {
            Some(own) => of_our_network(dialect, own, product, &lost.message),
            None => did_not_answer(dialect, product, &lost.message),
        },
    };
    for sentence in known {
        said.add(sentence);
    }
    if dialect == Dialect::OpenaiResponses && !known.is_empty() {
        said.body = without_unheard_code(said.body);
    }
    // The vendor's own clients show the reset of a used-up plan and wait for it: its headers pass through.
    if lost.class != Class::Limit {
        bound_retry_after(dialect, &mut said, lost.retry_after);
    }
    said
}

/// The request never left our own network: no status that blames the provider, and one that clients retry.
pub(crate) fn of_our_network(dialect: Dialect, own: OwnNetwork, product: &str, why: &str) -> Said {
    let problem = Problem {
        status: StatusCode::SERVICE_UNAVAILABLE,
        message: own.sentence(product, why),
    };
    let said = Said::new(dialect, &problem);
    Said {
        body: not_overloaded(without_unheard_code(said.body)),
        ..said
    }
}

/// The error type that Anthropic's dialect has for a 503 says that the provider is overloaded.
fn not_overloaded(body: Bytes) -> Bytes {
    let Ok(mut tree) = serde_json::from_slice::<serde_json::Value>(&body) else {
        return body;
    };
    match tree.pointer_mut("/error/type") {
        Some(kind) if kind == "overloaded_error" => *kind = "api_error".into(),
        Some(_) | None => return body,
    }
    serde_json::to_vec(&tree).map_or(body, Bytes::from)
}

/// The provider could not be reached, or sent no response.
pub(crate) fn did_not_answer(dialect: Dialect, product: &str, why: &str) -> Said {
    let problem = Problem {
        status: unanswered(dialect),
        message: format!("{product} did not answer: {why}"),
    };
    Said::new(dialect, &problem)
}

/// The request that this one waited for broke off.
pub(crate) fn broke_off(dialect: Dialect, why: &str) -> Said {
    let message = format!(
        "The running request with this `Idempotency-Key` failed: {why}. Send it again to run it anew"
    );
    Said::new(
        dialect,
        &Problem {
            status: unanswered(dialect),
            message,
        },
    )
}

/// The same as an event, for a client whose answer has begun.
pub(crate) fn as_event(dialect: Dialect, said: &Said) -> Bytes {
    let tree: serde_json::Value = serde_json::from_slice(&said.body).unwrap_or_default();
    let told = ["/error/message", "/message"]
        .iter()
        .find_map(|place| tree.pointer(place)?.as_str());
    let problem = Problem {
        status: said.status,
        message: told.unwrap_or("no provider answered").to_owned(),
    };
    wire::error_event(dialect, &problem).into()
}

/// As the provider said it.
impl From<(StatusCode, HeaderMap, Bytes)> for Said {
    fn from((status, headers, body): (StatusCode, HeaderMap, Bytes)) -> Self {
        Said {
            status,
            headers,
            body,
            ours: false,
        }
    }
}

/// `patience`: the wait that the provider asked for, in whichever of its ways.
fn bound_retry_after(dialect: Dialect, said: &mut Said, patience: Option<Duration>) {
    let asked = said.headers.get(RETRY_AFTER);
    // Only whole seconds are understood by every client; a date or a fraction comes with `patience`.
    let seconds: Option<u64> = asked.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let in_ms = said.headers.contains_key("retry-after-ms");
    let wait = seconds.or_else(|| patience.map(|wait| wait.as_secs_f64().ceil() as u64));
    let too_long = (asked.is_some() || in_ms) && wait.is_some_and(|wait| wait > RETRY_AFTER_MOST);
    // Codex waits by `retry-after` alone, and takes a 429 without one for final.
    let bare = seconds.is_none()
        && dialect == Dialect::OpenaiResponses
        && said.status == StatusCode::TOO_MANY_REQUESTS;
    if too_long || bare {
        let wait = wait.unwrap_or(RETRY_AFTER_DEFAULT).min(RETRY_AFTER_MOST);
        said.headers.remove("retry-after-ms");
        said.headers.insert(RETRY_AFTER, HeaderValue::from(wait));
    }
}

/// Who else could have answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    /// Each fallback was tried.
    Failed,
    /// This product has a key, and the owner has not said whether it may answer.
    WaitsForConsent(String),
    NotSetUp,
}

/// What is known of the provider, in one sentence; None where nothing bad is known.
pub(crate) fn verdict(
    verdicts: &Verdicts,
    primary: &Candidate,
    product: &str,
    elsewhere: &Elsewhere,
) -> Option<Spans> {
    if verdicts.offline {
        return Some(words::offline_error());
    }
    let known = verdicts.providers.get(&primary.provider)?;
    let level = match known.verdict {
        Verdict::Known(Level::Operational) | Verdict::Unknown(_) => return None,
        Verdict::Known(level) => level,
    };
    let rest = match elsewhere {
        Elsewhere::Failed => "no fallback was left".to_owned(),
        Elsewhere::WaitsForConsent(fallback) => format!(
            "{fallback} can answer once you allow it: `understudyd allow yes`, or in Understudy's window"
        ),
        Elsewhere::NotSetUp => "no fallback is set up".to_owned(),
    };
    let outlook = Outlook {
        product,
        level,
        blame: known.blame,
        since: known.since,
    };
    Some(words::outage_error(outlook, &rest))
}

/// The sentence at the end of an error's message; unchanged where no message is found.
fn with_sentence(body: &Bytes, sentence: &str) -> Bytes {
    with_message(body, |message| {
        let end = if message.ends_with(['.', '!', '?']) || message.is_empty() {
            ""
        } else {
            "."
        };
        format!("{message}{end} {sentence}").trim().to_owned()
    })
}

fn with_reference(body: &Bytes, id: ExchangeId) -> Bytes {
    with_message(body, |message| {
        let sentence = message.strip_suffix('.').unwrap_or(message);
        format!("{sentence} (request {id})")
    })
}

/// With another message; unchanged where none is found.
fn with_message(body: &Bytes, change: impl FnOnce(&str) -> String) -> Bytes {
    let Ok(mut tree) = serde_json::from_slice::<serde_json::Value>(body) else {
        return body.clone();
    };
    let place = if tree.pointer("/error/message").is_some() {
        "/error/message"
    } else {
        "/message"
    };
    let Some(serde_json::Value::String(message)) = tree.pointer_mut(place) else {
        return body.clone();
    };
    *message = change(message);
    serde_json::to_vec(&tree).map_or_else(|_| body.clone(), Bytes::from)
}

/// At this code Codex (0.169.0) shows a sentence of its own instead of the message, and stops asking. Without it, the same
/// status lets it try again for half a minute and then show what we know.
const UNHEARD: &str = "server_is_overloaded";

fn without_unheard_code(body: Bytes) -> Bytes {
    let Ok(mut tree) = serde_json::from_slice::<serde_json::Value>(&body) else {
        return body;
    };
    match tree.pointer_mut("/error/code") {
        Some(code) if code == UNHEARD => *code = serde_json::Value::Null,
        Some(_) | None => return body,
    }
    serde_json::to_vec(&tree).map_or(body, Bytes::from)
}

#[cfg(test)]
mod tests;
