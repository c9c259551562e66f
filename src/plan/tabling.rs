//! Which procedures keep a table, and how deep the rules call one another.

use crate::plan::planner::PlanError;
use crate::plan::procedure::{Procedure, ProcedureId, Source, Step};

/// How many steps may lie on top of one another: the evaluator's stack grows with them, never with the data.
pub(super) const MAX_DEPTH: usize = 1_200;

/// Through how many fanning calls the same question may come again and again before a table remembers its answers.
const MAX_FAN: usize = 2;

/// Decides which procedures that don't read themselves keep a table too: those at the end of a chain of calls, each made once
/// for each of many rows, because such a chain would ask the same question exponentially often.
///
/// # Errors
/// [`PlanError::TooDeep`].
pub(super) fn choose_tables(procedures: &mut [Procedure]) -> Result<(), PlanError> {
    let mut by_component: Vec<usize> = (0..procedures.len()).collect();
    // Goals of `query` come last: nothing calls them.
    by_component
        .sort_by_key(|&position| procedures.get(position).map(|procedure| (is_query(procedure), procedure.component)));
    let mut fans = vec![0_usize; procedures.len()];
    let mut depths = vec![0_usize; procedures.len()];
    for position in by_component {
        let Some(procedure) = procedures.get(position) else {
            continue;
        };
        let (mut fan, mut depth) = (0, 0);
        for rule in &procedure.rules {
            let mut is_fanning = false;
            for (place, step) in rule.steps.iter().enumerate() {
                depth = depth.max(place + 1);
                for callee in callees(step) {
                    let callee = callee.0 as usize;
                    if procedures.get(callee).is_some_and(|callee| !callee.tabled) {
                        fan = fan.max(fans.get(callee).copied().unwrap_or(0) + usize::from(is_fanning));
                    }
                    depth = depth.max(place + 1 + depths.get(callee).copied().unwrap_or(0));
                }
                is_fanning |= matches!(step, Step::Each { exists: false, .. });
            }
        }
        if depth > MAX_DEPTH {
            return Err(PlanError::TooDeep);
        }
        let Some(procedure) = procedures.get_mut(position) else {
            continue;
        };
        if !is_query(procedure) && fan > MAX_FAN {
            procedure.tabled = true;
        }
        if let Some(own) = fans.get_mut(position) {
            *own = if procedure.tabled { 0 } else { fan };
        }
        if let Some(own) = depths.get_mut(position) {
            *own = depth;
        }
    }
    Ok(())
}

/// A procedure made by [`Planner::query`]: its adornment speaks of the goal's variables, not of the variant's columns.
fn is_query(procedure: &Procedure) -> bool {
    procedure.rules.iter().any(|rule| rule.rule.is_none())
}

fn callees(step: &Step) -> impl Iterator<Item = ProcedureId> {
    let sources: Vec<&Source> = match step {
        Step::Each { source, .. } => vec![source],
        Step::None(sources) => sources.iter().map(|(source, _)| source).collect(),
        Step::Compare { .. } | Step::Length { .. } | Step::OtherPermission(_) | Step::Distinct { .. } => Vec::new(),
    };
    sources.into_iter().filter_map(|source| match source {
        Source::Call { procedure, suspends: None, .. } => Some(*procedure),
        Source::Call { suspends: Some(_), .. } | Source::Stored { .. } | Source::Context(_) => None,
    })
}
