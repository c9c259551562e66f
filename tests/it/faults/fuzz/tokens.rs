//! Tokens and cursors that nobody gave: they move a position at most.

use data_encoding::BASE64URL_NOPAD;
use entail::engine::error::Error;
use entail::engine::request::{Check, ListObjects, Page, PolicyText, Query, Write};
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};
use tempfile::TempDir;

use crate::faults::mutate::Corpus;
use crate::faults::work::text;

const POLICY: &str = r#"
open type user, doc.
relation owner(doc) -> user.
relation size(doc, integer).
can(U, doc.view, D) :- owner(D, U).
permission doc.view on doc "View".
"#;

const N: usize = 30;

const WORDS: [&str; 14] =
    ["\"", "{", "}", "[", "]", ",", "null", "-1", "4294967295", "4294967296", "\"at\":", "\"last\":", "doc", "A"];

fn engine() -> (TempDir, Engine) {
    let directory = tempfile::tempdir().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    let files = [("p.dl".to_owned(), POLICY.to_owned())].into();
    engine.activate("t", &PolicyText { main: "p.dl".to_owned(), files }).unwrap();
    let fact = |relation: &str, n: usize, value| {
        let values = vec![Raw::Text(format!("doc:{n}")), value];
        RawFact { relation: relation.to_owned(), values }
    };
    let of_doc = |n| [fact("owner", n, Raw::Text("user:ana".to_owned())), fact("size", n, Raw::Integer(n as i64 * 7))];
    engine.write("t", &Write { insert: (0..N).flat_map(of_doc).collect(), ..Write::default() }).unwrap();
    (directory, engine)
}

/// The code of a refusal is one of these.
fn is_refusal<T>(answer: Result<T, Error>, codes: &[&str]) -> Option<T> {
    answer.inspect_err(|error| assert!(codes.contains(&error.code), "{error:?}")).ok()
}

#[test]
fn a_mutated_token_is_refused_or_names_a_revision() {
    let (_directory, engine) = engine();
    let [subject, permission, object] = ["user:ana", "doc.view", "doc:1"].map(str::to_owned);
    let check = Check { subject, permission, object, ..Check::default() };
    let token = engine.check("t", &check).unwrap().revision.to_string();
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
    let corpus = Corpus { texts: vec![bytes], words: vec!["\u{0}", "\u{1}", "\u{7f}"] };
    corpus.fuzz(3_000, |bytes| {
        let at = BASE64URL_NOPAD.encode(bytes);
        let codes = ["malformed-token", "foreign-token", "revision-not-here"];
        let decision = is_refusal(engine.check("t", &Check { at: Some(at.clone()), ..check.clone() }), &codes);
        assert!(decision.is_none_or(|decision| decision.allowed));
        let write = Write { expect_revision: Some(at), ..Write::default() };
        is_refusal(engine.write("t", &write), &["malformed-token", "foreign-token", "revision-mismatch"]);
    });
}

#[test]
fn a_mutated_cursor_is_refused_or_moves_the_position() {
    let (_directory, engine) = engine();
    let [subject, permission, kind] = ["user:ana", "doc.view", "doc"].map(str::to_owned);
    let list = ListObjects { subject, permission, kind, ..ListObjects::default() };
    let query = Query { goal: "size(D, N)".to_owned(), ..Query::default() };
    let page = |after| Page { limit: Some(7), after };
    let listed = engine.list_objects("t", &list, &Page::default()).unwrap().items;
    let rows = |rows: Vec<Vec<Raw>>| rows.iter().map(|row| row.iter().map(text).collect()).collect::<Vec<Vec<_>>>();
    let answered = rows(engine.query("t", &query, &Page::default()).unwrap().rows);
    assert_eq!((listed.len(), answered.len()), (N, N));
    let cursors = [
        engine.list_objects("t", &list, &page(None)).unwrap().cursor.unwrap(),
        engine.query("t", &query, &page(None)).unwrap().cursor.unwrap(),
    ];
    let texts = cursors.map(|cursor| BASE64URL_NOPAD.decode(cursor.as_bytes()).unwrap()).to_vec();
    let corpus = Corpus { texts, words: WORDS.to_vec() };
    let codes = ["malformed-cursor", "foreign-cursor"];
    corpus.fuzz(4_000, |bytes| {
        let after = Some(BASE64URL_NOPAD.encode(bytes));
        if let Some(found) = is_refusal(engine.list_objects("t", &list, &page(after.clone())), &codes) {
            assert!(found.items.is_empty() || listed.windows(found.items.len()).any(|part| part == found.items));
        }
        if let Some(found) = is_refusal(engine.query("t", &query, &page(after)), &codes) {
            let found = rows(found.rows);
            assert!(found.is_empty() || answered.windows(found.len()).any(|part| part == found));
        }
    });
}
