//! Random groups of commits, reopenings and crashes, held against maps.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::world::{StoredObject, all_contents, copy, life, new_tenant, owner, transaction};
use crate::model::fact::Fact;
use crate::model::revision::Revision;
use crate::model::value::{Name, Object};
use crate::store::Store;
use crate::store::entry::{Action, Birth, Commit, Death, Sign, TenantId};
use crate::store::log::Log;

#[derive(Clone, Debug)]
enum Step {
    /// A group: for each commit a tenant, and which facts and objects it turns over.
    Group(Vec<(u32, Vec<u8>, Vec<u8>)>),
    /// Close, and open again.
    Reopen,
    /// The process dies; another opens what lies there.
    Crash,
    Checkpoint,
}

fn step() -> impl Strategy<Value = Step> {
    let numbers = || prop::collection::vec(0..6_u8, 0..4);
    let commit = (0..3_u32, numbers(), numbers());
    prop_oneof![
        8 => prop::collection::vec(commit, 1..4).prop_map(Step::Group),
        1 => Just(Step::Reopen),
        1 => Just(Step::Crash),
        1 => Just(Step::Checkpoint),
    ]
}

/// What a tenant should hold.
#[derive(Clone, Debug, Default)]
struct Expected {
    facts: BTreeMap<Fact, Revision>,
    objects: BTreeMap<(Name, u32), StoredObject>,
    commits: Vec<Commit>,
}

impl Expected {
    /// Turns over each fact and object once: what is there goes, what isn't comes.
    fn commit(&mut self, tenant: u32, facts: &[u8], objects: &[u8]) -> Commit {
        let revision = Revision(self.commits.len() as u64 + 1);
        let (mut changes, mut births, mut deaths) = (vec![], vec![], vec![]);
        for n in facts.iter().collect::<BTreeSet<_>>() {
            let fact = owner(&format!("ä {n}"), "ana");
            match self.facts.remove(&fact) {
                Some(_) => changes.push((Sign::Delete, fact)),
                None => {
                    self.facts.insert(fact.clone(), revision);
                    changes.push((Sign::Insert, fact));
                }
            }
        }
        for n in objects.iter().collect::<BTreeSet<_>>() {
            let object = Object::new("user", n.to_string());
            let life = life("user", &object.id);
            let alive = self.objects.values_mut().find(|stored| stored.alive && stored.object == object);
            if let Some(stored) = alive {
                stored.alive = false;
                deaths.push(Death { kind: "user".into(), ordinal: stored.ordinal });
                changes.push((Sign::Delete, life));
            } else {
                let ordinal = self.objects.len() as u32;
                let stored = StoredObject { object: object.clone(), ordinal, alive: true };
                self.objects.insert(("user".into(), ordinal), stored);
                births.push(Birth { object, ordinal });
                changes.push((Sign::Insert, life));
            }
        }
        let commit = transaction(TenantId(tenant), revision.0 - 1, changes);
        let commit = Commit { births, deaths, ..commit };
        self.commits.push(commit.clone());
        commit
    }
}

fn check(store: &Store, expected: &BTreeMap<u32, Expected>) {
    let found = all_contents(store).unwrap();
    assert_eq!(found.len(), expected.len());
    for (tenant, expected) in expected {
        let found = &found[&format!("t{tenant}")];
        assert_eq!(found.head.revision.0, expected.commits.len() as u64);
        assert_eq!(store.head(TenantId(*tenant)), Some(found.head));
        let facts: Vec<_> = expected.facts.clone().into_iter().collect();
        assert_eq!(found.facts, facts);
        assert_eq!(found.objects, expected.objects.values().cloned().collect::<Vec<_>>());
        let records: Vec<_> = expected.commits.iter().map(|commit| &commit.record).collect();
        assert_eq!(found.entries.iter().map(|entry| &entry.record).collect::<Vec<_>>(), records);
        assert!(matches!(records[0].action, Action::Activation(policy) if policy == found.head.policy));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]
    #[test]
    fn a_store_holds_what_was_committed(steps in prop::collection::vec(step(), 1..30)) {
        let mut directory = tempfile::tempdir().unwrap();
        let mut store = Store::open(directory.path()).unwrap();
        let uuid = store.uuid();
        let mut expected = BTreeMap::new();
        for tenant in 0..3 {
            let commit = new_tenant(&format!("t{tenant}"));
            expected.insert(tenant, Expected { commits: vec![commit.clone()], ..Expected::default() });
            store.append(&[commit]).unwrap();
        }
        for step in steps {
            match step {
                Step::Group(commits) => {
                    let group: Vec<_> = commits.iter().map(|(tenant, facts, objects)| {
                        expected.get_mut(tenant).unwrap().commit(*tenant, facts, objects)
                    }).collect();
                    let heads = store.append(&group).unwrap();
                    assert_eq!(heads.len(), group.len());
                    for ((tenant, head), commit) in heads.iter().zip(&group) {
                        assert_eq!(head.revision.0, commit.expected.0 + 1);
                        assert!(store.head(*tenant).unwrap().revision >= head.revision);
                    }
                }
                Step::Reopen => {
                    drop(store);
                    store = Store::open(directory.path()).unwrap();
                    check(&store, &expected);
                }
                Step::Crash => {
                    let grave = tempfile::tempdir().unwrap();
                    copy(directory.path(), grave.path());
                    drop(std::mem::replace(&mut store, Store::open(grave.path()).unwrap()));
                    directory = grave;
                    check(&store, &expected);
                }
                Step::Checkpoint => store.checkpoint().unwrap(),
            }
        }
        check(&store, &expected);
        assert_eq!(store.uuid(), uuid);
    }
}
