//! Random facts and random writes that fit a policy, and some that don't.

use std::collections::{BTreeMap, BTreeSet};

use entail::model::fact::Fact;
use entail::model::value::{ColumnType, Name, Object, Value};
use entail::policy::checked::{Origin, Policy};
use entail::policy::schema::{PERMISSION, Predicate, Type, TypeKind};

use super::naive::Context;
use super::random::Random;
use super::state::{Change, State, alive};

/// How many ids each type has.
pub(super) const IDS: usize = 5;

/// The first facts of a world: sparse or dense, skewed, chained, cyclic; some relations stay empty.
pub(crate) fn draw_load(random: &Random, policy: &Policy) -> Change {
    let mut change = Change::default();
    for kind in concrete_types(policy) {
        if kind.kind == TypeKind::Closed || random.percent(30) {
            change.insert.extend((0..IDS).map(|number| alive(&object(&kind.name, number))));
        }
    }
    for predicate in relations(policy) {
        let n_facts = *random.pick(&[0, 1, 3, 5, 8, 12, 16]);
        match random.below(3) {
            0 => change
                .insert
                .extend((0..n_facts).filter_map(|number| draw_chain_link(random, policy, predicate, number))),
            _ => change.insert.extend((0..n_facts).map(|_| draw_fact(random, policy, predicate))),
        }
    }
    tidy(policy, &mut change);
    change
}

/// A few inserts and deletes, objects too; now and then one that must be refused.
pub(crate) fn draw_write(random: &Random, policy: &Policy, state: &State<'_>) -> Change {
    let mut change = Change::default();
    let present: Vec<&Fact> = state.facts.iter().collect();
    let relations: Vec<&Predicate> = relations(policy).collect();
    let types: Vec<&Type> = concrete_types(policy).collect();
    for _ in 0..*random.pick(&[1, 1, 2, 3, 6]) {
        match random.below(100) {
            0..45 => change.insert.push(draw_fact(random, policy, relations[random.below(relations.len())])),
            45..75 => change.delete.extend(random.choose(&present).map(|fact| (*fact).clone())),
            75..80 => change.delete.push(draw_fact(random, policy, relations[random.below(relations.len())])),
            80..88 => change.insert.push(alive(&object(&random.pick(&types).name, random.below(IDS)))),
            88..97 => change.delete.push(alive(&object(&random.pick(&types).name, random.below(IDS)))),
            _ => spoil(random, policy, &mut change, &present),
        }
    }
    if random.percent(85) {
        tidy(policy, &mut change);
    }
    change
}

/// Makes a change that can't be taken (mostly).
fn spoil(random: &Random, policy: &Policy, change: &mut Change, present: &[&Fact]) {
    match random.below(4) {
        0 => {
            let fact = random.choose(present).map(|fact| (*fact).clone());
            change.insert.extend(fact.clone());
            change.delete.extend(fact);
        }
        1 => change.insert.extend(random.choose(&policy.built_in).cloned()),
        2 => change.delete.extend(random.choose(&policy.built_in).cloned()),
        _ => {
            let relations: Vec<&Predicate> = relations(policy).collect();
            let mut misfit = draw_fact(random, policy, relations[random.below(relations.len())]);
            let column = random.below(misfit.values.len());
            misfit.values[column] = Value::Integer(random.below(5) as i64);
            change.insert.push(misfit);
        }
    }
}

/// What comes with a question: every context relation, some of them empty, and `now`.
pub(crate) fn draw_context(random: &Random, policy: &Policy) -> Context {
    let mut context = Context::new();
    for predicate in policy.schema.predicates.iter().filter(|predicate| predicate.origin == Origin::Context) {
        let n_rows = if &*predicate.name == "now" { 1 } else { *random.pick(&[0, 1, 1, 2, 4]) };
        let row = |random: &Random| match predicate.declared.is_empty() {
            true => vec![draw_value(random, policy, &ColumnType::Time)],
            false => draw_fact(random, policy, predicate).values,
        };
        let rows: BTreeSet<Vec<Value>> = (0..n_rows).map(|_| row(random)).collect();
        context.insert(predicate.name.clone(), rows);
    }
    context
}

/// A fact that fits one declaration of a relation.
pub(crate) fn draw_fact(random: &Random, policy: &Policy, predicate: &Predicate) -> Fact {
    let columns = random.pick(&predicate.declared);
    let values = columns.iter().map(|kinds| draw_value(random, policy, random.pick(kinds))).collect();
    Fact { relation: predicate.name.clone(), values }
}

/// `r(a1, a2)`, `r(a2, a3)`, … and at the end back to `a0`, where two columns share a type; else nothing.
fn draw_chain_link(random: &Random, policy: &Policy, predicate: &Predicate, number: usize) -> Option<Fact> {
    let mut fact = draw_fact(random, policy, predicate);
    let columns = predicate.declared.iter().find(|columns| columns.len() >= 2)?;
    let shared = columns[0].iter().find_map(|kind| match kind {
        ColumnType::Object(name) if is_entity(policy, name) => columns[1]
            .iter()
            .find(|other| matches!(other, ColumnType::Object(n) | ColumnType::Set(n, _) if n == name))
            .map(|other| (name, other)),
        _ => None,
    });
    let (name, other) = shared?;
    if fact.values.len() != columns.len() {
        return None;
    }
    let next = object(name, (number + 1) % IDS);
    fact.values[0] = Value::Object(object(name, number % IDS));
    fact.values[1] = match other {
        ColumnType::Set(_, relation) => Value::Set(next, relation.clone()),
        _ => Value::Object(next),
    };
    Some(fact)
}

/// A value of a column; low numbers come more often.
pub(crate) fn draw_value(random: &Random, policy: &Policy, column: &ColumnType) -> Value {
    // Objects that the text names are as good as any.
    let named: Vec<&Value> =
        policy.built_in.iter().flat_map(|fact| &fact.values).filter(|value| value.column_type() == *column).collect();
    if random.percent(30)
        && let Some(value) = random.choose(&named)
    {
        return (*value).clone();
    }
    match column {
        ColumnType::Object(name) if &**name == PERMISSION => match random.choose(&policy.schema.permissions) {
            Some(permission) => Value::Constant(Object::new(PERMISSION, permission.name.clone())),
            None => Value::Constant(Object::new(PERMISSION, "none")),
        },
        ColumnType::Object(name) => match policy.schema.types.iter().find(|kind| kind.name == *name).map(|t| &t.kind) {
            Some(TypeKind::Enumeration(names)) => {
                Value::Constant(Object::new(name.clone(), random.pick(names).clone()))
            }
            _ => Value::Object(object(name, random.skewed(IDS))),
        },
        ColumnType::Set(name, relation) => Value::Set(object(name, random.skewed(IDS)), relation.clone()),
        ColumnType::Everyone(name) => Value::Everyone(name.clone()),
        ColumnType::Text => {
            Value::Text((*random.pick(&["", "a", "ab", "é", "say \"hi\"", "a\\b", "user:user1"])).into())
        }
        ColumnType::Integer => Value::Integer(*random.pick(&[0, 1, 2, 3, -1, i64::MAX, i64::MIN])),
        ColumnType::Time => {
            let day = random.between(1, 4);
            Value::Time(format!("2026-07-0{day}T00:00:00Z").parse().expect("a time"))
        }
    }
}

/// An object of a type by number: mostly a plain id, also ones that need quotes.
pub(crate) fn object(kind: &Name, number: usize) -> Object {
    match number {
        3 => Object::new(kind.clone(), "odd: id | \"x\""),
        4 => Object::new(kind.clone(), "é-4.b/c@d"),
        _ => Object::new(kind.clone(), format!("{kind}{number}")),
    }
}

/// Takes away what must be refused: a second value for a `->` key, a built-in fact, a value for a built-in key.
fn tidy(policy: &Policy, change: &mut Change) {
    let key = |fact: &Fact| {
        let key = policy.schema.predicates.iter().find(|predicate| predicate.name == fact.relation).and_then(|p| p.key);
        let n = key.map_or(fact.values.len(), usize::from);
        (fact.relation.clone(), fact.values[..n].to_vec())
    };
    let built_in: BTreeSet<(Name, Vec<Value>)> = policy.built_in.iter().map(key).collect();
    let mut last: BTreeMap<(Name, Vec<Value>), Fact> = BTreeMap::new();
    for fact in change.insert.drain(..).filter(|fact| !built_in.contains(&key(fact))) {
        last.insert(key(&fact), fact);
    }
    change.insert.extend(last.into_values());
    change.delete.retain(|fact| !built_in.contains(&key(fact)));
}

/// Stored relations, types left out.
pub(super) fn relations(policy: &Policy) -> impl Iterator<Item = &Predicate> {
    let is_type = |name: &Name| policy.schema.types.iter().any(|kind| kind.name == *name);
    policy.schema.predicates.iter().filter(move |predicate| {
        // A name with a blank is the policy's own.
        let is_own = predicate.name.contains(' ') || predicate.declared.is_empty();
        predicate.origin == Origin::Stored && !is_type(&predicate.name) && !is_own
    })
}

/// Types whose objects are written, not named by the text.
pub(crate) fn concrete_types(policy: &Policy) -> impl Iterator<Item = &Type> {
    policy.schema.types.iter().filter(|kind| {
        matches!(kind.kind, TypeKind::Open | TypeKind::Closed)
            && kind.concrete == [kind.name.clone()]
            && &*kind.name != PERMISSION
    })
}

fn is_entity(policy: &Policy, name: &Name) -> bool {
    concrete_types(policy).any(|kind| kind.name == *name)
}
