//! The border to the log: what a shared log on another machine will have to do as well.

use crate::model::revision::Revision;
use crate::store::entry::{Commit, Entry, Head, TenantId};
use crate::store::error::StoreError;

/// An ordered log of transactions and activations for each tenant.
pub trait Log {
    /// Appends a group of commits, in order, all or none of them: each must expect the head that it finds, those
    /// before it in the group included. Answers, for each commit, with its tenant and the head after it, when all of
    /// them are durable.
    ///
    /// # Errors
    /// A refusal of one commit refuses the group, and nothing is written. `store-io` and `store-damaged` leave it open
    /// whether the group is on disk, and every later append is refused with `store-failed`.
    fn append(&mut self, group: &[Commit]) -> Result<Vec<(TenantId, Head)>, StoreError>;

    /// The entries of a tenant after a revision, oldest first, each proved to follow on the one before.
    fn read_from(
        &self,
        tenant: TenantId,
        after: Revision,
    ) -> Result<impl Iterator<Item = Result<Entry, StoreError>>, StoreError>;

    /// Where a tenant's log ends; none for an unknown tenant.
    fn head(&self, tenant: TenantId) -> Option<Head>;

    /// Records that all that is acknowledged was found whole, so that the next opening needn't look at it again.
    fn checkpoint(&mut self) -> Result<(), StoreError>;
}
