//! A snapshot: all facts of a tenant at one revision.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::dictionary::Dictionary;
use super::relation::Relation;
use super::variants::{Variants, fits, type_of};
use crate::model::fact::Fact;
use crate::model::layout::{Layout, StoredId};
use crate::model::revision::Revision;
use crate::model::value::{ColumnType, Name, Object};

/// All facts of a tenant at one revision; immutable, `Send` and `Sync`, shared without a lock.
///
/// A clone shares everything, but is as long as the layout: hold it in an `Arc`. An object is known to the dictionary
/// exactly while it is alive.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) revision: Revision,
    pub(super) variants: Variants,
    pub(super) dictionary: Dictionary,
    /// By [`StoredId`].
    pub(super) relations: Vec<Relation>,
}

/// What a change replaces of a snapshot: to put it back if the change may not be.
#[derive(Clone, Debug)]
pub struct Kept {
    revision: Revision,
    dictionary: Dictionary,
    relations: Vec<(StoredId, Relation)>,
}

/// What an id of another layout stands for.
static NONE: Relation = Relation::NONE;

impl Snapshot {
    /// No facts, at revision 0. The concrete types are those that the layout mentions; `enumerations` names the ones
    /// whose values are constants (closed types with a fixed text, permissions).
    pub fn empty(layout: Arc<Layout>, enumerations: &BTreeSet<Name>) -> Self {
        let relations = layout.variants.iter().map(Relation::new).collect();
        let dictionary = Dictionary::new(kinds(&layout, enumerations));
        Self { revision: Revision::default(), variants: Variants::new(layout), dictionary, relations }
    }

    /// What a change of these variants will replace. Costs their number and the types', and shares all.
    pub fn keep(&self, changing: impl Iterator<Item = StoredId>) -> Kept {
        let relations = changing.map(|id| (id, self.relation(id).clone())).collect();
        Kept { revision: self.revision, dictionary: self.dictionary.clone(), relations }
    }

    /// Makes this the snapshot before the change again, which changed no other variants.
    pub fn put_back(&mut self, kept: Kept) {
        let Kept { revision, dictionary, relations } = kept;
        (self.revision, self.dictionary) = (revision, dictionary);
        for (id, relation) in relations {
            if let Some(changed) = self.relations.get_mut(id.0 as usize) {
                *changed = relation;
            }
        }
    }

    /// The revision whose facts these are.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The layout of the facts.
    pub fn layout(&self) -> &Arc<Layout> {
        self.variants.layout()
    }

    /// The values and their cells.
    pub fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// About how many bytes the facts and the dictionary take on the heap. Costs the length of the layout.
    pub fn heap_bytes(&self) -> u64 {
        let relations: usize =
            self.relations.iter().map(|relation| size_of::<Relation>() + relation.heap_bytes()).sum();
        (relations + self.dictionary.heap_bytes()) as u64
    }

    /// The rows of a variant; none of an id that is not in the layout.
    #[inline]
    pub fn relation(&self, id: StoredId) -> &Relation {
        self.relations.get(id.0 as usize).unwrap_or(&NONE)
    }

    /// The rows of every variant, by id.
    pub fn relations(&self) -> &[Relation] {
        &self.relations
    }

    /// The variant of a relation with these concrete column types.
    pub fn stored(&self, relation: &str, columns: &[ColumnType]) -> Option<StoredId> {
        self.variants.with_columns(relation, columns)
    }

    /// The variant that a fact belongs to.
    pub fn variant_of(&self, fact: &Fact) -> Option<StoredId> {
        self.variants.of_fact(fact).map(|(id, _)| id)
    }

    /// Whether the fact holds.
    pub fn contains(&self, fact: &Fact) -> bool {
        self.row(fact).is_some_and(|(id, row)| self.relation(id).contains(&row))
    }

    /// Whether the object is alive.
    pub fn is_alive(&self, object: &Object) -> bool {
        self.dictionary.object_cell(&object.kind, &object.id).is_some()
    }

    /// The fact that holds at present with the key of this one, whatever its value: in any variant of a relation with `->`.
    /// None if there is none, or the relation has no key.
    pub fn value_of(&self, fact: &Fact) -> Option<Fact> {
        self.value_under(&self.variants, fact)
    }

    /// The fact with the key of this one, where other variants say what is a key: the first in their order, then by value.
    pub(super) fn value_under(&self, variants: &Variants, fact: &Fact) -> Option<Fact> {
        variants.of(&fact.relation).find_map(|(_, variant)| {
            let key = usize::from(variant.key?);
            let values = fact.values.get(..key)?;
            if !fits(values, variant.columns.get(..key)?) {
                return None;
            }
            let id = self.stored(&variant.relation, &variant.columns)?;
            let cells: Vec<u32> = values.iter().map(|value| self.dictionary.cell(value)).collect::<Option<_>>()?;
            let (first, rest) = cells.split_first()?;
            let rows = self.relation(id).tails(0, *first);
            let rows = rest.iter().enumerate().fold(rows, |rows, (column, cell)| rows.with(column, *cell));
            self.fact(id, &[&[*first], rows.iter().next()?].concat())
        })
    }

    /// The facts that mention an object, as itself or as a set's object: the one that it is alive among them. By variant,
    /// each once.
    ///
    /// Costs what it returns where the layout wants an order that begins with the column, a scan of the variant elsewhere.
    pub fn facts_mentioning(&self, object: &Object) -> Vec<Fact> {
        let Some(ordinal) = self.dictionary.object_cell(&object.kind, &object.id) else {
            return Vec::new();
        };
        let mut facts = Vec::new();
        for (id, variant) in self.variants.iter() {
            let mut rows = BTreeSet::new();
            for (column, column_type) in (0..).zip(&variant.columns) {
                if matches!(column_type, ColumnType::Object(kind) | ColumnType::Set(kind, _) if *kind == object.kind) {
                    rows.extend(self.relation(id).rows_with(column, ordinal));
                }
            }
            facts.extend(rows.iter().filter_map(|row| self.fact(id, row)));
        }
        facts
    }

    /// Every fact: that objects are alive first, so that it loads back; by variant, then by cells.
    pub fn facts(&self) -> impl Iterator<Item = Fact> + '_ {
        let of_types = |wanted: bool| {
            let variants = self.variants.iter().filter(move |(_, variant)| type_of(variant).is_some() == wanted);
            variants.flat_map(|(id, _)| self.facts_of(id))
        };
        of_types(true).chain(of_types(false))
    }

    /// Every fact of a variant, by cells.
    pub fn facts_of(&self, id: StoredId) -> impl Iterator<Item = Fact> + '_ {
        self.relation(id).rows().filter_map(move |row| self.fact(id, &row))
    }

    /// The fact of a row of a variant; none if a cell stands for nothing.
    pub fn fact(&self, id: StoredId, row: &[u32]) -> Option<Fact> {
        let variant = self.variants.get(id)?;
        let cells = variant.columns.iter().zip(row);
        let values = cells.map(|(column, cell)| self.dictionary.value(column, *cell)).collect::<Option<_>>()?;
        Some(Fact { relation: variant.relation.clone(), values })
    }

    /// The row of a fact; none if it fits no variant, or holds a value that no fact holds.
    pub fn row(&self, fact: &Fact) -> Option<(StoredId, Vec<u32>)> {
        let (id, _) = self.variants.of_fact(fact)?;
        let cells = fact.values.iter().map(|value| self.dictionary.cell(value)).collect::<Option<_>>()?;
        Some((id, cells))
    }
}

/// The concrete types of a layout, and whether each is an enumeration.
pub(super) fn kinds(layout: &Layout, enumerations: &BTreeSet<Name>) -> BTreeMap<Name, bool> {
    let columns = layout.variants.iter().flat_map(|variant| &variant.columns);
    let kinds = columns.filter_map(|column| match column {
        ColumnType::Object(kind) | ColumnType::Set(kind, _) | ColumnType::Everyone(kind) => Some(kind),
        ColumnType::Text | ColumnType::Integer | ColumnType::Time => None,
    });
    kinds.map(|kind| (kind.clone(), enumerations.contains(kind))).collect()
}
