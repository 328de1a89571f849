//! The review queue over HTTP; a new run goes through the gateway like the client's own retry.

use api::{Accepted, ReviewClose, ReviewItem, ReviewPage};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use gateway::{Gateway, Rerun};
use http::header;
use http_body_util::{BodyExt, Full};
use ledger::{REVIEW_KEPT, Which};
use serde::Deserialize;

use super::shown::Shown;
use super::{Control, Refused};
use crate::event::ControlRequest;
use crate::view::{self, page};

/// Bytes of a response that are kept for display; no model's single turn is larger.
const ANSWER_MOST: usize = 4 << 20;

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
    let page = control.read(move |ledger| page::reviews(ledger, which, limit, before));
    Ok(Shown(page.await?))
}

pub(super) async fn show(
    State(control): State<Control>,
    Path(id): Path<String>,
) -> Result<Json<ReviewItem>, Refused> {
    Ok(Json(view::review::item(&find(&control, &id).await?)))
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
    let request = request(&control, &item).map_err(|why| {
        Refused::new(
            StatusCode::CONFLICT,
            format!("item {id} cannot be run again: {why}"),
            Some("run it in the application that sent it, then close the item as done"),
        )
    })?;
    let (runner, of) = (control.clone(), id.clone());
    let running = tokio::spawn(async move { run_kept(&runner, of, request).await });
    running.await.map_err(|_| Refused::ending())??;
    Ok(Json(view::review::item(&find(&control, &id).await?)))
}

/// Runs the request of this item, and stores the result. Returns the status.
pub(super) async fn run_kept(
    control: &Control,
    id: String,
    request: Request<Full<Bytes>>,
) -> Result<u16, Refused> {
    let (status, body) = answer(&control.gateway, request).await;
    let kept = control.ask(|reply| ControlRequest::ReviewRan {
        id,
        status,
        body,
        reply,
    });
    kept.await??;
    Ok(status)
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

/// The original request without the client's credential, which is not stored: an endpoint with a stored key serves it. With an
/// idempotency key, the response is stored under that key.
pub(super) fn request(
    control: &Control,
    item: &ledger::ReviewItem,
) -> Result<Request<Full<Bytes>>, String> {
    let Some(body) = &item.body else {
        return Err("its request is not stored".to_owned());
    };
    let row = &item.row;
    let mut request = Request::post(row.dialect.default_path())
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "understudy-review")
        .header("x-understudy-token", control.client_token.reveal());
    let own = [
        ("x-understudy-pipeline", &row.pipeline),
        ("x-understudy-item", &row.item),
        ("x-session-id", &row.session),
    ];
    for (name, value) in own {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    for (name, value) in &item.headers {
        request = request.header(name, value);
    }
    request
        .extension(Rerun {
            replay: item.replay,
        })
        .body(Full::new(Bytes::copy_from_slice(body)))
        .map_err(|error| error.to_string())
}

/// A truncated response counts as a failure: status 502, with the partial body.
async fn answer(gateway: &Gateway, request: Request<Full<Bytes>>) -> (u16, Vec<u8>) {
    let response = gateway.handle(request).await;
    let mut status = response.status().as_u16();
    let mut kept = Vec::new();
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                let data = frame.into_data().unwrap_or_default();
                let room = ANSWER_MOST - kept.len();
                kept.extend_from_slice(&data[..data.len().min(room)]);
            }
            Err(_) => {
                status = StatusCode::BAD_GATEWAY.as_u16();
                break;
            }
        }
    }
    (status, kept)
}
