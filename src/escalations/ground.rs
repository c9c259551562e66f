//! A policy over symbols, as clauses.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use crate::escalations::atoms::{Atoms, Kind};
use crate::escalations::program::AtomSet;
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

/// The atoms that some goals can depend on, the goals among them: what the clauses of a needed head need is needed. `beside`
/// is what else an atom needs.
pub(super) fn needed<'c>(
    clauses: impl Iterator<Item = &'c Clause>,
    goals: impl Iterator<Item = u32>,
    beside: impl Fn(u32) -> Option<u32>,
) -> AtomSet {
    let mut heads: HashMap<u32, Vec<&'c Clause>, FixedState> = HashMap::default();
    for clause in clauses {
        heads.entry(clause.head).or_default().push(clause);
    }
    let mut needed: AtomSet = goals.collect();
    let mut waiting: Vec<u32> = needed.iter().copied().collect();
    while let Some(atom) = waiting.pop() {
        let clauses = heads.get(&atom).into_iter().flatten();
        let below = clauses.flat_map(|clause| clause.premises.iter().chain(&clause.absences)).copied();
        waiting.extend(below.chain(beside(atom)).filter(|below| needed.insert(*below)));
    }
    needed
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
        // What holds may go, and that it goes matters too.
        let going = |number: u32| {
            let atom = self.atoms.get(number).filter(|atom| atom.kind == Kind::Holds)?;
            self.atoms.find(Kind::Goes, atom.predicate, &atom.row)
        };
        let needed = needed(self.clauses.iter(), goals, going);
        self.clauses.retain(|clause| needed.contains(&clause.head));
        self.possible.retain(|fact| needed.contains(fact));
    }
}
