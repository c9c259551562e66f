//! A load: one transaction of many inserts, written past the journal into files of its own.
//!
//! Through the journal each row would be written three times (journal, memtable, file) and sorted in memory. Here rows are
//! sorted once, and go to each keyspace as a finished file (fjall's ingestion), which is atomic within one keyspace only. So
//! the head moves last:
//!
//! 1. A *mark* says in `meta` which revision is under way, and from which ordinals on its objects lie. It is synced.
//! 2. Objects, facts and the log's entry are ingested. Each file and its directory are synced before the next step.
//! 3. One batch moves the head, sets a checkpoint there, drops the replaced facts, and drops the mark. It is synced, and
//!    from here on the load is there.
//!
//! Before step 3 nobody counts what lies behind a mark: a reader leaves it out, and opening a store drops it
//! ([`drop_tail`]) before anything else is written. The mark goes last there too, so a crash while dropping is harmless.

use std::collections::BTreeMap;

use crate::model::revision::Revision;
use crate::model::value::Name;
use crate::store::bytes::{Bytes, put_text};
use crate::store::disk::{Batch, Disk, Space};
use crate::store::entry::{Record, TenantId};
use crate::store::error::StoreError;
use crate::store::keys::{self, log_key, meta, object_key};
use crate::store::row::Column;

/// How many rows of a headless tail are dropped at once.
const DROPPED_AT_ONCE: usize = 10_000;

/// A transaction that inserts much. What it says of the state is worked out already: no fact of it is stored, no ordinal
/// given.
#[derive(Debug)]
pub struct Load<'a, V> {
    /// Whose log.
    pub tenant: TenantId,
    /// The revision that the tenant must be at.
    pub expected: Revision,
    /// What the entry records: a transaction with the changes that go beside the load, none of which inserts a life.
    pub record: Record,
    /// Objects that come alive, by type.
    pub births: Vec<Births>,
    /// Facts, by variant.
    pub facts: Vec<Loaded<'a>>,
    /// The values of the cells.
    pub values: &'a V,
}

/// Objects of one type that come alive, with one ordinal after another.
#[derive(Clone, Debug)]
pub struct Births {
    /// The type.
    pub kind: Name,
    /// The ordinal of the first.
    pub first: u32,
    /// For each, whether its life was asked for; else the load completed it.
    pub asked: Vec<bool>,
}

/// Facts of one variant.
#[derive(Clone, Debug)]
pub struct Loaded<'a> {
    /// The relation.
    pub relation: Name,
    /// The columns.
    pub columns: Vec<Column>,
    /// Cells, flattened: in any order, each row once.
    pub rows: &'a [u32],
}

/// A load under way: which rows don't count until its head is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) revision: Revision,
    /// By type, the first ordinal that it gives.
    pub(super) firsts: BTreeMap<String, u32>,
}

impl Mark {
    /// Revision, then type and ordinal of each.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = self.revision.0.to_be_bytes().to_vec();
        for (kind, first) in &self.firsts {
            put_text(&mut out, kind);
            out.extend_from_slice(&first.to_be_bytes());
        }
        out
    }

    /// The mark of some bytes.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes::new(bytes);
        let mut mark = Self { revision: Revision(bytes.u64()?), firsts: BTreeMap::new() };
        while !bytes.is_at_end() {
            mark.firsts.insert(bytes.text()?.to_owned(), bytes.u32()?);
        }
        Some(mark)
    }

    /// Whether an object doesn't count yet.
    pub(super) fn hides(&self, kind: &str, ordinal: u32) -> bool {
        self.firsts.get(kind).is_some_and(|first| ordinal >= *first)
    }
}

/// The mark of a tenant's load under way.
pub(super) fn decode_mark(tenant: TenantId, bytes: &[u8]) -> Result<Mark, StoreError> {
    Mark::decode(bytes).ok_or_else(|| StoreError::Damaged {
        tenant: Some(tenant),
        name: None,
        revision: None,
        found: "the mark of its load can't be read".to_owned(),
    })
}

/// Drops what a load left behind whose head isn't there, and then its mark.
pub(super) fn drop_tail(disk: &Disk, tenant: TenantId, mark: &Mark) -> Result<(), StoreError> {
    let view = disk.view();
    let mut batch = Batch::default();
    let mut n_rows = 0;
    let mut drop = |space: Space, key: &[u8]| {
        batch.remove(space, key.to_vec());
        n_rows += 1;
        if n_rows % DROPPED_AT_ONCE == 0 { disk.commit(std::mem::take(&mut batch)) } else { Ok(()) }
    };
    for (kind, first) in &mark.firsts {
        let mut to = object_key(tenant, kind, u32::MAX);
        to.push(0);
        for row in view.range(Space::Objects, object_key(tenant, kind, *first), Some(to)) {
            drop(Space::Objects, &row?.0)?;
        }
    }
    for row in view.prefix(Space::Facts, &keys::of_tenant(tenant)) {
        let (key, value) = row?;
        if *value == mark.revision.0.to_be_bytes() {
            drop(Space::Facts, &key)?;
        }
    }
    let next = Revision(mark.revision.0.saturating_add(1));
    for row in view.range(Space::Log, log_key(tenant, mark.revision, 0), Some(log_key(tenant, next, 0))) {
        drop(Space::Log, &row?.0)?;
    }
    disk.commit(std::mem::take(&mut batch))?;
    let mut batch = Batch::default();
    batch.remove(Space::Meta, meta::of_tenant(meta::LOADS, tenant));
    disk.commit(batch)
}
