//! Processes that are killed at random moments.

use std::collections::BTreeSet;
use std::time::Duration;

use entail::{Engine, Options};

use super::child::{Part, Running, part};
use super::event::Event;
use super::history::Audit;
use super::work::{Row, TENANTS, name, prepare, text};
use super::{amount, seed};
use crate::oracle::random::Random;

#[test]
fn a_killed_process_loses_no_acknowledged_write_and_leaves_none_in_half() {
    let directory = tempfile::tempdir().unwrap();
    prepare(directory.path());
    let random = Random::new(seed());
    let mut audit = Audit::new();
    for round in 0..amount(50, 200) {
        let loads = if round % 5 == 4 { 2 } else { 0 };
        let part = Part { loads, is_tight: random.percent(30), ..part(directory.path()) };
        let mut child = Running::start(&mut part.command(&[]));
        if random.percent(85) {
            let is_acknowledged = |event: &Event| matches!(event, Event::Acknowledged { .. } | Event::Loaded { .. });
            assert!(child.listen(random.skewed(300), is_acknowledged), "the child ended by itself");
            std::thread::sleep(Duration::from_micros(random.below(3_000) as u64));
        } else {
            // While it opens the store.
            std::thread::sleep(Duration::from_micros(random.below(60_000) as u64));
        }
        let events = child.kill();
        assert!(!events.iter().any(|event| matches!(event, Event::Refused { .. })), "a refusal without a fault");
        audit.take(events);
        if random.percent(30) {
            audit.check(directory.path());
        }
    }
    audit.check(directory.path());
    let (n_writes, n_loads, n_answers) = audit.totals();
    println!("{n_writes} writes, {n_loads} loads, {n_answers} answers");
    assert!(n_writes > 100 && n_answers > 100);
    // And it is served.
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    for tenant in 0..TENANTS {
        assert!(exported(&engine, tenant) == *audit.rows(tenant));
    }
}

/// Every stored fact of a tenant.
fn exported(engine: &Engine, tenant: usize) -> BTreeSet<Row> {
    let mut rows = BTreeSet::new();
    let export = engine.export(&name(tenant), &mut |fact| {
        let mut row = vec![fact.relation];
        row.extend(fact.values.iter().map(text));
        assert!(rows.insert(row));
        Ok(())
    });
    export.unwrap();
    rows
}
