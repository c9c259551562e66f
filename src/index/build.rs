//! Building a snapshot in bulk: of what a store holds, or of a load on top of another snapshot.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::dictionary::{KindId, Nursery};
use super::error::ApplyError;
use super::rows;
use super::snapshot::Snapshot;
use crate::model::fact::Fact;
use crate::model::layout::{Layout, StoredId};
use crate::model::revision::Revision;
use crate::model::value::{ColumnType, Name, Object, Value};

/// A snapshot in the making: objects, and the rows of facts that mention them.
///
/// Objects lie aside until they are settled, rows until the end: both cost one pass each, instead of copies of what the
/// snapshots share. Rows are collected as cells, 4 bytes each, sorted once.
#[derive(Debug)]
pub struct Builder {
    snapshot: Snapshot,
    nursery: Nursery,
    /// By [`StoredId`], flattened; in any order, a row maybe twice.
    rows: Vec<Vec<u32>>,
}

/// A type whose objects are added, found once by [`Builder::objects_of`].
#[derive(Clone, Copy, Debug)]
pub struct ObjectsOf {
    kind: KindId,
    /// The variant of the type's facts.
    alive: StoredId,
}

/// How the values of a column become cells, found once by [`Builder::column`].
#[derive(Clone, Copy, Debug)]
pub enum CellsOf {
    /// Ids of objects, of constants, of the objects of sets.
    Objects(KindId),
    /// Everyone of a type.
    Everyone,
    /// Texts.
    Texts,
    /// Integers.
    Integers,
    /// Times.
    Times,
}

impl Builder {
    /// Nothing yet; the arguments are those of [`Snapshot::empty`].
    pub fn new(layout: Arc<Layout>, enumerations: &BTreeSet<Name>, revision: Revision) -> Self {
        Self::over(&Snapshot::empty(layout, enumerations), revision)
    }

    /// All that a snapshot holds, to which more will come.
    pub fn over(snapshot: &Snapshot, revision: Revision) -> Self {
        let rows = vec![Vec::new(); snapshot.relations.len()];
        Self { snapshot: Snapshot { revision, ..snapshot.clone() }, nursery: Nursery::default(), rows }
    }

    /// The snapshot so far: new objects that aren't settled and new rows aren't found in it.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The handle of a type.
    ///
    /// # Errors
    /// When the layout has no such type.
    pub fn objects_of(&self, kind: &Name) -> Result<ObjectsOf, ApplyError> {
        let alive = self.snapshot.stored(kind, &[ColumnType::Object(kind.clone())]);
        let handle = self.snapshot.dictionary.kind(kind).zip(alive).map(|(kind, alive)| ObjectsOf { kind, alive });
        handle.ok_or_else(|| ApplyError::NoVariant { fact: Fact { relation: kind.clone(), values: Vec::new() } })
    }

    /// Adds an object with its ordinal, alive; its type's fact may come too, but need not.
    ///
    /// # Errors
    /// When the object or the ordinal is taken otherwise.
    pub fn object(&mut self, of: ObjectsOf, ordinal: u32, id: &str) -> Result<(), ApplyError> {
        if !self.snapshot.dictionary.create_at(&mut self.nursery, of.kind, ordinal, id) {
            let kind = self.snapshot.dictionary.kind_name(of.kind).cloned().unwrap_or_else(|| "".into());
            return Err(ApplyError::OrdinalTaken { object: Object::new(kind, id), ordinal });
        }
        self.row(of.alive, &[ordinal]);
        Ok(())
    }

    /// The ordinal of an object, and whether it is new: then the object is alive from here on. None when there are no more
    /// ordinals.
    pub fn mention(&mut self, of: ObjectsOf, id: &str) -> Option<(u32, bool)> {
        let (ordinal, is_new) = self.snapshot.dictionary.create_young(&mut self.nursery, of.kind, id)?;
        if is_new {
            self.row(of.alive, &[ordinal]);
        }
        Some((ordinal, is_new))
    }

    /// Gives no ordinal below this one to objects of the type any more: they belonged to objects that died.
    pub fn skip_ordinals(&mut self, of: ObjectsOf, next: u32) {
        self.snapshot.dictionary.skip_ordinals(of.kind, next);
    }

    /// Gives no ordinal below this one to objects of a type that the layout doesn't have, should it come back: they belonged
    /// to objects that died.
    pub fn remember(&mut self, kind: &Name, next: u32) {
        self.snapshot.dictionary.remember(kind, next);
    }

    /// Makes the objects that were added be found as quickly as they will be in the snapshot.
    pub fn settle(&mut self) {
        self.snapshot.dictionary.settle(std::mem::take(&mut self.nursery));
    }

    /// How the values of a column become cells; none if no variant has such a column.
    pub fn column(&self, column: &ColumnType) -> Option<CellsOf> {
        Some(match column {
            ColumnType::Object(kind) | ColumnType::Set(kind, _) => {
                CellsOf::Objects(self.snapshot.dictionary.kind(kind)?)
            }
            ColumnType::Everyone(_) => CellsOf::Everyone,
            ColumnType::Text => CellsOf::Texts,
            ColumnType::Integer => CellsOf::Integers,
            ColumnType::Time => CellsOf::Times,
        })
    }

    /// The cell of an id or a text, of which a text gets one where it has none; none for an object that is not alive, or
    /// when there are no more cells.
    #[inline]
    pub fn cell_of_text(&mut self, of: CellsOf, text: &str) -> Option<u32> {
        match of {
            CellsOf::Objects(kind) => self.snapshot.dictionary.ordinal_among(&self.nursery, kind, text),
            CellsOf::Texts => self.snapshot.dictionary.intern_text(text),
            CellsOf::Everyone | CellsOf::Integers | CellsOf::Times => None,
        }
    }

    /// As [`Builder::cell_of_text`] for many, all settled.
    pub fn cells_of_texts(&mut self, of: CellsOf, texts: &[&str], cells: &mut Vec<Option<u32>>) {
        match of {
            CellsOf::Objects(kind) => self.snapshot.dictionary.ordinals(kind, texts, cells),
            _ => cells.extend(texts.iter().map(|text| self.cell_of_text(of, text))),
        }
    }

    /// The cell of an integer, a new one where it has none; none when there are no more cells.
    pub fn cell_of_integer(&mut self, integer: i64) -> Option<u32> {
        self.snapshot.dictionary.intern(&Value::Integer(integer))
    }

    /// The cell of a time, a new one where it has none; none when there are no more cells.
    pub fn cell_of_time(&mut self, time: Timestamp) -> Option<u32> {
        self.snapshot.dictionary.intern(&Value::Time(time))
    }

    /// Adds a row of a variant, columns left to right.
    #[inline]
    pub fn row(&mut self, id: StoredId, row: &[u32]) {
        if let Some(rows) = self.rows.get_mut(id.0 as usize) {
            rows.extend_from_slice(row);
        }
    }

    /// Adds a fact; answers with its row.
    ///
    /// # Errors
    /// When it fits no variant of the layout, or mentions an object that has not been added.
    pub fn fact(&mut self, fact: &Fact) -> Result<(StoredId, Vec<u32>), ApplyError> {
        let Some(id) = self.snapshot.variant_of(fact) else {
            return Err(ApplyError::NoVariant { fact: fact.clone() });
        };
        self.settle();
        let row = self.snapshot.intern(fact)?;
        self.row(id, &row);
        Ok((id, row))
    }

    /// The ordinal that the next new object of a type gets.
    pub fn next_ordinal(&self, of: ObjectsOf) -> u32 {
        self.snapshot.dictionary.next_ordinal(of.kind)
    }

    /// Sorts the rows that were added, and leaves each once.
    pub fn sort(&mut self) {
        for (relation, added) in self.snapshot.relations.iter().zip(&mut self.rows) {
            *added = rows::sorted(added, relation.arity());
        }
    }

    /// Leaves out the rows that the snapshot had before.
    pub fn leave_out_present(&mut self) {
        for (relation, added) in self.snapshot.relations.iter().zip(&mut self.rows) {
            if !relation.is_empty() {
                let new = added.chunks_exact(relation.arity().max(1)).filter(|row| !relation.contains(row));
                *added = new.flatten().copied().collect();
            }
        }
    }

    /// The rows of a variant that were added, flattened.
    pub fn rows(&self, id: StoredId) -> &[u32] {
        self.rows.get(id.0 as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// The snapshot of all that was added.
    pub fn build(mut self) -> Snapshot {
        self.settle();
        for (relation, rows) in self.snapshot.relations.iter_mut().zip(std::mem::take(&mut self.rows)) {
            if !rows.is_empty() {
                relation.change(&[], &rows);
            }
        }
        self.snapshot
    }
}
