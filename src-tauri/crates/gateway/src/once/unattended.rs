//! A pipeline's request continues when its client disconnects: automations wait for a fixed time, and the response may arrive
//! later. The client's next attempt joins it or gets its response; no provider gets a second request.

use http::Response;
use http::header::CONTENT_TYPE;
use http_body::Body as _;
use http_body_util::BodyExt;
use ledger::ReplayAnswer;
use tokio::sync::watch;

use super::attended::Attended;
use super::away::{Item, Listed};
use super::completion_check;
use super::departure::Departure;
use super::tape::{Attendance, Head, Recorder, Tape, TapeEnd, joined};
use crate::Body;
use crate::review::Unfetched;
use crate::services::Services;

/// Runs the request to its end.
pub(crate) async fn run(
    services: Services,
    item: Item,
    recorder: Recorder,
    mut departure: Departure,
    asking: impl Future<Output = Response<Body>>,
) {
    let all = services.once().unattended().clone();
    let tape = recorder.tape().clone();
    let _pending = services.pending().begin();
    // Dropped last, when everything that is kept has been stored.
    let (_ends, over) = watch::channel(());
    let mut listed = Listed::new(all, item.key.scope, tape.clone(), over);
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
                () = services.cut_off_for_good() => break Err("the engine is stopping".to_owned()),
            }
        }
    };
    departure.ended(&tape);
    match ran {
        Ok(()) => recorder.end(TapeEnd::Complete),
        Err(why) => recorder.abort(why),
    }
    if Attended::new(services.stopped(), &tape, item.dialect).is_alone() {
        keep(&services, &item, &tape).await;
    }
}

/// # Errors It failed; the reason.
async fn record(
    recorder: &Recorder,
    asking: impl Future<Output = Response<Body>>,
) -> Result<(), String> {
    let (parts, mut body) = asking.await.into_parts();
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

/// The response had no reader: it is stored for the client's next attempt, and for the user.
async fn keep(services: &Services, item: &Item, tape: &Tape) {
    let Some((head, pieces)) = tape.head().zip(tape.body()) else {
        return;
    };
    if !completion_check::is_answer(item.dialect, &head, &pieces) {
        return;
    }
    let body = joined(pieces.iter());
    let content_type = head.headers.get(CONTENT_TYPE);
    let content_type = content_type
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let answer = ReplayAnswer {
        status: head.status.as_u16(),
        content_type: content_type.clone(),
        body: body.to_vec(),
    };
    services.once().keep(item.key, answer, services.now()).await;
    services.reports().unfetched(Unfetched {
        id: item.id.clone(),
        status: head.status,
        content_type,
        body,
    });
}
