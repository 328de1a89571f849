//! One request, from its path to its response.

use bytes::Bytes;
use catalog::Dialect;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::clock::CREATED;
use crate::connection::Carrier;
use crate::fault::ErrorBody;
use crate::perform::{Body, JSON, Performance, body};
use crate::received::Entry;
use crate::refusal;
use crate::repertoire::{NAMES, Unplayable};
use crate::stage::Stage;
use crate::usage::tokens;

mod ask;
mod elsewhere;
mod generate;

/// The connection is to be dropped without a byte.
#[derive(Debug, thiserror::Error)]
#[error("dropped on purpose")]
pub(crate) struct Dropped;

/// The operation of a path. Prefixes before it do not matter, since clients have base URLs with and without `/v1`.
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
            return generate::generate(stage, dialect, &incoming, carrier, entry).await;
        }
        Asked::CountTokens => count_tokens(&incoming.body),
        Asked::Models => document(200, models()),
        Asked::Model(name) => match models_named(name) {
            Some(model) => document(200, model),
            None if stage.plays_any_model() => document(200, any_model(name)),
            None => refuse(Dialect::OpenaiChat, 404, &unknown_model(name, None)),
        },
        // Codex falls back to plain requests at once on 426, and after seven attempts on anything else.
        Asked::WebSocket => refuse(
            Dialect::OpenaiResponses,
            426,
            "The rehearsal provider does not speak WebSocket: send a POST.",
        ),
        Asked::Probe => Performance::document(200, JSON, Vec::new()),
        Asked::Unknown => elsewhere(stage, &incoming),
    };
    Ok(response(performance, &[], carrier, entry))
}

fn elsewhere(stage: &Stage, incoming: &Incoming) -> Performance {
    let known = || elsewhere::respond(incoming);
    let found = stage.plays_any_model().then(known).flatten();
    found.unwrap_or_else(|| {
        refuse(
            Dialect::OpenaiChat,
            404,
            "The rehearsal provider answers POST /v1/messages, /v1/messages/count_tokens, /v1/chat/completions and \
             /v1/responses, and GET /v1/models.",
        )
    })
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

/// Any model there could be.
fn any_model(id: &str) -> Value {
    json!({
        "id": id,
        "object": "model",
        "created": CREATED,
        "owned_by": "understudy",
        "type": "model",
        "display_name": id,
        "created_at": "2026-01-01T00:00:00Z",
    })
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

fn unknown_model(model: &str, why: Option<&Unplayable>) -> String {
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    let why = why.map_or_else(
        || "there is no such model here".to_owned(),
        |why| format!("no such model can be played, since {why}"),
    );
    format!(
        "model: {model}: {why}. The rehearsal provider plays {}<name>, where <name> is one of: {}. \
         A style, manners, a vendor and a fault go together: as-gemini+tool+usage:none+cut-in-tool.",
        catalog::REHEARSAL_PREFIX,
        names.join(", ")
    )
}
