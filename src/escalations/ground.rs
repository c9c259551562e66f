//! A policy over symbols, as clauses.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use crate::escalations::atoms::{Atoms, Kind};
use crate::escalations::symbols::{Rank, Symbol, Symbols};
use crate::policy::checked::PredicateId;

/// That an atom follows from others.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) head: u32,
    pub(super) premises: Vec<u32>,
    /// What mustn't hold; as long as it may, the clause isn't certain.
    pub(super) absences: Vec<u32>,
    /// Whether all of its tests hold for certain.
    pub(super) certain: bool,
    /// A write of the head's fact.
    pub(super) write: Option<Write>,
}

/// Who writes, and what lets them.
#[derive(Clone, Debug)]
pub(super) struct Write {
    /// The position of the guard.
    pub(super) guard: usize,
    pub(super) actor: Symbol,
    /// What is written in the same transaction.
    pub(super) beside: Vec<(PredicateId, Box<[Symbol]>)>,
}

/// A policy over symbols.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) symbols: Symbols,
    pub(super) atoms: Atoms,
    pub(super) clauses: Vec<Clause>,
    /// The atoms that are true whatever else is: what the policy states, that objects are alive, and what follows.
    pub(super) given: HashSet<u32, FixedState>,
    /// The stored facts that may hold before anybody writes.
    pub(super) possible: Vec<u32>,
    /// The atoms that say that a stored fact holds.
    pub(super) stored: HashSet<u32, FixedState>,
}

impl Ground {
    /// Whether an atom speaks of something of this rank.
    pub(super) fn mentions(&self, atom: u32, rank: Rank) -> bool {
        let is_it = |symbol: &Symbol| self.symbols.rank(*symbol) == rank;
        self.atoms.get(atom).is_some_and(|atom| atom.row.iter().any(is_it))
    }

    /// Whether an atom can only be true in the beginning if it is named: it speaks of what is yet to be created, or is a stored
    /// fact about the subject.
    pub(super) fn is_named_if_true(&self, atom: u32) -> bool {
        self.mentions(atom, Rank::New) || self.stored.contains(&atom) && self.mentions(atom, Rank::Me)
    }

    /// Leaves out the clauses and facts that none of the goals can depend on.
    pub(super) fn narrow(&mut self, goals: impl Iterator<Item = u32>) {
        let mut heads: HashMap<u32, Vec<usize>, FixedState> = HashMap::default();
        for (position, clause) in self.clauses.iter().enumerate() {
            heads.entry(clause.head).or_default().push(position);
        }
        let mut waiting: Vec<u32> = goals.collect();
        let mut needed: HashSet<u32, FixedState> = waiting.iter().copied().collect();
        while let Some(number) = waiting.pop() {
            let clauses = heads.get(&number).into_iter().flatten().filter_map(|position| self.clauses.get(*position));
            let mut below: Vec<u32> =
                clauses.flat_map(|clause| clause.premises.iter().chain(&clause.absences)).copied().collect();
            if let Some(atom) = self.atoms.get(number).filter(|atom| atom.kind == Kind::Holds) {
                below.extend(self.atoms.find(Kind::Goes, atom.predicate, &atom.row));
            }
            waiting.extend(below.into_iter().filter(|below| needed.insert(*below)));
        }
        self.clauses.retain(|clause| needed.contains(&clause.head));
        self.possible.retain(|fact| needed.contains(fact));
    }
}
