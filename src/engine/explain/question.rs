//! Some literals of rules, asked of a state with values for some of their variables.

use crate::engine::active::QueryPlan;
use crate::engine::ask::Asking;
use crate::engine::error::Error;
use crate::engine::facts::Constants;
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::eval::goal;
use crate::model::value::{ColumnType, Name, Value};
use crate::plan::adornment::Binding;
use crate::plan::bodies::Purpose;
use crate::policy::checked::{InstanceLiteral, InstanceTerm, VariableId};

/// How many cells are looked at first for a value.
const FIRST_WINDOW: u32 = 1_024;

/// Literals with a plan: some of their terms come, some of their variables are asked for.
pub(in crate::engine) struct Question {
    plan: QueryPlan,
    constants: Constants,
    /// The types of what is asked for.
    wanted: Vec<ColumnType>,
}

impl Question {
    /// Plans a question. `given` are the terms that come with each asking; `wanted` are the variables whose values answer it,
    /// each with its type.
    ///
    /// # Errors
    /// As [`Active::body_plan`](crate::engine::active::Active::body_plan).
    pub(in crate::engine) fn new(
        state: &State,
        body: &[InstanceLiteral],
        n_variables: usize,
        given: &[InstanceTerm],
        wanted: &[(VariableId, ColumnType)],
    ) -> Result<Self, Error> {
        let wanted_terms = wanted.iter().map(|(variable, _)| (InstanceTerm::Variable(*variable), Binding::Free));
        let head: Vec<_> = given.iter().map(|term| (term.clone(), Binding::Bound)).chain(wanted_terms).collect();
        let plan = state.active.body_plan(Purpose::Question, &head, body, n_variables)?;
        let constants = Constants::resolve(&plan.plans, &state.active, &state.snapshot);
        Ok(Self { plan, constants, wanted: wanted.iter().map(|(_, column)| column.clone()).collect() })
    }

    /// The rows that answer the question for these values of what is given, each once; one without values if nothing is asked
    /// for and it holds. In order of creation; numbers, times and texts by value.
    ///
    /// # Errors
    /// `missing-context`; `limit-exceeded`, never fewer rows.
    pub(in crate::engine) fn rows(
        &self,
        state: &State,
        given: &[Value],
        surroundings: &Surroundings<'_>,
    ) -> Result<Vec<Vec<Value>>, Error> {
        let goal = &self.plan.goal;
        let asking = Asking::new(state, &self.plan.plans, &self.constants, [goal], surroundings)?.for_query();
        let arguments = asking.cells(given.iter());
        if self.wanted.is_empty() {
            let holds = asking.holds(asking.goal(goal, &arguments), &arguments)?;
            return Ok(if holds { vec![Vec::new()] } else { Vec::new() });
        }
        let cells = asking.answers(goal, &arguments)?;
        let names: Vec<Name> = self.wanted.iter().map(|column| column.to_string().into()).collect();
        let mut rows = Vec::with_capacity(cells.len() / self.wanted.len());
        for row in cells.chunks_exact(self.wanted.len()) {
            let values = self.wanted.iter().zip(&names).zip(row);
            let placed = values.map(|((column, name), cell)| asking.placed(column, name, *cell));
            rows.push(placed.collect::<Result<Vec<_>, _>>()?);
        }
        rows.sort();
        Ok(rows.into_iter().map(|row| row.into_iter().map(|(_, value)| value).collect()).collect())
    }

    /// The first values that answer the question if one variable is asked for, at most so many, in order of creation.
    ///
    /// # Errors
    /// `missing-context`; `limit-exceeded`.
    pub(in crate::engine) fn first(
        &self,
        state: &State,
        given: &[Value],
        limit: usize,
        surroundings: &Surroundings<'_>,
    ) -> Result<Vec<Value>, Error> {
        let [column] = self.wanted.as_slice() else { return Err(Error::internal("one variable is asked for")) };
        let goal = &self.plan.goal;
        let asking = Asking::new(state, &self.plan.plans, &self.constants, [goal], surroundings)?;
        let arguments = asking.cells(given.iter());
        let procedure = self.plan.plans.procedures.get(goal.procedure);
        let mut width = if procedure.is_some_and(|found| found.is_windowed) { FIRST_WINDOW } else { u32::MAX };
        let ready = asking.goal(goal, &arguments);
        let cells = asking.metered(|meter| {
            let (mut cells, mut start) = (Vec::new(), 0_u32);
            while cells.len() < limit && start < u32::MAX {
                let end = start.saturating_add(width);
                let found = goal::cells(asking.plans, &asking.facts, meter, ready, &arguments, start..end)?;
                cells.extend(found.into_sorted());
                (start, width) = (end, width.saturating_mul(4));
            }
            Ok(cells)
        })?;
        cells.iter().take(limit).map(|cell| Ok(asking.values([column].into_iter(), &[*cell])?.remove(0))).collect()
    }
}
