//! What isn't found can't be come to: in random small worlds, somebody who holds one permission tries random writes.

use std::collections::BTreeSet;

use entail::engine::request::{ListPermissions, Page, Write};
use entail::model::fact::{Fact, RawFact};
use entail::model::value::{ColumnType, Object, Value};
use entail::policy::checked::{Origin, Policy};
use entail::policy::schema::{PERMISSION, TypeKind};
use entail::{Engine, Options};
use tempfile::TempDir;

use super::policies::ALL;
use super::walked::{alive, raw, text_of};
use super::{found, policy};
use crate::oracle::random::Random;

/// How many worlds of each policy, and how many writes are tried in each.
const WORLDS: u64 = 200;
const WRITES: usize = 8;

/// The values that a column may have; with what is new, if wanted.
fn values(policy: &Policy, column: &ColumnType, with_new: bool) -> Vec<Value> {
    let objects = |kind: &str| -> Vec<Object> {
        let ids: &[&str] = if kind == "user" { &["me", "bo"] } else { &["a", "b"] };
        let new: &[&str] = if with_new { &["new"] } else { &[] };
        let stated = policy.built_in.iter().filter(|fact| *fact.relation == *kind);
        let stated = stated.filter_map(|fact| fact.values.first()?.object().cloned());
        ids.iter().chain(new).map(|id| Object::new(kind, *id)).chain(stated).collect()
    };
    match column {
        ColumnType::Object(kind) if **kind == *PERMISSION => policy
            .schema
            .permissions
            .iter()
            .map(|entry| Value::Constant(Object::new(PERMISSION, entry.name.clone())))
            .collect(),
        ColumnType::Object(kind) => objects(kind).into_iter().map(Value::Object).collect(),
        ColumnType::Set(kind, relation) => {
            objects(kind).into_iter().map(|object| Value::Set(object, relation.clone())).collect()
        }
        _ => Vec::new(),
    }
}

/// Every fact over some values.
fn facts(policy: &Policy, with_new: bool) -> Vec<Fact> {
    let mut facts = Vec::new();
    for predicate in &policy.schema.predicates {
        let is_relation = policy.schema.type_named(&predicate.name).is_none() && !predicate.name.contains(' ');
        if predicate.origin != Origin::Stored
            || !is_relation
            || ["label", "description", "category"].contains(&&*predicate.name)
        {
            continue;
        }
        for columns in &predicate.declared {
            let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
            for kinds in columns {
                let of_column: Vec<Value> = kinds.iter().flat_map(|kind| values(policy, kind, with_new)).collect();
                let with = |row: &Vec<Value>| {
                    of_column
                        .iter()
                        .map(|value| [row.as_slice(), std::slice::from_ref(value)].concat())
                        .collect::<Vec<_>>()
                };
                rows = rows.iter().flat_map(with).collect();
            }
            facts.extend(rows.into_iter().map(|values| Fact { relation: predicate.name.clone(), values }));
        }
    }
    facts.retain(|fact| !policy.built_in.contains(fact));
    facts
}

fn mentions(fact: &Fact, id: &str) -> bool {
    fact.values.iter().filter_map(Value::object).any(|object| &*object.id == id)
}

/// The permissions that a user has on what was there in the beginning.
fn held(engine: &Engine, tenant: &str, policy: &Policy, user: &str) -> BTreeSet<String> {
    let kinds: BTreeSet<&str> =
        policy.schema.permissions.iter().flat_map(|entry| &entry.on).map(|kind| &**kind).collect();
    let mut held = BTreeSet::new();
    for kind in kinds {
        for id in ["a", "b"] {
            let list =
                ListPermissions { subject: user.into(), object: format!("{kind}:{id}"), ..ListPermissions::default() };
            held.extend(engine.list_permissions(tenant, &list, &Page::default()).expect("a listing").items);
        }
    }
    held
}

#[test]
fn what_is_not_found_is_not_come_to() {
    let directory = TempDir::new().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    let (mut n_gains, mut n_writes) = (0, 0);
    for (position, (name, text)) in ALL.iter().enumerate() {
        let (policy, found) = (policy(text), found(text));
        let (before, all) = (facts(&policy, false), facts(&policy, true));
        let (about_me, others): (Vec<&Fact>, Vec<&Fact>) = before.iter().partition(|fact| mentions(fact, "me"));
        for seed in 0..WORLDS {
            let random = Random::new(seed * 100 + position as u64);
            let tenant = format!("world-{position}-{seed}");
            engine.activate(&tenant, &text_of(text)).expect("a policy");
            let mut world: Vec<&Fact> = others.iter().filter(|_| random.below(3) == 0).copied().collect();
            world.extend(about_me.get(random.below(about_me.len())));
            // One value a key.
            let mut keys = BTreeSet::new();
            world.retain(|fact| {
                let key = policy.schema.predicate_named(&fact.relation).and_then(|id| policy.schema.predicate(id)?.key);
                let columns = fact.values.iter().enumerate().filter(|(at, _)| Some(*at) != key.map(usize::from));
                keys.insert((fact.relation.clone(), columns.map(|(_, value)| value.clone()).collect::<Vec<_>>()))
            });
            let mut load: BTreeSet<RawFact> =
                alive(&policy, all.iter().filter(|fact| !mentions(fact, "new"))).into_iter().collect();
            load.extend(world.iter().map(|fact| raw(fact)));
            for kind in policy.schema.types.iter().filter(|kind| kind.kind == TypeKind::Open) {
                for value in values(&policy, &ColumnType::Object(kind.name.clone()), false) {
                    load.insert(raw(&Fact { relation: kind.name.clone(), values: vec![value] }));
                }
            }
            if engine.load(&tenant, &load.into_iter().collect::<Vec<_>>()).is_err() {
                continue;
            }
            let first = held(&engine, &tenant, &policy, "user:me");
            let permission = match first.iter().collect::<Vec<_>>().as_slice() {
                [] => None,
                [one] => Some((*one).clone()),
                _ => continue,
            };
            let of_permission = found
                .permissions
                .iter()
                .find(|entry| permission.is_some() && entry.permission.as_deref() == permission.as_deref());
            let allowed: BTreeSet<&str> = of_permission
                .into_iter()
                .chain(&found.anyone)
                .flat_map(|entry| &entry.gains)
                .map(|gain| &*gain.permission)
                .collect();
            for _ in 0..WRITES {
                let fact = &all[random.below(all.len())];
                let mut insert = vec![raw(fact)];
                for object in fact.values.iter().filter_map(Value::object).filter(|object| &*object.id == "new") {
                    insert.push(raw(&Fact {
                        relation: object.kind.clone(),
                        values: vec![Value::Object(object.clone())],
                    }));
                }
                let (insert, delete) =
                    if random.below(4) == 0 { (Vec::new(), vec![raw(fact)]) } else { (insert, Vec::new()) };
                let actor = if random.below(4) == 0 { "user:new" } else { "user:me" };
                let write = Write { insert, delete, actor: Some(actor.into()), ..Write::default() };
                n_writes += usize::from(engine.write(&tenant, &write).is_ok());
                let now = held(&engine, &tenant, &policy, "user:me");
                let more: Vec<&String> =
                    now.difference(&first).filter(|name| !allowed.contains(name.as_str())).collect();
                assert!(more.is_empty(), "{name}, world {seed}: {permission:?} came to {more:?}\n{world:?}\n{write:?}");
                n_gains += usize::from(now != first);
            }
        }
    }
    assert!(n_writes > 200 && n_gains > 20, "{n_writes} writes, {n_gains} gains");
}
