//! Health endpoint for service managers: whether the port accepts requests. It needs no token and reveals no names.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::Control;

#[derive(Serialize)]
pub(super) struct Health {
    status: &'static str,
}

/// 503 while the engine drains: new clients should use another instance.
pub(super) async fn health(State(control): State<Control>) -> (StatusCode, Json<Health>) {
    let (code, status) = match control.gateway.is_draining() {
        false => (StatusCode::OK, "ok"),
        true => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
    };
    (code, Json(Health { status }))
}
