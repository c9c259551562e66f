//! Which statements and literals no test of some files exercises: those that can be left out, and all tests pass as before.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde::Serialize;

use crate::api::policy::PolicyRequest;
use crate::api::problem::Problem;
use crate::cli::rules::mutant::{Mutant, Part, mutants};
use crate::cli::rules::suite::Suite;
use crate::cli::scratch::Scratch;
use crate::engine::engine::{Engine, Options};

/// How many policies an engine holds before another one takes its place.
const POLICIES: usize = 4;

/// What tests exercise.
#[derive(Debug, Default, Serialize)]
pub(super) struct Coverage {
    /// Rules, effects, denies, and the changes of guards.
    pub(super) rules: Counted,
    /// Literals of their bodies.
    pub(super) literals: Counted,
    /// What no test exercises, in the order of the texts.
    pub(super) unexercised: Vec<Unexercised>,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Counted {
    pub(super) exercised: usize,
    pub(super) all: usize,
}

/// A statement or a literal that no test exercises.
#[derive(Debug, Serialize)]
pub(super) struct Unexercised {
    pub(super) file: String,
    /// From 1.
    pub(super) line: usize,
    /// `rule` or `literal`.
    pub(super) what: &'static str,
    pub(super) text: String,
}

/// What became of the tests without a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Some test has another outcome.
    Other,
    /// All tests pass.
    Same,
    /// There is no such policy.
    Needed,
}

/// Leaves out one part after the other, and runs the tests of the suites that include it until one has another outcome. All
/// tests must pass as they are. What can't be left out, since something else needs its variables, counts with its statement.
///
/// # Errors
/// What is wrong with this machine.
pub(super) fn cover(suites: &[Suite], only_rules: bool) -> Result<Coverage, Problem> {
    let mut including: BTreeMap<Mutant, Vec<usize>> = BTreeMap::new();
    for (position, suite) in suites.iter().enumerate() {
        let wanted =
            mutants(suite).into_iter().filter(|mutant| !only_rules || !matches!(mutant.part, Part::Literal(_)));
        wanted.for_each(|mutant| including.entry(mutant).or_default().push(position));
    }
    // The smallest pack that shows a difference shows it soonest.
    let size = |position: &usize| suites.get(*position).map_or(0, Suite::size);
    including.values_mut().for_each(|of_suites| of_suites.sort_by_key(size));
    let work: Vec<(Mutant, Vec<usize>)> = including.into_iter().collect();
    let outcomes = try_all(suites, &work)?;
    let mut statements: BTreeMap<(&str, usize), bool> = BTreeMap::new();
    for ((mutant, _), outcome) in work.iter().zip(&outcomes) {
        if !matches!(mutant.part, Part::Literal(_)) {
            *statements.entry((&mutant.source, mutant.statement)).or_default() |= *outcome != Outcome::Same;
        }
    }
    let mut coverage = Coverage::default();
    for ((mutant, of_suites), outcome) in work.iter().zip(outcomes) {
        let of_statement = || statements.get(&(mutant.source.as_str(), mutant.statement)).copied().unwrap_or_default();
        let (what, counted, is_exercised) = match mutant.part {
            Part::Literal(_) => {
                let with_statement = outcome == Outcome::Needed && of_statement();
                ("literal", &mut coverage.literals, outcome == Outcome::Other || with_statement)
            }
            Part::Statement | Part::Change(_) => ("rule", &mut coverage.rules, outcome != Outcome::Same),
        };
        counted.all += 1;
        counted.exercised += usize::from(is_exercised);
        let suite = of_suites.first().and_then(|suite| suites.get(*suite));
        if let (false, Some((line, text))) = (is_exercised, suite.and_then(|suite| mutant.shown(suite))) {
            coverage.unexercised.push(Unexercised { file: mutant.source.clone(), line, what, text });
        }
    }
    coverage.unexercised.sort_by(|left, right| (&left.file, left.line).cmp(&(&right.file, right.line)));
    Ok(coverage)
}

/// Tries all parts, on two threads.
fn try_all(suites: &[Suite], work: &[(Mutant, Vec<usize>)]) -> Result<Vec<Outcome>, Problem> {
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let outcomes = Mutex::new(vec![Outcome::Same; work.len()]);
    let worker = || -> Result<(), Problem> {
        let mut bench = Bench::new(suites)?;
        while !is_over.load(Ordering::Relaxed) {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let Some((mutant, of_suites)) = work.get(position) else { break };
            let outcome =
                bench.try_without(mutant, of_suites).inspect_err(|_| is_over.store(true, Ordering::Relaxed))?;
            let mut outcomes = outcomes.lock().map_err(|_| Problem::internal("a thread that ran tests ended"))?;
            if let Some(slot) = outcomes.get_mut(position) {
                *slot = outcome;
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let other = scope.spawn(worker);
        worker()?;
        other.join().map_err(|_| Problem::internal("a thread that ran tests ended"))?
    })?;
    outcomes.into_inner().map_err(|_| Problem::internal("a thread that ran tests ended"))
}

/// Where one thread runs tests.
struct Bench<'s> {
    suites: &'s [Suite],
    /// The tests of each suite, the one that told a difference last first.
    orders: Vec<Vec<usize>>,
    engine: Engine,
    /// Where the engine's store is; gone with it.
    scratch: Scratch,
    n_policies: usize,
    n_tenants: usize,
}

impl<'s> Bench<'s> {
    fn new(suites: &'s [Suite]) -> Result<Self, Problem> {
        let scratch = Scratch::new()?;
        let engine = Engine::open(scratch.path(), Options::default())?;
        let orders = suites.iter().map(|suite| (0..suite.tests().len()).collect()).collect();
        Ok(Self { suites, orders, engine, scratch, n_policies: 0, n_tenants: 0 })
    }

    fn try_without(&mut self, mutant: &Mutant, of_suites: &[usize]) -> Result<Outcome, Problem> {
        let mut all = Outcome::Needed;
        for position in of_suites {
            let Some(suite) = self.suites.get(*position) else { continue };
            for policy in mutant.policies(suite) {
                match self.run(*position, suite, &policy)? {
                    Outcome::Other => return Ok(Outcome::Other),
                    Outcome::Same => {
                        all = Outcome::Same;
                        break;
                    }
                    Outcome::Needed => {}
                }
            }
        }
        Ok(all)
    }

    /// Runs the tests of a suite under another policy, until one has another outcome.
    fn run(&mut self, position: usize, suite: &Suite, policy: &PolicyRequest) -> Result<Outcome, Problem> {
        self.n_policies += 1;
        if self.n_policies > POLICIES {
            let scratch = Scratch::new()?;
            // IMPORTANT: in this order, or the old engine would lose its directory before it is closed.
            self.engine = Engine::open(scratch.path(), Options::default())?;
            self.scratch = scratch;
            self.n_policies = 0;
        }
        let tests = suite.tests();
        let order = self.orders.get(position).cloned().unwrap_or_default();
        for (at, test) in order.into_iter().enumerate() {
            let Some((_, steps)) = tests.get(test) else { continue };
            let tenant = format!("test-{}", self.n_tenants);
            self.n_tenants += 1;
            let is_same = match suite.play(&self.engine, &tenant, policy.clone(), steps, false) {
                Ok(failure) => failure.is_none(),
                Err(problem) if problem.code == "policy-invalid" => return Ok(Outcome::Needed),
                Err(_) => false,
            };
            if !is_same {
                if let Some(order) = self.orders.get_mut(position) {
                    order.remove(at);
                    order.insert(0, test);
                }
                return Ok(Outcome::Other);
            }
        }
        Ok(Outcome::Same)
    }
}

/// Reads the suites of files.
///
/// # Errors
/// What can't be read of them.
pub(super) fn suites(files: &[PathBuf]) -> Result<Vec<Suite>, Problem> {
    files.iter().map(|file| Suite::read(file)).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_tests_of_the_shipped_packs_exercise_every_rule() {
        let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.to_string_lossy().ends_with(".test.dl"));
        files.sort();
        let coverage = cover(&suites(&files).unwrap(), true).unwrap();
        let missing: Vec<String> = coverage
            .unexercised
            .iter()
            .map(|Unexercised { file, line, text, .. }| format!("{file}:{line}: {text}"))
            .collect();
        assert!(coverage.rules.all >= 98 && missing.is_empty(), "{}", missing.join("\n"));
    }
}
