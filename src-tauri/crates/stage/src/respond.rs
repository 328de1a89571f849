//! Handles one request, from its path to its response.

use catalog::Dialect;
use http::{HeaderValue, Method, Response, header};
use serde_json::{Value, json};

use crate::connection::Carrier;
use crate::perform::{Body, JSON, Performance};
use crate::received::Entry;
use crate::state::State;
use crate::usage::tokens;
use models::{any_model, models, models_named, unknown_model};
use reply::{document, refuse, response};

mod ask;
mod elsewhere;
mod generate;
mod incoming;
mod models;
mod reply;

pub(crate) use incoming::{Dropped, Incoming};

/// The operation of a path. Prefixes before it do not matter, since clients have base URLs with and without `/v1`.
enum Operation<'a> {
    Generate(Dialect),
    CountTokens,
    Models,
    Model(&'a str),
    WebSocket,
    Probe,
    Unknown,
}

pub(crate) async fn respond(
    state: &State,
    incoming: Incoming,
    carrier: Carrier,
    entry: Entry,
) -> Result<Response<Body>, Dropped> {
    let performance = match requested(&incoming) {
        Operation::Generate(dialect) => {
            return generate::generate(state, dialect, &incoming, carrier, entry).await;
        }
        Operation::CountTokens => count_tokens(&incoming.body),
        Operation::Models => document(200, models()),
        Operation::Model(name) => match models_named(name) {
            Some(model) => document(200, model),
            None if state.plays_any_model() => document(200, any_model(name)),
            None => refuse(Dialect::OpenaiChat, 404, &unknown_model(name, None)),
        },
        // Codex falls back to plain requests at once on 426, and after seven attempts on anything else.
        Operation::WebSocket => refuse(
            Dialect::OpenaiResponses,
            426,
            "The rehearsal provider does not speak WebSocket: send a POST.",
        ),
        Operation::Probe => Performance::document(200, JSON, Vec::new()),
        Operation::Unknown => elsewhere(state, &incoming),
    };
    Ok(response(performance, &[], carrier, entry))
}

fn elsewhere(state: &State, incoming: &Incoming) -> Performance {
    let known = || elsewhere::respond(incoming);
    let found = state.plays_any_model().then(known).flatten();
    found.unwrap_or_else(|| {
        refuse(
            Dialect::OpenaiChat,
            404,
            "The rehearsal provider answers POST /v1/messages, /v1/messages/count_tokens, /v1/chat/completions and \
             /v1/responses, and GET /v1/models.",
        )
    })
}

/// The response to a body that is too large.
pub(crate) fn too_large(incoming: &Incoming, carrier: Carrier, entry: Entry) -> Response<Body> {
    let dialect = match requested(incoming) {
        Operation::Generate(dialect) => dialect,
        Operation::CountTokens => Dialect::Anthropic,
        Operation::Models
        | Operation::Model(_)
        | Operation::WebSocket
        | Operation::Probe
        | Operation::Unknown => Dialect::OpenaiChat,
    };
    let message = "Request exceeds the maximum size: a body may have 32 MiB.";
    response(refuse(dialect, 413, message), &[], carrier, entry)
}

fn requested(incoming: &Incoming) -> Operation<'_> {
    let path = incoming.path.split('?').next().unwrap_or_default();
    let path = path.trim_end_matches('/');
    if incoming.method == Method::HEAD {
        return Operation::Probe;
    }
    if incoming.method == Method::POST {
        return match path {
            _ if path.ends_with("/messages/count_tokens") => Operation::CountTokens,
            _ if path.ends_with("/messages") => Operation::Generate(Dialect::Anthropic),
            _ if path.ends_with("/chat/completions") => Operation::Generate(Dialect::OpenaiChat),
            _ if path.ends_with("/responses") => Operation::Generate(Dialect::OpenaiResponses),
            _ => Operation::Unknown,
        };
    }
    let upgrades = incoming
        .headers
        .get(header::UPGRADE)
        .map(HeaderValue::as_bytes);
    match path.rsplit_once("/models") {
        _ if incoming.method != Method::GET => Operation::Unknown,
        _ if path.ends_with("/responses")
            && upgrades.is_some_and(|to| to.eq_ignore_ascii_case(b"websocket")) =>
        {
            Operation::WebSocket
        }
        Some((_, "")) => Operation::Models,
        Some((_, name)) => Operation::Model(name.trim_start_matches('/')),
        None => Operation::Unknown,
    }
}

/// Four bytes per token of messages, system and tools.
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
