//! Loads: large ones go another way to disk than small ones and writes, and leave the same.

use std::collections::BTreeSet;
use std::path::Path;

use entail::engine::request::{ListObjects, Page, PolicyText, Query, Write};
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};

/// More facts than a load writes through the journal.
const MANY: u32 = 5_000;

const POLICY: &str = r#"
type team.
open type user, doc.
type extent { own, all }.
relation owner(doc) -> user | team.
relation reader(doc, user | team#member | user:*).
relation member(team, user).
relation titled(doc) -> text.
relation pages(doc, integer).
relation since(doc, time).
relation reach(user, extent).
reach(user:root, all).
owner(doc:handbook, user:root).
can(U, doc.view, D) :- owner(D, U), user(U).
can(U, doc.view, D) :- reader(D, U), user(U).
can(U, doc.view, D) :- owner(D, T), member(T, U).
can(U, doc.view, D) :- doc(D), reach(U, all).
permission doc.view on doc "View".
"#;

fn engine(directory: &Path) -> Engine {
    let engine = Engine::open(directory, Options::default()).unwrap();
    let files = [("p.dl".to_owned(), POLICY.to_owned())].into();
    engine.activate("t", &PolicyText { main: "p.dl".to_owned(), files }).unwrap();
    engine
}

fn fact(relation: &str, values: &[&str]) -> RawFact {
    let raw = |value: &&str| value.parse().map_or_else(|_| Raw::Text((*value).to_owned()), Raw::Integer);
    RawFact { relation: relation.to_owned(), values: values.iter().map(raw).collect() }
}

/// Facts of every sort of column; lives come after the facts that mention them, and some facts come twice.
fn facts(n_docs: u32) -> Vec<RawFact> {
    let mut facts = Vec::new();
    for n in 0..n_docs {
        let doc = format!("doc:d {n}");
        let (user, team) = (format!("user:u{}", n % 50), format!("team:t{}", n % 5));
        facts.push(fact("owner", &[&doc, if n % 3 == 0 { &team } else { &user }]));
        match n % 7 {
            0 => facts.push(fact("reader", &[&doc, &format!("{team}#member")])),
            1 => facts.push(fact("reader", &[&doc, "user:*"])),
            2 => facts.push(fact("titled", &[&doc, &format!("Nr. {n}: \"ä\"")])),
            3 => facts.push(fact("pages", &[&doc, &format!("{}", i64::from(n) - 2_500)])),
            4 => facts.push(fact("since", &[&doc, "2026-07-01T02:00:00+02:00"])),
            5 => facts.push(fact("member", &[&team, &user])),
            _ => facts.push(fact("reader", &[&doc, &user])),
        }
        if n % 11 == 0 {
            facts.extend(facts.last().cloned());
        }
    }
    facts.push(fact("reach", &["user:u1", "all"]));
    facts.extend((0..5).map(|n| fact("team", &[&format!("team:t{n}")])));
    facts
}

fn stored(engine: &Engine) -> Vec<RawFact> {
    let mut facts = Vec::new();
    let walk = engine.export("t", &mut |fact| {
        facts.push(fact);
        Ok(())
    });
    walk.unwrap();
    facts
}

fn seen_by(engine: &Engine, user: &str) -> Vec<String> {
    let list = ListObjects {
        subject: user.to_owned(),
        permission: "doc.view".to_owned(),
        kind: "doc".to_owned(),
        ..ListObjects::default()
    };
    engine.list_objects("t", &list, &Page::default()).unwrap().items
}

fn as_set(facts: &[RawFact]) -> BTreeSet<&RawFact> {
    facts.iter().collect()
}

#[test]
fn a_large_load_leaves_what_a_write_leaves_and_so_does_the_store_when_it_is_opened_again() {
    let facts = facts(MANY);
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (writing, loading) = (engine(one.path()), engine(other.path()));
    let written = writing.write("t", &Write { insert: facts.clone(), ..Write::default() }).unwrap();
    let loaded = loading.load("t", &facts).unwrap();
    assert_eq!((loaded.inserted, loaded.deleted), (written.inserted, written.deleted));
    let expected = stored(&writing);
    assert_eq!(as_set(&stored(&loading)), as_set(&expected));
    let before = stored(&loading);
    let lists: Vec<_> = ["user:u1", "user:u2", "user:u7", "user:nobody"].map(|user| seen_by(&loading, user)).into();
    for (user, list) in ["user:u1", "user:u2", "user:u7", "user:nobody"].iter().zip(&lists) {
        let expected: BTreeSet<String> = seen_by(&writing, user).into_iter().collect();
        assert_eq!(list.iter().cloned().collect::<BTreeSet<_>>(), expected);
    }
    // In order of first mention, behind what the policy states.
    assert_eq!(lists[0][..3], ["doc:handbook", "doc:d 0", "doc:d 1"]);
    drop(loading);
    let again = engine(other.path());
    assert_eq!(stored(&again), before);
    assert_eq!(seen_by(&again, "user:u2"), lists[1]);
    let nothing = again.load("t", &facts).unwrap();
    assert_eq!((nothing.inserted, nothing.deleted, &nothing.revision), (0, 0, &loaded.revision));
    let export = tempfile::tempdir().unwrap();
    let copy = engine(export.path());
    copy.load("t", &before).unwrap();
    assert_eq!(stored(&copy), before, "an export loads back in the same order");
}

#[test]
fn a_large_load_takes_the_old_values_of_its_keys() {
    let directory = tempfile::tempdir().unwrap();
    let loading = engine(directory.path());
    loading.load("t", &[fact("owner", &["doc:d 1", "user:old"]), fact("titled", &["doc:d 2", "Old"])]).unwrap();
    let loaded = loading.load("t", &facts(MANY)).unwrap();
    assert_eq!(loaded.deleted, 2);
    drop(loading);
    let again = engine(directory.path());
    assert!(seen_by(&again, "user:old").is_empty() && seen_by(&again, "user:u1").contains(&"doc:d 1".to_owned()));
    let titles = Query { goal: "titled(doc:\"d 2\", T)".to_owned(), ..Query::default() };
    assert_eq!(again.query("t", &titles, &Page::default()).unwrap().rows.len(), 1);
}

#[test]
fn what_a_write_refuses_a_load_refuses_too_whether_it_is_small_or_large() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine(directory.path());
    engine.load("t", &[fact("owner", &["doc:kept", "user:ana"])]).unwrap();
    let before = stored(&engine);
    for n_docs in [10, MANY] {
        for (code, wrong) in [
            ("built-in", fact("reach", &["user:root", "all"])),
            ("built-in", fact("owner", &["doc:handbook", "user:ana"])),
            ("unknown-object", fact("member", &["team:unheard", "user:ana"])),
            ("two-values", fact("owner", &["doc:d 1", "user:other"])),
            ("two-values", fact("owner", &["doc:d 1", "team:t1"])),
            ("unknown-predicate", fact("unheard", &["doc:d 1"])),
        ] {
            let mut facts = facts(n_docs);
            facts.push(wrong.clone());
            let loaded = engine.load("t", &facts).unwrap_err();
            let written = engine.write("t", &Write { insert: facts, ..Write::default() }).unwrap_err();
            assert_eq!((loaded.code, written.code), (code, code), "{wrong:?}");
            assert_eq!(loaded.details, written.details);
            assert_eq!(stored(&engine), before);
        }
    }
    engine.load("t", &facts(10)).unwrap();
}
