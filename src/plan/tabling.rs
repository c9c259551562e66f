//! Which procedures keep a table, and how deep the rules call one another.

use crate::plan::planner::PlanError;
use crate::plan::procedure::{Branch, Procedure, ProcedureId, Source, Step};

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
        .sort_by_key(|&position| procedures.get(position).map(|procedure| (procedure.is_query, procedure.component)));
    let mut fans = vec![0_usize; procedures.len()];
    let mut depths = vec![0_usize; procedures.len()];
    for position in by_component {
        let Some(procedure) = procedures.get(position) else {
            continue;
        };
        let mut chain = Chain { procedures, fans: &fans, depths: &depths, fan: 0, depth: 0 };
        chain.follow(&procedure.branches, 0, false);
        let Chain { fan, depth, .. } = chain;
        if depth > MAX_DEPTH {
            return Err(PlanError::TooDeep);
        }
        let Some(procedure) = procedures.get_mut(position) else {
            continue;
        };
        if !procedure.is_query && fan > MAX_FAN {
            procedure.tabled = true;
        }
        // The answers of a table come as they were found: no window narrows them.
        procedure.is_windowed &= !procedure.tabled;
        if let Some(own) = fans.get_mut(position) {
            *own = if procedure.tabled { 0 } else { fan };
        }
        if let Some(own) = depths.get_mut(position) {
            *own = depth;
        }
    }
    Ok(())
}

/// How far the alternatives of a procedure lead.
struct Chain<'a> {
    procedures: &'a [Procedure],
    /// By procedure: through how many fanning calls it leads.
    fans: &'a [usize],
    /// By procedure: how many steps lie on top of one another.
    depths: &'a [usize],
    fan: usize,
    depth: usize,
}

impl Chain<'_> {
    /// Follows branches that lie `place` steps below the root, behind a step that goes on more than once or not.
    fn follow(&mut self, branches: &[Branch], place: usize, is_fanning: bool) {
        for Branch { step, next } in branches {
            self.depth = self.depth.max(place + 1);
            for callee in callees(step) {
                let callee = callee.0 as usize;
                if self.procedures.get(callee).is_some_and(|callee| !callee.tabled) {
                    let fan = self.fans.get(callee).copied().unwrap_or(0);
                    self.fan = self.fan.max(fan + usize::from(is_fanning));
                }
                self.depth = self.depth.max(place + 1 + self.depths.get(callee).copied().unwrap_or(0));
            }
            self.follow(next, place + 1, is_fanning || matches!(step, Step::Each { exists: false, .. }));
        }
    }
}

fn callees(step: &Step) -> impl Iterator<Item = ProcedureId> {
    step.sources().filter_map(|source| match source {
        Source::Call { procedure, suspends: None, .. } => Some(*procedure),
        Source::Call { suspends: Some(_), .. } | Source::Stored { .. } | Source::Context(_) => None,
    })
}
