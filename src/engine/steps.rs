//! The steps of a transaction in their order, on the state that it will be written to.
//!
//! 1. asked: facts, request rules, preconditions 2. completed 3. effects 4. guards 5. denies, on the state after.

use std::collections::BTreeSet;

use crate::engine::constraints::{touched, violations_of};
use crate::engine::delta::Delta;
use crate::engine::effects;
use crate::engine::error::Error;
use crate::engine::guards;
use crate::engine::limits::Limits;
use crate::engine::question::{Surroundings, read_fact};
use crate::engine::request::{Context, Write};
use crate::engine::request_rules;
use crate::engine::state::State;
use crate::engine::statements;
use crate::engine::transact::{Asked, Completed, notation, refuse_any};
use crate::model::fact::{Fact, RawFact};
use crate::model::layout::StoredId;
use crate::model::value::Object;
use crate::store::entry::Change;

/// A transaction as it came, read in the light of the policy that is active when its turn comes.
#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) write: Write,
    /// Whether effects add to it: facts that are loaded are taken as they are.
    pub(super) has_effects: bool,
    pub(super) limits: Limits,
}

/// What a transaction will do, if the state after it keeps the denies.
pub(super) struct Prepared {
    pub(super) completed: Completed,
    /// What is to be asked of the denies.
    pub(super) judged: BTreeSet<statements::Asked>,
    /// The variants that it changes.
    pub(super) changing: BTreeSet<StoredId>,
}

impl Transaction {
    /// Steps 1 to 4, on the state before.
    ///
    /// # Errors
    /// What doesn't fit in a fact; `precondition-failed`; `rules-invalid`; what [`Asked::complete`] refuses; `two-values`;
    /// `guard-refused`; `limit-exceeded`.
    pub(super) fn prepare(&self, state: &State) -> Result<Prepared, Error> {
        let Self { write, has_effects, .. } = self;
        let context = Context::new();
        let surroundings = self.surroundings(state, &context)?;
        let actor = write.actor.as_deref().map(|actor| actor_of(state, actor)).transpose()?;
        let mut insert = read(state, &write.insert)?;
        let mut delete = read(state, &write.delete)?;
        let (require, forbid) = (read(state, &write.require)?, read(state, &write.forbid)?);
        let preconditions = refuse_preconditions(state, &require, &forbid);
        // An actor hears of them behind the guards.
        if actor.is_none() {
            preconditions.clone()?;
        }
        if let Some(rules) = &write.rules {
            let [inserts, deletes] = request_rules::asked(state, rules, &surroundings)?;
            insert.extend(inserts);
            delete.extend(deletes);
        }
        let asked = Asked::new(insert, delete);
        let judge = |delta: &Delta<'_>| match &actor {
            Some(actor) => guards::judge(state, actor, &asked, delta, &surroundings),
            None => Ok(()),
        };
        // What is wrong with a request in the light of the data, a stranger doesn't hear: it would tell him what there is.
        let behind_guards =
            |error: Error, changes: &[Change]| judge(&Delta::new(changes, &state.snapshot)).err().unwrap_or(error);
        let completed = asked.complete(&BTreeSet::new(), state);
        let mut completed = completed.map_err(|error| match error.code {
            "unknown-object" => behind_guards(error, &asked.as_changes(state)),
            // All else that can be wrong here is in the request and the policy.
            _ => error,
        })?;
        if *has_effects {
            let added = effects::added(state, &asked, &completed, &surroundings);
            let added = added.map_err(|error| behind_guards(error, &completed.changes))?;
            if !added.is_empty() {
                let all = asked.complete(&added, state);
                completed = all.map_err(|error| behind_guards(error, &completed.changes))?;
            }
        }
        let delta = Delta::new(&completed.changes, &state.snapshot);
        judge(&delta)?;
        preconditions?;
        let judged = touched(state, &delta);
        let changing = delta.touched().map(|(_, stored)| stored).collect();
        Ok(Prepared { completed, judged, changing })
    }

    /// Step 5, on the state after.
    ///
    /// # Errors
    /// `constraint-violated`; `limit-exceeded`.
    pub(super) fn judge(&self, after: &State, prepared: &Prepared) -> Result<(), Error> {
        if prepared.judged.is_empty() {
            return Ok(());
        }
        let context = Context::new();
        let surroundings = self.surroundings(after, &context)?;
        let delta = Delta::new(&prepared.completed.changes, &after.snapshot);
        violations_of(after, &delta, &prepared.judged, &surroundings)?.refuse(after)
    }

    fn surroundings<'c>(&self, state: &State, context: &'c Context) -> Result<Surroundings<'c>, Error> {
        let time = self.limits.write_time;
        Ok(Surroundings::read(state, context, None, Limits { time, ..self.limits })?.for_all(time))
    }
}

/// # Errors
/// `precondition-failed`, with each fact that isn't as required.
fn refuse_preconditions(state: &State, require: &[Fact], forbid: &[Fact]) -> Result<(), Error> {
    let missing = require.iter().filter(|fact| !state.snapshot.contains(fact));
    let present = forbid.iter().filter(|fact| state.snapshot.contains(fact));
    let missing = missing.map(|fact| format!("{} is required", notation(fact)));
    let present = present.map(|fact| format!("{} is forbidden", notation(fact)));
    refuse_any(
        missing.chain(present),
        "precondition-failed",
        "the data isn't as the write requires it",
        "Read again, and write on what you find.",
    )
}

fn read(state: &State, facts: &[RawFact]) -> Result<Vec<Fact>, Error> {
    facts.iter().map(|raw| read_fact(state, raw)).collect()
}

/// The one who writes: an object, alive or not.
fn actor_of(state: &State, text: &str) -> Result<Object, Error> {
    Ok(state.active.policy.schema.object(text)?)
}
