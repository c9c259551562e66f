//! The facts of one tenant in memory: an immutable snapshot for each revision, sharing what did not change.
//!
//! Everything a column holds is a `u32` *cell*: an object is the ordinal of its type (order of creation, never given
//! again), a text, integer or time its position in a dictionary. A relation is its rows of cells, once for each wanted
//! order of columns. The next snapshot copies the pages that a change touches and shares the others.

pub mod apply;
pub mod bits;
pub mod build;
mod chunks;
mod column;
pub mod dictionary;
mod domain;
pub mod error;
mod heap;
mod label;
mod lists;
pub mod pages;
pub mod refit;
pub mod relation;
mod rows;
mod shards;
pub mod snapshot;
mod sparse;
mod table;
mod tails;
mod variants;
pub mod words;

#[cfg(test)]
mod tests;
