//! Reading: tenants, all that is stored of one, policies, and the log, from snapshots, beside the writer.

use jiff::Timestamp;

use crate::model::revision::Revision;
use crate::model::value::Name;
use crate::store::chain::{Chain, Link, entry_hash, unreadable};
use crate::store::disk::{Disk, Space};
use crate::store::entry::{Entry, EntryHash, Head, PolicyHash, PolicyTexts, TenantId};
use crate::store::error::StoreError;
use crate::store::format::decode_entry;
use crate::store::keys::{meta, policy_key};
use crate::store::load::decode_mark;
use crate::store::moment::Moment;
use crate::store::receipt::{self, Receipt};
use crate::store::row::{Column, Own};
use crate::store::scan::{Seen, scan};

/// A store's reading side: cheap to clone, good for all threads, never in the writer's way.
///
/// Everything it shows is on disk. A commit may be seen a moment before it is acknowledged.
#[derive(Clone)]
pub struct Reader {
    disk: Disk,
}

impl Reader {
    pub(super) fn new(disk: Disk) -> Self {
        Self { disk }
    }

    /// The disk itself, to spoil what lies there.
    #[cfg(test)]
    pub(super) fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The store as it is now, to be looked at for long.
    pub fn moment(&self) -> Moment<'_> {
        Moment::new(self.disk.view())
    }

    /// The store's tenants and their numbers, by number.
    pub fn tenants(&self) -> Result<Vec<(String, TenantId)>, StoreError> {
        let mut tenants = Vec::new();
        for row in self.disk.view().prefix(Space::Meta, meta::NAMES) {
            let (key, name) = row?;
            let tenant = meta::tenant_in(meta::NAMES, &key);
            let name = String::from_utf8(name.to_vec()).ok();
            let (Some(tenant), Some(name)) = (tenant, name) else {
                return Err(StoreError::broken("the list of tenants can't be read"));
            };
            tenants.push((name, tenant));
        }
        Ok(tenants)
    }

    /// Where a tenant's log ends.
    pub fn head(&self, tenant: TenantId) -> Result<Head, StoreError> {
        let head = self.disk.view().get(Space::Meta, &meta::of_tenant(meta::HEADS, tenant))?;
        decode_head(tenant, head.as_deref())
    }

    /// Shows all that is stored of a tenant, at one revision: its objects by type and ordinal, then its facts in the
    /// order of their keys (relation, column types, values), each with the revision at which it was written. Facts of
    /// life aren't among them: an object says itself whether it is alive.
    ///
    /// Another thread reads the rows off the disk meanwhile.
    ///
    /// # Errors
    /// `store-damaged` when the rows aren't those that the log's head vouches for. It comes at the end: what was
    /// shown before may be used only when this function has returned well.
    pub fn read_tenant(&self, tenant: TenantId, visitor: &mut impl Visitor) -> Result<Head, StoreError> {
        let view = self.disk.view();
        let head = view.get(Space::Meta, &meta::of_tenant(meta::HEADS, tenant))?;
        let head = decode_head(tenant, head.as_deref())?;
        let mark = view.get(Space::Meta, &meta::of_tenant(meta::LOADS, tenant))?;
        let mark = mark.map(|mark| decode_mark(tenant, &mark)).transpose()?;
        let Seen { digest, n_objects, n_facts } = scan(&view, tenant, &head, mark, visitor)?;
        if (n_objects, n_facts, digest.0) != (head.objects, head.facts, head.digest) {
            return Err(StoreError::damaged(tenant, head.revision, "the stored facts aren't those that the log wrote"));
        }
        Ok(head)
    }

    /// What became of a write with an idempotency key, if it was within 24 hours before `now`.
    pub fn receipt(&self, tenant: TenantId, key: &Name, now: Timestamp) -> Result<Option<Receipt>, StoreError> {
        let found = receipt::find(&self.disk.view(), tenant, key)?;
        Ok(found.filter(|receipt| !receipt.has_expired(now)))
    }

    /// The texts of a policy, if the store has it.
    pub fn policy(&self, policy: PolicyHash) -> Result<Option<PolicyTexts>, StoreError> {
        let Some(bytes) = self.disk.view().get(Space::Policies, &policy_key(policy))? else {
            return Ok(None);
        };
        let texts = PolicyTexts::decode(&bytes).filter(|texts| texts.hash() == policy);
        let damaged = || StoreError::broken(format!("the texts of policy `{policy}` aren't what its name says"));
        texts.map(Some).ok_or_else(damaged)
    }

    /// The entries of a tenant after a revision, oldest first, up to the head of this moment.
    ///
    /// # Errors
    /// `revision-ahead` when the tenant hasn't reached `after`. Each entry comes only if it follows on the one before;
    /// the last one is the head's, or the last item is an error.
    pub fn read_from(&self, tenant: TenantId, after: Revision) -> Result<Entries, StoreError> {
        let view = self.disk.view();
        let head = view.get(Space::Meta, &meta::of_tenant(meta::HEADS, tenant))?;
        let head = decode_head(tenant, head.as_deref())?;
        if after > head.revision {
            return Err(StoreError::RevisionAhead { asked: after, head: head.revision });
        }
        let after = match after {
            Revision(0) => Link::START,
            // The chain needs the hash of the entry before the first that is asked for.
            revision => match entry_hash(&view, tenant, revision)? {
                Some(hash) => Link { revision, hash },
                None => {
                    return Err(StoreError::damaged(tenant, revision, "an entry of the log is missing"));
                }
            },
        };
        let chain = Chain::beside_a_load(&view, tenant, after, head.link());
        Ok(Entries { tenant, head: head.revision, chain })
    }
}

/// What looks at all that is stored of a tenant, in the order of [`Reader::read_tenant`].
pub trait Visitor {
    /// The objects that follow are of this type.
    fn objects_of(&mut self, kind: &Name);

    /// An object, with its ordinal among the objects of its type, and whether it is alive. One that died and came again has
    /// a second ordinal.
    fn object(&mut self, ordinal: u32, is_alive: bool, id: &str);

    /// The facts that follow are of this relation, and have these columns.
    fn facts_of(&mut self, relation: &Name, columns: &[Column]);

    /// Facts: their values, flattened, a value for each column; and for each fact the revision at which it was written.
    fn facts(&mut self, values: &[Own<'_>], revisions: &[Revision]);
}

/// The entries of a log, in order, each checked against the one before.
pub struct Entries {
    tenant: TenantId,
    head: Revision,
    chain: Chain,
}

impl Entries {
    /// The revision of the last entry.
    pub fn head(&self) -> Revision {
        self.head
    }

    /// The hash of the entry that came last; before the first one, the hash that it must name.
    pub fn hash(&self) -> EntryHash {
        self.chain.link().hash
    }
}

impl Iterator for Entries {
    type Item = Result<Entry, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(
            self.chain
                .next()?
                .and_then(|raw| decode_entry(&raw.bytes).map_err(|why| unreadable(self.tenant, raw.revision, why))),
        )
    }
}

/// A tenant's head from its bytes.
pub(super) fn decode_head(tenant: TenantId, bytes: Option<&[u8]>) -> Result<Head, StoreError> {
    let Some(bytes) = bytes else {
        return Err(StoreError::UnknownTenant { tenant: tenant.0.to_string() });
    };
    Head::decode(bytes).ok_or_else(|| StoreError::Damaged {
        tenant: Some(tenant),
        name: None,
        revision: None,
        found: "its head can't be read".to_owned(),
    })
}

/// Whether an object is alive, and its id, from its row's value.
pub(super) fn decode_object(value: &[u8]) -> Option<(bool, &str)> {
    let (alive, id) = value.split_first()?;
    let id = std::str::from_utf8(id).ok()?;
    (*alive <= 1).then_some((*alive == 1, id))
}
