//! A fact: a relation and its values, as text outside the engine.

use crate::model::value::{Name, Value};

/// `owner(sequence:42, user:ana)`; that an object is alive is the fact `sequence(sequence:42)` of its type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fact {
    /// The relation, or the concrete type.
    pub relation: Name,
    /// The columns, left to right; a `->` column last.
    pub values: Vec<Value>,
}

/// A fact as it comes through a door: `["owner", "sequence:42", "user:ana"]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RawFact {
    /// The relation or the type.
    pub relation: String,
    /// The columns, left to right.
    pub values: Vec<crate::model::value::Raw>,
}

impl std::fmt::Display for Fact {
    /// In the language's notation: `owner(sequence:42, user:ana)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}(", self.relation)?;
        for (position, value) in self.values.iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            write!(f, "{separator}{value}")?;
        }
        f.write_str(")")
    }
}
