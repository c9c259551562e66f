//! The search for the smallest proof of a derived fact.
//!
//! From the goal down, each fact is asked for the uses of rules that may give it (`premises`), those first that stand in the
//! smallest proofs; from time to time the graph found so far is asked for the smallest proof in it (`graph`). When no fact that
//! is left could stand in a smaller one, it is the smallest of all.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap};

use crate::engine::ask::limit_exceeded;
use crate::engine::error::Error;
use crate::engine::explain::assemble::Assembly;
use crate::engine::explain::graph::{Atom, AtomId, Derivable, Graph, Smallest};
use crate::engine::explain::premises::{Premises, Use};
use crate::engine::explain::proof::Proof;
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::eval::limits::LimitExceeded;
use crate::policy::checked::VariantId;
use crate::store::moment::Moment;

/// The smallest proofs that there can be: a rule without a body.
const LEAST: u64 = 1;
/// The graph is first asked when all is known of what stands in proofs with so many nodes beside it.
const FIRST_BOUND: u64 = 16;

/// A search under way.
pub(super) struct Search<'s> {
    pub(super) state: &'s State,
    pub(super) surroundings: &'s Surroundings<'s>,
    pub(super) graph: Graph,
    /// By the position of the instance.
    pub(super) premises: HashMap<usize, Premises>,
    /// The positions of the instances that give facts of a variant.
    instances: HashMap<VariantId, Vec<usize>>,
}

/// The facts that are still to be asked, those first that stand in the smallest proofs.
#[derive(Default)]
struct Frontier {
    /// For each fact the fewest nodes that a proof with it has beside its own; none once it was asked.
    beside: Vec<Option<u64>>,
    queue: BinaryHeap<Reverse<(u64, AtomId)>>,
}

/// The smallest proof of a derived fact at a state, or none if it doesn't hold; `moment` is the disk at the same revision.
///
/// # Errors
/// `missing-context`; `limit-exceeded` when the search takes too long or finds too much: nothing is known then.
pub(super) fn prove(
    state: &State,
    moment: &Moment<'_>,
    goal: Atom,
    surroundings: &Surroundings<'_>,
) -> Result<Option<Proof>, Error> {
    let mut search = Search::new(state, surroundings);
    let (goal, _) = search.graph.number(goal);
    match search.run(goal)? {
        Some(smallest) => Assembly::new(&search, &smallest, moment).proof(goal).map(Some),
        None => Ok(None),
    }
}

impl<'s> Search<'s> {
    fn new(state: &'s State, surroundings: &'s Surroundings<'s>) -> Self {
        let mut instances: HashMap<VariantId, Vec<usize>> = HashMap::new();
        for (position, instance) in state.active.policy.instances.iter().enumerate() {
            instances.entry(instance.head).or_default().push(position);
        }
        Self { state, surroundings, graph: Graph::default(), premises: HashMap::new(), instances }
    }

    /// Follows the goal as far as a smaller proof may lie there.
    fn run(&mut self, goal: AtomId) -> Result<Option<Smallest>, Error> {
        let mut frontier = Frontier::default();
        frontier.reach(goal, 0);
        let mut bound = FIRST_BOUND;
        let mut found: Option<(u64, Smallest)> = None;
        while let Some((beside, atom)) = frontier.next() {
            if beside >= bound {
                found = self.smallest(goal);
                bound = bound.saturating_mul(2);
            }
            // No proof with this fact, or with one behind it, is smaller.
            if found.as_ref().is_some_and(|(size, _)| *size <= beside.saturating_add(LEAST)) {
                return Ok(found.map(|(_, smallest)| smallest));
            }
            self.expand(atom, beside, &mut frontier)?;
        }
        Ok(self.smallest(goal).map(|(_, smallest)| smallest))
    }

    fn smallest(&self, goal: AtomId) -> Option<(u64, Smallest)> {
        let smallest = self.graph.smallest(goal);
        Some((smallest.size(goal)?, smallest))
    }

    /// Adds the uses of rules that may give a fact.
    fn expand(&mut self, atom: AtomId, beside: u64, frontier: &mut Frontier) -> Result<(), Error> {
        self.surroundings.refuse_late()?;
        let Some((variant, values)) = self.graph.atom(atom).cloned() else { return Ok(()) };
        let policy = &self.state.active.policy;
        for position in self.instances.get(&variant).cloned().unwrap_or_default() {
            let Some(instance) = policy.instances.get(position) else { continue };
            let premises = match self.premises.entry(position) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(Premises::new(self.state, instance)?),
            };
            let own = premises.own;
            for Use { row, below } in premises.uses(self.state, &values, self.surroundings)? {
                let n_others = (below.len() as u64).saturating_sub(1);
                let below: Vec<AtomId> = below.into_iter().map(|below| self.graph.number(below).0).collect();
                let beside = beside.saturating_add(own).saturating_add(n_others * LEAST);
                below.iter().for_each(|below| frontier.reach(*below, beside));
                self.graph.add(Derivable { head: atom, instance: position, row, below, own });
            }
            let limit = self.surroundings.limits.query_rows;
            if self.graph.n_derivables() as u64 > limit {
                return Err(limit_exceeded(LimitExceeded::Answers { limit }));
            }
        }
        Ok(())
    }
}

impl Frontier {
    /// A fact stands in a proof with so many nodes beside its own.
    fn reach(&mut self, atom: AtomId, beside: u64) {
        let place = atom as usize;
        if self.beside.len() <= place {
            self.beside.resize(place + 1, Some(u64::MAX));
        }
        if let Some(Some(known)) = self.beside.get_mut(place)
            && beside < *known
        {
            *known = beside;
            self.queue.push(Reverse((beside, atom)));
        }
    }

    /// The fact that stands in the smallest proofs of those that weren't asked.
    fn next(&mut self) -> Option<(u64, AtomId)> {
        while let Some(Reverse((beside, atom))) = self.queue.pop() {
            if let Some(slot) = self.beside.get_mut(atom as usize)
                && *slot == Some(beside)
            {
                *slot = None;
                return Some((beside, atom));
            }
        }
        None
    }
}
