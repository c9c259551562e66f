//! Rules, guards and effects as what grounding reads: all have joins, tests and heads.

use std::collections::BTreeSet;

use crate::escalations::atoms::Kind;
use crate::language::syntax::Sign;
use crate::model::comparison::Comparison;
use crate::policy::checked::{Atom, Literal, Origin, Policy, PredicateId, Term, VariableId};

/// A rule, an effect, or a guard for one of its changes and one sign.
#[derive(Debug)]
pub(super) struct Statement<'p> {
    /// Literals that atoms must match.
    pub(super) joins: Vec<(Kind, &'p Atom)>,
    /// Literals of the change in a guard: what else one writes in the same transaction.
    pub(super) beside: Vec<&'p Atom>,
    /// Literals that any fact of these types may match: they come with the question.
    pub(super) open: Vec<&'p Atom>,
    /// What must not hold.
    pub(super) absences: Vec<&'p Atom>,
    /// Comparisons.
    pub(super) comparisons: Vec<(Comparison, &'p Term, &'p Term)>,
    /// What follows.
    pub(super) head: (Kind, &'p Atom),
    /// Who asks, and the position of the guard.
    pub(super) guard: Option<(VariableId, usize)>,
    pub(super) n_variables: usize,
}

/// The statements that matter for who holds what, in the order of the policy: rules, guards, effects.
pub(super) fn statements(policy: &Policy) -> Vec<Statement<'_>> {
    let relevant = relevant(policy);
    let mut statements = Vec::new();
    let rules = policy.rules.iter().filter(|rule| relevant.contains(&rule.head.predicate));
    statements
        .extend(rules.map(|rule| read(policy, &rule.body, (Kind::Holds, &rule.head), None, rule.variables.len())));
    for (position, guard) in policy.guards.iter().enumerate() {
        for (sign, change) in &guard.changes {
            for (of, kind) in [(Sign::Plus, Kind::Comes), (Sign::Minus, Kind::Goes)] {
                if sign.is_none_or(|sign| sign == of) && relevant.contains(&change.predicate) {
                    let actor = Some((guard.actor, position));
                    statements.push(read(policy, &guard.body, (kind, change), actor, guard.variables.len()));
                }
            }
        }
    }
    let effects = policy.effects.iter().filter(|effect| relevant.contains(&effect.head.predicate));
    let head = |effect: &'_ crate::policy::checked::Rule| effect.variables.len();
    statements
        .extend(effects.map(|effect| read(policy, &effect.body, (Kind::Holds, &effect.head), None, head(effect))));
    statements
}

/// The predicates that `can`, guards and effects depend on, and the types.
pub(super) fn relevant(policy: &Policy) -> BTreeSet<PredicateId> {
    let of_body = |body: &[Literal]| {
        let predicate = |literal: &Literal| match literal {
            Literal::Atom { atom, .. } => Some(atom.predicate),
            Literal::Comparison { .. } => None,
        };
        body.iter().filter_map(predicate).collect::<Vec<_>>()
    };
    let mut waiting: Vec<PredicateId> = policy.schema.predicate_named("can").into_iter().collect();
    waiting.extend(policy.guards.iter().flat_map(|guard| of_body(&guard.body)));
    waiting.extend(policy.effects.iter().flat_map(|effect| of_body(&effect.body)));
    waiting.extend(policy.schema.types.iter().filter_map(|kind| policy.schema.predicate_named(&kind.name)));
    let mut relevant = BTreeSet::new();
    while let Some(predicate) = waiting.pop() {
        if relevant.insert(predicate) {
            let rules = policy.rules.iter().filter(|rule| rule.head.predicate == predicate);
            waiting.extend(rules.flat_map(|rule| of_body(&rule.body)));
        }
    }
    relevant
}

fn read<'p>(
    policy: &'p Policy,
    body: &'p [Literal],
    head: (Kind, &'p Atom),
    guard: Option<(VariableId, usize)>,
    n_variables: usize,
) -> Statement<'p> {
    let mut statement = Statement {
        joins: Vec::new(),
        beside: Vec::new(),
        open: Vec::new(),
        absences: Vec::new(),
        comparisons: Vec::new(),
        head,
        guard,
        n_variables,
    };
    for literal in body {
        match literal {
            Literal::Comparison { operator, left, right, .. } => statement.comparisons.push((*operator, left, right)),
            // A change that must not be made is left out of it.
            Literal::Atom { negated: true, sign: Some(_), .. } => {}
            Literal::Atom { negated: true, sign: None, atom } => statement.absences.push(atom),
            Literal::Atom { negated: false, sign, atom } => {
                let origin = policy.schema.predicate(atom.predicate).map(|predicate| predicate.origin);
                match (sign, origin) {
                    (_, Some(Origin::Context | Origin::Length)) => statement.open.push(atom),
                    (Some(Sign::Plus), _) if guard.is_some() => statement.beside.push(atom),
                    (Some(Sign::Plus), _) => statement.joins.push((Kind::Comes, atom)),
                    // What goes held before.
                    (Some(Sign::Minus), _) if guard.is_some() => statement.joins.push((Kind::Holds, atom)),
                    (Some(Sign::Minus), _) => statement.joins.push((Kind::Goes, atom)),
                    (None, _) => statement.joins.push((Kind::Holds, atom)),
                }
            }
        }
    }
    statement
}
