//! `entail rules`.

use serde_json::Value;

use super::program::{World, entail};

#[test]
fn check_counts_and_draws_what_is_wrong_and_lists_what_no_guard_is_about() {
    let world = World::empty();
    let good = world.run(&["rules", "check", &world.path("small.dl")]);
    assert_eq!(good.code, 0, "{}{}", good.out, good.err);
    assert!(
        good.out.contains("without a guard, so the operator's alone: doc, folder, owner, size, user, viewer\n"),
        "{}",
        good.out
    );
    assert!(good.out.ends_with("0 errors, 0 warnings\n"), "{}", good.out);

    let file = world.file(
        "broken.dl",
        "open type user.\nrelation friend(user, user).\np(X) :- friend(X, Y, Z).\nq(X) :- nope(X).\n",
    );
    let broken = world.run(&["rules", "check", &file]);
    assert_eq!(broken.code, 2);
    assert!(broken.out.contains("p(X) :- friend(X, Y, Z)."), "{}", broken.out);
    assert!(
        broken.out.contains("error[wrong-arity]") && broken.out.contains("error[unknown-predicate]"),
        "{}",
        broken.out
    );
    assert!(broken.err.starts_with("error[invalid-rules]: "), "{}", broken.err);

    let json = world.run(&["rules", "check", "--json", &file]);
    let judgement: Value = serde_json::from_str(&json.out).unwrap();
    assert!(judgement["errors"].as_u64().unwrap() >= 2, "{judgement}");
    assert_eq!(judgement["diagnostics"][0]["line"], 3, "{judgement}");
}

#[test]
fn format_prints_writes_or_judges() {
    let world = World::empty();
    let file = world.file("loose.dl", "open   type user,doc.\np( X ):-user(X).\n");
    let canonical = "open type user, doc.\np(X) :- user(X).\n";
    assert_eq!(entail(&["rules", "format", &file]).success(), canonical);
    let judged = entail(&["rules", "format", "--check", &file]);
    assert_eq!(judged.error(), "not-canonical");
    assert_eq!(entail(&["rules", "format", "--write", &file]).success(), format!("{file}\n"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), canonical);
    assert_eq!(entail(&["rules", "format", "--check", &file]).success(), "");
    let broken = world.file("broken.dl", "p(X :- q.\n");
    assert_eq!(entail(&["rules", "format", "--write", &broken]).code, 2);
    assert_eq!(std::fs::read_to_string(&broken).unwrap(), "p(X :- q.\n");
}

#[test]
fn graph_prints_words_or_dot() {
    let world = World::empty();
    let text = entail(&["rules", "graph", &world.path("small.dl")]).success();
    assert!(text.contains("doc.view") && text.contains("viewer"), "{text}");
    let dot = entail(&["rules", "graph", "--dot", &world.path("small.dl")]).success();
    assert!(dot.starts_with("digraph"), "{dot}");
}

#[test]
fn activate_takes_includes_along_and_refuses_broken_rules() {
    let world = World::empty();
    std::fs::create_dir(world.path("lib")).unwrap();
    world.file("lib/base.dl", "open type user, doc.\nrelation owner(doc) -> user.\n");
    let main = world.file(
        "main.dl",
        "include \"lib/base.dl\".\ncan(U, doc.view, D) :- owner(D, U).\npermission doc.view on doc \"View\".\n",
    );
    let active = world.run(&["rules", "activate", &main]);
    assert_eq!(active.code, 0, "{}", active.err);
    assert!(active.out.starts_with("policy "), "{}", active.out);
    world.run(&["write", "+owner(doc:1, user:ana)"]).success();
    assert_eq!(world.run(&["check", "user:ana", "doc.view", "doc:1"]).code, 0);

    let broken = world.file(
        "broken.dl",
        "include \"lib/base.dl\".\ncan(U, doc.view, D) :- nope(D, U).\npermission doc.view on doc \"View\".\n",
    );
    let refused = world.run(&["rules", "activate", &broken]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("nope(D, U)"), "{}", refused.err);
    assert_eq!(world.run(&["check", "user:ana", "doc.view", "doc:1"]).code, 0);
}

#[test]
fn the_shipped_pack_is_found_by_name() {
    let world = World::empty();
    let checked = entail(&["rules", "check", "sales.dl"]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    assert_eq!(world.run(&["rules", "activate", "sales.dl"]).code, 0);
}

/// A policy that compares one by one who may see what.
const SCANNING: &str = "open type user, doc.
relation age(user) -> integer.
relation least(doc) -> integer.
can(U, doc.view, D) :- age(U, N), least(D, M), N >= M.
permission doc.view on doc \"View\".
";

#[test]
fn cost_tells_the_class_of_each_question_and_blames_a_rule() {
    let world = World::empty();
    let text = entail(&["rules", "cost", &world.file("ages.dl", SCANNING)]).success();
    assert!(text.contains("check        constant    user -> doc: doc.view\n"), "{text}");
    let scan = "objects      scan        user -> doc: doc.view\n                          \
                all of least(doc, integer) (ages.dl:4)\n";
    assert!(text.contains(scan), "{text}");
    let json = entail(&["rules", "cost", "--json", &world.path("ages.dl")]).success();
    let cost: Value = serde_json::from_str(&json).unwrap();
    let objects = cost["questions"].as_array().unwrap().iter().find(|cost| cost["question"] == "objects").unwrap();
    assert_eq!(objects["class"], "scan", "{cost}");
    assert_eq!(objects["steps"][0]["rules"][0], "ages.dl:4", "{cost}");
    assert_eq!(objects["steps"][0]["statistics"], Value::Null, "{cost}");
    assert!(!world.has_store());
}

#[test]
fn activate_says_which_relation_is_read_whole() {
    let world = World::empty();
    let active = world.run(&["rules", "activate", &world.file("ages.dl", SCANNING)]);
    assert_eq!(active.code, 0, "{}", active.err);
    let expected = "warning: every row of `least(doc, integer)` is read to answer objects (user, doc.view, doc)\n  = rules: ages.dl:4\n";
    assert!(active.err.contains(expected), "{}", active.err);
    assert!(active.err.contains("`age(user, integer)` is read to answer subjects"), "{}", active.err);
}

#[test]
fn cost_has_the_figures_of_a_store_for_the_active_policy_and_for_another() {
    let world = World::new();
    world.run(&["write", "+owner(doc:3, user:bo)", "+viewer(doc:1, user:cy)"]).success();
    let own = world.run(&["rules", "cost"]).success();
    assert!(own.contains("3 rows, 1.5 for each on average, 2 at most: reads 2 at worst\n"), "{own}");
    let other = world.file(
        "other.dl",
        "open type user, doc.\nrelation viewer(doc, user), blocked(doc, user).\n\
         can(U, doc.view, D) :- viewer(D, U), not blocked(D, U).\npermission doc.view on doc \"View\".\n",
    );
    let other: Value = serde_json::from_str(&world.run(&["rules", "cost", "--json", &other]).success()).unwrap();
    let subjects = other["questions"].as_array().unwrap().iter().find(|cost| cost["question"] == "subjects").unwrap();
    assert_eq!(subjects["class"], "degree", "{other}");
    let expected = serde_json::json!({ "rows": 2, "mean": 2.0, "largest": 2, "read": 2 });
    assert_eq!(subjects["steps"][0]["statistics"], expected, "{other}");
    // Nothing finds who is blocked, or what, by a user.
    assert_eq!(other["deletions"][0]["relation"], "blocked", "{other}");
    assert_eq!(other["deletions"][0]["rows"], 0, "{other}");
}

/// What each question of the sales pack costs is kept beside the corpus; `UPDATE_CORPUS=1` records it anew.
#[test]
fn the_sales_pack_costs_what_is_recorded() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = entail(&["rules", "cost", &root.join("rules/sales.dl").display().to_string()]).success();
    let recorded = root.join("tests/corpus/costs/sales.txt");
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        std::fs::create_dir_all(recorded.parent().unwrap()).unwrap();
        std::fs::write(&recorded, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&recorded).unwrap());
}

#[test]
fn test_runs_the_tests_of_a_file_and_says_what_is_otherwise() {
    let world = World::empty();
    let text = "include \"small.dl\".\n+owner(doc:1, user:ana).\n\
                test \"owners view\" { can(user:ana, doc.view, doc:1), not can(user:bo, doc.view, doc:1). }\n";
    let good = world.file("good.test.dl", text);
    let run = entail(&["rules", "test", &good]);
    assert_eq!(run.success(), format!("passed  {good}: owners view\n1 passed, 0 failed\n"));

    let wrong = [
        ("can(user:bo, doc.view, doc:1).", "`can(user:bo, doc.view, doc:1)` doesn't hold"),
        ("can(U, doc.view, doc:1) = { user:ana, user:bo }.", "missing: user:bo"),
        ("can(U, doc.view, doc:1) = 2.", "2 answers were expected, and there are 1: user:ana"),
        ("+owner(doc:1, user:bo) refused.", "should have been refused"),
        ("+owner(doc:2, user:ana), +owner(doc:2, user:bo).", "the write was refused"),
        ("+owner(doc:2, user:ana) by user:ana refused \"wat\".", "was refused, but not with \"wat\""),
        ("+owner(doc:2, user:ana), +owner(doc:2, user:bo) refused.", "the write failed"),
    ];
    let mut text = text.to_owned();
    for (step, _) in wrong {
        text.push_str(&format!("test \"a test\" {{ {step} }}\n"));
    }
    let file = world.file("wrong.test.dl", &text);
    let run = entail(&["rules", "test", "--json", &file]);
    assert_eq!((run.code, run.err.contains("tests-failed")), (2, true), "{}", run.err);
    let outcome: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&outcome["passed"], &outcome["failed"]), (&Value::from(1), &Value::from(7)));
    for (tested, (step, words)) in outcome["tests"].as_array().unwrap().iter().skip(1).zip(wrong) {
        let failure = tested["failure"].as_str().unwrap();
        assert!(failure.contains(words) && failure.contains("wrong.test.dl:"), "{step}: {failure}");
    }
    assert_eq!(entail(&["rules", "test", &world.path("small.dl")]).error(), "no-tests");
    for slip in [
        "+ownr(doc:2, user:ana) refused.",
        "+owner(doc:2, doc:3) refused.",
        "+owner(doc:2) refused.",
        "not can(user:ana, doc.vew, doc:1).",
        "not ca(user:ana, doc.view, doc:1).",
        "not can(user:ana, doc.view, user:ana).",
    ] {
        let slipped = format!("include \"small.dl\".\ntest \"a slip\" {{ {slip} }}\n");
        let run = entail(&["rules", "test", &world.file("slip.test.dl", &slipped)]);
        assert_eq!(run.error(), "policy-invalid", "{slip}");
        assert!(run.err.contains("slip.test.dl:2:"), "{slip}: {}", run.err);
    }
}

#[test]
fn a_test_that_fails_shows_the_proof_of_an_unexpected_yes_and_what_an_unexpected_no_lacks() {
    let world = World::empty();
    let text = "include \"small.dl\".\n+owner(doc:1, user:ana), +user(user:bo).\n\
                test \"no\" { can(user:bo, doc.view, doc:1). }\n\
                test \"yes\" { not can(user:ana, doc.view, doc:1). }\n\
                test \"others\" { can(U, doc.view, doc:1) = { user:bo }. }\n\
                test \"stored\" { owner(doc:1, user:bo). }\n";
    let run = entail(&["rules", "test", &world.file("why.test.dl", text)]);
    assert_eq!(run.code, 2, "{}", run.out);
    let tests: Vec<&str> = run.out.split("FAILED  ").skip(1).collect();
    let [no, yes, others, stored] = tests.as_slice() else { panic!("{}", run.out) };
    let viewer = "\n      would be allowed with +viewer(doc:1, user:bo)";
    assert!(
        no.contains("`can(user:bo, doc.view, doc:1)` doesn't hold\n    not can(user:bo, doc.view, doc:1):\n"),
        "{no}"
    );
    assert!(no.contains(viewer), "{no}");
    assert!(yes.contains("doesn't hold\n    can(user:ana, doc.view, doc:1)  (by "), "{yes}");
    assert!(yes.contains("\n      owner(doc:1, user:ana)  (written at "), "{yes}");
    assert!(others.contains(viewer) && others.contains("\n    can(user:ana, doc.view, doc:1)  (by "), "{others}");
    assert!(stored.contains("`owner(doc:1, user:bo)` doesn't hold\n") && !stored.contains("way "), "{stored}");
}

#[test]
fn cost_tells_what_judging_a_change_costs_and_what_cannot_be_asked_from_it() {
    let world = World::empty();
    let text = "open type user, doc.\nrelation parent(doc, doc).\nrelation owner(doc) -> user.\n\
                under(X, Y) :- parent(X, Y).\nunder(X, Z) :- parent(X, Y), under(Y, Z).\n\
                deny \"no document lies in itself\" :- under(X, X).\n\
                deny \"a child has its parent's owner\" :- parent(X, Y), owner(X, U), not owner(Y, U).\n\
                can(U, doc.view, D) :- owner(D, U).\npermission doc.view on doc \"View\".\n";
    let cost = entail(&["rules", "cost", &world.file("p.dl", text)]).success();
    assert!(cost.contains("the whole state is, after +parent(doc, doc)\n"), "{cost}");
    let owner = cost.lines().find(|line| line.contains("a child has its parent's owner")).unwrap();
    assert!(owner.starts_with("deny         degree"), "{owner}");
}

#[test]
fn escalations_names_each_path_write_by_write_and_what_is_out_of_reach() {
    let world = World::empty();
    let file = world.file(
        "ranks.dl",
        "open type user, site.\ntype rank.\nrelation has(user) -> rank.\nrelation steward(user, site).\nrank(rank:root).\n\
         rank(rank:staff).\ncan(U, site.wipe, X) :- has(U, rank:root), site(X).\n\
         can(U, site.read, X) :- has(U, rank:staff), site(X).\ncan(U, site.hire, X) :- steward(U, X).\n\
         guard has(_, rank:staff) by A :- can(A, site.hire, _).\npermission site.wipe on site \"Wipe\".\n\
         permission site.read on site \"Read\".\npermission site.hire on site \"Hire\".\n",
    );
    let text = entail(&["rules", "escalations", &file]).success();
    let path = format!(
        "site.hire (Hire) can lead to rank:staff, in 1 write\n  given: steward(user:me, site:mine)\n  \
         1. user:me writes +has(user:me, rank:staff)   guard {file}:10\n  gains: site.read\n"
    );
    assert!(text.starts_with(&path), "{text}");
    assert!(text.ends_with("out of reach from every permission: rank:root\n"), "{text}");
    let json = entail(&["rules", "escalations", "--json", &file]).success();
    let found: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(found["permissions"][0]["leads_to"][0]["object"], "rank:staff", "{found}");
    assert_eq!(found["permissions"][0]["gains"][0]["permission"], "site.read", "{found}");
    assert_eq!(found["permissions"][0]["gains"][0]["steps"][0]["writes"][0], "+has(user:me, rank:staff)", "{found}");
    assert_eq!(found["out_of_reach"][0], "rank:root", "{found}");

    // Where no guard lets anybody write, there is none.
    let none = entail(&["rules", "escalations", &world.path("small.dl")]).success();
    assert_eq!(none, "no escalation: no permission lets its holder come to hold another one\n");
}

/// Rules of which the tests beside them exercise some.
const HALF_TESTED: &str = "open type user, doc.
relation owner(doc) -> user.
relation reader(doc, user), banned(user).
sees(U, D) :- owner(D, U).
sees(U, D) :- reader(D, U), not banned(U).
can(U, doc.view, D) :- sees(U, D).
deny \"the banned own nothing\" :- owner(_, U), banned(U).
guard reader(D, _) | owner(D, _) by A :- owner(D, A).
permission doc.view on doc \"View\".
test \"owners and readers\" {
  +owner(doc:1, user:ana), +reader(doc:1, user:bo).
  can(user:ana, doc.view, doc:1).
  can(user:bo, doc.view, doc:1).
  +reader(doc:1, user:cy) by user:bo refused.
  +reader(doc:1, user:cy) by user:ana.
}
";

#[test]
fn coverage_names_what_can_be_left_out_and_all_tests_pass_as_before() {
    let world = World::empty();
    let file = world.file("half.test.dl", HALF_TESTED);
    let text = entail(&["rules", "test", "--coverage", &file]).success();
    let expected = format!(
        "{file}:5: literal that no test exercises: not banned(U)\n\
         {file}:7: rule that no test exercises: deny \"the banned own nothing\" :- owner(_, U), banned(U).\n\
         {file}:7: literal that no test exercises: owner(_, U)\n\
         {file}:8: rule that no test exercises: guard owner(D, _) by A :- owner(D, A).\n\
         rules: 4 of 6, literals: 5 of 7\n1 passed, 0 failed\n"
    );
    assert_eq!(sorted_lines(&text), sorted_lines(&expected));
    let json = entail(&["rules", "test", "--coverage", "--json", &file]).success();
    let told: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(told["coverage"]["rules"]["exercised"], 4, "{told}");
    assert_eq!(told["coverage"]["literals"]["all"], 7, "{told}");
    assert_eq!(told["coverage"]["unexercised"][0]["line"], 5, "{told}");

    // Tests that fail tell nothing of what they exercise.
    let failing = HALF_TESTED.replace("can(user:bo, doc.view, doc:1).", "not can(user:bo, doc.view, doc:1).");
    let failed = entail(&["rules", "test", "--coverage", &world.file("failing.test.dl", &failing)]);
    assert_eq!(failed.code, 2);
    assert!(failed.out.contains("FAILED") && !failed.out.contains("exercises"), "{}", failed.out);
}

fn sorted_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}
