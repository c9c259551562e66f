//! Denies, guards and effects on concrete column types: their cases.

use crate::language::syntax::Sign;
use crate::model::value::{ColumnType, Name};
use crate::policy::checked::{Atom, Case, CaseChange, Column, Literal, Term, VariableId};
use crate::policy::comparison::Incomparable;
use crate::policy::instance::{MAX_INSTANCES, Making, Refused};
use crate::policy::schema::{Schema, TypeKind};
use crate::policy::search::Found;
use crate::policy::types::Variants;

/// A statement that judges or completes a change.
#[derive(Clone, Copy)]
pub(super) struct Judging<'a> {
    /// What it speaks of, with the sign that it is about: one form of a guard, the head of an effect; none of a deny.
    pub(super) change: Option<(Option<Sign>, &'a Atom)>,
    /// Who asks, in a guard.
    pub(super) actor: Option<VariableId>,
    pub(super) body: &'a [Literal],
    /// The names of the variables.
    pub(super) variables: &'a [Name],
}

/// The cases of a statement, and what is wrong with its comparisons, each place once.
pub(super) fn cases(
    judging: &Judging<'_>,
    schema: &Schema,
    variants: &Variants,
) -> Result<(Vec<Case>, Vec<Incomparable>), Refused> {
    let Judging { change, actor, body, variables } = *judging;
    let making = Making::new(body, None, variables.len(), schema, variants);
    let (mut cases, mut incomparable) = (Vec::new(), Vec::new());
    let mut case = |found: &Found| {
        let (chosen, own) = match change {
            Some((sign, atom)) => {
                let (variant, chosen) = found.chosen.split_first()?;
                let terms = making.terms(atom, &variants.get(*variant)?.columns, &found.columns);
                (chosen, Some(CaseChange { sign, variant: *variant, terms }))
            }
            None => (found.chosen.as_slice(), None),
        };
        let body = making.body(found, chosen, &mut incomparable)?;
        Some(Case { change: own, body, variables: found.columns.clone() })
    };
    making.each(change.map(|(_, atom)| atom), variables.len(), &mut |found| {
        for found in with_actor(actor.filter(|actor| is_asked(*actor, body)), found, schema) {
            cases.extend(case(&found));
        }
        cases.len() <= MAX_INSTANCES
    })?;
    Ok((cases, incomparable))
}

/// The combination once for each type that the actor may be of, if nothing else says of which.
fn with_actor(actor: Option<VariableId>, found: &Found, schema: &Schema) -> Vec<Found> {
    let actor = actor.map(|actor| usize::from(actor.0));
    let Some(actor) = actor.filter(|actor| found.columns.get(*actor) == Some(&None)) else {
        return vec![found.clone()];
    };
    let concrete = schema
        .types
        .iter()
        .filter(|entry| !entry.is_abstract() && matches!(entry.kind, TypeKind::Open | TypeKind::Closed));
    let of_type = |name: &Name| {
        let mut found = found.clone();
        if let Some(column) = found.columns.get_mut(actor) {
            *column = Some(Column::Type(ColumnType::Object(name.clone())));
        }
        found
    };
    concrete.map(|entry| of_type(&entry.name)).collect()
}

/// Whether a variable stands in the body.
fn is_asked(wanted: VariableId, body: &[Literal]) -> bool {
    let is_it =
        |term: &Term| matches!(term, Term::Variable(variable) | Term::SetOf(variable, _) if *variable == wanted);
    body.iter().any(|literal| match literal {
        Literal::Atom { atom, .. } => atom.terms.iter().any(is_it),
        Literal::Comparison { left, right, .. } => is_it(left) || is_it(right),
    })
}
