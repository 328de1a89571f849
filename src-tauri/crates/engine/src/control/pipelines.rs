//! The owner's pipelines over HTTP: read from and written into the settings file.

use api::{Accepted, PipelineForm, PipelinePage, PipelineRefused};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use serde::Deserialize;

use super::shown::Shown;
use super::{Control, Refused};
use crate::event::{ControlRequest, PutPipeline};
use crate::settings::pipeline_change::{Expected, NotChanged};
use crate::view::pipeline_page::{self, Seen};

/// "Last week I saw 57 items."
const WEEK: TimeDelta = TimeDelta::days(7);
/// Enough requests for a rate.
const MONTH: TimeDelta = TimeDelta::days(30);

/// The state of the file that the form was made from.
#[derive(Deserialize)]
pub(super) struct Since {
    version: Option<String>,
    #[serde(default)]
    new: bool,
}

impl Since {
    fn expected(self) -> Expected {
        match self {
            Since { new: true, .. } => Expected::Nothing,
            Since {
                version: Some(version),
                ..
            } => Expected::Version(version),
            Since { version: None, .. } => Expected::Any,
        }
    }
}

pub(super) async fn list(State(control): State<Control>) -> Result<Shown<PipelinePage>, Refused> {
    let written = control.ask(ControlRequest::Pipelines).await??;
    let now = (control.clock)();
    let seen = control.read(move |ledger| {
        Ok(Seen {
            week: ledger.pipeline_uses(now - WEEK)?,
            month: ledger.pipeline_uses(now - MONTH)?,
        })
    });
    let facts = control.facts();
    Ok(Shown(pipeline_page::page(&*facts, &written, &seen.await?)))
}

pub(super) async fn put(
    State(control): State<Control>,
    Path(name): Path<String>,
    Query(since): Query<Since>,
    Json(form): Json<PipelineForm>,
) -> Result<Shown<Accepted>, NotWritten> {
    let put = PutPipeline {
        name,
        form,
        expected: since.expected(),
    };
    let saved = control.ask(|reply| ControlRequest::PutPipeline(put, reply));
    Ok(Shown(saved.await??))
}

pub(super) async fn remove(
    State(control): State<Control>,
    Path(name): Path<String>,
    Query(since): Query<Since>,
) -> Result<Shown<Accepted>, NotWritten> {
    let removed = control.ask(|reply| ControlRequest::RemovePipeline {
        name,
        expected: since.expected(),
        reply,
    });
    Ok(Shown(removed.await??))
}

/// 409: the file has changed since the form was read. 422: the form's fields with their errors.
pub(super) enum NotWritten {
    Refused(Refused),
    Wrong(PipelineRefused),
}

impl From<Refused> for NotWritten {
    fn from(refused: Refused) -> NotWritten {
        NotWritten::Refused(refused)
    }
}

impl From<NotChanged> for NotWritten {
    fn from(why: NotChanged) -> NotWritten {
        match why {
            NotChanged::Outdated(error) => NotWritten::Refused(Refused::new(
                StatusCode::CONFLICT,
                error,
                Some("read it again, then repeat your change"),
            )),
            NotChanged::Wrong(wrong) => NotWritten::Wrong(wrong),
        }
    }
}

impl IntoResponse for NotWritten {
    fn into_response(self) -> Response {
        match self {
            NotWritten::Refused(refused) => refused.into_response(),
            NotWritten::Wrong(wrong) => {
                (StatusCode::UNPROCESSABLE_ENTITY, Shown(wrong)).into_response()
            }
        }
    }
}
