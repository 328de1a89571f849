//! Drills over HTTP: what one would do, its begin, its state and its end.

use api::{Drill, DrillEntry, DrillOffer};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use tokio::time::Instant;

use super::connect::connected;
use super::shown::Shown;
use super::{Control, Refused};
use crate::drill::play::{Session, WITHIN, ask};
use crate::event::ControlRequest;

#[derive(Deserialize)]
pub(super) struct Wanted {
    model: Option<String>,
    #[serde(default)]
    live: bool,
}

pub(super) async fn offer(
    State(control): State<Control>,
    Query(wanted): Query<Wanted>,
) -> Result<Shown<DrillOffer>, Refused> {
    let Wanted { model, live } = wanted;
    let connected = connected(&control).await;
    let offer = control.ask(|reply| ControlRequest::DrillOffer {
        model,
        live,
        connected,
        reply,
    });
    Ok(Shown(offer.await??))
}

/// Responds when the drill has begun. It continues without its client.
pub(super) async fn begin(
    State(control): State<Control>,
    Json(entry): Json<DrillEntry>,
) -> Result<Shown<Drill>, Refused> {
    let connected = connected(&control).await;
    let begun = control.ask(|reply| ControlRequest::BeginDrill {
        entry,
        connected,
        reply,
    });
    let (drill, session) = begun.await??;
    if let Some(session) = session {
        tokio::spawn(async move { run(&control, &session).await });
    }
    Ok(Shown(drill))
}

pub(super) async fn show(State(control): State<Control>) -> Result<Shown<Drill>, Refused> {
    let drill = control.ask(ControlRequest::Drill).await?;
    Ok(Shown(drill.ok_or_else(none)?))
}

pub(super) async fn end(State(control): State<Control>) -> Result<Shown<Drill>, Refused> {
    let drill = control.ask(ControlRequest::EndDrill).await?;
    Ok(Shown(drill.ok_or_else(none)?))
}

/// Plays the session: the desk decides about each repetition.
async fn run(control: &Control, session: &Session) {
    let (gateway, token) = (&control.gateway, &control.client_token);
    let deadline = Instant::now() + WITHIN;
    let mut failure = Some(session.first);
    while let Some(made) = failure {
        let exchange = ask(gateway, token, session, made, deadline).await;
        let tested = control.ask(|reply| ControlRequest::DrillTested {
            id: session.id,
            exchange: exchange.map(Box::new),
            reply,
        });
        // An error means that the engine ends, and the drill with it.
        failure = tested.await.ok().flatten();
    }
}

fn none() -> Refused {
    Refused::new(
        StatusCode::NOT_FOUND,
        "no drill has run since the engine started",
        Some("start one with `understudyd drill`"),
    )
}
