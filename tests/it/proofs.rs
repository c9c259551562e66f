//! Explanations: every allowed check has a proof that holds step by step, and none is smaller.

use std::cell::Cell;

use entail::engine::explain::explain::Verdict;
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
use crate::oracle::state::State;
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

/// Explains some of what is allowed at a state and some of what isn't.
fn explain_some(random: &Random, bench: &Bench<'_>, court: &Court<'_>, explained: &Cell<usize>) {
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
            explain_some(&random, &bench, &court, &explained);
        }
    }
    println!("{} proofs", explained.get());
    assert!(explained.get() > 200, "{} proofs", explained.get());
}
