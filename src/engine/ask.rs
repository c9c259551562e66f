//! The one path of every question: goal → snapshot → plan → answer.

use std::cell::OnceCell;
use std::time::Instant;

use crate::engine::active::Goal;
use crate::engine::error::{Error, Kind};
use crate::engine::facts::{Constants, QuestionFacts};
use crate::engine::limits::Limits;
use crate::engine::names::{ColumnId, KnownPermission, PermissionClass};
use crate::engine::place::Place;
use crate::engine::question::Surroundings;
use crate::engine::reference::Reference;
use crate::engine::state::State;
use crate::eval::limits::{LimitExceeded, Meter};
use crate::eval::machine;
use crate::model::value::{ColumnType, Name, Value};
use crate::plan::procedure::Plans;
use crate::policy::schema::PERMISSION;

/// One answer of a question, with its place among the others.
pub(super) type Row = Vec<(Place, Value)>;

/// A question under way.
pub(super) struct Asking<'a> {
    pub(super) plans: &'a Plans,
    pub(super) facts: QuestionFacts<'a>,
    pub(super) limits: Limits,
}

/// The parts of a goal on `can` that are given: from left to right, without what its variant says.
pub(super) type Arguments = smallvec::SmallVec<[u32; 3]>;

/// Whether the subject may do it to the object.
pub(super) fn check(
    state: &State,
    subject: &Reference,
    permission: &KnownPermission,
    object: &Reference,
    surroundings: &Surroundings<'_>,
) -> Result<bool, Error> {
    let (Some(subject_column), Some(object_column)) = (subject.column, object.column) else {
        return Ok(false);
    };
    let Some(goals) = state.active.names.goals(subject_column, permission.class, object_column) else {
        return Ok(false);
    };
    let asking = Asking::new(state, &state.active.plans, &state.constants, [&goals.check], surroundings)?;
    let arguments = can_arguments(state, &asking, Some(subject), permission, Some(object));
    asking.holds(&goals.check, &arguments)
}

/// The arguments of a goal on `can`.
pub(super) fn can_arguments(
    state: &State,
    asking: &Asking<'_>,
    subject: Option<&Reference>,
    permission: &KnownPermission,
    object: Option<&Reference>,
) -> Arguments {
    let parameter = match permission.class {
        PermissionClass::Named(_) => None,
        PermissionClass::Other => Some(state.constants.permission(permission.number)),
    };
    let cell = |reference: &Reference| reference.cell(&asking.facts);
    subject.map(cell).into_iter().chain(parameter).chain(object.map(cell)).collect()
}

/// The permissions between two columns, by the goal that answers them: a single one's, or all that are a parameter.
pub(super) fn permission_goals(
    state: &State,
    subject: Option<ColumnId>,
    object: Option<ColumnId>,
) -> Vec<(Option<u32>, &Goal)> {
    let (Some(subject), Some(object)) = (subject, object) else {
        return Vec::new();
    };
    let between = state.active.names.goals_between(subject, object);
    let cell_of = |class| match class {
        PermissionClass::Named(number) => {
            let name = state.active.named.get(usize::from(number))?;
            state.active.names.permission(name).map(|known| state.constants.permission(known.number))
        }
        PermissionClass::Other => None,
    };
    between.map(|(class, goals)| (cell_of(class), &goals.permissions)).collect()
}

impl<'a> Asking<'a> {
    /// Brings the context that the goals read.
    pub(super) fn new<'g>(
        state: &'a State,
        plans: &'a Plans,
        constants: &'a Constants,
        goals: impl IntoIterator<Item = &'g Goal>,
        surroundings: &Surroundings<'_>,
    ) -> Result<Self, Error> {
        let mut facts = QuestionFacts::new(&state.snapshot, constants);
        let mut is_needed = false;
        for &context in goals.into_iter().flat_map(|goal| &*goal.contexts) {
            is_needed = true;
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
        if is_needed {
            for context in &plans.contexts {
                facts.add_context(context.columns.len(), surroundings.rows(&context.relation, &context.columns));
            }
        }
        Ok(Self { plans, facts, limits: surroundings.limits })
    }

    /// Does something with a meter of this question's limits. The clock starts when some thousand rows have been looked at.
    pub(super) fn metered<T>(&self, ask: impl FnOnce(&mut Meter<'_>) -> Result<T, LimitExceeded>) -> Result<T, Error> {
        let started = OnceCell::new();
        let is_late = || started.get_or_init(Instant::now).elapsed() > self.limits.time;
        ask(&mut Meter::new(self.limits.rows, self.limits.answers, &is_late)).map_err(limit_exceeded)
    }

    pub(super) fn holds(&self, goal: &Goal, arguments: &[u32]) -> Result<bool, Error> {
        self.metered(|meter| machine::holds(self.plans, &self.facts, meter, goal.procedure, arguments))
    }

    pub(super) fn answers(&self, goal: &Goal, arguments: &[u32]) -> Result<Vec<u32>, Error> {
        self.metered(|meter| machine::answers(self.plans, &self.facts, meter, goal.procedure, arguments))
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

    pub(super) fn placed(&self, column: &ColumnType, name: &Name, cell: u32) -> Result<(Place, Value), Error> {
        let value =
            self.facts.value(column, cell).ok_or_else(|| Error::internal("an answer holds an unknown value"))?;
        Ok((Place::new(name, cell, &value), value))
    }
}

/// A permission as a value.
pub(super) fn permission_column() -> ColumnType {
    ColumnType::Object(PERMISSION.into())
}

fn limit_exceeded(error: LimitExceeded) -> Error {
    Error::new(Kind::Limit, "limit-exceeded", error.to_string())
        .with_help("Ask something narrower, or raise the limit; no answer was given.")
}
