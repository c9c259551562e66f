//! The index against obvious models, with old snapshots kept.

mod refit;
mod relation;
mod snapshot;
mod structures;
mod world;
