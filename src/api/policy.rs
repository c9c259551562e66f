//! `PUT policy` and `GET policy`.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::access::{Operator, Reader};
use crate::api::app::{Shared, change, question};
use crate::api::body::CHANGE_BYTES;
use crate::api::json::Json;
use crate::api::problem::Problem;
use crate::engine::engine::Engine;
use crate::engine::request::PolicyText;

/// A policy as files.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct PolicyRequest {
    /// The name of the main file.
    pub(crate) main: String,
    /// Name and text of the files. An `include` looks here first, then among the shipped packs.
    pub(crate) files: BTreeMap<String, String>,
}

/// What an activation did.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ActivateReply {
    /// The policy's content hash.
    pub(crate) hash: String,
    /// The revision after it, as a token; the same as before when this policy was active already.
    pub(crate) revision: String,
    /// Lints, as text.
    #[serde(default)]
    pub(crate) warnings: Vec<String>,
}

/// The active policy of a tenant.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PolicyReply {
    /// Its content hash.
    pub(crate) hash: String,
    /// The name of the main file.
    pub(crate) main: String,
    /// Name and text of all files, includes resolved.
    pub(crate) files: BTreeMap<String, String>,
    /// The revision at which it is active, as a token.
    pub(crate) revision: String,
}

impl PolicyRequest {
    /// Makes this policy the active one of a tenant, which is made if it isn't there.
    ///
    /// # Errors
    /// What the engine refuses: the diagnostics are the problem's details.
    pub(crate) fn activate(self, engine: &Engine, tenant: &str) -> Result<ActivateReply, Problem> {
        let activated = engine.activate(tenant, &PolicyText { main: self.main, files: self.files })?;
        Ok(ActivateReply {
            hash: activated.hash,
            revision: activated.revision.to_string(),
            warnings: activated.warnings,
        })
    }
}

/// Makes a policy the active one of a tenant, which is made if it isn't there.
#[utoipa::path(
    put,
    path = "/v1/tenants/{tenant}/policy",
    params(("tenant" = String, Path, description = "Whose policy")),
    request_body = PolicyRequest,
    responses(
        (status = 200, description = "It is active for every later question", body = ActivateReply),
        (status = "default", description = "The policy before stays active", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(crate) async fn put_policy(
    State(app): State<Shared>,
    Operator(tenant): Operator,
    Json(request): Json<PolicyRequest, CHANGE_BYTES>,
) -> Result<axum::Json<ActivateReply>, Problem> {
    change(app, move |app| request.activate(&app.engine, &tenant).map(axum::Json)).await
}

/// The texts of the active policy.
#[utoipa::path(
    get,
    path = "/v1/tenants/{tenant}/policy",
    params(("tenant" = String, Path, description = "Whose policy")),
    responses(
        (status = 200, description = "The texts", body = PolicyReply),
        (status = "default", description = "No answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_policy(
    State(app): State<Shared>,
    Reader(tenant): Reader,
) -> Result<axum::Json<PolicyReply>, Problem> {
    question(app, move |app| {
        let active = app.engine.policy(&tenant)?;
        let PolicyText { main, files } = active.text;
        Ok(axum::Json(PolicyReply { hash: active.hash, main, files, revision: active.revision.to_string() }))
    })
    .await
}
