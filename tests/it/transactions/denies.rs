//! Step 5: denies, on the state after; also at activation.

use entail::engine::limits::Limits;
use entail::engine::request::{PolicyText, Write};
use entail::{Engine, Options};

use super::world::{POLICY, World, fact, write};

#[test]
fn a_violation_says_the_authors_words_the_facts_and_the_rules_place() {
    let world = World::new();
    let error = world.refused(&["+role_of(user:ana, role:staff)"]);
    assert_eq!((error.code, error.message.as_str()), ("constraint-violated", "make someone else an admin first"));
    let place = POLICY.lines().position(|line| line.starts_with("deny \"make")).unwrap() + 1;
    let detail = format!("make someone else an admin first: team(team:eu), not has_admin(team:eu) (p.dl:{place})");
    assert_eq!(error.details, [detail]);
}

#[test]
fn all_violations_are_named_at_once() {
    let world = World::new();
    world.write(&["+owner(doc:1, user:bo)"]);
    let error = world.refused(&["-role_of(user:bo, role:staff)", "+watcher(doc:1, user:bo)", "+team(team:us)"]);
    assert_eq!(error.details.len(), 3, "{:?}", error.details);
    assert!(error.details.iter().any(|detail| detail.contains("watcher(doc:1, user:bo), owner(doc:1, user:bo)")));
}

#[test]
fn a_deny_is_broken_by_what_goes_through_rules_as_well() {
    let world = World::new();
    for changes in [
        &["-member(team:eu, user:ana)"][..],
        &["+role_of(user:ana, role:staff)"],
        &["-user(user:ana)"],
        &["+team(team:us)", "+member(team:us, user:bo)"],
    ] {
        assert_eq!(world.refused(changes).message, "make someone else an admin first", "{changes:?}");
    }
    world.write(&["+role_of(user:ana, role:staff)", "+role_of(user:bo, role:admin)"]);
    world.write(&["-member(team:eu, user:bo)", "+member(team:eu, user:cy)", "+role_of(user:cy, role:admin)"]);
    world.write(&["-team(team:eu)"]);
}

#[test]
fn a_deny_over_what_recursion_reaches_is_kept() {
    let world = World::new();
    let more = "relation under(team, team).\nwithin(X, Y) :- under(X, Y).\nwithin(X, Z) :- under(X, Y), within(Y, Z).\n\
                deny \"no team lies within itself\" :- within(X, X).\n\
                deny \"documents are pinned below a top team\" :- pinned(D), owner(D, U), member(T, U), not topped(T).\n\
                topped(T) :- top(T).\ntopped(T) :- under(T, S), topped(S).\nrelation top(team).\n";
    world.activate(&format!("{POLICY}\n{more}")).unwrap();
    let teams = ["+team(team:a)", "+team(team:b)", "+member(team:a, user:ana)", "+member(team:b, user:ana)"];
    world.write(&teams);
    world.write(&["+under(team:a, team:b)", "+under(team:b, team:eu)", "+top(team:eu)"]);
    assert_eq!(world.refused(&["+under(team:eu, team:a)"]).message, "no team lies within itself");
    world.write(&["+owner(doc:1, user:bo)", "+pinned(doc:1)"]);
    assert_eq!(world.refused(&["-top(team:eu)"]).message, "documents are pinned below a top team");
    world.write(&["-top(team:eu)", "+top(team:b)", "+under(team:eu, team:b)", "-under(team:b, team:eu)"]);
}

#[test]
fn a_refused_write_leaves_its_group_as_it_was() {
    let world = World::new();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let world = &world;
            scope.spawn(move || {
                for n in 0..20 {
                    let doc = format!("+owner(doc:{thread}-{n}, user:cy)");
                    world.try_write(&write(&[&doc])).unwrap();
                    let spoilt = Write { ..write(&["+role_of(user:ana, role:staff)", "+pinned(doc:spoilt)"]) };
                    assert_eq!(world.try_write(&spoilt).unwrap_err().code, "constraint-violated");
                }
            });
        }
    });
    assert_eq!(world.values("owner(D, user:cy)").len(), 160);
    assert!(!world.holds("doc(doc:spoilt)"));
}

#[test]
fn a_policy_whose_denies_the_data_breaks_is_not_activated() {
    let world = World::new();
    let users: Vec<String> = (0..30).map(|n| format!("+user(user:u{n})")).collect();
    world.write(&users.iter().map(String::as_str).collect::<Vec<_>>());
    let error = world.activate(&format!("{POLICY}\ndeny \"staff is gone\" :- role_of(_, role:staff).\n")).unwrap_err();
    assert_eq!((error.code, error.message.as_str()), ("constraint-violated", "staff is gone"));
    let error = world.activate(&format!("{POLICY}\ndeny \"staff is gone\" :- role_of(U, role:staff).\n")).unwrap_err();
    assert_eq!(error.details.len(), 20);
    assert!(error.help.as_ref().unwrap().contains("32 violations"), "{:?}", error.help);
    // The old policy is in force.
    world.write(&["+user(user:di)"]);
}

#[test]
fn an_allow_carries_its_obligations_and_a_deny_none() {
    let world = World::new();
    world.write(&["+owner(doc:1, user:bo)", "+owner(doc:2, user:bo)", "+pinned(doc:2)"]);
    assert_eq!(world.check("user:bo", "doc.view", "doc:1"), (true, vec![]));
    assert_eq!(world.check("user:ana", "doc.view", "doc:1"), (true, vec!["log".to_owned(), "mask".to_owned()]));
    assert_eq!(world.check("user:ana", "doc.view", "doc:2"), (true, vec!["mask".to_owned()]));
    assert_eq!(world.check("user:ana", "doc.edit", "doc:1"), (false, vec![]));
    assert_eq!(world.check("user:cy", "doc.view", "doc:1"), (false, vec![]));
}

#[test]
fn a_write_costs_what_it_touches_and_not_the_data() {
    let directory = tempfile::tempdir().unwrap();
    let open = |rows: u64| {
        let limits = Limits { rows, ..Limits::default() };
        Engine::open(directory.path(), Options { limits, ..Options::default() }).unwrap()
    };
    let engine = open(Limits::default().rows);
    let files = [("p.dl".to_owned(), POLICY.to_owned())].into();
    engine.activate("t", &PolicyText { main: "p.dl".to_owned(), files }).unwrap();
    let mut facts = vec![fact("team(team:eu)"), fact("user(user:ana)"), fact("role_of(user:ana, role:admin)")];
    facts.push(fact("member(team:eu, user:ana)"));
    for n in 0..20_000 {
        facts.push(fact(&format!("user(user:u{n})")));
        facts.push(fact(&format!("role_of(user:u{n}, role:staff)")));
        facts.push(fact(&format!("owner(doc:d{n}, user:u{n})")));
    }
    engine.load("t", &facts).unwrap();
    drop(engine);

    let engine = open(50);
    let ana = |changes: &[&str]| Write { actor: Some("user:ana".to_owned()), ..write(changes) };
    for changes in [
        &["+user(user:new)"][..],
        &["+role_of(user:u7, role:admin)"],
        &["+member(team:eu, user:u7)"],
        &["-member(team:eu, user:ana)"],
    ] {
        engine.write("t", &ana(changes)).unwrap_or_else(|error| panic!("{changes:?}: {error}"));
    }
    let user = Write { actor: Some("user:u9".to_owned()), ..write(&["+owner(doc:new, user:u9)"]) };
    engine.write("t", &user).unwrap();
    // A limit is no yes: where it is hit, nothing is written.
    let rules = engine.write("t", &write(&["+pinned(D) :- owner(D, _)"])).unwrap_err();
    assert_eq!(rules.code, "limit-exceeded");
}

#[test]
fn a_deny_over_many_ways_is_planned_in_time_and_still_kept() {
    let world = World::new();
    let mut policy = format!("{POLICY}\nrelation a(user), b(user).\np0(U) :- a(U), not b(U).\n");
    for n in 1..=14 {
        let m = n - 1;
        policy.push_str(&format!("p{n}(U) :- p{m}(U), p{m}(V), p{m}(W), user(V), user(W).\n"));
    }
    policy.push_str("deny \"ana has all\" :- a(U), not p14(U).\n");
    world.activate(&policy).unwrap();
    world.write(&["+a(user:ana)"]);
    assert_eq!(world.refused(&["+b(user:ana)"]).message, "ana has all");
    assert_eq!(world.refused(&["+b(user:bo)", "+a(user:bo)"]).message, "ana has all");
}

#[test]
fn a_violation_is_one_however_many_types_and_permissions_the_rule_has() {
    let world = World::new();
    let more = "relation x(user | team), holds(user, permission).\ndeny \"no x\" :- x(_).\n\
                ok(U, P) :- holds(U, P), P != doc.edit.\nok(U, doc.view) :- admin_role(R), role_of(U, R).\n\
                deny \"nobody holds what is fine\" :- holds(U, P), ok(U, P).\n";
    world.activate(&format!("{POLICY}\n{more}")).unwrap();
    assert_eq!(world.refused(&["+x(user:ana)", "+x(team:eu)"]).details.len(), 1);
    let error = world.refused(&["+holds(user:bo, doc.view)", "+holds(user:bo, doc.edit)"]);
    assert_eq!(error.details.len(), 1, "{:?}", error.details);
    assert!(error.details[0].contains("holds(user:bo, doc.view), ok(user:bo, doc.view)"), "{:?}", error.details);
}
