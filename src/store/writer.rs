//! The one writer: groups of commits, each one batch, one sync, and one mark of what was acknowledged.

use std::collections::BTreeMap;

use crate::store::chain::Link;
use crate::store::disk::{Batch, Disk, Space};
use crate::store::draft::{Draft, Drafted};
use crate::store::entry::{Commit, Head, TenantId};
use crate::store::error::StoreError;
use crate::store::ingest::Prepared;
use crate::store::keys::meta;
use crate::store::load::Load;
use crate::store::ranks::Values;
use crate::store::receipt::{self, Receipt};
use crate::store::recover::Tenants;
use crate::store::watermark::{Marks, Watermark};

/// A checkpoint is set when so many entries lie behind the last one,
const CHECKPOINT_ENTRIES: u64 = 1024;
/// or so many bytes of log: about what an opening verifies in 50 ms.
const CHECKPOINT_BYTES: u64 = 32 << 20;

/// The writing side of a store.
pub(super) struct Writer {
    disk: Disk,
    pub(super) watermark: Watermark,
    pub(super) tenants: Tenants,
    /// Bytes of log since each tenant's checkpoint, as far as this writer wrote them.
    n_bytes: BTreeMap<TenantId, u64>,
    /// After a failure nobody knows what is on disk: nothing more is written.
    failed: bool,
}

impl Writer {
    pub(super) fn new(disk: Disk, watermark: Watermark, tenants: Tenants) -> Self {
        Self { disk, watermark, tenants, n_bytes: BTreeMap::new(), failed: false }
    }

    /// Writes a group of commits, all or none of them.
    ///
    /// 1. Check them all against what is stored, and make them one batch: a refusal here has written nothing.
    /// 2. Write the batch and sync it: from here on the group is on disk.
    /// 3. Mark the new heads in the watermark and sync it: from here on the store refuses to open without them.
    ///
    /// Only then is the group acknowledged. A failure of 2 or 3 is the last thing that this writer does.
    pub(super) fn append(&mut self, group: &[Commit]) -> Result<Vec<(TenantId, Head)>, StoreError> {
        if self.failed {
            return Err(StoreError::Failed);
        }
        let mut draft = Draft::new(self.disk.view(), &self.tenants);
        let heads = group.iter().map(|commit| draft.add(commit)).collect::<Result<_, _>>()?;
        let drafted = draft.finish();
        self.write(drafted).inspect_err(|_| self.failed = true)?;
        Ok(heads)
    }

    fn write(&mut self, drafted: Drafted) -> Result<(), StoreError> {
        let Drafted { mut batch, heads, numbers, n_bytes } = drafted;
        if heads.is_empty() {
            return Ok(());
        }
        let checkpoints = self.due_checkpoints(&heads);
        for (tenant, link) in &checkpoints {
            put_checkpoint(&mut batch, *tenant, link);
        }
        self.disk.commit(batch)?;
        self.mark(heads.iter().map(|(tenant, head)| (*tenant, (head.revision, head.hash))).collect())?;
        for (tenant, link) in checkpoints {
            self.tenants.checkpoints.insert(tenant, link);
            self.n_bytes.remove(&tenant);
        }
        for (tenant, n) in n_bytes {
            *self.n_bytes.entry(tenant).or_default() += n;
        }
        self.tenants.heads.extend(heads);
        self.tenants.numbers.extend(numbers);
        Ok(())
    }

    /// Writes receipts alone.
    pub(super) fn remember(&mut self, receipts: &[(TenantId, Receipt)]) -> Result<(), StoreError> {
        if self.failed {
            return Err(StoreError::Failed);
        }
        let mut batch = Batch::default();
        let view = self.disk.view();
        for (tenant, receipt) in receipts {
            receipt::put(&mut batch, &view, *tenant, receipt)?;
        }
        self.disk.commit(batch).inspect_err(|_| self.failed = true)
    }

    /// Makes it known that these heads are on disk.
    fn mark(&mut self, heads: Marks) -> Result<(), StoreError> {
        self.disk.may_fail()?;
        self.watermark.advance(&heads)?;
        self.disk.may_fail()
    }

    /// Writes a load: see `load.rs`. A failure after its mark is the last thing that this writer does.
    pub(super) fn load<V: Values>(&mut self, load: &Load<'_, V>) -> Result<Head, StoreError> {
        if self.failed {
            return Err(StoreError::Failed);
        }
        let unknown = || StoreError::UnknownTenant { tenant: load.tenant.0.to_string() };
        let before = self.tenants.heads.get(&load.tenant).copied().ok_or_else(unknown)?;
        if load.expected != before.revision {
            return Err(StoreError::RevisionMismatch { expected: load.expected, head: before.revision });
        }
        let prepared = Prepared::new(load, &before, &self.disk)?;
        self.write_load(load.tenant, &prepared, &before).inspect_err(|_| self.failed = true)
    }

    fn write_load<V: Values>(
        &mut self,
        tenant: TenantId,
        prepared: &Prepared<'_, V>,
        before: &Head,
    ) -> Result<Head, StoreError> {
        prepared.begin(&self.disk)?;
        let ingested = prepared.ingest(&self.disk)?;
        let head = prepared.finish(&self.disk, before, &ingested)?;
        self.mark(BTreeMap::from([(tenant, (head.revision, head.hash))]))?;
        self.tenants.heads.insert(tenant, head);
        self.tenants.checkpoints.insert(tenant, head.link());
        self.n_bytes.remove(&tenant);
        Ok(head)
    }

    /// Records that each chain is known to verify up to its head, so that the next opening needn't walk it.
    pub(super) fn checkpoint(&mut self) -> Result<(), StoreError> {
        if self.failed {
            return Err(StoreError::Failed);
        }
        let mut batch = Batch::default();
        let mut moved = BTreeMap::new();
        for (tenant, head) in &self.tenants.heads {
            let link = head.link();
            if self.tenants.checkpoints.get(tenant) != Some(&link) {
                put_checkpoint(&mut batch, *tenant, &link);
                moved.insert(*tenant, link);
            }
        }
        if moved.is_empty() {
            return Ok(());
        }
        self.disk.commit(batch).inspect_err(|_| self.failed = true)?;
        self.tenants.checkpoints.extend(moved);
        self.n_bytes.clear();
        Ok(())
    }

    /// The acknowledged heads that are worth a checkpoint, of tenants that are being written anyway.
    fn due_checkpoints(&self, group: &BTreeMap<TenantId, Head>) -> BTreeMap<TenantId, Link> {
        let due = |tenant: &TenantId| {
            let link = self.tenants.heads.get(tenant)?.link();
            let last = self.tenants.checkpoints.get(tenant).copied().unwrap_or(Link::START);
            let n_entries = link.revision.0.saturating_sub(last.revision.0);
            let n_bytes = self.n_bytes.get(tenant).copied().unwrap_or(0);
            (n_entries >= CHECKPOINT_ENTRIES || n_bytes >= CHECKPOINT_BYTES).then_some(link)
        };
        group.keys().filter_map(|tenant| Some((*tenant, due(tenant)?))).collect()
    }
}

fn put_checkpoint(batch: &mut Batch, tenant: TenantId, link: &Link) {
    batch.put(Space::Meta, meta::of_tenant(meta::CHECKPOINTS, tenant), &link.encode());
}
