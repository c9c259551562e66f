//! Plans as they print, and what they cost.

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::value::{Object, Value};
use crate::plan::adornment::Binding::{Bound, Free};
use crate::plan::blame::cost_of;
use crate::plan::cost::{CostClass, ProcedureCost, Read, Shape, questions, scans_of_deletions};
use crate::plan::planner::Planner;
use crate::plan::procedure::Plans;
use crate::policy::check::check;
use crate::policy::checked::{Column, InstanceTerm, Policy, VariableId, VariantId};
use crate::policy::pack::Pack;

fn policy(main: &str, files: &[(&str, &str)]) -> Policy {
    let files: BTreeMap<String, String> =
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let (policy, diagnostics) = check(&Pack::from_files(main, &files));
    policy.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

/// The variants of `can`, with their columns as text.
fn variants_of_can(policy: &Policy) -> Vec<(VariantId, Vec<String>)> {
    let can = policy.schema.predicate_named("can").unwrap();
    let variants = (0..).zip(&policy.variants).filter(|(_, variant)| variant.predicate == can);
    let name = |column: &Column| match column {
        Column::Type(column) => column.to_string(),
        Column::Permission(name) => name.to_string(),
        Column::OtherPermission => "others".to_owned(),
    };
    variants.map(|(number, variant)| (VariantId(number), variant.columns.iter().map(name).collect())).collect()
}

fn plans(policy: &Policy) -> Plans {
    let mut planner = Planner::new(policy);
    for (variant, _) in variants_of_can(policy) {
        for adornment in [[Bound, Bound, Bound], [Bound, Bound, Free], [Free, Bound, Bound], [Bound, Free, Bound]] {
            planner.goal(variant, &adornment).unwrap();
        }
    }
    planner.finish().unwrap()
}

/// A cost in words: the class, and each step with the lines of the rules to blame.
fn in_words(policy: &Policy, plans: &Plans, cost: &ProcedureCost) -> String {
    let steps = cost.steps.iter().map(|step| {
        let read = match step.read {
            Read::Stored { stored, order, n_bound } => {
                let variant = &plans.layout.variants[stored.0 as usize];
                format!("{} by {:?}", variant.relation, &variant.orders[usize::from(order)][..n_bound])
            }
            Read::Recursion(variant) => {
                let predicate = policy.variants[variant.0 as usize].predicate;
                policy.schema.predicate(predicate).unwrap().name.to_string()
            }
        };
        let line = |rule: &u32| {
            let span = policy.rules[*rule as usize].span;
            policy.sources[span.source.0 as usize].line(span)
        };
        format!("; {read} at {:?}", step.rules.iter().map(line).collect::<Vec<_>>())
    });
    format!("{}{}", cost.class.name(), steps.collect::<String>())
}

/// The costs of check, objects and subjects of a policy's only permission; its rules begin on line 2.
fn costs(rules: &str) -> [String; 3] {
    let text = format!("permission doc.view on doc \"View\". open type user, doc, team. {rules}");
    let policy = policy("docs.dl", &[("docs.dl", &text)]);
    let plans = plans(&policy);
    let questions = questions(&policy, &plans);
    let of = |wanted: Shape| {
        let (_, procedure) = questions.iter().find(|(shape, _)| *shape == wanted).unwrap();
        in_words(&policy, &plans, &cost_of(&policy, &plans, *procedure))
    };
    [of(Shape::Check), of(Shape::Objects), of(Shape::Subjects)]
}

#[test]
fn a_key_costs_a_constant_and_a_listing_its_answer() {
    let rules = "relation owner(doc) -> user.\ncan(U, doc.view, D) :- owner(D, U).\n";
    assert_eq!(costs(rules), ["constant", "answer; owner by [1] at [2]", "constant"]);
}

#[test]
fn the_teams_of_a_user_cost_their_number_and_the_rule_that_reads_them_is_blamed_first() {
    let rules = "relation owner(doc) -> team. relation member(team, user), deputy(user, user).
        belongs(U, T) :- member(T, U).
        belongs(U, T) :- deputy(U, V), member(T, V).
        can(U, doc.view, D) :- owner(D, T), belongs(U, T).\n";
    let [check, objects, subjects] = costs(rules);
    assert_eq!(check, "degree; deputy by [0] at [3, 4]");
    assert_eq!(objects, "answer; owner by [1] at [4, 2, 3]");
    assert_eq!(subjects, "answer; member by [0] at [2, 3, 4]; deputy by [1] at [3, 4]");
}

#[test]
fn what_reads_itself_costs_what_it_reaches() {
    let rules = "relation owner(doc) -> team. relation member(team, user), part(team, team).
        within(U, T) :- member(T, U).
        within(U, T) :- part(T, S), within(U, S).
        can(U, doc.view, D) :- owner(D, T), within(U, T).\n";
    for cost in costs(rules) {
        assert!(cost.starts_with("closure; within at [3"), "{cost}");
    }
}

#[test]
fn a_property_that_is_searched_is_a_short_scan() {
    let rules = "relation full(team), member(team, user).
        can(U, doc.view, D) :- full(T), member(T, U), doc(D).\n";
    let [check, objects, subjects] = costs(rules);
    assert_eq!(check, "degree; member by [1] at [2]");
    // Whether the user may see them all is found out first.
    assert_eq!(objects, "answer; doc by [] at [2]");
    assert_eq!(subjects, "short scan; full by [] at [2]");
}

#[test]
fn what_is_compared_or_excluded_one_by_one_is_a_scan() {
    let compared = "relation age(user) -> integer. relation least(doc) -> integer.
        can(U, doc.view, D) :- age(U, N), least(D, M), N >= M.\n";
    assert_eq!(costs(compared), ["constant", "scan; least by [] at [2]", "scan; age by [] at [2]"]);
    let excluded = "relation banned(user, doc).
        open_to(U, D) :- user(U), doc(D), not banned(U, D).
        can(U, doc.view, D) :- open_to(U, D).\n";
    assert_eq!(costs(excluded), ["constant", "scan; doc by [] at [2, 3]", "scan; user by [] at [2, 3]"]);
}

#[test]
fn a_literal_selects_rows_that_are_taken_to_be_few() {
    let rules = "relation state(doc, text), owner(doc) -> user.
        can(U, doc.view, D) :- user(U), state(D, \"open\"), not owner(D, U).\n";
    let [check, objects, _] = costs(rules);
    assert_eq!(check, "constant");
    assert_eq!(objects, "short scan; state by [1] at [2]");
}

#[test]
fn a_query_in_a_direction_that_no_index_has_is_a_scan() {
    let text = "open type user, doc. relation seen(user, doc).\nvisited(U, D) :- seen(U, D).\n";
    let policy = policy("docs.dl", &[("docs.dl", text)]);
    let of = |predicate: &str, bound: [bool; 2]| {
        let predicate = policy.schema.predicate_named(predicate);
        let variant = policy.variants.iter().position(|variant| Some(variant.predicate) == predicate).unwrap();
        let mut planner = Planner::over(&policy, &Planner::new(&policy).finish().unwrap());
        let terms = [InstanceTerm::Variable(VariableId(0)), InstanceTerm::Variable(VariableId(1))];
        let goal = planner.query(VariantId(variant as u32), &terms, &bound).unwrap();
        let plans = planner.finish().unwrap();
        in_words(&policy, &plans, &cost_of(&policy, &plans, goal))
    };
    assert_eq!(of("seen", [true, false]), "answer; seen by [0] at []");
    assert_eq!(of("seen", [false, true]), "scan; seen by [] at []");
    assert_eq!(of("visited", [true, false]), "answer; seen by [0] at [2]");
    assert_eq!(of("visited", [false, true]), "scan; seen by [] at [2]");
    assert_eq!(of("seen", [false, false]), "answer; seen by [] at []");
}

#[test]
fn what_the_policy_planned_is_not_planned_again_for_a_question() {
    let text = "permission doc.view on doc \"View\". open type user, doc. relation seen(user, doc), hidden(doc).
        visited(U, D) :- seen(U, D), not hidden(D).
        can(U, doc.view, D) :- visited(U, D).\n";
    let policy = policy("docs.dl", &[("docs.dl", text)]);
    let planned = plans(&policy);
    let (can, _) = variants_of_can(&policy).remove(0);
    let mut planner = Planner::over(&policy, &planned);
    let of_query = |number| InstanceTerm::Variable(VariableId(number));
    let view = InstanceTerm::Value(Value::Constant(Object::new("permission", "doc.view")));
    let goal = planner.query(can, &[of_query(0), view, of_query(1)], &[true, true]).unwrap();
    let extended = planner.finish().unwrap();
    let n_before = planned.procedures.iter().count();
    assert_eq!(extended.procedures.iter().count(), n_before + 1);
    assert_eq!(goal.0 as usize, n_before);
    assert_eq!(extended.layout.variants.len(), planned.layout.variants.len());
    let plan = extended.show(&extended.procedures.get(goal).unwrap().branches).to_string();
    let check = questions(&policy, &planned).into_iter().find(|(shape, _)| *shape == Shape::Check).unwrap().1;
    assert!(plan.contains(&format!("p{}(", check.0)), "{plan}");
}

#[test]
fn a_column_of_objects_that_nothing_is_found_by_is_scanned_when_one_is_deleted() {
    let text = "permission doc.view on doc \"View\". open type user, doc. type state { begun, done }.
        relation owner(doc) -> user. relation wrote(doc, user), is_in(doc, state).
        can(U, doc.view, D) :- owner(D, U).\n";
    let policy = policy("docs.dl", &[("docs.dl", text)]);
    let plans = plans(&policy);
    let scans = scans_of_deletions(&policy, &plans.layout);
    let name = |(stored, column): &(crate::model::layout::StoredId, u8)| {
        format!("{} {column}", plans.layout.variants[stored.0 as usize].relation)
    };
    // Owners are found by documents and documents by owners; a state can't be deleted.
    assert_eq!(scans.iter().map(name).collect::<Vec<_>>(), ["wrote 1"]);
}

#[test]
fn the_shipped_packs_read_no_relation_whole() {
    let policy = policy("sales.dl", &[]);
    let plans = plans(&policy);
    let questions = questions(&policy, &plans);
    assert!(questions.len() > 10, "{}", questions.len());
    for (shape, procedure) in questions {
        let cost = cost_of(&policy, &plans, procedure);
        let variant = plans.procedures.get(procedure).unwrap().variant;
        let (_, columns) = variants_of_can(&policy).into_iter().find(|(other, _)| *other == variant).unwrap();
        let words = in_words(&policy, &plans, &cost);
        assert!(cost.class < CostClass::Scan, "{} {columns:?}: {words}", shape.name());
        assert!(shape != Shape::Check || cost.class <= CostClass::Degree, "{columns:?}: {words}");
    }
}

#[test]
fn the_plans_of_the_sales_pack_for_sequences_print_as_recorded() {
    let policy = policy("sales.dl", &[]);
    let variants = variants_of_can(&policy);
    let (variant, _) = variants.iter().find(|(_, columns)| *columns == ["user", "others", "sequence"]).unwrap();
    let mut printed = String::new();
    for (name, adornment) in [
        ("check", [Bound, Bound, Bound]),
        ("objects", [Bound, Bound, Free]),
        ("subjects", [Free, Bound, Bound]),
        ("permissions", [Bound, Free, Bound]),
    ] {
        let mut planner = Planner::new(&policy);
        planner.goal(*variant, &adornment).unwrap();
        printed += &format!("{name}\n{}\n", planner.finish().unwrap());
    }
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/plans/sales.txt");
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        std::fs::create_dir_all(recorded.parent().unwrap()).unwrap();
        std::fs::write(&recorded, &printed).unwrap();
    }
    assert_eq!(printed, std::fs::read_to_string(&recorded).unwrap(), "UPDATE_CORPUS=1 records it anew");
}
