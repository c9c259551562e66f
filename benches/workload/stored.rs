//! A store with the workload in it, new or kept from an earlier run.

use std::path::{Path, PathBuf};

use entail::engine::request::Page;
use entail::model::fact::RawFact;
use entail::{Engine, Options};
use tempfile::TempDir;

use super::asked::{list_objects, list_subjects};
use super::limit::Limit;
use super::{Reach, TENANT, World, new_engine};

/// Names the directory in which stores are kept from run to run; without it each run loads its own.
const KEPT: &str = "ENTAIL_BENCH_STORE";

/// An engine with a world loaded. The directory goes when this does, unless it is kept.
pub(crate) struct Stored {
    pub(crate) engine: Engine,
    pub(crate) directory: PathBuf,
    // Dropped last: the engine writes in it.
    pub(crate) temporary: Option<TempDir>,
}

impl Stored {
    /// Loads the world of this seed, or opens the store that an earlier run filled with it.
    pub(crate) fn new(world: &World, seed: u64) -> Self {
        let Ok(kept) = std::env::var(KEPT) else {
            let temporary = tempfile::tempdir().unwrap();
            let engine = new_engine(temporary.path());
            load(&engine, world.each_fact());
            return Self { engine, directory: temporary.path().into(), temporary: Some(temporary) };
        };
        let directory = Path::new(&kept).join(format!("{}-{seed}", world.size.name));
        let loaded = directory.with_extension("loaded");
        let engine = if loaded.exists() {
            Engine::open(&directory, Options::default()).unwrap()
        } else {
            // What a run that was ended left behind isn't whole.
            if directory.exists() {
                std::fs::remove_dir_all(&directory).unwrap();
            }
            std::fs::create_dir_all(&directory).unwrap();
            let engine = new_engine(&directory);
            load(&engine, world.each_fact());
            std::fs::write(&loaded, "").unwrap();
            engine
        };
        Self { engine, directory, temporary: None }
    }

    /// The baseline over the same world, in the engine's order of creation.
    pub(crate) fn limit(&self, world: &World) -> Limit {
        let admin = world.reaches.iter().position(|reach| *reach == Reach::All).expect("there are admins");
        let shared = world.is_shared.iter().position(|is_shared| *is_shared).expect("something is shared");
        let all = Page::default();
        let users = self.engine.list_subjects(TENANT, &list_subjects(shared), &all).unwrap().items;
        let sequences = self.engine.list_objects(TENANT, &list_objects(admin), &all).unwrap().items;
        Limit::new(world, &users, &sequences)
    }
}

/// Brings facts into an empty engine in one transaction. At XL they take some gigabytes meanwhile; in several transactions,
/// each would merge its part into every list that the ones before have made.
pub(crate) fn load(engine: &Engine, facts: impl Iterator<Item = RawFact>) {
    engine.load(TENANT, &facts.collect::<Vec<_>>()).unwrap();
}
