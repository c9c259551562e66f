//! `entail rules test`: the tests that stand in `*.test.dl` files, each on a tenant of its own.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;

use crate::api::problem::Problem;
use crate::cli::args::Common;
use crate::cli::diagnostics::refused;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::rules::files::{read_files, read_pack};
use crate::cli::rules::step::{Ground, play};
use crate::cli::run::SUCCESS;
use crate::cli::scratch::Scratch;
use crate::engine::engine::{Engine, Options};
use crate::language::syntax::{StatementKind, Step, Write};
use crate::policy::pack::Pack;

/// What became of some files' tests.
#[derive(Debug, Default, Serialize)]
struct Outcome {
    passed: usize,
    failed: usize,
    tests: Vec<Tested>,
}

/// What became of one test.
#[derive(Debug, Serialize)]
struct Tested {
    file: String,
    test: String,
    passed: bool,
    /// What was otherwise than the test says: the first such step.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

/// Runs the tests of files, each with the rules that it includes.
pub(super) fn run(common: &Common, files: &[PathBuf]) -> Result<ExitCode, Failure> {
    let scratch = Scratch::new()?;
    let engine = Engine::open(scratch.path(), Options::default())?;
    let mut output = Output::new();
    let mut outcome = Outcome::default();
    for (number, file) in files.iter().enumerate() {
        for tested in test_file(&engine, number, file)? {
            if tested.passed {
                outcome.passed += 1
            } else {
                outcome.failed += 1
            }
            if !common.json {
                let Tested { file, test, failure, .. } = &tested;
                match failure {
                    None => output.line(&format!("passed  {file}: {test}"))?,
                    Some(failure) => output.line(&format!("FAILED  {file}: {test}\n  {failure}"))?,
                }
            }
            outcome.tests.push(tested);
        }
    }
    if outcome.tests.is_empty() {
        return Err(Problem::invalid("no-tests", "the files hold no tests")
            .help("Write some: `test \"…\" { … }`; name the file `*.test.dl`, and let it include the rules.")
            .into());
    }
    match common.json {
        true => output.json(&outcome)?,
        false => output.line(&format!("{} passed, {} failed", outcome.passed, outcome.failed))?,
    }
    output.flush()?;
    match outcome.failed {
        0 => Ok(SUCCESS),
        failed => {
            let tests = if failed == 1 { "test" } else { "tests" };
            Err(Problem::invalid("tests-failed", format!("{failed} {tests} failed")).into())
        }
    }
}

fn test_file(engine: &Engine, number: usize, file: &Path) -> Result<Vec<Tested>, Failure> {
    let pack = read_pack(file)?;
    let policy = read_files(file)?;
    let Pack { files, sources, .. } = &pack;
    let (mut before, mut tests): (Vec<&Write>, Vec<(&str, &[Step])>) = (Vec::new(), Vec::new());
    // Tests of included files are theirs to run.
    for statement in files.first().into_iter().flat_map(|main| &main.statements) {
        match &statement.kind {
            StatementKind::Write(write) => before.push(write),
            StatementKind::Test { title, steps, .. } => tests.push((&title.node, steps)),
            _ => {}
        }
    }
    if !pack.diagnostics().is_empty() {
        return Err(refused(sources, pack.diagnostics()).into());
    }
    let mut outcomes = Vec::with_capacity(tests.len());
    for (position, (title, steps)) in tests.into_iter().enumerate() {
        let tenant = format!("test-{number}-{position}");
        policy.clone().activate(engine, &tenant)?;
        let ground = Ground { engine, tenant: &tenant, sources };
        let failure = play(&ground, &before, steps)?;
        outcomes.push(Tested {
            file: file.display().to_string(),
            test: title.to_owned(),
            passed: failure.is_none(),
            failure,
        });
    }
    Ok(outcomes)
}
