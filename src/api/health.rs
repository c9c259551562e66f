//! `GET /health`, `GET /ready`, `GET /metrics`: what an operator's tools ask.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::access::KeyHolder;
use crate::api::app::{Shared, question};
use crate::api::problem::Problem;

/// That the process answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct HealthReply {
    /// Always true.
    healthy: bool,
}

/// That the store can be used.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReadyReply {
    /// Always true; a problem says why not.
    ready: bool,
}

/// Whether the process answers.
#[utoipa::path(get, path = "/health", responses((status = 200, description = "It does", body = HealthReply)))]
pub(crate) async fn health() -> axum::Json<HealthReply> {
    axum::Json(HealthReply { healthy: true })
}

/// Whether the store can be used.
#[utoipa::path(
    get,
    path = "/ready",
    responses(
        (status = 200, description = "It can", body = ReadyReply),
        (status = "default", description = "It can't", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn ready(State(app): State<Shared>) -> Result<axum::Json<ReadyReply>, Problem> {
    question(app, |app| Ok(app.engine.ready()?)).await?;
    Ok(axum::Json(ReadyReply { ready: true }))
}

/// Requests, durations and memory, for Prometheus. With keys, any key will do.
#[utoipa::path(
    get,
    path = "/metrics",
    responses(
        (status = 200, description = "Prometheus' text format", body = String, content_type = "text/plain"),
        (status = "default", description = "No answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn metrics(State(app): State<Shared>, _: KeyHolder) -> impl IntoResponse {
    let text = app.metrics.text(app.engine.memory());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}
