//! The stored variants of a layout, found by what a fact looks like.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::model::fact::Fact;
use crate::model::layout::{Layout, StoredId, StoredVariant};
use crate::model::value::{ColumnType, Name, Value};

/// A layout and, for each relation, its variants. Made once for a layout, shared by the snapshots.
#[derive(Clone, Debug)]
pub(super) struct Variants {
    layout: Arc<Layout>,
    by_relation: Arc<HashMap<Name, Vec<StoredId>, foldhash::quality::RandomState>>,
}

impl Variants {
    pub(super) fn new(layout: Arc<Layout>) -> Self {
        let mut by_relation: HashMap<Name, Vec<StoredId>, _> = HashMap::default();
        for (id, variant) in ids().zip(&layout.variants) {
            by_relation.entry(variant.relation.clone()).or_default().push(id);
        }
        Self { layout, by_relation: Arc::new(by_relation) }
    }

    pub(super) fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    pub(super) fn get(&self, id: StoredId) -> Option<&StoredVariant> {
        self.layout.variants.get(id.0 as usize)
    }

    /// Every variant with its id.
    pub(super) fn iter(&self) -> impl Iterator<Item = (StoredId, &StoredVariant)> {
        ids().zip(&self.layout.variants)
    }

    /// The variants of a relation.
    pub(super) fn of(&self, relation: &str) -> impl Iterator<Item = (StoredId, &StoredVariant)> {
        let ids = self.by_relation.get(relation).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| Some((*id, self.get(*id)?)))
    }

    /// The variant of a relation with these columns.
    pub(super) fn with_columns(&self, relation: &str, columns: &[ColumnType]) -> Option<StoredId> {
        self.of(relation).find(|(_, variant)| *variant.columns == *columns).map(|(id, _)| id)
    }

    /// The variant that a fact belongs to.
    pub(super) fn of_fact(&self, fact: &Fact) -> Option<(StoredId, &StoredVariant)> {
        self.of(&fact.relation)
            .find(|(_, variant)| variant.columns.len() == fact.values.len() && fits(&fact.values, &variant.columns))
    }
}

/// All ids, ascending.
fn ids() -> impl Iterator<Item = StoredId> {
    (0..=u32::MAX).map(StoredId)
}

/// Whether each value may stand in the column at its place.
pub(super) fn fits(values: &[Value], columns: &[ColumnType]) -> bool {
    values.iter().zip(columns).all(|(value, column)| match (value, column) {
        (Value::Object(object) | Value::Constant(object), ColumnType::Object(kind)) => object.kind == *kind,
        (Value::Set(object, relation), ColumnType::Set(kind, wanted)) => object.kind == *kind && relation == wanted,
        (Value::Everyone(kind), ColumnType::Everyone(wanted)) => kind == wanted,
        (Value::Text(_), ColumnType::Text)
        | (Value::Integer(_), ColumnType::Integer)
        | (Value::Time(_), ColumnType::Time) => true,
        _ => false,
    })
}

/// The type whose objects are alive by this variant's facts, if it is a type's.
pub(super) fn type_of(variant: &StoredVariant) -> Option<&Name> {
    match &*variant.columns {
        [ColumnType::Object(kind)] if *kind == variant.relation => Some(kind),
        _ => None,
    }
}
