//! What a write does to the stored facts, said a second time: steps 1 and 2 of a transaction on an ordered set.

use std::collections::{BTreeMap, BTreeSet};

use entail::model::fact::Fact;
use entail::model::value::{ColumnType, Object, Value};
use entail::policy::checked::{Origin, Policy};
use entail::policy::schema::{PERMISSION, Predicate, TypeKind};

/// One transaction on facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// Facts that shall hold.
    pub(crate) insert: Vec<Fact>,
    /// Facts that shall not.
    pub(crate) delete: Vec<Fact>,
}

/// The stored facts of a tenant, aliveness included, built-in ones left out.
#[derive(Clone)]
pub(crate) struct State<'a> {
    policy: &'a Policy,
    built_in: BTreeSet<Fact>,
    /// What the store should hold.
    pub(crate) facts: BTreeSet<Fact>,
}

impl<'a> State<'a> {
    /// A tenant before its first write.
    pub(crate) fn empty(policy: &'a Policy) -> Self {
        Self { policy, built_in: policy.built_in.iter().cloned().collect(), facts: BTreeSet::new() }
    }

    /// The state after a change, or why it is refused.
    pub(crate) fn after(&self, change: &Change) -> Result<Self, &'static str> {
        let mut after = self.clone();
        self.judge(change)?;
        let dying: BTreeSet<&Object> = change.delete.iter().filter_map(|fact| self.aliveness(fact)).collect();
        if change.insert.iter().flat_map(|fact| &fact.values).filter_map(Value::object).any(|o| dying.contains(o)) {
            return Err("an insert mentions an object that dies");
        }
        after.facts.retain(|fact| !fact.values.iter().filter_map(Value::object).any(|object| dying.contains(object)));
        for fact in &change.delete {
            after.facts.remove(fact);
        }
        for fact in &change.insert {
            if let Some(n) = self.key(fact) {
                after.facts.retain(|old| old.relation != fact.relation || old.values[..n] != fact.values[..n]);
            }
            after.facts.insert(fact.clone());
        }
        for value in change.insert.iter().flat_map(|fact| &fact.values) {
            let Some(object) = value.object() else {
                continue;
            };
            let alive = alive(object);
            if matches!(value, Value::Constant(_)) || after.facts.contains(&alive) || self.built_in.contains(&alive) {
                continue;
            }
            match self.kind(object) {
                TypeKind::Open => after.facts.insert(alive),
                _ => return Err("an object of a closed type is unknown"),
            };
        }
        Ok(after)
    }

    fn judge(&self, change: &Change) -> Result<(), &'static str> {
        let inserts: BTreeSet<&Fact> = change.insert.iter().collect();
        let mut keys: BTreeMap<(&str, &[Value]), &Value> = BTreeMap::new();
        for fact in change.insert.iter().chain(&change.delete) {
            let Some(predicate) = self.predicate(fact) else {
                return Err("no such relation");
            };
            if predicate.origin != Origin::Stored {
                return Err("only stored facts are written");
            }
            if !self.fits(predicate, fact) {
                return Err("a fact doesn't fit its relation");
            }
            if self.built_in.contains(fact) {
                return Err("a built-in fact is never written");
            }
            if fact.values.iter().any(|value| !self.is_constant_declared(value)) {
                return Err("the text names all constants");
            }
        }
        if change.delete.iter().any(|fact| inserts.contains(fact)) {
            return Err("a fact is both inserted and deleted");
        }
        for fact in &change.insert {
            let Some(n) = self.key(fact) else { continue };
            let (key, value) = fact.values.split_at(n);
            if keys.insert((&fact.relation, key), &value[0]).is_some_and(|other| *other != value[0]) {
                return Err("two values for one key");
            }
            if self.built_in.iter().any(|b| b.relation == fact.relation && b.values[..n] == *key) {
                return Err("a built-in key keeps its value");
            }
        }
        Ok(())
    }

    fn fits(&self, predicate: &Predicate, fact: &Fact) -> bool {
        if let Some(kind) = self.policy.schema.types.iter().find(|kind| kind.name == fact.relation) {
            return kind.concrete == [kind.name.clone()]
                && fact.values.len() == 1
                && fact.values[0].column_type() == ColumnType::Object(kind.name.clone());
        }
        predicate.declared.iter().any(|columns| {
            columns.len() == fact.values.len()
                && columns.iter().zip(&fact.values).all(|(kinds, value)| kinds.contains(&value.column_type()))
        })
    }

    fn is_constant_declared(&self, value: &Value) -> bool {
        let Value::Constant(object) = value else {
            return true;
        };
        match self.kind(object) {
            TypeKind::Enumeration(names) => names.contains(&object.id),
            _ => self.policy.schema.permissions.iter().any(|permission| permission.name == object.id),
        }
    }

    fn predicate(&self, fact: &Fact) -> Option<&'a Predicate> {
        self.policy.schema.predicates.iter().find(|predicate| predicate.name == fact.relation)
    }

    fn key(&self, fact: &Fact) -> Option<usize> {
        self.predicate(fact)?.key.map(usize::from)
    }

    fn kind(&self, object: &Object) -> &TypeKind {
        let kind = self.policy.schema.types.iter().find(|kind| kind.name == object.kind);
        kind.map_or(&TypeKind::Closed, |kind| &kind.kind)
    }

    /// The object whose life a fact of a type is.
    fn aliveness<'f>(&self, fact: &'f Fact) -> Option<&'f Object> {
        let of_type =
            self.policy.schema.types.iter().any(|kind| kind.name == fact.relation) || &*fact.relation == PERMISSION;
        if of_type { fact.values[0].object() } else { None }
    }
}

/// The fact that an object is alive.
pub(crate) fn alive(object: &Object) -> Fact {
    Fact { relation: object.kind.clone(), values: vec![Value::Object(object.clone())] }
}
