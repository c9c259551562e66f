//! Where a value stands among the answers.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::value::{Name, Value};

/// A value in its place among the answers: by type name, then in order of creation; numbers, times and texts by value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    kind: Name,
    rank: Rank,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Ordinal(u32),
    Integer(i64),
    Time(Timestamp),
    Text(Name),
}

/// A place as a cursor carries it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Written {
    Ordinal(String, u32),
    Integer(i64),
    Time(String),
    Text(String),
}

impl Place {
    /// The place of a value of a type, whose cell orders it among objects.
    pub(super) fn new(kind: &Name, cell: u32, value: &Value) -> Self {
        let rank = match value {
            Value::Object(_) | Value::Constant(_) | Value::Set(..) | Value::Everyone(_) => Rank::Ordinal(cell),
            Value::Text(text) => Rank::Text(text.clone()),
            Value::Integer(integer) => Rank::Integer(*integer),
            Value::Time(time) => Rank::Time(*time),
        };
        Self { kind: kind.clone(), rank }
    }

    /// The place of an object of a type.
    pub(super) fn of_object(kind: &Name, ordinal: u32) -> Self {
        Self { kind: kind.clone(), rank: Rank::Ordinal(ordinal) }
    }

    /// The ordinal behind this one among the objects of a type; a place of another type stands before or behind all of them.
    pub(super) fn next_cell(&self, kind: &str) -> u32 {
        match ((*self.kind).cmp(kind), &self.rank) {
            (Ordering::Equal, Rank::Ordinal(ordinal)) => ordinal.saturating_add(1),
            (Ordering::Greater, _) => u32::MAX,
            (Ordering::Equal | Ordering::Less, _) => 0,
        }
    }

    /// The form that a cursor carries.
    pub(super) fn write(&self) -> Written {
        match &self.rank {
            Rank::Ordinal(ordinal) => Written::Ordinal(self.kind.to_string(), *ordinal),
            Rank::Integer(integer) => Written::Integer(*integer),
            Rank::Time(time) => Written::Time(time.to_string()),
            Rank::Text(text) => Written::Text(text.to_string()),
        }
    }

    /// The place that was written; none if nothing can have written it.
    pub(super) fn read(written: &Written) -> Option<Self> {
        Some(match written {
            Written::Ordinal(kind, ordinal) => Self { kind: kind.as_str().into(), rank: Rank::Ordinal(*ordinal) },
            Written::Integer(integer) => Self { kind: "integer".into(), rank: Rank::Integer(*integer) },
            Written::Time(time) => Self { kind: "time".into(), rank: Rank::Time(time.parse().ok()?) },
            Written::Text(text) => Self { kind: "text".into(), rank: Rank::Text(text.as_str().into()) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::value::Object;

    #[test]
    fn answers_stand_by_type_name_then_in_order_of_creation() {
        let at = |kind: &str, ordinal| Place::new(&kind.into(), ordinal, &Value::Object(Object::new(kind, "x")));
        assert!(at("list", 9) < at("sequence", 1));
        assert!(at("list", 1) < at("list", 9));
    }

    #[test]
    fn a_place_that_was_written_is_read_again() {
        let values = [
            ("user", Value::Object(Object::new("user", "ana"))),
            ("integer", Value::Integer(-3)),
            ("time", Value::Time("2026-07-01T00:00:00.5Z".parse().unwrap())),
            ("text", Value::Text("EU".into())),
        ];
        for (kind, value) in values {
            let place = Place::new(&kind.into(), 7, &value);
            assert_eq!(Place::read(&place.write()), Some(place));
        }
    }
}
