//! `POST check` and `POST check/batch`.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::access::Reader;
use crate::api::app::{Shared, answer};
use crate::api::body::QUESTION_BYTES;
use crate::api::json::Json;
use crate::api::problem::Problem;
use crate::api::request::Request;
use crate::api::wire::{WireContext, WireValue};
use crate::engine::engine::Engine;
use crate::engine::request::{Check, Decisions};

/// The checks of a batch that are answered where they came in: going to another thread and back costs as much as some
/// dozens of checks.
const SMALL_BATCH: usize = 128;

/// "May the subject do it to the object?"
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct CheckRequest {
    /// `user:ana`, `team:eng#member`, `user:*`.
    pub(crate) subject: String,
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
}

/// The answer to a check.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct CheckReply {
    /// Allow or deny.
    pub(crate) allowed: bool,
    /// What an allow obliges its asker to; left out if there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) obligations: Vec<WireValue>,
    /// The revision it was computed at, as a token.
    pub(crate) revision: String,
}

/// Several checks, answered at one revision.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct BatchRequest {
    /// The checks.
    pub(crate) checks: Vec<CheckRequest>,
}

/// The answers to a batch, in its order.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct BatchReply {
    /// One for each check.
    pub(crate) results: Vec<BatchItem>,
    /// The revision they were computed at, as a token.
    pub(crate) revision: String,
}

/// One answer of a batch: an error is neither allow nor deny.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum BatchItem {
    /// A decision.
    Decision {
        /// Allow or deny.
        allowed: bool,
        /// What an allow obliges its asker to; left out if there is nothing.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        obligations: Vec<WireValue>,
    },
    /// None.
    Error {
        /// Why there is no answer.
        error: Box<Problem>,
    },
}

impl From<CheckRequest> for Check {
    fn from(request: CheckRequest) -> Self {
        let CheckRequest { subject, permission, object, context, at } = request;
        Self { subject, permission, object, context: context.0, at }
    }
}

impl Request for CheckRequest {
    const ROUTE: &'static str = "check";
    type Reply = CheckReply;

    fn tokens(&self) -> Vec<&str> {
        self.at.as_deref().into_iter().collect()
    }

    fn answer(self, engine: &Engine, tenant: &str) -> Result<CheckReply, Problem> {
        let decision = engine.check(tenant, &self.into())?;
        let obligations = decision.obligations.into_iter().map(WireValue).collect();
        Ok(CheckReply { allowed: decision.allowed, obligations, revision: decision.revision.to_string() })
    }
}

impl Request for BatchRequest {
    const ROUTE: &'static str = "check/batch";
    type Reply = BatchReply;

    fn tokens(&self) -> Vec<&str> {
        self.checks.iter().filter_map(|check| check.at.as_deref()).collect()
    }

    fn answer(self, engine: &Engine, tenant: &str) -> Result<BatchReply, Problem> {
        let checks: Vec<Check> = self.checks.into_iter().map(Check::from).collect();
        let Decisions { results, mut obligations, revision } = engine.check_batch(tenant, &checks)?;
        let results = results.into_iter().enumerate().map(|(place, result)| match result {
            Ok(allowed) => {
                let obligations = obligations.remove(&place).unwrap_or_default();
                BatchItem::Decision { allowed, obligations: obligations.into_iter().map(WireValue).collect() }
            }
            Err(error) => BatchItem::Error { error: Box::new(error.into()) },
        });
        Ok(BatchReply { results: results.collect(), revision: revision.to_string() })
    }
}

/// Answers one check.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/check",
    params(("tenant" = String, Path, description = "Whose data")),
    request_body = CheckRequest,
    responses(
        (status = 200, description = "The decision", body = CheckReply),
        (status = "default", description = "No decision", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn check(
    State(app): State<Shared>,
    Reader(tenant): Reader,
    Json(request): Json<CheckRequest, QUESTION_BYTES>,
) -> Result<axum::Json<CheckReply>, Problem> {
    // A check takes microseconds and is answered right here, unless it may wait: for a revision, or for an index.
    if request.at.is_none() && app.engine.is_in_memory(&tenant) {
        return request.answer(&app.engine, &tenant).map(axum::Json);
    }
    answer(app, tenant, request).await.map(axum::Json)
}

/// Answers several checks at one revision.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/check/batch",
    params(("tenant" = String, Path, description = "Whose data")),
    request_body = BatchRequest,
    responses(
        (status = 200, description = "One decision or error for each check, in their order", body = BatchReply),
        (status = "default", description = "No decision", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn check_batch(
    State(app): State<Shared>,
    Reader(tenant): Reader,
    Json(request): Json<BatchRequest, QUESTION_BYTES>,
) -> Result<axum::Json<BatchReply>, Problem> {
    let may_wait = request.checks.iter().any(|check| check.at.is_some());
    if request.checks.len() <= SMALL_BATCH && !may_wait && app.engine.is_in_memory(&tenant) {
        return request.answer(&app.engine, &tenant).map(axum::Json);
    }
    answer(app, tenant, request).await.map(axum::Json)
}
