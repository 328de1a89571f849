//! Exchanges over HTTP: newest first, with filters.

use api::{Exchange, ExchangePage};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use ledger::{ByToken, ExchangeFilter};
use serde::Deserialize;

use super::shown::Shown;
use super::{Control, Refused};
use crate::named_tokens::THIS_COMPUTER;
use crate::view::{page, rows};

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
    /// Name of a token; "this computer": the requests with this installation's own.
    token: Option<String>,
}

impl Listing {
    fn filter(&self) -> Result<ExchangeFilter, Refused> {
        let since = self.since.as_deref().map(instant).transpose()?;
        Ok(ExchangeFilter {
            text: self.q.clone(),
            failed: self.failed,
            pipeline: self.pipeline.clone().filter(|name| !name.is_empty()),
            since,
            token: self.token.as_deref().and_then(by_token),
        })
    }
}

fn by_token(name: &str) -> Option<ByToken> {
    match name.trim() {
        "" => None,
        own if own.eq_ignore_ascii_case(THIS_COMPUTER) => Some(ByToken::Own),
        name => Some(ByToken::Named(name.to_owned())),
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
    let (filter, facts) = (listing.filter()?, control.facts());
    let (limit, before) = (listing.limit.unwrap_or(50), listing.before);
    let page = control.read(move |ledger| page::exchanges(ledger, &*facts, &filter, limit, before));
    Ok(Shown(page.await?))
}

pub(super) async fn show(
    State(control): State<Control>,
    Path(id): Path<i64>,
) -> Result<Shown<Exchange>, Refused> {
    let facts = control.facts();
    let found = control.read(move |ledger| {
        let row = ledger.exchange(id)?;
        Ok(row.map(|row| rows::exchange(id, &row, &*facts)))
    });
    found.await?.map(Shown).ok_or_else(|| {
        Refused::new(
            StatusCode::NOT_FOUND,
            format!("there is no exchange {id}"),
            None,
        )
    })
}
