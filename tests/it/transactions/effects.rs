//! Step 3: effects, one pass over the completed request, which wins.

use super::world::{POLICY, World, shown};

#[test]
fn a_write_brings_its_effects_and_the_reply_names_them() {
    let world = World::new();
    let written = world.write(&["+user(user:di)"]);
    assert_eq!(written.added.iter().map(shown).collect::<Vec<_>>(), ["role_of(user:di, role:staff)"]);
    let role_of = written.changes.iter().find(|change| change.relation == "role_of").unwrap();
    assert_eq!(role_of.inserted.added, 1);
    assert!(world.holds("role_of(user:di, role:staff)"));
}

#[test]
fn no_effect_sees_another() {
    let world = World::new();
    // Bo's document is watched by the team's others as the team was before.
    world.write(&["+owner(doc:1, user:bo)", "+member(team:eu, user:cy)"]);
    assert_eq!(world.values("watcher(doc:1, U)"), ["user:ana"]);
}

#[test]
fn the_request_wins_over_its_effects() {
    let world = World::new();
    // What it deletes is not added.
    world.write(&["+owner(doc:1, user:bo)", "-watcher(doc:1, user:ana)"]);
    assert_eq!(world.values("watcher(doc:1, U)"), [] as [&str; 0]);
    // A key that it sets keeps its value.
    world.write(&["+role(role:lead)", "+user(user:di)", "+role_of(user:di, role:lead)"]);
    assert_eq!(world.values("role_of(user:di, R)"), ["role:lead"]);
    // Nothing is added about what dies.
    world.write(&["+owner(doc:2, user:bo)", "-user(user:di)", "-role(role:lead)"]);
    assert!(!world.holds("user(user:di)"));
    assert_eq!(world.values("role_of(U, role:staff)"), ["user:bo", "user:cy"]);
}

#[test]
fn effects_read_what_goes() {
    let world = World::new();
    world.write(&["+role(role:lead)", "+role_of(user:bo, role:lead)"]);
    world.write(&["-role(role:lead)"]);
    assert_eq!(world.values("role_of(user:bo, R)"), ["role:staff"]);
}

#[test]
fn effects_that_give_one_key_two_values_refuse_the_write() {
    let world = World::new();
    world.activate(&format!("{POLICY}\n+role_of(U, role:admin) :- +user(U).\n")).unwrap();
    let error = world.refused(&["+user(user:di)"]);
    assert_eq!(error.code, "two-values");
    assert!(error.details[0].contains("p.dl:"), "{:?}", error.details);
    world.write(&["+user(user:di)", "+role_of(user:di, role:staff)"]);
}

#[test]
fn a_load_runs_no_effects_and_keeps_the_denies() {
    let world = World::new();
    let di = |more: &[&str]| super::world::write(&[&["+user(user:di)"], more].concat()).insert;
    let error = world.engine.load("t", &di(&[])).unwrap_err();
    assert_eq!((error.code, error.message.as_str()), ("constraint-violated", "every user has a role"));
    world.engine.load("t", &di(&["+role_of(user:di, role:staff)", "+owner(doc:1, user:bo)"])).unwrap();
    assert_eq!(world.values("watcher(doc:1, U)"), [] as [&str; 0]);
}

#[test]
fn a_load_past_the_journal_keeps_the_denies_too() {
    let world = World::new();
    let users = |roles: std::ops::Range<u32>| {
        let user = |n: u32| super::world::fact(&format!("user(user:u{n})"));
        let role = |n: u32| super::world::fact(&format!("role_of(user:u{n}, role:staff)"));
        (0..5_000).map(user).chain(roles.map(role)).collect::<Vec<_>>()
    };
    let before = world.facts();
    let error = world.engine.load("t", &users(0..4_990)).unwrap_err();
    assert_eq!((error.code, error.message.as_str()), ("constraint-violated", "every user has a role"));
    assert_eq!(error.details.len(), 10);
    assert_eq!(world.facts(), before);
    world.engine.load("t", &users(0..5_000)).unwrap();
    assert_eq!(world.facts().len(), before.len() + 10_000);
}
