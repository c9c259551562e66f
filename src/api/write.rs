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
use crate::engine::request::{Reasons, RelationChange, Write, Written};

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
    /// Who writes, `user:ana`: guards judge it. Without an actor no guard is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) actor: Option<String>,
    /// Request rules in the language's notation: `+role_of(U, X, role:lead) :- role_of(U, X, role:jr).`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rules: Option<String>,
    /// Facts that must hold before, or nothing is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) require: Vec<WireFact>,
    /// Facts that must not hold before, or nothing is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) forbid: Vec<WireFact>,
    /// By which a second try is known for 24 hours: it answers what the first one did.
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
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct WriteReply {
    /// The revision after it, as a token; the same as before when nothing changed.
    pub(crate) revision: String,
    /// Facts that were not there before, those that completed it included.
    pub(crate) inserted: u64,
    /// Facts that are no longer there.
    pub(crate) deleted: u64,
    /// The same by relation, in the order of the names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) changes: Vec<WireChange>,
    /// The facts that effects added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) added: Vec<WireFact>,
}

/// How many facts of a relation came and went, by what brought that about.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct WireChange {
    /// The relation or the type.
    pub(crate) relation: String,
    /// What came.
    #[serde(default, skip_serializing_if = "WireReasons::is_nothing")]
    pub(crate) inserted: WireReasons,
    /// What went.
    #[serde(default, skip_serializing_if = "WireReasons::is_nothing")]
    pub(crate) deleted: WireReasons,
}

/// Facts by what brought their change about; what is left out is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct WireReasons {
    /// The request named it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) asked: u64,
    /// It completes what was asked: objects come alive, a deleted object's facts go, a replaced value goes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) completed: u64,
    /// An effect added it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) added: u64,
}

impl WireReasons {
    /// Whether nothing changed.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl From<Reasons> for WireReasons {
    fn from(Reasons { asked, completed, added }: Reasons) -> Self {
        Self { asked, completed, added }
    }
}

impl From<Written> for WriteReply {
    fn from(Written { revision, inserted, deleted, changes, added }: Written) -> Self {
        let change = |RelationChange { relation, inserted, deleted }| WireChange {
            relation,
            inserted: inserted.into(),
            deleted: deleted.into(),
        };
        Self {
            revision: revision.to_string(),
            inserted,
            deleted,
            changes: changes.into_iter().map(change).collect(),
            added: added.into_iter().map(WireFact).collect(),
        }
    }
}

impl Request for WriteRequest {
    const ROUTE: &'static str = "write";
    type Reply = WriteReply;

    fn answer(self, engine: &Engine, tenant: &str) -> Result<WriteReply, Problem> {
        let Self { insert, delete, expect_revision, actor, rules, require, forbid, idempotency_key } = self;
        let write = Write {
            insert: from_wire(insert),
            delete: from_wire(delete),
            actor,
            rules,
            require: from_wire(require),
            forbid: from_wire(forbid),
            expect_revision,
            idempotency_key,
        };
        Ok(engine.write(tenant, &write)?.into())
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
