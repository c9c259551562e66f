//! A disk that fails when a test asks it to: at each place where it is asked for something, one after another.

use std::io;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::store::error::StoreError;

/// Which place fails.
pub(super) struct Faults {
    /// How many places are passed before one fails; below zero, none does.
    left: AtomicI64,
}

impl Default for Faults {
    fn default() -> Self {
        Self { left: AtomicI64::new(-1) }
    }
}

impl Faults {
    /// Lets one place fail after so many others; with a number below zero, none.
    pub(super) fn arm(&self, n_passed: i64) {
        self.left.store(n_passed, Ordering::SeqCst);
    }

    /// Whether the place that was asked for has failed.
    pub(super) fn has_failed(&self) -> bool {
        self.left.load(Ordering::SeqCst) < 0
    }

    /// A place.
    pub(super) fn pass(&self) -> Result<(), StoreError> {
        let is_here = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| (left >= 0).then(|| left - 1));
        match is_here {
            Ok(0) => {
                Err(StoreError::Io { doing: "reach the disk", source: io::Error::from(io::ErrorKind::StorageFull) })
            }
            _ => Ok(()),
        }
    }
}
