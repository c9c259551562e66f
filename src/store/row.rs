//! A stored fact as its key has it: what all facts of a variant share, and the values, borrowed.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::model::value::{ColumnType, Name, Object, Value};

/// What the values of a column share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// Objects of a type.
    Object(Name),
    /// Constants of a type.
    Constant(Name),
    /// Sets: the type of their objects, and the relation.
    Set(Name, Name),
    /// Everyone of a type.
    Everyone(Name),
    /// Texts.
    Text,
    /// Integers.
    Integer,
    /// Times.
    Time,
}

/// What a value has of its own, beside its column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Own<'a> {
    /// Nothing: everyone.
    Nothing,
    /// The id of an object, a constant or a set's object; a text.
    Text(Cow<'a, str>),
    /// An integer.
    Integer(i64),
    /// A time.
    Time(Timestamp),
}

impl Column {
    /// The column of a value.
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Object(object) => Self::Object(object.kind.clone()),
            Value::Constant(constant) => Self::Constant(constant.kind.clone()),
            Value::Set(object, relation) => Self::Set(object.kind.clone(), relation.clone()),
            Value::Everyone(kind) => Self::Everyone(kind.clone()),
            Value::Text(_) => Self::Text,
            Value::Integer(_) => Self::Integer,
            Value::Time(_) => Self::Time,
        }
    }

    /// The type of the column, for which constants are objects.
    pub fn column_type(&self) -> ColumnType {
        match self {
            Self::Object(kind) | Self::Constant(kind) => ColumnType::Object(kind.clone()),
            Self::Set(kind, relation) => ColumnType::Set(kind.clone(), relation.clone()),
            Self::Everyone(kind) => ColumnType::Everyone(kind.clone()),
            Self::Text => ColumnType::Text,
            Self::Integer => ColumnType::Integer,
            Self::Time => ColumnType::Time,
        }
    }

    /// The value of this column that has this of its own; none if that is of another sort.
    pub fn value(&self, own: &Own<'_>) -> Option<Value> {
        Some(match (self, own) {
            (Self::Object(kind), Own::Text(id)) => Value::Object(Object::new(kind.clone(), &**id)),
            (Self::Constant(kind), Own::Text(id)) => Value::Constant(Object::new(kind.clone(), &**id)),
            (Self::Set(kind, relation), Own::Text(id)) => {
                Value::Set(Object::new(kind.clone(), &**id), relation.clone())
            }
            (Self::Everyone(kind), Own::Nothing) => Value::Everyone(kind.clone()),
            (Self::Text, Own::Text(text)) => Value::Text((&**text).into()),
            (Self::Integer, Own::Integer(integer)) => Value::Integer(*integer),
            (Self::Time, Own::Time(time)) => Value::Time(*time),
            _ => return None,
        })
    }
}
