//! A load on its way to disk: held against what is stored, sorted, and written step by step.

use std::collections::BTreeMap;

use crate::model::revision::Revision;
use crate::model::value::{ColumnType, Name};
use crate::store::digest::Digest;
use crate::store::disk::{Batch, Cell, Disk, Space};
use crate::store::entry::{Action, EntryHash, Head, Sign, TenantId, life_of};
use crate::store::error::StoreError;
use crate::store::format::{PART_BYTES, Place, put_transaction};
use crate::store::keys::{self, MAX_KEY_BYTES, log_key, meta, object_key, put_signature};
use crate::store::limits;
use crate::store::load::{Births, Load, Loaded, Mark};
use crate::store::ranks::{Ranks, Values, put_own};
use crate::store::row::{Column, Own};

/// Marks of inserts, as `format.rs` has them.
const ASKED: u8 = 1;
const COMPLETED: u8 = 2;

/// A load that was found sound, sorted and ready to be written.
pub(super) struct Prepared<'a, V> {
    load: &'a Load<'a, V>,
    ranks: Vec<Ranks>,
    /// By signature.
    facts: Vec<Sorted>,
    pub(super) mark: Mark,
    place: Place,
    /// The entry's bytes up to its first birth.
    start: Vec<u8>,
    /// The bytes of the changes beside the load, which end the entry.
    end: Vec<u8>,
    /// The rows that these drop.
    dropped: Vec<(Cell, Vec<u8>)>,
}

/// Facts of one variant as keys sort them.
struct Sorted {
    relation: Name,
    signature: Vec<u8>,
    /// For each column, its place in `ranks`.
    columns: Vec<usize>,
    /// Ranks, flattened.
    rows: Vec<u32>,
}

/// What was written, for the head.
pub(super) struct Ingested {
    pub(super) digest: Digest,
    pub(super) n_objects: u64,
    pub(super) n_facts: u64,
    pub(super) hash: EntryHash,
}

impl<'a, V: Values> Prepared<'a, V> {
    /// Holds a load against what is stored, sorts it and measures it; nothing is written.
    pub(super) fn new(load: &'a Load<'a, V>, head: &Head, disk: &Disk) -> Result<Self, StoreError> {
        limits::check_record(&load.record)?;
        let mut firsts = BTreeMap::new();
        for births in &load.births {
            limits::check_name(&births.kind)?;
            firsts.insert(births.kind.to_string(), births.first);
        }
        let ranks = rank(load)?;
        let mut facts: Vec<Sorted> = load.facts.iter().map(|facts| sort(facts, &ranks)).collect::<Result<_, _>>()?;
        facts.sort_unstable_by(|one, other| one.signature.cmp(&other.signature));
        let revision = Revision(load.expected.0.saturating_add(1));
        let place = Place { revision, previous: head.hash, policy: head.policy };
        let mark = Mark { revision, firsts };
        let dropped = dropped(load, disk)?;
        let mut prepared = Self { load, ranks, facts, mark, place, start: Vec::new(), end: Vec::new(), dropped };
        prepared.measure()?;
        prepared.check_absent(disk)?;
        Ok(prepared)
    }

    /// Makes the entry's beginning, which says how long all of it is.
    fn measure(&mut self) -> Result<(), StoreError> {
        let (mut n_changes, mut length) = (0, 0);
        self.each_birth(|change| {
            n_changes += 1;
            length += change.len();
            Ok(())
        })?;
        for Sorted { relation, signature, columns, rows } in &self.facts {
            let ranks = self.ranks_of(columns);
            for row in rows.chunks_exact(ranks.len().max(1)) {
                let n_own: usize = row.iter().zip(&ranks).map(|(rank, ranks)| ranks.bytes(*rank).len()).sum();
                limits::check_key(size_of::<TenantId>() + signature.len() + n_own, relation)?;
                n_changes += 1;
                length += 1 + signature.len() + n_own;
            }
        }
        (self.start, self.end) = put_transaction(&self.place, &self.load.record, n_changes, length);
        Ok(())
    }

    /// Shows each birth's change as the log has it.
    fn each_birth(&self, mut each: impl FnMut(&[u8]) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let mut change = Vec::new();
        for births in &self.load.births {
            let column = Column::Object(births.kind.clone());
            let mut signature = vec![0];
            put_signature(&mut signature, &births.kind, std::slice::from_ref(&column));
            for (ordinal, asked) in (births.first..).zip(&births.asked) {
                change.clear();
                change.extend_from_slice(&signature);
                if let Some(mark) = change.first_mut() {
                    *mark = if *asked { ASKED } else { COMPLETED };
                }
                put_own(&mut change, &column, ordinal, self.load.values)?;
                each(&change)?;
            }
        }
        Ok(())
    }

    /// Shows each fact's key, in order.
    fn each_fact(&self, mut each: impl FnMut(&[u8]) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let mut key = Vec::new();
        for Sorted { signature, columns, rows, .. } in &self.facts {
            let ranks = self.ranks_of(columns);
            key.clear();
            key.extend_from_slice(&keys::of_tenant(self.load.tenant));
            key.extend_from_slice(signature);
            let n_shared = key.len();
            for row in rows.chunks_exact(ranks.len().max(1)) {
                key.truncate(n_shared);
                row.iter().zip(&ranks).for_each(|(rank, ranks)| key.extend_from_slice(ranks.bytes(*rank)));
                each(&key)?;
            }
        }
        Ok(())
    }

    fn ranks_of(&self, columns: &[usize]) -> Vec<&Ranks> {
        columns.iter().filter_map(|column| self.ranks.get(*column)).collect()
    }

    /// Checks that nothing is stored where objects and facts shall be.
    fn check_absent(&self, disk: &Disk) -> Result<(), StoreError> {
        let view = disk.view();
        let tenant = self.load.tenant;
        for Births { kind, first, .. } in &self.load.births {
            let to = object_key(tenant, kind, u32::MAX);
            if view.range(Space::Objects, object_key(tenant, kind, *first), Some(to)).next().is_some() {
                let found = format!("ordinals of type `{kind}` from {first} on were given before");
                return Err(StoreError::Mismatch { found });
            }
        }
        let prefixes = self.facts.iter().map(|facts| [&keys::of_tenant(tenant), facts.signature.as_slice()].concat());
        if prefixes.into_iter().all(|prefix| view.prefix(Space::Facts, &prefix).next().is_none()) {
            return Ok(());
        }
        self.each_fact(|key| match view.get(Space::Facts, key)? {
            None => Ok(()),
            Some(_) => Err(StoreError::Mismatch { found: "a fact of the load is stored already".to_owned() }),
        })
    }

    /// Step 1: from here on the load is under way.
    pub(super) fn begin(&self, disk: &Disk) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.put(Space::Meta, meta::of_tenant(meta::LOADS, self.load.tenant), &self.mark.encode());
        disk.commit(batch)
    }

    /// Step 2: writes objects and facts and the log's entry, the last on a thread of its own.
    pub(super) fn ingest(&self, disk: &Disk) -> Result<Ingested, StoreError> {
        std::thread::scope(|scope| {
            let log = scope.spawn(|| self.ingest_log(disk));
            let mut digest = Digest::default();
            let n_objects = self.ingest_objects(disk, &mut digest)?;
            let n_facts = self.ingest_facts(disk, &mut digest)?;
            let log = log.join().unwrap_or_else(|_| Err(StoreError::broken("the log couldn't be written")));
            let hash = log?;
            Ok(Ingested { digest, n_objects, n_facts, hash })
        })
    }

    /// Step 3: the head, and all that goes with it.
    pub(super) fn finish(&self, disk: &Disk, before: &Head, ingested: &Ingested) -> Result<Head, StoreError> {
        let tenant = self.load.tenant;
        let mut batch = Batch::default();
        let mut digest = Digest(before.digest.wrapping_add(ingested.digest.0));
        for (value, key) in &self.dropped {
            digest.subtract(Space::Facts, key, value);
            batch.remove(Space::Facts, key.clone());
        }
        let head = Head {
            revision: self.mark.revision,
            hash: ingested.hash,
            policy: before.policy,
            facts: (before.facts + ingested.n_facts).saturating_sub(self.dropped.len() as u64),
            objects: before.objects + ingested.n_objects,
            digest: digest.0,
        };
        batch.put(Space::Meta, meta::of_tenant(meta::HEADS, tenant), &head.encode());
        // The entry is on disk with its file's checksums, and was hashed on its way: nobody needs to look at it again.
        batch.put(Space::Meta, meta::of_tenant(meta::CHECKPOINTS, tenant), &head.link().encode());
        batch.remove(Space::Meta, meta::of_tenant(meta::LOADS, tenant));
        disk.commit(batch)?;
        Ok(head)
    }

    pub(super) fn ingest_objects(&self, disk: &Disk, digest: &mut Digest) -> Result<u64, StoreError> {
        let mut by_kind: Vec<&Births> = self.load.births.iter().filter(|births| !births.asked.is_empty()).collect();
        by_kind.sort_unstable_by(|one, other| one.kind.cmp(&other.kind));
        if by_kind.is_empty() {
            return Ok(0);
        }
        let mut n = 0;
        disk.ingest(Space::Objects, |put| {
            let mut value = Vec::new();
            for births in by_kind {
                let column = Column::Object(births.kind.clone());
                for (ordinal, _) in (births.first..).zip(&births.asked) {
                    let Some(Own::Text(id)) = self.load.values.own(&column, ordinal) else {
                        return Err(StoreError::Mismatch { found: "an object without an id is born".to_owned() });
                    };
                    let key = object_key(self.load.tenant, &births.kind, ordinal);
                    value.clear();
                    value.push(1);
                    value.extend_from_slice(id.as_bytes());
                    digest.add(Space::Objects, &key, &value);
                    put(&key, &value)?;
                    n += 1;
                }
            }
            Ok(())
        })?;
        Ok(n)
    }

    pub(super) fn ingest_facts(&self, disk: &Disk, digest: &mut Digest) -> Result<u64, StoreError> {
        if self.facts.iter().all(|facts| facts.rows.is_empty()) {
            return Ok(0);
        }
        let value = self.mark.revision.0.to_be_bytes();
        let mut n = 0;
        disk.ingest(Space::Facts, |put| {
            self.each_fact(|key| {
                digest.add(Space::Facts, key, &value);
                n += 1;
                put(key, &value)
            })
        })?;
        Ok(n)
    }

    pub(super) fn ingest_log(&self, disk: &Disk) -> Result<EntryHash, StoreError> {
        let mut hasher = blake3::Hasher::new();
        disk.ingest(Space::Log, |put| {
            let mut part = Vec::with_capacity(PART_BYTES + MAX_KEY_BYTES);
            let mut n_parts = 0;
            let mut write = |part: &mut Vec<u8>, is_last: bool| {
                while part.len() >= PART_BYTES || is_last && !part.is_empty() {
                    let bytes = part.get(..PART_BYTES.min(part.len())).unwrap_or_default();
                    put(&log_key(self.load.tenant, self.mark.revision, n_parts), bytes)?;
                    hasher.update(bytes);
                    n_parts += 1;
                    let n = bytes.len();
                    part.drain(..n);
                }
                Ok(())
            };
            part.extend_from_slice(&self.start);
            self.each_birth(|change| {
                part.extend_from_slice(change);
                write(&mut part, false)
            })?;
            self.each_fact(|key| {
                part.push(ASKED);
                part.extend_from_slice(key.get(size_of::<TenantId>()..).unwrap_or_default());
                write(&mut part, false)
            })?;
            part.extend_from_slice(&self.end);
            write(&mut part, true)
        })?;
        Ok(EntryHash(*hasher.finalize().as_bytes()))
    }
}

/// The rows that the changes beside a load drop.
fn dropped<V>(load: &Load<'_, V>, disk: &Disk) -> Result<Vec<(Cell, Vec<u8>)>, StoreError> {
    let view = disk.view();
    let mismatch = |found: String| StoreError::Mismatch { found };
    let Action::Transaction(changes) = &load.record.action else {
        return Err(mismatch("a load is a transaction".to_owned()));
    };
    let dropped = changes.iter().map(|change| {
        if change.sign == Sign::Insert || life_of(&change.fact).is_some() {
            return Err(mismatch("beside its rows a load only deletes facts".to_owned()));
        }
        let key = keys::fact_key(load.tenant, &change.fact);
        let missing = || mismatch(format!("the fact `{}` isn't stored", limits::written(&change.fact)));
        Ok((view.get(Space::Facts, &key)?.ok_or_else(missing)?, key))
    });
    dropped.collect()
}

/// Ranks the values of each column type, in all variants at once.
fn rank<V: Values>(load: &Load<'_, V>) -> Result<Vec<Ranks>, StoreError> {
    let mut columns: BTreeMap<ColumnType, &Column> = BTreeMap::new();
    for column in load.facts.iter().flat_map(|facts| &facts.columns) {
        columns.insert(ranked_by(column), column);
    }
    let of = |(kind, column): (ColumnType, &Column)| {
        let cells = load.facts.iter().flat_map(|facts| {
            let width = facts.columns.len().max(1);
            let places = (0..).zip(&facts.columns).filter(|(_, column)| ranked_by(column) == kind);
            let places: Vec<usize> = places.map(|(place, _)| place).collect();
            places.into_iter().flat_map(move |place| facts.rows.iter().skip(place).step_by(width).copied())
        });
        Ranks::of(kind.clone(), column, cells, load.values)
    };
    columns.into_iter().map(of).collect()
}

/// The column type whose cells these are: a set has the cell of its object.
fn ranked_by(column: &Column) -> ColumnType {
    match column {
        Column::Set(kind, _) => ColumnType::Object(kind.clone()),
        other => other.column_type(),
    }
}

/// The facts of a variant as keys sort them.
fn sort(facts: &Loaded<'_>, ranks: &[Ranks]) -> Result<Sorted, StoreError> {
    limits::check_name(&facts.relation)?;
    let place = |column: &Column| {
        let kind = ranked_by(column);
        ranks.iter().position(|ranks| *ranks.kind() == kind).unwrap_or_default()
    };
    let columns: Vec<usize> = facts.columns.iter().map(place).collect();
    let mut signature = Vec::new();
    put_signature(&mut signature, &facts.relation, &facts.columns);
    let mut rows = Vec::with_capacity(facts.rows.len());
    let of_columns: Vec<&Ranks> = columns.iter().filter_map(|column| ranks.get(*column)).collect();
    for row in facts.rows.chunks_exact(columns.len().max(1)) {
        rows.extend(row.iter().zip(&of_columns).map(|(cell, ranks)| ranks.rank(*cell)));
    }
    match columns.len() {
        1 => rows.sort_unstable(),
        2 => rows.as_chunks_mut::<2>().0.sort_unstable(),
        3 => rows.as_chunks_mut::<3>().0.sort_unstable(),
        width => {
            let mut sorted: Vec<&[u32]> = rows.chunks_exact(width.max(1)).collect();
            sorted.sort_unstable();
            rows = sorted.concat();
        }
    }
    Ok(Sorted { relation: facts.relation.clone(), signature, columns, rows })
}
