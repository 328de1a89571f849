//! The port: accepts connections and hands each request to the control API or to the gateway.

mod arrived;
mod client_io;
mod counted_body;
mod peers;
mod refusals;
mod seats;

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body as AxumBody;
use gateway::{Aborted, Gateway};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service;

use arrived::{Arrived, Arriving};
use client_io::ClientIo;
use counted_body::{Body, CountedBody};
use peers::Peers;
use refusals::{HEADERS, Refusal, Refusals};
use seats::{Seat, Seats, Taken};

use crate::handover::Successor;

/// After the first request, a connection without another one within this time is closed.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);

/// Serves until `stop` resolves, then lets open requests end, for at most `drain`. A successor gets the listening socket.
/// `clients`: the maximum number of connections.
pub(crate) async fn serve(
    (listener, successor): (TcpListener, Successor),
    gateway: Gateway,
    control: Router,
    stop: impl Future<Output = ()>,
    drain: Duration,
    clients: usize,
) {
    let open = TaskTracker::new();
    let stopping = CancellationToken::new();
    let seats = Seats::new(clients);
    let peers = Peers::default();
    let mut refusals = Refusals::default();
    let mut stop = std::pin::pin!(stop);
    let open_requests = || gateway.open_exchanges() + gateway.pending();
    let mut passes_on = pin!(successor.gets_the_port(open_requests));
    let stopped = loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break true,
            () = &mut passes_on => {
                if successor.give(&listener) {
                    break false;
                }
                passes_on.set(successor.gets_the_port(open_requests));
                continue;
            }
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
        let placed = tokio::select! {
            placed = place(&seats, &mut refusals) => placed,
            () = &mut stop => break true,
        };
        match placed {
            Place::Seat(seat) => {
                let (gateway, control) = (gateway.clone(), control.clone());
                let arrived = Arrived::default();
                let io = ClientIo::new(tcp, arrived.clone(), peers.clone());
                let client = (io, arrived);
                open.spawn(connection(client, seat, gateway, control, stopping.clone()));
            }
            Place::Refusal(refusal) => {
                open.spawn(refusal.answer(tcp));
            }
        }
    };
    if stopped {
        successor.give(&listener);
    }
    drop(listener);
    stopping.cancel();
    open.close();
    if !stopped {
        stop.await;
    }
    if tokio::time::timeout(drain, open.wait()).await.is_err() {
        tracing::warn!(
            "some connections were still open after {} s and were dropped",
            drain.as_secs()
        );
    }
}

enum Place {
    Seat(Seat),
    /// All connections have requests.
    Refusal(Refusal),
}

/// Waits until one of the two is free; both are free soon.
async fn place(seats: &Seats, refusals: &mut Refusals) -> Place {
    loop {
        let again = match seats.take(Instant::now()) {
            Taken::Seat(seat) => return Place::Seat(seat),
            Taken::SomeIdle(until) => until,
            Taken::Full(until) => {
                if let Ok(refusal) = timeout_at(until, refusals.next()).await {
                    return Place::Refusal(refusal);
                }
                continue;
            }
        };
        sleep_until(again).await;
    }
}

/// Serves one connection until it ends, or until its seat is needed or the engine stops and it has no request.
async fn connection(
    (io, arrived): (ClientIo, Arrived),
    seat: Seat,
    gateway: Gateway,
    control: Router,
    stopping: CancellationToken,
) {
    let begin = seat.requests();
    let serve = service_fn(move |request: Request<Incoming>| {
        let in_progress = (begin(), arrived.response());
        let request = request.map(|body| arrived.watch(body));
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
        .serve_connection(TokioIo::new(io), serve);
    let mut connection = pin!(connection);
    let (mut drains, mut closes) = (false, false);
    let ended = loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => break ended,
            () = seat.drains(&stopping), if !drains => drains = true,
            () = seat.closes(), if !closes => {
                if seat.is_idle() {
                    tracing::debug!("a connection without a request was closed");
                    break Ok(());
                }
                closes = true;
            }
        }
        // A request that has begun ends.
        connection.as_mut().graceful_shutdown();
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn dispatch(
    request: Request<Arriving>,
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
fn wants_page(request: &Request<Arriving>) -> bool {
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
