//! `POST explain`: why a check is allowed, or why not.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::access::Reader;
use crate::api::app::{Shared, answer};
use crate::api::body::QUESTION_BYTES;
use crate::api::check::CheckRequest;
use crate::api::json::Json;
use crate::api::problem::Problem;
use crate::api::request::Request;
use crate::api::wire::{WireFact, WireValue};
use crate::engine::engine::Engine;
use crate::engine::explain::denial::{ClosedWay, Denial, Opening, Part};
use crate::engine::explain::explanation::Verdict;
use crate::engine::explain::proof::{Derivation, Proof, Reason, Statement, Step};

/// "Why may the subject do it to the object, or why not?"
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ExplainRequest(pub(crate) CheckRequest);

/// A decision and its reasons.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ExplainReply {
    /// Allow or deny.
    pub(crate) allowed: bool,
    /// What an allow obliges its asker to; left out if there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) obligations: Vec<WireValue>,
    /// Of an allow, the smallest proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proof: Option<ProofReply>,
    /// The smallest proof of each obligation, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) obligation_proofs: Vec<ProofReply>,
    /// Of a deny, the ways that aren't open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) denial: Option<DenialReply>,
    /// The revision it was worked out at, as a token.
    pub(crate) revision: String,
}

/// A proof: steps, each of which rests on steps before it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ProofReply {
    /// The nodes of the proof as a tree; there is no smaller one.
    pub(crate) size: u64,
    /// The last one says what was to be shown.
    pub(crate) steps: Vec<StepReply>,
}

/// One step of a proof.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct StepReply {
    /// What holds, in the language's notation.
    pub(crate) says: String,
    /// The same as a fact, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fact: Option<WireFact>,
    /// Why.
    pub(crate) because: Because,
    /// The revision that wrote the fact, as a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) revision: Option<String>,
    /// Where the policy says so: `file:line`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
    /// The rule; one of `can` shows the `on(P, X)` that the language adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
    /// The rule with the values put in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) instance: Option<String>,
    /// The rule's variables and what they stand for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) variables: BTreeMap<String, WireValue>,
    /// The numbers of the steps, from 0, that the literals of the rule's body are, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) premises: Vec<u64>,
}

/// Why a step holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Because {
    /// It is stored.
    Written,
    /// The policy states it.
    Stated,
    /// The object exists.
    Exists,
    /// It came with the question, or is the instant at which the question was judged.
    Given,
    /// The permission is on objects of that type.
    Catalogue,
    /// The text has so many characters.
    Counted,
    /// The values compare so.
    Compared,
    /// There is no such fact.
    Absent,
    /// A rule gives it.
    Rule,
}

/// Why a check is denied.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct DenialReply {
    /// The ways to it, those first that the fewest facts would open; at most twenty.
    pub(crate) ways: Vec<WayReply>,
    /// How many there are in all.
    pub(crate) way_count: u64,
}

/// A way that isn't open.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct WayReply {
    /// The places of its rules, `file:line`: the one that gives the permission, then those that it rests on.
    pub(crate) rules: Vec<String>,
    /// What must hold, with the values for which most of it does.
    pub(crate) parts: Vec<PartReply>,
    /// What would open it: each was tried. None, if nothing was found.
    pub(crate) openings: Vec<OpeningReply>,
}

/// A part of a way.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PartReply {
    /// In the language's notation; `_` is any value.
    pub(crate) says: String,
    /// Its place, `file:line`.
    pub(crate) place: String,
    /// Whether it holds, together with all others that do.
    pub(crate) holds: bool,
}

/// The fewest facts that would open a way.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct OpeningReply {
    /// What to write, in the language's notation.
    pub(crate) write: Vec<String>,
    /// The facts to insert. One of a relation with `->` takes the place of another.
    pub(crate) insert: Vec<WireFact>,
    /// The facts to delete.
    pub(crate) delete: Vec<WireFact>,
    /// Of how many such openings this is the first: they differ in the objects that they name.
    pub(crate) choices: u64,
}

impl From<Proof> for ProofReply {
    fn from(proof: Proof) -> Self {
        Self { size: proof.size, steps: proof.steps.into_iter().map(StepReply::from).collect() }
    }
}

impl From<Step> for StepReply {
    fn from(step: Step) -> Self {
        let mut reply = Self {
            says: step.says.to_string(),
            fact: match &step.says {
                Statement::Holds(fact) => Some(fact.into()),
                Statement::Lacks { .. } | Statement::Compares { .. } => None,
            },
            because: Because::Rule,
            revision: None,
            place: None,
            rule: None,
            instance: None,
            variables: BTreeMap::new(),
            premises: Vec::new(),
        };
        reply.because = match step.because {
            Reason::Written(revision) => {
                reply.revision = Some(revision.to_string());
                Because::Written
            }
            Reason::Stated(place) => {
                reply.place = Some(place);
                Because::Stated
            }
            Reason::Catalogue(place) => {
                reply.place = Some(place);
                Because::Catalogue
            }
            Reason::Alive => Because::Exists,
            Reason::Given => Because::Given,
            Reason::Counted => Because::Counted,
            Reason::Compared => Because::Compared,
            Reason::Absent => Because::Absent,
            Reason::Rule(Derivation { place, rule, instance, variables, premises }) => {
                let named = variables.into_iter().map(|(name, value)| (name.to_string(), WireValue(value.raw())));
                reply.variables = named.collect();
                reply.premises = premises.into_iter().map(|premise| premise as u64).collect();
                (reply.place, reply.rule, reply.instance) = (Some(place), Some(rule), Some(instance));
                Because::Rule
            }
        };
        reply
    }
}

impl From<Denial> for DenialReply {
    fn from(denial: Denial) -> Self {
        let ways = denial.ways.into_iter().map(WayReply::from).collect();
        Self { ways, way_count: denial.n_ways as u64 }
    }
}

impl From<ClosedWay> for WayReply {
    fn from(way: ClosedWay) -> Self {
        let part = |Part { says, place, holds }| PartReply { says, place, holds };
        let parts = way.parts.into_iter().map(part).collect();
        Self { rules: way.rules, parts, openings: way.openings.into_iter().map(OpeningReply::from).collect() }
    }
}

impl From<Opening> for OpeningReply {
    fn from(opening: Opening) -> Self {
        let signed = |sign, facts: &[crate::model::fact::Fact]| -> Vec<String> {
            facts.iter().map(|fact| format!("{sign}{fact}")).collect()
        };
        Self {
            write: [signed('+', &opening.insert), signed('-', &opening.delete)].concat(),
            insert: opening.insert.iter().map(WireFact::from).collect(),
            delete: opening.delete.iter().map(WireFact::from).collect(),
            choices: opening.choices as u64,
        }
    }
}

impl Request for ExplainRequest {
    const ROUTE: &'static str = "explain";
    type Reply = ExplainReply;

    fn tokens(&self) -> Vec<&str> {
        self.0.at.as_deref().into_iter().collect()
    }

    fn answer(self, engine: &Engine, tenant: &str) -> Result<ExplainReply, Problem> {
        let explanation = engine.explain(tenant, &self.0.into())?;
        let revision = explanation.revision.to_string();
        Ok(match explanation.verdict {
            Verdict::Allowed { proof, obligations } => {
                let last = |proof: &Proof| match proof.conclusion() {
                    Some((_, Step { says: Statement::Holds(fact), .. })) => fact.values.last().cloned(),
                    _ => None,
                };
                let named = obligations.iter().filter_map(last).map(|value| WireValue(value.raw())).collect();
                ExplainReply {
                    allowed: true,
                    obligations: named,
                    proof: Some(proof.into()),
                    obligation_proofs: obligations.into_iter().map(ProofReply::from).collect(),
                    denial: None,
                    revision,
                }
            }
            Verdict::Denied(denial) => ExplainReply {
                allowed: false,
                obligations: Vec::new(),
                proof: None,
                obligation_proofs: Vec::new(),
                denial: Some(denial.into()),
                revision,
            },
        })
    }
}

/// Says why a check is allowed, by its smallest proof, or why it is denied, by the ways that aren't open.
#[utoipa::path(
    post,
    path = "/v1/tenants/{tenant}/explain",
    params(("tenant" = String, Path, description = "Whose data")),
    request_body = CheckRequest,
    responses(
        (status = 200, description = "The decision and its reasons", body = ExplainReply),
        (status = "default", description = "No decision", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn explain(
    State(app): State<Shared>,
    Reader(tenant): Reader,
    Json(request): Json<ExplainRequest, QUESTION_BYTES>,
) -> Result<axum::Json<ExplainReply>, Problem> {
    answer(app, tenant, request).await.map(axum::Json)
}
