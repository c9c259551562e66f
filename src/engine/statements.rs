//! The plans of the statements that complete and judge transactions: effects, guards, denies.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::engine::active::{Goal, contexts_of};
use crate::engine::gaps::Ladder;
use crate::language::syntax::Sign;
use crate::model::layout::StoredId;
use crate::model::value::ColumnType;
use crate::plan::adornment::Binding;
use crate::plan::bodies::Purpose;
use crate::plan::planner::{PlanError, Planner, column_types};
use crate::plan::procedure::{Plans, ProcedureId};
use crate::plan::watch::DenyPlan;
use crate::policy::checked::{Case, Column, InstanceLiteral, InstanceTerm, Policy, VariableId};

/// The planned statements of a policy, and which of them a change touches.
#[derive(Debug, Default)]
pub(super) struct Statements {
    /// In the order of the text.
    pub(super) effects: Vec<EffectPlan>,
    /// In the order of the text.
    pub(super) guards: Vec<GuardPlan>,
    /// In the order of the text.
    pub(super) denies: Vec<DenyCase>,
    /// The positions in `guards` of those that speak of a variant.
    guards_of: HashMap<StoredId, Vec<usize>>,
    /// What is asked when facts of a variant come or go.
    asked_after: HashMap<(Sign, StoredId), Vec<Asked>>,
}

/// An effect on one combination of types.
#[derive(Debug)]
pub(super) struct EffectPlan {
    /// Its position in [`Policy::effects`].
    pub(super) effect: usize,
    /// What it writes, a value for each column.
    pub(super) columns: Box<[ColumnType]>,
    /// What a change must hold for it to write anything.
    pub(super) needs: Vec<(Sign, StoredId)>,
    /// Its answers are the values that it writes.
    pub(super) goal: Goal,
}

/// A guard for one of its changes, on one combination of types.
#[derive(Debug)]
pub(super) struct GuardPlan {
    /// Its position in [`Policy::guards`], and in [`crate::policy::checked::Cases::guards`] that of the case.
    pub(super) place: (usize, usize),
    /// Which changes it lets through; none is either.
    pub(super) sign: Option<Sign>,
    /// The actor's type; none if it doesn't matter.
    pub(super) actor: Option<ColumnType>,
    /// Holds for the values of a fact, and the actor after them where its type matters.
    pub(super) goal: Goal,
    /// How its literals are asked one by one, to tell what a refused fact lacks; made at the first refusal.
    pub(super) ladder: OnceLock<Ladder>,
}

/// A deny on one combination of types.
#[derive(Debug)]
pub(super) struct DenyCase {
    /// Its position in [`Policy::denies`].
    pub(super) deny: usize,
    /// Its plans.
    pub(super) plan: DenyPlan,
}

/// What is asked of a deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Asked {
    /// The position in [`Statements::denies`].
    pub(super) deny: usize,
    /// The procedure.
    pub(super) procedure: ProcedureId,
}

impl Statements {
    /// Plans the statements of a policy with the planner of its questions.
    ///
    /// # Errors
    /// [`PlanError`], after which the planner is of no further use.
    pub(super) fn plan(policy: &Policy, planner: &mut Planner<'_>) -> Result<Self, PlanError> {
        let mut statements = Self::default();
        for (effect, cases) in policy.cases.effects.iter().enumerate() {
            for case in cases {
                statements.effects.extend(effect_plan(policy, planner, effect, case)?);
            }
        }
        for (guard, cases) in policy.cases.guards.iter().enumerate() {
            for (position, case) in cases.iter().enumerate() {
                let Some((stored, plan)) = guard_plan(policy, planner, (guard, position), case)? else { continue };
                statements.guards_of.entry(stored).or_default().push(statements.guards.len());
                statements.guards.push(plan);
            }
        }
        for (deny, cases) in policy.cases.denies.iter().enumerate() {
            for case in cases {
                let plan = planner.deny(case)?;
                let deny_case = statements.denies.len();
                let watches = plan.watches.iter().map(|watch| ((watch.sign, watch.stored), watch.procedure));
                let wholes = plan.whole_after.iter().map(|change| (*change, plan.whole));
                for (change, procedure) in watches.chain(wholes) {
                    let asked = statements.asked_after.entry(change).or_default();
                    asked.push(Asked { deny: deny_case, procedure });
                }
                statements.denies.push(DenyCase { deny, plan });
            }
        }
        Ok(statements)
    }

    /// Notes the context relations that the statements read, when all plans are made.
    pub(super) fn finish(&mut self, plans: &Plans) {
        let effects = self.effects.iter_mut().map(|effect| &mut effect.goal);
        for goal in effects.chain(self.guards.iter_mut().map(|guard| &mut guard.goal)) {
            goal.contexts = contexts_of(plans, goal.procedure);
        }
    }

    /// The guards that may let a change of a variant through.
    pub(super) fn guards_of(&self, stored: StoredId, sign: Sign) -> impl Iterator<Item = &GuardPlan> {
        let positions = self.guards_of.get(&stored).into_iter().flatten();
        let guards = positions.filter_map(|position| self.guards.get(*position));
        guards.filter(move |guard| guard.sign.is_none_or(|of_guard| of_guard == sign))
    }

    /// What is asked of denies when facts of a variant come or go.
    pub(super) fn asked_after(&self, sign: Sign, stored: StoredId) -> &[Asked] {
        self.asked_after.get(&(sign, stored)).map_or(&[], Vec::as_slice)
    }
}

/// A goal without context relations yet.
fn goal(procedure: ProcedureId) -> Goal {
    Goal { procedure, contexts: Box::default(), residual: None, permission_at: None }
}

fn effect_plan(
    policy: &Policy,
    planner: &mut Planner<'_>,
    effect: usize,
    case: &Case,
) -> Result<Option<EffectPlan>, PlanError> {
    let Some((change, variant)) =
        case.change.as_ref().and_then(|change| Some((change, policy.variants.get(change.variant.0 as usize)?)))
    else {
        return Ok(None);
    };
    let head: Vec<_> = change.terms.iter().map(|term| (term.clone(), Binding::Free)).collect();
    let procedure = planner.body(Purpose::Statement, &head, &case.body, case.variables.len())?;
    let needs = case.body.iter().filter_map(|literal| match literal {
        InstanceLiteral::Positive { variant, sign: Some(sign), .. } => Some((*sign, planner.stored_id(*variant).ok()?)),
        _ => None,
    });
    Ok(Some(EffectPlan { effect, columns: column_types(variant), needs: needs.collect(), goal: goal(procedure) }))
}

fn guard_plan(
    policy: &Policy,
    planner: &mut Planner<'_>,
    (guard, position): (usize, usize),
    case: &Case,
) -> Result<Option<(StoredId, GuardPlan)>, PlanError> {
    let (Some(change), Some(actor)) = (&case.change, policy.guards.get(guard).map(|guard| guard.actor)) else {
        return Ok(None);
    };
    let (head, actor, n_variables) = guard_head(case, actor);
    let procedure = planner.body(Purpose::Statement, &head, &case.body, n_variables)?;
    let plan = GuardPlan {
        place: (guard, position),
        sign: change.sign,
        actor,
        goal: goal(procedure),
        ladder: OnceLock::new(),
    };
    Ok(Some((planner.stored_id(change.variant)?, plan)))
}

/// What comes bound to a guard: the values of the fact, and the actor where its type matters; that type; and how many variables
/// there are with those that stand for `_`.
pub(super) fn guard_head(case: &Case, actor: VariableId) -> (Vec<(InstanceTerm, Binding)>, Option<ColumnType>, usize) {
    let mut n_variables = case.variables.len();
    let terms = case.change.iter().flat_map(|change| &change.terms).cloned();
    let mut head: Vec<(InstanceTerm, Binding)> = terms.map(|term| (term, Binding::Bound)).collect();
    for (term, _) in &mut head {
        if *term == InstanceTerm::Any {
            *term = InstanceTerm::Variable(VariableId(n_variables as u16));
            n_variables += 1;
        }
    }
    let kind = match case.variables.get(usize::from(actor.0)) {
        Some(Some(Column::Type(kind))) => Some(kind.clone()),
        _ => None,
    };
    if kind.is_some() {
        head.push((InstanceTerm::Variable(actor), Binding::Bound));
    }
    (head, kind, n_variables)
}
