//! The engine's verdicts on writes held against the oracle's: files, and random courses of activations, loads and writes.
//!
//! `ENTAIL_WRITES=1000000` tries more, `ENTAIL_SEED=7` begins elsewhere. A course that fails is shrunk and printed like a
//! file of `tests/corpus/writes`, where it stays.

use std::cell::Cell;
use std::path::Path;

use entail::{Engine, Options};

use crate::oracle::bench::{Bench, Disagreement, Form};
use crate::oracle::check::check;
use crate::oracle::corpus::{Answer, File, Played};
use crate::oracle::course::{self, Course, Place, Policies, Step};
use crate::oracle::naive::{Context, Meaning};
use crate::oracle::random::Random;
use crate::oracle::shrink::Laboratory;
use crate::oracle::worlds::{Draft, Statement};

/// Courses that share an engine.
const AN_ENGINE: u64 = 200;

#[test]
fn the_engine_judges_writes_as_each_file_says() {
    let directory = tempfile::tempdir().expect("a directory");
    let engine = Engine::open(directory.path(), Options::default()).expect("an engine");
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/writes");
    let mut paths: Vec<_> =
        std::fs::read_dir(files).expect("the corpus").map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    assert!(paths.len() >= 6, "the corpus is there");
    for path in paths {
        let file = File::read(&std::fs::read_to_string(&path).expect("a text"));
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let policy = check(&file.policy).unwrap_or_else(|errors| panic!("{name}: {errors:#?}"));
        let draft = Draft { statements: vec![Statement::Plain(file.policy.clone())] };
        for (number, steps) in file.tests(&policy).into_iter().enumerate() {
            let bench = Bench { engine: &engine, tenant: format!("{name}-{number}") };
            play_file(&name, &bench, &draft, steps);
        }
    }
}

/// Takes the steps of a test with both, and asks what it asks.
fn play_file(name: &str, bench: &Bench<'_>, draft: &Draft, steps: Vec<Played>) {
    let policies = Policies::of(draft).expect("the checker takes it");
    let mut place = Place::start(&policies);
    let fail = |disagreement: Disagreement| panic!("{name}: {}", disagreement.words);
    bench.take(&mut place, &policies, &Step::Activate { denies: true }).unwrap_or_else(fail);
    for step in steps {
        match step {
            Played::Write(ask, reason) => {
                let step = Step::Write(ask);
                let is_refused = place.judge(&step).is_none_or(|verdict| verdict.is_err());
                assert_eq!(is_refused, reason.is_some(), "{name}: {step:?}");
                bench.take(&mut place, &policies, &step).unwrap_or_else(fail);
            }
            Played::Expect(question, context, Answer::Count(_) | Answer::Rows(_)) => {
                let state = place.state().expect("a policy is active");
                let right = question.answer(&Meaning::of(state.policy, &state.facts, &Context::new()));
                bench.ask(&question, Form::Whole, &context, &right).unwrap_or_else(fail);
            }
        }
    }
}

#[test]
fn engine_and_oracle_judge_random_writes_alike() {
    let n_writes = number("ENTAIL_WRITES", 1_000);
    let first_seed = number("ENTAIL_SEED", 1);
    println!("ENTAIL_SEED={first_seed} ENTAIL_WRITES={n_writes}");
    let (mut seed, mut tried) = (first_seed, 0);
    while tried < n_writes {
        let directory = tempfile::tempdir().expect("a directory");
        let engine = Engine::open(directory.path(), Options::default()).expect("an engine");
        for _ in 0..AN_ENGINE {
            if tried >= n_writes {
                break;
            }
            let course = course::draw(&Random::new(seed));
            let bench = Bench { engine: &engine, tenant: format!("course-{seed}") };
            if let Err(disagreement) = play(&bench, &course, &mut tried) {
                report(seed, course, &disagreement);
            }
            seed += 1;
        }
    }
    println!("{tried} writes in {} courses", seed - first_seed);
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

fn play(bench: &Bench<'_>, course: &Course, tried: &mut u64) -> Result<(), Disagreement> {
    let policies = Policies::of(&course.draft).expect("a drawn policy is taken");
    let mut place = Place::start(&policies);
    for step in &course.steps {
        bench.take(&mut place, &policies, step)?;
        *tried += u64::from(matches!(step, Step::Write(_)));
    }
    Ok(())
}

/// Shrinks the course and ends the test with it.
fn report(seed: u64, course: Course, disagreement: &Disagreement) {
    let directory = tempfile::tempdir().expect("a directory");
    let engine = Engine::open(directory.path(), Options::default()).expect("an engine");
    let laboratory = Laboratory { engine: &engine, attempts: Cell::new(0) };
    let small = laboratory.shrink_course(course, disagreement.kind);
    let words = laboratory
        .play_course(&small)
        .map_or_else(|| format!("{} (not seen again when played alone)", disagreement.words), |again| again.words);
    panic!("seed {seed}: {words}\n\n{small}");
}
