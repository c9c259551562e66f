//! Backups while writes go on, restores that are the store they came from, and refusals that leave nothing.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use entail::engine::changes::{Happened, LogEntry};
use entail::engine::request::{Check, Page, PolicyText, Query, Write};
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};
use tempfile::TempDir;

use crate::verify::{assert_sound, sales};

const POLICY: &str = r#"
open type user, doc.
relation owner(doc) -> user.
can(U, doc.view, D) :- owner(D, U).
permission doc.view on doc "View".
"#;

fn open(directory: &Path) -> Engine {
    Engine::open(directory, Options::default()).unwrap()
}

fn fact(relation: &str, values: &[String]) -> RawFact {
    RawFact { relation: relation.to_owned(), values: values.iter().cloned().map(Raw::Text).collect() }
}

fn own(engine: &Engine, tenant: &str, doc: u32, user: u32) {
    let insert = vec![fact("owner", &[format!("doc:{doc}"), format!("user:{user}")])];
    engine.write(tenant, &Write { insert, ..Write::default() }).unwrap();
}

fn small(engine: &Engine, tenant: &str) {
    let policy = PolicyText { main: "p.dl".to_owned(), files: [("p.dl".to_owned(), POLICY.to_owned())].into() };
    engine.activate(tenant, &policy).unwrap();
}

fn exported(engine: &Engine, tenant: &str) -> Vec<RawFact> {
    let mut facts = Vec::new();
    engine
        .export(tenant, &mut |fact| {
            facts.push(fact);
            Ok(())
        })
        .unwrap();
    facts
}

fn log(engine: &Engine, tenant: &str) -> Vec<LogEntry> {
    let mut entries = Vec::new();
    engine
        .changes(tenant, None, None, &mut |entry| {
            entries.push(entry);
            Ok(())
        })
        .unwrap();
    entries
}

/// The facts that a log leaves.
fn replayed(log: &[LogEntry]) -> BTreeSet<RawFact> {
    let mut facts = BTreeSet::new();
    for entry in log {
        if let Happened::Transaction { inserts, deletes } = &entry.happened {
            deletes.iter().for_each(|gone| assert!(facts.remove(&gone.fact), "{gone:?}"));
            inserts.iter().for_each(|come| assert!(facts.insert(come.fact.clone()), "{come:?}"));
        }
    }
    facts
}

/// What a directory holds.
fn names(directory: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn writes_go_on_and_what_is_restored_is_one_revision() {
    let directory = TempDir::new().unwrap();
    let at = |name: &str| directory.path().join(name);
    let engine = open(&at("data"));
    for tenant in ["acme", "globex"] {
        small(&engine, tenant);
    }
    let written = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (engine, written) = (&engine, &written);
        let writing = scope.spawn(move || {
            for n in 0..600 {
                // Documents change hands, so that facts go too.
                own(engine, if n % 3 == 0 { "globex" } else { "acme" }, n % 40, n % 7);
            }
            written.store(true, Ordering::Release);
        });
        let mut n_backups = 0;
        while !written.load(Ordering::Acquire) || n_backups == 0 {
            engine.backup(&at(&format!("backup-{n_backups}"))).unwrap();
            n_backups += 1;
        }
        writing.join().unwrap();
    });
    let whole = ["acme", "globex"].map(|tenant| (tenant, log(&engine, tenant)));
    let n_backups = names(directory.path()).iter().filter(|name| name.starts_with("backup-")).count();
    for number in [0, n_backups / 2, n_backups - 1] {
        let data = at(&format!("restored-{number}"));
        Engine::restore(&at(&format!("backup-{number}")), &data, true).unwrap();
        let restored = open(&data);
        for (tenant, whole) in &whole {
            let log = log(&restored, tenant);
            assert_eq!(log, whole[..log.len()], "the log is the beginning of the other one");
            assert_eq!(exported(&restored, tenant).into_iter().collect::<BTreeSet<_>>(), replayed(&log));
        }
    }
    assert!(n_backups > 1, "writes went on beside {n_backups}");
}

#[test]
fn a_restored_store_answers_as_the_old_one_and_refuses_its_tokens() {
    let (directory, engine) = sales();
    let at = |name: &str| directory.path().join(name);
    let (file, data) = (at("backup"), at("restored"));
    let said = engine.backup(&file).unwrap();
    assert_eq!(Engine::restore(&file, &data, false).unwrap(), said);
    let restored = open(&data);
    assert_eq!(exported(&restored, "demo"), exported(&engine, "demo"));
    let before = assert_sound(&engine, "demo");
    let after = assert_sound(&restored, "demo");
    assert_eq!((after.entries, after.facts, after.decisions), (before.entries, before.facts, before.decisions));
    let check = Check {
        subject: "user:quinn".into(),
        permission: "sequence.view".into(),
        object: "sequence:q3-fintech-outbound".into(),
        at: Some(before.revision.to_string()),
        ..Check::default()
    };
    assert_eq!(restored.check("demo", &check).unwrap_err().code, "foreign-token");
    assert!(restored.check("demo", &Check { at: None, ..check }).unwrap().allowed);
}

#[test]
fn an_export_that_is_loaded_is_an_equal_tenant() {
    let (_directory, engine) = sales();
    let facts = exported(&engine, "demo");
    engine.activate("copy", &PolicyText { main: "sales.dl".to_owned(), ..PolicyText::default() }).unwrap();
    engine.load("copy", &facts).unwrap();
    assert_eq!(exported(&engine, "copy"), facts);
    let (one, other) = (assert_sound(&engine, "demo"), assert_sound(&engine, "copy"));
    assert_eq!(one.decisions, other.decisions);
    let goals = ["can(U, P, X)", "label(P, L)", "category(P, C)", "description(P, D)", "enabled(R, P)", "name(X, N)"];
    for goal in goals {
        let query = Query { goal: goal.to_owned(), ..Query::default() };
        let rows = |tenant: &str| engine.query(tenant, &query, &Page::default()).unwrap().rows;
        let (before, after) = (rows("demo"), rows("copy"));
        assert!(before == after && !before.is_empty(), "{goal}: {} {}", before.len(), after.len());
    }
}

#[test]
fn what_is_damaged_or_in_the_way_is_refused_and_nothing_is_left() {
    let directory = TempDir::new().unwrap();
    let at = |name: &str| directory.path().join(name);
    let engine = open(&at("data"));
    small(&engine, "acme");
    own(&engine, "acme", 1, 1);
    let file = at("backup");
    engine.backup(&file).unwrap();
    let whole = std::fs::read(&file).unwrap();
    let refused = |bytes: &[u8], data: &str| {
        std::fs::write(&file, bytes).unwrap();
        let before = names(directory.path());
        let code = Engine::restore(&file, &at(data), false).unwrap_err().code;
        assert_eq!(names(directory.path()), before);
        code
    };
    let mut spoilt = whole.clone();
    spoilt[whole.len() / 2] ^= 1;
    let mut newer = whole.clone();
    newer[19] = 9;
    assert_eq!(refused(&whole[..whole.len() - 1], "new"), "backup-damaged");
    assert_eq!(refused(&spoilt, "new"), "backup-damaged");
    assert_eq!(refused(&newer, "new"), "store-newer");
    assert_eq!(refused(b"", "new"), "backup-damaged");
    assert_eq!(refused(&whole, "data"), "restore-needs-empty");
    std::fs::create_dir(at("empty")).unwrap();
    assert_eq!(refused(&spoilt, "empty"), "backup-damaged");
    assert!(names(&at("empty")).is_empty());
    std::fs::write(&file, &whole).unwrap();
    assert_eq!(Engine::restore(&file, &at("empty"), false).unwrap().tenants, 1);
    assert_eq!(engine.backup(Path::new("/")).unwrap_err().code, "unusable-path");
    assert_eq!(engine.backup(&at("nowhere/backup")).unwrap_err().code, "store-io");
}

#[test]
fn a_backup_whose_sums_are_right_and_whose_data_is_not_is_refused() {
    let directory = TempDir::new().unwrap();
    let at = |name: &str| directory.path().join(name);
    let engine = open(&at("data"));
    small(&engine, "acme");
    own(&engine, "acme", 1, 1);
    engine.backup(&at("backup")).unwrap();
    let mut bytes = std::fs::read(at("backup")).unwrap();
    // Somebody makes another owner, in the facts and not in the log, and mends the checksum.
    let place = find(&bytes, b"owner");
    let place = place + find(&bytes[place..], b"1\0\0");
    bytes[place] = b'2';
    let end = bytes.len() - 32;
    let check = blake3::hash(&bytes[..end]);
    bytes[end..].copy_from_slice(check.as_bytes());
    std::fs::write(at("backup"), bytes).unwrap();
    let before = names(directory.path());
    let error = Engine::restore(&at("backup"), &at("restored"), false).unwrap_err();
    assert_eq!(error.code, "backup-damaged");
    assert!(error.message.contains("doesn't verify"), "{}", error.message);
    assert_eq!(names(directory.path()), before);
}

fn find(bytes: &[u8], text: &[u8]) -> usize {
    bytes.windows(text.len()).position(|window| window == text).unwrap()
}
