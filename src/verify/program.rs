//! The fixed program: rules among its facts, one level at a time, since what is negated must be among what is given.
//!
//! A rule is a row of *places*. At each, a binding of the rule's variables waits for what its literal says: a join with the
//! facts of a predicate, a test, or the absence of facts. What comes through all of them is a head. Facts are found by a
//! *key*, their values in the columns that are known when they are asked; an *access* is a predicate with such columns.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use foldhash::fast::FixedState;

use crate::verify::rules::Workshop;

/// What one level works on.
#[derive(Default)]
pub(super) struct Level {
    /// Facts that hold: predicate and row.
    pub(super) given: Vec<(u32, u32)>,
    /// Places where a rule begins, with the binding in which nothing is bound.
    pub(super) starts: Vec<(u32, u32)>,
    /// Places that join with the facts of an access.
    pub(super) joins: Vec<(u32, u32)>,
    /// Those of them whose predicate has facts that this level derives.
    pub(super) recursive: Vec<(u32, u32)>,
    /// Places that want no fact of an access.
    pub(super) absences: Vec<(u32, u32)>,
    /// Places that test.
    pub(super) tests: Vec<u32>,
    /// Places that derive facts of a predicate.
    pub(super) heads: Vec<(u32, u32)>,
    /// The accesses: predicate and number.
    pub(super) accesses: Vec<(u32, u32)>,
}

/// The tables beside the program, as a value that crepe's relations can hold: there is only one.
#[derive(Clone, Copy)]
pub(super) struct Tables<'a>(pub(super) &'a Workshop<'a>);

impl PartialEq for Tables<'_> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Tables<'_> {}

impl Hash for Tables<'_> {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// Every fact that the rules of a level derive: predicate and row.
pub(super) fn derive(level: Level, workshop: &Workshop<'_>) -> Vec<(u32, u32)> {
    use deriving::{Absence, Access, Crepe, Derived, Given, Head, Join, Recursive, Start, Test, Using};
    let mut crepe = Crepe::new();
    crepe.extend([Using(Tables(workshop))]);
    crepe.extend(level.given.into_iter().map(|(predicate, row)| Given(predicate, row)));
    crepe.extend(level.starts.into_iter().map(|(place, binding)| Start(place, binding)));
    crepe.extend(level.joins.into_iter().map(|(place, access)| Join(place, access)));
    crepe.extend(level.recursive.into_iter().map(|(place, access)| Recursive(place, access)));
    crepe.extend(level.absences.into_iter().map(|(place, access)| Absence(place, access)));
    crepe.extend(level.tests.into_iter().map(Test));
    crepe.extend(level.heads.into_iter().map(|(place, predicate)| Head(place, predicate)));
    crepe.extend(level.accesses.into_iter().map(|(predicate, access)| Access(predicate, access)));
    let (derived,): (HashSet<Derived, FixedState>,) = crepe.run_with_hasher::<FixedState>();
    derived.into_iter().map(|Derived(predicate, row)| (predicate, row)).collect()
}

#[expect(clippy::mutable_key_type, reason = "the tables are equal to themselves, whatever is in them")]
mod deriving {
    use super::Tables;

    crepe::crepe! {
        @input
        pub(super) struct Using<'a>(pub(super) Tables<'a>);
        // A predicate and a row that holds.
        @input
        pub(super) struct Given(pub(super) u32, pub(super) u32);
        // A place and the first binding there.
        @input
        pub(super) struct Start(pub(super) u32, pub(super) u32);
        @input
        pub(super) struct Join(pub(super) u32, pub(super) u32);
        @input
        pub(super) struct Recursive(pub(super) u32, pub(super) u32);
        @input
        pub(super) struct Absence(pub(super) u32, pub(super) u32);
        @input
        pub(super) struct Test(pub(super) u32);
        @input
        pub(super) struct Head(pub(super) u32, pub(super) u32);
        @input
        pub(super) struct Access(pub(super) u32, pub(super) u32);

        // A predicate and a row that a rule of this level derives.
        @output
        pub(super) struct Derived(pub(super) u32, pub(super) u32);

        // An access, a key, and a given row that has it; and a derived one.
        struct Found(u32, u32, u32);
        struct Present(u32, u32);
        struct FoundHere(u32, u32, u32);
        // A place and a binding that came there; with an access and the key by which it joins.
        struct Reached(u32, u32);
        struct Asks(u32, u32, u32, u32);
        struct AsksHere(u32, u32, u32, u32);

        Found(access, key, row) <-
            Given(predicate, row), Access(predicate, access), Using(tables),
            let Some(key) = tables.0.key_of_row(access, row);
        Present(access, key) <- Found(access, key, _);
        FoundHere(access, key, row) <-
            Derived(predicate, row), Access(predicate, access), Using(tables),
            let Some(key) = tables.0.key_of_row(access, row);

        Reached(place, binding) <- Start(place, binding);
        Asks(place, access, key, binding) <-
            Reached(place, binding), Join(place, access), Using(tables),
            let Some(key) = tables.0.key_of_binding(place, binding);
        AsksHere(place, access, key, binding) <-
            Asks(place, access, key, binding), Recursive(place, access);
        Reached(place + 1, next) <-
            Asks(place, access, key, binding), Found(access, key, row), Using(tables),
            let Some(next) = tables.0.join(place, binding, row);
        Reached(place + 1, next) <-
            AsksHere(place, access, key, binding), FoundHere(access, key, row), Using(tables),
            let Some(next) = tables.0.join(place, binding, row);
        Reached(place + 1, next) <-
            Reached(place, binding), Absence(place, access), Using(tables),
            let Some(key) = tables.0.key_of_binding(place, binding), !Present(access, key),
            let Some(next) = tables.0.pass(place, binding);
        Reached(place + 1, next) <-
            Reached(place, binding), Test(place), Using(tables),
            let Some(next) = tables.0.test(place, binding);

        Derived(predicate, row) <-
            Reached(place, binding), Head(place, predicate), Using(tables),
            let Some(row) = tables.0.head(place, binding);
    }
}
