//! The manifests of fjall's trees, held against their checksums before fjall reads them.
//!
//! A tree has a directory, `keyspaces/3`. Its file `current` names the manifest, which lists the tree's sorted files, and
//! has the manifest's checksum; fjall writes that, and doesn't look at it. A damaged manifest could hide a sorted file, or
//! make fjall panic while it holds a lock that it needs to close itself, which ends the process.
//!
//! ```text
//! current = number of the manifest u64 │ XXH3 of the file `v` + number u128 │ 0        little-endian
//! ```

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use xxhash_rust::xxh3::xxh3_128;

use crate::store::error::StoreError;

/// The directory of the trees within fjall's.
const TREES: &str = "keyspaces";
/// The file that names a tree's manifest. A tree that was never finished has none.
const CURRENT: &str = "current";

/// Checks the manifest of each tree below fjall's directory, if that is there.
pub(super) fn check(directory: &Path) -> Result<(), StoreError> {
    let unreadable = |source| StoreError::Io { doing: "read the store's files", source };
    let trees = match fs::read_dir(directory.join(TREES)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        trees => trees.map_err(unreadable)?,
    };
    for tree in trees {
        let tree = tree.map_err(unreadable)?.path();
        match fs::read(tree.join(CURRENT)) {
            Ok(current) => check_tree(&tree, &current)?,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
    Ok(())
}

fn check_tree(tree: &Path, current: &[u8]) -> Result<(), StoreError> {
    let broken = |found| Err(StoreError::broken(found));
    let Some((number, rest)) = current.split_first_chunk() else {
        return broken("the name of a list of files can't be read");
    };
    match fs::read(tree.join(format!("v{}", u64::from_le_bytes(*number)))) {
        Ok(manifest) => {
            let sum = [xxh3_128(&manifest).to_le_bytes().as_slice(), &[0]].concat();
            if *rest == *sum { Ok(()) } else { broken("a list of files doesn't have its checksum") }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => broken("a list of files is missing"),
        Err(source) => Err(StoreError::Io { doing: "read the store's files", source }),
    }
}
