//! The port: accepts connections and hands each request to the control API or to the gateway.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body as AxumBody;
use bytes::Bytes;
use gateway::{Aborted, BoxError, Gateway};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tower_service::Service;

type Body = UnsyncBoxBody<Bytes, BoxError>;

/// A connection without a request within this time is closed.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// Clients' own headers are forwarded to the vendor, in any number; hyper's default limit is 100.
const HEADERS: usize = 1000;

/// Serves until `stop` resolves, then lets open requests end, for at most `drain`.
pub(crate) async fn serve(
    listener: TcpListener,
    gateway: Gateway,
    control: Router,
    stop: impl Future<Output = ()>,
    drain: Duration,
) {
    let open = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (tcp, _) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Usually out of file descriptors; connections that end free some.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let _ = tcp.set_nodelay(true);
        let (gateway, control) = (gateway.clone(), control.clone());
        let serve = service_fn(move |request| dispatch(request, gateway.clone(), control.clone()));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS_WITHIN)
            .max_headers(HEADERS)
            .preserve_header_case(true)
            .serve_connection(TokioIo::new(tcp), serve);
        let watched = open.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(drain, open.shutdown()).await.is_err() {
        tracing::warn!(
            "some connections were still open after {} s and were dropped",
            drain.as_secs()
        );
    }
}

async fn dispatch(
    request: Request<Incoming>,
    gateway: Gateway,
    mut control: Router,
) -> Result<Response<Body>, Infallible> {
    if wants_page(&request) {
        let mut to_ui = Response::new(AxumBody::empty().map_err(Into::into).boxed_unsync());
        *to_ui.status_mut() = StatusCode::TEMPORARY_REDIRECT;
        to_ui
            .headers_mut()
            .insert(header::LOCATION, http::HeaderValue::from_static("/ui/"));
        return Ok(to_ui);
    }
    if is_control(request.uri().path()) {
        let Ok(response) = control.call(request.map(AxumBody::new)).await;
        return Ok(response.map(|body| body.map_err(Into::into).boxed_unsync()));
    }
    let response = gateway.handle(request).await;
    Ok(response.map(|body| {
        body.map_err(|aborted: Aborted| aborted.into())
            .boxed_unsync()
    }))
}

/// True for a browser at the root URL or at an agent's base URL, which gets the web UI. The gateway serves other clients there.
fn wants_page(request: &Request<Incoming>) -> bool {
    request.method() == Method::GET
        && is_base(request.uri().path())
        && request
            .headers()
            .get(header::ACCEPT)
            .and_then(|a| a.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"))
}

/// `/`, `/t/TOKEN` or `/t/TOKEN/`.
fn is_base(path: &str) -> bool {
    match path.strip_prefix("/t/") {
        Some(token) => !token.trim_end_matches('/').contains('/'),
        None => path == "/",
    }
}

fn is_control(path: &str) -> bool {
    ["/control", "/ui", "/metrics", "/healthz"]
        .iter()
        .any(|ours| {
            path.strip_prefix(ours)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}
