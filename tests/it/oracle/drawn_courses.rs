//! Random courses have what they should have: writes that are taken and writes that are refused, for every reason.

use std::collections::BTreeMap;

use super::asks::Fate;
use super::course::{Course, Place, Policies, Step, draw};
use super::random::Random;
use super::state::State;
use super::transaction::{Ask, Outcome, Verdict};
use super::worlds::Statement;

/// What a policy says of writes, by name.
fn features(course: &Course) -> Vec<&'static str> {
    let all = |word: &str, has: &dyn Fn(&str, &str) -> bool| {
        course.draft.statements.iter().any(|statement| match statement {
            Statement::Rule { head, body } => head.starts_with(word) && has(head, &body.join(", ")),
            Statement::Plain(_) => false,
        })
    };
    let recursive = ["under(", "sees(", "inside(", "held(", "even(", "p0(", "q0("];
    let derived =
        |body: &str| recursive.iter().any(|name| body.contains(&format!("not {name}"))) || body.contains("not d");
    let cases = [
        ("a deny with `not` of something derived", all("deny", &|_, body| derived(body))),
        ("a deny of something recursive", all("deny", &|_, body| recursive.iter().any(|name| body.contains(name)))),
        ("a deny with a comparison", all("deny", &|_, body| body.contains(" != ") || body.contains(" < "))),
        ("a deny with `_` in a `not`", all("deny", &|_, body| body.contains("not ") && body.contains("_)"))),
        ("a deny of `can`", all("deny", &|_, body| body.contains("can("))),
        ("a guard of a new object", all("guard", &|_, body| body.starts_with('+'))),
        ("a guard that reads what goes", all("guard", &|_, body| body.contains("-"))),
        ("a guard with two changes", all("guard", &|head, _| head.contains(" | "))),
        (
            "a guard of a type that others are",
            all("guard", &|head, _| head.contains("record(") || head.contains("thing(")),
        ),
        ("a guard that asks `can`", all("guard", &|_, body| body.contains("can("))),
        ("a guard without a body", all("guard", &|_, body| body.is_empty())),
        ("an effect that reads what comes", all("+", &|_, body| body.contains("+"))),
        ("an effect that reads what goes", all("+", &|_, body| body.starts_with('-'))),
        ("an effect with `not +`", all("+", &|_, body| body.contains("not +"))),
        ("an effect that reads the state alone", all("+", &|_, body| !body.contains('+') && !body.contains('-'))),
    ];
    cases.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect()
}

/// What happened in a write, by name.
fn events(state: &State<'_>, ask: &Ask, verdict: &Verdict<'_>) -> Vec<&'static str> {
    let fate = Fate::of(verdict);
    let is_taken = matches!(fate, Fate::Taken | Fate::Enriched);
    let has = |facts: &dyn Fn(&Outcome<'_>) -> bool| verdict.as_ref().is_ok_and(facts);
    let is_replaced = |outcome: &Outcome<'_>| {
        let mut gone = outcome.completed.iter().filter(|(is_insert, _)| !is_insert);
        gone.any(|(_, old)| outcome.asked.iter().any(|(new, fact)| *new && state.have_one_key(fact, old)))
    };
    let is_death = |outcome: &Outcome<'_>| {
        outcome.asked.iter().any(|(is_insert, fact)| !is_insert && fact.values.len() == 1)
            && outcome.completed.iter().any(|(is_insert, _)| !is_insert)
    };
    let (with_rules, with_actor) = (!ask.rules.is_empty(), ask.actor.is_some());
    let cases = [
        ("taken by the operator", is_taken && !with_actor),
        ("taken from an actor", is_taken && with_actor),
        ("taken with rules", is_taken && with_rules),
        ("taken from an actor with rules", is_taken && with_rules && with_actor),
        ("taken, and changes nothing", fate == Fate::Empty),
        ("impossible", fate == Fate::Impossible),
        ("effects contradict one another", fate == Fate::Impossible && !with_rules && state.after(&ask.change).is_ok()),
        ("not allowed", fate == Fate::NotAllowed),
        ("not allowed with rules", fate == Fate::NotAllowed && with_rules),
        ("broken by the operator", fate == Fate::Violated && !with_actor),
        ("broken by an actor", fate == Fate::Violated && with_actor),
        ("broken by a deletion alone", fate == Fate::Violated && ask.change.insert.is_empty() && !with_rules),
        ("an effect adds something", fate == Fate::Enriched),
        ("an effect adds something for an actor", fate == Fate::Enriched && with_actor),
        ("a value is replaced", has(&is_replaced)),
        ("a deleted object takes facts along", has(&is_death)),
    ];
    cases.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect()
}

#[test]
fn random_courses_have_every_feature_and_every_fate() {
    let n_courses = 100;
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut note = |name: &'static str| *counts.entry(name).or_default() += 1;
    let (mut n_writes, mut n_denies) = (0, 0);
    for seed in 0..n_courses {
        let course = draw(&Random::new(seed));
        features(&course).into_iter().for_each(&mut note);
        n_denies += course.draft.statements.iter().filter(|s| s.to_string().starts_with("deny")).count();
        let policies = Policies::of(&course.draft).expect("a drawn policy is taken");
        let mut place = Place::start(&policies);
        for step in &course.steps {
            let Some(verdict) = place.judge(step) else { continue };
            match (step, &verdict) {
                (Step::Write(ask), _) => {
                    n_writes += 1;
                    let state = place.state().expect("a policy is active");
                    events(&state, ask, &verdict).into_iter().for_each(&mut note);
                }
                (Step::Activate { denies: true }, _) if verdict.is_err() => note("an activation that is refused"),
                (Step::Load(_), _) if verdict.is_err() => note("a load that is refused"),
                _ => {}
            }
            place.go(step, &verdict);
        }
    }
    println!("{n_writes} writes under {n_denies} denies in {n_courses} courses: {counts:#?}");
    assert_eq!(counts.len(), 33, "everything is there");
    assert!(counts.values().all(|count| *count >= 4), "nothing is rare: {counts:?}");
    assert!(counts["taken from an actor"] * 16 > n_writes as usize, "{counts:?}");
    assert!(counts["not allowed"] * 16 > n_writes as usize, "{counts:?}");
}
