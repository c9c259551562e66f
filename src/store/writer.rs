//! The one writer: groups of commits, each one batch, one sync, and one mark of what was acknowledged.

use std::collections::BTreeMap;

use crate::store::chain::Link;
use crate::store::disk::{Batch, Disk, Space};
use crate::store::draft::{Draft, Drafted};
use crate::store::entry::{Commit, Head, TenantId};
use crate::store::error::StoreError;
use crate::store::keys::meta;
use crate::store::recover::Tenants;
use crate::store::watermark::Watermark;

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
        self.watermark.advance(&heads.iter().map(|(tenant, head)| (*tenant, (head.revision, head.hash))).collect())?;
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
