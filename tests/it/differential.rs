//! The engine held against the oracle: random policies, random facts, random writes, random questions.
//!
//! `ENTAIL_QUESTIONS=10000000` asks more, `ENTAIL_SEED=7` begins elsewhere. A world that fails is shrunk and printed as a
//! file for `tests/corpus/worlds`, where it stays.

use std::cell::Cell;

use entail::policy::checked::Policy;
use entail::{Engine, Options};

use crate::oracle::bench::{Bench, Disagreement, Form};
use crate::oracle::changes::{draw_context, draw_load, draw_write};
use crate::oracle::check::check;
use crate::oracle::naive::Meaning;
use crate::oracle::questions::{Asker, Question};
use crate::oracle::random::Random;
use crate::oracle::shrink::{Laboratory, World};
use crate::oracle::state::State;
use crate::oracle::worlds::{self, Draft};

/// Questions about each state of a world.
const A_STATE: u64 = 250;
/// Worlds that share an engine.
const AN_ENGINE: u64 = 200;

/// A world that the engine and the oracle see differently.
struct Failure {
    world: World,
    disagreement: Disagreement,
}

#[test]
fn engine_and_oracle_agree_on_random_worlds() {
    let n_questions = number("ENTAIL_QUESTIONS", 100_000);
    let first_seed = number("ENTAIL_SEED", 1);
    println!("ENTAIL_SEED={first_seed} ENTAIL_QUESTIONS={n_questions}");
    let asked = Cell::new(0);
    let mut seed = first_seed;
    while asked.get() < n_questions {
        let directory = tempfile::tempdir().expect("a directory");
        let engine = Engine::open(directory.path(), Options::default()).expect("an engine");
        for _ in 0..AN_ENGINE {
            if asked.get() >= n_questions {
                break;
            }
            let random = Random::new(seed);
            let (draft, policy) = draw_policy(&random);
            let bench = Bench { engine: &engine, tenant: format!("world-{seed}") };
            if let Err(failure) = play(&random, &bench, &draft, &policy, &asked) {
                report(seed, *failure);
            }
            seed += 1;
        }
    }
    println!("{} questions about {} worlds", asked.get(), seed - first_seed);
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// The first policy that the checker takes.
fn draw_policy(random: &Random) -> (Draft, Policy) {
    loop {
        let draft = worlds::draw(random);
        if let Ok(policy) = check(&draft.to_string()) {
            return (draft, policy);
        }
    }
}

/// A world's life: a load, then writes, and questions after each.
fn play(
    random: &Random,
    bench: &Bench<'_>,
    draft: &Draft,
    policy: &Policy,
    asked: &Cell<u64>,
) -> Result<(), Box<Failure>> {
    let mut world = World { draft: draft.clone(), changes: Vec::new(), context: Default::default(), question: None };
    let failed = |world: &World, disagreement| Box::new(Failure { world: world.clone(), disagreement });
    bench.activate(&draft.to_string()).map_err(|disagreement| failed(&world, disagreement))?;
    let mut state = State::empty(policy);
    for number in 0..random.between(2, 6) {
        let change = if number == 0 { draw_load(random, policy) } else { draw_write(random, policy, &state) };
        world.changes.push(change.clone());
        state = bench.write(&state, &change, number == 0).map_err(|disagreement| failed(&world, disagreement))?;
        world.context = draw_context(random, policy);
        let meaning = Meaning::of(policy, &state.facts, &world.context);
        let asker = Asker::new(policy, &meaning);
        ask(random, bench, &asker, &world).map_err(|wrong| {
            let (question, disagreement) = *wrong;
            world.question = question;
            failed(&world, disagreement)
        })?;
        asked.set(asked.get() + A_STATE);
    }
    Ok(())
}

type Asked = Result<(), Box<(Option<Question>, Disagreement)>>;

/// Many questions about one state: single ones in all forms, and the checks once more as a batch.
fn ask(random: &Random, bench: &Bench<'_>, asker: &Asker<'_>, world: &World) -> Asked {
    let mut checks = Vec::new();
    for _ in 0..A_STATE {
        let question = asker.draw(random);
        let right = asker.answer(&question);
        let form =
            *random.pick(&[Form::Whole, Form::Whole, Form::Count, Form::Pages(1), Form::Pages(2), Form::Pages(5)]);
        let told = bench.ask(&question, form, &world.context, &right);
        told.map_err(|disagreement| Box::new((Some(question.clone()), disagreement)))?;
        if matches!(question, Question::Check(..)) {
            checks.push((question, !right.is_empty()));
        }
    }
    bench
        .ask_batch(&checks, &world.context)
        .map_err(|disagreement| Box::new((checks.first().map(|(q, _)| q.clone()), disagreement)))
}

/// Shrinks the world and ends the test with it.
fn report(seed: u64, failure: Failure) {
    let Failure { world, disagreement } = failure;
    let directory = tempfile::tempdir().expect("a directory");
    let engine = Engine::open(directory.path(), Options::default()).expect("an engine");
    let laboratory = Laboratory { engine: &engine, attempts: Cell::new(0) };
    let small = laboratory.shrink(world, disagreement.kind);
    let words = laboratory
        .play(&small)
        .map_or_else(|| format!("{} (not seen again when played alone)", disagreement.words), |again| again.words);
    panic!("seed {seed}: {words}\n\n{small}");
}
