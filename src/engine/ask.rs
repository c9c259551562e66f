//! The one path of every question: goal → snapshot → plan → answer.

use std::ops::Range;
use std::time::Instant;

use crate::engine::active::Goal;
use crate::engine::error::{Error, Kind};
use crate::engine::facts::{Constants, QuestionFacts};
use crate::engine::limits::Limits;
use crate::engine::place::Place;
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::eval::limits::{LimitExceeded, Meter};
use crate::eval::machine;
use crate::model::value::{ColumnType, Name, Object, Raw, Value};
use crate::plan::procedure::Plans;
use crate::policy::checked::Column;
use crate::policy::schema::PERMISSION;

/// One answer of a question, with its place among the others.
pub(super) type Row = Vec<(Place, Value)>;

/// What a listing found: objects, subjects or permissions of one type, as cells in order.
pub(super) struct Found<'a> {
    facts: QuestionFacts<'a>,
    kind: ColumnType,
    name: Name,
    cells: Vec<u32>,
}

impl<'a> Found<'a> {
    fn nothing(state: &'a State, kind: &ColumnType) -> Self {
        let facts = QuestionFacts::new(&state.snapshot, &state.constants);
        Self { facts, kind: kind.clone(), name: kind.to_string().into(), cells: Vec::new() }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The place of one of them.
    pub(super) fn place(&self, position: usize) -> Option<Place> {
        Some(Place::of_object(&self.name, *self.cells.get(position)?))
    }

    /// Some of them in their raw form.
    pub(super) fn raw(&self, range: Range<usize>) -> Result<Vec<Raw>, Error> {
        let cells = self.cells.get(range).unwrap_or_default().iter();
        cells
            .map(|&cell| {
                let value = self.facts.value(&self.kind, cell);
                value.map(|value| value.raw()).ok_or_else(|| Error::internal("an answer holds an unknown value"))
            })
            .collect()
    }
}

/// A question under way.
pub(super) struct Asking<'a> {
    state: &'a State,
    plans: &'a Plans,
    pub(super) facts: QuestionFacts<'a>,
    limits: Limits,
}

/// Whether the subject may do it to the object.
pub(super) fn check(
    state: &State,
    subject: &Value,
    permission: &Name,
    object: &Value,
    surroundings: &Surroundings,
) -> Result<bool, Error> {
    let columns = can_columns(state, &subject.column_type(), permission, &object.column_type());
    let Some(goals) = state.active.can_goals(&columns) else {
        return Ok(false);
    };
    let asking = Asking::new(state, &state.active.plans, &state.constants, &goals.check, surroundings)?;
    let arguments = asking.can_arguments(Some(subject), permission, Some(object));
    asking.holds(&goals.check, &arguments)
}

/// The objects of a type to which the subject may do it.
pub(super) fn objects<'a>(
    state: &'a State,
    subject: &Value,
    permission: &Name,
    kind: &ColumnType,
    surroundings: &Surroundings,
) -> Result<Found<'a>, Error> {
    let columns = can_columns(state, &subject.column_type(), permission, kind);
    let Some(goals) = state.active.can_goals(&columns) else {
        return Ok(Found::nothing(state, kind));
    };
    let asking = Asking::new(state, &state.active.plans, &state.constants, &goals.objects, surroundings)?;
    let arguments = asking.can_arguments(Some(subject), permission, None);
    let cells = asking.answers(&goals.objects, &arguments)?;
    Ok(asking.found(kind, cells))
}

/// The subjects of a type that may do it to the object.
pub(super) fn subjects<'a>(
    state: &'a State,
    kind: &ColumnType,
    permission: &Name,
    object: &Value,
    surroundings: &Surroundings,
) -> Result<Found<'a>, Error> {
    let columns = can_columns(state, kind, permission, &object.column_type());
    let Some(goals) = state.active.can_goals(&columns) else {
        return Ok(Found::nothing(state, kind));
    };
    let asking = Asking::new(state, &state.active.plans, &state.constants, &goals.subjects, surroundings)?;
    let arguments = asking.can_arguments(None, permission, Some(object));
    let cells = asking.answers(&goals.subjects, &arguments)?;
    Ok(asking.found(kind, cells))
}

/// The permissions that the subject has on the object.
pub(super) fn permissions<'a>(
    state: &'a State,
    subject: &Value,
    object: &Value,
    surroundings: &Surroundings,
) -> Result<Found<'a>, Error> {
    let subject_column = Column::Type(subject.column_type());
    let object_column = Column::Type(object.column_type());
    let mut found = Found::nothing(state, &ColumnType::Object(PERMISSION.into()));
    for (permission, goals) in state.active.can_variants(&subject_column, &object_column) {
        let goal = &goals.permissions;
        let asking = Asking::new(state, &state.active.plans, &state.constants, goal, surroundings)?;
        let arguments = [asking.facts.cell(subject), asking.facts.cell(object)];
        match permission {
            Column::Permission(name) => {
                if asking.holds(goal, &arguments)? {
                    let value = Value::Constant(Object::new(PERMISSION, name.clone()));
                    found.cells.push(asking.facts.cell(&value));
                }
            }
            Column::Type(_) | Column::OtherPermission => found.cells.extend(asking.answers(goal, &arguments)?),
        }
    }
    found.cells.sort_unstable();
    Ok(found)
}

/// The columns of the variant of `can` that a goal is about.
fn can_columns(state: &State, subject: &ColumnType, permission: &Name, object: &ColumnType) -> [Column; 3] {
    let permission = if state.active.is_named(permission) {
        Column::Permission(permission.clone())
    } else {
        Column::OtherPermission
    };
    [Column::Type(subject.clone()), permission, Column::Type(object.clone())]
}

impl<'a> Asking<'a> {
    /// Brings the context that the goal reads.
    pub(super) fn new(
        state: &'a State,
        plans: &'a Plans,
        constants: &'a Constants,
        goal: &Goal,
        surroundings: &Surroundings,
    ) -> Result<Self, Error> {
        let mut facts = QuestionFacts::new(&state.snapshot, constants);
        for &context in &goal.contexts {
            let Some(needed) = plans.contexts.get(usize::from(context)) else {
                continue;
            };
            if !surroundings.brings(&needed.relation) {
                return Err(Error::invalid(
                    "missing-context",
                    format!("the question needs the context relation `{}`", needed.relation),
                )
                .with_help(format!(
                    "Send it with the question: \"context\": {{\"{}\": [[…]]}}; an empty list says that there are none.",
                    needed.relation
                )));
            }
        }
        for context in &plans.contexts {
            facts.add_context(context.columns.len(), surroundings.rows(&context.relation, &context.columns));
        }
        Ok(Self { state, plans, facts, limits: surroundings.limits })
    }

    fn can_arguments(&self, subject: Option<&Value>, permission: &Name, object: Option<&Value>) -> Vec<u32> {
        let permission = (!self.state.active.is_named(permission))
            .then(|| Value::Constant(Object::new(PERMISSION, permission.clone())));
        [subject, permission.as_ref(), object].into_iter().flatten().map(|value| self.facts.cell(value)).collect()
    }

    pub(super) fn holds(&self, goal: &Goal, arguments: &[u32]) -> Result<bool, Error> {
        let started = Instant::now();
        let is_late = || started.elapsed() > self.limits.time;
        let meter = Meter::new(self.limits.rows, self.limits.answers, &is_late);
        machine::holds(self.plans, &self.facts, meter, goal.procedure, arguments).map_err(limit_exceeded)
    }

    pub(super) fn answers(&self, goal: &Goal, arguments: &[u32]) -> Result<Vec<u32>, Error> {
        let started = Instant::now();
        let is_late = || started.elapsed() > self.limits.time;
        let meter = Meter::new(self.limits.rows, self.limits.answers, &is_late);
        machine::answers(self.plans, &self.facts, meter, goal.procedure, arguments).map_err(limit_exceeded)
    }

    /// The same question, as a query: its rows are put in order in memory, so they may be fewer.
    pub(super) fn for_query(mut self) -> Self {
        self.limits.answers = self.limits.query_rows;
        self
    }

    /// Whether a query may have so many rows, over all variants.
    pub(super) fn allow_query_rows(&self, n_rows: usize) -> Result<(), Error> {
        let limit = self.limits.query_rows;
        if n_rows as u64 <= limit { Ok(()) } else { Err(limit_exceeded(LimitExceeded::Answers { limit })) }
    }

    fn found(self, kind: &ColumnType, mut cells: Vec<u32>) -> Found<'a> {
        cells.sort_unstable();
        Found { facts: self.facts, kind: kind.clone(), name: kind.to_string().into(), cells }
    }

    pub(super) fn placed(&self, column: &ColumnType, name: &Name, cell: u32) -> Result<(Place, Value), Error> {
        let value =
            self.facts.value(column, cell).ok_or_else(|| Error::internal("an answer holds an unknown value"))?;
        Ok((Place::new(name, cell, &value), value))
    }
}

fn limit_exceeded(error: LimitExceeded) -> Error {
    Error::new(Kind::Limit, "limit-exceeded", error.to_string())
        .with_help("Ask something narrower, or raise the limit; no answer was given.")
}
