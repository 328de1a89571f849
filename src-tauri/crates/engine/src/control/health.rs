//! Whether the port takes requests, for what starts and watches the engine. It needs no token and names nothing.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::Control;

#[derive(Serialize)]
pub(super) struct Health {
    status: &'static str,
}

/// 503 while the engine drains: new clients belong elsewhere.
pub(super) async fn health(State(control): State<Control>) -> (StatusCode, Json<Health>) {
    let (code, status) = match control.gateway.is_draining() {
        false => (StatusCode::OK, "ok"),
        true => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
    };
    (code, Json(Health { status }))
}
