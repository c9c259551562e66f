//! The combinations of variants on which the positive literals of a statement agree.

use std::ops::ControlFlow;

use crate::model::value::{ColumnType, Value};
use crate::policy::checked::{Atom, Column, Term, VariableId, VariantId};
use crate::policy::schema::PERMISSION;
use crate::policy::types::Variants;

/// The most pairs of an atom and a variant that one check of a pack looks at. Packs of a hundred rules need some hundred
/// thousand.
pub(super) const MAX_WORK: u64 = 40_000_000;

/// The columns of the variables, by their position; none as long as nothing says.
pub(super) type Bindings = Vec<Option<Column>>;

/// One combination: a variant for each atom, and what that makes of the variables.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// In the order of the atoms.
    pub(super) chosen: Vec<VariantId>,
    /// A permission that no derived column narrows is still `Type` here.
    pub(super) columns: Bindings,
}

/// The searches of this check took more than [`MAX_WORK`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

/// Calls `each` for every combination, in an order that depends on nothing but the policy.
///
/// # Source
/// Backtracking that always branches on the atom with the fewest variants left (fail first; Haralick and Elliott, 1980).
pub(super) fn search(
    atoms: &[&Atom],
    variable_count: usize,
    variants: &Variants,
    each: &mut dyn FnMut(&Found) -> ControlFlow<()>,
) -> Result<(), Exhausted> {
    let mut search = Search { atoms, variants, chosen: vec![None; atoms.len()], each };
    search.step(&vec![None; variable_count]).map(|_| ())
}

struct Search<'a, 'b> {
    atoms: &'a [&'a Atom],
    variants: &'a Variants,
    chosen: Vec<Option<VariantId>>,
    each: &'b mut dyn FnMut(&Found) -> ControlFlow<()>,
}

impl Search<'_, '_> {
    /// As deep as there are atoms; bodies are capped.
    fn step(&mut self, bindings: &Bindings) -> Result<ControlFlow<()>, Exhausted> {
        if self.variants.work.get() > MAX_WORK {
            return Err(Exhausted);
        }
        let mut best: Option<(usize, Vec<VariantId>)> = None;
        for (idx, atom) in self.atoms.iter().enumerate() {
            if self.chosen.get(idx).is_some_and(Option::is_some) {
                continue;
            }
            let fitting = fitting(atom, bindings, self.variants);
            if best.as_ref().is_none_or(|(_, fewest)| fitting.len() < fewest.len()) {
                best = Some((idx, fitting));
            }
        }
        let Some((idx, fitting)) = best else {
            let found = Found { chosen: self.chosen.iter().flatten().copied().collect(), columns: bindings.clone() };
            return Ok((self.each)(&found));
        };
        let Some(atom) = self.atoms.get(idx).copied() else {
            return Ok(ControlFlow::Continue(()));
        };
        for id in fitting {
            let Some(narrowed) =
                self.variants.get(id).and_then(|variant| bind(atom, &variant.columns, bindings, self.variants))
            else {
                continue;
            };
            self.choose(idx, Some(id));
            let flow = self.step(&narrowed)?;
            self.choose(idx, None);
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn choose(&mut self, idx: usize, id: Option<VariantId>) {
        if let Some(slot) = self.chosen.get_mut(idx) {
            *slot = id;
        }
    }
}

/// The variants that an atom can mean when its variables have these columns.
pub(super) fn fitting(atom: &Atom, bindings: &Bindings, variants: &Variants) -> Vec<VariantId> {
    let candidates = variants.of(atom.predicate);
    variants.work.set(variants.work.get().saturating_add(candidates.len() as u64));
    let repeats = atom.terms.iter().enumerate().any(|(idx, term)| {
        let variable = variable(term);
        variable.is_some() && atom.terms.iter().take(idx).any(|earlier| self::variable(earlier) == variable)
    });
    let fits = |id: &VariantId| {
        let Some(variant) = variants.get(*id) else {
            return false;
        };
        let term_fits = |(term, column): (&Term, &Column)| may_hold(term, column, bindings, variants);
        let each_fits = atom.terms.iter().zip(&variant.columns).all(term_fits);
        each_fits && (!repeats || bind(atom, &variant.columns, bindings, variants).is_some())
    };
    candidates.iter().copied().filter(fits).collect()
}

fn variable(term: &Term) -> Option<VariableId> {
    match term {
        Term::Variable(variable) | Term::SetOf(variable, _) => Some(*variable),
        Term::Any | Term::Value(_) => None,
    }
}

/// Whether a term by itself can stand in a column.
fn may_hold(term: &Term, column: &Column, bindings: &Bindings, variants: &Variants) -> bool {
    let known = |variable: VariableId| bindings.get(usize::from(variable.0)).and_then(Option::as_ref);
    match term {
        Term::Any => true,
        Term::Value(value) => fits(value, column, variants),
        Term::Variable(variable) => known(*variable).is_none_or(|known| {
            known == column
                || is_any_permission(known) && is_permission(column)
                || is_any_permission(column) && is_permission(known)
        }),
        Term::SetOf(variable, relation) => match column {
            Column::Type(ColumnType::Set(kind, of)) if of == relation => {
                known(*variable).is_none_or(|known| matches!(known, Column::Type(ColumnType::Object(of)) if of == kind))
            }
            _ => false,
        },
    }
}

/// The columns of the variables once an atom means a variant with these columns, if it can.
fn bind(atom: &Atom, columns: &[Column], bindings: &Bindings, variants: &Variants) -> Option<Bindings> {
    let mut bound = bindings.clone();
    for (term, column) in atom.terms.iter().zip(columns) {
        let (variable, wanted) = match term {
            Term::Any => continue,
            Term::Value(value) if fits(value, column, variants) => continue,
            Term::Value(_) => return None,
            Term::Variable(variable) => (variable, column.clone()),
            Term::SetOf(variable, relation) => match column {
                Column::Type(ColumnType::Set(kind, of)) if of == relation => {
                    (variable, Column::Type(ColumnType::Object(kind.clone())))
                }
                _ => return None,
            },
        };
        let slot = bound.get_mut(usize::from(variable.0))?;
        *slot = Some(match slot.take() {
            None => wanted,
            Some(known) => meet(known, wanted)?,
        });
    }
    Some(bound)
}

/// What two columns have in common.
fn meet(left: Column, right: Column) -> Option<Column> {
    match (left, right) {
        (left, right) if left == right => Some(left),
        (any, narrow) | (narrow, any) if is_any_permission(&any) && is_permission(&narrow) => Some(narrow),
        _ => None,
    }
}

/// Whether a column holds all permissions.
pub(super) fn is_any_permission(column: &Column) -> bool {
    matches!(column, Column::Type(ColumnType::Object(kind)) if **kind == *PERMISSION)
}

/// Whether a column holds permissions.
pub(super) fn is_permission(column: &Column) -> bool {
    matches!(column, Column::Permission(_) | Column::OtherPermission) || is_any_permission(column)
}

/// Whether a value can stand in a column. A text that is an instant can stand in a column of times.
pub(super) fn fits(value: &Value, column: &Column, variants: &Variants) -> bool {
    match column {
        Column::Permission(name) => {
            matches!(value, Value::Constant(constant) if constant.id == *name && *constant.kind == *PERMISSION)
        }
        Column::OtherPermission => {
            matches!(value, Value::Constant(constant) if *constant.kind == *PERMISSION && !variants.is_named(&constant.id))
        }
        Column::Type(ColumnType::Time) => match value {
            Value::Text(text) => text.parse::<jiff::Timestamp>().is_ok(),
            other => matches!(other, Value::Time(_)),
        },
        Column::Type(kind) => value.column_type() == *kind,
    }
}
