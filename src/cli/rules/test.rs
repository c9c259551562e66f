//! `entail rules test`: the tests that stand in `*.test.dl` files, each on a tenant of its own.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

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

/// How many tests are played at once: while one waits for its write to be on the disk, others go on.
const AT_ONCE: usize = 4;

/// Runs the tests of files, each with the rules that it includes; with `coverage`, tells besides what they don't exercise.
pub(super) fn run(common: &Common, files: &[PathBuf], coverage: bool) -> Result<ExitCode, Failure> {
    let suites = suites(files)?;
    let scratch = Scratch::new()?;
    let engine = Engine::open(scratch.path(), Options::default())?;
    let mut output = Output::new();
    let mut outcome = Outcome::default();
    for tested in play_all(&engine, &suites)? {
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

/// Plays the tests of all suites, several at once; answers in the order of the text.
fn play_all(engine: &Engine, suites: &[Suite]) -> Result<Vec<Tested>, Problem> {
    let tests: Vec<_> =
        suites.iter().flat_map(|suite| suite.tests().into_iter().map(move |test| (suite, test))).collect();
    let next = AtomicUsize::new(0);
    let worker = || -> Result<Vec<(usize, Tested)>, Problem> {
        let mut played = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some((suite, (title, steps))) = tests.get(number) else { return Ok(played) };
            let failure = suite.play(engine, &format!("test-{number}"), suite.policy(), steps, true)?;
            let (file, test) = (suite.file.clone(), (*title).to_owned());
            played.push((number, Tested { file, test, passed: failure.is_none(), failure }));
        }
    };
    let mut played = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE.min(tests.len())).map(|_| scope.spawn(worker)).collect();
        let mut played = Vec::with_capacity(tests.len());
        for worker in workers {
            played.extend(worker.join().map_err(|_| Problem::internal("a thread that ran tests ended"))??);
        }
        Ok::<_, Problem>(played)
    })?;
    played.sort_by_key(|(number, _)| *number);
    Ok(played.into_iter().map(|(_, tested)| tested).collect())
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
