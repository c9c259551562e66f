//! What the text of a policy settles: facts that nobody writes, because it says of their relation all that there is.

use std::collections::{BTreeMap, BTreeSet};

use crate::language::span::Span;
use crate::model::fact::Fact;
use crate::model::value::{ColumnType, Name, Object, Value};
use crate::policy::checked::{Origin, Policy, PredicateId};
use crate::policy::schema::{PERMISSION, Predicate, TypeKind};

/// The facts that a policy settles, stated or not.
#[derive(Clone, Debug, Default)]
pub struct Fixed {
    /// The relations that it settles, and whether as a whole: else where the first column holds what the text states.
    relations: BTreeMap<Name, bool>,
    /// The objects that the text states.
    stated: BTreeSet<Object>,
}

impl Fixed {
    /// What a policy settles: the catalogue and the constants; and a relation that no guard and no effect writes and of which
    /// the text states facts, as a whole if it has one column, else of the objects and constants that the text states.
    pub fn of(policy: &Policy) -> Self {
        let guarded = policy.guards.iter().flat_map(|guard| &guard.changes).map(|(_, atom)| atom.predicate);
        let written: BTreeSet<PredicateId> =
            guarded.chain(policy.effects.iter().map(|effect| effect.head.predicate)).collect();
        let described: BTreeSet<&Name> = policy.built_in.iter().map(|fact| &fact.relation).collect();
        let predicates = (0..).map(PredicateId).zip(&policy.schema.predicates);
        let stored = predicates.filter(|(_, predicate)| predicate.origin == Origin::Stored);
        let relations = stored.filter_map(|(id, predicate)| {
            let is_free = !written.contains(&id);
            let is_described = is_free && described.contains(&predicate.name) && !is_data(policy, predicate);
            let is_whole = is_of_text(policy, predicate) || is_free && is_word(predicate);
            (is_whole || is_described).then(|| (predicate.name.clone(), is_whole || predicate.arity == 1))
        });
        let lives = policy.built_in.iter().filter_map(|fact| match fact.values.as_slice() {
            [Value::Object(object)] if object.kind == fact.relation => Some(object.clone()),
            _ => None,
        });
        Self { relations: relations.collect(), stated: lives.collect() }
    }

    /// Whether the text settles a fact: it holds if the text states it, and else it doesn't.
    pub fn holds(&self, fact: &Fact) -> bool {
        match self.relations.get(&fact.relation) {
            None => false,
            Some(true) => true,
            Some(false) => match fact.values.first() {
                Some(Value::Constant(_)) => true,
                Some(value) => value.object().is_some_and(|object| self.stated.contains(object)),
                None => false,
            },
        }
    }
}

/// Whether a predicate's facts are what declarations stand for.
fn is_of_text(policy: &Policy, predicate: &Predicate) -> bool {
    let of_language = predicate.span == Span::default() || predicate.name.contains(' ');
    let kind = policy.schema.type_named(&predicate.name).map(|entry| &entry.kind);
    of_language || matches!(kind, Some(TypeKind::Enumeration(_)))
}

/// Whether a predicate is a type whose objects are data.
fn is_data(policy: &Policy, predicate: &Predicate) -> bool {
    policy.schema.type_named(&predicate.name).is_some_and(|entry| !matches!(entry.kind, TypeKind::Enumeration(_)))
}

/// Whether a relation says something of permissions alone.
fn is_word(predicate: &Predicate) -> bool {
    let permission = ColumnType::Object(PERMISSION.into());
    !predicate.declared.is_empty() && predicate.declared.iter().all(|columns| *columns == [[permission.clone()]])
}
