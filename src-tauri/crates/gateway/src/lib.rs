//! How requests pass: listen, admit, route, attempt, deliver. The files bear the phases' names in order.

mod body;
mod breaker;
mod config;
mod exchange;
mod route;
mod upstream;

use std::sync::Arc;

use bytes::Bytes;
use catalog::Dialect;
use chrono::{DateTime, Utc};
use health::Verdicts;
use http::{Request, Response, StatusCode};
use tokio::sync::{mpsc, watch};

pub use body::{Aborted, Body};
pub use breaker::{BreakerView, Standing};
pub use config::{CandidateRule, Config, EndpointConfig, Limits, Pattern, Route, Secret, Timers};
pub use exchange::{Attempt, Began, End, Exchange, Outcome, Report, TurnedAway};
pub use route::{Candidate, Credential, Dropped, Ineligible, Plan};
pub use upstream::{BoxError, Connect, Dialed, Io, connect};

/// Tells the time of day; read once per exchange and per decision of a breaker.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The part of the engine that stands between clients and providers. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    config: watch::Receiver<Arc<Config>>,
}

impl Gateway {
    /// `reports` is bounded by its maker; where it is full, reports are dropped and counted.
    pub fn new(
        config: watch::Receiver<Arc<Config>>,
        _verdicts: watch::Receiver<Arc<Verdicts>>,
        _connect: Connect,
        _reports: mpsc::Sender<Report>,
        _clock: Clock,
    ) -> Gateway {
        Gateway { config }
    }

    /// Answer one request. Never fails and never panics: what goes wrong becomes a response in the client's dialect.
    pub async fn handle<B>(&self, _request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let mut response = Response::new(Body::whole("The gateway is not open yet."));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response
    }

    /// Every breaker that is not simply closed.
    pub fn breakers(&self) -> Vec<BreakerView> {
        Vec::new()
    }

    /// The plan for such a request from a client without a login of its own.
    pub fn explain(&self, dialect: Dialect, model: &str) -> Plan {
        let _ = self.config.borrow();
        Plan {
            route: String::new(),
            dialect,
            model: model.to_owned(),
            candidates: Vec::new(),
            dropped: Vec::new(),
            strict: false,
            rehearsal: false,
        }
    }

    /// Exchanges that have begun and not ended.
    pub fn open_exchanges(&self) -> usize {
        0
    }

    /// Reports that were dropped because their reader was too slow.
    pub fn dropped_reports(&self) -> u64 {
        0
    }
}
