//! One request, from its path to its response.

use bytes::Bytes;
use catalog::Dialect;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::answer::{Answer, tokens};
use crate::connection::Carrier;
use crate::cue::Cue;
use crate::dialect::{CREATED, transcript};
use crate::fault::{ErrorBody, Fault};
use crate::perform::{Body, JSON, Performance, body};
use crate::received::{End, Entry};
use crate::refusal;
use crate::repertoire::{NAMES, Piece};
use crate::request::Request;
use crate::stage::Stage;
use crate::strict;

/// The connection is to be dropped without a byte.
#[derive(Debug, thiserror::Error)]
#[error("dropped on purpose")]
pub(crate) struct Dropped;

/// What a path asks for. Prefixes before it do not matter, as clients are given base URLs with and without `/v1`.
enum Asked<'a> {
    Generate(Dialect),
    CountTokens,
    Models,
    Model(&'a str),
    WebSocket,
    Probe,
    Unknown,
}

/// All that is needed to answer, apart from the stage.
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

pub(crate) async fn respond(
    stage: &Stage,
    incoming: Incoming,
    carrier: Carrier,
    entry: Entry,
) -> Result<Response<Body>, Dropped> {
    let performance = match asked(&incoming) {
        Asked::Generate(dialect) => {
            return generate(stage, dialect, &incoming.body, carrier, entry).await;
        }
        Asked::CountTokens => count_tokens(&incoming.body),
        Asked::Models => document(200, models()),
        Asked::Model(name) => match models_named(name) {
            Some(model) => document(200, model),
            None => refuse(Dialect::OpenaiChat, 404, &unknown_model(name)),
        },
        // Codex falls back to plain requests at once on 426, and after seven tries on anything else.
        Asked::WebSocket => refuse(
            Dialect::OpenaiResponses,
            426,
            "The rehearsal provider does not speak WebSocket: send a POST.",
        ),
        Asked::Probe => Performance::document(200, JSON, Vec::new()),
        Asked::Unknown => refuse(
            Dialect::OpenaiChat,
            404,
            "The rehearsal provider answers POST /v1/messages, /v1/messages/count_tokens, /v1/chat/completions and \
             /v1/responses, and GET /v1/models.",
        ),
    };
    Ok(response(performance, &[], carrier, entry))
}

/// The answer to a body that is too large to be read.
pub(crate) fn too_large(incoming: &Incoming, carrier: Carrier, entry: Entry) -> Response<Body> {
    let dialect = match asked(incoming) {
        Asked::Generate(dialect) => dialect,
        Asked::CountTokens => Dialect::Anthropic,
        Asked::Models | Asked::Model(_) | Asked::WebSocket | Asked::Probe | Asked::Unknown => {
            Dialect::OpenaiChat
        }
    };
    let message = "Request exceeds the maximum size: a body may have 32 MiB.";
    response(refuse(dialect, 413, message), &[], carrier, entry)
}

fn asked(incoming: &Incoming) -> Asked<'_> {
    let path = incoming.path.split('?').next().unwrap_or_default();
    let path = path.trim_end_matches('/');
    if incoming.method == Method::HEAD {
        return Asked::Probe;
    }
    if incoming.method == Method::POST {
        return match path {
            _ if path.ends_with("/messages/count_tokens") => Asked::CountTokens,
            _ if path.ends_with("/messages") => Asked::Generate(Dialect::Anthropic),
            _ if path.ends_with("/chat/completions") => Asked::Generate(Dialect::OpenaiChat),
            _ if path.ends_with("/responses") => Asked::Generate(Dialect::OpenaiResponses),
            _ => Asked::Unknown,
        };
    }
    let upgrades = incoming
        .headers
        .get(header::UPGRADE)
        .map(HeaderValue::as_bytes);
    match path.rsplit_once("/models") {
        _ if incoming.method != Method::GET => Asked::Unknown,
        _ if path.ends_with("/responses")
            && upgrades.is_some_and(|to| to.eq_ignore_ascii_case(b"websocket")) =>
        {
            Asked::WebSocket
        }
        Some((_, "")) => Asked::Models,
        Some((_, name)) => Asked::Model(name.trim_start_matches('/')),
        None => Asked::Unknown,
    }
}

async fn generate(
    stage: &Stage,
    dialect: Dialect,
    bytes: &Bytes,
    carrier: Carrier,
    mut entry: Entry,
) -> Result<Response<Body>, Dropped> {
    let (request, piece) = match read(stage, dialect, bytes, &entry) {
        Ok(read) => read,
        Err(refusal) => return Ok(response(refusal, &[], carrier, entry)),
    };
    let (outage, cue) = {
        let mut script = stage.script();
        match script.outage.clone() {
            Some(fault) => (Some(fault), Cue::default()),
            None => (None, script.take(&request).unwrap_or_default()),
        }
    };
    let fault = outage.or(cue.fault).or(piece.fault);
    if let Some(fault) = &fault {
        entry.fault(fault);
    }

    match &fault {
        Some(Fault::Status {
            status,
            headers,
            body,
        }) => {
            let performance = Performance::document(
                *status,
                if *body == ErrorBody::Html {
                    "text/html; charset=utf-8"
                } else {
                    JSON
                },
                refusal::envelope(dialect, *status, *body, None),
            );
            let id = request_id(dialect, refusal::REQUEST_ID.to_owned());
            let headers = [headers.as_slice(), &[id]].concat();
            return Ok(response(performance, &headers, carrier, entry));
        }
        Some(Fault::Refuse | Fault::Reset) => {
            entry.end(End::Broken);
            carrier.reset_on_drop();
            return Err(Dropped);
        }
        Some(Fault::SilentBeforeHeaders(None)) => std::future::pending().await,
        Some(Fault::SilentBeforeHeaders(Some(time))) => sleep(*time).await,
        Some(Fault::StallAfterStop) if !request.stream => std::future::pending().await,
        _ => {}
    }

    let sequence = stage.next_sequence();
    let answer = Answer::compose(
        &request,
        cue.answer,
        piece.style,
        fault.as_ref(),
        bytes,
        sequence,
    );
    let transcript = transcript(&request, &answer);
    let performance = Performance::of(dialect, request.stream, &transcript, fault.as_ref());
    let id = request_id(dialect, answer.id("req_", None));
    Ok(response(performance, &[id], carrier, entry))
}

/// The header by which support finds a request.
fn request_id(dialect: Dialect, id: String) -> (String, String) {
    let name = match dialect {
        Dialect::Anthropic => "request-id",
        Dialect::OpenaiChat | Dialect::OpenaiResponses => "x-request-id",
    };
    (name.to_owned(), id)
}

/// The request and what its model's name asks for, or the refusal.
fn read(
    stage: &Stage,
    dialect: Dialect,
    bytes: &Bytes,
    entry: &Entry,
) -> Result<(Request, Piece), Performance> {
    let body: Value = serde_json::from_slice(bytes)
        .map_err(|e| refuse(dialect, 400, &format!("The body is not valid JSON: {e}")))?;
    let Some(model) = body["model"].as_str().filter(|model| !model.is_empty()) else {
        return Err(refuse(dialect, 400, "model: Field required"));
    };
    entry.model(model, dialect);
    let piece = stage
        .piece(model)
        .ok_or_else(|| refuse(dialect, 404, &unknown_model(model)))?;
    strict::check(dialect, &body).map_err(|violation| refuse(dialect, 400, &violation))?;
    Ok((
        Request::read(dialect, model.to_owned(), &body, bytes),
        piece,
    ))
}

fn response(
    performance: Performance,
    headers: &[(String, String)],
    carrier: Carrier,
    entry: Entry,
) -> Response<Body> {
    let status = StatusCode::from_u16(performance.status).unwrap_or(StatusCode::OK);
    entry.status(status);
    let mut response = Response::new(body(performance.beats, carrier, entry));
    *response.status_mut() = status;
    let own = response.headers_mut();
    own.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(performance.content_type),
    );
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Some(length) = performance.length {
        own.insert(header::CONTENT_LENGTH, length.into());
    }
    for (name, value) in headers {
        let name = http::HeaderName::try_from(name.as_str());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value.as_str())) {
            own.insert(name, value);
        }
    }
    response
}

fn document(status: u16, value: Value) -> Performance {
    Performance::document(status, JSON, value.to_string().into_bytes())
}

fn refuse(dialect: Dialect, status: u16, message: &str) -> Performance {
    let body = refusal::envelope(dialect, status, ErrorBody::Usual, Some(message));
    Performance::document(status, JSON, body)
}

/// Four bytes a token, of all that counts: messages, system, tools.
fn count_tokens(bytes: &[u8]) -> Performance {
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else {
        return refuse(Dialect::Anthropic, 400, "The body is not valid JSON.");
    };
    let counted: usize = ["messages", "system", "tools"]
        .iter()
        .filter(|field| !body[**field].is_null())
        .map(|field| body[*field].to_string().len())
        .sum();
    document(200, json!({"input_tokens": tokens(counted)}))
}

/// One list that both vendors' SDKs read.
fn models() -> Value {
    let data: Vec<Value> = NAMES
        .iter()
        .map(|(name, about)| model(name, about))
        .collect();
    json!({
        "object": "list",
        "first_id": data.first().map(|model| model["id"].clone()),
        "last_id": data.last().map(|model| model["id"].clone()),
        "has_more": false,
        "data": data,
    })
}

fn models_named(id: &str) -> Option<Value> {
    let name = id.strip_prefix(catalog::REHEARSAL_PREFIX)?;
    let (name, about) = NAMES.iter().find(|(known, _)| *known == name)?;
    Some(model(name, about))
}

fn model(name: &str, about: &str) -> Value {
    json!({
        "id": format!("{}{name}", catalog::REHEARSAL_PREFIX),
        "object": "model",
        "created": CREATED,
        "owned_by": "understudy",
        "type": "model",
        "display_name": format!("Rehearsal: {name}"),
        "created_at": "2026-01-01T00:00:00Z",
        "description": about,
    })
}

fn unknown_model(model: &str) -> String {
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    format!(
        "model: {model}: there is no such model here. The rehearsal provider plays {}<name>, where <name> is one of: {}. \
         A style and a fault go together: tool+cut-in-tool.",
        catalog::REHEARSAL_PREFIX,
        names.join(", ")
    )
}
