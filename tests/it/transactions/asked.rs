//! Steps 1 and 2: what is asked, by facts and by rules, and what completes it.

use entail::engine::request::{Reasons, Write};

use super::world::{World, fact, write};

#[test]
fn what_cannot_be_asked_is_refused_by_its_code() {
    let world = World::new();
    let cases: [(&[&str], &str); 9] = [
        (&["+owner(doc:1, user:bo)", "-owner(doc:1, user:bo)"], "fact-in-both"),
        (&["+owner(doc:1, user:bo)", "+owner(doc:1, user:cy)"], "two-values"),
        (&["+is_admin(user:bo)"], "not-stored"),
        (&["-role(role:admin)"], "built-in"),
        (&["+owner(doc:1, team:eu)"], "wrong-type"),
        (&["+owner(doc:1, user:nobody)"], "unknown-object"),
        (&["+owner(doc:1, user:bo)", "-user(user:bo)"], "deleted-object"),
        (&["+watcher(D, U) :- owner(D, user:cy)"], "rules-invalid"),
        (&["+owner(D, user:bo) :- +doc(D)"], "rules-invalid"),
    ];
    for (changes, code) in cases {
        assert_eq!(world.refused(changes).code, code, "{changes:?}");
    }
}

#[test]
fn a_request_rule_asks_for_what_holds_before() {
    let world = World::new();
    world.write(&["+owner(doc:1, user:bo)", "+owner(doc:2, user:bo)"]);
    // The rules read the state before: the second one doesn't see what the first one asks for.
    world.write(&["+owner(D, user:cy) :- owner(D, user:bo)", "+pinned(D) :- owner(D, user:cy)"]);
    assert_eq!(world.values("owner(D, user:cy)"), ["doc:1", "doc:2"]);
    assert_eq!(world.values("pinned(D)"), [] as [&str; 0]);
    world.write(&["-watcher(D, U) :- watcher(D, U)"]);
    assert_eq!(world.values("watcher(D, _)"), [] as [&str; 0]);
}

#[test]
fn a_role_goes_and_its_users_are_reassigned_in_one_write() {
    let world = World::new();
    world.write(&[
        "+role(role:junior)",
        "+role(role:senior)",
        "+role_of(user:bo, role:junior)",
        "+role_of(user:cy, role:junior)",
    ]);
    let written = world.write(&["-role(role:junior)", "+role_of(U, role:senior) :- role_of(U, role:junior)"]);
    assert_eq!(world.values("role_of(U, role:senior)"), ["user:bo", "user:cy"]);
    let role_of = written.changes.iter().find(|change| change.relation == "role_of").unwrap();
    assert_eq!(role_of.inserted, Reasons { asked: 2, ..Reasons::default() });
    assert_eq!(role_of.deleted, Reasons { completed: 2, ..Reasons::default() });
}

#[test]
fn objects_come_alive_values_are_replaced_and_a_deleted_object_takes_its_facts() {
    let world = World::new();
    let written = world.write(&["+owner(doc:1, user:cy)"]);
    assert_eq!((written.inserted, written.deleted), (2, 0));
    let doc = written.changes.iter().find(|change| change.relation == "doc").unwrap();
    assert_eq!(doc.inserted, Reasons { completed: 1, ..Reasons::default() });

    let written = world.write(&["+owner(doc:1, user:ana)", "-watcher(doc:1, user:bo)"]);
    let owner = written.changes.iter().find(|change| change.relation == "owner").unwrap();
    assert_eq!(owner.inserted.asked, 1);
    assert_eq!(owner.deleted, Reasons { completed: 1, ..Reasons::default() });

    let written = world.write(&["-doc(doc:1)", "+pinned(doc:2)"]);
    assert_eq!(written.deleted, 2, "the document and its owner");
    assert!(!world.holds("doc(doc:1)") && world.holds("doc(doc:2)"));
}

#[test]
fn preconditions_speak_of_the_state_before() {
    let world = World::new();
    world.write(&["+owner(doc:1, user:bo)"]);
    let of = |require: &[&str], forbid: &[&str]| Write {
        require: require.iter().map(|text| fact(text)).collect(),
        forbid: forbid.iter().map(|text| fact(text)).collect(),
        ..write(&["+owner(doc:1, user:cy)", "-watcher(doc:1, user:ana)"])
    };
    let error = world.refusal(&of(&["owner(doc:1, user:ana)", "pinned(doc:1)"], &["user(user:cy)"]));
    assert_eq!(error.code, "precondition-failed");
    assert_eq!(error.details.len(), 3, "{:?}", error.details);
    assert_eq!(world.refusal(&of(&["owner(doc:1)"], &[])).code, "wrong-arity");
    world.try_write(&of(&["owner(doc:1, user:bo)"], &["owner(doc:1, user:cy)"])).unwrap();
    assert!(world.holds("owner(doc:1, user:cy)"));
}

#[test]
fn what_is_there_and_what_is_not_are_no_changes_and_make_no_revision() {
    let world = World::new();
    let first = world.write(&["+owner(doc:1, user:cy)"]);
    let again = world.write(&["+owner(doc:1, user:cy)", "-pinned(doc:1)", "-doc(doc:9)"]);
    assert_eq!((again.inserted, again.deleted, again.revision), (0, 0, first.revision));
    let mixed = world.write(&["+owner(doc:1, user:cy)", "+pinned(doc:1)"]);
    assert_eq!((mixed.inserted, mixed.deleted), (1, 0));
}
