//! Wrong arguments and files get a clear error with a code, and change nothing.

use serde_json::Value;

use super::program::{World, entail};

#[test]
fn wrong_questions_and_writes_are_refused_and_change_nothing() {
    let world = World::new();
    let before = world.run(&["export"]).success();
    let huge = format!("doc:{}", "x".repeat(100_000));
    let huge_fact = format!("+viewer({huge}, user:ana)");
    let cases: [(&[&str], &str); 18] = [
        (&["check", "wat:ana", "doc.view", "doc:1"], "unknown-type"),
        (&["check", "ana", "doc.view", "doc:1"], "unknown-constant"),
        (&["check", "user:ana", "doc.wat", "doc:1"], "unknown-permission"),
        (&["check", "user:ana", "doc.view", &huge], "malformed-id"),
        (&["check", "user:ana", "doc.view", "doc:1", "--tenant", "nobody"], "unknown-tenant"),
        (&["check", "user:ana", "doc.view", "doc:1", "--context", "{"], "invalid-json"),
        (&["check", "user:ana", "doc.view", "doc:1", "--at", "wat"], "malformed-token"),
        (&["query", "wat(X)"], "unknown-predicate"),
        (&["write", "+viewer(doc:7, user:ana)", "+wat(doc:1)"], "unknown-predicate"),
        (&["write", "+viewer(doc:7, user:ana)", "+viewer(doc:1)"], "wrong-arity"),
        (&["write", "+viewer(doc:7, user:ana)", "+viewer(doc:1, U)"], "fact-with-variable"),
        (&["write", "+viewer(doc:7, user:ana)", &huge_fact], "malformed-id"),
        (&["write", "+viewer(doc:7, user:ana)", "--as", "user:ana"], "guard-refused"),
        (&["write", "+viewer(doc:7, user:ana)", "--as", "ana"], "unknown-constant"),
        (&["write", "+viewer(doc:7, U) :- wat(_, U)"], "rules-invalid"),
        (&["write", "+viewer(doc:7, user:ana)", "--require", "viewer(doc:9, user:ana)"], "precondition-failed"),
        (&["write", "+viewer(doc:7, user:ana)", "--require", "viewer(doc:9, U)"], "fact-with-variable"),
        (&["write", "+viewer(doc:7, user:ana)", "--idempotency-key", ""], "malformed-idempotency-key"),
    ];
    for (arguments, code) in cases {
        let run = world.run(arguments);
        assert_eq!(run.error(), code, "{}", run.err);
        assert!(run.err.len() < 2000, "{}", run.err.len());
    }
    assert_eq!(world.run(&["export"]).success(), before);
}

#[test]
fn a_file_with_a_wrong_line_is_not_loaded_at_all() {
    let world = World::new();
    let before = world.run(&["export"]).success();
    let good = "[\"viewer\",\"doc:7\",\"user:ana\"]\n";
    let cases = [
        ("a.jsonl", format!("{good}wat\n"), "invalid-json", "line 2 of"),
        ("b.jsonl", format!("{good}[\"size\",\"doc:1\",1.5]\n"), "invalid-field", "`[2]`"),
        ("c.jsonl", format!("{good}[\"viewer\",\"doc:a\u{0}b\",\"user:ana\"]\n"), "invalid-json", "line 2 of"),
        ("d.jsonl", format!("{good}[\"viewer\",\"doc:1\"]\n"), "wrong-arity", "viewer"),
        ("e.dl", "viewer(doc:7, user:ana).\nviewer(D, user:bo).\n".to_owned(), "fact-with-variable", "D"),
        ("f.dl", "viewer(doc:7, user:ana).\nopen type x.\n".to_owned(), "not-a-fact", "open type"),
        ("g.dl", "viewer(doc:7, user:ana).\nviewer(doc:8\n".to_owned(), "", "g.dl"),
    ];
    for (name, text, code, word) in cases {
        let run = world.run(&["load", &world.file(name, &text)]);
        let found = run.error();
        assert!(code.is_empty() || found == code, "{name}: {}", run.err);
        assert!(run.err.contains(word), "{name}: {}", run.err);
    }
    assert_eq!(world.run(&["load", &world.path("nowhere.dl")]).error(), "unreadable-file");
    assert_eq!(world.run(&["export"]).success(), before);
}

#[test]
fn with_chunks_it_is_said_how_much_is_loaded() {
    let world = World::new();
    let file = world.file("x.jsonl", "[\"viewer\",\"doc:7\",\"user:ana\"]\n[\"viewer\",\"doc:8\",\"user:ana\"]\nwat\n");
    let run = world.run(&["load", &file, "--chunk", "2"]);
    assert_eq!(run.error(), "invalid-json");
    assert!(run.err.contains("the first 2 facts of"), "{}", run.err);
    assert!(world.run(&["export"]).success().contains("doc:8"));
}

#[test]
fn a_store_that_is_not_there_is_not_made_by_a_question() {
    let world = World::empty();
    for arguments in [&["check", "user:ana", "doc.view", "doc:1"][..], &["export"], &["write", "+a(b)"]] {
        assert_eq!(world.run(arguments).error(), "no-store");
    }
    assert!(!world.has_store());
}

#[test]
fn errors_are_json_when_asked_for() {
    let world = World::new();
    let run = world.run(&["check", "wat:ana", "doc.view", "doc:1", "--json"]);
    let problem: Value = serde_json::from_str(&run.err).unwrap();
    assert_eq!((run.code, &problem["code"]), (2, &Value::from("unknown-type")));
    let run = entail(&["check", "--json"]);
    let problem: Value = serde_json::from_str(&run.err).unwrap();
    assert_eq!((run.code, &problem["code"]), (2, &Value::from("usage")));
}

#[test]
fn wrong_usage_is_an_error_and_help_is_not() {
    for arguments in [&["wat"][..], &["check"], &["check", "user:ana"], &["list", "objects"], &["serve", "--wat"]] {
        assert_eq!(entail(arguments).error(), "usage", "{arguments:?}");
    }
    for arguments in [&["--help"][..], &["--version"], &["list", "--help"], &["write", "--help"]] {
        let run = entail(arguments);
        assert_eq!(run.code, 0, "{arguments:?}");
        assert!(!run.out.is_empty());
    }
    assert_eq!(entail::<&str>(&[]).code, 2);
}

#[test]
fn an_address_that_others_reach_needs_keys() {
    let world = World::empty();
    let run = world.run(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(run.error(), "keys-needed");
    assert!(run.err.contains("help: "), "{}", run.err);
    let keys = world.file("keys", "wat\n");
    assert_eq!(world.run(&["serve", "--listen", "127.0.0.1:0", "--keys", &keys]).error(), "invalid-keys");
    assert_eq!(world.run(&["serve", "--keys", &world.path("nowhere")]).error(), "unreadable-file");
    assert_eq!(world.run(&["serve", "--listen", "wat"]).error(), "invalid-address");
}

#[test]
fn a_verb_that_is_used_wrongly_says_how_to_ask_for_its_help() {
    let wrong: [(&[&str], &str); 4] = [
        (&["wat"], "`entail --help`"),
        (&["role", "wat"], "`entail role --help`"),
        (&["role", "change", "Lead", "--set", "wat"], "`entail role change --help`"),
        (&["record", "transfer", "user:dee"], "`entail record transfer --help`"),
    ];
    for (arguments, help) in wrong {
        let run = entail(arguments);
        assert_eq!(run.error(), "usage", "{arguments:?}");
        assert!(run.err.contains(help), "{arguments:?}: {}", run.err);
    }
}
