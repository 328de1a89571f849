//! Exchanges over HTTP: newest first, with filters.

use api::{Exchange, ExchangePage};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use ledger::{ExchangeFilter, Reader};
use serde::Deserialize;

use super::shown::Shown;
use super::{Control, Refused};
use crate::event::ControlRequest;

#[derive(Deserialize)]
pub(super) struct Listing {
    limit: Option<u32>,
    before: Option<i64>,
    /// Text in the id, client, session, model, pipeline, item or error.
    q: Option<String>,
    #[serde(default)]
    failed: bool,
    pipeline: Option<String>,
    since: Option<String>,
}

impl Listing {
    fn filter(&self) -> Result<ExchangeFilter, Refused> {
        let since = self.since.as_deref().map(instant).transpose()?;
        Ok(ExchangeFilter {
            text: self.q.clone(),
            failed: self.failed,
            pipeline: self.pipeline.clone().filter(|name| !name.is_empty()),
            since,
        })
    }
}

fn instant(text: &str) -> Result<DateTime<Utc>, Refused> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(at) => Ok(at.to_utc()),
        Err(error) => Err(Refused::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("`since` cannot be read: {error}"),
            Some("give an instant as RFC 3339, for example 2026-06-21T20:00:00Z"),
        )),
    }
}

pub(super) async fn list(
    State(control): State<Control>,
    Query(listing): Query<Listing>,
) -> Result<Shown<ExchangePage>, Refused> {
    let filter = listing.filter()?;
    let (limit, before) = (listing.limit.unwrap_or(50), listing.before);
    if let Some(file) = control.ledger.clone() {
        // A search may read every row, so it runs outside the loop, which must not delay requests.
        let filter = filter.clone();
        let search = move || Reader::open(&file)?.find_exchanges(&filter, limit, before);
        match tokio::task::spawn_blocking(search).await {
            Ok(Ok(page)) => {
                let shown = control.ask(|reply| ControlRequest::ShowExchanges { page, reply });
                return Ok(Shown(shown.await?));
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the ledger could not be read beside its writer")
            }
            Err(error) => tracing::error!(%error, "a search ended early"),
        }
    }
    let page = control.ask(|reply| ControlRequest::Exchanges {
        filter: Box::new(filter),
        limit,
        before,
        reply,
    });
    Ok(Shown(page.await??))
}

pub(super) async fn show(
    State(control): State<Control>,
    Path(id): Path<i64>,
) -> Result<Shown<Exchange>, Refused> {
    let found = control
        .ask(|reply| ControlRequest::Exchange { id, reply })
        .await??;
    found.map(Shown).ok_or_else(|| {
        Refused::new(
            StatusCode::NOT_FOUND,
            format!("there is no exchange {id}"),
            None,
        )
    })
}
