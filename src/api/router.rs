//! All routes: the router and the OpenAPI document come from one list.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::app::{App, Shared};
use crate::api::place::shorten;
use crate::api::problem::Problem;
use crate::api::{administration, backup, changes, check, explain, facts, health, list, policy, query, verify, write};

/// How long an answer may take: longer than the engine lets a question take, which says more about it.
const ANSWER_TIME: Duration = Duration::from_secs(75);
/// How long reading the whole of a tenant may take.
const VERIFY_TIME: Duration = Duration::from_secs(3600);

#[derive(OpenApi)]
#[openapi(info(
    title = "Entail",
    description = "Relationship-based authorization with policies in Datalog. Every error is an RFC 9457 problem with a \
        stable `code`. A `revision` is an opaque token: `at` asks for an answer at least as fresh, `expect_revision` \
        writes only if nothing changed since."
))]
struct Document;

/// The routes over this state.
pub(crate) fn router(app: App) -> Router {
    let app = Arc::new(app);
    let (router, document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(check::check))
        .routes(routes!(check::check_batch))
        .routes(routes!(explain::explain))
        .routes(routes!(list::list_objects))
        .routes(routes!(list::list_subjects))
        .routes(routes!(list::list_permissions))
        .routes(routes!(query::query))
        .routes(routes!(write::write))
        .routes(routes!(write::load))
        .routes(routes!(facts::facts))
        .routes(routes!(changes::changes))
        .routes(routes!(policy::put_policy, policy::get_policy))
        .routes(routes!(verify::verify))
        .routes(routes!(backup::backup))
        .merge(administration::routes())
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .split_for_parts();
    let document = Arc::new(document);
    router
        .route("/openapi.json", get(move || async move { axum::Json(Arc::unwrap_or_clone(document)) }))
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(&app), watch))
        .with_state(app)
}

/// Counts and times every request, and ends those that take too long.
async fn watch(State(app): State<Shared>, route: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    let time = if route.ends_with("/verify") { VERIFY_TIME } else { ANSWER_TIME };
    let answer = tokio::time::timeout(time, next.run(request)).await;
    let response = answer.unwrap_or_else(|_| too_slow(time).into_response());
    app.metrics.record(route, response.status().as_u16(), start.elapsed());
    response
}

fn too_slow(time: Duration) -> Problem {
    let detail = format!("there was no answer within {} seconds", time.as_secs());
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", detail)
        .help("If this was a write, it may still be applied: read before sending it again.")
}

async fn unknown_route(request: Request) -> Problem {
    let path = shorten(request.uri().path(), 160);
    Problem::new(StatusCode::NOT_FOUND, "unknown-route", format!("there is no route `{path}`"))
        .help("`/openapi.json` lists the routes.")
}

async fn wrong_method(request: Request) -> Problem {
    let detail = format!("this route doesn't take `{}`", shorten(request.method().as_str(), 40));
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", detail).help("The `Allow` header names what it takes.")
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::internal("the request failed in an unforeseen way").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_problem_without_its_words() {
        let response = panicked(Box::new("secret"));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers().get("content-type").unwrap(), "application/problem+json");
    }
}
