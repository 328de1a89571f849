//! Export and import of settings over HTTP.

use api::{Import, Imported};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::shown::Shown;
use super::{Control, Refused};
use crate::apart::apart;
use crate::transfer::files;

/// Settings and provider files, without a log.
pub(super) async fn export(State(control): State<Control>) -> Result<Response, Refused> {
    let now = (control.clock)();
    let places = control.places;
    let written = apart(move || files::export(&places, now));
    let text = written.await.map_err(|_| Refused::ending())?;
    let text = text.map_err(refused)?;
    let headers = [(header::CONTENT_TYPE, "application/jsonl")];
    Ok((headers, format!("{text}\n")).into_response())
}

pub(super) async fn import(
    State(control): State<Control>,
    Json(import): Json<Import>,
) -> Result<Shown<Imported>, Refused> {
    let now = (control.clock)();
    let places = control.places;
    let done = apart(move || {
        let mut planned = files::plan(&places, &import.text)?;
        if !import.dry_run {
            planned.apply(&places, now)?;
        }
        Ok(planned.imported)
    });
    let done = done.await.map_err(|_| Refused::ending())?;
    Ok(Shown(done.map_err(refused)?))
}

fn refused(why: String) -> Refused {
    Refused::new(StatusCode::UNPROCESSABLE_ENTITY, why, None)
}
