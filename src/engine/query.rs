//! Queries: a goal on any predicate, asked of each variant that it fits.

use std::collections::BTreeSet;

use crate::engine::active::{QueryShape, QueryTerm};
use crate::engine::ask::{Asking, Row};
use crate::engine::error::Error;
use crate::engine::facts::Constants;
use crate::engine::place::Place;
use crate::engine::question::{Surroundings, in_column};
use crate::engine::state::State;
use crate::model::value::{ColumnType, Name, Object, Value};
use crate::policy::checked::{Column, PredicateId, Term, VariantId};
use crate::policy::goal::Goal;
use crate::policy::schema::PERMISSION;

/// The values of a goal's variables that make it true.
pub(super) fn query(state: &State, goal: &Goal, surroundings: &Surroundings<'_>) -> Result<Vec<Row>, Error> {
    let predicates = predicates_of(state, goal.predicate);
    let mut rows = BTreeSet::new();
    for (position, variant) in state.active.policy.variants.iter().enumerate() {
        if predicates.contains(&variant.predicate)
            && let Some(fitting) = fit(goal, &variant.columns, &state.active.named)
        {
            let id = VariantId(position as u32);
            query_variant(state, id, &fitting, surroundings, &mut rows)?;
        }
    }
    Ok(rows.into_iter().collect())
}

/// The predicate itself; for a type that others are, those of its concrete types.
fn predicates_of(state: &State, predicate: PredicateId) -> Vec<PredicateId> {
    let schema = &state.active.policy.schema;
    let found = schema.predicate(predicate).and_then(|found| schema.type_named(&found.name));
    match found {
        Some(found) => found.concrete.iter().filter_map(|kind| schema.predicate_named(kind)).collect(),
        None => vec![predicate],
    }
}

/// What each term of a goal is on one variant.
struct Fitting {
    /// The terms as the plan sees them.
    terms: Vec<QueryTerm>,
    /// The values of the variables that come bound, after those of the goal.
    constants: Vec<Value>,
    /// The column type of each variable of the goal; a permission where the variant fixes one.
    variables: Vec<Result<ColumnType, Value>>,
}

fn query_variant(
    state: &State,
    variant: VariantId,
    fitting: &Fitting,
    surroundings: &Surroundings<'_>,
    rows: &mut BTreeSet<Row>,
) -> Result<(), Error> {
    let n_variables = fitting.variables.len();
    let mut bound = vec![false; n_variables];
    bound.resize(n_variables + fitting.constants.len(), true);
    // A variable that the variant fixes is no variable of the plan: it comes bound and nothing reads it.
    for (bound, variable) in bound.iter_mut().zip(&fitting.variables) {
        *bound |= variable.is_err();
    }
    let shape = QueryShape { variant, terms: fitting.terms.clone(), bound: bound.clone() };
    let plan = state.active.query_plan(&shape)?;
    let constants = Constants::resolve(&plan.plans, &state.active, &state.snapshot);
    let asking = Asking::new(state, &plan.plans, &constants, [&plan.goal], surroundings)?.for_query();
    let fixed = fitting.variables.iter().filter_map(|variable| variable.as_ref().err());
    let arguments: Vec<u32> = fixed.chain(&fitting.constants).map(|value| asking.facts.cell(value)).collect();
    let free: Vec<&ColumnType> = fitting.variables.iter().filter_map(|variable| variable.as_ref().ok()).collect();
    let names: Vec<Name> = free.iter().map(|column| column.to_string().into()).collect();
    let cells = match free.len() {
        0 if !asking.holds(asking.goal(&plan.goal, &arguments), &arguments)? => return Ok(()),
        0 => Vec::new(),
        _ => asking.answers(&plan.goal, &arguments)?,
    };
    // Without a free variable there is one row: that it holds.
    let n_rows = cells.len().checked_div(free.len()).unwrap_or(1);
    let mut cells = cells.into_iter();
    for _ in 0..n_rows {
        let mut names = names.iter();
        let row: Result<Row, Error> = fitting
            .variables
            .iter()
            .map(|variable| match variable {
                Ok(column) => {
                    let (cell, name) =
                        cells.next().zip(names.next()).ok_or_else(|| Error::internal("an answer is too short"))?;
                    asking.placed(column, name, cell)
                }
                Err(value) => {
                    let name = value.column_type().to_string().into();
                    Ok((Place::new(&name, asking.facts.cell(value), value), value.clone()))
                }
            })
            .collect();
        rows.insert(row?);
        asking.allow_query_rows(rows.len())?;
    }
    Ok(())
}

/// How a goal's terms fit the columns of a variant; none if they don't. `named` are the permissions that rules name, sorted.
fn fit(goal: &Goal, columns: &[Column], named: &[Name]) -> Option<Fitting> {
    let n_variables = goal.variables.len();
    let mut variables: Vec<Option<Result<ColumnType, Value>>> = vec![None; n_variables];
    let mut constants = Vec::new();
    let mut terms = Vec::with_capacity(columns.len());
    for (term, column) in goal.terms.iter().zip(columns) {
        let (kind, fixed) = match column {
            Column::Type(kind) => (kind.clone(), None),
            Column::OtherPermission => (ColumnType::Object(PERMISSION.into()), None),
            Column::Permission(name) => (ColumnType::Object(PERMISSION.into()), Some(name.clone())),
        };
        let (variable, here) = match term {
            Term::Any => {
                terms.push(fixed.map_or(QueryTerm::Any, QueryTerm::Permission));
                continue;
            }
            Term::Value(value) => {
                let value = in_column(value, &kind)?;
                match fixed {
                    Some(name) if matches!(&value, Value::Constant(object) if object.id == name) => {
                        terms.push(QueryTerm::Permission(name));
                    }
                    Some(_) => return None,
                    None if *column == Column::OtherPermission && is_named(&value, named) => return None,
                    None => {
                        terms.push(QueryTerm::Variable((n_variables + constants.len()) as u16));
                        constants.push(value);
                    }
                }
                continue;
            }
            Term::Variable(variable) => match &fixed {
                Some(name) => (variable, Err(Value::Constant(Object::new(PERMISSION, name.clone())))),
                None => (variable, Ok(kind)),
            },
            // The object names the set: columns are typed.
            Term::SetOf(variable, relation) => match kind {
                ColumnType::Set(kind, of) if of == *relation => (variable, Ok(ColumnType::Object(kind))),
                _ => return None,
            },
        };
        let slot = variables.get_mut(usize::from(variable.0))?;
        if slot.get_or_insert_with(|| here.clone()) != &here {
            return None;
        }
        terms.push(fixed.map_or(QueryTerm::Variable(variable.0), QueryTerm::Permission));
    }
    let variables = variables.into_iter().collect::<Option<Vec<_>>>()?;
    Some(Fitting { terms, constants, variables })
}

/// Whether a value is a permission that rules name.
fn is_named(value: &Value, named: &[Name]) -> bool {
    value.object().is_some_and(|object| named.binary_search(&object.id).is_ok())
}
