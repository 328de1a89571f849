//! The port: accepts connections and hands each request to the control API or to the gateway.

mod counted_body;
mod seats;

use std::convert::Infallible;
use std::sync::Arc;
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
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tower_service::Service;

use counted_body::CountedBody;
use seats::{IDLE_AT_LEAST, Seat, Seats};

type Body = UnsyncBoxBody<Bytes, BoxError>;

/// After the first request, a connection without another one within this time is closed.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// Clients' own headers are forwarded to the vendor, in any number; hyper's default limit is 100.
const HEADERS: usize = 1000;
/// Connections that are refused at the same time, and how long each may take.
const REFUSED: usize = 32;
const REFUSED_WITHIN: Duration = Duration::from_secs(1);
const FULL: &str = "Understudy: too many requests are in flight for this machine's limit of open files; try again in a second, or raise the limit \
                    (`ulimit -n`, LimitNOFILE) and restart the engine\n";

/// Serves until `stop` resolves, then lets open requests end, for at most `drain`. `clients`: the maximum number of connections.
pub(crate) async fn serve(
    listener: TcpListener,
    gateway: Gateway,
    control: Router,
    stop: impl Future<Output = ()>,
    drain: Duration,
    clients: usize,
) {
    let open = GracefulShutdown::new();
    let seats = Seats::new(clients);
    let refused = Arc::new(Semaphore::new(REFUSED));
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
        let seat = match place(&seats, &refused).await {
            Place::Seat(seat) => seat,
            Place::Refusal(permit) => {
                tokio::spawn(async move {
                    let _ = tokio::time::timeout(REFUSED_WITHIN, refuse(tcp)).await;
                    drop(permit);
                });
                continue;
            }
        };
        let (gateway, control) = (gateway.clone(), control.clone());
        let begin = seat.requests();
        let serve = service_fn(move |request| {
            let in_progress = begin();
            let served = dispatch(request, gateway.clone(), control.clone());
            async move {
                let response = served.await?;
                Ok::<_, Infallible>(response.map(|body| CountedBody::new(body, in_progress)))
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS_WITHIN)
            .max_headers(HEADERS)
            .preserve_header_case(true)
            .serve_connection(TokioIo::new(tcp), serve);
        let watched = open.watch(connection);
        tokio::spawn(async move {
            tokio::select! {
                ended = watched => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                },
                () = seat.closes() => tracing::debug!("a connection without a request was closed"),
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

enum Place {
    Seat(Seat),
    /// All connections have requests.
    Refusal(OwnedSemaphorePermit),
}

/// Waits until one of the two is free; both are free soon.
async fn place(seats: &Seats, refused: &Arc<Semaphore>) -> Place {
    loop {
        if let Some(seat) = seats.take(Instant::now()) {
            return Place::Seat(seat);
        }
        let permit = Arc::clone(refused).acquire_owned();
        if let Ok(Ok(permit)) = tokio::time::timeout(IDLE_AT_LEAST, permit).await {
            return Place::Refusal(permit);
        }
    }
}

/// Answers one request with 503: all connections have requests.
async fn refuse(tcp: TcpStream) {
    tracing::warn!("a connection was refused: the limit of open files is reached");
    let full = service_fn(|_: Request<Incoming>| async {
        let mut full = Response::new(http_body_util::Full::new(Bytes::from_static(
            FULL.as_bytes(),
        )));
        *full.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        let headers = full.headers_mut();
        for (name, value) in [
            (header::RETRY_AFTER, "1"),
            (header::CONNECTION, "close"),
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        ] {
            headers.insert(name, http::HeaderValue::from_static(value));
        }
        Ok::<_, Infallible>(full)
    });
    let mut server = http1::Builder::new();
    server.max_headers(HEADERS);
    let _ = server.serve_connection(TokioIo::new(tcp), full).await;
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
