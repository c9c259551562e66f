//! What one question may cost: an error beyond it, never a shorter answer.

use entail::engine::limits::Limits;
use entail::engine::request::{ListObjects, Page, PolicyText, Query, Write};
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
