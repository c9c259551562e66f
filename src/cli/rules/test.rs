//! `entail rules test`: the tests that stand in `*.test.dl` files, each on a tenant of its own.

use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use crate::api::problem::Problem;
use crate::cli::args::Common;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, printable};
use crate::cli::rules::coverage::{Coverage, Unexercised, cover, suites};
use crate::cli::rules::suite::Suite;
use crate::cli::run::SUCCESS;
use crate::cli::scratch::Scratch;
use crate::engine::engine::{Engine, Options};

/// What became of some files' tests.
#[derive(Debug, Default, Serialize)]
struct Outcome {
    passed: usize,
    failed: usize,
    tests: Vec<Tested>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<Coverage>,
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

/// Runs the tests of files, each with the rules that it includes; with `coverage`, tells besides what they don't exercise.
pub(super) fn run(common: &Common, files: &[PathBuf], coverage: bool) -> Result<ExitCode, Failure> {
    let suites = suites(files)?;
    let scratch = Scratch::new()?;
    let engine = Engine::open(scratch.path(), Options::default())?;
    let mut output = Output::new();
    let mut outcome = Outcome::default();
    for (number, suite) in suites.iter().enumerate() {
        for tested in test_file(&engine, number, suite)? {
            if tested.passed {
                outcome.passed += 1
            } else {
                outcome.failed += 1
            }
            let is_told = !tested.passed || !coverage;
            if is_told && !common.json {
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
    if coverage && outcome.failed == 0 {
        outcome.coverage = Some(cover(&suites, false)?);
    }
    if let (false, Some(coverage)) = (common.json, &outcome.coverage) {
        output.text(&printable(&in_words(coverage)))?;
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

fn test_file(engine: &Engine, number: usize, suite: &Suite) -> Result<Vec<Tested>, Failure> {
    let mut outcomes = Vec::new();
    for (position, (title, steps)) in suite.tests().into_iter().enumerate() {
        let failure = suite.play(engine, &format!("test-{number}-{position}"), suite.policy(), steps, true)?;
        outcomes.push(Tested { file: suite.file.clone(), test: title.to_owned(), passed: failure.is_none(), failure });
    }
    Ok(outcomes)
}

/// What isn't exercised, each on a line with its place, and how much is.
fn in_words(coverage: &Coverage) -> String {
    let mut text = String::new();
    for Unexercised { file, line, what, text: statement } in &coverage.unexercised {
        text += &format!("{file}:{line}: {what} that no test exercises: {statement}\n");
    }
    let Coverage { rules, literals, .. } = coverage;
    let (of_rules, of_literals) = (rules.all, literals.all);
    text + &format!("rules: {} of {of_rules}, literals: {} of {of_literals}\n", rules.exercised, literals.exercised)
}
