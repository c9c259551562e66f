//! Which procedures keep a table, and how deep the rules call one another.

use crate::plan::planner::PlanError;
use crate::plan::procedure::{Branch, Procedure, ProcedureId, Source, Step};

/// How many steps may lie on top of one another: the evaluator's stack grows with them, never with the data.
pub(super) const MAX_DEPTH: usize = 1_200;

/// Through how many fanning calls the same question may come again and again before a table remembers its answers.
const MAX_FAN: usize = 2;

/// How far a procedure leads.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extent {
    /// Through how many fanning calls; none if it keeps a table.
    fan: usize,
    /// How many steps lie on top of one another.
    depth: usize,
}

/// Decides which procedures that don't read themselves keep a table too: those at the end of a chain of calls, each made once
/// for each of many rows, because such a chain would ask the same question exponentially often. `shared` are the procedures that
/// these may call beside one another, with their extents; answers with those of `own`.
///
/// # Errors
/// [`PlanError::TooDeep`].
pub(super) fn choose_tables(
    shared: (&[Procedure], &[Extent]),
    own: &mut [Procedure],
) -> Result<Vec<Extent>, PlanError> {
    let mut by_component: Vec<usize> = (0..own.len()).collect();
    // Goals of `query` come last: nothing calls them.
    by_component.sort_by_key(|&position| own.get(position).map(|procedure| (procedure.is_query, procedure.component)));
    let mut extents = vec![Extent::default(); own.len()];
    for position in by_component {
        let Some(procedure) = own.get(position) else {
            continue;
        };
        let mut chain = Chain { shared, own: (own, &extents), found: Extent::default() };
        chain.follow(&procedure.branches, 0, false);
        let Extent { fan, depth } = chain.found;
        if depth > MAX_DEPTH {
            return Err(PlanError::TooDeep);
        }
        let Some(procedure) = own.get_mut(position) else {
            continue;
        };
        if !procedure.is_query && fan > MAX_FAN {
            procedure.tabled = true;
        }
        // The answers of a table come as they were found: no window narrows them.
        procedure.is_windowed &= !procedure.tabled;
        if let Some(extent) = extents.get_mut(position) {
            *extent = Extent { fan: if procedure.tabled { 0 } else { fan }, depth };
        }
    }
    Ok(extents)
}

/// How far the alternatives of a procedure lead.
struct Chain<'a> {
    shared: (&'a [Procedure], &'a [Extent]),
    own: (&'a [Procedure], &'a [Extent]),
    found: Extent,
}

impl Chain<'_> {
    /// Follows branches that lie `place` steps below the root, behind a step that goes on more than once or not.
    fn follow(&mut self, branches: &[Branch], place: usize, is_fanning: bool) {
        for Branch { step, next } in branches {
            self.found.depth = self.found.depth.max(place + 1);
            for callee in callees(step) {
                let Some((is_tabled, Extent { fan, depth })) = self.callee(callee) else { continue };
                if !is_tabled {
                    self.found.fan = self.found.fan.max(fan + usize::from(is_fanning));
                }
                self.found.depth = self.found.depth.max(place + 1 + depth);
            }
            self.follow(next, place + 1, is_fanning || matches!(step, Step::Each { exists: false, .. }));
        }
    }

    /// Whether a procedure keeps a table, and how far it leads.
    fn callee(&self, ProcedureId(position): ProcedureId) -> Option<(bool, Extent)> {
        let n_shared = self.shared.0.len();
        let position = position as usize;
        let ((procedures, extents), position) = match position.checked_sub(n_shared) {
            Some(position) => (self.own, position),
            None => (self.shared, position),
        };
        Some((procedures.get(position)?.tabled, *extents.get(position)?))
    }
}

fn callees(step: &Step) -> impl Iterator<Item = ProcedureId> {
    step.sources().filter_map(|source| match source {
        Source::Call { procedure, suspends: None, .. } => Some(*procedure),
        Source::Call { suspends: Some(_), .. } | Source::Stored { .. } | Source::Context(_) => None,
    })
}
