//! `POST query`: the answers of any predicate.

use std::num::NonZeroUsize;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::access::Reader;
use crate::api::app::{Shared, answer};
use crate::api::body::QUESTION_BYTES;
use crate::api::json::Json;
use crate::api::list::{CountReply, Wanted, wanted};
use crate::api::media::WantsLines;
use crate::api::ndjson::{LastLine, from_lines};
use crate::api::problem::Problem;
use crate::api::request::Request;
use crate::api::wire::{WireContext, WireValue, to_wire};
use crate::engine::engine::Engine;
use crate::engine::request::{Answers, Query};

/// "Which values make this goal true?"
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct QueryRequest {
    /// In the language's notation: `teammate(user:ana, X)`.
    pub(crate) goal: String,
    /// Contextual facts.
    #[serde(default, skip_serializing_if = "WireContext::is_empty")]
    pub(crate) context: WireContext,
    /// A token: the answer must be at least as fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<String>,
    /// At most so many rows; without it all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, minimum = 1)]
    pub(crate) limit: Option<NonZeroUsize>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
    /// The exact total instead of the rows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) count: bool,
}

/// A page of answers, or the exact total.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum QueryReply {
    /// A page.
    Page(AnswersReply),
    /// The total.
    Count(CountReply),
}

/// A page of the answers to a query.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnswersReply {
    /// The goal's variables, in the order of their first mention.
    pub(crate) variables: Vec<String>,
    /// One value for each variable. A goal without variables has one empty row if it holds, none if not.
    pub(crate) rows: Vec<Vec<WireValue>>,
    /// Where the next page begins; missing when this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
    /// Whether the data has changed since the page before.
    pub(crate) moved: bool,
    /// The revision it was computed at, as a token.
    pub(crate) revision: String,
}

impl Request for QueryRequest {
    const ROUTE: &'static str = "query";
    type Reply = QueryReply;

    fn tokens(&self) -> Vec<&str> {
        self.at.as_deref().into_iter().collect()
    }

    fn answer(self, engine: &Engine, tenant: &str) -> Result<QueryReply, Problem> {
        let Self { goal, context, at, limit, cursor, count } = self;
        let query = Query { goal, context: context.0, at };
        Ok(match wanted(limit, cursor, count)? {
            Wanted::Page(page) => {
                let Answers { variables, rows, cursor, moved, revision } = engine.query(tenant, &query, &page)?;
                let rows = rows.into_iter().map(to_wire).collect();
                QueryReply::Page(AnswersReply { variables, rows, cursor, moved, revision: revision.to_string() })
            }
            Wanted::Count => {
                let count = engine.count_query(tenant, &query)?;
                QueryReply::Count(CountReply { count: count.count, revision: count.revision.to_string() })
            }
        })
    }
}

/// One line of answers.
#[derive(Serialize)]
#[serde(untagged)]
enum Line {
    Variables { variables: Vec<String> },
    Row { row: Vec<WireValue> },
    Last(LastLine),
}

/// Answers a goal.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/query",
    params(("tenant" = String, Path, description = "Whose data")),
    request_body = QueryRequest,
    responses(
        (status = 200, description = "A page or the total; by `Accept` a line `{\"variables\": […]}`, one `{\"row\": \
            […]}` a line, and a last line `{\"end\": true, \"count\": …}`",
            content((QueryReply = "application/json"), (String = "application/x-ndjson"))),
        (status = "default", description = "No answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn query(
    State(app): State<Shared>,
    Reader(tenant): Reader,
    WantsLines(lines): WantsLines,
    Json(request): Json<QueryRequest, QUESTION_BYTES>,
) -> Result<Response, Problem> {
    let reply = answer(app, tenant, request).await?;
    let QueryReply::Page(answers) = reply else {
        return Ok(axum::Json(reply).into_response());
    };
    if !lines {
        return Ok(axum::Json(answers).into_response());
    }
    let first = Line::Variables { variables: answers.variables };
    let last = LastLine::End {
        end: true,
        count: answers.rows.len() as u64,
        revision: Some(answers.revision.to_string()),
        cursor: answers.cursor,
        moved: Some(answers.moved),
    };
    let rows = answers.rows.into_iter().map(|row| Line::Row { row });
    Ok(from_lines(std::iter::once(first).chain(rows).chain(std::iter::once(Line::Last(last)))))
}
