//! Explanations: every allowed check has a proof that holds step by step, and none is smaller.

use std::cell::Cell;

use entail::engine::explain::denial::Opening;
use entail::engine::explain::explanation::Verdict;
use entail::engine::explain::proof::{Reason, Statement, Step};
use entail::engine::request::{Check, Context as Contextual};
use entail::model::fact::Fact;
use entail::model::value::Value;
use entail::policy::checked::Policy;
use entail::{Engine, Options};

use crate::oracle::bench::Bench;
use crate::oracle::changes::{draw_context, draw_load, draw_write};
use crate::oracle::check::check;
use crate::oracle::naive::{Context, Meaning};
use crate::oracle::notation::whole;
use crate::oracle::proofs::Court;
use crate::oracle::random::Random;
use crate::oracle::state::{Change, State};
use crate::oracle::worlds::{self, Draft};

/// How many random worlds are looked at.
const WORLDS: u64 = 60;
/// How many allowed checks of one state are explained.
const A_STATE: usize = 12;

/// The check that a fact of `can` answers.
fn check_of(row: &[Value], context: &Context) -> Check {
    let of_relation = |rows: &std::collections::BTreeSet<Vec<Value>>| {
        rows.iter().map(|row| row.iter().map(Value::raw).collect()).collect()
    };
    let context: Contextual = context.iter().map(|(name, rows)| (name.to_string(), of_relation(rows))).collect();
    let [subject, permission, object] = [0, 1, 2].map(|column| whole(&row[column]));
    Check { subject, permission, object, context, at: None }
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

/// Explains some of what is allowed at a state.
fn prove_some(random: &Random, bench: &Bench<'_>, court: &Court<'_>, explained: &Cell<usize>) {
    let allowed: Vec<Vec<Value>> = court.meaning.facts("can").iter().cloned().collect();
    if allowed.is_empty() {
        return;
    }
    let sizes = court.sizes();
    for _ in 0..A_STATE {
        let row = random.pick(&allowed);
        let goal = Fact { relation: "can".into(), values: row.clone() };
        let told = bench
            .engine
            .explain(&bench.tenant, &check_of(row, court.context))
            .unwrap_or_else(|error| panic!("{}: {goal} has no explanation: {error} {:?}", bench.tenant, error.details));
        let Verdict::Allowed { proof, .. } = told.verdict else { panic!("{}: {goal} is allowed", bench.tenant) };
        court.accept(&proof, &goal).unwrap_or_else(|wrong| panic!("{}: {wrong}\n{proof:#?}", bench.tenant));
        assert_eq!(proof.size, sizes[&(goal.relation.clone(), goal.values.clone())], "{}: {proof:#?}", bench.tenant);
        explained.set(explained.get() + 1);
    }
}

/// What came of asking for openings.
#[derive(Default)]
struct Opened {
    /// By one fact, as is possible.
    by_one: usize,
    /// By several, or not at all.
    otherwise: usize,
}

/// Takes away a fact on which something rests that is allowed, asks what would open it, writes that, and asks again.
fn close_and_open<'p>(random: &Random, bench: &Bench<'_>, policy: &'p Policy, state: State<'p>, opened: &mut Opened) {
    let mut state = state;
    for _ in 0..A_STATE {
        let context = draw_context(random, policy);
        let meaning = Meaning::of(policy, &state.facts, &context);
        let allowed: Vec<Vec<Value>> = meaning.facts("can").iter().cloned().collect();
        let Some(row) = random.choose(&allowed) else { return };
        let asked = check_of(row, &context);
        let told = bench.engine.explain(&bench.tenant, &asked).expect("an explanation");
        let Verdict::Allowed { proof, .. } = told.verdict else { panic!("{asked:?} is allowed") };
        let written: Vec<Fact> = proof.steps.iter().filter_map(written).cloned().collect();
        let Some(fact) = random.choose(&written) else { continue };
        let change = Change { insert: Vec::new(), delete: vec![fact.clone()] };
        state = bench.write(&state, &change, false).unwrap_or_else(|wrong| panic!("{}", wrong.words));
        let told = bench.engine.explain(&bench.tenant, &asked).unwrap_or_else(|error| panic!("{asked:?}: {error}"));
        let Verdict::Denied(denial) = told.verdict else { continue };
        assert!(denial.ways.iter().all(|way| way.parts.iter().any(|part| !part.holds)), "{denial:#?}");
        let openings: Vec<&Opening> = denial.ways.iter().flat_map(|way| &way.openings).collect();
        let is_least = openings.first().is_some_and(|opening| opening.size() == 1);
        *(if is_least { &mut opened.by_one } else { &mut opened.otherwise }) += 1;
        if !is_least {
            println!("{}: {asked:?} without {fact}: {denial:#?}", bench.tenant);
        }
        let Some(opening) = random.choose(&openings) else { continue };
        let change = Change { insert: opening.insert.clone(), delete: opening.delete.clone() };
        state = bench.write(&state, &change, false).unwrap_or_else(|wrong| panic!("{change:?}: {}", wrong.words));
        let allowed = bench.engine.check(&bench.tenant, &asked).expect("a decision").allowed;
        assert!(allowed, "{}: {asked:?} after {opening:?}", bench.tenant);
    }
}

/// The fact that a step says is stored.
fn written(step: &Step) -> Option<&Fact> {
    match (&step.says, &step.because) {
        (Statement::Holds(fact), Reason::Written(_)) => Some(fact),
        _ => None,
    }
}

#[test]
fn what_lacks_one_fact_is_opened_by_one_fact_and_what_is_told_to_open_it_does() {
    let directory = tempfile::tempdir().expect("a directory");
    let engine = Engine::open(directory.path(), Options::default()).expect("an engine");
    let mut opened = Opened::default();
    for seed in 1..=WORLDS {
        let random = Random::new(seed);
        let (draft, policy) = draw_policy(&random);
        let bench = Bench { engine: &engine, tenant: format!("world-{seed}") };
        bench.activate(&draft.to_string()).expect("a policy");
        if policy.schema.predicates.iter().all(|predicate| &*predicate.name != "can") {
            continue;
        }
        let load = draw_load(&random, &policy);
        let state = bench.write(&State::empty(&policy), &load, true).expect("a load");
        close_and_open(&random, &bench, &policy, state, &mut opened);
    }
    let Opened { by_one, otherwise } = opened;
    println!("{by_one} opened by one fact, {otherwise} otherwise");
    assert!(by_one > 200 && otherwise * 20 < by_one, "{by_one} opened by one fact, {otherwise} otherwise");
}

#[test]
fn what_is_allowed_in_random_worlds_has_a_proof_that_can_be_checked_and_none_is_smaller() {
    let directory = tempfile::tempdir().expect("a directory");
    let engine = Engine::open(directory.path(), Options::default()).expect("an engine");
    let explained = Cell::new(0);
    for seed in 1..=WORLDS {
        let random = Random::new(seed);
        let (draft, policy) = draw_policy(&random);
        let bench = Bench { engine: &engine, tenant: format!("world-{seed}") };
        bench.activate(&draft.to_string()).expect("a policy");
        let mut state = State::empty(&policy);
        for number in 0..3 {
            let change = if number == 0 { draw_load(&random, &policy) } else { draw_write(&random, &policy, &state) };
            state = bench.write(&state, &change, number == 0).expect("a write");
            let context = draw_context(&random, &policy);
            let meaning = Meaning::of(&policy, &state.facts, &context);
            if policy.schema.predicates.iter().all(|predicate| &*predicate.name != "can") {
                continue;
            }
            let court = Court { policy: &policy, stored: &state.facts, context: &context, meaning: &meaning };
            prove_some(&random, &bench, &court, &explained);
        }
    }
    println!("{} proofs", explained.get());
    assert!(explained.get() > 200, "{} proofs", explained.get());
}
