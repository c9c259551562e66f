//! Opening: what is on disk is held against what was acknowledged, before anything is served.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use uuid::Uuid;

use crate::model::revision::Revision;
use crate::store::bytes::Bytes;
use crate::store::chain::{Chain, Link, entry_hash};
use crate::store::disk::{Batch, Disk, Space, View};
use crate::store::entry::{EntryHash, Head, TenantId};
use crate::store::error::StoreError;
use crate::store::format::STORE_VERSION;
use crate::store::keys::meta;
use crate::store::lock::{self, Lock};
use crate::store::reader::{Reader, decode_head};
use crate::store::watermark::{self, Found, Marks, Watermark};

/// The directory of fjall's files within the store's.
const DATA: &str = "data";

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
/// A group is one batch, so a crash leaves no half of one behind and nothing has to be undone: what lies behind a head
/// is damage like any other.
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
    verify(&disk, &found, &tenants).map_err(|error| error.naming(&tenants.numbers))?;
    // From here on everything found is served, so it counts as acknowledged.
    let marks = tenants.heads.iter().map(|(tenant, head)| (*tenant, (head.revision, head.hash)));
    let watermark = Watermark::open(directory, Some(found), *uuid.as_bytes(), marks.collect())?;
    Ok(Recovered { uuid, disk, watermark, tenants })
}

/// Holds each tenant's log against the watermark, and against its own chain.
fn verify(disk: &Disk, found: &Found, tenants: &Tenants) -> Result<(), StoreError> {
    let view = disk.view();
    for (tenant, (revision, hash)) in &found.marks {
        check_mark(&view, *tenant, tenants.heads.get(tenant), *revision, *hash)?;
    }
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

fn check_mark(
    view: &View<'_>,
    tenant: TenantId,
    head: Option<&Head>,
    revision: Revision,
    hash: EntryHash,
) -> Result<(), StoreError> {
    let damaged = |found: String| Err(StoreError::damaged(tenant, revision, found));
    let at = head.map_or(Revision(0), |head| head.revision);
    if at < revision {
        return damaged(format!("revision {} was acknowledged, but the data ends at {}", revision.0, at.0));
    }
    if entry_hash(view, tenant, revision)? != Some(hash) {
        return damaged("the log's entry isn't the one that was acknowledged".to_owned());
    }
    Ok(())
}
