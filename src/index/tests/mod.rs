//! The index against obvious models, with old snapshots kept.

mod refit;
mod relation;
mod shards;
mod snapshot;
mod structures;
mod world;
