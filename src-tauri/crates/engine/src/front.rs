//! The ports: accept connections and hand each request to the control API or to the gateway.

mod arrived;
mod client_io;
mod counted_body;
mod network;
mod peers;
mod refusals;
mod seats;

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body as AxumBody;
use gateway::{Aborted, EffectAdmission, FromNetwork, Gateway};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service;

use arrived::{Arrived, Arriving};
use client_io::ClientIo;
use counted_body::{Body, CountedBody};
use peers::Peers;
use refusals::{HEADERS, Refusal, Refusals};
use seats::{Seat, Seats, Taken};

use crate::effects::Relay;
use crate::handover::Successor;

/// After the first request, a connection without another one within this time is closed.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// For load balancers and service managers, at every address.
const HEALTH: &str = "/healthz";
const ONLY_HERE: &str = r#"{"error":"the control API, the metrics and the web UI are only on the computer of Understudy itself","fix":"open them there, or through a tunnel: ssh -L 4747:127.0.0.1:4747 HOST"}"#;

/// The shared part of all addresses. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Front {
    gateway: Gateway,
    relay: Relay,
    control: Router,
    seats: Seats,
    peers: Peers,
    /// The open connections.
    open: TaskTracker,
    stopping: CancellationToken,
}

/// Where a connection arrived.
#[derive(Clone)]
enum From {
    /// This computer: clients, the control API and the web UI.
    Here,
    /// An address of a network: clients with a named token. The receiver has its TLS; None: plain HTTP.
    Network(watch::Receiver<Option<Arc<ServerConfig>>>),
}

impl Front {
    /// `clients`: the maximum number of connections.
    pub(crate) fn new(gateway: Gateway, relay: Relay, control: Router, clients: usize) -> Front {
        Front {
            gateway,
            relay,
            control,
            seats: Seats::new(clients),
            peers: Peers::default(),
            open: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }
    }

    /// Serves this computer's address, and the network's addresses beside it, until `stop` resolves; then lets open requests end,
    /// for at most `drain`. A successor gets the listening socket of this computer's address.
    pub(crate) async fn serve(
        self,
        (listener, successor): (TcpListener, Successor),
        network: impl Future<Output = ()>,
        stop: impl Future<Output = ()>,
        drain: Duration,
    ) {
        let mut stop = pin!(stop);
        let is_over = self
            .accept_until_the_port_closes(&listener, &successor, network, stop.as_mut())
            .await;
        // A new client is refused from now on, and does not wait for the last response.
        drop(listener);
        self.stopping.cancel();
        self.open.close();
        if !is_over {
            stop.await;
        }
        if tokio::time::timeout(drain, self.open.wait()).await.is_err() {
            tracing::warn!(
                "some connections were still open after {} s and were dropped",
                drain.as_secs()
            );
        }
    }

    /// Accepts connections until `stop` resolves or a successor has the listening socket. True: `stop` has resolved.
    async fn accept_until_the_port_closes(
        &self,
        listener: &TcpListener,
        successor: &Successor,
        network: impl Future<Output = ()>,
        mut stop: Pin<&mut impl Future<Output = ()>>,
    ) -> bool {
        let mut network = pin!(network);
        let passed_on = CancellationToken::new();
        let mut accepts = pin!(self.accept(listener, &From::Here, &self.stopping, &passed_on));
        let open_requests = || self.gateway.open_exchanges() + self.gateway.pending();
        loop {
            tokio::select! {
                () = &mut accepts => {}
                () = &mut network => {}
                () = &mut stop => {
                    successor.give(listener);
                    return true;
                }
                () = successor.gets_the_port(open_requests) => {
                    if successor.give(listener) {
                        break;
                    }
                }
            }
        }
        // A connection that was accepted already is served here.
        passed_on.cancel();
        tokio::select! {
            () = accepts => false,
            () = stop => true,
        }
    }

    /// Accepts connections until the listener is `passed_on`.
    async fn accept(
        &self,
        listener: &TcpListener,
        from: &From,
        stopping: &CancellationToken,
        passed_on: &CancellationToken,
    ) {
        let mut refusals = Refusals::default();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = passed_on.cancelled() => return,
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
            match place(&self.seats, &mut refusals).await {
                Place::Seat(seat) => {
                    let (front, from, stopping) = (self.clone(), from.clone(), stopping.clone());
                    self.open.spawn(front.connection(tcp, seat, from, stopping));
                }
                Place::Refusal(refusal) => {
                    self.open.spawn(refusal.answer(tcp));
                }
            }
        }
    }

    async fn connection(self, tcp: TcpStream, seat: Seat, from: From, stopping: CancellationToken) {
        let ends = tcp
            .peer_addr()
            .and_then(|client| Ok((client, tcp.local_addr()?)))
            .ok();
        let tls = match &from {
            From::Here => None,
            From::Network(tls) => tls.borrow().clone(),
        };
        let arrived = Arrived::default();
        let Some(tls) = tls else {
            let io = ClientIo::new(tcp, ends, arrived.clone(), self.peers.clone());
            return self.requests((io, arrived), seat, &from, stopping).await;
        };
        let handshake = timeout(HANDSHAKE_WITHIN, TlsAcceptor::from(tls).accept(tcp));
        let shaken = tokio::select! {
            shaken = handshake => shaken,
            () = seat.closes() => return,
            () = stopping.cancelled() => return,
        };
        match shaken {
            Ok(Ok(stream)) => {
                let io = ClientIo::new(stream, ends, arrived.clone(), self.peers.clone());
                self.requests((io, arrived), seat, &from, stopping).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    /// Serves one connection until it ends, or until its seat is needed or the engine stops and it has no request.
    async fn requests<S: AsyncRead + AsyncWrite + Unpin>(
        self,
        (io, arrived): (ClientIo<S>, Arrived),
        seat: Seat,
        from: &From,
        stopping: CancellationToken,
    ) {
        let begin = seat.requests();
        let is_here = matches!(from, From::Here);
        let serve = service_fn(move |request: Request<Incoming>| {
            let in_progress = (begin(), arrived.response());
            let request = request.map(|body| arrived.watch(body));
            let front = self.clone();
            async move {
                let response = match is_here {
                    true => front.dispatch(request).await,
                    false => front.dispatch_from_network(request).await,
                };
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

    async fn dispatch(self, request: Request<Arriving>) -> Response<Body> {
        if wants_page(&request) {
            let mut to_ui = Response::new(AxumBody::empty().map_err(Into::into).boxed_unsync());
            *to_ui.status_mut() = StatusCode::TEMPORARY_REDIRECT;
            to_ui
                .headers_mut()
                .insert(header::LOCATION, http::HeaderValue::from_static("/ui/"));
            return to_ui;
        }
        if is_control(request.uri().path()) {
            return self.control(request).await;
        }
        self.gateway(request).await
    }

    /// The control API, the metrics and the web UI are for this computer.
    async fn dispatch_from_network(self, mut request: Request<Arriving>) -> Response<Body> {
        let path = request.uri().path();
        if path == HEALTH {
            return self.control(request).await;
        }
        if is_control(path) {
            let body = AxumBody::from(ONLY_HERE).map_err(Into::into).boxed_unsync();
            let mut refused = Response::new(body);
            *refused.status_mut() = StatusCode::FORBIDDEN;
            let json = http::HeaderValue::from_static("application/json");
            refused.headers_mut().insert(header::CONTENT_TYPE, json);
            return refused;
        }
        request.extensions_mut().insert(FromNetwork);
        self.gateway(request).await
    }

    async fn control(mut self, request: Request<Arriving>) -> Response<Body> {
        let Ok(response) = self.control.call(request.map(AxumBody::new)).await;
        response.map(|body| body.map_err(Into::into).boxed_unsync())
    }

    async fn gateway(self, request: Request<Arriving>) -> Response<Body> {
        if Gateway::is_effect(request.uri().path()) {
            return self.effect(request).await;
        }
        let response = self.gateway.handle(request).await;
        response.map(|body| {
            body.map_err(|aborted: Aborted| aborted.into())
                .boxed_unsync()
        })
    }
}

impl Front {
    async fn effect(self, request: Request<Arriving>) -> Response<Body> {
        let response = match self.gateway.admit_effect(request).await {
            EffectAdmission::Admitted(request) => self.relay.respond(request).await,
            EffectAdmission::Refused(why, page) => Relay::refuse(why, page),
            EffectAdmission::Response(response) => {
                return response.map(|body| {
                    body.map_err(|aborted: Aborted| aborted.into())
                        .boxed_unsync()
                });
            }
        };
        response.map(|body| AxumBody::from(body).map_err(Into::into).boxed_unsync())
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
    ["/control", "/ui", "/metrics", HEALTH].iter().any(|ours| {
        path.strip_prefix(ours)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}
