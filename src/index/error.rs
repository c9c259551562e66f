//! Why a change can't be applied, or facts can't be an index.

use crate::model::fact::Fact;
use crate::model::value::Object;

/// A change that fits no snapshot, or facts that fit no layout. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// No variant of the layout has these columns.
    #[error("no declaration of `{}` takes a fact with these columns", fact.relation)]
    NoVariant {
        /// The fact.
        fact: Fact,
    },
    /// The fact mentions an object that is not alive.
    #[error("`{object}` is not alive")]
    NotAlive {
        /// The object.
        object: Object,
        /// The fact that mentions it.
        fact: Fact,
    },
    /// An object or its ordinal is there already, otherwise.
    #[error("`{object}` can't have ordinal {ordinal}: one of them is taken")]
    OrdinalTaken {
        /// The object.
        object: Object,
        /// The ordinal.
        ordinal: u32,
    },
    /// More than 2^32 - 1 objects of a type, texts, integers or times.
    #[error("no cell is left for a value of a fact of `{}`", fact.relation)]
    Full {
        /// The fact.
        fact: Fact,
    },
}

impl ApplyError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoVariant { .. } => "fact-not-in-schema",
            Self::NotAlive { .. } => "unknown-object",
            Self::OrdinalTaken { .. } => "ordinal-taken",
            Self::Full { .. } => "index-full",
        }
    }
}
