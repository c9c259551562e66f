//! What the store refuses, each with its code, and that a refusal changes nothing.

use std::fs::{self, File};
use std::sync::Arc;

use super::world::{Contents, Seen, contents, insert, life, new_tenant, owner, policy, store, transaction};
use crate::model::fact::Fact;
use crate::model::revision::Revision;
use crate::model::value::{Object, Value};
use crate::store::Store;
use crate::store::disk::{Batch, Space};
use crate::store::entry::{Action, Commit, PolicyHash, Sign, TenantId, TenantRef};
use crate::store::error::{CODES, StoreError};
use crate::store::keys::meta;
use crate::store::log::Log;

const ACME: TenantId = TenantId(0);

/// Appends a group that is refused; the store must hold then what it held before, and go on.
fn refused(store: &mut Store, group: &[Commit]) -> StoreError {
    let before = contents(store, ACME).unwrap();
    let error = store.append(group).unwrap_err();
    assert_eq!(contents(store, ACME).unwrap(), before);
    assert!(store.append(&[]).unwrap().is_empty());
    assert!(CODES.iter().any(|(code, _)| *code == error.code()), "{}", error.code());
    assert!(error.help().ends_with('.'));
    error
}

fn code_of(group: &[Commit]) -> &'static str {
    let (_directory, mut store) = store();
    store.append(&[insert(ACME, 1, &[owner("1", "ana")])]).unwrap();
    refused(&mut store, group).code()
}

fn relation(values: Vec<Value>) -> Fact {
    Fact { relation: "r".into(), values }
}

#[test]
fn a_second_opening_is_told_who_holds_the_store() {
    let (directory, store) = store();
    let error = Store::open(directory.path()).err().unwrap();
    assert_eq!(error.code(), "store-held");
    let held = format!("is held by process {}", std::process::id());
    assert!(error.message().ends_with(&held), "{error}");
    // A reader holds it too: it has the files open.
    let reader = store.reader().clone();
    drop(store);
    assert_eq!(Store::open(directory.path()).err().unwrap().code(), "store-held");
    drop(reader);
    Store::open(directory.path()).unwrap();
}

#[test]
fn a_directory_of_other_things_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("letter.txt"), "dear").unwrap();
    assert_eq!(Store::open(directory.path()).err().unwrap().code(), "store-foreign");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_store_of_a_newer_release_is_refused() {
    let (directory, store) = store();
    let mut batch = Batch::default();
    let format = [&2_u32.to_be_bytes(), store.uuid().as_bytes().as_slice()].concat();
    batch.put(Space::Meta, meta::FORMAT.to_vec(), &format);
    store.reader().disk().commit(batch).unwrap();
    drop(store);
    let error = Store::open(directory.path()).err().unwrap();
    assert_eq!(error.code(), "store-newer");
    assert_eq!(error.message(), "the store was written by a newer release (format 2)");
}

#[test]
fn a_commit_on_another_revision_is_refused() {
    for expected in [0, 1, 3] {
        assert_eq!(code_of(&[insert(ACME, expected, &[owner("2", "ana")])]), "revision-mismatch");
    }
    // The whole group goes with it, and a group sees its own commits.
    let group = [insert(ACME, 2, &[owner("2", "ana")]), insert(ACME, 2, &[owner("3", "ana")])];
    assert_eq!(code_of(&group), "revision-mismatch");
}

#[test]
fn a_tenant_begins_once_and_with_a_policy() {
    assert_eq!(code_of(&[new_tenant("acme")]), "tenant-exists");
    assert_eq!(code_of(&[new_tenant("eu"), new_tenant("eu")]), "tenant-exists");
    assert_eq!(code_of(&[insert(TenantId(1), 0, &[owner("2", "ana")])]), "unknown-tenant");
    let tenant = TenantRef::New("eu".to_owned());
    assert_eq!(code_of(&[Commit { tenant, ..insert(ACME, 0, &[]) }]), "store-mismatch");
    assert_eq!(code_of(&[new_tenant(&"x".repeat(513))]), "name-too-long");
}

#[test]
fn a_policy_needs_its_texts_and_they_its_name() {
    let unnamed = Commit { policy: None, ..new_tenant("eu") };
    let mut other = new_tenant("eu");
    other.policy = Some(policy("type team."));
    other.record.action = Action::Activation(PolicyHash([7; 32]));
    assert_eq!(code_of(&[other.clone()]), "store-mismatch");
    other.policy = None;
    assert_eq!(code_of(&[other]), "store-mismatch");
    // The texts of acme's policy are stored already.
    let (_directory, mut store) = store();
    let heads = store.append(&[unnamed]).unwrap();
    let texts = store.reader().policy(heads[0].1.policy).unwrap();
    assert_eq!(texts, Some(policy("type user.")));
    assert_eq!(store.reader().policy(PolicyHash([7; 32])).unwrap(), None);
}

#[test]
fn facts_come_when_absent_and_go_when_present() {
    let (present, absent) = (owner("1", "ana"), owner("2", "ana"));
    assert_eq!(code_of(&[insert(ACME, 2, std::slice::from_ref(&present))]), "store-mismatch");
    assert_eq!(code_of(&[transaction(ACME, 2, vec![(Sign::Delete, absent.clone())])]), "store-mismatch");
    assert_eq!(code_of(&[insert(ACME, 2, &[absent.clone(), absent.clone()])]), "store-mismatch");
    // Within a group a fact may come and go and come.
    let (_directory, mut store) = store();
    let delete = |expected| transaction(ACME, expected, vec![(Sign::Delete, absent.clone())]);
    let come = |expected| insert(ACME, expected, std::slice::from_ref(&absent));
    store.append(&[come(1), delete(2), come(3)]).unwrap();
    assert_eq!(contents(&store, ACME).unwrap().facts, [(absent.clone(), Revision(4))]);
    store.append(&[delete(4), come(5), delete(6)]).unwrap();
    assert_eq!(contents(&store, ACME).unwrap().facts, []);
}

#[test]
fn objects_come_with_new_ordinals_and_go_when_alive() {
    let ana = || life("user", "ana");
    let (come, go) = (vec![(Sign::Insert, ana())], vec![(Sign::Delete, ana())]);
    let (_directory, mut store) = store();
    let commits = [
        transaction(ACME, 1, come.clone()).bearing("user", "ana", 0),
        transaction(ACME, 2, go.clone()).ending("user", 0),
        transaction(ACME, 3, come.clone()).bearing("user", "ana", 1),
    ];
    store.append(&commits).unwrap();
    let Contents { objects, .. } = contents(&store, ACME).unwrap();
    assert_eq!(objects.iter().map(|object| object.alive).collect::<Vec<_>>(), [false, true]);
    for commit in [
        transaction(ACME, 4, come.clone()),
        transaction(ACME, 4, come.clone()).bearing("user", "ana", 0),
        transaction(ACME, 4, come.clone()).bearing("user", "eve", 2),
        transaction(ACME, 4, vec![]).bearing("user", "ana", 2),
        transaction(ACME, 4, go.clone()),
        transaction(ACME, 4, go.clone()).ending("user", 0),
        transaction(ACME, 4, go.clone()).ending("user", 2),
        transaction(ACME, 4, vec![]).ending("user", 1),
    ] {
        assert_eq!(refused(&mut store, &[commit]).code(), "store-mismatch");
    }
}

#[test]
fn what_is_too_long_is_refused_and_what_just_fits_is_kept() {
    let object = |n| Value::Object(Object::new("doc", "x".repeat(n)));
    let text = |n| Value::Text("x".repeat(n).into());
    let named = |n: usize| Fact { relation: "x".repeat(n).into(), values: vec![] };
    // Each NUL takes two bytes of a key; fourteen such texts are near the longest key.
    let nuls = |n: usize| relation(vec![Value::Text("\0".repeat(4096).into()); n]);
    for (fits, too_long, code) in [
        (relation(vec![object(512)]), relation(vec![object(513)]), "id-too-long"),
        (relation(vec![text(4096)]), relation(vec![text(4097)]), "text-too-long"),
        (named(512), named(513), "name-too-long"),
        (nuls(7), nuls(8), "fact-too-long"),
    ] {
        let (directory, mut store) = store();
        assert_eq!(refused(&mut store, &[insert(ACME, 1, &[too_long])]).code(), code);
        store.append(&[insert(ACME, 1, std::slice::from_ref(&fits))]).unwrap();
        drop(store);
        let store = Store::open(directory.path()).unwrap();
        assert_eq!(contents(&store, ACME).unwrap().facts, [(fits, Revision(2))]);
    }
    let mut long_actor = insert(ACME, 2, &[]);
    long_actor.record.actor = Some("x".repeat(4097).into());
    assert_eq!(code_of(&[long_actor]), "text-too-long");
    let error = StoreError::TooLong {
        what: crate::store::error::Bounded::Id,
        bytes: 513,
        limit: 512,
        begins: "xxx".to_owned(),
    };
    assert_eq!(error.message(), "the id that begins `xxx` has 513 bytes, and 512 are allowed");
}

#[test]
fn reading_beyond_the_head_is_refused() {
    let (_directory, store) = store();
    let error = store.read_from(ACME, Revision(2)).err().unwrap();
    assert_eq!(error.code(), "revision-ahead");
    assert_eq!(store.read_from(ACME, Revision(1)).unwrap().count(), 0);
    assert_eq!(store.read_from(TenantId(1), Revision(0)).err().unwrap().code(), "unknown-tenant");
}

#[test]
fn after_a_failed_sync_nothing_is_written_until_the_store_is_opened_again() {
    let (directory, mut store) = store();
    // A watermark that can't be written: the batch is on disk, and may not be acknowledged.
    store.writer.watermark.file = File::open(directory.path().join("watermark")).unwrap();
    let error = store.append(&[insert(ACME, 1, &[owner("1", "ana")])]).unwrap_err();
    assert_eq!(error.code(), "store-io");
    for expected in [1, 2] {
        let error = store.append(&[insert(ACME, expected, &[owner("2", "ana")])]).unwrap_err();
        assert_eq!(error.code(), "store-failed");
    }
    assert_eq!(store.checkpoint().unwrap_err().code(), "store-failed");
    assert_eq!(store.head(ACME).unwrap().revision, Revision(1));
    drop(store);
    let mut store = Store::open(directory.path()).unwrap();
    assert_eq!(store.head(ACME).unwrap().revision, Revision(2));
    store.append(&[insert(ACME, 2, &[owner("2", "ana")])]).unwrap();
}

#[test]
fn readers_look_on_from_other_threads() {
    let (_directory, mut store) = store();
    let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let looking = std::thread::spawn({
        let (reader, done) = (store.reader().clone(), done.clone());
        move || {
            let mut last = Revision(0);
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                // Its digest would betray half a group.
                let mut seen = Seen::default();
                let head = reader.read_tenant(ACME, &mut seen).unwrap();
                assert_eq!(seen.facts.len() as u64, 3 * (head.revision.0 - 1));
                assert!(head.revision >= last);
                last = head.revision;
            }
        }
    });
    for n in 1..40 {
        let facts = [0, 1, 2].map(|user| owner(&n.to_string(), &user.to_string()));
        store.append(&[insert(ACME, n, &facts)]).unwrap();
    }
    done.store(true, std::sync::atomic::Ordering::Relaxed);
    looking.join().unwrap();
}
