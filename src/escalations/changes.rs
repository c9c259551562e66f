//! Clauses about what was so before anybody wrote, and what changed since.
//!
//! What the subject doesn't hold in the beginning, it holds later only because something changed: a fact came that wasn't
//! there, or one went that stood in the way. So each atom is asked three things, and each clause says how their answers follow.

use crate::escalations::atoms::Kind;
use crate::escalations::ground::{Clause, Ground, needed};
use crate::escalations::program::AtomSet;

/// An atom's question: it was true in the beginning or is later; it came to be true; it came to be false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    True,
    Came,
    Went,
}

/// The number of an atom's question.
pub(super) fn node(atom: u32, asked: Asked) -> u32 {
    atom * 3
        + match asked {
            Asked::True => 0,
            Asked::Came => 1,
            Asked::Went => 2,
        }
}

/// The atom of a question's number.
pub(super) fn atom_of(node: u32) -> u32 {
    node / 3
}

/// What a question asks of its atom.
fn asked(node: u32) -> Asked {
    match node % 3 {
        0 => Asked::True,
        1 => Asked::Came,
        _ => Asked::Went,
    }
}

/// A clause about questions, and the position of the one that it comes from; none of what needs no clause.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) clause: Clause,
    pub(super) from: Option<usize>,
}

/// All clauses about questions, for all subjects alike, on which it depends whether some atoms came to be true.
pub(super) fn changes(ground: &Ground, goals: impl Iterator<Item = u32>) -> Vec<Change> {
    let all = all(ground);
    let goals = goals.map(|goal| node(goal, Asked::Came));
    let needed = needed(all.iter().map(|change| &change.clause), goals, |_| None);
    all.into_iter().filter(|change| needed.contains(&change.clause.head)).collect()
}

fn all(ground: &Ground) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |head: u32, premises: Vec<u32>, from: Option<usize>, write: bool| {
        let of = from.and_then(|from| ground.clauses.get(from));
        let write = of.filter(|_| write).and_then(|clause| clause.write.clone());
        changes.push(Change { clause: Clause { head, premises, absences: Vec::new(), certain: true, write }, from });
    };
    for (position, clause) in ground.clauses.iter().enumerate() {
        let from = Some(position);
        let head = |asked| node(clause.head, asked);
        let plain: Vec<u32> = clause.premises.iter().map(|premise| node(*premise, Asked::True)).collect();
        if clause.write.is_some() {
            add(head(Asked::Came), plain, from, true);
            continue;
        }
        for (at, premise) in clause.premises.iter().enumerate() {
            let mut premises = plain.clone();
            if let Some(slot) = premises.get_mut(at) {
                *slot = node(*premise, Asked::Came);
            }
            add(head(Asked::Came), premises, from, false);
            if ground.atoms.get(*premise).is_some_and(|atom| atom.kind == Kind::Holds) {
                add(head(Asked::Went), vec![node(*premise, Asked::Went)], from, false);
            }
        }
        for absence in &clause.absences {
            let premises = plain.iter().copied().chain([node(*absence, Asked::Went)]).collect();
            add(head(Asked::Came), premises, from, false);
            add(head(Asked::Went), vec![node(*absence, Asked::Came)], from, false);
        }
        add(head(Asked::True), plain, from, false);
    }
    for (number, atom) in (0..).zip(ground.atoms.all()) {
        add(node(number, Asked::True), vec![node(number, Asked::Came)], None, false);
        if atom.kind == Kind::Goes
            && let Some(fact) = ground.atoms.find(Kind::Holds, atom.predicate, &atom.row)
        {
            add(node(fact, Asked::Went), vec![node(number, Asked::Came)], None, false);
        }
    }
    changes
}

/// Whether a clause may be used if none of the `unwanted` atoms is true in the beginning, and none of the `beginning` came.
pub(super) fn is_usable(change: &Change, unwanted: &AtomSet, beginning: &AtomSet) -> bool {
    let head = change.clause.head;
    match asked(head) {
        Asked::True => change.from.is_none() || !unwanted.contains(&atom_of(head)),
        Asked::Came => !beginning.contains(&atom_of(head)),
        Asked::Went => true,
    }
}
