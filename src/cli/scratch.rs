//! A directory for one run, gone afterwards.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::api::problem::Problem;

/// A new directory among the system's temporary ones, removed when dropped.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Makes it.
    ///
    /// # Errors
    /// `no-scratch` when the system lets nobody make one.
    pub(super) fn new() -> Result<Self, Problem> {
        let path = std::env::temp_dir().join(format!("entail-{}", Uuid::new_v4()));
        std::fs::create_dir(&path).map_err(|error| {
            let detail = format!("no temporary directory can be made at `{}`: {error}", path.display());
            Problem::invalid("no-scratch", detail)
        })?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What can't be removed is left to the system, which empties its temporary directory.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
