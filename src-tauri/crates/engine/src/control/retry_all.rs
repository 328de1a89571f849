//! "Retry all": parked requests are run again one after the other, each like a manual run, with its idempotency key.

use std::time::Duration;

use api::Accepted;
use ledger::ReviewState;

use super::review::RunStatus;
use super::shown::Shown;
use super::{Control, Refused, review};
use crate::event::ControlRequest;

/// Pause between two runs, so that a provider that has just recovered is not flooded.
const PAUSE: Duration = Duration::from_secs(1);

/// Responds at once with the number of items; the snapshot shows the progress. The run continues if the client disconnects.
pub(super) async fn begin(
    control: Control,
    incident: Option<i64>,
    pipeline: Option<String>,
    count_only: bool,
) -> Result<Shown<Accepted>, Refused> {
    let ids = control
        .read(move |ledger| ledger.retriable_reviews(incident, pipeline.as_deref()))
        .await?;
    begin_with(control, ids, count_only).await
}

/// The same for these items.
pub(super) async fn begin_with(
    control: Control,
    ids: Vec<String>,
    count_only: bool,
) -> Result<Shown<Accepted>, Refused> {
    let begun = control.ask(|reply| ControlRequest::BeginRetry {
        ids,
        count_only,
        reply,
    });
    let begun = begun.await??;
    if !begun.ids.is_empty() {
        tokio::spawn(async move {
            let (running, ids) = (control.clone(), begun.ids);
            // The next run may begin however this one ends, also after a panic.
            let _ = tokio::spawn(async move { run(&running, ids).await }).await;
            let _ = control.ask(ControlRequest::RetryEnded).await;
        });
    }
    Ok(Shown(Accepted {
        message: begun.message,
    }))
}

pub(super) async fn stop(control: &Control) -> Result<Shown<Accepted>, Refused> {
    Ok(Shown(control.ask(ControlRequest::StopRetry).await??))
}

async fn run(control: &Control, ids: Vec<String>) {
    for id in ids {
        let answered = run_one(control, id).await;
        let continues = control
            .ask(|reply| ControlRequest::Retried { answered, reply })
            .await;
        if !matches!(continues, Ok(true)) {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// `None` if the item has left the queue: the client repeated the request, or the owner closed the item.
async fn run_one(control: &Control, id: String) -> Option<bool> {
    let Ok(item) = review::find(control, &id).await else {
        return Some(false);
    };
    if item.row.state != ReviewState::Open {
        return None;
    }
    match review::run_kept(control, &item).await {
        Ok(RunStatus::Ran { answered }) => Some(answered),
        Ok(RunStatus::NotSent(_)) | Err(_) => Some(false),
    }
}
