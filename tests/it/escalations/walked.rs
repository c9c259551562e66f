//! Each path is written, by who writes it, in a world of what it takes for granted.

use std::collections::BTreeSet;

use entail::engine::request::{Check, PolicyText, Write};
use entail::escalations::report::{Escalations, Gain};
use entail::language::syntax::Sign;
use entail::model::fact::{Fact, RawFact};
use entail::model::value::{Object, Raw, Value};
use entail::policy::checked::Policy;
use entail::policy::schema::TypeKind;
use entail::{Engine, Options};
use tempfile::TempDir;

use super::policies::ALL;
use super::{found, policy};

pub(super) fn raw(fact: &Fact) -> RawFact {
    RawFact { relation: fact.relation.to_string(), values: fact.values.iter().map(Value::raw).collect() }
}

/// That the objects of closed types which facts mention are there, but for new ones and those that the policy states.
pub(super) fn alive<'f>(policy: &Policy, facts: impl Iterator<Item = &'f Fact>) -> BTreeSet<RawFact> {
    let is_closed =
        |object: &&Object| policy.schema.type_named(&object.kind).is_some_and(|kind| kind.kind == TypeKind::Closed);
    let is_stated = |object: &Object| {
        policy
            .built_in
            .iter()
            .any(|fact| *fact.relation == *object.kind && fact.values.first().and_then(Value::object) == Some(object))
    };
    let objects = facts.flat_map(|fact| &fact.values).filter_map(Value::object).filter(is_closed);
    let there = objects.filter(|object| &*object.id != "new" && !is_stated(object));
    there
        .map(|object| RawFact { relation: object.kind.to_string(), values: vec![Raw::Text(object.to_string())] })
        .collect()
}

pub(super) fn text_of(text: &str) -> PolicyText {
    PolicyText { main: "main.dl".into(), files: [("main.dl".into(), text.into())].into() }
}

fn walk(engine: &Engine, tenant: &str, text: &str, gain: &Gain) {
    let policy = policy(text);
    engine.activate(tenant, &text_of(text)).expect("a policy");
    let me = Fact { relation: "user".into(), values: vec![Value::Object(Object::new("user", "me"))] };
    let written = gain.path.steps.iter().flat_map(|step| step.facts.iter().map(|(_, fact)| fact));
    let mut given: Vec<RawFact> =
        alive(&policy, gain.path.given.iter().chain(written).chain([&me])).into_iter().collect();
    given.extend(gain.path.given.iter().chain([&me]).map(raw));
    let object = RawFact { relation: gain.object.kind.to_string(), values: vec![Raw::Text(gain.object.to_string())] };
    given.push(object);
    given.sort();
    given.dedup();
    let stated: BTreeSet<RawFact> = policy.built_in.iter().map(raw).collect();
    given.retain(|fact| !stated.contains(fact));
    engine.load(tenant, &given).expect("what is given is possible");
    let check = Check {
        subject: gain.holder.raw().to_string_lossy(),
        permission: gain.permission.to_string(),
        object: gain.object.to_string(),
        ..Check::default()
    };
    assert!(!engine.check(tenant, &check).is_ok_and(|decision| decision.allowed), "{gain:?}");
    for step in &gain.path.steps {
        let of_sign = |wanted: Sign| {
            step.facts.iter().filter(move |(sign, _)| *sign == wanted).map(|(_, fact)| raw(fact)).collect()
        };
        let (insert, delete): (Vec<RawFact>, Vec<RawFact>) = (of_sign(Sign::Plus), of_sign(Sign::Minus));
        if !delete.is_empty() {
            // What is to go must be there.
            engine.load(tenant, &delete).expect("a fact to delete");
        }
        let write = Write { insert, delete, actor: Some(step.actor.raw().to_string_lossy()), ..Write::default() };
        engine
            .write(tenant, &write)
            .unwrap_or_else(|error| panic!("{}: {:?}\n{gain:#?}", error.message, error.details));
    }
    assert!(engine.check(tenant, &check).expect("a decision").allowed, "{gain:#?}");
}

trait ToText {
    fn to_string_lossy(&self) -> String;
}

impl ToText for Raw {
    fn to_string_lossy(&self) -> String {
        match self {
            Raw::Text(text) => text.clone(),
            Raw::Integer(integer) => integer.to_string(),
        }
    }
}

#[test]
fn every_path_that_is_found_can_be_walked() {
    let directory = TempDir::new().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    let mut n_walked = 0;
    for (name, text) in ALL {
        let Escalations { anyone, permissions, .. } = found(text);
        for gain in anyone.iter().chain(&permissions).flat_map(|escalation| &escalation.gains) {
            walk(&engine, &format!("{}-{n_walked}", name.replace(' ', "-")), text, gain);
            n_walked += 1;
        }
    }
    assert!(n_walked >= 10, "{n_walked}");
}
