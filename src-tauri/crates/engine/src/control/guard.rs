//! Access control of the control API: a valid token, an allowed origin or none, and an allowed host name.

use api::CONTROL_HEADER;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Control, Refused};

/// Origins of the window that the desktop shell opens.
const WINDOW: [&str; 2] = ["tauri://localhost", "http://tauri.localhost"];

/// Runs before every handler, static files included. It rejects pages under a foreign host name (DNS rebinding).
pub(super) async fn host(State(control): State<Control>, request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|h| h.to_str().ok())
        .unwrap_or("");
    if gateway::is_own_host(host, &control.allowed_hosts.borrow()) {
        next.run(request).await
    } else {
        let what = format!("the host name \"{host}\" is not allowed on this engine");
        Refused::new(StatusCode::FORBIDDEN, what, Some("use 127.0.0.1 or localhost, or add the name to [listen] allowed_hosts in the settings")).into_response()
    }
}

/// Runs before everything below `/control`.
pub(super) async fn token(
    State(control): State<Control>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let origin = headers
        .get(header::ORIGIN)
        .and_then(|o| o.to_str().ok())
        .map(str::to_owned);
    let foreign = origin
        .as_deref()
        .is_some_and(|origin| !WINDOW.contains(&origin) && !same_host(origin, headers));
    if foreign {
        return Refused::new(
            StatusCode::FORBIDDEN,
            "requests from other web pages are refused",
            None,
        )
        .into_response();
    }
    let from_window = origin.filter(|origin| WINDOW.contains(&origin.as_str()));
    if request.method() == Method::OPTIONS {
        return allow(
            StatusCode::NO_CONTENT.into_response(),
            from_window.as_deref(),
        );
    }
    let known = headers
        .get(CONTROL_HEADER)
        .and_then(|t| t.to_str().ok())
        .is_some_and(|presented| control.token.is(presented));
    let response = if known {
        next.run(request).await
    } else {
        let fix = format!(
            "send the header {CONTROL_HEADER} with the token from the engine's runtime file, or open the address that `understudyd url --ui` prints"
        );
        Refused::new(
            StatusCode::FORBIDDEN,
            "the control token is missing or wrong",
            Some(&fix),
        )
        .into_response()
    };
    allow(response, from_window.as_deref())
}

/// Lets the shell's window read the response; no other page gets these headers.
fn allow(mut response: Response, window: Option<&str>) -> Response {
    if let Some(origin) = window.and_then(|o| HeaderValue::from_str(o).ok()) {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST, PUT, DELETE"),
        );
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("content-type, x-understudy-control"),
        );
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
    }
    response
}

fn same_host(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok());
    origin
        .split_once("://")
        .is_some_and(|(_, rest)| Some(rest) == host)
}
