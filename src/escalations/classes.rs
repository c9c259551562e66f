//! Permissions that a policy doesn't tell apart: what is found out for one is so for all.

use std::collections::{BTreeMap, BTreeSet};

use crate::escalations::statements::relevant;
use crate::model::fact::Fact;
use crate::model::value::{Name, Object, Value};
use crate::policy::checked::{Atom, Literal, Policy, Term};
use crate::policy::schema::PERMISSION;

/// What a policy states of a permission: the facts, with a hole where it stands.
type Description = BTreeSet<(Name, Vec<Value>)>;

/// The permissions of a policy, those alike together, each class in the order of the catalogue.
///
/// Permissions are alike if no statement names them, and the policy states the same of them as far as it is asked for: to swap
/// two of them changes nothing.
pub(super) fn classes(policy: &Policy) -> Vec<Vec<Name>> {
    let read = relevant(policy);
    let mut named = named(policy);
    let mut stated: BTreeMap<Name, Description> = BTreeMap::new();
    for fact in &policy.built_in {
        let is_read = policy.schema.predicate_named(&fact.relation).is_some_and(|predicate| read.contains(&predicate));
        if !is_read || *fact.relation == *PERMISSION {
            continue;
        }
        let of_fact: Vec<Name> = fact.values.iter().filter_map(permission).collect();
        match of_fact.as_slice() {
            [] => {}
            [name] => {
                let hole = Value::Constant(Object::new(PERMISSION, ""));
                let hide = |value: &Value| if permission(value).is_some() { hole.clone() } else { value.clone() };
                let values = fact.values.iter().map(hide).collect();
                stated.entry(name.clone()).or_default().insert((fact.relation.clone(), values));
            }
            several => named.extend(several.iter().cloned()),
        }
    }
    let mut classes: Vec<(Option<Description>, Vec<Name>)> = Vec::new();
    for entry in &policy.schema.permissions {
        let name = &entry.name;
        let of_name = (!named.contains(name)).then(|| stated.remove(name).unwrap_or_default());
        match classes.iter_mut().find(|(other, _)| of_name.is_some() && *other == of_name) {
            Some((_, names)) => names.push(name.clone()),
            None => classes.push((of_name, vec![name.clone()])),
        }
    }
    classes.into_iter().map(|(_, names)| names).collect()
}

/// A fact in which two permissions change places.
pub(super) fn swapped(fact: &Fact, left: &Name, right: &Name) -> Fact {
    let swap = |value: &Value| match permission(value) {
        Some(name) if name == *left => Value::Constant(Object::new(PERMISSION, right.clone())),
        Some(name) if name == *right => Value::Constant(Object::new(PERMISSION, left.clone())),
        _ => value.clone(),
    };
    Fact { relation: fact.relation.clone(), values: fact.values.iter().map(swap).collect() }
}

/// The permission that a value is.
pub(super) fn permission(value: &Value) -> Option<Name> {
    match value {
        Value::Constant(object) if *object.kind == *PERMISSION => Some(object.id.clone()),
        _ => None,
    }
}

/// The permissions that statements name.
fn named(policy: &Policy) -> BTreeSet<Name> {
    let rules = policy.rules.iter().chain(&policy.effects);
    let heads = rules.clone().map(|rule| &rule.head);
    let changes = policy.guards.iter().flat_map(|guard| guard.changes.iter().map(|(_, atom)| atom));
    let bodies = rules.map(|rule| &rule.body).chain(policy.guards.iter().map(|guard| &guard.body));
    let bodies = bodies.chain(policy.denies.iter().map(|deny| &deny.body)).flatten();
    let of_atom = |atom: &Atom| atom.terms.iter().filter_map(of_term).collect::<Vec<_>>();
    let of_literal = |literal: &Literal| match literal {
        Literal::Atom { atom, .. } => of_atom(atom),
        Literal::Comparison { left, right, .. } => [left, right].into_iter().filter_map(of_term).collect(),
    };
    heads.chain(changes).flat_map(of_atom).chain(bodies.flat_map(of_literal)).collect()
}

fn of_term(term: &Term) -> Option<Name> {
    match term {
        Term::Value(value) => permission(value),
        Term::Any | Term::Variable(_) | Term::SetOf(..) => None,
    }
}
