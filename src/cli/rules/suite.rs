//! The tests of a file, with the rules that it includes.

use std::path::Path;

use crate::api::policy::PolicyRequest;
use crate::api::problem::Problem;
use crate::cli::diagnostics::refused;
use crate::cli::rules::files::read_pack;
use crate::cli::rules::step::{Ground, play};
use crate::engine::engine::Engine;
use crate::language::syntax::{Statement, StatementKind, Step, Write};
use crate::policy::pack::Pack;

/// A file of tests.
#[derive(Debug)]
pub(super) struct Suite {
    /// As the user called it.
    pub(super) file: String,
    /// The file and what it includes.
    pub(super) pack: Pack,
}

impl Suite {
    /// Reads a file.
    ///
    /// # Errors
    /// What can't be read of it.
    pub(super) fn read(file: &Path) -> Result<Self, Problem> {
        let pack = read_pack(file)?;
        if !pack.diagnostics().is_empty() {
            return Err(refused(&pack.sources, pack.diagnostics()));
        }
        Ok(Self { file: file.display().to_string(), pack })
    }

    /// The policy that it tests.
    pub(super) fn policy(&self) -> PolicyRequest {
        let files = self.pack.sources.iter().map(|source| (source.name.clone(), source.text.clone())).collect();
        PolicyRequest { main: self.file.clone(), files }
    }

    /// How many bytes its files have.
    pub(super) fn size(&self) -> usize {
        self.pack.sources.iter().map(|source| source.text.len()).sum()
    }

    /// Its tests; those of files that it includes are theirs to run.
    pub(super) fn tests(&self) -> Vec<(&str, &[Step])> {
        let statements = self.pack.files.first().into_iter().flat_map(|main| &main.statements);
        statements.filter_map(test).collect()
    }

    /// Plays the steps of a test under a policy, on a tenant that isn't there yet; answers with what was otherwise than it says, and
    /// if it `explains`, why.
    ///
    /// # Errors
    /// What is wrong with the policy, or with the text of the test.
    pub(super) fn play(
        &self,
        engine: &Engine,
        tenant: &str,
        policy: PolicyRequest,
        steps: &[Step],
        explains: bool,
    ) -> Result<Option<String>, Problem> {
        policy.activate(engine, tenant)?;
        let statements = self.pack.files.first().into_iter().flat_map(|main| &main.statements);
        let before: Vec<&Write> = statements
            .filter_map(|statement| match &statement.kind {
                StatementKind::Write(write) => Some(write),
                _ => None,
            })
            .collect();
        play(&Ground { engine, tenant, sources: &self.pack.sources, explains }, &before, steps)
    }
}

/// The title and the steps of a test.
fn test(statement: &Statement) -> Option<(&str, &[Step])> {
    match &statement.kind {
        StatementKind::Test { title, steps, .. } => Some((&title.node, steps)),
        _ => None,
    }
}
