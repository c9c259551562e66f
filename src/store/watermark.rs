//! The watermark: a file beside fjall's that says, for each tenant, the last revision that was acknowledged.
//!
//! fjall takes a damaged journal for a torn one and cuts it off without a word; this file is how that is seen. It is
//! synced once a group, after the group's batch, so its price is one more `fdatasync`: on a disk that takes 90 µs for the
//! first, about 60 µs. To keep that cheap the file is
//! written full of zeros when it is made, and records are appended within it: its size never changes, so a sync
//! writes a sector and no metadata. When it is full it is replaced by a file with one record for each tenant.
//!
//! Why not beside the journal's sync: a mark that is on disk while its group may not be can't say that the group was
//! acknowledged. After a crash its absence would have to be taken for a write that nobody was told of, and the loss of
//! the last acknowledged group, the one that lies at the journal's torn end, is just what must be seen.
//!
//! ```text
//! slot 0   "entail watermark" 16 │ store uuid 16 │ slots u32 │ n u32 │ zeros 16            │ check 8
//! slot i   group u64 │ begin u32 │ tenant u32    │ revision u64 │ hash 32                  │ check 8
//! ```
//!
//! A slot has 64 bytes, so none lies across two sectors; `slots` counts all of the file. `check` is the beginning of the BLAKE3 hash of the store's
//! uuid and the 56 bytes before. The first `n` slots were there when the file was made. Then `group` counts up; the
//! records of a group are written together, from slot `begin` on.
//!
//! A crash can spoil slots of the last group alone: a group is written when the one before is safely there, and is
//! acknowledged only after. So a bad slot before the `begin` of the last good one is damage, and one after is nothing.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::model::revision::Revision;
use crate::store::bytes::Bytes;
use crate::store::entry::{EntryHash, TenantId};
use crate::store::error::StoreError;

/// The name of the file.
pub(super) const FILE: &str = "watermark";
/// The name of the file that will replace it.
const NEW_FILE: &str = "watermark.new";
const MAGIC: &[u8; 16] = b"entail watermark";
const SLOT: usize = 64;
const CHECKED: usize = 56;
/// The fewest slots of a file: 64 KiB.
const MIN_SLOTS: usize = 1024;

/// The last acknowledged revision of a tenant, and the hash of its entry.
pub(super) type Mark = (Revision, EntryHash);
/// The last mark of each tenant.
pub(super) type Marks = BTreeMap<TenantId, Mark>;

/// The watermark of an open store.
#[derive(Debug)]
pub(super) struct Watermark {
    pub(super) file: File,
    directory: PathBuf,
    uuid: [u8; 16],
    marks: Marks,
    group: u64,
    used: usize,
    slots: usize,
}

/// What a watermark file says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The store that it belongs to.
    pub(super) uuid: [u8; 16],
    /// The last mark of each tenant.
    pub(super) marks: Marks,
    /// The last group.
    group: u64,
    /// The slots before the first that can be written; none if it ends in torn ones.
    used: Option<usize>,
    slots: usize,
}

/// Reads the file of a directory; none if there is no such file.
pub(super) fn read(directory: &Path) -> Result<Option<Found>, StoreError> {
    let mut bytes = Vec::new();
    match File::open(directory.join(FILE)).and_then(|mut file| file.read_to_end(&mut bytes)) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(StoreError::Io { doing: "read the watermark", source });
        }
    }
    let found = decode(&bytes);
    found.map(Some).ok_or_else(|| StoreError::broken("the watermark doesn't have its checksums"))
}

impl Watermark {
    /// Goes on with the file that was found if it says the same and has room; else replaces it.
    pub(super) fn open(
        directory: &Path,
        found: Option<Found>,
        uuid: [u8; 16],
        marks: Marks,
    ) -> Result<Self, StoreError> {
        match found {
            Some(Found { used: Some(used), slots, group, uuid: old_uuid, marks: old_marks })
                if used < slots / 2 && old_uuid == uuid && old_marks == marks =>
            {
                let file = OpenOptions::new().write(true).open(directory.join(FILE));
                let file = file.map_err(StoreError::io("open the watermark"))?;
                let directory = directory.to_owned();
                Ok(Self { file, directory, uuid, marks, group, used, slots })
            }
            _ => Self::create(directory, uuid, marks),
        }
    }

    /// Makes the file anew, with these marks.
    pub(super) fn create(directory: &Path, uuid: [u8; 16], marks: Marks) -> Result<Self, StoreError> {
        let used = marks.len() + 1;
        let slots = MIN_SLOTS.max(used * 4);
        let mut bytes = encode_header(&uuid, slots, marks.len());
        for (tenant, mark) in &marks {
            put_slot(&mut bytes, &uuid, 1, 1, *tenant, mark);
        }
        bytes.resize(slots * SLOT, 0);
        let replace = || {
            let new = directory.join(NEW_FILE);
            let mut file = File::create(&new)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&new, directory.join(FILE))?;
            File::open(directory)?.sync_all()?;
            Ok(file)
        };
        let file = replace().map_err(StoreError::io("replace the watermark"))?;
        Ok(Self { file, directory: directory.to_owned(), uuid, marks, group: 1, used, slots })
    }

    /// Makes the marks of a group durable.
    ///
    /// # Errors
    /// The group may or may not be marked then, and the file's end may be torn: nothing may be added to it.
    pub(super) fn advance(&mut self, group: &Marks) -> Result<(), StoreError> {
        self.marks.extend(group);
        if self.used + group.len() > self.slots {
            *self = Self::create(&self.directory, self.uuid, std::mem::take(&mut self.marks))?;
            return Ok(());
        }
        self.group += 1;
        let mut bytes = Vec::with_capacity(group.len() * SLOT);
        for (tenant, mark) in group {
            put_slot(&mut bytes, &self.uuid, self.group, self.used, *tenant, mark);
        }
        let mut write = || {
            self.file.seek(SeekFrom::Start((self.used * SLOT) as u64))?;
            self.file.write_all(&bytes)?;
            self.file.sync_data()
        };
        write().map_err(StoreError::io("write the watermark"))?;
        self.used += group.len();
        Ok(())
    }
}

fn decode(bytes: &[u8]) -> Option<Found> {
    let n_slots = bytes.len() / SLOT;
    let mut slots = bytes.chunks_exact(SLOT);
    let (uuid, n) = decode_header(slots.next()?, n_slots)?;
    let mut found = Found { uuid, marks: Marks::new(), group: 1, used: Some(1), slots: n_slots };
    let (mut last_begin, mut used, mut first_bad, mut torn) = (1, 1, None, false);
    for (slot, idx) in slots.zip(1..) {
        let Some((group, begin, tenant, mark)) = decode_slot(&uuid, slot) else {
            first_bad = first_bad.or(Some(idx));
            torn |= slot.iter().any(|byte| *byte != 0);
            continue;
        };
        if group < found.group || begin > idx {
            return None;
        }
        (found.group, last_begin, used) = (group, begin, idx + 1);
        found.marks.insert(tenant, mark);
    }
    if first_bad.is_some_and(|bad| bad <= n || bad < last_begin) {
        return None;
    }
    torn |= first_bad.is_some_and(|bad| bad < used);
    found.used = (!torn).then_some(used);
    Some(found)
}

fn encode_header(uuid: &[u8; 16], slots: usize, n: usize) -> Vec<u8> {
    let mut header = Vec::with_capacity(SLOT);
    header.extend_from_slice(MAGIC);
    header.extend_from_slice(uuid);
    header.extend_from_slice(&(slots as u32).to_be_bytes());
    header.extend_from_slice(&(n as u32).to_be_bytes());
    header.resize(CHECKED, 0);
    let sum = check(uuid, &header);
    header.extend_from_slice(&sum);
    header
}

fn decode_header(header: &[u8], n_slots: usize) -> Option<([u8; 16], usize)> {
    let (checked, sum) = header.split_at_checked(CHECKED)?;
    let mut bytes = Bytes::new(checked);
    let (magic, uuid): ([u8; 16], [u8; 16]) = (bytes.array()?, bytes.array()?);
    let slots = usize::try_from(bytes.u32()?).ok()?;
    let n = usize::try_from(bytes.u32()?).ok()?;
    (magic == *MAGIC && sum == check(&uuid, checked) && slots == n_slots).then_some((uuid, n))
}

fn put_slot(out: &mut Vec<u8>, uuid: &[u8; 16], group: u64, begin: usize, tenant: TenantId, (revision, hash): &Mark) {
    let start = out.len();
    out.extend_from_slice(&group.to_be_bytes());
    out.extend_from_slice(&(begin as u32).to_be_bytes());
    out.extend_from_slice(&tenant.0.to_be_bytes());
    out.extend_from_slice(&revision.0.to_be_bytes());
    out.extend_from_slice(&hash.0);
    let sum = check(uuid, out.get(start..).unwrap_or_default());
    out.extend_from_slice(&sum);
}

fn decode_slot(uuid: &[u8; 16], slot: &[u8]) -> Option<(u64, usize, TenantId, Mark)> {
    let (checked, sum) = slot.split_at_checked(CHECKED)?;
    if sum != check(uuid, checked) {
        return None;
    }
    let mut bytes = Bytes::new(checked);
    let (group, begin) = (bytes.u64()?, usize::try_from(bytes.u32()?).ok()?);
    let tenant = TenantId(bytes.u32()?);
    Some((group, begin, tenant, (Revision(bytes.u64()?), EntryHash(bytes.array()?))))
}

fn check(uuid: &[u8; 16], checked: &[u8]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(uuid).update(checked);
    let mut sum = [0; 8];
    hasher.finalize_xof().fill(&mut sum);
    sum
}

#[cfg(test)]
mod tests;
