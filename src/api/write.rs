//! `POST write` and `POST load`: one transaction, or facts taken as they are.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::access::{Operator, Writer};
use crate::api::app::{Shared, change};
use crate::api::body::CHANGE_BYTES;
use crate::api::json::Json;
use crate::api::problem::Problem;
use crate::api::request::Request;
use crate::api::wire::{WireFact, from_wire};
use crate::engine::engine::Engine;
use crate::engine::request::{Write, Written};

/// One transaction.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct WriteRequest {
    /// Facts that shall hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) insert: Vec<WireFact>,
    /// Facts that shall not. A type's fact deletes the object, with every fact that mentions it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) delete: Vec<WireFact>,
    /// The token that the head must be at, or nothing is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expect_revision: Option<String>,
    /// Who writes; guards judge it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) actor: Option<String>,
    /// Request rules in the language's notation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rules: Option<String>,
    /// Facts that must hold before; not supported yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) require: Option<Vec<WireFact>>,
    /// Facts that must not hold before; not supported yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) forbid: Option<Vec<WireFact>>,
    /// Makes a repeated request change nothing; not supported yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) idempotency_key: Option<String>,
}

/// Facts to be taken as they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct LoadRequest {
    /// The facts of one transaction.
    pub(crate) facts: Vec<WireFact>,
}

/// What a transaction did.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct WriteReply {
    /// The revision after it, as a token; the same as before when nothing changed.
    pub(crate) revision: String,
    /// Facts that were not there before, those that completed it included.
    pub(crate) inserted: u64,
    /// Facts that are no longer there.
    pub(crate) deleted: u64,
}

impl From<Written> for WriteReply {
    fn from(written: Written) -> Self {
        Self { revision: written.revision.to_string(), inserted: written.inserted, deleted: written.deleted }
    }
}

impl Request for WriteRequest {
    const ROUTE: &'static str = "write";
    type Reply = WriteReply;

    fn answer(self, engine: &Engine, tenant: &str) -> Result<WriteReply, Problem> {
        let Self { insert, delete, expect_revision, actor, rules, require, forbid, idempotency_key } = self;
        let not_yet = [
            (require.is_some(), "`require`"),
            (forbid.is_some(), "`forbid`"),
            (idempotency_key.is_some(), "`idempotency_key`"),
        ];
        if let Some((_, field)) = not_yet.into_iter().find(|(given, _)| *given) {
            return Err(Problem::unsupported(field).help("Nothing was written: send the request without it."));
        }
        let (insert, delete) = (from_wire(insert), from_wire(delete));
        Ok(engine.write(tenant, &Write { insert, delete, actor, rules, expect_revision })?.into())
    }
}

impl Request for LoadRequest {
    const ROUTE: &'static str = "load";
    type Reply = WriteReply;

    fn answer(self, engine: &Engine, tenant: &str) -> Result<WriteReply, Problem> {
        Ok(engine.load(tenant, &from_wire(self.facts))?.into())
    }
}

/// Writes one transaction.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/write",
    params(("tenant" = String, Path, description = "Whose data")),
    request_body = WriteRequest,
    responses(
        (status = 200, description = "It is durable, and every later question sees it", body = WriteReply),
        (status = "default", description = "Nothing was written", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(crate) async fn write(
    State(app): State<Shared>,
    Writer(tenant): Writer,
    Json(request): Json<WriteRequest, CHANGE_BYTES>,
) -> Result<axum::Json<WriteReply>, Problem> {
    change(app, move |app| request.answer(&app.engine, &tenant).map(axum::Json)).await
}

/// Loads facts as they are, in one transaction: no effects, no actor.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/load",
    params(("tenant" = String, Path, description = "Whose data")),
    request_body = LoadRequest,
    responses(
        (status = 200, description = "They are durable, and every later question sees them", body = WriteReply),
        (status = "default", description = "Nothing was loaded", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(crate) async fn load(
    State(app): State<Shared>,
    Operator(tenant): Operator,
    Json(request): Json<LoadRequest, CHANGE_BYTES>,
) -> Result<axum::Json<WriteReply>, Problem> {
    change(app, move |app| request.answer(&app.engine, &tenant).map(axum::Json)).await
}
