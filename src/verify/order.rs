//! In which order the literals of a body are gone through: what only tests comes as soon as it can.

use crate::policy::checked::{Atom, Literal, Term};
use crate::verify::rules::{mark, variable_of, variables_of};

/// The literals of a body in an order in which each finds bound what it needs, of the variables that are bound before or by
/// those before it; none if there is no such order.
///
/// Of the atoms that bind, the one comes next of which the most is known: all of its columns if possible, else the most of
/// them. Of equals those of derived predicates come first, since a join that waits for what a recursion derives is gone
/// through in each of its rounds; then the order of the text.
pub(super) fn order<'r>(
    body: &'r [Literal],
    mut bound: Vec<bool>,
    is_length: &dyn Fn(&Atom) -> bool,
    is_derived: &dyn Fn(&Atom) -> bool,
) -> Option<Vec<&'r Literal>> {
    let mut waiting: Vec<&Literal> = body.iter().collect();
    let mut ordered = Vec::with_capacity(body.len());
    while !waiting.is_empty() {
        let is_bound = |variable: usize| bound.get(variable).copied().unwrap_or_default();
        let is_ready = |literal: &&Literal| match literal {
            Literal::Atom { negated: false, atom, .. } if is_length(atom) => {
                atom.terms.first().and_then(variable_of).is_none_or(is_bound)
            }
            Literal::Atom { negated: false, .. } => false,
            Literal::Atom { negated: true, .. } | Literal::Comparison { .. } => {
                variables_of(literal).into_iter().all(is_bound)
            }
        };
        let position = waiting.iter().position(is_ready).or_else(|| {
            let atoms = waiting.iter().enumerate().rev().filter_map(|(position, literal)| match literal {
                Literal::Atom { negated: false, atom, .. } if !is_length(atom) => Some((position, atom)),
                _ => None,
            });
            let known = |atom: &Atom| {
                let is_known = |term: &&Term| **term != Term::Any && variable_of(term).is_none_or(is_bound);
                let n_known = atom.terms.iter().filter(is_known).count();
                (n_known == atom.terms.len(), n_known, is_derived(atom))
            };
            // Of equals the last is taken: from the end of the text on, that is the first.
            atoms.max_by_key(|(_, atom)| known(atom)).map(|(position, _)| position)
        })?;
        let literal = waiting.remove(position);
        mark(&mut bound, variables_of(literal).into_iter());
        ordered.push(literal);
    }
    Some(ordered)
}
