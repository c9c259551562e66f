//! Loads: equal to appending, whole or not there after a crash at any step, invisible to readers before the end.

use std::collections::BTreeMap;
use std::fs;
use std::slice::from_ref;

use jiff::Timestamp;
use proptest::collection::btree_set;
use proptest::prelude::*;
use tempfile::TempDir;

use super::arbitrary;
use super::crash::{cut, journal};
use super::world::{all_contents, contents, copy, insert, life, new_tenant, owner, store, transaction};
use crate::model::fact::Fact;
use crate::model::revision::Revision;
use crate::model::value::{ColumnType, Name, Value};
use crate::store::Store;
use crate::store::digest::Digest;
use crate::store::disk::{Batch, Space};
use crate::store::entry::{Action, Change, Commit, Mark, Record, Sign, TenantId, life_of};
use crate::store::error::StoreError;
use crate::store::ingest::{Ingested, Prepared};
use crate::store::keys::{of_tenant, put_fact};
use crate::store::load::{Births, Load, Loaded};
use crate::store::log::Log;
use crate::store::ranks::Values;
use crate::store::row::{Column, Own};

const ACME: TenantId = TenantId(0);

/// Values of each type, their cells by position.
#[derive(Debug, Default)]
pub(super) struct Cells(BTreeMap<ColumnType, Vec<Value>>);

/// What shares its cells with a value: a set has those of its object.
fn type_of(value: &Value) -> ColumnType {
    match value {
        Value::Set(object, _) => ColumnType::Object(object.kind.clone()),
        other => other.column_type(),
    }
}

fn id_of(value: &Value) -> Option<&Name> {
    value.object().map(|object| &object.id)
}

impl Cells {
    fn cell(&mut self, value: &Value) -> u32 {
        let values = self.0.entry(type_of(value)).or_default();
        let is_it = |known: &Value| id_of(known).map_or(known == value, |id| Some(id) == id_of(value));
        let place = values.iter().position(is_it).unwrap_or_else(|| {
            values.push(value.clone());
            values.len() - 1
        });
        place as u32
    }
}

impl Values for Cells {
    fn own(&self, column: &Column, cell: u32) -> Option<Own<'_>> {
        let kind = match column {
            Column::Set(kind, _) => ColumnType::Object(kind.clone()),
            other => other.column_type(),
        };
        Some(match self.0.get(&kind)?.get(cell as usize)? {
            Value::Object(object) | Value::Constant(object) | Value::Set(object, _) => Own::Text((&*object.id).into()),
            Value::Everyone(_) => Own::Nothing,
            Value::Text(text) => Own::Text((&**text).into()),
            Value::Integer(integer) => Own::Integer(*integer),
            Value::Time(time) => Own::Time(*time),
        })
    }
}

/// Facts as a load has them, and the changes that go with it.
#[derive(Debug)]
pub(super) struct World {
    cells: Cells,
    variants: Vec<(Name, Vec<Column>, Vec<u32>)>,
    births: Vec<Births>,
    record: Record,
}

impl World {
    /// Lives come alive in their order, from ordinal 0 on.
    pub(super) fn new(facts: &[Fact], deletes: &[Fact]) -> Self {
        let (mut cells, mut births) = (Cells::default(), BTreeMap::new());
        let mut variants: BTreeMap<Vec<u8>, (Name, Vec<Column>, Vec<u32>)> = BTreeMap::new();
        for object in facts.iter().filter_map(life_of) {
            cells.cell(&Value::Object(object.clone()));
            let births = births.entry(object.kind.clone());
            births.or_insert_with(|| Births { kind: object.kind.clone(), first: 0, asked: vec![] }).asked.push(true);
        }
        for fact in facts.iter().filter(|fact| life_of(fact).is_none()) {
            let columns: Vec<Column> = fact.values.iter().map(Column::of).collect();
            let key = format!("{} {columns:?}", fact.relation).into_bytes();
            let variant = variants.entry(key).or_insert_with(|| (fact.relation.clone(), columns, vec![]));
            variant.2.extend(fact.values.iter().map(|value| cells.cell(value)));
        }
        let delete = |fact: &Fact| Change { sign: Sign::Delete, mark: Mark::Completed, fact: fact.clone() };
        let record = Record {
            time: Timestamp::from_second(1_700_000_001).unwrap(),
            actor: Some("user:ana".into()),
            idempotency_key: None,
            action: Action::Transaction(deletes.iter().map(delete).collect()),
        };
        Self { cells, variants: variants.into_values().collect(), births: births.into_values().collect(), record }
    }

    pub(super) fn load(&self, expected: u64) -> Load<'_, Cells> {
        let facts = self.variants.iter();
        Load {
            tenant: ACME,
            expected: Revision(expected),
            record: self.record.clone(),
            births: self.births.clone(),
            facts: facts
                .map(|(relation, columns, rows)| Loaded { relation: relation.clone(), columns: columns.clone(), rows })
                .collect(),
            values: &self.cells,
        }
    }
}

/// The same as an ordinary commit: births by type, facts in the order of their keys, deletes.
fn commit(world: &World, facts: &[Fact], deletes: &[Fact], expected: u64) -> Commit {
    let bytes = |fact: &Fact| {
        let mut bytes = vec![];
        put_fact(&mut bytes, fact);
        bytes
    };
    let lives = facts.iter().filter(|fact| life_of(fact).is_some()).map(|fact| (fact.relation.clone(), fact.clone()));
    let mut lives: Vec<(Name, Fact)> = lives.collect();
    lives.sort_by_key(|(kind, _)| kind.clone());
    let mut others: Vec<&Fact> = facts.iter().filter(|fact| life_of(fact).is_none()).collect();
    others.sort_by_key(|fact| bytes(fact));
    let inserts = lives.iter().map(|(_, fact)| fact).chain(others).map(|fact| (Sign::Insert, fact.clone()));
    let mut commit = transaction(ACME, expected, inserts.collect());
    if let Action::Transaction(changes) = &mut commit.record.action {
        let delete = |fact: &Fact| Change { sign: Sign::Delete, mark: Mark::Completed, fact: fact.clone() };
        changes.extend(deletes.iter().map(delete));
    }
    commit.record.time = world.record.time;
    let mut ordinals: BTreeMap<Name, u32> = BTreeMap::new();
    for (kind, fact) in &lives {
        let ordinal = ordinals.entry(kind.clone()).or_default();
        commit = commit.bearing(kind, &life_of(fact).unwrap().id, *ordinal);
        *ordinal += 1;
    }
    commit
}

/// 300 facts and 20 lives, and one stored fact that goes.
fn facts() -> (Vec<Fact>, Vec<Fact>) {
    let lives = (0..20).map(|n| life("user", &format!("u{n}")));
    let owners = (0..300).map(|n| owner(&format!("{n}"), &format!("u{}", n % 7)));
    (lives.chain(owners).collect(), vec![owner("old", "ana")])
}

/// A store whose tenant `acme` is at revision 2, with two facts.
pub(super) fn stored() -> (TempDir, Store) {
    let (directory, mut store) = store();
    store.append(&[insert(ACME, 1, &[owner("old", "ana"), owner("kept", "ben")])]).unwrap();
    store.append(&[new_tenant("eu")]).unwrap();
    (directory, store)
}

fn opened(directory: &TempDir) -> Store {
    Store::open(directory.path()).unwrap()
}

fn copied(directory: &TempDir) -> TempDir {
    let crashed = tempfile::tempdir().unwrap();
    copy(directory.path(), crashed.path());
    crashed
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("user"), Just("user\0"), Just("team")]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_load_leaves_what_an_append_leaves(
        lives in btree_set((kind(), arbitrary::text()), 0..8),
        facts in btree_set(arbitrary::fact(), 1..40),
    ) {
        let lives = lives.iter().map(|(kind, id)| life(kind, id));
        let facts = facts.into_iter().filter(|fact| !fact.values.is_empty() && life_of(fact).is_none());
        let facts: Vec<Fact> = lives.chain(facts).collect();
        let world = World::new(&facts, &[]);
        let ((appended, mut one), (loaded, mut other)) = (store(), store());
        one.append(&[commit(&world, &facts, &[], 1)]).unwrap();
        other.load(&world.load(1)).unwrap();
        prop_assert_eq!(all_contents(&one).unwrap(), all_contents(&other).unwrap());
        drop((one, other));
        prop_assert_eq!(all_contents(&opened(&appended)).unwrap(), all_contents(&opened(&loaded)).unwrap());
    }
}

#[test]
fn a_load_takes_old_facts_away_and_more_can_be_written_and_loaded_after_it() {
    let (facts, deletes) = facts();
    let world = World::new(&facts, &deletes);
    let ((_one, mut appended), (directory, mut loaded)) = (stored(), stored());
    appended.append(&[commit(&world, &facts, &deletes, 2)]).unwrap();
    let head = loaded.load(&world.load(2)).unwrap();
    assert_eq!(loaded.head(ACME), Some(head));
    assert_eq!((head.facts, head.objects), (301, 20));
    for store in [&mut appended, &mut loaded] {
        store.append(&[insert(ACME, 3, &[owner("new", "ben")])]).unwrap();
    }
    let more = World::new(&[owner("more", "ben")], &[owner("new", "ben")]);
    appended.append(&[commit(&more, &[owner("more", "ben")], &[owner("new", "ben")], 4)]).unwrap();
    loaded.load(&more.load(4)).unwrap();
    let expected = all_contents(&appended).unwrap();
    assert_eq!(all_contents(&loaded).unwrap(), expected);
    let crashed = copied(&directory);
    drop(loaded);
    for directory in [directory, crashed] {
        assert_eq!(all_contents(&opened(&directory)).unwrap(), expected);
    }
}

#[test]
fn a_crash_at_any_step_of_a_load_leaves_the_store_as_it_was() {
    let (facts, deletes) = facts();
    let world = World::new(&facts, &deletes);
    for n_steps in 0..=5 {
        let (directory, mut store) = stored();
        let before = all_contents(&store).unwrap();
        let (disk, load) = (store.reader().disk().clone(), world.load(2));
        let prepared = Prepared::new(&load, &store.head(ACME).unwrap(), &disk).unwrap();
        let mut digest = Digest::default();
        let steps: [&mut dyn FnMut(); 5] = [
            &mut || prepared.begin(&disk).unwrap(),
            &mut || {
                prepared.ingest_log(&disk).unwrap();
            },
            &mut || {
                prepared.ingest_facts(&disk, &mut digest).unwrap();
            },
            &mut || {
                prepared.ingest_objects(&disk, &mut Digest::default()).unwrap();
            },
            // The dropping itself was under way when another crash came.
            &mut || {
                let mut batch = Batch::default();
                for row in disk.view().prefix(Space::Facts, &of_tenant(ACME)).skip(40).take(100) {
                    batch.remove(Space::Facts, row.unwrap().0.to_vec());
                }
                disk.commit(batch).unwrap();
            },
        ];
        for step in steps.into_iter().take(n_steps) {
            step();
        }
        let crashed = copied(&directory);
        if n_steps < 5 {
            assert_eq!(all_contents(&store).unwrap(), before, "readers see nothing of {n_steps} steps");
        }
        for _ in 0..2 {
            assert_eq!(all_contents(&opened(&crashed)).unwrap(), before, "after {n_steps} steps");
        }
        let mut again = opened(&crashed);
        again.load(&world.load(2)).unwrap();
        let after = all_contents(&again).unwrap();
        drop(again);
        assert_eq!(all_contents(&opened(&crashed)).unwrap(), after);
        if n_steps == 0 {
            store.load(&world.load(2)).unwrap();
            assert_eq!(all_contents(&store).unwrap(), after);
        }
    }
}

#[test]
fn the_last_step_of_a_load_is_there_as_a_whole_or_not_at_all() {
    let (facts, deletes) = facts();
    let world = World::new(&facts, &deletes);
    let (directory, store) = stored();
    let before = all_contents(&store).unwrap();
    let head = store.head(ACME).unwrap();
    let (disk, load) = (store.reader().disk().clone(), world.load(2));
    let prepared = Prepared::new(&load, &head, &disk).unwrap();
    prepared.begin(&disk).unwrap();
    let ingested: Ingested = prepared.ingest(&disk).unwrap();
    let (_, start) = journal(copied(&directory).path());
    prepared.finish(&disk, &head, &ingested).unwrap();
    // The watermark is as it was before: the load wasn't acknowledged.
    let after_it = copied(&directory);
    let (_, end) = journal(after_it.path());
    let (mut n_before, mut after) = (0, vec![]);
    for length in (start..end).step_by((end - start) / 8).chain([end - 1, end]) {
        let crashed = copied(&after_it);
        cut(&journal(crashed.path()).0, length);
        let found = all_contents(&opened(&crashed)).unwrap();
        if found == before {
            n_before += 1;
        } else {
            after.push(found);
        }
    }
    assert!(n_before > 6 && after.len() == 1, "{n_before} before, {} after", after.len());
    assert_eq!(after[0]["acme"].facts.len(), 301);
}

#[test]
fn the_lost_end_of_an_acknowledged_load_is_seen_before_anything_is_dropped() {
    let (facts, deletes) = facts();
    let world = World::new(&facts, &deletes);
    let (directory, mut store) = stored();
    let head = store.head(ACME).unwrap();
    let (disk, load) = (store.reader().disk().clone(), world.load(2));
    let prepared = Prepared::new(&load, &head, &disk).unwrap();
    prepared.begin(&disk).unwrap();
    let ingested: Ingested = prepared.ingest(&disk).unwrap();
    let (_, start) = journal(copied(&directory).path());
    let head = prepared.finish(&disk, &head, &ingested).unwrap();
    store.writer.watermark.advance(&[(ACME, (head.revision, head.hash))].into()).unwrap();
    let whole = all_contents(&store).unwrap();
    let crashed = copied(&directory);
    let (path, _) = journal(crashed.path());
    let bytes = fs::read(&path).unwrap();
    cut(&path, start);
    for _ in 0..2 {
        assert_eq!(Store::open(crashed.path()).err().unwrap().code(), "store-damaged");
    }
    fs::write(&path, bytes).unwrap();
    assert_eq!(all_contents(&opened(&crashed)).unwrap(), whole);
}

#[test]
fn a_lost_load_that_was_acknowledged_is_seen() {
    let (facts, deletes) = facts();
    let world = World::new(&facts, &deletes);
    let (directory, mut store) = stored();
    let earlier = copied(&directory);
    store.load(&world.load(2)).unwrap();
    drop(store);
    fs::copy(directory.path().join("watermark"), earlier.path().join("watermark")).unwrap();
    let error = Store::open(earlier.path()).err().unwrap();
    assert_eq!(error.code(), "store-damaged");
}

#[test]
fn a_load_that_fits_not_what_is_stored_is_refused_and_changes_nothing() {
    let (_directory, mut store) = stored();
    store.append(&[transaction(ACME, 2, vec![(Sign::Insert, life("user", "x"))]).bearing("user", "x", 0)]).unwrap();
    let before = all_contents(&store).unwrap();
    let refused = |store: &mut Store, facts: &[Fact], deletes: &[Fact], expected| {
        let error = store.load(&World::new(facts, deletes).load(expected)).unwrap_err();
        assert_eq!(all_contents(store).unwrap(), before);
        error
    };
    let new = owner("new", "ana");
    let is_mismatch = |error: &StoreError| matches!(error, StoreError::Mismatch { .. });
    assert!(matches!(refused(&mut store, from_ref(&new), &[], 1), StoreError::RevisionMismatch { .. }));
    assert!(is_mismatch(&refused(&mut store, &[owner("old", "ana")], &[], 3)));
    assert!(is_mismatch(&refused(&mut store, &[life("user", "y")], &[], 3)));
    assert!(is_mismatch(&refused(&mut store, from_ref(&new), &[owner("absent", "ana")], 3)));
    assert!(is_mismatch(&refused(&mut store, from_ref(&new), &[life("user", "x")], 3)));
    let long = owner(&"x".repeat(600), "ana");
    assert!(matches!(refused(&mut store, &[long], &[], 3), StoreError::TooLong { .. }));
    store.load(&World::new(&[new], &[owner("old", "ana")]).load(3)).unwrap();
}

#[test]
fn a_loaded_entry_of_several_parts_comes_back_whole() {
    let (directory, mut store) = store();
    let facts: Vec<_> = (0..30_000).map(|n| owner(&format!("sequence number {n:08}"), "ana")).collect();
    let world = {
        let mut cells = Cells::default();
        let sequences = facts.iter().map(|fact| fact.values[0].clone()).collect();
        cells.0.insert(ColumnType::Object("sequence".into()), sequences);
        cells.0.insert(ColumnType::Object("user".into()), vec![facts[0].values[1].clone()]);
        let columns = facts[0].values.iter().map(Column::of).collect();
        // From the last to the first: sorting is the load's business.
        let rows = (0..30_000).rev().flat_map(|n| [n, 0]).collect();
        World { cells, variants: vec![("owner".into(), columns, rows)], ..World::new(&[], &[]) }
    };
    store.load(&world.load(1)).unwrap();
    store.append(&[insert(ACME, 2, &[owner("1", "ana")])]).unwrap();
    let crashed = copied(&directory);
    drop(store);
    for directory in [directory, crashed] {
        let store = opened(&directory);
        let contents = contents(&store, ACME).unwrap();
        assert_eq!(contents.facts.len(), 30_001);
        assert_eq!(contents.entries.len(), 3);
        let Action::Transaction(changes) = &contents.entries[1].record.action else { panic!() };
        assert!(changes.iter().map(|change| &change.fact).eq(&facts));
    }
}
