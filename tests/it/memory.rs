//! Tenants' indexes under a budget of memory: dropped and built anew, without a wrong or missing answer.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use entail::engine::engine::MemoryUse;
use entail::engine::request::{Check, ListObjects, Page, PolicyText, Write};
use entail::model::fact::RawFact;
use entail::model::value::Raw;
use entail::{Engine, Options};

const POLICY: &str = r#"
open type user, doc.
relation owner(doc) -> user.
relation shared(doc) -> user.
can(U, doc.view, D) :- owner(D, U).
can(U, doc.view, D) :- shared(D, U).
permission doc.view on doc "View".
"#;

/// Tenants, how many of them fit the budget, documents that each has from the start.
const TENANTS: usize = 50;
const FIT: u64 = 5;
const DOCS: u32 = 300;

fn fact(relation: &str, doc: u32, user: u32) -> RawFact {
    let values = vec![Raw::Text(format!("doc:{doc}")), Raw::Text(format!("user:{user}"))];
    RawFact { relation: relation.to_owned(), values }
}

/// The owner of a document: another one in each tenant.
fn owner(tenant: usize, doc: u32) -> u32 {
    (doc * 7 + tenant as u32) % 10
}

fn owned(tenant: usize, docs: Range<u32>) -> Vec<RawFact> {
    docs.map(|doc| fact("owner", doc, owner(tenant, doc))).collect()
}

fn name(tenant: usize) -> String {
    format!("t{tenant}")
}

fn open(directory: &Path, memory: Option<u64>) -> Engine {
    Engine::open(directory, Options { memory, ..Options::default() }).unwrap()
}

fn make(engine: &Engine, tenant: usize) {
    let policy = PolicyText { main: "p.dl".to_owned(), files: [("p.dl".to_owned(), POLICY.to_owned())].into() };
    engine.activate(&name(tenant), &policy).unwrap();
    let write = Write { insert: owned(tenant, 0..DOCS), ..Write::default() };
    engine.write(&name(tenant), &write).unwrap();
}

fn may_view(engine: &Engine, tenant: usize, user: u32, doc: u32) -> bool {
    let check = Check {
        subject: format!("user:{user}"),
        permission: "doc.view".to_owned(),
        object: format!("doc:{doc}"),
        ..Check::default()
    };
    engine.check(&name(tenant), &check).unwrap().allowed
}

fn count(engine: &Engine, tenant: usize, user: u32) -> u64 {
    let list = ListObjects {
        subject: format!("user:{user}"),
        permission: "doc.view".to_owned(),
        kind: "doc".to_owned(),
        ..ListObjects::default()
    };
    engine.list_objects(&name(tenant), &list, &Page::default()).unwrap().items.len() as u64
}

/// Waits until the writer, which makes room between its groups, has made it.
fn settled(engine: &Engine, budget: u64) -> MemoryUse {
    loop {
        let now = engine.memory();
        if now.bytes <= budget {
            return now;
        }
        std::thread::yield_now();
    }
}

/// A tenant as its writer knows it: documents are added in their order.
#[derive(Default)]
struct Model {
    writing: Mutex<()>,
    /// Documents below this one were acknowledged.
    written: AtomicU32,
    /// Documents from this one on were not even asked for.
    asked: AtomicU32,
}

#[test]
fn fifty_tenants_in_the_memory_of_five_answer_as_if_they_were_alone() {
    let directory = tempfile::tempdir().unwrap();
    let budget = {
        let engine = open(directory.path(), None);
        (0..TENANTS).for_each(|tenant| make(&engine, tenant));
        assert_eq!(engine.memory().tenants, TENANTS);
        engine.memory().bytes * FIT / TENANTS as u64
    };
    let engine = open(directory.path(), Some(budget));
    assert!((0..TENANTS).all(|tenant| engine.policy_hash(&name(tenant)) == engine.policy_hash(&name(0))));
    assert_eq!(engine.memory(), MemoryUse { tenants: 0, bytes: 0 });
    let models: Vec<Model> = (0..TENANTS)
        .map(|_| Model { written: AtomicU32::new(DOCS), asked: AtomicU32::new(DOCS), ..Model::default() })
        .collect();
    std::thread::scope(|scope| {
        for seed in 1..=4_u32 {
            let (engine, models) = (&engine, &models);
            scope.spawn(move || {
                let mut random = seed;
                for _ in 0..600 {
                    random ^= random << 13;
                    random ^= random >> 17;
                    random ^= random << 5;
                    act(engine, models, random);
                }
            });
        }
    });
    let after = settled(&engine, budget);
    assert!((1..=FIT as usize + 1).contains(&after.tenants), "{after:?}");
    for (tenant, model) in models.iter().enumerate() {
        let docs = model.written.load(Ordering::SeqCst);
        let all: u64 = (0..10).map(|user| count(&engine, tenant, user)).sum();
        assert_eq!(all, u64::from(docs));
    }
}

/// A write, a check or a listing, on some tenant; the answer lies between what was acknowledged before and asked for after.
fn act(engine: &Engine, models: &[Model], random: u32) {
    let tenant = random as usize % TENANTS;
    let (model, user) = (&models[tenant], random >> 8 & 7);
    let written = model.written.load(Ordering::SeqCst);
    match random >> 16 & 7 {
        0 | 1 => {
            let _writing = model.writing.lock().unwrap_or_else(PoisonError::into_inner);
            let doc = model.asked.fetch_add(1, Ordering::SeqCst);
            let write = Write { insert: owned(tenant, doc..doc + 1), ..Write::default() };
            assert_eq!(engine.write(&name(tenant), &write).unwrap().inserted, 2);
            model.written.store(doc + 1, Ordering::SeqCst);
            assert!(may_view(engine, tenant, owner(tenant, doc), doc));
        }
        2 => {
            let found = count(engine, tenant, user);
            let asked = model.asked.load(Ordering::SeqCst);
            let of = |docs: u32| (0..docs).filter(|doc| owner(tenant, *doc) == user).count() as u64;
            assert!((of(written)..=of(asked)).contains(&found), "tenant {tenant}: {found}");
        }
        _ => {
            let doc = random >> 4 & 1_023;
            let is_allowed = may_view(engine, tenant, user, doc);
            let asked = model.asked.load(Ordering::SeqCst);
            assert!(!is_allowed || (owner(tenant, doc) == user && doc < asked));
            assert!(is_allowed || owner(tenant, doc) != user || doc >= written);
        }
    }
}

#[test]
fn a_tenant_larger_than_the_budget_is_served_alone() {
    let directory = tempfile::tempdir().unwrap();
    let engine = open(directory.path(), Some(1));
    (0..3).for_each(|tenant| make(&engine, tenant));
    for round in 0..9 {
        let tenant = round % 3;
        assert!(may_view(&engine, tenant, owner(tenant, 5), 5));
        assert!(!may_view(&engine, tenant, owner(tenant, 5) + 1, 5));
        let write = Write { insert: vec![fact("shared", 5, 20 + round as u32)], ..Write::default() };
        engine.write(&name(tenant), &write).unwrap();
        // A write is taken between two groups: room has been made after the one before.
        engine.write(&name(tenant), &write).unwrap();
        assert_eq!(engine.memory().tenants, 1);
        assert!(may_view(&engine, tenant, 20 + round as u32, 5));
    }
}

#[test]
fn the_tenant_that_was_asked_least_recently_makes_room() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = {
        let engine = open(directory.path(), None);
        (0..3).for_each(|tenant| make(&engine, tenant));
        engine.memory().bytes
    };
    let engine = open(directory.path(), Some(bytes * 5 / 6));
    for tenant in [0, 1, 0, 2] {
        may_view(&engine, tenant, 0, 0);
    }
    let before = settled(&engine, bytes * 5 / 6);
    assert_eq!(before.tenants, 2);
    // Tenants 0 and 2 are there: asking them builds nothing, which would show as room that has to be made.
    may_view(&engine, 0, 0, 0);
    may_view(&engine, 2, 0, 0);
    assert_eq!(engine.memory(), before);
}
