//! Comparisons that hold on no types: why a statement has no instance although its literals agree.

use std::ops::ControlFlow;

use crate::language::span::Span;
use crate::model::value::{ColumnType, Name};
use crate::policy::checked::{Atom, Literal, Term};
use crate::policy::comparison::{Decided, decide};
use crate::policy::instance::{MAX_INSTANCES, column_of};
use crate::policy::search;
use crate::policy::types::{Variants, plain};

/// A comparison that holds on no types.
pub(super) struct Impossible<'a> {
    /// Each side with the types that it has.
    pub(super) sides: [(&'a Term, Vec<ColumnType>); 2],
    pub(super) span: Span,
}

/// The first comparison of a body that by itself holds on no types on which these atoms agree; none if each holds on some, or if
/// there are too many to look at.
pub(super) fn impossible<'a>(
    atoms: &[&Atom],
    body: &'a [Literal],
    n_variables: usize,
    variants: &Variants,
) -> Option<Impossible<'a>> {
    body.iter().find_map(|literal| {
        let Literal::Comparison { operator, left, right, span } = literal else { return None };
        let mut sides = [(left, Vec::new()), (right, Vec::new())];
        let mut n_found = 0;
        let mut is_impossible = true;
        let searched = search::search(atoms, n_variables, variants, &mut |found| {
            n_found += 1;
            let decided = decide(*operator, left, right, *span, &found.columns, variants);
            is_impossible &= n_found <= MAX_INSTANCES && matches!(decided, Decided::False | Decided::Refused(_));
            for (term, kinds) in &mut sides {
                let kind = column_of(term, &found.columns, variants).map(|column| plain(&column));
                kinds.extend(kind.filter(|kind| !kinds.contains(kind)));
            }
            if is_impossible { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        (searched.is_ok() && is_impossible).then_some(Impossible { sides, span: *span })
    })
}

/// A term as the author wrote it.
pub(super) fn named(term: &Term, variables: &[Name]) -> String {
    let name = |position: u16| variables.get(usize::from(position)).cloned().unwrap_or_default();
    match term {
        Term::Variable(variable) => name(variable.0).to_string(),
        Term::SetOf(variable, relation) => format!("{}#{relation}", name(variable.0)),
        Term::Any => "_".to_owned(),
        Term::Value(value) => value.notation(),
    }
}
