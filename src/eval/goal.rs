//! What the evaluator is asked, and its ways to answer: the first witness, all rows, a set of cells.

use std::ops::Range;

use crate::eval::cells::Cells;
use crate::eval::facts::Facts;
use crate::eval::limits::{LimitExceeded, Meter, Stop};
use crate::eval::machine::{Collected, Machine, Then};
use crate::eval::residual::Residual;
use crate::eval::row_set::RowSet;
use crate::plan::procedure::{Plans, ProcedureId};

/// What is asked: a procedure, or what is left of it.
#[derive(Clone, Copy, Debug)]
pub struct Goal<'a> {
    /// The procedure.
    pub procedure: ProcedureId,
    /// What [`specialise`](crate::eval::residual::specialise) made of it for the facts that are asked.
    pub residual: Option<&'a Residual>,
}

/// Whether a procedure has an answer for these arguments. Stops at the first.
///
/// # Errors
/// [`LimitExceeded`], which is neither a yes nor a no.
pub fn holds<F: Facts>(
    plans: &Plans,
    facts: &F,
    meter: &mut Meter<'_>,
    goal: Goal<'_>,
    arguments: &[u32],
) -> Result<bool, LimitExceeded> {
    if let Some(search) = goal.residual.and_then(|residual| residual.search.as_ref()) {
        return search.holds(facts, meter, arguments).map_err(|_| meter.failure());
    }
    let mut machine = Machine::new(plans, facts, meter.clone(), (goal, arguments), Collected::Nothing);
    let run = machine.enter(goal, &Then::Found);
    meter.go_on_from(&machine.meter);
    match run {
        Ok(()) => Ok(false),
        Err(Stop::Enough) => Ok(true),
        Err(Stop::Limit) => Err(machine.meter.failure()),
    }
}

/// All answers of a procedure for these arguments: rows of its free columns, one after another, each once, in no order.
///
/// # Errors
/// [`LimitExceeded`]; there is no partial answer.
pub fn answers<F: Facts>(
    plans: &Plans,
    facts: &F,
    meter: &mut Meter<'_>,
    goal: Goal<'_>,
    arguments: &[u32],
) -> Result<Vec<u32>, LimitExceeded> {
    let width = plans.procedures.get(goal.procedure).map_or(0, |found| found.n_answers);
    let mut machine = Machine::new(plans, facts, meter.clone(), (goal, arguments), Collected::Rows(RowSet::new(width)));
    let run = machine.enter(goal, &Then::Collect);
    meter.go_on_from(&machine.meter);
    run.map_err(|_| machine.meter.failure())?;
    Ok(match machine.collected {
        Collected::Rows(rows) => rows.into_cells(),
        Collected::Nothing | Collected::Cells(..) => Vec::new(),
    })
}

/// The answers of a procedure with one free column whose cells lie in `window`, as a set. Where the procedure is windowed,
/// that costs what the window holds.
///
/// # Errors
/// [`LimitExceeded`]; there is no partial answer.
pub fn cells<F: Facts>(
    plans: &Plans,
    facts: &F,
    meter: &mut Meter<'_>,
    goal: Goal<'_>,
    arguments: &[u32],
    window: Range<u32>,
) -> Result<Cells, LimitExceeded> {
    let mut machine =
        Machine::new(plans, facts, meter.clone(), (goal, arguments), Collected::Cells(Cells::default(), window));
    let run = machine.enter(goal, &Then::Collect);
    meter.go_on_from(&machine.meter);
    run.map_err(|_| machine.meter.failure())?;
    let Collected::Cells(mut cells, _) = machine.collected else {
        return Ok(Cells::default());
    };
    meter.allow_answers(cells.len() as u64).map_err(|_| meter.failure())?;
    Ok(cells)
}
