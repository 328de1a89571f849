use bytes::Bytes;
use catalog::Dialect;
use chrono::{DateTime, Utc};
use http::Response;
use http::header::CONTENT_TYPE;
use http_body::Body as _;
use http_body_util::BodyExt;
use ledger::ReplayAnswer;
use wire::Kind;

use super::super::completion_check::{CompletionCheck, is_stream};
use super::super::keyed_runs::{RunResult, Ticket};
use super::super::tape::{Head, Recorder, TapeEnd, joined};
use crate::deliver::client_response::ClientResponse;
use crate::deliver::rescue;
use crate::services::Services;
use crate::{Body, ExchangeId, TurnedAway, Unkept};

const STOPPING: &str = "the engine is stopping";

/// Maximum number of bytes that are held until a response is stored.
const HELD: usize = 16 << 20;

/// Runs the request to its end, with or without its client; when the engine stops, the key is free again.
pub(crate) async fn run(
    ticket: Ticket,
    recorder: Recorder,
    id: ExchangeId,
    (dialect, kind): (Dialect, Kind),
    asking: impl Future<Output = Response<Body>>,
    services: Services,
) {
    let response = tokio::select! {
        response = asking => response,
        () = freed_by_a_stop(&services, &ticket) => {
            recorder.abort(STOPPING.to_owned());
            return ticket.publish(RunResult::Broken(STOPPING.to_owned()));
        }
    };
    let (parts, body) = response.into_parts();
    let head = Head {
        status: parts.status,
        headers: parts.headers,
    };
    let mut running = Running {
        check: CompletionCheck::new(dialect, kind, &head),
        streamed: is_stream(&head) && body.size_hint().exact().is_none(),
        id,
        dialect,
        head,
        recorder,
    };
    let recorded = tokio::select! {
        recorded = running.record(body) => recorded,
        () = freed_by_a_stop(&services, &ticket) => {
            running.end_broken(STOPPING.to_owned());
            return ticket.publish(RunResult::Broken(STOPPING.to_owned()));
        }
    };
    match recorded {
        Ok(()) => running.finish(ticket, services.now()).await,
        Err(why) => running.abort(ticket, why).await,
    }
}

/// Returns when the key is free. Until then the exchange counts as open, so that the ledger stays available.
async fn freed_by_a_stop(services: &Services, ticket: &Ticket) {
    services.cut_off_for_good().await;
    tracing::warn!("a request with an idempotency key failed: {STOPPING}");
    ticket.replays.fail(ticket.key).await;
}

/// A response that is being recorded on its tape.
struct Running {
    id: ExchangeId,
    dialect: Dialect,
    head: Head,
    /// A document is sent when it is on the disk, status included; for a stream only the end waits for that.
    streamed: bool,
    check: CompletionCheck,
    recorder: Recorder,
}

impl Running {
    /// # Errors It failed; the reason.
    async fn record(&mut self, mut body: Body) -> Result<(), String> {
        if self.streamed {
            self.recorder.begin(self.head.clone());
        }
        let mut held = 0;
        loop {
            self.recorder.room().await;
            let Some(frame) = body.frame().await else {
                return Ok(());
            };
            let Ok(bytes) = frame.map_err(|aborted| aborted.0)?.into_data() else {
                continue;
            };
            let complete = self.check.push(&bytes);
            if self.streamed && !complete {
                self.recorder.show(bytes);
                continue;
            }
            held += bytes.len();
            if held > HELD {
                return Err("more than 16 MiB of it would have to be held".to_owned());
            }
            self.recorder.hold(bytes);
        }
    }

    async fn abort(self, ticket: Ticket, why: String) {
        self.end_broken(why.clone());
        ticket.fail(why).await;
    }

    fn end_broken(self, why: String) {
        if !self.streamed {
            self.recorder.begin(self.head);
        }
        self.recorder.abort(why);
    }

    /// It has ended: a response is stored first and then sent, an error is only sent.
    async fn finish(self, ticket: Ticket, now: DateTime<Utc>) {
        let released = self.recorder.tape().body();
        let released = released.map(|pieces| joined(pieces.iter()));
        if !self.check.is_answer() {
            ticket.replays.fail(ticket.key).await;
        } else if let Err(unkept) = self.keep(&ticket, released.as_ref(), now).await {
            return self.take_back(ticket, unkept);
        }
        if !self.streamed {
            self.recorder.begin(self.head.clone());
        }
        self.recorder.end(TapeEnd::Complete);
        let Head { status, headers } = self.head;
        ticket.publish(match released {
            Some(body) => RunResult::Released(ClientResponse {
                status,
                headers,
                body,
                // Its error already names this exchange, also for the clients that wait for it.
                ours: false,
            }),
            None => RunResult::TooLarge,
        });
    }

    async fn keep(
        &self,
        ticket: &Ticket,
        body: Option<&Bytes>,
        now: DateTime<Utc>,
    ) -> Result<(), Unkept> {
        let content_type = self.head.headers.get(CONTENT_TYPE);
        let answer = body.map(|body| ReplayAnswer {
            status: self.head.status.as_u16(),
            content_type: content_type
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            body: body.to_vec(),
        });
        ticket.replays.complete(ticket.key, answer, now).await
    }

    /// The client must not consider a request done that would run again.
    fn take_back(self, ticket: Ticket, unkept: Unkept) {
        tracing::error!(%unkept, "a response with an idempotency key could not be stored");
        if self.streamed {
            self.recorder.abort(unkept.to_string());
        } else {
            let why = TurnedAway::Unkept(unkept.to_string());
            let reply = rescue::turned_away(self.dialect, &why).cite(self.id);
            let head = Head {
                status: reply.status,
                headers: reply.headers,
            };
            self.recorder.replace_with(head, reply.body);
        }
        ticket.publish(RunResult::Unkept(unkept));
    }
}
