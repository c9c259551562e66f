//! The log as its followers see it: every entry once, in order, with what came and went and why.

use entail::engine::changes::{ChangedFact, Happened, LogEntry, Reason};
use entail::engine::error::Error;
use entail::engine::request::{PolicyText, Write};
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};
use tempfile::TempDir;

use crate::tokens::later;

const POLICY: &str = r#"
open type user, doc.
relation owner(doc) -> user.
can(U, doc.view, D) :- owner(D, U).
permission doc.view on doc "View".
"#;

fn fact(relation: &str, values: &[&str]) -> RawFact {
    let values = values.iter().map(|value| Raw::Text((*value).to_owned())).collect();
    RawFact { relation: relation.to_owned(), values }
}

fn policy() -> PolicyText {
    PolicyText { main: "p.dl".to_owned(), files: [("p.dl".to_owned(), POLICY.to_owned())].into() }
}

fn write(engine: &Engine, insert: Vec<RawFact>, delete: Vec<RawFact>) -> String {
    engine.write("acme", &Write { insert, delete, ..Write::default() }).unwrap().revision.to_string()
}

/// A tenant with four entries, another one with one.
fn engine() -> (TempDir, Engine) {
    let directory = TempDir::new().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    engine.activate("acme", &policy()).unwrap();
    engine.activate("globex", &policy()).unwrap();
    write(&engine, vec![fact("owner", &["doc:1", "user:ana"])], vec![]);
    write(&engine, vec![fact("owner", &["doc:1", "user:bo"])], vec![]);
    write(&engine, vec![], vec![fact("user", &["user:bo"])]);
    (directory, engine)
}

fn changes(engine: &Engine, after: Option<&str>, limit: Option<u64>) -> Result<Vec<LogEntry>, Error> {
    let mut entries = Vec::new();
    engine.changes("acme", after, limit, &mut |entry| {
        entries.push(entry);
        Ok(())
    })?;
    Ok(entries)
}

fn words(facts: &[ChangedFact]) -> Vec<(String, Reason)> {
    let text = |raw: &Raw| if let Raw::Text(text) = raw { text.clone() } else { panic!("{raw:?}") };
    let words = |changed: &ChangedFact| {
        let values: Vec<String> = changed.fact.values.iter().map(text).collect();
        (format!("{}({})", changed.fact.relation, values.join(", ")), changed.reason)
    };
    facts.iter().map(words).collect()
}

#[test]
fn each_entry_says_what_came_and_went_and_why() {
    let (_directory, engine) = engine();
    let entries = changes(&engine, None, None).unwrap();
    let happened: Vec<_> = entries
        .iter()
        .map(|entry| match &entry.happened {
            Happened::Activation => (vec![], vec![]),
            Happened::Transaction { inserts, deletes } => (words(inserts), words(deletes)),
        })
        .collect();
    let (asked, completed) = (Reason::Asked, Reason::Completed);
    let said = |text: &str, reason| (text.to_owned(), reason);
    let expected = [
        (vec![], vec![]),
        (
            vec![
                said("doc(doc:1)", completed),
                said("user(user:ana)", completed),
                said("owner(doc:1, user:ana)", asked),
            ],
            vec![],
        ),
        (
            vec![said("user(user:bo)", completed), said("owner(doc:1, user:bo)", asked)],
            vec![said("owner(doc:1, user:ana)", completed)],
        ),
        (vec![], vec![said("owner(doc:1, user:bo)", completed), said("user(user:bo)", asked)]),
    ];
    assert_eq!(happened, expected);
    assert!(matches!(entries[0].happened, Happened::Activation));
    for (before, entry) in entries.iter().zip(&entries[1..]) {
        assert_eq!((&entry.previous, &entry.policy), (&before.hash, &before.policy));
        assert!(entry.hash.len() == 64 && entry.time >= before.time, "{entry:?}");
    }
    assert_eq!(entries[0].previous, "0".repeat(64));
}

#[test]
fn a_follower_goes_on_from_any_revision() {
    let (_directory, engine) = engine();
    let all = changes(&engine, None, None).unwrap();
    assert_eq!(changes(&engine, None, Some(3)).unwrap(), all[..3]);
    for (seen, entry) in (1..).zip(&all) {
        let token = entry.revision.to_string();
        assert_eq!(changes(&engine, Some(&token), None).unwrap(), all[seen..]);
        assert_eq!(
            changes(&engine, Some(&token), Some(1)).unwrap(),
            all[seen..].iter().take(1).cloned().collect::<Vec<_>>()
        );
    }
    let last = all.last().unwrap().revision.to_string();
    let next = write(&engine, vec![fact("owner", &["doc:2", "user:ana"])], vec![]);
    let fresh = changes(&engine, Some(&last), None).unwrap();
    assert_eq!(fresh.iter().map(|entry| entry.revision.to_string()).collect::<Vec<_>>(), [next]);
}

#[test]
fn a_token_that_is_ahead_foreign_or_none_is_refused() {
    let (_directory, engine) = engine();
    let code = |after: &str| changes(&engine, Some(after), None).unwrap_err().code;
    let here = changes(&engine, None, None).unwrap().last().unwrap().revision.to_string();
    let foreign = engine.policy("globex").unwrap().revision.to_string();
    assert_eq!(
        (code(&foreign), code("wat"), code(&later(&here, 1))),
        ("foreign-token", "malformed-token", "revision-ahead")
    );
    assert_eq!(engine.changes("nobody", None, None, &mut |_| Ok(())).unwrap_err().code, "unknown-tenant");
}

#[test]
fn whoever_has_seen_enough_ends_the_walk() {
    let (_directory, engine) = engine();
    let mut seen = 0;
    let stop = engine.changes("acme", None, None, &mut |_| {
        seen += 1;
        if seen == 2 { Err(engine.policy("nobody").unwrap_err()) } else { Ok(()) }
    });
    assert_eq!((stop.unwrap_err().code, seen), ("unknown-tenant", 2));
}
