//! The verbs over a store.

use serde_json::{Value, json};

use super::program::World;

#[test]
fn check_says_allow_or_deny_with_its_exit_code() {
    let world = World::new();
    let allowed = world.run(&["check", "user:ana", "doc.view", "doc:2"]);
    assert_eq!((allowed.code, allowed.out.as_str(), allowed.err.as_str()), (0, "allow\n", ""));
    let denied = world.run(&["check", "user:bo", "doc.view", "doc:2"]);
    assert_eq!((denied.code, denied.out.as_str(), denied.err.as_str()), (1, "deny\n", ""));
    let json = world.run(&["check", "user:bo", "doc.view", "doc:2", "--json"]);
    let answer: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, &answer["allowed"]), (1, &json!(false)));
    assert!(answer["revision"].is_string());
}

#[test]
fn check_explains_an_allow_by_its_proof_and_a_deny_by_what_is_missing() {
    let world = World::new();
    let allowed = world.run(&["check", "user:ana", "doc.view", "doc:2", "--explain"]).success();
    let lines: Vec<&str> = allowed.lines().collect();
    assert_eq!(lines[..2], ["allow", "can(user:ana, doc.view, doc:2)  (by small.dl:8)"]);
    assert!(lines[2].starts_with("  owner(doc:2, user:ana)  (written at "), "{allowed}");
    assert!(lines[3].starts_with("  on(doc.view, doc:2)  (catalogue, "), "{allowed}");
    let denied = world.run(&["check", "user:bo", "doc.view", "doc:2", "--explain"]);
    assert_eq!((denied.code, denied.err.as_str()), (1, ""));
    let lines: Vec<&str> = denied.out.lines().collect();
    assert!(lines[1].starts_with("way 1 of 3: "), "{}", denied.out);
    for part in ["  missing  viewer(doc:2, user:bo)", "  would be allowed with +viewer(doc:2, user:bo)"] {
        assert!(lines.iter().any(|line| line.starts_with(part)), "{part} in {}", denied.out);
    }
    let json = world.run(&["check", "user:bo", "doc.view", "doc:2", "--explain", "--json"]);
    let answer: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, &answer["denial"]["way_count"]), (1, &json!(3)));
}

#[test]
fn check_takes_contextual_facts() {
    let world = World::new();
    let edit = |context: &str| world.run(&["check", "user:ana", "doc.edit", "doc:1", "--context", context]).code;
    assert_eq!(edit(r#"{"ip": [["10.0.0.1"]]}"#), 0);
    assert_eq!(edit(r#"{"ip": []}"#), 1);
    assert_eq!(world.run(&["check", "user:ana", "doc.edit", "doc:1"]).error(), "missing-context");
}

#[test]
fn check_answers_a_file_of_questions_line_by_line() {
    let world = World::new();
    let question =
        |subject: &str| format!("{}\n", json!({"subject": subject, "permission": "doc.view", "object": "doc:2"}));
    let good = question("user:ana") + "\n" + &question("user:bo");
    let file = world.file("questions.jsonl", &good);
    let answers = world.run(&["check", "--file", &file]).success();
    let allowed: Vec<Value> =
        answers.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["allowed"].clone()).collect();
    assert_eq!(allowed, [json!(true), json!(false)]);

    let bad = world.run_reading(&["check", "--file", "-"], &(good + "{\"wat\": 1}\n"));
    assert_eq!(bad.code, 2);
    let last: Value = serde_json::from_str(bad.out.lines().last().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], "unknown-field");
    assert_eq!(bad.out.lines().count(), 3);
}

#[test]
fn list_prints_one_id_a_line() {
    let world = World::new();
    assert_eq!(world.run(&["list", "objects", "user:ana", "doc.view", "doc"]).success(), "doc:1\ndoc:2\n");
    assert_eq!(world.run(&["list", "subjects", "user", "doc.view", "doc:1"]).success(), "user:ana\nuser:bo\n");
    let context = ["--context", r#"{"ip":[["10.0.0.1"]]}"#];
    let permissions = [&["list", "permissions", "user:ana", "doc:1"], &context[..]].concat();
    assert_eq!(world.run(&permissions).success(), "doc.edit\ndoc.view\n");
    assert_eq!(world.run(&["list", "objects", "user:ana", "doc.view", "doc", "--count"]).success(), "2\n");
    assert_eq!(world.run(&["list", "objects", "user:nobody", "doc.view", "doc"]).success(), "");
}

#[test]
fn list_pages_by_the_cursor_that_it_names() {
    let world = World::new();
    let list = ["list", "objects", "user:ana", "doc.view", "doc", "--limit", "1"];
    let first = world.run(&list);
    assert_eq!((first.code, first.out.as_str()), (0, "doc:1\n"));
    let cursor = first.err.trim_end().strip_prefix("note: there are more: --after ").unwrap();
    assert_eq!(world.run(&[&list[..], &["--after", cursor]].concat()).success(), "doc:2\n");
}

#[test]
fn query_prints_rows_or_whether_it_holds() {
    let world = World::new();
    assert_eq!(world.run(&["query", "owner(D, U)"]).success(), "doc:1\tuser:ana\ndoc:2\tuser:ana\n");
    assert_eq!(world.run(&["query", "owner(D, U)", "--count"]).success(), "2\n");
    assert_eq!(world.run(&["query", "owner(doc:1, user:ana)"]).success(), "true\n");
    let fails = world.run(&["query", "owner(doc:1, user:bo)"]);
    assert_eq!((fails.code, fails.out.as_str()), (1, "false\n"));
}

#[test]
fn write_inserts_and_deletes_in_one_transaction() {
    let world = World::new();
    let change = ["write", "+viewer(doc:2, user:bo)", "-viewer(doc:1, user:bo)", "--json"];
    let written: Value = serde_json::from_str(&world.run(&change).success()).unwrap();
    assert_eq!((&written["inserted"], &written["deleted"]), (&json!(1), &json!(1)));
    assert_eq!(world.run(&["list", "objects", "user:bo", "doc.view", "doc"]).success(), "doc:2\n");
    let revision = written["revision"].as_str().unwrap();
    let again = world.run(&["write", "-doc(doc:2)", "--expect-revision", revision]).success();
    assert!(again.starts_with("inserted 0, deleted "), "{again}");
    let stale = world.run(&["write", "-doc(doc:1)", "--expect-revision", revision]);
    assert_eq!(stale.error(), "revision-mismatch");
}

#[test]
fn load_takes_both_notations_and_export_loads_back() {
    let world = World::new();
    let notation = world.file("more.dl", "// more\nowner(doc:\"3 | x\", user:bo).\nsize(doc:\"3 | x\", 17).\n");
    world.run(&["load", &notation]).success();
    let export = world.run(&["export"]).success();
    assert!(export.contains("[\"size\",\"doc:3 | x\",17]\n"), "{export}");
    assert!(export.contains("[\"owner\",\"doc:1\",\"user:ana\"]\n"), "{export}");

    let copy = World::empty();
    copy.run(&["rules", "activate", &copy.path("small.dl")]).success();
    let file = copy.file("export.jsonl", &export);
    copy.run(&["load", &file]).success();
    assert_eq!(copy.run(&["export"]).success(), export);
    let again = copy.run_reading(&["load", "-", "--chunk", "2", "--json"], &export).success();
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!((&again["inserted"], &again["deleted"]), (&json!(0), &json!(0)));
}

#[test]
fn rules_alone_can_be_asked_without_a_store() {
    let world = World::empty();
    let rules = world.file(
        "facts.dl",
        "include \"small.dl\".\nowner(doc:9, user:ana).\ncan(U, doc.view, D) :- owner(D, U), user(U).\n",
    );
    let asked = world.run(&["list", "objects", "user:ana", "doc.view", "doc", "--rules", &rules]);
    assert_eq!(asked.success(), "doc:9\n");
    assert!(!world.has_store());
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::process::{Command, Stdio};
    let world = World::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_entail"))
        .args(["--data", &world.path("data"), "export"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}
