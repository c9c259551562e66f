//! Backups: what comes back is what was there, and what isn't whole doesn't come back.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use uuid::Uuid;

use super::world::{activation, all_contents, insert, life, new_tenant, owner, store, transaction};
use crate::model::revision::Revision;
use crate::store::Store;
use crate::store::disk::{Batch, Space};
use crate::store::entry::{Sign, TenantId};
use crate::store::error::StoreError;
use crate::store::keys::{fact_key, log_key, meta, object_key};
use crate::store::load::Mark;
use crate::store::log::Log;
use crate::store::restore::{check, restore};

const ACME: TenantId = TenantId(0);

/// A store of two tenants, and a place for its backup.
fn world() -> (TempDir, Store, PathBuf) {
    let (directory, mut store) = store();
    store.append(&[new_tenant("eu")]).unwrap();
    store.append(&[insert(ACME, 1, &[life("user", "ana"), owner("1", "ana")]).bearing("user", "ana", 0)]).unwrap();
    store.append(&[insert(TenantId(1), 1, &[owner("1", "bo")])]).unwrap();
    store.append(&[transaction(ACME, 2, vec![(Sign::Delete, owner("1", "ana"))])]).unwrap();
    store.append(&[activation(ACME, 3, "type user. type sequence.")]).unwrap();
    let file = directory.path().join("backup");
    (directory, store, file)
}

fn back_up(store: &Store) -> Vec<u8> {
    let mut bytes = Vec::new();
    store.reader().moment().back_up(store.uuid(), &mut bytes).unwrap();
    bytes
}

/// What trying to restore these bytes says.
fn restored(bytes: &[u8]) -> Result<(TempDir, Store), StoreError> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("backup");
    std::fs::write(&file, bytes).unwrap();
    check(&file)?;
    let data = directory.path().join("data");
    std::fs::create_dir(&data).unwrap();
    restore(&file, &data, Uuid::from_bytes([7; 16]))?;
    Ok((directory, Store::open(&data)?))
}

fn checked(bytes: &[u8], file: &Path) -> Result<(), StoreError> {
    std::fs::write(file, bytes).unwrap();
    check(file).map(drop)
}

#[test]
fn what_is_restored_is_what_was_there_under_the_new_number() {
    let (_directory, store, file) = world();
    let bytes = back_up(&store);
    std::fs::write(&file, &bytes).unwrap();
    let said = check(&file).unwrap();
    assert_eq!((said.store, said.tenants, said.facts, said.objects), (store.uuid(), 2, 1, 1));
    assert_eq!(said.bytes, bytes.len() as u64);
    let (_there, restored) = restored(&bytes).unwrap();
    assert_eq!(all_contents(&restored).unwrap(), all_contents(&store).unwrap());
    assert_eq!(restored.uuid(), Uuid::from_bytes([7; 16]));
    let hash = restored.head(ACME).unwrap().policy;
    assert_eq!(restored.reader().policy(hash).unwrap(), store.reader().policy(hash).unwrap());
    assert_eq!(back_up(&restored)[36..bytes.len() - 32], bytes[36..bytes.len() - 32]);
}

#[test]
fn a_restored_store_is_written_to_like_any_other() {
    let (_directory, store, _) = world();
    let (directory, mut restored) = restored(&back_up(&store)).unwrap();
    restored.append(&[insert(ACME, 4, &[owner("5", "ana")])]).unwrap();
    restored.append(&[new_tenant("new")]).unwrap();
    let before = all_contents(&restored).unwrap();
    drop(restored);
    assert_eq!(all_contents(&Store::open(&directory.path().join("data")).unwrap()).unwrap(), before);
}

#[test]
fn an_empty_store_comes_back_empty() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let (_there, restored) = restored(&back_up(&store)).unwrap();
    assert_eq!(restored.tenants().count(), 0);
}

#[test]
fn a_backup_that_is_cut_anywhere_or_goes_on_is_refused() {
    let (_directory, store, file) = world();
    let mut bytes = back_up(&store);
    for length in 0..bytes.len() {
        assert_eq!(checked(&bytes[..length], &file).unwrap_err().code(), "backup-damaged", "{length}");
    }
    assert!(checked(&bytes, &file).is_ok());
    bytes.push(0);
    assert_eq!(checked(&bytes, &file).unwrap_err().code(), "backup-damaged");
}

#[test]
fn a_flipped_bit_anywhere_is_seen() {
    let (_directory, store, file) = world();
    let bytes = back_up(&store);
    for place in 0..bytes.len() {
        let mut spoilt = bytes.clone();
        spoilt[place] ^= 1 << (place % 8);
        let code = checked(&spoilt, &file).unwrap_err().code();
        // Four bytes are the version: a greater one is a newer release's.
        let is_version = (16..20).contains(&place);
        assert!(code == "backup-damaged" || (code == "store-newer" && is_version), "{place}: {code}");
    }
}

#[test]
fn a_backup_of_a_newer_release_is_refused_as_such() {
    let (_directory, store, file) = world();
    let mut bytes = back_up(&store);
    bytes[16..20].copy_from_slice(&2_u32.to_be_bytes());
    assert_eq!(checked(&bytes, &file).unwrap_err().code(), "store-newer");
}

#[test]
fn what_a_load_under_way_has_written_is_left_out() {
    let (_directory, store, _) = world();
    let before = back_up(&store);
    let mark = Mark { revision: Revision(5), firsts: [("user".to_owned(), 1)].into() };
    let mut batch = Batch::default();
    batch.put(Space::Meta, meta::of_tenant(meta::LOADS, ACME), &mark.encode());
    batch.put(Space::Objects, object_key(ACME, "user", 1), b"\x01bo");
    batch.put(Space::Facts, fact_key(ACME, &owner("9", "bo")), &5_u64.to_be_bytes());
    batch.put(Space::Log, log_key(ACME, Revision(5), 0), b"half");
    store.reader().disk().commit(batch).unwrap();
    assert_eq!(back_up(&store), before);
    let audit = store.reader().moment().audit(ACME, &mut |_| Ok(Vec::new())).unwrap();
    assert_eq!((audit.log.count, audit.store.count), (0, 0), "{audit:?}");
}
