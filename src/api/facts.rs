//! `GET facts`: every stored fact, one a line.

use axum::extract::State;
use axum::response::Response;

use crate::api::access::Reader;
use crate::api::app::Shared;
use crate::api::ndjson::LastLine;
use crate::api::problem::Problem;
use crate::api::stream::lines;
use crate::api::wire::WireFact;

/// Streams every stored fact in an order that loads back, and a last line `{"end": true, "count": …}`.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/facts",
    params(("tenant" = String, Path, description = "Whose data")),
    responses(
        (status = 200, description = "One fact a line (`[\"owner\", \"sequence:42\", \"user:ana\"]`), and a last line \
            `{\"end\": true, \"count\": …}`: without it the answer was cut", body = String,
            content_type = "application/x-ndjson"),
        (status = "default", description = "No answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn facts(State(app): State<Shared>, Reader(tenant): Reader) -> Result<Response, Problem> {
    lines(app, move |app, pieces| {
        let mut count = 0;
        app.engine.export(&tenant, &mut |fact| {
            count += 1;
            pieces.line(&WireFact(fact))
        })?;
        Ok(LastLine::End { end: true, count, revision: None, cursor: None, moved: None })
    })
    .await
}
