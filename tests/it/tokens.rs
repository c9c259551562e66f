//! Tokens: an answer is as fresh as is asked, waits for what is under way, and says when it doesn't come.

use std::time::Duration;

use entail::engine::request::{Check, ListObjects, Page, PolicyText, Query, Write};
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};
use tempfile::TempDir;

const POLICY: &str = r#"
open type user, doc.
relation owner(doc) -> user.
can(U, doc.view, D) :- owner(D, U).
permission doc.view on doc "View".
"#;

/// An engine whose questions wait so long, with the tenants `acme` and `globex`.
fn engine(wait: Duration) -> (TempDir, Engine) {
    let directory = TempDir::new().unwrap();
    let engine = Engine::open(directory.path(), Options { wait, ..Options::default() }).unwrap();
    let policy = PolicyText { main: "p.dl".to_owned(), files: [("p.dl".to_owned(), POLICY.to_owned())].into() };
    for tenant in ["acme", "globex"] {
        engine.activate(tenant, &policy).unwrap();
    }
    (directory, engine)
}

fn give(engine: &Engine, doc: u32) -> String {
    let values = vec![Raw::Text(format!("doc:{doc}")), Raw::Text("user:ana".to_owned())];
    let insert = vec![RawFact { relation: "owner".to_owned(), values }];
    engine.write("acme", &Write { insert, ..Write::default() }).unwrap().revision.to_string()
}

fn may_view(doc: u32, at: Option<String>) -> Check {
    Check {
        subject: "user:ana".into(),
        permission: "doc.view".into(),
        object: format!("doc:{doc}"),
        at,
        ..Check::default()
    }
}

fn owned(at: Option<String>) -> ListObjects {
    ListObjects {
        subject: "user:ana".into(),
        permission: "doc.view".into(),
        kind: "doc".into(),
        at,
        ..ListObjects::default()
    }
}

/// The token of the revision so many behind this one.
pub(crate) fn later(token: &str, by: u64) -> String {
    let mut bytes = data_encoding::BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
    let start = bytes.len() - 8;
    let revision = u64::from_be_bytes(bytes[start..].try_into().unwrap());
    bytes[start..].copy_from_slice(&(revision + by).to_be_bytes());
    data_encoding::BASE64URL_NOPAD.encode(&bytes)
}

/// Longer than any test may take: only a write ends the waiting.
const LONG: Duration = Duration::from_secs(3600);

#[test]
fn a_question_waits_for_its_revision_and_sees_it() {
    let (_directory, engine) = engine(LONG);
    let first = give(&engine, 0);
    std::thread::scope(|scope| {
        let asking: Vec<_> = (1..=20)
            .map(|n| {
                let (engine, at) = (&engine, Some(later(&first, u64::from(n))));
                scope.spawn(move || match n % 4 {
                    0 => engine.check("acme", &may_view(n, at)).unwrap().allowed,
                    1 => engine.list_objects("acme", &owned(at), &Page::default()).unwrap().items.len() > n as usize,
                    2 => {
                        let query = Query { goal: format!("owner(doc:{n}, U)"), at, ..Query::default() };
                        engine.count_query("acme", &query).unwrap().count == 1
                    }
                    _ => {
                        let checks = [may_view(0, None), may_view(n, at), may_view(0, None)];
                        let answered = engine.check_batch("acme", &checks).unwrap();
                        answered.results.iter().all(|result| *result.as_ref().unwrap())
                    }
                })
            })
            .collect();
        for n in 1..=20 {
            assert_eq!(give(&engine, n), later(&first, u64::from(n)));
        }
        for thread in asking {
            assert!(thread.join().unwrap());
        }
    });
}

#[test]
fn a_revision_that_does_not_come_is_said_not_to_be_here() {
    let (_directory, engine) = engine(Duration::from_millis(1));
    let present = give(&engine, 1);
    let ahead = Some(later(&present, 1));
    let code = |error: entail::engine::error::Error| error.code;
    assert_eq!(engine.check("acme", &may_view(1, ahead.clone())).map_err(code), Err("revision-not-here"));
    assert_eq!(engine.count_objects("acme", &owned(ahead.clone())).map_err(code), Err("revision-not-here"));
    let checks = [may_view(1, None), may_view(1, ahead.clone()), may_view(1, Some(present.clone()))];
    let answered: Vec<_> = engine.check_batch("acme", &checks).unwrap().results;
    let answered: Vec<_> = answered.into_iter().map(|result| result.map_err(code)).collect();
    assert_eq!(answered, [Ok(true), Err("revision-not-here"), Ok(true)]);
    assert!(engine.check("acme", &may_view(1, Some(present))).unwrap().allowed);
}

#[test]
fn what_is_no_token_of_the_tenant_is_told_at_once() {
    let (_directory, engine) = engine(LONG);
    let ahead = later(&give(&engine, 1), 5);
    let code = |error: entail::engine::error::Error| error.code;
    assert_eq!(engine.check("globex", &may_view(1, Some(ahead.clone()))).map_err(code), Err("foreign-token"));
    assert_eq!(engine.check("acme", &may_view(1, Some("wat".into()))).map_err(code), Err("malformed-token"));
    assert_eq!(engine.check("nobody", &may_view(1, Some(ahead))).map_err(code), Err("unknown-tenant"));
}
