//! The five keyspaces on fjall: opening, snapshots, and batches that are whole and synced or not there.
//!
//! No other file names fjall. What it does to us, and what we do about it:
//! - It reads half a batch through a keyspace, and a whole one through a snapshot: there is only [`View`].
//! - All of a batch has one sequence number, so one key twice in it has no order: a [`Batch`] is a map.
//! - The bytes of a memtable have no bound over all keyspaces: there are five, each with a small one.
//! - Some damaged bytes make it panic while it opens: that is caught and told as damage. Others would end the process, or
//!   go unseen: they are looked for before (`manifests.rs`).

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use fjall::{
    Database, Error, Iter, Keyspace, KeyspaceCreateOptions, LsmError, OwnedWriteBatch, PersistMode, Readable, Slice,
    Snapshot,
};

use crate::store::error::StoreError;
#[cfg(test)]
use crate::store::fault::Faults;
use crate::store::lock::Lock;
use crate::store::manifests;

/// The bytes of a key or a value. Held for long, they hold their whole block: copy out.
pub(super) type Cell = Slice;

/// A keyspace; `keys.rs` has the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    Log,
    Facts,
    Objects,
    Policies,
    Meta,
}

/// The open keyspaces. Cheap to clone; the last clone to go closes them.
#[derive(Clone)]
pub(super) struct Disk {
    log: Keyspace,
    facts: Keyspace,
    objects: Keyspace,
    policies: Keyspace,
    meta: Keyspace,
    database: Database,
    #[cfg(test)]
    pub(super) faults: Arc<Faults>,
    /// INVARIANT: the last field: when another process gets the lock, the files are closed.
    _lock: Arc<Lock>,
}

const MEBIBYTE: u64 = 1 << 20;

/// More batches than anyone will ever write. fjall numbers them, its checksums leave these numbers out, and beyond 63 bits it
/// panics at the next write.
const MAX_BATCHES: u64 = 1 << 48;

impl Disk {
    /// Opens the keyspaces in a directory, made if they aren't there, and keeps the store's lock while they are open.
    pub(super) fn open(directory: &Path, lock: Lock) -> Result<Self, StoreError> {
        manifests::check(directory)?;
        match catch_unwind(AssertUnwindSafe(|| Self::open_unguarded(directory, lock))) {
            Ok(Ok(disk)) if disk.database.seqno() > MAX_BATCHES => {
                Err(StoreError::broken("the journal holds a batch with a number that nobody gave"))
            }
            Ok(opened) => opened.map_err(|error| match error {
                Error::Locked => {
                    StoreError::Held { directory: directory.parent().unwrap_or(directory).to_owned(), process: None }
                }
                other => refused("open the store's files", other),
            }),
            Err(_) => Err(StoreError::broken("its files can't be read")),
        }
    }

    fn open_unguarded(directory: &Path, lock: Lock) -> Result<Self, Error> {
        let database = Database::builder(directory)
            .cache_size(16 * MEBIBYTE)
            .worker_threads(2)
            // Replay at the next opening reads at most about this much.
            .max_journaling_size(128 * MEBIBYTE)
            .manual_journal_persist(true)
            .open()?;
        let keyspace = |name: &str, memtable: u64| {
            let options = || KeyspaceCreateOptions::default().max_memtable_size(memtable);
            database.keyspace(name, options)
        };
        Ok(Self {
            log: keyspace("log", 16 * MEBIBYTE)?,
            facts: keyspace("facts", 16 * MEBIBYTE)?,
            objects: keyspace("objects", 16 * MEBIBYTE)?,
            policies: keyspace("policies", 4 * MEBIBYTE)?,
            meta: keyspace("meta", 4 * MEBIBYTE)?,
            database,
            #[cfg(test)]
            faults: Arc::default(),
            _lock: Arc::new(lock),
        })
    }

    /// A place where a disk may fail: in tests, the one that was asked for does.
    #[inline]
    pub(super) fn may_fail(&self) -> Result<(), StoreError> {
        #[cfg(test)]
        self.faults.pass()?;
        Ok(())
    }

    fn keyspace(&self, space: Space) -> &Keyspace {
        match space {
            Space::Log => &self.log,
            Space::Facts => &self.facts,
            Space::Objects => &self.objects,
            Space::Policies => &self.policies,
            Space::Meta => &self.meta,
        }
    }

    /// Moves what is in memory to sorted files, as it happens by itself when there is much of it.
    #[cfg(test)]
    pub(super) fn flush(&self) {
        for keyspace in [&self.log, &self.facts, &self.objects, &self.policies, &self.meta] {
            keyspace.rotate_memtable_and_wait().expect("a memtable can be written");
        }
    }

    /// All keyspaces as they are now. Held for long, it keeps old versions on disk.
    pub(super) fn view(&self) -> View<'_> {
        View { disk: self, snapshot: self.database.snapshot() }
    }

    /// Writes a batch: when this returns, all of it is on disk, and only then can a view see it.
    pub(super) fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.may_fail()?;
        let mut writes = OwnedWriteBatch::with_capacity(self.database.clone(), batch.len())
            // IMPORTANT: synced by the commit itself, under the journal's lock. A `persist` afterwards could answer
            // for a journal that a worker failed to sync and replaced in between, and views would see the batch first.
            .durability(Some(PersistMode::SyncData));
        for (space, keys) in [
            (Space::Log, batch.log),
            (Space::Facts, batch.facts),
            (Space::Objects, batch.objects),
            (Space::Policies, batch.policies),
            (Space::Meta, batch.meta),
        ] {
            let keyspace = self.keyspace(space);
            for (key, value) in keys {
                match value {
                    Some(value) => writes.insert(keyspace, key, value),
                    None => writes.remove(keyspace, key),
                }
            }
        }
        writes.commit().map_err(|error| refused("write to the store's files", error))?;
        self.may_fail()
    }

    /// Writes rows of strictly ascending keys to one keyspace, past the journal. When this returns they are on disk: the
    /// files are synced, and the directories and the list of files that name them. A crash before leaves nothing.
    ///
    /// Nobody else may write meanwhile.
    pub(super) fn ingest(
        &self,
        space: Space,
        fill: impl FnOnce(&mut dyn FnMut(&[u8], &[u8]) -> Result<(), StoreError>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.may_fail()?;
        let refused = |error| refused("load into the store's files", error);
        let mut ingestion = self.keyspace(space).start_ingestion().map_err(refused)?;
        let mut last: Vec<u8> = Vec::new();
        fill(&mut |key, value| {
            // fjall panics on what isn't ascending.
            if *key <= *last {
                return Err(StoreError::Mismatch { found: "the rows of a load aren't in order".to_owned() });
            }
            last.clear();
            last.extend_from_slice(key);
            ingestion.write(key, value).map_err(refused)
        })?;
        ingestion.finish().map_err(refused)?;
        self.may_fail()
    }
}

/// All keyspaces at one moment.
pub(super) struct View<'a> {
    disk: &'a Disk,
    snapshot: Snapshot,
}

impl View<'_> {
    /// The value of a key.
    pub(super) fn get(&self, space: Space, key: &[u8]) -> Result<Option<Slice>, StoreError> {
        self.disk.may_fail()?;
        self.snapshot.get(self.disk.keyspace(space), key).map_err(unreadable)
    }

    /// The rows whose keys begin so, in order.
    pub(super) fn prefix(&self, space: Space, prefix: &[u8]) -> Rows {
        Rows(self.snapshot.prefix(self.disk.keyspace(space), prefix))
    }

    /// The rows from one key to before another, in order.
    pub(super) fn range(&self, space: Space, from: Vec<u8>, to: Option<Vec<u8>>) -> Rows {
        let keyspace = self.disk.keyspace(space);
        Rows(match to {
            Some(to) => self.snapshot.range(keyspace, from..to),
            None => self.snapshot.range(keyspace, from..),
        })
    }
}

/// Rows in the order of their keys. Owns its snapshot.
pub(super) struct Rows(Iter);

impl Iterator for Rows {
    type Item = Result<(Slice, Slice), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|guard| guard.into_inner().map_err(unreadable))
    }
}

type Writes = BTreeMap<Vec<u8>, Option<Cell>>;

/// Writes that will be on disk together; the last word on a key counts.
#[derive(Default)]
pub(super) struct Batch {
    log: Writes,
    facts: Writes,
    objects: Writes,
    policies: Writes,
    meta: Writes,
}

impl Batch {
    /// Stores a value. The key is at most [`crate::store::keys::MAX_KEY_BYTES`] long, and not empty.
    pub(super) fn put(&mut self, space: Space, key: Vec<u8>, value: &[u8]) {
        self.keys_mut(space).insert(key, Some(value.into()));
    }

    /// Drops a key.
    pub(super) fn remove(&mut self, space: Space, key: Vec<u8>) {
        self.keys_mut(space).insert(key, None);
    }

    /// What the batch says of a key: nothing, or its value or its absence.
    pub(super) fn pending(&self, space: Space, key: &[u8]) -> Option<Option<Slice>> {
        self.keys(space).get(key).cloned()
    }

    fn keys(&self, space: Space) -> &Writes {
        match space {
            Space::Log => &self.log,
            Space::Facts => &self.facts,
            Space::Objects => &self.objects,
            Space::Policies => &self.policies,
            Space::Meta => &self.meta,
        }
    }

    fn keys_mut(&mut self, space: Space) -> &mut Writes {
        match space {
            Space::Log => &mut self.log,
            Space::Facts => &mut self.facts,
            Space::Objects => &mut self.objects,
            Space::Policies => &mut self.policies,
            Space::Meta => &mut self.meta,
        }
    }

    fn len(&self) -> usize {
        [&self.log, &self.facts, &self.objects, &self.policies, &self.meta].iter().map(|keys| keys.len()).sum()
    }
}

fn unreadable(error: Error) -> StoreError {
    refused("read the store's files", error)
}

/// fjall's refusals in our words.
fn refused(doing: &'static str, error: Error) -> StoreError {
    match error {
        Error::Io(source) | Error::Storage(LsmError::Io(source)) => StoreError::Io { doing, source },
        Error::Poisoned => StoreError::Failed,
        Error::InvalidVersion(Some(version)) => {
            StoreError::Newer { found: format!("files of version {}", u8::from(version)) }
        }
        Error::Storage(LsmError::ChecksumMismatch { .. }) => StoreError::broken("a block doesn't have its checksum"),
        Error::JournalRecovery(_) => StoreError::broken("the journal holds bytes that nobody wrote"),
        _ => StoreError::broken("its files can't be read"),
    }
}
