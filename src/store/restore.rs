//! A backup back to a store: read to its end first, then written into an empty directory.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use uuid::Uuid;

use crate::store::backup::{BackupReader, Contents, Row};
use crate::store::disk::{Batch, Disk, Space};
use crate::store::error::StoreError;
use crate::store::format::STORE_VERSION;
use crate::store::keys::meta;
use crate::store::lock::Lock;
use crate::store::reader::decode_head;
use crate::store::recover::DATA;
use crate::store::watermark::{Marks, Watermark};

/// How much of a backup is read at once.
const BUFFER: usize = 1 << 20;

/// Reads a backup to its end: what it holds, if it is whole.
///
/// # Errors
/// `backup-damaged`, `store-newer`, `store-io`.
pub fn check(backup: &Path) -> Result<Contents, StoreError> {
    let mut reader = open(backup)?;
    while reader.row()?.is_some() {}
    whole(&reader)
}

/// Writes what a backup holds into an empty directory, as a store of this uuid.
///
/// What it says of itself is proved by opening the store: its chains are walked from their first entries on.
///
/// # Errors
/// As [`check`], and then the directory holds a part of a store, which must not be opened.
pub fn restore(backup: &Path, directory: &Path, store: Uuid) -> Result<Contents, StoreError> {
    let mut reader = open(backup)?;
    let disk = Disk::open(&directory.join(DATA), Lock::acquire(directory)?)?;
    let mut batch = Batch::default();
    let mut marks = Marks::new();
    let mut next = reader.row()?;
    while let Some((_, key, value)) = next.take_if(|(space, ..)| *space == Space::Meta) {
        if let Some(tenant) = meta::tenant_in(meta::HEADS, &key) {
            let head = decode_head(tenant, Some(&value))?;
            marks.insert(tenant, (head.revision, head.hash));
        }
        batch.put(Space::Meta, key, &value);
        next = reader.row()?;
    }
    while let Some(&(space, ..)) = next.as_ref() {
        disk.ingest(space, |put| write_space(&mut reader, &mut next, space, put))?;
    }
    let contents = whole(&reader)?;
    let mut format = STORE_VERSION.to_be_bytes().to_vec();
    format.extend_from_slice(store.as_bytes());
    batch.put(Space::Meta, meta::FORMAT.to_vec(), &format);
    // A store with a format and no watermark is taken for a damaged one.
    Watermark::create(directory, *store.as_bytes(), marks)?;
    disk.commit(batch)?;
    Ok(contents)
}

/// What takes the rows of a keyspace.
type Put<'p> = dyn FnMut(&[u8], &[u8]) -> Result<(), StoreError> + 'p;

/// Writes the rows of one keyspace; the first row of the next one waits in `next`.
fn write_space(
    reader: &mut BackupReader<BufReader<File>>,
    next: &mut Option<Row>,
    space: Space,
    put: &mut Put<'_>,
) -> Result<(), StoreError> {
    while let Some((_, key, value)) = next.take_if(|(of, ..)| *of == space) {
        put(&key, &value)?;
        *next = reader.row()?;
    }
    Ok(())
}

fn open(backup: &Path) -> Result<BackupReader<BufReader<File>>, StoreError> {
    let file = File::open(backup).map_err(StoreError::io("open the backup"))?;
    BackupReader::new(BufReader::with_capacity(BUFFER, file))
}

fn whole(reader: &BackupReader<BufReader<File>>) -> Result<Contents, StoreError> {
    let unread = || StoreError::BackupDamaged { found: "it wasn't read to its end".to_owned() };
    reader.contents().cloned().ok_or_else(unread)
}
