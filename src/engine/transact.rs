//! A transaction: what was asked, completed, as the change from one state to the next.
//!
//! Steps 1 and 2 of the language's definition: facts that don't fit are refused; mentioned objects of open types come
//! alive; a deleted object takes every fact that mentions it; a new value of a `->` key takes the old one.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::engine::error::{Error, Kind};
use crate::engine::state::State;
use crate::index::apply::Changes;
use crate::model::fact::Fact;
use crate::model::revision::Revision;
use crate::model::value::{Name, Object, Value};
use crate::policy::checked::PredicateId;
use crate::policy::schema::TypeKind;
use crate::store::entry::{Change, Mark, Sign};

/// How many single faults an error names.
const MAX_NAMED: usize = 20;

/// What a transaction asks for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Facts that shall hold.
    pub(super) insert: BTreeSet<Fact>,
    /// Facts that shall not.
    pub(super) delete: BTreeSet<Fact>,
    /// The objects that the inserts mention, in the order in which they came: those that come alive get their ordinals so.
    mentioned: Vec<Object>,
}

/// A completed change that differs from the state before.
#[derive(Debug, Default)]
pub(super) struct Completed {
    /// Inserts and deletes, each with its reason; births first, then facts, then deaths.
    pub(super) changes: Vec<Change>,
}

impl Asked {
    /// Facts as they came, in their order.
    pub(super) fn new(insert: Vec<Fact>, delete: Vec<Fact>) -> Self {
        let mentioned = insert.iter().flat_map(mentioned).cloned().collect();
        Self { insert: insert.into_iter().collect(), delete: delete.into_iter().collect(), mentioned }
    }

    /// Completes the change over a state, with the facts that effects add to it. Nothing left to do is an empty change.
    ///
    /// # Errors
    /// One error for the first kind of fault found, with each fact that has it: `fact-in-both`, `built-in`,
    /// `deleted-object`, `unknown-object`, `two-values`.
    pub(super) fn complete(&self, added: &BTreeSet<Fact>, state: &State) -> Result<Completed, Error> {
        let insert: BTreeSet<&Fact> = self.insert.iter().chain(added).collect();
        let delete: BTreeSet<&Fact> = self.delete.iter().collect();
        let in_order: Vec<&Object> = self.mentioned.iter().chain(added.iter().flat_map(mentioned)).collect();
        refuse_any(
            insert.intersection(&delete).map(|fact| notation(fact)),
            "fact-in-both",
            "the transaction both inserts and deletes the same fact",
            "Leave out one of the two.",
        )?;
        refuse_built_in(state, insert.iter().chain(&delete).copied())?;
        // Also one that isn't alive: the insert would bring to life what the delete wants dead.
        let dying = dying(&self.delete);
        refuse_any(
            insert
                .iter()
                .filter(|fact| mentioned(fact).any(|object| dying.contains(object)))
                .map(|fact| notation(fact)),
            "deleted-object",
            "the transaction deletes an object and inserts a fact that mentions it",
            "Write the fact about another object, or don't delete this one.",
        )?;
        let births = births(state, &insert, in_order)?;
        let replaced = replaced(state, &insert, &delete)?;
        let mut deletes: BTreeMap<Fact, Mark> = BTreeMap::new();
        for object in dying.into_iter().filter(|object| state.snapshot.is_alive(object)) {
            for fact in state.snapshot.facts_mentioning(object) {
                deletes.insert(fact, Mark::Completed);
            }
        }
        for fact in replaced {
            deletes.insert(fact, Mark::Completed);
        }
        // A life that the request or a cascade ends may be the policy's own.
        refuse_built_in(state, deletes.keys())?;
        for fact in delete {
            if state.snapshot.contains(fact) {
                deletes.insert(fact.clone(), Mark::Asked);
            }
        }
        let mut completed = Completed::default();
        let mut push = |sign, mark, fact| completed.changes.push(Change { sign, mark, fact });
        let mark = |fact: &Fact| match (self.insert.contains(fact), added.contains(fact)) {
            (true, _) => Mark::Asked,
            (false, true) => Mark::Added,
            (false, false) => Mark::Completed,
        };
        for object in births {
            let fact = life(object);
            push(Sign::Insert, mark(&fact), fact);
        }
        for fact in insert {
            if life_of(fact).is_none() && !state.snapshot.contains(fact) {
                push(Sign::Insert, mark(fact), fact.clone());
            }
        }
        for (fact, mark) in deletes {
            push(Sign::Delete, mark, fact);
        }
        Ok(completed)
    }
}

impl Asked {
    /// What is asked and would change something, and the lives that it brings to open types: as far as it goes where it can't
    /// be completed.
    pub(super) fn as_changes(&self, state: &State) -> Vec<Change> {
        let change = |sign, fact: &Fact| Change { sign, mark: Mark::Asked, fact: fact.clone() };
        let inserts = self.insert.iter().filter(|fact| !state.snapshot.contains(fact));
        let deletes = self.delete.iter().filter(|fact| state.snapshot.contains(fact));
        let born = self.mentioned.iter().filter(|object| is_open(state, object) && !state.snapshot.is_alive(object));
        let births: BTreeSet<Fact> = born.map(life).filter(|life| !self.insert.contains(life)).collect();
        let births = births.into_iter().map(|fact| Change { sign: Sign::Insert, mark: Mark::Completed, fact });
        births
            .chain(inserts.map(|fact| change(Sign::Insert, fact)))
            .chain(deletes.map(|fact| change(Sign::Delete, fact)))
            .collect()
    }
}

impl Completed {
    /// The change, as an index takes it, that makes this revision.
    pub(super) fn changes(&self, revision: Revision) -> Changes {
        let of = |sign: Sign| {
            self.changes.iter().filter(move |change| change.sign == sign).map(|change| change.fact.clone()).collect()
        };
        Changes { revision, delete: of(Sign::Delete), insert: of(Sign::Insert) }
    }
}

/// The fact that an object is alive.
pub(super) fn life(object: &Object) -> Fact {
    Fact { relation: object.kind.clone(), values: vec![Value::Object(object.clone())] }
}

/// The object whose life a fact is.
pub(super) fn life_of(fact: &Fact) -> Option<&Object> {
    match fact.values.as_slice() {
        [Value::Object(object) | Value::Constant(object)] if object.kind == fact.relation => Some(object),
        _ => None,
    }
}

/// The objects that die by these deletes.
pub(super) fn dying(delete: &BTreeSet<Fact>) -> BTreeSet<&Object> {
    delete.iter().filter_map(life_of).collect()
}

/// How many columns are the key of a fact's relation; none if it has no `->`.
pub(super) fn key_of(state: &State, fact: &Fact) -> Option<usize> {
    let schema = &state.active.policy.schema;
    let predicate = schema.predicate_named(&fact.relation).and_then(|id| schema.predicate(id));
    predicate.and_then(|predicate| predicate.key).map(usize::from)
}

/// The relation of a fact of a predicate. A type that others are is a name for theirs.
///
/// # Errors
/// `internal` for a predicate of another policy.
pub(super) fn relation_of(state: &State, predicate: PredicateId, values: &[Value]) -> Result<Name, Error> {
    let schema = &state.active.policy.schema;
    let found = schema.predicate(predicate).ok_or_else(|| Error::internal("a fact of no relation"))?;
    Ok(match values {
        [Value::Object(object)] if schema.type_named(&found.name).is_some() => object.kind.clone(),
        _ => found.name.clone(),
    })
}

/// The objects that a fact mentions.
pub(super) fn mentioned(fact: &Fact) -> impl Iterator<Item = &Object> {
    fact.values.iter().filter_map(|value| match value {
        Value::Object(object) | Value::Set(object, _) => Some(object),
        Value::Constant(_) | Value::Everyone(_) | Value::Text(_) | Value::Integer(_) | Value::Time(_) => None,
    })
}

/// The objects that come alive: those whose life is asked for, and those of open types that an insert mentions; in the
/// order of their first mention.
fn births<'o>(state: &State, insert: &BTreeSet<&'o Fact>, in_order: Vec<&'o Object>) -> Result<Vec<&'o Object>, Error> {
    let asked: HashSet<&Object> = insert.iter().filter_map(|fact| life_of(fact)).collect();
    let mut born = HashSet::new();
    let mut unknown = Vec::new();
    for fact in insert {
        for object in mentioned(fact) {
            if state.snapshot.is_alive(object) {
                continue;
            }
            if asked.contains(object) || is_open(state, object) {
                born.insert(object);
            } else {
                unknown.push(format!("`{object}` in {}", notation(fact)));
            }
        }
    }
    refuse_any(unknown.into_iter(), "unknown-object", UNKNOWN, UNKNOWN_HELP)?;
    Ok(in_order.into_iter().filter(|object| born.remove(*object)).collect())
}

fn is_open(state: &State, object: &Object) -> bool {
    state.active.policy.schema.type_named(&object.kind).is_some_and(|found| found.kind == TypeKind::Open)
}

/// The facts whose `->` value the inserts replace.
fn replaced(state: &State, insert: &BTreeSet<&Fact>, delete: &BTreeSet<&Fact>) -> Result<Vec<Fact>, Error> {
    let mut values: BTreeMap<(&str, &[Value]), &Fact> = BTreeMap::new();
    let (mut old, mut twice, mut built_in) = (Vec::new(), Vec::new(), Vec::new());
    for fact in insert {
        let Some(key) = key_of(state, fact).and_then(|n_key| fact.values.get(..n_key)) else {
            continue;
        };
        if let Some(other) = values.insert((&fact.relation, key), fact) {
            twice.push(format!("{} and {}", notation(other), notation(fact)));
        }
        if let Some(before) = value_before(state, fact)
            && before != **fact
        {
            if is_built_in(state, &before) {
                built_in.push(notation(&before));
            } else if !delete.contains(&before) {
                old.push(before);
            }
        }
    }
    refuse_any(
        twice.into_iter(),
        "two-values",
        "the transaction gives one key two values",
        "A relation with `->` holds one value for each key: leave out one of the two.",
    )?;
    refuse_any(built_in.into_iter(), "built-in", BUILT_IN, BUILT_IN_HELP)?;
    Ok(old)
}

/// The fact that holds the value of this fact's key now, of whatever type the value is.
fn value_before(state: &State, fact: &Fact) -> Option<Fact> {
    state.snapshot.value_of(fact)
}

pub(super) const UNKNOWN: &str = "the transaction mentions an object that doesn't exist";
pub(super) const UNKNOWN_HELP: &str =
    "Objects of a type that isn't `open` are created first: insert the type's own fact, such as `user(user:ana)`.";
pub(super) const BUILT_IN: &str = "the transaction would change a fact that is built in";
pub(super) const BUILT_IN_HELP: &str = "What the policy states is true in every state: change the policy instead.";

fn is_built_in(state: &State, fact: &Fact) -> bool {
    state.active.built_in.contains(fact)
}

fn refuse_built_in<'f>(state: &State, facts: impl Iterator<Item = &'f Fact>) -> Result<(), Error> {
    let built_in = facts.filter(|fact| is_built_in(state, fact)).map(notation);
    refuse_any(built_in, "built-in", BUILT_IN, BUILT_IN_HELP)
}

/// An error if there is any fault, naming the first ones and their number.
pub(super) fn refuse_any(
    faults: impl Iterator<Item = String>,
    code: &'static str,
    message: &str,
    help: &str,
) -> Result<(), Error> {
    let mut named: Vec<String> = Vec::new();
    let mut n_faults = 0_usize;
    for fault in faults {
        n_faults += 1;
        if named.len() < MAX_NAMED {
            named.push(fault);
        }
    }
    let Some(first) = named.first() else {
        return Ok(());
    };
    let message = match n_faults {
        1 => format!("{message}: {first}"),
        _ => format!("{message}: {first} and {} more", n_faults - 1),
    };
    Err(Error::new(Kind::Conflict, code, message).with_help(help).with_details(named))
}

/// A fact in the language's notation, in backticks.
pub(super) fn notation(fact: &Fact) -> String {
    format!("`{fact}`")
}
