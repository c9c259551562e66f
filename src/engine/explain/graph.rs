//! The graph of derived facts under one another, and the smallest proof in it.
//!
//! # Source
//! D. E. Knuth, *A generalization of Dijkstra's algorithm*, Information Processing Letters 6(1), 1977: the size of a proof only
//! grows with those below it, so the smallest of all that can be completed is final. Circles do no harm: a fact is never
//! completed by one that waits for it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::model::value::Value;
use crate::policy::checked::VariantId;

/// A derived fact of the graph, by number.
pub(super) type AtomId = u32;

/// A derived fact: its variant and its values.
pub(super) type Atom = (VariantId, Vec<Value>);

/// One use of a rule that may give a fact.
#[derive(Debug)]
pub(super) struct Derivable {
    /// What it gives.
    pub(super) head: AtomId,
    /// The position of the rule's instance.
    pub(super) instance: usize,
    /// The values of those variables that its derived literals bind.
    pub(super) row: Vec<Value>,
    /// The derived facts that it rests on, one for each such literal.
    pub(super) below: Vec<AtomId>,
    /// The nodes besides theirs: the rule's own, and one for each other literal.
    pub(super) own: u64,
}

/// Derived facts, and the uses of rules found so far.
#[derive(Debug, Default)]
pub(super) struct Graph {
    atoms: Vec<Atom>,
    numbers: HashMap<Atom, AtomId>,
    derivables: Vec<Derivable>,
}

/// The smallest proofs of a graph: for each fact that has one, its size and the last use of a rule in it.
pub(super) struct Smallest(Vec<Option<(u64, u32)>>);

impl Graph {
    /// The number of a fact, and whether it is new.
    pub(super) fn number(&mut self, atom: Atom) -> (AtomId, bool) {
        if let Some(known) = self.numbers.get(&atom) {
            return (*known, false);
        }
        let number = self.atoms.len() as AtomId;
        self.numbers.insert(atom.clone(), number);
        self.atoms.push(atom);
        (number, true)
    }

    /// A fact by its number.
    pub(super) fn atom(&self, number: AtomId) -> Option<&Atom> {
        self.atoms.get(number as usize)
    }

    /// Adds a use of a rule.
    pub(super) fn add(&mut self, derivable: Derivable) {
        self.derivables.push(derivable);
    }

    /// How many uses of rules there are.
    pub(super) fn n_derivables(&self) -> usize {
        self.derivables.len()
    }

    /// The use of a rule that ends the smallest proof of a fact.
    pub(super) fn last_of(&self, smallest: &Smallest, atom: AtomId) -> Option<&Derivable> {
        let (_, derivable) = (*smallest.0.get(atom as usize)?)?;
        self.derivables.get(derivable as usize)
    }

    /// The smallest proofs, at least that of `goal` if it has one. Of several as small, the one whose rule was found first.
    pub(super) fn smallest(&self, goal: AtomId) -> Smallest {
        let mut found = Smallest(vec![None; self.atoms.len()]);
        let mut above: Vec<Vec<u32>> = vec![Vec::new(); self.atoms.len()];
        let mut waiting: Vec<u32> = Vec::with_capacity(self.derivables.len());
        let mut queue = BinaryHeap::new();
        for (number, derivable) in (0..).zip(&self.derivables) {
            waiting.push(derivable.below.len() as u32);
            for below in &derivable.below {
                if let Some(above) = above.get_mut(*below as usize) {
                    above.push(number);
                }
            }
            if derivable.below.is_empty() {
                queue.push(Reverse((derivable.own, number)));
            }
        }
        while let Some(Reverse((size, number))) = queue.pop() {
            let Some(derivable) = self.derivables.get(number as usize) else { continue };
            let Some(slot @ None) = found.0.get_mut(derivable.head as usize) else { continue };
            *slot = Some((size, number));
            if derivable.head == goal {
                break;
            }
            for number in above.get(derivable.head as usize).into_iter().flatten() {
                let (Some(left), Some(derivable)) =
                    (waiting.get_mut(*number as usize), self.derivables.get(*number as usize))
                else {
                    continue;
                };
                *left -= 1;
                if *left == 0 {
                    let below = derivable.below.iter().filter_map(|below| found.size(*below));
                    queue.push(Reverse((below.fold(derivable.own, u64::saturating_add), *number)));
                }
            }
        }
        found
    }
}

impl Smallest {
    /// The size of the smallest proof of a fact.
    pub(super) fn size(&self, atom: AtomId) -> Option<u64> {
        (*self.0.get(atom as usize)?).map(|(size, _)| size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph of facts 0..n with these uses of rules: head, own nodes, what is below.
    fn graph(n: u32, rules: &[(u32, u64, &[u32])]) -> Graph {
        let mut graph = Graph::default();
        for number in 0..n {
            graph.number((VariantId(number), Vec::new()));
        }
        for (instance, (head, own, below)) in rules.iter().enumerate() {
            let (head, own, below) = (*head, *own, below.to_vec());
            graph.add(Derivable { head, instance, row: Vec::new(), below, own });
        }
        graph
    }

    #[test]
    fn the_smallest_proof_counts_what_it_uses_twice_twice() {
        // 0 by twice 1 (of 4), or by 2 (of 7).
        let graph = graph(3, &[(0, 1, &[1, 1]), (0, 1, &[2]), (1, 4, &[]), (2, 7, &[])]);
        let smallest = graph.smallest(0);
        assert_eq!(smallest.size(0), Some(8));
        assert_eq!(graph.last_of(&smallest, 0).unwrap().instance, 1);
    }

    #[test]
    fn a_circle_proves_nothing() {
        let circle = graph(2, &[(0, 1, &[1]), (1, 1, &[0])]);
        assert_eq!(circle.smallest(0).size(0), None);
        let way_out = graph(2, &[(0, 1, &[1]), (1, 1, &[0]), (1, 5, &[])]);
        assert_eq!(way_out.smallest(0).size(0), Some(6));
    }

    #[test]
    fn sizes_beyond_all_numbers_are_the_greatest() {
        let mut rules: Vec<(u32, u64, &[u32])> = vec![(0, 2, &[])];
        let below: Vec<[u32; 2]> = (0..80).map(|number| [number, number]).collect();
        rules.extend(below.iter().zip(1..).map(|(below, head)| (head, 1, below.as_slice())));
        assert_eq!(graph(81, &rules).smallest(80).size(80), Some(u64::MAX));
    }
}
