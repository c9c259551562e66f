//! `POST /v1/backup`: the whole store as one stream of bytes.

use axum::extract::State;
use axum::response::Response;

use crate::api::access::Owner;
use crate::api::app::Shared;
use crate::api::problem::Problem;
use crate::api::stream::bytes;

/// Streams a backup of all tenants, as they are at one moment. Its last bytes are a checksum: without it the answer was cut.
#[utoipa::path(
    post,
    path = "/v1/backup",
    responses(
        (status = 200, description = "The backup, which `entail restore` takes; it says by its end whether it is whole",
            body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "default", description = "No backup", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn backup(State(app): State<Shared>, _: Owner) -> Result<Response, Problem> {
    bytes(app, "application/octet-stream", |app, pieces| {
        app.engine.backup_to(pieces)?;
        Ok(())
    })
    .await
}
