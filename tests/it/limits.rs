//! What one question may cost: an error beyond it, never a shorter answer.

use entail::engine::limits::Limits;
use entail::engine::request::{Check, ListObjects, Page, PolicyText, Query, Write};
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};

const POLICY: &str = r#"
open type user, doc.
relation owner(doc) -> user.
three(A, B, C) :- doc(A), doc(B), doc(C).
can(U, doc.view, D) :- owner(D, U).
permission doc.view on doc "View".
"#;

fn engine(directory: &tempfile::TempDir, limits: Limits) -> Engine {
    let engine = Engine::open(directory.path(), Options { limits, ..Options::default() }).unwrap();
    let files = [("p.dl".to_owned(), POLICY.to_owned())].into();
    engine.activate("t", &PolicyText { main: "p.dl".to_owned(), files }).unwrap();
    let owner = |n: u32| RawFact {
        relation: "owner".to_owned(),
        values: vec![Raw::Text(format!("doc:{n}")), Raw::Text("user:ana".to_owned())],
    };
    engine.write("t", &Write { insert: (0..40).map(owner).collect(), ..Write::default() }).unwrap();
    engine
}

#[test]
fn a_query_with_too_many_rows_is_an_error_and_one_with_just_enough_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine(&directory, Limits { query_rows: 1_600, ..Limits::default() });
    let count = |goal: &str| engine.count_query("t", &Query { goal: goal.to_owned(), ..Query::default() });
    assert_eq!(count("three(doc:1, B, C)").unwrap().count, 1_600);
    assert_eq!(count("three(A, B, C)").unwrap_err().code, "limit-exceeded");
}

#[test]
fn a_listing_with_too_many_answers_is_an_error_on_every_page() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine(&directory, Limits { answers: 39, ..Limits::default() });
    let list = ListObjects {
        subject: "user:ana".to_owned(),
        permission: "doc.view".to_owned(),
        kind: "doc".to_owned(),
        ..ListObjects::default()
    };
    let page = Page { limit: Some(1), after: None };
    assert_eq!(engine.list_objects("t", &list, &page).unwrap_err().code, "limit-exceeded");
    assert_eq!(engine.count_objects("t", &list).unwrap_err().code, "limit-exceeded");
}

#[test]
fn a_question_that_looks_at_too_many_rows_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine(&directory, Limits { rows: 1_000, ..Limits::default() });
    let query = Query { goal: "three(doc:1, doc:2, X)".to_owned(), ..Query::default() };
    assert_eq!(engine.query("t", &query, &Page::default()).unwrap().rows.len(), 40);
    let query = Query { goal: "three(X, Y, doc:2)".to_owned(), ..Query::default() };
    assert_eq!(engine.query("t", &query, &Page::default()).unwrap_err().code, "limit-exceeded");
}

const GROUPS: &str = r#"
open type user, group, doc.
relation member(group, user | group).
relation viewer(doc, group), except(doc, group).
in(U, G) :- member(G, H), in(U, H).
in(U, G) :- member(G, U), user(U).
can(U, doc.view, D) :- viewer(D, G), in(U, G).
can(U, doc.edit, D) :- viewer(D, G), in(U, G), except(D, H), not in(U, H).
permission doc.view on doc "View".
permission doc.edit on doc "Edit".
"#;

/// Ana's check under a limit, about groups in groups.
fn ana_may(permission: &str, rows: u64, facts: &[[String; 3]]) -> bool {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { rows, ..Limits::default() };
    let engine = Engine::open(directory.path(), Options { limits, ..Options::default() }).unwrap();
    let files = [("p.dl".to_owned(), GROUPS.to_owned())].into();
    engine.activate("t", &PolicyText { main: "p.dl".to_owned(), files }).unwrap();
    let raw = |[relation, a, b]: &[String; 3]| RawFact {
        relation: relation.clone(),
        values: vec![Raw::Text(a.clone()), Raw::Text(b.clone())],
    };
    engine.write("t", &Write { insert: facts.iter().map(raw).collect(), ..Write::default() }).unwrap();
    let [subject, permission, object] = ["user:ana", permission, "doc:1"].map(str::to_owned);
    engine.check("t", &Check { subject, permission, object, ..Check::default() }).unwrap().allowed
}

fn fact(relation: &str, a: &str, b: &str) -> [String; 3] {
    [relation, a, b].map(str::to_owned)
}

/// Groups that are all in one another, of which Ana is in none.
fn knot(n_groups: usize) -> Vec<[String; 3]> {
    let group = |number| format!("group:k{number}");
    let pairs =
        (0..n_groups).flat_map(|one| (0..n_groups).filter(move |other| *other != one).map(move |two| (one, two)));
    pairs.map(|(one, two)| fact("member", &group(one), &group(two))).collect()
}

#[test]
fn a_check_of_a_member_looks_at_none_of_the_groups_in_the_group() {
    let mut facts = vec![fact("viewer", "doc:1", "group:all"), fact("member", "group:all", "user:ana")];
    facts.extend((0..3_000).map(|number| fact("member", "group:all", &format!("group:{number}"))));
    assert!(ana_may("doc.view", 20, &facts));
}

#[test]
fn a_check_looks_twice_at_each_edge_of_a_knot_of_groups() {
    let n_groups = 50;
    let mut facts = knot(n_groups);
    facts.push(fact("viewer", "doc:1", "group:k0"));
    let n_edges = n_groups * (n_groups - 1);
    assert!(!ana_may("doc.view", (2 * n_edges + 10 * n_groups) as u64, &facts));
}

#[test]
fn a_check_leaves_alone_what_an_earlier_part_of_it_need_not_know() {
    let mut facts = knot(50);
    facts.extend([fact("viewer", "doc:1", "group:all"), fact("except", "doc:1", "group:few")]);
    facts.extend([fact("member", "group:all", "group:k0"), fact("member", "group:all", "group:staff")]);
    facts.extend([fact("member", "group:staff", "user:ana"), fact("member", "group:few", "user:ben")]);
    assert!(ana_may("doc.edit", 100, &facts));
    facts.extend([fact("member", "group:few", "group:k1"), fact("member", "group:k9", "group:staff")]);
    assert!(!ana_may("doc.edit", 10_000, &facts));
}
