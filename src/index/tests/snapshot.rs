//! Snapshots against a set of facts: changes, deaths and rebirths, bulk builds.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::world::{alive, apply, empty, enumerations, fact, layout, numbered, object};
use crate::index::apply::{Changes, Numbered};
use crate::index::build::Builder;
use crate::index::error::ApplyError;
use crate::index::snapshot::Snapshot;
use crate::model::fact::Fact;
use crate::model::revision::Revision;
use crate::model::value::{Object, Value};

fn mentions(fact: &Fact, object: &Object) -> bool {
    fact.values.iter().any(|value| value.object() == Some(object))
}

/// The completed change that a request stands for, and the facts after it: what the engine does, on sets of text.
fn complete(facts: &BTreeSet<Fact>, snapshot: &Snapshot, asked: &[(bool, Fact)]) -> (Changes, BTreeSet<Fact>) {
    let mut changes = Changes { revision: Revision(snapshot.revision().0 + 1), ..Changes::default() };
    let mut after = facts.clone();
    for (insert, fact) in asked {
        let kind = (fact.values.len() == 1).then(|| fact.values[0].object().unwrap());
        if *insert {
            let old = after.iter().find(|old| has_key_of(old, fact) && *old != fact).cloned();
            let newly: Vec<Fact> = fact
                .values
                .iter()
                .filter_map(|value| Some(alive(&value.object()?.to_string())))
                .filter(|birth| !after.contains(birth))
                .collect();
            after.retain(|other| Some(other) != old.as_ref());
            after.extend(newly);
            after.insert(fact.clone());
        } else if let Some(object) = kind {
            after.retain(|other| !mentions(other, object));
        } else {
            after.remove(fact);
        }
    }
    changes.delete = facts.difference(&after).cloned().collect();
    let mut insert: Vec<Fact> = after.difference(facts).cloned().collect();
    insert.sort_by_key(|fact| fact.values.len() > 1);
    changes.insert = insert;
    (changes, after)
}

fn has_key_of(old: &Fact, new: &Fact) -> bool {
    let key = match &*new.relation {
        "owner" | "named" => 1,
        "role" => 2,
        _ => return false,
    };
    old.relation == new.relation && old.values[..key] == new.values[..key]
}

fn assert_same(snapshot: &Snapshot, facts: &BTreeSet<Fact>) {
    let held: Vec<Fact> = snapshot.facts().collect();
    assert_eq!(held.len(), facts.len());
    assert_eq!(&held.iter().cloned().collect::<BTreeSet<_>>(), facts);
    // Objects come before what mentions them.
    assert!(held.is_sorted_by_key(|fact| fact.values.len() > 1));
    for fact in facts {
        assert!(snapshot.contains(fact));
        let (id, row) = snapshot.row(fact).unwrap();
        assert_eq!(snapshot.fact(id, &row).as_ref(), Some(fact));
        assert_eq!(snapshot.variant_of(fact), Some(id));
        let has_key = has_key_of(fact, fact);
        assert_eq!(snapshot.value_of(fact).as_ref(), has_key.then_some(fact));
    }
    for object in facts.iter().flat_map(|fact| &fact.values).filter_map(Value::object) {
        assert!(snapshot.is_alive(object));
        let found = snapshot.facts_mentioning(object);
        let wanted: BTreeSet<Fact> = facts.iter().filter(|fact| mentions(fact, object)).cloned().collect();
        assert_eq!(found.len(), wanted.len());
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), wanted);
    }
}

/// The snapshot that a store would give back.
fn rebuild(snapshot: &Snapshot) -> Snapshot {
    let mut builder = Builder::new(layout(), &enumerations(), snapshot.revision());
    let dictionary = snapshot.dictionary();
    for kind in ["user", "team", "sequence", "extent"] {
        let id = dictionary.kind(kind).unwrap();
        let objects = builder.objects_of(&kind.into()).unwrap();
        for ordinal in 0..dictionary.next_ordinal(id) {
            if let Some(text) = dictionary.id(id, ordinal) {
                builder.object(objects, ordinal, text).unwrap();
            }
        }
        builder.skip_ordinals(objects, dictionary.next_ordinal(id));
    }
    let facts: Vec<Fact> = snapshot.facts().collect();
    for fact in facts.iter().rev() {
        builder.fact(fact).unwrap();
    }
    builder.build()
}

fn random_fact() -> impl Strategy<Value = Fact> {
    let n = || 0..6_u32;
    prop_oneof![
        n().prop_map(|n| alive(&format!("user:{n}"))),
        n().prop_map(|n| alive(&format!("team:{n}"))),
        (n(), n()).prop_map(|(s, u)| fact("owner", &[&format!("sequence:{s}"), &format!("user:{u}")])),
        (n(), n()).prop_map(|(s, t)| fact("owner", &[&format!("sequence:{s}"), &format!("team:{t}")])),
        (n(), n()).prop_map(|(s, t)| fact("shared", &[&format!("sequence:{s}"), &format!("team:{t}#member")])),
        n().prop_map(|s| fact("shared", &[&format!("sequence:{s}"), "user:*"])),
        (n(), n()).prop_map(|(t, n)| fact("named", &[&format!("team:{t}"), &format!("text:Team {n}")])),
        (n(), n(), n()).prop_map(|(u, t, n)| fact(
            "since",
            &[&format!("user:{u}"), &format!("second:{t}"), &format!("integer:-{n}")]
        )),
        (n(), n(), n())
            .prop_map(|(u, t, e)| fact("role", &[&format!("user:{u}"), &format!("team:{t}"), &format!("extent:{e}")])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn snapshots_hold_what_a_set_of_facts_holds_and_old_ones_stay(
        transactions in vec(vec((prop::bool::weighted(0.7), random_fact()), 1..6), 1..20),
    ) {
        let mut snapshot = empty();
        // Changed where it lies, but for every third time, when somebody keeps it.
        let mut advanced = empty();
        let mut facts = BTreeSet::new();
        let mut kept = Vec::new();
        let mut given = BTreeMap::new();
        for asked in transactions {
            let (changes, after) = complete(&facts, &snapshot, &asked);
            let applied = snapshot.apply(&changes).unwrap();
            if kept.len() % 3 == 0 {
                kept.push((advanced.clone(), facts.clone()));
            }
            let next = advanced.advance(&changes).unwrap();
            prop_assert_eq!((&next.born, &next.died), (&applied.born, &applied.died));
            prop_assert_eq!(applied.inserted, changes.insert.len());
            prop_assert_eq!(applied.deleted, changes.delete.len());
            for Numbered { kind, ordinal, .. } in applied.born {
                let next = given.entry(kind).or_insert(0);
                prop_assert_eq!(ordinal, *next);
                *next += 1;
            }
            kept.push((std::mem::replace(&mut snapshot, applied.snapshot), std::mem::replace(&mut facts, after)));
        }
        kept.push((advanced, facts.clone()));
        kept.push((snapshot, facts));
        for (snapshot, facts) in &kept {
            assert_same(snapshot, facts);
        }
        let (snapshot, facts) = kept.last().unwrap();
        let rebuilt = rebuild(snapshot);
        assert_same(&rebuilt, facts);
        for object in facts.iter().flat_map(|fact| &fact.values).filter_map(Value::object) {
            let cell = |snapshot: &Snapshot| snapshot.dictionary().object_cell(&object.kind, &object.id);
            prop_assert_eq!(cell(snapshot), cell(&rebuilt));
        }
    }
}

#[test]
fn what_grew_and_what_was_built_count_the_same_bytes() {
    let user = |n: u32| format!("user:{}{n}", "an-id-of-more-than-22-bytes-".repeat(n as usize % 3));
    let mut snapshot = empty();
    let mut facts = vec![alive("team:eu"), alive("extent:own")];
    for n in 0..3_000 {
        facts.push(alive(&user(n)));
        facts.push(fact("role", &[&user(n), "team:eu", "extent:own"]));
        if n % 7 == 0 {
            facts.extend([alive(&format!("sequence:{n}")), fact("owner", &[&format!("sequence:{n}"), &user(n / 5)])]);
        }
        if n % 100 == 99 {
            snapshot = apply(&snapshot, vec![], std::mem::take(&mut facts)).snapshot;
        }
    }
    let rebuilt = rebuild(&snapshot);
    assert_eq!(rebuilt.heap_bytes(), snapshot.heap_bytes());
    let long: usize = (0..3_000).map(|n| user(n).len() - 5).filter(|len| *len > 22).sum();
    for snapshot in [snapshot, rebuilt] {
        let all: Vec<Fact> = snapshot.facts().filter(|fact| *fact.relation != *"extent").collect();
        let emptied = apply(&snapshot, all, vec![]).snapshot;
        assert!(emptied.heap_bytes() + long as u64 <= snapshot.heap_bytes());
        assert!(emptied.heap_bytes() > empty().heap_bytes());
    }
}

#[test]
fn a_deleted_object_comes_back_with_another_ordinal() {
    let first = apply(&empty(), vec![], vec![alive("user:ana"), alive("user:ben")]);
    assert_eq!(first.born, [numbered("user:ana", 0), numbered("user:ben", 1)]);
    let gone = apply(&first.snapshot, vec![alive("user:ana")], vec![]);
    assert_eq!(gone.died, [numbered("user:ana", 0)]);
    assert!(!gone.snapshot.is_alive(&object("user:ana")));
    assert!(!gone.snapshot.contains(&alive("user:ana")));
    let back = apply(&gone.snapshot, vec![], vec![alive("user:ana")]);
    assert_eq!(back.born, [numbered("user:ana", 2)]);
    let at_once = apply(&back.snapshot, vec![alive("user:ana")], vec![alive("user:ana")]);
    assert_eq!(at_once.died, [numbered("user:ana", 2)]);
    assert_eq!(at_once.born, [numbered("user:ana", 3)]);
    assert!(at_once.snapshot.contains(&alive("user:ana")));
    assert_eq!(first.snapshot.dictionary().object_cell("user", "ana"), Some(0));
}

#[test]
fn a_snapshot_keeps_its_revision_and_a_change_gives_the_next() {
    let next = apply(&empty(), vec![], vec![alive("user:ana")]).snapshot;
    assert_eq!(next.revision(), Revision(1));
    assert_eq!(next.clone().revision(), Revision(1));
}

#[test]
fn a_fact_that_fits_no_variant_is_an_error_and_so_is_one_of_an_unknown_object() {
    let snapshot = apply(&empty(), vec![], vec![alive("sequence:1"), alive("user:ana")]).snapshot;
    let misfits = [
        fact("owner", &["user:ana", "sequence:1"]),
        fact("owner", &["sequence:1"]),
        fact("owner", &["sequence:1", "user:ana", "user:ana"]),
        fact("shared", &["sequence:1", "team:eu#lead"]),
        fact("unheard", &["user:ana"]),
        Fact { relation: "user".into(), values: Vec::new() },
    ];
    for misfit in misfits {
        let inserts = Changes { insert: vec![misfit.clone()], ..Changes::default() };
        let deletes = Changes { delete: vec![misfit.clone()], ..Changes::default() };
        for changes in [inserts, deletes] {
            let error = snapshot.apply(&changes).unwrap_err();
            assert_eq!(error, ApplyError::NoVariant { fact: misfit.clone() });
            assert_eq!(error.code(), "fact-not-in-schema");
        }
        assert!(!snapshot.contains(&misfit));
        assert_eq!(snapshot.value_of(&misfit).map(|fact| fact.relation), None);
    }
    let unknown = fact("owner", &["sequence:1", "user:ben"]);
    let changes = Changes { insert: vec![unknown.clone()], ..Changes::default() };
    let error = snapshot.apply(&changes).unwrap_err();
    assert_eq!(error.to_string(), "`user:ben` is not alive");
    assert_eq!(error, ApplyError::NotAlive { object: object("user:ben"), fact: unknown.clone() });
    let changes = Changes { delete: vec![unknown], ..Changes::default() };
    assert_eq!(snapshot.apply(&changes).unwrap().deleted, 0);
}

#[test]
fn the_value_of_a_key_is_found_in_any_variant_of_its_relation() {
    let facts = vec![alive("sequence:1"), alive("team:eu"), fact("owner", &["sequence:1", "team:eu"])];
    let snapshot = apply(&empty(), vec![], facts).snapshot;
    let asked = fact("owner", &["sequence:1", "user:nobody"]);
    assert_eq!(snapshot.value_of(&asked), Some(fact("owner", &["sequence:1", "team:eu"])));
    assert_eq!(snapshot.value_of(&fact("owner", &["sequence:2", "team:eu"])), None);
    assert_eq!(snapshot.value_of(&fact("shared", &["sequence:1", "user:*"])), None);
}

#[test]
fn constants_objects_and_sets_come_back_as_what_they_are() {
    let insert = vec![
        alive("extent:own"),
        alive("sequence:1"),
        alive("team:eu"),
        alive("user:ana"),
        fact("role", &["user:ana", "team:eu", "extent:own"]),
        fact("shared", &["sequence:1", "team:eu#member"]),
        fact("shared", &["sequence:1", "user:*"]),
    ];
    let snapshot = apply(&empty(), vec![], insert).snapshot;
    let role = snapshot.facts().find(|fact| &*fact.relation == "role").unwrap();
    assert_eq!(role.values[2], Value::Constant(object("extent:own")));
    let shared: Vec<Value> =
        snapshot.facts().filter(|fact| &*fact.relation == "shared").map(|fact| fact.values[1].clone()).collect();
    assert_eq!(shared, [Value::Set(object("team:eu"), "member".into()), Value::Everyone("user".into())]);
    let dictionary = snapshot.dictionary();
    let user = dictionary.kind("user").unwrap();
    assert_eq!(dictionary.kind_name(user).map(|name| &**name), Some("user"));
    assert_eq!(dictionary.ordinal(user, "ana"), Some(0));
    assert_eq!(dictionary.id(user, 0), Some("ana"));
    assert_eq!(dictionary.id(user, 1), None);
    assert_eq!(dictionary.kind("unheard"), None);
    assert_eq!(dictionary.object_cell("unheard", "ana"), None);
}

#[test]
fn a_builder_refuses_taken_ordinals_and_unknown_objects() {
    let mut builder = Builder::new(layout(), &enumerations(), Revision(7));
    let users = builder.objects_of(&"user".into()).unwrap();
    builder.object(users, 4, "ana").unwrap();
    let taken = builder.object(users, 4, "ben").unwrap_err();
    assert_eq!(taken, ApplyError::OrdinalTaken { object: object("user:ben"), ordinal: 4 });
    assert_eq!(builder.objects_of(&"lead".into()).unwrap_err().code(), "fact-not-in-schema");
    let unknown = fact("owner", &["sequence:1", "user:ana"]);
    assert_eq!(builder.fact(&unknown).unwrap_err().code(), "unknown-object");
    builder.skip_ordinals(users, 9);
    let snapshot = builder.build();
    assert_eq!(snapshot.revision(), Revision(7));
    assert!(snapshot.contains(&alive("user:ana")));
    assert_eq!(apply(&snapshot, vec![], vec![alive("user:ben")]).born, [numbered("user:ben", 9)]);
}

#[test]
fn snapshots_are_shared_between_threads() {
    fn assert_shared<T: Send + Sync>() {}
    assert_shared::<Snapshot>();
}

#[test]
fn a_change_that_is_put_back_leaves_facts_ordinals_and_bytes_as_they_were() {
    let lives = ["team:a", "user:a", "user:b", "sequence:1"].map(alive);
    let more = [fact("owner", &["sequence:1", "user:a"]), fact("named", &["team:a", "text:x"])];
    let before = apply(&empty(), vec![], lives.into_iter().chain(more).collect()).snapshot;
    let mut changed = before.clone();
    let delete = vec![alive("user:a"), fact("owner", &["sequence:1", "user:a"]), fact("named", &["team:a", "text:x"])];
    let insert = vec![alive("user:c"), fact("owner", &["sequence:1", "user:c"]), fact("named", &["team:a", "text:y"])];
    let revision = Revision(before.revision().0 + 1);
    let changes = Changes { revision, delete, insert };
    let changing = changes.delete.iter().chain(&changes.insert).filter_map(|fact| before.variant_of(fact));
    let kept = changed.keep(changing.collect::<BTreeSet<_>>().into_iter());
    changed.advance(&changes).unwrap();
    assert!(changed.is_alive(&object("user:c")) && !changed.is_alive(&object("user:a")));
    changed.put_back(kept);
    assert_eq!(changed.facts().collect::<Vec<_>>(), before.facts().collect::<Vec<_>>());
    assert_eq!((changed.revision(), changed.heap_bytes()), (before.revision(), before.heap_bytes()));
    // What comes next gets the ordinal that it would have got.
    assert_eq!(apply(&changed, vec![], vec![alive("user:d")]).born, [numbered("user:d", 2)]);
}
