//! The stored facts of a tenant on an ordered set, and what steps 1 and 2 of a transaction do to them.

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
    /// What is active.
    pub(crate) policy: &'a Policy,
    /// What it states.
    pub(crate) built_in: BTreeSet<Fact>,
    /// What the store should hold.
    pub(crate) facts: BTreeSet<Fact>,
}

/// What can be wrong with a change by itself, or on a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// A fact doesn't fit its relation, names a constant that isn't there, or is no stored fact; a rule makes no sense.
    Malformed,
    /// A fact is both inserted and deleted.
    FactInBoth,
    /// A built-in fact is inserted, deleted or replaced.
    BuiltIn,
    /// An insert mentions an object that a delete names.
    DeletedObject,
    /// An object of a closed type isn't there.
    UnknownObject,
    /// One key gets two values.
    TwoValues,
}

impl Fault {
    /// The engine's code; a misfit has one of many.
    pub(crate) fn code(self) -> Option<&'static str> {
        Some(match self {
            Self::Malformed => return None,
            Self::FactInBoth => "fact-in-both",
            Self::BuiltIn => "built-in",
            Self::DeletedObject => "deleted-object",
            Self::UnknownObject => "unknown-object",
            Self::TwoValues => "two-values",
        })
    }
}

impl<'a> State<'a> {
    /// A tenant before its first write.
    pub(crate) fn empty(policy: &'a Policy) -> Self {
        Self::new(policy, BTreeSet::new())
    }

    /// A tenant that holds these facts.
    pub(crate) fn new(policy: &'a Policy, facts: BTreeSet<Fact>) -> Self {
        Self { policy, built_in: policy.built_in.iter().cloned().collect(), facts }
    }

    /// The state after a change as it is (no effects, no guards, no denies), or the first thing wrong with it.
    pub(crate) fn after(&self, change: &Change) -> Result<Self, Fault> {
        let insert = change.insert.iter().cloned().collect();
        let delete = change.delete.iter().cloned().collect();
        match self.faults(&insert, &delete).first() {
            Some(fault) => Err(*fault),
            None => Ok(self.completed(&insert, &delete)),
        }
    }

    /// The state after a change without faults: mentioned objects of open types come alive, a deleted object takes every
    /// fact that mentions it, a new value of a key takes the old one.
    pub(crate) fn completed(&self, insert: &BTreeSet<Fact>, delete: &BTreeSet<Fact>) -> Self {
        let mut after = self.clone();
        let dying = self.dying(delete);
        after.facts.retain(|fact| !mentions(fact, &dying));
        after.facts.retain(|fact| !delete.contains(fact));
        for fact in insert {
            after.facts.retain(|old| old == fact || !self.have_one_key(old, fact));
            after.facts.insert(fact.clone());
        }
        for object in insert.iter().flat_map(mentioned) {
            if !after.is_alive(object) {
                after.facts.insert(alive(object));
            }
        }
        after
    }

    /// Everything that is wrong with a change on this state.
    pub(crate) fn faults(&self, insert: &BTreeSet<Fact>, delete: &BTreeSet<Fact>) -> BTreeSet<Fault> {
        let mut faults = BTreeSet::new();
        let (fitting, misfits): (BTreeSet<&Fact>, BTreeSet<&Fact>) =
            insert.iter().chain(delete).partition(|fact| self.is_well_formed(fact));
        let mut note = |fault: Fault, is_there: bool| {
            if is_there {
                faults.insert(fault);
            }
        };
        note(Fault::Malformed, !misfits.is_empty());
        note(Fault::FactInBoth, insert.iter().any(|fact| delete.contains(fact)));
        note(Fault::BuiltIn, fitting.iter().any(|fact| self.built_in.contains(fact)));
        let fitting_delete = delete.iter().filter(|fact| fitting.contains(fact)).cloned().collect();
        let dying = self.dying(&fitting_delete);
        let insert: BTreeSet<&Fact> = insert.iter().filter(|fact| fitting.contains(fact)).collect();
        note(Fault::DeletedObject, insert.iter().any(|fact| mentions(fact, &dying)));
        let is_born = |object: &Object| {
            let is_open = matches!(self.kind(object), TypeKind::Open);
            is_open || insert.contains(&alive(object)) || self.is_alive(object)
        };
        note(Fault::UnknownObject, !insert.iter().copied().flat_map(mentioned).all(is_born));
        let mut keys: BTreeMap<(&str, &[Value]), &Fact> = BTreeMap::new();
        for fact in &insert {
            let Some(n) = self.key(fact) else { continue };
            let other = keys.insert((&fact.relation, &fact.values[..n]), fact);
            note(Fault::TwoValues, other.is_some_and(|other| other != *fact));
            note(Fault::BuiltIn, self.built_in.iter().any(|built_in| self.have_one_key(built_in, fact)));
        }
        faults
    }

    /// Whether a fact may be stored at all. A relation with a blank in its name is the policy's own, and nobody can mean it.
    pub(crate) fn is_well_formed(&self, fact: &Fact) -> bool {
        self.predicate(fact).is_some_and(|predicate| {
            predicate.origin == Origin::Stored
                && !predicate.name.contains(' ')
                && self.fits(predicate, fact)
                && fact.values.iter().all(|value| self.is_constant_declared(value))
        })
    }

    /// Whether two facts hold values of the same key.
    pub(crate) fn have_one_key(&self, one: &Fact, other: &Fact) -> bool {
        one.relation == other.relation && self.key(one).is_some_and(|n| one.values[..n] == other.values[..n])
    }

    /// The objects whose lives are to end, alive or not.
    pub(crate) fn dying(&self, delete: &BTreeSet<Fact>) -> BTreeSet<Object> {
        let is_type = |name: &str| self.policy.schema.types.iter().any(|kind| &*kind.name == name);
        let lives = delete.iter().filter(|fact| is_type(&fact.relation) || &*fact.relation == PERMISSION);
        lives.filter_map(|fact| fact.values[0].object().cloned()).collect()
    }

    fn is_alive(&self, object: &Object) -> bool {
        let alive = alive(object);
        self.facts.contains(&alive) || self.built_in.contains(&alive)
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
}

/// The objects that a fact mentions; constants are none, the text names them all.
fn mentioned(fact: &Fact) -> impl Iterator<Item = &Object> {
    fact.values.iter().filter(|value| !matches!(value, Value::Constant(_))).filter_map(Value::object)
}

/// Whether a fact mentions one of these objects.
pub(crate) fn mentions(fact: &Fact, objects: &BTreeSet<Object>) -> bool {
    fact.values.iter().filter_map(Value::object).any(|object| objects.contains(object))
}

/// The fact that an object is alive.
pub(crate) fn alive(object: &Object) -> Fact {
    Fact { relation: object.kind.clone(), values: vec![Value::Object(object.clone())] }
}
