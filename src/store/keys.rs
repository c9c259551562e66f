//! The keys of everything on disk: injective, none the beginning of another, and sorted as what they stand for.
//!
//! | keyspace | key | value |
//! | --- | --- | --- |
//! | `log` | tenant u32, revision u64, part u32 | a part of the entry's bytes (`format.rs`), 1 MiB but for the last |
//! | `facts` | tenant u32, fact | revision u64 at which it was written |
//! | `objects` | tenant u32, type text, ordinal u32 | alive u8 (0 or 1), then the id to the end |
//! | `policies` | content hash, 32 bytes | main text, files u32, then name and text of each |
//! | `meta` | `0` | format version u32, store uuid 16 bytes |
//! | | `1`, tenant u32 | the tenant's name to the end |
//! | | `2`, tenant u32 | head (`format.rs`) |
//! | | `3`, tenant u32 | checkpoint: the head up to which the chain is known to verify, revision u64 and hash |
//! | | `5`, tenant u32, idempotency key text | what became of a write (`receipt.rs`) |
//! | | `6`, tenant u32, seconds since 1970 i64, sign bit flipped, idempotency key text | nothing: in which order they expire |
//! | | `4`, tenant u32 | load under way (`load.rs`): revision u64, and for each type its name and the first ordinal u32 |
//!
//! Numbers are big-endian, so that they sort. Dead objects stay, so that their ordinals are never given again.
//!
//! A fact is its signature, then its values; facts of one variant lie together:
//!
//! ```text
//! signature = relation text, { column }, 00
//! column    = 01 type text                  object
//!           | 02 type text                  constant
//!           | 03 type text, relation text   subject set
//!           | 04 type text                  everyone of a type
//!           | 05 | 06 | 07                  text, integer, time
//! value     = text                          id of an object, a constant or a set's object; text
//!           |                               everyone: nothing to add
//!           | i64, sign bit flipped         integer
//!           | i128, sign bit flipped        time, nanoseconds since 1970
//! text      = UTF-8 with 00 written as 00 FF, ended by 00 00
//! ```
//!
//! Texts sort byte by byte, as `str` does: the end 00 00 lies before every continuation, an inner 00 FF included.
//!
//! INVARIANT: a key is never empty and never longer than [`MAX_KEY_BYTES`]: fjall panics on either.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::model::fact::Fact;
use crate::model::revision::Revision;
use crate::model::value::{Name, Value};
use crate::store::bytes::Bytes;
use crate::store::entry::{PolicyHash, TenantId};
use crate::store::row::{Column, Own};

/// The longest key that fjall takes.
pub(super) const MAX_KEY_BYTES: usize = 65_535;

/// The keys of `meta`.
pub(super) mod meta {
    use crate::store::entry::TenantId;

    /// Format version and uuid.
    pub(in crate::store) const FORMAT: &[u8] = &[0];
    /// Before each tenant's name.
    pub(in crate::store) const NAMES: &[u8] = &[1];
    /// Before each tenant's head.
    pub(in crate::store) const HEADS: &[u8] = &[2];
    /// Before each tenant's checkpoint.
    pub(in crate::store) const CHECKPOINTS: &[u8] = &[3];

    /// Before each tenant's load under way.
    pub(in crate::store) const LOADS: &[u8] = &[4];
    /// Before each tenant's idempotency keys.
    pub(in crate::store) const RECEIPTS: &[u8] = &[5];
    /// Before each tenant's idempotency keys in the order of their time.
    pub(in crate::store) const EXPIRIES: &[u8] = &[6];

    /// The key of a tenant's record of one sort.
    pub(in crate::store) fn of_tenant(sort: &[u8], tenant: TenantId) -> Vec<u8> {
        [sort, &tenant.0.to_be_bytes()].concat()
    }

    /// The tenant of such a key.
    pub(in crate::store) fn tenant_in(sort: &[u8], key: &[u8]) -> Option<TenantId> {
        let number = key.strip_prefix(sort)?.try_into().ok()?;
        Some(TenantId(u32::from_be_bytes(number)))
    }
}

/// What the keys of one tenant begin with, in `log`, `facts` and `objects`.
pub(super) fn of_tenant(tenant: TenantId) -> [u8; 4] {
    tenant.0.to_be_bytes()
}

/// The key of a part of a log entry.
pub(super) fn log_key(tenant: TenantId, revision: Revision, part: u32) -> Vec<u8> {
    let mut key = of_tenant(tenant).to_vec();
    key.extend_from_slice(&revision.0.to_be_bytes());
    key.extend_from_slice(&part.to_be_bytes());
    key
}

/// Revision and part of a key of `log`.
pub(super) fn decode_log_key(key: &[u8]) -> Option<(Revision, u32)> {
    let mut bytes = Bytes::new(key);
    bytes.u32()?;
    let (revision, part) = (Revision(bytes.u64()?), bytes.u32()?);
    bytes.is_at_end().then_some((revision, part))
}

/// The key of an object.
pub(super) fn object_key(tenant: TenantId, kind: &str, ordinal: u32) -> Vec<u8> {
    let mut key = of_tenant(tenant).to_vec();
    put_text(&mut key, kind);
    key.extend_from_slice(&ordinal.to_be_bytes());
    key
}

/// Type and ordinal of a key of `objects`.
pub(super) fn decode_object_key(key: &[u8]) -> Option<(Cow<'_, str>, u32)> {
    let mut bytes = Bytes::new(key);
    bytes.u32()?;
    let (kind, ordinal) = (take_text(&mut bytes)?, bytes.u32()?);
    bytes.is_at_end().then_some((kind, ordinal))
}

/// The key of a policy.
pub(super) fn policy_key(policy: PolicyHash) -> Vec<u8> {
    policy.0.to_vec()
}

/// The key of a fact.
pub(super) fn fact_key(tenant: TenantId, fact: &Fact) -> Vec<u8> {
    let mut key = of_tenant(tenant).to_vec();
    put_fact(&mut key, fact);
    key
}

/// Writes a fact: signature, then values.
pub(super) fn put_fact(out: &mut Vec<u8>, fact: &Fact) {
    put_text(out, &fact.relation);
    for value in &fact.values {
        match value {
            Value::Object(object) => put_column(out, 1, &[&object.kind]),
            Value::Constant(constant) => put_column(out, 2, &[&constant.kind]),
            Value::Set(object, relation) => put_column(out, 3, &[&object.kind, relation]),
            Value::Everyone(kind) => put_column(out, 4, &[kind]),
            Value::Text(_) => put_column(out, 5, &[]),
            Value::Integer(_) => put_column(out, 6, &[]),
            Value::Time(_) => put_column(out, 7, &[]),
        }
    }
    out.push(0);
    for value in &fact.values {
        match value {
            Value::Object(object) | Value::Constant(object) | Value::Set(object, _) => {
                put_text(out, &object.id);
            }
            Value::Everyone(_) => {}
            Value::Text(text) => put_text(out, text),
            Value::Integer(integer) => put_integer(out, *integer),
            Value::Time(time) => put_time(out, *time),
        }
    }
}

/// Writes the signature of a variant's facts.
pub(super) fn put_signature(out: &mut Vec<u8>, relation: &str, columns: &[Column]) {
    put_text(out, relation);
    for column in columns {
        match column {
            Column::Object(kind) => put_column(out, 1, &[kind]),
            Column::Constant(kind) => put_column(out, 2, &[kind]),
            Column::Set(kind, relation) => put_column(out, 3, &[kind, relation]),
            Column::Everyone(kind) => put_column(out, 4, &[kind]),
            Column::Text => put_column(out, 5, &[]),
            Column::Integer => put_column(out, 6, &[]),
            Column::Time => put_column(out, 7, &[]),
        }
    }
    out.push(0);
}

/// Writes an integer, so that it sorts.
pub(super) fn put_integer(out: &mut Vec<u8>, integer: i64) {
    out.extend_from_slice(&(integer.cast_unsigned() ^ (1 << 63)).to_be_bytes());
}

/// Writes a time, so that it sorts.
pub(super) fn put_time(out: &mut Vec<u8>, time: Timestamp) {
    let nanos = time.as_nanosecond().cast_unsigned() ^ (1 << 127);
    out.extend_from_slice(&nanos.to_be_bytes());
}

fn put_column(out: &mut Vec<u8>, tag: u8, names: &[&Name]) {
    out.push(tag);
    for name in names {
        put_text(out, name);
    }
}

/// Writes a text, so that it sorts.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    while let Some(n) = rest.iter().position(|byte| *byte == 0) {
        let (before, after) = rest.split_at_checked(n + 1).unwrap_or((rest, &[]));
        out.extend_from_slice(before);
        out.push(0xFF);
        rest = after;
    }
    out.extend_from_slice(rest);
    out.extend_from_slice(&[0, 0]);
}

fn take_text<'a>(bytes: &mut Bytes<'a>) -> Option<Cow<'a, str>> {
    let text = take_unescaped(bytes)?;
    if bytes.array()? == [0, 0] {
        return std::str::from_utf8(text).ok().map(Cow::Borrowed);
    }
    // Each turn is behind an escape; anything else was refused where it was taken.
    let mut text = text.to_vec();
    loop {
        text.push(0);
        text.extend_from_slice(take_unescaped(bytes)?);
        if bytes.array()? == [0, 0] {
            return String::from_utf8(text).ok().map(Cow::Owned);
        }
    }
}

/// The bytes before the next 00, which must begin an end or an escape.
fn take_unescaped<'a>(bytes: &mut Bytes<'a>) -> Option<&'a [u8]> {
    let n = bytes.rest().iter().position(|byte| *byte == 0)?;
    matches!(bytes.rest().get(n + 1)?, 0 | 0xFF).then(|| bytes.take(n))?
}

/// Reads facts, remembering the last signature: the facts of a variant come in a row, and share its names.
#[derive(Debug, Default)]
pub(super) struct FactReader {
    /// The last signature's bytes. No signature is the beginning of another, so a match is the same signature.
    last: Vec<u8>,
    signature: Option<Signature>,
}

/// What the facts of a variant share.
#[derive(Debug)]
pub(super) struct Signature {
    pub(super) relation: Name,
    pub(super) columns: Vec<Column>,
}

impl FactReader {
    /// Adds the values of a key of `facts`; answers with its signature, and whether that is another than before.
    pub(super) fn read_key<'a>(&mut self, key: &'a [u8], values: &mut Vec<Own<'a>>) -> Option<(&Signature, bool)> {
        let mut bytes = Bytes::new(key);
        bytes.u32()?;
        let is_new = self.take_signature(&mut bytes)?;
        let signature = self.signature.as_ref()?;
        for column in &signature.columns {
            values.push(take_own(&mut bytes, column)?);
        }
        bytes.is_at_end().then_some((signature, is_new))
    }

    /// The next fact, whose bytes tell where it ends.
    pub(super) fn take(&mut self, bytes: &mut Bytes<'_>) -> Option<Fact> {
        self.take_signature(bytes)?;
        let Signature { relation, columns } = self.signature.as_ref()?;
        let value = |column| take_own(bytes, column).and_then(|own| Column::value(column, &own));
        let values = columns.iter().map(value).collect::<Option<_>>()?;
        Some(Fact { relation: relation.clone(), values })
    }

    /// Takes a signature; true if it is another than before.
    fn take_signature(&mut self, bytes: &mut Bytes<'_>) -> Option<bool> {
        if self.signature.is_some() && bytes.rest().starts_with(&self.last) {
            bytes.take(self.last.len())?;
            return Some(false);
        }
        let before = bytes.rest();
        self.signature = None;
        let signature = take_signature(bytes)?;
        let n = before.len().checked_sub(bytes.rest().len())?;
        self.last = before.get(..n)?.to_vec();
        self.signature = Some(signature);
        Some(true)
    }
}

fn take_signature(bytes: &mut Bytes<'_>) -> Option<Signature> {
    let relation = take_text(bytes)?.into();
    let mut columns = Vec::new();
    loop {
        columns.push(match bytes.u8()? {
            0 => return Some(Signature { relation, columns }),
            1 => Column::Object(take_text(bytes)?.into()),
            2 => Column::Constant(take_text(bytes)?.into()),
            3 => Column::Set(take_text(bytes)?.into(), take_text(bytes)?.into()),
            4 => Column::Everyone(take_text(bytes)?.into()),
            5 => Column::Text,
            6 => Column::Integer,
            7 => Column::Time,
            _ => return None,
        });
    }
}

fn take_own<'a>(bytes: &mut Bytes<'a>, column: &Column) -> Option<Own<'a>> {
    Some(match column {
        Column::Object(_) | Column::Constant(_) | Column::Set(..) | Column::Text => Own::Text(take_text(bytes)?),
        Column::Everyone(_) => Own::Nothing,
        Column::Integer => Own::Integer((bytes.u64()? ^ (1 << 63)).cast_signed()),
        Column::Time => {
            let nanos = (bytes.u128()? ^ (1 << 127)).cast_signed();
            Own::Time(Timestamp::from_nanosecond(nanos).ok()?)
        }
    })
}

#[cfg(test)]
mod tests;
