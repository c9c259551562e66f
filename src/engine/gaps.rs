//! What a refused change lacks: how far the nearest guard holds, and the first of its literals that doesn't.

use crate::engine::active::{Active, QueryPlan, plain};
use crate::engine::ask::Asking;
use crate::engine::error::Error;
use crate::engine::facts::Constants;
use crate::engine::guards::Trial;
use crate::engine::statements::{GuardPlan, guard_head};
use crate::language::span::Span;
use crate::language::syntax::Sign;
use crate::model::fact::Fact;
use crate::model::value::{ColumnType, Value};
use crate::plan::adornment::Binding;
use crate::plan::bodies::Purpose;
use crate::policy::checked::{Case, CaseChange, Guard, InstanceLiteral, InstanceTerm, Literal, Origin, VariableId};

/// How many ways to satisfy a part of a guard are looked at: one of them is shown.
const MAX_ANSWERS: u64 = 10_000;

/// The literals of a guard's case, in an order in which each can be asked.
#[derive(Debug)]
pub(super) struct Ladder(Vec<Rung>);

/// One literal, and the plan of all literals up to it.
#[derive(Debug)]
struct Rung {
    span: Option<Span>,
    plan: QueryPlan,
    /// The variables that the literals bind: the answers.
    free: Vec<(VariableId, ColumnType)>,
}

/// How far a guard holds.
struct Gap {
    /// How many literals there are from the one that fails on.
    n_left: usize,
    lacks: String,
}

/// What the nearest guard of a fact lacks, in words; none if none speaks of it.
pub(super) fn nearest(trial: &Trial<'_>, sign: Sign, fact: &Fact) -> Result<Option<String>, Error> {
    let mut nearest: Option<Gap> = None;
    for guard in trial.guards_of(sign, fact) {
        if trial.surroundings.refuse_late().is_err() {
            break;
        }
        if let Some(gap) = gap(trial, guard, fact)?
            && nearest.as_ref().is_none_or(|nearest| gap.n_left < nearest.n_left)
        {
            nearest = Some(gap);
        }
    }
    Ok(nearest.map(|gap| gap.lacks))
}

fn gap(trial: &Trial<'_>, plan: &GuardPlan, fact: &Fact) -> Result<Option<Gap>, Error> {
    let policy = &trial.state.active.policy;
    let (guard, position) = plan.place;
    let case = policy.cases.guards.get(guard).and_then(|cases| cases.get(position));
    let (Some(guard), Some(case)) = (policy.guards.get(guard), case) else { return Ok(None) };
    let Some(mut known) = given(case, fact) else { return Ok(None) };
    known.push((guard.actor, trial.actor.clone()));
    let ladder = match plan.ladder.get() {
        Some(ladder) => ladder,
        None => {
            let made = Ladder::new(&trial.state.active, guard, case)?;
            plan.ladder.get_or_init(|| made)
        }
    };
    for (n_below, rung) in ladder.0.iter().enumerate() {
        match rung.values(trial, plan, fact)? {
            Some(values) => known.extend(rung.free.iter().map(|(variable, _)| *variable).zip(values)),
            None => {
                let value = |wanted: VariableId| {
                    known.iter().rev().find(|(variable, _)| *variable == wanted).map(|(_, value)| value.clone())
                };
                let is_it = |literal: &&Literal| rung.span == Some(span_of(literal));
                let lacking = guard.body.iter().find(is_it);
                let literal = lacking.map(|literal| policy.literal(literal, &guard.variables, &value));
                let (place, n_left) = (policy.place(guard.span), ladder.0.len() - n_below);
                let lacks = match literal {
                    Some(literal) => format!("the guard at {place} lacks `{literal}`"),
                    None => format!("the guard at {place} speaks of other permissions"),
                };
                return Ok(Some(Gap { n_left, lacks }));
            }
        }
    }
    Ok(None)
}

impl Ladder {
    fn new(active: &Active, guard: &Guard, case: &Case) -> Result<Self, Error> {
        let (head, _, n_variables) = guard_head(case, guard.actor);
        let mut known = vec![false; n_variables];
        head.iter().for_each(|(term, _)| note(term, &mut known));
        let mut free: Vec<(VariableId, ColumnType)> = Vec::new();
        let mut waiting: Vec<&InstanceLiteral> = case.body.iter().collect();
        let mut body = Vec::new();
        let mut rungs = Vec::new();
        while !waiting.is_empty() {
            // Tests go first, as soon as they can be asked.
            let test = waiting.iter().position(|literal| is_test(active, literal) && is_bound(literal, &known));
            let next = test.or_else(|| waiting.iter().position(|literal| !is_test(active, literal)));
            let literal = waiting.remove(next.unwrap_or_default());
            if let InstanceLiteral::Positive { terms, .. } = literal {
                for term in terms {
                    if let InstanceTerm::Variable(variable) = term
                        && known.get(usize::from(variable.0)) == Some(&false)
                        && let Some(Some(column)) = case.variables.get(usize::from(variable.0))
                    {
                        free.push((*variable, plain(column)));
                    }
                    note(term, &mut known);
                }
            }
            body.push(literal.clone());
            let mut head = head.clone();
            head.extend(free.iter().map(|(variable, _)| (InstanceTerm::Variable(*variable), Binding::Free)));
            let plan = active.body_plan(Purpose::Statement, &head, &body, n_variables)?;
            rungs.push(Rung { span: span_of_instance(literal), plan, free: free.clone() });
        }
        Ok(Self(rungs))
    }
}

impl Rung {
    /// One way in which the literals up to here hold; none if there is none.
    fn values(&self, trial: &Trial<'_>, guard: &GuardPlan, fact: &Fact) -> Result<Option<Vec<Value>>, Error> {
        let state = trial.state;
        let constants = Constants::resolve(&self.plan.plans, &state.active, &state.snapshot);
        let mut asking = Asking::of_change(state, &self.plan.plans, &constants, trial.delta, trial.surroundings);
        let arguments = asking.cells(trial.arguments(guard, fact));
        if self.free.is_empty() {
            return Ok(asking.holds(asking.goal(&self.plan.goal, &arguments), &arguments)?.then(Vec::new));
        }
        asking.limits.answers = MAX_ANSWERS;
        match asking.answers(&self.plan.goal, &arguments) {
            Ok(cells) if cells.is_empty() => Ok(None),
            Ok(cells) => asking.values(self.free.iter().map(|(_, column)| column), &cells).map(Some),
            // So many ways: none of them says more than another.
            Err(error) if error.code == "limit-exceeded" => Ok(Some(Vec::new())),
            Err(error) => Err(error),
        }
    }
}

/// What a fact says of the variables of a guard's change; none if it isn't such a fact.
fn given(case: &Case, fact: &Fact) -> Option<Vec<(VariableId, Value)>> {
    let mut given: Vec<(VariableId, Value)> = Vec::new();
    let CaseChange { terms, .. } = case.change.as_ref()?;
    for (term, value) in terms.iter().zip(&fact.values) {
        match term {
            InstanceTerm::Any => {}
            InstanceTerm::Value(other) if other.object().is_some() && other.object() == value.object() => {}
            InstanceTerm::Value(other) if other == value => {}
            InstanceTerm::Value(_) => return None,
            InstanceTerm::Variable(variable) => {
                // In a set's column the variable is the object.
                let value = value
                    .object()
                    .filter(|_| matches!(value, Value::Set(..)))
                    .cloned()
                    .map_or_else(|| value.clone(), Value::Object);
                match given.iter().find(|(other, _)| other == variable) {
                    Some((_, other)) if *other != value => return None,
                    Some(_) => {}
                    None => given.push((*variable, value)),
                }
            }
        }
    }
    Some(given)
}

/// Whether a literal binds nothing: it waits until its variables are known.
fn is_test(active: &Active, literal: &InstanceLiteral) -> bool {
    match literal {
        InstanceLiteral::Positive { variant, .. } => {
            let variant = active.policy.variants.get(variant.0 as usize);
            variant.is_some_and(|variant| variant.origin == Origin::Length)
        }
        InstanceLiteral::Negated { .. } | InstanceLiteral::Comparison { .. } | InstanceLiteral::OtherPermission(_) => {
            true
        }
    }
}

fn is_bound(literal: &InstanceLiteral, known: &[bool]) -> bool {
    let is_known = |term: &InstanceTerm| match term {
        InstanceTerm::Variable(variable) => known.get(usize::from(variable.0)).copied().unwrap_or_default(),
        InstanceTerm::Any | InstanceTerm::Value(_) => true,
    };
    match literal {
        // Of a length, the text.
        InstanceLiteral::Positive { terms, .. } => terms.first().is_some_and(is_known),
        InstanceLiteral::Negated { terms, .. } => terms.iter().all(is_known),
        InstanceLiteral::Comparison { left, right, .. } => is_known(left) && is_known(right),
        InstanceLiteral::OtherPermission(variable) => is_known(&InstanceTerm::Variable(*variable)),
    }
}

fn note(term: &InstanceTerm, known: &mut [bool]) {
    if let InstanceTerm::Variable(variable) = term
        && let Some(known) = known.get_mut(usize::from(variable.0))
    {
        *known = true;
    }
}

fn span_of(literal: &Literal) -> Span {
    match literal {
        Literal::Atom { atom, .. } => atom.span,
        Literal::Comparison { span, .. } => *span,
    }
}

fn span_of_instance(literal: &InstanceLiteral) -> Option<Span> {
    match literal {
        InstanceLiteral::Positive { span, .. }
        | InstanceLiteral::Negated { span, .. }
        | InstanceLiteral::Comparison { span, .. } => Some(*span),
        InstanceLiteral::OtherPermission(_) => None,
    }
}
