//! One policy and a few facts, to be explained.

use entail::engine::explain::denial::{Denial, Opening};
use entail::engine::explain::explanation::Verdict;
use entail::engine::explain::proof::Proof;
use entail::engine::request::{PolicyText, Write};
use entail::model::fact::RawFact;
use entail::{Engine, Options};

use crate::requirements::world::{check, read_facts};

/// A tenant of an engine of its own.
pub(super) struct World {
    pub(super) engine: Engine,
    _directory: tempfile::TempDir,
}

impl World {
    /// The state that these facts make.
    pub(super) fn new(policy: &str, facts: &str) -> Self {
        Self::with(Options::default(), policy, facts)
    }

    /// The same, with options for the engine.
    pub(super) fn with(options: Options, policy: &str, facts: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let engine = Engine::open(directory.path(), options).expect("an engine");
        let files = [("p.dl".to_owned(), policy.to_owned())].into();
        engine.activate("t", &PolicyText { main: "p.dl".to_owned(), files }).expect("a policy");
        let world = Self { engine, _directory: directory };
        world.write(read_facts(facts));
        world
    }

    /// Writes facts; the revision that they are at.
    pub(super) fn write(&self, insert: Vec<RawFact>) -> String {
        let written = self.engine.write("t", &Write { insert, ..Write::default() }).expect("a write");
        written.revision.to_string()
    }

    /// Why something is allowed.
    pub(super) fn proof(&self, subject: &str, permission: &str, object: &str) -> Proof {
        match self.engine.explain("t", &check(subject, permission, object)).expect("an explanation").verdict {
            Verdict::Allowed { proof, .. } => proof,
            Verdict::Denied(denial) => panic!("{denial:#?}"),
        }
    }

    /// Why something is denied.
    pub(super) fn denial(&self, subject: &str, permission: &str, object: &str) -> Denial {
        match self.engine.explain("t", &check(subject, permission, object)).expect("an explanation").verdict {
            Verdict::Denied(denial) => denial,
            Verdict::Allowed { proof, .. } => panic!("{proof:#?}"),
        }
    }
}

/// What would open a deny, way by way, each opening as `+fact -fact`.
pub(super) fn openings(denial: &Denial) -> Vec<String> {
    denial.ways.iter().flat_map(|way| &way.openings).map(opening).collect()
}

/// Facts to write, as `+fact -fact`.
pub(super) fn opening(opening: &Opening) -> String {
    let inserts = opening.insert.iter().map(|fact| format!("+{fact}"));
    inserts.chain(opening.delete.iter().map(|fact| format!("-{fact}"))).collect::<Vec<_>>().join(" ")
}
