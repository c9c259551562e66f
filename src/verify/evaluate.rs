//! What follows from a policy and some facts, level by level.

use std::collections::HashSet;

use foldhash::fast::FixedState;

use crate::model::fact::Fact;
use crate::model::value::Value;
use crate::policy::checked::{Policy, PredicateId};
use crate::verify::focus::Focus;
use crate::verify::ground::Ground;
use crate::verify::levels::Levels;
use crate::verify::program::derive;
use crate::verify::rules::Workshop;

/// Why nothing was worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// More rows would have been looked at than allowed.
    TooLarge,
    /// The rules ask a predicate for others than the values that are wanted, so that no less than all would do.
    NotNarrow,
    /// A rule can't be taken by the program, which no checked policy has.
    Unfit,
}

/// Every row of a derived predicate that follows from the facts: stored ones, those of life included, built-in ones and
/// those of the context alike.
///
/// With `only`, the rows with one of these values in the first column: what the rules make of others isn't worked out where
/// it isn't asked for.
///
/// `limit` bounds the rows of any kind that are made on the way: facts, bindings, keys. About 200 bytes each are held.
///
/// # Errors
/// [`Undecided::TooLarge`] beyond the limit: what was derived so far is no answer.
pub fn evaluate(
    policy: &Policy,
    facts: impl IntoIterator<Item = Fact>,
    predicate: &str,
    only: Option<&[Value]>,
    limit: u64,
) -> Result<HashSet<Vec<Value>>, Undecided> {
    let Some(goal) = policy.schema.predicate_named(predicate) else { return Ok(HashSet::new()) };
    let (ground, levels) = (Ground::new(limit), Levels::of(policy));
    let focus = Focus::of(policy, goal, only.is_some());
    if only.is_some() && focus.column(goal).is_none() {
        return Err(Undecided::NotNarrow);
    }
    let wanted: Vec<u32> = only.into_iter().flatten().map(|value| ground.number(value.clone())).collect();
    let mut workshop = Workshop::new(policy, &ground, &levels, &focus, &wanted).map_err(|_| Undecided::Unfit)?;
    let mut holding: HashSet<(u32, u32), FixedState> = HashSet::default();
    let mut hold = |relation: &str, values: &[Value]| {
        let row: Vec<u32> = values.iter().map(|value| ground.number(value.clone())).collect();
        let predicate = policy.schema.predicate_named(relation).filter(|predicate| focus.is_relevant(*predicate));
        holding.extend(predicate.zip(ground.row(&row)).map(|(PredicateId(predicate), row)| (predicate, row)));
    };
    for fact in facts {
        hold(&fact.relation, &fact.values);
        // A type that others are has their objects.
        for kind in
            policy.schema.types.iter().filter(|kind| kind.is_abstract() && kind.concrete.contains(&fact.relation))
        {
            hold(&kind.name, &fact.values);
        }
    }
    for level in 0..levels.count {
        workshop.level = level;
        let mut reads = Vec::new();
        let mut work = workshop.level(&mut reads);
        let is_read = |predicate: u32| reads.get(predicate as usize).copied().unwrap_or_default();
        work.given = holding.iter().filter(|(predicate, _)| is_read(*predicate)).copied().collect();
        holding.extend(derive(work, &workshop));
        if ground.is_exceeded() {
            return Err(Undecided::TooLarge);
        }
    }
    let rows = holding.iter().filter(|(predicate, _)| *predicate == goal.0);
    let values = |row: u32| ground.row_of(row).iter().map(|number| ground.value(*number)).collect::<Option<Vec<_>>>();
    rows.map(|(_, row)| values(*row)).collect::<Option<_>>().ok_or(Undecided::Unfit)
}
