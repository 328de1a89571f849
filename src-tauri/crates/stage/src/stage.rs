use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming as IncomingBody;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::connection::{Carried, Carrier};
use crate::control;
use crate::family::VendorChoice;
use crate::fault::Fault;
use crate::plan::Plan;
use crate::received::{Entry, Log, Received, ResponseEnd, ResponseRecord};
use crate::respond::{Dropped, Incoming, respond, too_large};
use crate::script_step::ScriptStep;
use crate::state::{Plays, State};

/// The rehearsal provider. Clones share the same stage.
#[derive(Clone, Debug)]
pub struct Stage {
    state: Arc<State>,
}

/// Largest request body in bytes, as Anthropic's limit.
const LARGEST_BODY: usize = 32 << 20;
/// Maximum time for open responses after the listener's stop.
const DRAIN: Duration = Duration::from_secs(5);

impl Stage {
    /// Serves only models under [`catalog::REHEARSAL_PREFIX`], and has no control API.
    pub fn embedded() -> Stage {
        Stage::new(Plays::RehearsalModels, Log::new(64, 4 << 20))
    }

    /// Serves any model, and has a control API over HTTP: `POST /stage/cue`, `DELETE /stage/cue`, `POST /stage/outage`, `POST
    /// /stage/acting`, `POST /stage/plan`, `POST /stage/window`, `GET /stage/received`, `DELETE /stage/received`.
    pub fn any_model() -> Stage {
        Stage::new(Plays::AnyModel, Log::new(4096, 128 << 20))
    }

    fn new(plays: Plays, log: Arc<Log>) -> Stage {
        let state = Arc::new(State::new(plays, log));
        Stage { state }
    }

    /// Checks every request against the rules of this vendor, and responds like it: a [`crate::Family`], or
    /// [`VendorChoice::ByModel`].
    #[must_use]
    pub fn acting(self, acting: impl Into<VendorChoice>) -> Stage {
        self.act(acting.into());
        self
    }

    /// As [`Stage::acting`], from the next request on. A cue or a model's name (`as-gemini`) has priority.
    pub fn act(&self, acting: VendorChoice) {
        self.state.script().acting = acting;
    }

    /// The current time of the stage's clock, in Unix seconds; by default it starts at 1 January 2026. Resets are computed from
    /// it.
    #[must_use]
    pub fn at(self, unix: u64) -> Stage {
        self.state.set_clock(unix);
        self
    }

    /// The used share of the client's plan: in headers of vendors with plans, and a refusal if it is used up.
    pub fn plan(&self, plan: Option<Plan>) {
        self.state.script().plan = plan;
    }

    /// Context window of every model in tokens; `None`: that of the vendor's models. It applies only if a vendor is simulated.
    pub fn window(&self, tokens: Option<u64>) {
        self.state.script().window = tokens;
    }

    /// The response for a later request. Cues wait in a queue; a request uses the first that matches.
    pub fn cue(&self, cue: ScriptStep) {
        self.state.script().add(cue);
    }

    /// Removes all waiting cues.
    pub fn clear_cues(&self) {
        self.state.script().clear();
    }

    /// While `Some`, every generation request gets this fault and no cue is consumed.
    pub fn outage(&self, fault: Option<Fault>) {
        self.state.script().outage = fault;
    }

    /// The requests received so far, oldest first: the newest 4096 (128 MiB), embedded 64 (4 MiB).
    pub fn received(&self) -> Vec<Received> {
        self.state.log().all()
    }

    /// Clears the list of received requests.
    pub fn forget_received(&self) {
        self.state.log().clear();
    }

    /// Number of connections that were reset before any request.
    pub fn refused_connections(&self) -> u64 {
        self.state.refused_connections()
    }

    /// Serves one connection until it ends, over any byte stream.
    pub async fn serve_connection<I>(&self, io: I)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let carrier = Carrier::new();
        let io = Carried::new(io, carrier.clone(), |_| {});
        self.converse(io, carrier, std::future::pending()).await;
    }

    /// Serves a listener until `until` ends, then lets open responses finish for at most five seconds.
    pub async fn serve(&self, listener: TcpListener, until: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut until = std::pin::pin!(until);
        loop {
            let accepted = tokio::select! {
                () = &mut until => break,
                accepted = listener.accept() => accepted,
                Some(_) = connections.join_next() => continue,
            };
            match accepted {
                Ok((socket, _)) => self.accept(socket, &mut connections, stopped.clone()),
                // Out of file descriptors: connections that end free some.
                Err(error) => tracing::warn!(%error, "the stage could not accept a connection"),
            }
        }
        drop(listener);
        stop.send_replace(true);
        let drained = async { while connections.join_next().await.is_some() {} };
        if timeout(DRAIN, drained).await.is_err() {
            connections.shutdown().await;
        }
    }

    fn accept(
        &self,
        socket: TcpStream,
        connections: &mut JoinSet<()>,
        mut stopped: watch::Receiver<bool>,
    ) {
        if self.state.script().refuses_connection() {
            self.state.count_refused_connection();
            reset(&socket);
            return;
        }
        let stage = self.clone();
        connections.spawn(async move {
            // Each event must be visible when it is sent, not together with the next one.
            let _ = socket.set_nodelay(true);
            let carrier = Carrier::new();
            let io = Carried::new(socket, carrier.clone(), reset);
            let stop = async move {
                let _ = stopped.wait_for(|stopped| *stopped).await;
            };
            stage.converse(io, carrier, stop).await;
        });
    }

    async fn converse<I>(&self, io: Carried<I>, carrier: Carrier, stop: impl Future<Output = ()>)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(|request| self.answer(request, carrier.clone()));
        let connection = http1::Builder::new()
            .header_read_timeout(None)
            .max_headers(1000)
            // The stage reads no clock: the same requests get the same bytes.
            .auto_date_header(false)
            .serve_connection(TokioIo::new(io), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = stop => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            // Deliberate cuts and disconnected clients end here too.
            tracing::debug!(%error, "a connection to the stage ended early");
        }
    }

    async fn answer(
        &self,
        request: http::Request<IncomingBody>,
        carrier: Carrier,
    ) -> Result<http::Response<crate::perform::Body>, Dropped> {
        let (head, body) = request.into_parts();
        let read = read(body).await?;
        let fits = read.is_some();
        let incoming = Incoming {
            method: head.method,
            path: head
                .uri
                .path_and_query()
                .map_or("/", |p| p.as_str())
                .to_owned(),
            headers: head.headers,
            body: read.unwrap_or_default(),
        };
        if self.state.plays_any_model()
            && let Some(response) = control::respond(&self.state, &incoming)
        {
            return Ok(response);
        }
        let entry = self.enter(&incoming);
        if fits {
            respond(&self.state, incoming, carrier, entry).await
        } else {
            Ok(too_large(&incoming, carrier, entry))
        }
    }

    fn enter(&self, incoming: &Incoming) -> Entry {
        self.state.log().enter(Received {
            method: incoming.method.clone(),
            path: incoming.path.clone(),
            headers: incoming.headers.clone(),
            body: incoming.body.clone(),
            model: None,
            dialect: None,
            family: None,
            at_ms: self.state.elapsed_ms(),
            answered: ResponseRecord {
                status: None,
                fault: None,
                end: ResponseEnd::Open,
            },
        })
    }
}

/// The body, or `None` if it is too large; a client that disconnects while sending gets no response.
async fn read(body: IncomingBody) -> Result<Option<Bytes>, Dropped> {
    if body.size_hint().lower() > LARGEST_BODY as u64 {
        return Ok(None);
    }
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => Ok(Some(body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Ok(None),
        Err(_) => Err(Dropped),
    }
}

/// Dropping the socket now sends a reset.
fn reset(socket: &TcpStream) {
    if let Err(error) = socket.set_zero_linger() {
        tracing::warn!(%error, "a connection is closed instead of reset");
    }
}
