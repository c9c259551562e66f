//! The log and the current facts of all tenants on disk. Knows no rules.
//!
//! One process opens a [`Store`], which appends to the logs; its [`Reader`]s look on from any thread. A commit that
//! was acknowledged is on disk, and a store that lost one refuses to open.
//!
//! ```text
//! DIR/lock        which process has the store open                     lock.rs
//! DIR/watermark   the last acknowledged revision of each tenant        watermark.rs
//! DIR/data/       fjall's files: log, facts, objects, policies, meta   disk.rs, keys.rs, format.rs
//! ```
//!
//! Most commits go through fjall's journal (`writer.rs`, `draft.rs`), loads past it (`load.rs`, `ingest.rs`, `ranks.rs`).

pub mod audit;
pub mod backup;
mod bytes;
mod chain;
mod digest;
mod disk;
mod draft;
pub mod entry;
pub mod error;
#[cfg(test)]
mod fault;
mod format;
mod ingest;
mod keys;
pub mod limits;
pub mod load;
mod lock;
pub mod log;
mod manifests;
pub mod moment;
pub mod ranks;
pub mod reader;
pub mod receipt;
mod recover;
mod replay;
pub mod restore;
pub mod row;
mod scan;
mod watermark;
mod writer;

use std::path::Path;

use uuid::Uuid;

use crate::model::revision::Revision;
use crate::store::entry::{Commit, Entry, Head, TenantId};
use crate::store::error::StoreError;
use crate::store::load::Load;
use crate::store::log::Log;
use crate::store::ranks::Values;
use crate::store::reader::Reader;
use crate::store::receipt::Receipt;
use crate::store::recover::Recovered;
use crate::store::writer::Writer;

/// An open store: a directory with fjall's files, the watermark and the lock.
///
/// Dropping it sets a checkpoint, so that the next opening is quick, and closes it once its last [`Reader`] is gone.
pub struct Store {
    uuid: Uuid,
    writer: Writer,
    reader: Reader,
}

impl Store {
    /// Opens the store in a directory, which is made if it isn't there.
    ///
    /// # Errors
    /// `store-held` when another process has it open; `store-foreign` when the directory holds something else;
    /// `store-newer` when a newer release wrote it; `store-damaged` when it isn't what was acknowledged.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let Recovered { uuid, disk, watermark, tenants } = recover::recover(directory)?;
        let reader = Reader::new(disk.clone());
        Ok(Self { uuid, writer: Writer::new(disk, watermark, tenants), reader })
    }

    /// The store's own number, made with it and never changed.
    pub fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// The names of the tenants and their numbers, by name.
    pub fn tenants(&self) -> impl Iterator<Item = (&str, TenantId)> {
        self.writer.tenants.numbers.iter().map(|(name, tenant)| (name.as_str(), *tenant))
    }

    /// The number of a tenant.
    pub fn tenant(&self, name: &str) -> Option<TenantId> {
        self.writer.tenants.numbers.get(name).copied()
    }

    /// Appends a transaction of many inserts, past the journal; as durable as any other when this returns.
    ///
    /// # Errors
    /// As [`Log::append`].
    pub fn load<V: Values>(&mut self, load: &Load<'_, V>) -> Result<Head, StoreError> {
        self.writer.load(load)
    }

    /// Remembers writes that changed nothing, by their idempotency keys. Durable when this returns.
    ///
    /// # Errors
    /// `store-io`, after which nothing more is written.
    pub fn remember(&mut self, receipts: &[(TenantId, Receipt)]) -> Result<(), StoreError> {
        self.writer.remember(receipts)
    }

    /// The reading side, for this thread or any other.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }
}

impl Log for Store {
    fn append(&mut self, group: &[Commit]) -> Result<Vec<(TenantId, Head)>, StoreError> {
        self.writer.append(group)
    }

    fn read_from(
        &self,
        tenant: TenantId,
        after: Revision,
    ) -> Result<impl Iterator<Item = Result<Entry, StoreError>>, StoreError> {
        self.reader.read_from(tenant, after)
    }

    fn head(&self, tenant: TenantId) -> Option<Head> {
        self.writer.tenants.heads.get(&tenant).copied()
    }

    fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.writer.checkpoint()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Without a checkpoint the next opening takes longer, and that is all.
        let _ = self.writer.checkpoint();
    }
}

#[cfg(test)]
mod tests;
