//! Walking all rows of a tenant: one thread reads them off the disk and adds them up, another makes sense of them.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use crate::model::revision::Revision;
use crate::model::value::Name;
use crate::store::digest::Digest;
use crate::store::disk::{Rows, Space, View};
use crate::store::entry::{Head, TenantId};
use crate::store::error::StoreError;
use crate::store::keys::{self, FactReader, decode_object_key};
use crate::store::load::Mark;
use crate::store::reader::{Visitor, decode_object};
use crate::store::row::Own;

/// About how many bytes of rows go from one thread to the other at once.
const CHUNK: usize = 256 << 10;
/// How many chunks may wait.
const WAITING: usize = 4;
/// How many facts a visitor is shown at once, at most.
const BLOCK: usize = 64;

/// Rows of a keyspace, their keys and values copied one after another.
struct Chunk {
    space: Space,
    bytes: Vec<u8>,
    /// For each row: where its key ends, and where its value does.
    ends: Vec<(usize, usize)>,
}

/// What was seen of a tenant.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) digest: Digest,
    pub(super) n_objects: u64,
    pub(super) n_facts: u64,
}

/// Shows every object and every fact of a tenant to a visitor, but for those of a load under way.
///
/// # Errors
/// `store-damaged` for a row that can't be read, and what the disk says.
pub(super) fn scan(
    view: &View<'_>,
    tenant: TenantId,
    head: &Head,
    mark: Option<Mark>,
    visitor: &mut impl Visitor,
) -> Result<Seen, StoreError> {
    let prefix = keys::of_tenant(tenant);
    let (objects, facts) = (view.prefix(Space::Objects, &prefix), view.prefix(Space::Facts, &prefix));
    let (chunks, queue) = sync_channel::<Chunk>(WAITING);
    thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let mut reading = Reading { chunks, mark, seen: Seen::default() };
            reading.seen.n_objects = reading.read(Space::Objects, objects)?;
            reading.seen.n_facts = reading.read(Space::Facts, facts)?;
            Ok(reading.seen)
        });
        let mut scan = Scan { last_kind: None, facts: FactReader::default(), visitor };
        let mut shown = Ok(());
        for chunk in queue {
            shown = scan.show(&chunk);
            if shown.is_err() {
                break;
            }
        }
        shown.map_err(|found| StoreError::damaged(tenant, head.revision, found))?;
        reading.join().unwrap_or_else(|_| Err(StoreError::broken("its files can't be read")))
    })
}

/// The side that reads rows.
struct Reading {
    chunks: SyncSender<Chunk>,
    /// The load under way, whose rows don't count.
    mark: Option<Mark>,
    seen: Seen,
}

impl Reading {
    /// Reads rows and sends them on, until nobody takes them any more; how many.
    fn read(&mut self, space: Space, rows: Rows) -> Result<u64, StoreError> {
        let new = || Chunk { space, bytes: Vec::with_capacity(CHUNK + 1024), ends: Vec::with_capacity(CHUNK / 32) };
        let mut chunk = new();
        let mut n_rows = 0;
        for row in rows {
            let (key, value) = row?;
            if self.mark.as_ref().is_some_and(|mark| is_hidden(mark, space, &key, &value)) {
                continue;
            }
            n_rows += 1;
            self.seen.digest.add(space, &key, &value);
            chunk.bytes.extend_from_slice(&key);
            let key_end = chunk.bytes.len();
            chunk.bytes.extend_from_slice(&value);
            chunk.ends.push((key_end, chunk.bytes.len()));
            if chunk.bytes.len() >= CHUNK && self.chunks.send(std::mem::replace(&mut chunk, new())).is_err() {
                return Ok(n_rows);
            }
        }
        // Whoever no longer takes chunks has found a row that can't be read.
        let _ = self.chunks.send(chunk);
        Ok(n_rows)
    }
}

/// Whether a row belongs to a load under way, and doesn't count yet.
pub(super) fn is_hidden(mark: &Mark, space: Space, key: &[u8], value: &[u8]) -> bool {
    match space {
        Space::Objects => decode_object_key(key).is_some_and(|(kind, ordinal)| mark.hides(&kind, ordinal)),
        _ => *value == mark.revision.0.to_be_bytes(),
    }
}

/// The side that makes sense of rows.
struct Scan<'v, V> {
    /// The type of the last object, with the beginning of its key.
    last_kind: Option<(Vec<u8>, Name)>,
    facts: FactReader,
    visitor: &'v mut V,
}

impl<V: Visitor> Scan<'_, V> {
    fn show(&mut self, chunk: &Chunk) -> Result<(), &'static str> {
        let mut start = 0;
        let rows = chunk.ends.iter().map(|(key_end, end)| {
            let key = chunk.bytes.get(start..*key_end).unwrap_or_default();
            start = *end;
            (key, chunk.bytes.get(*key_end..*end).unwrap_or_default())
        });
        match chunk.space {
            Space::Objects => self.show_objects(rows).ok_or("a stored object can't be read"),
            _ => self.show_facts(rows).ok_or("a stored fact can't be read"),
        }
    }

    fn show_objects<'c>(&mut self, rows: impl Iterator<Item = (&'c [u8], &'c [u8])>) -> Option<()> {
        for (key, value) in rows {
            let (is_alive, id) = decode_object(value)?;
            let (start, ordinal) = key.split_last_chunk()?;
            if self.last_kind.as_ref().is_none_or(|(last, _)| last != start) {
                let (kind, _) = decode_object_key(key)?;
                let kind = Name::from(kind);
                self.visitor.objects_of(&kind);
                self.last_kind = Some((start.to_vec(), kind));
            }
            self.visitor.object(u32::from_be_bytes(*ordinal), is_alive, id);
        }
        Some(())
    }

    fn show_facts<'c>(&mut self, rows: impl Iterator<Item = (&'c [u8], &'c [u8])>) -> Option<()> {
        let mut values: Vec<Own<'c>> = Vec::new();
        let mut revisions = Vec::with_capacity(BLOCK);
        for (key, value) in rows {
            let n_values = values.len();
            let (signature, is_new) = self.facts.read_key(key, &mut values)?;
            if is_new {
                let first = values.split_off(n_values);
                self.visitor.facts(&values, &revisions);
                values = first;
                revisions.clear();
                self.visitor.facts_of(&signature.relation, &signature.columns);
            }
            revisions.push(Revision(u64::from_be_bytes(value.try_into().ok()?)));
            if revisions.len() == BLOCK {
                self.visitor.facts(&values, &revisions);
                values.clear();
                revisions.clear();
            }
        }
        self.visitor.facts(&values, &revisions);
        Some(())
    }
}
