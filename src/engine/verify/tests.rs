//! Verification finds what was spoilt: a fact too many or too few in memory, and a decision that the rules don't make.

use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::engine::engine::Options;
use crate::engine::request::{PolicyText, Write};
use crate::index::apply::Changes;
use crate::model::fact::RawFact;
use crate::model::value::{Raw, Value};

const POLICY: &str = r#"
open type user, doc.
type level { low, high }.
relation owner(doc) -> user, banned(doc, user), at(doc, level).
context ip(text).
can(U, doc.view, D) :- owner(D, U), not banned(D, U).
can(U, doc.view, D) :- at(D, low), user(U), not banned(D, U).
can(U, doc.edit, D) :- owner(D, U), ip("10.0.0.1").
permission doc.view on doc "View".
permission doc.edit on doc "Edit".
user(user:root).
"#;

fn raw(relation: &str, values: &[&str]) -> RawFact {
    let values = values.iter().map(|value| Raw::Text((*value).to_owned())).collect();
    RawFact { relation: relation.to_owned(), values }
}

/// Two documents, three users beside the stated one: 4 subjects, 2 permissions, 2 documents.
fn engine() -> (TempDir, Engine) {
    let directory = TempDir::new().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    let policy = PolicyText { main: "p.dl".to_owned(), files: [("p.dl".to_owned(), POLICY.to_owned())].into() };
    engine.activate("acme", &policy).unwrap();
    let insert = vec![
        raw("owner", &["doc:1", "user:ana"]),
        raw("owner", &["doc:2", "user:bo"]),
        raw("banned", &["doc:2", "user:bo"]),
        raw("banned", &["doc:2", "user:cy"]),
        raw("at", &["doc:2", "low"]),
    ];
    engine.write("acme", &Write { insert, ..Write::default() }).unwrap();
    engine.write("acme", &Write { delete: vec![raw("banned", &["doc:2", "user:cy"])], ..Write::default() }).unwrap();
    (directory, engine)
}

fn state(engine: &Engine) -> Arc<State> {
    engine.state("acme", None).unwrap()
}

fn fact(state: &State, relation: &str, values: &[&str]) -> Fact {
    crate::engine::question::read_fact(state, &raw(relation, values)).unwrap()
}

/// Puts another index in the place of the present one, at the same revision.
fn spoil(engine: &Engine, insert: &[(&str, &[&str])], delete: &[(&str, &[&str])]) {
    let state = state(engine);
    let read = |facts: &[(&str, &[&str])]| facts.iter().map(|(name, values)| fact(&state, name, values)).collect();
    let changes = Changes { revision: state.revision, delete: read(delete), insert: read(insert) };
    let snapshot = state.snapshot.apply(&changes).unwrap().snapshot;
    let tenant = engine.tenants.get("acme").unwrap();
    engine.tenants.publish(&tenant, Arc::new(state.next(snapshot, state.revision)));
}

fn told(faults: &[Fault]) -> Vec<(Part, &str)> {
    faults.iter().map(|fault| (fault.part, fault.found.as_str())).collect()
}

#[test]
fn a_sound_tenant_has_all_its_decisions_recomputed() {
    let (directory, engine) = engine();
    let verified = engine.verify("acme").unwrap();
    assert_eq!((told(&verified.faults), verified.n_faults), (vec![], 0));
    assert_eq!((verified.entries, verified.facts), (3, 4));
    // 6 made by the write and the activation's user, two levels, two permissions.
    assert_eq!(verified.objects, 10);
    let Recomputed { compared, all, subjects, all_subjects, skipped, empty } = &verified.decisions;
    assert_eq!((*compared, *all, *subjects, *all_subjects), (16, 16, 4, 4));
    assert_eq!((skipped, empty.as_slice()), (&None, ["ip".to_owned()].as_slice()));
    drop(engine);
    let again = Engine::open(directory.path(), Options::default()).unwrap().verify("acme").unwrap();
    assert_eq!(again, verified);
}

#[test]
fn a_fact_too_many_in_memory_is_found() {
    let (_directory, engine) = engine();
    spoil(&engine, &[("banned", &["doc:1", "user:ana"])], &[]);
    let verified = engine.verify("acme").unwrap();
    let found = "`banned(doc:1, user:ana)` is in memory, and is neither stored nor stated by the policy";
    assert_eq!(told(&verified.faults), [(Part::Memory, found)]);
    assert!(verified.decisions.skipped.is_some());
}

#[test]
fn facts_too_few_in_memory_are_found() {
    let (_directory, engine) = engine();
    spoil(&engine, &[], &[("banned", &["doc:2", "user:bo"]), ("user", &["user:cy"])]);
    let verified = engine.verify("acme").unwrap();
    let expected =
        ["`user(user:cy)` is stored, and isn't in memory", "`banned(doc:2, user:bo)` is stored, and isn't in memory"];
    assert_eq!(told(&verified.faults), expected.map(|found| (Part::Memory, found)));
}

#[test]
fn a_decision_that_the_rules_do_not_make_is_found() {
    let (_directory, engine) = engine();
    let state = state(&engine);
    let stored: Vec<Fact> = state.snapshot.facts().collect();
    // The other opinion knows of a ban and not of an owner.
    let ban = fact(&state, "banned", &["doc:2", "user:ana"]);
    let owner = fact(&state, "owner", &["doc:1", "user:ana"]);
    let others = stored.iter().filter(|fact| **fact != owner).cloned().chain([ban]);
    let mut faults = Faults::default();
    engine.recompute(&state, others.map(Ok), 20, &mut faults).unwrap();
    assert_eq!(
        faults.first,
        [
            "`user:ana` is allowed `doc.view` on `doc:1`, and may not by the rules",
            "`user:ana` is allowed `doc.view` on `doc:2`, and may not by the rules",
        ]
    );
    // And of an object that the index hasn't heard of.
    let new = Value::Object(crate::model::value::Object::new("user", "new"));
    let life = Fact { relation: "user".into(), values: vec![new] };
    let mut faults = Faults::default();
    engine.recompute(&state, stored.into_iter().chain([life]).map(Ok), 20, &mut faults).unwrap();
    assert_eq!(faults.first, ["`user:new` is denied `doc.view` on `doc:2`, and may by the rules"]);
}

#[test]
fn what_is_too_large_is_not_recomputed_and_that_is_said() {
    let (_directory, engine) = engine();
    let mut faults = Faults::default();
    let recomputed = engine.recompute(&state(&engine), std::iter::empty(), 1_000_000, &mut faults).unwrap();
    assert_eq!((recomputed.compared, faults.count), (0, 0));
    assert_eq!(recomputed.skipped.as_deref(), Some("1000000 facts are more than the 500000 that are taken"));
}

#[test]
fn a_tenant_stays_sound_through_policies_that_state_other_objects() {
    let (_directory, engine) = engine();
    for more in ["", "user(user:admin). owner(doc:0, user:admin).", "banned(doc:0, user:cy).", "user(user:root)."] {
        let text = POLICY.replace("user(user:root).", more);
        let policy = PolicyText { main: "p.dl".to_owned(), files: [("p.dl".to_owned(), text)].into() };
        engine.activate("acme", &policy).unwrap();
        let verified = engine.verify("acme").unwrap();
        assert_eq!(told(&verified.faults), [], "{more}");
        assert_eq!(verified.decisions.skipped, None);
    }
    assert_eq!(engine.verify("acme").unwrap().entries, 7);
}

#[test]
fn a_type_that_no_policy_has_any_more_keeps_its_ordinals_and_the_tenant_its_index() {
    let (directory, engine) = engine();
    let activate = |engine: &Engine, more: &str| {
        let text = format!("{POLICY}{more}");
        let policy = PolicyText { main: "p.dl".to_owned(), files: [("p.dl".to_owned(), text)].into() };
        engine.activate("acme", &policy).unwrap();
        assert_eq!(told(&engine.verify("acme").unwrap().faults), []);
    };
    let paint = "type colour { red, green }. relation paint(doc, colour).";
    activate(&engine, paint);
    activate(&engine, "");
    drop(engine);
    let again = Engine::open(directory.path(), Options::default()).unwrap();
    assert_eq!(told(&again.verify("acme").unwrap().faults), []);
    activate(&again, paint);
    drop(again);
    let again = Engine::open(directory.path(), Options::default()).unwrap();
    assert_eq!(told(&again.verify("acme").unwrap().faults), []);
}
