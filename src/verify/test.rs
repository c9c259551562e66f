//! What a binding decides alone: comparisons and lengths.

use crate::model::comparison::Comparison;
use crate::model::value::Value;
use crate::policy::checked::Term;

/// A test of a binding.
pub(super) enum Test {
    /// Two values compare so.
    Comparison { operator: Comparison, left: Term, right: Term },
    /// A text has so many characters, or hasn't; a count that isn't bound is.
    Length { negated: bool, text: Term, count: Term },
}

/// How many characters a text has; none for what is no text.
pub(super) fn length(text: &Value) -> Option<Value> {
    match text {
        Value::Text(text) => Some(Value::Integer(text.chars().count() as i64)),
        _ => None,
    }
}

/// Whether two terms with their values compare so. Values of different types are unequal and have no order; a text of the
/// rule beside a time is a time.
pub(super) fn compare(operator: Comparison, left: (&Term, Value), right: (&Term, Value)) -> bool {
    let beside = |(term, value): (&Term, Value), other: &Value| match (term, &value, other) {
        (Term::Value(Value::Text(text)), _, Value::Time(_)) => text.parse().map_or(value, Value::Time),
        _ => value,
    };
    let (left_value, right_value) = (left.1.clone(), right.1.clone());
    let (left, right) = (beside(left, &right_value), beside(right, &left_value));
    let order = match (&left, &right) {
        (Value::Integer(left), Value::Integer(right)) => Some(left.cmp(right)),
        (Value::Time(left), Value::Time(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        _ => None,
    };
    match operator {
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
        Comparison::Less => order.is_some_and(std::cmp::Ordering::is_lt),
        Comparison::LessOrEqual => order.is_some_and(std::cmp::Ordering::is_le),
        Comparison::Greater => order.is_some_and(std::cmp::Ordering::is_gt),
        Comparison::GreaterOrEqual => order.is_some_and(std::cmp::Ordering::is_ge),
    }
}
