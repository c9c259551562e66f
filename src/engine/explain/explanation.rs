//! The verb: `explain`.

use std::sync::Arc;

use crate::engine::ask;
use crate::engine::engine::Engine;
use crate::engine::error::Error;
use crate::engine::explain::closed::deny;
use crate::engine::explain::denial::Denial;
use crate::engine::explain::graph::Atom;
use crate::engine::explain::proof::Proof;
use crate::engine::explain::search::prove;
use crate::engine::explain::ways::{can_variant, variant_of};
use crate::engine::question::Surroundings;
use crate::engine::reference::{self, Reference};
use crate::engine::request::{Check, Context};
use crate::engine::state::State;
use crate::engine::token::Token;
use crate::language::syntax;
use crate::model::value::{Name, Object, Value};
use crate::policy::checked::{Origin, Term};
use crate::policy::schema::PERMISSION;
use crate::store::moment::Moment;

/// How often a state is looked for that is at the same revision as the disk, before writes have to wait.
const MAX_TRIES: usize = 8;

/// Why a check is allowed or denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The revision it was worked out at, as a token.
    pub revision: Token,
    /// The decision and its reasons.
    pub verdict: Verdict,
}

/// A decision and its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Allow.
    Allowed {
        /// The smallest proof.
        proof: Proof,
        /// The smallest proof of each obligation, in their order.
        obligations: Vec<Proof>,
    },
    /// Deny.
    Denied(Denial),
}

impl Engine {
    /// Why may the subject do it to the object, or why not? It costs more than a check, and checks cost nothing for it.
    ///
    /// # Errors
    /// As [`Engine::check`]; `limit-exceeded` when the search takes longer than a question may, or finds more than a query may
    /// answer.
    pub fn explain(&self, tenant: &str, check: &Check) -> Result<Explanation, Error> {
        let (state, moment) = self.state_and_moment(tenant, check.at.as_deref())?;
        let surroundings = Surroundings::read(&state, &check.context, None, self.limits)?.for_all(self.limits.time);
        let subject = Reference::subject(&state, &check.subject)?;
        let permission = reference::permission(&state, &check.permission)?;
        let object = Reference::object(&state, &check.object)?;
        reference::permission_on(&state, permission, object.column, &check.object)?;
        let ready = ask::ready(&state, &subject, permission, &object, &surroundings)?;
        let is_allowed = ask::decide(ready.as_ref())?;
        let schema = &state.active.policy.schema;
        let subject = schema.subject(&check.subject)?;
        let object = Value::Object(schema.object(&check.object)?);
        let permission = permission.name.clone();
        let (kind, of_object) = (subject.column_type(), object.column_type());
        let variant = can_variant(&state.active, &kind, &permission, &of_object);
        let values = vec![subject, constant(&permission), object];
        let verdict = match (ready, variant) {
            (Some(ready), Some(variant)) if is_allowed => {
                let proof = proof_of(&state, &moment, (variant, values.clone()), &surroundings)?;
                let mut obligations = Vec::new();
                for obligation in ask::obligation_values(&ready)? {
                    let values: Vec<Value> = values.iter().cloned().chain([obligation]).collect();
                    let variant = variant_of(&state.active, "oblige", &values).ok_or_else(unproved)?;
                    obligations.push(proof_of(&state, &moment, (variant, values), &surroundings)?);
                }
                Verdict::Allowed { proof, obligations }
            }
            (_, Some(variant)) => Verdict::Denied(deny(&state, &moment, &(variant, values), &surroundings)?),
            (_, None) => Verdict::Denied(Denial::default()),
        };
        Ok(Explanation { revision: state.token, verdict })
    }

    /// Why a derived atom holds or doesn't, with a value for its variables if it has any; none if it isn't derived, or if a value
    /// is missing.
    ///
    /// # Errors
    /// As [`Engine::query`] and [`Engine::explain`].
    pub(crate) fn explain_atom(
        &self,
        tenant: &str,
        atom: &syntax::Atom,
        value: Option<&Value>,
        context: &Context,
    ) -> Result<Option<Verdict>, Error> {
        let (state, moment) = self.state_and_moment(tenant, None)?;
        let policy = &state.active.policy;
        let goal = policy.goal(atom)?;
        let values = goal.terms.iter().map(|term| match term {
            Term::Value(known) => Some(known.clone()),
            Term::Variable(_) => value.cloned(),
            Term::SetOf(_, relation) => Some(Value::Set(value?.object()?.clone(), relation.clone())),
            Term::Any => None,
        });
        let predicate = policy.schema.predicate(goal.predicate);
        let (Some(values), Some(predicate)) = (values.collect::<Option<Vec<Value>>>(), predicate) else {
            return Ok(None);
        };
        if predicate.origin != Origin::Derived || &*predicate.name == "on" {
            return Ok(None);
        }
        let Some(variant) = variant_of(&state.active, &predicate.name, &values) else {
            return Ok(Some(Verdict::Denied(Denial::default())));
        };
        let surroundings = Surroundings::read(&state, context, None, self.limits)?.for_all(self.limits.time);
        let goal = (variant, values);
        Ok(Some(match prove(&state, &moment, goal.clone(), &surroundings)? {
            Some(proof) => Verdict::Allowed { proof, obligations: Vec::new() },
            None => Verdict::Denied(deny(&state, &moment, &goal, &surroundings)?),
        }))
    }

    /// A tenant's state, or one as fresh as a token, and the disk at the same revision.
    fn state_and_moment(&self, tenant: &str, at: Option<&str>) -> Result<(Arc<State>, Moment<'_>), Error> {
        let reader = &self.tenants.reader;
        for _ in 0..MAX_TRIES {
            let state = self.state(tenant, at)?;
            let moment = reader.moment();
            if moment.head(state.tenant_id())?.revision == state.revision {
                return Ok((state, moment));
            }
        }
        // While the store is lent nobody writes: what is on disk at this moment is what is published.
        self.writer.lend(|_| Ok((self.state(tenant, at)?, reader.moment())))
    }
}

/// The smallest proof of what holds.
fn proof_of(state: &State, moment: &Moment<'_>, goal: Atom, surroundings: &Surroundings<'_>) -> Result<Proof, Error> {
    prove(state, moment, goal, surroundings)?.ok_or_else(unproved)
}

fn constant(permission: &Name) -> Value {
    Value::Constant(Object::new(PERMISSION, permission.clone()))
}

fn unproved() -> Error {
    Error::internal("what holds has no proof")
}
