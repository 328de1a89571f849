//! The review queue over HTTP; a new run goes through the gateway like the client's own retry.

use api::{Accepted, ReviewClose, ReviewItem, ReviewPage};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use ledger::{REVIEW_KEPT, Which};
use serde::Deserialize;

use super::shown::Shown;
use super::{Control, Refused};
use crate::event::ControlRequest;
use crate::parked_run;
use crate::view::{self, page};

#[derive(Deserialize)]
pub(super) struct Listing {
    limit: Option<u32>,
    before: Option<i64>,
    #[serde(default)]
    all: bool,
}

pub(super) async fn list(
    State(control): State<Control>,
    Query(listing): Query<Listing>,
) -> Result<Shown<ReviewPage>, Refused> {
    let which = match listing.all {
        true => Which::All,
        false => Which::Recent((control.clock)() - REVIEW_KEPT),
    };
    let (limit, before) = (listing.limit.unwrap_or(50), listing.before);
    let (facts, now) = (control.facts(), (control.clock)());
    let page = control.read(move |ledger| page::reviews(ledger, &facts, now, which, limit, before));
    Ok(Shown(page.await?))
}

pub(super) async fn show(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<Json<ReviewItem>, Refused> {
    shown(&control, &id).await
}

async fn shown(control: &Control, id: &str) -> Result<Json<ReviewItem>, Refused> {
    let item = find(control, id).await?;
    let of = id.to_owned();
    let attempts = control
        .read(move |ledger| ledger.review_attempts(&of))
        .await?;
    let (facts, now) = (control.facts(), (control.clock)());
    Ok(Json(view::review::item(&item, &attempts, &facts, now)))
}

pub(super) async fn close(
    State(control): State<Control>,
    Path(id): Path<String>,
    Json(close): Json<ReviewClose>,
) -> Result<Shown<Accepted>, Refused> {
    let closed = control.ask(|reply| ControlRequest::CloseReview { id, close, reply });
    Ok(Shown(closed.await??))
}

pub(super) async fn reopen(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<Shown<Accepted>, Refused> {
    let reopened = control.ask(|reply| ControlRequest::ReopenReview { id, reply });
    Ok(Shown(reopened.await??))
}

/// Responds when the run has ended, with the item's new state. The run continues if the client disconnects.
pub(super) async fn run(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<Json<ReviewItem>, Refused> {
    let item = find(&control, &id).await?;
    let runner = control.clone();
    let running = tokio::spawn(async move { run_kept(&runner, &item).await });
    match running.await.map_err(|_| Refused::ending())?? {
        RunStatus::Ran { .. } => shown(&control, &id).await,
        RunStatus::NotSent(why) => Err(Refused::new(
            StatusCode::CONFLICT,
            format!("item {id} cannot be run again: {why}"),
            Some("run it in the application that sent it, then close the item as done"),
        )),
    }
}

/// Runs the request of this item, and stores the result. The response of a pipeline with a receiver goes there, and settles the
/// item then.
pub(super) async fn run_kept(
    control: &Control,
    item: &ledger::ReviewItem,
) -> Result<RunStatus, Refused> {
    let id = item.row.id.clone();
    let (pipeline, resume) = (item.row.pipeline.clone(), item.row.resume.clone());
    let delivers = control.ask(|reply| ControlRequest::HasReceiver {
        pipeline,
        resume,
        reply,
    });
    let delivers = delivers.await?;
    let request = match parked_run::request(&control.client_token, item, delivers) {
        Ok(request) => request,
        Err(why) => return Ok(RunStatus::NotSent(why)),
    };
    let ran = parked_run::answer(&control.gateway, request).await;
    if delivers && ran.status == StatusCode::CONFLICT.as_u16() {
        let why = "a request of it is open, or it was settled meanwhile".to_owned();
        return Ok(RunStatus::NotSent(why));
    }
    let answered = ran.is_answered();
    let kept = control.ask(|reply| ControlRequest::ReviewRan {
        id,
        ran,
        delivers,
        reply,
    });
    kept.await??;
    Ok(RunStatus::Ran { answered })
}

/// The result of a run.
pub(super) enum RunStatus {
    Ran {
        answered: bool,
    },
    /// The reason.
    NotSent(String),
}

pub(super) async fn find(control: &Control, id: &str) -> Result<ledger::ReviewItem, Refused> {
    let of = id.to_owned();
    let found = control.read(move |ledger| ledger.review(&of)).await?;
    found.ok_or_else(|| {
        Refused::new(
            StatusCode::NOT_FOUND,
            format!("there is no review item {id}"),
            Some("`understudyd review list` shows what is open"),
        )
    })
}
