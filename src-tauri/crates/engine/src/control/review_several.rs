//! Several review items at once, and the switch of the drain.

use api::{
    Accepted, DrainOffer, DrainSwitch, ReviewClose, ReviewCloseSeveral, ReviewReopenSeveral,
    ReviewRetrySeveral,
};
use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::shown::Shown;
use super::{Control, Refused, retry_all};
use crate::event::ControlRequest;

pub(super) async fn close(
    State(control): State<Control>,
    Json(several): Json<ReviewCloseSeveral>,
) -> Result<Shown<Accepted>, Refused> {
    let (ids, closing, note) = (several.ids, several.closing, several.note);
    let mut result = Several::new("closed");
    for id in ids {
        let note = note.clone();
        let close = ReviewClose { closing, note };
        let closed = control.ask(|reply| ControlRequest::CloseReview { id, close, reply });
        result.add(closed.await?);
    }
    result.finish()
}

pub(super) async fn reopen(
    State(control): State<Control>,
    Json(several): Json<ReviewReopenSeveral>,
) -> Result<Shown<Accepted>, Refused> {
    let mut result = Several::new("open again");
    for id in several.ids {
        let reopened = control.ask(|reply| ControlRequest::ReopenReview { id, reply });
        result.add(reopened.await?);
    }
    result.finish()
}

pub(super) async fn retry(
    State(control): State<Control>,
    Json(several): Json<ReviewRetrySeveral>,
) -> Result<Shown<Accepted>, Refused> {
    let ReviewRetrySeveral { ids, pipeline } = several;
    let retriable = control
        .read(move |ledger| ledger.retriable_reviews(None, pipeline.as_deref()))
        .await?;
    let wanted = |id: &String| ids.as_ref().is_none_or(|ids| ids.contains(id));
    let retriable = retriable.into_iter().filter(wanted).collect();
    retry_all::begin_with(control, retriable, false).await
}

#[derive(Deserialize)]
pub(super) struct OfPipeline {
    pipeline: String,
}

pub(super) async fn offer(
    State(control): State<Control>,
    Query(of): Query<OfPipeline>,
) -> Result<Shown<DrainOffer>, Refused> {
    let offer = control.ask(|reply| ControlRequest::DrainOffer {
        pipeline: of.pipeline,
        reply,
    });
    Ok(Shown(offer.await??))
}

pub(super) async fn switch(
    State(control): State<Control>,
    Json(DrainSwitch { pipeline, on }): Json<DrainSwitch>,
) -> Result<Shown<Accepted>, Refused> {
    let switched = control.ask(|reply| ControlRequest::SwitchDrain {
        pipeline,
        on,
        reply,
    });
    Ok(Shown(switched.await??))
}

/// One sentence about several items. An item that has changed meanwhile is no error of the others.
struct Several {
    what: &'static str,
    done: usize,
    first_error: Option<api::ControlError>,
    failed: usize,
}

impl Several {
    fn new(what: &'static str) -> Several {
        Several {
            what,
            done: 0,
            first_error: None,
            failed: 0,
        }
    }

    fn add(&mut self, result: Result<Accepted, api::ControlError>) {
        match result {
            Ok(_) => self.done += 1,
            Err(error) => {
                self.failed += 1;
                self.first_error.get_or_insert(error);
            }
        }
    }

    fn finish(self) -> Result<Shown<Accepted>, Refused> {
        if let (0, Some(error)) = (self.done, self.first_error) {
            return Err(error.into());
        }
        let items = |n: usize| match n {
            1 => "1 item".to_owned(),
            n => format!("{n} items"),
        };
        let mut message = format!("{}: {}.", items(self.done), self.what);
        if self.failed > 0 {
            message += &format!(" {} had changed meanwhile.", items(self.failed));
        }
        Ok(Shown(Accepted { message }))
    }
}
