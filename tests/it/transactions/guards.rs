//! Step 4: guards, asked for an actor alone, of all that was asked and nothing else.

use super::world::World;

#[test]
fn an_actor_needs_a_guard_for_each_fact_and_the_operator_none() {
    let world = World::new();
    world.write_as("user:ana", &["+user(user:di)"]);
    let error = world.refused_as("user:bo", &["+user(user:ed)", "+member(team:eu, user:ed)"]);
    assert_eq!(error.code, "guard-refused");
    assert_eq!(error.details.len(), 2, "{:?}", error.details);
    assert!(error.details.iter().all(|detail| detail.contains("lacks `is_admin(user:bo)`")), "{:?}", error.details);
    world.write(&["+user(user:ed)"]);
}

#[test]
fn nobody_grants_himself_the_right_in_the_same_write() {
    let world = World::new();
    let error = world.refused_as("user:bo", &["+role_of(user:bo, role:admin)", "+user(user:ed)"]);
    assert_eq!(error.details.len(), 2, "{:?}", error.details);
    world.write_as("user:ana", &["+role_of(user:bo, role:admin)"]);
    world.write_as("user:bo", &["+user(user:ed)"]);
}

#[test]
fn a_guard_reads_what_the_write_creates_by_its_sign() {
    let world = World::new();
    // What completes it, and what effects add, needs no guard.
    let written = world.write_as("user:bo", &["+owner(doc:1, user:bo)"]);
    assert_eq!(written.added.len(), 1);
    assert_eq!(world.refused_as("user:cy", &["+owner(doc:2, user:bo)"]).code, "guard-refused");
    assert_eq!(world.refused_as("user:cy", &["+owner(doc:1, user:cy)"]).code, "guard-refused");
    world.write_as("user:bo", &["+owner(doc:1, user:cy)", "-watcher(doc:1, user:ana)"]);
    world.write_as("user:cy", &["-doc(doc:1)"]);
}

#[test]
fn what_changes_nothing_is_asked_too_or_facts_could_be_probed() {
    let world = World::new();
    world.write(&["+owner(doc:1, user:bo)"]);
    for fact in ["+owner(doc:1, user:bo)", "-watcher(doc:1, user:cy)", "-watcher(doc:1, user:ana)"] {
        assert_eq!(world.refused_as("user:cy", &[fact]).code, "guard-refused", "{fact}");
    }
}

#[test]
fn what_a_request_rule_asks_for_is_asked_like_any_other_fact() {
    let world = World::new();
    world.write(&["+owner(doc:1, user:bo)", "+owner(doc:2, user:ana)"]);
    let error = world.refused_as("user:bo", &["-watcher(D, U) :- watcher(D, U)"]);
    assert_eq!(error.details.len(), 1, "one document is his: {:?}", error.details);
    world.write_as("user:bo", &["-watcher(D, U) :- watcher(D, U), owner(D, user:bo)"]);
}

#[test]
fn a_relation_without_a_guard_is_the_operators_alone() {
    let world = World::new();
    let error = world.refused_as("user:ana", &["+pinned(doc:1)"]);
    assert!(error.details[0].contains("it is the operator's alone"), "{:?}", error.details);
    // A guard that speaks of inserts alone says nothing of deletes.
    let error = world.refused_as("user:ana", &["-user(user:cy)"]);
    assert!(error.details[0].contains("no guard speaks of such a fact"), "{:?}", error.details);
}

#[test]
fn an_actor_who_is_not_there_may_nothing_and_one_that_is_no_object_is_an_error() {
    let world = World::new();
    assert_eq!(world.refused_as("user:ghost", &["+user(user:di)"]).code, "guard-refused");
    assert_eq!(world.refused_as("doc:1", &["+user(user:di)"]).code, "guard-refused");
    assert_eq!(world.refused_as("wat:1", &["+user(user:di)"]).code, "unknown-type");
    assert_eq!(world.refused_as("team:eu#member", &["+user(user:di)"]).kind, entail::engine::error::Kind::Invalid);
}

#[test]
fn guards_come_before_denies_so_a_stranger_learns_nothing() {
    let world = World::new();
    assert_eq!(world.refused_as("user:cy", &["+role_of(user:ana, role:staff)"]).code, "guard-refused");
    let error = world.refused_as("user:ana", &["+role_of(user:ana, role:staff)"]);
    assert_eq!(error.message, "make someone else an admin first");
}

#[test]
fn an_actor_whose_type_the_guard_leaves_open_is_compared_all_the_same() {
    let world = World::new();
    world.activate(&format!("{}\nguard -user(U) by A :- U != A.\n", super::world::POLICY)).unwrap();
    assert_eq!(world.refused_as("user:cy", &["-user(user:cy)"]).code, "guard-refused");
    world.write_as("user:bo", &["-user(user:cy)"]);
}

#[test]
fn a_stranger_hears_nothing_of_what_is_wrong_with_the_rest_of_his_request() {
    let world = World::new();
    let more = "relation secret(user, integer).\nrelation level(user) -> integer.\n+level(U, N) :- +pinned(D), watcher(D, U), secret(U, N).\n";
    world.activate(&format!("{}\n{more}", super::world::POLICY)).unwrap();
    world.write(&["+owner(doc:1, user:bo)", "+secret(user:ana, 17)", "+secret(user:ana, 18)"]);
    assert_eq!(world.refused(&["+pinned(doc:1)"]).code, "two-values");
    for changes in [&["+pinned(doc:1)"][..], &["+role_of(user:nobody, role:staff)"]] {
        assert_eq!(world.refused_as("user:cy", changes).code, "guard-refused", "{changes:?}");
    }
    let require = entail::engine::request::Write {
        actor: Some("user:cy".to_owned()),
        require: vec![super::world::fact("secret(user:ana, 19)")],
        ..super::world::write(&["+pinned(doc:2)"])
    };
    assert_eq!(world.refusal(&require).code, "guard-refused");
}

#[test]
fn whoever_may_write_hears_what_is_wrong_also_about_what_he_creates() {
    let world = World::new();
    let more = "relation noted(doc, team).\nguard +noted(D, T) by A :- +doc(D), user(A), team(T).\nguard +noted(D, _) by A :- +doc(D), user(A).\n";
    world.activate(&format!("{}\n{more}", super::world::POLICY)).unwrap();
    assert_eq!(world.refused_as("user:cy", &["+noted(doc:new, team:ghost)"]).code, "unknown-object");
    assert_eq!(world.refused_as("user:cy", &["+pinned(doc:new)", "+noted(doc:new, team:ghost)"]).code, "guard-refused");
}

#[test]
fn a_guard_on_a_type_that_others_are_guards_those_too() {
    let world = World::new();
    let more = "type place.\ntype site is place.\nguard +place(P) by A :- is_admin(A), +place(P).\n";
    world.activate(&format!("{}\n{more}", super::world::POLICY)).unwrap();
    world.write_as("user:ana", &["+site(site:1)"]);
    let error = world.refused_as("user:cy", &["+site(site:2)"]);
    assert!(error.details[0].contains("lacks `is_admin(user:cy)`"), "{:?}", error.details);
    let error = world.refused_as("user:ana", &["-site(site:1)"]);
    assert!(error.details[0].contains("no guard speaks of such a fact"), "{:?}", error.details);
}
