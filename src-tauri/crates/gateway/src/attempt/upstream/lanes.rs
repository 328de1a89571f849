//! The pooled clients, in generations per host. A generation has lanes: each is one client, which is one HTTP/2 connection or any
//! number of HTTP/1.1 connections. A lane without a free stream is followed by another.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::Uri;
use http::uri::{Authority, Scheme};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::watch;
use tokio::time::timeout;
use tower_service::Service;

use super::dialed::{BoxError, Connect, Dialed};
use super::life::{Pings, Watched};
use super::room::{Protocol, Room};
use super::unsent::ConnectTimedOut;
use crate::Config;

/// Idle connections are closed before the usual server (60 s and more) closes them during a request.
const POOL_IDLE: Duration = Duration::from_secs(30);
/// Maximum number of idle connections of one host.
const MOST_IDLE: usize = 64;
/// Other requests wait this long for the first connection of a lane to show its protocol.
const OPENS_WITHIN: Duration = Duration::from_secs(1);

/// A request's body.
pub(crate) type Passed = UnsyncBoxBody<Bytes, BoxError>;

type Host = (Option<Scheme>, Option<Authority>);

/// All clients.
#[derive(Clone)]
pub(super) struct Lanes {
    connect: Connect,
    config: watch::Receiver<Arc<Config>>,
    hosts: Arc<Mutex<HashMap<Host, Generation>>>,
}

/// The connections of one host that new requests may use.
#[derive(Default)]
struct Generation {
    retired: Retired,
    lanes: Vec<Arc<Lane>>,
}

/// Set if new requests must not use a generation.
#[derive(Clone, Debug, Default)]
pub(super) struct Retired(Arc<AtomicBool>);

impl Retired {
    /// New requests get new connections. Open ones end by themselves.
    pub(super) fn retire(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_retired(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

struct Lane {
    client: Client<Dial, Passed>,
    room: Room,
    /// Number of requests whose responses have not ended.
    open: AtomicUsize,
}

/// One request's place in a lane.
pub(super) struct Slot {
    lane: Arc<Lane>,
    retired: Retired,
    /// It opens the lane's first connection.
    opens: bool,
}

enum Picked {
    Slot(Slot),
    /// It is not known yet how many requests this lane takes.
    Opening(watch::Receiver<Protocol>),
}

impl Lanes {
    pub(super) fn new(connect: Connect, config: watch::Receiver<Arc<Config>>) -> Lanes {
        Lanes {
            connect,
            config,
            hosts: Arc::default(),
        }
    }

    /// A place for a request to this address.
    pub(super) async fn slot(&self, to: &Uri) -> Slot {
        let host = (to.scheme().cloned(), to.authority().cloned());
        let mut waits = true;
        loop {
            match self.pick(&host, waits) {
                Picked::Slot(slot) => return slot,
                Picked::Opening(mut protocol) => {
                    // An error means that its generation is retired.
                    waits = timeout(OPENS_WITHIN, protocol.changed()).await.is_ok();
                }
            }
        }
    }

    /// New requests to any host get new connections.
    pub(super) fn renew(&self) {
        self.hosts().clear();
    }

    fn pick(&self, host: &Host, waits: bool) -> Picked {
        let mut hosts = self.hosts();
        let generation = hosts.entry(host.clone()).or_default();
        if generation.retired.is_retired() {
            *generation = Generation::default();
        }
        let retired = &generation.retired;
        for lane in &generation.lanes {
            // Subscribed before the state is read, so that no change is missed.
            let changes = lane.room.changes();
            let open = lane.open.load(Ordering::Relaxed);
            match lane.room.protocol() {
                Protocol::Unknown => return Picked::Slot(Slot::new(lane, retired, true)),
                Protocol::Opening if waits => return Picked::Opening(changes),
                Protocol::Streams { most, .. } if open >= most => {}
                Protocol::Opening | Protocol::Unlimited | Protocol::Streams { .. } => {
                    return Picked::Slot(Slot::new(lane, retired, false));
                }
            }
        }
        let lane = Arc::new(self.lane());
        generation.lanes.push(Arc::clone(&lane));
        Picked::Slot(Slot::new(&lane, &generation.retired, true))
    }

    fn lane(&self) -> Lane {
        let room = Room::new();
        let pings = Pings::of(self.config.borrow().timers.headers);
        let dial = Dial {
            connect: self.connect.clone(),
            config: self.config.clone(),
            room: room.clone(),
            pings,
        };
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(MOST_IDLE)
            .http2_keep_alive_interval(pings.after)
            .http2_keep_alive_timeout(pings.within)
            .http2_keep_alive_while_idle(false)
            .retry_canceled_requests(false);
        Lane {
            client: builder.build(dial),
            room,
            open: AtomicUsize::new(0),
        }
    }

    fn hosts(&self) -> std::sync::MutexGuard<'_, HashMap<Host, Generation>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn new(lane: &Arc<Lane>, retired: &Retired, opens: bool) -> Slot {
        lane.open.fetch_add(1, Ordering::Relaxed);
        if opens {
            lane.room.opens();
        }
        Slot {
            lane: Arc::clone(lane),
            retired: retired.clone(),
            opens,
        }
    }

    pub(super) fn client(&self) -> &Client<Dial, Passed> {
        &self.lane.client
    }

    pub(super) fn retired(&self) -> Retired {
        self.retired.clone()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.lane.open.fetch_sub(1, Ordering::Relaxed);
        if self.opens {
            self.lane.room.is_abandoned();
        }
    }
}

/// A response's body, which occupies its slot until it ends.
pub(crate) struct Arriving(Source);

enum Source {
    Provider {
        body: Incoming,
        _slot: Slot,
    },
    /// A drill made it: these bytes, then a broken connection or the end.
    Made {
        bytes: Bytes,
        is_cut: bool,
    },
}

/// The made end of a made body.
#[derive(Debug, thiserror::Error)]
#[error("a drill cut the connection")]
struct CutByDrill;

impl Arriving {
    pub(super) fn new(body: Incoming, slot: Slot) -> Arriving {
        Arriving(Source::Provider { body, _slot: slot })
    }

    pub(crate) fn made(bytes: Bytes, is_cut: bool) -> Arriving {
        Arriving(Source::Made { bytes, is_cut })
    }
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Source::Provider { body, .. } => {
                let frame = Pin::new(body).poll_frame(cx);
                frame.map(|frame| frame.map(|frame| frame.map_err(BoxError::from)))
            }
            Source::Made { bytes, .. } if !bytes.is_empty() => {
                Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes)))))
            }
            Source::Made { is_cut, .. } => {
                let cut = std::mem::take(is_cut);
                Poll::Ready(cut.then(|| Err(CutByDrill.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Source::Provider { body, .. } => body.is_end_stream(),
            Source::Made { bytes, is_cut } => bytes.is_empty() && !is_cut,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Source::Provider { body, .. } => body.size_hint(),
            Source::Made { .. } => SizeHint::default(),
        }
    }
}

/// Connects with the current connect timeout.
#[derive(Clone)]
pub(super) struct Dial {
    connect: Connect,
    config: watch::Receiver<Arc<Config>>,
    room: Room,
    pings: Pings,
}

impl Service<Uri> for Dial {
    type Response = Dialed;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Dialed, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connect.poll_ready(cx)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let within = self.config.borrow().timers.connect;
        let dialing = self.connect.call(to);
        let (room, pings) = (self.room.clone(), self.pings);
        Box::pin(async move {
            let dialed = match timeout(within, dialing).await {
                Ok(dialed) => dialed,
                Err(_) => Err(ConnectTimedOut(within).into()),
            };
            match dialed {
                Ok(io) => Ok(Dialed::new(Watched::new(io, pings, room))),
                Err(error) => {
                    room.is_unreachable();
                    Err(error)
                }
            }
        })
    }
}
