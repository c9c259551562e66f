//! `POST verify`: a tenant's log, disk, memory and decisions held against one another.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::access::Operator;
use crate::api::app::{Shared, answer};
use crate::api::body::QUESTION_BYTES;
use crate::api::json::Json;
use crate::api::problem::Problem;
use crate::api::request::Request;
use crate::engine::engine::Engine;
use crate::engine::recompute::Recomputed;
use crate::engine::verify::{Fault, Part};

/// "Is everything as it must be?"
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct VerifyRequest {}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct VerifyReply {
    /// Whether nothing was found.
    pub(crate) sound: bool,
    /// The revision that was verified, as a token.
    pub(crate) revision: String,
    /// How many entries of the log were walked.
    pub(crate) entries: u64,
    /// How many stored facts were held against the log.
    pub(crate) facts: u64,
    /// How many objects were.
    pub(crate) objects: u64,
    /// How many facts in memory were held against the stored ones.
    pub(crate) in_memory: u64,
    /// Which decisions were worked out once more and compared.
    pub(crate) decisions: DecisionsReply,
    /// What is wrong: the first ones of each part.
    pub(crate) faults: Vec<FaultReply>,
    /// How many faults there are.
    pub(crate) fault_count: u64,
}

/// Decisions worked out once more. One is a subject, a permission, and an object on whose type it is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct DecisionsReply {
    /// How many were compared.
    pub(crate) compared: u64,
    /// How many there are.
    pub(crate) all: u64,
    /// Of how many subjects.
    pub(crate) subjects: u64,
    /// How many subjects there are.
    pub(crate) all_subjects: u64,
    /// Why nothing was compared, if nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) skipped: Option<String>,
    /// Context relations that were taken to be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) empty_context: Vec<String>,
}

impl From<Recomputed> for DecisionsReply {
    fn from(recomputed: Recomputed) -> Self {
        let Recomputed { compared, all, subjects, all_subjects, skipped, empty } = recomputed;
        Self { compared, all, subjects, all_subjects, skipped, empty_context: empty }
    }
}

/// Something that isn't as it must be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct FaultReply {
    /// Where.
    pub(crate) part: FaultPart,
    /// What.
    pub(crate) found: String,
}

/// Where a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FaultPart {
    /// The log.
    Log,
    /// What is stored isn't what the log wrote.
    Store,
    /// What is in memory isn't what is stored.
    Memory,
    /// A deny of the policy doesn't hold on the data.
    Constraints,
    /// The engine decides otherwise than the rules say.
    Decisions,
}

impl From<Fault> for FaultReply {
    fn from(fault: Fault) -> Self {
        let part = match fault.part {
            Part::Log => FaultPart::Log,
            Part::Store => FaultPart::Store,
            Part::Memory => FaultPart::Memory,
            Part::Constraints => FaultPart::Constraints,
            Part::Decisions => FaultPart::Decisions,
        };
        Self { part, found: fault.found }
    }
}

impl Request for VerifyRequest {
    const ROUTE: &'static str = "verify";
    type Reply = VerifyReply;

    fn answer(self, engine: &Engine, tenant: &str) -> Result<VerifyReply, Problem> {
        let verified = engine.verify(tenant)?;
        Ok(VerifyReply {
            sound: verified.n_faults == 0,
            revision: verified.revision.to_string(),
            entries: verified.entries,
            facts: verified.facts,
            objects: verified.objects,
            in_memory: verified.in_memory,
            decisions: verified.decisions.into(),
            faults: verified.faults.into_iter().map(FaultReply::from).collect(),
            fault_count: verified.n_faults,
        })
    }
}

/// Holds a tenant's log, disk, memory and decisions against one another. Takes as long as reading all of it.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/verify",
    params(("tenant" = String, Path, description = "Whose data")),
    request_body = VerifyRequest,
    responses(
        (status = 200, description = "What was looked at, and what was found", body = VerifyReply),
        (status = "default", description = "No answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn verify(
    State(app): State<Shared>,
    Operator(tenant): Operator,
    Json(request): Json<VerifyRequest, QUESTION_BYTES>,
) -> Result<axum::Json<VerifyReply>, Problem> {
    answer(app, tenant, request).await.map(axum::Json)
}
