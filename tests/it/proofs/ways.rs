//! The ways of a deny and their openings: each told once, and nothing in them that needn't be.

use std::collections::BTreeSet;

use entail::engine::explain::denial::{ClosedWay, Denial, Opening};
use entail::engine::explain::explanation::Verdict;
use entail::model::fact::Fact;

use super::world::{World, opening, openings};
use crate::requirements::world::{self, check};

/// What a way says of itself, without what would open it.
fn says(way: &ClosedWay) -> (Vec<String>, Vec<(String, String, bool)>) {
    let parts = way.parts.iter().map(|part| (part.says.clone(), part.place.clone(), part.holds));
    (way.rules.clone(), parts.collect())
}

/// Whether a way is told twice.
pub(super) fn repeats(denial: &Denial) -> bool {
    let told: BTreeSet<_> = denial.ways.iter().map(says).collect();
    told.len() < denial.ways.len()
}

/// An opening of a way that has all the facts of another one.
pub(super) fn wider(denial: &Denial) -> Option<(&Opening, &Opening)> {
    fn facts(opening: &Opening) -> BTreeSet<(bool, &Fact)> {
        let insert = opening.insert.iter().map(|fact| (true, fact));
        insert.chain(opening.delete.iter().map(|fact| (false, fact))).collect()
    }
    denial.ways.iter().find_map(|way| {
        way.openings.iter().enumerate().find_map(|(number, one)| {
            let others = way.openings.iter().enumerate().filter(|(other, _)| *other != number);
            others.map(|(_, other)| other).find(|other| facts(one).is_superset(&facts(other))).map(|other| (one, other))
        })
    })
}

#[test]
fn a_role_that_has_no_permission_hears_of_each_way_once_and_of_no_fact_that_another_replaces() {
    let world = world::World::on("marketing.dl")
        .made("+account(account:acme). +user(user:ana).")
        .made("+account(account:beta). +role_of(user:ana, account:beta, role:account_admin).")
        .made("+teams_enabled(account:acme).")
        .made("+user(user:bob). +role_of(user:bob, account:acme, role:reports_only).")
        .made("+home(list:1, account:acme).");
    let asked = check("user:bob", "resource.view", "list:1");
    let told = world.engine().explain(world.tenant(), &asked).expect("an explanation");
    let Verdict::Denied(denial) = told.verdict else { panic!("{asked:?} is allowed") };
    assert!(!repeats(&denial), "{denial:#?}");
    assert_eq!(wider(&denial), None);
    // Of those by which the role is admin of all, one for each permission that the text names, one is left.
    let is_admin = |way: &&ClosedWay| {
        way.openings.iter().any(|told| opening(told) == "+role_of(user:bob, account:acme, role:account_admin)")
    };
    let of_admin: Vec<&ClosedWay> = denial.ways.iter().filter(is_admin).collect();
    assert_eq!(of_admin[0].rules, ["marketing.dl:58", "marketing.dl:53", "marketing.dl:56", "roles.dl:26"]);
    assert_eq!(of_admin[0].openings.len(), 1, "{of_admin:#?}");
    assert_eq!((of_admin.len(), denial.ways.len(), denial.n_ways), (2, 20, 26));
}

const SHELF: &str = r#"
open type user, team, group, doc.
type role { reader, guest }.
relation member(team | group, user), shared(doc, team | group), role_of(user) -> role, hidden(doc).
permission doc.view on doc "View".
permission doc.read on doc "Read".
can(U, doc.view, D) :- shared(D, S), member(S, U).
can(U, doc.read, D) :- role_of(U, reader), doc(D), not is_guest(U).
is_guest(U) :- role_of(U, guest), user(U).
"#;

#[test]
fn ways_that_differ_in_types_alone_are_told_as_one_with_the_openings_of_both() {
    let world = World::new(SHELF, "member(team:eu, user:ana). member(group:g, user:ana). shared(doc:2, team:eu).");
    let denial = world.denial("user:ana", "doc.view", "doc:1");
    assert_eq!((denial.n_ways, denial.ways.len()), (2, 2), "{denial:#?}");
    let world = World::new(SHELF, "team(team:eu). group(group:g). user(user:bo). doc(doc:1).");
    let denial = world.denial("user:bo", "doc.view", "doc:1");
    assert_eq!((denial.n_ways, denial.ways.len()), (1, 1), "{denial:#?}");
    let told = openings(&denial);
    assert_eq!(
        told,
        ["+member(group:g, user:bo) +shared(doc:1, group:g)", "+member(team:eu, user:bo) +shared(doc:1, team:eu)"]
    );
}

#[test]
fn what_a_new_value_replaces_anyway_is_not_to_be_deleted_too() {
    let world = World::new(SHELF, "role_of(user:ana, guest). doc(doc:1).");
    let denial = world.denial("user:ana", "doc.read", "doc:1");
    assert_eq!(openings(&denial), ["+role_of(user:ana, reader)"]);
    assert_eq!(denial.ways[0].openings[0].replaces[0].to_string(), "role_of(user:ana, guest)");
}
