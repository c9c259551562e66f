//! Backup and restore: a whole store as one file, and a file back to a store that was proved before it is there.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::engine::engine::{Engine, Options};
use crate::engine::error::{Error, Kind};
use crate::engine::verify::Verified;
use crate::store::backup::Contents;
use crate::store::error::StoreError;
use crate::store::restore::{check, restore};

/// How much is written at once.
const BUFFER: usize = 1 << 20;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// The uuid of the store that it was taken of.
    pub store: String,
    /// How many tenants.
    pub tenants: u64,
    /// How many facts are stored, those of life left out.
    pub facts: u64,
    /// How many objects, dead ones too.
    pub objects: u64,
    /// How many bytes the file has.
    pub bytes: u64,
}

impl From<Contents> for BackedUp {
    fn from(contents: Contents) -> Self {
        let Contents { store, tenants, facts, objects, bytes } = contents;
        Self { store: store.to_string(), tenants, facts, objects, bytes }
    }
}

impl Engine {
    /// Writes all tenants, as they are at one moment, to a file, which is there when it is whole and on disk. Writes go on
    /// meanwhile. A file of this name is replaced.
    ///
    /// # Errors
    /// `store-io` when the file can't be written or the store can't be read.
    pub fn backup(&self, file: &Path) -> Result<BackedUp, Error> {
        let partial = Partial::new(file)?;
        let mut out = partial.create()?;
        let contents = self.backup_to(&mut out)?;
        partial.finish(out, file)?;
        Ok(contents)
    }

    /// Writes what [`Engine::backup`] does to any stream, which tells by its end whether it is whole.
    ///
    /// # Errors
    /// As there.
    pub fn backup_to(&self, out: &mut dyn Write) -> Result<BackedUp, Error> {
        let moment = self.tenants.reader.moment();
        Ok(moment.back_up(Uuid::from_bytes(self.tenants.store()), out)?.into())
    }

    /// Reads a backup to its end, and says what it holds.
    ///
    /// # Errors
    /// `backup-damaged`, `store-newer`, `store-io`.
    pub fn check_backup(file: &Path) -> Result<BackedUp, Error> {
        Ok(check(file)?.into())
    }

    /// Makes a store of a backup, in a directory that isn't there or is empty.
    ///
    /// The backup is read to its end before anything is written. Then a store is made beside the directory, each tenant of it
    /// is verified, but for its decisions (see [`Engine::verify`]), and only then it takes its place; whatever goes wrong before leaves nothing.
    ///
    /// The store gets a number of its own, so that tokens and cursors of the old one are refused: what was written there
    /// after the backup is not here, and a token of it must not pass for one. With `same_store` it keeps the old number,
    /// for a store that is moved.
    ///
    /// # Errors
    /// `backup-damaged`, also when what it holds doesn't verify; `store-newer`, `restore-needs-empty`, `store-io`.
    pub fn restore(file: &Path, directory: &Path, same_store: bool) -> Result<BackedUp, Error> {
        check_empty(directory)?;
        let contents = check(file)?;
        let beside = Beside::new(directory)?;
        let store = if same_store { contents.store } else { Uuid::new_v4() };
        restore(file, &beside.0, store)?;
        prove(&beside.0)?;
        beside.take_place_of(directory)?;
        Ok(contents.into())
    }
}

/// Opens a store that was just made of a backup and verifies all of it.
fn prove(directory: &Path) -> Result<(), Error> {
    let engine = Engine::open(directory, Options { memory: Some(0), ..Options::default() });
    let engine = engine.map_err(|error| refused(&error.message))?;
    for tenant in engine.tenants() {
        // What the engine makes of the data is no question of the backup.
        let Verified { faults, .. } = engine.verify_with(&tenant, false)?;
        if let Some(fault) = faults.first() {
            return Err(refused(&format!("tenant `{tenant}`: {}", fault.found)));
        }
    }
    Ok(())
}

fn refused(found: &str) -> Error {
    StoreError::BackupDamaged { found: format!("what it holds doesn't verify: {found}") }.into()
}

fn check_empty(directory: &Path) -> Result<(), Error> {
    match fs::read_dir(directory).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(StoreError::NotEmpty { directory: directory.to_owned() }.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(StoreError::io("read the directory to restore into")(error).into()),
    }
}

/// A directory beside the one that is to be made; removed unless it took that one's place.
struct Beside(PathBuf);

impl Beside {
    fn new(directory: &Path) -> Result<Self, Error> {
        let beside = beside(directory, "restoring")?;
        fs::create_dir_all(&beside).map_err(StoreError::io("make a directory to restore into"))?;
        Ok(Self(beside))
    }

    fn take_place_of(self, directory: &Path) -> Result<(), Error> {
        let take = || {
            sync(&self.0)?;
            if directory.exists() {
                // An empty one, or this is refused.
                fs::remove_dir(directory)?;
            }
            fs::rename(&self.0, directory)?;
            sync(parent(directory))
        };
        take().map_err(|error| StoreError::io("put the restored store in its place")(error).into())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It isn't there any more if it took its place.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Writes a backup that comes from elsewhere to a file, which is there when all of it came and is on disk. A file of this
/// name is replaced.
///
/// # Errors
/// `backup-damaged` when not all of it came; `store-io`, also for what `fill` answers.
pub(crate) fn receive_backup(
    file: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<BackedUp, Error> {
    let partial = Partial::new(file)?;
    let mut out = partial.create()?;
    fill(&mut out).and_then(|()| out.flush()).map_err(unwritable)?;
    let contents = Engine::check_backup(&partial.0)?;
    partial.finish(out, file)?;
    Ok(contents)
}

/// A file that isn't whole yet; removed unless it was given its name.
struct Partial(PathBuf);

impl Partial {
    fn new(file: &Path) -> Result<Self, Error> {
        Ok(Self(beside(file, "partial")?))
    }

    fn create(&self) -> Result<BufWriter<File>, Error> {
        Ok(BufWriter::with_capacity(BUFFER, File::create_new(&self.0).map_err(unwritable)?))
    }

    /// Gives a file that is whole its name, when it is on disk.
    fn finish(self, written: BufWriter<File>, file: &Path) -> Result<(), Error> {
        let written = written.into_inner().map_err(io::IntoInnerError::into_error);
        let finish = || {
            written?.sync_all()?;
            fs::rename(&self.0, file)?;
            sync(parent(file))
        };
        finish().map_err(unwritable)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // It isn't there any more if it has its name.
        let _ = fs::remove_file(&self.0);
    }
}

fn unwritable(error: io::Error) -> Error {
    StoreError::io("write the backup")(error).into()
}

/// A name beside a path, on the same disk, that nothing has.
fn beside(path: &Path, what: &str) -> Result<PathBuf, Error> {
    let Some(name) = path.file_name() else {
        let message = format!("`{}` can't be the name of what is to be made", path.display());
        return Err(Error::new(Kind::Invalid, "unusable-path", message).with_help("End the path with a name."));
    };
    let mut beside = name.to_owned();
    beside.push(format!(".{what}-{}", Uuid::new_v4()));
    Ok(parent(path).join(beside))
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes what a directory lists durable.
fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
