//! One process holds a store: a locked file that says which.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use crate::store::error::StoreError;

/// The lock on a store's directory, released when dropped, and by the operating system when the process ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// The name of the lock file.
pub(super) const FILE: &str = "lock";

/// How often the lock is tried again, and after what time each: a fifth of a second in all.
const RETRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(10);

impl Lock {
    /// Takes the lock, or says which process has it.
    pub(super) fn acquire(directory: &Path) -> Result<Self, StoreError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(directory.join(FILE))
            .map_err(StoreError::io("open the lock file"))?;
        let mut tried = file.try_lock();
        // A process that is just being started has the files of the one that starts it, for some moments: a store that was
        // closed in these is not held.
        for _ in 0..RETRIES {
            if !matches!(tried, Err(TryLockError::WouldBlock)) {
                break;
            }
            std::thread::sleep(PAUSE);
            tried = file.try_lock();
        }
        match tried {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Whatever can't be read is no process id: the store is held all the same.
                let _ = Read::by_ref(&mut file).take(32).read_to_string(&mut holder);
                let process = holder.trim().parse().ok();
                return Err(StoreError::Held { directory: directory.to_owned(), process });
            }
            Err(TryLockError::Error(source)) => {
                return Err(StoreError::Io { doing: "lock the lock file", source });
            }
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(StoreError::io("write the lock file"))?;
        Ok(Self { _file: file })
    }
}
