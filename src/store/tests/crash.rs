//! A crash at any step of a commit leaves all that was acknowledged, and of the rest whole groups.

use std::fs;
use std::path::{Path, PathBuf};

use super::world::{all_contents, contents, copy, insert, life, new_tenant, owner, store, transaction, written};
use crate::model::fact::Fact;
use crate::model::revision::Revision;
use crate::store::Store;
use crate::store::entry::{Sign, TenantId};
use crate::store::log::Log;

const ACME: TenantId = TenantId(0);

/// The journal, which must be the only one, and how many bytes of it are written.
pub(super) fn journal(directory: &Path) -> (PathBuf, usize) {
    let files = fs::read_dir(directory.join("data")).unwrap();
    let paths = files.map(|entry| entry.unwrap().path());
    let journals: Vec<_> = paths.filter(|path| path.extension().is_some_and(|e| e == "jnl")).collect();
    let [path] = journals.as_slice() else { panic!("{journals:?}") };
    (path.clone(), written(path).unwrap().len())
}

/// Cuts a file off, as if the rest had never reached the disk.
pub(super) fn cut(file: &Path, length: usize) {
    fs::File::options().write(true).open(file).unwrap().set_len(length as u64).unwrap();
}

#[test]
fn a_group_is_there_as_a_whole_or_not_at_all() {
    let (directory, mut store) = store();
    store.append(&[new_tenant("eu")]).unwrap();
    let eu = store.tenant("eu").unwrap();
    let before = all_contents(&store).unwrap();
    let acknowledged = tempfile::tempdir().unwrap();
    copy(directory.path(), acknowledged.path());
    let (_, start) = journal(acknowledged.path());

    let ana = life("user", "ana");
    let group = [
        insert(ACME, 1, &[owner("1", "ana"), owner("2", "ana")]),
        transaction(eu, 1, vec![(Sign::Insert, ana)]).bearing("user", "ana", 0),
    ];
    store.append(&group).unwrap();
    let after = all_contents(&store).unwrap();
    let after_it = tempfile::tempdir().unwrap();
    copy(directory.path(), after_it.path());
    let (_, end) = journal(after_it.path());

    // The journal as far as it came, the watermark as it was before the group.
    let watermark = acknowledged.path().join("watermark");
    let (mut n_before, mut n_after) = (0, 0);
    for length in (start..end).step_by((end - start) / 12).chain([end - 1, end]) {
        let crashed = tempfile::tempdir().unwrap();
        copy(after_it.path(), crashed.path());
        cut(&journal(crashed.path()).0, length);
        if length % 2 == 0 {
            // A preallocated journal ends in zeros.
            cut(&journal(crashed.path()).0, end + 4096);
        }
        fs::copy(&watermark, crashed.path().join("watermark")).unwrap();
        let mut store = Store::open(crashed.path()).unwrap();
        let found = all_contents(&store).unwrap();
        if found == before {
            n_before += 1;
            store.append(&group).unwrap();
            assert_eq!(all_contents(&store).unwrap(), after);
        } else {
            n_after += 1;
            assert_eq!(found, after);
        }
    }
    assert!(n_before > 10 && n_after == 1, "{n_before} before, {n_after} after");
}

#[test]
fn a_crash_while_the_store_was_made_leaves_nothing_in_the_way() {
    let directory = tempfile::tempdir().unwrap();
    drop(Store::open(directory.path()).unwrap());
    // The watermark had been made, but nothing of the rest was safe yet.
    fs::remove_dir_all(directory.path().join("data")).unwrap();
    let mut store = Store::open(directory.path()).unwrap();
    store.append(&[new_tenant("acme")]).unwrap();
}

#[test]
fn an_entry_of_several_parts_comes_back_whole() {
    let (directory, mut store) = store();
    let facts: Vec<_> = (0..30_000).map(|n| owner(&format!("sequence number {n:08}"), "ana")).collect();
    store.append(&[insert(ACME, 1, &facts)]).unwrap();
    store.append(&[insert(ACME, 2, &[owner("1", "ana")])]).unwrap();
    let crashed = tempfile::tempdir().unwrap();
    copy(directory.path(), crashed.path());
    drop(store);
    for directory in [directory, crashed] {
        let store = Store::open(directory.path()).unwrap();
        let contents = contents(&store, ACME).unwrap();
        assert_eq!(contents.facts.len(), 30_001);
        let stored: Vec<&Fact> = contents.facts.iter().map(|(fact, _)| fact).collect();
        assert!(stored.is_sorted());
        assert_eq!(contents.entries.len(), 3);
        let later: Vec<_> = store.read_from(ACME, Revision(2)).unwrap().map(Result::unwrap).collect();
        assert_eq!(later, contents.entries[2..]);
    }
}

#[test]
fn many_tenants_share_a_store_and_none_sees_another() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(directory.path()).unwrap();
    // More than the watermark's first file holds.
    let tenants: Vec<_> = (0..700).map(|n| new_tenant(&format!("tenant {n}"))).collect();
    let heads = store.append(&tenants).unwrap();
    let fact = |tenant: TenantId| owner(&tenant.0.to_string(), "ана");
    let inserts: Vec<_> = heads.iter().map(|(tenant, _)| insert(*tenant, 1, &[fact(*tenant)])).collect();
    store.append(&inserts).unwrap();
    let crashed = tempfile::tempdir().unwrap();
    copy(directory.path(), crashed.path());
    let store = Store::open(crashed.path()).unwrap();
    assert_eq!(store.tenants().count(), 700);
    for n in [0, 1, 255, 256, 699] {
        let tenant = store.tenant(&format!("tenant {n}")).unwrap();
        assert_eq!(contents(&store, tenant).unwrap().facts, [(fact(tenant), Revision(2))]);
    }
}
