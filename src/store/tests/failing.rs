//! A disk that fails at every step of a write, one after another: before a batch, at it, after it, at the watermark.
//!
//! The caller gets an error. Where nothing was written yet the store goes on; else it writes nothing more. When it is opened
//! again, what was acknowledged is there, and the write as a whole or not at all.

use std::collections::BTreeMap;
use std::path::Path;

use super::load::{World, stored};
use super::world::{Contents, Image, all_contents, copy, image, insert, lay_out, life, new_tenant, owner, transaction};
use crate::store::Store;
use crate::store::entry::{Sign, TenantId};
use crate::store::error::StoreError;
use crate::store::log::Log;

const ACME: TenantId = TenantId(0);
const EU: TenantId = TenantId(1);

/// What is written.
type Write<'a> = &'a dyn Fn(&mut Store) -> Result<(), StoreError>;

type AllContents = BTreeMap<String, Contents>;

fn open(directory: &Path) -> AllContents {
    all_contents(&Store::open(directory).unwrap()).unwrap()
}

/// Fails the write at each of its steps, and says how many there are.
fn fail_each_step(write: Write<'_>) -> usize {
    let (directory, store) = stored();
    let (made, before) = (image(directory.path()), all_contents(&store).unwrap());
    let mut whole = None;
    (0..).find(|n| !fail_step(*n, &made, &before, write, &mut whole)).unwrap()
}

/// Fails the write after so many steps; false if it has no more. What was found of it afterwards is always the same.
fn fail_step(n: usize, made: &Image, before: &AllContents, write: Write<'_>, whole: &mut Option<AllContents>) -> bool {
    let directory = tempfile::tempdir().unwrap();
    lay_out(made, directory.path());
    let mut store = Store::open(directory.path()).unwrap();
    let faults = store.reader().disk().faults.clone();
    faults.arm(n as i64);
    let written = write(&mut store);
    let has_failed = faults.has_failed();
    faults.arm(-1);
    if !has_failed {
        written.unwrap();
        assert!(all_contents(&store).unwrap() != *before);
        return false;
    }
    assert_eq!(written.unwrap_err().code(), "store-io", "step {n}");
    assert_eq!(store.head(ACME).unwrap(), before["acme"].head, "step {n}: what wasn't acknowledged is no head");
    let crashed = tempfile::tempdir().unwrap();
    copy(directory.path(), crashed.path());
    // Another write is taken, or all are refused from now on.
    let goes_on = match store.append(&[insert(EU, 1, &[owner("another", "ben")])]) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.code(), "store-failed", "step {n}");
            assert_eq!(write(&mut store).unwrap_err().code(), "store-failed", "step {n}");
            assert_eq!(store.checkpoint().unwrap_err().code(), "store-failed", "step {n}");
            false
        }
    };
    drop(store);
    // A process that died at once, and one that ended in order.
    let found = open(crashed.path());
    assert_eq!(open(directory.path())["acme"], found["acme"], "step {n}");
    if found != *before {
        assert!(!goes_on, "step {n}");
        let whole = whole.get_or_insert_with(|| found.clone());
        assert!(*whole == found, "step {n}: it is there in part");
    }
    // It takes writes again.
    let mut store = Store::open(crashed.path()).unwrap();
    let revision = store.head(ACME).unwrap().revision.0;
    store.append(&[insert(ACME, revision, &[owner("again", "ben")])]).unwrap();
    drop(store);
    assert_eq!(open(crashed.path())["acme"].head.revision.0, revision + 1);
    true
}

#[test]
fn a_group_of_commits_fails_at_any_step_as_a_whole() {
    let n_steps = fail_each_step(&|store| {
        let insert = insert(ACME, 2, &[owner("1", "ana"), owner("2", "ana")]);
        let change = vec![(Sign::Delete, owner("old", "ana")), (Sign::Insert, life("user", "x"))];
        let change = transaction(ACME, 3, change).bearing("user", "x", 0);
        store.append(&[insert, change, new_tenant("asia")]).map(drop)
    });
    // A few reads, before and after the batch, before and after the mark.
    assert!(n_steps > 6, "{n_steps}");
}

#[test]
fn a_load_fails_at_any_step_as_a_whole() {
    let facts = [life("user", "x"), life("team", "y"), owner("1", "x"), owner("2", "ana")];
    let world = World::new(&facts, &[owner("old", "ana")]);
    let n_steps = fail_each_step(&|store| store.load(&world.load(2)).map(drop));
    // Before and after the mark of the load, three files, the head, and the watermark.
    assert!(n_steps >= 12, "{n_steps}");
}

#[test]
fn a_checkpoint_that_fails_loses_nothing() {
    for n in [0, 1] {
        let (directory, mut store) = stored();
        let before = all_contents(&store).unwrap();
        store.reader().disk().faults.arm(n);
        assert_eq!(store.checkpoint().unwrap_err().code(), "store-io");
        assert_eq!(store.append(&[insert(ACME, 2, &[owner("1", "ana")])]).unwrap_err().code(), "store-failed");
        drop(store);
        assert_eq!(open(directory.path()), before);
    }
}
