//! The oracle itself: it agrees with the twin of the sales pack, and its random worlds have what they should have.

use std::collections::BTreeMap;
use std::path::Path;

use entail::policy::checked::{Column, Literal, Origin, Policy, Term, Variant};

use super::changes::{draw_context, draw_load, draw_write};
use super::check::{check, check_files};
use super::naive::{Context, Meaning};
use super::notation::whole;
use super::random::Random;
use super::sales_twin::decide;
use super::state::State;
use super::worlds::{Draft, Statement, draw};

#[test]
fn the_twin_of_the_sales_pack_agrees_with_the_oracle() {
    let policy = sales();
    let mut n_decisions = 0;
    for seed in 0..8 {
        let random = Random::new(seed);
        let mut state = State::empty(&policy);
        for number in 0..6 {
            let change = if number == 0 { draw_load(&random, &policy) } else { draw_write(&random, &policy, &state) };
            state = state.after(&change).unwrap_or(state);
            n_decisions += hold(&policy, &state);
        }
    }
    assert!(n_decisions > 2_000, "{n_decisions} decisions are too few to mean anything");
}

/// Compares every decision and every pair of teammates; how many decisions there are.
fn hold(policy: &Policy, state: &State<'_>) -> usize {
    let facts: Vec<(String, Vec<String>)> =
        state.facts.iter().map(|fact| (fact.relation.to_string(), fact.values.iter().map(whole).collect())).collect();
    let twin = decide(facts.iter().map(|(relation, values)| (relation.as_str(), values.as_slice())));
    let meaning = Meaning::of(policy, &state.facts, &Context::new());
    let can: Vec<Vec<String>> = meaning.facts("can").iter().map(|row| row.iter().map(whole).collect()).collect();
    let teammate: Vec<Vec<String>> =
        meaning.facts("teammate").iter().map(|row| row.iter().map(whole).collect()).collect();
    let sorted = |mut rows: Vec<Vec<String>>| {
        rows.sort();
        rows
    };
    assert_eq!(sorted(can), twin.can.iter().map(|row| row.to_vec()).collect::<Vec<_>>());
    assert_eq!(sorted(teammate), twin.teammate.iter().map(|row| row.to_vec()).collect::<Vec<_>>());
    twin.can.len()
}

fn sales() -> Policy {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let files: BTreeMap<String, String> = ["sales.dl", "roles.dl"]
        .into_iter()
        .map(|name| (name.to_owned(), std::fs::read_to_string(rules.join(name)).expect("the pack")))
        .collect();
    check_files("sales.dl", &files).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// What a random policy has, by name.
fn features(draft: &Draft, policy: &Policy) -> Vec<&'static str> {
    let text = draft.to_string();
    let derived = || policy.variants.iter().filter(|variant| variant.origin == Origin::Derived);
    let same_component =
        |a: &Variant| derived().filter(|b| b.component == a.component && b.predicate != a.predicate).count() > 0;
    let several = |n: u32| derived().filter(|variant| variant.predicate.0 == n).count() > 1;
    let strata = |permission: bool| {
        let columns = |column: &Column| matches!(column, Column::Permission(_) | Column::OtherPermission) == permission;
        derived().filter(|variant| variant.columns.iter().any(columns)).count() > 0
    };
    let cases = [
        ("an open type", text.contains("open type user")),
        ("a closed type", text.contains("\ntype user") || text.contains("\ntype doc")),
        ("a supertype", text.contains("is record")),
        ("a supertype of a supertype", text.contains("record is thing")),
        ("a key", text.contains(" -> ")),
        ("a set", text.contains("V0#member") || text.contains("V1#member")),
        ("a set in a head", text.contains("inside(G, G#member)")),
        ("everyone", text.contains("user:*")),
        ("a negation", text.contains("not ")),
        ("a negation with `_`", policy_has_negated_any(policy)),
        ("a comparison", text.contains(" < ") || text.contains(" >= ") || text.contains(" != ")),
        ("a length", text.contains("length(")),
        ("a context relation", text.contains("context ")),
        ("now", text.contains("now(")),
        ("a permission column", text.contains("granted(")),
        ("a rule that names its permission", strata(true)),
        ("recursion", derived().any(|variant| variant.recursive)),
        ("mutual recursion", derived().any(|variant| variant.recursive && same_component(variant))),
        ("a closure that joins itself", text.contains("under(X, Y), under(Y, Z)")),
        ("several variants of one predicate", derived().any(|variant| several(variant.predicate.0))),
        ("`can` that reads `can`", reads_can(draft)),
        ("a fact of a derived predicate", policy.rules.iter().any(|rule| rule.body.is_empty())),
        ("a repeated variable in a literal", repeats(policy)),
        (
            "two strata or more",
            derived().map(|variant| variant.component).collect::<std::collections::BTreeSet<_>>().len() > 1,
        ),
    ];
    cases.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect()
}

fn policy_has_negated_any(policy: &Policy) -> bool {
    policy.rules.iter().flat_map(|rule| &rule.body).any(|literal| match literal {
        Literal::Atom { negated: true, atom, .. } => atom.terms.contains(&Term::Any),
        _ => false,
    })
}

fn repeats(policy: &Policy) -> bool {
    policy.rules.iter().flat_map(|rule| &rule.body).any(|literal| match literal {
        Literal::Atom { atom, .. } => atom
            .terms
            .iter()
            .enumerate()
            .any(|(column, term)| matches!(term, Term::Variable(_)) && atom.terms[..column].contains(term)),
        Literal::Comparison { .. } => false,
    })
}

fn reads_can(draft: &Draft) -> bool {
    draft.statements.iter().any(|statement| match statement {
        Statement::Rule { head, body } => {
            head.starts_with("can(") && body.iter().any(|literal| literal.contains("can("))
        }
        Statement::Plain(_) => false,
    })
}

#[test]
fn random_worlds_are_mostly_accepted_and_have_every_feature() {
    let n_worlds = 400;
    let mut accepted = 0;
    let mut refusals: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for seed in 0..n_worlds {
        let draft = draw(&Random::new(seed));
        match check(&draft.to_string()) {
            Ok(policy) => {
                accepted += 1;
                features(&draft, &policy).into_iter().for_each(|feature| *counts.entry(feature).or_default() += 1);
            }
            Err(errors) => {
                for code in errors.iter().map(|error| error.code) {
                    *refusals.entry(code).or_default() += 1;
                }
            }
        }
    }
    println!("{accepted} of {n_worlds} accepted; refused: {refusals:?}; {counts:#?}");
    assert!(accepted * 2 > n_worlds, "{accepted} of {n_worlds} accepted; refused: {refusals:?}");
    assert!(counts.len() >= 24, "every feature is there: {counts:?}");
    assert!(counts.values().all(|count| *count >= 8), "no feature is rare: {counts:?}");
    assert!(refusals.contains_key("negation-cycle") || !refusals.is_empty(), "the checker is tried too: {refusals:?}");
}

#[test]
fn random_worlds_allow_something_and_deny_something() {
    let (mut n_can, mut n_derived, mut n_worlds) = (0, 0, 0);
    for seed in 0..40 {
        let random = Random::new(seed);
        let Ok(policy) = check(&draw(&random).to_string()) else {
            continue;
        };
        let mut state = State::empty(&policy);
        state = state.after(&draw_load(&random, &policy)).unwrap_or(state);
        let meaning = Meaning::of(&policy, &state.facts, &draw_context(&random, &policy));
        n_worlds += 1;
        n_can += usize::from(!meaning.facts("can").is_empty());
        let derived = policy.schema.predicates.iter().filter(|predicate| predicate.origin == Origin::Derived);
        n_derived += derived.filter(|predicate| !meaning.facts(&predicate.name).is_empty()).count();
    }
    println!("{n_worlds} worlds, {n_can} of them allow something, {n_derived} derived predicates hold something");
    assert!(n_can * 2 > n_worlds, "{n_can} of {n_worlds} worlds allow something");
}

#[test]
fn the_order_of_statements_and_literals_never_matters() {
    let mut n_tried = 0;
    for seed in 0..60 {
        let random = Random::new(seed);
        let draft = draw(&random);
        let Ok(policy) = check(&draft.to_string()) else {
            continue;
        };
        let mut shuffled = draft.clone();
        shuffle(&random, &mut shuffled.statements);
        for statement in &mut shuffled.statements {
            if let Statement::Rule { body, .. } = statement {
                shuffle(&random, body);
            }
        }
        let other =
            check(&shuffled.to_string()).unwrap_or_else(|errors| panic!("seed {seed}: {errors:#?}\n{shuffled}"));
        let state = State::empty(&policy).after(&draw_load(&random, &policy)).expect("a load");
        let context = draw_context(&random, &policy);
        let (first, second) =
            (Meaning::of(&policy, &state.facts, &context), Meaning::of(&other, &state.facts, &context));
        for predicate in &policy.schema.predicates {
            assert_eq!(first.facts(&predicate.name), second.facts(&predicate.name), "seed {seed}: {}", predicate.name);
        }
        n_tried += 1;
    }
    assert!(n_tried > 20, "{n_tried} worlds");
}

fn shuffle<T>(random: &Random, parts: &mut [T]) {
    for position in (1..parts.len()).rev() {
        parts.swap(position, random.below(position + 1));
    }
}
