//! Which stored variants a procedure may be specialised by: they say something of constants, and of one joined object at most.

use std::collections::{BTreeSet, HashMap};

use crate::model::layout::{Layout, StoredId, StoredVariant};
use crate::model::value::ColumnType;
use crate::plan::estimate::Estimates;
use crate::plan::procedure::{Operand, Output, Procedure, Source, Step};
use crate::policy::checked::{Column, Policy, VariantId};
use crate::policy::schema::TypeKind;

/// The variants that tests of these procedures read at constants alone, or at constants and one joined object: what a
/// permission is on, which scope a role has. One of a single column counts if it isn't a type, and holds objects of a type
/// that isn't open: those are few. `stored` says which variants of the policy are which of the layout.
pub(super) fn premises(
    policy: &Policy,
    estimates: &Estimates<'_>,
    stored: &HashMap<VariantId, StoredId>,
    procedures: &[Procedure],
    layout: &Layout,
) -> Vec<StoredId> {
    let columns_of = |(variant, stored): (&VariantId, &StoredId)| {
        Some((*stored, &*policy.variants.get(variant.0 as usize)?.columns))
    };
    let columns: HashMap<StoredId, &[Column]> = stored.iter().filter_map(columns_of).collect();
    let is_constant = |stored: StoredId, column: u8| {
        let column = columns.get(&stored).and_then(|columns| columns.get(usize::from(column)));
        column.is_some_and(|column| estimates.is_constant(column))
    };
    let kind_of = |name: &str| policy.schema.types.iter().find(|declared| &*declared.name == name);
    let is_property = |variant: &StoredVariant| match &*variant.columns {
        [ColumnType::Object(kind)] => {
            let is_closed = kind_of(kind).is_some_and(|declared| matches!(declared.kind, TypeKind::Closed));
            is_closed && kind_of(&variant.relation).is_none()
        }
        _ => false,
    };
    let mut found = BTreeSet::new();
    for procedure in procedures {
        for (stored, order, operands) in procedure.steps().flat_map(tests) {
            let Some(variant) = layout.variants.get(stored.0 as usize) else { continue };
            let Some(columns) = variant.orders.get(usize::from(order)) else { continue };
            // What an argument stands for is another object with each question: nothing is decided beforehand.
            let is_joined = |operand: &Option<Operand>| match operand {
                Some(Operand::Slot(slot)) => usize::from(*slot) >= procedure.n_arguments,
                Some(Operand::Constant(_) | Operand::Cell(_)) => true,
                None => false,
            };
            let mut objects = columns.iter().zip(&operands).filter(|(column, _)| !is_constant(stored, **column));
            let is_premise = match (objects.next(), objects.next()) {
                (None, _) => true,
                (Some((_, operand)), None) => is_joined(operand) && (columns.len() > 1 || is_property(variant)),
                (Some(_), Some(_)) => false,
            };
            if is_premise {
                found.insert(stored);
            }
        }
    }
    found.into_iter().collect()
}

/// The stored sources of a step that lets a frame pass or not, with the operand of each column, if it has one.
fn tests(step: &Step) -> Vec<(StoredId, u8, Vec<Option<Operand>>)> {
    let sources: Vec<(&Source, &[Output])> = match step {
        Step::Each { source, outputs, exists: true, .. } => vec![(source, outputs)],
        Step::None(sources) => sources.iter().map(|(source, outputs)| (source, outputs.as_slice())).collect(),
        _ => Vec::new(),
    };
    let operands = |(source, outputs): (&Source, &[Output])| match source {
        Source::Stored { stored, order, prefix } => {
            let fixed = prefix.iter().copied().map(Some);
            let checked = outputs.iter().map(|output| match output {
                // What the step binds itself is in no other step's frame.
                Output::Equal(Operand::Slot(slot)) if outputs.contains(&Output::Bind(*slot)) => None,
                Output::Equal(operand) => Some(*operand),
                Output::Bind(_) | Output::Ignore => None,
            });
            Some((*stored, *order, fixed.chain(checked).collect()))
        }
        Source::Context(_) | Source::Call { .. } => None,
    };
    sources.into_iter().filter_map(operands).collect()
}
