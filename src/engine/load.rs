//! A load: many facts as one transaction, worked out as rows of cells and never as a heap of facts.
//!
//! The same steps as in `transact`, for inserts alone: what doesn't fit is refused; mentioned objects of open types come
//! alive, in the order of their first mention; a new value of a `->` key takes the old one.

use std::collections::{BTreeSet, HashMap};
use std::thread;

use crate::engine::error::Error;
use crate::engine::question::read_fact;
use crate::engine::state::State;
use crate::engine::transact::{BUILT_IN, BUILT_IN_HELP, UNKNOWN, UNKNOWN_HELP, life_of, notation, refuse_any};
use crate::engine::writer::record;
use crate::index::apply::Changes;
use crate::index::build::{Builder, CellsOf, ObjectsOf};
use crate::index::dictionary::Dictionary;
use crate::index::snapshot::Snapshot;
use crate::language::syntax;
use crate::model::fact::{Fact, RawFact};
use crate::model::layout::StoredId;
use crate::model::revision::Revision;
use crate::model::value::{ColumnType, Name, Object, Value};
use crate::policy::schema::TypeKind;
use crate::store::entry::{Action, Change, Mark, Sign};
use crate::store::load::{Births, Load, Loaded};
use crate::store::ranks::Values;
use crate::store::row::{Column, Own};

/// A load, worked out on a state.
pub(super) struct Loading<'a> {
    state: &'a State,
    facts: &'a [RawFact],
    /// The snapshot after it, but for what is replaced.
    builder: Builder,
    /// By [`StoredId`]; none before the variant's first fact.
    variants: Vec<Option<VariantOf>>,
    kinds: Vec<KindOf>,
    kind_places: HashMap<Name, usize>,
    faults: Faults,
    /// What the load takes away: the old values of `->` keys.
    pub(super) replaced: Vec<Fact>,
    row: Vec<u32>,
}

/// A variant that the load has facts of.
struct VariantOf {
    columns: Vec<(CellsOf, Option<usize>)>,
    /// How its facts' values stand in keys.
    stored: Vec<Column>,
    /// The rows that the policy states.
    built_in: BTreeSet<Vec<u32>>,
}

/// A type that the load mentions objects of.
struct KindOf {
    name: Name,
    objects: ObjectsOf,
    is_open: bool,
    /// The first ordinal that the load gives.
    first: u32,
    /// For each object that it brings, whether its life is asked for.
    asked: Vec<bool>,
}

/// Facts, by their places in the load, that can't be; judged at the end.
#[derive(Default)]
struct Faults {
    built_in: Vec<usize>,
    /// Mentions of new objects of types that aren't open: type, place among its new objects, fact.
    unasked: Vec<(usize, usize, usize)>,
}

impl<'a> Loading<'a> {
    /// Works out what facts, as they came, do to a state.
    ///
    /// # Errors
    /// As those of a write.
    pub(super) fn new(state: &'a State, facts: &'a [RawFact]) -> Result<Self, Error> {
        let revision = Revision(state.revision.0 + 1);
        let mut loading = Self {
            state,
            facts,
            builder: Builder::over(&state.snapshot, revision),
            variants: Vec::new(),
            kinds: Vec::new(),
            kind_places: HashMap::new(),
            faults: Faults::default(),
            replaced: Vec::new(),
            row: Vec::new(),
        };
        loading.variants.resize_with(state.active.plans.layout.variants.len(), || None);
        for (place, raw) in facts.iter().enumerate() {
            loading.add(place, &read_fact(state, raw)?)?;
        }
        loading.refuse_faults()?;
        loading.builder.settle();
        loading.builder.sort();
        loading.refuse_second_values()?;
        loading.builder.leave_out_present();
        loading.replace_values()?;
        Ok(loading)
    }

    fn deletes(&self) -> impl Iterator<Item = Change> {
        let delete = |fact: &Fact| Change { sign: Sign::Delete, mark: Mark::Completed, fact: fact.clone() };
        self.replaced.iter().map(delete)
    }

    /// What it changes, by variant.
    pub(super) fn touched(&self) -> impl Iterator<Item = (syntax::Sign, StoredId)> {
        let ids = (0..self.state.active.plans.layout.variants.len()).map(|position| StoredId(position as u32));
        let comes = ids.filter(|id| !self.builder.rows(*id).is_empty()).map(|id| (syntax::Sign::Plus, id));
        let goes = self.replaced.iter().filter_map(|fact| self.state.snapshot.variant_of(fact));
        comes.chain(goes.map(|id| (syntax::Sign::Minus, id)))
    }

    /// The state after it. Where `judge` has to see that before anything is written, it is built first; else while the load is
    /// written.
    ///
    /// # Errors
    /// What `judge` says, and then nothing was written.
    pub(super) fn finish(
        self,
        judge: Option<impl FnOnce(&State) -> Result<(), Error>>,
        write: impl FnOnce(&Load<'_, Texts>),
    ) -> Result<State, Error> {
        let texts = Texts(self.builder.snapshot().dictionary().clone());
        let rows: Vec<(Name, Vec<Column>, Vec<u32>)> = self
            .variants()
            .map(|(id, relation, columns)| (relation.clone(), columns.to_vec(), self.builder.rows(id).to_vec()))
            .collect();
        let load = Load {
            tenant: self.state.tenant_id(),
            expected: self.state.revision,
            record: record(Action::Transaction(self.deletes().collect())),
            births: self.births(),
            facts: rows
                .iter()
                .map(|(relation, columns, rows)| Loaded { relation: relation.clone(), columns: columns.clone(), rows })
                .collect(),
            values: &texts,
        };
        let Self { builder, replaced, state, .. } = self;
        let next = |snapshot: Snapshot| state.next(snapshot, Revision(state.revision.0 + 1));
        if let Some(judge) = judge {
            let next = next(finish(builder, replaced)?);
            judge(&next)?;
            write(&load);
            return Ok(next);
        }
        thread::scope(|scope| {
            let building = scope.spawn(move || finish(builder, replaced));
            write(&load);
            building.join().unwrap_or_else(|_| Err(Error::internal("the index couldn't be built"))).map(next)
        })
    }

    /// The births, by type.
    fn births(&self) -> Vec<Births> {
        let brings = self.kinds.iter().filter(|kind| !kind.asked.is_empty());
        brings.map(|kind| Births { kind: kind.name.clone(), first: kind.first, asked: kind.asked.clone() }).collect()
    }

    /// The variants that have rows, types left out, with their columns as keys have them.
    fn variants(&self) -> impl Iterator<Item = (StoredId, &Name, &[Column])> {
        let variants = (0..).map(StoredId).zip(&self.variants).zip(&self.state.active.plans.layout.variants);
        variants.filter_map(|((id, found), stored)| {
            let columns = &found.as_ref()?.stored;
            let is_type = matches!(&*stored.columns, [ColumnType::Object(kind)] if *kind == stored.relation);
            (!is_type && !self.builder.rows(id).is_empty()).then_some((id, &stored.relation, columns.as_slice()))
        })
    }

    /// How many facts it brings, lives among them.
    pub(super) fn n_inserted(&self) -> u64 {
        let variants = self.state.active.plans.layout.variants.iter().zip((0..).map(StoredId));
        variants.map(|(variant, id)| (self.builder.rows(id).len() / variant.columns.len().max(1)) as u64).sum()
    }

    fn add(&mut self, place: usize, fact: &Fact) -> Result<(), Error> {
        let id = self.builder.snapshot().variant_of(fact);
        let id = id.ok_or_else(|| Error::internal(format!("no variant takes {}", notation(fact))))?;
        let variant = match self.variants.get_mut(id.0 as usize).and_then(Option::take) {
            Some(variant) => variant,
            None => self.variant(id, fact)?,
        };
        let is_life = life_of(fact).is_some();
        let mut row = std::mem::take(&mut self.row);
        row.clear();
        for (value, (cells, kind)) in fact.values.iter().zip(&variant.columns) {
            let cell = match (value, kind) {
                (Value::Object(object) | Value::Set(object, _), Some(kind)) => {
                    self.mention(*kind, object, is_life, place)
                }
                (Value::Constant(constant), _) => self.builder.cell_of_text(*cells, &constant.id),
                (Value::Text(text), _) => self.builder.cell_of_text(*cells, text),
                (Value::Integer(integer), _) => self.builder.cell_of_integer(*integer),
                (Value::Time(time), _) => self.builder.cell_of_time(*time),
                (Value::Everyone(_) | Value::Object(_) | Value::Set(..), _) => Some(0),
            };
            let full = || Error::internal(format!("no cell is left for a value of {}", notation(fact)));
            row.push(cell.ok_or_else(full)?);
        }
        if variant.built_in.contains(&row) {
            self.faults.built_in.push(place);
        } else if !is_life {
            // The builder has the rows of lives from the mention of their objects.
            self.builder.row(id, &row);
        }
        self.row = row;
        if let Some(known) = self.variants.get_mut(id.0 as usize) {
            *known = Some(variant);
        }
        Ok(())
    }

    /// The ordinal of an object that a fact mentions, which may come alive by it.
    fn mention(&mut self, kind: usize, object: &Object, is_life: bool, place: usize) -> Option<u32> {
        let entry = self.kinds.get_mut(kind)?;
        let (ordinal, is_new) = self.builder.mention(entry.objects, &object.id)?;
        if is_new {
            entry.asked.push(is_life);
        }
        if let Some(new) = ordinal.checked_sub(entry.first).map(|new| new as usize)
            && let Some(asked) = entry.asked.get_mut(new)
        {
            *asked |= is_life;
            if !*asked && !entry.is_open {
                self.faults.unasked.push((kind, new, place));
            }
        }
        Some(ordinal)
    }

    /// Meets a variant for the first time, in this fact.
    fn variant(&mut self, id: StoredId, fact: &Fact) -> Result<VariantOf, Error> {
        let mut columns = Vec::with_capacity(fact.values.len());
        for value in &fact.values {
            let cells = self.builder.column(&value.column_type());
            let cells = cells.ok_or_else(|| Error::internal(format!("no column takes {}", notation(fact))))?;
            let kind = match value {
                Value::Object(object) | Value::Set(object, _) => Some(self.kind(&object.kind)?),
                _ => None,
            };
            columns.push((cells, kind));
        }
        let built_in = self.state.active.built_in.iter().filter_map(|fact| self.state.snapshot.row(fact));
        let built_in = built_in.filter(|(of, _)| *of == id).map(|(_, row)| row).collect();
        Ok(VariantOf { columns, stored: fact.values.iter().map(Column::of).collect(), built_in })
    }

    fn kind(&mut self, name: &Name) -> Result<usize, Error> {
        if let Some(place) = self.kind_places.get(name) {
            return Ok(*place);
        }
        let objects = self.builder.objects_of(name).map_err(Error::from)?;
        let found = self.state.active.policy.schema.type_named(name);
        let is_open = found.is_some_and(|found| found.kind == TypeKind::Open);
        let first = self.builder.next_ordinal(objects);
        let place = self.kinds.len();
        self.kinds.push(KindOf { name: name.clone(), objects, is_open, first, asked: Vec::new() });
        self.kind_places.insert(name.clone(), place);
        Ok(place)
    }

    /// The fact at a place, in backticks.
    fn notation(&self, place: usize) -> String {
        let read = self.facts.get(place).and_then(|raw| read_fact(self.state, raw).ok());
        read.as_ref().map(notation).unwrap_or_default()
    }

    fn refuse_faults(&self) -> Result<(), Error> {
        let built_in: BTreeSet<String> = self.faults.built_in.iter().map(|place| self.notation(*place)).collect();
        refuse_any(built_in.into_iter(), "built-in", BUILT_IN, BUILT_IN_HELP)?;
        let unknown = self.faults.unasked.iter().filter_map(|(kind, new, place)| {
            let kind = self.kinds.get(*kind)?;
            if kind.asked.get(*new) == Some(&true) {
                return None;
            }
            let snapshot = self.builder.snapshot();
            let id = snapshot.dictionary().id(snapshot.dictionary().kind(&kind.name)?, kind.first + *new as u32)?;
            Some(format!("`{}` in {}", Object::new(kind.name.clone(), id), self.notation(*place)))
        });
        refuse_any(unknown, "unknown-object", UNKNOWN, UNKNOWN_HELP)
    }

    /// The variants of relations that have one value for each key, in groups that share the types of their keys.
    fn keyed(&self) -> impl Iterator<Item = (usize, Vec<StoredId>)> {
        let variants = &self.state.active.plans.layout.variants;
        let key_types = |place: usize| {
            let variant = variants.get(place)?;
            let n_key = usize::from(variant.key?);
            Some((&variant.relation, variant.columns.get(..n_key)?))
        };
        (0..variants.len()).filter_map(move |place| {
            let key = key_types(place)?;
            // Each group is told once, at its first variant.
            if (0..place).any(|before| key_types(before) == Some(key)) {
                return None;
            }
            let same = (place..variants.len()).filter(|other| key_types(*other) == Some(key));
            Some((key.1.len(), same.map(|other| StoredId(other as u32)).collect()))
        })
    }

    fn refuse_second_values(&self) -> Result<(), Error> {
        let mut twice = Vec::new();
        for (n_key, ids) in self.keyed() {
            let rows_of = |id: StoredId| {
                let width = self.builder.snapshot().relation(id).arity().max(1);
                self.builder.rows(id).chunks_exact(width).map(move |row| (id, row))
            };
            let mut rows: Vec<(StoredId, &[u32])> = ids.iter().copied().flat_map(rows_of).collect();
            if ids.len() > 1 {
                rows.sort_unstable_by(|(one_id, one), (other_id, other)| {
                    one.get(..n_key).cmp(&other.get(..n_key)).then(one_id.cmp(other_id))
                });
            }
            for pair in rows.windows(2) {
                if let [(one_id, one), (other_id, other)] = pair
                    && one.get(..n_key) == other.get(..n_key)
                {
                    let fact = |id: &StoredId, row: &[u32]| self.builder.snapshot().fact(*id, row);
                    let mut facts = [fact(one_id, one), fact(other_id, other)];
                    facts.sort_unstable();
                    let [first, second] = facts.map(|fact| fact.as_ref().map(notation).unwrap_or_default());
                    twice.push(format!("{first} and {second}"));
                }
            }
        }
        refuse_any(
            twice.into_iter(),
            "two-values",
            "the transaction gives one key two values",
            "A relation with `->` holds one value for each key: leave out one of the two.",
        )
    }

    /// Finds the old values that new ones take.
    fn replace_values(&mut self) -> Result<(), Error> {
        let mut built_in = Vec::new();
        let mut replaced = Vec::new();
        for (_, ids) in self.keyed() {
            if ids.iter().all(|id| self.state.snapshot.relation(*id).is_empty()) {
                continue;
            }
            for id in ids {
                let width = self.builder.snapshot().relation(id).arity().max(1);
                for row in self.builder.rows(id).chunks_exact(width) {
                    let fact = self.builder.snapshot().fact(id, row);
                    let Some(before) = fact.and_then(|fact| self.state.snapshot.value_of(&fact)) else { continue };
                    if self.state.active.built_in.contains(&before) {
                        built_in.push(notation(&before));
                    } else {
                        replaced.push(before);
                    }
                }
            }
        }
        refuse_any(built_in.into_iter(), "built-in", BUILT_IN, BUILT_IN_HELP)?;
        self.replaced = replaced;
        Ok(())
    }
}

/// The snapshot of a builder, without what is replaced.
fn finish(builder: Builder, replaced: Vec<Fact>) -> Result<Snapshot, Error> {
    let snapshot = builder.build();
    if replaced.is_empty() {
        return Ok(snapshot);
    }
    let changes = Changes { revision: snapshot.revision(), delete: replaced, insert: Vec::new() };
    Ok(snapshot.apply(&changes)?.snapshot)
}

/// A dictionary as the store asks it.
pub(super) struct Texts(Dictionary);

impl Values for Texts {
    fn own(&self, column: &Column, cell: u32) -> Option<Own<'_>> {
        Some(match column {
            Column::Object(kind) | Column::Constant(kind) | Column::Set(kind, _) => {
                Own::Text(self.0.id(self.0.kind(kind)?, cell)?.into())
            }
            Column::Everyone(_) => Own::Nothing,
            Column::Text => Own::Text(self.0.text(cell)?.into()),
            Column::Integer => Own::Integer(self.0.integer(cell)?),
            Column::Time => Own::Time(self.0.time(cell)?),
        })
    }
}
