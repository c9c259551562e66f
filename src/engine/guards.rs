//! Guards: whether an actor may make a change. Plain literals read the state before, so nobody grants himself the right.

use crate::engine::ask::{Asking, require_context};
use crate::engine::delta::Delta;
use crate::engine::error::{Error, Kind};
use crate::engine::gaps;
use crate::engine::question::Surroundings;
use crate::engine::state::State;
use crate::engine::statements::GuardPlan;
use crate::engine::transact::Asked;
use crate::eval::goal;
use crate::language::syntax::Sign;
use crate::model::fact::Fact;
use crate::model::value::{Object, Value};

const HELP: &str = "Let someone write it who may, or leave it out; nothing was written.";

/// How many refused facts an error names.
const MAX_NAMED: usize = 20;

/// A change that is judged: the state before, who asks, and what would change.
pub(super) struct Trial<'a> {
    pub(super) state: &'a State,
    pub(super) actor: Value,
    pub(super) delta: &'a Delta<'a>,
    pub(super) surroundings: &'a Surroundings<'a>,
    asking: Asking<'a>,
}

/// A fact that no guard lets through, with the sign that was asked for.
pub(super) type Refused<'a> = (Sign, &'a Fact);

/// Whether the actor may write all that was asked, also what changes nothing: what completes it and what effects add needs no
/// guard. `delta` is the whole change.
///
/// # Errors
/// `guard-refused` with the refused facts, each with what its nearest guard lacks; `missing-context`; `limit-exceeded`.
pub(super) fn judge(
    state: &State,
    actor: &Object,
    asked: &Asked,
    delta: &Delta<'_>,
    surroundings: &Surroundings<'_>,
) -> Result<(), Error> {
    let asking = Asking::of_change(state, &state.active.plans, &state.constants, delta, surroundings);
    let trial = Trial { state, actor: Value::Object(actor.clone()), delta, surroundings, asking };
    let inserts = asked.insert.iter().map(|fact| (Sign::Plus, fact));
    let deletes = asked.delete.iter().map(|fact| (Sign::Minus, fact));
    let mut refused = Vec::new();
    for (sign, fact) in inserts.chain(deletes) {
        surroundings.refuse_late()?;
        if !trial.allows(sign, fact)? {
            refused.push((sign, fact));
        }
    }
    if refused.is_empty() { Ok(()) } else { Err(trial.refusal(&refused)?) }
}

impl Trial<'_> {
    /// Whether some guard lets a fact through.
    fn allows(&self, sign: Sign, fact: &Fact) -> Result<bool, Error> {
        for guard in self.guards_of(sign, fact) {
            require_context(&self.state.active.plans, &guard.goal, self.surroundings)?;
            let goal = goal::Goal { procedure: guard.goal.procedure, residual: None };
            if self.asking.holds(goal, &self.asking.cells(self.arguments(guard, fact)))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The guards that speak of such a fact and such an actor.
    pub(super) fn guards_of(&self, sign: Sign, fact: &Fact) -> impl Iterator<Item = &GuardPlan> {
        let stored = self.state.snapshot.variant_of(fact);
        let guards = stored.into_iter().flat_map(move |stored| self.state.active.statements.guards_of(stored, sign));
        let actor = self.actor.column_type();
        guards.filter(move |guard| guard.actor.as_ref().is_none_or(|kind| *kind == actor))
    }

    /// What a guard is asked with: the values of the fact, and the actor where its type matters.
    pub(super) fn arguments<'v>(&'v self, guard: &GuardPlan, fact: &'v Fact) -> impl Iterator<Item = &'v Value> {
        fact.values.iter().chain(guard.actor.is_some().then_some(&self.actor))
    }

    fn refusal(&self, refused: &[Refused<'_>]) -> Result<Error, Error> {
        let shown = |(sign, fact): &Refused<'_>| format!("`{}{fact}`", if *sign == Sign::Plus { "+" } else { "-" });
        let mut details = Vec::new();
        for (sign, fact) in refused.iter().take(MAX_NAMED) {
            let why = match gaps::nearest(self, *sign, fact)? {
                // What nobody waits for is left unsaid.
                _ if self.surroundings.refuse_late().is_err() => "no guard lets it through".to_owned(),
                Some(lack) => lack,
                None if self.state.active.policy.unguarded().contains(&fact.relation) => {
                    format!("no guard speaks of `{}`: it is the operator's alone", fact.relation)
                }
                None => "no guard speaks of such a fact and such an actor".to_owned(),
            };
            details.push(format!("{}: {why}", shown(&(*sign, fact))));
        }
        let actor = match &self.actor {
            Value::Object(object) => object.to_string(),
            other => other.notation(),
        };
        let first = refused.first().map(shown).unwrap_or_default();
        let message = match refused.len() {
            1 => format!("`{actor}` may not write {first}"),
            n => format!("`{actor}` may not write {first} and {} more", n - 1),
        };
        Ok(Error::new(Kind::Forbidden, "guard-refused", message)
            .with_help(match refused.len() > MAX_NAMED {
                true => format!("The first {MAX_NAMED} of {} facts are named. {HELP}", refused.len()),
                false => HELP.to_owned(),
            })
            .with_details(details))
    }
}
