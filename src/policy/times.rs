//! Texts that stand among times become times, where rules alone say what a column holds.

use crate::model::value::{ColumnType, Value};
use crate::policy::checked::{Atom, Column, Literal, Term};
use crate::policy::lower::Lowered;
use crate::policy::search::Bindings;
use crate::policy::types::Variants;

/// Reads the texts of all statements as times where they must be. The bindings are those of [`Fitted::bindings`]; any
/// instance will do, for columns of times hold nothing else that is written as a string.
///
/// [`Fitted::bindings`]: crate::policy::fitting::Fitted::bindings
pub(super) fn settle(lowered: &mut Lowered, bindings: &[Bindings], variants: &Variants) {
    let rules = lowered.rules.iter_mut().chain(&mut lowered.effects).map(|rule| (&mut rule.body, 1));
    let denies = lowered.denies.iter_mut().map(|deny| (&mut deny.body, 1));
    let guards = lowered.guards.iter_mut().map(|guard| (&mut guard.body, guard.changes.len()));
    let mut bindings = bindings.iter();
    for (body, n_bindings) in rules.chain(denies).chain(guards) {
        bindings.by_ref().take(n_bindings).for_each(|bindings| settle_body(body, bindings, variants));
    }
}

fn settle_body(body: &mut [Literal], bindings: &Bindings, variants: &Variants) {
    for literal in body {
        match literal {
            Literal::Atom { atom, .. } => settle_atom(atom, variants),
            Literal::Comparison { left, right, .. } => {
                if is_time(left, bindings) {
                    read(right);
                }
                if is_time(right, bindings) {
                    read(left);
                }
            }
        }
    }
}

fn settle_atom(atom: &mut Atom, variants: &Variants) {
    for (column, term) in atom.terms.iter_mut().enumerate() {
        let is_time = |id| {
            let column = variants.get(id).and_then(|variant| variant.columns.get(column));
            matches!(column, Some(Column::Type(ColumnType::Time)))
        };
        if variants.of(atom.predicate).iter().any(|id| is_time(*id)) {
            read(term);
        }
    }
}

fn is_time(term: &Term, bindings: &Bindings) -> bool {
    match term {
        Term::Variable(variable) => {
            matches!(bindings.get(usize::from(variable.0)), Some(Some(Column::Type(ColumnType::Time))))
        }
        Term::Value(value) => matches!(value, Value::Time(_)),
        Term::Any | Term::SetOf(..) => false,
    }
}

/// A text that is no time has been refused where it stands.
fn read(term: &mut Term) {
    if let Term::Value(Value::Text(text)) = term
        && let Ok(time) = text.parse()
    {
        *term = Term::Value(Value::Time(time));
    }
}
