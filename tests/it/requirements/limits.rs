//! Numbers that rules compare: sending limits within boundaries, and limits of credits.

use super::world::World;

const ABOVE: &str = "the limit is above the boundary admins set";

/// An admin, and the reps Bob and Cy.
fn account() -> World {
    World::on("sales.dl").made("+account(account:acme). +user(user:ana).").made("+user(user:bob). +user(user:cy).")
}

#[test]
fn b03_a_rep_sets_their_own_limit_within_the_boundary_that_admins_set() {
    let world = account();
    world.assert_accepted("user:ana", "+boundary(user:bob, 100).");
    world.assert_accepted("user:bob", "+sending_limit(user:bob, 50).");
    world.assert_accepted("user:bob", "+sending_limit(user:bob, 100).");
    world.assert_refused("user:bob", "+sending_limit(user:bob, 101).", ABOVE);
    assert_eq!(world.values("sending_limit(user:bob, N)"), ["100"]);
}

#[test]
fn b03_without_a_boundary_of_ones_own_the_organisations_applies() {
    let world = account();
    world.assert_accepted("user:bob", "+sending_limit(user:bob, 1000).");
    world.assert_refused("user:ana", "+boundary(account:acme, 100).", ABOVE);
    world.assert_accepted("user:bob", "+sending_limit(user:bob, 50).");
    world.assert_accepted("user:ana", "+boundary(account:acme, 100).");
    world.assert_refused("user:bob", "+sending_limit(user:bob, 101).", ABOVE);
    world.assert_accepted("user:ana", "+boundary(user:bob, 200).");
    world.assert_accepted("user:bob", "+sending_limit(user:bob, 101).");
    world.assert_refused("user:ana", "-boundary(user:bob, 200).", ABOVE);
    world.assert_refused("user:cy", "+sending_limit(user:cy, 101).", ABOVE);
}

#[test]
fn b03_an_admin_sets_the_organisations_boundary_and_any_reps_limit_and_a_rep_neither() {
    let world = account();
    world.assert_refused("user:bob", "+boundary(account:acme, 100).", "can(user:bob, safety.manage");
    world.assert_refused("user:bob", "+boundary(user:bob, 100).", "can(user:bob, safety.manage");
    world.assert_refused("user:bob", "+sending_limit(user:cy, 10).", "can(user:bob, mailbox.limit, user:cy)");
    world.assert_accepted("user:ana", "+boundary(account:acme, 100).");
    world.assert_accepted("user:ana", "+sending_limit(user:cy, 10). +sending_limit(user:bob, 20).");
    world.assert_refused("user:ana", "+sending_limit(user:cy, 101).", ABOVE);
    world.assert_users("mailbox.limit", "user:cy", &["user:ana", "user:cy"]);
    world.assert_users("mailbox.limit", "account:acme", &["user:ana"]);
}

#[test]
fn b03_who_may_not_manage_mailboxes_does_not_even_set_their_own() {
    let world = account().made("+role(role:junior). +name(role:junior, \"Junior\").");
    world.assert_accepted("user:ana", "+role_of(user:bob, account:acme, role:junior).");
    world.assert_accepted("user:bob", "+sending_limit(user:bob, 10).");
    world.assert_accepted("user:ana", "-enabled(role:junior, mailbox.manage).");
    world.assert_refused("user:bob", "+sending_limit(user:bob, 10).", "can(user:bob, mailbox.limit, user:bob)");
}

#[test]
fn b04_credit_limits_are_set_per_rep_by_admins_alone() {
    let world = account();
    world.assert_refused("user:bob", "+credit_limit(user:bob, 500).", "can(user:bob, credits.manage");
    world.assert_accepted("user:ana", "+credit_limit(user:bob, 500). +credit_limit(user:cy, 20).");
    assert_eq!(world.values("credit_limit(user:cy, N)"), ["20"]);
    world.assert_refused("user:cy", "-credit_limit(user:cy, 20).", "can(user:cy, credits.manage");
    world.assert_accepted("user:ana", "-credit_limit(user:cy, 20).");
}
