//! Deleting a custom role: alone, and with users, who are moved in the same transaction.

use entail::engine::request::Written;

use super::world::World;

/// An admin, a role of three users, one of nobody.
fn account() -> World {
    World::on("sales.dl")
        .made("+account(account:acme). +user(user:ana).")
        .made("+role(role:junior). +name(role:junior, \"Junior\"). +role(role:senior). +name(role:senior, \"Senior\").")
        .made("+user(user:bob). +role_of(user:bob, account:acme, role:junior).")
        .made("+user(user:cy). +role_of(user:cy, account:acme, role:junior).")
        .made("+user(user:di). +role_of(user:di, account:acme, role:junior).")
}

/// How many users the write gave a role, asked for or by effect.
fn moved(written: &Written) -> u64 {
    let changes = written.changes.iter().filter(|change| change.relation == "role_of");
    changes.map(|change| change.inserted.asked + change.inserted.added).sum()
}

#[test]
fn a20_a_role_without_users_is_removed() {
    let world = account();
    world.assert_refused("user:bob", "-role(role:senior).", "can(user:bob, users.manage, account:acme)");
    let written = world.assert_accepted("user:ana", "-role(role:senior).");
    assert_eq!(moved(&written), 0);
    assert_eq!(world.values("role(R)"), ["role:admin", "role:junior", "role:sales_rep"]);
    assert_eq!(world.values("enabled(role:senior, P)"), [""; 0]);
}

#[test]
fn a20_its_users_become_sales_reps_and_the_reply_says_how_many() {
    let world = account();
    let written = world.assert_accepted("user:ana", "-role(role:junior).");
    assert_eq!(moved(&written), 3);
    assert_eq!(world.values("role_of(U, account:acme, role:sales_rep)"), ["user:bob", "user:cy", "user:di"]);
}

#[test]
fn a20_or_what_else_is_named_in_the_same_transaction() {
    let world = account();
    let rules = "-role(role:junior). +role_of(U, X, role:senior) :- role_of(U, X, role:junior).";
    assert!(world.write_rules("user:bob", rules).is_err());
    let written = world.write_rules("user:ana", rules).expect("an admin deletes a role");
    assert_eq!(moved(&written), 3);
    assert_eq!(world.values("role_of(U, account:acme, role:senior)"), ["user:bob", "user:cy", "user:di"]);
    assert_eq!(world.values("role_of(U, account:acme, role:sales_rep)"), [""; 0]);
}

#[test]
fn a20_users_are_not_moved_to_the_role_that_goes_or_to_one_that_is_not_there() {
    let world = account();
    for other in ["role:junior", "role:nobodys"] {
        let rules = format!("-role(role:junior). +role_of(U, X, {other}) :- role_of(U, X, role:junior).");
        assert!(world.write_rules("user:ana", &rules).is_err(), "{other}");
    }
    assert_eq!(world.values("role_of(U, account:acme, role:junior)").len(), 3);
}

#[test]
fn a20_what_was_shared_with_the_role_is_shared_no_longer() {
    let world = account().facts("owner(sequence:1, user:ana). shared(sequence:1, role:junior, sequence.view).");
    world.assert_allowed("user:bob", "sequence.view", "sequence:1");
    world.assert_accepted("user:ana", "-role(role:junior).");
    world.assert_denied("user:bob", "sequence.view", "sequence:1");
    assert_eq!(world.query("shared(sequence:1, W, P)").len(), 0);
}
