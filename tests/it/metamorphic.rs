//! What must not change an answer: the names of ids, the order of facts, a fact that came and went.

use std::collections::BTreeSet;

use entail::engine::request::{Page, Query, Write};
use entail::model::fact::{Fact, RawFact};
use entail::model::value::{Raw, Value};
use entail::policy::checked::{Origin, Policy};
use entail::{Engine, Options};

use crate::oracle::bench::Bench;
use crate::oracle::changes::{draw_load, draw_write};
use crate::oracle::check::check;
use crate::oracle::notation::raw_fact;
use crate::oracle::random::Random;
use crate::oracle::state::{Change, State};
use crate::oracle::worlds::draw;

type Rows = BTreeSet<Vec<Raw>>;

#[test]
fn a_change_that_is_taken_back_leaves_everything_as_it_was() {
    let directory = tempfile::tempdir().expect("a directory");
    let engine = Engine::open(directory.path(), Options::default()).expect("an engine");
    let mut n_tried = 0;
    for seed in 0..40 {
        let random = Random::new(seed);
        let text = draw(&random).to_string();
        let Ok(policy) = check(&text) else { continue };
        let bench = Bench { engine: &engine, tenant: format!("back-{seed}") };
        let (Ok(()), Ok(state)) = (bench.activate(&text), State::empty(&policy).after(&draw_load(&random, &policy)))
        else {
            panic!("seed {seed}: the world is taken");
        };
        load(&engine, &bench.tenant, state.facts.iter());
        let before = (facts(&engine, &bench.tenant), answers(&bench, &policy));
        let change = draw_write(&random, &policy, &state);
        let Ok(after) = state.after(&change) else {
            continue;
        };
        write(&engine, &bench.tenant, &change);
        let back = Change {
            insert: state.facts.difference(&after.facts).cloned().collect(),
            delete: after.facts.difference(&state.facts).cloned().collect(),
        };
        write(&engine, &bench.tenant, &back);
        assert_eq!((facts(&engine, &bench.tenant), answers(&bench, &policy)), before, "seed {seed}: {change:?}");
        n_tried += 1;
    }
    assert!(n_tried >= 15, "{n_tried} worlds");
}

#[test]
fn other_ids_and_another_order_of_facts_give_the_same_answers() {
    let directory = tempfile::tempdir().expect("a directory");
    let engine = Engine::open(directory.path(), Options::default()).expect("an engine");
    let mut n_tried = 0;
    for seed in 100..140 {
        let random = Random::new(seed);
        let text = draw(&random).to_string();
        let Ok(policy) = check(&text) else { continue };
        let state = State::empty(&policy).after(&draw_load(&random, &policy)).expect("a load");
        let one = Bench { engine: &engine, tenant: format!("one-{seed}") };
        let other = Bench { engine: &engine, tenant: format!("other-{seed}") };
        for bench in [&one, &other] {
            bench.activate(&text).unwrap_or_else(|disagreement| panic!("seed {seed}: {}", disagreement.words));
        }
        load(&engine, &one.tenant, state.facts.iter());
        let renamed: Vec<Fact> = state.facts.iter().rev().map(rename).collect();
        load(&engine, &other.tenant, renamed.iter());
        let expected: Vec<Rows> = answers(&one, &policy)
            .into_iter()
            .map(|rows| rows.into_iter().map(|row| row.into_iter().map(rename_raw).collect()).collect())
            .collect();
        assert_eq!(answers(&other, &policy), expected, "seed {seed}");
        n_tried += 1;
    }
    assert!(n_tried >= 15, "{n_tried} worlds");
}

/// The id that needs quotes, which no policy text names, gets a plain one that sorts elsewhere.
const RENAMED: [(&str, &str); 2] = [("odd: id | \"x\"", "0-plain"), ("é-4.b/c@d", "zz")];

fn rename(fact: &Fact) -> Fact {
    let rename = |value: &Value| {
        let mut value = value.clone();
        if let Value::Object(object) | Value::Set(object, _) = &mut value
            && let Some((_, new)) = RENAMED.iter().find(|(old, _)| *old == &*object.id)
        {
            object.id = (*new).into();
        }
        value
    };
    Fact { relation: fact.relation.clone(), values: fact.values.iter().map(rename).collect() }
}

fn rename_raw(value: Raw) -> Raw {
    match value {
        Raw::Text(text) => Raw::Text(RENAMED.iter().fold(text, |text, (old, new)| text.replace(old, new))),
        Raw::Integer(_) => value,
    }
}

fn load<'f>(engine: &Engine, tenant: &str, facts: impl Iterator<Item = &'f Fact>) {
    let facts: Vec<RawFact> = facts.map(raw_fact).collect();
    engine.load(tenant, &facts).expect("facts that fit");
}

fn write(engine: &Engine, tenant: &str, change: &Change) {
    let raw = |facts: &[Fact]| facts.iter().map(raw_fact).collect();
    let write = Write { insert: raw(&change.insert), delete: raw(&change.delete), ..Write::default() };
    engine.write(tenant, &write).expect("a write that fits");
}

fn facts(engine: &Engine, tenant: &str) -> BTreeSet<RawFact> {
    let mut facts = BTreeSet::new();
    let walk = engine.export(tenant, &mut |fact| {
        facts.insert(fact);
        Ok(())
    });
    walk.expect("an export");
    facts
}

/// Every fact of every derived predicate, no context given but a fixed `now`.
fn answers(bench: &Bench<'_>, policy: &Policy) -> Vec<Rows> {
    let mut context: entail::engine::request::Context = policy
        .schema
        .predicates
        .iter()
        .filter(|predicate| predicate.origin == Origin::Context)
        .map(|predicate| (predicate.name.to_string(), Vec::new()))
        .collect();
    context.insert("now".to_owned(), vec![vec![Raw::Text("2026-07-02T00:00:00Z".to_owned())]]);
    let derived = policy.schema.predicates.iter().filter(|predicate| predicate.origin == Origin::Derived);
    derived
        .map(|predicate| {
            let variables: Vec<String> = (0..predicate.arity).map(|column| format!("V{column}")).collect();
            let goal = format!("{}({})", predicate.name, variables.join(", "));
            let query = Query { goal, context: context.clone(), at: None };
            let answers = bench.engine.query(&bench.tenant, &query, &Page::default());
            answers
                .unwrap_or_else(|error| panic!("{}: {error}\n{}", query.goal, policy.sources[0].text))
                .rows
                .into_iter()
                .collect()
        })
        .collect()
}
