//! Every user has one role, and every account an admin: what becomes of new users, and what is refused.

use std::sync::Barrier;
use std::thread;

use entail::engine::request::Write;
use entail::model::fact::RawFact;
use entail::model::value::Raw;

use super::world::World;

const NO_ADMIN: &str = "assign the Admin role to someone else first";

/// The account as its first write leaves it, and two users who were invited.
fn account() -> World {
    World::on("sales.dl").made("+account(account:acme). +user(user:ana).").made("+user(user:bob). +user(user:cy).")
}

#[test]
fn a01_a_new_account_has_two_system_roles_and_no_other() {
    let world = account();
    assert_eq!(world.values("role(R)"), ["role:admin", "role:sales_rep"]);
    assert_eq!(world.values("system(R)"), ["role:admin", "role:sales_rep"]);
    assert_eq!(world.values("name(role:admin, N)"), ["Admin"]);
    assert_eq!(world.values("name(role:sales_rep, N)"), ["Sales Rep"]);
}

#[test]
fn a01_system_roles_are_neither_edited_nor_renamed_nor_deleted_not_even_by_an_admin() {
    let world = account().made("+role(role:lead). +name(role:lead, \"Lead\").");
    let edits = ["+enabled(ROLE, billing.manage).", "+scope(ROLE, list.edit, all).", "+description(ROLE, \"All\")."];
    for role in ["role:admin", "role:sales_rep"] {
        for edit in edits {
            world.assert_refused("user:ana", &edit.replace("ROLE", role), "system roles can't be edited");
        }
        world.assert_refused("user:ana", &format!("+name({role}, \"Boss\")."), "built in");
        world.assert_refused("user:ana", &format!("-role({role})."), "built in");
    }
    for edit in edits {
        world.assert_accepted("user:ana", &edit.replace("ROLE", "role:lead"));
    }
    world.assert_accepted("user:ana", "+name(role:lead, \"Boss\").");
    world.assert_accepted("user:ana", "-role(role:lead).");
}

#[test]
fn a01_the_product_itself_cannot_edit_them_either() {
    let world = account();
    for edit in ["+enabled(role:admin, billing.manage).", "+scope(role:sales_rep, list.edit, all)."] {
        let error = world.write(None, edit).expect_err("a system role is edited");
        assert!(error.details.join("\n").contains("system roles can't be edited"), "{error:?}");
    }
}

#[test]
fn a02_a_second_role_replaces_the_first_in_the_same_transaction() {
    let world = account();
    assert_eq!(world.values("role_of(user:bob, account:acme, R)"), ["role:sales_rep"]);
    let written = world.assert_accepted("user:ana", "+role_of(user:bob, account:acme, role:admin).");
    assert_eq!((written.inserted, written.deleted), (1, 1));
    assert_eq!(world.values("role_of(user:bob, account:acme, R)"), ["role:admin"]);
    world.assert_allowed("user:bob", "billing.manage", "account:acme");
}

#[test]
fn a02_two_roles_at_once_are_refused() {
    let both = "+role_of(user:bob, account:acme, role:admin). +role_of(user:bob, account:acme, role:sales_rep).";
    account().assert_refused("user:ana", both, "role_of(user:bob, account:acme");
}

#[test]
fn a02_a_user_without_a_role_cannot_exist() {
    let world = account();
    let away = "-role_of(user:bob, account:acme, role:sales_rep).";
    world.assert_refused("user:ana", away, "every user has a role");
    world.assert_refused("user:bob", away, "can(user:bob, users.manage, account:acme)");
    world.assert_accepted("user:ana", "-user(user:bob).");
    assert_eq!(world.values("role_of(U, account:acme, role:sales_rep)"), ["user:cy"]);
}

#[test]
fn a03_the_last_admin_is_neither_demoted_nor_deleted_nor_reassigned() {
    let world = account().made("+role(role:lead). +name(role:lead, \"Lead\").");
    world.assert_refused("user:ana", "+role_of(user:ana, account:acme, role:sales_rep).", NO_ADMIN);
    world.assert_refused("user:ana", "+role_of(user:ana, account:acme, role:lead).", NO_ADMIN);
    let error = world.write(None, "-user(user:ana).").expect_err("the last admin is deleted");
    assert!(error.details.join("\n").contains(NO_ADMIN), "{error:?}");

    world.assert_accepted("user:ana", "+role_of(user:bob, account:acme, role:admin).");
    world.assert_accepted("user:ana", "+role_of(user:ana, account:acme, role:sales_rep).");
    world.assert_refused("user:bob", "+role_of(user:bob, account:acme, role:sales_rep).", NO_ADMIN);
    world.assert_accepted("user:bob", "-user(user:ana).");
}

#[test]
fn a03_an_admin_steps_down_in_the_write_that_names_another() {
    let world = account();
    let handed = "+role_of(user:ana, account:acme, role:sales_rep). +role_of(user:cy, account:acme, role:admin).";
    world.assert_accepted("user:ana", handed);
    assert_eq!(world.values("role_of(U, account:acme, role:admin)"), ["user:cy"]);
}

#[test]
fn a03_of_two_admins_who_demote_each_other_at_the_same_moment_one_remains() {
    let world = account();
    for _ in 0..50 {
        let admins = "role_of(user:ana, account:acme, role:admin). role_of(user:bob, account:acme, role:admin).";
        world.load(admins);
        let (engine, tenant, start) = (world.engine(), world.tenant(), Barrier::new(2));
        let demote = |actor: &str, other: &str| {
            let values = [other, "account:acme", "role:sales_rep"].map(|value| Raw::Text(value.to_owned())).to_vec();
            let insert = vec![RawFact { relation: "role_of".to_owned(), values }];
            let write = Write { actor: Some(actor.to_owned()), insert, ..Write::default() };
            start.wait();
            engine.write(tenant, &write).is_ok()
        };
        let demoted = thread::scope(|scope| {
            let one = scope.spawn(|| demote("user:ana", "user:bob"));
            let other = scope.spawn(|| demote("user:bob", "user:ana"));
            [one.join().expect("an answer"), other.join().expect("an answer")]
        });
        assert_eq!(demoted.iter().filter(|done| **done).count(), 1, "{demoted:?}");
        assert_eq!(world.values("role_of(U, account:acme, role:admin)").len(), 1);
    }
}

#[test]
fn a03_of_two_admins_who_step_down_at_the_same_moment_one_hears_why_not() {
    let world = account();
    for _ in 0..50 {
        world.load("role_of(user:ana, account:acme, role:admin). role_of(user:bob, account:acme, role:admin).");
        let (engine, tenant, start) = (world.engine(), world.tenant(), Barrier::new(2));
        let step_down = |actor: &str| {
            let values = [actor, "account:acme", "role:sales_rep"].map(|value| Raw::Text(value.to_owned())).to_vec();
            let insert = vec![RawFact { relation: "role_of".to_owned(), values }];
            start.wait();
            engine.write(tenant, &Write { actor: Some(actor.to_owned()), insert, ..Write::default() })
        };
        let answers = thread::scope(|scope| {
            let threads = ["user:ana", "user:bob"].map(|actor| scope.spawn(move || step_down(actor)));
            threads.map(|thread| thread.join().expect("an answer"))
        });
        let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
        let [error] = refused[..] else { panic!("{answers:?}") };
        assert!(error.details.join("\n").contains(NO_ADMIN), "{error:?}");
        assert_eq!(world.values("role_of(U, account:acme, role:admin)").len(), 1);
    }
}

#[test]
fn a04_the_first_user_is_an_admin_and_each_later_one_a_sales_rep() {
    let world = account();
    assert_eq!(world.values("role_of(U, account:acme, role:admin)"), ["user:ana"]);
    world.assert_accepted("user:ana", "+user(user:di).");
    assert_eq!(world.values("role_of(U, account:acme, role:sales_rep)"), ["user:bob", "user:cy", "user:di"]);
    world.assert_allowed("user:ana", "billing.manage", "account:acme");
    world.assert_denied("user:di", "billing.manage", "account:acme");
}

#[test]
fn a04_unless_another_role_is_given() {
    let world = account();
    world.assert_accepted("user:ana", "+user(user:di). +role_of(user:di, account:acme, role:admin).");
    assert_eq!(world.values("role_of(user:di, account:acme, R)"), ["role:admin"]);
}

#[test]
fn b08_who_is_invited_has_the_default_role_until_told_otherwise() {
    let world = account();
    world.assert_accepted("user:ana", "+user(user:di@example.com). +name(user:di@example.com, \"Di\").");
    assert_eq!(world.values("role_of(user:di@example.com, account:acme, R)"), ["role:sales_rep"]);
    world.assert_denied("user:di@example.com", "personas.manage", "account:acme");
    world.assert_accepted("user:ana", "+role_of(user:di@example.com, account:acme, role:admin).");
    world.assert_allowed("user:di@example.com", "personas.manage", "account:acme");
}

#[test]
fn b08_reps_invite_nobody() {
    let world = account();
    world.assert_refused("user:bob", "+user(user:di@example.com).", "can(user:bob, users.manage");
    world.assert_refused("user:bob", "+role_of(user:bob, account:acme, role:admin).", "can(user:bob, users.manage");
    assert_eq!(world.values("user(U)"), ["user:ana", "user:bob", "user:cy"]);
}
