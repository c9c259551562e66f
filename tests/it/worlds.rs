//! The worlds of `tests/corpus/worlds`: written by hand, or once failed and shrunk; each is played every time.

use std::collections::BTreeSet;
use std::path::Path;

use entail::model::value::Value;
use entail::policy::checked::{Origin, Policy};
use entail::{Engine, Options};

use crate::oracle::bench::{Bench, Form};
use crate::oracle::changes::draw_context;
use crate::oracle::check::check;
use crate::oracle::corpus::{Answer, File, Played};
use crate::oracle::naive::{Context, Meaning};
use crate::oracle::questions::Asker;
use crate::oracle::random::Random;
use crate::oracle::state::State;
use crate::oracle::transaction::Ask;
use crate::proofs::random::prove_some;
use crate::verify::assert_sound;

/// Random questions about each state of a world.
const A_STATE: usize = 60;

#[test]
fn the_oracle_answers_as_each_world_says() {
    for (name, file) in files() {
        let policy = check(&file.policy).unwrap_or_else(|errors| panic!("{name}: {errors:#?}"));
        file.tests(&policy).into_iter().for_each(|steps| play(&name, &policy, steps, None));
    }
}

#[test]
fn the_engine_answers_as_each_world_says_and_as_the_oracle_does() {
    let directory = tempfile::tempdir().expect("a directory");
    let engine = Engine::open(directory.path(), Options::default()).expect("an engine");
    for (name, file) in files() {
        let policy = check(&file.policy).unwrap_or_else(|errors| panic!("{name}: {errors:#?}"));
        for (number, steps) in file.tests(&policy).into_iter().enumerate() {
            let bench = Bench { engine: &engine, tenant: format!("{name}-{number}") };
            bench.activate(&file.policy).unwrap_or_else(|disagreement| panic!("{name}: {}", disagreement.words));
            play(&name, &policy, steps, Some(&bench));
            assert_sound(&engine, &bench.tenant);
        }
    }
}

fn files() -> Vec<(String, File)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/worlds");
    let mut paths: Vec<_> =
        std::fs::read_dir(directory).expect("the corpus").map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    assert!(paths.len() >= 13, "the corpus is there");
    let read = |path: &Path| File::read(&std::fs::read_to_string(path).expect("a text"));
    paths.iter().map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), read(path))).collect()
}

/// Runs a test's writes and holds what it says against the oracle, and the engine, if there is one, against both.
fn play(name: &str, policy: &Policy, steps: Vec<Played>, bench: Option<&Bench<'_>>) {
    let random = Random::new(1);
    let mut state = State::empty(policy);
    for step in steps {
        match step {
            Played::Write(Ask { change, .. }, refused) => {
                let after = state.after(&change);
                assert_eq!(after.is_err(), refused.is_some(), "{name}: {change:?} {:?}", after.err());
                if let Some(bench) = bench {
                    let told = bench.write(&state, &change, false);
                    state = told.unwrap_or_else(|disagreement| panic!("{name}: {}", disagreement.words));
                    ask_at_random(name, &random, bench, &state, policy);
                } else {
                    state = after.unwrap_or(state);
                }
            }
            Played::Expect(question, given, answer) => {
                let context = completed(&given, policy);
                let right = question.answer(&Meaning::of(policy, &state.facts, &context));
                match answer {
                    Answer::Count(count) => {
                        assert_eq!(right.len() as u64, count, "{name}: {question} {right:?}")
                    }
                    Answer::Rows(rows) => assert_eq!(right, rows, "{name}: {question}"),
                }
                let told = bench.map(|bench| Form::ALL.map(|form| bench.ask(&question, form, &context, &right)));
                for told in told.into_iter().flatten() {
                    told.unwrap_or_else(|disagreement| panic!("{name}: {}", disagreement.words));
                }
            }
        }
    }
}

/// What a step gives; of other context relations none came, and it is the first of July.
fn completed(given: &Context, policy: &Policy) -> Context {
    let mut context = Context::new();
    for predicate in &policy.schema.predicates {
        if predicate.origin == Origin::Context {
            let rows: BTreeSet<Vec<Value>> = given.get(&predicate.name).cloned().unwrap_or_default();
            context.insert(predicate.name.clone(), rows);
        }
    }
    if !given.contains_key("now") {
        context
            .insert("now".into(), BTreeSet::from([vec![Value::Time("2026-07-01T00:00:00Z".parse().expect("a time"))]]));
    }
    context
}

fn ask_at_random(name: &str, random: &Random, bench: &Bench<'_>, state: &State<'_>, policy: &Policy) {
    let context = draw_context(random, policy);
    let meaning = Meaning::of(policy, &state.facts, &context);
    prove_some(random, bench, policy, state, &context, &meaning);
    let asker = Asker::new(policy, &meaning);
    for _ in 0..A_STATE {
        let question = asker.draw(random);
        let form = *random.pick(&Form::ALL);
        let told = bench.ask(&question, form, &context, &asker.answer(&question));
        told.unwrap_or_else(|disagreement| panic!("{name}: {}", disagreement.words));
    }
}
