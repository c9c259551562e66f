//! Moving a snapshot to another layout: what an activation does to the facts.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::relation::Relation;
use super::snapshot::{Snapshot, kinds};
use super::variants::Variants;
use crate::model::fact::Fact;
use crate::model::layout::{Layout, StoredId};
use crate::model::revision::Revision;
use crate::model::value::Name;

/// Why facts don't fit another layout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Misfits {
    /// Facts that no variant of the layout takes, in the order of [`Snapshot::facts`].
    pub no_variant: Vec<Fact>,
    /// Facts that have the key of another fact but another value, where the layout wants one value for a key.
    pub second_value: Vec<Fact>,
}

impl Snapshot {
    /// The same facts in another layout: every object keeps its ordinal. A variant that both layouts have with the same
    /// orders is shared, others are built from their rows. The arguments are those of [`Snapshot::empty`].
    ///
    /// # Errors
    /// All facts that don't fit.
    pub fn refit(
        &self,
        layout: Arc<Layout>,
        enumerations: &BTreeSet<Name>,
        revision: Revision,
    ) -> Result<Self, Misfits> {
        let variants = Variants::new(layout.clone());
        let mut dictionary = self.dictionary.clone();
        dictionary.declare(kinds(&layout, enumerations));
        let mut relations: Vec<_> = layout.variants.iter().map(Relation::new).collect();
        let mut misfits = Misfits::default();
        for (id, old) in self.variants.iter() {
            let present = self.relation(id);
            if present.is_empty() {
                continue;
            }
            let fitting = variants.with_columns(&old.relation, &old.columns);
            let Some((new, variant)) = fitting.and_then(|new| Some((new, variants.get(new)?))) else {
                misfits.no_variant.extend(self.facts_of(id));
                continue;
            };
            if variant.key.is_some() && variant.key != old.key {
                misfits.second_value.extend(self.second_values(id, &variants));
            }
            let Some(place) = relations.get_mut(new.0 as usize) else {
                continue;
            };
            if Relation::is_kept_alike(variant, old) {
                *place = present.clone();
            } else {
                let rows: Vec<u32> = present.rows().flatten().collect();
                place.change(&[], &rows);
            }
        }
        if misfits == Misfits::default() {
            Ok(Self { revision, variants, dictionary, relations })
        } else {
            Err(misfits)
        }
    }

    /// The facts of a variant whose key another fact has, with another value, and that aren't the first of their key, where
    /// other variants say what is a key.
    fn second_values(&self, id: StoredId, variants: &Variants) -> impl Iterator<Item = Fact> {
        self.facts_of(id).filter(|fact| self.value_under(variants, fact).is_some_and(|first| first != *fact))
    }
}
