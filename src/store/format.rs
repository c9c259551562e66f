//! The bytes of a log entry, of a head and of a policy's texts.
//!
//! An entry is one string of bytes, cut into parts of 1 MiB under its revision:
//!
//! ```text
//!  ┌─────────┬───────────┬────────────────┬─────────────┬────────────────┬───────────┐
//!  │ version │ length    │ previous       │ revision    │ time           │ policy    │
//!  │ u8 = 1  │ u64       │ 32 bytes       │ u64         │ i128 nanos     │ 32 bytes  │
//!  ├─────────┴─┬─────────┴────────────────┴─┬───────────┴─────┬──────────┴───────────┤
//!  │ actor     │ idempotency key            │ kind            │ changes, if any      │
//!  │ 0 | 1 text│ 0 | 1 text                 │ 0 transaction   │ n u32, then n times  │
//!  │           │                            │ 1 activation    │ mark u8, fact        │
//!  └───────────┴────────────────────────────┴─────────────────┴──────────────────────┘
//! ```
//!
//! - `length` counts the whole entry, so that a missing last part is seen.
//! - `previous` is the BLAKE3 hash of the whole entry before, all parts in a row: the chain covers every byte.
//! - `policy` is the active policy after the entry; an activation names the one that it activates.
//! - `mark` is 1 asked, 2 completed, 3 added; 128 more for a delete. The fact is written as in `keys.rs`.
//! - A text is its length as u32, then its UTF-8. Numbers are big-endian.
//!
//! The version byte comes first for ever; an entry with a greater one is refused as written by a newer release.

use jiff::Timestamp;

use crate::model::revision::Revision;
use crate::model::value::Name;
use crate::store::bytes::{Bytes, put_text};
use crate::store::entry::{Action, Change, Entry, EntryHash, Head, Mark, PolicyHash, PolicyTexts, Record, Sign};
use crate::store::keys::{FactReader, put_fact};

/// The version of the store as a whole: keyspaces, keys, files.
pub(super) const STORE_VERSION: u32 = 1;

/// The version of a log entry.
pub(super) const ENTRY_VERSION: u8 = 1;

/// The size of all parts of an entry but the last.
pub(super) const PART_BYTES: usize = 1 << 20;

/// The place of an entry in its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) revision: Revision,
    pub(super) previous: EntryHash,
    pub(super) policy: PolicyHash,
}

/// Why bytes aren't what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// A newer release wrote them, with this version.
    Newer(u8),
    /// Nobody wrote them so.
    Malformed,
}

/// The bytes of an entry, all parts in a row.
pub(super) fn encode_entry(place: &Place, record: &Record) -> Vec<u8> {
    let (mut entry, mut end) = put_transaction(place, record, 0, 0);
    entry.append(&mut end);
    entry
}

/// The bytes of an entry up to its first change, and of its changes, if so many changes and bytes lie between the two.
pub(super) fn put_transaction(place: &Place, record: &Record, n_more: usize, bytes_more: usize) -> (Vec<u8>, Vec<u8>) {
    let mut out = vec![ENTRY_VERSION];
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&place.previous.0);
    out.extend_from_slice(&place.revision.0.to_be_bytes());
    out.extend_from_slice(&record.time.as_nanosecond().to_be_bytes());
    out.extend_from_slice(&place.policy.0);
    put_optional(&mut out, record.actor.as_ref());
    put_optional(&mut out, record.idempotency_key.as_ref());
    let mut end = Vec::new();
    match &record.action {
        Action::Transaction(changes) => {
            out.push(0);
            let n = u32::try_from(changes.len() + n_more).unwrap_or(u32::MAX);
            out.extend_from_slice(&n.to_be_bytes());
            for change in changes {
                end.push(mark_byte(change));
                put_fact(&mut end, &change.fact);
            }
        }
        Action::Activation(_) => out.push(1),
    }
    let length = (out.len() + bytes_more + end.len()) as u64;
    if let Some(field) = out.get_mut(1..9) {
        field.copy_from_slice(&length.to_be_bytes());
    }
    (out, end)
}

/// How long the entry is of which this is the beginning.
pub(super) fn entry_length(first_part: &[u8]) -> Result<usize, Unreadable> {
    let mut bytes = Bytes::new(first_part);
    check_version(&mut bytes)?;
    bytes.u64().and_then(|length| usize::try_from(length).ok()).ok_or(Unreadable::Malformed)
}

/// The hash of the entry before, and the revision, of an entry's bytes.
pub(super) fn entry_link(entry: &[u8]) -> Result<(EntryHash, Revision), Unreadable> {
    let mut bytes = Bytes::new(entry);
    check_version(&mut bytes)?;
    take_link(&mut bytes).ok_or(Unreadable::Malformed)
}

/// The entry of some bytes. Any bytes yield an entry or why not.
pub(super) fn decode_entry(entry: &[u8]) -> Result<Entry, Unreadable> {
    let mut bytes = Bytes::new(entry);
    check_version(&mut bytes)?;
    if entry_length(entry)? != entry.len() {
        return Err(Unreadable::Malformed);
    }
    take_entry(&mut bytes).filter(|_| bytes.is_at_end()).ok_or(Unreadable::Malformed)
}

fn check_version(bytes: &mut Bytes<'_>) -> Result<(), Unreadable> {
    match bytes.u8() {
        Some(ENTRY_VERSION) => Ok(()),
        Some(newer @ 2..) => Err(Unreadable::Newer(newer)),
        _ => Err(Unreadable::Malformed),
    }
}

fn take_link(bytes: &mut Bytes<'_>) -> Option<(EntryHash, Revision)> {
    bytes.u64()?;
    Some((EntryHash(bytes.array()?), Revision(bytes.u64()?)))
}

fn take_entry(bytes: &mut Bytes<'_>) -> Option<Entry> {
    let Start { previous, revision, policy, time, actor, idempotency_key, kind } = take_start(bytes)?;
    let action = match kind {
        Kind::Transaction => {
            let mut changes = ChangeReader::new(*bytes)?;
            // The count is no promise: a vector grows with what is really there.
            let mut read = Vec::new();
            for change in &mut changes {
                read.push(change.ok()?.0);
            }
            *bytes = changes.bytes;
            Action::Transaction(read)
        }
        Kind::Activation => Action::Activation(policy),
    };
    Some(Entry { revision, previous, policy, record: Record { time, actor, idempotency_key, action } })
}

/// An entry up to its changes.
struct Start {
    previous: EntryHash,
    revision: Revision,
    time: Timestamp,
    policy: PolicyHash,
    actor: Option<Name>,
    idempotency_key: Option<Name>,
    kind: Kind,
}

enum Kind {
    Transaction,
    Activation,
}

fn take_start(bytes: &mut Bytes<'_>) -> Option<Start> {
    let (previous, revision) = take_link(bytes)?;
    let time = Timestamp::from_nanosecond(bytes.u128()?.cast_signed()).ok()?;
    let policy = PolicyHash(bytes.array()?);
    let (actor, idempotency_key) = (take_optional(bytes)?, take_optional(bytes)?);
    let kind = match bytes.u8()? {
        0 => Kind::Transaction,
        1 => Kind::Activation,
        _ => return None,
    };
    Some(Start { previous, revision, time, policy, actor, idempotency_key, kind })
}

/// The policy after an entry, and its changes one by one, if it is a transaction.
pub(super) fn open_entry(entry: &[u8]) -> Result<(PolicyHash, Option<ChangeReader<'_>>), Unreadable> {
    let mut bytes = Bytes::new(entry);
    check_version(&mut bytes)?;
    let start = take_start(&mut bytes).ok_or(Unreadable::Malformed)?;
    let changes = match start.kind {
        Kind::Transaction => Some(ChangeReader::new(bytes).ok_or(Unreadable::Malformed)?),
        Kind::Activation => None,
    };
    Ok((start.policy, changes))
}

/// The changes of an entry, each with the bytes of its fact, which its key ends with too.
pub(super) struct ChangeReader<'a> {
    bytes: Bytes<'a>,
    left: u32,
    facts: FactReader,
}

impl<'a> ChangeReader<'a> {
    fn new(mut bytes: Bytes<'a>) -> Option<Self> {
        let left = bytes.u32()?;
        Some(Self { bytes, left, facts: FactReader::default() })
    }

    fn take(&mut self) -> Option<(Change, &'a [u8])> {
        let (sign, mark) = sign_and_mark(self.bytes.u8()?)?;
        let before = self.bytes.rest();
        let fact = self.facts.take(&mut self.bytes)?;
        let bytes = before.get(..before.len().checked_sub(self.bytes.rest().len())?)?;
        Some((Change { sign, mark, fact }, bytes))
    }
}

impl<'a> Iterator for ChangeReader<'a> {
    type Item = Result<(Change, &'a [u8]), Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let taken = self.take().ok_or(Unreadable::Malformed);
        if taken.is_err() {
            self.left = 0;
        }
        Some(taken)
    }
}

fn mark_byte(change: &Change) -> u8 {
    let mark = match change.mark {
        Mark::Asked => 1,
        Mark::Completed => 2,
        Mark::Added => 3,
    };
    match change.sign {
        Sign::Insert => mark,
        Sign::Delete => mark | 128,
    }
}

fn sign_and_mark(byte: u8) -> Option<(Sign, Mark)> {
    let sign = if byte & 128 == 0 { Sign::Insert } else { Sign::Delete };
    let mark = match byte & 127 {
        1 => Mark::Asked,
        2 => Mark::Completed,
        3 => Mark::Added,
        _ => return None,
    };
    Some((sign, mark))
}

fn put_optional(out: &mut Vec<u8>, text: Option<&Name>) {
    match text {
        None => out.push(0),
        Some(text) => {
            out.push(1);
            put_text(out, text);
        }
    }
}

fn take_optional(bytes: &mut Bytes<'_>) -> Option<Option<Name>> {
    match bytes.u8()? {
        0 => Some(None),
        1 => Some(Some(bytes.text()?.into())),
        _ => None,
    }
}

impl Head {
    /// Revision, hash, policy, facts, objects, digest: 112 bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = self.revision.0.to_be_bytes().to_vec();
        out.extend_from_slice(&self.hash.0);
        out.extend_from_slice(&self.policy.0);
        out.extend_from_slice(&self.facts.to_be_bytes());
        out.extend_from_slice(&self.objects.to_be_bytes());
        out.extend_from_slice(&self.digest.to_be_bytes());
        out
    }

    /// The head of some bytes.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes::new(bytes);
        let head = Self {
            revision: Revision(bytes.u64()?),
            hash: EntryHash(bytes.array()?),
            policy: PolicyHash(bytes.array()?),
            facts: bytes.u64()?,
            objects: bytes.u64()?,
            digest: bytes.u128()?,
        };
        bytes.is_at_end().then_some(head)
    }
}

impl PolicyTexts {
    /// The content hash: BLAKE3 over the bytes that are stored, so the same texts have the same name everywhere.
    pub fn hash(&self) -> PolicyHash {
        PolicyHash(*blake3::hash(&self.encode()).as_bytes())
    }

    /// Main text, number of files, then name and text of each, by name.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_text(&mut out, &self.main);
        let n = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&n.to_be_bytes());
        for (name, text) in &self.files {
            put_text(&mut out, name);
            put_text(&mut out, text);
        }
        out
    }

    /// The texts of some bytes.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes::new(bytes);
        let mut texts = Self { main: bytes.text()?.to_owned(), ..Self::default() };
        for _ in 0..bytes.u32()? {
            texts.files.insert(bytes.text()?.to_owned(), bytes.text()?.to_owned());
        }
        bytes.is_at_end().then_some(texts)
    }
}

#[cfg(test)]
mod tests;
