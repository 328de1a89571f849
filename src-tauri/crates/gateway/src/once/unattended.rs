//! A pipeline's request goes on when its client leaves: automations wait for a fixed time, and the response may come after
//! it. The client's next try joins it or gets its response; nobody is asked twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::Dialect;
use http::Response;
use http::header::CONTENT_TYPE;
use http_body::Body as _;
use http_body_util::BodyExt;
use ledger::{Digest, ReplayAnswer, ReplayKey};
use tokio::sync::watch;

use super::departure::Departure;
use super::proof;
use super::tape::{Attendance, Head, Reader, Recorder, Tape, TapeEnd, joined};
use crate::Body;
use crate::review::Unfetched;
use crate::services::Services;

/// Requests whose clients have left.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unattended(Arc<Mutex<HashMap<Digest, Running>>>);

#[derive(Debug)]
struct Running {
    tape: Tape,
    /// Closed when its response is written down, or there is none.
    over: watch::Receiver<()>,
}

/// What a client that asks again finds of its earlier request.
pub(crate) enum Found {
    Nothing,
    /// It is under way, and is read from its first byte on.
    Running(Reader),
    /// It has ended; what is kept of it is written down.
    Ended,
}

impl Unattended {
    pub(crate) async fn find(&self, item: &Digest) -> Found {
        let mut over = {
            let mut all = self.lock();
            let Some(running) = all.get(item) else {
                return Found::Nothing;
            };
            if !running.tape.is_over()
                && let Some(reader) = running.tape.rejoin()
            {
                all.remove(item);
                return Found::Running(reader);
            }
            running.over.clone()
        };
        // An error means that its sender is gone, which is what is waited for.
        while over.changed().await.is_ok() {}
        Found::Ended
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request of a pipeline, as it is known in the review queue and to its client's next try.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) key: ReplayKey,
    pub(crate) dialect: Dialect,
}

/// Run the request to its end.
pub(crate) async fn run(
    services: Services,
    item: Item,
    recorder: Recorder,
    mut departure: Departure,
    asking: impl Future<Output = Response<Body>>,
) {
    let all = services.once().unattended.clone();
    let tape = recorder.tape().clone();
    // Dropped last, when whatever is kept is written down.
    let (_ends, over) = watch::channel(());
    let mut listed = Listed {
        all,
        item: item.key.scope,
        tape: tape.clone(),
        over,
    };
    let ran = {
        let mut recording = std::pin::pin!(record(&recorder, asking));
        loop {
            let changed = tape.attended();
            listed.set(tape.attendance() == Attendance::Left);
            departure.look(&tape);
            tokio::select! {
                biased;
                ran = &mut recording => break ran,
                () = changed => {}
                () = services.cut_off() => break Err("the engine is stopping".to_owned()),
            }
        }
    };
    departure.ended(&tape);
    match ran {
        Ok(()) => recorder.end(TapeEnd::Whole),
        Err(why) => recorder.break_off(why),
    }
    if (Attended {
        tape: tape.clone(),
        dialect: item.dialect,
    })
    .is_alone()
    {
        keep(&services, &item, &tape).await;
    }
}

/// Knows whether a response's client is still there.
#[derive(Clone, Debug)]
pub(crate) struct Attended {
    pub(crate) tape: Tape,
    /// The client's.
    pub(crate) dialect: Dialect,
}

impl Attended {
    /// Its client has left before it was given all. Some close the connection without reading the last bytes.
    pub(crate) fn is_alone(&self) -> bool {
        if self.tape.attendance() != Attendance::Left {
            return false;
        }
        let given = self.tape.head().zip(self.tape.given());
        !given.is_some_and(|(head, given)| proof::has_all(self.dialect, &head, &given))
    }
}

/// # Errors
/// It broke off, and why.
async fn record(
    recorder: &Recorder,
    asking: impl Future<Output = Response<Body>>,
) -> Result<(), String> {
    let (parts, mut body) = asking.await.into_parts();
    let mut head = Some(Head {
        status: parts.status,
        headers: parts.headers,
    });
    // What comes in one piece is given in one piece, with its length.
    if body.size_hint().exact().is_none()
        && let Some(head) = head.take()
    {
        recorder.begin(head);
    }
    loop {
        recorder.room().await;
        match body.frame().await {
            Some(frame) => {
                if let Ok(bytes) = frame.map_err(|aborted| aborted.0)?.into_data() {
                    recorder.show(bytes);
                }
            }
            None => break,
        }
    }
    if let Some(head) = head {
        recorder.begin(head);
    }
    Ok(())
}

/// Nobody was there for the response: it is kept for the client's next try, and for a person.
async fn keep(services: &Services, item: &Item, tape: &Tape) {
    let Some((head, pieces)) = tape.head().zip(tape.body()) else {
        return;
    };
    if !proof::is_answer(item.dialect, &head, &pieces) {
        return;
    }
    let body = joined(pieces.iter());
    let content_type = head.headers.get(CONTENT_TYPE);
    let answer = ReplayAnswer {
        status: head.status.as_u16(),
        content_type: content_type
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
        body: body.to_vec(),
    };
    services.once().keep(item.key, answer, services.now()).await;
    services.reports().unfetched(Unfetched {
        id: item.id.clone(),
        status: head.status,
        body,
    });
}

/// Its place among the requests without a client, for as long as it has none.
struct Listed {
    all: Unattended,
    item: Digest,
    tape: Tape,
    over: watch::Receiver<()>,
}

impl Listed {
    fn set(&mut self, listed: bool) {
        let mut all = self.all.lock();
        let own = all
            .get(&self.item)
            .is_some_and(|running| running.tape.is(&self.tape));
        match (listed, own) {
            (true, false) => {
                let running = Running {
                    tape: self.tape.clone(),
                    over: self.over.clone(),
                };
                all.insert(self.item, running);
            }
            (false, true) => {
                all.remove(&self.item);
            }
            (true, true) | (false, false) => {}
        }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.set(false);
    }
}
