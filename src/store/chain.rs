//! The log as a chain: parts put together to entries, each of which must name the hash of the one before.

use std::iter::Peekable;

use crate::model::revision::Revision;
use crate::store::bytes::Bytes;
use crate::store::disk::{Rows, Space, View};
use crate::store::entry::{EntryHash, Head, TenantId};
use crate::store::error::StoreError;
use crate::store::format::{Unreadable, entry_length, entry_link};
use crate::store::keys::{decode_log_key, log_key};

/// An entry's bytes, not yet decoded.
#[derive(Debug)]
pub(super) struct RawEntry {
    pub(super) revision: Revision,
    pub(super) hash: EntryHash,
    pub(super) bytes: Vec<u8>,
}

/// A place on the chain: the hash of the entry at a revision stands for everything up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) revision: Revision,
    pub(super) hash: EntryHash,
}

impl Link {
    /// Before the first entry.
    pub(super) const START: Self = Self { revision: Revision(0), hash: EntryHash([0; 32]) };

    /// Revision and hash: 40 bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        [self.revision.0.to_be_bytes().as_slice(), &self.hash.0].concat()
    }

    /// The link of some bytes.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes::new(bytes);
        let link = Self { revision: Revision(bytes.u64()?), hash: EntryHash(bytes.array()?) };
        bytes.is_at_end().then_some(link)
    }
}

impl Head {
    /// The head's place on the chain.
    pub(super) fn link(&self) -> Link {
        Link { revision: self.revision, hash: self.hash }
    }
}

/// The entries from one link to another, each checked against the one before. Ends with the entry of the last link,
/// or with an error.
pub(super) struct Chain {
    entries: RawEntries,
    last: Link,
    head: Link,
    ended: bool,
}

impl Chain {
    /// The entries after one link, which is trusted, up to the head; nothing may lie behind it.
    pub(super) fn new(view: &View<'_>, tenant: TenantId, after: Link, head: Link) -> Self {
        let to = tenant.0.checked_add(1).map(|above| log_key(TenantId(above), Revision(0), 0));
        Self::up_to(view, tenant, after, head, to)
    }

    /// As [`Chain::new`], while a load may be writing behind the head.
    pub(super) fn beside_a_load(view: &View<'_>, tenant: TenantId, after: Link, head: Link) -> Self {
        Self::up_to(view, tenant, after, head, Some(log_key(tenant, next(head.revision), 0)))
    }

    fn up_to(view: &View<'_>, tenant: TenantId, after: Link, head: Link, to: Option<Vec<u8>>) -> Self {
        let from = log_key(tenant, next(after.revision), 0);
        let entries = RawEntries { tenant, rows: view.range(Space::Log, from, to).peekable() };
        Self { entries, last: after, head, ended: false }
    }

    /// The link behind which the chain goes on.
    pub(super) fn link(&self) -> Link {
        self.last
    }

    /// Checks an entry against the one before it.
    fn check(&self, entry: &RawEntry) -> Result<(), StoreError> {
        let expected = next(self.last.revision);
        let damaged = |found| Err(StoreError::damaged(self.entries.tenant, expected, found));
        let link = entry_link(&entry.bytes);
        let (previous, revision) = link.map_err(|why| unreadable(self.entries.tenant, entry.revision, why))?;
        if self.last.revision == self.head.revision {
            damaged("the log goes on behind its head")
        } else if entry.revision != expected {
            damaged("an entry of the log is missing")
        } else if revision != entry.revision || previous != self.last.hash {
            damaged("the log's entry doesn't follow on the one before")
        } else if revision == self.head.revision && entry.hash != self.head.hash {
            damaged("the log's last entry isn't the one of its head")
        } else {
            Ok(())
        }
    }
}

impl Iterator for Chain {
    type Item = Result<RawEntry, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = match self.entries.next() {
            None if self.last == self.head => None,
            None => {
                let revision = next(self.last.revision).min(self.head.revision);
                let found = "the log doesn't reach its head";
                Some(Err(StoreError::damaged(self.entries.tenant, revision, found)))
            }
            Some(Err(error)) => Some(Err(error)),
            Some(Ok(entry)) => Some(self.check(&entry).map(|()| entry)),
        };
        match &item {
            Some(Ok(entry)) => self.last = Link { revision: entry.revision, hash: entry.hash },
            _ => self.ended = true,
        }
        item
    }
}

/// The hash of an entry, from its bytes alone; none if it isn't there.
pub(super) fn entry_hash(
    view: &View<'_>,
    tenant: TenantId,
    revision: Revision,
) -> Result<Option<EntryHash>, StoreError> {
    let (from, to) = (log_key(tenant, revision, 0), log_key(tenant, next(revision), 0));
    let rows = view.range(Space::Log, from, Some(to)).peekable();
    RawEntries { tenant, rows }.next().map(|entry| entry.map(|entry| entry.hash)).transpose()
}

/// Entries as they lie there, their parts put together.
struct RawEntries {
    tenant: TenantId,
    rows: Peekable<Rows>,
}

impl RawEntries {
    fn take_entry(&mut self, revision: Revision) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        let mut n_parts = 0;
        while let Some(row) = self.rows.next_if(|row| match row {
            Ok((key, _)) => decode_log_key(key).is_some_and(|(of, part)| (of, part) == (revision, n_parts)),
            Err(_) => true,
        }) {
            bytes.extend_from_slice(&row?.1);
            n_parts += 1;
        }
        let length = entry_length(&bytes).map_err(|why| unreadable(self.tenant, revision, why))?;
        if length != bytes.len() {
            return Err(StoreError::damaged(self.tenant, revision, "a part of the log's entry is missing"));
        }
        Ok(bytes)
    }
}

impl Iterator for RawEntries {
    type Item = Result<RawEntry, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let revision = match self.rows.peek()? {
            // Taking the entry meets the same row, and hands out its error.
            Err(_) => Revision(0),
            Ok((key, _)) => match decode_log_key(key) {
                Some((revision, _)) => revision,
                None => return Some(Err(StoreError::broken("a key of the log can't be read"))),
            },
        };
        Some(self.take_entry(revision).map(|bytes| {
            let hash = EntryHash(*blake3::hash(&bytes).as_bytes());
            RawEntry { revision, hash, bytes }
        }))
    }
}

fn next(revision: Revision) -> Revision {
    Revision(revision.0.saturating_add(1))
}

/// Why an entry can't be read, as an error.
pub(super) fn unreadable(tenant: TenantId, revision: Revision, why: Unreadable) -> StoreError {
    match why {
        Unreadable::Newer(version) => StoreError::Newer { found: format!("a log entry of version {version}") },
        Unreadable::Malformed => StoreError::damaged(tenant, revision, "the log's entry can't be read"),
    }
}
