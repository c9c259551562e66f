//! `POST list/objects`, `POST list/subjects`, `POST list/permissions`.

use std::num::NonZeroUsize;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::access::Reader;
use crate::api::app::{Shared, answer};
use crate::api::body::QUESTION_BYTES;
use crate::api::json::Json;
use crate::api::media::WantsLines;
use crate::api::ndjson::{LastLine, from_lines};
use crate::api::problem::Problem;
use crate::api::request::Request;
use crate::api::wire::WireContext;
use crate::engine::engine::Engine;
use crate::engine::error::Error;
use crate::engine::request::{Count, ListObjects, ListPermissions, ListSubjects, Listing, Page};

/// "To which objects of a type may the subject do it?"
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct ListObjectsRequest {
    /// `user:ana`.
    pub(crate) subject: String,
    /// `sequence.view`.
    pub(crate) permission: String,
    /// The concrete type of the objects: `sequence`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Contextual facts.
    #[serde(default, skip_serializing_if = "WireContext::is_empty")]
    pub(crate) context: WireContext,
    /// A token: the answer must be at least as fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<String>,
    /// At most so many; without it all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, minimum = 1)]
    pub(crate) limit: Option<NonZeroUsize>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
    /// The exact total instead of the items.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) count: bool,
}

/// "Which subjects of a type may do it to the object?"
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct ListSubjectsRequest {
    /// The subjects' type: `user`, `team#member`, `user:*`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// `sequence.view`.
    pub(crate) permission: String,
    /// `sequence:42`.
    pub(crate) object: String,
    /// Contextual facts.
    #[serde(default, skip_serializing_if = "WireContext::is_empty")]
    pub(crate) context: WireContext,
    /// A token: the answer must be at least as fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<String>,
    /// At most so many; without it all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, minimum = 1)]
    pub(crate) limit: Option<NonZeroUsize>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
    /// The exact total instead of the items.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) count: bool,
}

/// "Which permissions does the subject have on the object?"
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct ListPermissionsRequest {
    /// `user:ana`.
    pub(crate) subject: String,
    /// `sequence:42`.
    pub(crate) object: String,
    /// Contextual facts.
    #[serde(default, skip_serializing_if = "WireContext::is_empty")]
    pub(crate) context: WireContext,
    /// A token: the answer must be at least as fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<String>,
    /// At most so many; without it all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, minimum = 1)]
    pub(crate) limit: Option<NonZeroUsize>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
    /// The exact total instead of the items.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) count: bool,
}

/// A page of a listing, or the exact total.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ListReply {
    /// A page.
    Page(ListingReply),
    /// The total.
    Count(CountReply),
}

/// A page of a listing: complete up to its cursor, in order of creation, each once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ListingReply {
    /// Whole ids (`sequence:42`), or permissions by name.
    pub(crate) items: Vec<String>,
    /// Where the next page begins; missing when this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
    /// Whether the data has changed since the page before: rows may have come or gone around the cursor.
    pub(crate) moved: bool,
    /// The revision it was computed at, as a token.
    pub(crate) revision: String,
}

/// An exact total.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct CountReply {
    /// So many.
    pub(crate) count: u64,
    /// The revision it was computed at, as a token.
    pub(crate) revision: String,
}

/// What a caller wants of a listing.
pub(crate) enum Wanted {
    /// A page of the items.
    Page(Page),
    /// The exact total.
    Count,
}

/// What the fields `limit`, `cursor` and `count` ask for together.
///
/// # Errors
/// `conflicting-fields` for a count of a page.
pub(crate) fn wanted(limit: Option<NonZeroUsize>, cursor: Option<String>, count: bool) -> Result<Wanted, Problem> {
    match count {
        true if limit.is_some() || cursor.is_some() => Err(Problem::invalid(
            "conflicting-fields",
            "`count` is the exact total: it has neither `limit` nor `cursor`",
        )
        .help("Ask for the page and for the count in two requests.")),
        true => Ok(Wanted::Count),
        false => Ok(Wanted::Page(Page { limit: limit.map(NonZeroUsize::get), after: cursor })),
    }
}

impl From<Listing> for ListReply {
    fn from(listing: Listing) -> Self {
        let Listing { items, cursor, moved, revision } = listing;
        Self::Page(ListingReply { items, cursor, moved, revision: revision.to_string() })
    }
}

impl From<Count> for ListReply {
    fn from(count: Count) -> Self {
        Self::Count(CountReply { count: count.count, revision: count.revision.to_string() })
    }
}

impl Request for ListObjectsRequest {
    const ROUTE: &'static str = "list/objects";
    type Reply = ListReply;

    fn tokens(&self) -> Vec<&str> {
        self.at.as_deref().into_iter().collect()
    }

    fn answer(self, engine: &Engine, tenant: &str) -> Result<ListReply, Problem> {
        let Self { subject, permission, kind, context, at, limit, cursor, count } = self;
        let list = ListObjects { subject, permission, kind, context: context.0, at };
        reply(
            wanted(limit, cursor, count)?,
            |page| engine.list_objects(tenant, &list, page),
            || engine.count_objects(tenant, &list),
        )
    }
}

impl Request for ListSubjectsRequest {
    const ROUTE: &'static str = "list/subjects";
    type Reply = ListReply;

    fn tokens(&self) -> Vec<&str> {
        self.at.as_deref().into_iter().collect()
    }

    fn answer(self, engine: &Engine, tenant: &str) -> Result<ListReply, Problem> {
        let Self { kind, permission, object, context, at, limit, cursor, count } = self;
        let list = ListSubjects { kind, permission, object, context: context.0, at };
        reply(
            wanted(limit, cursor, count)?,
            |page| engine.list_subjects(tenant, &list, page),
            || engine.count_subjects(tenant, &list),
        )
    }
}

impl Request for ListPermissionsRequest {
    const ROUTE: &'static str = "list/permissions";
    type Reply = ListReply;

    fn tokens(&self) -> Vec<&str> {
        self.at.as_deref().into_iter().collect()
    }

    fn answer(self, engine: &Engine, tenant: &str) -> Result<ListReply, Problem> {
        let Self { subject, object, context, at, limit, cursor, count } = self;
        let list = ListPermissions { subject, object, context: context.0, at };
        reply(
            wanted(limit, cursor, count)?,
            |page| engine.list_permissions(tenant, &list, page),
            || engine.count_permissions(tenant, &list),
        )
    }
}

fn reply(
    wanted: Wanted,
    page: impl FnOnce(&Page) -> Result<Listing, Error>,
    count: impl FnOnce() -> Result<Count, Error>,
) -> Result<ListReply, Problem> {
    Ok(match wanted {
        Wanted::Page(wanted) => page(&wanted)?.into(),
        Wanted::Count => count()?.into(),
    })
}

/// One line of a listing.
#[derive(Serialize)]
#[serde(untagged)]
enum Line {
    Item { id: String },
    Last(LastLine),
}

/// Asks, and answers in one object or in lines.
async fn list<R>(app: Shared, tenant: String, request: R, lines: bool) -> Result<Response, Problem>
where
    R: Request<Reply = ListReply>,
{
    let reply = answer(app, tenant, request).await?;
    let ListReply::Page(listing) = reply else {
        return Ok(axum::Json(reply).into_response());
    };
    if !lines {
        return Ok(axum::Json(listing).into_response());
    }
    let last = LastLine::End {
        end: true,
        count: listing.items.len() as u64,
        revision: Some(listing.revision.to_string()),
        cursor: listing.cursor,
        moved: Some(listing.moved),
    };
    let items = listing.items.into_iter().map(|id| Line::Item { id });
    Ok(from_lines(items.chain(std::iter::once(Line::Last(last)))))
}

/// Lists the objects of a type to which a subject may do it.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/list/objects",
    params(("tenant" = String, Path, description = "Whose data")),
    request_body = ListObjectsRequest,
    responses(
        (status = 200, description = "A page or the total; by `Accept` one `{\"id\": …}` a line, and a last line \
            `{\"end\": true, \"count\": …}`",
            content((ListReply = "application/json"), (String = "application/x-ndjson"))),
        (status = "default", description = "No answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list_objects(
    State(app): State<Shared>,
    Reader(tenant): Reader,
    WantsLines(lines): WantsLines,
    Json(request): Json<ListObjectsRequest, QUESTION_BYTES>,
) -> Result<Response, Problem> {
    list(app, tenant, request, lines).await
}

/// Lists the subjects of a type that may do it to an object.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/list/subjects",
    params(("tenant" = String, Path, description = "Whose data")),
    request_body = ListSubjectsRequest,
    responses(
        (status = 200, description = "A page or the total; by `Accept` one `{\"id\": …}` a line, and a last line \
            `{\"end\": true, \"count\": …}`",
            content((ListReply = "application/json"), (String = "application/x-ndjson"))),
        (status = "default", description = "No answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list_subjects(
    State(app): State<Shared>,
    Reader(tenant): Reader,
    WantsLines(lines): WantsLines,
    Json(request): Json<ListSubjectsRequest, QUESTION_BYTES>,
) -> Result<Response, Problem> {
    list(app, tenant, request, lines).await
}

/// Lists the permissions that a subject has on an object.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/list/permissions",
    params(("tenant" = String, Path, description = "Whose data")),
    request_body = ListPermissionsRequest,
    responses(
        (status = 200, description = "A page or the total; by `Accept` one `{\"id\": …}` a line, and a last line \
            `{\"end\": true, \"count\": …}`",
            content((ListReply = "application/json"), (String = "application/x-ndjson"))),
        (status = "default", description = "No answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list_permissions(
    State(app): State<Shared>,
    Reader(tenant): Reader,
    WantsLines(lines): WantsLines,
    Json(request): Json<ListPermissionsRequest, QUESTION_BYTES>,
) -> Result<Response, Problem> {
    list(app, tenant, request, lines).await
}
