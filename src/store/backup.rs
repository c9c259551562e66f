//! A backup: a whole store at one moment as one string of bytes, which says itself whether it is whole.
//!
//! ```text
//!  ┌──────────────────────┬─────────┬────────────┐
//!  │ "entail backup" 13   │ version │ store uuid │
//!  │ 00 00 00             │ u32 = 1 │ 16 bytes   │
//!  ├───────┬──────────────┼─────────┴────┬───────┴───┬─────────┐
//!  │ space │ key length   │ value length │ key       │ value   │  once a row
//!  │ 1 … 5 │ u32          │ u32          │           │         │
//!  ├───────┼──────────────┴──────────────┼───────────┴─────────┤
//!  │ 0     │ rows of each space, 5 × u64 │ check 32            │
//!  └───────┴─────────────────────────────┴─────────────────────┘
//! ```
//!
//! - Spaces are 1 `meta`, 2 `policies`, 3 `objects`, 4 `facts`, 5 `log`, in this order; the rows of one come in the order of
//!   their keys. Keys and values are those of `keys.rs`, numbers are big-endian.
//! - Of `meta` there are the tenants' names and heads, and the idempotency keys. The format and the uuid stand in front;
//!   checkpoints are left out, so that the restored store's logs are walked from their first entries on.
//! - What a load under way has written isn't there: see `load.rs`.
//! - `check` is the BLAKE3 hash of all bytes before it.
//!
//! The version counts this frame and what is in the rows; a greater one is refused as written by a newer release.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use uuid::Uuid;

use crate::store::bytes::Bytes;
use crate::store::disk::Space;
use crate::store::entry::TenantId;
use crate::store::error::StoreError;
use crate::store::keys::{MAX_KEY_BYTES, decode_log_key, meta};
use crate::store::load::{Mark, decode_mark};
use crate::store::moment::Moment;
use crate::store::scan::is_hidden;

/// The version of the frame and of what is in it.
const VERSION: u32 = 1;
const MAGIC: &[u8; 16] = b"entail backup\0\0\0";
/// The keyspaces in their order; the first has number 1.
const SPACES: [Space; 5] = [Space::Meta, Space::Policies, Space::Objects, Space::Facts, Space::Log];
/// No value is longer: a policy has 64 MiB of texts at most.
const MAX_VALUE_BYTES: usize = 128 << 20;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The store that it was taken of.
    pub store: Uuid,
    /// How many tenants.
    pub tenants: u64,
    /// How many facts are stored, those of life left out.
    pub facts: u64,
    /// How many objects, dead ones too.
    pub objects: u64,
    /// How many bytes it has.
    pub bytes: u64,
}

/// Writes a backup of all that a store holds at a moment.
///
/// # Errors
/// What the disk says, and what `out` does (`store-io`).
pub(super) fn write(moment: &Moment<'_>, store: Uuid, out: &mut dyn Write) -> Result<Contents, StoreError> {
    let mut out = Summed { inner: out, hasher: blake3::Hasher::new(), bytes: 0 };
    out.put(MAGIC)?;
    out.put(&VERSION.to_be_bytes())?;
    out.put(store.as_bytes())?;
    let marks = marks(moment)?;
    let mut rows = [0_u64; SPACES.len()];
    let mut tenants = 0;
    for ((space, number), n_rows) in SPACES.into_iter().zip(1_u8..).zip(&mut rows) {
        for row in moment.view.prefix(space, &[]) {
            let (key, value) = row?;
            if is_left_out(&marks, space, &key, &value) {
                continue;
            }
            *n_rows += 1;
            tenants += u64::from(is_tenant(space, &key));
            out.put(&[number])?;
            out.put(&length(&key))?;
            out.put(&length(&value))?;
            out.put(&key)?;
            out.put(&value)?;
        }
    }
    out.put(&[0])?;
    for n_rows in rows {
        out.put(&n_rows.to_be_bytes())?;
    }
    let check = out.hasher.finalize();
    out.put(check.as_bytes())?;
    Ok(contents(store, tenants, rows, out.bytes))
}

fn contents(store: Uuid, tenants: u64, rows: [u64; SPACES.len()], bytes: u64) -> Contents {
    let [_, _, objects, facts, _] = rows;
    Contents { store, tenants, facts, objects, bytes }
}

/// Whether a row is the name of a tenant.
fn is_tenant(space: Space, key: &[u8]) -> bool {
    space == Space::Meta && key.starts_with(meta::NAMES)
}

fn marks(moment: &Moment<'_>) -> Result<BTreeMap<TenantId, Mark>, StoreError> {
    let mut marks = BTreeMap::new();
    for row in moment.view.prefix(Space::Meta, meta::LOADS) {
        let (key, value) = row?;
        let tenant = meta::tenant_in(meta::LOADS, &key);
        let tenant = tenant.ok_or_else(|| StoreError::broken("the key of a load's mark can't be read"))?;
        marks.insert(tenant, decode_mark(tenant, &value)?);
    }
    Ok(marks)
}

fn is_left_out(marks: &BTreeMap<TenantId, Mark>, space: Space, key: &[u8], value: &[u8]) -> bool {
    let tenant = key.first_chunk().map(|number| TenantId(u32::from_be_bytes(*number)));
    let mark = || tenant.and_then(|tenant| marks.get(&tenant));
    match space {
        Space::Meta => {
            ![meta::NAMES, meta::HEADS, meta::RECEIPTS, meta::EXPIRIES].into_iter().any(|sort| key.starts_with(sort))
        }
        Space::Policies => false,
        Space::Objects | Space::Facts => mark().is_some_and(|mark| is_hidden(mark, space, key, value)),
        Space::Log => {
            mark().is_some_and(|mark| decode_log_key(key).is_some_and(|(revision, _)| revision == mark.revision))
        }
    }
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes()
}

/// A stream whose bytes are counted and hashed on their way.
struct Summed<S> {
    inner: S,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl<S> Summed<S> {
    fn count(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
    }
}

impl<W: Write> Summed<W> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.count(bytes);
        self.inner.write_all(bytes).map_err(StoreError::io("write the backup"))
    }
}

/// A row of a backup: its keyspace, key and value.
pub(super) type Row = (Space, Vec<u8>, Vec<u8>);

/// A backup that is being read: its rows one by one, and at the end whether all of it was whole.
///
/// IMPORTANT: nothing of it may be used before [`BackupReader::row`] has said that there is no more.
pub(super) struct BackupReader<R> {
    input: Summed<R>,
    store: Uuid,
    /// The number of the last row's keyspace, its key, and the rows of each so far.
    last: (u8, Vec<u8>),
    rows: [u64; SPACES.len()],
    tenants: u64,
    contents: Option<Contents>,
}

impl<R: Read> BackupReader<R> {
    /// Begins to read.
    ///
    /// # Errors
    /// `backup-damaged`; `store-newer` for a backup of a newer release.
    pub(super) fn new(input: R) -> Result<Self, StoreError> {
        let mut input = Summed { inner: input, hasher: blake3::Hasher::new(), bytes: 0 };
        let start = input.take(MAGIC.len() + 4 + 16).map_err(|error| match error {
            StoreError::BackupDamaged { .. } => damaged("it doesn't begin as one"),
            other => other,
        })?;
        let mut bytes = Bytes::new(&start);
        let (magic, version, store) = (bytes.array::<16>(), bytes.u32(), bytes.array());
        match (magic, version, store) {
            (Some(magic), ..) if magic != *MAGIC => Err(damaged("it doesn't begin as one")),
            (_, Some(newer), _) if newer > VERSION => {
                Err(StoreError::Newer { found: format!("a backup of version {newer}") })
            }
            (_, Some(VERSION), Some(store)) => {
                let (last, rows, contents) = ((0, Vec::new()), [0; SPACES.len()], None);
                Ok(Self { input, store: Uuid::from_bytes(store), last, rows, tenants: 0, contents })
            }
            _ => Err(damaged("its version can't be read")),
        }
    }

    /// The next row; none when all were read, and the backup is whole.
    ///
    /// # Errors
    /// `backup-damaged`, `store-io`.
    pub(super) fn row(&mut self) -> Result<Option<Row>, StoreError> {
        if self.contents.is_some() {
            return Ok(None);
        }
        let number = self.input.u8()?;
        let Some(position) = usize::from(number).checked_sub(1) else {
            self.end()?;
            return Ok(None);
        };
        let space = SPACES.get(position).copied().ok_or_else(|| damaged("it holds a row of no keyspace"))?;
        let (key, value) = (self.input.length()?, self.input.length()?);
        if key == 0 || key > MAX_KEY_BYTES || value > MAX_VALUE_BYTES {
            return Err(damaged("it holds a row that is too long"));
        }
        let (key, value) = (self.input.take(key)?, self.input.take(value)?);
        if (self.last.0, self.last.1.as_slice()) >= (number, key.as_slice()) {
            return Err(damaged("its rows aren't in order"));
        }
        self.last = (number, key.clone());
        if let Some(n_rows) = self.rows.get_mut(position) {
            *n_rows += 1;
        }
        self.tenants += u64::from(is_tenant(space, &key));
        Ok(Some((space, key, value)))
    }

    /// What the backup holds; none before the last row was read.
    pub(super) fn contents(&self) -> Option<&Contents> {
        self.contents.as_ref()
    }

    fn end(&mut self) -> Result<(), StoreError> {
        for n_rows in self.rows {
            let counted = self.input.take(8)?;
            if counted != n_rows.to_be_bytes() {
                return Err(damaged("it doesn't hold as many rows as it says"));
            }
        }
        let check = self.input.hasher.finalize();
        if self.input.take(check.as_bytes().len())? != check.as_bytes() {
            return Err(damaged("it doesn't have its checksum"));
        }
        let contents = contents(self.store, self.tenants, self.rows, self.input.bytes);
        if self.input.take(1).is_ok() {
            return Err(damaged("something follows on its end"));
        }
        self.contents = Some(contents);
        Ok(())
    }
}

impl<R: Read> Summed<R> {
    fn take(&mut self, n: usize) -> Result<Vec<u8>, StoreError> {
        // A length is no promise: a vector grows with what is really there.
        let mut bytes = Vec::new();
        let read = (&mut self.inner).take(n as u64).read_to_end(&mut bytes);
        read.map_err(StoreError::io("read the backup"))?;
        if bytes.len() < n {
            return Err(damaged("it ends before its end"));
        }
        self.count(&bytes);
        Ok(bytes)
    }

    fn u8(&mut self) -> Result<u8, StoreError> {
        let mut byte = [0];
        match self.inner.read_exact(&mut byte) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(damaged("it ends before its end"));
            }
            Err(error) => return Err(StoreError::io("read the backup")(error)),
        }
        self.count(&byte);
        Ok(u8::from_be_bytes(byte))
    }

    fn length(&mut self) -> Result<usize, StoreError> {
        let bytes = self.take(4)?;
        let length = Bytes::new(&bytes).u32().and_then(|length| usize::try_from(length).ok());
        length.ok_or_else(|| damaged("it ends before its end"))
    }
}

fn damaged(found: &str) -> StoreError {
    StoreError::BackupDamaged { found: found.to_owned() }
}
