//! Clauses on a path → writes to be read.

use crate::escalations::atoms::Kind;
use crate::escalations::ground::{Clause, Ground, Write};
use crate::escalations::report::Step;
use crate::escalations::symbols::Symbol;
use crate::language::syntax::Sign;
use crate::model::fact::Fact;
use crate::model::value::Value;
use crate::policy::checked::{Policy, PredicateId};

/// A write on its way to a step.
struct Draft<'c> {
    /// Where its clause stands on the path.
    at: usize,
    clause: &'c Clause,
    write: &'c Write,
    /// What is written, what matters last.
    facts: Vec<(Sign, PredicateId, Box<[Symbol]>)>,
}

/// The writes among the clauses of a path, in their order; those that only make sense in one transaction are one.
pub(super) fn steps(policy: &Policy, ground: &Ground, path: &[&Clause]) -> Vec<Step> {
    let mut drafts: Vec<Draft<'_>> = Vec::new();
    for (at, clause) in path.iter().enumerate() {
        let (Some(write), Some(head)) = (&clause.write, ground.atoms.get(clause.head)) else { continue };
        let beside = write.beside.iter().map(|(predicate, row)| (Sign::Plus, *predicate, row.clone()));
        let own = (sign_of(head.kind), head.predicate, head.row.clone());
        let facts: Vec<_> = beside.chain([own]).collect();
        drafts.push(Draft { at, clause, write, facts });
    }
    let mut position = 0;
    while let Some(draft) = drafts.get(position) {
        match drafts.iter().skip(position + 1).position(|later| belongs(ground, path, draft, later)) {
            Some(behind) => {
                let earlier = drafts.remove(position);
                if let Some(later) = drafts.get_mut(position + behind) {
                    let missing = earlier.facts.into_iter().filter(|fact| !later.facts.contains(fact));
                    later.facts = missing.collect::<Vec<_>>().into_iter().chain(later.facts.drain(..)).collect();
                }
            }
            None => position += 1,
        }
    }
    drafts.iter().filter_map(|draft| step(policy, ground, draft)).collect()
}

/// Whether an earlier write must be, or may as well be, in the transaction of a later one: it creates what that one mentions, or
/// that one wants it beside; and nothing between them needs it.
fn belongs(ground: &Ground, path: &[&Clause], earlier: &Draft<'_>, later: &Draft<'_>) -> bool {
    let Some(atom) = ground.atoms.get(earlier.clause.head) else { return false };
    let is_beside = later.facts.iter().any(|(_, predicate, row)| (*predicate, row) == (atom.predicate, &atom.row));
    let holds = ground.atoms.find(Kind::Holds, atom.predicate, &atom.row);
    let creates = holds.is_some_and(|holds| later.clause.premises.contains(&holds))
        && matches!(&*atom.row, [one] if ground.atoms.get(later.clause.head).is_some_and(|head| head.row.contains(one)))
        && later.write.actor != *atom.row.first().unwrap_or(&later.write.actor);
    let is_needed = |clause: &&&Clause| {
        let needs = clause.premises.contains(&earlier.clause.head)
            || holds.is_some_and(|holds| clause.premises.contains(&holds));
        needs && holds != Some(clause.head)
    };
    let between = path.iter().take(later.at).skip(earlier.at + 1);
    earlier.write.actor == later.write.actor && (is_beside || creates) && between.filter(is_needed).count() == 0
}

fn step(policy: &Policy, ground: &Ground, draft: &Draft<'_>) -> Option<Step> {
    let facts = draft.facts.iter().map(|(sign, predicate, row)| Some((*sign, fact(policy, ground, *predicate, row)?)));
    let guard = policy.guards.get(draft.write.guard)?;
    Some(Step {
        actor: ground.symbols.value(draft.write.actor)?.clone(),
        facts: facts.collect::<Option<_>>()?,
        guard: policy.place(guard.span),
    })
}

fn sign_of(kind: Kind) -> Sign {
    if kind == Kind::Goes { Sign::Minus } else { Sign::Plus }
}

/// A fact over symbols as one to be read.
pub(super) fn fact(policy: &Policy, ground: &Ground, predicate: PredicateId, row: &[Symbol]) -> Option<Fact> {
    let relation = policy.schema.predicate(predicate)?.name.clone();
    let values: Vec<Value> = row.iter().map(|symbol| ground.symbols.value(*symbol).cloned()).collect::<Option<_>>()?;
    Some(Fact { relation, values })
}
