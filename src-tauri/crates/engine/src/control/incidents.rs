//! Incidents over HTTP: newest first, and one with its timeline.

use api::{Accepted, Incident, IncidentPage, MarkItem};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::shown::Shown;
use super::{Control, Refused};
use crate::event::ControlRequest;
use crate::view::page;

#[derive(Deserialize)]
pub(super) struct Paging {
    limit: Option<u32>,
    before: Option<i64>,
    #[serde(default)]
    text: String,
}

pub(super) async fn list(
    State(control): State<Control>,
    Query(paging): Query<Paging>,
) -> Result<Shown<IncidentPage>, Refused> {
    let (facts, now) = (control.facts(), (control.clock)());
    let limit = paging.limit.unwrap_or(50);
    let page = control.read(move |ledger| {
        page::incidents(ledger, &*facts, now, &paging.text, (limit, paging.before))
    });
    Ok(Shown(page.await?))
}

pub(super) async fn show(
    State(control): State<Control>,
    Path(id): Path<i64>,
) -> Result<Shown<Incident>, Refused> {
    let (facts, now) = (control.facts(), (control.clock)());
    let found = control.read(move |ledger| page::incident(ledger, &*facts, now, id));
    found.await?.map(Shown).ok_or_else(|| {
        Refused::new(
            StatusCode::NOT_FOUND,
            format!("there is no incident {id}"),
            None,
        )
    })
}

pub(super) async fn mark(
    State(control): State<Control>,
    Path(incident): Path<i64>,
    Json(wanted): Json<MarkItem>,
) -> Result<Shown<Accepted>, Refused> {
    let marked = control.ask(|reply| ControlRequest::MarkItem {
        incident,
        wanted,
        reply,
    });
    Ok(Shown(marked.await??))
}
