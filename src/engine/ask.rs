//! The one path of every question: goal → snapshot → plan → answer.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::time::Instant;

use crate::engine::active::{CanGoals, Goal};
use crate::engine::delta::Delta;
use crate::engine::error::{Error, Kind};
use crate::engine::facts::{Constants, QuestionFacts};
use crate::engine::limits::Limits;
use crate::engine::names::{ColumnId, KnownPermission, PermissionClass};
use crate::engine::place::Place;
use crate::engine::question::Surroundings;
use crate::engine::reference::Reference;
use crate::engine::request::Check;
use crate::engine::state::State;
use crate::eval::goal;
use crate::eval::limits::{LimitExceeded, Meter};
use crate::model::value::{ColumnType, Name, Raw, Value};
use crate::plan::procedure::{Plans, ProcedureId};
use crate::policy::schema::PERMISSION;

/// One answer of a question, with its place among the others.
pub(super) type Row = Vec<(Place, Value)>;

/// A question under way.
pub(super) struct Asking<'a> {
    state: &'a State,
    pub(super) plans: &'a Plans,
    pub(super) facts: QuestionFacts<'a>,
    pub(super) limits: Limits,
    deadline: Option<Instant>,
}

/// The parts of a goal on `can` that are given: from left to right, without what its variant says.
pub(super) type Arguments = smallvec::SmallVec<[u32; 3]>;

/// A check that only has to be decided.
pub(super) struct Ready<'a> {
    pub(super) asking: Asking<'a>,
    pub(super) goal: goal::Goal<'a>,
    pub(super) arguments: Arguments,
    goals: &'a CanGoals,
}

/// Makes the question ready whether the subject may do it to the object; none if no rule can allow it.
#[inline]
pub(super) fn ready<'s>(
    state: &'s State,
    subject: &Reference,
    permission: &'s KnownPermission,
    object: &Reference,
    surroundings: &Surroundings<'_>,
) -> Result<Option<Ready<'s>>, Error> {
    let (Some(subject_column), Some(object_column)) = (subject.column, object.column) else {
        return Ok(None);
    };
    let Some(goals) = permission.goals(subject_column, object_column) else {
        return Ok(None);
    };
    let asking = Asking::new(state, &state.active.plans, &state.constants, [&goals.check], surroundings)?;
    let arguments = can_arguments(state, &asking, Some(subject), permission, Some(object));
    let goal = asking.goal(&goals.check, &arguments);
    Ok(Some(Ready { asking, goal, arguments, goals }))
}

/// Makes the question ready, as [`ready`] does, where both are objects that are alive and nothing else comes with it: found
/// by the texts alone.
#[inline(always)]
pub(super) fn ready_by_text<'s>(state: &'s State, check: &Check, limits: Limits) -> Option<Ready<'s>> {
    let permission = state.active.names.permission(&check.permission).filter(|_| check.context.is_empty())?;
    let dictionary = state.snapshot.dictionary();
    for way in permission.ways() {
        let Some([subject, object]) = way.ordinals(dictionary, &check.subject, &check.object) else { continue };
        if !way.goals.check.contexts.is_empty() {
            return None;
        }
        let asking = Asking::without_context(state, limits);
        let arguments = arguments(Some(subject), state.parameter(permission), Some(object));
        return Some(Ready { goal: asking.goal(&way.goals.check, &arguments), asking, arguments, goals: &way.goals });
    }
    None
}

/// Decides a check: one that no rule can allow is denied.
#[inline(always)]
pub(super) fn decide(ready: Option<&Ready<'_>>) -> Result<bool, Error> {
    ready.map_or(Ok(false), |ready| ready.asking.holds(ready.goal, &ready.arguments))
}

/// What an allow carries.
#[inline(always)]
pub(super) fn obligations(ready: &Ready<'_>) -> Result<Vec<Raw>, Error> {
    if ready.goals.obligations.is_empty() {
        return Ok(Vec::new());
    }
    ready.asking.obligations(ready.goals, &ready.arguments)
}

/// What an allow carries, as values, each once, in the order of their raw forms.
pub(super) fn obligation_values(ready: &Ready<'_>) -> Result<Vec<Value>, Error> {
    let mut found = Vec::new();
    for (kind, goal) in &ready.goals.obligations {
        for cell in ready.asking.answers(goal, &ready.arguments)? {
            found.extend(ready.asking.values([kind].into_iter(), &[cell])?);
        }
    }
    found.sort_by_cached_key(Value::raw);
    Ok(found)
}

/// The arguments of a goal on `can`.
pub(super) fn can_arguments(
    state: &State,
    asking: &Asking<'_>,
    subject: Option<&Reference>,
    permission: &KnownPermission,
    object: Option<&Reference>,
) -> Arguments {
    let cell = |reference: &Reference| reference.cell(&asking.facts);
    arguments(subject.map(cell), state.parameter(permission), object.map(cell))
}

/// The arguments of a goal on `can`, as far as they are given.
#[inline]
pub(super) fn arguments(subject: Option<u32>, permission: Option<u32>, object: Option<u32>) -> Arguments {
    match (subject, permission, object) {
        (Some(subject), Some(permission), Some(object)) => Arguments::from_buf([subject, permission, object]),
        (Some(subject), None, Some(object)) => Arguments::from_buf_and_len([subject, object, 0], 2),
        _ => [subject, permission, object].into_iter().flatten().collect(),
    }
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
    /// A question with which nothing comes, on the policy's plans.
    #[inline]
    pub(super) fn without_context(state: &'a State, limits: Limits) -> Self {
        let facts = QuestionFacts::new(&state.snapshot, &state.constants);
        Self { state, plans: &state.active.plans, facts, limits, deadline: None }
    }

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
        for goal in goals {
            is_needed |= !goal.contexts.is_empty();
            require_context(plans, goal, surroundings)?;
        }
        if is_needed {
            for context in &plans.contexts {
                facts.add_context(context.columns.len(), surroundings.rows(&context.relation, &context.columns));
            }
        }
        Ok(Self { state, plans, facts, limits: surroundings.limits, deadline: surroundings.deadline })
    }

    /// Statements of the policy, asked of a state and of a change: of what comes with a question, there is only the clock.
    pub(super) fn of_change(
        state: &'a State,
        plans: &'a Plans,
        constants: &'a Constants,
        delta: &Delta<'_>,
        surroundings: &Surroundings<'_>,
    ) -> Self {
        let mut facts = QuestionFacts::new(&state.snapshot, constants);
        for context in &plans.contexts {
            match context.change {
                Some((sign, stored)) => facts.add_context(context.columns.len(), delta.rows(sign, stored)),
                None => {
                    let rows = surroundings.rows(&context.relation, &context.columns);
                    facts.add_context(context.columns.len(), rows);
                }
            }
        }
        Self { state, plans, facts, limits: surroundings.limits, deadline: surroundings.deadline }
    }

    /// Does something with a meter of this question's limits. The clock starts when some thousand rows have been looked at.
    pub(super) fn metered<T>(&self, ask: impl FnOnce(&mut Meter<'_>) -> Result<T, LimitExceeded>) -> Result<T, Error> {
        let started = OnceCell::new();
        let is_late = || {
            started.get_or_init(Instant::now).elapsed() > self.limits.time
                || self.deadline.is_some_and(|deadline| Instant::now() > deadline)
        };
        ask(&mut Meter::new(self.limits.rows, self.limits.answers, &is_late)).map_err(limit_exceeded)
    }

    /// What is asked for a goal with these arguments.
    #[inline]
    pub(super) fn goal(&self, goal: &Goal, arguments: &[u32]) -> goal::Goal<'a> {
        self.state.residuals.goal(&self.state.active, &self.facts, goal, arguments)
    }

    #[inline(always)]
    pub(super) fn holds(&self, goal: goal::Goal<'_>, arguments: &[u32]) -> Result<bool, Error> {
        self.metered(|meter| goal::holds(self.plans, &self.facts, meter, goal, arguments))
    }

    pub(super) fn answers(&self, goal: &Goal, arguments: &[u32]) -> Result<Vec<u32>, Error> {
        let goal = self.goal(goal, arguments);
        self.metered(|meter| goal::answers(self.plans, &self.facts, meter, goal, arguments))
    }

    /// Whether a statement's procedure has an answer.
    pub(super) fn holds_procedure(&self, procedure: ProcedureId) -> Result<bool, Error> {
        let goal = goal::Goal { procedure, residual: None };
        self.holds(goal, &[])
    }

    /// The answers of a statement's procedure.
    pub(super) fn rows_of(&self, procedure: ProcedureId) -> Result<Vec<u32>, Error> {
        let goal = goal::Goal { procedure, residual: None };
        self.metered(|meter| goal::answers(self.plans, &self.facts, meter, goal, &[]))
    }

    /// The cells of values.
    pub(super) fn cells<'v>(&self, values: impl Iterator<Item = &'v Value>) -> Vec<u32> {
        values.map(|value| self.facts.cell(value)).collect()
    }

    /// The values of a row.
    pub(super) fn values<'c>(
        &self,
        columns: impl Iterator<Item = &'c ColumnType>,
        row: &[u32],
    ) -> Result<Vec<Value>, Error> {
        let unknown = || Error::internal("an answer holds an unknown value");
        columns.zip(row).map(|(column, cell)| self.facts.value(column, *cell).ok_or_else(unknown)).collect()
    }

    /// What an allow carries for these arguments of its check: sorted, each once.
    pub(super) fn obligations(&self, goals: &CanGoals, arguments: &[u32]) -> Result<Vec<Raw>, Error> {
        let mut found = BTreeSet::new();
        for (kind, goal) in &goals.obligations {
            for cell in self.answers(goal, arguments)? {
                found.extend(self.values([kind].into_iter(), &[cell])?.iter().map(Value::raw));
            }
        }
        Ok(found.into_iter().collect())
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

/// Whether what a goal reads of the context came.
///
/// # Errors
/// `missing-context`.
pub(super) fn require_context(plans: &Plans, goal: &Goal, surroundings: &Surroundings<'_>) -> Result<(), Error> {
    let needed = goal.contexts.iter().filter_map(|context| plans.contexts.get(usize::from(*context)));
    let Some(missing) = needed.into_iter().find(|needed| !surroundings.brings(&needed.relation)) else {
        return Ok(());
    };
    let message = format!("the question needs the context relation `{}`", missing.relation);
    Err(Error::invalid("missing-context", message).with_help(format!(
        "Send it with the question: \"context\": {{\"{}\": [[…]]}}; an empty list says that there are none.",
        missing.relation
    )))
}

/// A permission as a value.
pub(super) fn permission_column() -> ColumnType {
    ColumnType::Object(PERMISSION.into())
}

pub(super) fn limit_exceeded(error: LimitExceeded) -> Error {
    Error::new(Kind::Limit, "limit-exceeded", error.to_string())
        .with_help("Ask something narrower, or raise the limit; no answer was given.")
}
