//! The shortest way of writes to an atom.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use foldhash::fast::FixedState;

use crate::escalations::changes::Change;
use crate::escalations::program::AtomSet;

/// What a write costs, and a step of any kind: of as many writes, the path with the shortest reason is the shortest.
const WRITE: u64 = 10_000;
const STEP: u64 = 1;

/// How each question is come to with the fewest writes.
#[derive(Debug)]
pub(super) struct Paths<'c> {
    clauses: Vec<&'c Change>,
    /// The clause by which an atom is come to; none of a fact that holds.
    by: HashMap<u32, Option<usize>, FixedState>,
}

impl<'c> Paths<'c> {
    /// From some facts, by some clauses. A write that two premises need is counted for each.
    ///
    /// # Source
    /// Knuth, *A generalization of Dijkstra's algorithm*, Information Processing Letters 6(1), 1977.
    pub(super) fn new(usable: &[&'c Change], facts: &[u32], reached: &AtomSet) -> Self {
        let clauses: Vec<&Change> = usable
            .iter()
            .copied()
            .filter(|change| change.clause.premises.iter().all(|premise| reached.contains(premise)))
            .collect();
        let mut readers: HashMap<u32, Vec<usize>, FixedState> = HashMap::default();
        let mut open: Vec<(usize, u64)> = Vec::with_capacity(clauses.len());
        let mut queue: BinaryHeap<Reverse<(u64, u32, Option<usize>)>> =
            facts.iter().map(|fact| Reverse((0, *fact, None))).collect();
        for (position, change) in clauses.iter().enumerate() {
            let clause = &change.clause;
            let cost = if clause.write.is_some() { WRITE } else { STEP };
            let premises: BTreeSet<u32> = clause.premises.iter().copied().collect();
            if premises.is_empty() {
                queue.push(Reverse((cost, clause.head, Some(position))));
            }
            open.push((premises.len(), cost));
            for premise in premises {
                readers.entry(premise).or_default().push(position);
            }
        }
        let mut paths = Self { clauses, by: HashMap::default() };
        while let Some(Reverse((cost, atom, by))) = queue.pop() {
            if paths.by.contains_key(&atom) {
                continue;
            }
            paths.by.insert(atom, by);
            for position in readers.get(&atom).into_iter().flatten() {
                let (Some((left, sum)), Some(clause)) = (open.get_mut(*position), paths.clauses.get(*position)) else {
                    continue;
                };
                *left -= 1;
                *sum = sum.saturating_add(cost);
                if *left == 0 {
                    queue.push(Reverse((*sum, clause.clause.head, Some(*position))));
                }
            }
        }
        paths
    }

    /// The clauses that lead to an atom, each behind those that it needs; and the facts that they begin with.
    pub(super) fn to(&self, atom: u32) -> (Vec<&'c Change>, Vec<u32>) {
        let (mut ordered, mut facts) = (Vec::new(), Vec::new());
        let mut seen: BTreeSet<u32> = BTreeSet::new();
        // An atom is left when what it needs was; the stack is explicit, as chains may be long.
        let mut stack = vec![(atom, false)];
        while let Some((atom, is_left)) = stack.pop() {
            let clause = self.by.get(&atom).copied().flatten().and_then(|position| self.clauses.get(position));
            let Some(clause) = clause else {
                if seen.insert(atom) {
                    facts.push(atom);
                }
                continue;
            };
            if is_left {
                ordered.push(*clause);
            } else if seen.insert(atom) {
                stack.push((atom, true));
                stack.extend(clause.clause.premises.iter().rev().map(|premise| (*premise, false)));
            }
        }
        (ordered, facts)
    }
}
