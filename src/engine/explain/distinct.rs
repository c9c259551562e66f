//! Ways that say the same: of those one is told.

use std::collections::HashSet;

use crate::plan::ways::Way as Join;
use crate::policy::checked::{InstanceLiteral, InstanceTerm, VariableId};

/// What a way says: the same rules, and the same literals but for the names of their variables.
type Says = (Vec<u32>, Vec<InstanceTerm>, Vec<InstanceLiteral>);

/// The first of all ways that say the same, in their order. Several do that call a rule once for each permission that the text
/// names, since what the text states is left out of them.
pub(super) fn distinct(joins: impl Iterator<Item = Join>) -> impl Iterator<Item = Join> {
    let mut told: HashSet<Says> = HashSet::new();
    joins.filter(move |join| told.insert(says(join)))
}

/// What a way says, its variables numbered in the order in which they stand there.
fn says(join: &Join) -> Says {
    let mut known: Vec<VariableId> = Vec::new();
    let mut number = |variable: &mut VariableId| {
        let place = known.iter().position(|other| other == variable).unwrap_or_else(|| {
            known.push(*variable);
            known.len() - 1
        });
        *variable = VariableId(place as u16);
    };
    let (mut head, mut body) = (join.head.clone(), join.body.clone());
    head.iter_mut().filter_map(variable).for_each(&mut number);
    for literal in &mut body {
        match literal {
            InstanceLiteral::Positive { terms, .. } | InstanceLiteral::Negated { terms, .. } => {
                terms.iter_mut().filter_map(variable).for_each(&mut number);
            }
            InstanceLiteral::Comparison { left, right, .. } => {
                [left, right].into_iter().filter_map(variable).for_each(&mut number);
            }
            InstanceLiteral::OtherPermission(variable) => number(variable),
        }
    }
    (join.rules.clone(), head, body)
}

fn variable(term: &mut InstanceTerm) -> Option<&mut VariableId> {
    match term {
        InstanceTerm::Variable(variable) => Some(variable),
        InstanceTerm::Any | InstanceTerm::Value(_) => None,
    }
}
