//! Comparisons on concrete column types: decided here, or left to the instance.

use std::cmp::Ordering;

use crate::language::span::Span;
use crate::model::comparison::Comparison;
use crate::model::value::{ColumnType, Value};
use crate::policy::checked::{Column, InstanceLiteral, InstanceTerm, Term};
use crate::policy::instance::{column_of, instance_term};
use crate::policy::search::{Bindings, is_any_permission, is_permission};
use crate::policy::types::{Variants, plain};

/// A comparison that makes no sense on the types of its sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Incomparable {
    pub(super) span: Span,
    pub(super) left: ColumnType,
    pub(super) right: ColumnType,
}

/// What is known of a comparison once the types of its sides are.
pub(super) enum Decided {
    True,
    False,
    Open(InstanceLiteral),
    Refused(Incomparable),
}

/// The literal that is left of a comparison (none if it holds anyway), or none at all if it can't hold.
pub(super) fn note(decided: Decided, incomparable: &mut Vec<Incomparable>) -> Option<Option<InstanceLiteral>> {
    match decided {
        Decided::True => Some(None),
        Decided::Open(literal) => Some(Some(literal)),
        Decided::False => None,
        Decided::Refused(refused) => {
            if !incomparable.iter().any(|known| known.span == refused.span) {
                incomparable.push(refused);
            }
            None
        }
    }
}

/// What the types of its sides say about a comparison.
pub(super) fn decide(
    operator: Comparison,
    left: &Term,
    right: &Term,
    span: Span,
    bindings: &Bindings,
    variants: &Variants,
) -> Decided {
    let of_truth = |holds: bool| if holds { Decided::True } else { Decided::False };
    let is_ordering = !matches!(operator, Comparison::Equal | Comparison::NotEqual);
    let (Some(left_column), Some(right_column)) =
        (column_of(left, bindings, variants), column_of(right, bindings, variants))
    else {
        // A guard's actor of which nothing else is known.
        return Decided::True;
    };
    let left = beside_time(instance_term(left, bindings), &right_column);
    let right = beside_time(instance_term(right, bindings), &left_column);
    let in_time = |term: &InstanceTerm, column: Column| match term {
        InstanceTerm::Value(Value::Time(_)) => Column::Type(ColumnType::Time),
        _ => column,
    };
    let (left_column, right_column) = (in_time(&left, left_column), in_time(&right, right_column));

    let (left_type, right_type) = (plain(&left_column), plain(&right_column));
    let refused = || Decided::Refused(Incomparable { span, left: left_type.clone(), right: right_type.clone() });
    if left_type != right_type {
        let texts = [&left_type, &right_type];
        if texts.contains(&&ColumnType::Text) && texts.contains(&&ColumnType::Time) {
            return refused();
        }
        return of_truth(operator == Comparison::NotEqual);
    }
    if is_ordering && !matches!(left_type, ColumnType::Integer | ColumnType::Time | ColumnType::Text) {
        return refused();
    }
    if is_permission(&left_column)
        && left_column != right_column
        && !is_any_permission(&left_column)
        && !is_any_permission(&right_column)
    {
        return of_truth(operator == Comparison::NotEqual);
    }
    if let (InstanceTerm::Value(left), InstanceTerm::Value(right)) = (&left, &right) {
        return of_truth(holds(operator, left.cmp(right)));
    }
    Decided::Open(InstanceLiteral::Comparison { operator, left, right, column: left_type, span })
}

/// A text beside a time is read as one.
fn beside_time(term: InstanceTerm, other: &Column) -> InstanceTerm {
    match (&term, other) {
        (InstanceTerm::Value(Value::Text(text)), Column::Type(ColumnType::Time)) => match text.parse() {
            Ok(time) => InstanceTerm::Value(Value::Time(time)),
            Err(_) => term,
        },
        _ => term,
    }
}

fn holds(operator: Comparison, ordering: Ordering) -> bool {
    match operator {
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
        Comparison::Less => ordering.is_lt(),
        Comparison::LessOrEqual => ordering.is_le(),
        Comparison::Greater => ordering.is_gt(),
        Comparison::GreaterOrEqual => ordering.is_ge(),
    }
}
