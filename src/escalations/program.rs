//! What follows from facts by clauses: a Datalog program, compiled by crepe, whose rules are clauses as data.
//!
//! A clause that has several premises meets them one after the other, as Datalog can't say "all". Several *worlds*, which begin
//! with facts of their own and in which some clauses are barred, are worked out in one run.

use std::collections::HashSet;

use foldhash::fast::FixedState;

use crate::escalations::ground::Clause;

/// A set of atoms.
pub(super) type AtomSet = HashSet<u32, FixedState>;

/// Everything that follows from some atoms, and they themselves.
pub(super) fn closure<'c>(clauses: impl Iterator<Item = &'c Clause>, facts: &[u32]) -> AtomSet {
    closures(clauses, &[facts.to_vec()], &[]).pop().unwrap_or_default()
}

/// Everything that follows in each of some worlds from the atoms that hold there; `barred` has worlds with the positions of
/// clauses that can't be used there.
pub(super) fn closures<'c>(
    clauses: impl Iterator<Item = &'c Clause>,
    worlds: &[Vec<u32>],
    barred: &[(u32, u32)],
) -> Vec<AtomSet> {
    use following::{Alone, Barred, Crepe, Ends, Fact, Free, Holds, Premise, Start, World};
    let mut crepe = Crepe::new();
    for (world, facts) in (0..).zip(worlds) {
        crepe.extend([World(world)]);
        crepe.extend(facts.iter().map(|fact| Fact(world, *fact)));
    }
    crepe.extend(barred.iter().map(|(world, clause)| Barred(*world, *clause)));
    for (number, clause) in (0..).zip(clauses) {
        match clause.premises.as_slice() {
            [] => crepe.extend([Free(number, clause.head)]),
            [premise] => crepe.extend([Alone(*premise, number, clause.head)]),
            [first, rest @ ..] => {
                crepe.extend([Start(*first, number)]);
                crepe.extend([Ends(number, rest.len() as u32, clause.head)]);
                crepe.extend((0..).zip(rest).map(|(met, premise)| Premise(number, met, *premise)));
            }
        }
    }
    let (holds,) = crepe.run_with_hasher::<FixedState>();
    let mut closures = vec![AtomSet::default(); worlds.len()];
    for Holds(world, atom) in holds {
        if let Some(closure) = closures.get_mut(world as usize) {
            closure.insert(atom);
        }
    }
    closures
}

mod following {
    crepe::crepe! {
        @input
        pub(super) struct World(pub(super) u32);
        // A world and an atom that holds there.
        @input
        pub(super) struct Fact(pub(super) u32, pub(super) u32);
        // A world and a clause that can't be used there.
        @input
        pub(super) struct Barred(pub(super) u32, pub(super) u32);
        // A clause without premises, and its head.
        @input
        pub(super) struct Free(pub(super) u32, pub(super) u32);
        // The only premise of a clause, the clause, and its head.
        @input
        pub(super) struct Alone(pub(super) u32, pub(super) u32, pub(super) u32);
        // The first of several premises, and the clause.
        @input
        pub(super) struct Start(pub(super) u32, pub(super) u32);
        // A clause, how many premises were met behind the first, and the next one.
        @input
        pub(super) struct Premise(pub(super) u32, pub(super) u32, pub(super) u32);
        // A clause, how many premises it has behind the first, and its head.
        @input
        pub(super) struct Ends(pub(super) u32, pub(super) u32, pub(super) u32);

        // A world and an atom that is true there.
        @output
        pub(super) struct Holds(pub(super) u32, pub(super) u32);

        // A world, and a clause of which so many premises behind the first are met there; the next one, for which it waits.
        struct Sat(u32, u32, u32);
        struct Waits(u32, u32, u32, u32);

        Holds(world, fact) <- Fact(world, fact);
        Holds(world, head) <- World(world), Free(clause, head), !Barred(world, clause);
        Holds(world, head) <- Holds(world, premise), Alone(premise, clause, head), !Barred(world, clause);
        Sat(world, clause, 0) <- Holds(world, premise), Start(premise, clause), !Barred(world, clause);
        Waits(world, premise, clause, met) <- Sat(world, clause, met), Premise(clause, met, premise);
        Sat(world, clause, met + 1) <- Waits(world, premise, clause, met), Holds(world, premise);
        Holds(world, head) <- Sat(world, clause, met), Ends(clause, met, head);
    }
}
