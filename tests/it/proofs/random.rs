//! Random worlds: proofs are checked and their sizes compared with trying everything; openings are written.

use entail::engine::explain::denial::{Denial, Opening};
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
use crate::oracle::proofs::{Court, lacks};
use crate::oracle::random::Random;
use crate::oracle::state::{Change, State};
use crate::oracle::worlds::{self, Draft};
use crate::proofs::ways::{repeats, wider};

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

/// Explains some of what is allowed at a state; how many checks.
pub(crate) fn prove_some(
    random: &Random,
    bench: &Bench<'_>,
    policy: &Policy,
    state: &State<'_>,
    context: &Context,
    meaning: &Meaning<'_>,
) -> usize {
    if policy.schema.predicates.iter().all(|predicate| &*predicate.name != "can") {
        return 0;
    }
    let allowed: Vec<Vec<Value>> = meaning.facts("can").iter().cloned().collect();
    if allowed.is_empty() {
        return 0;
    }
    let lacks = |relation: &str, values: &[Option<Value>]| lacks(meaning, relation, values);
    let court = Court { policy, stored: &state.facts, context, lacks: &lacks };
    let sizes = court.sizes(meaning);
    for _ in 0..A_STATE {
        let row = random.pick(&allowed);
        let goal = Fact { relation: "can".into(), values: row.clone() };
        let told = bench
            .engine
            .explain(&bench.tenant, &check_of(row, context))
            .unwrap_or_else(|error| panic!("{}: {goal} has no explanation: {error} {:?}", bench.tenant, error.details));
        let Verdict::Allowed { proof, .. } = told.verdict else { panic!("{}: {goal} is allowed", bench.tenant) };
        court.accept(&proof, &goal).unwrap_or_else(|wrong| panic!("{}: {wrong}\n{proof:#?}", bench.tenant));
        assert_eq!(proof.size, sizes[&(goal.relation.clone(), goal.values.clone())], "{}: {proof:#?}", bench.tenant);
    }
    A_STATE
}

/// What came of asking for openings.
#[derive(Default)]
struct Opened {
    /// By one fact, as is possible.
    by_one: usize,
    /// By several, or not at all.
    otherwise: usize,
    /// How many times a fact of several was left out.
    fewer: usize,
}

/// Takes away a fact on which something rests that is allowed, asks what would open it, writes that, and asks again.
fn close_and_open<'p>(random: &Random, bench: &Bench<'_>, policy: &'p Policy, state: State<'p>, opened: &mut Opened) {
    let mut state = state;
    for _ in 0..A_STATE {
        let context = draw_context(random, policy);
        let meaning = Meaning::of(policy, &state.facts, &context);
        let allowed: Vec<Vec<Value>> = meaning.facts("can").iter().cloned().collect();
        let Some(row) = random.choose(&allowed).cloned() else { return };
        let asked = check_of(&row, &context);
        let told = bench.engine.explain(&bench.tenant, &asked).expect("an explanation");
        let Verdict::Allowed { proof, .. } = told.verdict else { panic!("{asked:?} is allowed") };
        let written: Vec<Fact> = proof.steps.iter().filter_map(written).cloned().collect();
        let Some(fact) = random.choose(&written) else { continue };
        let change = Change { insert: Vec::new(), delete: vec![fact.clone()] };
        state = bench.write(&state, &change, false).unwrap_or_else(|wrong| panic!("{}", wrong.words));
        let told = bench.engine.explain(&bench.tenant, &asked).unwrap_or_else(|error| panic!("{asked:?}: {error}"));
        let Verdict::Denied(denial) = told.verdict else { continue };
        assert!(denial.ways.iter().all(|way| way.parts.iter().any(|part| !part.holds)), "{denial:#?}");
        assert!(!repeats(&denial), "{}: {asked:?}: {denial:#?}", bench.tenant);
        assert_eq!(wider(&denial), None, "{}: {asked:?}", bench.tenant);
        let opens = |change: &Change| {
            let after = state.after(change);
            after.is_ok_and(|after| Meaning::of(policy, &after.facts, &context).facts("can").contains(&row))
        };
        opened.fewer += assert_least(&denial, &opens);
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

/// Asserts that no fact of an opening can be left out: without it, it opens nothing, or another way whose opening is told; how
/// many were left out.
fn assert_least(denial: &Denial, opens: &dyn Fn(&Change) -> bool) -> usize {
    let openings: Vec<&Opening> = denial.ways.iter().flat_map(|way| &way.openings).collect();
    let is_told = |change: &Change| {
        let has = |opening: &&Opening| {
            let is_inserted = opening.insert.iter().all(|fact| change.insert.contains(fact));
            is_inserted && opening.delete.iter().all(|fact| change.delete.contains(fact))
        };
        openings.iter().any(has)
    };
    let all: Vec<Change> = openings.iter().flat_map(|opening| fewer(opening)).collect();
    let wrong = all.iter().find(|change| opens(change) && !is_told(change));
    assert_eq!(wrong, None, "{denial:#?}");
    all.len()
}

/// An opening of several facts without each of them.
fn fewer(opening: &Opening) -> Vec<Change> {
    let without = |number: usize, facts: &[Fact]| -> Vec<Fact> {
        facts.iter().enumerate().filter(|(other, _)| *other != number).map(|(_, fact)| fact.clone()).collect()
    };
    let Opening { insert, delete, .. } = opening;
    let inserts = (0..insert.len()).map(|number| Change { insert: without(number, insert), delete: delete.clone() });
    let deletes = (0..delete.len()).map(|number| Change { insert: insert.clone(), delete: without(number, delete) });
    if opening.size() > 1 { inserts.chain(deletes).collect() } else { Vec::new() }
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
    let Opened { by_one, otherwise, fewer } = opened;
    println!("{by_one} opened by one fact, {otherwise} otherwise; {fewer} times a fact was left out");
    assert!(by_one > 200 && otherwise * 20 < by_one, "{by_one} opened by one fact, {otherwise} otherwise");
}

#[test]
fn what_is_allowed_in_random_worlds_has_a_proof_that_can_be_checked_and_none_is_smaller() {
    let directory = tempfile::tempdir().expect("a directory");
    let engine = Engine::open(directory.path(), Options::default()).expect("an engine");
    let mut n_proofs = 0;
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
            n_proofs += prove_some(&random, &bench, &policy, &state, &context, &meaning);
        }
    }
    println!("{n_proofs} proofs");
    assert!(n_proofs > 1_000, "{n_proofs} proofs");
}
