//! Damaged files: what was acknowledged is there, or the store says that it isn't.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use tempfile::TempDir;

use super::crash::{cut, journal};
use super::world::{
    Contents, Image, all_contents, copy, image, insert, lay_out, new_tenant, owner, policy, store, transaction,
};
use crate::model::revision::Revision;
use crate::store::Store;
use crate::store::disk::{Batch, Space};
use crate::store::entry::{Sign, TenantId};
use crate::store::error::StoreError;
use crate::store::keys::{fact_key, log_key, meta, policy_key};
use crate::store::log::Log;

const ACME: TenantId = TenantId(0);

type AllContents = BTreeMap<String, Contents>;

/// A store with a few revisions, closed by a crash, and what it holds.
fn crashed() -> (TempDir, AllContents) {
    // Made once: each new store is a few dozen syncs.
    static MADE: OnceLock<(Image, AllContents)> = OnceLock::new();
    let (image, contents) = MADE.get_or_init(make_crashed);
    let directory = tempfile::tempdir().unwrap();
    lay_out(image, directory.path());
    (directory, contents.clone())
}

fn make_crashed() -> (Image, AllContents) {
    let (directory, mut store) = store();
    store.append(&[new_tenant("eu")]).unwrap();
    for n in 1..5 {
        let fact = |n: u64| owner(&n.to_string(), "ana");
        store.append(&[insert(ACME, n, &[fact(n)]), insert(TenantId(1), n, &[fact(n)])]).unwrap();
    }
    store.append(&[transaction(ACME, 5, vec![(Sign::Delete, owner("2", "ana"))])]).unwrap();
    (image(directory.path()), all_contents(&store).unwrap())
}

/// What opening and reading everything says.
fn read_all(directory: &Path) -> Result<AllContents, StoreError> {
    all_contents(&Store::open(directory)?)
}

#[test]
fn a_journal_that_lost_its_end_is_seen() {
    let (directory, whole) = crashed();
    let (_, used) = journal(directory.path());
    for lost in [1, 2, 50, 200, used / 2, used - 1] {
        let damaged = tempfile::tempdir().unwrap();
        copy(directory.path(), damaged.path());
        cut(&journal(damaged.path()).0, used - lost);
        let error = read_all(damaged.path()).unwrap_err();
        assert_eq!(error.code(), "store-damaged", "{error}");
    }
    assert_eq!(read_all(directory.path()).unwrap(), whole);
}

#[test]
fn the_damage_is_told_by_tenant_and_revision() {
    let (directory, _) = crashed();
    let (path, used) = journal(directory.path());
    cut(&path, used - 1);
    let error = read_all(directory.path()).unwrap_err();
    assert_eq!(
        error.message(),
        "the data of tenant `acme` is damaged at revision 6: revision 6 was acknowledged, but the data ends at 5"
    );
}

#[test]
fn a_flipped_bit_in_the_journal_is_seen_or_harmless() {
    let (directory, whole) = crashed();
    let (path, used) = journal(directory.path());
    let bytes = fs::read(path).unwrap();
    let (mut n_seen, mut n_harmless) = (0, 0);
    for (n, at) in (0..used).step_by(used / 50).enumerate() {
        let damaged = tempfile::tempdir().unwrap();
        copy(directory.path(), damaged.path());
        let mut spoilt = bytes[..used].to_vec();
        spoilt[at] ^= 1 << (n % 8);
        fs::write(journal(damaged.path()).0, spoilt).unwrap();
        match read_all(damaged.path()) {
            Ok(found) => {
                assert_eq!(found, whole, "byte {at}");
                n_harmless += 1;
            }
            Err(error) => {
                assert!(["store-damaged", "store-io"].contains(&error.code()), "byte {at}: {error}");
                n_seen += 1;
            }
        }
    }
    assert!(n_seen > 30, "{n_seen} seen, {n_harmless} harmless");
}

#[test]
fn a_flipped_bit_in_the_watermark_is_seen_or_harmless() {
    let (directory, whole) = crashed();
    let bytes = fs::read(directory.path().join("watermark")).unwrap();
    for at in (0..1000).step_by(83) {
        let damaged = tempfile::tempdir().unwrap();
        copy(directory.path(), damaged.path());
        let mut spoilt = bytes.clone();
        spoilt[at] ^= 4;
        fs::write(damaged.path().join("watermark"), spoilt).unwrap();
        match read_all(damaged.path()) {
            Ok(found) => assert_eq!(found, whole, "byte {at}"),
            Err(error) => assert_eq!(error.code(), "store-damaged"),
        }
    }
}

#[test]
fn missing_files_are_seen() {
    for missing in ["watermark", "data"] {
        let (directory, _) = crashed();
        let path = directory.path().join(missing);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap()
        } else {
            fs::remove_file(path).unwrap()
        }
        assert_eq!(read_all(directory.path()).unwrap_err().code(), "store-damaged");
    }
    let (directory, _) = crashed();
    let (other, _store) = store();
    let watermark = other.path().join("watermark");
    fs::copy(watermark, directory.path().join("watermark")).unwrap();
    let error = read_all(directory.path()).unwrap_err();
    assert_eq!(error.message(), "the data is damaged: the watermark is that of another store");
}

/// Changes rows behind the store's back, and says what reading tells then.
fn tampered(tamper: impl FnOnce(&mut Batch)) -> StoreError {
    let (directory, _) = crashed();
    let store = Store::open(directory.path()).unwrap();
    let mut batch = Batch::default();
    tamper(&mut batch);
    store.reader().disk().commit(batch).unwrap();
    // As a crash leaves it: no checkpoint at the end.
    let crashed = tempfile::tempdir().unwrap();
    copy(directory.path(), crashed.path());
    let error = read_all(crashed.path()).unwrap_err();
    assert_eq!(error.code(), "store-damaged");
    error
}

#[test]
fn a_fact_that_went_missing_or_came_back_is_seen() {
    let found =
        "the data of tenant number 0 is damaged at revision 6: the stored facts aren't those that the log wrote";
    let key = |n: &str| fact_key(ACME, &owner(n, "ana"));
    assert_eq!(tampered(|batch| batch.remove(Space::Facts, key("1"))).message(), found);
    let revision = 3_u64.to_be_bytes();
    assert_eq!(tampered(|batch| batch.put(Space::Facts, key("2"), &revision)).message(), found);
    assert_eq!(tampered(|batch| batch.put(Space::Facts, key("1"), &revision)).message(), found);
}

#[test]
fn a_log_that_isnt_one_chain_is_seen() {
    let key = |revision| log_key(ACME, Revision(revision), 0);
    for revision in [1, 3, 6] {
        tampered(|batch| batch.remove(Space::Log, key(revision)));
        tampered(|batch| batch.put(Space::Log, key(revision), b"\x01 no entry"));
    }
    tampered(|batch| batch.put(Space::Log, key(7), b"\x01 no entry"));
    tampered(|batch| batch.put(Space::Log, log_key(ACME, Revision(3), 1), b"a part"));
    tampered(|batch| batch.remove(Space::Meta, meta::of_tenant(meta::HEADS, ACME)));
    tampered(|batch| batch.put(Space::Meta, meta::of_tenant(meta::HEADS, ACME), b"no head"));
}

#[test]
fn texts_that_arent_what_their_name_says_are_never_handed_out() {
    let (directory, _) = crashed();
    let store = Store::open(directory.path()).unwrap();
    let hash = policy("type user.").hash();
    let mut batch = Batch::default();
    batch.put(Space::Policies, policy_key(hash), &policy("type team.").encode());
    store.reader().disk().commit(batch).unwrap();
    assert_eq!(store.reader().policy(hash).unwrap_err().code(), "store-damaged");
}
