//! Receipts: what became of a write with an idempotency key, kept for 24 hours by the log's time.

use jiff::Timestamp;

use crate::model::revision::Revision;
use crate::model::value::Name;
use crate::store::bytes::Bytes;
use crate::store::disk::{Batch, Space, View};
use crate::store::entry::TenantId;
use crate::store::error::StoreError;
use crate::store::keys::meta;

/// For how long a key is known.
pub const KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// How many expired receipts go with each new one: more than come, so that they don't pile up.
const SWEPT: usize = 4;

/// What became of a write with an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The key.
    pub key: Name,
    /// When it was written.
    pub time: Timestamp,
    /// The hash of what was asked: another write under this key is an error.
    pub request: [u8; 32],
    /// The revision that it answered.
    pub revision: Revision,
    /// Whether it made that revision; else it changed nothing.
    pub made: bool,
}

impl Receipt {
    /// Whether its key is forgotten by then.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        now.duration_since(self.time) > KEPT
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.made)];
        bytes.extend(self.revision.0.to_be_bytes());
        bytes.extend(self.time.as_second().to_be_bytes());
        bytes.extend(self.request);
        bytes
    }

    fn decode(key: &Name, bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes::new(bytes);
        let made = bytes.u8()?;
        let revision = Revision(bytes.u64()?);
        let time = Timestamp::from_second(i64::from_be_bytes(bytes.array()?)).ok()?;
        let request = bytes.array()?;
        (made <= 1).then_some(Self { key: key.clone(), time, request, revision, made: made == 1 })
    }
}

/// The receipt of a key, expired or not.
pub(super) fn find(view: &View<'_>, tenant: TenantId, key: &Name) -> Result<Option<Receipt>, StoreError> {
    let Some(bytes) = view.get(Space::Meta, &receipt_key(tenant, key))? else {
        return Ok(None);
    };
    let damaged = || StoreError::broken("the record of an idempotency key can't be read");
    Receipt::decode(key, &bytes).map(Some).ok_or_else(damaged)
}

/// Adds a receipt to a batch, and takes some out that have expired.
pub(super) fn put(batch: &mut Batch, view: &View<'_>, tenant: TenantId, receipt: &Receipt) -> Result<(), StoreError> {
    // A key that comes again after it expired leaves its old place in the order behind.
    if let Some(before) = find(view, tenant, &receipt.key)? {
        batch.remove(Space::Meta, expiry_key(tenant, before.time, &before.key));
    }
    let mut n_swept = 0;
    for row in view.prefix(Space::Meta, &meta::of_tenant(meta::EXPIRIES, tenant)) {
        let (key, _) = row?;
        // Others of this batch have swept before.
        if batch.pending(Space::Meta, &key).is_some() {
            continue;
        }
        let damaged = || StoreError::broken("the order of the idempotency keys can't be read");
        let (time, name) = read_expiry(&key).ok_or_else(damaged)?;
        if n_swept == SWEPT || receipt.time.duration_since(time) <= KEPT {
            break;
        }
        n_swept += 1;
        let swept = [&meta::of_tenant(meta::RECEIPTS, tenant), name].concat();
        batch.remove(Space::Meta, key.to_vec());
        // One that this batch gives anew stays.
        if batch.pending(Space::Meta, &swept).is_none() {
            batch.remove(Space::Meta, swept);
        }
    }
    batch.put(Space::Meta, receipt_key(tenant, &receipt.key), &receipt.encode());
    batch.put(Space::Meta, expiry_key(tenant, receipt.time, &receipt.key), &[]);
    Ok(())
}

fn receipt_key(tenant: TenantId, key: &str) -> Vec<u8> {
    [&meta::of_tenant(meta::RECEIPTS, tenant), key.as_bytes()].concat()
}

fn expiry_key(tenant: TenantId, time: Timestamp, key: &str) -> Vec<u8> {
    let seconds = (time.as_second() as u64 ^ (1 << 63)).to_be_bytes();
    [&meta::of_tenant(meta::EXPIRIES, tenant), seconds.as_slice(), key.as_bytes()].concat()
}

/// The time and the idempotency key in the key of an expiry.
fn read_expiry(key: &[u8]) -> Option<(Timestamp, &[u8])> {
    let rest = key.get(meta::EXPIRIES.len() + 4..)?;
    let (seconds, name) = rest.split_first_chunk::<8>()?;
    let seconds = (u64::from_be_bytes(*seconds) ^ (1 << 63)) as i64;
    Some((Timestamp::from_second(seconds).ok()?, name))
}
