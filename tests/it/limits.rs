//! What one question may cost: an error beyond it, never a shorter answer.

use entail::administration::access::ListAccess;
use entail::administration::accounts::CreateAccount;
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
relation viewer(doc, group).
relation pick(doc, user, group).
in(U, G) :- member(G, H), in(U, H).
in(U, G) :- member(G, U), user(U).
can(U, doc.view, D) :- viewer(D, G), in(U, G).
can(U, doc.edit, D) :- pick(D, U, G), in(U, G).
permission doc.view on doc "View".
permission doc.edit on doc "Edit".
"#;

/// Groups in groups, under a limit.
fn groups(directory: &tempfile::TempDir, rows: u64, facts: &[Vec<String>]) -> Engine {
    let limits = Limits { rows, ..Limits::default() };
    let engine = Engine::open(directory.path(), Options { limits, ..Options::default() }).unwrap();
    let files = [("p.dl".to_owned(), GROUPS.to_owned())].into();
    engine.activate("t", &PolicyText { main: "p.dl".to_owned(), files }).unwrap();
    let raw = |fact: &Vec<String>| RawFact {
        relation: fact[0].clone(),
        values: fact[1..].iter().map(|value| Raw::Text(value.clone())).collect(),
    };
    engine.write("t", &Write { insert: facts.iter().map(raw).collect(), ..Write::default() }).unwrap();
    engine
}

fn ana_views(rows: u64, facts: &[Vec<String>]) -> bool {
    let directory = tempfile::tempdir().unwrap();
    let [subject, permission, object] = ["user:ana", "doc.view", "doc:1"].map(str::to_owned);
    let check = Check { subject, permission, object, ..Check::default() };
    groups(&directory, rows, facts).check("t", &check).unwrap().allowed
}

fn ana_edits(rows: u64, facts: &[Vec<String>]) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let [subject, permission, kind] = ["user:ana", "doc.edit", "doc"].map(str::to_owned);
    let list = ListObjects { subject, permission, kind, ..ListObjects::default() };
    groups(&directory, rows, facts).list_objects("t", &list, &Page::default()).unwrap().items
}

fn fact(relation: &str, values: &[&str]) -> Vec<String> {
    std::iter::once(&relation).chain(values).map(|&word| word.to_owned()).collect()
}

/// Groups that are all in one another, of which Ana is in none.
fn knot(n_groups: usize) -> Vec<Vec<String>> {
    let group = |number| format!("group:k{number}");
    let pairs =
        (0..n_groups).flat_map(|one| (0..n_groups).filter(move |other| *other != one).map(move |two| (one, two)));
    pairs.map(|(one, two)| fact("member", &[&group(one), &group(two)])).collect()
}

#[test]
fn a_check_of_a_member_looks_at_none_of_the_groups_in_the_group() {
    let mut facts = vec![fact("viewer", &["doc:1", "group:all"]), fact("member", &["group:all", "user:ana"])];
    facts.extend((0..3_000).map(|number| fact("member", &["group:all", &format!("group:{number}")])));
    assert!(ana_views(20, &facts));
}

#[test]
fn a_check_looks_twice_at_each_edge_of_a_knot_of_groups() {
    let n_groups = 50;
    let mut facts = knot(n_groups);
    facts.push(fact("viewer", &["doc:1", "group:k0"]));
    let n_edges = n_groups * (n_groups - 1);
    assert!(!ana_views((2 * n_edges + 10 * n_groups) as u64, &facts));
}

#[test]
fn a_no_leaves_alone_what_an_earlier_yes_need_not_know() {
    let mut facts = knot(50);
    facts
        .extend([fact("pick", &["doc:1", "user:ana", "group:all"]), fact("pick", &["doc:2", "user:ana", "group:few"])]);
    facts.extend([fact("member", &["group:all", "group:k0"]), fact("member", &["group:all", "group:staff"])]);
    facts.extend([fact("member", &["group:staff", "user:ana"]), fact("member", &["group:few", "user:ben"])]);
    assert_eq!(ana_edits(100, &facts), ["doc:1"]);
    // Now the no depends on all of it, and then it is a yes.
    facts.push(fact("member", &["group:few", "group:k1"]));
    assert_eq!(ana_edits(10_000, &facts), ["doc:1"]);
    facts.push(fact("member", &["group:k9", "group:staff"]));
    assert_eq!(ana_edits(10_000, &facts), ["doc:1", "doc:2"]);
}

const TAGS: &str = r#"
open type user, doc, tag.
type reach { own, all }.
relation tagged(doc, tag).
relation reaches(tag, reach).
relation follows(tag, user).
relation invited(doc, user).
can(U, doc.view, D) :- tagged(D, T), follows(T, U).
can(U, doc.edit, D) :- invited(D, U), tagged(D, T), reaches(T, all).
permission doc.view on doc "View".
permission doc.edit on doc "Edit".
"#;

/// A document of a thousand tags, of which one that comes last reaches all, and a check of it with so many rows allowed.
fn check_of_tags(rows: u64, permission: &str) -> Result<bool, String> {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { rows, ..Limits::default() };
    let engine = Engine::open(directory.path(), Options { limits, ..Options::default() }).unwrap();
    let files = [("p.dl".to_owned(), TAGS.to_owned())].into();
    engine.activate("t", &PolicyText { main: "p.dl".to_owned(), files }).unwrap();
    let fact = |relation: &str, values: [&str; 2]| RawFact {
        relation: relation.to_owned(),
        values: values.map(|value| Raw::Text(value.to_owned())).into(),
    };
    let mut insert: Vec<RawFact> = (0..1_000).map(|n| fact("tagged", ["doc:1", &format!("tag:{n}")])).collect();
    insert.push(fact("reaches", ["tag:999", "all"]));
    insert.push(fact("follows", ["tag:999", "user:ana"]));
    insert.push(fact("invited", ["doc:2", "user:ana"]));
    engine.write("t", &Write { insert, ..Write::default() }).unwrap();
    let [subject, permission, object] = ["user:ana", permission, "doc:1"].map(str::to_owned);
    let check = Check { subject, permission, object, ..Check::default() };
    let single = engine.check("t", &check).map(|decision| decision.allowed).map_err(|error| error.code.to_owned());
    let batch = engine.check_batch("t", &[check]).unwrap().results.remove(0).map_err(|error| error.code.to_owned());
    assert_eq!(single, batch);
    single
}

#[test]
fn a_check_that_looks_at_too_many_rows_is_an_error_and_no_deny() {
    assert_eq!(check_of_tags(100, "doc.view"), Err("limit-exceeded".to_owned()));
    assert_eq!(check_of_tags(2_000, "doc.view"), Ok(true));
}

#[test]
fn a_look_up_of_two_objects_goes_before_one_that_goes_on_for_many_rows() {
    assert_eq!(check_of_tags(100, "doc.edit"), Ok(false));
}

#[test]
fn a_review_of_access_takes_the_time_of_one_question_however_many_ways_there_are() {
    let directory = tempfile::tempdir().unwrap();
    let account = CreateAccount {
        account: "account:acme".to_owned(),
        user: "user:ana".to_owned(),
        pack: "sales.dl".to_owned(),
        ..CreateAccount::default()
    };
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    account.answer(&engine, "t").unwrap();
    assert!(!ListAccess::default().answer(&engine, "t").unwrap().held.is_empty());
    drop(engine);
    let limits = Limits { time: std::time::Duration::ZERO, ..Limits::default() };
    let engine = Engine::open(directory.path(), Options { limits, ..Options::default() }).unwrap();
    assert_eq!(ListAccess::default().answer(&engine, "t").unwrap_err().code, "limit-exceeded");
}
