//! The complete check: nothing to find in a sound store, and each fault by its name in a spoilt one.

use super::world::{insert, life, owner, store, transaction};
use crate::model::fact::Fact;
use crate::model::revision::Revision;
use crate::model::value::Object;
use crate::store::Store;
use crate::store::audit::Audit;
use crate::store::disk::{Batch, Space};
use crate::store::entry::{Sign, TenantId};
use crate::store::keys::{fact_key, log_key, meta, object_key};
use crate::store::log::Log;

const ACME: TenantId = TenantId(0);

/// A store with births, a death, facts that came and went, at revision 5.
fn written() -> (tempfile::TempDir, Store) {
    let (directory, mut store) = store();
    let life = |id: &str| life("sequence", id);
    let born = insert(ACME, 1, &[life("1"), owner("1", "ana"), life("2"), owner("2", "ana")]);
    store.append(&[born.bearing("sequence", "1", 0).bearing("sequence", "2", 1)]).unwrap();
    let dying = vec![(Sign::Delete, owner("1", "ana")), (Sign::Delete, life("1"))];
    store.append(&[transaction(ACME, 2, dying).ending("sequence", 0)]).unwrap();
    store.append(&[insert(ACME, 3, &[life("1"), owner("1", "bo")]).bearing("sequence", "1", 2)]).unwrap();
    store.append(&[insert(ACME, 4, &[owner("3", "bo")])]).unwrap();
    (directory, store)
}

fn audit(store: &Store) -> Audit {
    store.reader().moment().audit(ACME, &mut |_| Ok(Vec::new())).unwrap()
}

/// What is found after rows were put and removed behind the store's back: in the log, and in what is stored.
fn found(spoil: impl FnOnce(&mut Batch)) -> (Vec<String>, Vec<String>) {
    let (_directory, store) = written();
    let mut batch = Batch::default();
    spoil(&mut batch);
    store.reader().disk().commit(batch).unwrap();
    let audit = audit(&store);
    (audit.log.first, audit.store.first)
}

fn in_store(spoil: impl FnOnce(&mut Batch)) -> Vec<String> {
    let (log, store) = found(spoil);
    assert_eq!(log, [""; 0]);
    store
}

#[test]
fn nothing_is_found_in_a_sound_store() {
    let (_directory, store) = written();
    let audit = audit(&store);
    assert_eq!((audit.log.count, audit.store.count), (0, 0), "{audit:?}");
    assert_eq!((audit.entries, audit.facts, audit.objects), (5, 3, 3));
    assert!(audit.stored.contains(&owner("1", "bo")) && !audit.stored.contains(&owner("1", "ana")));
    assert!(
        audit.stored.is_alive(&Object::new("sequence", "1")) && !audit.stored.is_alive(&Object::new("user", "ana"))
    );
    assert_eq!(audit.stored.count(), 5);
}

#[test]
fn a_lost_fact_is_named_with_the_revision_that_wrote_it() {
    let lost = in_store(|batch| batch.remove(Space::Facts, fact_key(ACME, &owner("2", "ana"))));
    assert_eq!(lost, ["`owner(sequence:2, user:ana)` isn't stored, and revision 2 wrote it"]);
}

#[test]
fn a_fact_that_nobody_wrote_is_named() {
    let strange = in_store(|batch| {
        batch.put(Space::Facts, fact_key(ACME, &owner("1", "ana")), &5_u64.to_be_bytes());
        batch.put(Space::Facts, fact_key(ACME, &owner("2", "ana")), &3_u64.to_be_bytes());
    });
    assert_eq!(
        strange,
        [
            "`owner(sequence:1, user:ana)` is stored, and isn't by the log",
            "`owner(sequence:2, user:ana)` is stored with another revision than 2, which wrote it",
        ]
    );
}

#[test]
fn objects_that_are_lost_strange_or_in_the_wrong_state_are_named() {
    let objects = in_store(|batch| {
        batch.put(Space::Objects, object_key(ACME, "sequence", 0), b"\x011");
        batch.put(Space::Objects, object_key(ACME, "sequence", 1), b"\x01other");
        batch.remove(Space::Objects, object_key(ACME, "sequence", 2));
        batch.put(Space::Objects, object_key(ACME, "user", 0), b"\x01ana");
    });
    assert_eq!(
        objects,
        [
            "`sequence:1` is stored as alive, and is dead by the log",
            "`sequence:other` is stored in the place of another object",
            "`user:ana` is stored, and the log never wrote it",
            "1 objects of type `sequence` aren't stored",
        ]
    );
}

#[test]
fn a_head_that_counts_wrong_is_seen() {
    let (_directory, store) = written();
    let mut head = store.head(ACME).unwrap();
    head.digest ^= 1;
    let mut batch = Batch::default();
    batch.put(Space::Meta, meta::of_tenant(meta::HEADS, ACME), &head.encode());
    store.reader().disk().commit(batch).unwrap();
    assert_eq!(audit(&store).store.first, ["the head's counts and digest aren't those of what is stored"]);
}

#[test]
fn a_chain_that_breaks_is_told_by_its_revision_and_nothing_is_held_against_the_rest() {
    let (log, rest) = found(|batch| batch.remove(Space::Log, log_key(ACME, Revision(3), 0)));
    assert_eq!(log, ["the data of tenant number 0 is damaged at revision 3: an entry of the log is missing"]);
    assert_eq!(rest, [""; 0]);
}

#[test]
fn what_an_activation_states_lives_and_dies_with_it() {
    let (_directory, mut store) = store();
    let stated = |id: &str| Fact { relation: "user".into(), ..life("user", id) };
    let lives = |n: usize| if n == 1 { vec![stated("ana"), stated("bo")] } else { vec![stated("bo"), stated("cy")] };
    let audit = |store: &Store| {
        let mut n = 0;
        let moment = store.reader().moment();
        moment.audit(ACME, &mut |_| {
            n += 1;
            Ok(lives(n))
        })
    };
    // The first activation bore nobody, which the stated lives don't agree with.
    assert_eq!(audit(&store).unwrap().store.first, ["2 objects of type `user` aren't stored"]);
    drop(store);
    let directory = tempfile::tempdir().unwrap();
    store = Store::open(directory.path()).unwrap();
    let first = super::world::new_tenant("acme").bearing("user", "ana", 0).bearing("user", "bo", 1);
    let mut second = super::world::activation(ACME, 1, "type user. type sequence.");
    second = second.ending("user", 0).bearing("user", "cy", 2);
    store.append(&[first]).unwrap();
    store.append(&[second]).unwrap();
    let found = audit(&store).unwrap();
    assert_eq!((found.log.count, found.store.count, found.objects), (0, 0, 3), "{found:?}");
}
