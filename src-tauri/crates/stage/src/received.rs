use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use catalog::Dialect;
use http::{HeaderMap, Method};

use crate::Family;

/// One request as the upstream received it.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: Method,
    /// With the query string.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// As in the request, fault included.
    pub model: Option<String>,
    pub dialect: Option<Dialect>,
    /// The simulated vendor; `None`: none.
    pub family: Option<Family>,
    /// Milliseconds since the stage was created.
    pub at_ms: u64,
    pub answered: ResponseRecord,
}

/// The response to a request, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseRecord {
    /// `None`: no byte was sent yet.
    pub status: Option<u16>,
    /// The fault that was applied.
    pub fault: Option<String>,
    pub end: ResponseEnd,
}

/// The end of an exchange, seen from the upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseEnd {
    /// Still sending, or paused by a fault.
    Open,
    /// All bytes of the response were written to the connection.
    Sent,
    /// The stage broke the connection on purpose.
    Broken,
    /// The client closed the connection before all bytes were sent.
    ClientLeft,
}

/// Headers that carry a credential: `Debug` hides their values.
const CREDENTIALS: [&str; 4] = ["authorization", "cookie", "x-api-key", "x-goog-api-key"];

/// The received requests: the newest ones, limited in number and in bytes.
#[derive(Debug)]
pub(crate) struct Log {
    kept: Mutex<Kept>,
    most_requests: usize,
    most_bytes: usize,
}

#[derive(Debug, Default)]
struct Kept {
    requests: VecDeque<Received>,
    bytes: usize,
    /// Number of the first request in `requests`.
    first: u64,
}

/// The entry of one request in the log. If it is dropped without an end, the client has disconnected.
#[derive(Debug)]
pub(crate) struct Entry {
    log: Arc<Log>,
    number: u64,
    ended: bool,
}

impl Log {
    pub(crate) fn new(most_requests: usize, most_bytes: usize) -> Arc<Log> {
        Arc::new(Log {
            kept: Mutex::default(),
            most_requests,
            most_bytes,
        })
    }

    pub(crate) fn enter(self: &Arc<Log>, mut request: Received) -> Entry {
        for (name, value) in &mut request.headers {
            value.set_sensitive(CREDENTIALS.contains(&name.as_str()));
        }
        let mut kept = self.kept();
        kept.bytes += request.body.len();
        kept.requests.push_back(request);
        while kept.requests.len() > self.most_requests || kept.bytes > self.most_bytes {
            let Some(oldest) = kept.requests.pop_front() else {
                break;
            };
            kept.bytes -= oldest.body.len();
            kept.first += 1;
        }
        Entry {
            log: Arc::clone(self),
            number: kept.first + kept.requests.len() as u64 - 1,
            ended: false,
        }
    }

    pub(crate) fn all(&self) -> Vec<Received> {
        self.kept().requests.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        let mut kept = self.kept();
        kept.first += kept.requests.len() as u64;
        kept.requests.clear();
        kept.bytes = 0;
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    pub(crate) fn model(&self, model: &str, dialect: Dialect) {
        self.note(|request| {
            request.model = Some(model.to_owned());
            request.dialect = Some(dialect);
        });
    }

    pub(crate) fn family(&self, family: Option<Family>) {
        self.note(|request| request.family = family);
    }

    pub(crate) fn fault(&self, fault: &crate::Fault) {
        self.note(|request| request.answered.fault = Some(fault.to_string()));
    }

    pub(crate) fn status(&self, status: http::StatusCode) {
        self.note(|request| request.answered.status = Some(status.as_u16()));
    }

    pub(crate) fn end(&mut self, end: ResponseEnd) {
        if !self.ended {
            self.ended = true;
            self.note(|request| request.answered.end = end);
        }
    }

    fn note(&self, change: impl FnOnce(&mut Received)) {
        let mut kept = self.log.kept();
        let Some(at) = self.number.checked_sub(kept.first) else {
            return;
        };
        if let Some(request) = kept.requests.get_mut(at as usize) {
            change(request);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.end(ResponseEnd::ClientLeft);
    }
}
