//! A client that closes its connection and repeats its request, as coding agents and the official libraries do, joins its
//! running first request and gets that response from its first byte on.

use std::time::Duration;

use catalog::Dialect;
use http::Response;
use http_body::Body as _;
use http_body_util::BodyExt;
use ledger::Digest;
use tokio::time::{Instant, timeout_at};

use super::away::Lingering;
use super::completion_check;
use super::departure::Departure;
use super::identity::RequestIdentity;
use super::tape::{Attendance, Head, Recorder, Tape, TapeEnd};
use crate::Body;
use crate::services::Services;

/// How long a request continues without its client. Clients that retry do so within seconds (measured).
const LINGER: Duration = Duration::from_secs(30);

/// Runs a request while its client is connected or may retrieve it; afterwards everything in progress upstream is dropped.
pub(crate) async fn run(
    mut wanted: Wanted,
    recorder: Recorder,
    asking: impl Future<Output = Response<Body>>,
) {
    // A response without a waiting client is recorded like any other.
    let _ = record(&mut wanted, &recorder, asking).await;
}

/// `None`: it has no reader any more.
async fn record(
    wanted: &mut Wanted,
    recorder: &Recorder,
    asking: impl Future<Output = Response<Body>>,
) -> Option<()> {
    let (parts, mut body) = wanted.during(asking).await?.into_parts();
    let mut head = Some(Head {
        status: parts.status,
        headers: parts.headers,
    });
    // A document is sent as a document, with its length.
    if body.size_hint().exact().is_none()
        && let Some(head) = head.take()
    {
        recorder.begin(head);
    }
    loop {
        wanted.during(recorder.room()).await?;
        match wanted.during(body.frame()).await? {
            Some(Ok(frame)) => {
                if let Ok(bytes) = frame.into_data() {
                    recorder.show(bytes);
                }
            }
            Some(Err(aborted)) => {
                recorder.abort(aborted.0);
                return None;
            }
            None => break,
        }
    }
    if let Some(head) = head {
        recorder.begin(head);
    }
    recorder.end(TapeEnd::Complete);
    if wanted.is_alone() && !wanted.is_answer() {
        return None;
    }
    wanted.during(std::future::pending()).await
}

/// Watches whether a response has a reader.
pub(crate) struct Wanted {
    departure: Departure,
    services: Services,
    all: Lingering,
    tape: Tape,
    identity: RequestIdentity,
    dialect: Dialect,
    /// Its client has disconnected: the digest under which it can be found, and until when.
    alone: Option<(Digest, Instant)>,
}

impl Wanted {
    pub(crate) fn new(
        departure: Departure,
        services: Services,
        all: Lingering,
        tape: Tape,
        identity: RequestIdentity,
        dialect: Dialect,
    ) -> Self {
        Self {
            departure,
            services,
            all,
            tape,
            identity,
            dialect,
            alone: None,
        }
    }

    fn is_alone(&self) -> bool {
        self.alone.is_some()
    }

    /// Runs this while there is a reader.
    async fn during<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let tape = self.tape.clone();
        let mut work = std::pin::pin!(work);
        loop {
            let changed = tape.attended();
            if !self.look() {
                return None;
            }
            tokio::select! {
                biased;
                done = &mut work => return Some(done),
                () = changed => {}
                () = self.waited_long_enough() => if self.give_up() {
                    return None;
                },
            }
        }
    }

    /// Its client has been disconnected for long, or the engine is about to stop.
    async fn waited_long_enough(&self) {
        let Some((_, until)) = self.alone else {
            return std::future::pending().await;
        };
        // At the latest then, draining or not.
        let _ = timeout_at(until, self.services.drains()).await;
    }

    /// False: there is no reader.
    fn look(&mut self) -> bool {
        self.departure.look(&self.tape);
        match (self.tape.attendance(), self.alone) {
            (Attendance::Reading, _) => {
                self.alone = None;
                true
            }
            (Attendance::Served, _) => false,
            (Attendance::Left, Some(_)) => true,
            (Attendance::Left, None) => self.wait_alone(),
        }
    }

    /// The client has just disconnected. False: it has received everything, or would find nothing complete.
    fn wait_alone(&mut self) -> bool {
        let (head, released) = (self.tape.head(), self.tape.released());
        let Some(released) = released.filter(|_| !self.services.is_draining()) else {
            return false;
        };
        let had_all =
            head.is_some_and(|head| completion_check::has_all(self.dialect, &head, &released));
        if had_all || (self.tape.is_over() && !self.is_answer()) {
            return false;
        }
        let same = self.identity.same_again();
        self.all.lock().insert(same, self.tape.clone());
        self.alone = Some((same, Instant::now() + LINGER));
        true
    }

    /// Only a complete response is replayed.
    fn is_answer(&self) -> bool {
        let (head, body) = (self.tape.head(), self.tape.body());
        head.zip(body)
            .is_some_and(|(head, body)| completion_check::is_answer(self.dialect, &head, &body))
    }

    /// False: a reader came back at the last moment.
    fn give_up(&self) -> bool {
        let _no_client_returns_meanwhile = self.all.lock();
        self.tape.attendance() == Attendance::Left
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        if let Some((same, _)) = self.alone
            && all.get(&same).is_some_and(|tape| tape.is(&self.tape))
        {
            all.remove(&same);
        }
    }
}
