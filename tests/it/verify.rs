//! Verification as an operator meets it: sound tenants of every kind, and the second opinion on all their decisions.

use std::collections::{BTreeSet, HashSet};

use entail::engine::request::PolicyText;
use entail::engine::verify::Verified;
use entail::model::fact::Fact;
use entail::model::value::{Object, Value};
use entail::policy::checked::Policy;
use entail::verify::evaluate::{Undecided, evaluate};
use entail::{Engine, Options};
use tempfile::TempDir;

use crate::oracle::bench::Bench;
use crate::oracle::changes::{draw_context, draw_load, draw_write};
use crate::oracle::check::check;
use crate::oracle::random::Random;
use crate::oracle::state::State;
use crate::oracle::worlds;
use crate::requirements::world::{SAMPLE, read_facts};

/// Random worlds that are verified.
const WORLDS: u64 = 60;

/// Asserts that a tenant is sound and that all of its decisions were recomputed.
#[track_caller]
pub(crate) fn assert_sound(engine: &Engine, tenant: &str) -> Verified {
    let verified = engine.verify(tenant).unwrap();
    assert_eq!((&verified.faults[..], verified.n_faults), (&[][..], 0), "{tenant}");
    assert_eq!(verified.decisions.skipped, None, "{tenant}");
    assert_eq!(verified.decisions.compared, verified.decisions.all, "{tenant}");
    verified
}

/// The sample account on the sales pack.
pub(crate) fn sales() -> (TempDir, Engine) {
    let directory = TempDir::new().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    engine.activate("demo", &PolicyText { main: "sales.dl".to_owned(), ..PolicyText::default() }).unwrap();
    engine.load("demo", &read_facts(SAMPLE)).unwrap();
    (directory, engine)
}

#[test]
fn the_sample_account_is_sound_down_to_each_decision() {
    let (_directory, engine) = sales();
    let verified = assert_sound(&engine, "demo");
    assert_eq!(verified.entries, 2);
    assert!(verified.decisions.all > 20_000, "{verified:?}");
}

#[test]
fn random_worlds_are_sound_down_to_each_decision() {
    let directory = TempDir::new().unwrap();
    let engine = Engine::open(directory.path(), Options::default()).unwrap();
    for seed in 1..=WORLDS {
        let random = Random::new(seed);
        let (draft, policy) = loop {
            let draft = worlds::draw(&random);
            if let Ok(policy) = check(&draft.to_string()) {
                break (draft, policy);
            }
        };
        let bench = Bench { engine: &engine, tenant: format!("world-{seed}") };
        bench.activate(&draft.to_string()).unwrap_or_else(|wrong| panic!("{}", wrong.words));
        let mut state = State::empty(&policy);
        for number in 0..3 {
            let change = if number == 0 { draw_load(&random, &policy) } else { draw_write(&random, &policy, &state) };
            state = bench.write(&state, &change, number == 0).unwrap_or_else(|wrong| panic!("{}", wrong.words));
            assert_sound(&engine, &bench.tenant);
        }
    }
}

/// What the second opinion says of `can`, for these subjects alone if it can be asked for some.
fn opinion(policy: &Policy, facts: &[Fact], only: Option<&[Value]>) -> Option<HashSet<Vec<Value>>> {
    match evaluate(policy, facts.iter().cloned(), "can", only, 1_000_000) {
        Ok(rows) => Some(rows),
        Err(undecided) => {
            assert!(undecided == Undecided::NotNarrow && only.is_some(), "{undecided:?}");
            None
        }
    }
}

#[test]
fn what_is_worked_out_for_some_subjects_is_their_part_of_the_whole() {
    let mut n_narrow = 0;
    for seed in 1..=400 {
        let random = Random::new(seed);
        let draft = worlds::draw(&random);
        let Ok(policy) = check(&draft.to_string()) else { continue };
        let change = draw_load(&random, &policy);
        let Ok(state) = State::empty(&policy).after(&change) else { continue };
        let mut facts: Vec<Fact> = state.facts.iter().chain(&policy.built_in).cloned().collect();
        for (relation, rows) in draw_context(&random, &policy) {
            facts.extend(rows.into_iter().map(|values| Fact { relation: relation.clone(), values }));
        }
        let whole = opinion(&policy, &facts, None).unwrap();
        let subjects: BTreeSet<&Value> = whole.iter().map(|row| &row[0]).collect();
        let some: Vec<Value> = subjects.into_iter().step_by(2).cloned().collect();
        if let Some(part) = opinion(&policy, &facts, Some(&some)) {
            n_narrow += usize::from(!part.is_empty());
            let expected: HashSet<Vec<Value>> = whole.into_iter().filter(|row| some.contains(&row[0])).collect();
            assert_eq!(part, expected, "seed {seed}: {draft}");
        }
    }
    assert!(n_narrow > 50, "{n_narrow} worlds could be asked for some");
}

#[test]
fn what_does_not_fit_in_the_rows_allowed_is_no_answer() {
    let policy = check(
        "open type user, doc. relation next(doc, doc), owner(doc) -> user. reaches(A, B) :- next(A, B). \
         reaches(A, C) :- reaches(A, B), next(B, C). can(U, doc.view, D) :- owner(A, U), reaches(A, D). \
         permission doc.view on doc \"View\".",
    )
    .unwrap();
    let object = |kind: &str, id: u32| Value::Object(Object::new(kind, id.to_string()));
    let fact = |relation: &str, values: Vec<Value>| Fact { relation: relation.into(), values };
    let mut facts: Vec<Fact> = (0..200).map(|n| fact("next", vec![object("doc", n), object("doc", n + 1)])).collect();
    facts.extend((0..=200).map(|n| fact("doc", vec![object("doc", n)])));
    facts.push(fact("owner", vec![object("doc", 190), object("user", 1)]));
    facts.push(fact("user", vec![object("user", 1)]));
    facts.extend(policy.built_in.iter().cloned());
    let ask = |limit| evaluate(&policy, facts.iter().cloned(), "can", None, limit).map(|rows| rows.len());
    assert_eq!((ask(1_000_000), ask(10_000)), (Ok(10), Err(Undecided::TooLarge)));
}
