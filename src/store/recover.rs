//! Opening: what is on disk is held against what was acknowledged, before anything is served.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use uuid::Uuid;

use crate::model::revision::Revision;
use crate::store::bytes::Bytes;
use crate::store::chain::{Chain, Link, entry_hash};
use crate::store::disk::{Batch, Disk, Space, View};
use crate::store::entry::{Head, TenantId};
use crate::store::error::StoreError;
use crate::store::format::STORE_VERSION;
use crate::store::keys::{log_key, meta};
use crate::store::load::{decode_mark, drop_tail};
use crate::store::lock::{self, Lock};
use crate::store::reader::{Reader, decode_head};
use crate::store::watermark::{self, Found, Marks, Watermark};

/// The directory of fjall's files within the store's.
pub(super) const DATA: &str = "data";

/// A store that may be served.
pub(super) struct Recovered {
    pub(super) uuid: Uuid,
    pub(super) disk: Disk,
    pub(super) watermark: Watermark,
    pub(super) tenants: Tenants,
}

/// What the writer knows of the tenants.
#[derive(Debug, Default)]
pub(super) struct Tenants {
    /// Where each log ends.
    pub(super) heads: BTreeMap<TenantId, Head>,
    /// Up to where each chain is known to verify.
    pub(super) checkpoints: BTreeMap<TenantId, Link>,
    /// The number of each name.
    pub(super) numbers: BTreeMap<String, TenantId>,
}

/// Opens the files of a directory.
///
/// Each tenant's log must reach the watermark and have its hash there, and must verify from its last checkpoint on.
/// A group is one batch, so a crash leaves no half of one behind. A load is several steps, of which a mark tells: what lies
/// behind its head is dropped. Without a mark, what lies behind a head is damage like any other.
pub(super) fn recover(directory: &Path) -> Result<Recovered, StoreError> {
    check_directory(directory)?;
    let lock = Lock::acquire(directory)?;
    let found = watermark::read(directory)?;
    let disk = Disk::open(&directory.join(DATA), lock)?;
    let Some(format) = disk.view().get(Space::Meta, meta::FORMAT)? else {
        return create(directory, disk, found);
    };
    let uuid = check_format(&format)?;
    let found = found.ok_or_else(|| StoreError::broken("the watermark is missing"))?;
    if found.uuid != *uuid.as_bytes() {
        return Err(StoreError::broken("the watermark is that of another store"));
    }
    let tenants = read_tenants(&disk)?;
    let naming = |error: StoreError| error.naming(&tenants.numbers);
    // IMPORTANT: before anything is dropped: a load that was acknowledged must not be taken for one that wasn't.
    check_marks(&disk, &found, &tenants).map_err(naming)?;
    drop_tails(&disk)?;
    verify(&disk, &tenants).map_err(naming)?;
    // From here on everything found is served, so it counts as acknowledged.
    let marks = tenants.heads.iter().map(|(tenant, head)| (*tenant, (head.revision, head.hash)));
    let watermark = Watermark::open(directory, Some(found), *uuid.as_bytes(), marks.collect())?;
    Ok(Recovered { uuid, disk, watermark, tenants })
}

/// Drops what loads left behind whose heads aren't there.
fn drop_tails(disk: &Disk) -> Result<(), StoreError> {
    for row in disk.view().prefix(Space::Meta, meta::LOADS) {
        let (key, value) = row?;
        let tenant = meta::tenant_in(meta::LOADS, &key);
        let tenant = tenant.ok_or_else(|| StoreError::broken("the key of a load's mark can't be read"))?;
        drop_tail(disk, tenant, &decode_mark(tenant, &value)?)?;
    }
    Ok(())
}

/// Holds each tenant's log against the watermark.
fn check_marks(disk: &Disk, found: &Found, tenants: &Tenants) -> Result<(), StoreError> {
    let view = disk.view();
    for (tenant, (revision, hash)) in &found.marks {
        let mark = Link { revision: *revision, hash: *hash };
        let is_checked = tenants.checkpoints.get(tenant) == Some(&mark);
        check_mark(&view, *tenant, tenants.heads.get(tenant), mark, is_checked)?;
    }
    Ok(())
}

/// Holds each tenant's log against its own chain, from its last checkpoint on.
fn verify(disk: &Disk, tenants: &Tenants) -> Result<(), StoreError> {
    let view = disk.view();
    for (tenant, head) in &tenants.heads {
        let checkpoint = tenants.checkpoints.get(tenant).copied().unwrap_or(Link::START);
        for entry in Chain::new(&view, *tenant, checkpoint, head.link()) {
            entry?;
        }
    }
    Ok(())
}

/// Refuses a directory that holds other things than a store.
fn check_directory(directory: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(directory).map_err(StoreError::io("make the store's directory"))?;
    let is_empty = fs::read_dir(directory).map(|mut entries| entries.next().is_none());
    let is_empty = is_empty.map_err(StoreError::io("read the store's directory"))?;
    if is_empty || directory.join(lock::FILE).exists() {
        Ok(())
    } else {
        Err(StoreError::Foreign { directory: directory.to_owned() })
    }
}

/// Makes a store in files that hold nothing yet.
fn create(directory: &Path, disk: Disk, found: Option<Found>) -> Result<Recovered, StoreError> {
    if found.is_some_and(|found| !found.marks.is_empty()) {
        return Err(StoreError::broken("everything that was acknowledged is missing"));
    }
    let uuid = Uuid::new_v4();
    // IMPORTANT: the watermark first. A store with a format and no watermark is taken for a damaged one.
    let watermark = Watermark::create(directory, *uuid.as_bytes(), Marks::new())?;
    let mut format = STORE_VERSION.to_be_bytes().to_vec();
    format.extend_from_slice(uuid.as_bytes());
    let mut batch = Batch::default();
    batch.put(Space::Meta, meta::FORMAT.to_vec(), &format);
    disk.commit(batch)?;
    Ok(Recovered { uuid, disk, watermark, tenants: Tenants::default() })
}

fn check_format(format: &[u8]) -> Result<Uuid, StoreError> {
    let mut bytes = Bytes::new(format);
    match (bytes.u32(), bytes.array()) {
        (Some(newer), _) if newer > STORE_VERSION => Err(StoreError::Newer { found: format!("format {newer}") }),
        (Some(STORE_VERSION), Some(uuid)) => Ok(Uuid::from_bytes(uuid)),
        _ => Err(StoreError::broken("the format's version can't be read")),
    }
}

fn read_tenants(disk: &Disk) -> Result<Tenants, StoreError> {
    let mut tenants = Tenants::default();
    for (name, tenant) in Reader::new(disk.clone()).tenants()? {
        tenants.numbers.insert(name, tenant);
    }
    let view = disk.view();
    for row in view.prefix(Space::Meta, meta::HEADS) {
        let (key, value) = row?;
        let tenant = meta::tenant_in(meta::HEADS, &key);
        let tenant = tenant.ok_or_else(|| StoreError::broken("a head's key can't be read"))?;
        tenants.heads.insert(tenant, decode_head(tenant, Some(&value))?);
    }
    for row in view.prefix(Space::Meta, meta::CHECKPOINTS) {
        let (key, value) = row?;
        let tenant = meta::tenant_in(meta::CHECKPOINTS, &key);
        let (Some(tenant), Some(link)) = (tenant, Link::decode(&value)) else {
            return Err(StoreError::broken("a checkpoint can't be read"));
        };
        tenants.checkpoints.insert(tenant, link);
    }
    if tenants.numbers.values().any(|tenant| !tenants.heads.contains_key(tenant))
        || tenants.numbers.len() != tenants.heads.len()
    {
        return Err(StoreError::broken("the tenants' names and heads don't match"));
    }
    Ok(tenants)
}

/// Holds a log against the mark of its tenant. The entry of a checkpoint was known to be whole when that was set, so it is
/// enough that it is there: the last entry may be a load of a hundred megabytes.
fn check_mark(
    view: &View<'_>,
    tenant: TenantId,
    head: Option<&Head>,
    Link { revision, hash }: Link,
    is_checked: bool,
) -> Result<(), StoreError> {
    let damaged = |found: String| Err(StoreError::damaged(tenant, revision, found));
    let at = head.map_or(Revision(0), |head| head.revision);
    if at < revision {
        return damaged(format!("revision {} was acknowledged, but the data ends at {}", revision.0, at.0));
    }
    let is_there = if is_checked {
        view.get(Space::Log, &log_key(tenant, revision, 0))?.is_some()
    } else {
        entry_hash(view, tenant, revision)? == Some(hash)
    };
    if is_there { Ok(()) } else { damaged("the log's entry isn't the one that was acknowledged".to_owned()) }
}
