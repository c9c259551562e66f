//! A change and a snapshot → the next snapshot.

use super::dictionary::Dictionary;
use super::error::ApplyError;
use super::snapshot::Snapshot;
use super::variants::type_of;
use crate::model::fact::Fact;
use crate::model::layout::{StoredId, StoredVariant};
use crate::model::revision::Revision;
use crate::model::value::{Name, Object};

/// A completed change: whose objects come alive, what goes with a deleted object, which value of a key is replaced has been
/// worked out, and stands here as facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The revision after it.
    pub revision: Revision,
    /// Facts that hold no longer. A type's fact is the death of the object; all facts that mention it must be here too.
    pub delete: Vec<Fact>,
    /// Facts that hold afterwards, also if they are deleted by the same change. A type's fact, which comes before those that
    /// mention the object, is its birth.
    pub insert: Vec<Fact>,
}

/// An object and its ordinal, as it came alive or died.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Numbered {
    /// The object's concrete type.
    pub kind: Name,
    /// Its ordinal in that type.
    pub ordinal: u32,
    /// Its id.
    pub id: Name,
}

/// The next snapshot, and what the change made.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The next snapshot.
    pub snapshot: Snapshot,
    /// As in [`Outcome`].
    pub born: Vec<Numbered>,
    /// As in [`Outcome`].
    pub died: Vec<Numbered>,
    /// As in [`Outcome`].
    pub inserted: usize,
    /// As in [`Outcome`].
    pub deleted: usize,
}

/// What a change made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Objects that came alive, in the order of the change: their ordinals ascend in each type.
    pub born: Vec<Numbered>,
    /// Objects that died. One that is deleted and inserted by the same change is in both, with two ordinals.
    pub died: Vec<Numbered>,
    /// How many facts hold that did not before.
    pub inserted: usize,
    /// How many facts hold no longer.
    pub deleted: usize,
}

/// Rows that shall go and come, by variant.
#[derive(Debug)]
pub(super) struct Pending(Vec<Rows>);

/// Rows of one variant, flattened.
#[derive(Clone, Debug, Default)]
struct Rows {
    removed: Vec<u32>,
    inserted: Vec<u32>,
}

impl Snapshot {
    /// The snapshot after a change: deletes first, then inserts. What is not there is deleted without effect, what is there
    /// inserted without effect. This snapshot stays as it is, and shares what the change does not touch.
    ///
    /// # Errors
    /// When a fact fits no variant of the layout, or an inserted one mentions an object that is not alive by then.
    pub fn apply(&self, changes: &Changes) -> Result<Applied, ApplyError> {
        let mut snapshot = self.clone();
        let Outcome { born, died, inserted, deleted } = snapshot.advance(changes)?;
        Ok(Applied { snapshot, born, died, inserted, deleted })
    }

    /// Makes this the snapshot after a change. As [`Snapshot::apply`], but what no other snapshot shares is changed where it
    /// lies: the second transaction of a group copies only what the first one didn't.
    ///
    /// # Errors
    /// As [`Snapshot::apply`]; the snapshot holds a part of the change then, and is to be thrown away.
    pub fn advance(&mut self, changes: &Changes) -> Result<Outcome, ApplyError> {
        self.revision = changes.revision;
        let mut pending = Pending::new(self);
        let (mut born, mut died) = (Vec::new(), Vec::new());
        for fact in &changes.delete {
            let (id, variant) =
                self.variants.of_fact(fact).ok_or_else(|| ApplyError::NoVariant { fact: fact.clone() })?;
            let Some((_, row)) = self.row(fact) else {
                continue;
            };
            pending.remove(id, &row);
            if let Some((object, ordinal)) = type_of(variant).and(self.numbered(fact, &row)) {
                died.push(Numbered { kind: object.kind.clone(), ordinal, id: object.id.clone() });
            }
        }
        died.sort_unstable();
        died.dedup();
        for dead in &died {
            self.dictionary.forget(&dead.kind, dead.ordinal);
        }
        for fact in &changes.insert {
            let (id, variant) =
                self.variants.of_fact(fact).ok_or_else(|| ApplyError::NoVariant { fact: fact.clone() })?;
            born.extend(give_birth(&mut self.dictionary, variant, fact)?);
            let row = self.intern(fact)?;
            pending.insert(id, &row);
        }
        let (inserted, deleted) = pending.apply(self);
        Ok(Outcome { born, died, inserted, deleted })
    }

    /// The object of a type's fact, and its ordinal.
    fn numbered<'a>(&self, fact: &'a Fact, row: &[u32]) -> Option<(&'a Object, u32)> {
        Some((fact.values.first()?.object()?, *row.first()?))
    }

    /// The row of a fact that is to be inserted.
    pub(super) fn intern(&mut self, fact: &Fact) -> Result<Vec<u32>, ApplyError> {
        let cells = fact.values.iter().map(|value| {
            self.dictionary.intern(value).ok_or_else(|| match value.object() {
                Some(object) => ApplyError::NotAlive { object: object.clone(), fact: fact.clone() },
                None => ApplyError::Full { fact: fact.clone() },
            })
        });
        cells.collect()
    }
}

/// Makes the object of a type's fact, if it is one and isn't alive.
fn give_birth(
    dictionary: &mut Dictionary,
    variant: &StoredVariant,
    fact: &Fact,
) -> Result<Option<Numbered>, ApplyError> {
    let Some(object) = type_of(variant).and(fact.values.first()).and_then(|value| value.object()) else {
        return Ok(None);
    };
    let (ordinal, is_new) = dictionary.create(object).ok_or_else(|| ApplyError::Full { fact: fact.clone() })?;
    Ok(is_new.then(|| Numbered { kind: object.kind.clone(), ordinal, id: object.id.clone() }))
}

impl Pending {
    /// Nothing, for the variants of a snapshot.
    pub(super) fn new(snapshot: &Snapshot) -> Self {
        Self(vec![Rows::default(); snapshot.relations.len()])
    }

    fn remove(&mut self, id: StoredId, row: &[u32]) {
        if let Some(rows) = self.0.get_mut(id.0 as usize) {
            rows.removed.extend_from_slice(row);
        }
    }

    pub(super) fn insert(&mut self, id: StoredId, row: &[u32]) {
        if let Some(rows) = self.0.get_mut(id.0 as usize) {
            rows.inserted.extend_from_slice(row);
        }
    }

    /// Changes the relations of a snapshot; how many rows came, and how many went.
    pub(super) fn apply(self, snapshot: &mut Snapshot) -> (usize, usize) {
        let (mut inserted, mut removed) = (0, 0);
        for (relation, rows) in snapshot.relations.iter_mut().zip(self.0) {
            if !(rows.removed.is_empty() && rows.inserted.is_empty()) {
                let changed = relation.change(&rows.removed, &rows.inserted);
                inserted += changed.inserted;
                removed += changed.removed;
            }
        }
        (inserted, removed)
    }
}
