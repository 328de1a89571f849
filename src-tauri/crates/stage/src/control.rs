//! Controls the stage over HTTP, for scripts and for tests of a real binary.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::family::VendorChoice;
use crate::fault::Fault;
use crate::perform::{Body, JSON};
use crate::plan::Plan;
use crate::received::{Received, ResponseEnd};
use crate::respond::Incoming;
use crate::script_step::ScriptStep;
use crate::state::State;

/// Number of characters of a credential that are shown.
const SHOWN: usize = 4;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outage {
    fault: Option<Fault>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct As {
    #[serde(rename = "as")]
    acting: VendorChoice,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContextWindow {
    tokens: Option<u64>,
}

/// `None`: the path does not belong to the control API.
pub(crate) fn respond(state: &State, incoming: &Incoming) -> Option<Response<Body>> {
    let what = incoming.path.strip_prefix("/stage/")?;
    let done = match (&incoming.method, what) {
        (&Method::POST, "cue") => read(&incoming.body).map(|cue: ScriptStep| {
            state.script().add(cue);
            Value::Null
        }),
        (&Method::DELETE, "cue") => {
            state.script().clear();
            Ok(Value::Null)
        }
        (&Method::POST, "outage") => read(&incoming.body).map(|outage: Outage| {
            state.script().outage = outage.fault;
            Value::Null
        }),
        (&Method::POST, "acting") => read(&incoming.body).map(|by: As| {
            state.script().acting = by.acting;
            Value::Null
        }),
        (&Method::POST, "plan") => read(&incoming.body).map(|plan: Option<Plan>| {
            state.script().plan = plan;
            Value::Null
        }),
        (&Method::POST, "window") => read(&incoming.body).map(|window: ContextWindow| {
            state.script().window = window.tokens;
            Value::Null
        }),
        (&Method::GET, "received") => Ok(state.log().all().iter().map(shown).collect()),
        (&Method::DELETE, "received") => {
            state.log().clear();
            Ok(Value::Null)
        }
        _ => Err("The stage knows POST and DELETE /stage/cue, POST /stage/outage, /stage/acting, /stage/plan and /stage/window, GET and DELETE /stage/received.".to_owned()),
    };
    Some(match done {
        Ok(Value::Null) => answer(StatusCode::NO_CONTENT, String::new()),
        Ok(value) => answer(StatusCode::OK, value.to_string()),
        Err(problem) => answer(
            StatusCode::BAD_REQUEST,
            json!({"error": problem}).to_string(),
        ),
    })
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|e| e.to_string())
}

fn answer(status: StatusCode, text: String) -> Response<Body> {
    let body = Full::new(Bytes::from(text)).map_err(|never| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}

fn shown(request: &Received) -> Value {
    json!({
        "method": request.method.as_str(),
        "path": request.path,
        "headers": headers(&request.headers),
        "body": body(&request.body),
        "body_bytes": request.body.len(),
        "model": request.model,
        "dialect": request.dialect,
        "family": request.family,
        "at_ms": request.at_ms,
        "status": request.answered.status,
        "fault": request.answered.fault,
        "end": match request.answered.end {
            ResponseEnd::Open => "open",
            ResponseEnd::Sent => "sent",
            ResponseEnd::Broken => "broken",
            ResponseEnd::ClientLeft => "client_left",
        },
    })
}

fn headers(headers: &HeaderMap) -> Value {
    headers
        .iter()
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            let text = if value.is_sensitive() {
                tail(&text)
            } else {
                text.into_owned()
            };
            json!([name.as_str(), text])
        })
        .collect()
}

/// The last characters, which distinguish two keys.
fn tail(secret: &str) -> String {
    let length = secret.chars().count();
    let hidden = length.saturating_sub(SHOWN.min(length / 4));
    format!("…{}", secret.chars().skip(hidden).collect::<String>())
}

fn body(bytes: &Bytes) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned().into())
}
