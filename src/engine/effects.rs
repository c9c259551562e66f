//! Effects: what a write brings with it, in one pass over what was asked.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::engine::ask::{Asking, require_context};
use crate::engine::delta::Delta;
use crate::engine::error::Error;
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::engine::statements::EffectPlan;
use crate::engine::transact::{Asked, Completed, dying, key_of, mentioned, notation, refuse_any, relation_of};
use crate::model::fact::Fact;
use crate::model::value::{Object, Value};

/// The facts that the policy's effects add to a request: plain literals read the state before, signs the completed request, and
/// no effect sees another. The request wins: nothing is added that it deletes, nor for a key that it sets, nor about an object
/// that dies.
///
/// # Errors
/// `two-values` when effects give one key two values; `missing-context`; `limit-exceeded`.
pub(super) fn added(
    state: &State,
    asked: &Asked,
    completed: &Completed,
    surroundings: &Surroundings<'_>,
) -> Result<BTreeSet<Fact>, Error> {
    let mut added = BTreeSet::new();
    if state.active.statements.effects.is_empty() {
        return Ok(added);
    }
    let delta = Delta::new(&completed.changes, &state.snapshot);
    let is_due = |effect: &&EffectPlan| effect.needs.iter().all(|(sign, stored)| delta.touches(*sign, *stored));
    let due: Vec<&EffectPlan> = state.active.statements.effects.iter().filter(is_due).collect();
    if due.is_empty() {
        return Ok(added);
    }
    let asking = Asking::of_change(state, &state.active.plans, &state.constants, &delta, surroundings);
    let request = Request::new(state, asked);
    let mut values: BTreeMap<(Fact, usize), (Value, usize)> = BTreeMap::new();
    let mut twice = Vec::new();
    for effect in due {
        require_context(&state.active.plans, &effect.goal, surroundings)?;
        for fact in facts(state, &asking, effect)? {
            if !request.allows(state, &fact) {
                continue;
            }
            if let Some(n_key) = key_of(state, &fact)
                && let (Some(key), Some(value)) = (fact.values.get(..n_key), fact.values.get(n_key))
            {
                let key = Fact { relation: fact.relation.clone(), values: key.to_vec() };
                let (first, other) = values.entry((key, n_key)).or_insert_with(|| (value.clone(), effect.effect));
                if first != value {
                    twice.push(conflict(state, &fact, effect.effect, *other));
                }
            }
            if !state.snapshot.contains(&fact) {
                added.insert(fact);
            }
        }
    }
    refuse_any(
        twice.into_iter(),
        "two-values",
        "the effects of the write give one key two values",
        "Say the value in the write itself: it wins over effects.",
    )?;
    Ok(added)
}

/// What a request says that effects must not touch.
struct Request<'a> {
    asked: &'a Asked,
    keys: HashSet<(&'a str, &'a [Value])>,
    dying: BTreeSet<&'a Object>,
}

impl<'a> Request<'a> {
    fn new(state: &State, asked: &'a Asked) -> Self {
        let key = |fact: &'a Fact| {
            let n_key = key_of(state, fact)?;
            Some((&*fact.relation, fact.values.get(..n_key)?))
        };
        Self { asked, keys: asked.insert.iter().filter_map(key).collect(), dying: dying(&asked.delete) }
    }

    fn allows(&self, state: &State, fact: &Fact) -> bool {
        let key = key_of(state, fact).and_then(|n_key| fact.values.get(..n_key));
        !self.asked.delete.contains(fact)
            && key.is_none_or(|key| !self.keys.contains(&(&*fact.relation, key)))
            && !mentioned(fact).any(|object| self.dying.contains(object))
    }
}

/// What an effect writes.
fn facts(state: &State, asking: &Asking<'_>, effect: &EffectPlan) -> Result<Vec<Fact>, Error> {
    let head = state.active.policy.effects.get(effect.effect).map(|rule| rule.head.predicate);
    let head = head.ok_or_else(|| Error::internal("an effect of no relation"))?;
    let cells = asking.answers(&effect.goal, &[])?;
    let mut facts = Vec::with_capacity(cells.len().checked_div(effect.columns.len()).unwrap_or_default());
    for row in cells.chunks_exact(effect.columns.len().max(1)) {
        let values = asking.values(effect.columns.iter(), row)?;
        facts.push(Fact { relation: relation_of(state, head, &values)?, values });
    }
    Ok(facts)
}

fn conflict(state: &State, fact: &Fact, effect: usize, other: usize) -> String {
    let place = |effect: usize| {
        let rule = state.active.policy.effects.get(effect);
        rule.map_or_else(String::new, |rule| state.active.policy.place(rule.span))
    };
    format!("{} by {}, another value by {}", notation(fact), place(effect), place(other))
}
