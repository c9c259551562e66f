//! Writers that share a sync: each job sees what those before it in its group made, and refused ones leave no trace.

use std::collections::BTreeSet;

use entail::engine::request::{ListObjects, Page, PolicyText, Write};
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};

const POLICY: &str = r#"
open type doc.
type user.
relation owner(doc) -> user.
relation shared(doc, user).
can(U, doc.view, D) :- owner(D, U).
can(U, doc.view, D) :- shared(D, U).
permission doc.view on doc "View".
"#;
const WRITERS: u32 = 8;
const WRITES: u32 = 60;

fn fact(relation: &str, values: &[&str]) -> RawFact {
    let values = values.iter().map(|value| Raw::Text((*value).to_owned())).collect();
    RawFact { relation: relation.to_owned(), values }
}

/// What is stored, as it is exported.
fn stored(engine: &Engine) -> BTreeSet<String> {
    let mut facts = BTreeSet::new();
    engine
        .export("t", &mut |fact| {
            facts.insert(format!("{fact:?}"));
            Ok(())
        })
        .unwrap();
    facts
}

/// Writes and takes back documents of its own, and asks for some that are refused. The facts that stay.
fn write(engine: &Engine, writer: u32) -> Vec<RawFact> {
    let mut stays = Vec::new();
    for n in 0..WRITES {
        let doc = format!("doc:{writer}-{n}");
        let (owner, other) = (format!("user:{}", n % 4), format!("user:{}", (n + 1) % 4));
        let owned = fact("owner", &[&doc, &owner]);
        let shared = fact("shared", &[&doc, &other]);
        let insert = vec![owned.clone(), shared.clone()];
        let written = engine.write("t", &Write { insert, ..Write::default() }).unwrap();
        assert_eq!(written.inserted, 3);
        let unknown = fact("owner", &[&format!("doc:no-{writer}-{n}"), "user:nobody"]);
        let refused = engine.write("t", &Write { insert: vec![shared.clone(), unknown], ..Write::default() });
        assert_eq!(refused.unwrap_err().code, "unknown-object");
        match n % 3 {
            0 => {
                let delete = vec![fact("doc", &[&doc])];
                assert_eq!(engine.write("t", &Write { delete, ..Write::default() }).unwrap().deleted, 3);
            }
            1 => {
                let insert = vec![fact("owner", &[&doc, &other])];
                let written = engine.write("t", &Write { insert: insert.clone(), ..Write::default() }).unwrap();
                assert_eq!((written.inserted, written.deleted), (1, 1));
                stays.extend([fact("doc", &[&doc]), shared]);
                stays.extend(insert);
            }
            _ => stays.extend([fact("doc", &[&doc]), owned, shared]),
        }
    }
    stays
}

#[test]
fn many_writers_and_readers_of_one_tenant_leave_what_each_was_told() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    let policy = PolicyText { main: "p.dl".to_owned(), files: [("p.dl".to_owned(), POLICY.to_owned())].into() };
    engine.activate("t", &policy).unwrap();
    let users: Vec<RawFact> = (0..4).map(|n| fact("user", &[&format!("user:{n}")])).collect();
    engine.write("t", &Write { insert: users.clone(), ..Write::default() }).unwrap();
    let mut expected: BTreeSet<String> = users.iter().map(|fact| format!("{fact:?}")).collect();
    std::thread::scope(|scope| {
        let engine = &engine;
        let writers: Vec<_> = (0..WRITERS).map(|writer| scope.spawn(move || write(engine, writer))).collect();
        // Whoever reads meanwhile sees whole transactions: a document with its owner and the user it is shared with.
        for _ in 0..200 {
            let list = |user: u32| ListObjects {
                subject: format!("user:{user}"),
                permission: "doc.view".to_owned(),
                kind: "doc".to_owned(),
                ..ListObjects::default()
            };
            let page = engine.list_objects("t", &list(0), &Page::default()).unwrap();
            assert_eq!(page.items.iter().collect::<BTreeSet<_>>().len(), page.items.len());
            assert!(page.items.iter().all(|doc| format!("{doc:?}").contains('-')));
        }
        for writer in writers {
            expected.extend(writer.join().unwrap().iter().map(|fact| format!("{fact:?}")));
        }
    });
    assert_eq!(stored(&engine), expected);
    drop(engine);
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    assert_eq!(stored(&engine), expected);
}
