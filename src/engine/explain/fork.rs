//! A copy of a state on which a write is tried: it is never published, and nothing of it reaches the log.

use crate::engine::changes::raw_fact;
use crate::engine::error::{Error, Kind};
use crate::engine::limits::Limits;
use crate::engine::request::Write;
use crate::engine::state::State;
use crate::engine::steps::Transaction;
use crate::language::syntax::Sign;
use crate::model::fact::Fact;
use crate::model::revision::Revision;

/// The state after a write that nobody asked for, with its effects; none if the policy refuses it. Guards have no say: the
/// write has no actor.
///
/// # Errors
/// `limit-exceeded`.
pub(super) fn after<'f>(
    state: &State,
    changes: impl Iterator<Item = &'f (Sign, Fact)>,
    limits: Limits,
) -> Result<Option<State>, Error> {
    let mut write = Write::default();
    for (sign, fact) in changes {
        let facts = if *sign == Sign::Plus { &mut write.insert } else { &mut write.delete };
        facts.push(raw_fact(fact));
    }
    let transaction = Transaction { write, has_effects: true, limits };
    let prepared = match transaction.prepare(state) {
        Ok(prepared) => prepared,
        Err(error) => return refused(error),
    };
    let mut after = state.clone();
    after.advance(&prepared.completed.changes(Revision(state.revision.0 + 1)))?;
    match transaction.judge(&after, &prepared) {
        Ok(()) => Ok(Some(after)),
        Err(error) => refused(error),
    }
}

/// Nothing, if an error is the policy's refusal.
fn refused(error: Error) -> Result<Option<State>, Error> {
    match error.kind {
        Kind::Invalid | Kind::Conflict | Kind::Forbidden | Kind::NotFound => Ok(None),
        Kind::Limit | Kind::Unavailable | Kind::Internal => Err(error),
    }
}
