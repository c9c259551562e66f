//! Building a snapshot from what a store holds.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::apply::Pending;
use super::error::ApplyError;
use super::snapshot::Snapshot;
use crate::model::fact::Fact;
use crate::model::layout::Layout;
use crate::model::revision::Revision;
use crate::model::value::{ColumnType, Name, Object, Value};

/// A snapshot in the making: first its objects, then the facts that mention them, in any order.
///
/// Rows are collected and sorted once, at the end.
#[derive(Debug)]
pub struct Builder {
    snapshot: Snapshot,
    pending: Pending,
}

impl Builder {
    /// Nothing yet; the arguments are those of [`Snapshot::empty`].
    pub fn new(layout: Arc<Layout>, enumerations: &BTreeSet<Name>, revision: Revision) -> Self {
        let mut snapshot = Snapshot::empty(layout, enumerations);
        snapshot.revision = revision;
        Self { pending: Pending::new(&snapshot), snapshot }
    }

    /// Adds an object with its ordinal, alive; its type's fact may come too, but need not.
    ///
    /// # Errors
    /// When the layout has no such type, or the object or the ordinal is taken otherwise.
    pub fn object(&mut self, kind: &Name, ordinal: u32, id: &Name) -> Result<(), ApplyError> {
        let object = || Object { kind: kind.clone(), id: id.clone() };
        let Some(alive) = self.snapshot.stored(kind, &[ColumnType::Object(kind.clone())]) else {
            let fact = Fact { relation: kind.clone(), values: vec![Value::Object(object())] };
            return Err(ApplyError::NoVariant { fact });
        };
        if !self.snapshot.dictionary.create_at(kind, ordinal, id) {
            return Err(ApplyError::OrdinalTaken { object: object(), ordinal });
        }
        self.pending.insert(alive, &[ordinal]);
        Ok(())
    }

    /// Gives no ordinal below this one to objects of the type any more: they belonged to objects that died.
    pub fn skip_ordinals(&mut self, kind: &str, next: u32) {
        self.snapshot.dictionary.skip_ordinals(kind, next);
    }

    /// Adds a fact.
    ///
    /// # Errors
    /// When it fits no variant of the layout, or mentions an object that has not been added.
    pub fn fact(&mut self, fact: &Fact) -> Result<(), ApplyError> {
        let Some(id) = self.snapshot.variant_of(fact) else {
            return Err(ApplyError::NoVariant { fact: fact.clone() });
        };
        let row = self.snapshot.intern(fact)?;
        self.pending.insert(id, &row);
        Ok(())
    }

    /// The snapshot of all that was added.
    pub fn build(mut self) -> Snapshot {
        self.pending.apply(&mut self.snapshot);
        self.snapshot
    }
}
