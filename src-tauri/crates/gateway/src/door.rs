//! The port's entry: checks token, host, size and shape of a request, then plans it and passes it to [`once`]. The door imports
//! the modules behind it; none of them imports the door.

mod admission;
mod admit;
mod breakers;
mod cross_origin;
pub(crate) mod effect;
mod explain;
mod fetch;
mod models;
mod pass;
mod place;
mod serve;
mod turn_away;
mod unread;
mod vendor;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use health::Verdicts;
use http::{Request, Response};
use tokio::sync::{mpsc, watch};

use crate::deliver::rescue;
use crate::services::{Clock, Services};
use crate::{Body, BoxError, Config, Connect, ConversationAsk, Promise, Rejected, Report};
use admit::Origin;
use place::Place;
use unread::Unread;

/// The part of the engine between clients and providers. Cheap to clone.
#[derive(Clone)]
pub struct Gateway(Services);

impl Gateway {
    /// The caller limits the capacity of the channels. If `reports` is full, reports are dropped and counted; `promises` waits.
    /// The receiver of `promises` answers each after it is stored; `conversations` in a separate order.
    pub fn new(
        config: watch::Receiver<Arc<Config>>,
        verdicts: watch::Receiver<Arc<Verdicts>>,
        connect: Connect,
        reports: mpsc::Sender<Report>,
        promises: mpsc::Sender<Promise>,
        conversations: mpsc::Sender<ConversationAsk>,
        clock: Clock,
    ) -> Gateway {
        Gateway(Services::new(
            config,
            verdicts,
            connect,
            reports,
            promises,
            conversations,
            clock,
        ))
    }

    /// Sets the zone for times in error texts, which name it; the default is UTC. Only the first call has an effect.
    pub fn format_times_in(&self, zone: words::Zone) {
        self.0.format_times_in(zone);
    }

    /// Answers one request. Never fails and never panics: an error becomes a response in the client's dialect. Dropping the
    /// future or the response's body cancels the work upstream, except for a request with an idempotency key, and for 30 s for
    /// clients that retry.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let config = self.0.config();
        let (head, body) = request.into_parts();
        let body = Unread::new(&head.headers, body);
        let id = self.0.reports().next_id(self.0.now());
        if let Some(response) = cross_origin::preflight(&head, &config) {
            return response;
        }
        let page = match Origin::of(&head, &config) {
            Origin::Allowed(origin) => Some(cross_origin::allowed(origin)),
            Origin::None | Origin::Own | Origin::Foreign(_) => None,
        };
        let dialect = admit::spoken(&Place::of(head.uri.path()).target, &head.headers);
        let served = AssertUnwindSafe(self.serve(&id, config, head, body)).catch_unwind();
        let mut response = served.await.unwrap_or_else(|_| {
            let id = id.get();
            tracing::error!(%id, %dialect, "a panic ended an exchange");
            rescue::plain(rescue::our_fault(dialect), Some(id))
        });
        if let Some(id) = id.created() {
            id.name_where_missing(response.headers_mut());
        }
        response.headers_mut().extend(page.unwrap_or_default());
        response
    }

    /// Number of exchanges that have begun and not ended.
    pub fn open_exchanges(&self) -> usize {
        self.0.reports().open()
    }

    /// Number of promised writes, and of readers of recorded responses, that a stop waits for besides open exchanges.
    pub fn pending(&self) -> usize {
        self.0.pending().count()
    }

    /// Number of requests whose clients have disconnected and may retrieve the response.
    pub fn lingering(&self) -> usize {
        self.0.once().lingering()
    }

    /// Ends all open requests: keys are free again, requests of pipelines are parked, and clients receive an error or the end of
    /// their connection.
    pub fn cut_off(&self) {
        self.0.cut_all_off();
    }

    /// The machine slept, or its network changed: new requests to providers get new connections.
    pub fn renew_connections(&self) {
        self.0.upstream().renew();
    }

    /// The engine stops: requests are forwarded to their primary until the open ones have ended.
    pub fn is_draining(&self) -> bool {
        self.0.is_draining()
    }

    /// Number of reports that were dropped because their receiver was too slow.
    pub fn dropped_reports(&self) -> u64 {
        self.0.reports().dropped()
    }

    /// Number of requests that are missing in the history, because their end could not be reported.
    pub fn unrecorded(&self) -> u64 {
        self.0.reports().unrecorded()
    }

    /// Requests that were rejected before their sender showed the token: counted by reason, and not exchanges.
    pub fn rejected(&self) -> Vec<Rejected> {
        self.0.rejections().all()
    }
}
