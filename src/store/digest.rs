//! A digest of all that is stored of a tenant, kept up with each commit and recomputed by each full reading.
//!
//! The log's chain says what was acknowledged; this says that facts and objects are what came of it. Without it a row
//! that was lost or came back from the dead, with the log whole, would be a wrong decision and not an error.
//!
//! # Source
//! The additive multiset hash of Bellare and Micciancio, *A New Paradigm for Collision-Free Hashing* (AdHash), over
//! BLAKE3. DIVERGENCE: 128 bits, which is plenty against accidents and no claim against an adversary with the disk.

use crate::store::disk::Space;

/// A sum over rows, in which their order doesn't count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Digest(pub(super) u128);

impl Digest {
    /// Counts a row in.
    pub(super) fn add(&mut self, space: Space, key: &[u8], value: &[u8]) {
        self.0 = self.0.wrapping_add(row_hash(space, key, value));
    }

    /// Counts a row out.
    pub(super) fn subtract(&mut self, space: Space, key: &[u8], value: &[u8]) {
        self.0 = self.0.wrapping_sub(row_hash(space, key, value));
    }
}

fn row_hash(space: Space, key: &[u8], value: &[u8]) -> u128 {
    let tag = match space {
        Space::Log => 0,
        Space::Facts => 1,
        Space::Objects => 2,
        Space::Policies => 3,
        Space::Meta => 4,
    };
    // No key is the beginning of another, so key and value need no mark between them.
    let n = 1 + key.len() + value.len();
    let mut short = [0; 192];
    let hash = match short.get_mut(..n) {
        Some(row) => {
            put(row, &[&[tag], key, value]);
            blake3::hash(row)
        }
        None => blake3::hash(&[&[tag], key, value].concat()),
    };
    let first = hash.as_bytes().first_chunk().copied().unwrap_or_default();
    u128::from_be_bytes(first)
}

/// What stands for some bytes among others of their sort.
pub(super) fn print_of(bytes: &[u8]) -> u128 {
    u128::from_be_bytes(blake3::hash(bytes).as_bytes().first_chunk().copied().unwrap_or_default())
}

/// Writes pieces one after another.
fn put(row: &mut [u8], pieces: &[&[u8]]) {
    let mut start = 0;
    for piece in pieces {
        if let Some(place) = row.get_mut(start..start + piece.len()) {
            place.copy_from_slice(piece);
        }
        start += piece.len();
    }
}
