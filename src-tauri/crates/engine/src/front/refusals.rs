//! Connections that get one response, 503, because all others have requests.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::HEADERS;

/// Open at the same time.
const MOST: usize = 32;
/// The request is read and the response is sent within this time.
const WITHIN: Duration = Duration::from_secs(5);
/// Bytes of the request's body that are read.
const BODY: usize = 1 << 20;
/// Callers cannot write more of the log than a line in this time.
const LOGGED_EVERY: Duration = Duration::from_secs(60);
const FULL: &str = "Understudy: too many requests are in flight for this machine's limit of open files; try again in a second, or raise the limit \
                    (`ulimit -n`, LimitNOFILE) and restart the engine\n";

pub(super) struct Refusals {
    permits: Arc<Semaphore>,
    logged: Option<Instant>,
}

/// One connection may be refused.
pub(super) struct Refusal(Option<OwnedSemaphorePermit>);

impl Default for Refusals {
    fn default() -> Refusals {
        Refusals {
            permits: Arc::new(Semaphore::new(MOST)),
            logged: None,
        }
    }
}

impl Refusals {
    /// Waits until another connection may be refused.
    pub(super) async fn next(&mut self) -> Refusal {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let now = Instant::now();
        if self.logged.is_none_or(|at| now >= at + LOGGED_EVERY) {
            self.logged = Some(now);
            tracing::warn!(
                "connections are refused, of which one a minute is logged: all have requests, and the limit of open files allows no more"
            );
        }
        Refusal(permit.ok())
    }
}

impl Refusal {
    /// Answers one request.
    pub(super) async fn answer(self, tcp: TcpStream) {
        let full = service_fn(|request: Request<Incoming>| async {
            // A connection that is closed with unread bytes is reset, and its client would not read the response.
            let body = Limited::new(request.into_body(), BODY).collect().await;
            drop(body);
            Ok::<_, Infallible>(full())
        });
        let mut server = http1::Builder::new();
        server.max_headers(HEADERS);
        let _ = timeout(WITHIN, server.serve_connection(TokioIo::new(tcp), full)).await;
        drop(self.0);
    }
}

fn full() -> Response<Full<Bytes>> {
    let mut full = Response::new(Full::new(Bytes::from_static(FULL.as_bytes())));
    *full.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    for (name, value) in [
        (header::RETRY_AFTER, "1"),
        (header::CONNECTION, "close"),
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
    ] {
        full.headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    full
}
