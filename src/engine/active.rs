//! An active policy: checked, planned, and shared by every tenant that uses it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::engine::cost::warnings_of_scans;
use crate::engine::error::Error;
use crate::engine::names::Names;
use crate::engine::request::PolicyText;
use crate::engine::statements::Statements;
use crate::index::snapshot::Snapshot;
use crate::model::fact::Fact;
use crate::model::value::{ColumnType, Name};
use crate::plan::adornment::Binding;
use crate::plan::bodies::Purpose;
use crate::plan::planner::{PlanError, Planner};
use crate::plan::procedure::{Plans, ProcedureId, Source, Step};
use crate::policy::checked::{Column, InstanceLiteral, InstanceTerm, Policy, VariantId};
use crate::policy::schema::{PERMISSION, TypeKind};

/// How many plans of queries a policy keeps; beyond, all are forgotten and made anew.
const MAX_QUERY_PLANS: usize = 1_024;

/// A policy, its plans, and what is derived from both once.
#[derive(Debug)]
pub(super) struct Active {
    /// The checked policy.
    pub(super) policy: Policy,
    /// Its texts.
    pub(super) texts: PolicyText,
    /// The lints of its texts.
    pub(super) warnings: Vec<String>,
    /// The plans of every goal on `can`, and of the statements.
    pub(super) plans: Plans,
    /// The statements that complete and judge transactions.
    pub(super) statements: Statements,
    /// The types whose values are constants.
    pub(super) enumerations: BTreeSet<Name>,
    /// The permissions that rules name.
    pub(super) named: Vec<Name>,
    /// The policy's built-in facts.
    pub(super) built_in: HashSet<Fact>,
    /// What questions name, and the goals on `can`.
    pub(super) names: Names,
    queries: RwLock<HashMap<QueryShape, Arc<QueryPlan>>>,
    scans: OnceLock<Vec<String>>,
}

/// The procedures of one variant of `can`.
#[derive(Clone, Debug)]
pub(super) struct CanGoals {
    pub(super) check: Goal,
    pub(super) objects: Goal,
    pub(super) subjects: Goal,
    pub(super) permissions: Goal,
    /// What an allow carries, by the type of the obligation. Whatever these read of the context, the check needs as well.
    pub(super) obligations: Vec<(ColumnType, Goal)>,
}

/// A procedure and the context relations that it reads, by their position in the plans.
#[derive(Clone, Debug)]
pub(super) struct Goal {
    pub(super) procedure: ProcedureId,
    pub(super) contexts: Box<[u16]>,
    /// Its place among the goals that are specialised; none if it isn't one permission's.
    pub(super) residual: Option<u32>,
    /// Which of its arguments is the permission.
    pub(super) permission_at: Option<usize>,
}

/// What the plan of a query depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct QueryShape {
    pub(super) variant: VariantId,
    pub(super) terms: Vec<QueryTerm>,
    pub(super) bound: Vec<bool>,
}

/// A term of a query as its plan sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum QueryTerm {
    /// A variable of the query, or a constant, which comes bound.
    Variable(u16),
    /// `_`.
    Any,
    /// The one permission of the column.
    Permission(Name),
}

/// The plan of a query: its goal is the last procedure.
#[derive(Debug)]
pub(super) struct QueryPlan {
    pub(super) plans: Plans,
    pub(super) goal: Goal,
}

impl Active {
    /// Plans a checked policy.
    ///
    /// # Errors
    /// `rules-too-deep` and `too-many-constants` when no plan can be made.
    pub(super) fn new(policy: Policy, texts: PolicyText, warnings: Vec<String>) -> Result<Self, Error> {
        let mut planner = Planner::new(&policy);
        let can = policy.schema.predicate_named("can");
        let mut planned = Vec::new();
        for (position, variant) in policy.variants.iter().enumerate() {
            if Some(variant.predicate) != can {
                continue;
            }
            let id = VariantId(position as u32);
            use Binding::{Bound, Free};
            let mut obligations = Vec::new();
            for (kind, obliging) in obliging(&policy, &variant.columns) {
                let adornment = [Bound, Bound, Bound, Free];
                obligations.push((kind, planner.goal(obliging, &adornment).map_err(unplannable)?));
            }
            let mut goal = |adornment| planner.goal(id, adornment).map_err(unplannable);
            planned.push((
                variant.columns.clone(),
                obligations,
                goal(&[Bound, Bound, Bound])?,
                goal(&[Bound, Bound, Free])?,
                goal(&[Free, Bound, Bound])?,
                goal(&[Bound, Free, Bound])?,
            ));
        }
        planner.end_questions();
        let mut statements = Statements::plan(&policy, &mut planner).map_err(unplannable)?;
        let plans = planner.finish().map_err(unplannable)?;
        statements.finish(&plans);
        let goals: Vec<_> = planned
            .into_iter()
            .map(|(columns, obligations, check, objects, subjects, permissions)| {
                let goal = |procedure| Goal {
                    procedure,
                    contexts: contexts_of(&plans, procedure),
                    residual: None,
                    permission_at: None,
                };
                let obligations: Vec<_> =
                    obligations.into_iter().map(|(kind, procedure)| (kind, goal(procedure))).collect();
                let mut check = goal(check);
                let contexts = obligations.iter().flat_map(|(_, goal)| &goal.contexts).chain(&check.contexts);
                check.contexts = contexts.copied().collect::<BTreeSet<u16>>().into_iter().collect();
                let goals = CanGoals {
                    obligations,
                    check,
                    objects: goal(objects),
                    subjects: goal(subjects),
                    permissions: goal(permissions),
                };
                (columns, goals)
            })
            .collect();
        let named: BTreeSet<Name> = policy
            .variants
            .iter()
            .flat_map(|variant| &variant.columns)
            .filter_map(|column| match column {
                Column::Permission(name) => Some(name.clone()),
                Column::Type(_) | Column::OtherPermission => None,
            })
            .collect();
        let mut enumerations: BTreeSet<Name> = policy
            .schema
            .types
            .iter()
            .filter(|declared| matches!(declared.kind, TypeKind::Enumeration(_)))
            .map(|declared| declared.name.clone())
            .collect();
        enumerations.insert(PERMISSION.into());
        let built_in = policy.built_in.iter().cloned().collect();
        let named: Vec<Name> = named.into_iter().collect();
        // Snapshots of one layout have the same types.
        let empty = Snapshot::empty(plans.layout.clone(), &enumerations);
        let names = Names::new(&policy.schema, empty.dictionary(), &named, goals);
        Ok(Self {
            plans,
            statements,
            enumerations,
            named,
            built_in,
            names,
            warnings,
            queries: RwLock::default(),
            scans: OnceLock::new(),
            texts,
            policy,
        })
    }

    /// What its author is told of relations that questions read whole, worked out at the first activation.
    pub(super) fn scans(&self) -> &[String] {
        self.scans.get_or_init(|| warnings_of_scans(self))
    }

    /// The plan of a query, made at its first use by the compiler of all plans, over the directions that are there.
    ///
    /// # Errors
    /// As [`Active::new`].
    pub(super) fn query_plan(&self, shape: &QueryShape) -> Result<Arc<QueryPlan>, Error> {
        if let Some(known) = self.queries.read().unwrap_or_else(PoisonError::into_inner).get(shape) {
            return Ok(known.clone());
        }
        let terms: Vec<InstanceTerm> = shape
            .terms
            .iter()
            .map(|term| match term {
                QueryTerm::Variable(number) => InstanceTerm::Variable(crate::policy::checked::VariableId(*number)),
                QueryTerm::Any => InstanceTerm::Any,
                QueryTerm::Permission(name) => InstanceTerm::Value(crate::model::value::Value::Constant(
                    crate::model::value::Object::new(PERMISSION, name.clone()),
                )),
            })
            .collect();
        let plan = Arc::new(self.plan(|planner| planner.query(shape.variant, &terms, &shape.bound))?);
        let mut queries = self.queries.write().unwrap_or_else(PoisonError::into_inner);
        if queries.len() >= MAX_QUERY_PLANS {
            queries.clear();
        }
        queries.insert(shape.clone(), plan.clone());
        Ok(plan)
    }
}

impl Active {
    /// The plan of a body that stands in no policy: what a request or a test asks, or a part of a guard. Its arguments and answers
    /// are those terms of the head that are bound and free.
    ///
    /// # Errors
    /// As [`Active::new`].
    pub(super) fn body_plan(
        &self,
        purpose: Purpose,
        head: &[(InstanceTerm, Binding)],
        body: &[InstanceLiteral],
        n_variables: usize,
    ) -> Result<QueryPlan, Error> {
        self.plan(|planner| planner.body(purpose, head, body, n_variables))
    }

    /// Plans one more goal, over the directions that are there.
    fn plan(&self, goal: impl FnOnce(&mut Planner<'_>) -> Result<ProcedureId, PlanError>) -> Result<QueryPlan, Error> {
        let mut planner = Planner::over(&self.policy, &self.plans);
        let procedure = goal(&mut planner).map_err(unplannable)?;
        let plans = planner.finish().map_err(unplannable)?;
        let goal = Goal { contexts: contexts_of(&plans, procedure), procedure, residual: None, permission_at: None };
        Ok(QueryPlan { plans, goal })
    }
}

/// The variants of `oblige` that speak of the subjects, permissions and objects of a variant of `can`, each with the type of its
/// obligations.
fn obliging(policy: &Policy, can: &[Column]) -> Vec<(ColumnType, VariantId)> {
    let oblige = policy.schema.predicate_named("oblige");
    let variants = (0..).map(VariantId).zip(&policy.variants).filter(|(_, variant)| Some(variant.predicate) == oblige);
    let fits = variants.filter_map(|(id, variant)| match &*variant.columns {
        [subject, permission, object, obligation] if [subject, permission, object].into_iter().eq(can) => {
            Some((plain(obligation), id))
        }
        _ => None,
    });
    fits.collect()
}

/// The type of a column, all permissions together.
pub(super) fn plain(column: &Column) -> ColumnType {
    match column {
        Column::Type(kind) => kind.clone(),
        Column::Permission(_) | Column::OtherPermission => ColumnType::Object(PERMISSION.into()),
    }
}

fn unplannable(error: PlanError) -> Error {
    match error {
        PlanError::TooDeep => Error::invalid("rules-too-deep", error.to_string())
            .with_help("Shorten the chains of predicates that call one another."),
        PlanError::TooManyConstants => Error::invalid("too-many-constants", error.to_string())
            .with_help("State them as facts of a relation, and ask that."),
        PlanError::Unsafe => Error::internal(error.to_string()),
    }
}

/// The context relations that a procedure reads, itself or through others.
pub(super) fn contexts_of(plans: &Plans, procedure: ProcedureId) -> Box<[u16]> {
    if plans.contexts.is_empty() {
        return Box::default();
    }
    let mut found = BTreeSet::new();
    let mut seen = HashSet::from([procedure]);
    let mut waiting = vec![procedure];
    while let Some(next) = waiting.pop() {
        let Some(procedure) = plans.procedures.get(next) else {
            continue;
        };
        for source in procedure.steps().flat_map(Step::sources) {
            match source {
                Source::Context(context) => {
                    // What a transaction changes comes with it.
                    let comes = plans.contexts.get(usize::from(*context)).is_some_and(|known| known.change.is_none());
                    found.extend(comes.then_some(*context));
                }
                Source::Call { procedure, .. } if seen.insert(*procedure) => waiting.push(*procedure),
                Source::Call { .. } | Source::Stored { .. } => {}
            }
        }
    }
    found.into_iter().collect()
}
