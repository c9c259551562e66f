//! Atoms over symbols by number, and how they are found.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::escalations::symbols::Symbol;
use crate::policy::checked::PredicateId;

/// What an atom says of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// It holds.
    Holds,
    /// The subject, or one that it created, may write it.
    Comes,
    /// The subject, or one that it created, may delete it.
    Goes,
}

/// Something about a fact of a predicate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct GroundAtom {
    pub(super) kind: Kind,
    pub(super) predicate: PredicateId,
    pub(super) row: Box<[Symbol]>,
}

/// Every atom that may ever be true. An atom gets its number when it is first derived, and is found from when it is opened.
#[derive(Debug, Default)]
pub(super) struct Atoms {
    list: Vec<GroundAtom>,
    numbers: HashMap<GroundAtom, u32, FixedState>,
    opened: HashMap<(Kind, PredicateId), Vec<u32>, FixedState>,
    by_column: HashMap<(Kind, PredicateId, usize, Symbol), Vec<u32>, FixedState>,
}

impl Atoms {
    /// The number of an atom, and whether it is new.
    pub(super) fn number(&mut self, atom: GroundAtom) -> (u32, bool) {
        let next = self.list.len() as u32;
        let number = *self.numbers.entry(atom.clone()).or_insert(next);
        if number == next {
            self.list.push(atom);
        }
        (number, number == next)
    }

    /// The number of an atom that has one.
    pub(super) fn find(&self, kind: Kind, predicate: PredicateId, row: &[Symbol]) -> Option<u32> {
        self.numbers.get(&GroundAtom { kind, predicate, row: row.into() }).copied()
    }

    /// The atom of a number.
    pub(super) fn get(&self, number: u32) -> Option<&GroundAtom> {
        self.list.get(number as usize)
    }

    /// All of them, in the order of their numbers.
    pub(super) fn all(&self) -> &[GroundAtom] {
        &self.list
    }

    /// Lets an atom be found.
    pub(super) fn open(&mut self, number: u32) {
        let Some(atom) = self.list.get(number as usize) else { return };
        self.opened.entry((atom.kind, atom.predicate)).or_default().push(number);
        for (column, symbol) in atom.row.iter().enumerate() {
            self.by_column.entry((atom.kind, atom.predicate, column, *symbol)).or_default().push(number);
        }
    }

    /// Those that may match a row of which some columns are known: at least those that do.
    pub(super) fn candidates(&self, kind: Kind, predicate: PredicateId, known: &[Option<Symbol>]) -> &[u32] {
        let mut best = self.opened.get(&(kind, predicate)).map_or(&[][..], Vec::as_slice);
        for (column, symbol) in known.iter().enumerate().filter_map(|(column, symbol)| Some((column, (*symbol)?))) {
            let list = self.by_column.get(&(kind, predicate, column, symbol)).map_or(&[][..], Vec::as_slice);
            if list.len() < best.len() {
                best = list;
            }
        }
        best
    }
}
