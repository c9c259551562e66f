//! The order in which a body is joined: greedily the cheapest literal that can be asked.

use crate::plan::estimate::{Cost, Estimates};
use crate::policy::checked::{InstanceLiteral, InstanceTerm};

/// The positions of the literals in the order of joining, each with its cost when its turn comes.
///
/// `known` says which variables come bound. Among equals the order of the text decides. A literal that can never be asked
/// is left out, which a safe body has none of.
pub(super) fn choose_order(
    estimates: &mut Estimates<'_>,
    body: &[InstanceLiteral],
    mut known: Vec<bool>,
) -> Vec<(usize, Cost)> {
    let mut chosen = Vec::with_capacity(body.len());
    let mut waiting: Vec<usize> = (0..body.len()).collect();
    while !waiting.is_empty() {
        let mut best: Option<(Cost, usize)> = None;
        for (place, &position) in waiting.iter().enumerate() {
            let Some(literal) = body.get(position) else {
                continue;
            };
            if let Some(cost) = estimates.literal(literal, &known)
                && best.is_none_or(|(least, _)| cost < least)
            {
                best = Some((cost, place));
            }
        }
        let Some((cost, place)) = best else { break };
        let position = waiting.remove(place);
        if let Some(InstanceLiteral::Positive { terms, .. }) = body.get(position) {
            for term in terms {
                if let InstanceTerm::Variable(variable) = term
                    && let Some(known) = known.get_mut(usize::from(variable.0))
                {
                    *known = true;
                }
            }
        }
        chosen.push((position, cost));
    }
    chosen
}
