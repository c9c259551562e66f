//! A change counts right away: the next check with the write's token, on any thread, sees it.

use std::thread;

use entail::engine::request::Check;

use super::world::{World, check};

/// An admin, Bob who leads with scope `teammates`, Cy with a sequence, and a team of nobody.
fn account() -> World {
    World::on("sales.dl")
        .made("+account(account:acme). +user(user:ana).")
        .made("+user(user:bob). +user(user:cy). +team(team:eu). +name(team:eu, \"EU\").")
        .made("+role(role:lead). +name(role:lead, \"Lead\"). +scope(role:lead, sequence.view, teammates).")
        .made("+owner(sequence:1, user:cy).")
}

/// After each of these writes, Bob may see the sequence or not: in this thread and in two others, which ask at once.
#[track_caller]
fn assert_at_once(world: &World, writes: &[(&str, &str, bool)]) {
    for (actor, write, is_allowed) in writes {
        let token = world.assert_accepted(actor, write).revision.to_string();
        assert_eq!(world.check_at(&token, "user:bob", "sequence.view", "sequence:1"), *is_allowed, "{write}");
        let question = Check { at: Some(token), ..check("user:bob", "sequence.view", "sequence:1") };
        let (engine, tenant) = (world.engine(), world.tenant());
        thread::scope(|scope| {
            let ask = || engine.check(tenant, &question).expect("a decision").allowed;
            for thread in [scope.spawn(ask), scope.spawn(ask)] {
                assert_eq!(thread.join().expect("an answer"), *is_allowed, "{write}");
            }
        });
    }
}

#[test]
fn a19_a_change_of_team_and_of_role() {
    let world = account();
    world.assert_denied("user:bob", "sequence.view", "sequence:1");
    let writes = [
        ("user:ana", "+role_of(user:bob, account:acme, role:lead).", false),
        ("user:ana", "+member(team:eu, user:bob). +member(team:eu, user:cy).", true),
        ("user:ana", "-member(team:eu, user:cy).", false),
        ("user:ana", "+member(team:eu, user:cy).", true),
        ("user:ana", "+role_of(user:bob, account:acme, role:sales_rep).", false),
        ("user:ana", "+role_of(user:bob, account:acme, role:admin).", true),
    ];
    assert_at_once(&world, &writes);
}

#[test]
fn a19_a_change_of_scope() {
    let world = account();
    let writes = [
        ("user:ana", "+role_of(user:bob, account:acme, role:lead).", false),
        ("user:ana", "+scope(role:lead, sequence.view, all).", true),
        ("user:ana", "+scope(role:lead, sequence.view, own).", false),
        ("user:ana", "-scope(role:lead, sequence.view, own).", false),
        ("user:ana", "+scope(role:lead, sequence.view, all).", true),
    ];
    assert_at_once(&world, &writes);
}

#[test]
fn a19_a_change_of_owner_and_of_sharing() {
    let world = account();
    let writes = [
        ("user:cy", "+shared(sequence:1, user:bob, sequence.view).", true),
        ("user:cy", "-shared(sequence:1, user:bob, sequence.view).", false),
        ("user:cy", "+owner(sequence:1, user:bob).", true),
        ("user:bob", "+owner(sequence:1, user:cy).", false),
        ("user:cy", "+shared(sequence:1, account:acme, sequence.view).", true),
        ("user:ana", "-sequence(sequence:1).", false),
    ];
    assert_at_once(&world, &writes);
}
