//! The dictionary: every value that a column holds as a `u32` cell, and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use jiff::Timestamp;

use super::domain::{Domain, Young};
use super::label::Label;
use crate::model::value::{ColumnType, Name, Object, Value};

/// The handle of a concrete type, found once by [`Dictionary::kind`]: the same in all snapshots of equal layouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KindId(u32);

/// The values of a tenant and their cells; cheap to clone, changed by its snapshot alone.
///
/// | value | cell |
/// | --- | --- |
/// | object, constant, permission | its ordinal in its type: order of creation, never given again |
/// | set `team:eng#member` | the ordinal of `team:eng` |
/// | everyone `user:*` | 0 |
/// | text, integer, time | its position in the domain, order of first mention |
///
/// Nothing is ever added by a lookup.
#[derive(Clone, Debug)]
pub struct Dictionary {
    names: Arc<HashMap<Name, KindId, foldhash::quality::RandomState>>,
    kinds: Vec<Kind>,
    texts: Domain<Label>,
    integers: Domain<Option<i64>>,
    times: Domain<Option<Timestamp>>,
}

/// Objects that come to a dictionary in bulk, by type; found by others when they are settled.
#[derive(Debug, Default)]
pub(super) struct Nursery(Vec<Young>);

impl Nursery {
    fn of(&mut self, kind: KindId) -> Option<&mut Young> {
        let place = kind.0 as usize;
        if place >= self.0.len() {
            self.0.resize_with(place + 1, Young::default);
        }
        self.0.get_mut(place)
    }
}

/// A concrete type and its objects.
#[derive(Clone, Debug)]
struct Kind {
    name: Name,
    /// Whether its values are [`Value::Constant`]s.
    is_enumeration: bool,
    objects: Domain<Label>,
}

impl Dictionary {
    /// A dictionary without values: the concrete types, and whether each is an enumeration (of constants or permissions).
    pub(super) fn new(kinds: BTreeMap<Name, bool>) -> Self {
        let mut dictionary = Self {
            names: Arc::default(),
            kinds: Vec::new(),
            texts: Domain::default(),
            integers: Domain::default(),
            times: Domain::default(),
        };
        dictionary.declare(kinds);
        dictionary
    }

    /// Makes these the types, in this order. Known ones keep their objects; those that are no longer named come last, so
    /// that their ordinals are not given again if they come back.
    pub(super) fn declare(&mut self, kinds: BTreeMap<Name, bool>) {
        let known = std::mem::take(&mut self.kinds).into_iter();
        let mut known: BTreeMap<Name, Domain<Label>> = known.map(|kind| (kind.name, kind.objects)).collect();
        for (name, is_enumeration) in kinds {
            let objects = known.remove(&name).unwrap_or_default();
            self.kinds.push(Kind { name, is_enumeration, objects });
        }
        self.kinds.extend(known.into_iter().map(|(name, objects)| Kind { name, is_enumeration: false, objects }));
        let names = self.kinds.iter().zip(0..).map(|(kind, id)| (kind.name.clone(), KindId(id)));
        self.names = Arc::new(names.collect());
    }

    /// Makes a type known that isn't named, behind the others as in [`Dictionary::declare`], and gives no ordinal below this
    /// one to its objects, should it be named again.
    pub(super) fn remember(&mut self, kind: &Name, next: u32) {
        let known = self.kind(kind).unwrap_or_else(|| {
            let id = KindId(self.kinds.len() as u32);
            self.kinds.push(Kind { name: kind.clone(), is_enumeration: false, objects: Domain::default() });
            Arc::make_mut(&mut self.names).insert(kind.clone(), id);
            id
        });
        self.skip_ordinals(known, next);
    }

    /// The bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let kinds: usize = self.kinds.iter().map(|kind| size_of::<Kind>() + kind.objects.heap_bytes()).sum();
        kinds + self.texts.heap_bytes() + self.integers.heap_bytes() + self.times.heap_bytes()
    }

    /// The handle of a concrete type.
    pub fn kind(&self, name: &str) -> Option<KindId> {
        self.names.get(name).copied()
    }

    /// The name of a type.
    pub fn kind_name(&self, kind: KindId) -> Option<&Name> {
        self.kinds.get(kind.0 as usize).map(|kind| &kind.name)
    }

    /// The ordinal of an object that is alive.
    #[inline]
    pub fn ordinal(&self, kind: KindId, id: &str) -> Option<u32> {
        self.kinds.get(kind.0 as usize)?.objects.cell(id)
    }

    /// The ordinals of many objects, in their order; none for those that aren't alive. Where the dictionary is larger than
    /// the processor's caches, this takes a fraction of as many calls of [`Dictionary::ordinal`].
    pub fn ordinals(&self, kind: KindId, ids: &[&str], ordinals: &mut Vec<Option<u32>>) {
        match self.kinds.get(kind.0 as usize) {
            Some(kind) => kind.objects.cells(ids, ordinals),
            None => ordinals.extend(ids.iter().map(|_| None)),
        }
    }

    /// The ordinal of an object that is alive, by the name of its type.
    pub fn object_cell(&self, kind: &str, id: &str) -> Option<u32> {
        self.ordinal(self.kind(kind)?, id)
    }

    /// The id of an object that is alive.
    #[inline]
    pub fn id(&self, kind: KindId, ordinal: u32) -> Option<&str> {
        self.kinds.get(kind.0 as usize)?.objects.key(ordinal)
    }

    /// The ordinal that the next object of a type gets: all given ones lie below.
    pub fn next_ordinal(&self, kind: KindId) -> u32 {
        self.kinds.get(kind.0 as usize).map_or(0, |kind| kind.objects.next())
    }

    /// The cell of a value; none if no fact holds it.
    pub fn cell(&self, value: &Value) -> Option<u32> {
        match value {
            Value::Object(object) | Value::Constant(object) | Value::Set(object, _) => {
                self.object_cell(&object.kind, &object.id)
            }
            Value::Everyone(_) => Some(0),
            Value::Text(text) => self.texts.cell(text),
            Value::Integer(integer) => self.integers.cell(integer),
            Value::Time(time) => self.times.cell(time),
        }
    }

    /// The value of a cell of a column of this type; none if the cell stands for nothing.
    pub fn value(&self, column: &ColumnType, cell: u32) -> Option<Value> {
        Some(match column {
            ColumnType::Object(kind) => {
                let kind = self.kinds.get(self.kind(kind)?.0 as usize)?;
                let object = Object::new(kind.name.clone(), kind.objects.key(cell)?);
                if kind.is_enumeration { Value::Constant(object) } else { Value::Object(object) }
            }
            ColumnType::Set(kind, relation) => {
                let id = self.id(self.kind(kind)?, cell)?;
                Value::Set(Object::new(kind.clone(), id), relation.clone())
            }
            ColumnType::Everyone(kind) => Value::Everyone(kind.clone()),
            ColumnType::Text => Value::Text(self.text(cell)?.into()),
            ColumnType::Integer => Value::Integer(self.integer(cell)?),
            ColumnType::Time => Value::Time(self.time(cell)?),
        })
    }

    /// The text of a cell.
    pub fn text(&self, cell: u32) -> Option<&str> {
        self.texts.key(cell)
    }

    /// The integer of a cell.
    pub fn integer(&self, cell: u32) -> Option<i64> {
        self.integers.key(cell).copied()
    }

    /// The time of a cell.
    pub fn time(&self, cell: u32) -> Option<Timestamp> {
        self.times.key(cell).copied()
    }

    /// The cell of a value that an inserted fact holds: texts, integers and times get a new one where they have none; none
    /// for an object that is not alive, or when there are no more cells.
    pub(super) fn intern(&mut self, value: &Value) -> Option<u32> {
        match value {
            Value::Text(text) => self.texts.intern(text),
            Value::Integer(integer) => self.integers.intern(integer),
            Value::Time(time) => self.times.intern(time),
            Value::Object(_) | Value::Constant(_) | Value::Set(..) | Value::Everyone(_) => self.cell(value),
        }
    }

    /// The cell of a text, a new one where it has none; none when there are no more cells.
    pub(super) fn intern_text(&mut self, text: &str) -> Option<u32> {
        self.texts.intern(text)
    }

    /// The ordinal of an object, and whether it got it just now; none when there are no more ordinals, or no such type.
    pub(super) fn create(&mut self, object: &Object) -> Option<(u32, bool)> {
        let objects = self.objects_mut(&object.kind)?;
        let next = objects.next();
        let ordinal = objects.intern(&object.id)?;
        Some((ordinal, ordinal == next))
    }

    /// Gives an object this ordinal; false if the ordinal or the object is taken otherwise, or there is no such type.
    pub(super) fn create_at(&mut self, nursery: &mut Nursery, kind: KindId, ordinal: u32, id: &str) -> bool {
        let objects = self.kinds.get_mut(kind.0 as usize).zip(nursery.of(kind));
        objects.is_some_and(|(kind, young)| kind.objects.insert_young_at(young, id, ordinal))
    }

    /// As [`Dictionary::create`], in bulk.
    pub(super) fn create_young(&mut self, nursery: &mut Nursery, kind: KindId, id: &str) -> Option<(u32, bool)> {
        self.kinds.get_mut(kind.0 as usize)?.objects.intern_young(nursery.of(kind)?, id)
    }

    /// As [`Dictionary::ordinal`], objects of the nursery included.
    #[inline]
    pub(super) fn ordinal_among(&self, nursery: &Nursery, kind: KindId, id: &str) -> Option<u32> {
        let objects = &self.kinds.get(kind.0 as usize)?.objects;
        match nursery.0.get(kind.0 as usize) {
            Some(young) => objects.cell_among(young, id),
            None => objects.cell(id),
        }
    }

    /// Makes the objects of a nursery be found by all.
    pub(super) fn settle(&mut self, nursery: Nursery) {
        for (kind, young) in self.kinds.iter_mut().zip(nursery.0) {
            kind.objects.settle(young);
        }
    }

    /// Gives no ordinal below this one to objects of the type any more.
    pub(super) fn skip_ordinals(&mut self, kind: KindId, next: u32) {
        if let Some(kind) = self.kinds.get_mut(kind.0 as usize) {
            kind.objects.skip_to(next);
        }
    }

    /// Forgets an object that died.
    pub(super) fn forget(&mut self, kind: &str, ordinal: u32) {
        if let Some(objects) = self.objects_mut(kind) {
            objects.forget(ordinal);
        }
    }

    fn objects_mut(&mut self, kind: &str) -> Option<&mut Domain<Label>> {
        let kind = self.kind(kind)?;
        self.kinds.get_mut(kind.0 as usize).map(|kind| &mut kind.objects)
    }
}
