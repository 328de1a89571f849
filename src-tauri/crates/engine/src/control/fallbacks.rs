//! Fallbacks over HTTP: the list, and a test of one.

use api::{Fallback, Fallbacks, TestFallback};
use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::shown::Shown;
use super::{Control, Refused};
use crate::event::ControlRequest;
use crate::fallback_test::judge::{Failure, Step};
use crate::fallback_test::play::{Played, play};

#[derive(Deserialize)]
pub(super) struct Listing {
    of: Option<String>,
}

pub(super) async fn list(
    State(control): State<Control>,
    Query(listing): Query<Listing>,
) -> Result<Shown<Fallbacks>, Refused> {
    let of = listing.of;
    Ok(Shown(
        control
            .ask(|reply| ControlRequest::Fallbacks { of, reply })
            .await?,
    ))
}

/// Responds when the test has ended. The test continues if the client disconnects, because its cost is already incurred.
pub(super) async fn test(
    State(control): State<Control>,
    Json(wanted): Json<TestFallback>,
) -> Result<Shown<Fallback>, Refused> {
    let target = control.ask(|reply| ControlRequest::BeginTest { wanted, reply });
    let target = target.await??;
    let testing = tokio::spawn(async move {
        let (gateway, token) = (control.gateway.clone(), control.client_token.clone());
        let of = target.clone();
        let playing = tokio::spawn(async move {
            let at = (&of.endpoint, &of.model);
            play(&gateway, &token, &of.turn, at, &of.place).await
        });
        let played = playing.await.unwrap_or_else(|_| Played {
            exchanges: Vec::new(),
            failure: Some(Failure::unplayed(Step::Call)),
        });
        let ended = control.ask(|reply| ControlRequest::TestEnded {
            target,
            played,
            reply,
        });
        ended.await
    });
    Ok(Shown(testing.await.map_err(|_| Refused::ending())??))
}
