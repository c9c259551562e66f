//! References: what a question names, as cells of a state.

use crate::engine::error::Error;
use crate::engine::facts::QuestionFacts;
use crate::engine::names::{ColumnId, KnownPermission};
use crate::engine::state::State;
use crate::model::value::{ColumnType, Value};

/// A subject or an object that a question names.
pub(super) struct Reference {
    /// Its column among those of `can`; none if no goal has it.
    pub(super) column: Option<ColumnId>,
    value: Cell,
}

enum Cell {
    /// An object that is alive.
    Known(u32),
    /// Any other value: its cell is one of the question.
    Other(Value),
}

impl Reference {
    /// An object that is alive, by one look-up of its type and one of its id.
    #[inline]
    pub(super) fn known(state: &State, text: &str) -> Option<Self> {
        let (kind, id) = split(text)?;
        let known = state.active.names.type_named(kind)?;
        let cell = state.snapshot.dictionary().ordinal(known.kind, id)?;
        Some(Self { column: Some(known.column), value: Cell::Known(cell) })
    }

    fn other(state: &State, value: Value) -> Self {
        Self { column: state.active.names.column_of(&value.column_type()), value: Cell::Other(value) }
    }

    /// Reads a subject.
    ///
    /// # Errors
    /// What is malformed or unknown in it.
    #[inline]
    pub(super) fn subject(state: &State, text: &str) -> Result<Self, Error> {
        match Self::known(state, text) {
            Some(known) => Ok(known),
            None => Ok(Self::other(state, state.active.policy.schema.subject(text)?)),
        }
    }

    /// Reads an object.
    ///
    /// # Errors
    /// What is malformed or unknown in it.
    #[inline]
    pub(super) fn object(state: &State, text: &str) -> Result<Self, Error> {
        match Self::known(state, text) {
            Some(known) => Ok(known),
            None => Ok(Self::other(state, Value::Object(state.active.policy.schema.object(text)?))),
        }
    }

    /// Its cell.
    #[inline]
    pub(super) fn cell(&self, facts: &QuestionFacts<'_>) -> u32 {
        match &self.value {
            Cell::Known(cell) => *cell,
            Cell::Other(value) => facts.cell(value),
        }
    }
}

/// A type and an id; `str::split_once` takes as long as the rest of a look-up.
#[inline]
fn split(text: &str) -> Option<(&str, &str)> {
    let colon = text.as_bytes().iter().position(|&byte| byte == b':')?;
    Some((text.get(..colon)?, text.get(colon + 1..)?))
}

/// Reads the name of a permission.
///
/// # Errors
/// `unknown-permission`.
#[inline]
pub(super) fn permission<'s>(state: &'s State, text: &str) -> Result<&'s KnownPermission, Error> {
    match state.active.names.permission(text) {
        Some(known) => Ok(known),
        None => match state.active.policy.schema.permission(text) {
            Err(misfit) => Err(misfit.into()),
            Ok(_) => Err(Error::internal("a permission of the catalogue isn't known")),
        },
    }
}

/// Whether a permission is on objects of a reference's type: a question about any other is a mistake.
///
/// # Errors
/// `permission-not-on`. `text` is the object or the type, as it came.
#[inline]
pub(super) fn permission_on(
    state: &State,
    permission: &KnownPermission,
    column: Option<ColumnId>,
    text: &str,
) -> Result<(), Error> {
    if column.is_some_and(|column| permission.is_on(column)) {
        return Ok(());
    }
    let kind = text.split_once(':').map_or(text, |(kind, _)| kind);
    Ok(state.active.policy.schema.permission_on(&permission.name, kind)?)
}

/// Reads the type that a listing lists, with its column among those of `can`.
///
/// # Errors
/// An unknown type or relation; a type that others are.
pub(super) fn kind(state: &State, text: &str) -> Result<(ColumnType, Option<ColumnId>), Error> {
    let kind = state.active.policy.schema.kind(text)?;
    let column = state.active.names.column_of(&kind);
    Ok((kind, column))
}
